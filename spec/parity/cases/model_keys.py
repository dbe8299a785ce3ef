"""Composite and natural keys: identity, get, merge, changed keys with passive_updates, composite foreign keys."""
from parity import *
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, String, inspect, select
from sqlalchemy.orm import Session, declarative_base, relationship
from sqlalchemy.orm.util import identity_key

Base = declarative_base()


class Account(Base):
    __tablename__ = "accounts"
    name = Column(String(20), primary_key=True)
    mail = Column(String(30), unique=True)
    items = relationship("Item", back_populates="account", passive_updates=False, order_by="Item.id")


class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    account_name = Column(ForeignKey("accounts.name", deferrable=True, initially="DEFERRED"))
    account = relationship("Account", back_populates="items")


class Course(Base):
    __tablename__ = "courses"
    school = Column(String(10), primary_key=True)
    number = Column(Integer, primary_key=True, autoincrement=False)
    title = Column(String(20))
    grades = relationship("Grade", back_populates="course", cascade="all, delete-orphan", order_by="Grade.student")


class Grade(Base):
    __tablename__ = "grades"
    student = Column(String(10), primary_key=True)
    school = Column(String(10), primary_key=True)
    number = Column(Integer, primary_key=True, autoincrement=False)
    points = Column(Integer)
    course = relationship("Course", back_populates="grades")
    __table_args__ = (ForeignKeyConstraint(["school", "number"], ["courses.school", "courses.number"]),)


e = engine()
Base.metadata.create_all(e)
forget()
say([c.name for c in inspect(Grade).primary_key], Grade.course)
say(select(Grade).join(Grade.course))
s = Session(e)
step("natural key")
ann = Account(name="ann", mail="a@x", items=[Item(), Item()])
s.add(ann)
s.flush()
say(inspect(ann).identity, ann.items[0].account_name)
step("changed natural key")
ann.name = "anna"
s.flush()
say(inspect(ann).identity, [i.account_name for i in ann.items])
say(s.get(Account, "anna") is ann, s.get(Account, "ann"))
step("changed and rolled back")
s.commit()
say(ann.name)
ann.name = "anne"
s.flush()
say(inspect(ann).identity)
s.rollback()
say(inspect(ann).identity, ann.name)
step("switch key of the unloaded")
other = Account(name="other")
s.add(other)
s.commit()
s.expunge_all()
item = s.get(Item, 1)
item.account_name = "other"
s.flush()
say(item.account.name)
s.rollback()
step("composite")
c = Course(school="MIT", number=101, title="Lua", grades=[Grade(student="bob", points=3), Grade(student="al", points=5)])
s.add(c)
s.commit()
say(inspect(c).identity, [(g.student, g.school, g.number, g.points) for g in c.grades])
step("get")
say(s.get(Course, ("MIT", 101)) is c, s.get(Course, {"number": 101, "school": "MIT"}) is c)
s.expunge_all()
c = s.get(Course, ("MIT", 101))
say(c.title, s.get(Course, ("MIT", 102)))
g = s.get(Grade, {"student": "al", "school": "MIT", "number": 101})
say(g.course is c, inspect(g).identity)
error(lambda: s.get(Course, "MIT"))
error(lambda: s.get(Course, ("MIT", 1, 2)))
error(lambda: s.get(Course, {"school": "MIT"}))
error(lambda: s.get(Course, {"school": "MIT", "nummer": 1}))
error(lambda: s.get_one(Course, ("MIT", 9)))
step("identity key")
k = identity_key(Course, ("MIT", 101))
say(k[0], k[1], k == inspect(c).key, s.identity_map.get(k) is c)
step("compare to an object")
say(s.scalars(select(Grade.student).where(Grade.course == c).order_by(Grade.student)).all())
say(select(Grade).where(Grade.course != c))
say(select(Course).where(Course.grades.contains(g)))
say(select(Grade).where(Grade.course == None))
step("merge")
m = s.merge(Grade(student="al", school="MIT", number=101, points=9))
say(m is g, g.points)
m = s.merge(Course(school="ETH", number=1, title="C", grades=[Grade(student="cy", points=1)]))
s.flush()
say(inspect(m).identity, m.grades[0].school)
step("duplicate")
s.add(Course(school="MIT", number=101))
error(s.flush)
s.rollback()
step("missing part of the key")
s.add(Course(school="MIT"))
error(s.flush)
s.rollback()
step("replace a row by one of the same key")
c = s.get(Course, ("MIT", 101))
old = [g for g in c.grades if g.student == "al"][0]
c.grades.remove(old)
c.grades.append(Grade(student="al", points=1))
s.flush()
say(inspect(old).detached or inspect(old).deleted, [(g.student, g.points) for g in c.grades])
step("delete and add again")
s.delete(c)
s.flush()
say(inspect(c).deleted)
again = Course(school="MIT", number=101, title="again")
s.add(again)
s.commit()
say(s.get(Course, ("MIT", 101)).title, again.grades)
sql()
s.close()
