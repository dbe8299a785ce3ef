"""Objects that travel: make_transient, make_transient_to_detached, copies, sessions, keys, state carried by hand."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, inspect, select
from sqlalchemy.orm import (Session, declarative_base, joinedload, make_transient, make_transient_to_detached,
    object_session, relationship, selectinload)
from sqlalchemy.orm.util import identity_key

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    mail = Column(String(20), default="none")
    addresses = relationship("Address", back_populates="user", cascade="all, delete-orphan", order_by="Address.id")


class Address(Base):
    __tablename__ = "address"
    id = Column(Integer, primary_key=True)
    street = Column(String(20))
    user_id = Column(ForeignKey("users.id"))
    user = relationship(User, back_populates="addresses")


db = engine()
Base.metadata.create_all(db)
forget()
with Session(db) as s, s.begin():
    s.add(User(name="ann", addresses=[Address(street="x"), Address(street="y")]))


def state(o):
    i = inspect(o)
    return [k for k in ("transient", "pending", "persistent", "deleted", "detached") if getattr(i, k)]


step("make_transient")
session = Session(db)
ann = session.scalars(select(User).options(selectinload(User.addresses))).one()
make_transient(ann)
say(state(ann), inspect(ann).key, ann.id, ann.name, ann in session, object_session(ann), sorted(k for k in inspect(ann).dict if k != "_sa_instance_state"))
say([state(a) for a in ann.addresses], ann.addresses[0] in session)
ann.id = None
ann.name = "ann's copy"
forget()
session.add(ann)
error(session.flush)
session.rollback()

step("a copy with its children")
session = Session(db)
ann = session.scalars(select(User).options(selectinload(User.addresses))).one()
for each in [ann] + list(ann.addresses):
    session.expunge(each) if each in session else None
    make_transient(each)
    each.id = None
forget()
session.add(ann)
session.commit()
sql()
copied = ann.id
say([(a.street, a.user_id == copied) for a in ann.addresses])
session.close()

step("make_transient of an expired one")
session = Session(db)
ann = session.get(User, 1)
session.expire(ann)
make_transient(ann)
say(ann.name, ann.id, sorted(k for k in inspect(ann).dict if k != "_sa_instance_state"), state(ann))

step("make_transient_to_detached")
forget()
user = User(id=1)
make_transient_to_detached(user)
say(state(user), inspect(user).key[1], sorted(inspect(user).expired_attributes), inspect(user).modified)
error(lambda: user.name)
session.add(user)
say(state(user), user.name, [a.street for a in user.addresses])
sql()
user = User(id=copied, name="overwritten")
make_transient_to_detached(user)
session.add(user)
say(user.name)
user.name = "second"
session.flush()
sql()
error(lambda: make_transient_to_detached(user))
error(lambda: make_transient_to_detached(User(name="no key")))
session.rollback()
session.close()

step("two sessions")
one, two = Session(db), Session(db)
a, b = one.get(User, 1), two.get(User, 1)
say(a is b, inspect(a).key[1][0] == inspect(b).key[1][0])
error(lambda: two.add(a))
one.expunge(a)
error(lambda: two.add(a))
two.expunge(b)
two.add(a)
say(state(a), a in two, object_session(a) is two)
one.add(b)
b.name = "from one"
one.commit()
two.rollback()
say(a.name)
c = Address(street="both")
two.add(c)
c.user = a
say(c in two.new, c in one.new)
error(lambda: one.add(c))
two.expunge(c)
say(state(c), state(a))
one.close()
two.close()

step("keys")
say(identity_key(User, 5)[1], identity_key(instance=a)[1], User.__mapper__.identity_key_from_primary_key((5,))[1])
say(User.__mapper__.primary_key_from_instance(a), User.__mapper__.identity_key_from_instance(a)[1])
with Session(db) as s:
    u = s.get(User, 1)
    say(s.identity_key(User, 1)[1], s.identity_key(instance=u)[1])
    say(s.identity_map.contains_state(inspect(u)), s.identity_map.get(inspect(u).key) is u,
        len(s.identity_map), [k[1] for k in s.identity_map.keys()], [o.name for o in s.identity_map.values()])

step("carried by hand")
with Session(db) as s:
    u = s.scalars(select(User).where(User.id == 1).options(joinedload(User.addresses))).unique().one()
    data = {"user": {k: getattr(u, k) for k in ("id", "name", "mail")},
            "addresses": [{k: getattr(a, k) for k in ("id", "street", "user_id")} for a in u.addresses]}
say(data)
data["user"]["name"] = "carried"
forget()
with Session(db) as s:
    u = s.merge(User(**data["user"], addresses=[Address(**d) for d in data["addresses"]] + [Address(street="z")]))
    s.commit()
    sql()
    say(u.name, [(a.id > 0, a.street) for a in u.addresses])

step("detached")
with Session(db) as s:
    u = s.get(User, 1)
say(state(u), u.name)
error(lambda: u.addresses)
u.name = "changed detached"
a = Address(street="added")
error(lambda: u.addresses.append(a))
with Session(db) as s:
    s.add(u)
    say(u in s.dirty)
    s.commit()
    say(u.name)
error(lambda: u.name)
with Session(db) as s:
    u = s.get(User, 1)
    s.delete(u)
    s.flush()
    error(lambda: s.add(u))
    s.expunge(u)
    say(state(u), u in s)
    s.rollback()
    say(state(u))
    error(lambda: s.add(u))
