"""An object's way through the five states, and what reaches the database at each step."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, inspect, select
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(50), nullable=False)
    posts = relationship("Post", back_populates="user", cascade="all, delete-orphan", order_by="Post.id")


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String(50))
    user_id = Column(ForeignKey("users.id"))
    user = relationship("User", back_populates="posts")


e = engine()
Base.metadata.create_all(e)
forget()


def state(o):
    i = inspect(o)
    say([n for n in ("transient", "pending", "persistent", "deleted", "detached") if getattr(i, n)][0], i.identity, i.modified)


session = Session(e)
ann = User(name="ann", posts=[Post(title="one"), Post(title="two")])
state(ann)
session.add(ann)
state(ann)
say(session.new, ann.posts, ann.posts[0].user is ann)
step("flush")
session.flush()
state(ann)
say(ann.id, inspect(ann).attrs.name.history)
step("commit")
session.commit()
state(ann)
say(ann.name, len(ann.posts))
step("delete")
session.delete(ann)
session.flush()
state(ann)
step("rollback")
session.rollback()
state(ann)
say(session.scalars(select(Post.title).order_by(Post.id)).all())
step("orphan")
ann.posts.pop(0)
session.commit()
sql()
say(error(lambda: session.add("x")) is not None)
session.expunge(ann)
state(ann)
error(lambda: ann.posts)
session.close()
sql()
