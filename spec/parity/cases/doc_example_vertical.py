"""The vertical example: facts of several types behind a dictionary, with a comparator that works on CASE."""
from parity import *
from sqlalchemy import (Boolean, Column, ForeignKey, Integer, String, Unicode, UnicodeText, and_, case, cast, event,
                        inspect, literal_column, null, or_, select)
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Session, declarative_base, relationship
from sqlalchemy.orm.collections import attribute_keyed_dict
from sqlalchemy.orm.interfaces import PropComparator

Base = declarative_base()


class AnimalFact(Base):
    __tablename__ = "animal_fact"
    animal_id = Column(ForeignKey("animal.id"), primary_key=True)
    key = Column(Unicode(64), primary_key=True)
    type = Column(Unicode(16))
    int_value = Column(Integer, info={"type": ("int", "integer")})
    char_value = Column(UnicodeText, info={"type": ("str", "string")})
    boolean_value = Column(Boolean, info={"type": ("bool", "boolean")})

    @hybrid_property
    def value(self):
        field = self.type_map[self.type][0]
        return None if field is None else getattr(self, field)

    @value.setter
    def value(self, value):
        field, discriminator = self.type_map[type(value).__name__]
        self.type = discriminator
        if field is not None:
            setattr(self, field, value)

    @value.comparator
    class value(PropComparator):
        def __init__(self, cls):
            self.cls = cls

        def _case(self):
            whens = [
                (literal_column("'%s'" % name), cast(getattr(self.cls, field), String))
                for field, name in sorted(v for k, v in self.cls.type_map.items() if k == v[1] and v[0])
            ]
            return case(*whens, value=self.cls.type, else_=null())

        def __eq__(self, other):
            return self._case() == cast(other, String)

        def __ne__(self, other):
            return self._case() != cast(other, String)


@event.listens_for(AnimalFact, "mapper_configured")
def on_new_class(mapper, cls):
    info = {"NoneType": (None, "none"), "none": (None, "none")}
    for k in mapper.c.keys():
        if "type" in mapper.c[k].info:
            kind, discriminator = mapper.c[k].info["type"]
            info[kind] = info[discriminator] = (k, discriminator)
    cls.type_map = info


class Animal(Base):
    __tablename__ = "animal"
    id = Column(Integer, primary_key=True)
    name = Column(Unicode(100))
    facts = relationship("AnimalFact", collection_class=attribute_keyed_dict("key"), cascade="all, delete-orphan")
    values = association_proxy("facts", "value", creator=lambda key, value: AnimalFact(key=key, value=value))

    @classmethod
    def with_characteristic(cls, key, value):
        return cls.facts.any(key=key, value=value)


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
sa.orm.configure_mappers()
say(AnimalFact.type_map)
step("facts")
stoat = Animal(name="stoat")
stoat.values["color"] = "red"
stoat.values["cuteness"] = 7
stoat.values["weasel-like"] = True
session.add(stoat)
session.commit()
critter = session.query(Animal).filter(Animal.name == "stoat").one()
say(critter.values["color"], critter.values["cuteness"], critter.values["weasel-like"])
say(sorted(critter.values.keys()), "color" in critter.values, len(critter.values))
say(critter.values.get("size"), critter.values.get("size", 3))
step("another type")
critter.values["cuteness"] = "very cute"
say(critter.facts["cuteness"].type, inspect(critter.facts["cuteness"]).attrs.type.history)
session.commit()
fact = critter.facts["cuteness"]
say(fact.type, fact.int_value, fact.char_value, fact.value)
step("more animals")
marten = Animal(name="marten")
marten.values.update({"cuteness": 5, "poisonous": False, "weasel-like": True})
session.add(marten)
shrew = Animal(name="shrew")
shrew.values.update({"cuteness": 5, "poisonous": True, "weasel-like": False})
session.add(shrew)
session.flush()
say(sorted(dict(marten.values).items()))
session.commit()
forget()


def names(q):
    return [a.name for a in q.order_by(Animal.id)]


q = session.query(Animal)
step("weasel-like")
say(names(q.filter(Animal.facts.any(and_(AnimalFact.key == "weasel-like", AnimalFact.value == True)))))
step("weasel-like again")
say(names(q.filter(Animal.with_characteristic("weasel-like", True))))
step("not poisonous")
say(names(q.filter(or_(Animal.with_characteristic("poisonous", False),
                       ~Animal.facts.any(AnimalFact.key == "poisonous")))))
step("a value of 5")
say(names(q.filter(Animal.facts.any(AnimalFact.value == 5))))
say(session.scalars(select(AnimalFact.key).where(AnimalFact.value != "red").order_by(AnimalFact.animal_id, AnimalFact.key)).all())
step("forget a fact")
del marten.values["poisonous"]
say(marten.values.pop("cuteness"), sorted(marten.facts.keys()), session.deleted)
session.commit()
say(sorted(marten.values.items()))
stoat.values = {"color": "brown", "age": 2}
session.flush()
say(sorted(stoat.values.items()))
stoat.values.clear()
session.commit()
say(stoat.values.items(), len(stoat.facts))
session.delete(shrew)
session.commit()
say(session.query(AnimalFact).count())
sql()
