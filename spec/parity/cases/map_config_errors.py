"""Wrong models and the classes of their errors: keys, targets, joins, directions, names, arguments, inheritance."""
from parity import *
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, MetaData, String, Table, inspect, select
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.orm import (Session, backref, column_property, composite, configure_mappers, declarative_base, relationship,
                            synonym, validates)


def outcome(fn):
    """The class of the error, where it is SQLAlchemy's."""
    try:
        fn()
    except Exception as e:
        return say(type(e).__name__ if type(e).__module__.startswith("sqlalchemy") else "refused")
    say("no error")


def case(title, build, use=None):
    print("--", title, flush=True)
    Base = declarative_base()

    def run():
        found = build(Base)
        configure_mappers()
        if use:
            use(*found)
    outcome(run)
    Base.registry.dispose()


def model(Base, name, table=None, **attrs):
    if table:
        attrs["__tablename__"] = table
    return type(name, (Base,), attrs)


def pk():
    return Column(Integer, primary_key=True)


def fk(target, **kw):
    return Column(ForeignKey(target), **kw)


def sub(Base, parent, attrs):
    return type("C", (next(m.class_ for m in Base.registry.mappers if m.class_.__name__ == parent),), attrs)


case("no primary key", lambda B: model(B, "A", "a", x=Column(Integer)))
case("no table", lambda B: model(B, "A", id=pk()))
case("unknown target", lambda B: model(B, "A", "a", id=pk(), b=relationship("Nowhere")))
case("no foreign key", lambda B: (model(B, "A", "a", id=pk(), b=relationship("B")), model(B, "B", "b", id=pk())))
case("two foreign keys", lambda B: (model(B, "A", "a", id=pk(), x=fk("b.id"), y=fk("b.id"), b=relationship("B")),
                                    model(B, "B", "b", id=pk())))
case("secondary without keys", lambda B: (Table("ab", B.metadata, Column("x", Integer)), model(
    B, "A", "a", id=pk(), b=relationship("B", secondary="ab")), model(B, "B", "b", id=pk())))
case("unknown secondary", lambda B: (model(B, "A", "a", id=pk(), b=relationship("B", secondary="nothing")),
                                     model(B, "B", "b", id=pk())))
case("back_populates of nothing", lambda B: (model(B, "A", "a", id=pk(), x=fk("b.id"), b=relationship("B", back_populates="as_")),
                                             model(B, "B", "b", id=pk())))
case("back_populates of the same direction", lambda B: (
    model(B, "A", "a", id=pk(), x=fk("b.id"), b=relationship("B", back_populates="a")),
    model(B, "B", "b", id=pk(), y=fk("a.id"), a=relationship("A", back_populates="b", foreign_keys="B.y"))))
case("back_populates of a column", lambda B: (model(B, "A", "a", id=pk(), x=fk("b.id"), b=relationship("B", back_populates="n")),
                                              model(B, "B", "b", id=pk(), n=Column(Integer))))
case("backref that exists", lambda B: (model(B, "A", "a", id=pk(), x=fk("b.id"), b=relationship("B", backref="n")),
                                       model(B, "B", "b", id=pk(), n=Column(Integer))))
case("primaryjoin without foreign key", lambda B: (
    model(B, "A", "a", id=pk(), x=Column(Integer), b=relationship("B", primaryjoin="A.x == B.id")), model(B, "B", "b", id=pk())))
case("primaryjoin of a wrong name", lambda B: (
    model(B, "A", "a", id=pk(), x=fk("b.id"), b=relationship("B", primaryjoin="A.nothing == B.id")), model(B, "B", "b", id=pk())))
case("remote_side of both", lambda B: model(B, "A", "a", id=pk(), up=fk("a.id"),
                                            a=relationship("A", remote_side="[A.id, A.up]")))
case("self reference twice", lambda B: model(B, "A", "a", id=pk(), up=fk("a.id"), a=relationship("A", back_populates="b"),
                                             b=relationship("A", back_populates="a")))
case("delete-orphan on many-to-one", lambda B: (
    model(B, "A", "a", id=pk(), x=fk("b.id"), b=relationship("B", cascade="all, delete-orphan")), model(B, "B", "b", id=pk())))
case("delete-orphan without delete", lambda B: (
    model(B, "A", "a", id=pk(), bs=relationship("B", cascade="delete-orphan")), model(B, "B", "b", id=pk(), x=fk("a.id"))))
case("unknown cascade", lambda B: model(B, "A", "a", id=pk(), a=relationship("A", cascade="al")))
case("unknown lazy", lambda B: (model(B, "A", "a", id=pk(), x=fk("b.id"), b=relationship("B", lazy="sometimes")),
                                model(B, "B", "b", id=pk())))
case("dynamic on many-to-one", lambda B: (model(B, "A", "a", id=pk(), x=fk("b.id"), b=relationship("B", lazy="dynamic")),
                                          model(B, "B", "b", id=pk())))
case("write_only scalar", lambda B: (model(B, "A", "a", id=pk(), bs=relationship("B", lazy="write_only", uselist=False)),
                                     model(B, "B", "b", id=pk(), x=fk("a.id"))))
case("passive_deletes all with delete", lambda B: (
    model(B, "A", "a", id=pk(), bs=relationship("B", cascade="all", passive_deletes="all")),
    model(B, "B", "b", id=pk(), x=fk("a.id"))))
case("viewonly with cascade", lambda B: (
    model(B, "A", "a", id=pk(), bs=relationship("B", viewonly=True, cascade="all")), model(B, "B", "b", id=pk(), x=fk("a.id"))))
case("viewonly with backref sync", lambda B: (
    model(B, "A", "a", id=pk(), bs=relationship("B", viewonly=True, sync_backref=True)), model(B, "B", "b", id=pk(), x=fk("a.id"))))
case("unknown option", lambda B: model(B, "A", "a", id=pk(), a=relationship("A", cascades="all")))
case("unknown column option", lambda B: model(B, "A", "a", id=Column(Integer, primary=True)))
case("one table twice", lambda B: (model(B, "A", "a", id=pk()), model(B, "C", "a", id=pk())))
case("foreign key to nothing", lambda B: (model(B, "A", "a", id=pk(), x=fk("zzz.id"), b=relationship("B")), model(B, "B", "b", id=pk())))
case("foreign key to no column", lambda B: (model(B, "A", "a", id=pk(), x=fk("b.zzz"), b=relationship("B")), model(B, "B", "b", id=pk())))
case("metadata is taken", lambda B: model(B, "A", "a", id=pk(), metadata=Column(Integer)))
case("synonym of nothing", lambda B: [model(B, "A", "a", id=pk(), s=synonym("nothing"))], lambda A: select(A.s))
case("joined without a key", lambda B: (model(B, "A", "a", id=pk()), sub(B, "A", {"__tablename__": "c", "id": pk()})))


def joined(B, base_args, sub):
    A = model(B, "A", "a", id=pk(), kind=Column(String(5)), n=Column(Integer), __mapper_args__=base_args)
    return A, type("C", (A,), sub)


case("single column that exists", lambda B: joined(B, {"polymorphic_on": "kind"}, {"n": Column(Integer)}))
case("single with primary key", lambda B: joined(B, {"polymorphic_on": "kind"}, {"m": Column(Integer, primary_key=True)}))
case("polymorphic_on of nothing", lambda B: joined(B, {"polymorphic_on": "zzz"}, {}))
case("identity twice", lambda B: joined(B, {"polymorphic_on": "kind", "polymorphic_identity": "x"},
                                        {"__mapper_args__": {"polymorphic_identity": "x"}}))
case("identity without polymorphic_on", lambda B: joined(B, {}, {"__mapper_args__": {"polymorphic_identity": "x"}}))
case("unknown mapper argument", lambda B: joined(B, {"polymorphic_onn": "kind"}, {}))
case("polymorphic_load wrong", lambda B: joined(B, {"polymorphic_on": "kind"}, {"__mapper_args__": {"polymorphic_load": "now"}}))
case("version_id_generator alone", lambda B: joined(B, {"version_id_generator": False}, {}))
case("validator of nothing", lambda B: [model(B, "A", "a", id=pk(), v=validates("nothing")(lambda s, k, v: v))], lambda A: A(id=1))
case("validator twice", lambda B: model(B, "A", "a", id=pk(), v=validates("id")(lambda s, k, v: v),
                                        w=validates("id")(lambda s, k, v: v)))
case("proxy of nothing", lambda B: [model(B, "A", "a", id=pk(), x=association_proxy("nothing", "y"))], lambda A: A().x)
case("proxy of a column", lambda B: [model(B, "A", "a", id=pk(), x=association_proxy("id", "y"))], lambda A: A.x.any())
case("composite of nothing", lambda B: [model(B, "A", "a", id=pk(), x=composite(lambda a, b: (a, b), "n", "m"))], lambda A: A())
case("attribute that is not there", lambda B: [model(B, "A", "a", id=pk())], lambda A: A(idd=1))
case("class attribute that is not there", lambda B: [model(B, "A", "a", id=pk())], lambda A: A.idd)
case("include_properties without key", lambda B: model(B, "A", "a", id=pk(), n=Column(Integer), __mapper_args__={"include_properties": ["n"]}))
case("order_by of nothing", lambda B: (model(B, "A", "a", id=pk(), bs=relationship("B", order_by="B.zzz")),
                                       model(B, "B", "b", id=pk(), x=fk("a.id"))))
case("uselist for a list", lambda B: (model(B, "A", "a", id=pk(), bs=relationship("B", uselist=False, collection_class=set)),
                                      model(B, "B", "b", id=pk(), x=fk("a.id"))))
