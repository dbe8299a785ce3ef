"""Histories, inspect(), flag_modified, make_transient, set_committed_value and loading without a session."""
from parity import *
from sqlalchemy import JSON, Column, ForeignKey, Integer, String, inspect, select
from sqlalchemy.orm import Session, declarative_base, make_transient, make_transient_to_detached, relationship
from sqlalchemy.orm.attributes import (
    flag_dirty, flag_modified, get_history, set_attribute, set_committed_value)

Base = declarative_base()


class Owner(Base):
    __tablename__ = "owner"
    id = Column(Integer, primary_key=True)
    name = Column(String(50))
    code = Column(String(50))
    prefs = Column(JSON)
    pets = relationship("Pet", back_populates="owner", order_by="Pet.id")


class Pet(Base):
    __tablename__ = "pet"
    id = Column(Integer, primary_key=True)
    name = Column(String(50))
    owner_id = Column(ForeignKey("owner.id"))
    owner = relationship("Owner", back_populates="pets")


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)


def names(h):
    return [[x.name for x in part or ()] for part in h]


step("scalars")
o = Owner(name="a")
i = inspect(o)
say(i.attrs.name.history, i.attrs.code.history, i.attrs.name.value, i.attrs.name.loaded_value, i.attrs.name.state is i)
say(i.attrs.name.history.has_changes(), i.attrs.name.history.empty(), i.attrs.code.history.empty(), i.attrs.name.key)
session.add(o)
session.flush()
say(i.attrs.name.history, i.attrs.code.history)
o.name = "b"
o.code = None
say(i.attrs.name.history, i.attrs.code.history, i.modified, session.is_modified(o))
o.name = "a"
say(i.attrs.name.history, i.modified, session.is_modified(o), o in session.dirty)
say(i.attrs.name.history.sum(), i.attrs.name.history.non_added(), i.attrs.name.history.non_deleted())
session.commit()
say(get_history(o, "name"), sorted(i.unloaded))
o.name = "c"
say(i.attrs.name.history)
session.expire(o)
o.name = "unloaded"
say(i.attrs.name.history, i.attrs.name.load_history())
session.flush()
o.name = "c"

step("collections")
p1, p2, p3 = Pet(name="p1"), Pet(name="p2"), Pet(name="p3")
o.pets = [p1, p2]
say(names(i.attrs.pets.history), names(inspect(p1).attrs.owner.history) == [["c"], [], []])
session.commit()
say([p.name for p in o.pets])
o.pets.remove(p1)
o.pets.append(p3)
say(names(i.attrs.pets.history), inspect(p1).attrs.owner.history.deleted[0] is o, p1.owner)
o.pets = [p2]
say(names(i.attrs.pets.history), len(session.new))
session.rollback()
session.expire(o)
say(names(i.attrs.pets.load_history()), i.attrs.pets.history.empty())

step("references")
session.expire_all()
p1.owner = None
say(inspect(p1).attrs.owner.history)
session.flush()
say(inspect(p1).attrs.owner.history, p1.owner_id)
session.rollback()
forget()

step("flag_modified and flag_dirty")
o.prefs = {"a": 1}
session.commit()
o.prefs["b"] = 2
say(i.modified, o in session.dirty)
flag_modified(o, "prefs")
say(i.modified, o in session.dirty, session.is_modified(o))
session.commit()
say(o.prefs)
session.expire(o)
error(lambda: flag_modified(o, "name"))
flag_dirty(o)
say(o in session.dirty, session.is_modified(o))
session.flush()
forget()

step("set_committed_value and set_attribute")
say(o.name)
set_committed_value(o, "name", "as loaded")
say(o.name, i.modified, i.attrs.name.history)
set_attribute(o, "name", "as set")
say(i.attrs.name.history)
set_committed_value(o, "pets", [p2])
say([p.name for p in o.pets], names(i.attrs.pets.history))
session.rollback()

step("inspect")
say(i.identity, i.identity_key[1], i.has_identity, i.persistent, i.session is session, i.object is o, i.mapper is inspect(Owner))
say(sorted(i.attrs.keys()), "name" in i.dict, "code" in i.dict, i.is_instance, inspect(Owner).is_mapper)
say([c.key for c in inspect(Owner).column_attrs], [r.key for r in inspect(Owner).relationships])
say(inspect(Owner).primary_key[0].name, inspect(Owner).primary_key_from_instance(o), inspect(Owner).get_property("pets").key)

step("make_transient")
p = session.get(Pet, 2)
session.expunge(p)
make_transient(p)
say(inspect(p).transient, p.id, p.name, inspect(p).key)
p.id = None
session.add(p)
session.commit()
say(p.id, session.scalars(select(Pet.name).order_by(Pet.id)).all())
m = Pet(id=1)
make_transient_to_detached(m)
say(inspect(m).detached, sorted(inspect(m).unloaded), inspect(m).key[1])
session.expunge_all()
session.add(m)
say(m.name, inspect(m).persistent)
error(lambda: make_transient_to_detached(m))

step("enable_relationship_loading")
t = Pet(owner_id=1)
say(t.owner)
t = Pet(owner_id=1)
session.enable_relationship_loading(t)
say(t.owner.name, t in session, inspect(t).session is session)
session.close()
sql()
