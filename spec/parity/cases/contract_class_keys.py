"""The class keys: table, table arguments, mapper arguments, abstract, extends in the three ways of inheritance."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, UniqueConstraint, inspect, select
from sqlalchemy.orm import (Session, column_property, configure_mappers, declarative_base, joinedload, relationship,
                            selectin_polymorphic, selectinload, with_polymorphic)
from sqlalchemy.schema import CreateTable

Base = declarative_base()


class Model(Base):
    __abstract__ = True
    note = Column(String(10))

    def tag(self):
        return type(self).__name__ + "/" + (self.note or "-")


class Office(Model):
    __table__ = Table("offices", Base.metadata, Column("id", Integer, primary_key=True), Column("city", String(10)),
                      Column("note", String(10)))
    staff = relationship("Employee", back_populates="office", order_by="Employee.id")


class Employee(Model):
    __tablename__ = "employees"
    __table_args__ = (UniqueConstraint("name"), {"comment": "who works"})
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    kind = Column(String(20))
    office_id = Column(ForeignKey("offices.id"))
    office = relationship(Office, back_populates="staff")


class Manager(Employee):
    __tablename__ = "managers"
    __mapper_args__ = {"polymorphic_identity": "manager"}
    id = Column(ForeignKey("employees.id"), primary_key=True)
    level = Column(Integer)
    reports = relationship("Engineer", back_populates="boss", foreign_keys="Engineer.boss_id", order_by="Engineer.id")


class Engineer(Employee):
    __tablename__ = "engineers"
    __mapper_args__ = {"polymorphic_identity": "engineer"}
    id = Column(ForeignKey("employees.id"), primary_key=True)
    tool = Column(String(10))
    boss_id = Column(ForeignKey("managers.id"))
    boss = relationship(Manager, back_populates="reports", foreign_keys=boss_id)


class Intern(Engineer):
    __mapper_args__ = {"polymorphic_identity": "intern"}
    school = Column(String(10))


class Shape(Base):
    __tablename__ = "shapes"
    __mapper_args__ = {"polymorphic_identity": "shape", "concrete": True}
    id = Column(Integer, primary_key=True)
    sides = Column(Integer)


class Square(Shape):
    __tablename__ = "squares"
    __mapper_args__ = {"polymorphic_identity": "square", "concrete": True}
    id = Column(Integer, primary_key=True)
    sides = Column(Integer)
    edge = Column(Integer)


e = engine()
configure_mappers()
say(CreateTable(Employee.__table__), CreateTable(Engineer.__table__))
for cls in (Office, Employee, Manager, Engineer, Intern, Shape, Square):
    m = inspect(cls)
    say(cls, m.local_table.name, m.polymorphic_identity, m.inherits and m.inherits.class_, m.concrete, m.single,
        [x.class_.__name__ for x in m.self_and_descendants], m.attrs.keys())
say(sorted(inspect(Employee).polymorphic_map.keys()), [c.name for c in inspect(Intern).primary_key])
say(select(Employee), "|", select(Intern), "|", select(Square))
Base.metadata.create_all(e)
forget()
session = Session(e)
step("write")
lyon = Office(city="Lyon", note="hq")
mia = Manager(name="mia", level=2, office=lyon, note="m")
session.add(lyon)
session.flush()
session.add_all([mia, Engineer(name="eli", tool="c", boss=mia, office=lyon), Employee(name="pat", office=lyon),
                 Intern(name="ida", tool="lua", school="insa", boss=mia), ])
session.flush()
session.add_all([Shape(sides=5), Square(sides=4, edge=2)])
session.commit()
step("the base loads what it has")
for x in session.scalars(select(Employee).order_by(Employee.id)):
    say(x.tag(), x.name, x.kind, inspect(x).unloaded)
step("with_polymorphic")
session.expunge_all()
poly = with_polymorphic(Employee, [Engineer, Manager])
for x in session.scalars(select(poly).where((poly.Engineer.tool == "lua") | (poly.Manager.level > 1)).order_by(poly.id)):
    say(x.tag(), inspect(x).unloaded)
every = with_polymorphic(Employee, "*", flat=True, aliased=True)
say([(x.name, x.kind) for x in session.scalars(select(every).order_by(every.name))])
step("selectin_polymorphic")
session.expunge_all()
stmt = select(Employee).options(selectin_polymorphic(Employee, [Manager, Engineer]),
                                selectinload(Manager.reports)).order_by(Employee.id)
for x in session.scalars(stmt):
    say(x.name, inspect(x).unloaded)
step("of_type")
session.expunge_all()
say(session.scalars(select(Office.city).join(Office.staff.of_type(Engineer)).where(Engineer.tool == "c")).all())
say(session.scalars(select(Office.city).where(Office.staff.of_type(Manager).any(Manager.level > 5))).all())
office = session.scalars(select(Office).options(selectinload(Office.staff.of_type(Manager)))).one()
say([(x.name, inspect(x).unloaded) for x in office.staff])
session.expunge_all()
office = session.scalars(select(Office).options(
    joinedload(Office.staff.of_type(every)).joinedload(every.Engineer.boss))).unique().one()
say([(x.name, x.boss.name) for x in office.staff if isinstance(x, Engineer)])
step("get, update, delete through the hierarchy")
ida = session.scalars(select(Intern)).one()
say(session.get(Engineer, ida.id) is ida, session.get(Manager, ida.id), session.get(Employee, ida.id).school)
ida.name, ida.tool, ida.school = "ira", "zig", "mit"
session.flush()
session.delete(ida)
session.commit()
step("concrete")
say([(s.id, s.sides) for s in session.scalars(select(Shape))],
    [(s.edge, s.sides) for s in session.scalars(select(Square))])
step("wrong identities")
session.execute(Employee.__table__.update().where(Employee.__table__.c.name == "pat").values(kind="ghost"))
refused(lambda: session.scalars(select(Employee)).all())
session.rollback()
error(lambda: type("Bad", (Employee,), {"__mapper_args__": {"polymorphic_identity": "bad"}, "name": Column(String)}))
error(lambda: type("NoTable", (Base,), {"x": Column(Integer)}))
error(lambda: type("NoKey", (Base,), {"__tablename__": "no_key", "x": Column(Integer)}))
sql()
