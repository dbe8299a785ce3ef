"""contains_eager over aliases, chains and of_type, with outer joins, filters and refreshed collections."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, and_, select
from sqlalchemy.orm import (Session, aliased, contains_eager, declarative_base, joinedload, relationship, selectinload,
                            with_polymorphic)

Base = declarative_base()


class Depot(Base):
    __tablename__ = "depot"
    id = Column(Integer, primary_key=True)
    city = Column(String(20))
    items = relationship("Item", back_populates="depot", order_by="Item.id", foreign_keys="Item.depot_id")


class Item(Base):
    __tablename__ = "item"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    name = Column(String(20))
    depot_id = Column(ForeignKey("depot.id"))
    target_id = Column(ForeignKey("depot.id"))
    depot = relationship(Depot, back_populates="items", foreign_keys=depot_id)
    target = relationship(Depot, foreign_keys=target_id)
    stamps = relationship("Stamp", order_by="Stamp.id")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "item"}



class Parcel(Item):
    __tablename__ = "parcel"
    id = Column(ForeignKey("item.id"), primary_key=True)
    weight = Column(Integer)
    labels = relationship("Label", order_by="Label.id")
    __mapper_args__ = {"polymorphic_identity": "parcel"}


class Letter(Item):
    pages = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "letter"}


class Stamp(Base):
    __tablename__ = "stamp"
    id = Column(Integer, primary_key=True)
    value = Column(Integer)
    item_id = Column(ForeignKey("item.id"))


class Label(Base):
    __tablename__ = "label"
    id = Column(Integer, primary_key=True)
    text = Column(String(20))
    parcel_id = Column(ForeignKey("parcel.id"))


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    rome, oslo = Depot(id=1, city="Rome"), Depot(id=2, city="Oslo")
    s.add_all([rome, oslo])
    s.flush()
    s.add_all([Parcel(id=1, name="box", weight=5, depot=rome, target=oslo, labels=[Label(id=1, text="up")], stamps=[Stamp(id=1, value=3)]),
               Letter(id=2, name="note", pages=2, depot=rome, target=oslo, stamps=[Stamp(id=2, value=1), Stamp(id=3, value=2)]),
               Parcel(id=3, name="crate", weight=50, depot=oslo, target=rome, labels=[Label(id=2, text="glass"), Label(id=3, text="up")]),
               Item(id=4, name="thing", depot=oslo)])
    s.commit()
forget()

step("a filtered collection")
with Session(e) as s:
    stmt = select(Depot).join(Depot.items).where(Item.name.in_(["note", "thing"])).options(contains_eager(Depot.items)).order_by(Depot.id)
    say([[d.city, [i.name for i in d.items]] for d in s.scalars(stmt).unique()])
    say([[d.city, [i.name for i in d.items]] for d in s.scalars(select(Depot).order_by(Depot.id))])
    everything = select(Depot).options(selectinload(Depot.items)).order_by(Depot.id).execution_options(populate_existing=True)
    say([[d.city, [i.name for i in d.items]] for d in s.scalars(everything)])
step("an alias, an outer join")
with Session(e) as s:
    other = aliased(Item, name="other")
    stmt = select(Depot).outerjoin(other, and_(other.depot_id == Depot.id, other.name == "box")).options(
        contains_eager(Depot.items.of_type(other))).order_by(Depot.id)
    say([[d.city, [i.name for i in d.items]] for d in s.scalars(stmt).unique()])
step("an alias, with a chain of two")
with Session(e) as s:
    i2, s2 = aliased(Item, name="i2"), aliased(Stamp, name="s2")
    stmt = (select(Depot).join(Depot.items.of_type(i2)).join(i2.stamps.of_type(s2)).where(s2.value > 1)
            .options(contains_eager(Depot.items.of_type(i2)).contains_eager(i2.stamps.of_type(s2))).order_by(Depot.id, s2.id))
    say([[d.city, [[i.name, [x.value for x in i.stamps]] for i in d.items]] for d in s.scalars(stmt).unique()])
step("two ways to the same class")
with Session(e) as s:
    start, end = aliased(Depot, name="start"), aliased(Depot, name="finish")
    stmt = (select(Item).join(Item.depot.of_type(start)).outerjoin(Item.target.of_type(end)).order_by(Item.id)
            .options(contains_eager(Item.depot.of_type(start)), contains_eager(Item.target.of_type(end))))
    say([[i.name, i.depot.city, i.target and i.target.city] for i in s.scalars(stmt)])
step("a subclass")
with Session(e) as s:
    stmt = (select(Depot).join(Depot.items.of_type(Parcel)).where(Parcel.weight > 2).order_by(Depot.id)
            .options(contains_eager(Depot.items.of_type(Parcel)).selectinload(Parcel.labels)))
    say([[d.city, [[i.name, i.weight, [x.text for x in i.labels]] for i in d.items]] for d in s.scalars(stmt).unique()])
step("a subclass by alias, its collection from the same rows")
with Session(e) as s:
    box = aliased(Parcel, name="box", flat=True)
    stmt = (select(Depot).join(Depot.items.of_type(box)).join(box.labels).where(Label.text == "up").order_by(Depot.id)
            .options(contains_eager(Depot.items.of_type(box)).contains_eager(box.labels)))
    say([[d.city, [[i.name, [x.text for x in i.labels]] for i in d.items]] for d in s.scalars(stmt).unique()])
step("with_polymorphic")
with Session(e) as s:
    every = with_polymorphic(Item, [Parcel, Letter], flat=True)
    stmt = (select(Depot).outerjoin(Depot.items.of_type(every)).order_by(Depot.id, every.id)
            .options(contains_eager(Depot.items.of_type(every)).joinedload(every.Parcel.labels)))
    for d in s.scalars(stmt).unique():
        say(d.city, [[i.kind, i.weight if isinstance(i, Parcel) else None, i.pages if isinstance(i, Letter) else None] for i in d.items])
step("a subquery as the source")
with Session(e) as s:
    heavy = select(Item).join(Stamp).where(Stamp.value < 3).subquery()
    item = aliased(Item, heavy)
    stmt = select(Depot).join(item, Depot.items).options(contains_eager(Depot.items.of_type(item)))
    say([[d.city, [i.name for i in d.items]] for d in s.scalars(stmt.order_by(Depot.id)).unique()])
step("the other side from the same row")
with Session(e) as s:
    stmt = select(Item).join(Item.depot).where(Depot.city == "Oslo").options(contains_eager(Item.depot).load_only(Depot.city)).order_by(Item.id)
    for i in s.scalars(stmt):
        say(i.name, i.depot.city, "items" in i.depot.__dict__)
step("wrong use")
with Session(e) as s:
    error(lambda: s.scalars(select(Depot).options(contains_eager(Depot.items).contains_eager(Depot.items))).all())
    error(lambda: s.scalars(select(Depot).options(contains_eager(Item.depot))).all())
    error(lambda: s.scalars(select(Depot).join(Depot.items).options(contains_eager(Depot.items))).all())
sql()
