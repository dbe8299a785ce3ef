"""Discriminators: an expression, a column_property, polymorphic_abstract, enums; reassigned and unknown ones."""
from parity import *
from sqlalchemy import Column, Enum, ForeignKey, Integer, String, case, func, inspect, select
from sqlalchemy.orm import Session, column_property, declarative_base, with_polymorphic

Base = declarative_base()


class Account(Base):
    __tablename__ = "account"
    id = Column(Integer, primary_key=True)
    balance = Column(Integer)
    __mapper_args__ = {
        "polymorphic_on": case((balance < 0, "debtor"), (balance > 1000, "rich"), else_="account"),
        "polymorphic_identity": "account",
    }


class Debtor(Account):
    __mapper_args__ = {"polymorphic_identity": "debtor"}


class Rich(Account):
    __mapper_args__ = {"polymorphic_identity": "rich"}


class Animal(Base):
    __tablename__ = "animal"
    id = Column(Integer, primary_key=True)
    code = Column(String(10))
    family = column_property(func.substr(code, 1, 1))
    name = Column(String(20))
    __mapper_args__ = {"polymorphic_on": family, "polymorphic_abstract": True}


class Mammal(Animal):
    legs = Column(Integer)
    __mapper_args__ = {"polymorphic_abstract": True}


class Cat(Mammal):
    __mapper_args__ = {"polymorphic_identity": "c"}


class Dog(Mammal):
    bark = Column(String(10))
    __mapper_args__ = {"polymorphic_identity": "d"}


class Fish(Animal):
    __tablename__ = "fish"
    id = Column(ForeignKey("animal.id"), primary_key=True)
    depth = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "f"}


class Doc(Base):
    __tablename__ = "doc"
    id = Column(Integer, primary_key=True)
    type = Column(Enum("memo", "letter", "doc", name="doctype"))
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "doc"}


class Memo(Doc):
    __mapper_args__ = {"polymorphic_identity": "memo"}


class Letter(Doc):
    __mapper_args__ = {"polymorphic_identity": "letter"}


class Node(Base):
    __tablename__ = "node"
    id = Column(Integer, primary_key=True)
    label = Column(String(10))


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
step("case")
session.add_all([Account(balance=5), Debtor(balance=-3), Rich(balance=5000), Debtor(balance=10)])
session.commit()
for a in session.scalars(select(Account).order_by(Account.id)):
    say(a, a.balance)
sql()
session.expunge_all()
for a in session.scalars(select(Account).order_by(Account.id)):
    say(a, a.balance)
sql()
say(session.scalars(select(Debtor.balance)).all())
sql()
a = session.get(Account, 2)
a.balance = 7
session.commit()
sql()
error(lambda: a.balance)
sql()
session.expunge_all()
say(session.get(Account, 2))
step("abstract classes")
session.add_all([Cat(code="c1", name="tom", legs=4), Dog(code="d1", name="rex", legs=4, bark="wau"), Fish(code="f1", name="nemo", depth=9)])
session.commit()
forget()
for a in session.scalars(select(Animal).order_by(Animal.id)):
    say(a, a.name, a.family)
sql()
say(session.scalars(select(Mammal.name).order_by(Mammal.name)).all())
sql()
say(session.scalars(select(Cat.name).order_by(Cat.legs)).all())
sql()
wp = with_polymorphic(Animal, [Dog, Fish])
session.expunge_all()
say([(a, sorted(inspect(a).unloaded)) for a in session.scalars(select(wp).order_by(wp.id))])
sql()
error(lambda: Mammal(code="m1", name="odd"))
step("enum")
session.add_all([Memo(), Letter(), Doc()])
session.commit()
forget()
for d in session.scalars(select(Doc).order_by(Doc.id)):
    say(d, d.type)
d = session.get(Doc, 1)
d.type = "letter"
session.commit()
forget()
error(lambda: d.type)
sql()
session.expunge_all()
say(session.get(Doc, 1))
sql()
say(Memo().type, Memo(type="letter").type, Doc(type=None).type)
step("wrong mappings")


def unknown_column():
    class Bad(Base):
        __tablename__ = "bad1"
        id = Column(Integer, primary_key=True)
        __mapper_args__ = {"polymorphic_on": "nothing"}


def no_table():
    class Bad(Base):
        id = Column(Integer, primary_key=True)


def no_foreign_key():
    class Bad(Node):
        __tablename__ = "bad2"
        id = Column(Integer, primary_key=True)


def bad_load():
    class Bad(Node):
        __mapper_args__ = {"polymorphic_load": "eager"}


error(unknown_column)
error(no_table)
error(no_foreign_key)
error(bad_load)
