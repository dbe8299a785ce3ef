"""inspect(obj): attrs, values, histories with passive flags, committed_state, keys, states; attribute functions."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, inspect, select
from sqlalchemy.orm import Session, attributes, declarative_base, deferred, object_session, relationship
from sqlalchemy.orm.attributes import (PASSIVE_NO_INITIALIZE, del_attribute, flag_dirty, flag_modified,
    get_attribute, get_history, init_collection, set_attribute, set_committed_value)

Base = declarative_base()


class Shelf(Base):
    __tablename__ = "shelf"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    note = deferred(Column(String(50)))
    books = relationship("Book", back_populates="shelf", order_by="Book.id")


class Book(Base):
    __tablename__ = "book"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    shelf_id = Column(ForeignKey("shelf.id"))
    shelf = relationship(Shelf, back_populates="books")


db = engine()
Base.metadata.create_all(db)
forget()
session = Session(db)


def show(obj):
    i = inspect(obj)
    say(sorted(k for k in i.dict if k != "_sa_instance_state"), sorted(i.unloaded), sorted(i.expired_attributes), sorted(i.unmodified), i.modified,
        sorted(i.committed_state), i.has_identity, i.key and i.key[1], i.identity)


step("transient")
shelf = Shelf(name="s")
i = inspect(shelf)
show(shelf)
say(i.object is shelf, i.obj() is shelf, i.class_, i.mapper.class_, i.session, i.is_instance, i.was_deleted)
say([a.key for a in i.attrs], i.attrs.name.value, i.attrs.name.loaded_value, i.attrs.note.loaded_value is attributes.NO_VALUE)
say(i.attrs.name.history, i.attrs.books.history, i.attrs.note.history, i.attrs.id.history)
show(shelf)
say(shelf.note, shelf.books)
show(shelf)

step("pending and persistent")
shelf.books.append(Book(title="one"))
session.add(shelf)
show(shelf)
session.flush()
show(shelf)
session.commit()
show(shelf)
say(shelf.id)
show(shelf)
say(i.identity_key[1], i.identity_token, i.persistent, inspect(i) is i, i.session is session)

step("history and loading")
forget()
say(get_history(shelf, "books", PASSIVE_NO_INITIALIZE))
sql()
say(i.attrs.books.history, i.attrs.note.history)
sql()
say(i.attrs.books.load_history())
sql()
shelf.note = "text"
say(i.attrs.note.history, i.attrs.note.load_history())
sql()
session.rollback()
say(shelf.name)
forget()
shelf.name = "new"
say(i.attrs.name.history, i.committed_state, i.unmodified_intersection(["name", "id"]))
shelf.books = []
sql()
say(i.attrs.books.history.deleted[0].title, i.attrs.books.history.sum()[0].title, i.attrs.books.history.has_changes(),
    i.attrs.books.history.non_added()[0].title, i.attrs.books.history.empty(), i.attrs.name.history.non_deleted())
session.rollback()

step("functions")
set_attribute(shelf, "name", "set")
say(get_attribute(shelf, "name"), get_history(shelf, "name"))
session.flush()
del_attribute(shelf, "name")
say(get_history(shelf, "name"))
session.rollback()
set_committed_value(shelf, "name", "committed")
say(shelf.name, get_history(shelf, "name"), shelf in session.dirty)
set_committed_value(shelf, "books", [Book(id=1, title="fake")])
say([b.title for b in shelf.books], get_history(shelf, "books"), shelf.books[0] in session)
flag_modified(shelf, "name")
say(get_history(shelf, "name"), shelf in session.dirty, session.is_modified(shelf))
forget()
session.flush()
sql()
flag_dirty(shelf)
say(shelf in session.dirty, session.is_modified(shelf), inspect(shelf).modified)
session.flush()
sql()
session.rollback()
fresh = Shelf(name="f")
error(lambda: flag_modified(fresh, "note"))
session.expire(shelf)
error(lambda: flag_modified(shelf, "name"))
collection = init_collection(fresh, "books")
collection.append_without_event(Book(title="quiet"))
say([b.title for b in fresh.books], fresh.books[0].shelf)

step("del")
say(shelf.name, shelf.note)
del shelf.name
say(i.attrs.name.history)
session.rollback()
book = session.scalars(select(Book)).first()
say(book.shelf.name)
del book.shelf
say(i.attrs.books.history, inspect(book).attrs.shelf.history, book.shelf)
session.flush()
say(book.shelf_id)
session.rollback()

step("detached and deleted")
session.expunge(shelf)
say(i.detached, i.session, i.key[1], object_session(shelf))
session.add(shelf)
session.delete(session.scalars(select(Book)).first())
session.delete(shelf)
say(i.persistent, i.deleted, shelf in session.deleted)
session.flush()
say(i.persistent, i.deleted, i.was_deleted, i.session is session)
session.commit()
say(i.detached, i.deleted, i.was_deleted, i.session)

step("what inspect refuses")
for thing in (object(), 5, "text"):
    error(lambda: inspect(thing))
say(inspect("text", raiseerr=False), inspect(Shelf).is_mapper, inspect(Shelf) is Shelf.__mapper__)
