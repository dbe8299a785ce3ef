"""RETURNING of entities by UPDATE and DELETE: which objects come back under each synchronize_session, what they hold, values of
onupdate, and what becomes of the objects of a DELETE."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *
class Base(DeclarativeBase):
    pass


counter = [100]
def stamp():
    counter[0] += 1
    return counter[0]
class User(Base):
    __tablename__ = "users"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    age = mapped_column(Integer)
    rev = mapped_column(Integer, onupdate=stamp)
    touched = mapped_column(Integer, onupdate=text("7 + 1"))
    later = deferred(mapped_column(Integer))
    posts = relationship("Post", order_by="Post.id")
class Post(Base):
    __tablename__ = "posts"
    id = mapped_column(Integer, primary_key=True)
    user_id = mapped_column(ForeignKey("users.id"))
e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    for i in range(1, 7):
        s.add(User(id=i, name="n%d" % i, age=i * 10, rev=1, touched=1))
    s.flush()
    s.add_all([Post(id=1, user_id=1), Post(id=2, user_id=2)])
    s.commit()
forget()
for sync in ["auto", "evaluate", "fetch", False]:
    step("update %s" % str(sync).lower())
    with Session(e) as s:
        a = s.get(User, 1)
        b = s.get(User, 2)
        b.name = "changed"
        say(a.age, a.rev, a.touched, sorted(inspect(a).unloaded))
        got = s.scalars(update(User).where(User.id.in_([1, 2, 3])).values(age=User.age + 1).returning(User),
                        execution_options={"synchronize_session": sync, "autoflush": False}).all()
        say([g is a or g is b for g in got])
        for g in got:
            say(g.id, g.name, g.age, g.rev, inspect(g).modified, sorted(inspect(g).unloaded))
        say(a.touched)
        sql()
        row = s.execute(update(User).where(User.id == 1).values(name="z").returning(User.id, User.name, User.rev, User.touched),
                        execution_options={"synchronize_session": sync}).all()
        say(row, a.name, a.rev, a.touched)
        sql()
        got = s.scalars(update(User).where(User.id == 1).values(age=5).returning(User),
                        execution_options={"synchronize_session": sync, "populate_existing": True}).one()
        say(got is a, a.age, a.rev, a.touched, a.name)
        say(s.execute(update(User).where(User.id == 2).values(age=6).returning(User, User.age + 1)).all()[0][1], b.age, b.name)
        s.rollback()
    forget()
for sync in ["auto", "evaluate", "fetch", False]:
    step("delete %s" % str(sync).lower())
    with Session(e) as s:
        a = s.get(User, 5)
        b = s.get(User, 6)
        b.name = "changed"
        got = s.scalars(delete(User).where(User.age > 45).returning(User).execution_options(synchronize_session=sync)).all()
        say([g is a or g is b for g in got], [g.name for g in got])
        say(inspect(a).deleted, inspect(a).persistent, inspect(b).deleted, [inspect(g).persistent for g in got], len(s.identity_map), len(s.deleted))
        say(a in s, b in s, [g in s for g in got])
        sql()
        say(s.get(User, 5) is a, s.get(User, 5) is got[0])
        sql()
        s.rollback()
        say(inspect(a).persistent, a in s, s.get(User, 5) is a)
    forget()
for sync in ["auto", "fetch", False]:
    step("delete columns and commit %s" % str(sync).lower())
    with Session(e) as s:
        a = s.get(User, 4)
        say(s.execute(delete(User).where(User.id == 4).returning(User.id, User.name), execution_options={"synchronize_session": sync}).all())
        say(inspect(a).deleted, a in s)
        s.commit()
        say(inspect(a).detached, inspect(a).persistent)
        got = s.scalars(delete(User).where(User.id == 3).returning(User).options(selectinload(User.posts)), execution_options={"synchronize_session": sync}).all()
        say([(g.name, g.posts, inspect(g).persistent) for g in got])
        s.add(User(id=4, name="back"))
        s.add(User(id=3, name="back"))
        error(lambda: s.commit())
        s.rollback()
        sql()
