"""Columns that are loaded later or not: deferred, groups, load_only, defer, undefer, raiseload, expressions."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Text, func, inspect, literal, select
from sqlalchemy.orm import (Session, column_property, declarative_base, defer, deferred, joinedload, load_only,
    query_expression,
                            relationship, selectinload, undefer, undefer_group, with_expression, Load, defaultload, aliased)

Base = declarative_base()


class Author(Base):
    __tablename__ = "authors"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    bio = Column(Text)
    books = relationship("Book", back_populates="author", order_by="Book.id")


class Book(Base):
    __tablename__ = "books"
    id = Column(Integer, primary_key=True)
    title = Column(String(30))
    author_id = Column(ForeignKey("authors.id"))
    summary = deferred(Column(Text))
    cover = deferred(Column(Text), group="files")
    sample = deferred(Column(Text), group="files")
    secret = deferred(Column(Text), raiseload=True)
    shout = column_property(func.upper(title), deferred=True)
    score = query_expression()
    rank = query_expression(default_expr=literal(7))
    author = relationship("Author", back_populates="books")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add(Author(id=1, name="ann", bio="long", books=[
        Book(id=1, title="one", summary="s1", cover="c1", sample="x1", secret="z1"),
        Book(id=2, title="two", summary="s2", cover="c2", sample="x2", secret="z2")]))
    s.commit()
forget()


def unloaded(o):
    return sorted(inspect(o).unloaded)


step("as mapped")
with Session(e) as s:
    one, two = s.scalars(select(Book).order_by(Book.id)).all()
    say(unloaded(one))
    step("summary alone")
    say(one.summary, unloaded(one))
    step("a group loads together")
    say(one.cover)
    say(one.sample)
    step("raiseload of a column")
    error(lambda: one.secret)
    step("an expression")
    say(one.shout, one.score, one.rank)
    step("assigning a deferred column loads nothing")
    two.summary = "changed"
    say(inspect(two).attrs.summary.history, unloaded(two))
    s.flush()
step("undefer, undefer_group")
with Session(e) as s:
    one = s.scalars(select(Book).options(undefer(Book.summary), undefer_group("files"),
        undefer(Book.secret)).where(Book.id == 1)).one()
    say(unloaded(one), one.secret)
with Session(e) as s:
    one = s.scalars(select(Book).options(undefer("*")).where(Book.id == 1)).one()
    say(unloaded(one))
step("defer")
with Session(e) as s:
    one = s.scalars(select(Book).options(defer(Book.title), defer(Book.author_id,
        raiseload=True)).where(Book.id == 1)).one()
    say(unloaded(one))
    say(one.title)
    error(lambda: one.author_id)
step("load_only")
with Session(e) as s:
    one = s.scalars(select(Book).options(load_only(Book.title)).where(Book.id == 1)).one()
    say(unloaded(one))
    say(one.author_id)
with Session(e) as s:
    one = s.scalars(select(Book).options(load_only(Book.title, Book.summary,
        raiseload=True)).where(Book.id == 1)).one()
    say(unloaded(one), one.summary)
    error(lambda: one.author_id)
    error(lambda: one.cover)
step("load_only along a relationship")
with Session(e) as s:
    stmt = select(Author).options(load_only(Author.name), selectinload(Author.books).load_only(Book.title))
    ann = s.scalars(stmt).one()
    say(unloaded(ann), [unloaded(b) for b in ann.books])
with Session(e) as s:
    stmt = select(Author).options(joinedload(Author.books).options(load_only(Book.title), undefer(Book.cover)))
    ann = s.scalars(stmt).unique().one()
    say([[b.title, b.cover] for b in ann.books])
with Session(e) as s:
    step("defaultload")
    ann = s.scalars(select(Author).options(defaultload(Author.books).load_only(Book.title)
        .undefer(Book.summary))).one()
    say(unloaded(ann))
    say([b.title + b.summary for b in ann.books])
step("two entities")
with Session(e) as s:
    stmt = select(Author, Book).join(Author.books).options(Load(Author).load_only(Author.name),
        Load(Book).defer(Book.title)).order_by(Book.id)
    say([[unloaded(a), unloaded(b)] for a, b in s.execute(stmt)])
with Session(e) as s:
    b2 = aliased(Book, name="b2")
    stmt = select(b2).options(load_only(b2.title)).order_by(b2.id)
    say([b.title for b in s.scalars(stmt)])
step("with_expression")
with Session(e) as s:
    stmt = select(Book).options(with_expression(Book.score, Book.id * 10), with_expression(Book.rank,
        Book.id + 1)).order_by(Book.id)
    books = s.scalars(stmt).all()
    say([[b.score, b.rank] for b in books])
    say([[b.score, b.rank] for b in s.scalars(select(Book).order_by(Book.id))])
    step("expired")
    s.expire_all()
    one = s.get(Book, 1)
    say(one.score, one.rank, one.title)
step("with_expression by a relationship")
with Session(e) as s:
    stmt = select(Author).options(selectinload(Author.books).options(with_expression(Book.score,
        func.length(Book.title))))
    ann = s.scalars(stmt).one()
    say([b.score for b in ann.books])
    again = s.scalars(select(Book).options(with_expression(Book.score, literal(99))).order_by(Book.id)).all()
    say([b.score for b in again])
    again = s.scalars(select(Book).options(with_expression(Book.score,
        literal(99))).order_by(Book.id).execution_options(
        populate_existing=True)).all()
    say([b.score for b in again])
step("a new object")
fresh = Book(title="new")
say(fresh.summary, fresh.score, fresh.rank, unloaded(fresh))
step("refresh and expire of deferred columns")
with Session(e) as s:
    one = s.get(Book, 1)
    say(one.summary)
    s.expire(one)
    say(one.title, unloaded(one))
    step("refresh with names")
    s.refresh(one, ["summary", "cover"])
    say(unloaded(one))
    step("wrong use")
    error(lambda: load_only("title"))
    error(lambda: s.scalars(select(Author).options(load_only(Book.title))).all())
    error(lambda: undefer(Author.books) and s.scalars(select(Author).options(undefer(Author.books))).all())
    error(lambda: s.scalars(select(Author).options(selectinload(Book.author))).all())
step("end")
