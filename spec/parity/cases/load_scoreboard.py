"""with_expression and query_expression, with populate_existing, aliases, defaults and refreshes."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, case, func, inspect, literal, select
from sqlalchemy.orm import (Session, aliased, contains_eager, declarative_base, defaultload, joinedload, query_expression,
                            relationship, selectinload, with_expression)

Base = declarative_base()


class Club(Base):
    __tablename__ = "club"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    players = relationship("Player", back_populates="club", order_by="Player.id")
    size = query_expression()


class Player(Base):
    __tablename__ = "player"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    goals = Column(Integer)
    club_id = Column(ForeignKey("club.id"))
    club = relationship(Club, back_populates="players")
    score = query_expression()
    grade = query_expression(default_expr=literal("none"))


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Club(id=1, name="A", players=[Player(id=1, name="Al", goals=4), Player(id=2, name="Bo", goals=9)]),
               Club(id=2, name="B", players=[Player(id=3, name="Cy", goals=1)])])
    s.commit()
forget()
stmt = select(Player).order_by(Player.id)
scored = with_expression(Player.score, Player.goals * 10)
grade = with_expression(Player.grade, case((Player.goals > 3, "high"), else_="low"))

step("without, with")
with Session(e) as s:
    say([[p.score, p.grade] for p in s.scalars(stmt)])
    p = s.get(Player, 1)
    say("score" in p.__dict__, "grade" in p.__dict__, sorted(inspect(p).unloaded))
with Session(e) as s:
    say([[p.score, p.grade] for p in s.scalars(stmt.options(scored, grade))])
step("an object that is there keeps what it has")
with Session(e) as s:
    first = s.scalars(stmt).first()
    say([p.score for p in s.scalars(stmt.options(scored))])
    say([p.score for p in s.scalars(stmt.options(scored).execution_options(populate_existing=True))])
    say(first.score)
    say([p.score for p in s.scalars(stmt.options(with_expression(Player.score, Player.goals + 1)), execution_options={"populate_existing": True})])
    say([p.score for p in s.scalars(stmt, execution_options={"populate_existing": True})])
step("populate_existing and pending changes")
with Session(e) as s:
    p = s.get(Player, 2)
    p.name, p.goals = "Changed", 0
    with s.no_autoflush:
        s.scalars(stmt.options(scored).execution_options(populate_existing=True)).all()
        say(p.name, p.goals, p.score, p in s.dirty, inspect(p).modified)
    p.name = "Again"
    s.scalars(stmt.execution_options(populate_existing=True)).all()
    say(p.name, p.score)
    s.rollback()
step("expire and refresh")
with Session(e) as s:
    p = s.scalars(stmt.options(scored, grade)).first()
    say(p.score, p.grade)
    s.expire(p)
    say(p.score, p.grade)
    s.refresh(p)
    say(p.score, p.name)
    s.commit()
    say(p.score, p.goals)
step("below relationships")
with Session(e) as s:
    for c in s.scalars(select(Club).options(joinedload(Club.players).options(with_expression(Player.score, Player.goals - 1)))
                       .order_by(Club.id)).unique():
        say(c.name, c.size, [p.score for p in c.players])
with Session(e) as s:
    for c in s.scalars(select(Club).options(selectinload(Club.players).with_expression(Player.score, Player.goals - 2)).order_by(Club.id)):
        say(c.name, [p.score for p in c.players])
with Session(e) as s:
    for c in s.scalars(select(Club).join(Club.players).where(Player.goals > 1).order_by(Club.id, Player.id).options(
            contains_eager(Club.players).with_expression(Player.score, Player.goals + Club.id))).unique():
        say(c.name, [p.score for p in c.players])
step("an aggregate")
with Session(e) as s:
    count = select(func.count(Player.id)).where(Player.club_id == Club.id).correlate(Club).scalar_subquery()
    say([[c.name, c.size] for c in s.scalars(select(Club).options(with_expression(Club.size, count)).order_by(Club.id))])
    s.expunge_all()
    grouped = select(Club).join(Club.players).group_by(Club.id).options(with_expression(Club.size, func.sum(Player.goals))).order_by(Club.id)
    say([c.size for c in s.scalars(grouped)])
step("an alias of a subquery")
with Session(e) as s:
    inner = select(Player, (Player.goals * 2).label("twice")).where(Player.goals > 2).subquery()
    big = aliased(Player, inner)
    say([[p.name, p.score] for p in s.scalars(select(big).options(with_expression(big.score, inner.c.twice)).order_by(big.id))])
step("set by hand, and flushed")
with Session(e) as s:
    p = Player(id=9, name="New", goals=2, score=7)
    s.add(p)
    say(p.score, p.grade)
    s.flush()
    say(p.score)
    s.expire(p)
    say(p.score, p.goals)
    s.rollback()
step("in criteria")
with Session(e) as s:
    say(s.scalars(select(Player.name).where(Player.grade == "none").order_by(Player.id)).all())
    say(s.scalars(select(Player.name).where(Player.score.is_(None)).order_by(Player.id)).all())
    error(lambda: s.scalars(stmt.options(with_expression(Player.name, literal(1)))).all())
sql()
