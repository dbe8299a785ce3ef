"""How listeners are kept: insert, once, remove, contains, propagate to later classes, mixins, classes of sessions."""
from parity import *
from sqlalchemy import Column, Integer, String, event, select
from sqlalchemy.orm import Session, declarative_base, sessionmaker

Base = declarative_base()
heard = []


def on(target, name, word, **kw):
    def fn(*args, **named):
        heard.append(word)

    event.listen(target, name, fn, **kw)
    return fn


def tell(title):
    say(title, heard)
    heard.clear()


class Marked:
    pass


step("order")
e = engine()
M = sessionmaker(e)
on(Session, "before_commit", "class")
on(M, "before_commit", "maker")
on(M, "before_commit", "first", insert=True)
once = on(M, "before_commit", "once", once=True)
s = M()
on(s, "before_commit", "session")
s.commit()
s.execute(select(1))
s.commit()
tell("commit")
s.execute(select(1))
s.commit()
tell("again")
Session(e).close()
plain = Session(e)
plain.execute(select(1))
plain.commit()
tell("plain")
step("contains and remove")
fn = on(M, "after_commit", "after")
say(event.contains(M, "after_commit", fn), event.contains(Session, "after_commit", fn))
s.execute(select(1))
s.commit()
tell("listened")
event.remove(M, "after_commit", fn)
say(event.contains(M, "after_commit", fn))
s.execute(select(1))
s.commit()
tell("removed")
error(lambda: event.remove(M, "after_commit", fn))
step("mappers")
on(Marked, "before_insert", "mixin", propagate=True)


class Person(Marked, Base):
    __tablename__ = "person"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    kind = Column(String(10))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}


on(Person, "before_insert", "person")
on(Person, "before_insert", "tree", propagate=True)
on(Person.name, "set", "name set", propagate=True)
on(Person.name, "set", "name only")
on(sa.orm.Mapper, "before_insert", "all mappers")


class Child(Person):
    __mapper_args__ = {"polymorphic_identity": "child"}


on(Child, "before_insert", "child first", insert=True)
Base.metadata.create_all(e, checkfirst=False)
s.add(Person())
s.flush()
tell("person")
s.add(Child())
s.flush()
tell("child")
Child().name = "x"
tell("child name")
Person().name = "x"
tell("person name")
step("arguments by name")
event.listen(Person, "before_update", lambda **kw: say(sorted(kw), kw["target"]), named=True)
event.listen(M, "after_flush", lambda **kw: say(sorted(kw)), named=True)
p = Person(name="p")
s.add(p)
s.flush()
p.name = "q"
s.flush()
heard.clear()
step("a listener that stops others")


class Stop(Exception):
    pass


def stop(session):
    heard.append("stop")
    raise Stop()


event.listen(s, "before_commit", stop, insert=True)
try:
    s.commit()
except Stop:
    say("stopped", s.is_active, s.in_transaction())
tell("stopped")
event.remove(s, "before_commit", stop)
s.commit()
tell("then")
s.close()
forget()
