"""Keys: composite, inherited and identifying ones, changed keys that travel, keys blanked out, get in all forms."""
from parity import *
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, String, inspect, select, text
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class Order(Base):
    __tablename__ = "orders"
    shop = Column(Integer, primary_key=True)
    number = Column(Integer, primary_key=True, autoincrement=False)
    note = Column(String(20))
    lines = relationship("Line", back_populates="order", cascade="all, delete-orphan", order_by="Line.pos",
                         passive_updates=is_postgresql)
    marks = relationship("Mark", order_by="Mark.id", passive_updates=is_postgresql)


class Line(Base):
    __tablename__ = "line"
    shop = Column(Integer, primary_key=True)
    number = Column(Integer, primary_key=True)
    pos = Column(Integer, primary_key=True)
    what = Column(String(20))
    order = relationship("Order", back_populates="lines")
    __table_args__ = (ForeignKeyConstraint(["shop", "number"], ["orders.shop", "orders.number"], onupdate="CASCADE"),)


class Mark(Base):
    __tablename__ = "mark"
    id = Column(Integer, primary_key=True)
    shop = Column(Integer)
    number = Column(Integer)
    __table_args__ = (ForeignKeyConstraint(["shop", "number"], ["orders.shop", "orders.number"], onupdate="CASCADE"),)


class Animal(Base):
    __tablename__ = "animal"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    name = Column(String(20))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}


class Dog(Animal):
    __tablename__ = "dog"
    id = Column(ForeignKey("animal.id", onupdate="CASCADE"), primary_key=True)
    tricks = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "dog"}


class Cat(Animal):
    lives = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "cat"}


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)

step("composite")
o = Order(shop=1, number=10, lines=[Line(pos=1, what="a"), Line(pos=2, what="b")], marks=[Mark()])
session.add(o)
session.commit()
say(inspect(o).identity, o.lines[1].number, inspect(o.lines[1]).identity)
say(session.get(Order, (1, 10)) is o, session.get(Order, {"number": 10, "shop": 1}) is o)
say(session.get(Order, (1, 11)), session.get(Line, (1, 10, 2)).what)
error(lambda: session.get(Order, 1))
error(lambda: session.get(Order, (1, 2, 3)))
error(lambda: session.get(Order, {"shop": 1}))

step("changed keys travel")
say(len(o.lines), len(o.marks))
forget()
o.number = 20
session.flush()
sql()
say(inspect(o).identity, [l.number for l in o.lines], [m.number for m in o.marks])
session.commit()
say([inspect(l).identity for l in o.lines], session.get(Order, (1, 10)), session.get(Order, (1, 20)) is o)

step("rolled back")
o.number = 30
session.flush()
session.rollback()
say(inspect(o).identity, o.number, [l.number for l in o.lines], session.get(Order, (1, 30)))

step("a part of the key blanked out")
line = o.lines[0]
line.order = None
session.flush()
say(inspect(line).deleted, len(o.lines))
session.rollback()
mark = o.marks[0]
o.marks.remove(mark)
session.flush()
say(mark.shop, mark.number)
session.rollback()
o.number = None
error(session.flush)
session.rollback()
session.add(Line(pos=1, what="alone"))
error(session.flush)
session.rollback()
session.add(Line(shop=1, number=20, pos=9, what="by numbers"))
session.flush()
session.expire(o, ["lines"])
say([l.pos for l in o.lines])
session.rollback()
forget()

step("keys of subclasses")
session.add_all([Animal(id=1, name="x"), Dog(id=2, name="rex", tricks=3), Cat(id=3, name="tom", lives=9)])
session.commit()
session.expunge_all()
d = session.get(Animal, 2)
say(type(d).__name__, sorted(inspect(d).unloaded), d.tricks)
say(session.get(Dog, 2) is d, session.get(Cat, 2), session.get(Dog, 3))
c = session.get(Cat, 3)
say(session.get(Animal, 3) is c, session.get(Dog, 3), inspect(c).identity_key[0].__name__, c.lives)
say(session.get(Dog, 1))
sql()
session.refresh(d)
session.expire(d)
say(d.tricks, d.name)
d.tricks, d.name = 4, "REX"
session.flush()
d.tricks = 5
session.flush()
d.id = 20
session.flush()
say(inspect(d).identity)
if is_postgresql:
    d.id, d.tricks = 30, 6
    session.flush()
    say(inspect(d).identity, session.get(Dog, 30) is d)
session.rollback()
sql()
forget()
session.execute(text("update animal set kind = null where id = 1"))
session.expunge_all()
error(lambda: session.scalars(select(Animal)).all())
session.rollback()
session.delete(session.get(Animal, 2))
session.delete(session.get(Animal, 3))
forget()
session.flush()
sql()
session.close()
