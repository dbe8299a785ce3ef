"""Results: all, one, first, unique, mappings, scalars, columns, partitions, freeze, yield_per; what they refuse."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, select, text
from sqlalchemy.orm import loading, Session, declarative_base, joinedload, relationship, selectinload, subqueryload

Base = declarative_base()


class Box(Base):
    __tablename__ = "boxes"
    id = Column(Integer, primary_key=True)
    color = Column(String(30))
    items = relationship("Item", back_populates="box", order_by="Item.id")


class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    box_id = Column(ForeignKey("boxes.id"))
    box = relationship("Box", back_populates="items")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Box(id=1, color="red", items=[Item(id=1, name="a"), Item(id=2, name="b")]), Box(id=2, color="red",
        items=[Item(id=3, name="c")]),
               Box(id=3, color="blue"), Box(id=4, color=None), Box(id=5, color="green")])
    s.commit()
forget()
s = Session(e)
stmt = select(Box.id, Box.color).order_by(Box.id)
boxes = select(Box).order_by(Box.id)
nothing = select(Box).where(Box.id == 99)

step("one and first")
say(s.execute(stmt).first(), s.execute(nothing).first(), s.scalars(nothing).first())
for found in (boxes, nothing, select(Box.color).where(Box.id == 4)):
    error(lambda: say(s.execute(found).one()))
    error(lambda: say(s.execute(found).one_or_none()))
    error(lambda: say(s.execute(found).scalar_one()))
    error(lambda: say(s.execute(found).scalar_one_or_none()))
    error(lambda: say(s.execute(found).scalar()))
    error(lambda: say(s.scalars(found).one()))
    error(lambda: say(s.scalars(found).one_or_none()))
    error(lambda: say(s.scalars(found).first()))
step("fetching")
r = s.execute(stmt)
say(r.fetchone(), r.fetchmany(2), r.fetchall(), r.fetchone(), r.fetchall(), r.closed)
r = s.execute(stmt)
r.close()
error(lambda: r.fetchone())
say(r.closed)
r = s.execute(stmt)
say(next(r), next(r))
say([row.id for row in r])
step("keys")
say(list(s.execute(stmt).keys()), list(s.execute(boxes).keys()))
step("mappings")
m = s.execute(stmt).mappings()
say(m.first()["color"])
say([dict(x) for x in s.execute(stmt.limit(2)).mappings()])
say(s.execute(stmt).mappings().fetchmany(1))
say(s.execute(select(Box, Box.color).where(Box.id == 1)).mappings().one()["Box"].id)
say(list(s.execute(stmt).mappings().keys()))
step("columns")
say(s.execute(stmt).columns(1).all())
say(s.execute(stmt).columns("color", "id").first())
say(s.execute(stmt).columns(Box.color).all())
step("scalars")
say(s.execute(stmt).scalars().all(), s.execute(stmt).scalars(1).all(), s.execute(stmt).scalars("color").all())
say(s.scalars(select(Box.color).order_by(Box.id)).fetchmany(2))
step("unique")
say(s.scalars(select(Box.color).order_by(Box.color.is_(None), Box.color)).unique().all())
say(s.execute(select(Box.color).order_by(Box.id)).unique().all())
say([x[1] for x in s.execute(stmt).unique(lambda row: row.color)])
say(s.execute(stmt).unique(lambda row: row.color is None).mappings().all())
say(len(s.scalars(select(Box).join(Box.items).order_by(Item.id)).unique().all()))
error(lambda: s.scalars(select(Box).join(Box.items).where(Box.id == 1)).one())
say(s.scalars(select(Box).join(Box.items).where(Box.id == 1)).unique().one().id)
step("partitions")
for part in s.execute(stmt).partitions(2):
    say(part)
for part in s.scalars(select(Box.id).order_by(Box.id)).partitions(3):
    say(part)
for part in s.execute(stmt).mappings().partitions(4):
    say(len(part))
step("yield_per")
for part in s.scalars(boxes.execution_options(yield_per=2)).partitions():
    say([b.id for b in part])
say([b.id for b in s.scalars(boxes).yield_per(2)])
step("yield_per and loaders")
with Session(e) as t:
    say([[b.id, len(b.items)] for b in t.scalars(boxes.options(selectinload(Box.items))
        .execution_options(yield_per=2))])
with Session(e) as t:
    error(lambda: t.scalars(boxes.options(joinedload(Box.items)).execution_options(yield_per=2)).unique().all())
with Session(e) as t:
    error(lambda: t.scalars(boxes.options(subqueryload(Box.items)).execution_options(yield_per=2)).all())
with Session(e) as t:
    say([i.box.id for i in t.scalars(select(Item).options(joinedload(Item.box)).order_by(Item.id)
        .execution_options(yield_per=2))])
step("freeze")
frozen = s.execute(stmt.limit(2)).freeze()
say(frozen().all(), frozen().scalars().all(), frozen().mappings().first()["color"])
step("merge_frozen_result")
frozen = s.execute(boxes.limit(2)).freeze()
with Session(e) as t:
    merged = loading.merge_frozen_result(t, boxes, frozen, load=False)()
    say([b.color for b in merged.scalars()])
step("merge")
r1, r2 = s.execute(stmt.limit(1)), s.execute(select(Box.id, Box.color).where(Box.id == 3))
say(r1.merge(r2).all())
step("rows")
row = s.execute(stmt).first()
a, b = row
say(a, b, len(row), row._asdict(), row[0])
step("a result without rows")
r = s.execute(text("UPDATE boxes SET color = 'x' WHERE id = 5"))
say(r.rowcount, r.returns_rows)
error(lambda: r.all())
error(lambda: r.first())
r = s.execute(text("SELECT 1 AS one, 2 AS two"))
say(r.returns_rows, r.all())
say(s.execute(text("SELECT 1 AS one")).scalar(), s.scalar(select(func.count()).select_from(Box)))
step("used up")
r = s.scalars(boxes)
say(len(r.all()), r.all())
r = s.execute(boxes)
sc = r.scalars()
say(sc.first().id)
error(lambda: sc.all())
step("end")
