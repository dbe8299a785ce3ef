"""Declarative, a catalogue: hybrids with expression, setter and comparator, hybrid methods, synonyms, composites,
column_property, deferred columns and groups, validators, reconstructor."""
import dataclasses
from sqlalchemy import *
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property, Comparator
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


@dataclasses.dataclass
class Money:
    amount: int
    currency: str


class CaseInsensitive(Comparator):
    def __eq__(self, other):
        return func.lower(self.__clause_element__()) == func.lower(other)


class Review(Base):
    __tablename__ = "reviews"
    id = mapped_column(Integer, primary_key=True)
    item_id = mapped_column(ForeignKey("items.id"))
    stars = mapped_column(Integer)


class Item(Base):
    __tablename__ = "items"
    id = mapped_column(Integer, primary_key=True)
    sku = mapped_column(String(20))
    net = mapped_column(Integer)
    tax = mapped_column(Integer, default=20)
    cost = mapped_column(Integer)
    cost_currency = mapped_column(String(3))
    notes = deferred(mapped_column(Text))
    photo = mapped_column(Text, deferred=True, deferred_group="media")
    video = mapped_column(Text, deferred=True, deferred_group="media")
    price = composite(Money, cost, cost_currency)
    code = synonym("sku")
    reviews = relationship(Review, order_by=Review.id)
    rating = column_property(
        select(func.avg(Review.stars)).where(Review.item_id == id).correlate_except(Review).scalar_subquery())
    shout = column_property(func.upper(sku))

    @hybrid_property
    def gross(self):
        return self.net + self.net * self.tax / 100

    @gross.setter
    def gross(self, value):
        self.net = value * 100 // (100 + self.tax)

    @gross.update_expression
    def gross(cls, value):
        return [(cls.net, value / 2)]

    @hybrid_property
    def review_count(self):
        return len(self.reviews)

    @review_count.expression
    def review_count(cls):
        return select(func.count(Review.id)).where(Review.item_id == cls.id).label("review_count")

    @hybrid_property
    def sku_insensitive(self):
        return self.sku.lower()

    @sku_insensitive.comparator
    def sku_insensitive(cls):
        return CaseInsensitive(cls.sku)

    @hybrid_method
    def within(self, low, high):
        return (self.net >= low) & (self.net <= high)

    @validates("net", "cost")
    def check(self, key, value):
        if value is not None and value < 0:
            raise ValueError(key)
        return value

    @validates("sku")
    def trim(self, key, value):
        return value.strip()

    @reconstructor
    def loaded(self):
        say("reconstructed", self.sku)


e = engine()
Base.metadata.create_all(e)
forget()
step("transient")
pen = Item(id=1, sku=" Pen ", net=200, price=Money(50, "EUR"), notes="n1", photo="p1", video="v1",
           reviews=[Review(id=1, stars=4), Review(id=2, stars=5)])
ink = Item(id=2, sku="Ink", net=1000, tax=10, price=Money(700, "USD"))
say(pen.sku, pen.code, pen.cost, pen.cost_currency, pen.review_count, pen.rating, pen.shout, ink.gross,
    ink.sku_insensitive)
error(lambda: setattr(pen, "net", -1))
say(pen.net >= 100, pen.net)
with Session(e) as s:
    s.add_all([pen, ink])
    step("flush")
    s.commit()
    step("load")
    s.expunge_all()
    items = s.scalars(select(Item).order_by(Item.id)).all()
    sql()
    for i in items:
        say(i.rating, i.shout, i.gross, i.price.amount, i.price.currency, sorted(inspect(i).unloaded))
    step("deferred")
    pen, ink = items
    say(pen.photo, sorted(inspect(pen).unloaded))
    sql()
    say(pen.notes)
    step("expressions")
    say(s.scalars(select(Item.code).where(Item.gross > 250)).all(),
        s.scalars(select(Item.gross).order_by(Item.id)).all())
    say(s.execute(select(Item.sku, Item.review_count).order_by(Item.review_count.desc())).all())
    say(s.scalars(select(Item.id).where(Item.sku_insensitive == "PEN")).all())
    say(s.scalars(select(Item.id).where(Item.within(500, 2000))).all())
    say(s.scalars(select(Item.id).where(Item.price == Money(50, "EUR"))).all())
    say(s.scalars(select(Item.id).where(Item.rating > 4)).all())
    say(s.execute(select(Item.price).order_by(Item.id)).scalars().all()[1].currency)
    say(s.scalars(select(Item.id).filter_by(code="Ink")).all())
    step("setters")
    ink.gross = 330
    pen.price = Money(60, "GBP")
    pen.code = " Pencil "
    say(ink.net, pen.cost, pen.sku, inspect(pen).attrs.cost.history, inspect(pen).attrs.price.history.added[0].currency)
    s.flush()
    sql()
    say(pen.shout, pen.rating)
    step("bulk")
    s.execute(update(Item).where(Item.id == 2).values(gross=500), execution_options={"synchronize_session": False})
    s.execute(update(Item).where(Item.id == 1).values({Item.code: "Biro"}))
    sql()
    say(pen.sku, s.scalar(select(Item.net).where(Item.id == 2)))
    step("options")
    s.expunge_all()
    i = s.scalars(select(Item).options(undefer_group("media"), undefer(Item.notes), defer(Item.rating), load_only(
        Item.sku)).where(Item.id == 1)).one()
    say(sorted(inspect(i).unloaded))
    say(i.rating, i.net)
    error(lambda: setattr(i, "cost", -5))
    say(i.cost)
