"""First steps with mapped classes: unit of work, states, cascades, loading, as a beginner meets them."""
from parity import *
from sqlalchemy import ForeignKey, Integer, String, inspect, select
from sqlalchemy.orm import (
    Session, contains_eager, declarative_base, joinedload, mapped_column, relationship, selectinload,
)

Base = declarative_base()


class Cook(Base):
    __tablename__ = "cook"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(30), nullable=False)
    title = mapped_column(String)
    dishes = relationship("Dish", back_populates="cook", cascade="all, delete-orphan")

    def __repr__(self):
        return f"Cook({fmt(self.id)}, {self.name})"


class Dish(Base):
    __tablename__ = "dish"
    id = mapped_column(Integer, primary_key=True)
    label = mapped_column(String, nullable=False)
    cook_id = mapped_column(ForeignKey("cook.id"), nullable=False)
    cook = relationship("Cook", back_populates="dishes")

    def __repr__(self):
        return f"Dish({fmt(self.id)}, {self.label})"


e = engine()
step("create")
Base.metadata.create_all(e)
step("first objects")
with Session(e) as session:
    ann = Cook(name="ann", title="chef", dishes=[Dish(label="soup")])
    bob = Cook(name="bob", title="sous", dishes=[Dish(label="stew"), Dish(label="tart")])
    cai = Cook(name="cai", title="help")
    session.add_all([ann, bob, cai])
    session.commit()
step("simple select")
session = Session(e)
for cook in session.scalars(select(Cook).where(Cook.name.in_(["ann", "bob"])).order_by(Cook.id)):
    say(str(cook))
step("join")
tart = session.scalars(
    select(Dish).join(Dish.cook).where(Cook.name == "bob").where(Dish.label == "tart")
).one()
say(str(tart))
step("changes")
cai = session.scalars(select(Cook).where(Cook.name == "cai")).one()
cai.dishes.append(Dish(label="rice"))
tart.label = "plum tart"
session.commit()
step("deletes")
bob = session.get(Cook, 2)
bob.dishes.remove(tart)
session.flush()
step("delete cai")
session.delete(cai)
session.commit()
session.close()

step("unit of work")
dee, eve = Cook(name="dee", title="baker"), Cook(name="eve", title="cleaner")
say(str(dee), dee.id)
session = Session(e)
session.add(dee)
session.add(eve)
say([str(o) for o in session.new])
session.flush()
say(eve.id - dee.id)
say(session.get(Cook, dee.id) is dee)
session.commit()
step("update")
ann = session.execute(select(Cook).filter_by(name="ann")).scalar_one()
ann.title = "head chef"
say(ann in session.dirty)
say(session.execute(select(Cook.title).where(Cook.id == 1)).scalar_one(), ann in session.dirty)
step("delete")
eve = session.get(Cook, eve.id)
session.delete(eve)
say(session.execute(select(Cook).where(Cook.name == "eve")).first(), eve in session)
step("rollback")
session.rollback()
say(sorted(inspect(ann).unloaded))
say(ann.title, sorted(inspect(ann).unloaded), eve in session)
say(session.execute(select(Cook).where(Cook.name == "eve")).scalar_one() is eve)
step("close")
session.close()
error(lambda: dee.name)
session.add(dee)
say(dee.name)

step("related objects")
fay = Cook(name="fay", title="guest")
say(fay.dishes)
d1 = Dish(label="roll")
fay.dishes.append(d1)
say(fay.dishes, d1.cook is fay)
d2 = Dish(label="bun", cook=fay)
say([str(d) for d in fay.dishes])
session.add(fay)
say(fay in session, d1 in session, d2 in session, fay.id, d1.cook_id)
session.commit()
step("lazy loads")
say(fay.id > 0)
say(sorted(d.label for d in fay.dishes))
say(str(d1.cook), d2.label)
step("joins")
say(select(Dish.label).select_from(Cook).join(Cook.dishes))
say(select(Dish.label).join_from(Cook, Dish))
step("selectinload")
for row in session.execute(select(Cook).options(selectinload(Cook.dishes)).order_by(Cook.id)):
    say(row.Cook.name, sorted(d.label for d in row.Cook.dishes))
step("joinedload")
for row in session.execute(select(Dish).options(joinedload(Dish.cook, innerjoin=True)).order_by(Dish.id)):
    say(row.Dish.label, row.Dish.cook.name)
step("contains_eager")
stmt = select(Dish).join(Dish.cook).where(Cook.name == "fay").order_by(Dish.label)
for row in session.execute(stmt.options(contains_eager(Dish.cook))):
    say(row.Dish.label, row.Dish.cook.name)
say(stmt.options(joinedload(Dish.cook)))
session.close()

step("raise_on_sql")
Strict = declarative_base()


class Shelf(Strict):
    __tablename__ = "shelf"
    id = mapped_column(Integer, primary_key=True)
    jars = relationship("Jar", back_populates="shelf", lazy="raise_on_sql")


class Jar(Strict):
    __tablename__ = "jar"
    id = mapped_column(Integer, primary_key=True)
    shelf_id = mapped_column(ForeignKey("shelf.id"))
    shelf = relationship("Shelf", back_populates="jars", lazy="raise_on_sql")


Strict.metadata.create_all(e)
forget()
with Session(e) as session:
    session.add(Shelf(jars=[Jar(), Jar()]))
    session.commit()
    shelf = session.execute(select(Shelf)).scalars().first()
    er = error(lambda: shelf.jars)
    say(str(er))
    shelf = session.execute(select(Shelf).options(selectinload(Shelf.jars))).scalars().first()
    say(shelf.jars, shelf.jars[0].shelf is shelf)
sql()
