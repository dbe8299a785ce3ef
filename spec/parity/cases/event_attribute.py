"""Attribute events: set, append, remove, bulk_replace, modified, init_scalar; retval, named, propagate, active_history."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect
from sqlalchemy.orm import Session, attribute_keyed_dict, attributes, declarative_base, relationship, validates

Base = declarative_base()


class Owner(Base):
    __tablename__ = "owner"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    email = Column(String(50))
    level = Column(Integer)
    kind = Column(String(10))
    pets = relationship("Pet", back_populates="owner", order_by="Pet.id")
    tags = relationship("Tag", collection_class=attribute_keyed_dict("word"), cascade="all, delete-orphan")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "owner"}


class Club(Owner):
    __mapper_args__ = {"polymorphic_identity": "club"}


class Pet(Base):
    __tablename__ = "pet"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    owner_id = Column(ForeignKey("owner.id"))
    owner = relationship("Owner", back_populates="pets")


class Tag(Base):
    __tablename__ = "tag"
    id = Column(Integer, primary_key=True)
    word = Column(String(20))
    owner_id = Column(ForeignKey("owner.id"))

    @validates("word")
    def check(self, key, value):
        say("validate", key, value)
        if value == "bad":
            raise Exception("bad word")
        return value.lower()



def v(value):
    if value is attributes.NO_VALUE:
        return "NO_VALUE"
    return "%s:%s" % (type(value).__name__, value.name) if isinstance(value, (Owner, Pet)) else value


def key_of(kw):
    return kw["key"] if isinstance(kw["key"], str) else "-"


e = engine()
Base.metadata.create_all(e)
forget()
step("set")
event.listen(Owner.name, "set", lambda t, value, old, i: say("set name", v(value), v(old), i.key))
o = Owner()
o.name = "a"
o.name = "b"
o.name = None
c = Club()
c.name = "no propagation"
step("propagate, retval")
event.listen(Owner.email, "set", lambda t, value, old, i: value.strip().lower(), retval=True, propagate=True)
event.listen(Owner.email, "set", lambda t, value, old, i: say("second sees", value), propagate=True)
c.email = "  Ann@X.ORG "
o.email = "BOB@x.org"
say(c.email, o.email)
step("named")
event.listen(Owner.level, "set", lambda **kw: say(sorted(kw), kw["value"], v(kw["oldvalue"])), named=True)
o.level = 4
step("active_history")
session = Session(e)
session.add(o)
session.commit()
forget()
o.level = 5
sql()
event.listen(Owner.kind, "set", lambda t, value, old, i: say("kind", v(value), v(old)), active_history=True)
session.expire(o)
o.kind = "owner"
sql()
session.rollback()
step("collections")
event.listen(Owner.pets, "append", lambda t, value, i: say("append", v(value)))
event.listen(Owner.pets, "remove", lambda t, value, i: say("remove", v(value)))
event.listen(Owner.pets, "bulk_replace", lambda t, values, i: say("bulk_replace", [v(x) for x in values]))
event.listen(Pet.owner, "set", lambda t, value, old, i: say("owner", t.name, v(value), v(old)))
o = Owner(name="o")
p, q, r = Pet(name="p"), Pet(name="q"), Pet(name="r")
o.pets.append(p)
q.owner = o
o.pets.insert(0, r)
say([x.name for x in o.pets])
o.pets = [q, Pet(name="s")]
say([x.name for x in o.pets], v(p.owner))
o.pets.remove(q)
o.pets.pop()
o.pets.extend([p, r])
p.owner = None
say([x.name for x in o.pets])
del o.pets
say(len(o.pets), v(r.owner))
step("retval of append")


def replace(target, value, initiator):
    if value.name == "copy":
        return Pet(name="original")
    return value


event.listen(Owner.pets, "append", replace, retval=True)
o.pets.append(Pet(name="copy"))
say([x.name for x in o.pets])
event.remove(Owner.pets, "append", replace)
o.pets.append(Pet(name="copy"))
say([x.name for x in o.pets])
step("keyed collection")
event.listen(Owner.tags, "append", lambda t, value, i, **kw: say("tag +", value.word, key_of(kw)), include_key=True)
event.listen(Owner.tags, "remove", lambda t, value, i, **kw: say("tag -", value.word, key_of(kw)), include_key=True)
red = Tag(word="RED")
o.tags["red"] = red
o.tags["red"] = Tag(word="red")
o.tags = {"blue": Tag(word="Blue")}
say(sorted(o.tags))
error(lambda: Tag(word="bad"))
error(lambda: o.tags.__setitem__("x", Tag(word="y")) or say(sorted(o.tags)))
del o.tags["blue"]
step("modified, flag, init_scalar")
event.listen(Owner.name, "modified", lambda t, i: say("modified", i.key))
attributes.flag_modified(session.merge(Owner(id=1, name="m")), "name")


@event.listens_for(Owner.level, "init_scalar", retval=True)
def level(target, value, dict_):
    say("init_scalar", v(value))
    dict_["level"] = 42
    return 42


x = Owner()
say(x.level, x.level, inspect(x).attrs.level.history)
step("init_collection")


@event.listens_for(Owner.pets, "init_collection")
def made(target, collection, adapter):
    say("init_collection", len(collection))


@event.listens_for(Owner.pets, "dispose_collection")
def gone(target, collection, adapter):
    say("dispose_collection", len(collection))


y = Owner()
say(len(y.pets))
y.pets = [Pet(name="z")]
sql()
