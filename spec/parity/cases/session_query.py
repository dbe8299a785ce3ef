"""The legacy Query: getters, joins, unions, subqueries, update, delete, locks, and what it refuses."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, and_, desc, func, or_, text
from sqlalchemy.orm import Session, aliased, contains_eager, declarative_base, joinedload, relationship

Base = declarative_base()


class City(Base):
    __tablename__ = "city"
    id = Column(Integer, primary_key=True)
    name = Column(String(50))
    people = relationship("Person", back_populates="city", order_by="Person.id")


class Person(Base):
    __tablename__ = "person"
    id = Column(Integer, primary_key=True)
    name = Column(String(50))
    age = Column(Integer)
    city_id = Column(ForeignKey("city.id"))
    city = relationship("City", back_populates="people")


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
rome, oslo = City(id=1, name="rome"), City(id=2, name="oslo")
session.add_all([rome, oslo, City(id=3, name="void")])
ages = [("ann", 30, 1), ("bob", 20, 1), ("cid", 40, 2), ("dee", None, None)]
session.add_all([Person(id=i + 1, name=n, age=a, city_id=c) for i, (n, a, c) in enumerate(ages)])
session.commit()
query = session.query

step("getters")
say(query(Person).get(2).name, query(Person).get(9), query(Person).count(), query(Person).filter_by(name="ann").one().age)
say(query(Person).order_by(Person.id).first().name, query(Person).filter(Person.id > 9).first())
say(query(Person.name).filter(Person.id == 3).scalar(), query(Person.name).filter_by(id=77).scalar())
say(query(Person).filter_by(id=77).one_or_none())
error(query(Person).one)
error(query(Person).filter_by(id=77).one)
error(query(Person.name).scalar)
error(query(Person).one_or_none)
say([p.name for p in query(Person).order_by(desc(Person.id))], query(Person.id, Person.name).order_by(Person.id)[1:3])
say(query(Person.name).order_by(Person.id).limit(2).offset(1).all(), query(Person.name).order_by(Person.id).slice(0, 2).all())
say(query(query(Person).filter(Person.age > 35).exists()).scalar(), query(Person.city_id).distinct().order_by(Person.city_id).all())

step("filters and grouping")
q = query(City.name, func.count(Person.id).label("n")).outerjoin(City.people).group_by(City.name).order_by("n", City.name)
say(q.all())
say(q.having(func.count(Person.id) > 0).all())
say(query(Person.name).filter(or_(Person.age < 25, Person.age.is_(None))).order_by(Person.name).all())
say(query(Person.name).join(Person.city).filter(City.name == "rome").order_by(Person.id).all())
say(query(Person.name).join(City, and_(City.id == Person.city_id, City.name != "rome")).all())
say(query(Person.name).filter(Person.city.has(name="oslo")).all(), query(City.name).filter(City.people.any(Person.age < 25)).all())
other = aliased(Person)
say(query(Person.name, other.name).join(other, Person.id < other.id).filter(other.id == 2).all())
say(query(Person).with_entities(Person.age).filter_by(city_id=1).order_by(Person.age).all())
say(query(Person.name).add_columns(Person.age).filter(text("age > :n")).params(n=25).order_by(Person.id).all())
say(query(City).filter_by(name="rome").join(City.people).filter_by(name="bob").count())
say(query(Person.name).select_from(City).join(City.people).order_by(Person.id).limit(1).all())
sub = query(Person.city_id, func.max(Person.age).label("oldest")).group_by(Person.city_id).subquery()
say(query(City.name, sub.c.oldest).join(sub, sub.c.city_id == City.id).order_by(City.id).all())
old = query(Person).filter(Person.age > 25).cte("old")
say(query(old.c.name).order_by(old.c.id).all())
say(query(Person.name, query(func.count(City.id)).scalar_subquery().label("cities")).filter(Person.id == 1).all())

step("unions")
q1, q2 = query(Person).filter(Person.id < 3), query(Person).filter(Person.id.in_([2, 3]))
say([p.name for p in q1.union(q2).order_by(Person.id)])
say([p.id for p in q1.union_all(q2).order_by(Person.name)])
say([p.name for p in q1.intersect(q2)], [p.name for p in q1.except_(q2)])

step("loading")
session.expunge_all()
c = query(City).options(joinedload(City.people)).order_by(City.id).first()
say([p.name for p in c.people])
q = query(City).join(City.people).options(contains_eager(City.people)).filter(Person.age > 25).populate_existing()
say([(c.name, [p.name for p in c.people]) for c in q.order_by(City.id)])
say(query(Person).from_statement(text("select * from person where id = :i")).params(i=3).one().name)
say([x.name for x in query(Person).order_by(Person.id).yield_per(2)])
query(Person).filter_by(id=1).with_for_update().all()
query(Person).filter_by(id=1).with_for_update(read=True, nowait=True).all()
say([d["name"] for d in query(Person, City.name.label("where")).column_descriptions])
sql()

step("update and delete")
p = query(Person).get(1)
say(query(Person).filter(Person.age < 35).update({"age": Person.age + 1}), p.age)
say(query(Person).filter(Person.id == 1).update({Person.name: "ANN"}, synchronize_session="fetch"), p.name)
say(query(Person).filter(Person.id == 1).update({"name": "an"}, synchronize_session=False), p.name)
say(query(Person).filter(Person.name == "dee").delete(), query(Person).filter_by(city_id=2).delete(synchronize_session="fetch"))
say(query(Person).count())
session.rollback()
say(p.name, p.age)

step("refusals")
error(lambda: query(Person).limit(1).filter(Person.id == 1))
error(lambda: query(Person).limit(1).update({"age": 1}))
error(lambda: query(Person).join(City.people).delete())
error(lambda: query(Person).filter_by(nothing=1))
error(lambda: query("person"))
error(lambda: query(Person).get((1, 2)))
error(lambda: query(Person).filter(Person.id == 1).get(1))
say(str(query(Person.id).filter(Person.id == 1).statement))
sql()
