"""Every loader strategy on the same three levels: the statements when it loads and when it is touched."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, inspect, select
from sqlalchemy import orm
from sqlalchemy.orm import (Session, declarative_base, joinedload, noload, raiseload, relationship,
                            selectinload, subqueryload)

Base = declarative_base()
book_tag = Table("book_tag", Base.metadata,
                 Column("book_id", ForeignKey("books.id"), primary_key=True),
                 Column("tag_id", ForeignKey("tags.id"), primary_key=True))


class Author(Base):
    __tablename__ = "authors"
    id = Column(Integer, primary_key=True)
    name = Column(String(30), nullable=False)
    books = relationship("Book", back_populates="author", order_by="Book.id")


class Book(Base):
    __tablename__ = "books"
    id = Column(Integer, primary_key=True)
    title = Column(String(30))
    author_id = Column(ForeignKey("authors.id"))
    author = relationship("Author", back_populates="books")
    tags = relationship("Tag", secondary=book_tag, back_populates="books", order_by="Tag.name")


class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    books = relationship("Book", secondary=book_tag, back_populates="tags", order_by="Book.id")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    red, blue = Tag(id=1, name="red"), Tag(id=2, name="blue")
    s.add_all([
        Author(id=1, name="ann", books=[Book(id=1, title="a1", tags=[red, blue]), Book(id=2, title="a2",
            tags=[red])]),
        Author(id=2, name="bob", books=[Book(id=3, title="b1", tags=[blue])]),
        Author(id=3, name="cid"),
        Book(id=4, title="orphan")])
    s.commit()
forget()


def tree(authors):
    return [[a.name, [[b.title, [t.name for t in b.tags]] for b in a.books]] for a in authors]


for name in ("lazyload", "selectinload", "joinedload", "subqueryload", "immediateload"):
    option = getattr(orm, name)
    step(name + " one level")
    with Session(e) as s:
        authors = s.scalars(select(Author).options(option(Author.books)).order_by(Author.id)).unique().all()
        say([sorted(inspect(a).unloaded) for a in authors])
        step(name + " touched")
        say(tree(authors))
    step(name + " two levels")
    with Session(e) as s:
        stmt = select(Author).options(option(Author.books).options(option(Book.tags))).order_by(Author.id)
        authors = s.scalars(stmt).unique().all()
        say(tree(authors))
    step(name + " many to one")
    with Session(e) as s:
        books = s.scalars(select(Book).options(option(Book.author)).order_by(Book.id)).all()
        say([sorted(inspect(b).unloaded) for b in books])
        say([b.author and b.author.name for b in books])
    step(name + " many to many from the other side")
    with Session(e) as s:
        tags = s.scalars(select(Tag).where(Tag.name != "green").options(option(Tag.books))
            .order_by(Tag.id)).unique().all()
        say([[t.name, [b.title for b in t.books]] for t in tags])

step("mixed strategies")
with Session(e) as s:
    stmt = select(Author).options(joinedload(Author.books).selectinload(Book.tags)).order_by(Author.id.desc())
    say(tree(s.scalars(stmt).unique()))
with Session(e) as s:
    step("selectin then joined")
    stmt = select(Author).options(selectinload(Author.books).joinedload(Book.tags)).order_by(Author.id)
    say(tree(s.scalars(stmt)))
with Session(e) as s:
    step("subquery then selectin")
    stmt = select(Author).where(Author.name.in_(["ann", "bob"])).options(
        subqueryload(Author.books).selectinload(Book.tags)).order_by(Author.id)
    say(tree(s.scalars(stmt)))

step("raiseload")
with Session(e) as s:
    ann = s.scalars(select(Author).options(raiseload(Author.books)).where(Author.id == 1)).one()
    say(error(lambda: ann.books) is not None, sorted(inspect(ann).unloaded))
    book = s.scalars(select(Book).options(raiseload(Book.author, sql_only=True), raiseload(Book.tags,
        sql_only=True)).where(Book.id == 1)).one()
    say(book.author.name)
    error(lambda: book.tags)
    other = s.scalars(select(Book).options(raiseload(Book.author, sql_only=True)).where(Book.id == 3)).one()
    error(lambda: other.author)
    fresh = Author(name="new")
    say(fresh.books)
step("noload")
with Session(e) as s:
    ann = s.scalars(select(Author).options(noload(Author.books)).where(Author.id == 1)).one()
    say(ann.books, "books" in inspect(ann).unloaded)
    book = s.scalars(select(Book).options(noload(Book.author)).where(Book.id == 1)).one()
    say(book.author)
step("many to one from the identity map")
with Session(e) as s:
    ann = s.get(Author, 1)
    say(s.get(Book, 1).author is ann)
    say(s.get(Book, 4).author)
step("end")
