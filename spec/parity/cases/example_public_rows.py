"""Criteria for all: rows that are private or of another time are left out by do_orm_execute and with_loader_criteria."""
from parity import *
from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, event, func, inspect, orm, select
from sqlalchemy.orm import (Session, aliased, declarative_base, joinedload, relationship, selectinload, sessionmaker,
                            with_loader_criteria)

Base = declarative_base()


class Guarded:
    public = Column(Boolean, nullable=False, default=True)


class Timed:
    day = Column(Integer, nullable=False, default=1)


class User(Guarded, Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(9))
    posts = relationship("Post", back_populates="user", order_by="Post.id")


class Post(Guarded, Timed, Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    text = Column(String(9))
    user = relationship(User, back_populates="posts")


Maker = sessionmaker()


@event.listens_for(Maker, "do_orm_execute")
def only_public(state):
    if (state.is_select and not state.is_column_load and not state.is_relationship_load
            and not state.execution_options.get("private", False)):
        state.statement = state.statement.options(
            with_loader_criteria(Guarded, lambda cls: cls.public == True, include_aliases=True))


def days(first, last):
    return with_loader_criteria(Timed, lambda cls: cls.day.between(first, last), include_aliases=True)


e = engine()
Maker.configure(bind=e)
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([User(name="ann", posts=[Post(text="a1"), Post(text="a2", public=False), Post(text="a3", day=5)]),
               User(name="bob", public=False, posts=[Post(text="b1")]), User(name="cid",
                   posts=[Post(text="c1", day=9)])])
    s.commit()
forget()
session = Maker()
names = lambda stmt, **k: say([u.name for u in session.scalars(stmt.order_by(User.id), **k)])
step("users")
names(select(User))
names(select(User), execution_options={"private": True})
say(session.scalar(select(func.count(User.id))), session.scalar(select(func.count()).select_from(User)))
say([u.name for u in session.query(User).order_by(User.id)], session.query(User).count())
say(session.get(User, 2) is None, session.get(User, 2, execution_options={"private": True}).name)
session.expunge_all()
step("lazy loads")
ann = session.scalars(select(User).where(User.name == "ann")).one()
sql()
say([p.text for p in ann.posts])
session.expire(ann, ["posts"])
say([p.text for p in ann.posts])
session.expunge_all()
step("eager loads")
for loader in (joinedload, selectinload):
    found = session.scalars(select(User).options(loader(User.posts)).order_by(User.id)).unique().all()
    sql()
    say([[p.text for p in u.posts] for u in found])
    session.expunge_all()
step("joins and aliases")
say(session.execute(select(User.name, Post.text).join(User.posts).order_by(Post.id)).all())
p = aliased(Post)
say(session.execute(select(User.name, p.text).outerjoin(User.posts.of_type(p)).order_by(User.id, p.id)).all())
say(session.scalars(select(User.name).where(User.posts.any(Post.day > 1)).order_by(User.id)).all())
sub = select(Post.user_id, func.count().label("n")).group_by(Post.user_id).subquery()
say(session.execute(select(User.name, sub.c.n).join(sub, sub.c.user_id == User.id).order_by(User.id)).all())
step("days")
say(session.scalars(select(Post.text).options(days(1, 5)).order_by(Post.id)).all())
say(session.scalars(select(Post.text).options(days(4, 9)).order_by(Post.id)).all())
found = session.scalars(select(User).options(days(5, 9), selectinload(User.posts)).order_by(User.id)).all()
sql()
say([[p.text for p in u.posts] for u in found])
session.expunge_all()
ann = session.scalars(select(User).options(days(5, 9)).where(User.name == "ann")).one()
say([p.text for p in ann.posts])
session.expunge_all()
found = session.scalars(select(User).options(joinedload(User.posts), days(1, 1)).order_by(User.id)).unique().all()
sql()
say([[p.text for p in u.posts] for u in found])
step("statements that write")
say(session.execute(sa.update(Post).where(Post.user_id == 1).values(text="x").options(days(1, 1))).rowcount)
say(session.execute(sa.delete(Post).where(Post.user_id == 1).options(days(5, 9))).rowcount)
session.rollback()
step("a criterion for one statement")
stmt = select(User).options(selectinload(User.posts.and_(Post.text.like("%1"))),
    with_loader_criteria(User, User.id > 1))
names(stmt)
names(stmt, execution_options={"private": True})
say([[p.text for p in u.posts] for u in session.scalars(stmt, execution_options={"populate_existing": True})])
refused(lambda: session.scalars(select(User).options(with_loader_criteria("User", User.id > 1))).all())
sql()
