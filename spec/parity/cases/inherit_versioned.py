"""Three levels joined with a single one below, versioned: states, statements, polymorphic loads, of_type in any and has."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, and_, case, event, func, inspect, literal, or_, select, update, delete
from sqlalchemy.orm import Session, aliased, contains_eager, declarative_base, joinedload, relationship, selectin_polymorphic, selectinload, with_polymorphic, undefer, load_only

Base = declarative_base()


class Firm(Base):
    __tablename__ = "firm"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    staff = relationship("Person", back_populates="firm", order_by="Person.id", cascade="all, delete-orphan")
    bosses = relationship("Boss", viewonly=True, order_by="Boss.id")


class Person(Base):
    __tablename__ = "person"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    type = Column(String(10), nullable=False)
    version = Column(Integer, nullable=False)
    firm_id = Column(ForeignKey("firm.id"))
    mentor_id = Column(ForeignKey("person.id"))
    firm = relationship(Firm, back_populates="staff")
    mentor = relationship("Person", remote_side=id, back_populates="pupils")
    pupils = relationship("Person", back_populates="mentor", order_by="Person.id")
    __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "person", "version_id_col": version}


class Worker(Person):
    __tablename__ = "worker"
    id = Column(ForeignKey("person.id"), primary_key=True)
    skill = Column(String(20))
    tasks = relationship("Task", back_populates="worker", order_by="Task.id", cascade="all, delete-orphan")
    __mapper_args__ = {"polymorphic_identity": "worker"}


class Boss(Worker):
    __tablename__ = "boss"
    id = Column(ForeignKey("worker.id"), primary_key=True)
    bonus = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "boss"}


class Deputy(Boss):
    since = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "deputy"}


class Task(Base):
    __tablename__ = "task"
    id = Column(Integer, primary_key=True)
    what = Column(String(20))
    worker_id = Column(ForeignKey("worker.id"))
    worker = relationship(Worker, back_populates="tasks")


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("insert")
p = Person(id=1, name="pat")
w = Worker(id=2, name="wim", skill="wood", mentor=p, tasks=[Task(id=1, what="saw"), Task(id=2, what="plane")])
b = Boss(id=3, name="bea", skill="talk", bonus=10, tasks=[Task(id=3, what="meet")])
d = Deputy(id=4, name="dee", skill="walk", bonus=5, since=2020, mentor=b)
s.add(Firm(id=1, name="acme", staff=[p, w, b]))
s.add(Firm(id=2, name="bold", staff=[d]))
s.commit()
sql()
step("versions")
say([x.version for x in (p, w, b, d)])
sql()
b.bonus = 11
d.name, d.since = "deb", 2021
w.tasks.pop()
s.commit()
sql()
say([x.version for x in (p, w, b, d)])
forget()
s.execute(update(Person.__table__).values(version=9))
d.bonus = 6
error(s.flush)
s.rollback()
s.execute(update(Person.__table__).values(version=9))
s.delete(d)
error(s.flush)
s.rollback()
forget()
step("polymorphic entities")
s.expunge_all()
wp = with_polymorphic(Person, [Worker, Boss])
for x in s.scalars(select(wp).where(or_(wp.Worker.skill == "wood", wp.Boss.bonus > 6)).order_by(wp.id)):
    say(type(x).__name__, sorted(inspect(x).unloaded))
sql()
s.expunge_all()
flat = with_polymorphic(Person, "*", flat=True)
m = aliased(Worker, flat=True)
say([(type(x).__name__, x.name, y.name) for x, y in s.execute(select(flat, m).join(m, m.firm_id == flat.firm_id).where(m.id != flat.id).order_by(flat.id, m.id))])
sql()
wa = with_polymorphic(Person, [Boss], aliased=True)
say([x.name for x in s.scalars(select(wa).where(wa.Boss.bonus.is_not(None)).order_by(wa.id))])
sql()
step("any, has, of_type")
s.expunge_all()
say(s.scalars(select(Firm.name).where(Firm.staff.of_type(Boss).any(Boss.bonus > 10))).all())
say(s.scalars(select(Firm.name).where(Firm.staff.of_type(Deputy).any())).all())
say(s.scalars(select(Firm.name).where(~Firm.staff.of_type(Worker).any(Worker.skill == "wood"))).all())
say(s.scalars(select(Person.name).where(Person.mentor.of_type(Boss).has(Boss.bonus == 11))).all())
say(s.scalars(select(Task.what).where(Task.worker.of_type(Boss).has(Boss.bonus == 11))).all())
say(s.scalars(select(Firm.name).join(Firm.staff.of_type(Worker)).where(Worker.skill == "talk")).all())
say(s.execute(select(Firm.name, wa.Boss.bonus).join(Firm.staff.of_type(wa)).order_by(wa.id)).all())
say(s.scalars(select(Firm.name).where(Firm.bosses.any(Boss.bonus > 10))).all())
sql()
step("loads")
s.expunge_all()
for f in s.scalars(select(Firm).options(selectinload(Firm.staff.of_type(Worker)).selectinload(Worker.tasks)).order_by(Firm.id)):
    for x in f.staff:
        say(f.name, type(x).__name__, sorted(inspect(x).unloaded))
sql()
s.expunge_all()
for f in s.scalars(select(Firm).options(joinedload(Firm.staff.of_type(with_polymorphic(Person, [Worker, Boss], flat=True)))).order_by(Firm.id)).unique():
    say(f.name, [(type(x).__name__, sorted(inspect(x).unloaded)) for x in f.staff])
sql()
s.expunge_all()
for x in s.scalars(select(Person).options(selectin_polymorphic(Person, [Worker, Deputy]), selectinload(Worker.tasks)).order_by(Person.id)):
    say(type(x).__name__, sorted(inspect(x).unloaded))
sql()
s.expunge_all()
x = s.get(Deputy, 4)
say(type(x).__name__, x.since, x.skill, x.version)
error(lambda: s.get_one(Boss, 2))
say(s.get(Worker, 3) is s.get(Person, 3), s.get(Deputy, 3))
sql()
step("DML of the middle")
say(s.execute(update(Boss).values(bonus=Boss.bonus + 1)).rowcount, x.bonus)
error(lambda: s.execute(update(Boss).values(name="no")))
say(s.scalars(select(Deputy.bonus)).all(), s.scalar(select(func.count()).select_from(Worker)), s.scalar(select(func.sum(Boss.bonus))))
sql()
