"""Validators, mutable JSON values, the reconstructor, flag_modified, attribute events of plain columns."""
from parity import *
from sqlalchemy import JSON, Column, ForeignKey, Integer, String, event, inspect, select
from sqlalchemy.ext.mutable import MutableDict, MutableList
from sqlalchemy.orm import Session, declarative_base, reconstructor, relationship, validates
from sqlalchemy.orm.attributes import flag_dirty, flag_modified, get_history, set_attribute, set_committed_value

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    mail = Column(String(20))
    age = Column(Integer)
    prefs = Column(MutableDict.as_mutable(JSON(none_as_null=True)))
    nums = Column(MutableList.as_mutable(JSON(none_as_null=True)))
    raw = Column(JSON)
    posts = relationship("Post", back_populates="user", cascade="all, delete-orphan", order_by="Post.id")

    @validates("name", "mail")
    def check_text(self, key, value):
        say("validate", key, value)
        if value == "":
            raise ValueError("empty")
        return value.strip() if value else value

    @validates("posts", include_removes=True)
    def check_posts(self, key, post, is_remove):
        say("validate", key, post.title, is_remove)
        return post

    @reconstructor
    def loaded(self):
        say("reconstructed", self.id)
        self.fresh = True


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    user_id = Column(ForeignKey("users.id"))
    user = relationship(User, back_populates="posts")

    @validates("user", include_backrefs=False)
    def check_user(self, key, value):
        say("validate post.user", value.name if value else None)
        return value


def log(name):
    def fn(target, value, *rest):
        say(name, value, *[r for r in rest if isinstance(r, int)])
    return fn


event.listen(User.age, "set", log("age set"))


def refused(fn):
    try:
        fn()
    except Exception:
        return say("refused")
    say("no error")


e = engine()
Base.metadata.create_all(e)
forget()
u = User(name=" ann ")
say(u.name)
u.mail = "m "
say(u.mail)
refused(lambda: setattr(u, "mail", ""))
say(u.mail)
step("validated collections")
one, two = Post(title="one"), Post(title="two")
u.posts.append(one)
two.user = u
u.posts.remove(one)
say([p.title for p in u.posts], one.user)
u.posts = [one, two]
u.posts = []
say(one.user, two.user)
s = Session(e)
step("insert")
u.prefs = {"a": 1}
u.nums = [3, 1, 2]
u.raw = {"k": [1, 2]}
u.age = 5
u.age = 6
s.add(u)
s.flush()
step("dict in place")
u.prefs["b"] = 2
say(u in s.dirty, inspect(u).attrs.prefs.history.added)
s.flush()
u.prefs.update({"c": 3})
say(s.is_modified(u))
s.flush()
del u.prefs["a"]
say(u.prefs.pop("b"), u.prefs.setdefault("d", 4), u.prefs.get("zz"))
s.flush()
u.prefs.clear()
s.flush()
say(u.prefs)
step("list in place")
u.nums.append(9)
s.flush()
u.nums[0] = 7
s.flush()
u.nums.extend([5, 5])
u.nums.remove(5)
u.nums.insert(0, 0)
u.nums.sort()
s.flush()
say(u.nums, u.nums.pop())
u.nums.reverse()
s.flush()
say(u.nums)
step("raw needs a flag")
u.raw["k"].append(3)
say(s.is_modified(u))
s.flush()
flag_modified(u, "raw")
say(s.is_modified(u), inspect(u).modified)
s.flush()
step("flag_dirty")
flag_dirty(u)
say(u in s.dirty, s.is_modified(u))
s.flush()
step("wrong value for a mutable")
refused(lambda: setattr(u, "prefs", "x"))
refused(lambda: setattr(u, "nums", 5))
refused(lambda: flag_modified(u, "nothing"))
step("none and a new one")
u.prefs = None
s.flush()
u.prefs = {"x": {"y": 1}}
s.flush()
u.prefs["x"]["y"] = 2
say(s.is_modified(u))
step("reload")
s.commit()
s.expunge_all()
u = s.scalars(select(User)).one()
say(u.fresh, u.prefs, u.nums, u.raw)
u.prefs["z"] = [1]
u.nums.append(1)
s.commit()
say(u.prefs, u.nums)
step("expire does not reconstruct")
s.expire(u)
say(u.name)
step("history")
u.age = 8
say(get_history(u, "age"), inspect(u).attrs.age.history)
set_attribute(u, "age", 9)
set_committed_value(u, "age", 10)
say(get_history(u, "age"), s.is_modified(u))
s.expire(u, ["age"])
u.age = 11
say(get_history(u, "age"))
s.flush()
step("rollback")
u.prefs["gone"] = True
s.rollback()
say(u.prefs)
sql()
s.close()
