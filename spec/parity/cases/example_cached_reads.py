"""A cache of the dogpile kind before queries: regions, keys, expiry by hand, get_or_create, an option on the statement."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, select
from sqlalchemy.orm import declarative_base, relationship, selectinload, sessionmaker
from sqlalchemy.orm.interfaces import UserDefinedOption

NO_VALUE = object()


class Region:
    """What dogpile.cache has of it, with the memory backend."""

    def __init__(self):
        self.values, self.on = {}, False

    def configure(self, backend, **options):
        self.on = True
        return self

    @property
    def is_configured(self):
        return self.on

    def get(self, key):
        return self.values.get(key, NO_VALUE)

    def get_multi(self, keys):
        return [self.get(k) for k in keys]

    def set(self, key, value):
        self.values[key] = value

    def set_multi(self, mapping):
        self.values.update(mapping)

    def delete(self, key):
        self.values.pop(key, None)

    def delete_multi(self, keys):
        for key in keys:
            self.delete(key)

    def get_or_create(self, key, creator, should_cache_fn=None):
        if key not in self.values:
            made = creator()
            if should_cache_fn and not should_cache_fn(made):
                return made
            self.values[key] = made
        return self.values[key]

    def invalidate(self):
        self.values.clear()


class FromCache(UserDefinedOption):
    propagate_to_loaders = False

    def __init__(self, region, cache_key=None):
        self.region, self.cache_key = region, cache_key


class Cache:
    def __init__(self, regions):
        self.regions = regions

    def listen_on_session(self, factory):
        event.listen(factory, "do_orm_execute", self.run)

    def run(self, state):
        for option in state.user_defined_options:
            if isinstance(option, FromCache):
                key = option.cache_key or str(state.statement) + repr(sorted(state.statement.compile().params.items()))
                frozen = self.regions[option.region].get_or_create(key, lambda: state.invoke_statement().freeze())
                return sa.orm.loading.merge_frozen_result(state.session, state.statement, frozen, load=False)()


Base = declarative_base()


class Town(Base):
    __tablename__ = "towns"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    streets = relationship("Street", order_by="Street.id")


class Street(Base):
    __tablename__ = "streets"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    town_id = Column(ForeignKey("towns.id"))


e = engine()
Base.metadata.create_all(e)
regions = {"default": Region().configure("memory"), "short": Region().configure("memory", expiration_time=3600)}
Maker = sessionmaker(e)
Cache(regions).listen_on_session(Maker)
with Maker() as s:
    s.add_all([Town(name="rome", streets=[Street(name="via"), Street(name="corso")]),
        Town(name="oslo", streets=[Street(name="gate")])])
    s.commit()
forget()
step("a region")
region = regions["default"]
calls = []


def make():
    calls.append(1)
    return {"made": len(calls)}


say(region.is_configured, region.get("k") is NO_VALUE)
say(region.get_or_create("k", make), region.get_or_create("k", make), len(calls))
region.set("s", "text")
region.set_multi({"a": 1, "b": 2})
say(region.get("s"), region.get_multi(["a", "b"]), region.get_multi(["a", "zz"])[1] is NO_VALUE)
region.delete("s")
region.delete_multi(["a"])
say(region.get("s") is NO_VALUE, region.get("a") is NO_VALUE, region.get("b"))
say(region.get_or_create("odd", lambda: 1, should_cache_fn=lambda v: v > 1), region.get("odd") is NO_VALUE)
region.invalidate()
say(region.get("b") is NO_VALUE, region.get_or_create("k", make))
step("a statement")
stmt = select(Town).order_by(Town.id)
cached = stmt.options(FromCache("default"))
for _ in range(3):
    with Maker() as s:
        say([t.name for t in s.scalars(cached)])
step("with and without")
with Maker() as s:
    say([t.name for t in s.scalars(stmt)], s.scalars(cached).first() is s.get(Town, 1))
step("other parameters")
for name in ("rome", "oslo", "rome"):
    with Maker() as s:
        town = s.scalars(select(Town).where(Town.name == name).options(FromCache("default"))).one()
        say(town.name)
step("eager collections, columns, another region")
for _ in range(2):
    with Maker() as s:
        say([[x.name for x in t.streets] for t in s.scalars(stmt.options(selectinload(Town.streets),
            FromCache("short")))])
        say(s.execute(select(Town.id, Town.name).order_by(Town.id).options(FromCache("short", "rows"))).all())
step("stale until invalidated")
with Maker() as s:
    s.connection().exec_driver_sql("UPDATE towns SET name = 'ROMA' WHERE id = 1")
    s.commit()
    say(s.execute(select(Town.id, Town.name).order_by(Town.id).options(FromCache("short", "rows"))).all())
    regions["short"].invalidate()
    say(s.execute(select(Town.id, Town.name).order_by(Town.id).options(FromCache("short", "rows"))).all())
with Maker() as s:
    towns = s.scalars(cached).all()
    say([t.name for t in towns], all(t in s for t in towns))
    s.refresh(towns[0])
    say(towns[0].name)
sql()
