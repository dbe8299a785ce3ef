"""Each value of lazy: when the statement comes, which one, and what is refused."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, inspect, select
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()
LAZY = ["select", "selectin", "joined", "subquery", "immediate", "raise", "raise_on_sql", "noload", "dynamic",
    "write_only"]
models = {}
for lazy in LAZY:
    child = type("Child_" + lazy, (Base,), dict(
        __tablename__="child_" + lazy, id=Column(Integer, primary_key=True), name=Column(String(9)),
        parent_id=Column(ForeignKey("parent_%s.id" % lazy))))
    parent = type("Parent_" + lazy, (Base,), dict(
        __tablename__="parent_" + lazy, id=Column(Integer, primary_key=True), name=Column(String(9)),
        children=relationship(child, lazy=lazy, order_by=child.id, cascade="all, delete-orphan",
                              backref=None if lazy in ("noload",) else "parent")))
    models[lazy] = parent, child
e = engine()
Base.metadata.create_all(e)
forget()
sa.orm.configure_mappers()


def names(children):
    return [c.name for c in children]


for lazy in LAZY:
    Parent, Child = models[lazy]
    session = Session(e)
    step(lazy)
    one, two = Parent(name="one"), Parent(name="two")
    if lazy in ("write_only", "dynamic"):
        one.children.add(Child(name="a"))
        one.children.add_all([Child(name="b"), Child(name="c")])
    else:
        one.children.append(Child(name="a"))
        one.children.extend([Child(name="b"), Child(name="c")])
    session.add_all([one, two])
    session.commit()
    forget()
    say(Parent.children.property.lazy)
    found = session.scalars(select(Parent).order_by(Parent.id)).unique().all()
    say([inspect(p).unloaded for p in found])
    sql()
    one, two = found
    if lazy == "write_only":
        say(session.scalars(one.children.select().where(Child.name > "a")).all()[0].name)
        say(one.children.select())
        refused(lambda: one.children[0])
        refused(lambda: list(one.children))
        one.children.remove(session.get(Child, 1))
        session.flush()
        session.execute(one.children.insert(), [{"name": "x"}, {"name": "y"}])
        session.execute(one.children.update().where(Child.name == "x").values(name="xx"))
        session.execute(one.children.delete().where(Child.name == "y"))
        say(names(session.scalars(one.children.select())))
        say([len(part) for part in inspect(one).attrs.children.history])
        error(lambda: setattr(one, "children", []))
    elif lazy == "dynamic":
        say(names(one.children), one.children.count(), one.children.filter(Child.name > "a").count())
        say(names(one.children.filter_by(name="c")), one.children[0].name, names(one.children[1:3]))
        one.children.append(Child(name="d"))
        one.children.remove(one.children[0])
        say(names(inspect(one).attrs.children.history.added), names(inspect(one).attrs.children.history.deleted))
        session.flush()
        say(names(one.children.order_by(None).order_by(Child.id.desc()).limit(2)), two.children.first())
    elif lazy == "raise":
        error(lambda: one.children)
        error(lambda: setattr(one, "children", []))
        say(inspect(one).attrs.children.loaded_value)
        error(lambda: session.get(Child, 1).parent.children)
    elif lazy == "raise_on_sql":
        error(lambda: one.children)
        say(session.get(Child, 1).parent is one)
    else:
        say(names(one.children), names(two.children))
        sql()
        session.expire(one)
        say(one.name)
        sql()
        say(names(one.children))
        sql()
        session.refresh(two)
        sql()
        session.expunge_all()
        say(names(session.get(Parent, 1).children))
    sql()
    session.rollback()
    session.close()
    forget()
step("wrong")
error(lambda: relationship("X", lazy="sometimes") and type("Y", (Base,), dict(
    __tablename__="y", id=Column(Integer, primary_key=True), x_id=Column(ForeignKey("child_select.id")),
    x=relationship(models["select"][1], lazy="sometimes"))) and sa.orm.configure_mappers())
sql()
