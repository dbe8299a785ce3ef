# Answers from a region: FromCache on statements, keys by parameters, invalidation, objects merged into each session.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select, func
from sqlalchemy.orm import declarative_base, relationship, sessionmaker, selectinload, loading
from sqlalchemy.orm.interfaces import UserDefinedOption

NO_VALUE = object()


class Region:
    def __init__(self):
        self.store = {}

    def get_or_create(self, key, creator):
        if key not in self.store:
            self.store[key] = creator()
        return self.store[key]

    def get(self, key):
        return self.store.get(key, NO_VALUE)

    def set(self, key, value):
        self.store[key] = value

    def delete(self, key):
        self.store.pop(key, None)


class FromCache(UserDefinedOption):
    propagate_to_loaders = False

    def __init__(self, region="default", cache_key=None):
        self.region, self.cache_key = region, cache_key

    def key(self, statement, parameters, cache):
        return statement._generate_cache_key().to_offline_string(cache.keys, statement, parameters) + repr(
            self.cache_key)


class ORMCache:
    def __init__(self, regions):
        self.regions, self.keys = regions, {}

    def listen_on_session(self, factory):
        event.listen(factory, "do_orm_execute", self.answer)

    def answer(self, context):
        for option in context.user_defined_options:
            if isinstance(option, FromCache):
                region = self.regions[option.region]
                frozen = region.get_or_create(option.key(context.statement, context.parameters or {}, self),
                                              lambda: context.invoke_statement().freeze())
                return loading.merge_frozen_result(context.session, context.statement, frozen, load=False)()

    def invalidate(self, statement, parameters, option):
        self.regions[option.region].delete(option.key(statement, parameters, self))


Base = declarative_base()


class Country(Base):
    __tablename__ = "country"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    towns = relationship("Town", back_populates="country", order_by="Town.id")


class Town(Base):
    __tablename__ = "town"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    country_id = Column(ForeignKey("country.id"))
    country = relationship("Country", back_populates="towns")


eng = engine()
Base.metadata.create_all(eng)
Factory = sessionmaker(eng)
region = Region()
cache = ORMCache({"default": region, "rare": Region()})
cache.listen_on_session(Factory)
with Factory() as s:
    s.add_all([Country(name="fr", towns=[Town(name="lyon"), Town(name="nice")]), Country(name="it")])
    s.commit()
forget()
step("first and second time")
q = select(Country).order_by(Country.id).options(FromCache("default"))
for _ in range(2):
    with Factory() as s:
        found = s.scalars(q).all()
        say([c.name for c in found], found[0] in s, sa.inspect(found[0]).persistent)
        sql()
step("other parameters are other answers")
with Factory() as s:
    for name in ("fr", "it", "fr"):
        say(s.scalars(select(Country).where(Country.name == name).options(FromCache("default"))).one().name)
    p = select(Country).where(Country.name == sa.bindparam("n")).options(FromCache("default"))
    say(s.scalars(p, {"n": "fr"}).one().id, s.scalars(p, {"n": "it"}).one().id, s.scalars(p, {"n": "fr"}).one().id)
step("columns and eager loads")
with Factory() as s:
    c = select(Country.name, func.count(Town.id)).outerjoin(Country.towns).group_by(Country.name).order_by(
        Country.name).options(FromCache("rare"))
    say(s.execute(c).all())
    say(s.execute(c).all())
    e = select(Country).options(selectinload(Country.towns), FromCache("rare")).order_by(Country.id)
    say([len(x.towns) for x in s.scalars(e)])
with Factory() as s:
    say([[t.name for t in x.towns] for x in s.scalars(e)])
step("objects already here win")
with Factory() as s:
    fr = s.get(Country, 1)
    say(s.scalars(q).first() is fr, fr.name, fr in s.dirty)
step("invalidation by hand")
cache.invalidate(q, {}, FromCache("default"))
with Factory() as s:
    say([c.name for c in s.scalars(q)])
step("a key of one's own")
k1 = select(Country).where(Country.id == 1).options(FromCache("rare", cache_key="a"))
k2 = select(Country).where(Country.id == 1).options(FromCache("rare", cache_key="b"))
with Factory() as s:
    for k in (k1, k2, k1):
        say(s.scalars(k).one().name)
step("changing what came from the cache")
with Factory() as s:
    it = s.scalars(q).all()[1]
    it.towns.append(Town(name="rome"))
    it.name = "italy"
    s.commit()
    say(it.name, [t.name for t in it.towns])
step("the region itself")
region.set("x", 1)
say(region.get("x"), region.get("y") is NO_VALUE)
region.delete("x")
say(region.get("x") is NO_VALUE)
step("end")
