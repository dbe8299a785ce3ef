# Weather stations in two databases: choosers, queries over both, identity tokens, relationships, moves.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select, func, update, delete
from sqlalchemy.ext.horizontal_shard import ShardedSession, set_shard_id
from sqlalchemy.orm import declarative_base, relationship, selectinload, sessionmaker

Base = declarative_base()


class City(Base):
    __tablename__ = "city"
    id = Column(Integer, primary_key=True, autoincrement=False)
    name = Column(String(20))
    side = Column(String(10), nullable=False)
    people = relationship("Person", back_populates="city", order_by="Person.id")


class Person(Base):
    __tablename__ = "person"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    city_id = Column(ForeignKey("city.id"))
    city = relationship("City", back_populates="people")


west, east = engine(), engine("sqlite://")
for e in (west, east):
    Base.metadata.create_all(e)


def shard_chooser(mapper, instance, clause=None):
    if isinstance(instance, City):
        return instance.side
    if isinstance(instance, Person):
        return instance.city.side
    return "west"


def identity_chooser(mapper, primary_key, *, lazy_loaded_from, execution_options, bind_arguments, **kw):
    if lazy_loaded_from is not None:
        return [lazy_loaded_from.identity_token]
    return ["west", "east"]


def execute_chooser(context):
    chosen = context.execution_options.get("side")
    return [chosen] if chosen else ["west", "east"]


Factory = sessionmaker(class_=ShardedSession, shards={"west": west, "east": east}, shard_chooser=shard_chooser,
                       identity_chooser=identity_chooser, execute_chooser=execute_chooser)
forget()
s = Factory()
step("store")
rome = City(id=1, name="rome", side="west", people=[Person(name="r1"), Person(name="r2")])
kyoto = City(id=2, name="kyoto", side="east", people=[Person(name="k1")])
s.add_all([rome, kyoto])
s.commit()
say(sa.inspect(rome).identity_token, sa.inspect(kyoto).identity_token, sa.inspect(kyoto.people[0]).identity_token)
say(sa.inspect(kyoto).key[2], sa.inspect(kyoto).identity)
step("query both")
s.expunge_all()
say(sorted(c.name for c in s.scalars(select(City))))
say(sorted((c.side, n) for c, n in s.execute(select(City, func.length(City.name)))))
say(s.execute(select(func.count(Person.id))).scalars().all())
step("query one")
say([c.name for c in s.scalars(select(City).execution_options(side="east"))])
say([c.name for c in s.scalars(select(City), execution_options={"side": "west"})])
say([c.name for c in s.scalars(select(City).options(set_shard_id("east")))])
say([c.name for c in s.scalars(select(City), bind_arguments={"shard_id": "west"})])
step("get")
s.expunge_all()
say(s.get(City, 2).name, s.get(City, 1).name, s.get(City, 9))
say(s.get(City, 2, identity_token="west"), s.get(City, 2, identity_token="east").name)
step("the same key twice")
a = s.get(Person, 1, identity_token="west")
b = s.get(Person, 1, identity_token="east")
say(a.name, b.name, a is b, sorted(sa.inspect(x).key[2] for x in (a, b)))
step("lazy loads stay on their side")
s.expunge_all()
for c in sorted(s.scalars(select(City)), key=lambda c: c.id):
    say(c.name, [p.name for p in c.people])
say(s.get(Person, 1, identity_token="east").city.name)
step("eager loads")
s.expunge_all()
for c in sorted(s.scalars(select(City).options(selectinload(City.people))), key=lambda c: c.id):
    say(c.name, [p.name for p in c.people])
step("update, refresh, delete")
kyoto = s.get(City, 2)
kyoto.name = "nara"
kyoto.people.append(Person(name="k2"))
s.commit()
say(kyoto.name, [p.name for p in kyoto.people])
s.delete(kyoto.people[0])
s.flush()
s.refresh(kyoto)
say([p.name for p in kyoto.people])
step("bulk")
r = s.execute(update(Person).where(Person.name.like("%1")).values(name="one").execution_options(
    synchronize_session=False))
say(r.rowcount)
say(s.execute(delete(Person).where(Person.name == "k2")).rowcount)
s.rollback()
step("choosers that fail")
refused(lambda: s.scalars(select(City), bind_arguments={"shard_id": "north"}).all())
s.add(City(id=5, name="x", side="south"))
refused(s.flush)
s.rollback()
say(sorted(c.name for c in s.scalars(select(City))))
step("end")
s.close()
