"""populate_existing: what it overwrites, in rows, loaders, refreshes, locks and with objects that have changed."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect, select, text, update
from sqlalchemy.orm import (Session, contains_eager, declarative_base, deferred, joinedload, load_only, relationship,
                            selectinload, subqueryload)

Base = declarative_base()


class Box(Base):
    __tablename__ = "boxes"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    note = deferred(Column(String(30)))
    items = relationship("Item", back_populates="box", order_by="Item.id", cascade="all, delete-orphan")


class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    box_id = Column(ForeignKey("boxes.id"))
    box = relationship(Box, back_populates="items")


e = engine()
Base.metadata.create_all(e)
for name in ("load", "refresh"):
    event.listen(Box, name, lambda target, context, attrs=None, name=name: say(
        name, target.id, sorted(attrs) if attrs else None))
with Session(e) as s:
    s.add_all([Box(id=1, name="one", note="n", items=[Item(id=1, name="a"), Item(id=2, name="b")]), Box(id=2, name="two")])
    s.commit()
forget()
again = {"populate_existing": True}
boxes = select(Box).order_by(Box.id)

step("a change that was not flushed")
with Session(e, autoflush=False) as s:
    one = s.get(Box, 1)
    one.name = "changed"
    say(s.scalars(boxes).first().name, inspect(one).attrs.name.history)
    step("overwritten")
    say(s.scalars(boxes, execution_options=again).first().name, inspect(one).attrs.name.history, one in s.dirty)
    s.commit()
step("with autoflush it is written first")
with Session(e) as s:
    one = s.get(Box, 1)
    one.name = "flushed"
    say(s.scalars(boxes, execution_options=again).first().name)
    s.rollback()
    say(one.name)
step("a deferred column that was loaded")
with Session(e) as s:
    one = s.get(Box, 1)
    say(one.note)
    s.execute(text("UPDATE boxes SET note = 'other', name = 'uno' WHERE id = 1"))
    s.scalars(boxes, execution_options=again).all()
    say(one.name, "note" in inspect(one).unloaded, one.note)
step("a collection that was changed")
with Session(e, autoflush=False) as s:
    one = s.get(Box, 1)
    one.items.append(Item(id=3, name="c"))
    first = one.items[0]
    one.items.remove(one.items[1])
    say([i.name for i in one.items], len(s.new))
    s.scalars(boxes, execution_options=again).all()
    say("items" in inspect(one).unloaded)
    say([i.name for i in one.items], one.items[0] is first)
    say([i.name for i in s.new])
for loader in (selectinload, joinedload, subqueryload):
    step("a loader")
    with Session(e) as s:
        one = s.get(Box, 1)
        say([i.name for i in one.items])
        s.execute(update(Item).where(Item.id == 2).values(name="x").execution_options(synchronize_session=False))
        s.execute(Item.__table__.insert().values(id=7, name="seven", box_id=1))
        stmt = boxes.options(loader(Box.items))
        say([[i.name for i in b.items] for b in s.scalars(stmt).unique()])
        step("again")
        say([[i.name for i in b.items] for b in s.scalars(stmt, execution_options=again).unique()])
step("contains_eager of a part, then all")
with Session(e) as s:
    stmt = select(Box).join(Box.items).where(Item.name == "a").options(contains_eager(Box.items))
    say([i.name for i in s.scalars(stmt).unique().one().items])
    full = select(Box).join(Box.items).options(contains_eager(Box.items)).order_by(Item.id)
    say([i.name for i in s.scalars(full).unique().one().items])
    say([i.name for i in s.scalars(full, execution_options=again).unique().one().items])
step("get and refresh")
with Session(e) as s:
    one = s.get(Box, 1)
    s.execute(text("UPDATE boxes SET name = 'other' WHERE id = 1"))
    say(s.get(Box, 1).name, s.get(Box, 1, populate_existing=True).name)
    one.name = "mine"
    say(s.get(Box, 1, populate_existing=True).name)
    s.execute(text("UPDATE boxes SET name = 'third' WHERE id = 1"))
    s.refresh(one, ["name"])
    say(one.name)
step("load_only")
with Session(e) as s:
    one = s.get(Box, 1)
    s.execute(text("UPDATE boxes SET name = 'fourth' WHERE id = 1"))
    s.scalars(boxes.options(load_only(Box.id)), execution_options=again).all()
    say("name" in inspect(one).unloaded, one.name)
step("legacy")
with Session(e) as s:
    s.get(Box, 1)
    s.execute(text("UPDATE boxes SET name = 'fifth' WHERE id = 1"))
    say(s.query(Box).filter_by(id=1).one().name, s.query(Box).populate_existing().filter_by(id=1).one().name)
    say(s.query(Box).populate_existing().with_for_update().get(1).name)
step("expired objects, deleted ones")
with Session(e) as s:
    one, two = s.get(Box, 1), s.get(Box, 2)
    s.expire(one)
    s.delete(two)
    say([b.name for b in s.scalars(boxes, execution_options=again)])
    say(inspect(two).deleted, one.name)
    s.rollback()
step("the session is told")
with Session(e) as s:
    say([b.name for b in s.scalars(boxes.execution_options(populate_existing=True))])
    say([b.name for b in s.scalars(boxes.execution_options(populate_existing=True))])
step("end")
