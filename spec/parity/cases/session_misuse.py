"""Wrong use and its errors: detached loads, failed flushes, two sessions, errors thrown out of hooks."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect, select, text
from sqlalchemy.orm import Session, declarative_base, make_transient, object_session, relationship, validates

Base = declarative_base()


class Shelf(Base):
    __tablename__ = "shelf"
    id = Column(Integer, primary_key=True)
    name = Column(String(50), unique=True, nullable=False)
    books = relationship("Book", back_populates="shelf", order_by="Book.id")

    @validates("name")
    def _name(self, key, value):
        if value == "bad":
            raise ValueError("bad name")
        return value


class Book(Base):
    __tablename__ = "book"
    id = Column(Integer, primary_key=True)
    title = Column(String(50))
    shelf_id = Column(ForeignKey("shelf.id"))
    shelf = relationship("Shelf", back_populates="books")


class Plain:
    pass


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
session.add(Shelf(id=1, name="one", books=[Book(id=1, title="b")]))
session.commit()

step("detached")
s = session.get(Shelf, 1)
session.expunge(s)
say(s.name)
error(lambda: s.books)
s2 = session.get(Shelf, 1)
session.expire(s2)
session.expunge(s2)
error(lambda: s2.name)
error(lambda: session.refresh(s2))
error(lambda: session.expire(s2))
error(lambda: session.expunge(s2))
error(lambda: session.delete(Shelf(name="t")))
s2.name = "set while detached"
say(inspect(s2).modified, s2.name)

step("objects that are none")
for call in (session.add, session.delete, session.refresh, session.expunge, session.merge, inspect):
    error(lambda: call(Plain()))
error(lambda: session.get(Plain, 1))
error(lambda: session.add_all([Plain()]))
error(lambda: session.get(Shelf, (1, 2)))
error(lambda: session.get(Shelf, {"nokey": 1}))
say(session.get(Shelf, {"id": 1}).name)
error(lambda: session.execute("select 1"))
error(lambda: session.execute(Shelf))

step("two sessions")
other = Session(e)
mine = session.get(Shelf, 1)
error(lambda: other.add(mine))
error(lambda: other.delete(mine))
error(lambda: other.expunge(mine))
say(object_session(mine) is session, mine in other)
b = Book(title="in other")
other.add(b)
error(lambda: mine.books.append(b) or session.flush())
session.rollback()
other.rollback()
error(lambda: session.add(s))
session.close()
session.add(s)
say(object_session(s) is session)
session.close()
other.close()

step("two objects of one key")
held = session.get(Shelf, 1)
session.add(held)
session.add(Shelf(id=1, name="dup"))
error(session.flush)
session.rollback()

step("a failed flush")
session.add_all([Shelf(name="x"), Shelf(name="one")])
error(session.flush)
say(session.is_active, session.in_transaction(), len(session.new))
error(lambda: session.scalars(select(Shelf)).all())
error(session.commit)
error(session.flush)
say(session.is_active)
session.rollback()
say(session.is_active, len(session.new), session.scalars(select(Shelf.name)).all())
session.add(Shelf(name=None))
error(session.commit)
say(session.is_active)
session.rollback()

step("a failed statement outside of a flush")
error(lambda: session.execute(text("select * from missing")))
say(session.is_active)
session.rollback()

step("errors out of hooks")
error(lambda: Shelf(name="bad"))
good = session.get(Shelf, 1)
error(lambda: setattr(good, "name", "bad"))
say(good.name, inspect(good).modified, session.is_active)


def refuse(mapper, connection, target):
    raise ValueError("refused " + target.name)


event.listen(Shelf, "before_insert", refuse)
session.add(Shelf(name="y"))
error(session.flush)
say(session.is_active, len(session.new))
error(lambda: session.scalar(select(Shelf.id)))
session.rollback()
say(session.is_active, len(session.new))
event.remove(Shelf, "before_insert", refuse)


def refuse_flush(*args):
    raise ValueError("no flush")


event.listen(session, "before_flush", refuse_flush)
session.add(Shelf(name="z"))
error(session.flush)
say(session.is_active, len(session.new))
event.remove(session, "before_flush", refuse_flush)
session.commit()
event.listen(session, "after_flush", refuse_flush)
session.add(Shelf(name="w"))
error(session.commit)
say(session.is_active, session.in_transaction())
event.remove(session, "after_flush", refuse_flush)
session.rollback()
event.listen(session, "before_commit", refuse_flush)
session.add(Shelf(name="v"))
error(session.commit)
say(session.is_active, session.in_transaction(), len(session.new))
event.remove(session, "before_commit", refuse_flush)
session.rollback()
say(session.scalars(select(Shelf.name).order_by(Shelf.id)).all())


def flush_again(s, context, instances):
    s.flush()


event.listen(session, "before_flush", flush_again)
session.add(Shelf(name="again"))
error(session.flush)
event.remove(session, "before_flush", flush_again)
session.rollback()

step("transactions")
error(lambda: session.begin() and session.begin())
session.rollback()
t = session.begin()
t.commit()
error(t.commit)
error(t.rollback)
session.close()
with Session(e) as s:
    with s.begin():
        s.commit()
        error(lambda: s.execute(select(Shelf)))
sql()
