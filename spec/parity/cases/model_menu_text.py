# Hybrids over relationships, synonyms of relationships, column properties added late, aliases of them all.
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.ext.hybrid import hybrid_property, hybrid_method
from sqlalchemy.ext.associationproxy import association_proxy
from parity import *

Base = declarative_base()


class Cook(Base):
    __tablename__ = "cook"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    dishes = relationship("Dish", back_populates="cook", order_by="Dish.id")
    meals = synonym("dishes")
    titles = association_proxy("dishes", "title", creator=lambda t: Dish(title=t, price=1))

    @hybrid_property
    def dish_count(self):
        return len(self.dishes)

    @dish_count.inplace.expression
    @classmethod
    def _dish_count(cls):
        return select(func.count(Dish.id)).where(Dish.cook_id == cls.id).correlate(cls).scalar_subquery()

    @hybrid_property
    def famous(self):
        return any(d.price > 50 for d in self.dishes)

    @famous.inplace.expression
    @classmethod
    def _famous(cls):
        return cls.dishes.any(Dish.price > 50)


class Dish(Base):
    __tablename__ = "dish"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    price = Column(Integer)
    cook_id = Column(ForeignKey("cook.id"))
    cook = relationship(Cook, back_populates="dishes")
    cook_name = association_proxy("cook", "name")

    @hybrid_property
    def gross(self):
        return self.price * 2

    @hybrid_method
    def cheaper(self, other):
        return self.price < other

    @hybrid_property
    def by(self):
        return self.cook.name

    @by.inplace.expression
    @classmethod
    def _by(cls):
        return select(Cook.name).where(Cook.id == cls.cook_id).scalar_subquery()

    @by.inplace.setter
    def _by_set(self, value):
        self.cook = Cook(name=value)


Cook.shout = column_property(func.upper(Cook.name))
Cook.top = column_property(
    select(func.max(Dish.price)).where(Dish.cook_id == Cook.id).correlate_except(Dish).scalar_subquery()
)
Dish.note = Column(String(10), default="none")
Dish.tax = column_property(Dish.price + 10)

e = engine()
Base.metadata.create_all(e)
forget()
with Session(e) as s:
    ann = Cook(name="Ann")
    ann.titles.extend(["soup", "cake"])
    ann.meals.append(Dish(title="duck", price=60))
    bob = Cook(name="Bob")
    s.add_all([ann, bob])
    stray = Dish(title="egg", price=3, by="Cy")
    s.add(stray)
    say(ann.dish_count, ann.famous, list(ann.titles), stray.by, stray.cook_name, stray.gross)
    s.commit()
    step("columns added later")
    say(ann.shout, ann.top, bob.top, stray.note, stray.tax)
    step("hybrids in queries")
    say(s.execute(select(Cook.name, Cook.dish_count).order_by(Cook.name)).all())
    say(s.scalars(select(Cook.name).where(Cook.famous)).all())
    say(s.scalars(select(Cook.name).where(~Cook.famous).order_by(Cook.dish_count.desc(), Cook.name)).all())
    say(s.scalars(select(Dish.title).where(Dish.gross > 100)).all())
    say(s.scalars(select(Dish.title).where(Dish.cheaper(4)).order_by(Dish.by, Dish.id)).all())
    say(s.scalars(select(Dish.title).where(Dish.by == "Cy")).all())
    say(s.scalars(select(Dish.title).where(Dish.cook_name == "Ann").order_by(Dish.id)).all())
    say(s.scalars(select(Cook.name).where(Cook.titles.contains("cake"))).all())
    say(s.scalars(select(Cook.name).where(Cook.meals.any(Dish.title == "egg"))).all())
    step("of aliases")
    c, d = aliased(Cook, name="c"), aliased(Dish, name="d")
    say(s.execute(select(c.shout, d.gross, d.tax).join(c.dishes.of_type(d)).order_by(d.id)).all())
    say(s.execute(select(c.name, c.dish_count).where(c.top > 10)).all())
    say(s.scalars(select(d.title).where(d.by == "Ann").order_by(d.id)).all())
    step("in a subquery")
    sub = select(Cook.name.label("n"), Cook.dish_count.label("k")).subquery()
    say(s.execute(select(sub.c.n).where(sub.c.k > 0).order_by(sub.c.n)).all())
    step("assigned")
    ann.titles.remove("soup")
    ann.titles[0] = "pie"
    stray.cook_name = "Cyd"
    s.commit()
    say(list(ann.titles), s.scalars(select(Cook.name).order_by(Cook.id)).all())
    say(s.execute(select(Dish.title, Dish.cook_id).order_by(Dish.id)).all())
    refused(lambda: setattr(ann, "dish_count", 3))
    refused(lambda: bob.titles.remove("none"))
    s.rollback()
    step("bulk by hybrid")
    s.execute(update(Dish).where(Dish.cheaper(2)).values({Dish.price: Dish.gross}))
    say(s.execute(select(Dish.title, Dish.price).order_by(Dish.id)).all())
sql()
