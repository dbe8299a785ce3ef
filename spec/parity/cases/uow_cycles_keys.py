"""Units of work: cycles, post_update, trees, natural keys, row counts, orders of statements, moves of children, passive deletes."""
from parity import *
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, String, Table, event, func, inspect, select, text, UniqueConstraint
from sqlalchemy.orm import Session, backref, declarative_base, relationship

Base = declarative_base()


class Country(Base):
    __tablename__ = "country"
    code = Column(String(3), primary_key=True)
    capital_id = Column(ForeignKey("city.id", name="fk_capital"))
    cities = relationship("City", back_populates="country", foreign_keys="City.country_code", order_by="City.name", cascade="all, delete-orphan")
    capital = relationship("City", foreign_keys=capital_id, post_update=True)


class City(Base):
    __tablename__ = "city"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    country_code = Column(ForeignKey("country.code", onupdate="CASCADE"), nullable=False)
    country = relationship(Country, back_populates="cities", foreign_keys=country_code)
    twins = relationship("City", secondary="twin", primaryjoin="City.id==twin.c.a", secondaryjoin="City.id==twin.c.b", order_by="City.id", back_populates="twin_of")
    twin_of = relationship("City", secondary="twin", primaryjoin="City.id==twin.c.b", secondaryjoin="City.id==twin.c.a", order_by="City.id", back_populates="twins")


Table("twin", Base.metadata, Column("a", ForeignKey("city.id"), primary_key=True), Column("b", ForeignKey("city.id"), primary_key=True))


class Node(Base):
    __tablename__ = "node"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    parent_id = Column(ForeignKey("node.id"))
    next_id = Column(ForeignKey("node.id"))
    children = relationship("Node", foreign_keys=parent_id, back_populates="parent", cascade="all, delete-orphan", order_by="Node.id")
    parent = relationship("Node", foreign_keys=parent_id, remote_side=id, back_populates="children")
    next = relationship("Node", foreign_keys=next_id, remote_side=id, post_update=True)


class Doc(Base):
    __tablename__ = "doc"
    org = Column(String(5), primary_key=True)
    num = Column(Integer, primary_key=True, autoincrement=False)
    title = Column(String(10))
    pages = relationship("Page", back_populates="doc", order_by="Page.pos", cascade="all, delete-orphan", passive_deletes=True, passive_updates=True)


class Page(Base):
    __tablename__ = "page"
    id = Column(Integer, primary_key=True)
    org = Column(String(5))
    num = Column(Integer)
    pos = Column(Integer)
    doc = relationship(Doc, back_populates="pages")
    __table_args__ = (ForeignKeyConstraint(["org", "num"], ["doc.org", "doc.num"], ondelete="CASCADE", onupdate="CASCADE"),)


e = engine()
if not is_postgresql:
    event.listen(e, "connect", lambda c, r: c.execute("pragma foreign_keys = on"))
Base.metadata.create_all(e)
forget()
s = Session(e)
step("a cycle of two tables")
oslo, bergen = City(name="oslo"), City(name="bergen")
no = Country(code="no", cities=[oslo, bergen], capital=oslo)
s.add(no)
s.commit()
sql()
no.capital = bergen
s.flush()
sql()
se = Country(code="se", cities=[City(name="lund")])
oslo.twins.append(se.cities[0])
bergen.twin_of.append(se.cities[0])
s.add(se)
s.commit()
sql()
say([c.name for c in oslo.twins], [c.name for c in se.cities[0].twins], [c.name for c in oslo.twin_of])
forget()
step("moved and orphaned")
oslo.country = se
s.flush()
sql()
say([c.name for c in no.cities], [c.name for c in se.cities])
oslo.twins.clear()
no.cities.append(oslo)
s.commit()
sql()
no.capital = None
no.cities.remove(bergen)
s.commit()
sql()
step("natural key")
no.code = "nor"
s.commit()
sql()
say(oslo.country_code, no.code, inspect(no).identity)
forget()
no.capital = oslo
s.commit()
s.delete(no)
forget()
s.commit()
sql()
step("a tree and a ring")
root = Node(name="root", children=[Node(name="a", children=[Node(name="a1")]), Node(name="b")])
root.children[0].next, root.children[1].next = root.children[1], root.children[0]
s.add(root)
s.commit()
a, b = root.children
a1 = a.children[0]
forget()
b.children.append(a1)
a1.name = "moved"
a.next = None
s.flush()
b.next = None
s.flush()
forget()
s.delete(a)
s.commit()
forget()
say([n.name for n in root.children], a1.parent.name, b.next)
forget()
root.children[0].children[0].next = root
a1.parent = None
s.flush()
forget()
s.rollback()
s.delete(root)
forget()
s.commit()
sql()
x, y = Node(name="x"), Node(name="y")
x.parent, y.parent = y, x
s.add(x)
error(s.flush)
s.rollback()
z = Node(name="z")
z.next = z
s.add(z)
s.commit()
say(z.next is z)
forget()
step("composite keys")
d = Doc(org="o", num=1, title="t", pages=[Page(pos=2), Page(pos=1)])
s.add(d)
s.commit()
sql()
say([p.pos for p in d.pages])
d.num = 5
forget()
s.commit()
sql()
say([(p.org, p.num, p.pos) for p in d.pages], inspect(d).identity)
s.expire(d)
d.title
s.delete(d)
forget()
s.commit()
sql()
say(s.scalar(select(func.count(Page.id))))
d1 = Doc(org="o", num=1, title="one")
s.add(d1)
s.commit()
s.delete(d1)
s.add(Doc(org="o", num=1, title="two"))
forget()
s.commit()
sql()
step("row counts")
d = s.scalars(select(Doc)).one()
s.execute(Doc.__table__.delete())
d.title = "x"
error(s.flush)
s.rollback()
d = s.scalars(select(Doc)).one()
s.execute(Doc.__table__.delete())
s.delete(d)
error(s.flush)
s.rollback()
p, q = City(name="p", country_code="se"), City(name="q", country_code="se")
p.twins.append(q)
s.add(p)
s.commit()
say(len(p.twins))
s.execute(text("delete from twin"))
p.twins.remove(q)
error(s.flush)
s.rollback()
say([c.name for c in p.twins])
forget()
