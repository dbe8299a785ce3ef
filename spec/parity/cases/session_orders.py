"""Session, orders through the five states: transitions with inspect(), identity map, autoflush, expire, refresh,
expunge, merge with cascades, get with options, rollback of adds, deletes and changes, detached access, and objects of
two sessions."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id = mapped_column(Integer, primary_key=True)
    ref = mapped_column(String(10))
    state = mapped_column(String(10), default="open")
    lines = relationship("Line", back_populates="order", cascade="all, delete-orphan", order_by="Line.id")


class Line(Base):
    __tablename__ = "lines"
    id = mapped_column(Integer, primary_key=True)
    order_id = mapped_column(ForeignKey("orders.id"))
    qty = mapped_column(Integer)
    order = relationship(Order, back_populates="lines")


def state(o):
    i = inspect(o)
    return [n for n in ("transient", "pending", "persistent", "deleted", "detached") if getattr(i, n)]


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("states")
o = Order(id=1, ref="r1", lines=[Line(id=1, qty=2)])
line = o.lines[0]
say(state(o), o.state, inspect(o).identity, inspect(o).session, s.in_transaction())
s.add(o)
say(state(o), state(line), len(s.new), o in s, list(s.dirty))
s.flush()
say(state(o), o.state, inspect(o).identity, len(s.identity_map), s.in_transaction(), s.is_modified(o))
s.expunge(o)
say(state(o), state(line), o in s)
s.add(o)
s.commit()
sql()
say(sorted(inspect(o).unloaded), s.in_transaction(), inspect(o).expired)
say(o.ref, s.get(Order, 1) is o, s.scalars(select(Order)).one() is o, object_session(o) is s)
step("delete and rollback")
s.delete(o)
say(state(o), o in s.deleted, len(s.deleted))
s.flush()
say(state(o), state(line), o in s, s.get(Order, 1))
s.rollback()
say(state(o), o in s, o.ref, [l.qty for l in o.lines])
sql()
step("dirty and rollback")
o.ref = "changed"
o.lines.append(Line(id=2, qty=5))
say(o in s.dirty, len(s.new), inspect(o).attrs.ref.history, inspect(o).attrs.state.history)
s.flush()
fresh = o.lines[1]
s.rollback()
say(o.ref, len(o.lines), state(fresh), fresh.id, fresh.qty, fresh.order is o)
sql()
step("autoflush")
o.ref = "auto"
say(s.scalar(select(Order.ref)))
o.ref = "later"
with s.no_autoflush:
    say(s.scalar(select(Order.ref)), s.scalar(select(Order.ref).execution_options(autoflush=True)))
say(s.scalar(select(Order.ref).execution_options(autoflush=False)))
s.commit()
sql()
step("expire and refresh")
o.ref, line.qty
s.expire(o, ["ref"])
say(sorted(inspect(o).unloaded), o.state, o.ref)
s.execute(update(Order).values(state="sent"), execution_options={"synchronize_session": False})
say(o.state)
s.refresh(o, attribute_names=["state"])
say(o.state)
o.ref = "lost"
s.refresh(o)
say(o.ref, o in s.dirty)
o.ref = "lost again"
s.expire_all()
say(o.ref)
sql()
step("get")
say(s.get(Order, 99), s.get(Order, {"id": 1}) is o)
s.expunge_all()
o2 = s.get(Order, 1, options=[selectinload(Order.lines)])
say(o2 is o, state(o), len(o2.lines))
o3 = s.get(Order, 1, populate_existing=True, with_for_update=True)
say(o3 is o2)
error(lambda: s.get_one(Order, 5))
error(lambda: s.get(Order, (1, 2)))
sql()
step("merge")
o.ref = "merged"
error(lambda: o.lines)
m = s.merge(o)
say(m is o2, m.ref, [l.qty for l in m.lines], m in s.dirty)
new = s.merge(Order(id=7, ref="new", lines=[Line(id=7, qty=7)]))
say(state(new), new.lines[0].order is new)
known = s.merge(Order(id=1, ref="noload"), load=True)
say(known is o2, known.ref, known.state, len(known.lines))
s.commit()
sql()
bare = Session(e)
copy = bare.merge(new, load=False)
say(copy is new, state(copy), copy.ref, bare.is_modified(copy))
bare.close()
sql()
step("detached")
line2 = new.lines[0]
s.close()
say(state(new), state(line2))
error(lambda: new.lines[0].order.lines.append(1))
s.expire_on_commit = True
lazy = s.get(Order, 7)
s.expunge(lazy)
error(lambda: lazy.lines)
say(lazy.ref)
s.refresh(s.get(Order, 7))
sql()
step("misuse")
other = Session(e)
error(lambda: other.add(s.get(Order, 1)))
error(lambda: s.expunge(Order()))
error(lambda: s.delete(Order(id=1)))
error(lambda: s.refresh(Order(id=1)))
error(lambda: s.add(5))
error(lambda: s.add(Order))
error(lambda: (s.add(Order(id=1, ref="twin")), s.flush()))
s.rollback()
error(lambda: (s.add(Line(id=50, order_id=1, qty=1)), s.add(Line(id=50, order_id=1, qty=1)), s.flush()))
error(lambda: s.scalars(select(Order)).all())
s.rollback()
say(s.scalar(select(func.count()).select_from(Line)))
gone = s.get(Order, 7)
s.execute(delete(Line).where(Line.order_id == 7))
s.connection().execute(text("DELETE FROM orders WHERE id = 7"))
s.expire(gone)
error(lambda: gone.ref)
s.close()
sql()
