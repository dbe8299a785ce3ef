"""Joined table inheritance: what is written, read, refreshed, changed and deleted, table by table."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, delete, func, inspect, select, update
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class Company(Base):
    __tablename__ = "company"
    id = Column(Integer, primary_key=True)
    name = Column(String(50))
    employees = relationship("Employee", back_populates="company", cascade="all, delete-orphan", order_by="Employee.id")


class Employee(Base):
    __tablename__ = "employee"
    id = Column(Integer, primary_key=True)
    company_id = Column(ForeignKey("company.id"))
    name = Column(String(50))
    type = Column(String(20))
    company = relationship("Company", back_populates="employees")
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "employee"}


class Engineer(Employee):
    __tablename__ = "engineer"
    id = Column(ForeignKey("employee.id"), primary_key=True)
    language = Column(String(30))
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Senior(Engineer):
    __tablename__ = "senior"
    id = Column(ForeignKey("engineer.id"), primary_key=True)
    years = Column(Integer, default=7)
    __mapper_args__ = {"polymorphic_identity": "senior"}


class Manager(Employee):
    __tablename__ = "manager"
    id = Column(ForeignKey("employee.id"), primary_key=True)
    bonus = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "manager", "eager_defaults": True}


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
c = Company(name="c1")
c.employees.append(Employee(name="plain"))
c.employees.append(Engineer(name="ed", language="lua"))
c.employees.append(Manager(name="mary", bonus=10))
c.employees.append(Senior(name="sue", language="c"))
session.add(c)
say([x.type for x in c.employees])
step("flush")
session.flush()
say([(x.id, x.type, x.name) for x in c.employees])
session.commit()
step("load the base")
for x in session.scalars(select(Employee).order_by(Employee.id)):
    say(x, x.name, sorted(inspect(x).unloaded))
step("lazy columns of a subclass")
ed = session.get(Employee, 2)
say(ed.language)
say(sorted(inspect(ed).unloaded))
session.expunge_all()
sue = session.get(Senior, 4)
say(sue.years)
step("get by a subclass")
say(session.get(Engineer, 4) is sue, session.get(Manager, 4))
session.expunge_all()
say(session.get(Manager, 4))
say(session.get(Engineer, 4))
step("queries of subclasses")
say(session.scalars(select(Engineer).order_by(Engineer.name)).all())
error(lambda: session.execute(select(Engineer.name, Senior.years).join_from(Engineer, Senior)).all())
say(session.execute(select(Senior.name, Senior.language, Senior.years)).all())
say(session.scalar(select(func.count()).select_from(Manager)))
say(session.execute(select(Employee.type, func.count(Employee.id)).group_by(Employee.type).order_by(Employee.type)).all())
step("modify one table only")
sue = session.get(Senior, 4)
sue.name = "susan"
session.flush()
sql()
sue.years = 9
sue.language = "c99"
session.flush()
sql()
say(sue.years, inspect(sue).attrs.years.history)
step("refresh and expire")
session.refresh(sue)
sql()
session.refresh(sue, ["years"])
sql()
session.expire(sue, ["language", "name"])
say(sue.language, sue.name)
step("bulk update and delete")
r = session.execute(update(Employee).where(Employee.type == "manager").values(name="boss"))
say(r.rowcount)
r = session.execute(update(Senior).values(years=Senior.years + 1))
say(r.rowcount, sue.years)
error(lambda: session.execute(update(Manager).values(name="x")))
session.rollback()
step("delete")
session.delete(session.get(Employee, 4))
session.flush()
sql()
c = session.get(Company, 1)
c.employees.pop()
session.flush()
say([x.name for x in c.employees])
session.commit()
step("an unknown identity")
e2 = Employee(name="odd", type="nobody")
session.add(e2)
session.commit()
session.expunge_all()
try:
    session.scalars(select(Employee).where(Employee.name == "odd")).all()
except Exception:
    say("refused")
session.rollback()
say([m.class_.__name__ for m in inspect(Employee).self_and_descendants])
say(inspect(Senior).polymorphic_identity, inspect(Senior).inherits.class_, inspect(Senior).base_mapper.class_)
say(sorted(inspect(Employee).polymorphic_map), sorted(t.name for t in inspect(Senior).tables), inspect(Senior).local_table.name)
say([k.key for k in inspect(Senior).column_attrs])
