"""automap, DeferredReflection, baked queries, and mappings on tables that were there before."""
from parity import *
from sqlalchemy import Column, ForeignKey, MetaData, String, Table, bindparam, inspect, select, text
from sqlalchemy.ext import baked
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.ext.declarative import DeferredReflection
from sqlalchemy.orm import Session, declarative_base, relationship

e = engine(poolclass=sa.StaticPool)
with e.begin() as c:
    c.execute(text("CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(20))"))
    c.execute(text("CREATE TABLE address (id INTEGER PRIMARY KEY, email VARCHAR(20), user_id INTEGER REFERENCES users(id))"))
    c.execute(text("CREATE TABLE tag (id INTEGER PRIMARY KEY, word VARCHAR(20))"))
    c.execute(text("CREATE TABLE user_tag (user_id INTEGER REFERENCES users(id), tag_id INTEGER REFERENCES tag(id), "
                   "PRIMARY KEY (user_id, tag_id))"))
    c.execute(text("CREATE TABLE employee (id INTEGER PRIMARY KEY, kind VARCHAR(20))"))
    c.execute(text("CREATE TABLE engineer (id INTEGER PRIMARY KEY REFERENCES employee(id), skill VARCHAR(20))"))
    c.execute(text("CREATE TABLE nokey (x INTEGER)"))
forget()
step("automap")
Base = automap_base()


class Employee(Base):
    __tablename__ = "employee"
    kind = Column(String(20))
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}


class Engineer(Employee):
    __tablename__ = "engineer"
    __mapper_args__ = {"polymorphic_identity": "engineer"}


Base.prepare(autoload_with=e)
forget()
say(sorted(Base.classes.keys()))
User, Address, Tag = Base.classes.users, Base.classes.address, Base.classes.tag
for cls in (User, Address, Tag, Employee, Engineer):
    say(cls.__name__, sorted(a.key for a in inspect(cls).column_attrs), sorted(r.key for r in inspect(cls).relationships))
say(inspect(User).relationships.address_collection.direction.name, inspect(Tag).relationships.users_collection.direction.name)
s = Session(e)
u = User(id=1, name="ann")
u.address_collection.append(Address(id=1, email="a@x"))
u.tag_collection.append(Tag(id=1, word="red"))
s.add(u)
s.add(Engineer(id=1, skill="lua"))
s.commit()
sql()
a = s.scalars(select(Address)).one()
say(a.users.name, [t.word for t in a.users.tag_collection], s.scalars(select(Employee)).one())
sql()
s.close()
step("names by functions")
forget()
md = MetaData()
md.reflect(e, only=["users", "address"])
Named = automap_base(metadata=md)
Named.prepare(
    classname_for_table=lambda base, name, table: name.title(),
    name_for_scalar_relationship=lambda base, local, ref, con: ref.__name__.lower() + "_one",
    name_for_collection_relationship=lambda base, local, ref, con: ref.__name__.lower() + "_many")
say(sorted(Named.classes.keys()), sorted(r.key for r in inspect(Named.classes.Users).relationships),
    sorted(r.key for r in inspect(Named.classes.Address).relationships))
forget()
step("deferred reflection")
Decl = declarative_base()


class Reflected(DeferredReflection):
    __abstract__ = True


class Person(Reflected, Decl):
    __tablename__ = "users"
    mails = relationship("Mail", back_populates="person", order_by="Mail.id")


class Mail(Reflected, Decl):
    __tablename__ = "address"
    user_id = Column("user_id", ForeignKey("users.id"), key="user_id")
    person = relationship("Person", back_populates="mails")


Reflected.prepare(e)
forget()
with Session(e) as s:
    p = s.scalars(select(Person)).one()
    say(p.name, [m.email for m in p.mails])
sql()
say(Person.__table__.c.keys(), Mail.__table__.c.keys())
step("imperative")
from sqlalchemy.orm import registry

reg = registry()
users = Table("users", MetaData(), autoload_with=e)
forget()


class Plain:
    pass


reg.map_imperatively(Plain, users, properties={"key": users.c.id, "called": users.c.name})
with Session(e) as s:
    x = s.get(Plain, 1)
    say(x.key, x.called)
    x.called = "bea"
    s.commit()
sql()
say(sorted(a.key for a in inspect(Plain).attrs))
step("table with a part of the columns")
Half = declarative_base()


class Word(Half):
    __table__ = Table("tag", Half.metadata, autoload_with=e)
    text = __table__.c.word


class Odd(Half):
    __table__ = Table("nokey", Half.metadata, autoload_with=e)
    __mapper_args__ = {"primary_key": [__table__.c.x]}


forget()
with Session(e) as s:
    say([(w.id, w.text) for w in s.scalars(select(Word).order_by(Word.text))])
    s.add(Odd(x=3))
    s.flush()
    say(s.get(Odd, 3).x)
sql()


def no_key():
    class Bad(declarative_base()):
        __table__ = Table("nokey", MetaData(), autoload_with=e)


error(no_key)
forget()
step("baked")
bakery = baked.bakery()
with Session(e) as s:
    for name in ("bea", "none"):
        q = bakery(lambda session: session.query(Plain))
        q += lambda q: q.filter(Plain.called == bindparam("name"))
        say([x.key for x in q(s).params(name=name).all()])
    q = bakery(lambda session: session.query(Plain.called)) + (lambda q: q.order_by(Plain.key))
    say(q(s).first(), q(s).count())
sql()
