"""Every loading strategy across every kind of relationship: plain, with LIMIT, with objects already there, with populate_existing; the statements of each."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, inspect, select
from sqlalchemy.orm import (Session, aliased, contains_eager, declarative_base, defaultload, immediateload, joinedload, lazyload, noload, raiseload, relationship, selectinload, subqueryload)

Base = declarative_base()
links = Table("links", Base.metadata, Column("a_id", ForeignKey("a.id"), primary_key=True), Column("t_id", ForeignKey("t.id"), primary_key=True))


class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    up_id = Column(ForeignKey("a.id"))
    many = relationship("B", back_populates="one", order_by="B.id")
    tags = relationship("T", secondary=links, order_by="T.id", back_populates="owners")
    only = relationship("P", uselist=False, back_populates="a")
    subs = relationship("A", order_by="A.id", back_populates="up")
    up = relationship("A", remote_side=[id], back_populates="subs")


class B(Base):
    __tablename__ = "b"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    a_id = Column(ForeignKey("a.id"))
    one = relationship("A", back_populates="many")
    leaves = relationship("C", order_by="C.id")


class C(Base):
    __tablename__ = "c"
    id = Column(Integer, primary_key=True)
    b_id = Column(ForeignKey("b.id"))


class P(Base):
    __tablename__ = "p"
    id = Column(Integer, primary_key=True)
    a_id = Column(ForeignKey("a.id"))
    a = relationship("A", back_populates="only")


class T(Base):
    __tablename__ = "t"
    id = Column(Integer, primary_key=True)
    word = Column(String(10))
    owners = relationship("A", secondary=links, order_by="A.id", back_populates="tags")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    t1, t2 = T(id=1, word="x"), T(id=2, word="y")
    s.add_all([A(id=1, name="a1", tags=[t1, t2], only=P(id=1), many=[B(id=1, name="b1", leaves=[C(id=1), C(id=2)]), B(id=2, name="b2")]),
               A(id=2, name="a2", tags=[t2], many=[B(id=3, name="b3", leaves=[C(id=3)])]), A(id=3, name="a3", only=P(id=2)), B(id=4, name="b4")])
    s.flush()
    s.get(A, 2).up_id = 1
    s.get(A, 3).up_id = 1
    s.commit()
forget()


def ids(value):
    if value is None:
        return None
    return [x.id for x in value] if isinstance(value, list) else value.id


def show(objects, key):
    out = []
    for o in objects:
        loaded = key not in inspect(o).unloaded
        try:
            out.append([o.id, loaded, ids(getattr(o, key))])
        except Exception as x:
            out.append([o.id, loaded, type(x).__name__])
    say(out)


STRATEGIES = (("lazyload", lazyload), ("selectinload", selectinload), ("joinedload", joinedload), ("subqueryload", subqueryload), ("immediateload", immediateload), ("raiseload", raiseload), ("noload", noload))
RELATIONS = ((A, "many"), (A, "tags"), (A, "only"), (A, "subs"), (A, "up"), (B, "one"), (P, "a"), (T, "owners"))
for word, strategy in STRATEGIES:
    for cls, key in RELATIONS:
        step(word + " " + cls.__name__ + "." + key)
        s = Session(e)
        stmt = select(cls).order_by(cls.id).options(strategy(getattr(cls, key)))
        show(s.scalars(stmt).unique().all(), key)
        sql()
        s.close()
        show(s.scalars(stmt.limit(2).offset(1)).unique().all(), key)
        sql()
        s.close()
        first = s.scalars(select(cls).order_by(cls.id)).all()
        forget()
        show(s.scalars(stmt).unique().all(), key)
        sql()
        s.scalars(stmt, execution_options={"populate_existing": True}).unique().all()
        show(first, key)
        s.close()
        forget()
        o = s.get(cls, 1, options=[strategy(getattr(cls, key))])
        show([o], key)
        sql()
        s.refresh(o)
        show([o], key)
        sql()
        s.expire(o)
        show([o], key)
        sql()
        s.close()
        forget()
for word, outer in STRATEGIES[:5]:
    for word2, inner in STRATEGIES[:6]:
        step(word + " then " + word2)
        s = Session(e)
        found = s.scalars(select(A).order_by(A.id).options(outer(A.many), outer(A.many).options(inner(B.leaves)))).unique().all()
        show([b for a in found for b in a.many], "leaves")
        sql()
        s.close()
        found = s.scalars(select(C).order_by(C.id)).all()
        found = s.scalars(select(B).order_by(B.id.desc()).limit(2).options(outer(B.one).options(inner(A.tags)))).unique().all()
        show([b.one for b in found if b.one is not None], "tags")
        s.close()
        sql()
