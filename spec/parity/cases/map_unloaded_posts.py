"""dynamic and write_only collections: pending changes, histories, events, statements made of them."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, event, func, select
from sqlalchemy.orm import Session, backref, declarative_base, relationship

Base = declarative_base()
likes = Table("likes", Base.metadata, Column("user_id", ForeignKey("users.id"), primary_key=True),
              Column("post_id", ForeignKey("posts.id"), primary_key=True))


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    posts = relationship("Post", lazy="dynamic", back_populates="user", order_by="Post.id", cascade="all, delete-orphan")
    liked = relationship("Post", secondary=likes, lazy="write_only", order_by="Post.title",
                         backref=backref("fans", lazy="dynamic", order_by="User.name"))
    notes = relationship("Note", lazy="write_only", back_populates="user", order_by="Note.id.desc()",
                         cascade="all, delete-orphan", passive_deletes=True)


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String(10))
    user_id = Column(ForeignKey("users.id"))
    user = relationship(User, back_populates="posts")


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    text = Column(String(10))
    user_id = Column(ForeignKey("users.id", ondelete="CASCADE"), nullable=False)
    user = relationship(User, back_populates="notes")


sa.orm.configure_mappers()
for attr in (User.posts, User.liked, User.notes, Post.fans):
    for name in ("append", "remove"):
        event.listen(attr, name, lambda t, v, i, name=name: say("  ", name, i.key, fmt(t), fmt(v)))


def titles(xs):
    return [x.title for x in xs]


def history(obj, key):
    h = sa.inspect(obj).attrs[key].history
    say(key, [sorted(getattr(x, "title", None) or getattr(x, "text", None) or x.name for x in part or ())
              for part in h])


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e, autoflush=False)
step("pending")
u = User(name="u")
a, b, c = [Post(title=t) for t in "abc"]
u.posts.append(a)
b.user = u
u.posts.add(c)
u.posts.remove(a)
say(titles(u.posts), a.user, b.user is u, c.user is u)
history(u, "posts")
s.add(u)
say(len(s.new))
s.flush()
sql()
step("dynamic")
say(titles(u.posts), u.posts.count(), titles(u.posts.filter(Post.title > "b")), u.posts.filter_by(title="c").one().title)
say(u.posts[0].title, titles(u.posts[0:1]), u.posts.order_by(None).order_by(Post.id.desc()).first().title)
u.posts.append(a)
say(titles(u.posts), u.posts.count())
history(u, "posts")
u.posts.remove(b)
say(b.user, b in s.deleted, b in s.dirty)
history(u, "posts")
s.flush()
sql()
say(titles(u.posts), sa.inspect(b).deleted)
u.posts = [c, Post(title="d")]
history(u, "posts")
s.flush()
sql()
say(titles(u.posts), titles(s.scalars(u.posts.statement)) if hasattr(u.posts, "statement") else None)
u.posts.extend([Post(title="e"), Post(title="f")])
s.commit()
forget()
say(titles(u.posts.limit(2).offset(1)), titles(u.posts.join(Post.user).filter(User.name == "u").limit(1)))
sql()
step("write only")
for p in u.posts:
    u.liked.add(p)
    s.flush()
history(u, "liked")
v = User(name="v")
s.add(v)
for p in list(u.posts.limit(2)):
    v.liked.add(p)
    s.flush()
sql()
say(titles(s.scalars(u.liked.select().limit(2))), titles(s.scalars(v.liked.select().where(Post.title != "c"))))
x = s.scalars(v.liked.select()).first()
say([w.name for w in x.fans], x.fans.filter(User.name == "v").count())
x.fans.remove(v)
history(v, "liked")
history(x, "fans")
s.flush()
forget()
refused(lambda: list(v.liked))
refused(lambda: len(v.liked))
refused(lambda: setattr(v, "liked", [x]))
error(lambda: s.scalars(select(User).options(sa.orm.selectinload(User.liked))).all())
sql()
step("notes")
u.notes.add_all([Note(text="n1"), Note(text="n2")])
s.flush()
s.execute(u.notes.insert(), [{"text": "n3"}, {"text": "n4"}])
s.execute(u.notes.update().where(Note.text == "n1").values(text="N1"))
s.execute(u.notes.delete().where(Note.text == "n2"))
say([n.text for n in s.scalars(u.notes.select())])
sql()
n = s.scalars(u.notes.select()).first()
u.notes.remove(n)
history(u, "notes")
say(n.user, n in s.dirty)
n.user = v
history(v, "notes")
s.commit()
say([n.text for n in s.scalars(u.notes.select())], [n.text for n in s.scalars(v.notes.select())])
forget()
error(lambda: v.liked.insert() and say("made"))
say(s.scalars(select(User.name).where(User.posts.any(title="d"))).all(), s.scalar(select(func.count()).select_from(
    u.liked.select().subquery())))
say(s.scalars(select(User.name).where(User.liked.contains(x)).order_by(User.id)).all())
w = User()
refused(lambda: w.liked.select())
refused(lambda: list(w.posts))
sql()
s.delete(v)
error(s.flush)
sql()
s.rollback()
v.liked.remove(s.scalars(v.liked.select()).one())
s.flush()
sql()
