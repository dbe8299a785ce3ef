"""Instance events of a class with a constructor: arguments by name, loads, refreshes, expiry, merges, failures."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect, select, text
from sqlalchemy.orm import (Session, declarative_base, deferred, joinedload, load_only, make_transient_to_detached,
                            reconstructor, relationship, undefer)

Base = declarative_base()
log = []


class User(Base):
    __tablename__ = "user_account"
    id = Column(Integer, primary_key=True)
    type = Column(String(10))
    name = Column(String(20))
    bio = deferred(Column(String(20)))
    made = Column(Integer, server_default="7")
    seen = Column(Integer, default=1, onupdate=lambda: 2)
    posts = relationship("Post", back_populates="user", order_by="Post.id", cascade="all, delete-orphan")
    __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "user"}

    def __init__(self, **kw):
        if kw.get("name") == "bad":
            raise ValueError("bad")
        super().__init__(**kw)

    @reconstructor
    def again(self):
        log.append("reconstructed %s" % inspect(self).dict.get("name"))


class Admin(User):
    __tablename__ = "admin"
    id = Column(ForeignKey("user_account.id"), primary_key=True)
    level = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "admin"}


class Post(Base):
    __tablename__ = "post"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    user_id = Column(ForeignKey("user_account.id"))
    user = relationship(User, back_populates="posts")


def who(t):
    return "%s:%s" % (type(t).__name__, inspect(t).dict.get("name", inspect(t).dict.get("title")))


def attrs(a):
    return sorted(a) if a is not None else None


event.listen(User, "init", lambda t, a, kw: log.append("init %s %s" % (who(t), sorted(kw))), propagate=True)
event.listen(User, "init_failure", lambda t, a, kw: log.append("failure %s" % sorted(kw)), propagate=True)
event.listen(User, "load", lambda t, c: log.append("load " + who(t)), propagate=True)
event.listen(Post, "load", lambda t, c: log.append("load " + who(t)))
event.listen(User, "refresh", lambda t, c, a: log.append("refresh %s %s" % (who(t), attrs(a))), propagate=True)
event.listen(Post, "refresh", lambda t, c, a: log.append("refresh %s %s" % (who(t), attrs(a))))
event.listen(User, "refresh_flush", lambda t, c, a: log.append("refresh_flush %s %s" % (who(t), attrs(a))), propagate=True)
event.listen(User, "expire", lambda t, a: log.append("expire %s %s" % (who(t), attrs(a))), propagate=True)


def told(title):
    print("== " + title)
    run = []
    for line in log + ["."]:
        if run and not (run[0].startswith("expire") and line.startswith("expire")):
            for each in sorted(run):
                say(" ", each)
            run = []
        run.append(line)
    log.clear()
    forget()


e = engine()
Base.metadata.create_all(e)
s = Session(e)
u = User(name="ann", bio="long", posts=[Post(title="p1"), Post(title="p2")])
a = Admin(name="bob", level=3)
told("construct")
error(lambda: User(name="bad"))
error(lambda: User(nope=1))
told("failures")
s.add_all([u, a])
s.flush()
told("flush")
u.name = "anna"
s.flush()
told("update with onupdate")
s.commit()
told("commit expires")
u.name
told("touch")
u.bio
told("deferred after refresh")
s.refresh(u)
told("refresh")
s.refresh(u, ["name", "posts"])
told("refresh some")
s.expire(u, ["name", "posts"])
u.name
u.posts
told("expire some")
s.expire_all()
u.posts
told("expire all, touch the collection")
a.level
told("joined class")
s.expunge_all()
users = s.scalars(select(User).options(joinedload(User.posts)).order_by(User.id)).unique().all()
told("joined load")
s.scalars(select(User).execution_options(populate_existing=True).order_by(User.id)).all()
told("populate existing")
s.scalars(select(User).order_by(User.id)).all()
told("loaded again")
s.expire(users[0], ["name"])
s.scalars(select(User).order_by(User.id)).all()
told("loaded where one is expired")
s.scalars(select(User).options(undefer(User.bio)).order_by(User.id)).all()
told("loaded with more columns")
s.expunge_all()
x = s.scalars(select(User).options(load_only(User.name)).order_by(User.id)).first()
told("load_only")
x.made
told("its other column")
x.made = text("made + 1")
s.flush()
told("an expression")
x.made
told("read back")
s.rollback()
told("rollback")
n = User(name="new")
s.add(n)
s.flush()
log.clear()
s.rollback()
told("rollback of a new one")
x = s.get(User, 1)
log.clear()
s.delete(x)
s.flush()
s.rollback()
told("rollback of a delete")
m = s.merge(User(id=1, name="merged"))
told("merge onto an expired one")
s.expunge_all()
m = s.merge(User(id=1, name="merged"))
told("merge onto the database")
m = s.merge(User(id=9, name="fresh"))
told("merge of a new one")
s.rollback()
s.expunge_all()
log.clear()
d = User(id=1)
make_transient_to_detached(d)
s.add(d)
d.name
told("made detached")


@event.listens_for(Post, "load", restore_load_context=True)
def peek(t, ctx):
    say("owner", t.user.name)


s.expunge_all()
s.scalars(select(Post).order_by(Post.id)).all()
told("a load listener that queries")
