"""Options along paths: wildcards, nesting, of_type, and_(), what overrides what, and wrong paths."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, inspect, select
from sqlalchemy.orm import (Load, Session, aliased, declarative_base, defaultload, defer, joinedload, lazyload,
    load_only, noload, raiseload,
                            relationship, selectin_polymorphic, selectinload, with_polymorphic)

Base = declarative_base()


class Company(Base):
    __tablename__ = "companies"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    staff = relationship("Employee", back_populates="company", order_by="Employee.id")
    offices = relationship("Office", order_by="Office.id")


class Office(Base):
    __tablename__ = "offices"
    id = Column(Integer, primary_key=True)
    city = Column(String(30))
    company_id = Column(ForeignKey("companies.id"))


class Employee(Base):
    __tablename__ = "employees"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    type = Column(String(10))
    company_id = Column(ForeignKey("companies.id"))
    company = relationship("Company", back_populates="staff")
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "employee"}


class Engineer(Employee):
    __tablename__ = "engineers"
    id = Column(ForeignKey("employees.id"), primary_key=True)
    skill = Column(String(30))
    machines = relationship("Machine", order_by="Machine.id")
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Manager(Employee):
    __tablename__ = "managers"
    id = Column(ForeignKey("employees.id"), primary_key=True)
    level = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "manager"}


class Machine(Base):
    __tablename__ = "machines"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    engineer_id = Column(ForeignKey("engineers.id"))


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add(Company(id=1, name="acme", offices=[Office(id=1, city="rome"), Office(id=2, city="oslo")], staff=[
        Engineer(id=1, name="eva", skill="c", machines=[Machine(id=1, name="m1"), Machine(id=2, name="m2")]),
        Manager(id=2, name="max", level=3), Employee(id=3, name="tim")]))
    s.add(Company(id=2, name="bits", staff=[Engineer(id=4, name="zoe", skill="lua")]))
    s.commit()
forget()


def unloaded(o):
    return sorted(inspect(o).unloaded)


step("wildcards")
with Session(e) as s:
    acme = s.scalars(select(Company).options(selectinload("*")).where(Company.id == 1)).one()
    say(unloaded(acme), len(acme.staff), len(acme.offices))
    s.rollback()
    forget()
with Session(e) as s:
    acme = s.scalars(select(Company).options(raiseload("*"),
        selectinload(Company.staff)).where(Company.id == 1)).one()
    say(len(acme.staff))
    error(lambda: acme.offices)
    error(lambda: acme.staff[0].company)
with Session(e) as s:
    acme = s.scalars(select(Company).options(selectinload(Company.staff).raiseload("*")).where(Company.id == 1)).one()
    error(lambda: acme.staff[0].machines)
    say(len(acme.offices))
with Session(e) as s:
    acme = s.scalars(select(Company).options(Load(Company).noload("*")).where(Company.id == 1)).one()
    say(acme.staff, acme.offices)
with Session(e) as s:
    acme = s.scalars(select(Company).options(defer("*")).where(Company.id == 1)).one()
    say(unloaded(acme))
with Session(e) as s:
    acme = s.scalars(select(Company).options(lazyload("*"),
        joinedload(Company.offices)).where(Company.id == 1)).unique().one()
    say(unloaded(acme))
step("options that conflict")
with Session(e) as s:
    error(lambda: s.scalars(select(Company).options(joinedload(Company.offices),
        selectinload(Company.offices))).all())
    error(lambda: s.scalars(select(Company).options(selectinload(Company.staff)).options(lazyload(Company.staff)))
        .all())
    stmt = select(Company).options(selectinload(Company.staff),
        selectinload(Company.staff).joinedload(Employee.company)).order_by(Company.id)
    say([[c.name, unloaded(c), [unloaded(p) for p in c.staff]] for c in s.scalars(stmt)])
step("options()")
with Session(e) as s:
    stmt = select(Company).options(selectinload(Company.staff).options(
        load_only(Employee.name), joinedload(Employee.company).options(selectinload(Company.offices)
            .load_only(Office.city)))).order_by(Company.id)
    say([[c.name, [p.name for p in c.staff], [o.city for o in c.offices]] for c in s.scalars(stmt)])
step("defaultload")
with Session(e) as s:
    stmt = select(Company).options(defaultload(Company.staff)
        .joinedload(Employee.company).selectinload(Company.offices)).where(Company.id == 1)
    acme = s.scalars(stmt).one()
    say(unloaded(acme))
    say([p.name for p in acme.staff])
step("and_")
with Session(e) as s:
    stmt = select(Company).options(selectinload(Company.offices.and_(Office.city == "rome"))).order_by(Company.id)
    say([[o.city for o in c.offices] for c in s.scalars(stmt)])
with Session(e) as s:
    stmt = select(Company).options(joinedload(Company.offices.and_(Office.city.like("o%")))).order_by(Company.id)
    say([[o.city for o in c.offices] for c in s.scalars(stmt).unique()])
with Session(e) as s:
    stmt = select(Company).options(lazyload(Company.offices.and_(Office.id > 1))).order_by(Company.id)
    companies = s.scalars(stmt).all()
    say([[o.city for o in c.offices] for c in companies])
    step("after expire the criteria stays with the object")
    s.expire(companies[0])
    say([o.city for o in companies[0].offices])
with Session(e) as s:
    stmt = select(Company).join(Company.offices.and_(Office.city == "oslo"))
    say([c.name for c in s.scalars(stmt)])
step("of_type")
with Session(e) as s:
    stmt = select(Company).options(selectinload(Company.staff.of_type(Engineer))
        .selectinload(Engineer.machines)).order_by(Company.id)
    acme = s.scalars(stmt).first()
    say([[p.name, unloaded(p)] for p in acme.staff])
with Session(e) as s:
    poly = with_polymorphic(Employee, [Engineer, Manager], flat=True)
    stmt = select(Company).options(joinedload(Company.staff.of_type(poly)).options(
        selectinload(poly.Engineer.machines))).order_by(Company.id)
    say([[[p.name, unloaded(p)] for p in c.staff] for c in s.scalars(stmt).unique()])
with Session(e) as s:
    stmt = select(Company).options(selectinload(Company.staff).options(
        selectin_polymorphic(Employee, [Engineer, Manager]), selectinload(Engineer.machines))).order_by(Company.id)
    say([[[p.name, unloaded(p)] for p in c.staff] for c in s.scalars(stmt)])
with Session(e) as s:
    stmt = select(Employee).options(selectin_polymorphic(Employee, [Engineer]),
        selectinload(Engineer.machines)).order_by(Employee.id)
    say([[p.name, unloaded(p)] for p in s.scalars(stmt)])
step("an option for an alias")
with Session(e) as s:
    c2 = aliased(Company, name="c2")
    say([len(c.offices) for c in s.scalars(select(c2).options(joinedload(c2.offices)).order_by(c2.id)).unique()])
    error(lambda: s.scalars(select(c2).options(joinedload(Company.offices))).unique().all())
step("wrong paths")
with Session(e) as s:
    error(lambda: joinedload(Company.staff).joinedload(Company.offices))
    error(lambda: joinedload(Company.name))
    error(lambda: joinedload("offices"))
    error(lambda: s.scalars(select(Office).options(joinedload(Company.offices))).all())
    error(lambda: s.scalars(select(Company.id).options(joinedload(Company.offices))).all())
    error(lambda: Load(Company).joinedload(Employee.company))
    error(lambda: select(Company).options("offices"))
    error(lambda: selectinload(Company.staff).selectinload(Engineer.machines))
step("end")
