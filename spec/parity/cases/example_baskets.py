"""Association objects as a shop has them: an order's lines with prices, plain, through proxies, and as dicts of sets."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, select
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.orm import (Session, attribute_keyed_dict, declarative_base, joinedload, relationship)

Base = declarative_base()


class Basket(Base):
    __tablename__ = "baskets"
    id = Column(Integer, primary_key=True)
    buyer = Column(String(20), nullable=False)
    lines = relationship("Line", cascade="all, delete-orphan", back_populates="basket", order_by="Line.product_id")
    products = association_proxy("lines", "product")
    prices = association_proxy("lines", "price")

    def total(self):
        return sum(line.price * line.amount for line in self.lines)


class Product(Base):
    __tablename__ = "products"
    id = Column(Integer, primary_key=True)
    name = Column(String(20), nullable=False)
    price = Column(Integer, nullable=False)


class Line(Base):
    __tablename__ = "lines"
    basket_id = Column(ForeignKey("baskets.id"), primary_key=True)
    product_id = Column(ForeignKey("products.id"), primary_key=True)
    price = Column(Integer, nullable=False)
    amount = Column(Integer, default=1)
    basket = relationship(Basket, back_populates="lines")
    product = relationship(Product, lazy="joined")
    product_name = association_proxy("product", "name")

    def __init__(self, product, price=None, amount=1):
        self.product = product
        self.price = price if price is not None else product.price
        self.amount = amount


class Library(Base):
    __tablename__ = "libraries"
    id = Column(Integer, primary_key=True)
    shelves = relationship("Shelf", collection_class=attribute_keyed_dict("topic"), cascade="all, delete-orphan")
    titles = association_proxy("shelves", "titles", creator=lambda topic, titles: Shelf(topic, titles))


class Shelf(Base):
    __tablename__ = "shelves"
    id = Column(Integer, primary_key=True)
    library_id = Column(ForeignKey("libraries.id"), nullable=False)
    topic = Column(String(20))
    volumes = relationship("Volume", collection_class=set, cascade="all, delete-orphan")
    titles = association_proxy("volumes", "title")

    def __init__(self, topic, titles=()):
        self.topic = topic
        for title in titles:
            self.titles.add(title)


class Volume(Base):
    __tablename__ = "volumes"
    id = Column(Integer, primary_key=True)
    shelf_id = Column(ForeignKey("shelves.id"), nullable=False)
    title = Column(String(20))

    def __init__(self, title):
        self.title = title


e = engine()
Base.metadata.create_all(e)
session = Session(e)
session.add_all([Product(name="pen", price=3), Product(name="ink", price=8), Product(name="pad", price=5)])
session.commit()
pen, ink, pad = session.scalars(select(Product).order_by(Product.id)).all()
forget()
step("lines by hand")
one = Basket(buyer="ann")
one.lines.append(Line(pen, amount=4))
one.lines.append(Line(ink, 7))
session.add(one)
session.commit()
say([(x.product.name, x.price, x.amount) for x in one.lines], one.total())
step("lines through the proxy")
two = Basket(buyer="bob")
two.products.append(pad)
two.products.extend([pen])
session.add(two)
say(len(two.lines), two.lines[0].price, list(two.prices), pad in two.products, ink in two.products)
session.flush()
two.products.remove(pad)
say([x.product_name for x in two.lines], [p.name for p in two.products])
session.commit()
two.lines[0].amount = 6
session.commit()
say(two.total())
step("queries")
say(session.scalars(select(Basket.buyer).where(Basket.lines.any(Line.price < 5)).order_by(Basket.id)).all())
say(session.scalars(select(Basket.buyer).where(Basket.products.contains(ink))).all())
say(session.scalars(select(Basket.buyer).where(Basket.products.any(name="pen")).order_by(Basket.id)).all())
say(session.scalars(select(Basket.buyer).where(Basket.prices == 7)).all())
say(session.execute(select(Basket.buyer, Product.name).join(Basket.lines).join(Line.product)
                    .order_by(Basket.id, Product.id)).all())
say(session.execute(select(Basket.buyer, func.sum(Line.price * Line.amount)).join(Basket.lines).group_by(Basket.buyer)
                    .order_by(Basket.buyer)).all())
session.expunge_all()
found = session.scalars(select(Basket).options(joinedload(Basket.lines)).order_by(Basket.id)).unique().all()
sql()
say([[p.name for p in b.products] for b in found])
step("sold for another price")
cheap = session.scalars(select(Line).join(Line.product).where(Line.price != Product.price)).all()
say([(x.basket.buyer, x.product_name) for x in cheap])
step("dicts of sets")
lib = Library()
lib.titles["lua"] = {"pil"}
lib.titles["sql"] = {"joins"}
session.add(lib)
session.commit()
lib.titles["sql"].add("keys")
session.commit()
say(sorted(lib.shelves), sorted(lib.titles["sql"]), len(lib.shelves["sql"].volumes))
lib.titles["sql"].add("views")
lib.titles["sql"].discard("joins")
lib.titles["lua"].add("pil")
session.commit()
say(sorted(lib.titles["sql"]), sorted(lib.titles["lua"]), session.scalar(select(func.count(Volume.id))))
del lib.shelves["lua"]
session.commit()
say(sorted(lib.shelves), session.scalars(select(Volume.title).order_by(Volume.title)).all(), lib.titles.get("lua"))
say(session.scalars(select(Library.id).where(Library.shelves.any(topic="sql"))).all())
say(session.scalars(select(Shelf.topic).where(Shelf.titles == "keys")).all())
step("baskets go with their lines")
session.delete(found[0])
session.commit()
say(session.scalar(select(func.count()).select_from(Line)), session.scalar(select(func.count(Product.id))))
error(lambda: session.add(Line(pad)) or session.flush())
session.rollback()
sql()
