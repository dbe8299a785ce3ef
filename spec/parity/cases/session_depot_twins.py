# Several sessions and engines at once: what each sees, objects handed over, joined outer transactions, events of each.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Crate(Base):
    __tablename__ = "crate"
    id = Column(Integer, primary_key=True)
    label = Column(String(20), unique=True)
    weight = Column(Integer, default=1)
    items = relationship("Item", back_populates="crate", cascade="all, delete-orphan", order_by="Item.id")


class Item(Base):
    __tablename__ = "item"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    crate_id = Column(ForeignKey("crate.id"))
    crate = relationship(Crate, back_populates="items")


e = engine()
Base.metadata.create_all(e)
forget()
Factory = sessionmaker(e)
log = []
for name in ("pending_to_persistent", "persistent_to_deleted", "deleted_to_detached", "persistent_to_detached",
             "detached_to_persistent", "transient_to_pending", "pending_to_transient", "persistent_to_transient",
             "deleted_to_persistent"):
    event.listen(Factory, name, lambda session, obj, name=name: log.append("%s %s" % (name, type(obj).__name__)))


def shown():
    say(sorted(log))
    log.clear()


with Factory() as s:
    step("one life")
    crate = Crate(label="a", items=[Item(name="x")])
    s.add(crate)
    shown()
    s.flush()
    shown()
    s.commit()
    s.delete(crate)
    s.flush()
    shown()
    s.rollback()
    shown()
    s.delete(crate)
    s.commit()
    shown()
    make_transient(crate)
    crate = Crate(label="a", items=[Item(name="x")])
    s.add(crate)
    s.expunge(crate)
    shown()
    s.add(crate)
    s.commit()
    log.clear()
    step("handed over")
    item = crate.items[0]
    s.expunge(crate)
    shown()
    with Factory() as t:
        t.add(crate)
        shown()
        crate.label = "b"
        error(lambda: s.add(item))
        t.commit()
        say(crate.label)
    shown()
    step("two sessions, one row")
    one, two = Factory(), Factory()
    mine = one.get(Crate, crate.id)
    one.rollback()
    theirs = two.get(Crate, crate.id)
    two.rollback()
    say(mine is theirs, mine.label == theirs.label)
    one.commit()
    two.commit()
    mine.weight = 5
    one.commit()
    say(theirs.weight)
    one.close()
    two.close()
    log.clear()
step("in a transaction of the program's own")
conn = e.connect()
outer = conn.begin()
with Session(conn, join_transaction_mode="create_savepoint") as s:
    s.add(Crate(label="inner"))
    s.commit()
    s.add(Crate(label="lost"))
    s.flush()
    s.rollback()
    say(s.scalars(select(Crate.label).order_by(Crate.id)).all())
    s.commit()
say(outer.is_active, conn.in_transaction())
outer.rollback()
conn.close()
step("rollback only")
conn = e.connect()
outer = conn.begin()
with Session(conn, join_transaction_mode="rollback_only") as s:
    s.add(Crate(label="kept"))
    s.commit()
    say(outer.is_active)
    s.add(Crate(label="kept"))
    error(s.flush)
    s.rollback()
    say(outer.is_active)
outer.rollback()
conn.close()
step("conditional savepoint")
with e.connect() as conn:
    conn.begin()
    sp = conn.begin_nested()
    with Session(conn) as s:
        s.add(Crate(label="cond"))
        s.commit()
        s.rollback()
    say(sp.is_active, conn.in_transaction(), conn.scalar(select(func.count(Crate.id))))
    conn.rollback()
step("after all")
with Session(e) as s:
    say(s.scalars(select(Crate.label).order_by(Crate.id)).all())
sql()
