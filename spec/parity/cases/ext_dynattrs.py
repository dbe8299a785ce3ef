"""Attributes that look like other things: a dict over a dynamic relationship, typed values, keys by a function."""
import operator

from parity import *
from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, and_, case, cast, event, inspect, null, select
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.ext.hybrid import Comparator, hybrid_property
from sqlalchemy.orm import Session, attribute_keyed_dict, declarative_base, keyfunc_mapping, relationship

Base = declarative_base()
seen = []


class ProxyDict:
    def __init__(self, parent, collection_name, child_class, key_name):
        self.parent, self.collection_name = parent, collection_name
        self.child_class, self.key_name = child_class, key_name

    @property
    def collection(self):
        return getattr(self.parent, self.collection_name)

    def keys(self):
        attr = getattr(self.child_class, self.key_name)
        return [x[0] for x in self.collection.with_entities(attr).order_by(attr)]

    def get(self, key):
        return self.collection.filter_by(**{self.key_name: key}).first()

    def set(self, key, value):
        existing = self.get(key)
        if existing is not None:
            self.collection.remove(existing)
        setattr(value, self.key_name, key)
        self.collection.append(value)


class Parent(Base):
    __tablename__ = "parent"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    _children = relationship("Child", lazy="dynamic", cascade="all, delete-orphan")

    @property
    def children(self):
        return ProxyDict(self, "_children", Child, "key")


class Child(Base):
    __tablename__ = "child"
    id = Column(Integer, primary_key=True)
    key = Column(String(20))
    parent_id = Column(ForeignKey("parent.id"))


class Fact(Base):
    __tablename__ = "fact"
    animal_id = Column(ForeignKey("animal.id"), primary_key=True)
    key = Column(String(20), primary_key=True)
    type = Column(String(10))
    int_value = Column(Integer, info={"type": (int, "integer")})
    char_value = Column(String(30), info={"type": (str, "string")})
    bool_value = Column(Boolean, info={"type": (bool, "boolean")})
    type_map = {}

    def __init__(self, key, value=None):
        self.key = key
        self.value = value

    @hybrid_property
    def value(self):
        return getattr(self, self.type_map[self.type]) if self.type else None

    @value.inplace.setter
    def _set(self, value):
        kind = {int: "integer", str: "string", bool: "boolean"}.get(type(value))
        for name, field in self.type_map.items():
            setattr(self, field, value if name == kind else None)
        self.type = kind

    @value.inplace.comparator
    class Compare(Comparator):
        def __init__(self, cls):
            self.cls = cls

        def _case(self):
            whens = [(self.cls.type == name, cast(getattr(self.cls, field), String))
                     for name, field in sorted(self.cls.type_map.items())]
            return case(*whens, else_=null())

        def __eq__(self, other):
            return self._case() == cast(other, String)

        def __ne__(self, other):
            return self._case() != cast(other, String)


for prop in inspect(Fact).column_attrs:
    if "type" in prop.columns[0].info:
        Fact.type_map[prop.columns[0].info["type"][1]] = prop.key


class Animal(Base):
    __tablename__ = "animal"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    facts = relationship(Fact, collection_class=attribute_keyed_dict("key"), cascade="all, delete-orphan")
    traits = association_proxy("facts", "value", creator=lambda key, value: Fact(key=key, value=value))

    @classmethod
    def with_trait(cls, key, value):
        return cls.facts.any(and_(Fact.key == key, Fact.value == value))


class Measure(Base):
    __tablename__ = "measure"
    id = Column(Integer, primary_key=True)
    station_id = Column(ForeignKey("station.id"))
    year = Column(Integer)
    month = Column(Integer)
    value = Column(Integer)


class Station(Base):
    __tablename__ = "station"
    id = Column(Integer, primary_key=True)
    measures = relationship(Measure, collection_class=keyfunc_mapping(lambda m: m.year * 100 + m.month),
                            cascade="all, delete-orphan")


def follow(cls, key, what):
    @event.listens_for(getattr(cls, key), what)
    def heard(target, value, *rest):
        shown = value if isinstance(value, str) else type(value).__name__
        seen.append("%s %s.%s %s" % (what, type(target).__name__, key, shown))


for cls in (Parent, Animal, Station):
    for attr in inspect(cls).attrs:
        for what in ("set", "append", "remove"):
            if (what == "set") == isinstance(attr, sa.orm.ColumnProperty):
                follow(cls, attr.key, what)


def told():
    say(sorted(seen))
    seen.clear()


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("a dict over a dynamic relationship")
p = Parent(name="p1")
s.add(p)
p._children.append(Child(key="k0"))
p.children.set("k1", Child())
p.children.set("k2", Child())
say(p.children.keys(), p.children.get("k1").key, p.children.get("zz"))
old = p.children.get("k2")
p.children.set("k2", Child())
say(inspect(old).session is s, old in s.deleted, p._children.count())
s.commit()
say(inspect(old).transient, [c.key for c in p._children.order_by(Child.key.desc())], p._children[0].key)
told()
step("typed vertical values")
cat, dog = Animal(name="cat"), Animal(name="dog")
cat.traits["color"] = "grey"
cat.traits["legs"] = 4
dog.traits.update({"legs": 3, "tame": True})
s.add_all([cat, dog])
s.commit()
say(sorted(cat.traits.items()), sorted(dog.facts.keys()), dog.facts["legs"].type)
told()
say(s.scalars(select(Animal.name).where(Animal.with_trait("legs", 4))).all(),
    s.scalars(select(Animal.name).where(~Animal.with_trait("color", "grey")).order_by(Animal.name)).all())
say(s.scalars(select(Animal.name).where(Animal.facts.any(Fact.value != "4")).order_by(Animal.name)).all())
cat.traits["legs"] = "four"
say(inspect(cat.facts["legs"]).attrs.int_value.history, cat.facts["legs"].type)
s.commit()
say(cat.traits["legs"], "legs" in cat.traits, cat.traits.get("wings"), cat.traits.setdefault("wings", 0))
say(s.execute(select(Fact.key, Fact.int_value, Fact.char_value, Fact.bool_value)
              .order_by(Fact.animal_id, Fact.key)).all())
step("popped")
say(cat.traits.pop("color"), sorted(cat.traits))
s.commit()
told()
dog.traits = {"legs": 5}
s.commit()
say(dict(dog.traits))
told()
step("keyed by a function")
st = Station(measures={202601: Measure(year=2026, month=1, value=3)})
st.measures[202602] = Measure(year=2026, month=2, value=4)
s.add(st)
s.commit()
say(sorted(st.measures), st.measures[202602].value)
st.measures[202602].month = 3
s.commit()
say(sorted(st.measures), st.measures[202603].value)
told()
try:
    st.measures[1] = Measure(year=2026, month=9)
    say("taken", sorted(st.measures))
except TypeError:
    say("refused")
s.rollback()
s.close()
sql()
