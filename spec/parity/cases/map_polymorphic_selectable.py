"""with_polymorphic = ("*", selectable), joined chains with join_depth above such a class, immediateload of it, and
column properties of a hierarchy that is loaded whole."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, func, select
from sqlalchemy.orm import (Session, column_property, configure_mappers, declarative_base, immediateload, joinedload,
                            lazyload, relationship, with_polymorphic)

Base = declarative_base()
pt = Table("p", Base.metadata, Column("id", Integer, primary_key=True), Column("kind", String(5)),
           Column("name", String(9)), Column("o_id", ForeignKey("o.id")))
qt = Table("q", Base.metadata, Column("id", ForeignKey("p.id"), primary_key=True), Column("extra", Integer))
pj = select(pt, qt.c.extra, qt.c.id.label("q_id")).outerjoin_from(pt, qt).subquery("pj")


class O(Base):
    __tablename__ = "o"
    id = Column(Integer, primary_key=True)
    up_id = Column(ForeignKey("o.id"))
    ps = relationship("P", lazy="joined", order_by=pt.c.id)
    subs = relationship("O", lazy="joined", join_depth=2, order_by="O.id")


class P(Base):
    __table__ = pt
    o = relationship(O, overlaps="ps")
    __mapper_args__ = {"polymorphic_on": pt.c.kind, "polymorphic_identity": "p", "with_polymorphic": ("*", pj)}


class Q(P):
    __table__ = qt
    __mapper_args__ = {"polymorphic_identity": "q"}


class Top(Base):
    __tablename__ = "t"
    id = Column(Integer, primary_key=True)
    o_id = Column(ForeignKey("o.id"))
    o = relationship(O, lazy="joined")


class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    kind = Column(String(5))
    o_id = Column(ForeignKey("o.id"))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "a", "with_polymorphic": "*"}


class B(A):
    __tablename__ = "b"
    id = Column(ForeignKey("a.id"), primary_key=True)
    extra = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "b"}


whole = with_polymorphic(A, [B], flat=True, aliased=True)
Top.count = column_property(
    select(func.count(whole.id)).where(whole.o_id == Top.o_id).correlate_except(whole).scalar_subquery())
Top.most = column_property(
    select(func.max(B.extra)).where(B.o_id == Top.o_id).correlate_except(B).scalar_subquery())
B.total = column_property(B.extra + A.id)
configure_mappers()

db = engine()
Base.metadata.create_all(db)
with Session(db) as s:
    for one in (O(id=1), O(id=2, up_id=1), O(id=3, up_id=2), P(id=1, name="a", o_id=1),
                Q(id=2, name="b", extra=7, o_id=2), Top(id=1, o_id=1), A(id=1, o_id=1), B(id=2, o_id=1, extra=5)):
        s.add(one)
        s.flush()
    s.commit()
forget()


def shown(title, statement, fn):
    step(title)
    with Session(db) as s:
        for one in s.scalars(statement).unique().all():
            say(type(one).__name__, one.id, *fn(one))
        sql()


shown("all", select(P).order_by(P.id), lambda one: [one.name])
shown("criteria of the subclass", select(P).where(Q.extra == 7), lambda one: [one.extra])
shown("joined", select(O).order_by(O.id), lambda one: [len(one.ps), len(one.subs)])
shown("below a chain", select(Top), lambda one: [len(one.o.ps), len(one.o.subs), len(one.o.subs[0].subs)])
shown("deeper by options", select(Top).options(joinedload(Top.o).joinedload(O.subs).joinedload(O.subs)),
      lambda one: [len(one.o.subs), len(one.o.subs[0].subs)])
shown("immediate", select(O).options(lazyload(O.subs), immediateload(O.ps)).order_by(O.id),
      lambda one: [len(one.ps)])
shown("properties over a hierarchy", select(Top).options(lazyload(Top.o)), lambda one: [one.count, one.most])
shown("a property of the subclass", select(B).where(B.total > 6), lambda one: [one.total])
other = with_polymorphic(A, "*", aliased=True)
shown("the same of an alias", select(other).where(other.B.total > 6), lambda one: [one.total])
