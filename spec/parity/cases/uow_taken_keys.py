# Objects whose key another one took, updates by key, what a save expires, a dynamic collection of the own class.
from parity import *
from sqlalchemy import orm

Base = orm.declarative_base()


class A(Base):
    __tablename__ = "a"
    n = sa.Column(sa.Integer)
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(10))
    doc = sa.Column(sa.JSON)
    up_id = sa.Column(sa.ForeignKey("a.id"))
    twice = orm.column_property(n * 2)
    subs = orm.relationship("A", lazy="dynamic")


e = engine()
Base.metadata.create_all(e)
forget()
s = orm.Session(e)

step("an object whose key another one has taken")
old = A(id=1, name="old")
s.add(old)
s.commit()
say(old.name)
s.execute(sa.delete(A).execution_options(synchronize_session=False))
new = A(id=1, name="new")
s.add(new)
s.flush()
old.n = 5
say(len(s.dirty), old in s, new in s, sa.inspect(old).persistent)
s.flush()
s.expire(new)
say(new.n, new.name)
old.n = 6
new.n = 7
s.commit()
say(new.n, new.name)

step("update by primary key")
event.listen(A, "refresh", lambda t, c, a: say("refresh", sorted(a) if a else None))
event.listen(A, "expire", lambda t, a: say("expire", sorted(a) if a else None))
with s.no_autoflush:
    new.n = 8
    s.execute(sa.update(A), [{"id": 1, "n": 9, "name": "by key"}])
    say(new.name, len(s.dirty), new.n)
s.expire(new, ["name"])
s.execute(sa.update(A), [{"id": 1, "n": None, "name": "again"}])
say(new.n, new.name)

step("a save expires what the database computes")
third = A(id=3, n=3)
s.add(third)
s.flush()
say(third.twice)
third.n = 4
s.flush()
say(third.twice)

step("a dynamic collection is asked once")
s.delete(third)
s.flush()

step("IS of a JSON column")
say(s.scalars(sa.select(A.name).where(A.doc.is_(None))).all())
say(s.scalars(sa.select(A.name).where(A.doc.is_not(None))).all())
step("end")
