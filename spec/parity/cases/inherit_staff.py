"""Inheritance, a staff in joined tables with a single-table branch: polymorphic queries and loads by every strategy,
of_type, with_polymorphic flat and aliased, selectin_polymorphic, relationships to and from subclasses, flush order,
refresh, deletes."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Company(Base):
    __tablename__ = "companies"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    staff = relationship("Person", back_populates="company", order_by="Person.id", cascade="all, delete-orphan")


class Person(Base):
    __tablename__ = "people"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    type = mapped_column(String(10))
    company_id = mapped_column(ForeignKey("companies.id"))
    company = relationship(Company, back_populates="staff")
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "person"}

    def title(self):
        return "plain " + self.name


class Engineer(Person):
    __tablename__ = "engineers"
    id = mapped_column(ForeignKey("people.id"), primary_key=True)
    language = mapped_column(String(10))
    machines = relationship("Machine", back_populates="owner", order_by="Machine.id")
    __mapper_args__ = {"polymorphic_identity": "engineer"}

    def title(self):
        return "eng " + self.name


class Lead(Engineer):
    rank = mapped_column(Integer, use_existing_column=True)
    __mapper_args__ = {"polymorphic_identity": "lead"}


class Manager(Person):
    __tablename__ = "managers"
    person_id = mapped_column("id", ForeignKey("people.id"), primary_key=True)
    budget = mapped_column(Integer)
    report_id = mapped_column(ForeignKey("engineers.id"))
    report = relationship(Engineer, foreign_keys=report_id)
    __mapper_args__ = {"polymorphic_identity": "manager", "polymorphic_load": "selectin",
                       "inherit_condition": person_id == Person.id}


class Machine(Base):
    __tablename__ = "machines"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(10))
    owner_id = mapped_column(ForeignKey("engineers.id"))
    owner = relationship(Engineer, back_populates="machines")


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("flush")
eve = Engineer(id=2, name="eve", language="lua", machines=[Machine(id=1, name="m1"), Machine(id=2, name="m2")])
s.add(Company(id=1, name="acme", staff=[Manager(id=4, name="max", budget=9, report=eve), Person(id=1, name="pat"),
    eve, Lead(
    id=3, name="lea", language="c", rank=7)]))
s.commit()
sql()


def show(title, stmt, shape=lambda p: (type(p).__name__, p.name, p.title())):
    step(title)
    s.expunge_all()
    found = s.scalars(stmt).unique().all()
    say([shape(p) for p in found])
    sql()
    say([sorted(inspect(p).unloaded) for p in found if isinstance(p, Base)])
    return found


show("base", select(Person).order_by(Person.id))
show("sub", select(Engineer).order_by(Engineer.id), lambda p: (type(p).__name__, p.name, p.language, p.type))
show("leaf", select(Lead), lambda p: (p.name, p.rank, p.language))
found = show("selectin", select(Person).order_by(Person.id).options(selectin_polymorphic(Person, [Engineer, Manager])))
say(found[1].language, found[2].rank, found[3].budget)
sql()
found = show("selectin and relation", select(Person).order_by(Person.id).options(selectin_polymorphic(Person,
    [Engineer]),
                                                                               selectinload(Engineer.machines)))
say([m.name for m in found[1].machines])
sql()
every = with_polymorphic(Person, "*")
show("with polymorphic", select(every).where(or_(every.Engineer.language == "lua",
    every.Manager.budget > 5)).order_by(every.id))
flat = with_polymorphic(Person, [Engineer], flat=True)
show("flat", select(flat).join(Company,
    flat.company_id == Company.id).where(flat.Engineer.language != None).order_by(flat.id))
show("aliased sub", select(aliased(Engineer, name="e2")))
show("of_type any", select(Company).where(Company.staff.of_type(Engineer).any(Engineer.language == "c")),
    lambda c: c.name)
show("join of_type", select(Company.name, Engineer.name,
    Engineer.language).join(Company.staff.of_type(Engineer)).order_by(
    Engineer.id), lambda r: r)
show("company", select(Company).options(selectinload(Company.staff.of_type(every))
    .selectinload(every.Engineer.machines)),
     lambda c: [(p.name, p.title()) for p in c.staff])
show("joined company", select(Company).options(joinedload(Company.staff.of_type(flat))),
    lambda c: [p.name for p in c.staff])
show("where type", select(Person).where(Person.type.in_(["lead", "manager"])).order_by(Person.id))
show("manager", select(Manager).options(joinedload(Manager.report)),
    lambda m: (m.name, m.report.name, m.person_id, m.id))
step("get")
s.expunge_all()
say(s.get(Lead, 3).rank, type(s.get(Person, 3)).__name__, s.get(Engineer, 3).rank, s.get(Lead, 2), s.get(Manager, 2))
sql()
p = s.get(Person, 2)
refused(lambda: s.get(Machine, 1).owner.budget)
say(isinstance(p, Engineer), s.get(Engineer, 2) is p, s.get(Machine, 1).owner is p)
sql()
step("update")
p.name, p.language = "eva", "moon"
s.get(Lead, 3).rank = 8
s.flush()
sql()
p.language = "perl"
s.flush()
sql()
s.expire(p)
say(p.language)
s.refresh(p, ["name"])
sql()
m = s.get(Manager, 4)
m.report = s.get(Lead, 3)
error(lambda: (setattr(m, "report", s.get(Person, 1)), s.flush()))
s.rollback()
say(m.report.name)
s.execute(update(Engineer).where(Engineer.language == "lua").values(language="x"))
s.execute(update(Person).where(Person.name == "pat").values(name="pit"))
error(lambda: s.execute(update(Engineer).values(name="both", language="z")))
s.rollback()
forget()
step("types")
s.add(Person(id=9, name="odd", type="martian"))
s.commit()
s.expunge_all()
forget()
refused(lambda: s.get(Person, 9))
s.execute(text("DELETE FROM people WHERE id = 9"))
refused(lambda: Machine(owner=Person()) and None)
s.add(Machine(id=5, owner_id=1))
if is_postgresql:
    error(s.flush)
s.rollback()
s.execute(text("DELETE FROM people WHERE id = 9"))
s.commit()
forget()
step("delete")
s.delete(s.get(Manager, 4))
s.flush()
sql()
s.get(Company, 1).staff.remove(s.get(Lead, 3))
s.flush()
sql()
s.delete(s.get(Company, 1))
s.commit()
sql()
say([s.scalar(select(func.count()).select_from(t)) for t in (Company, Person, Engineer, Manager, Machine)])
