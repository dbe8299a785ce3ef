"""joinedload with LIMIT, OFFSET, DISTINCT and GROUP BY; inner joins, nested ones and many-to-one without a subquery."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, select
from sqlalchemy.orm import Session, aliased, contains_eager, declarative_base, joinedload, relationship, subqueryload, selectinload

Base = declarative_base()


class Customer(Base):
    __tablename__ = "customers"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    orders = relationship("Order", back_populates="customer", order_by="desc(Order.id)")


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    number = Column(String(30))
    customer_id = Column(ForeignKey("customers.id"), nullable=False)
    address_id = Column(ForeignKey("addresses.id"))
    customer = relationship("Customer", back_populates="orders", lazy="joined", innerjoin=True)
    address = relationship("Address", lazy="joined")
    lines = relationship("Line", back_populates="order", order_by="Line.position, Line.id")


class Address(Base):
    __tablename__ = "addresses"
    id = Column(Integer, primary_key=True)
    city = Column(String(30))


class Line(Base):
    __tablename__ = "lines"
    id = Column(Integer, primary_key=True)
    position = Column(Integer)
    product = Column(String(30))
    order_id = Column(ForeignKey("orders.id"), nullable=False)
    order = relationship("Order", back_populates="lines")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    rome = Address(id=1, city="rome")
    s.add_all([
        Customer(id=1, name="ann", orders=[
            Order(id=1, number="o1", address=rome, lines=[Line(id=1, position=2, product="x"), Line(id=2, position=1,
                product="y")]),
            Order(id=2, number="o2", lines=[Line(id=3, position=1, product="x")])]),
        Customer(id=2, name="bob", orders=[Order(id=3, number="o3", address=rome)]),
        Customer(id=3, name="cid")])
    s.commit()
forget()


def orders(found):
    return [[o.number, o.customer.name, o.address and o.address.city] for o in found]


step("lazy joined on the mapper")
with Session(e) as s:
    say(orders(s.scalars(select(Order).order_by(Order.id))))
    step("many to one needs no subquery for a limit")
    say(orders(s.scalars(select(Order).order_by(Order.id.desc()).limit(2))))
step("a collection with limit")
with Session(e) as s:
    stmt = select(Customer).options(joinedload(Customer.orders)).order_by(Customer.name).limit(2)
    say([[c.name, [o.number for o in c.orders]] for c in s.scalars(stmt).unique()])
step("limit, offset, where, order by an expression that is not selected")
with Session(e) as s:
    stmt = select(Customer).options(joinedload(Customer.orders).joinedload(Order.lines)).where(
        Customer.id > 0).order_by(func.length(Customer.name), Customer.id.desc()).limit(2).offset(1)
    say([[c.name, [[o.number, [l.product for l in o.lines]] for o in c.orders]] for c in s.scalars(stmt).unique()])
step("distinct")
with Session(e) as s:
    stmt = select(Customer).distinct().options(joinedload(Customer.orders)).join(Customer.orders).order_by(Customer.id)
    say([[c.name, len(c.orders)] for c in s.scalars(stmt).unique()])
step("the join of the query and the join of the loader are two")
with Session(e) as s:
    stmt = select(Customer).join(Customer.orders).where(Order.number == "o1").options(joinedload(Customer.orders))
    say([[c.name, [o.number for o in c.orders]] for c in s.scalars(stmt).unique()])
step("innerjoin options")
with Session(e) as s:
    stmt = select(Customer).options(joinedload(Customer.orders, innerjoin=True).joinedload(Order.lines,
        innerjoin=True)).order_by(Customer.id)
    say([[c.name, [len(o.lines) for o in c.orders]] for c in s.scalars(stmt).unique()])
with Session(e) as s:
    stmt = select(Customer).options(joinedload(Customer.orders).joinedload(Order.lines,
        innerjoin=True)).order_by(Customer.id)
    say([[c.name, [len(o.lines) for o in c.orders]] for c in s.scalars(stmt).unique()])
with Session(e) as s:
    stmt = select(Customer).options(joinedload(Customer.orders).joinedload(Order.lines,
        innerjoin="unnested")).order_by(Customer.id)
    say([[c.name, [len(o.lines) for o in c.orders]] for c in s.scalars(stmt).unique()])
step("innerjoin with limit")
with Session(e) as s:
    stmt = select(Customer).options(joinedload(Customer.orders, innerjoin=True)).order_by(Customer.id).limit(1)
    say([[c.name, [o.number for o in c.orders]] for c in s.scalars(stmt).unique()])
step("unique is demanded")
with Session(e) as s:
    result = s.scalars(select(Customer).options(joinedload(Customer.orders)))
    error(lambda: result.all())
    error(lambda: s.execute(select(Customer).options(joinedload(Customer.orders))).first())
step("two entities, a column and a joined collection")
with Session(e) as s:
    c2 = aliased(Customer, name="c2")
    stmt = select(Customer, Order.number, c2).join(Customer.orders).join(c2, c2.id == Customer.id).options(
        joinedload(c2.orders)).order_by(Order.id)
    for c, number, other in s.execute(stmt).unique():
        say(c.name, number, other is c, len(other.orders))
step("limit in the first of the legacy query")
with Session(e) as s:
    say(s.query(Customer).options(joinedload(Customer.orders)).order_by(Customer.id).first().name)
    say(s.query(Customer).options(joinedload(Customer.orders)).filter_by(name="ann").one().name)
    say(s.query(Customer).options(joinedload(Customer.orders)).count())
step("get with joined eager loading")
with Session(e) as s:
    ann = s.get(Customer, 1, options=[joinedload(Customer.orders)])
    say(ann.name)
    say(s.get(Order, 1).number)
step("subquery loading of a limited query")
with Session(e) as s:
    stmt = select(Customer).options(subqueryload(Customer.orders)).order_by(Customer.id).limit(2)
    say([[c.name, [o.number for o in c.orders]] for c in s.scalars(stmt)])
step("group by")
with Session(e) as s:
    stmt = select(Customer, func.count(Order.id)).outerjoin(Customer.orders).group_by(Customer.id).options(
        selectinload(Customer.orders)).order_by(Customer.id)
    say([[c.name, n, len(c.orders)] for c, n in s.execute(stmt)])
step("end")
