"""The page "Tracking queries, object and session changes with events": the interception of execution and all states."""
from parity import *
from sqlalchemy import (Column, ForeignKey, Integer, String, Boolean, event, inspect, select, update, delete, insert,
                        text)
from sqlalchemy.orm import declarative_base, relationship, sessionmaker, with_loader_criteria, selectinload

Base = declarative_base()


class SoftDelete:
    deleted = Column(Boolean, default=False, nullable=False)


class User(SoftDelete, Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    notes = relationship("Note", order_by="Note.id", back_populates="user", cascade="all, delete-orphan")


class Note(SoftDelete, Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    body = Column(String)
    user = relationship("User", back_populates="notes")


Session_ = sessionmaker()
e = engine()
Base.metadata.create_all(e)
forget()
log = []


@event.listens_for(Session_, "do_orm_execute")
def watch(state):
    log.append([
        state.is_select, state.is_insert, state.is_update, state.is_delete, state.is_orm_statement, state.is_column_load,
        state.is_relationship_load, state.is_executemany, state.is_from_statement,
        state.bind_mapper.class_.__name__ if state.bind_mapper is not None else None,
    ])
    if state.is_relationship_load:
        log.append("a path of %d" % len(state.loader_strategy_path))


@event.listens_for(Session_, "do_orm_execute")
def hide(state):
    if state.is_select and not state.is_column_load and not state.is_relationship_load \
            and not state.execution_options.get("include_deleted", False):
        state.statement = state.statement.options(
            with_loader_criteria(SoftDelete, lambda cls: cls.deleted == False, include_aliases=True))


def look():
    for line in log:
        say(line)
    log.clear()


session = Session_(bind=e)
session.add_all([
    User(id=1, name="ann", notes=[Note(id=1, body="a"), Note(id=2, body="b", deleted=True)]),
    User(id=2, name="bob", deleted=True),
    User(id=3, name="cy", notes=[Note(id=3, body="c")]),
])
session.commit()
look()
step("criteria for all")
say([(u.id, [n.id for n in u.notes]) for u in session.scalars(select(User).order_by(User.id))])
look()
step("and without")
session.expunge_all()
say(session.scalars(select(User.id).order_by(User.id), execution_options={"include_deleted": True}).all())
u = session.get(User, 2)
say(u)
session.expire_all()
look()
step("loads")
session.expunge_all()
users = session.scalars(select(User).options(selectinload(User.notes)).order_by(User.id)).all()
say([len(u.notes) for u in users])
session.expire(users[0], ["name"])
say(users[0].name)
session.refresh(users[1])
look()
step("writes")
session.execute(insert(Note), [{"id": 10, "user_id": 3, "body": "x"}, {"id": 11, "user_id": 3, "body": "y"}])
session.execute(update(Note).where(Note.id == 10).values(body="z"))
session.execute(delete(Note).where(Note.id == 11))
session.execute(update(Note), [{"id": 10, "body": "zz"}])
session.execute(text("SELECT 1"))
session.scalars(select(User).from_statement(text("SELECT * FROM users ORDER BY id"))).all()
session.query(User).filter_by(id=1).update({"name": "anna"})
look()
session.commit()

step("replacing the result")
other = sessionmaker(bind=e)
cache = {}


@event.listens_for(other, "do_orm_execute")
def cached(state):
    if "cache_key" in state.execution_options:
        key = state.execution_options["cache_key"]
        if key not in cache:
            cache[key] = state.invoke_statement().freeze()
            say("filled", key)
        return sa.orm.loading.merge_frozen_result(state.session, state.statement, cache[key], load=False)()
    if state.execution_options.get("none"):
        return state.invoke_statement(execution_options={"none": False})


for _ in range(2):
    with other() as s:
        found = s.scalars(select(User).where(User.deleted == False).order_by(User.id), execution_options={"cache_key": "users"}).all()
        say([f.name for f in found], all(f in s for f in found))
with other() as s:
    say(s.scalars(select(User.name).order_by(User.id), execution_options={"none": True}).all())

step("all states of an object")
third = sessionmaker(bind=e)
for name in ("transient_to_pending pending_to_transient pending_to_persistent loaded_as_persistent persistent_to_transient "
             "persistent_to_deleted deleted_to_detached persistent_to_detached detached_to_persistent "
             "deleted_to_persistent").split():
    event.listen(third, name, lambda session, instance, name=name: say(name, inspect(instance).identity))
for name in ("before_attach", "after_attach"):
    event.listen(third, name, lambda session, instance, name=name: say(name, inspect(instance).identity))
s = third()
n = Note(id=20, body="n", user_id=1)
s.add(n)
s.expunge(n)
s.add(n)
s.flush()
s.rollback()
say(inspect(n).transient)
s.add(n)
s.commit()
s.expunge(n)
s.add(n)
s.delete(n)
s.flush()
say(inspect(n).deleted, n in s)
s.rollback()
say(inspect(n).persistent)
s.delete(n)
s.commit()
say(inspect(n).detached, inspect(n).was_deleted)
say(s.scalars(select(Note).where(Note.id == 3)).one().body)
s.close()
