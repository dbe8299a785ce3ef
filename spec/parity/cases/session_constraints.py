"""Violations of every kind of constraint in flush, bulk, ORM-enabled DML, savepoints and at commit; what is left of objects and rows."""
from parity import *
from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, String, delete, event, exc, insert, inspect, select, text, update
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class Team(Base):
    __tablename__ = "team"
    id = Column(Integer, primary_key=True)
    name = Column(String(10), unique=True, nullable=False)
    rank = Column(Integer, CheckConstraint("rank > 0", name="ck_rank"))
    lead_id = Column(ForeignKey("player.id", name="fk_lead", deferrable=True, initially="DEFERRED", use_alter=True))
    players = relationship("Player", back_populates="team", foreign_keys="Player.team_id", passive_deletes="all", order_by="Player.id")


class Player(Base):
    __tablename__ = "player"
    id = Column(Integer, primary_key=True)
    nick = Column(String(10), nullable=False)
    team_id = Column(ForeignKey("team.id"), nullable=False)
    team = relationship("Team", back_populates="players", foreign_keys=[team_id])


e = engine()
if not is_postgresql:
    event.listen(e, "connect", lambda c, r: c.execute("PRAGMA foreign_keys = ON"))
if is_postgresql:
    Base.metadata.create_all(e)
else:
    with e.begin() as c:
        c.exec_driver_sql("CREATE TABLE team (id INTEGER PRIMARY KEY, name VARCHAR(10) NOT NULL UNIQUE, rank INTEGER CONSTRAINT ck_rank CHECK (rank > 0), "
                          "lead_id INTEGER REFERENCES player (id) DEFERRABLE INITIALLY DEFERRED)")
        c.exec_driver_sql("CREATE TABLE player (id INTEGER PRIMARY KEY, nick VARCHAR(10) NOT NULL, team_id INTEGER NOT NULL REFERENCES team (id))")
with Session(e) as s:
    s.add_all([Team(id=1, name="red", rank=1), Team(id=2, name="blue", rank=2)])
    s.flush()
    s.add_all([Player(id=1, nick="ann", team_id=1), Player(id=2, nick="bob", team_id=1)])
    if is_postgresql:
        s.execute(text("select setval('team_id_seq', 100), setval('player_id_seq', 100)"))
    s.commit()
forget()


def state(o):
    i = inspect(o)
    return [n for n in ("transient", "pending", "persistent", "deleted", "detached") if getattr(i, n)]


def rows(s):
    say(s.execute(select(Team.name, Team.rank, Team.lead_id).order_by(Team.name)).all())
    say(s.execute(select(Player.nick, Player.team_id).order_by(Player.nick)).all())


def shape(x):
    if isinstance(x, exc.StatementError):
        say(isinstance(x, exc.DBAPIError), isinstance(x, exc.DatabaseError), x.orig is not None, x.statement is not None)


def insert_twice(s):
    s.add(Team(name="red"))
    s.flush()


def not_null(s):
    s.add(Team(rank=3))
    s.flush()


def check(s):
    s.get(Team, 1).rank = -1
    s.flush()


def foreign(s):
    s.add(Player(nick="cy", team_id=99))
    s.flush()


def late(s):
    s.get(Team, 1).lead_id = 77
    s.flush()
    say("flushed")


def parent_gone(s):
    s.delete(s.get(Team, 1))
    s.flush()


def nullify(s):
    p = s.get(Player, 1)
    p.team = None
    s.flush()


def mixed(s):
    s.add_all([Team(name="new", rank=5), Team(name="blue"), Player(nick="dd", team_id=1)])
    s.get(Player, 2).nick = "bobby"
    s.flush()


def same_key(s):
    s.get(Team, 1)
    s.add(Team(id=1, name="other"))
    s.flush()


def same_key_unknown(s):
    s.add(Team(id=2, name="other"))
    s.flush()


def autoflushed(s):
    s.add(Team(name="red"))
    s.scalars(select(Player)).all()


def inside(s, fn):
    with s.begin_nested():
        fn(s)


KINDS = {
    "unique": insert_twice, "not null": not_null, "check": check, "foreign": foreign, "deferred": late, "parent": parent_gone, "nullify": nullify, "mixed": mixed,
    "same key": same_key, "same key unknown": same_key_unknown, "autoflush": autoflushed,
    "bulk objects": lambda s: s.bulk_save_objects([Team(name="g"), Team(name="red")]),
    "bulk insert": lambda s: s.bulk_insert_mappings(Team, [{"name": "g"}, {"name": "g"}]),
    "bulk update": lambda s: s.bulk_update_mappings(Team, [{"id": 1, "rank": 4}, {"id": 2, "rank": 0}]),
    "orm insert": lambda s: s.scalars(insert(Team).returning(Team), [{"name": "h"}, {"name": "blue"}]).all(),
    "orm update": lambda s: s.execute(update(Team).values(name="one")),
    "orm delete": lambda s: s.execute(delete(Team).where(Team.id == 1)),
    "by key": lambda s: s.execute(update(Team), [{"id": 1, "rank": -4}]),
    "bad column": lambda s: s.execute(text("select nothing from team")),
}
for title, fn in KINDS.items():
    step(title)
    s = Session(e)
    x = error(lambda: fn(s))
    shape(x)
    sql()
    say(s.is_active, s.in_transaction(), len(s.new), len(s.dirty), len(s.deleted))
    error(s.commit)
    say(s.is_active, s.in_transaction())
    error(s.rollback)
    rows(s)
    s.close()
    step(title + " in a savepoint")
    s = Session(e)
    keep = Team(name="keep", rank=9)
    s.add(keep)
    red = s.get(Team, 1)
    red.rank = 10
    x = error(lambda: inside(s, fn))
    say(s.is_active, s.in_transaction(), s.in_nested_transaction(), state(keep), red.__dict__.get("rank"), len(s.new), len(s.dirty))
    error(lambda: rows(s))
    error(s.commit)
    s.rollback()
    rows(s)
    s.close()
    with Session(e) as t:
        t.execute(delete(Team).where(Team.name == "keep"))
        t.execute(update(Team).where(Team.id == 1).values(rank=1, lead_id=None))
        t.commit()
    forget()
