"""What a session does from its opening to its closing, and the states that its objects pass through."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, delete, event, func, inspect, select, update
from sqlalchemy.orm import Session, declarative_base, joinedload, make_transient, make_transient_to_detached, object_session, relationship, selectinload, sessionmaker

Base = declarative_base()


class Guest(Base):
    __tablename__ = "guests"
    id = Column(Integer, primary_key=True)
    name = Column(String, unique=True)
    stays = relationship("Stay", back_populates="guest", cascade="all, delete-orphan", order_by="Stay.id")


class Stay(Base):
    __tablename__ = "stays"
    id = Column(Integer, primary_key=True)
    guest_id = Column(ForeignKey("guests.id"))
    nights = Column(Integer)
    guest = relationship("Guest", back_populates="stays")


e = engine()
Base.metadata.create_all(e)
forget()


def states(o):
    i = inspect(o)
    return [n for n in ("transient", "pending", "persistent", "deleted", "detached") if getattr(i, n)]


step("open and commit")
with Session(e) as session:
    session.add_all([Guest(id=1, name="ann"), Guest(id=2, name="bob")])
    session.commit()
with Session(e) as session, session.begin():
    session.add(Guest(id=3, name="cyd"))
make = sessionmaker(e)
with make.begin() as session:
    session.add(Guest(id=4, name="dan"))


def fail():
    with make.begin() as session:
        session.add(Guest(id=5, name="eve"))
        session.flush()
        raise KeyError("stop")


error(fail)
with make() as session:
    say(session.scalars(select(Guest.name).order_by(Guest.id)).all())
make.configure(expire_on_commit=False)
with make() as session:
    g = session.get(Guest, 1)
    session.commit()
    say(g.name)
make = sessionmaker(e)

step("states")
session = make()
g = Guest(id=10, name="zed")
say(states(g), g in session)
session.add(g)
say(states(g), g in session.new, inspect(g).identity)
session.flush()
say(states(g), inspect(g).identity, g in session.identity_map.values())
session.delete(g)
say(states(g), g in session.deleted)
session.flush()
say(states(g), g in session, inspect(g).was_deleted)
session.rollback()
say(states(g))
session.add(g)
session.commit()
session.delete(g)
session.commit()
say(states(g), inspect(g).was_deleted)
make_transient(g)
say(states(g), g.name)
session.add(g)
session.commit()
say(states(g), g.name)
session.expunge(g)
say(states(g))
session.add(g)
say(states(g))
session.close()
say(states(g))
d = Guest(id=1)
make_transient_to_detached(d)
session.add(d)
say(states(d), sorted(inspect(d).unloaded), d.name)
error(lambda: make_transient_to_detached(d))
session.close()

step("queries and attributes")
g = session.get(Guest, 1)
say(session.get(Guest, 1) is g, session.get(Guest, 99), session.scalar(select(func.count()).select_from(Guest)))
g.name = "anna"
say(g in session.dirty, session.is_modified(g), inspect(g).attrs.name.history)
g.name = "ann"
say(g in session.dirty, session.is_modified(g))
session.flush()
g.name = "anna"
say(session.scalars(select(Guest.name).where(Guest.name.like("an%"))).all())
with session.no_autoflush:
    g.name = "annie"
    say(session.scalars(select(Guest.name).where(Guest.name.like("an%"))).all(), g.name)
say(session.scalars(select(Guest).where(Guest.id == 1).execution_options(populate_existing=True)).one().name)
session.refresh(g)
session.refresh(g, ["name"])
session.rollback()
say(inspect(g).expired, g.name)
session.expire(g, ["name"])
say(sorted(inspect(g).expired_attributes), g.id, g.name)
session.expire_all()
say(inspect(g).expired_attributes == {"id", "name", "stays"}, g.id)
g2 = session.scalars(select(Guest).options(selectinload(Guest.stays)).where(Guest.id == 1)).one()
say(g2.stays)
session.close()

step("delete by criteria")
session.execute(update(Guest).where(Guest.name == "bob").values(name="rob"))
r = session.execute(delete(Guest).where(Guest.name.in_(["cyd", "dan"])))
say(r.rowcount)
session.commit()
say(session.scalars(select(Guest.name).order_by(Guest.id)).all())

step("merge")
g = session.get(Guest, 1)
session.commit()
say(g.name)
session.close()
g.name = "ann2"
m = session.merge(g)
say(m is g, m.name, states(m), m in session.dirty)
m = session.merge(Guest(id=1))
say(m.name, session.new, inspect(m).attrs.name.history)
m = session.merge(Guest(id=1, name=None))
say(m.name)
new = session.merge(Guest(id=50, name="new", stays=[Stay(id=1, nights=2)]))
say(states(new), [s.nights for s in new.stays], new.stays[0].guest is new)
session.rollback()
loaded = session.merge(g, load=False) if not inspect(g).modified else None
say(loaded)
error(lambda: session.merge(g, load=False))
session.close()

step("mistakes")
session = make()
s2 = make()
g = session.get(Guest, 1)
error(lambda: s2.add(g))
error(lambda: s2.delete(Guest(name="x")))
error(lambda: s2.refresh(Guest(name="x")))
error(lambda: s2.expunge(g))
error(lambda: s2.add(5))
session.expire(g)
session.expunge(g)
error(lambda: g.name)
error(lambda: session.expire(g))
g = session.get(Guest, 1)
s2.execute(delete(Guest).where(Guest.id == 10))
s2.commit()
session.close()
one = session.get(Guest, 2)
session.execute(delete(Guest).where(Guest.id == 2).execution_options(synchronize_session=False))
session.expire(one)
error(lambda: one.name)
session.rollback()
say(one.name)
session.add(Guest(id=2, name="dup"))
error(session.flush)
say(session.is_active, session.in_transaction())
session.rollback()
say(session.is_active)
session.close()

step("a session that closes once")
once = Session(e, close_resets_only=False)
say(once.get(Guest, 1).name)
once.close()
error(lambda: once.get(Guest, 1))
again = Session(e)
again.get(Guest, 1)
again.reset()
say(again.get(Guest, 1).name, object_session(again.get(Guest, 1)) is again)
again.close()

step("events of the way")
log = []
for name in ("pending_to_persistent", "persistent_to_deleted", "deleted_to_detached", "transient_to_pending", "persistent_to_detached", "detached_to_persistent", "pending_to_transient", "persistent_to_transient", "deleted_to_persistent", "loaded_as_persistent"):
    event.listen(session, name, lambda s, o, name=name: log.append(name))
g = Guest(id=70, name="ev", stays=[Stay(id=70)])
session.add(g)
session.flush()
session.rollback()
say(log)
log.clear()
session.add(g)
session.commit()
st = g.stays.pop()
session.flush()
session.rollback()
say(log, states(st))
log.clear()
session.delete(g)
session.commit()
say(log)
log.clear()
session.get(Guest, 1)
session.close()
say(log)
sql()
