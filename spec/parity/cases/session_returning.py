"""Objects out of RETURNING: their loaders run, options and populate_existing hold, listeners are told."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, delete, event, insert, inspect, select, text, update
from sqlalchemy.orm import Session, declarative_base, lazyload, load_only, relationship, selectinload, subqueryload

Base = declarative_base()


class Box(Base):
    __tablename__ = "box"
    id = Column(Integer, primary_key=True)
    label = Column(String(20))
    size = Column(Integer)
    items = relationship("Item", lazy="selectin", order_by="Item.id")
    notes = relationship("Note", order_by="Note.id")


class Item(Base):
    __tablename__ = "item"
    id = Column(Integer, primary_key=True)
    box_id = Column(ForeignKey("box.id"))


class Note(Base):
    __tablename__ = "note"
    id = Column(Integer, primary_key=True)
    box_id = Column(ForeignKey("box.id"))


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
event.listen(Box, "load", lambda o, context: say("  * load", o.id))
event.listen(Box, "refresh", lambda o, context, names: say("  * refresh", o.id, names and sorted(names)))
session.add(Box(id=1, label="a", items=[Item(), Item()], notes=[Note()]))
session.flush()
session.expunge_all()


def show(boxes):
    for box in boxes:
        say(box.id, sorted(inspect(box).unloaded))


step("insert")
show(session.scalars(insert(Box).values(id=2, label="b").returning(Box)).all())
step("update")
show(session.scalars(update(Box).values(size=1).returning(Box)).all())
session.expunge_all()
step("options of the statement")
stmt = update(Box).where(Box.id == 1).values(size=2).returning(Box)
boxes = session.scalars(stmt.options(lazyload(Box.items), load_only(Box.id))).all()
show(boxes)
say(len(boxes[0].items), boxes[0].label)
session.expunge_all()
boxes = session.scalars(stmt.options(selectinload(Box.notes), lazyload(Box.items))).all()
show(boxes)
session.expunge_all()
step("from_statement")
show(session.scalars(select(Box).from_statement(insert(Box).values(id=3).returning(Box))).all())
session.expunge_all()
query = select(Box).from_statement(update(Box).where(Box.id == 1).values(size=3).returning(Box))
show(session.scalars(query.options(selectinload(Box.notes), lazyload(Box.items))).all())
session.expunge_all()
show(session.scalars(query.options(subqueryload(Box.notes))).all())
step("populate_existing")
box = session.scalars(select(Box).where(Box.id == 1)).one()
say(len(box.notes))
session.execute(text("update box set label = 'z' where id = 1"))
boxes = session.scalars(update(Box).where(Box.id == 1).values(size=4).returning(Box)).all()
say(boxes[0] is box, box.label, box.size)
boxes = session.scalars(stmt, execution_options={"populate_existing": True}).all()
say(boxes[0] is box, box.label, box.size, sorted(inspect(box).unloaded))
step("delete")
session.expunge_all()
show(session.scalars(delete(Box).where(Box.id == 2).returning(Box)).all())
sql()
session.close()
