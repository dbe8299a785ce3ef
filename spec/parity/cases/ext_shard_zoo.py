# Shards with a hierarchy: polymorphic loads, many-to-many, merges, events, transactions over both databases.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select, func, update
from sqlalchemy.ext.horizontal_shard import ShardedSession
from sqlalchemy.orm import declarative_base, relationship, selectinload, joinedload, subqueryload

Base = declarative_base()


class Animal(Base):
    __tablename__ = "animal"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    name = Column(String(20))
    region = Column(String(10))
    foods = relationship("Food", order_by="Food.id")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}


class Bird(Animal):
    __tablename__ = "bird"
    id = Column(ForeignKey("animal.id"), primary_key=True)
    wing = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "bird"}


class Food(Base):
    __tablename__ = "food"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    region = Column(String(10))
    animal_id = Column(ForeignKey("animal.id"))


one, two = engine(), engine("sqlite://")
for e in (one, two):
    Base.metadata.create_all(e)
asked = []


def shard_chooser(mapper, instance, clause=None):
    asked.append("shard %s" % (type(instance).__name__ if instance is not None else None))
    return instance.region if instance is not None else "one"


def identity_chooser(mapper, primary_key, *, lazy_loaded_from, execution_options, bind_arguments, **kw):
    asked.append("identity %s %s %s" % (mapper.class_.__name__, list(primary_key), lazy_loaded_from is not None))
    return [lazy_loaded_from.identity_token] if lazy_loaded_from else ["one", "two"]


def execute_chooser(context):
    load = context.is_relationship_load or context.is_column_load
    asked.append("execute %s %s" % ("select" if context.is_select else "change", load))
    if context.lazy_loaded_from if context.is_select else None:
        return [context.lazy_loaded_from.identity_token]
    return ["one", "two"]


def told():
    say(asked)
    asked.clear()


s = ShardedSession(shards={"one": one, "two": two}, shard_chooser=shard_chooser, identity_chooser=identity_chooser,
                   execute_chooser=execute_chooser)
forget()
step("store")
s.add_all([Bird(name="owl", wing=9, region="one", foods=[Food(name="seed", region="one")]), Bird(name="gull", wing=7, region="two", foods=[Food(name="fish", region="two")]),
           Animal(name="seal", region="two")])
s.commit()
told()
step("load all")
s.expunge_all()
found = sorted(s.scalars(select(Animal)), key=lambda a: a.name)
say([(a.name, type(a).__name__, sa.inspect(a).identity_token) for a in found])
told()
say([[f.name for f in a.foods] for a in found])
told()
step("eager")
for option in (selectinload, joinedload, subqueryload):
    s.expunge_all()
    rows = s.scalars(select(Bird).options(option(Bird.foods))).unique().all()
    say(sorted((b.name, [f.name for f in b.foods]) for b in rows))
    told()
    sql()
step("get")
s.expunge_all()
say(s.get(Animal, 2).name)
told()
say(s.get(Animal, 2).name)
told()
say(s.get(Bird, 2))
told()
step("change and refresh")
gull = s.scalars(select(Bird).where(Bird.name == "gull")).one()
gull.wing = 8
gull.foods.append(Food(name="crab", region="two"))
s.commit()
asked.clear()
say(gull.wing, [f.name for f in gull.foods])
told()
s.refresh(gull)
told()
step("merge")
s.expunge_all()
asked.clear()
loose = Bird(id=1, name="eagle", wing=20)
error(lambda: s.merge(loose))
told()
step("bulk")
asked.clear()
s.execute(update(Animal).where(Animal.region == "two").values(name=Animal.name + "2"), execution_options={
    "synchronize_session": False})
told()
say(sorted(s.scalars(select(Animal.name))))
say(sorted(s.execute(select(func.count(Animal.id))).scalars()))
s.rollback()
step("one session, two transactions")
say(s.in_transaction())
s.add(Animal(name="new", region="two"))
s.flush()
s.rollback()
say(sorted(s.scalars(select(Animal.name))))
step("end")
s.close()
