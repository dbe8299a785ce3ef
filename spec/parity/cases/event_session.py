"""Session events with their order: flush, transactions and savepoints, the state transitions, bulk changes."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, delete, event, inspect, select, update
from sqlalchemy.orm import Session, declarative_base, relationship, sessionmaker

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(20), nullable=False)
    notes = relationship("Note", cascade="all, delete-orphan", order_by="Note.id")


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    text = Column(String(20))
    user_id = Column(ForeignKey("users.id"))


e = engine()
Base.metadata.create_all(e)
forget()
Maker = sessionmaker(e)
moved = []


def settle():
    """The transitions since the last look; a flush tells them in no particular order."""
    for name, o in sorted(moved):
        say("  ~", name, o)
    moved.clear()


def tell(*words):
    settle()
    say(*words)


def begin(title):
    settle()
    step(title)


for name in ("transient_to_pending", "pending_to_transient", "pending_to_persistent", "persistent_to_transient",
             "persistent_to_deleted", "deleted_to_persistent", "deleted_to_detached", "persistent_to_detached",
             "detached_to_persistent", "loaded_as_persistent"):
    event.listen(Maker, name, lambda s, o, name=name: moved.append((name, fmt(o))))
for name in ("before_commit", "after_commit", "after_rollback"):
    event.listen(Maker, name, lambda s, name=name: tell("  *", name))
event.listen(Maker, "after_soft_rollback", lambda s, t: tell("  * after_soft_rollback", t.nested, s.is_active))
event.listen(Maker, "after_begin", lambda s, t, c: tell("  * after_begin", t.nested, c.in_transaction()))
event.listen(Maker, "after_transaction_create", lambda s, t: tell("  * create", t.nested, t.parent is not None))
event.listen(Maker, "after_transaction_end", lambda s, t: tell("  * end", t.nested, t.parent is not None))
event.listen(Maker, "before_flush", lambda s, c, i: tell("  > before_flush", s.new, list(s.dirty), list(s.deleted), i))
event.listen(Maker, "after_flush", lambda s, c: tell("  > after_flush", s.new, list(s.dirty), list(s.deleted)))
event.listen(Maker, "after_flush_postexec", lambda s, c: tell("  > after_flush_postexec", s.new, list(s.dirty), list(s.deleted)))
event.listen(Maker, "before_attach", lambda s, o: tell("  - before_attach", o, o in s))
event.listen(Maker, "after_attach", lambda s, o: tell("  - after_attach", o, o in s))
begin("add and flush")
s = Maker()
ann = User(name="ann", notes=[Note(text="n1")])
s.add(ann)
s.flush()
begin("update, nothing to do, commit")
ann.name = "ann2"
s.flush()
s.flush()
s.commit()
begin("delete and rollback")
s.delete(ann)
s.flush()
s.rollback()
begin("savepoint")
n = s.begin_nested()
bob = User(name="bob")
s.add(bob)
s.flush()
n.rollback()
say(inspect(bob).transient)
with s.begin_nested():
    s.add(User(name="carl"))
s.commit()
begin("failing flush")
s.add(User(name=None))
error(s.flush)
say(s.is_active)
s.rollback()
begin("expunge, add again, delete")
s.expunge(ann)
s.add(ann)
say(ann.notes)
s.delete(ann)
s.commit()
begin("make transient from pending")
d = User(name="d")
s.add(d)
s.expunge(d)
s.close()
begin("load")
say([u.name for u in s.scalars(select(User))])
s.close()
begin("bulk events")


@event.listens_for(Maker, "after_bulk_update")
def bulk_update(ctx):
    say("  after_bulk_update", ctx.session is s, ctx.result.rowcount, ctx.values)


@event.listens_for(Maker, "after_bulk_delete")
def bulk_delete(ctx):
    say("  after_bulk_delete", ctx.result.rowcount)


s.query(User).filter(User.name == "carl").update({"name": "karl"})
s.query(User).filter(User.name == "karl").delete()
s.execute(update(User).values(name="x"))
s.rollback()
begin("before_flush that adds, before_commit that flushes")


def audit(session, context, instances):
    for o in list(session.new):
        if isinstance(o, User):
            o.notes.append(Note(text="made " + o.name))


event.listen(Maker, "before_flush", audit)
event.listen(Maker, "before_commit", lambda session: session.add(Note(text="last")) if session.new else None, once=True)
s.add(User(name="eve"))
s.commit()
say(s.scalars(select(Note.text).order_by(Note.id)).all())
begin("a listener of one session only")
other = Session(e)
event.listen(other, "before_commit", lambda session: say("only here", session is other))
other.execute(select(1))
other.commit()
begin("prepare and end")
error(lambda: event.listen(Maker, "before_nothing", print))
s.close()
settle()
sql()
