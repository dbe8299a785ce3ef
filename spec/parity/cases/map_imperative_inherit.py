"""Imperative mapping of hierarchies: single, joined and concrete, polymorphic_union, with_polymorphic."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, and_, func, inspect, select
from sqlalchemy.orm import (Session, clear_mappers, column_property, configure_mappers, deferred, polymorphic_union,
                            registry, relationship, synonym, with_polymorphic)

reg = registry()
md = reg.metadata


class Thing:
    def __init__(self, **kw):
        for k, v in sorted(kw.items()):
            setattr(self, k, v)


class Person(Thing): pass
class Boss(Person): pass
class Worker(Person): pass
class Slave(Worker): pass
class Plain(Thing): pass
class Site(Thing): pass
class Node(Thing): pass
class Leaf(Node): pass
class Root(Node): pass


sites = Table("sites", md, Column("id", Integer, primary_key=True), Column("town", String(10)))
people = Table("people", md, Column("id", Integer, primary_key=True), Column("name", String(10)), Column("t", String(1)),
               Column("site_id", ForeignKey("sites.id")), Column("extra", String(10)))
bosses = Table("bosses", md, Column("id", ForeignKey("people.id"), primary_key=True), Column("car", String(10)))
workers = Table("workers", md, Column("id", ForeignKey("people.id"), primary_key=True), Column("hours", Integer),
                Column("own", String(10)))
leaves = Table("leaves", md, Column("id", Integer, primary_key=True), Column("label", String(10)), Column("green", Integer))
roots = Table("roots", md, Column("id", Integer, primary_key=True), Column("label", String(10)), Column("depth", Integer))

reg.map_imperatively(Site, sites, properties={"people": relationship(Person, back_populates="site", order_by=people.c.id)})
pm = reg.map_imperatively(Person, people, polymorphic_on=people.c.t, polymorphic_identity="p", properties={
    "kind": people.c.t, "site": relationship(Site, back_populates="people"), "extra": deferred(people.c.extra),
    "loud": column_property(func.upper(people.c.name))})
bm = reg.map_imperatively(Boss, bosses, inherits=Person, polymorphic_identity="b", properties={"auto": synonym("car")})
wm = reg.map_imperatively(Worker, workers, inherits=pm, polymorphic_identity="w", properties={
    "own_name": workers.c.own})
sm = reg.map_imperatively(Slave, inherits=Worker, polymorphic_identity="s")
plain = reg.map_imperatively(Plain, people, exclude_properties=["t", "extra"], primary_key=[people.c.id])
union = polymorphic_union({"leaf": leaves, "root": roots}, "type", "nodes")
nm = reg.map_imperatively(Node, union, polymorphic_on=union.c.type, with_polymorphic=("*", union))
reg.map_imperatively(Leaf, leaves, inherits=Node, concrete=True, polymorphic_identity="leaf")
reg.map_imperatively(Root, roots, inherits=Node, concrete=True, polymorphic_identity="root")
configure_mappers()
for m in (pm, bm, wm, sm, plain, nm):
    say(m.class_, m.single, m.concrete, m.polymorphic_identity, sorted(m.attrs.keys()), [c.name for c in m.primary_key])
say([m.class_ for m in sm.iterate_to_root()], sorted(x.class_.__name__ for x in pm.self_and_descendants), sm.isa(pm),
    pm.common_parent(bm), bm.base_mapper is pm)
e = engine()
md.create_all(e)
forget()
s = Session(e)
step("texts")
say(select(Boss))
say(select(Worker.own_name))
say(select(Slave))
say(select(Plain))
say(select(Node).order_by(Node.label))
say(select(Person).where(Person.loud == "X"))
say(select(with_polymorphic(Person, [Boss, Worker])))
step("rows")
rome = Site(town="rome")
b = Boss(name="bo", auto="red", site=rome)
w = Worker(name="wo", hours=3, extra="e")
sl = Slave(name="sl", hours=9)
rome.people.append(w)
s.add_all([b, w, sl])
s.commit()
say([(type(x), x.kind, x.loud) for x in rome.people])
say(b.car)
say(b.id, inspect(b).identity, w.name)
s.expunge_all()
for x in s.scalars(select(Person).order_by(Person.id)):
    say(type(x), x.name, sorted(inspect(x).unloaded))
say([type(x) for x in s.scalars(select(Worker).order_by(Worker.id))])
say(s.get(Plain, 1).name, s.get(Person, 1) is s.get(Boss, 1))
step("change")
w = s.get(Worker, 2)
w.hours, w.name = 4, "wu"
say(w.extra)
s.flush()
s.delete(s.get(Person, 1))
s.commit()
say(s.scalars(select(Person.loud).order_by(Person.id)).all())
step("concrete")
s.add_all([Leaf(label="l", green=1), Root(label="r", depth=2)])
s.flush()
s.expunge_all()
for x in s.scalars(select(Node).order_by(Node.label)):
    say(type(x), x.label, sorted(inspect(x).unloaded))
say([type(x) for x in s.scalars(select(Leaf))])
s.rollback()
step("wrong")
error(lambda: reg.map_imperatively(Boss, bosses))
error(lambda: reg.map_imperatively(type("Lost", (Thing,), {}), Table("nokey", md, Column("x", Integer))))
error(lambda: reg.map_imperatively(type("Lost2", (Person,), {}), sites, inherits=Person, polymorphic_identity="z"))
error(lambda: inspect(Thing))
error(lambda: s.add(Thing()))
error(lambda: s.get(Thing, 1))
error(lambda: select(Thing))
sql()
