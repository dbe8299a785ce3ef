"""Relationships, hybrids and validators across inheritance: of the base, of a subclass, overridden, to a subclass."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, inspect, select
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (Session, column_property, declarative_base, relationship, selectin_polymorphic,
    selectinload, validates, with_polymorphic)

Base = declarative_base()


class Company(Base):
    __tablename__ = "companies"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    staff = relationship("Person", back_populates="company", order_by="Person.id", cascade="all, delete-orphan")
    managers = relationship("Manager", viewonly=True, order_by="Manager.id")
    manager_names = association_proxy("managers", "name")


class Person(Base):
    __tablename__ = "people"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    name = Column(String(10))
    company_id = Column(ForeignKey("companies.id"))
    company = relationship(Company, back_populates="staff")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}

    @hybrid_property
    def label(self):
        return "p:" + self.name

    @validates("name")
    def check_name(self, key, value):
        say("person validates", value)
        return value.lower()


class Engineer(Person):
    __tablename__ = "engineers"
    id = Column(ForeignKey("people.id"), primary_key=True)
    skill = Column(String(10))
    machines = relationship("Machine", back_populates="owner", order_by="Machine.id")
    shout = column_property(func.upper(skill))
    __mapper_args__ = {"polymorphic_identity": "engineer"}

    @hybrid_property
    def label(self):
        return "e:" + self.name + ":" + self.skill

    @validates("skill")
    def check_skill(self, key, value):
        say("engineer validates", value)
        return value


class Manager(Person):
    title = Column(String(10))
    __mapper_args__ = {"polymorphic_identity": "manager"}


class Machine(Base):
    __tablename__ = "machines"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    owner_id = Column(ForeignKey("engineers.id"))
    owner = relationship(Engineer, back_populates="machines")


e = engine()
Base.metadata.create_all(e)
forget()
say([c.name for c in Person.__table__.columns], Manager.__table__ is Person.__table__, sorted(inspect(Engineer).attrs.keys()))
say(sorted(inspect(Manager).attrs.keys()), [m.class_ for m in inspect(Engineer).iterate_to_root()])
say(select(Engineer.label), select(Person.label), select(Manager.label))
say(select(Company).join(Company.managers), select(Machine).join(Machine.owner))
s = Session(e)
step("rows")
c = Company(name="acme")
ann, bob, cy = Engineer(), Manager(), Person()
ann.name, bob.name, cy.name = "ANN", "BOB", "CY"
ann.skill = "lua"
bob.title = "boss"
ann.machines.append(Machine(name="lathe"))
c.staff.extend([ann, bob, cy])
s.add(c)
s.commit()
step("read")
say([(p, p.label) for p in c.staff], [m.name for m in c.managers], list(c.manager_names))
say(ann.shout, ann.machines[0].owner is ann)
step("polymorphic loads")
s.expunge_all()
for p in s.scalars(select(Person).order_by(Person.id).options(selectin_polymorphic(Person, [Engineer]))):
    say(p, p.label, p.skill if p.kind == "engineer" else None)
s.expunge_all()
wp = with_polymorphic(Person, [Engineer, Manager])
for p in s.scalars(select(wp).order_by(wp.id)):
    say(p, p.name)
say(select(wp).where(wp.Engineer.skill == "lua"))
step("eager of a subclass")
s.expunge_all()
c = s.scalars(select(Company).options(selectinload(Company.staff.of_type(Engineer)).selectinload(Engineer.machines))).one()
sql()
say([(p, len(p.machines) if p.kind == "engineer" else None) for p in c.staff])
step("of_type in conditions")
say(s.scalars(select(Company.name).where(Company.staff.of_type(Engineer).any(Engineer.skill == "lua"))).all())
say(s.scalars(select(Company.name).join(Company.staff.of_type(Manager)).where(Manager.title == "boss")).all())
say(s.scalars(select(Machine.name).where(Machine.owner.has(Engineer.name == "ann"))).all())
s.rollback()
step("delete")
c = s.get(Company, 1)
s.delete(c)
s.commit()
say(s.execute(select(Machine.name, Machine.owner_id)).all())
sql()
s.close()
