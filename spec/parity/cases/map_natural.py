"""Natural and composite keys through relationships: changed keys, m2m, inheritance, maps keyed by tuples."""
from parity import *
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, String, Table, inspect, select
from sqlalchemy.orm import (Session, attribute_keyed_dict, column_keyed_dict, declarative_base, joinedload, relationship,
                            selectinload)

Base = declarative_base()
wears = Table("wears", Base.metadata, Column("hero", String(10), primary_key=True), Column("code", String(10), primary_key=True),
              Column("size", Integer, primary_key=True),
              ForeignKeyConstraint(["hero"], ["hero.name"], onupdate="CASCADE"),
              ForeignKeyConstraint(["code", "size"], ["item.code", "item.size"], onupdate="CASCADE"))


class Land(Base):
    __tablename__ = "land"
    code = Column(String(4), primary_key=True)
    towns = relationship("Town", back_populates="land", order_by="Town.name", cascade="all, delete-orphan")


class Town(Base):
    __tablename__ = "town"
    land_code = Column(ForeignKey("land.code"), primary_key=True)
    name = Column(String(10), primary_key=True)
    size = Column(Integer)
    land = relationship(Land, back_populates="towns")
    streets = relationship("Street", back_populates="town", order_by="Street.no", passive_deletes=True,
                           cascade="all, delete-orphan")


class Street(Base):
    __tablename__ = "street"
    land_code = Column(String(4), primary_key=True)
    town_name = Column(String(10), primary_key=True)
    no = Column(Integer, primary_key=True)
    town = relationship(Town, back_populates="streets")
    __table_args__ = (ForeignKeyConstraint([land_code, town_name], [Town.land_code, Town.name], ondelete="CASCADE"),)


class Hero(Base):
    __tablename__ = "hero"
    name = Column(String(10), primary_key=True)
    kind = Column(String(10))
    items = relationship("Item", secondary=wears, back_populates="heroes", order_by="[Item.code, Item.size]",
                         passive_updates=True)
    pets = relationship("Pet", back_populates="owner", passive_updates=False, foreign_keys="Pet.owner_name",
                        primaryjoin="Hero.name == Pet.owner_name", collection_class=attribute_keyed_dict("name"))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "hero"}


class Knight(Hero):
    __tablename__ = "knight"
    name = Column(ForeignKey("hero.name", onupdate="CASCADE"), primary_key=True)
    horse = Column(String(10))
    __mapper_args__ = {"polymorphic_identity": "knight"}


class Item(Base):
    __tablename__ = "item"
    code = Column(String(10), primary_key=True)
    size = Column(Integer, primary_key=True, autoincrement=False)
    heroes = relationship(Hero, secondary=wears, back_populates="items", order_by=Hero.name)


class Pet(Base):
    __tablename__ = "pet"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    owner_name = Column(String(10))
    owner = relationship(Hero, back_populates="pets", passive_updates=False, foreign_keys=owner_name,
                         primaryjoin=owner_name == Hero.name)


class Shelf(Base):
    __tablename__ = "shelf"
    id = Column(Integer, primary_key=True)
    boxes = relationship("Box", cascade="all, delete-orphan", collection_class=column_keyed_dict([Table("box", Base.metadata,
        Column("shelf_id", ForeignKey("shelf.id"), primary_key=True), Column("row", Integer, primary_key=True),
        Column("col", Integer, primary_key=True), Column("what", String(10))).c.row, Base.metadata.tables["box"].c.col]))


class Box(Base):
    __table__ = Base.metadata.tables["box"]


e = engine()
if not is_postgresql:
    from sqlalchemy import event
    event.listen(e, "connect", lambda c, r: c.execute("PRAGMA foreign_keys = ON"))
Base.metadata.create_all(e)
forget()
s = Session(e)
step("fill")
at = Land(code="at", towns=[Town(name="wien", size=2), Town(name="graz", size=1)])
at.towns[0].streets = [Street(no=1), Street(no=2)]
s.add(at)
s.flush()
say(at.towns[0].streets[1].land_code, inspect(at.towns[0]).identity, inspect(at.towns[0].streets[0]).identity)
s.commit()
step("get")
say(s.get(Town, ("at", "graz")).size, s.get(Street, {"land_code": "at", "town_name": "wien", "no": 2}).no)
say(s.get(Street, ("at", "wien", 9)), s.get(Town, ("xx", "graz")))
error(lambda: s.get(Town, "at"))
error(lambda: s.get(Town, {"land_code": "at"}))
step("eager")
s.expunge_all()
q = select(Land).options(selectinload(Land.towns).selectinload(Town.streets))
for x in s.scalars(q):
    say(x.code, [(t.name, [st.no for st in t.streets]) for t in x.towns])
s.expunge_all()
for x in s.scalars(select(Street).options(joinedload(Street.town).joinedload(Town.land)).order_by(Street.no)):
    say(x.no, x.town.name, x.town.land.code)
step("queries")
town = s.get(Town, ("at", "wien"))
say(select(Street).where(Street.town == town))
say(select(Street).where(Street.town != town))
say(select(Town).where(Town.streets.any(Street.no > 1)))
say(select(Street).where(Street.town == None))
say(select(Street).join(Street.town).join(Town.land))
step("move a street")
st = s.get(Street, ("at", "wien", 2))
st.town = s.get(Town, ("at", "graz"))
s.flush()
say(inspect(st).identity, [x.no for x in town.streets])
s.commit()
say([x.no for x in town.streets])
step("delete")
s.delete(town)
s.flush()
say(s.scalars(select(Street.town_name)).all())
s.rollback()
step("heroes")
lance = Knight(name="lance", horse="h")
lance.items = [Item(code="sword", size=1), Item(code="helm", size=3)]
lance.pets["rex"] = Pet(name="rex")
s.add(lance)
s.commit()
say([(i.code, i.size) for i in lance.items], sorted(lance.pets), inspect(lance).identity)
step("changed key")
lance.name = "lancelot"
s.flush()
say(inspect(lance).identity, lance.pets["rex"].owner_name, s.get(Hero, "lancelot") is lance)
s.commit()
say(lance.name, [i.code for i in lance.items], s.execute(select(wears.c.hero).distinct()).scalars().all())
sword = s.get(Item, ("sword", 1))
sword.size = 2
s.commit()
say(inspect(sword).identity, [h.name for h in sword.heroes])
lance.items.remove(sword)
s.commit()
say(s.execute(select(wears)).all())
step("wrong keys")
s.add(Hero(kind="hero"))
error(lambda: s.flush())
s.rollback()
lance.name = None
error(lambda: s.flush())
s.rollback()
s.add(Item(code="helm", size=3))
error(lambda: s.flush())
s.rollback()
step("boxes")
sh = Shelf(id=1)
sh.boxes[(1, 2)] = Box(row=1, col=2, what="a")
sh.boxes[(2, 2)] = Box(row=2, col=2, what="b")
s.add(sh)
s.commit()
say([(b.row, b.col, b.what) for k, b in sorted(sh.boxes.items())], sh.boxes[(1, 2)].what)
del sh.boxes[(1, 2)]
s.commit()
say([k for k in sh.boxes])
sql()
