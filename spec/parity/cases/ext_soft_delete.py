# Soft delete: deletes that become updates, and loader criteria that hide the rows from every kind of load.
from parity import *
from sqlalchemy import Column, Integer, String, Boolean, ForeignKey, select, func, update, delete
from sqlalchemy.orm import (declarative_base, relationship, sessionmaker, with_loader_criteria, selectinload,
                            joinedload, aliased, subqueryload)

Base = declarative_base()


class SoftDelete:
    gone = Column(Boolean, default=False, nullable=False)


class Blog(SoftDelete, Base):
    __tablename__ = "blog"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    posts = relationship("Post", back_populates="blog", order_by="Post.id", cascade="all, delete-orphan")


class Post(SoftDelete, Base):
    __tablename__ = "post"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    blog_id = Column(ForeignKey("blog.id"))
    blog = relationship("Blog", back_populates="posts")
    marks = relationship("Mark", order_by="Mark.id")


class Mark(Base):
    __tablename__ = "mark"
    id = Column(Integer, primary_key=True)
    word = Column(String(20))
    post_id = Column(ForeignKey("post.id"))


eng = engine()
Base.metadata.create_all(eng)
Factory = sessionmaker(eng)


@event.listens_for(Factory, "do_orm_execute")
def hide(state):
    if state.is_select and not state.is_column_load and not state.execution_options.get("all", False):
        state.statement = state.statement.options(
            with_loader_criteria(SoftDelete, lambda cls: cls.gone.is_(False), include_aliases=True))


@event.listens_for(Factory, "before_flush")
def mark_deleted(session, context, instances):
    for o in list(session.deleted):
        if isinstance(o, SoftDelete):
            session.add(o)
            o.gone = True


forget()
s = Factory()
a = Blog(name="a", posts=[Post(title="a1", marks=[Mark(word="x")]), Post(title="a2"), Post(title="a3")])
b = Blog(name="b", posts=[Post(title="b1")])
s.add_all([a, b])
s.commit()
step("delete one")
a2 = a.posts[1]
s.delete(a2)
say(a2 in s.deleted)
s.flush()
say(a2.gone, a2 in s, sa.inspect(a2).persistent, [p.title for p in a.posts])
s.commit()
say([p.title for p in a.posts])
step("lists")
say(s.scalars(select(Post.title).order_by(Post.id)).all())
say([p.title for p in s.scalars(select(Post).order_by(Post.id))])
say(s.scalar(select(func.count(Post.id))))
say(s.scalars(select(Post.title).order_by(Post.id), execution_options={"all": True}).all())
step("eager loads")
for option in (selectinload, joinedload, subqueryload):
    s.expunge_all()
    for blog in s.scalars(select(Blog).options(option(Blog.posts)).order_by(Blog.id)).unique():
        say(blog.name, [p.title for p in blog.posts])
    sql()
step("a lazy load after the option was given by hand")
s.expunge_all()
blog = s.scalars(select(Blog).options(with_loader_criteria(Post, Post.title != "a1")).order_by(Blog.id)).first()
say([p.title for p in blog.posts])
step("joins, aliases, exists and subqueries")
P = aliased(Post)
say(s.execute(select(Blog.name, P.title).join(Blog.posts.of_type(P)).order_by(P.id)).all())
say(s.execute(select(Blog.name, func.count(Post.id)).outerjoin(Blog.posts).group_by(Blog.name).order_by(Blog.name))
    .all())
say(s.scalars(select(Blog.name).where(Blog.posts.any(Post.title == "a2"))).all())
sub = select(Post.blog_id, func.count(Post.id).label("n")).group_by(Post.blog_id).subquery()
say(s.execute(select(Blog.name, sub.c.n).join(sub, sub.c.blog_id == Blog.id).order_by(Blog.name)).all())
step("get and refresh")
say(s.get(Post, 2))
say(s.get(Post, 2, execution_options={"all": True}).title)
step("a many-to-one to a hidden row")
s.delete(s.scalars(select(Blog).where(Blog.name == "b")).one())
s.commit()
s.expunge_all()
p = s.scalars(select(Post).where(Post.title == "b1")).one_or_none()
say(p)
p = s.scalars(select(Post).where(Post.title == "b1"), execution_options={"all": True}).one()
say(p.gone, p.blog)
step("statements that change rows")
say(s.execute(update(Post).values(title=Post.title + "!")).rowcount)
say(s.execute(delete(Post).where(Post.gone).options(with_loader_criteria(Post, Post.title != "a2!"))).rowcount)
say(s.scalars(select(Post.title).order_by(Post.id), execution_options={"all": True}).all())
step("something that has no such column")
say(s.scalars(select(Mark.word)).all())
s.rollback()
step("end")
s.close()
