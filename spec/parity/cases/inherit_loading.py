"""How subclass columns come: with_polymorphic, selectin_polymorphic, polymorphic_load, of_type, flat and aliased."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, inspect, or_, select
from sqlalchemy.orm import (Session, aliased, declarative_base, defer, joinedload, load_only, relationship,
                            selectin_polymorphic, selectinload, subqueryload, with_polymorphic)

Base = declarative_base()


class Company(Base):
    __tablename__ = "company"
    id = Column(Integer, primary_key=True)
    name = Column(String(50))
    staff = relationship("Employee", back_populates="company", order_by="Employee.id")


class Employee(Base):
    __tablename__ = "employee"
    id = Column(Integer, primary_key=True)
    name = Column(String(50))
    type = Column(String(20))
    company_id = Column(ForeignKey("company.id"))
    company = relationship("Company", back_populates="staff")
    __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "employee"}


class Manager(Employee):
    __tablename__ = "manager"
    id = Column(ForeignKey("employee.id"), primary_key=True)
    title = Column(String(50))
    papers = relationship("Paper", order_by="Paper.id")
    __mapper_args__ = {"polymorphic_identity": "manager", "polymorphic_load": "selectin"}


class Engineer(Employee):
    __tablename__ = "engineer"
    id = Column(ForeignKey("employee.id"), primary_key=True)
    skill = Column(String(50))
    machines = relationship("Machine", order_by="Machine.id")
    __mapper_args__ = {"polymorphic_identity": "engineer", "polymorphic_load": "inline"}


class Boss(Manager):
    __tablename__ = "boss"
    id = Column(ForeignKey("manager.id"), primary_key=True)
    car = Column(String(50))
    __mapper_args__ = {"polymorphic_identity": "boss"}


class Paper(Base):
    __tablename__ = "paper"
    id = Column(Integer, primary_key=True)
    name = Column(String(50))
    manager_id = Column(ForeignKey("manager.id"))


class Machine(Base):
    __tablename__ = "machine"
    id = Column(Integer, primary_key=True)
    name = Column(String(50))
    engineer_id = Column(ForeignKey("engineer.id"))


e = engine()
Base.metadata.create_all(e)
with Session(e) as session:
    session.add(Company(name="c1", staff=[
        Engineer(name="en1", skill="s1", machines=[Machine(name="x1"), Machine(name="x2")]),
        Manager(name="ma1", title="t1", papers=[Paper(name="p1")]),
        Boss(name="bo1", title="t2", car="vw")]))
    session.add(Company(name="c2", staff=[Engineer(name="en2", skill="s2"), Employee(name="em1")]))
    session.commit()
forget()


def show(title, stmt, **opts):
    step(title)
    with Session(e) as session:
        for x in session.scalars(stmt, **opts).unique():
            say(x, x.name, sorted(inspect(x).unloaded))
        sql()


show("polymorphic_load", select(Employee).order_by(Employee.id))
show("polymorphic_load on a subclass", select(Manager).order_by(Manager.id))
wp = with_polymorphic(Employee, [Engineer, Manager])
show("with_polymorphic", select(wp).where(or_(wp.Engineer.skill == "s1", wp.Manager.title == "t2")).order_by(wp.id))
wp = with_polymorphic(Employee, "*", flat=True)
show("with_polymorphic *, flat", select(wp).order_by(wp.id))
wp = with_polymorphic(Employee, [Boss], aliased=True, innerjoin=True)
show("aliased, innerjoin", select(wp).where(wp.Boss.car == "vw"))
wp = with_polymorphic(Employee, [], name="plain")
show("no subclass, named", select(wp).order_by(wp.id))
show("selectin_polymorphic", select(Employee).order_by(Employee.id).options(
    selectin_polymorphic(Employee, [Manager, Boss, Engineer])))
show("loader options below a subclass", select(Employee).order_by(Employee.id).options(
    selectin_polymorphic(Employee, [Manager]), selectinload(Manager.papers), joinedload(Engineer.machines)))
show("load_only of subclass columns", select(Employee).order_by(Employee.id).options(
    load_only(Employee.name), load_only(Engineer.skill)))
show("defer", select(Engineer).order_by(Engineer.id).options(defer(Engineer.skill), defer(Employee.company_id)))
show("company selectin of_type", select(Company).order_by(Company.id).options(
    selectinload(Company.staff.of_type(Manager)).selectinload(Manager.papers)))
show("company joined of_type *", select(Company).order_by(Company.id).options(
    joinedload(Company.staff.of_type(with_polymorphic(Employee, "*", flat=True)))))
show("company subquery", select(Company).order_by(Company.id).options(subqueryload(Company.staff)))
show("company selectin then selectin_polymorphic", select(Company).order_by(Company.id).options(
    selectinload(Company.staff).options(selectin_polymorphic(Employee, [Engineer, Boss]),
                                        selectinload(Engineer.machines))))
step("joins")
with Session(e) as session:
    say(session.execute(select(Company.name, Engineer.skill).join(Company.staff.of_type(Engineer)).order_by(Engineer.id)).all())
    sql()
    wp = with_polymorphic(Employee, [Manager, Engineer])
    say(session.execute(select(Company.name, wp.name, wp.Manager.title).join(Company.staff.of_type(wp)).order_by(wp.id)).all())
    sql()
    say(session.scalars(select(Company.name).where(Company.staff.of_type(Boss).any(Boss.car == "vw"))).all())
    sql()
    say(session.scalars(select(Employee.name).where(Employee.company.has(name="c2")).order_by(Employee.id)).all())
    sql()
    a = aliased(Manager, flat=True)
    say(session.execute(select(a.name, a.title).order_by(a.id)).all())
    sql()
    say(session.scalars(select(Company.name).join(a, Company.staff.of_type(a)).where(a.title == "t1")).all())
    sql()
