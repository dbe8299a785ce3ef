"""A query cache as an application writes it: an option on the statement, frozen results, merged into the session."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, func, inspect, select
from sqlalchemy.orm import declarative_base, joinedload, loading, relationship, selectinload, sessionmaker
from sqlalchemy.orm.interfaces import UserDefinedOption

Base = declarative_base()


class FromCache(UserDefinedOption):
    propagate_to_loaders = False

    def __init__(self, region, key=None, ignore=False):
        self.region, self.key, self.ignore = region, key, ignore


class RelationshipCache(FromCache):
    propagate_to_loaders = True

    def __init__(self, attribute, region):
        super().__init__(region)
        self.relationship_key = attribute.property.key
        self.class_ = attribute.property.parent.class_


class Cache:
    def __init__(self):
        self.regions, self.hits, self.misses = {}, 0, 0

    def listen_on_session(self, factory):
        event.listen(factory, "do_orm_execute", self.execute)

    def execute(self, state):
        say("  ?", state.is_select, state.is_relationship_load, state.is_column_load,
            [type(x).__name__ for x in state.user_defined_options])
        for option in state.user_defined_options:
            if isinstance(option, RelationshipCache):
                path = state.loader_strategy_path
                if not state.is_relationship_load or path[-1].key != option.relationship_key:
                    continue
            elif not isinstance(option, FromCache):
                continue
            region = self.regions.setdefault(option.region, {})
            compiled = state.statement.compile()
            params = {**compiled.params, **(state.parameters or {})}
            key = option.key or (str(compiled), tuple(sorted((k, str(v)) for k, v in params.items())))
            if key not in region or option.ignore:
                self.misses += 1
                region[key] = state.invoke_statement().freeze()
            else:
                self.hits += 1
            return loading.merge_frozen_result(state.session, state.statement, region[key], load=False)()

    def told(self):
        say(self.hits, self.misses, {k: len(v) for k, v in self.regions.items()})
        self.hits = self.misses = 0


class Person(Base):
    __tablename__ = "person"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    addresses = relationship("Address", back_populates="person", order_by="Address.id")


class Address(Base):
    __tablename__ = "address"
    id = Column(Integer, primary_key=True)
    street = Column(String(20))
    person_id = Column(ForeignKey("person.id"))
    city_id = Column(ForeignKey("city.id"))
    person = relationship(Person, back_populates="addresses")
    city = relationship("City")


class City(Base):
    __tablename__ = "city"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


e = engine()
Base.metadata.create_all(e)
cache = Cache()
Maker = sessionmaker(e)
with Maker.begin() as s:
    rome, oslo = City(name="rome"), City(name="oslo")
    s.add_all([Person(name="p%s" % i, addresses=[Address(street="s%s" % i, city=rome if i % 2 else oslo)])
               for i in range(4)])
cache.listen_on_session(Maker)
forget()
step("twice the same")
q = select(Person).where(Person.name.between("p0", "p2")).order_by(Person.id).options(FromCache("default"))
for _ in (1, 2):
    with Maker() as s:
        people = s.scalars(q).all()
        say([p.name for p in people], [inspect(p).persistent for p in people], people[0] in s)
        sql()
cache.told()
step("other parameters are another key")
with Maker() as s:
    say([p.name for p in s.scalars(select(Person).where(Person.name.between("p1", "p2")).order_by(Person.id)
                                   .options(FromCache("default")))])
cache.told()
step("columns and counts")
for _ in (1, 2):
    with Maker() as s:
        say(s.execute(select(Person.name, func.count(Address.id)).join(Person.addresses).group_by(Person.name)
                      .order_by(Person.name).options(FromCache("counts"))).all())
cache.told()
step("stale until told")
with Maker.begin() as s:
    s.get(Person, 1).name = "p0!"
with Maker() as s:
    say([p.name for p in s.scalars(q)])
with Maker() as s:
    say([p.name for p in s.scalars(q.options(FromCache("default", ignore=True)))])
cache.told()
cache.regions["default"].clear()
with Maker() as s:
    say([p.name for p in s.scalars(q)])
step("a lazy load of cached objects")
with Maker() as s:
    p = s.scalars(q).first()
    say([a.street for a in p.addresses])
step("an object that is there already")
with Maker() as s:
    p = s.get(Person, 2)
    p.name = "changed"
    got = s.scalars(q).all()
    say([x.name for x in got], got[0] is p or got[-1] is p, p in s.dirty)
step("a cached relationship")
cities = RelationshipCache(Address.city, "cities")
for _ in (1, 2):
    with Maker() as s:
        for a in s.scalars(select(Address).order_by(Address.id).options(cities)):
            say(a.street, a.city.name)
        cache.told()
step("eager loads come along")
eager = select(Person).order_by(Person.id).limit(2).options(
    selectinload(Person.addresses).joinedload(Address.city), FromCache("eager"))
for _ in (1, 2):
    with Maker() as s:
        say([(p.name, [(a.street, a.city.name) for a in p.addresses]) for p in s.scalars(eager)])
        sql()
cache.told()
step("a frozen result by hand")
with Maker() as s:
    frozen = s.execute(select(Person).order_by(Person.id)).freeze()
    say(len(frozen.data), [p.name for p in frozen().scalars()][:2], [p.name for p in frozen().scalars()][:1])
with Maker() as s:
    merged = loading.merge_frozen_result(s, select(Person), frozen)
    say([p.name for p in merged().scalars()], len(s.identity_map))
sql()
