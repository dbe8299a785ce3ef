"""Deferred columns, groups, column_property, query_expression: what is loaded when and by which statement."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Text, func, inspect, literal, select
from sqlalchemy.orm import (Session, aliased, column_property, declarative_base, defer, deferred, load_only,
    mapped_column, query_expression, relationship, selectinload, undefer, undefer_group, with_expression)

Base = declarative_base()


class Book(Base):
    __tablename__ = "books"
    id = Column(Integer, primary_key=True)
    title = Column(String(30))
    author = Column(String(30))
    cover = deferred(Column(LargeBinary))
    summary = deferred(Column(Text), group="texts")
    review = mapped_column(Text, deferred=True, deferred_group="texts")
    guarded = mapped_column(Text, deferred=True, deferred_raiseload=True)
    heading = column_property(title + " by " + author)
    loud = column_property(func.upper(title), deferred=True)
    pages = relationship("Page", order_by="Page.no", backref="book")
    boost = query_expression()
    boost_default = query_expression(literal(5))


class Page(Base):
    __tablename__ = "pages"
    id = Column(Integer, primary_key=True)
    book_id = Column(ForeignKey("books.id"))
    body = deferred(Column(Text))
    no = Column(Integer)


Book.page_count = column_property(
    select(func.count(Page.id)).where(Page.book_id == Book.id).correlate_except(Page).scalar_subquery())


def refused(fn):
    try:
        fn()
    except Exception:
        return say("refused")
    say("no error")


e = engine()
Base.metadata.create_all(e)
forget()


def loaded(o):
    say("unloaded", sorted(inspect(o).unloaded))


say(select(Book))
say(select(Book).options(undefer(Book.cover), undefer_group("texts")))
say(select(Book.heading, Book.loud))
say(select(Book.page_count).where(Book.page_count > 1))
B = aliased(Book)
say(select(B.page_count, B.heading))
with Session(e) as s:
    step("insert")
    b = Book(title="Lua", author="Ann", cover=b"\x00\x01", summary="short", review="good", guarded="g",
        pages=[Page(no=1, body="one"), Page(no=2, body="two")])
    say(b.heading, b.loud, b.boost, b.page_count)
    s.add(b)
    s.flush()
    loaded(b)
    say(b.cover, b.heading, b.page_count)
    s.commit()
    step("after commit")
    say(b.title)
    loaded(b)
    step("get")
    s.expunge_all()
    b = s.get(Book, 1)
    loaded(b)
    say(b.heading, b.page_count, b.boost, b.boost_default)
    step("one deferred")
    say(b.cover)
    step("a group")
    say(b.summary)
    say(b.review)
    loaded(b)
    step("raise")
    error(lambda: b.guarded)
    step("deferred column property")
    say(b.loud)
    step("set without load")
    s.expire_all()
    s.expunge_all()
    b = s.get(Book, 1)
    forget()
    b.summary = "long"
    say(inspect(b).attrs.summary.history)
    b.guarded = "h"
    s.flush()
    step("expression stays until expired")
    b.title = "C"
    s.flush()
    say(b.heading)
    s.expire(b, ["heading", "page_count"])
    say(b.heading, b.page_count)
    step("options")
    s.commit()
    s.expunge_all()
    b = s.scalars(select(Book).options(defer(Book.title), undefer(Book.summary), undefer(Book.guarded))).one()
    loaded(b)
    step("load_only")
    s.expunge_all()
    b = s.scalars(select(Book).options(load_only(Book.title))).one()
    loaded(b)
    say(b.author)
    step("load_only raiseload")
    s.expunge_all()
    b = s.scalars(select(Book).options(load_only(Book.title, raiseload=True))).one()
    error(lambda: b.author)
    step("undefer all")
    s.expunge_all()
    b = s.scalars(select(Book).options(undefer("*"))).one()
    loaded(b)
    step("defer all")
    s.expunge_all()
    b = s.scalars(select(Book).options(defer("*"), undefer(Book.author))).one()
    loaded(b)
    step("through a relationship")
    s.expunge_all()
    b = s.scalars(select(Book).options(selectinload(Book.pages).undefer(Page.body))).one()
    loaded(b.pages[0])
    say([p.body for p in b.pages])
    step("refresh")
    s.refresh(b, ["cover"])
    loaded(b)
    s.refresh(b)
    loaded(b)
    step("with_expression")
    s.expunge_all()
    b = s.scalars(select(Book).options(with_expression(Book.boost, Book.id * 10),
        with_expression(Book.boost_default, literal(6)))).one()
    say(b.boost, b.boost_default)
    step("populate existing")
    again = s.scalars(select(Book).options(with_expression(Book.boost, Book.id * 20))).one()
    say(again is b, again.boost)
    again = s.scalars(select(Book).options(with_expression(Book.boost, Book.id * 20))
        .execution_options(populate_existing=True)).one()
    say(again.boost)
    step("order by and group")
    say(s.execute(select(Book.heading, Book.loud).order_by(Book.loud.desc(), Book.heading)).all())
    say(s.execute(select(func.max(Book.page_count))).scalar())
    refused(lambda: Book(nothing=1))
    sql()
