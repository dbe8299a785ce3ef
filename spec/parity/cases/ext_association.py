"""Association objects: proxies over them and through two, dicts of sets, joins that cast, keys without a constraint."""
from parity import *
from sqlalchemy import Column, Float, ForeignKey, Integer, String, and_, cast, func, inspect, select
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.orm import (Session, attribute_keyed_dict, declarative_base, foreign, joinedload, relationship,
                            remote, selectinload)

Base = declarative_base()


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    customer = Column(String(20))
    order_items = relationship("OrderItem", cascade="all, delete-orphan", backref="order", order_by="OrderItem.item_id")
    items = association_proxy("order_items", "item")
    names = association_proxy("order_items", "item_name")


class Item(Base):
    __tablename__ = "item"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    price = Column(Float)


class OrderItem(Base):
    __tablename__ = "order_item"
    order_id = Column(ForeignKey("orders.id"), primary_key=True)
    item_id = Column(ForeignKey("item.id"), primary_key=True)
    price = Column(Float, nullable=False)
    item = relationship(Item, lazy="joined")
    item_name = association_proxy("item", "name")

    def __init__(self, item, price=None):
        self.item = item
        self.price = price or item.price




class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    associations = relationship("B", collection_class=attribute_keyed_dict("key"), cascade="all, delete-orphan")
    sets = association_proxy("associations", "values")

    def of(self, key):
        if key not in self.associations:
            self.associations[key] = B(key=key)
        return self.associations[key].values


class B(Base):
    __tablename__ = "b"
    id = Column(Integer, primary_key=True)
    a_id = Column(ForeignKey("a.id"), nullable=False)
    key = Column(String(10))
    elements = relationship("C", collection_class=set, cascade="all, delete-orphan")
    values = association_proxy("elements", "value", creator=lambda v: C(value=v))


class C(Base):
    __tablename__ = "c"
    b_id = Column(ForeignKey("b.id"), primary_key=True)
    value = Column(Integer, primary_key=True)


class Doc(Base):
    __tablename__ = "doc"
    id = Column(Integer, primary_key=True)
    ref = Column(String(10))
    target = relationship("Target", primaryjoin=lambda: remote(Target.id) == cast(foreign(Doc.ref), Integer),
                          viewonly=True, uselist=False)


class Target(Base):
    __tablename__ = "target"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))


class First(Base):
    __tablename__ = "first"
    id = Column(Integer, primary_key=True)
    partitioned_second_id = Column(Integer)
    partition = Column(String(5))
    seconds = relationship("Second", viewonly=True, order_by="Second.id", primaryjoin=lambda: and_(
        First.partitioned_second_id == foreign(Second.first_id), First.partition == foreign(Second.partition)))


class Second(Base):
    __tablename__ = "second"
    id = Column(Integer, primary_key=True)
    first_id = Column(Integer)
    partition = Column(String(5))


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("association objects")
cup, bowl, mug = Item(name="cup", price=1.5), Item(name="bowl", price=4.0), Item(name="mug", price=2.0)
o = Order(customer="ann")
s.add(o)
o.order_items.append(OrderItem(cup))
o.items.append(bowl)
o.order_items.append(OrderItem(mug, 1.75))
s.commit()
say([i.name for i in o.items], list(o.names), [x.price for x in o.order_items], len(o.items), bowl in o.items)
say(s.scalars(select(Order.customer).where(Order.items.contains(cup))).all(),
    s.scalars(select(Order.customer).where(Order.order_items.any(OrderItem.item_name == "mug"))).all(),
    s.scalars(select(Order.customer).where(Order.items.any(Item.price > 9))).all())
step("prices that differ")
for row in s.execute(select(Order.customer, Item.name, OrderItem.price, Item.price).join(Order.order_items)
                     .join(OrderItem.item).where(OrderItem.price != Item.price)):
    say(row)
step("changed through the proxy")
o.items.remove(cup)
o.items[0:1] = []
s.commit()
say(list(o.names), s.scalar(select(func.count()).select_from(OrderItem)))
o.items = [cup, mug]
say([(x.item.name, x.price, inspect(x).pending) for x in o.order_items])
s.commit()
say([(x.item.name, x.price) for x in o.order_items])
step("dicts of sets")
a = A()
a.of("odd").add(1)
a.of("even").add(2)
s.add(a)
s.commit()
for value in (3, 5):
    a.of("odd").add(value)
    s.flush()
say(sorted(a.associations), sorted(a.sets["odd"]), 3 in a.sets["odd"], sorted(a.sets["even"]))
a.sets["odd"].remove(3)
a.of("odd").add(9)
s.commit()
say(sorted(a.sets["odd"]), s.scalars(select(A.id).join(A.associations).join(B.elements).where(C.value == 9)).all())
say(s.scalars(select(B.key).where(B.values == 5)).all())
del a.associations["odd"]
s.commit()
say(sorted(a.associations), s.execute(select(C.value)).all())
step("a join that casts")
s.add_all([Target(name="t1"), Target(name="t2"), Doc(ref="2"), Doc(ref="7"), Doc()])
s.commit()
say([(d.ref, d.target.name if d.target else None) for d in s.scalars(select(Doc).order_by(Doc.id))])
s.expunge_all()
say([(d.ref, d.target.name if d.target else None) for d in
     s.scalars(select(Doc).order_by(Doc.id).options(joinedload(Doc.target)))])
s.expunge_all()
say([(d.ref, d.target.name if d.target else None) for d in
     s.scalars(select(Doc).order_by(Doc.id).options(selectinload(Doc.target)))])
say(s.scalars(select(Doc.ref).where(Doc.target.has(Target.name == "t2"))).all())
step("two columns, no foreign key")
s.add_all([First(partitioned_second_id=1, partition="x"), First(partitioned_second_id=1, partition="y"),
           Second(first_id=1, partition="x"), Second(first_id=1, partition="x"), Second(first_id=1, partition="y")])
s.commit()
say([[x.id for x in f.seconds] for f in s.scalars(select(First).order_by(First.id))])
s.expunge_all()
say([[x.id for x in f.seconds] for f in
     s.scalars(select(First).order_by(First.id).options(selectinload(First.seconds)))])
say(s.execute(select(First.id, func.count(Second.id)).outerjoin(First.seconds).group_by(First.id)
              .order_by(First.id)).all())
s.close()
sql()
