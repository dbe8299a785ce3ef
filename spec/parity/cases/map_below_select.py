"""A joined class below one that is mapped to a SELECT: rows go into the tables of both."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, select
from sqlalchemy.orm import Session, registry

reg = registry()
base = Table("base", reg.metadata, Column("id", Integer, primary_key=True), Column("type", String(9)),
             Column("info", String(9)))
child = Table("child", reg.metadata, Column("child_id", ForeignKey("base.id"), primary_key=True),
              Column("name", String(9)))
leaf = Table("leaf", reg.metadata, Column("leaf_id", ForeignKey("child.child_id"), primary_key=True),
             Column("size", Integer))
chosen = select(base).alias("chosen")


class Base:
    pass


class Child(Base):
    pass


class Leaf(Child):
    pass


reg.map_imperatively(Base, chosen, polymorphic_on=chosen.c.type, polymorphic_identity="base")
reg.map_imperatively(Child, child, inherits=Base, polymorphic_identity="child")
reg.map_imperatively(Leaf, leaf, inherits=Child, polymorphic_identity="leaf")
db = engine()
reg.metadata.create_all(db)
forget()

step("written")
with Session(db) as s:
    for one in (Base(id=3, info="b"), Child(id=12, name="c", info="i"), Leaf(id=20, name="l", size=4), Child(name="n")):
        s.add(one)
        s.flush()
    say(one.id, one.child_id)
    s.commit()
    sql()

step("read and changed")
with Session(db) as s:
    for one in s.query(Base).order_by(Base.id).all():
        say(type(one).__name__, one.id, one.info)
    one = s.query(Leaf).one()
    say(one.id, one.child_id, one.leaf_id, one.name, one.size)
    one.info, one.name, one.size = "x", "y", 5
    s.flush()
    sql()
    s.commit()
    say(one.info, one.name, one.size)
    sql()

step("deleted")
with Session(db) as s:
    s.delete(s.get(Base, 20))
    s.delete(s.get(Child, 12))
    s.commit()
    sql()
    say(s.query(Base).count(), s.query(Child).count())
