"""with_loader_criteria: on statements, loaders, joins and aliases, and from a do_orm_execute listener."""
from parity import *
from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, event, func, select, update, delete
from sqlalchemy import orm
from sqlalchemy.orm import (Session, aliased, declarative_base, joinedload, lazyload, relationship, selectinload,
    sessionmaker, subqueryload,
                            with_loader_criteria)

Base = declarative_base()


class SoftDelete:
    removed = Column(Boolean, default=False, nullable=False)


class Forum(SoftDelete, Base):
    __tablename__ = "forums"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    posts = relationship("Post", back_populates="forum", order_by="Post.id")


class Post(SoftDelete, Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String(30))
    forum_id = Column(ForeignKey("forums.id"))
    writer_id = Column(ForeignKey("writers.id"))
    forum = relationship("Forum", back_populates="posts")
    writer = relationship("Writer", back_populates="posts")


class Writer(Base):
    __tablename__ = "writers"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    posts = relationship("Post", back_populates="writer", order_by="Post.id")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    ann, bob = Writer(id=1, name="ann"), Writer(id=2, name="bob")
    s.add_all([
        Forum(id=1, name="lua", removed=False, posts=[Post(id=1, title="p1", writer=ann), Post(id=2, title="p2",
            writer=bob, removed=True)]),
        Forum(id=2, name="old", removed=True, posts=[Post(id=3, title="p3", writer=ann)])])
    s.commit()
forget()

live = with_loader_criteria(Post, Post.removed == False)
step("the entity itself")
with Session(e) as s:
    say([p.title for p in s.scalars(select(Post).options(live).order_by(Post.id))])
    say(s.scalars(select(func.count()).select_from(Post).options(live)).one())
    say(s.scalars(select(Post.title).options(live).order_by(Post.title)).all())
step("loaders")
for name in ("selectinload", "joinedload", "subqueryload", "lazyload"):
    with Session(e) as s:
        stmt = select(Forum).options(getattr(orm, name)(Forum.posts), live).order_by(Forum.id)
        say([[f.name, [p.title for p in f.posts]] for f in s.scalars(stmt).unique()])
    step("after " + name)
step("propagate_to_loaders=False")
with Session(e) as s:
    local_ = with_loader_criteria(Post, Post.removed == False, propagate_to_loaders=False)
    forums = s.scalars(select(Forum).options(local_).order_by(Forum.id)).all()
    say([[p.title for p in f.posts] for f in forums])
step("joins")
with Session(e) as s:
    say([list(r) for r in s.execute(select(Forum.name, Post.title).join(Forum.posts).options(live)
        .order_by(Post.id))])
    say([list(r) for r in s.execute(select(Forum.name, Post.title).outerjoin(Forum.posts).options(live)
        .order_by(Forum.id))])
    say([list(r) for r in s.execute(select(Forum.name, Post.title).join(Post,
        Post.forum_id == Forum.id).options(live).order_by(Post.id))])
    say([f.name for f in s.scalars(select(Forum).where(Forum.posts.any(Post.title == "p2")).options(live))])
    sub = select(Post.forum_id).where(Post.title.like("p%")).scalar_subquery()
    say([f.name for f in s.scalars(select(Forum).where(Forum.id.in_(sub)).options(live).order_by(Forum.id))])
step("aliases")
with Session(e) as s:
    p2 = aliased(Post, name="p2")
    say([p.title for p in s.scalars(select(p2).options(live).order_by(p2.id))])
    wide = with_loader_criteria(Post, lambda cls: cls.removed == sa.false(), include_aliases=True)
    say([p.title for p in s.scalars(select(p2).options(wide).order_by(p2.id))])
step("a mixin")
with Session(e) as s:
    every = with_loader_criteria(SoftDelete, lambda cls: cls.removed == sa.false(), include_aliases=True)
    say([[f.name, [p.title for p in f.posts]] for f in s.scalars(select(Forum).options(selectinload(Forum.posts),
        every).order_by(Forum.id))])
    say([[w.name, [p.title for p in w.posts]] for w in s.scalars(select(Writer).options(joinedload(Writer.posts),
        every).order_by(Writer.id)).unique()])
step("from a listener")
Maker = sessionmaker(e)


@event.listens_for(Maker, "do_orm_execute")
def filter_removed(state):
    say("do_orm_execute", state.is_select, state.is_update, state.is_delete, state.is_column_load,
        state.is_relationship_load)
    if state.is_select and not state.is_column_load and not state.is_relationship_load \
            and not state.execution_options.get("include_removed", False):
        state.statement = state.statement.options(
            with_loader_criteria(SoftDelete, lambda cls: cls.removed == sa.false(), include_aliases=True))


with Maker() as s:
    forums = s.scalars(select(Forum).order_by(Forum.id)).all()
    say([f.name for f in forums])
    step("lazy")
    say([p.title for p in forums[0].posts])
    step("all of them")
    say([f.name for f in s.scalars(select(Forum).order_by(Forum.id).execution_options(include_removed=True))])
    step("get")
    s.expunge_all()
    say(s.get(Forum, 2), s.get(Forum, 1).name)
    step("many to one")
    p3 = s.get(Post, 3)
    say(p3.title, p3.forum)
    step("refresh")
    s.refresh(p3)
    s.expire(p3, ["title"])
    say(p3.title)
    step("the legacy query")
    say([p.title for p in s.query(Post).order_by(Post.id)], s.query(Post).count())
step("update and delete")
with Session(e) as s:
    s.execute(update(Post).values(title=Post.title + "!").options(live))
    say(s.scalars(select(Post.title).order_by(Post.id)).all())
    say(s.execute(delete(Post).where(Post.id > 0).options(live)).rowcount)
    s.rollback()
step("two criteria")
with Session(e) as s:
    stmt = select(Forum).options(selectinload(Forum.posts.and_(Post.title != "p1")), live).order_by(Forum.id)
    say([[p.title for p in f.posts] for f in s.scalars(stmt)])
step("end")
