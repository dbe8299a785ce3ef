"""Validators: order with events, collections of every kind, backrefs, removal, mixins, subclasses, defaults and loads."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect, select
from sqlalchemy.orm import Session, attribute_keyed_dict, declarative_base, relationship, synonym, validates

Base = declarative_base()


def show(value):
    if isinstance(value, (list, set, dict)):
        return [show(v) for v in (value.values() if isinstance(value, dict) else value)]
    return getattr(value, "name", None) if isinstance(value, (Child, Pet)) else value


class Named:
    name = Column(String(20))

    @validates("name")
    def check_name(self, key, value):
        say("  Named", type(self).__name__, key, value)
        return value.strip() if value is not None else None


class Parent(Named, Base):
    __tablename__ = "parent"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    a = Column(Integer, default=7)
    b = Column("bb", Integer)
    bee = synonym("b")
    children = relationship("Child", back_populates="parent", order_by="Child.id",
                            foreign_keys="Child.parent_id")
    quiet = relationship("Child", primaryjoin="and_(Parent.id == Child.quiet_id)", foreign_keys="Child.quiet_id",
                         back_populates="hush", order_by="Child.id")
    pets = relationship("Pet", collection_class=set)
    by_name = relationship("Child", collection_class=attribute_keyed_dict("name"), foreign_keys="Child.map_id",
                           primaryjoin="Parent.id == Child.map_id")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "parent"}

    @validates("a", "b")
    def check_number(self, key, value):
        say("  number", key, value)
        if value is not None and value > 100:
            raise ValueError(key)
        return None if value is None else value + 1

    @validates("children", include_removes=True)
    def check_child(self, key, child, is_remove):
        say("  child", key, show(child), is_remove)
        if child.name == "bad":
            raise ValueError("bad child")
        return child

    @validates("quiet", include_backrefs=False)
    def check_quiet(self, key, child):
        say("  quiet", key, show(child))
        return child

    @validates("pets", include_removes=True)
    def check_pet(self, key, pet, is_remove):
        say("  pet", key, show(pet), is_remove)
        return pet if isinstance(pet, Pet) else Pet(name=pet)

    @validates("by_name")
    def check_by_name(self, key, child):
        say("  by_name", key, show(child))
        return child


class Step(Parent):
    __mapper_args__ = {"polymorphic_identity": "step"}
    extra = Column(Integer)

    @validates("extra")
    def check_extra(self, key, value):
        say("  extra", value)
        return value * 2


class Child(Named, Base):
    __tablename__ = "child"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("parent.id"))
    quiet_id = Column(ForeignKey("parent.id"))
    map_id = Column(ForeignKey("parent.id"))
    parent = relationship(Parent, back_populates="children", foreign_keys=parent_id)
    hush = relationship(Parent, back_populates="quiet", foreign_keys=quiet_id)

    @validates("parent")
    def check_parent(self, key, value):
        say("  parent of", self.name, show(value) if value is None else value.name)
        return value


class Pet(Base):
    __tablename__ = "pet"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    owner_id = Column(ForeignKey("parent.id"))


e = engine()
Base.metadata.create_all(e)
forget()
event.listen(Parent.a, "set", lambda t, v, old, i: say("  set a", v), propagate=True)
s = Session(e)
step("columns")
p = Parent(name=" p ")
say(p.name, p.a)
p.a = 5
p.b = 1
p.bee = 10
say(p.a, p.b)
error(lambda: setattr(p, "a", 101))
error(lambda: Parent(b=500))
say(p.a, inspect(p).attrs.a.history)
p.b = None
say(p.b)
del p.a
say(p.a)
step("collection")
c1, c2, c3 = Child(name="c1"), Child(name="c2"), Child(name="c3 ")
p.children.append(c1)
p.children = [c1, c2]
c3.parent = p
say(show(p.children))
p.children.remove(c2)
c1.parent = None
say(show(p.children), c2.parent)
bad = Child(name="bad")
error(lambda: p.children.append(bad))
error(lambda: setattr(bad, "parent", p))
say(show(p.children), bad.parent)
error(lambda: setattr(p, "children", [c2, bad]))
step("quiet")
q = Child(name="q")
q.hush = p
p.quiet.append(Child(name="r"))
say(show(p.quiet))
step("set and map")
p.pets.add("rex")
p.pets = {"bello", Pet(name="mia")} - {"bello"}
say(sorted(show(p.pets)))
p.by_name["x"] = Child(name="x")
p.by_name = {"y": Child(name="y")}
say(sorted(p.by_name))
step("subclass")
t = Step()
t.a = 1
t.extra = 3
t.name = " step "
say(t.a, t.extra, t.name)
step("flush and load")
s.add_all([p, t])
s.commit()
say(p.a, p.b, t.a, t.extra)
s.expire_all()
say(s.get(Parent, p.id).a, [c.name for c in p.children])
step("merge")
other = Parent()
other.id = p.id
other.b = 3
m = s.merge(other)
say(m is p, m.b)
s.rollback()
say(sorted(inspect(Parent).validators), sorted(inspect(Step).validators))
sql()
