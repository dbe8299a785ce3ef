"""A shop: products by joined inheritance, order lines as association objects, hybrids, totals and validators over them."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, inspect, select
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (Session, column_property, declarative_base, declared_attr, joinedload, relationship,
                            selectinload, validates)

Base = declarative_base()


class Priced:
    price = Column(Integer, nullable=False, default=1)

    @validates("price")
    def check_price(self, key, value):
        say("check", key, value)
        if value < 0:
            raise ValueError("negative")
        return value

    @hybrid_property
    def dear(self):
        return self.price > 50


class Product(Priced, Base):
    __tablename__ = "product"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10), nullable=False)
    name = Column(String(20))
    lines = relationship("Line", back_populates="product", order_by="Line.order_id")
    orders = association_proxy("lines", "order")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "product"}

    @hybrid_property
    def label(self):
        return self.kind + ":" + self.name


class Book(Product):
    __tablename__ = "book"
    id = Column(ForeignKey("product.id"), primary_key=True)
    pages = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "book"}


class Game(Product):
    __tablename__ = "game"
    id = Column(ForeignKey("product.id"), primary_key=True)
    players = Column(Integer, default=2)
    __mapper_args__ = {"polymorphic_identity": "game"}


class Line(Base):
    __tablename__ = "line"
    order_id = Column(ForeignKey("orders.id"), primary_key=True)
    product_id = Column(ForeignKey("product.id"), primary_key=True)
    count = Column(Integer, default=1, nullable=False)
    product = relationship(Product, back_populates="lines")
    order = relationship("Order", back_populates="lines")

    @hybrid_property
    def cost(self):
        return self.count * self.product.price

    @cost.inplace.expression
    @classmethod
    def _cost(cls):
        return select(cls.count * Product.price).where(Product.id == cls.product_id).scalar_subquery()


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    customer = Column(String(20))
    lines = relationship(Line, back_populates="order", cascade="all, delete-orphan", order_by=Line.product_id)
    products = association_proxy("lines", "product", creator=lambda product: Line(product=product))
    size = column_property(select(func.coalesce(func.sum(Line.count), 0)).where(Line.order_id == id)
                           .correlate_except(Line).scalar_subquery())

    @hybrid_property
    def total(self):
        return sum(line.cost for line in self.lines)

    @total.inplace.expression
    @classmethod
    def _total(cls):
        return (select(func.coalesce(func.sum(Line.count * Product.price), 0)).join(Product)
                .where(Line.order_id == cls.id).label("total"))


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("fill")
sicp, go, pen = Book(name="sicp", price=80, pages=600), Game(name="go", price=40), Product(name="pen")
s.add_all([sicp, go, pen])
s.flush()
one = Order(customer="ann", products=[sicp, go])
one.lines.append(Line(product=go, count=3))
error(lambda: s.flush())
s.rollback()
say(inspect(sicp).transient, inspect(one).transient, len(one.lines))
step("again")
one.lines.pop()
one.lines[1].count = 3
two = Order(customer="bob")
two.products.append(pen)
s.add_all([one, two])
say(pen in s, go in s, len(s.new))
s.commit()
step("read")
for order in s.scalars(select(Order).order_by(Order.id)):
    say(order.customer, order.size, order.total, [p.label for p in order.products])
step("orders of a product")
say([o.customer for o in go.orders], go.dear, sicp.dear)
step("queries")
say(s.scalars(select(Product.name).where(Product.dear)).all())
say(s.execute(select(Order.customer, Order.total).where(Order.total > 10).order_by(Order.total)).all())
say(s.execute(select(Line.order_id, Line.cost).order_by(Line.order_id, Line.product_id)).all())
say(s.scalars(select(Order.customer).where(Order.products.any(Product.name == "go"))).all())
say(s.scalars(select(Order.customer).where(Order.products.contains(pen))).all())
say(s.scalars(select(Product.name).where(Product.orders.any(Order.customer == "ann")).order_by(Product.id)).all())
step("eager")
s.expire_all()
q = select(Order).options(selectinload(Order.lines).joinedload(Line.product.of_type(Book))).order_by(Order.id)
say([[(type(line.product), line.product.name) for line in o.lines] for o in s.scalars(q)])
step("change")
one.lines[0].count = 5
say(one.size, one.total)
s.commit()
say(one.size, one.total)
step("wrong")
error(lambda: setattr(pen, "price", -1))
say(pen.price, s.dirty)
step("orphan")
one.products.remove(go)
s.flush()
say(one.total, [line.product.name for line in one.lines], inspect(one).attrs.lines.history)
s.refresh(one)
say(one.size)
s.rollback()
sql()
