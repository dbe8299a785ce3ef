# A paged feed: entities of limited subqueries with eager loads, contains_eager of aliases, correlated counts.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, Table, select, func, and_, desc
from sqlalchemy.orm import (declarative_base, relationship, Session, aliased, joinedload, selectinload, contains_eager,
                            subqueryload)

Base = declarative_base()
tagged = Table("tagged", Base.metadata, Column("post_id", ForeignKey("post.id"), primary_key=True),
               Column("tag_id", ForeignKey("tag.id"), primary_key=True))


class User(Base):
    __tablename__ = "user_account"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    posts = relationship("Post", back_populates="author", order_by="desc(Post.id)")


class Post(Base):
    __tablename__ = "post"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    score = Column(Integer)
    author_id = Column(ForeignKey("user_account.id"))
    author = relationship("User", back_populates="posts")
    tags = relationship("Tag", secondary=tagged, order_by="Tag.name")
    replies = relationship("Reply", order_by="Reply.id")


class Tag(Base):
    __tablename__ = "tag"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


class Reply(Base):
    __tablename__ = "reply"
    id = Column(Integer, primary_key=True)
    words = Column(String(20))
    post_id = Column(ForeignKey("post.id"))
    user_id = Column(ForeignKey("user_account.id"))
    user = relationship("User")


eng = engine()
Base.metadata.create_all(eng)
with Session(eng) as s:
    ann, bob = User(name="ann"), User(name="bob")
    red, blue = Tag(name="red"), Tag(name="blue")
    for i in range(5):
        s.add(Post(title="p%d" % i, score=i * 3 % 5, author=(ann, bob)[i % 2], tags=[red, blue][:i % 3],
                   replies=[Reply(words="r%d%d" % (i, j), user=(bob, ann)[j]) for j in range(i % 3)]))
        s.flush()
    s.commit()
forget()


def page(title, q):
    step(title)
    with Session(eng) as s:
        for p in s.scalars(q).unique():
            say(p.title, p.author.name, [t.name for t in p.tags], [(r.words, r.user.name) for r in p.replies])


base = select(Post).order_by(Post.score.desc(), Post.id)
page("joined collections with a limit", base.limit(2).options(joinedload(Post.tags), joinedload(Post.author)))
page("two levels", base.limit(2).offset(1).options(joinedload(Post.replies).joinedload(Reply.user),
                                                   selectinload(Post.tags)))
page("subquery load of a page", base.limit(2).options(subqueryload(Post.replies).joinedload(Reply.user),
                                                      joinedload(Post.author, innerjoin=True)))
top = select(Post).where(Post.score > 0).order_by(Post.score.desc()).limit(3).subquery("top_posts")
Top = aliased(Post, top)
page("an entity of a page", select(Top).options(joinedload(Top.tags), selectinload(Top.replies)).order_by(Top.id))
author = aliased(User, name="author")
page("contains_eager of an alias", select(Post).join(Post.author.of_type(author)).options(
    contains_eager(Post.author.of_type(author)), joinedload(Post.tags)).where(author.name == "bob").order_by(Post.id))
R = aliased(Reply)
page("contains_eager of a filtered collection", select(Post).outerjoin(R, and_(R.post_id == Post.id, R.words.like(
    "%1"))).options(contains_eager(Post.replies.of_type(R)).joinedload(R.user)).order_by(Post.id, R.id))
step("counts")
with Session(eng) as s:
    n = select(func.count(Reply.id)).where(Reply.post_id == Post.id).scalar_subquery().label("n")
    for row in s.execute(select(Post, n).options(selectinload(Post.tags)).order_by(desc("n"), Post.id).limit(3)):
        say(row.Post.title, row.n, len(row.Post.tags))
    q = select(User.name, func.count(Post.id.distinct()), func.count(Reply.id)).outerjoin(User.posts).outerjoin(
        Post.replies).group_by(User.name).order_by(User.name)
    say(s.execute(q).all())
    say(s.scalars(select(User.name).join(User.posts).join(Post.tags).where(Tag.name == "red").distinct()
                  .order_by(User.name)).all())
    both = select(Post.id).join(Post.tags).group_by(Post.id).having(func.count(Tag.id) == 2)
    say(s.scalars(select(Post.title).where(Post.id.in_(both)).order_by(Post.id)).all())
step("end")
