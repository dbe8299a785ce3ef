# Errors of an application's own code in the middle: validators, hybrids, defaults, types, listeners; and mutation.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, TypeDecorator, select, func
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import declarative_base, relationship, Session, validates

Base = declarative_base()


class Oops(Exception):
    pass


class Even(TypeDecorator):
    impl = Integer
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if value is not None and value % 2:
            raise Oops("odd")
        return value

    def process_result_value(self, value, dialect):
        if value == 66:
            raise Oops("unreadable")
        return value


counter = {"n": 0}


def number():
    counter["n"] += 1
    if counter["n"] == 3:
        raise Oops("default")
    return counter["n"]


class Cart(Base):
    __tablename__ = "cart"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    serial = Column(Integer, default=number)
    level = Column(Even)
    lines = relationship("Line", back_populates="cart", cascade="all, delete-orphan", order_by="Line.id")

    @validates("name")
    def check_name(self, key, value):
        if value == "bad":
            raise Oops(key)
        return value.upper()

    @validates("lines", include_removes=True)
    def check_line(self, key, line, is_remove):
        if line.qty is not None and line.qty < 0:
            raise Oops("negative")
        if is_remove and line.qty == 99:
            raise Oops("locked")
        return line

    @hybrid_property
    def total(self):
        if any(x.qty == 13 for x in self.lines):
            raise Oops("unlucky")
        return sum(x.qty for x in self.lines)

    @total.expression
    def total(cls):
        return select(func.coalesce(func.sum(Line.qty), 0)).where(Line.cart_id == cls.id).scalar_subquery()


class Line(Base):
    __tablename__ = "line"
    id = Column(Integer, primary_key=True)
    qty = Column(Integer)
    cart_id = Column(ForeignKey("cart.id"))
    cart = relationship("Cart", back_populates="lines")


eng = engine()
Base.metadata.create_all(eng)
s = Session(eng)
forget()
step("validators")
error(lambda: Cart(name="bad"))
c = Cart(name="one", lines=[Line(qty=1), Line(qty=99)], level=2)
s.add(c)
s.commit()
error(lambda: setattr(c, "name", "bad"))
error(lambda: c.lines.append(Line(qty=-1)))
error(lambda: c.lines.pop())
say(c.name, [x.qty for x in c.lines], c in s.dirty)
error(lambda: setattr(c, "lines", [Line(qty=5), Line(qty=-5)]))
say([x.qty for x in c.lines])
s.rollback()
say([x.qty for x in c.lines], len(s.new))
step("a hybrid")
say(c.total, s.scalars(select(Cart.name).where(Cart.total > 50)).all())
c.lines[0].qty = 13
error(lambda: c.total)
say(s.scalar(select(Cart.total)))
s.rollback()
step("a default in the middle of a flush")
s.add_all([Cart(name="two"), Cart(name="three"), Cart(name="four")])
refused(s.flush)
say(s.is_active, len(s.new))
s.rollback()
say(s.scalar(select(func.count(Cart.id))), len(s.new))
step("a type in the middle of a flush")
s.add(Cart(name="odd", level=3))
refused(s.flush)
s.rollback()
s.add(Cart(name="even", level=66))
s.flush()
error(lambda: s.scalars(select(Cart.level).where(Cart.name == "EVEN")).all())
say(s.scalar(select(func.count(Cart.id))))
s.rollback()
step("listeners of the session")
for name in ("before_flush", "after_flush", "before_commit"):
    def fail(session, *rest, name=name):
        raise Oops(name)
    event.listen(s, name, fail)
    s.add(Cart(name="x"))
    error(s.commit)
    event.remove(s, name, fail)
    say(name, s.is_active, s.in_transaction(), len(s.new))
    s.rollback()
    say(s.scalars(select(Cart.name).order_by(Cart.id)).all())
    s.rollback()
    sql()
step("a listener of the mapper while other rows travel")


def late(mapper, connection, target):
    if target.name == "P2":
        raise Oops("late")


event.listen(Cart, "after_insert", late)
s.add_all([Cart(name="p1", lines=[Line(qty=4)]), Cart(name="p2")])
error(s.flush)
say(s.is_active, s.in_transaction())
error(lambda: s.scalar(select(func.count(Cart.id))))
s.rollback()
say(s.scalar(select(func.count(Cart.id))), s.scalar(select(func.count(Line.id))))
event.remove(Cart, "after_insert", late)
step("changing a collection that is walked")
c = s.scalars(select(Cart).where(Cart.name == "ONE")).one()
c.lines.extend([Line(qty=2), Line(qty=3), Line(qty=4)])
for line in list(c.lines):
    if line.qty in (2, 3):
        c.lines.remove(line)
s.flush()
say([x.qty for x in c.lines])
for o in s.scalars(select(Line).order_by(Line.id)):
    if o.qty == 4:
        s.delete(o)
        s.flush()
        s.add(Line(qty=7, cart=c))
s.commit()
say([x.qty for x in c.lines], c.total)
step("flush within flush")


def again(session, context, instances):
    session.flush()


event.listen(s, "before_flush", again)
c.name = "again"
error(s.flush)
event.remove(s, "before_flush", again)
s.flush()
say(c.name)
step("end")
s.close()
