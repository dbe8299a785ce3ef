"""The statement that loads what a joined subclass lacks names its own table only, expressions included."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, select
from sqlalchemy.orm import Session, column_property, declarative_base

Base = declarative_base()


class Person(Base):
    __tablename__ = "people"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    name = Column(String(10))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}


class Engineer(Person):
    __tablename__ = "engineers"
    id = Column(ForeignKey("people.id"), primary_key=True)
    skill = Column(String(10))
    shout = column_property(func.upper(skill))
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Tool(Base):
    __tablename__ = "tools"
    id = Column(Integer, primary_key=True)
    owner_id = Column(ForeignKey("engineers.id"))


Engineer.tools = column_property(
    select(func.count(Tool.id)).where(Tool.owner_id == Engineer.id).correlate_except(Tool).scalar_subquery())
Engineer.both = column_property(Engineer.skill + Person.name)
e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
ann = Engineer(name="ann", skill="lua")
s.add(ann)
s.commit()
s.add(Tool(owner_id=ann.id))
s.commit()
step("what the base class left out")
s.expunge_all()
ann = s.scalars(select(Person)).one()
say(ann.skill, ann.shout, ann.tools, ann.both)
for names in (["shout"], ["shout", "skill"], ["tools"], ["both"], ["shout", "name"], ["skill"]):
    step(fmt(names))
    s.expire(ann, names)
    say([getattr(ann, name) for name in names])
step("after a flush")
ann.skill = "c"
s.flush()
say(ann.shout, ann.tools, ann.both)
sql()
s.close()
