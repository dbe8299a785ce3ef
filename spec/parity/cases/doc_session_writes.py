"""Session events of the flush, the transactions and the unit of work, as the page on session events shows them."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect, select, update, delete
from sqlalchemy.orm import Session, declarative_base, object_session, relationship, sessionmaker

Base = declarative_base()


class Account(Base):
    __tablename__ = "accounts"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    changes = Column(Integer, default=0)
    entries = relationship("Entry", back_populates="account", order_by="Entry.id")


class Entry(Base):
    __tablename__ = "entries"
    id = Column(Integer, primary_key=True)
    account_id = Column(ForeignKey("accounts.id"))
    amount = Column(Integer, unique=True)
    account = relationship("Account", back_populates="entries")


class Audit(Base):
    __tablename__ = "audits"
    id = Column(Integer, primary_key=True)
    text = Column(String)


Factory = sessionmaker(expire_on_commit=True)


@event.listens_for(Factory, "before_flush")
def before_flush(session, context, instances):
    say("before_flush", [type(o).__name__ for o in session.new], len(session.dirty), len(session.deleted), instances is None)
    for obj in list(session.new) + list(session.dirty):
        if isinstance(obj, Entry) and obj.account is not None:
            obj.account.changes += 1
    for obj in session.deleted:
        session.add(Audit(text="deleted %s %d" % (type(obj).__name__, obj.id)))


@event.listens_for(Factory, "after_flush")
def after_flush(session, context):
    say("after_flush", len(session.new), len(session.dirty), len(session.deleted))
    for obj in session.new:
        if isinstance(obj, Account):
            session.connection().execute(Audit.__table__.insert(), {"text": "new %s" % obj.name})


@event.listens_for(Factory, "after_flush_postexec")
def after_flush_postexec(session, context):
    say("after_flush_postexec", len(session.new), len(session.dirty), len(session.deleted))


for name in "before_commit after_commit after_rollback".split():
    event.listen(Factory, name, lambda session, name=name: say(name, session.in_transaction()))
event.listen(Factory, "after_soft_rollback", lambda session, previous: say("after_soft_rollback", previous.nested, session.is_active))
event.listen(Factory, "after_begin", lambda session, trans, conn: say("after_begin", trans.nested, conn.in_transaction()))
event.listen(Factory, "after_transaction_create", lambda session, trans: say("create", trans.nested, trans.parent is None))
event.listen(Factory, "after_transaction_end", lambda session, trans: say("end", trans.nested))
event.listen(Factory, "after_bulk_update", lambda ctx: say("after_bulk_update", ctx.result.rowcount, ctx.values))
event.listen(Factory, "after_bulk_delete", lambda ctx: say("after_bulk_delete", ctx.result.rowcount))


def mapper_event(name):
    def listener(mapper, connection, target):
        state = inspect(target)
        say(name, mapper.class_.__name__, target.id, object_session(target).is_modified(target), state.attrs.name.history.has_changes())
    return listener


for name in "before_insert after_insert before_update after_update before_delete after_delete".split():
    event.listen(Account, name, mapper_event(name))

e = engine()
Base.metadata.create_all(e)
forget()
session = Factory(bind=e)
step("insert")
ann = Account(id=1, name="ann", changes=0)
ann.entries = [Entry(id=1, amount=5), Entry(id=2, amount=6)]
session.add(ann)
session.flush()
session.commit()
step("update")
ann.entries.append(Entry(id=3, amount=7))
session.commit()
say(ann.changes)
ann.name = "ann"
say(session.is_modified(ann), ann in session.dirty)
session.commit()
step("savepoints")
with session.begin_nested() as nested:
    ann.name = "anna"
    nested.rollback()
say(ann.name)
say(error(lambda: session.execute(update(Account).values(nothing=1))) is not None)
with session.begin_nested():
    ann.name = "anne"
session.rollback()
say(ann.name)
step("a failure in a savepoint")


def duplicate():
    with session.begin_nested():
        session.add(Entry(id=9, amount=7))
        session.flush()


error(duplicate)
say(session.is_active, len(session.new))
session.commit()
step("bulk")
session.execute(update(Account).where(Account.id == 1).values(name="bulk"))
say(ann.name)
session.execute(delete(Entry).where(Entry.id == 3))
say([x.id for x in ann.entries])
session.commit()
step("delete")
session.delete(session.get(Entry, 2))
session.commit()
say(session.scalars(select(Audit.text).order_by(Audit.id)).all())
step("an error in before_flush")


def refuse(session, context, instances):
    raise ValueError("no")


event.listen(session, "before_flush", refuse)
ann.name = "refused"
error(session.flush)
say(session.is_active, ann in session.dirty, ann.name)
event.remove(session, "before_flush", refuse)
session.rollback()
say(ann.name)
session.close()
