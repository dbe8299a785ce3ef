"""The programs of the page about column loading options: load_only, defer, raiseload, undefer, groups, wildcards,
mapped deferral, bundles, query_expression with defaults, imperatively mapped columns."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user_account"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(30))
    fullname = mapped_column(String(30))
    books = relationship("Book", back_populates="owner", order_by="Book.id")


class Book(Base):
    __tablename__ = "book"
    id = mapped_column(Integer, primary_key=True)
    owner_id = mapped_column(ForeignKey("user_account.id"))
    title = mapped_column(String(30))
    summary = mapped_column(Text, deferred=True)
    cover_photo = mapped_column(LargeBinary, deferred=True, deferred_group="book_attributes")
    cover_text = mapped_column(Text, deferred=True, deferred_group="book_attributes")
    hidden = mapped_column(Text, deferred=True, deferred_raiseload=True)
    book_count = query_expression()
    shelf = query_expression(literal_column("'top'"))
    owner = relationship(User, back_populates="books")


Pages = Table("pages", Base.metadata, Column("id", Integer, primary_key=True), Column("book_id", ForeignKey("book.id")),
              Column("body", Text), Column("notes", Text))


class Page:
    pass


Base.registry.map_imperatively(Page, Pages, properties={
    "body": deferred(Pages.c.body), "notes": deferred(Pages.c.notes, group="extra"),
    "size": column_property(func.length(Pages.c.body), deferred=True), "book": relationship(Book)})
e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    for i, n in ((1, "spongebob"), (2, "sandy")):
        s.add(User(id=i, name=n, fullname=n.title(), books=[Book(id=i * 10 + k, title="t%d" % k, summary="s%d" % k,
                                                                cover_photo=b"\x01\x02", cover_text="c", hidden="h")
                                                           for k in range(2)]))
    s.flush()
    page = Page()
    page.id, page.book_id, page.body, page.notes = 1, 10, "four", "n"
    s.add(page)
    s.commit()
forget()


def gone(o):
    return sorted(inspect(o).unloaded)


def run(title, fn):
    step(title)
    with Session(e) as s:
        fn(s)
    sql()


def first(s):
    books = s.scalars(select(Book).options(load_only(Book.title, Book.summary)).order_by(Book.id)).all()
    say([(b.title, b.summary) for b in books], gone(books[0]))
    say(books[0].owner_id, books[0].cover_text)


run("load_only", first)


def related(s):
    for u in s.scalars(select(User).options(selectinload(User.books).load_only(Book.title)).order_by(User.id)):
        say(u.fullname, [b.title for b in u.books], gone(u.books[0]))
    for u, b in s.execute(select(User,
        Book).join(User.books).options(Load(Book).load_only(Book.title)).order_by(Book.id)):
        say(u.name, b.title)


run("related", related)


def deferring(s):
    b = s.scalars(select(Book).where(Book.id == 11).options(defer(Book.title), undefer(Book.summary))).one()
    say(gone(b), b.title)
    b2 = s.scalars(select(Book).where(Book.id == 20).options(defer(Book.title, raiseload=True))).one()
    error(lambda: b2.title)
    error(lambda: b2.hidden)
    say(b2.cover_photo, gone(b2))
    b3 = s.scalars(select(Book).where(Book.id == 21).options(load_only(Book.id, raiseload=True))).one()
    error(lambda: b3.title)
    error(lambda: b3.summary)
    s.refresh(b3, ["title"])
    say(b3.title)


run("defer and raiseload", deferring)


def groups(s):
    b = s.scalars(select(Book).where(Book.id == 10).options(undefer_group("book_attributes"))).one()
    say(gone(b))
    b = s.scalars(select(Book).where(Book.id == 11).options(undefer("*"))).one()
    say(gone(b), b.hidden)
    u = s.scalars(select(User).options(defer("*"), selectinload(User.books).undefer_group("book_attributes")).where(
        User.id == 2)).one()
    say(gone(u), gone(u.books[0]))
    say(u.name, u.books[1].title)


run("groups and wildcards", groups)


def bundles(s):
    for row in s.execute(select(Bundle("user", User.name, User.fullname),
        Bundle("book", Book.title)).join(User.books).order_by(
            Book.id)):
        say(row.user.name, row.user.fullname, row.book.title, list(row.user))


run("bundles", bundles)


def expressions(s):
    q = select(User.name, func.count(Book.id)).join_from(User, User.books).group_by(User.name).order_by(User.name)
    say(s.execute(q).all())
    b = s.scalars(select(Book).options(with_expression(Book.book_count,
        select(func.count()).select_from(User).scalar_subquery())
                                       ).order_by(Book.id)).first()
    say(b.book_count, b.shelf)
    s.expire(b)
    say(b.book_count, b.title)
    b = s.scalars(select(Book).where(Book.id == 21)).one()
    say(b.book_count, b.shelf)
    u = s.scalars(select(User).options(selectinload(User.books).with_expression(Book.book_count, Book.id * 2)).where(
        User.id == 1)).one()
    say([x.book_count for x in u.books])


run("with_expression", expressions)


def imperative(s):
    p = s.scalars(select(Page)).one()
    say(gone(p), p.size, p.notes, gone(p))
    p = s.scalars(select(Page).options(undefer(Page.body), undefer_group("extra"), joinedload(Page.book).load_only(
        Book.title)).execution_options(populate_existing=True)).one()
    say(gone(p), p.book.title)


run("imperative", imperative)
