"""sessionmaker, scoped_session, Session as a block, info, execution options, close and reset."""
from parity import *
from sqlalchemy import Column, Integer, String, event, inspect, select
from sqlalchemy.orm import Session, close_all_sessions, declarative_base, object_session, scoped_session, sessionmaker

Base = declarative_base()


class Thing(Base):
    __tablename__ = "thing"
    id = Column(Integer, primary_key=True)
    name = Column(String(50))


e = engine()
Base.metadata.create_all(e)
forget()

step("sessionmaker")
Factory = sessionmaker(e, expire_on_commit=False, info={"app": "shop"})
session = Factory()
other = Factory(autoflush=False, info={"user": 7})
say(session.info, other.info, session.autoflush, other.autoflush, session.bind is e)
Factory.configure(autoflush=False)
say(Factory().autoflush, session.autoflush)
seen = []
event.listen(Factory, "before_commit", lambda s: seen.append(s.info.get("user", "-")))
with Factory.begin() as s:
    s.add(Thing(name="a"))
    say(s.in_transaction())
other.add(Thing(name="b"))
other.commit()
Session(e).commit()
say(seen)


def failing():
    with Factory.begin() as s:
        s.add(Thing(name="never"))
        s.flush()
        raise ValueError("stop")


error(failing)
with Factory() as s:
    say(s.scalars(select(Thing.name).order_by(Thing.id)).all())
with Factory() as s, s.begin():
    s.add(Thing(name="c"))
with Session(e) as s:
    with s.begin():
        say(s.get_transaction().is_active, s.in_transaction())
        s.add(Thing(name="d"))
    say(s.in_transaction(), s.scalars(select(Thing.name).order_by(Thing.id)).all())
    error(s.begin)

step("scoped_session")
scope = ["one"]
Scoped = scoped_session(Factory, scopefunc=lambda: scope[0])
one = Scoped()
scope[0] = "two"
say(Scoped() is one, Scoped.registry.has(), Scoped.session_factory is Factory)
Scoped.add(Thing(name="e"))
say(len(Scoped.new), len(one.new), Scoped.is_active, Scoped.autoflush)
Scoped.commit()
say(Scoped.scalar(select(Thing.name).where(Thing.name == "e")), Scoped.query(Thing).count(), Scoped.get(Thing, 1).name)
t = Scoped.get(Thing, 2)
say(t in Scoped, object_session(t) is Scoped())
Scoped.remove()
say(Scoped.registry.has(), inspect(t).detached)
scope[0] = "one"
say(Scoped() is one, Scoped.registry.has())
error(lambda: Scoped(autoflush=True))
Scoped.remove()
say(Scoped(info={"fresh": 1}).info)
Scoped.remove()

step("close, reset, close_all_sessions")
session = Session(e)
t = session.get(Thing, 1)
n = Thing(name="n")
session.add(n)
session.close()
say(inspect(t).detached, inspect(n).transient, session.in_transaction(), len(session.identity_map))
say(session.get(Thing, 1) is t)
session.reset()
say(session.in_transaction(), session.get(Thing, 1).name)
session.close()
strict = Session(e, close_resets_only=False)
strict.get(Thing, 1)
strict.reset()
say(strict.get(Thing, 1).name)
strict.close()
error(lambda: strict.get(Thing, 1))
error(lambda: strict.add(Thing()))
error(strict.begin)
session.get(Thing, 1)
close_all_sessions()
say(session.in_transaction())

step("autobegin=False")
manual = Session(e, autobegin=False)
error(lambda: manual.get(Thing, 1))
error(lambda: manual.add(Thing()))
with manual.begin():
    say(manual.get(Thing, 1).name)
manual.begin()
say(manual.get(Thing, 2).name)
manual.close()

step("execution options and connections")
session = Session(e)
conn = session.connection(execution_options={"isolation_level": "SERIALIZABLE"})
say(conn.get_isolation_level(), session.connection() is conn)
say(session.execute(select(Thing.id).order_by(Thing.id), execution_options={"stream_results": False}).scalars().all())
if is_postgresql:
    session.invalidate()
    say(session.in_transaction(), session.scalars(select(Thing.id).order_by(Thing.id)).first())
session.close()
sql()
