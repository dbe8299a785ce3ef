"""merge: copies onto persistent objects, cascades, load=False, composite keys, versions and their errors."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect
from sqlalchemy.orm import Session, declarative_base, joinedload, relationship, selectinload

Base = declarative_base()


class Author(Base):
    __tablename__ = "author"
    id = Column(Integer, primary_key=True)
    name = Column(String(50))
    bio = Column(String(50), default="none")
    books = relationship("Book", back_populates="author", cascade="all, delete-orphan", order_by="Book.id")
    notes = relationship("Note", cascade="save-update", order_by="Note.id")


class Book(Base):
    __tablename__ = "book"
    id = Column(Integer, primary_key=True)
    title = Column(String(50))
    author_id = Column(ForeignKey("author.id"))
    author = relationship("Author", back_populates="books")


class Note(Base):
    __tablename__ = "note"
    id = Column(Integer, primary_key=True)
    body = Column(String(50))
    author_id = Column(ForeignKey("author.id"))


class Line(Base):
    __tablename__ = "line"
    order_no = Column(Integer, primary_key=True)
    pos = Column(Integer, primary_key=True)
    qty = Column(Integer)
    version = Column(Integer, nullable=False)
    __mapper_args__ = {"version_id_col": version}


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)

step("nothing there yet")
given = Author(id=1, name="eve", books=[Book(id=1, title="a"), Book(id=2, title="b")])
got = session.merge(given)
say(got is given, inspect(given).transient, inspect(got).pending, [b.title for b in got.books])
say(inspect(got.books[0]).pending, got.books[0].author is got, got.bio)
session.commit()
say(got.bio)

step("onto a persistent object; absent attributes stay")
got = session.merge(Author(id=1, bio="poet"))
say(got.name, got.bio, inspect(got).attrs.bio.history)
session.commit()

step("a collection is replaced, its orphans deleted")
got = session.merge(Author(id=1, books=[Book(id=2, title="B"), Book(id=3, title="c")]))
say([b.title for b in got.books], len(session.new), len(session.dirty))
session.commit()
say([(b.id, b.title) for b in got.books])

step("no merge cascade")
got = session.merge(Author(id=1, notes=[Note(id=1, body="n")]))
say(len(got.notes), len(session.new))
session.rollback()
sql()

step("detached with changes")
other = Session(e)
away = other.get(Author, 1, options=[selectinload(Author.books)])
other.expunge_all()
other.close()
away.name = "EVE"
away.books[0].title = "BB"
say(inspect(away).detached, inspect(away).modified)
got = session.merge(away)
say(got.name, got.books[0].title, got is away, inspect(away).detached, inspect(got).attrs.name.history)
session.commit()

step("load=False")
other = Session(e)
away = other.get(Author, 1, options=[joinedload(Author.books)])
other.close()
forget()
cache = Session(e)
seen = []
event.listen(cache, "before_flush", lambda *a: seen.append("flush"))
got = cache.merge(away, load=False)
say(got.name, len(got.books), inspect(got).persistent, inspect(got).modified, cache.dirty)
say(got.books[0] is away.books[0], inspect(got.books[0]).persistent)
cache.flush()
say(seen)
away.name = "dirty"
error(lambda: cache.merge(away, load=False))
error(lambda: cache.merge(Author(id=5), load=False))
cache.close()
sql()

step("merge with options")
got = session.merge(Author(id=1, name="opt"), options=[selectinload(Author.books)])
say(sorted(inspect(got).unloaded))
session.rollback()

step("what is in the session already is given back")
mine = session.get(Author, 1)
say(session.merge(mine) is mine)
new = Author(id=2, name="new")
session.add(new)
say(session.merge(new) is new)
session.rollback()

step("composite keys and versions")
session.add(Line(order_no=1, pos=1, qty=3))
session.commit()
old = Line(order_no=1, pos=1, qty=4, version=1)
got = session.merge(old)
session.commit()
say(got.qty, got.version)
error(lambda: session.merge(Line(order_no=1, pos=1, qty=5, version=1)))
session.rollback()
got = session.merge(Line(order_no=2, pos=None, qty=1))
say(got in session.new)
error(session.flush)
session.rollback()
error(lambda: session.merge("no object"))
sql()
session.close()
