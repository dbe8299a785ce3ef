"""inspect: a class and its mapper, an object and its states, histories, keys, make_transient, flags, mutables."""
from parity import *
from sqlalchemy import JSON, Column, ForeignKey, Integer, String, event, inspect, select
from sqlalchemy.ext.mutable import MutableDict, MutableList
from sqlalchemy.orm import (Session, declarative_base, make_transient, make_transient_to_detached, object_session,
                            relationship)
from sqlalchemy.orm.attributes import flag_dirty, flag_modified, get_history, set_attribute, set_committed_value
from sqlalchemy.orm.util import identity_key, was_deleted

Base = declarative_base()


class Account(Base):
    __tablename__ = "accounts"
    id = Column(Integer, primary_key=True)
    name = Column("login", String(20))
    prefs = Column(MutableDict.as_mutable(JSON))
    trail = Column(MutableList.as_mutable(JSON))
    plain = Column(JSON)
    logins = relationship("Login", back_populates="account", cascade="all, delete-orphan", order_by="Login.id")


class Login(Base):
    __tablename__ = "logins"
    id = Column(Integer, primary_key=True)
    account_id = Column(ForeignKey("accounts.id"))
    place = Column(String(9))
    account = relationship(Account, back_populates="logins")


e = engine()
Base.metadata.create_all(e)
forget()
step("the class")
m = inspect(Account)
say(m is Account.__mapper__, m.class_, m.local_table is Account.__table__, m.is_mapper, m.primary_key[0].name)
say(m.columns.keys(), m.c.name.name, m.attrs.keys(), m.relationships.keys(), m.column_attrs.keys())
say(m.get_property("name").key, m.attrs.logins.mapper.class_, m.get_property_by_column(Account.__table__.c.login).key)
error(lambda: m.get_property("nothing"))
error(lambda: inspect("text"))
say(m.primary_key_from_instance(Account(id=4)), m.identity_key_from_primary_key((4,))[1], m.has_property("prefs"))


def state(obj):
    s = inspect(obj)
    say([n for n in ("transient", "pending", "persistent", "deleted", "detached") if getattr(s, n)], s.identity,
        s.session is not None, s.modified, s.has_identity, s.unloaded, s.expired)


step("states")
session = Session(e)
a = Account(name="ann")
state(a)
session.add(a)
state(a)
session.flush()
state(a)
say(inspect(a).identity_key[1:], inspect(a).key[1], identity_key(instance=a)[1], object_session(a) is session)
session.commit()
state(a)
say(a.name)
state(a)
a.name = "eve"
state(a)
session.delete(a)
state(a)
session.flush()
state(a)
say(was_deleted(a), a in session, object_session(a) is session)
session.commit()
state(a)
make_transient(a)
state(a)
say(a.name, a.id)
a = Account(name="eve", id=a.id)
session.add(a)
session.commit()
say(a.id)
session.expunge(a)
state(a)
make_transient(a)
make_transient_to_detached(a)
state(a)
session.add(a)
say(a.name)
session.rollback()
step("attributes")
a.logins = [Login(place="rome")]
s = inspect(a)
for attr in s.attrs:
    say(attr.key, attr.loaded_value is sa.orm.base.NO_VALUE, attr.history)
say(s.dict.get("name"), s.mapper.class_, s.object is a, s.obj() is a, s.class_, s.is_instance, s.committed_state)
say(s.attrs.name.value, s.attrs.name.load_history(), s.attrs.name.state is s)
a.name = "one"
a.name = "two"
say(s.attrs.name.history, get_history(a, "name"), s.modified, a in session.dirty, session.is_modified(a))
a.name = "eve"
say(s.attrs.name.history, session.is_modified(a), a in session.dirty, session.dirty)
session.commit()
a.name = a.name
say(session.is_modified(a), a in session.dirty)
a.name = None
say(s.attrs.name.history)
session.flush()
say(a.name)
session.rollback()
step("mutable values")
a.prefs, a.trail, a.plain = {"a": 1}, [1], {"y": 1}
session.commit()
a.prefs["c"] = [2]
say(session.is_modified(a))
a.trail.append(2)
a.trail.extend([3, 4])
a.plain["y"] = 2
session.flush()
session.commit()
say(a.prefs, a.trail, a.plain)
a.prefs.setdefault("d", 6)
say(a.prefs.pop("a"), a.trail.pop(), a.trail.pop(0))
a.trail.insert(0, 9)
a.trail[1] = 8
a.trail.remove(3)
session.commit()
say(a.prefs, a.trail)
a.prefs["c"].append(3)
session.commit()
say(a.prefs["c"])
a.trail.clear()
session.commit()
say(a.prefs, a.trail, len(a.trail))
step("flags")
a.plain["y"] = 3
flag_modified(a, "plain")
say(inspect(a).attrs.plain.history.added, session.is_modified(a))
session.commit()
say(a.plain)
flag_dirty(a)
say(a in session.dirty, session.is_modified(a))
session.flush()
set_committed_value(a, "name", "set")
say(a.name, inspect(a).attrs.name.history, session.is_modified(a))
set_committed_value(a, "logins", [])
say(a.logins, inspect(a).attrs.logins.history)
set_attribute(a, "name", "attr")
say(inspect(a).attrs.name.history)
session.expire(a, ["name"])
error(lambda: flag_modified(a, "name"))
refused(lambda: flag_modified(a, "nope"))
refused(lambda: flag_dirty(1))
say(inspect(a).unloaded, inspect(a).expired_attributes)
session.close()
state(a)
error(lambda: a.logins)
say(object_session(a), inspect(a).detached, inspect(a).session)
error(lambda: object_session(3))
error(lambda: make_transient_to_detached(a))
sql()
