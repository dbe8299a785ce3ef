"""scoped_session: its registry and scopes, configure, remove, what it passes on, query_property, close_all_sessions."""
from parity import *
from sqlalchemy import Column, Integer, String, event, func, inspect, select, text
from sqlalchemy.orm import Session, close_all_sessions, declarative_base, object_session, scoped_session, sessionmaker

Base = declarative_base()


class Note(Base):
    __tablename__ = "note"
    id = Column(Integer, primary_key=True)
    body = Column(String(50))


db = engine()
Base.metadata.create_all(db)
forget()
scope = ["a"]
factory = sessionmaker(bind=db, expire_on_commit=False, info={"app": "notes"})
Scoped = scoped_session(factory, scopefunc=lambda: scope[0])

step("one session per scope")
say(Scoped.registry.has(), Scoped.session_factory is factory)
first = Scoped()
say(Scoped.registry.has(), Scoped() is first, first.expire_on_commit, first.info)
scope[0] = "b"
say(Scoped.registry.has())
second = Scoped()
say(second is first, Scoped() is second)
scope[0] = "a"
say(Scoped() is first, Scoped.registry() is first)

step("it passes everything on")
note = Note(body="one")
Scoped.add(note)
say(note in Scoped, note in first, note in second, len(Scoped.new), Scoped.is_active, Scoped.autoflush)
Scoped.flush()
say(Scoped().in_transaction(), Scoped().in_nested_transaction(), Scoped.bind is db, Scoped.get_bind() is db)
say(Scoped.scalar(select(func.count()).select_from(Note)), Scoped.get(Note, 1) is note, Scoped.get_one(Note, 1) is note)
say(Scoped.object_session(note) is first, object_session(note) is first)
Scoped.commit()
say(Scoped.info, Scoped.identity_map is first.identity_map, list(Scoped.dirty), list(Scoped.deleted))
note.body = "changed"
say(Scoped.is_modified(note), len(Scoped.dirty), note in Scoped.dirty)
Scoped.rollback()
say(note.body)
with Scoped.no_autoflush:
    note.body = "quiet"
    say(Scoped.execute(text("select body from note")).all())
say(Scoped.scalars(select(Note.body)).all())
with Scoped.begin_nested():
    Scoped.add(Note(id=7, body="nested"))
Scoped.refresh(note, ["body"])
Scoped.expire_all()
Scoped.expunge(note)
say(inspect(note).detached, note in Scoped)
Scoped.commit()
Scoped.autoflush = False
say(first.autoflush, second.autoflush)

step("arguments are for the first call")
error(lambda: Scoped(expire_on_commit=True))
scope[0] = "c"
third = Scoped(expire_on_commit=True, autoflush=False)
say(third.expire_on_commit, third.autoflush, Scoped().autoflush)

step("remove")
Scoped.add(Note(body="lost"))
Scoped.flush()
held = list(third.identity_map.values())[0]
Scoped.remove()
say(Scoped.registry.has(), third.in_transaction(), inspect(held).detached)
fourth = Scoped()
say(fourth is third, fourth.expire_on_commit, Scoped.scalars(select(Note.id).order_by(Note.id)).all())
Scoped.remove()
Scoped.remove()

step("configure")
Scoped.configure(expire_on_commit=True, info={"app": "other"})
say(Scoped().expire_on_commit, Scoped().info)
Scoped.configure(autoflush=False)
say(Scoped().autoflush)
scope[0] = "d"
say(Scoped().autoflush, Scoped().info)

step("query_property")
Note.query = Scoped.query_property()
say([n.id for n in Note.query.order_by(Note.id)], Note.query.count(), Note.query.get(7).body)
say(Note.query.filter_by(body="nested").one().id, Note.query.session is Scoped())
scope[0] = "a"
say(Note.query.session is first, Note.query.filter(Note.id > 5).first() in first)

step("registry set and clear")
mine = Session(db)
Scoped.registry.set(mine)
say(Scoped() is mine, Scoped.registry.has())
Scoped.registry.clear()
say(Scoped.registry.has(), Scoped() is mine)

step("events on the scoped session")
event.listen(Scoped, "before_commit", lambda s: say("before_commit", s is Scoped()))
Scoped.add(Note(body="with event"))
Scoped.commit()

step("close_all_sessions")
one = Session(db)
a = one.get(Note, 7)
say(inspect(a).persistent, one.in_transaction())
close_all_sessions()
say(inspect(a).detached, one.in_transaction(), object_session(a))
Scoped.remove()

step("in a block")
forget()
say(Scoped.get(Note, 7).body)
Scoped.close()
say(Scoped().in_transaction())
with Scoped.begin():
    Scoped.add(Note(id=20, body="begun"))
sql()
Scoped.close()
Scoped.reset()
say(Scoped.get(Note, 20).body)
Scoped.remove()
