"""Events of sessions, engines and do_orm_execute: all transitions of objects with their order, flush hooks that add
and query, loader criteria added by a listener, statements replaced, bulk hooks, transactions, engine and pool
events."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    tenant = mapped_column(Integer, default=1)
    posts = relationship("Post", back_populates="user", cascade="all, delete-orphan", order_by="Post.id")


class Post(Base):
    __tablename__ = "posts"
    id = mapped_column(Integer, primary_key=True)
    user_id = mapped_column(ForeignKey("users.id"))
    title = mapped_column(String(20))
    tenant = mapped_column(Integer, default=1)
    user = relationship(User, back_populates="posts")


class Trail(Base):
    __tablename__ = "trail"
    id = mapped_column(Integer, primary_key=True)
    what = mapped_column(String(60))


def name(o):
    return "%s#%s" % (type(o).__name__, inspect(o).identity[0] if inspect(o).identity else "-")


bucket = []  # of one event, whose order over the objects of a flush is that of a set


def show():
    for line in sorted(bucket):
        say(line)
    bucket.clear()


def note(n, o):
    line = "  %s %s" % (n, name(o))
    if bucket and n not in bucket[0]:
        show()
    bucket.append(line)


e = engine()
Base.metadata.create_all(e)
forget()
Maker = sessionmaker(e)
for n in ("transient_to_pending", "pending_to_transient", "pending_to_persistent", "persistent_to_transient",
          "persistent_to_deleted", "deleted_to_detached", "deleted_to_persistent", "persistent_to_detached",
          "detached_to_persistent", "loaded_as_persistent", "before_attach", "after_attach"):
    event.listen(Maker, n, lambda s, o, n=n: note(n, o))
s = Maker()
step("transitions")
u = User(id=1, name="ann", posts=[Post(id=1, title="p")])
s.add(u)
s.flush()
s.rollback()
s.add(u)
s.commit()
s.delete(u.posts[0])
s.flush()
s.rollback()
s.delete(s.get(Post, 1))
s.commit()
s.expunge(u)
s.add(u)
s.add(Trail(id=1))
s.expunge(list(s.new)[0])
s.close()
x = s.get(User, 1)
make_transient(x)
make_transient_to_detached(x)
s.add(x)
say(x.name)
s.merge(User(id=1, name="merged"))
s.commit()
s.close()
forget()
show()
step("flush hooks")


@event.listens_for(Maker, "before_flush")
def audit(session, context, objects):
    for o in session.new:
        if isinstance(o, User):
            session.add(Trail(what="new " + o.name))
    for o in session.dirty:
        if session.is_modified(o) and isinstance(o, User):
            session.add(Trail(what="%s -> %s" % tuple(x[0] for x in (inspect(o).attrs.name.history.deleted, inspect(
                o).attrs.name.history.added))))
    for o in list(session.deleted):
        if isinstance(o, Post):
            session.expunge(o)


@event.listens_for(Maker, "after_flush")
def counts(session, context):
    show()
    say("  after_flush", len(session.new), len(session.dirty), len(session.deleted), session.scalar(
        select(func.count()).select_from(Trail)))


@event.listens_for(Maker, "after_flush_postexec")
def later(session, context):
    show()
    say("  postexec", len(session.new), len(session.dirty), len(session.deleted))


s = Maker()
s.add(User(id=2, name="bob", posts=[Post(id=5, title="x", tenant=2), Post(id=6, title="y")]))
s.commit()
s.get(User, 2).name = "rob"
s.commit()
sql()
s.delete(s.get(Post, 6))
s.commit()
show()
say(s.scalars(select(Trail.what).order_by(Trail.id)).all(), s.scalars(select(Post.id).order_by(Post.id)).all())
s.close()
forget()
show()
step("do_orm_execute")


@event.listens_for(Maker, "do_orm_execute")
def watch(state):
    show()
    say("  orm", state.is_select, state.is_insert, state.is_update, state.is_delete, state.is_orm_statement,
        state.is_column_load, state.is_relationship_load, state.is_executemany,
        state.is_select and state.lazy_loaded_from is not None, [m.class_.__name__ for m in state.all_mappers])
    first = state.is_select and not state.is_column_load and not state.is_relationship_load
    if first and state.execution_options.get("tenant"):
        state.statement = state.statement.options(with_loader_criteria(
            Post, Post.tenant == state.execution_options["tenant"], include_aliases=True))


s = Maker()
u = s.scalars(select(User).where(User.id == 2).options(selectinload(User.posts)).execution_options(tenant=2)).one()
say([p.id for p in u.posts])
s.expire(u)
say(u.name, len(u.posts))
s.execute(select(Post.id).execution_options(tenant=1)).all()
s.execute(update(User).where(User.id == 2).values(name="tom"))
s.execute(insert(Post), [{"id": 20, "title": "a"}, {"id": 21, "title": "b"}])
s.execute(delete(Post).where(Post.id == 20))
s.get(User, 2)
s.get(User, 99)
s.refresh(u)
s.execute(text("SELECT 1"))
s.commit()
sql()
show()
step("replacing the result")


def cached(state):
    if state.execution_options.get("fake"):
        return state.invoke_statement(statement=select(User).where(User.id == 1))


event.remove(Maker, "do_orm_execute", watch)
event.listen(Maker, "do_orm_execute", cached)
say([x.name for x in s.scalars(select(User).where(User.id == 2), execution_options={"fake": True})])
event.remove(Maker, "do_orm_execute", cached)
s.close()
forget()
show()
step("bulk and transactions")
event.listen(Maker, "after_bulk_update", lambda r: say("  bulk update", r.result.rowcount, r.mapper.class_))
event.listen(Maker, "after_bulk_delete", lambda r: say("  bulk delete", r.result.rowcount))
for n in ("after_begin", "before_commit", "after_commit", "after_rollback"):
    event.listen(Maker, n, lambda *a, n=n: say(" ", n, len(a)))
event.listen(Maker, "after_soft_rollback", lambda s, t: say("  soft", t.nested, s.is_active))
s.execute(update(Post).values(title="z"))
s.execute(delete(Trail))
s.begin_nested()
s.rollback()
s.commit()
s.add(User(id=1, name="twin"))
error(s.flush)
s.rollback()
s.close()
forget()
show()
step("engine")
log = []
event.listen(e, "before_execute", lambda c, st, mp, p, o: log.append(("before", mp, p)))
event.listen(e, "after_execute", lambda c, st, mp, p, o, r: log.append(("after", r.returns_rows)))
event.listen(e, "before_cursor_execute", lambda c, cur, st, p, ctx, many: (st + " ", p), retval=True)
event.listen(e, "savepoint", lambda c, n: log.append(("savepoint", n)))
event.listen(e, "rollback_savepoint", lambda c, n, ctx: log.append(("rollback to", n)))
event.listen(e, "release_savepoint", lambda c, n, ctx: log.append(("release", n)))
event.listen(e, "handle_error", lambda ctx: log.append(("error", type(ctx.sqlalchemy_exception).__name__,
    ctx.is_disconnect)))
event.listen(e, "checkout", lambda *a: log.append(("checkout", len(a))))
event.listen(e, "checkin", lambda *a: log.append(("checkin", len(a))))
with e.connect() as c:
    c.execute(select(User.id).where(User.id == 2))
    n = c.begin_nested()
    n.rollback()
    c.begin_nested().commit()
    c.execute(insert(Trail.__table__), [{"id": 90, "what": "q"}, {"id": 91, "what": "r"}])
    error(lambda: c.execute(text("SELECT * FROM nowhere")))
for line in log:
    say(*line)
