"""A shop: prices as decimals, orders with lines, stock that is checked, totals by hybrid and by column_property."""
from decimal import Decimal

from parity import *
from sqlalchemy import (CheckConstraint, Column, Enum, ForeignKey, Integer, Numeric, String, UniqueConstraint, func,
                        inspect, select, update)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (Session, column_property, declarative_base, joinedload, relationship, selectinload,
                            validates)

Base = declarative_base()


class Product(Base):
    __tablename__ = "product"
    __table_args__ = (CheckConstraint("stock >= 0", name="ck_stock"),)
    id = Column(Integer, primary_key=True)
    sku = Column(String(10), unique=True, nullable=False)
    price = Column(Numeric(10, 2), nullable=False)
    stock = Column(Integer, nullable=False, default=0)


class Line(Base):
    __tablename__ = "line"
    __table_args__ = (UniqueConstraint("order_id", "product_id", name="uq_line"),)
    order_id = Column(ForeignKey("orders.id"), primary_key=True)
    product_id = Column(ForeignKey("product.id"), primary_key=True)
    quantity = Column(Integer, nullable=False)
    unit_price = Column(Numeric(10, 2), nullable=False)
    product = relationship(Product)
    order = relationship("Order", back_populates="lines")

    @validates("quantity")
    def check_quantity(self, key, value):
        if value <= 0:
            raise ValueError("quantity")
        return value

    @hybrid_property
    def total(self):
        return self.unit_price * self.quantity


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    customer_id = Column(ForeignKey("customer.id"), nullable=False)
    status = Column(Enum("cart", "paid", "sent", name="order_status", validate_strings=True), default="cart",
                    nullable=False)
    customer = relationship("Customer", back_populates="orders")
    lines = relationship(Line, back_populates="order", cascade="all, delete-orphan", order_by=Line.product_id)

    @hybrid_property
    def amount(self):
        return sum((line.total for line in self.lines), Decimal(0))

    @amount.inplace.expression
    @classmethod
    def _amount(cls):
        return (select(func.coalesce(func.sum(Line.total), 0)).where(Line.order_id == cls.id)
                .correlate(cls).scalar_subquery().label("amount"))

    def put(self, product, quantity):
        for line in self.lines:
            if line.product is product:
                line.quantity += quantity
                return line
        line = Line(product=product, quantity=quantity, unit_price=product.price)
        self.lines.append(line)
        return line


Order.line_count = column_property(select(func.count(Line.product_id)).where(Line.order_id == Order.id)
                                   .correlate_except(Line).scalar_subquery())


class Customer(Base):
    __tablename__ = "customer"
    id = Column(Integer, primary_key=True)
    name = Column(String(20), nullable=False)
    orders = relationship(Order, back_populates="customer", order_by=Order.id)


def pay(session, order):
    for line in order.lines:
        session.execute(update(Product).where(Product.id == line.product_id)
                        .values(stock=Product.stock - line.quantity))
    order.status = "paid"


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("fill")
pen, ink, pad = Product(sku="pen", price=Decimal("1.50"), stock=10), Product(
    sku="ink", price=Decimal("7.25"), stock=2), Product(sku="pad", price=Decimal("3.00"))
s.add_all([pen, ink, pad])
ann, bob = Customer(name="ann"), Customer(name="bob")
s.add_all([ann, bob])
s.commit()
step("cart")
order = Order(customer=ann)
order.put(pen, 4)
order.put(ink, 1)
order.put(pen, 2)
say(order.amount, order.status, order in s, len(order.lines))
s.commit()
say(order.amount, order.status, order.line_count, [line.quantity for line in order.lines])
step("wrong quantity")
try:
    order.put(pad, 0)
except ValueError as x:
    say("refused", str(x))
say(len(order.lines), list(s.new))
step("pay")
pay(s, order)
s.commit()
say(pen.stock, ink.stock, order.status)
step("not enough: the savepoint goes, the order stays")
second = Order(customer=bob, lines=[Line(product=ink, quantity=5, unit_price=ink.price)])
s.add(second)
s.flush()
try:
    with s.begin_nested():
        pay(s, second)
except IntegrityError as x:
    say("refused", type(x).__name__)
say(second.status, ink.stock, second.lines[0].quantity)
s.commit()
step("the same product twice")
s.add(Line(order=second, product=ink, quantity=1, unit_price=1))
error(s.commit)
s.rollback()
say(len(second.lines))
step("reports")
for row in s.execute(select(Customer.name, func.count(Order.id), func.sum(Order.amount))
                     .outerjoin(Customer.orders).group_by(Customer.name).order_by(Customer.name)):
    say(row)
for row in s.execute(select(Product.sku, func.coalesce(func.sum(Line.quantity), 0).label("sold"))
                     .outerjoin(Line, Line.product_id == Product.id).group_by(Product.sku)
                     .having(func.coalesce(func.sum(Line.quantity), 0) < 6).order_by("sold", Product.sku)):
    say(row.sku, row.sold)
say(s.scalars(select(Order.id).where(Order.amount > 20)).all())
say(s.execute(select(Order.id, Order.amount, Order.line_count).order_by(Order.amount.desc())).all())
step("all at once")
s.expunge_all()
for c in s.scalars(select(Customer).order_by(Customer.name).options(
        selectinload(Customer.orders).selectinload(Order.lines).joinedload(Line.product))):
    for o in c.orders:
        say(c.name, o.status, o.line_count, [(line.product.sku, line.quantity, line.total) for line in o.lines])
step("price change does not touch what was sold")
s.execute(update(Product).where(Product.sku == "ink").values(price=Product.price * 2))
line = s.scalars(select(Line).join(Line.product).where(Product.sku == "ink", Line.order_id == 1)).one()
say(line.unit_price, line.product.price, line.total)
step("empty the order")
order = s.get(Order, 1, options=[joinedload(Order.lines)])
del order.lines[0]
say(inspect(order).attrs.lines.history, order.line_count)
s.flush()
say(order.line_count)
s.refresh(order)
say(order.line_count, order.amount)
s.delete(order)
s.commit()
say(s.scalar(select(func.count()).select_from(Line)))
step("status")
second = Order(customer_id=1)
s.add(second)
s.commit()
second.status = "lost"
error(s.commit)
s.rollback()
say(second.status)
s.close()
sql()
