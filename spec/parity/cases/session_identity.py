"""Identity map, autobegin, autoflush, get with its options, refresh, expire and populate_existing."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, inspect, select, text, update
from sqlalchemy.orm import Session, declarative_base, joinedload, load_only, relationship, selectinload

Base = declarative_base()


class Team(Base):
    __tablename__ = "team"
    id = Column(Integer, primary_key=True)
    name = Column(String(50))
    players = relationship("Player", back_populates="team", order_by="Player.id")


class Player(Base):
    __tablename__ = "player"
    id = Column(Integer, primary_key=True)
    name = Column(String(50))
    goals = Column(Integer, default=0)
    team_id = Column(ForeignKey("team.id"))
    team = relationship("Team", back_populates="players")


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
say(session.in_transaction(), session.is_active, session.autoflush, session.get_transaction() is None)
session.add(Team(id=1, name="red", players=[Player(id=1, name="ann"), Player(id=2, name="bob")]))
say(session.in_transaction(), session.get_transaction().is_active)
session.commit()
say(session.in_transaction())

step("one row, one object")
a = session.get(Player, 1)
b = session.scalars(select(Player).where(Player.name == "ann")).one()
say(a is b, a is session.get(Player, 1), session.get(Player, 99), len(session.identity_map))
say(inspect(a).identity_key[1], inspect(a).key[1], inspect(a).identity, session.identity_key(Player, 1)[1])
say(sorted(k[1][0] for k in session.identity_map.keys()), a in session.identity_map.values())
say(error(lambda: session.get_one(Player, 99)) is not None)
say(session.get_one(Player, 1) is a)

step("get with options")
session.expunge_all()
p1 = session.get(Player, 1, options=[joinedload(Player.team)])
say("team" in inspect(p1).unloaded, p1.team.name)
p2 = session.get(Player, 2, options=[load_only(Player.name)])
say(sorted(inspect(p2).unloaded), session.get(Player, 2) is p2)
session.get(Player, 1, populate_existing=True)
session.expunge_all()
p1 = session.get(Player, 1)
session.get(Player, 1, with_for_update=True)
if is_postgresql:
    session.get(Player, 1, with_for_update={"nowait": True, "of": Player})
    session.get(Player, 1, with_for_update={"read": True, "skip_locked": True})

step("autoflush")
p1.goals = 5
say(session.scalar(select(Player.goals).where(Player.id == 1)))
sql()
p1.goals = 6
with session.no_autoflush:
    say(session.scalar(select(Player.goals).where(Player.id == 1)), session.autoflush)
say(session.scalar(select(Player.goals).where(Player.id == 1), execution_options={"autoflush": False}))
say(session.is_modified(p1), p1 in session.dirty)
session.get(Player, 2)

step("refresh")
session.execute(text("update player set name = 'ANN', goals = 70 where id = 1"))
say(p1.name, p1.goals)
session.refresh(p1, ["name"])
say(p1.name, p1.goals)
session.refresh(p1)
say(p1.name, p1.goals)
sql()
session.refresh(p1, ["team"])
session.refresh(p1, with_for_update=True)

step("expire")
p1.goals = 71
session.expire(p1, ["goals"])
say(sorted(inspect(p1).expired_attributes), inspect(p1).modified)
say(p1.goals)
p1.name = "changed"
session.expire(p1)
say(sorted(inspect(p1).unloaded), p1 in session.dirty)
say(p1.name)
session.expire_all()
say(p1.team.players[1].name)

step("populate_existing")
session.execute(text("update player set name = 'X' where id = 2"))
p2 = session.scalars(select(Player).where(Player.id == 2)).one()
say(p2.name)
p2 = session.scalars(select(Player).where(Player.id == 2).execution_options(populate_existing=True)).one()
say(p2.name)

step("expire_on_commit")
session.commit()
say(sorted(inspect(p2).unloaded))
session.close()
keep = Session(e, expire_on_commit=False)
p2 = keep.get(Player, 2, options=[selectinload(Player.team).selectinload(Team.players)])
p2.goals = 9
keep.commit()
say(sorted(inspect(p2).unloaded), p2.goals, p2.team.players[0].name, keep.in_transaction())
sql()
keep.close()
gone = session.get(Player, 2)
session.execute(text("delete from player where id = 2"))
session.expire(gone)
error(lambda: gone.name)
error(lambda: session.refresh(gone))
say(session.get(Player, 2))
sql()
session.close()
