"""Validators and inheritance: whose function is called for an attribute of the base, in all kinds of inheritance."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import configure_mappers, declarative_base, relationship, validates

Base = declarative_base()


def told(tag):
    def v(self, key, value):
        say(tag, type(self).__name__, key, value if isinstance(value, int) else type(value).__name__)
        return value
    return v


class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    kind = Column(String(5))
    x = Column(Integer)
    w = Column(Integer)
    z = Column(Integer)
    items = relationship("I", back_populates="a")
    va = validates("x")(told("A.va"))
    vw = validates("w")(told("A.vw"))
    vk = validates("id")(told("A.vk"))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "a"}


class I(Base):
    __tablename__ = "i"
    id = Column(Integer, primary_key=True)
    aid = Column(ForeignKey("a.id"))
    a = relationship(A, back_populates="items")


class Single(A):
    __mapper_args__ = {"polymorphic_identity": "b"}
    y = Column(Integer)
    vw = validates("w")(told("Single.vw"))
    vz = validates("z", "items", "y")(told("Single.vz"))


class Joined(A):
    __tablename__ = "c"
    __mapper_args__ = {"polymorphic_identity": "c"}
    id = Column(ForeignKey("a.id"), primary_key=True)
    v = Column(Integer)
    vw = told("Joined.vw, a plain method")
    vy = validates("v", "z")(told("Joined.vy"))


class Below(Joined):
    __mapper_args__ = {"polymorphic_identity": "d"}
    vy = validates("v", "z")(told("Below.vy"))


class Mixin:
    vm = validates("z", "m")(told("Mixin.vm"))


class Mixed(Mixin, A):
    __mapper_args__ = {"polymorphic_identity": "f"}
    m = Column(Integer)


class Again(A):
    __tablename__ = "g"
    __mapper_args__ = {"polymorphic_identity": "g"}
    id = Column(ForeignKey("a.id"), primary_key=True)
    z = Column(Integer)
    vz = validates("z")(told("Again.vz"))


class Concrete(A):
    __tablename__ = "k"
    __mapper_args__ = {"concrete": True}
    id = Column(Integer, primary_key=True)
    kind = Column(String(5))
    x = Column(Integer)
    w = Column(Integer)
    z = Column(Integer)
    vz = validates("z")(told("Concrete.vz"))


configure_mappers()
for cls in (A, Single, Joined, Below, Mixed, Again, Concrete):
    step(cls.__name__)
    one = cls()
    for key in ("id", "x", "w", "z", "y", "v", "m"):
        if hasattr(cls, key):
            setattr(one, key, 1)
    if cls is not Concrete:
        one.items.append(I())
        one.items = [I()]
        I(a=one)

step("two names")
say(error(lambda: type("E", (A,), {
    "__mapper_args__": {"polymorphic_identity": "e"}, "other": validates("x")(told("E.other"))})))
