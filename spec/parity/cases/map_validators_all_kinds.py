"""Validators together with events, back references, bulk replacement, sets and dicts, loading, merging and errors."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect, select
from sqlalchemy.orm import Session, attribute_keyed_dict, declarative_base, relationship, validates, reconstructor, composite

Base = declarative_base()
log = []


def note(*a):
    log.append(" ".join(fmt(x) for x in a))


def flushlog():
    for line in log:
        say("   ", line)
    log.clear()


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    code = Column(String(10))
    total = Column(Integer, default=0)
    lines = relationship("Line", back_populates="order", order_by="Line.id", cascade="all, delete-orphan")
    tags = relationship("Tag", collection_class=set, back_populates="order")
    parts = relationship("Part", collection_class=attribute_keyed_dict("key"), back_populates="order")

    @validates("code", "total")
    def check(self, key, value):
        note("check", key, value)
        if value == "bad":
            raise ValueError("bad")
        return value if key == "total" else value and value.upper()

    @validates("lines", include_removes=True)
    def check_line(self, key, line, is_remove):
        note("line", key, line.name, is_remove)
        if line.name == "no":
            raise ValueError("no")
        return line

    @validates("tags", include_backrefs=False)
    def check_tag(self, key, tag):
        note("tag", tag.name)
        return tag

    @validates("parts", include_removes=True, include_backrefs=False)
    def check_part(self, key, part, is_remove):
        note("part", part.key, is_remove)
        return part

    @reconstructor
    def init(self):
        note("reconstructor", inspect(self).persistent)


class Line(Base):
    __tablename__ = "line"
    id = Column(Integer, primary_key=True)
    order_id = Column(ForeignKey("orders.id"))
    name = Column(String(10))
    order = relationship("Order", back_populates="lines")

    @validates("order")
    def check_order(self, key, order):
        note("order", self.name, order and order.code)
        return order


class Tag(Base):
    __tablename__ = "tag"
    id = Column(Integer, primary_key=True)
    order_id = Column(ForeignKey("orders.id"))
    name = Column(String(10))
    order = relationship("Order", back_populates="tags")


class Part(Base):
    __tablename__ = "part"
    id = Column(Integer, primary_key=True)
    order_id = Column(ForeignKey("orders.id"))
    key = Column(String(10))
    order = relationship("Order", back_populates="parts")


@event.listens_for(Order.code, "set", retval=True)
def on_set(target, value, old, initiator):
    note("set", value, old if old is None or isinstance(old, str) else old.name, initiator.key)
    return value + "!" if value else value


@event.listens_for(Order.lines, "append")
def on_append(target, value, initiator):
    note("append", value.name, initiator.key)


@event.listens_for(Order.lines, "remove")
def on_remove(target, value, initiator):
    note("remove", value.name, initiator.key)


@event.listens_for(Order.lines, "bulk_replace")
def on_bulk(target, values, initiator):
    note("bulk", [v.name for v in values])


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("constructor")
o = Order(code="a1")
flushlog()
say(o.code)
o.code = None
o.total = 5
flushlog()
refused(lambda: setattr(o, "code", "bad"))
say(o.code, o.total)
flushlog()
refused(lambda: Order(code="bad"))
flushlog()
step("list")
a, b, c, d = [Line(name=n) for n in "abcd"]
o.lines.append(a)
flushlog()
b.order = o
flushlog()
o.lines = [b, c]
flushlog()
say([x.name for x in o.lines], a.order)
refused(lambda: o.lines.append(Line(name="no")))
say([x.name for x in o.lines])
flushlog()
refused(lambda: setattr(o, "lines", [d, Line(name="no")]))
say([x.name for x in o.lines], d.order is o)
flushlog()
o.lines.remove(b)
o.lines.pop()
o.lines.extend([a, d])
o.lines.insert(0, c)
d.order = None
flushlog()
say([x.name for x in o.lines])
step("set")
t, u = Tag(name="t"), Tag(name="u")
o.tags.add(t)
u.order = o
flushlog()
say(sorted(x.name for x in o.tags))
o.tags.discard(u)
o.tags = {t}
o.tags.clear()
flushlog()
step("dict")
p, q = Part(key="p"), Part(key="q")
o.parts["p"] = p
q.order = o
flushlog()
del o.parts["q"]
o.parts = {"q": q}
flushlog()
say(sorted(o.parts), p.order)
step("persist")
s.add(o)
s.commit()
flushlog()
say(o.code, [x.name for x in o.lines])
flushlog()
s.expunge_all()
o = s.scalars(select(Order)).one()
flushlog()
say([x.name for x in o.lines])
flushlog()
step("merge")
m = s.merge(Order(id=o.id, code="mm", lines=[Line(id=o.lines[0].id, name="z")]))
flushlog()
say(m.code, [x.name for x in m.lines], m is o)
s.flush()
flushlog()
step("refresh and rollback")
s.refresh(o)
flushlog()
o.code = "rr"
s.rollback()
flushlog()
say(o.code)
flushlog()
s.delete(o)
s.flush()
flushlog()
s.rollback()
sql()
error(lambda: type("X", (Base,), {"__tablename__": "x", "id": Column(Integer, primary_key=True), "a": Column(Integer), "f": validates("a")(lambda self, k, v: v), "g": validates("a")(lambda self, k, v: v)}))
s.close()
