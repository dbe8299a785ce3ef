"""An order desk: savepoint per order, stock kept by a before_flush listener, audit rows, versions, errors in between."""
from parity import *
from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, String, event, func, inspect, select
from sqlalchemy.orm import declarative_base, relationship, sessionmaker

Base = declarative_base()


class Item(Base):
    __tablename__ = "item"
    id = Column(Integer, primary_key=True)
    name = Column(String(30), unique=True, nullable=False)
    stock = Column(Integer, CheckConstraint("stock >= 0", name="ck_stock"), nullable=False)
    version = Column(Integer, nullable=False)
    __mapper_args__ = {"version_id_col": version}


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    customer = Column(String(30), nullable=False)
    status = Column(String(10), default="open")
    lines = relationship("Line", back_populates="order", cascade="all, delete-orphan", order_by="Line.position")


class Line(Base):
    __tablename__ = "line"
    order_id = Column(ForeignKey("orders.id"), primary_key=True)
    position = Column(Integer, primary_key=True)
    item_id = Column(ForeignKey("item.id"), nullable=False)
    quantity = Column(Integer, nullable=False)
    order = relationship(Order, back_populates="lines")
    item = relationship(Item)


class Audit(Base):
    __tablename__ = "audit"
    id = Column(Integer, primary_key=True)
    what = Column(String(80))


db = engine()
Base.metadata.create_all(db)
forget()
Desk = sessionmaker(db)


@event.listens_for(Desk, "before_flush")
def stock(session, context, instances):
    for line in [o for o in session.new if isinstance(o, Line)]:
        line.item.stock -= line.quantity
    for line in [o for o in session.deleted if isinstance(o, Line)]:
        line.item.stock += line.quantity
    for order in [o for o in session.dirty if isinstance(o, Order)]:
        history = inspect(order).attrs.status.history
        if history.has_changes():
            session.add(Audit(what="%s: %s -> %s" % (order.customer, history.deleted[0], order.status)))


def place(session, customer, wanted):
    order = Order(customer=customer)
    session.add(order)
    for i, (name, quantity) in enumerate(wanted):
        with session.no_autoflush:
            item = session.scalars(select(Item).where(Item.name == name)).one()
        order.lines.append(Line(position=i + 1, item=item, quantity=quantity))
    return order


def shelf(session):
    say(session.execute(select(Item.name, Item.stock, Item.version).order_by(Item.id)).all())


step("goods come in")
with Desk.begin() as session:
    session.add_all([Item(name="bolt", stock=10), Item(name="nut", stock=5), Item(name="ring", stock=1)])
with Desk() as session:
    shelf(session)

step("an order")
with Desk() as session:
    order = place(session, "ann", [("bolt", 3), ("nut", 2)])
    session.commit()
    sql()
    say(order.id, order.status, [(l.position, l.item.name, l.quantity) for l in order.lines])
    shelf(session)

step("one of three cannot be met")
forget()
with Desk() as session:
    for customer, wanted in [("bob", [("bolt", 2)]), ("cyd", [("ring", 1), ("nut", 9)]), ("dan", [("ring", 1)])]:
        try:
            with session.begin_nested():
                place(session, customer, wanted)
        except sa.exc.IntegrityError as e:
            say("refused", customer, type(e).__name__, session.in_nested_transaction(), list(session.new))
    session.commit()
    sql()
    say(session.execute(select(Order.customer, func.count(Line.position)).join(Line).group_by(Order.customer)
                        .order_by(Order.customer)).all())
    shelf(session)

step("a line is taken out")
forget()
with Desk() as session:
    order = session.scalars(select(Order).filter_by(customer="ann")).one()
    nut = order.lines.pop(1)
    say(inspect(nut).pending, inspect(nut).persistent, nut in session.deleted, nut.order)
    session.flush()
    say(inspect(nut).deleted, nut in order.lines, len(order.lines))
    order.status = "sent"
    session.commit()
    sql()
    shelf(session)
    say(session.scalars(select(Audit.what)).all())

step("cancelling")
forget()
with Desk() as session:
    order = session.scalars(select(Order).filter_by(customer="bob")).one()
    session.delete(order)
    say([type(o).__name__ for o in session.deleted], session.is_modified(order))
    session.commit()
    sql()
    shelf(session)
    say(inspect(order).detached, session.scalar(select(func.count()).select_from(Line)))

step("two clerks")
forget()
one, two = Desk(), Desk()
a, b = one.get(Item, 1), two.get(Item, 1)
say(a.stock, b.stock, a.version, b.version)
one.rollback()
a.stock -= 1
one.commit()
b.stock -= 1
error(two.commit)
say(two.is_active)
two.rollback()
b.stock -= 1
two.commit()
sql()
say(b.stock, b.version, a.stock)
one.close()
two.close()
