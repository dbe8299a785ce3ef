"""Every method of the session by name: add to bulk_update_mappings, with the statements and states of each."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, func, inspect, select, text, update
from sqlalchemy.orm import Session, declarative_base, object_session, relationship, selectinload, sessionmaker

Base = declarative_base()


class Team(Base):
    __tablename__ = "teams"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    players = relationship("Player", back_populates="team", cascade="all", order_by="Player.id")


class Player(Base):
    __tablename__ = "players"
    id = Column(Integer, primary_key=True)
    name = Column(String(20), nullable=False)
    team_id = Column(ForeignKey("teams.id"))
    team = relationship(Team, back_populates="players")


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e, expire_on_commit=False)


def counts():
    say(len(s.new), len(s.dirty), len(s.deleted), len(s.identity_map), s.in_transaction(), s.in_nested_transaction())


step("add, flush, commit")
reds = Team(name="reds", players=[Player(name="ann"), Player(name="bob")])
counts()
s.add(reds)
counts()
s.flush()
counts()
s.add_all([Team(name="blues"), Player(name="cyd")])
s.commit()
counts()
say(reds.name, reds in s, s.is_active, s.get_transaction())
step("get, get_one")
say(s.get(Team, 1) is reds, s.get(Team, {"id": 2}).name, s.get(Team, 99), s.get(Team, (1,)).name)
error(lambda: s.get_one(Team, 99))
say(s.get_one(Team, 2).name, s.get(Player, 1, options=[selectinload(Player.team)], populate_existing=True).name)
say(s.get(Team, 1, with_for_update={"read": True}).name)
error(lambda: s.get(Team, (1, 2)))
error(lambda: s.get(int, 1))
step("merge")
copy = Team(id=1, name="REDS", players=[Player(id=1, name="ANN"), Player(name="dan")])
merged = s.merge(copy)
say(merged is reds, copy in s, [p.name for p in reds.players], inspect(copy).transient)
counts()
s.commit()
detached = Session(e).get(Team, 2)
say(s.merge(detached, load=False) is s.get(Team, 2), s.merge(Team(id=77, name="new")).id)
counts()
s.rollback()
error(lambda: s.merge(Team(id=2, name="dirty"), load=False))
step("refresh and expire")
s.execute(update(Team.__table__).values(name="changed").where(Team.__table__.c.id == 1))
say(reds.name)
s.refresh(reds)
say(reds.name)
s.refresh(reds, ["players"])
s.refresh(reds, attribute_names=["name"], with_for_update=True)
s.expire(reds, ["name"])
say(inspect(reds).unloaded)
s.expire(reds)
say(inspect(reds).unloaded, reds.name)
s.expire_all()
say(reds.players[0].name)
error(lambda: s.refresh(Team()))
error(lambda: s.expire(Team()))
step("expunge")
ann = reds.players[0]
s.expunge(ann)
say(ann in s, inspect(ann).detached, object_session(ann))
error(lambda: s.expunge(ann))
s.add(ann)
s.expunge(reds)
say(ann in s, reds in s)
s.add(reds)
s.expunge_all()
counts()
step("delete")
reds = s.get(Team, 1)
s.delete(reds.players[1])
counts()
s.flush()
counts()
s.rollback()
say(len(reds.players))
error(lambda: s.delete(Team()))
error(lambda: s.add(3))
s.delete(s.get(Team, 2))
s.commit()
step("begin and begin_nested")
with s.begin():
    s.add(Team(name="tx"))
try:
    with s.begin():
        s.add(Team(name="lost"))
        s.flush()
        raise ValueError("x")
except ValueError:
    say("raised")
with s.begin():
    s.add(Team(name="kept"))
    nested = s.begin_nested()
    s.add(Player(name="inner"))
    s.flush()
    say(nested.is_active, s.in_nested_transaction(), s.get_nested_transaction() is nested)
    nested.rollback()
    say(nested.is_active, s.in_nested_transaction())
    try:
        with s.begin_nested():
            s.add(Player(name=None))
    except sa.exc.IntegrityError as err:
        say(type(err).__name__, s.is_active)
say(s.scalars(select(Team.name).order_by(Team.id)).all())
error(s.begin)
s.rollback()
step("execute and its kin")
say(s.execute(select(Team.name).where(Team.id == 1)).one(), s.scalar(select(func.count(Team.id))),
    s.scalars(select(Player.id).order_by(Player.id)).all(), s.execute(text("select 1 + :n"), {"n": 2}).scalar())
say(s.connection().in_transaction(), s.get_bind() is e, s.get_bind(Team) is e, s.get_bind(mapper=inspect(Team)) is e)
say([p.name for p in s.query(Player).order_by(Player.id)])
step("no_autoflush")
with s.no_autoflush:
    s.add(Team(name="held"))
    say(s.scalar(select(func.count(Team.id))), s.autoflush)
say(s.scalar(select(func.count(Team.id))), s.autoflush)
s.rollback()
step("bulk")
s.bulk_save_objects([Team(id=50, name="bulk"), Player(id=51, name="pl", team_id=50)])
s.bulk_insert_mappings(Player, [{"name": "m1"}, {"name": "m2", "team_id": 50}])
s.bulk_update_mappings(Team, [{"id": 50, "name": "BULK"}])
say(s.execute(select(Player.name, Player.team_id).where(Player.team_id == 50).order_by(Player.id)).all(),
    s.get(Team, 50).name)
counts()
step("enable_relationship_loading")
loose = Player(team_id=50)
s.enable_relationship_loading(loose)
say(loose.team.name, loose in s.new, inspect(loose).transient)
step("reset, close, invalidate")
s.rollback()
s.reset()
counts()
strict = Session(e, close_resets_only=False)
strict.close()
error(lambda: strict.scalar(select(1)))
one = s.get(Team, 1)
s.close()
say(inspect(one).detached)
counts()
s.scalar(select(func.count(Team.id)))
s.info["k"] = 1
say(s.info, s.is_active)
error(lambda: s.prepare())
s.close()
sql()
