"""A class as the query entity: operators, any, has, contains, of_type, and_, aliased, with_parent, Bundle."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, and_, exists, func, inspect, literal, or_, select
from sqlalchemy.orm import (Bundle, Session, aliased, column_property, declarative_base, relationship, with_parent)

Base = declarative_base()
post_tags = Table("post_tags", Base.metadata, Column("post_id", ForeignKey("posts.id"), primary_key=True),
                  Column("tag_id", ForeignKey("tags.id"), primary_key=True))


class Post(Base):
    __tablename__ = "posts"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "post"}
    id = Column(Integer, primary_key=True)
    kind = Column(String(9))
    title = Column(String(20))
    stars = Column(Integer)
    author_id = Column(ForeignKey("users.id"))
    author = relationship("User", back_populates="posts")
    tags = relationship("Tag", secondary=post_tags, back_populates="posts", order_by="Tag.id")


class Video(Post):
    __mapper_args__ = {"polymorphic_identity": "video"}
    minutes = Column(Integer)


class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)
    word = Column(String(9))
    posts = relationship(Post, secondary=post_tags, back_populates="tags")


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    first = Column(String(20))
    last = Column(String(20))
    boss_id = Column(ForeignKey("users.id"))
    boss = relationship("User", remote_side=[id])
    posts = relationship(Post, back_populates="author", order_by=Post.id)
    full = column_property(first + " " + last)
    post_count = column_property(select(func.count(Post.id)).where(Post.author_id == id).correlate_except(Post)
                                 .scalar_subquery())


class Pair(Bundle):
    def create_row_processor(self, query, procs, labels):
        def make(row):
            return "+".join("%s=%s" % (label, fmt(proc(row))) for label, proc in zip(labels, procs))
        return make


e = engine()
Base.metadata.create_all(e)
session = Session(e)
sql_, lua = Tag(word="sql"), Tag(word="lua")
ann = User(first="Ann", last="Lee", posts=[Post(title="a1", stars=1, tags=[sql_, lua]),
    Video(title="a2", stars=5, minutes=9)])
bob = User(first="Bob", last="Ray", boss=ann, posts=[Post(title="b1", stars=3, tags=[lua])])
cyd = User(first="Cyd", last="Lee", boss=ann)
session.add_all([ann, bob, cyd])
session.commit()
forget()


def users(*conditions):
    say(session.scalars(select(User.first).where(*conditions).order_by(User.id)).all())


step("operators")
users(User.first == "Ann")
users(User.last.in_(["Lee", "Ray"]), User.first != "Bob")
users(or_(User.first.like("A%"), User.first.startswith("C")), User.boss_id.is_(None))
users(User.full == "Ann Lee")
users(User.post_count > 0)
users(User.first.between("B", "D"), User.last.not_in(["Ray"]))
users(func.lower(User.first + literal("!")) == "bob!")
step("relationships")
users(User.posts.any())
users(~User.posts.any())
users(User.posts.any(Post.stars > 3))
users(User.posts.any(title="b1"))
users(User.boss.has())
users(User.boss.has(User.first == "Ann"))
users(User.boss.has(first="Bob"))
users(User.posts.any(Post.tags.any(Tag.word == "sql")))
users(User.posts.any(Post.tags.contains(lua)))
users(User.posts.contains(bob.posts[0]))
users(~User.posts.contains(bob.posts[0]))
users(User.boss == ann)
users(User.boss != ann)
users(User.boss == None)
users(User.boss != None)
error(lambda: User.posts == ann)
refused(lambda: User.posts.in_([1]))
error(lambda: User.boss.any())
error(lambda: User.posts.has())
error(lambda: User.boss.contains(ann))
step("of_type and and_")
users(User.posts.of_type(Video).any())
users(User.posts.of_type(Video).any(Video.minutes > 10))
say(session.execute(select(User.first, Video.minutes).join(User.posts.of_type(Video))).all())
say(session.execute(select(User.first, Post.title).outerjoin(User.posts.and_(Post.stars > 2))
                    .order_by(User.id, Post.id)).all())
say(select(User.id).join(User.posts.and_(Post.stars > 2).of_type(Video)))
step("aliased")
boss = aliased(User, name="boss")
say(session.execute(select(User.first, boss.first).join(User.boss.of_type(boss)).where(boss.full == "Ann Lee")
                    .order_by(User.id)).all())
sub = select(User).where(User.last == "Lee").subquery("lees")
lee = aliased(User, sub)
say([u.first for u in session.scalars(select(lee).order_by(lee.id))], select(lee.full, lee.post_count))
say([(u.first, v.first) for u, v in session.execute(select(User, boss).where(User.id < boss.id).order_by(User.id,
    boss.id))])
say(inspect(boss).name, inspect(boss).mapper.class_, inspect(boss).is_aliased_class, inspect(User).is_aliased_class)
users(exists().where(boss.id == User.boss_id))
step("with_parent")
say(session.scalars(select(Post.title).where(with_parent(ann, User.posts)).order_by(Post.id)).all())
p1 = aliased(Post)
say(session.scalars(select(p1.title).where(with_parent(bob, User.posts.of_type(p1)))).all())
say(session.scalars(select(User.first).where(with_parent(bob.posts[0], Post.author))).all())
say(session.scalars(select(Tag.word).where(with_parent(ann.posts[0], Post.tags)).order_by(Tag.id)).all())
new = User(first="new")
refused(lambda: session.scalars(select(Post).where(with_parent(new, User.posts))).all())
step("bundles")
pair = Bundle("who", User.first, User.last)
row = session.execute(select(pair, User.id).where(pair.c.last == "Lee").order_by(pair.c.first)).first()
say(row.who.first, row.who, row.id, row._fields)
say(session.scalars(select(Bundle("b", User.id, Bundle("n", User.first))).order_by(User.id)).all())
say(session.scalars(select(Bundle("single", User.first, single_entity=True)).order_by(User.id)).all())
say(session.scalars(select(Pair("p", User.first, User.post_count)).order_by(User.id)).all())
step("descriptions")
for d in select(User, Post.title, boss, pair, func.count(User.id).label("n")).column_descriptions:
    say(d["name"], d["aliased"], d["entity"] is not None, d["expr"] is pair)
say(select(User.__table__.c.id, post_tags).column_descriptions[1]["name"], User.first.key, User.posts.key,
    User.first.name)
sql()
