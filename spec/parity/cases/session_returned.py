"""ORM INSERT, UPDATE and DELETE with RETURNING, against every synchronize_session and what the session holds."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, bindparam, case, delete, func, insert, inspect, select, update
from sqlalchemy.orm import Session, declarative_base, load_only, relationship, selectinload

Base = declarative_base()


class Team(Base):
    __tablename__ = "team"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    runners = relationship("Runner", back_populates="team", order_by="Runner.id")


class Runner(Base):
    __tablename__ = "runner"
    id = Column(Integer, primary_key=True)
    nick = Column("nick_name", String(20), unique=True)
    laps = Column(Integer, default=0)
    state = Column(String(10), server_default="new")
    team_id = Column(ForeignKey("team.id"))
    team = relationship(Team, back_populates="runners")


e = engine()
Base.metadata.create_all(e)
s = Session(e)
step("insert many, returning objects in order")
rows = [{"nick": "c"}, {"nick": "a", "laps": 5}, {"nick": "b", "state": "old"}]
for group in ([rows[0]], [rows[1]], [rows[2]]):
    r = s.scalars(insert(Runner).returning(Runner), group).one()
    say(r.id, r.nick, r.laps, r.state, r in s, inspect(r).persistent)
out = s.scalars(insert(Runner).returning(Runner, sort_by_parameter_order=True), [{"nick": "z%d" % i, "laps": i} for i in (3, 1, 2)]).all()
say([[r.nick, r.laps] for r in out])
say(s.execute(insert(Team).returning(Team.id, func.upper(Team.name).label("big")), [{"id": 1, "name": "red"}]).one())
say(s.scalar(insert(Runner).values(nick=func.lower("QQ"), laps=2 + 2).returning(Runner.nick)))
say(s.execute(insert(Runner).values([{"nick": "v1"}, {"nick": "v2"}]).returning(Runner.nick, Runner.laps)).all())
src = select(func.upper(Runner.nick), Runner.laps).where(Runner.nick == "a")
say(s.execute(insert(Runner).from_select(["nick_name", "laps"], src).returning(Runner.nick, Runner.laps)).all())
s.commit()
forget()
step("update returning objects")
a = s.scalars(select(Runner).where(Runner.nick == "a")).one()
got = s.scalars(update(Runner).where(Runner.nick == "a").values(laps=Runner.laps + 1).returning(Runner)).one()
say(got is a, a.laps)
for how in ("evaluate", "fetch", "auto", False):
    step("update, synchronize_session %s" % how)
    a = s.get(Runner, a.id)
    say(a.laps)
    res = s.execute(update(Runner).where(Runner.nick.in_(["a", "b"])).values(laps=case((Runner.laps > 3, 100), else_=Runner.laps + 7)),
                    execution_options={"synchronize_session": how}) if how != "evaluate" else s.execute(
        update(Runner).where(Runner.nick == "a").values(laps=Runner.laps * 2), execution_options={"synchronize_session": how})
    say(res.rowcount)
    sql()
    say(a.laps, inspect(a).modified, "laps" in a.__dict__)
    s.rollback()
step("evaluate that cannot")
a = s.get(Runner, a.id)
error(lambda: s.execute(update(Runner).where(func.lower(Runner.nick) == "a").values(laps=1), execution_options={"synchronize_session": "evaluate"}))
s.execute(update(Runner).where(func.lower(Runner.nick) == "a").values(laps=1))
say(a.laps)
error(lambda: s.execute(update(Runner).values(laps=1), execution_options={"synchronize_session": "other"}))
s.rollback()
step("update with a pending change")
a = s.get(Runner, a.id)
a.nick = "aa"
with s.no_autoflush:
    s.execute(update(Runner).where(Runner.nick == "a").values(laps=77).execution_options(synchronize_session="fetch"))
    say(a.nick, a.laps, inspect(a).attrs.nick.history)
s.flush()
say(a.nick, a.laps)
s.rollback()
step("update by primary key, many rows")
s.execute(update(Runner), [{"id": 1, "laps": 11}, {"id": 2, "laps": 12, "nick": "a2"}])
say(s.get(Runner, 1).laps, a.nick, a.laps)
error(lambda: s.execute(update(Runner), [{"laps": 11}]))
error(lambda: s.execute(update(Runner).where(Runner.laps > 1), [{"id": 1, "laps": 11}]))
s.rollback()
s.connection().execute(update(Runner).where(Runner.id == bindparam("key")).values(laps=bindparam("n")), [{"key": 1, "n": 5}, {"key": 3, "n": 6}])
say(s.scalars(select(Runner.laps).where(Runner.id < 4).order_by(Runner.id)).all())
s.rollback()
for how in ("evaluate", "fetch", "auto", False):
    step("delete, synchronize_session %s" % how)
    a, b = s.get(Runner, 2), s.get(Runner, 3)
    res = s.execute(delete(Runner).where(Runner.nick == "a").execution_options(synchronize_session=how))
    say(res.rowcount, a in s, b in s, inspect(a).deleted, inspect(a).persistent)
    s.rollback()
    say(a in s, inspect(a).persistent, a.nick)
step("delete returning")
gone = s.execute(delete(Runner).where(Runner.laps == 0).returning(Runner.nick, Runner.state)).all()
say(sorted(gone))
say(s.scalars(select(Runner.nick).order_by(Runner.nick)).all())
obj = s.scalars(delete(Runner).where(Runner.nick == "qq").returning(Runner)).one()
say(obj.nick, obj.laps)
s.rollback()
step("returning with options and columns of others")
out = s.scalars(update(Runner).where(Runner.id.in_([1, 2])).values(team_id=1).returning(Runner).options(selectinload(Runner.team))
                .execution_options(populate_existing=True)).all()
say(sorted([r.nick, r.team.name, r.laps] for r in out))
say([r.nick for r in s.get(Team, 1).runners])
say(s.execute(update(Runner).where(Runner.team_id == Team.id, Team.name == "red", Runner.id == 1).values(laps=9).returning(Runner.nick, Runner.laps)).all())
up = update(Runner).where(Runner.id == 2).values(state="done").returning(Runner)
say([[r.state, r.laps] for r in s.scalars(select(Runner).from_statement(up).execution_options(populate_existing=True))])
error(lambda: s.execute(insert(Runner), [{"wrong": 1}]))
s.rollback()
s.close()
sql()
