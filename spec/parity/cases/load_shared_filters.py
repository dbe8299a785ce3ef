"""with_loader_criteria over relationships: entities, mixins, functions, includes of aliases, lazy loads and DML."""
from parity import *
from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, delete, event, func, select, update
from sqlalchemy.orm import (Session, aliased, declarative_base, joinedload, lazyload, relationship, selectinload,
                            subqueryload, with_loader_criteria)

Base = declarative_base()


class Hidden:
    hidden = Column(Boolean, default=False, nullable=False)


class Forum(Hidden, Base):
    __tablename__ = "forum"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    threads = relationship("Thread", back_populates="forum", order_by="Thread.id")


class Thread(Hidden, Base):
    __tablename__ = "thread"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    forum_id = Column(ForeignKey("forum.id"))
    forum = relationship(Forum, back_populates="threads")
    posts = relationship("Post", back_populates="thread", order_by="Post.id")


class Post(Base):
    __tablename__ = "post"
    id = Column(Integer, primary_key=True)
    body = Column(String(20))
    points = Column(Integer)
    thread_id = Column(ForeignKey("thread.id"))
    thread = relationship(Thread, back_populates="posts")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([
        Forum(id=1, name="lua", threads=[
            Thread(id=1, title="old", posts=[Post(id=1, body="a", points=1), Post(id=2, body="b", points=5)]),
            Thread(id=2, title="bad", hidden=True, posts=[Post(id=3, body="c", points=9)])]),
        Forum(id=2, name="ads", hidden=True, threads=[Thread(id=3, title="buy")])])
    s.commit()
forget()
visible = with_loader_criteria(Hidden, lambda cls: cls.hidden.is_(False), include_aliases=True)


def tree(forums):
    return [[f.name, [[t.title, [p.body for p in t.posts]] for t in f.threads]] for f in forums]


for title, load in (("lazy", lazyload), ("selectin", selectinload), ("joined", joinedload), ("subquery", subqueryload)):
    step(title)
    with Session(e) as s:
        stmt = select(Forum).options(load(Forum.threads).options(load(Thread.posts)), visible,
                                     with_loader_criteria(Post, Post.points > 3)).order_by(Forum.id)
        say(tree(s.scalars(stmt).unique()))
step("joins, aliases, columns")
with Session(e) as s:
    say(s.execute(select(Forum.name, Thread.title).join(Forum.threads).options(visible)).all())
    t2 = aliased(Thread)
    say(s.execute(select(t2.title).join(t2.forum).options(visible).order_by(t2.id)).all())
    strict = with_loader_criteria(Thread, Thread.hidden == False, include_aliases=False)
    say(s.scalars(select(t2.title).options(strict).order_by(t2.id)).all())
    say(s.execute(select(Forum.name, func.count(Thread.id)).outerjoin(Forum.threads).group_by(Forum.name).order_by(Forum.name)
                  .options(with_loader_criteria(Thread, Thread.title != "old"))).all())
    say(s.scalars(select(Forum.name).where(Forum.threads.any(Thread.id > 1)).options(visible)).all())
    sub = select(Thread.forum_id).where(Thread.id > 1)
    say(s.scalars(select(Forum.name).where(Forum.id.in_(sub)).options(strict).order_by(Forum.id)).all())
step("travels to lazy loads, or not")
with Session(e) as s:
    f = s.scalars(select(Forum).options(with_loader_criteria(Thread, Thread.id != 2)).order_by(Forum.id)).first()
    say([t.id for t in f.threads])
    s.expire(f, ["threads"])
    say([t.id for t in f.threads])
    s.expire(f)
    say([t.id for t in f.threads])
with Session(e) as s:
    f = s.scalars(select(Forum).options(with_loader_criteria(Thread, Thread.id != 2, propagate_to_loaders=False)).order_by(Forum.id)).first()
    say([t.id for t in f.threads])
step("many-to-one and get")
with Session(e) as s:
    p = s.scalars(select(Post).where(Post.id == 3).options(visible)).one()
    say(p.thread is None)
    say(s.get(Thread, 2, options=[visible]) is None)
with Session(e) as s:
    p = s.scalars(select(Post).where(Post.id == 3).options(joinedload(Post.thread), visible)).one()
    say(p.thread is None)
step("relationship.and_ beside it")
with Session(e) as s:
    stmt = select(Thread).options(selectinload(Thread.posts.and_(Post.points < 5)), visible).order_by(Thread.id)
    say([[t.title, [p.body for p in t.posts]] for t in s.scalars(stmt)])
    stmt = select(Thread.title, Post.body).join(Thread.posts.and_(Post.points > 1)).options(visible)
    say(s.execute(stmt).all())
step("by an event, for every SELECT of the session")
with Session(e) as s:
    @event.listens_for(s, "do_orm_execute")
    def _add(state):
        say("  *", state.is_select, state.is_relationship_load, state.is_column_load)
        if state.is_select and not state.is_column_load and not state.execution_options.get("all", False):
            state.statement = state.statement.options(visible)
    say([f.name for f in s.scalars(select(Forum).order_by(Forum.id))])
    say([t.title for t in s.get(Forum, 1).threads])
    say([f.name for f in s.scalars(select(Forum).order_by(Forum.id).execution_options(all=True))])
step("update and delete")
with Session(e) as s:
    say(s.execute(update(Thread).values(title="x").options(visible)).rowcount)
    say(s.execute(delete(Post).where(Post.id > 0).options(with_loader_criteria(Post, Post.points == 9))).rowcount)
    say(s.scalars(select(Thread.title).order_by(Thread.id)).all(), s.scalars(select(Post.id).order_by(Post.id)).all())
sql()
