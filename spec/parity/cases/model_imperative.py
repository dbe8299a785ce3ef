"""Mapping without a base: registry, map_imperatively, explicit tables, arguments that choose and name columns."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, func, inspect, join, select
from sqlalchemy.orm import (Session, class_mapper, column_property, configure_mappers, deferred, object_mapper,
    registry, relationship, synonym)

reg = registry(metadata=MetaData())
users = Table("users", reg.metadata, Column("id", Integer, primary_key=True), Column("first_name", String(20)),
    Column("last_name", String(20)), Column("secret", String(20)), Column("boss_id", ForeignKey("users.id")))
addresses = Table("addresses", reg.metadata, Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("users.id")), Column("email", String(30)))


class User:
    def __init__(self, **kw):
        for k, v in kw.items():
            setattr(self, k, v)


class Address:
    def __init__(self, email=None):
        self.email = email


class Slim:
    pass


class Prefixed:
    pass


class Pair:
    pass


class Total:
    pass


m = reg.map_imperatively(User, users, properties={
    "first": users.c.first_name,
    "full": column_property(users.c.first_name + " " + users.c.last_name),
    "secret": deferred(users.c.secret),
    "surname": synonym("last_name"),
    "addresses": relationship(Address, backref="user", order_by=addresses.c.id.desc(), cascade="all, delete-orphan"),
    "boss": relationship(User, remote_side=users.c.id, backref="staff")})
reg.map_imperatively(Address, addresses)
slim = reg.map_imperatively(Slim, users, include_properties=["id", "first_name"])
pre = reg.map_imperatively(Prefixed, addresses, column_prefix="_", exclude_properties=["user_id"])
say(m is inspect(User), class_mapper(User) is m, m.local_table.name, m.class_, m.configured)
configure_mappers()
say(m.configured, sorted(m.attrs.keys()), sorted(m.columns.keys()), [c.name for c in m.primary_key])
say(sorted(slim.attrs.keys()), sorted(pre.attrs.keys()))
say(m.relationships.addresses.direction.name, m.relationships.boss.direction.name, m.relationships.staff.direction.name)
say(sorted(m.synonyms.keys()), sorted(m.column_attrs.keys()), sorted(m.all_orm_descriptors.keys()))
say(sorted(mapper.class_.__name__ for mapper in reg.mappers))
pair = reg.map_imperatively(Pair, join(users, addresses), properties={
    "user_id": [users.c.id, addresses.c.user_id], "address_id": addresses.c.id})
say(sorted(pair.attrs.keys()), [str(c) for c in pair.primary_key])
totals = select(addresses.c.user_id, func.count().label("n")).group_by(addresses.c.user_id).subquery("totals")
reg.map_imperatively(Total, totals, primary_key=[totals.c.user_id])
say(select(Total).where(Total.n > 1))
say(select(User))
say(select(Slim), select(Prefixed))
e = engine()
reg.metadata.create_all(e)
forget()
step("rows")
with Session(e) as s:
    ann = User(first="Ann", last_name="Lee", secret="x", addresses=[Address("a@x"), Address("b@x")])
    bob = User(first="Bob", surname="Low", boss=ann)
    s.add_all([ann, bob])
    s.commit()
    step("read")
    say(ann.first, ann.full, ann.surname, [a.email for a in ann.addresses], ann.staff[0].first)
    say(object_mapper(ann) is m, "secret" in inspect(ann).unloaded)
    say(ann.secret)
    step("synonym")
    say(s.scalars(select(User.full).where(User.surname == "Low")).all())
    step("slim")
    for o in s.scalars(select(Slim).order_by(Slim.id)):
        say(o, o.id, o.first_name)
    step("pair")
    for o in s.scalars(select(Pair).order_by(Pair.address_id)):
        say(o.user_id, o.first_name, o.email, inspect(o).identity)
    step("total")
    say([(t.user_id, t.n) for t in s.scalars(select(Total))], s.get(Total, 1).n)
    step("prefixed")
    o = s.scalars(select(Prefixed).order_by(Prefixed._id)).first()
    o._email = "c@x"
    s.flush()
    step("orphan")
    ann.addresses.remove(ann.addresses[0])
    s.commit()
    sql()


@reg.mapped
class Post:
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    user = relationship(User)


Base = reg.generate_base()


class Explicit(Base):
    __table__ = Table("explicit", Base.metadata, Column("id", Integer, primary_key=True), Column("x", Integer),
        Column("y", Integer))
    why = __table__.c.y
    total = column_property(__table__.c.x + __table__.c.y)


say(sorted(inspect(Explicit).attrs.keys()), Explicit.why, select(Explicit), Base.registry is reg)
say(sorted(inspect(Post).attrs.keys()), Post.__table__.metadata is reg.metadata)
step("wrong")


class NoKey:
    pass


class Plain:
    pass


error(lambda: reg.map_imperatively(NoKey, Table("nk", MetaData(), Column("a", Integer))))
error(lambda: reg.map_imperatively(User, users))
error(lambda: select(Plain))
error(lambda: class_mapper(Plain))
error(lambda: inspect(Plain))
error(lambda: Session(e).add(Plain()))
error(lambda: object_mapper(Plain()))


def extra():
    class Extra(Base):
        __table__ = users
        other = Column("other", Integer)


error(extra)
reg.dispose()
error(lambda: inspect(User))
