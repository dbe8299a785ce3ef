# The order of a flush: several mappers that depend on each other, rows of one table that refer to each other.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()

skills = Table(
    "worker_skill",
    Base.metadata,
    Column("worker_id", ForeignKey("worker.id"), primary_key=True),
    Column("skill_id", ForeignKey("skill.id"), primary_key=True),
)


class Plant(Base):
    __tablename__ = "plant"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    lines = relationship("Line", back_populates="plant", cascade="all, delete-orphan", order_by="Line.id")
    head_id = Column(ForeignKey("worker.id", name="fk_head", use_alter=True))
    head = relationship("Worker", foreign_keys=head_id, post_update=True)


class Line(Base):
    __tablename__ = "line"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    plant_id = Column(ForeignKey("plant.id"), nullable=False)
    plant = relationship(Plant, back_populates="lines")
    workers = relationship("Worker", back_populates="line", order_by="Worker.id")


class Worker(Base):
    __tablename__ = "worker"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    line_id = Column(ForeignKey("line.id"))
    line = relationship(Line, back_populates="workers")
    skills = relationship("Skill", secondary=skills, back_populates="workers")


class Skill(Base):
    __tablename__ = "skill"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    workers = relationship(Worker, secondary=skills, back_populates="skills")


class Part(Base):
    __tablename__ = "part"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    whole_id = Column(ForeignKey("part.id"))
    parts = relationship("Part", cascade="all", backref=backref("whole", remote_side=id), order_by="Part.id")


e = engine()
Base.metadata.create_all(e)
forget()
with Session(e) as s:
    step("children first in the session, parents first in the database")
    weld, paint = Skill(name="weld"), Skill(name="paint")
    ann = Worker(name="Ann", skills=[paint])
    bob = Worker(name="Bob")
    press = Line(name="press", workers=[ann])
    saw = Line(name="saw", workers=[bob])
    s.add_all([weld, paint, bob, saw, press])
    plant = Plant(name="north", lines=[saw, press], head=ann)
    s.add(plant)
    s.flush()
    say(plant.head_id == ann.id, saw.plant_id, bob.line_id == saw.id)
    step("a tree of parts")
    car = Part(name="car")
    wheel = Part(name="wheel", whole=car)
    bolt = Part(name="bolt", whole=wheel)
    door = Part(name="door", whole=car)
    nut = Part(name="nut", whole=bolt)
    s.add_all([nut, door])
    s.commit()
    say(s.execute(select(Part.name, Part.whole_id).order_by(Part.id)).all())
    step("inserts, updates and deletes in one flush")
    ann.name = "Anna"
    ann.skills.remove(paint)
    plant.name = "south"
    s.add(Worker(name="Cy", line=press))
    nut.whole = car
    s.flush()
    step("moved twice, deleted once")
    door.whole = wheel
    door.whole = car
    s.flush()
    step("move and delete the old parent")
    saw.workers[0].line = press
    plant.lines.remove(saw)
    s.flush()
    say(inspect(saw).deleted, bob.line_id == press.id)
    step("delete the tree")
    s.delete(car)
    s.flush()
    step("delete the plant")
    s.delete(plant)
    s.flush()
    say(s.execute(select(Worker.name, Worker.line_id).order_by(Worker.id)).all())
    s.rollback()
    step("keys of one's own order the rows")
    s.add_all([Part(id=90, name="z"), Part(id=70, name="x", whole_id=None), Part(name="auto"), Part(id=80, name="y")])
    s.flush()
    say(s.execute(select(Part.name).where(Part.id > 60).order_by(Part.id)).all())
    s.commit()
    step("a flush of some objects")
    x, y = s.get(Part, 70), s.get(Part, 80)
    x.name, y.name = "xx", "yy"
    s.flush([y])
    say(x in s.dirty, y in s.dirty)
    s.rollback()
    step("a circle that no order solves")
    a, b = Part(name="a"), Part(name="b")
    a.whole, b.whole = b, a
    s.add(a)
    error(s.flush)
    s.rollback()
    say(a in s, s.is_active)
sql()
