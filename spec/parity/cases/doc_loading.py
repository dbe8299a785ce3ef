"""The page on relationship loading: wildcards, raise, adding criteria, and contains_eager with its filters."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, and_, desc, inspect, select
from sqlalchemy.orm import (Load, Session, aliased, contains_eager, declarative_base, defaultload, immediateload,
                            joinedload, lazyload, noload, raiseload, relationship, selectinload, subqueryload)

Base = declarative_base()


class User(Base):
    __tablename__ = "user_account"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    orders = relationship("Order", back_populates="user", order_by="Order.id")
    addresses = relationship("Address", back_populates="user", order_by="Address.id")


class Address(Base):
    __tablename__ = "address"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("user_account.id"), nullable=False)
    email = Column(String)
    user = relationship("User", back_populates="addresses", lazy="joined", innerjoin=True)


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("user_account.id"))
    total = Column(Integer)
    user = relationship("User", back_populates="orders")
    items = relationship("Item", back_populates="order", order_by="Item.id", lazy="raise_on_sql")


class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    order_id = Column(ForeignKey("orders.id"))
    word = Column(String)
    order = relationship("Order", back_populates="items")


class Node(Base):
    __tablename__ = "node"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("node.id"))
    data = Column(String)
    children = relationship("Node", lazy="joined", join_depth=2, order_by="Node.id")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([
        User(id=1, name="spongebob", addresses=[Address(id=1, email="s@x"), Address(id=2, email="s@y")],
             orders=[Order(id=1, total=5, items=[Item(id=1, word="a"), Item(id=2, word="b")]), Order(id=2, total=9)]),
        User(id=2, name="sandy", addresses=[Address(id=3, email="t@x")], orders=[Order(id=3, total=2, items=[Item(id=3, word="c")])]),
        User(id=3, name="patrick"),
    ])
    s.add(Node(id=1, data="n1", children=[Node(id=2, data="n2", children=[Node(id=3, data="n3", children=[Node(id=4, data="n4")])])]))
    s.commit()
forget()


def run(title, stmt, *look, unique=False, close=True):
    step(title)
    with Session(e) as session:
        result = session.scalars(stmt)
        for obj in (result.unique() if unique else result).all():
            say(obj.id, [name for name in look if name not in inspect(obj).unloaded])
            for name in look:
                try:
                    value = getattr(obj, name)
                    say(name, [x.id for x in value] if isinstance(value, list) else value and value.id)
                except sa.exc.InvalidRequestError as x:
                    say(name, type(x).__name__)


base = select(User).order_by(User.id)
run("as configured", base, "orders", "addresses")
run("joined, inner", select(Address).order_by(Address.id), "user")
run("a chain", base.options(joinedload(User.orders).subqueryload(Order.items)), "orders", unique=True)
run("defaultload", base.options(defaultload(User.orders).selectinload(Order.items)), "orders")
run("options()", base.options(selectinload(User.orders).options(joinedload(Order.items), lazyload(Order.user))), "orders")
run("a wildcard", select(Order).order_by(Order.id).options(lazyload("*")), "user", "items")
run("all but one", select(Order).order_by(Order.id).options(raiseload("*"), selectinload(Order.items)), "user", "items")
run("of one class", base.options(Load(User).raiseload("*")), "orders", "addresses")
run("of one class, below", base.options(selectinload(User.orders).raiseload("*")), "orders")
run("raise on SQL only", select(Order).where(Order.id == 1).options(raiseload(Order.user, sql_only=True)), "user")
run("immediate", base.options(immediateload(User.orders)), "orders")
run("not at all", base.options(noload(User.orders)), "orders")
run("criteria", base.options(selectinload(User.orders.and_(Order.total > 4)).selectinload(Order.items.and_(Item.word != "a"))), "orders")
run("criteria, joined", base.options(joinedload(User.addresses.and_(Address.email.endswith("x")))), "addresses", unique=True)
run("a lazy one with criteria", base.options(lazyload(User.orders.and_(Order.total > 4))), "orders")
run("the limit stays right", base.options(joinedload(User.orders)).limit(2).offset(1), "orders", unique=True)
run("ordered by the join", select(User).join(User.orders).order_by(desc(Order.total)).options(joinedload(User.addresses)),
    "orders", unique=True)
order_alias = aliased(Order)
run("contains_eager", select(User).join(User.orders).options(contains_eager(User.orders)).where(Order.total > 4)
    .order_by(User.id, Order.id), "orders", unique=True)
run("contains_eager of an alias", select(User).outerjoin(User.orders.of_type(order_alias))
    .options(contains_eager(User.orders.of_type(order_alias))).order_by(User.id, order_alias.id), "orders", unique=True)
run("two contained", select(User).join(User.orders).join(Order.items)
    .options(contains_eager(User.orders).contains_eager(Order.items)).order_by(User.id, Order.id, Item.id), "orders", unique=True)
run("a depth", select(Node).where(Node.parent_id.is_(None)), "children", unique=True)
step("populate_existing with contains_eager")
with Session(e) as session:
    user = session.scalars(select(User).where(User.id == 1)).one()
    say([o.id for o in user.orders])
    q = select(User).join(User.orders).where(Order.total == 9).options(contains_eager(User.orders))
    say([o.id for o in session.scalars(q).unique().one().orders])
    say([o.id for o in session.scalars(q.execution_options(populate_existing=True)).unique().one().orders])
    session.expire(user)
    say([o.id for o in user.orders])
step("options stay with the object")
with Session(e) as session:
    order = session.scalars(select(Order).where(Order.id == 1).options(lazyload(Order.user).joinedload(User.orders))).one()
    say([o.id for o in order.user.orders])
    order = session.scalars(select(Order).options(selectinload(Order.items).joinedload(Item.order)).order_by(Order.id)).first()
    say([i.word for i in order.items], order.items[0].order is order)
step("get and refresh")
with Session(e) as session:
    user = session.get(User, 2, options=[selectinload(User.orders).selectinload(Order.items)])
    say([[i.word for i in o.items] for o in user.orders])
    session.refresh(user, ["orders"])
    say(len(user.orders))
    session.refresh(user)
    say(sorted(inspect(user).unloaded))
sql()
