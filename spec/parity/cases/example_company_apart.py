"""The same people in one table and in tables of their own: shared columns, unions of concrete tables, their relations."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, inspect, select
from sqlalchemy.ext.declarative import AbstractConcreteBase, ConcreteBase
from sqlalchemy.orm import (Session, configure_mappers, declarative_base, declared_attr, joinedload, relationship,
                            selectinload, with_polymorphic)

Base = declarative_base()


class Firm(Base):
    __tablename__ = "firms"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    people = relationship("Person", back_populates="firm", order_by="Person.id", cascade="all, delete-orphan")
    crates = relationship("Crate", back_populates="firm", order_by="Crate.id")


class Person(Base):
    __tablename__ = "people"
    id = Column(Integer, primary_key=True)
    firm_id = Column(ForeignKey("firms.id"))
    name = Column(String(20))
    kind = Column(String(10))
    firm = relationship(Firm, back_populates="people")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}


class Coder(Person):
    tongue = Column(String(10))
    __mapper_args__ = {"polymorphic_identity": "coder"}

    @declared_attr
    def rank(cls):
        return Person.__table__.c.get("rank", Column(String(10)))


class Boss(Person):
    bonus = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "boss"}

    @declared_attr
    def rank(cls):
        return Person.__table__.c.get("rank", Column(String(10)))


class Crate(ConcreteBase, Base):
    __tablename__ = "crates"
    id = Column(Integer, primary_key=True)
    firm_id = Column(ForeignKey("firms.id"))
    weight = Column(Integer)
    firm = relationship("Firm", back_populates="crates")
    __mapper_args__ = {"polymorphic_identity": "crate", "concrete": True}


class Barrel(Crate):
    __tablename__ = "barrels"
    id = Column(Integer, primary_key=True)
    firm_id = Column(ForeignKey("firms.id"))
    weight = Column(Integer)
    litres = Column(Integer)
    firm = relationship("Firm", back_populates="crates")
    __mapper_args__ = {"polymorphic_identity": "barrel", "concrete": True}


class Ware(AbstractConcreteBase, Base):
    strict_attrs = True
    label = Column(String(10))


class Book(Ware):
    __tablename__ = "books"
    id = Column(Integer, primary_key=True)
    label = Column(String(10))
    pages = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "book", "concrete": True}


class Lamp(Ware):
    __tablename__ = "lamps"
    id = Column(Integer, primary_key=True)
    label = Column(String(10))
    watts = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "lamp", "concrete": True}


e = engine()
configure_mappers()
Base.metadata.create_all(e)
forget()
say([c.name for c in Person.__table__.c], inspect(Coder).attrs.keys(), inspect(Boss).attrs.keys())
say(Coder.rank.property.columns[0] is Boss.rank.property.columns[0])
session = Session(e)
step("one table")
firm = Firm(name="acme")
session.add(firm)
session.flush()
firm.people = [Boss(name="bea", rank="top", bonus=3), Coder(name="col", rank="low", tongue="lua"), Person(name="pam")]
session.commit()
say([(type(p).__name__, p.name) for p in firm.people], firm.people[0].rank)
say(session.scalars(select(Coder.name).where(Coder.rank == "low")).all(), select(Boss))
some = with_polymorphic(Person, [Coder, Boss])
flat = with_polymorphic(Person, [Coder, Boss], flat=True)
say(session.scalars(select(some.name).where((some.Coder.tongue == "lua") | (some.Boss.bonus > 1)).order_by(some.id)).all())
say(session.scalars(select(Firm.name).where(Firm.people.of_type(Coder).any(Coder.tongue == "c"))).all())
session.expunge_all()
firm = session.scalars(select(Firm).options(joinedload(Firm.people.of_type(flat)))).unique().one()
sql()
say([sorted(inspect(p).unloaded) for p in firm.people])
firm.people[1].rank = "mid"
session.execute(sa.update(Boss).values(bonus=Boss.bonus + 1))
say(firm.people[0].bonus, session.execute(sa.delete(Person).where(Person.name == "pam")).rowcount)
session.commit()
step("tables of their own")
session.add(Crate(weight=5, firm=firm))
session.flush()
session.add(Barrel(weight=7, litres=50, firm=firm))
session.commit()
sql()
say([(type(c).__name__, c.weight) for c in session.scalars(select(Crate).order_by(Crate.weight))])
sql()
say(session.scalars(select(Barrel)).one().litres, session.scalar(select(func.sum(Crate.weight))))
say(session.scalars(select(Crate).where(Crate.firm == firm).order_by(Crate.weight)).all()[1].litres)
sql()
barrel = session.scalars(select(Barrel)).one()
barrel.weight, barrel.litres = 8, 60
session.flush()
say(barrel.firm is firm, sorted(c.weight for c in firm.crates))
session.delete(barrel)
session.commit()
sql()
say(session.scalars(select(Crate.weight)).all())
step("an abstract base")
session.add(Book(label="pil", pages=300))
session.flush()
session.add(Lamp(label="led", watts=5))
session.commit()
sql()
say([(type(w).__name__, w.label) for w in session.scalars(select(Ware).order_by(Ware.label))])
sql()
say(session.scalars(select(Book.label).where(Book.pages > 100)).all(), inspect(Ware).polymorphic_on is None)
say(sorted(inspect(Ware).polymorphic_map))
refused(lambda: Ware(label="x") and session.add(Ware(label="x")) or session.flush())
session.rollback()
sql()
