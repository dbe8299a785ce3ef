"""UNION and its kin over entities: order, limits, nesting, aliases, loaders and CTEs on top."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, except_, func, intersect, literal, literal_column, null, select, union, union_all, desc, cast
from sqlalchemy.orm import Session, aliased, declarative_base, joinedload, relationship, selectinload

Base = declarative_base()


class Player(Base):
    __tablename__ = "players"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    score = Column(Integer)
    club_id = Column(ForeignKey("clubs.id"))
    club = relationship("Club", back_populates="players")


class Club(Base):
    __tablename__ = "clubs"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    players = relationship("Player", back_populates="club", order_by="Player.id")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Club(id=1, name="c1", players=[Player(id=1, name="ann", score=5), Player(id=2, name="bob", score=8)]),
               Club(id=2, name="c2", players=[Player(id=3, name="cid", score=8)]), Player(id=4, name="dan", score=1)])
    s.commit()
forget()
s = Session(e)


def rows(stmt):
    say(s.execute(stmt).all())


low, high = select(Player).where(Player.score < 6), select(Player).where(Player.score > 4)
step("plain unions")
rows(union(select(Player.name), select(Club.name)).order_by("name"))
rows(union_all(select(Player.id, Player.name), select(Club.id, Club.name)).order_by(desc("name")).limit(3))
rows(select(Player.name).union(select(Club.name)).order_by("name").offset(1).limit(2))
rows(intersect(select(Player.score), select(literal(8))))
rows(except_(select(Player.id), select(Player.id).where(Player.score == 8)).order_by("id"))
named = select(Player.name.label("x"), literal("p").label("kind"))
rows(union(named, select(Club.name, literal("c"))).order_by("kind", "x"))
step("nesting")
say(str(union(union_all(select(Player.id), select(Club.id)), select(literal(9))).order_by("id")))
say(str(union(select(Player.id).order_by(Player.id).limit(1), select(Club.id))))
say(str(union(select(Player.id), select(Club.id)).limit(2).subquery().select()))
rows(union_all(select(select(Player.id).order_by(Player.id).limit(1).subquery()),
    select(select(Club.id).order_by(Club.id.desc()).limit(1).subquery())).order_by("id"))
step("entities by from_statement")
say([p.name for p in s.scalars(select(Player).from_statement(union_all(low, high).order_by("score", "id")))])
say([p.name for p in s.scalars(select(Player).from_statement(low.union(high).order_by(Player.id)))])
say([[p.name, p.club and p.club.name] for p in s.scalars(select(Player)
    .from_statement(low.union(high).order_by(Player.name)).options(selectinload(Player.club)))])
step("entities by alias")
both = aliased(Player, low.union(high).subquery("both"))
say([p.name for p in s.scalars(select(both).order_by(both.score.desc(), both.id))])
say([[p.name, p.club and p.club.name] for p in s.scalars(select(both)
    .options(joinedload(both.club)).order_by(both.id))])
rows(select(both.name, Club.name).join(both.club).order_by(both.id))
rows(select(func.count(both.id), func.max(both.score)))
rows(select(Club.name, func.count(both.id)).join(both, Club.players).group_by(Club.id, Club.name).order_by(Club.id))
step("a union in a cte and in IN")
pool = union(select(Player.id).where(Player.score == 8), select(Player.id).where(Player.name == "dan")).cte("pool")
say([p.name for p in s.scalars(select(Player).join(pool, pool.c.id == Player.id).order_by(Player.id))])
say([p.name for p in s.scalars(select(Player).where(Player.id.in_(union(select(literal(1)),
    select(literal(3))))).order_by(Player.id))])
say(s.scalar(select(union(select(Player.id), select(Club.id)).subquery().c.id).order_by("id").limit(1)))
rows(select(func.count()).select_from(union_all(select(Player.id), select(Player.id)).subquery()))
step("selected columns")
u = union(select(Player.id, Player.name.label("n")), select(Club.id, Club.name))
say(u.selected_columns.keys(), u.subquery().c.keys())
say(str(u.order_by(u.selected_columns.n)))
say(str(u.subquery("q").select().where(literal_column("n") == "x")))
step("nulls and types")
rows(union_all(select(Player.name, Player.score), select(Club.name, cast(null(), Integer))).order_by("name"))
step("the legacy query")
q1, q2 = s.query(Player).filter(Player.score < 6), s.query(Player).filter(Player.score > 4)
say([p.name for p in q1.union(q2).order_by(Player.name.desc())])
say([p.name for p in q1.union_all(q2).order_by(Player.id).limit(3)])
say([p.name for p in q2.except_(q1).order_by(Player.id)], q1.intersect(q2).count())
say([[p.name, p.club and p.club.name] for p in q1.union(q2).options(joinedload(Player.club)).order_by(Player.id)])
say([p.name for p in q1.union(q2).join(Player.club).filter(Club.name == "c1").order_by(Player.id)])
step("wrong")
error(lambda: s.execute(union(select(Player.id), select(Player.id, Player.name))))
error(lambda: union(Player, Club))
step("end")
