"""Every loader option named: chains, wildcards, defer groups, with_expression, criteria, of_type, errors of paths."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Text, func, inspect, literal, select
from sqlalchemy.orm import (Load, Session, aliased, contains_eager, declarative_base, defaultload, defer, immediateload,
                            joinedload, lazyload, load_only, noload, query_expression, raiseload, relationship,
                            selectin_polymorphic, selectinload, subqueryload, undefer, undefer_group,
                            with_expression, with_loader_criteria)

Base = declarative_base()


class Author(Base):
    __tablename__ = "authors"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    score = query_expression()
    rank = query_expression(default_expr=literal(7))
    books = relationship("Book", back_populates="author", order_by="Book.id")


class Book(Base):
    __tablename__ = "books"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "book"}
    id = Column(Integer, primary_key=True)
    kind = Column(String(9))
    title = Column(String(20))
    blurb = sa.orm.deferred(Column(Text), group="texts")
    body = sa.orm.deferred(Column(Text), group="texts")
    isbn = sa.orm.deferred(Column(String(9)), raiseload=True)
    author_id = Column(ForeignKey("authors.id"))
    author = relationship(Author, back_populates="books")
    pages = relationship("Page", back_populates="book", order_by="Page.no")
    notes = relationship("Note", order_by="Note.id")


class Audio(Book):
    __tablename__ = "audios"
    __mapper_args__ = {"polymorphic_identity": "audio"}
    id = Column(ForeignKey("books.id"), primary_key=True)
    minutes = Column(Integer)


class Page(Base):
    __tablename__ = "pages"
    id = Column(Integer, primary_key=True)
    no = Column(Integer)
    words = Column(Integer)
    book_id = Column(ForeignKey("books.id"))
    book = relationship(Book, back_populates="pages")


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    hidden = Column(Integer)
    book_id = Column(ForeignKey("books.id"))


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Author(name="ann", books=[
        Book(title="one", blurb="b1", body="x", isbn="i1", pages=[Page(no=1, words=10), Page(no=2, words=20)],
             notes=[Note(hidden=0), Note(hidden=1)]), Audio(title="two", minutes=60, pages=[Page(no=1, words=5)])]),
        Author(name="bob", books=[Book(title="three", notes=[Note(hidden=1)])]), Author(name="cyd")])
    s.commit()
forget()


def show(title, *options, stmt=None):
    with Session(e) as s:
        step(title)
        found = s.scalars((select(Author).order_by(Author.id) if stmt is None else stmt).options(*options)).unique().all()
        sql()
        for a in found:
            say(" ", a.name, inspect(a).unloaded, [(b.title, len(b.pages), inspect(b).unloaded) for b in a.books])


for option in (selectinload, joinedload, subqueryload, immediateload, lazyload):
    show(option.__name__, option(Author.books))
show("chain", selectinload(Author.books).joinedload(Book.pages))
show("chain of options", joinedload(Author.books).options(subqueryload(Book.pages).load_only(Page.no),
    selectinload(Book.notes), defer(Book.title)))
show("default then", defaultload(Author.books).selectinload(Book.pages))
show("innerjoin", joinedload(Author.books, innerjoin=True))
show("wildcards", selectinload("*"))
show("columns", load_only(Author.name), selectinload(Author.books).load_only(Book.title, Book.blurb))
show("defer", defer(Author.name), selectinload(Author.books).defer(Book.title).undefer(Book.body))
show("undefer", selectinload(Author.books).undefer_group("texts"), selectinload(Author.books).undefer(Book.isbn))
show("undefer all", selectinload(Author.books).undefer("*"))
show("noload", noload(Author.books))
show("polymorphic", selectinload(Author.books).selectin_polymorphic([Audio]))
show("of_type", selectinload(Author.books.of_type(Audio)).undefer(Audio.blurb))
show("criteria on path", selectinload(Author.books.and_(Book.title != "one")))
show("contains_eager", contains_eager(Author.books).contains_eager(Book.pages),
     stmt=select(Author).join(Author.books).join(Book.pages).where(Page.words > 5).order_by(Author.id, Book.id,
         Page.id))
alias = aliased(Book)
show("contains_eager of alias", contains_eager(Author.books.of_type(alias)),
     stmt=select(Author).join(Author.books.of_type(alias)).where(alias.title == "three"))
show("Load", Load(Author).selectinload(Author.books).selectinload(Book.pages))
show("sublevel defaults", selectinload(Author.books).joinedload("*"))
with Session(e) as s:
    step("with_expression")
    stmt = select(Author).order_by(Author.id)
    say([(a.score, a.rank) for a in s.scalars(stmt)])
    count = select(func.count(Book.id)).where(Book.author_id == Author.id).scalar_subquery()
    say([(a.score, a.rank) for a in s.scalars(stmt.options(with_expression(Author.score, count),
        with_expression(Author.rank, Author.id * 2))
                                             .execution_options(populate_existing=True))])
    say(s.scalars(stmt).first().score)
with Session(e) as s:
    step("with_loader_criteria")
    stmt = select(Book).order_by(Book.id).options(with_loader_criteria(Note, Note.hidden == 0),
        selectinload(Book.notes))
    say([len(b.notes) for b in s.scalars(stmt)])
    s.expunge_all()
    stmt = select(Book).order_by(Book.id).options(with_loader_criteria(Note, lambda cls: cls.hidden == 1,
        include_aliases=True))
    first = s.scalars(stmt).first()
    sql()
    say(len(first.notes))
    s.expire(first, ["notes"])
    say(len(first.notes))
    say(s.scalars(select(Book.title).join(Book.notes).options(with_loader_criteria(Note, Note.hidden == 0))).all())
with Session(e) as s:
    step("raiseload")
    a = s.scalars(select(Author).options(raiseload(Author.books))).first()
    error(lambda: a.books)
    s.expunge_all()
    b = s.scalars(select(Book).options(raiseload("*"), selectinload(Book.pages)).order_by(Book.id)).first()
    say(len(b.pages))
    error(lambda: b.author)
    error(lambda: b.pages[0].book)
    error(lambda: b.isbn)
    s.expunge_all()
    b = s.scalars(select(Book).options(raiseload("*", sql_only=True)).order_by(Book.id)).first()
    error(lambda: b.author)
    s.expunge_all()
    a = s.get(Author, 1)
    b = s.scalars(select(Book).options(raiseload("*", sql_only=True)).order_by(Book.id)).first()
    say(b.author.name)
    b = s.scalars(select(Book).options(defer(Book.title,
        raiseload=True)).execution_options(populate_existing=True).order_by(Book.id)).first()
    error(lambda: b.title)
    b = s.scalars(select(Book).options(load_only(Book.title,
        raiseload=True)).execution_options(populate_existing=True).order_by(Book.id)).first()
    say(b.title)
    error(lambda: b.author_id)
with Session(e) as s:
    step("errors")
    error(lambda: s.scalars(select(Book).options(selectinload(Author.books))).all())
    error(lambda: selectinload(Author.books).joinedload(Author.books))
    error(lambda: s.scalars(select(Author).options(joinedload(Author.name))).all())
    error(lambda: selectinload("books"))
    error(lambda: s.scalars(select(Author).options(joinedload(Author.books))).all())
    error(lambda: load_only("name"))
    error(lambda: s.scalars(select(Author.name).options(selectinload(Author.books))).all())
    error(lambda: s.scalars(select(Author).options("books")).all())
sql()
