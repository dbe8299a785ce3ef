"""A page of a blog: counts, newest rows per parent, pages of joined rows, each by several loaders at once."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, and_, desc, func, inspect, select
from sqlalchemy.orm import (Session, aliased, column_property, contains_eager, declarative_base, defer, joinedload,
                            load_only, relationship, selectinload, subqueryload)

Base = declarative_base()

post_tags = Table("post_tags", Base.metadata, Column("post_id", ForeignKey("posts.id"), primary_key=True),
                  Column("tag_id", ForeignKey("tags.id"), primary_key=True))


class Comment(Base):
    __tablename__ = "comments"
    id = Column(Integer, primary_key=True)
    body = Column(String(50))
    post_id = Column(ForeignKey("posts.id"))
    writer_id = Column(ForeignKey("users.id"))
    post = relationship("Post", back_populates="comments")
    writer = relationship("User")


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String(30))
    body = Column(String(200))
    score = Column(Integer, default=0)
    user_id = Column(ForeignKey("users.id"))
    user = relationship("User", back_populates="posts")
    comments = relationship("Comment", back_populates="post", order_by=Comment.id.desc())
    tags = relationship("Tag", secondary=post_tags, back_populates="posts", order_by="Tag.name")


Post.comment_count = column_property(
    select(func.count(Comment.id)).where(Comment.post_id == Post.id).correlate_except(Comment).scalar_subquery())


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    posts = relationship("Post", back_populates="user", order_by="Post.id")


class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    posts = relationship("Post", secondary=post_tags, back_populates="tags", order_by="Post.id")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    ann, bob, cid = User(id=1, name="ann"), User(id=2, name="bob"), User(id=3, name="cid")
    lua, sql_, c = Tag(id=1, name="lua"), Tag(id=2, name="sql"), Tag(id=3, name="c")
    s.add_all([ann, bob, cid, lua, sql_, c])
    s.flush()
    s.add_all([
        Post(id=1, title="p1", body="b1", score=5, user=ann, tags=[lua, sql_]),
        Post(id=2, title="p2", body="b2", score=9, user=ann, tags=[lua]),
        Post(id=3, title="p3", body="b3", score=7, user=bob, tags=[sql_, c]),
        Post(id=4, title="p4", body="b4", score=1, user=bob)])
    s.flush()
    s.add_all([Comment(id=i, body="c%d" % i, post_id=1 + i % 3, writer_id=1 + i % 2) for i in range(1, 8)])
    s.commit()
forget()

step("the front page")
with Session(e) as s:
    stmt = (select(Post).options(joinedload(Post.user).load_only(User.name), selectinload(Post.tags), defer(Post.body))
            .order_by(Post.score.desc()).limit(3))
    for p in s.scalars(stmt):
        say(p.title, p.user.name, [t.name for t in p.tags], p.comment_count, sorted(inspect(p).unloaded))
    step("the body when it is read")
    say(s.get(Post, 2).body)
step("two collections of one page")
with Session(e) as s:
    stmt = (select(Post).options(joinedload(Post.tags), joinedload(Post.comments).joinedload(Comment.writer))
            .where(Post.comment_count > 1).order_by(Post.comment_count.desc(), Post.id).limit(2))
    for p in s.scalars(stmt).unique():
        say(p.title, [t.name for t in p.tags], [[c.body, c.writer.name] for c in p.comments])
step("the best post of each user")
with Session(e) as s:
    rank = func.row_number().over(partition_by=Post.user_id, order_by=Post.score.desc()).label("rank")
    sub = select(Post, rank).subquery("ranked")
    best = aliased(Post, sub, name="best")
    stmt = select(User).join(best, and_(best.user_id == User.id, sub.c.rank == 1)).order_by(User.id).options(
        contains_eager(User.posts.of_type(best)).selectinload(best.tags))
    for u in s.scalars(stmt).unique():
        say(u.name, [[p.title, [t.name for t in p.tags]] for p in u.posts])
step("users with what they wrote, by number")
with Session(e) as s:
    n = func.count(Post.id.distinct()).label("n")
    m = func.count(Comment.id).label("m")
    stmt = select(User, n, m).outerjoin(User.posts).outerjoin(Post.comments).group_by(User.id).order_by(n.desc(), User.id)
    for u, posts, comments in s.execute(stmt.options(selectinload(User.posts).options(
            load_only(Post.title), selectinload(Post.comments).load_only(Comment.id)))):
        say(u.name, posts, comments, [[p.title, len(p.comments)] for p in u.posts])
step("by tag")
with Session(e) as s:
    t = s.scalars(select(Tag).where(Tag.name == "sql").options(subqueryload(Tag.posts).options(
        joinedload(Post.user), subqueryload(Post.comments)))).one()
    say([[p.title, p.user.name, [c.id for c in p.comments]] for p in t.posts])
    step("the second tag in the same session")
    t = s.scalars(select(Tag).where(Tag.name == "lua").options(selectinload(Tag.posts).joinedload(Post.user))).one()
    say([[p.title, p.user.name, [c.id for c in p.comments]] for p in t.posts])
step("pages by key")
with Session(e) as s:
    last = None
    while True:
        stmt = select(Post.id, Post.title, User.name).join(Post.user).order_by(Post.id).limit(2)
        if last is not None:
            stmt = stmt.where(Post.id > last)
        rows = s.execute(stmt).all()
        if not rows:
            break
        say(rows)
        last = rows[-1].id
step("the column property of a new and of a changed post")
with Session(e) as s:
    p = s.get(Post, 4)
    say(p.comment_count)
    p.comments.append(Comment(id=20, body="new", writer=s.get(User, 3)))
    s.flush()
    say(p.comment_count)
    s.refresh(p, ["comment_count"])
    say(p.comment_count, s.scalar(select(Post.comment_count).where(Post.id == 4)))
    fresh = Post(id=9, title="p9", user_id=3)
    s.add(fresh)
    s.flush()
    say(fresh.comment_count, fresh.score)
    s.rollback()
step("end")
