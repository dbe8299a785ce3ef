"""Bulk INSERT and UPDATE statements of the ORM: mixed keys, hierarchies, defaults, RETURNING, order, errors."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, bindparam, event, func, insert, inspect, select, update
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class Person(Base):
    __tablename__ = "person"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    name = Column("full_name", String(30))
    email = Column(String(50))
    rank = Column(Integer, default=5, onupdate=9)
    pets = relationship("Pet")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}


class Boss(Person):
    __tablename__ = "boss"
    id = Column(ForeignKey("person.id"), primary_key=True)
    budget = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "boss"}


class Pet(Base):
    __tablename__ = "pet"
    id = Column(Integer, primary_key=True)
    name = Column(String(30), nullable=False)
    owner_id = Column(ForeignKey("person.id"))


db = engine()
Base.metadata.create_all(db)
forget()
session = Session(db)
event.listen(Person, "before_insert", lambda m, c, o: say("before_insert", o.name), propagate=True)
event.listen(Person, "load", lambda o, c: say("load", type(o).__name__, o.__dict__.get("name")), propagate=True)


def people():
    say(session.execute(select(Person.id, Person.kind, Person.name, Person.email, Person.rank)
                        .order_by(Person.id)).all())


step("rows as attributes")
session.execute(insert(Person), [{"name": "ann", "email": "a@x"}, {"name": "bob", "email": "b@x"}])
people()

step("mixed keys")
session.execute(insert(Person), [{"name": "cyd"}, {"name": "dan", "email": "d@x"}, {"name": "eve", "email": None},
                                 {"name": "fay", "rank": 1}])
people()

step("render_nulls")
session.execute(insert(Person).execution_options(render_nulls=True), [
    {"name": "gus", "email": None}, {"name": "hal", "email": "h@x"}])
people()

step("a hierarchy")
session.execute(insert(Boss), [{"id": 20, "name": "ida", "budget": 100}, {"id": 21, "name": "joe", "budget": 200}])
session.execute(insert(Boss), [{"name": "kim", "budget": 300}])
say(session.execute(select(Boss.id, Boss.kind, Boss.name, Boss.budget, Boss.rank).order_by(Boss.id)).all())

step("RETURNING")
rows = session.execute(insert(Person).returning(Person.id, Person.name, Person.rank, sort_by_parameter_order=True), [
    {"id": 30, "name": "lea"}, {"id": 31, "name": "moe"}])
say(rows.all())
objects = session.scalars(insert(Person).returning(Person, sort_by_parameter_order=True), [
    {"id": 33, "name": "ned"}, {"id": 32, "name": "ona"}]).all()
say([(o.id, o.name) for o in objects], all(o in session for o in objects), inspect(objects[0]).persistent)
bosses = session.scalars(insert(Boss).returning(Boss, sort_by_parameter_order=True), [
    {"id": 34, "name": "pam", "budget": 1}]).all()
say([(b.id, b.kind, b.name, b.budget) for b in bosses])

step("expressions")
session.execute(insert(Person).values(rank=func.length("seven77")), [{"id": 40, "name": "ray"}, {"id": 41, "name": "sue"}])
session.execute(insert(Person).values([{"id": 42, "name": "tim"}, {"id": 43, "name": func.upper("ula")}]))
session.execute(insert(Person).values(id=44, name="val"))
session.execute(insert(Person).from_select([Person.name, "rank"], select(Pet.name, Pet.id)))
say(session.execute(select(Person.id, Person.kind, Person.name, Person.rank).where(Person.id >= 40).order_by(Person.id)).all())

step("UPDATE by key")
ann = session.get(Person, 1)
forget()
session.execute(update(Person), [{"id": 1, "name": "ANN"}, {"id": 2, "name": "BOB", "email": None}])
sql()
say(ann.name, ann.rank, session.get(Person, 2).email)
session.execute(update(Boss), [{"id": 20, "name": "IDA", "budget": 111}, {"id": 21, "budget": 222}])
sql()
say(session.execute(select(Boss.name, Boss.budget).where(Boss.id.in_([20, 21])).order_by(Boss.id)).all())
error(lambda: session.execute(update(Person), [{"name": "no key"}]))
error(lambda: session.execute(update(Person).where(Person.id == 1), [{"id": 1, "name": "criteria"}]))
say(session.in_transaction())
error(lambda: session.execute(update(Person), [{"id": 999, "name": "nobody"}]))
say(session.is_active)

step("UPDATE by criteria with parameters")
forget()
session.connection().execute(update(Person).where(Person.name == bindparam("old")).values(name=bindparam("new")), [
    {"old": "cyd", "new": "CYD"}, {"old": "dan", "new": "DAN"}])
session.execute(update(Person).where(Person.id == 6).values({Person.name: "FAY", "email": "f@x"}))
sql()
say(session.execute(select(Person.name, Person.rank).where(Person.id.in_([3, 4, 6])).order_by(Person.id)).all())

step("errors")
with session.begin_nested() as nested:
    error(lambda: session.execute(insert(Pet), [{"id": 1, "name": "rex"}, {"id": 2, "name": None}]))
    nested.rollback()
error(lambda: session.execute(insert(Pet), [{"id": 1, "name": "rex", "colour": "red"}]))
error(lambda: session.execute(insert(Pet).values(colour="red")))
say(session.scalar(select(func.count()).select_from(Pet)))
session.rollback()
people()
