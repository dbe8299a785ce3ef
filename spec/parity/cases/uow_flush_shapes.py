"""The statements of flushes: mixes of insert, update and delete, order of dependencies, cycles with post_update, trees, links, changed keys."""
from parity import *
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, String, Table, event, inspect, select, text
from sqlalchemy.orm import Session, backref, declarative_base, relationship

Base = declarative_base()
links = Table("links", Base.metadata, Column("order_id", ForeignKey("orders.id"), primary_key=True), Column("label_id", ForeignKey("labels.id"), primary_key=True))


class Customer(Base):
    __tablename__ = "customers"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    favourite_id = Column(ForeignKey("orders.id", name="fk_fav", use_alter=True))
    favourite = relationship("Order", foreign_keys=[favourite_id], post_update=True)
    orders = relationship("Order", back_populates="customer", foreign_keys="Order.customer_id", order_by="Order.id", cascade="all, delete-orphan")


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    word = Column(String(10))
    note = Column(String(10))
    customer_id = Column(ForeignKey("customers.id"))
    customer = relationship("Customer", back_populates="orders", foreign_keys=[customer_id])
    labels = relationship("Label", secondary=links, back_populates="orders", order_by="Label.id")
    lines = relationship("Line", back_populates="order", order_by="Line.id")


class Line(Base):
    __tablename__ = "lines"
    id = Column(Integer, primary_key=True)
    n = Column(Integer)
    order_id = Column(ForeignKey("orders.id"))
    order = relationship("Order", back_populates="lines")


class Label(Base):
    __tablename__ = "labels"
    id = Column(Integer, primary_key=True)
    word = Column(String(10))
    orders = relationship("Order", secondary=links, back_populates="labels", order_by="Order.id")


class Node(Base):
    __tablename__ = "nodes"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    up_id = Column(ForeignKey("nodes.id"))
    next_id = Column(ForeignKey("nodes.id"))
    subs = relationship("Node", foreign_keys=[up_id], back_populates="up", order_by="Node.id", cascade="all")
    up = relationship("Node", foreign_keys=[up_id], remote_side=[id], back_populates="subs")
    next = relationship("Node", foreign_keys=[next_id], remote_side=[id], post_update=True)


class Country(Base):
    __tablename__ = "countries"
    code = Column(String(5), primary_key=True)
    cities = relationship("City", backref=backref("country", passive_updates=True), passive_updates=True, order_by="City.name")
    towns = relationship("Town", back_populates="country", passive_updates=False, order_by="Town.name")


class City(Base):
    __tablename__ = "cities"
    name = Column(String(10), primary_key=True)
    country_code = Column(ForeignKey("countries.code", onupdate="CASCADE"))


class Town(Base):
    __tablename__ = "towns"
    name = Column(String(10), primary_key=True)
    country_code = Column(ForeignKey("countries.code", deferrable=True, initially="DEFERRED"), primary_key=True)
    country = relationship("Country", back_populates="towns", passive_updates=False)
    people = relationship("Person", passive_updates=False, order_by="Person.id")


class Person(Base):
    __tablename__ = "people"
    id = Column(Integer, primary_key=True)
    town_name = Column(String(10))
    town_country = Column(String(5))
    __table_args__ = (ForeignKeyConstraint([town_name, town_country], ["towns.name", "towns.country_code"], deferrable=True, initially="DEFERRED"),)


e = engine()
if not is_postgresql:
    event.listen(e, "connect", lambda c, r: c.execute("PRAGMA foreign_keys = ON"))
Base.metadata.create_all(e)
s = Session(e, expire_on_commit=False)
forget()
step("insert a web")
a, b = Customer(name="a"), Customer(name="b")
l1, l2 = Label(word="x"), Label(word="y")
o1 = Order(word="o1", customer=a, labels=[l1], lines=[Line(n=1), Line(n=2)])
o2 = Order(word="o2", note="n", customer=b)
o3 = Order(word="o3", customer=a, lines=[Line(n=3)])
a.favourite, b.favourite = o2, o2
s.add_all([l1, l2, o3, a, b, o1])
s.commit()
step("mixed")
o2.labels.append(l2)
s.flush()
o1.word, o2.note, o3.word, o3.note = "o1!", None, "o3!", "new"
s.add(Order(word="o4", customer=b))
s.delete(o1.lines[0])
o1.labels.remove(l1)
o2.labels.append(l1)
a.favourite = o1
s.commit()
step("move")
o1.lines[1].order = o2
o3.lines[0].n = 30
b.orders.append(o3)
l2.orders = [o3]
s.flush()
say([o.id for o in a.orders], [o.id for o in b.orders], [x.id for x in o3.labels], [x.id for x in o1.labels])
s.commit()
step("orphans")
error(lambda: a.orders.remove(o1))
say(o1 in s.dirty, inspect(o1).persistent)
for line in o1.lines:
    line.order = o3
error(s.flush)
s.rollback()
a.favourite = None
a.orders.remove(o1)
for line in o1.lines:
    line.order = o3
s.flush()
say(inspect(o1).deleted, o1.customer is None, [x.id for x in a.orders])
s.rollback()
step("delete the web")
for line in o1.lines:
    s.delete(line)
s.delete(a)
error(s.flush)
s.rollback()
step("replace")
key = l1.id
s.delete(l1)
s.add(Label(id=key, word="again"))
s.flush()
say(s.scalars(select(Label.word).order_by(Label.id)).all())
s.rollback()
step("set and set back")
o1.word = "q"
o1.word = "o1!"
s.flush()
o1.word = "q"
s.flush()
o1.note, o1.customer_id = o1.note, o1.customer_id
s.flush()
s.rollback()
step("tree")
root = Node(name="r", subs=[Node(name="1", subs=[Node(name="11"), Node(name="12")]), Node(name="2")])
root.subs[0].next = root.subs[1]
root.subs[1].next = root.subs[0]
root.next = root.subs[0].subs[0]
s.add(root)
s.commit()
step("tree moves")
one, two = root.subs
two.subs.append(one.subs[1])
one.name, two.name = "one", "two"
s.commit()
step("tree swap")
top = Node(name="top", subs=[root])
s.add(top)
s.commit()
step("tree delete")
s.delete(root)
s.flush()
s.rollback()
s.delete(top)
s.commit()
step("keys")
c = Country(code="de", cities=[City(name="Bonn"), City(name="Ulm")], towns=[Town(name="Alt"), Town(name="Neu")])
s.add(c)
s.commit()
step("change a key")
c.code = "xx"
s.flush()
say([x.__dict__.get("country_code") for x in c.cities], [x.country_code for x in c.towns])
s.commit()
say(s.get(Country, "xx") is c, s.get(Country, "de"))
s.expire_all()
say([x.country_code for x in c.cities], [inspect(x).identity for x in c.towns])
step("change half a key")
c.towns[0].people = [Person(id=1), Person(id=2)]
s.commit()
c.towns[0].name = "Old"
s.commit()
say([p.town_name for p in c.towns[1].people])
step("swap keys")
n, m = Country(code="n"), Country(code="m")
s.add_all([n, m])
s.flush()
s.expunge(n)
m.code = "k"
s.flush()
s.add(Country(code="m"))
s.flush()
say(s.scalars(select(Country.code).order_by(Country.code)).all())
s.rollback()
sql()
