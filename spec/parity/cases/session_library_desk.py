# The five states of an object, what each call does to them, and the fields of the session on the way.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Book(Base):
    __tablename__ = "book"
    id = Column(Integer, primary_key=True)
    title = Column(String(20), nullable=False)
    pages = relationship("Page", back_populates="book", cascade="all, delete-orphan", order_by="Page.no")


class Page(Base):
    __tablename__ = "page"
    id = Column(Integer, primary_key=True)
    no = Column(Integer)
    book_id = Column(ForeignKey("book.id"))
    book = relationship(Book, back_populates="pages")


e = engine()
Base.metadata.create_all(e)
forget()


def state(obj):
    i = inspect(obj)
    names = ["transient", "pending", "persistent", "deleted", "detached"]
    return [n for n in names if getattr(i, n)] + [i.session is not None, i.has_identity, i.modified]


s = Session(e)
b = Book(title="Emma")
b.pages.append(Page(no=1))
say(state(b), b in s, object_session(b), inspect(b).identity)
s.add(b)
say(state(b), state(b.pages[0]), len(s.new), b in s.new, s.in_transaction())
step("flush")
s.flush()
say(state(b), len(s.new), len(s.identity_map), inspect(b).identity, inspect(b).identity_key[1])
s.commit()
say(state(b), s.in_transaction(), sorted(inspect(b).unloaded))
step("dirty")
b.title = "Persuasion"
say(state(b), b in s.dirty, s.is_modified(b), inspect(b).attrs.title.history)
b.title = "Emma"
say(b in s.dirty, s.is_modified(b), inspect(b).attrs.title.history)
s.flush()
step("delete and rollback")
page = b.pages[0]
s.delete(b)
say(state(b), b in s.deleted, page in s.deleted, len(s.deleted))
s.flush()
say(state(b), state(page), b in s, len(s.identity_map))
error(lambda: s.add(b))
s.rollback()
say(state(b), state(page), b.title)
step("delete and commit")
s.delete(b)
s.commit()
say(state(b), state(page), inspect(b).was_deleted)
error(lambda: s.refresh(b))
error(lambda: s.delete(b))
error(s.flush)
s.rollback()
say(state(b))
s.expunge_all()
step("transient again")
make_transient(b)
say(state(b), b.id, b.title, [p.no for p in b.pages])
b.title = "Sanditon"
page = Page(no=2)
b.pages.append(page)
s.add(b)
s.commit()
say(state(b), b.id)
step("expunge")
b.title, b.pages
s.expunge(b)
say(state(b), b.title, page in s, state(b.pages[0]))
s.add(b)
say(state(b), page in s)
s.expire(b)
s.expunge(b)
error(lambda: b.title)
s.add(b)
say(b.title)
step("expunge pending")
x = Book(title="x")
s.add(x)
s.expunge(x)
say(state(x), len(s.new))
error(lambda: s.expunge(x))
step("rollback of pending")
s.add(x)
s.flush()
say(state(x), x.id is not None)
s.rollback()
say(state(x), x.id, x.title)
step("two sessions")
t = Session(e)
error(lambda: t.add(b))
s.close()
say(state(b))
t.add(b)
say(state(b), b in t, object_session(b) is t)
t.close()
step("errors")
error(lambda: s.add("book"))
error(lambda: s.add(None))
error(lambda: s.delete(Book(title="new")))
error(lambda: s.refresh(Book(title="new")))
error(lambda: s.expire(Book(title="new")))
s.add(Book())
error(s.flush)
say(s.is_active, len(s.new))
s.rollback()
say(len(s.new), s.scalar(select(func.count(Book.id))))
s.close()
sql()
