# A company: eager loading of what only subclasses have, by of_type, selectin_polymorphic and polymorphic_load.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select, func
from sqlalchemy.orm import (declarative_base, relationship, Session, with_polymorphic, selectin_polymorphic,
                            joinedload, selectinload, subqueryload, contains_eager, defer, load_only, raiseload)

Base = declarative_base()


class Company(Base):
    __tablename__ = "company"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    staff = relationship("Staff", back_populates="company", order_by="Staff.id")


class Staff(Base):
    __tablename__ = "staff"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    role = Column(String(20))
    company_id = Column(ForeignKey("company.id"))
    company = relationship("Company", back_populates="staff")
    __mapper_args__ = {"polymorphic_on": role, "polymorphic_identity": "staff"}


class Engineer(Staff):
    __tablename__ = "engineer"
    id = Column(ForeignKey("staff.id"), primary_key=True)
    skill = Column(String(20))
    machines = relationship("Machine", order_by="Machine.id")
    __mapper_args__ = {"polymorphic_identity": "engineer", "polymorphic_load": "selectin"}


class Manager(Staff):
    __tablename__ = "manager"
    id = Column(ForeignKey("staff.id"), primary_key=True)
    budget = Column(Integer)
    papers = relationship("Paper", order_by="Paper.id")
    __mapper_args__ = {"polymorphic_identity": "manager", "polymorphic_load": "inline"}


class Machine(Base):
    __tablename__ = "machine"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    engineer_id = Column(ForeignKey("engineer.id"))


class Paper(Base):
    __tablename__ = "paper"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    manager_id = Column(ForeignKey("manager.id"))


eng = engine()
Base.metadata.create_all(eng)
with Session(eng) as s:
    s.add(Company(name="acme", staff=[
        Engineer(name="eve", skill="c", machines=[Machine(name="m1"), Machine(name="m2")]),
        Manager(name="max", budget=9, papers=[Paper(name="p1")]),
        Engineer(name="ed", skill="lua"), Staff(name="sam")]))
    s.add(Company(name="solo", staff=[Manager(name="mia", budget=1)]))
    s.commit()
forget()


def show(title, q, session_options=None):
    step(title)
    with Session(eng) as s:
        for c in s.scalars(q).unique():
            say(c.name)
            sql()
            for p in c.staff:
                extra = ([m.name for m in p.machines] if isinstance(p, Engineer)
                         else [d.name for d in p.papers] if isinstance(p, Manager) else None)
                say("", type(p).__name__, p.name, getattr(p, "skill", None), getattr(p, "budget", None), extra)


step("polymorphic_load does it alone")
with Session(eng) as s:
    people = s.scalars(select(Staff).order_by(Staff.id)).all()
    sql()
    say([(p.name, getattr(p, "skill", None), getattr(p, "budget", None)) for p in people])
base = select(Company).order_by(Company.id)
show("lazy", base)
step("an attribute of a subclass does not link")
error(lambda: selectinload(Company.staff).options(selectinload(Engineer.machines)))
show("selectin to subclass attributes", base.options(
    selectinload(Company.staff.of_type(Engineer)).selectinload(Engineer.machines),
    selectinload(Company.staff.of_type(Manager)).selectinload(Manager.papers)))
show("selectin of_type", base.options(selectinload(Company.staff.of_type(Engineer)).selectinload(Engineer.machines)))
W = with_polymorphic(Staff, [Engineer, Manager], flat=True)
show("joined of_type with_polymorphic", base.options(joinedload(Company.staff.of_type(W)).options(
    joinedload(W.Engineer.machines), selectinload(W.Manager.papers))))
show("subquery", base.options(subqueryload(Company.staff.of_type(Manager)).selectinload(Manager.papers)))
show("selectin_polymorphic below a relationship", base.options(selectinload(Company.staff).options(
    selectin_polymorphic(Staff, [Engineer, Manager]), selectinload(Engineer.machines))))
show("contains_eager of an aliased subclass", select(Company).join(Company.staff.of_type(W)).options(
    contains_eager(Company.staff.of_type(W))).where(W.Engineer.skill == "lua").order_by(Company.id))
step("columns of subclasses")
with Session(eng) as s:
    q = select(Staff).options(selectin_polymorphic(Staff, [Engineer]), defer(Engineer.skill)).order_by(Staff.id)
    e = s.scalars(q).first()
    say(sorted(sa.inspect(e).unloaded))
    say(e.skill)
    s.expunge_all()
    e = s.scalars(select(Engineer).options(load_only(Engineer.name)).order_by(Engineer.id)).first()
    say(sorted(sa.inspect(e).unloaded))
    s.expunge_all()
    e = s.scalars(select(Engineer).options(raiseload(Engineer.machines)).order_by(Engineer.id)).first()
    error(lambda: e.machines)
    say(s.execute(select(Engineer.name, func.count(Machine.id)).outerjoin(Engineer.machines).group_by(Engineer.name)
                  .order_by(Engineer.name)).all())
step("end")
