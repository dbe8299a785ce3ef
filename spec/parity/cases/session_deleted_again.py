"""Objects that are deleted a second time, come back after a rollback, or are asked for while they are marked."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect
from sqlalchemy.orm import Session, attribute_keyed_dict, declarative_base, relationship

Base = declarative_base()


class Shelf(Base):
    __tablename__ = "shelf"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    books = relationship("Book", order_by="Book.id")
    labels = relationship("Label", collection_class=attribute_keyed_dict("name"), back_populates="shelf")


class Book(Base):
    __tablename__ = "book"
    id = Column(Integer, primary_key=True)
    shelf_id = Column(ForeignKey("shelf.id", name="fk_shelf"))
    next_id = Column(ForeignKey("book.id", name="fk_next"))
    next = relationship("Book", remote_side=id)


class Label(Base):
    __tablename__ = "label"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    shelf_id = Column(ForeignKey("shelf.id", name="fk_label_shelf"))
    shelf = relationship(Shelf, back_populates="labels")


def life(obj):
    state = inspect(obj)
    say([name for name in ("transient", "pending", "persistent", "deleted", "detached") if getattr(state, name)])


e = engine()
Base.metadata.create_all(e, checkfirst=False)
forget()
s = Session(e)

step("another key, then deleted again")
shelf = Shelf(id=1, name="top")
s.add(shelf)
s.flush()
s.delete(shelf)
shelf.id = None
s.flush()
s.delete(shelf)
s.flush()
life(shelf)
s.rollback()
step("a child that came too late is nobody's")
s.autoflush = False
shelf = Shelf(id=1, name="top")
s.add(shelf)
s.commit()
s.delete(shelf)
book = Book(id=1)
shelf.books.append(book)
s.flush()
s.delete(shelf)
s.flush()
say(book.shelf_id)
life(shelf)
s.commit()
life(shelf)
step("stored, deleted, rolled back, added, rolled back")
for name in ("deleted_to_detached", "pending_to_transient", "persistent_to_transient", "transient_to_pending"):
    event.listen(Session, name, lambda session, obj, name=name: say(name))
shelf = Shelf(id=2)
s.add(shelf)
s.flush()
s.delete(shelf)
s.flush()
s.rollback()
s.add(shelf)
s.rollback()
life(shelf)
s.add(shelf)
s.expunge(shelf)
life(shelf)
s.add(shelf)
s.expunge_all()
life(shelf)
s.add(shelf)
s.commit()
s.delete(shelf)
s.commit()
step("an expired object that is marked is asked for")
s.autoflush = True
shelf = Shelf(id=3, name="low")
s.add(shelf)
s.commit()
s.expire(shelf)
marked = Book(id=7)
s.add(marked)
s.commit()
s.delete(marked)
say(s.get(Book, 7))
life(marked)
s.commit()
step("refresh() of a reference to the same class")
first, second = Book(id=10), Book(id=11)
second.next = first
s.add_all([first, second])
s.commit()
s.refresh(second, ["next"])
say("next" in inspect(second).dict, second.next is first, "shelf_id" in inspect(first).dict)
s.expunge(first)
s.expire(second)
s.refresh(second, ["next"])
say("next" in inspect(second).dict)
say(second.next.id)
step("merge() into a dictionary")
event.listen(Shelf.labels, "bulk_replace", lambda target, values, initiator: say("bulk", len(values)))
event.listen(Shelf.labels, "append", lambda target, value, initiator: say("append", value.name))
event.listen(Shelf.labels, "remove", lambda target, value, initiator: say("remove", value.name))
shelf.labels["a"] = Label(id=1, name="a")
shelf.labels["b"] = Label(id=2, name="b")
s.commit()
before = shelf.labels
copy = Shelf(id=3, name="copy")
copy.labels = {"b": Label(id=2, name="b"), "c": Label(id=3, name="c")}
merged = s.merge(copy)
say(merged is shelf, sorted(merged.labels), merged.labels is before, sorted(before))
s.commit()
say(sorted(shelf.labels))
copy = Shelf(id=3, name="empty")
copy.labels = {}
s.merge(copy)
s.commit()
say(sorted(shelf.labels))
step("end")
