"""query_expression and with_expression: defaults, aliases, related entities, refresh, populate_existing, unions."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, inspect, literal, null, select, union_all
from sqlalchemy.orm import (Session, aliased, contains_eager, declarative_base, joinedload, query_expression,
                            relationship, selectinload, undefer, with_expression)

Base = declarative_base()


class Player(Base):
    __tablename__ = "players"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    points = Column(Integer)
    team_id = Column(ForeignKey("teams.id"))
    rank = query_expression()
    share = query_expression(default_expr=literal(0))
    doubled = query_expression(points * 2)
    team = relationship("Team", back_populates="players")


class Team(Base):
    __tablename__ = "teams"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    total = query_expression()
    players = relationship(Player, back_populates="team", order_by=Player.id)


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Team(id=1, name="red", players=[Player(id=1, name="ann", points=5), Player(id=2, name="bob", points=7)]),
               Team(id=2, name="blue", players=[Player(id=3, name="cid", points=1)])])
    s.commit()
forget()


def show(p):
    return [p.name, p.rank, p.share, p.doubled]


total = select(func.sum(Player.points)).where(Player.team_id == Team.id).correlate(Team).scalar_subquery()
step("without an option")
with Session(e) as s:
    say([show(p) for p in s.scalars(select(Player).order_by(Player.id))])
    say(s.get(Team, 1).total)
step("with options")
with Session(e) as s:
    stmt = select(Player).options(with_expression(Player.rank, func.rank().over(order_by=Player.points.desc())),
                                  with_expression(Player.share, Player.points + 100)).order_by(Player.id)
    say([show(p) for p in s.scalars(stmt)])
    step("the same objects again, without")
    say([show(p) for p in s.scalars(select(Player).order_by(Player.id))])
    step("another expression")
    stmt = select(Player).options(with_expression(Player.rank, literal(1))).order_by(Player.id)
    say([show(p) for p in s.scalars(stmt)])
    step("populate_existing")
    say([show(p) for p in s.scalars(stmt.execution_options(populate_existing=True))])
step("expired and refreshed")
with Session(e) as s:
    ann = s.scalars(select(Player).options(with_expression(Player.rank, Player.id * 10)).where(Player.id == 1)).one()
    say(show(ann))
    s.expire(ann)
    say(show(ann))
    s.refresh(ann)
    say(show(ann), "rank" in inspect(ann).unloaded)
step("a subquery that sums up")
with Session(e) as s:
    stmt = select(Team).options(with_expression(Team.total, total)).order_by(Team.id)
    say([[t.name, t.total] for t in s.scalars(stmt)])
    say([[t.name, t.total] for t in s.scalars(stmt.where(total > 5))])
step("on related entities")
with Session(e) as s:
    stmt = select(Team).join(Team.players).options(
        contains_eager(Team.players).with_expression(Player.rank, Player.points * 3),
        with_expression(Team.total, total)).order_by(Team.id, Player.id)
    for t in s.scalars(stmt).unique():
        say(t.name, t.total, [show(p) for p in t.players])
with Session(e) as s:
    stmt = select(Player).options(joinedload(Player.team).with_expression(Team.total, literal(4))).order_by(Player.id)
    say([[p.name, p.team.total] for p in s.scalars(stmt)])
with Session(e) as s:
    stmt = select(Team).options(selectinload(Team.players).with_expression(Player.rank, Player.points * 3))
    for t in s.scalars(stmt.order_by(Team.id)):
        say(t.name, [show(p) for p in t.players])
step("aliased")
with Session(e) as s:
    p = aliased(Player, name="p")
    say([show(x) for x in s.scalars(select(p).options(with_expression(p.rank, p.points - 1)).order_by(p.id))])
step("unions")
with Session(e) as s:
    u = union_all(select(Player, literal(1).label("mark")).where(Player.id == 1),
                  select(Player, literal(2).label("mark")).where(Player.id > 1)).subquery("u")
    pu = aliased(Player, u)
    stmt = select(pu).options(with_expression(pu.rank, u.c.mark)).order_by(pu.id)
    say([show(x) for x in s.scalars(stmt)])
with Session(e) as s:
    u = union_all(
        select(Player).options(with_expression(Player.rank, literal(7))).where(Player.id == 1),
        select(Player).options(with_expression(Player.rank, literal(8))).where(Player.id == 2))
    say(sorted([show(x) for x in s.scalars(select(Player).from_statement(u))]))
step("the attribute in queries")
with Session(e) as s:
    say(s.scalars(select(Player.doubled).order_by(Player.id)).all(), s.scalars(select(Player.rank)).all())
    say([x.name for x in s.scalars(select(Player).where(Player.doubled > 5).order_by(Player.doubled.desc()))])
step("setting and flushing")
with Session(e) as s:
    ann = s.get(Player, 1)
    ann.rank = 12
    say(ann.rank, ann in s.dirty, s.is_modified(ann))
    s.commit()
    say(ann.rank)
    new = Player(id=9, name="new", points=2, rank=3)
    say(new.rank, new.share)
    s.add(new)
    s.flush()
    say(new.rank, new.doubled)
    s.rollback()
step("wrong")
with Session(e) as s:
    error(lambda: s.scalars(select(Player).options(with_expression(Player.name, literal("x")))).all())
    error(lambda: s.scalars(select(Team).options(with_expression(Player.rank, literal("x")))).all())
step("end")
