# Mapper events of an order desk: who is called when, with which arguments, and writing through the connection.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select, insert, update, Table
from sqlalchemy.orm import declarative_base, relationship, Session, object_session

Base = declarative_base()


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    customer = Column(String(20))
    total = Column(Integer, default=0)
    lines = relationship("Line", back_populates="order", cascade="all, delete-orphan", order_by="Line.id")


class Line(Base):
    __tablename__ = "line"
    id = Column(Integer, primary_key=True)
    order_id = Column(ForeignKey("orders.id"), nullable=False)
    kind = Column(String(10))
    price = Column(Integer)
    order = relationship("Order", back_populates="lines")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "line"}


class Special(Line):
    __tablename__ = "special"
    id = Column(ForeignKey("line.id"), primary_key=True)
    reason = Column(String(20))
    __mapper_args__ = {"polymorphic_identity": "special"}


audit = Table("audit", Base.metadata, Column("id", Integer, primary_key=True), Column("what", String(60)))


def note(name):
    def listener(mapper, connection, target):
        say("  .", name, mapper.class_, target, connection.in_transaction(), object_session(target) is not None)
    return listener


for name in ("before_insert", "after_insert", "before_update", "after_update", "before_delete", "after_delete"):
    event.listen(Order, name, note(name))
    event.listen(Line, name, note(name), propagate=True)


@event.listens_for(Order, "before_insert")
def fill(mapper, connection, target):
    target.customer = target.customer.title()
    target.total = sum(line.price for line in target.lines)


@event.listens_for(Order, "after_insert")
@event.listens_for(Order, "after_update")
def write(mapper, connection, target):
    connection.execute(insert(audit).values(what="order %d of %s" % (target.id, target.customer)))


@event.listens_for(Line, "after_delete", propagate=True)
def lower(mapper, connection, target):
    t = Order.__table__
    connection.execute(update(t).where(t.c.id == target.order_id).values(total=t.c.total - target.price))


eng = engine()
Base.metadata.create_all(eng)
forget()
s = Session(eng)
step("insert")
o = Order(customer="ann lee", lines=[Line(price=5), Special(price=7, reason="gift"), Line(price=1)])
s.add(o)
s.flush()
say(o.customer, o.total)
step("update")
o.customer = "bo"
o.lines[1].reason = "sale"
s.flush()
say(s.scalars(select(audit.c.what).order_by(audit.c.id)).all())
step("before_update without a net change")
o.customer = "bo"
s.flush()
o.customer = "cy"
o.customer = "bo"
say(s.is_modified(o), o in s.dirty)
s.flush()
step("a collection change alone")
o.lines.append(Line(price=2))
s.flush()
step("delete of a line")
o.lines.pop(0)
s.commit()
say(o.total, [(type(x).__name__, x.price) for x in o.lines])
step("a listener that fails")


def refuse(mapper, connection, target):
    if target.price > 100:
        raise ValueError("too dear")


event.listen(Line, "before_insert", refuse, propagate=True)
o.lines.append(Special(price=101))
error(s.flush)
say(s.is_active, s.in_transaction())
s.rollback()
say(len(o.lines), o.total)
event.remove(Line, "before_insert", refuse)
o.lines.append(Special(price=101, reason="dear"))
s.flush()
say(len(o.lines))
step("delete of all")
s.delete(o)
s.commit()
say(s.scalars(select(audit.c.what).order_by(audit.c.id)).all())
say(event.contains(Line, "before_insert", refuse))
step("end")
s.close()
