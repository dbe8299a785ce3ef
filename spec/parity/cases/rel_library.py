"""Relationships, a library: one-to-many, many-to-one, one-to-one, many-to-many, association object; both sides at
once in memory, histories, cascades, delete-orphan, order_by, backref, and what each flush says."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


tagging = Table("tagging", Base.metadata, Column("book_id", ForeignKey("books.id"), primary_key=True),
                Column("tag_id", ForeignKey("tags.id"), primary_key=True))


class Author(Base):
    __tablename__ = "authors"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    books = relationship("Book", back_populates="author", order_by="Book.title.desc()", cascade="all, delete-orphan")
    card = relationship("Card", back_populates="owner", uselist=False, cascade="all, delete-orphan")


class Card(Base):
    __tablename__ = "cards"
    id = mapped_column(Integer, primary_key=True)
    owner_id = mapped_column(ForeignKey("authors.id"))
    owner = relationship(Author, back_populates="card")


class Book(Base):
    __tablename__ = "books"
    id = mapped_column(Integer, primary_key=True)
    title = mapped_column(String(20))
    author_id = mapped_column(ForeignKey("authors.id"))
    author = relationship(Author, back_populates="books")
    tags = relationship("Tag", secondary=tagging, backref=backref("books", order_by=id), order_by="Tag.name")
    loans = relationship("Loan", back_populates="book", cascade="all, delete-orphan")


class Tag(Base):
    __tablename__ = "tags"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))


class Reader(Base):
    __tablename__ = "readers"
    id = mapped_column(Integer, primary_key=True)
    loans = relationship("Loan", back_populates="reader")


class Loan(Base):
    __tablename__ = "loans"
    book_id = mapped_column(ForeignKey("books.id"), primary_key=True)
    reader_id = mapped_column(ForeignKey("readers.id"), primary_key=True)
    days = mapped_column(Integer)
    book = relationship(Book, back_populates="loans")
    reader = relationship(Reader, back_populates="loans")


def titles(xs):
    return [b.title for b in xs]


def hist(o, k):
    h = inspect(o).attrs[k].history
    return [[getattr(x, "title", getattr(x, "name", x and type(x).__name__)) for x in part or ()] for part in h]


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("memory")
le, poe = Author(id=1, name="Le"), Author(id=2, name="Poe")
a, b, c = Book(id=1, title="A"), Book(id=2, title="B"), Book(id=3, title="C")
le.books = [a, b]
c.author = le
say(titles(le.books), a.author is le, hist(le, "books"), hist(c, "author"))
b.author = poe
say(titles(le.books), titles(poe.books))
le.card = Card(id=1)
say(le.card.owner is le, hist(le, "card"))
scifi, old = Tag(id=1, name="scifi"), Tag(id=2, name="old")
a.tags.append(scifi)
old.books.extend([a])
say([t.name for t in a.tags], titles(scifi.books), [t.name for t in b.tags])
s.add(le)
say(b in s, poe in s, scifi in s, old in s, c in s)
s.commit()
step("loaded")
say(titles(le.books), titles(poe.books), le.card.id, [t.name for t in a.tags])
step("move")
c.author = poe
say(titles(le.books), titles(poe.books), hist(le, "books"), hist(c, "author"), hist(poe, "books"))
s.flush()
step("replace card")
le.card = Card(id=2)
say(hist(le, "card"))
s.flush()
step("orphan")
le.books.remove(a)
say(hist(le, "books"), a.author, a in s.dirty)
s.flush()
say(inspect(a).deleted, a in s)
sql()
s.commit()
say(inspect(a).detached, s.scalars(select(tagging.c.book_id).order_by(tagging.c.book_id)).all())
step("tags")
c.tags = [scifi, old]
c.tags.remove(old)
old.books.append(c)
s.commit()
sql()
c.tags[:] = [scifi]
s.flush()
sql()
scifi.books.clear()
s.flush()
sql()
say([t.name for t in c.tags], hist(c, "tags"))
step("association object")
r = Reader(id=1)
s.add(r)
with s.no_autoflush:
    c.loans.append(Loan(reader=r, days=7))
    Loan(book=b, reader=r, days=3)
    say(len(r.loans), len(b.loans), len(s.new))
s.commit()
sql()
say([(l.book.title, l.days) for l in sorted(r.loans, key=lambda l: l.days)])
c.loans.pop()
s.add(Loan(book=b, reader=r, days=4))
s.commit()
sql()
say([l.book.title for l in r.loans])
step("delete parent")
b.author = le
r.loans[0].days = 9
s.delete(poe)
say([type(x).__name__ for x in s.deleted])
s.commit()
sql()
say(s.scalar(select(func.count()).select_from(Loan)), s.scalar(select(func.count()).select_from(Book)))
step("wrong")
refused(lambda: le.books.append(Card()))
refused(lambda: setattr(le, "books", None))
refused(lambda: setattr(le, "card", Book()))
refused(lambda: le.books.remove(a))
refused(lambda: Author(library=1))
say(titles(le.books))
s.delete(le.card)
s.commit()
sql()
say(le.card)
