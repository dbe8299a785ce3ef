# The life of a transaction as session events tell it: flushes, commits, savepoints, rollbacks, bulk statements.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select, update, delete
from sqlalchemy.orm import declarative_base, relationship, sessionmaker

Base = declarative_base()


class Task(Base):
    __tablename__ = "task"
    id = Column(Integer, primary_key=True)
    name = Column(String(20), unique=True)
    logs = relationship("Log", back_populates="task")


class Log(Base):
    __tablename__ = "log"
    id = Column(Integer, primary_key=True)
    task_id = Column(ForeignKey("task.id"))
    text = Column(String(30))
    task = relationship("Task", back_populates="logs")


eng = engine()
Base.metadata.create_all(eng)
Factory = sessionmaker(eng)


def brief(objects):
    return sorted("%s:%s" % (type(o).__name__, getattr(o, "name", None) or getattr(o, "text", None)) for o in objects)


@event.listens_for(Factory, "before_flush")
def before_flush(session, context, instances):
    say("  before_flush", brief(session.new), brief(session.dirty), brief(session.deleted), instances is None)
    for t in list(session.new):
        if isinstance(t, Task):
            t.logs.append(Log(text="created " + t.name))
    for t in list(session.deleted):
        if isinstance(t, Task) and t.name == "keep":
            session.add(t)


@event.listens_for(Factory, "after_flush")
def after_flush(session, context):
    say("  after_flush", brief(session.new), brief(session.dirty), brief(session.deleted))


@event.listens_for(Factory, "after_flush_postexec")
def after_flush_postexec(session, context):
    say("  after_flush_postexec", brief(session.new), brief(session.dirty), brief(session.deleted))


for name in ("before_commit", "after_commit", "after_rollback"):
    event.listen(Factory, name, lambda session, name=name: say("  " + name, session.is_active))
event.listen(Factory, "after_begin", lambda session, trans, conn: say("  after_begin", trans.nested))
event.listen(Factory, "after_soft_rollback", lambda session, trans: say("  after_soft_rollback", trans.nested,
                                                                        session.is_active))
event.listen(Factory, "after_transaction_create",
             lambda session, t: say("  create", t.nested, t.parent is None))
event.listen(Factory, "after_transaction_end", lambda session, t: say("  end", t.nested, t.parent is None))
event.listen(Factory, "after_attach", lambda session, obj: say("  after_attach", brief([obj])))
event.listen(Factory, "before_attach", lambda session, obj: say("  before_attach", brief([obj])))


@event.listens_for(Factory, "after_bulk_update")
def after_bulk_update(ctx):
    say("  after_bulk_update", ctx.result.rowcount, ctx.session.in_transaction())


@event.listens_for(Factory, "after_bulk_delete")
def after_bulk_delete(ctx):
    say("  after_bulk_delete", ctx.result.rowcount)


s = Factory()
forget()
step("add and commit")
s.add(Task(name="one"))
s.commit()
step("read and close")
one = s.scalars(select(Task)).one()
say(one.name)
s.rollback()
step("autoflush")
one.name = "uno"
say(s.scalars(select(Log.text)).all())
step("savepoint kept")
with s.begin_nested():
    s.add(Task(name="two"))
step("savepoint dropped")
nested = s.begin_nested()
s.add(Task(name="three"))
s.flush()
nested.rollback()
say(s.scalars(select(Task.name).order_by(Task.name)).all())
step("failed flush")
s.add(Task(name="two"))
error(s.flush)
error(lambda: s.scalars(select(Task)).all())
s.rollback()
say(s.scalars(select(Task.name)).all())
step("a delete that is taken back")
s.add(Task(name="keep"))
s.flush()
keep = s.scalars(select(Task).where(Task.name == "keep")).one()
s.delete(keep)
s.commit()
say(s.scalars(select(Task.name).order_by(Task.name)).all())
step("bulk")
s.execute(update(Task).values(name=Task.name + "!"))
s.execute(delete(Log).where(Log.text == "created keep"))
s.commit()
step("close")
say(s.scalars(select(Task.name).order_by(Task.name)).all())
s.close()
step("end")
