"""Relationships of one's own making: primaryjoin with criteria, viewonly, through a table, to an alias of a subquery."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, and_, func, inspect, select
from sqlalchemy import orm
from sqlalchemy.orm import Session, aliased, declarative_base, foreign, joinedload, relationship, remote, selectinload, subqueryload

Base = declarative_base()


class Student(Base):
    __tablename__ = "students"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    marks = relationship("Mark", back_populates="student", order_by="Mark.id")
    good = relationship("Mark", primaryjoin="and_(Student.id == Mark.student_id, Mark.points >= 5)", viewonly=True,
        order_by="Mark.points.desc()")
    teachers = relationship("Teacher", secondary="marks", primaryjoin="Student.id == Mark.student_id",
                            secondaryjoin="Mark.teacher_id == Teacher.id", viewonly=True, order_by="Teacher.name")
    namesakes = relationship("Teacher", primaryjoin="Student.name == foreign(Teacher.name)",
                             viewonly=True, order_by="Teacher.id")


class Teacher(Base):
    __tablename__ = "teachers"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))


class Mark(Base):
    __tablename__ = "marks"
    id = Column(Integer, primary_key=True)
    points = Column(Integer)
    student_id = Column(ForeignKey("students.id"))
    teacher_id = Column(ForeignKey("teachers.id"))
    student = relationship("Student", back_populates="marks")
    teacher = relationship("Teacher")


numbered = select(Mark, func.row_number().over(order_by=Mark.points.desc(),
    partition_by=Mark.student_id).label("place")).subquery()
TopMark = aliased(Mark, numbered)
Student.top = relationship(TopMark, primaryjoin=and_(TopMark.student_id == Student.id, numbered.c.place == 1),
    viewonly=True, uselist=False)

e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    tia, ann = Teacher(id=1, name="tia"), Teacher(id=2, name="ann")
    s.add_all([
        Student(id=1, name="ann", marks=[Mark(id=1, points=3, teacher=tia), Mark(id=2, points=9, teacher=ann),
            Mark(id=3, points=7, teacher=tia)]),
        Student(id=2, name="bob", marks=[Mark(id=4, points=1, teacher=ann)]), Student(id=3, name="cid")])
    s.commit()
forget()

step("lazy")
with Session(e) as s:
    ann, bob, cid = s.scalars(select(Student).order_by(Student.id)).all()
    say([m.points for m in ann.good], [m.points for m in bob.good])
    say([t.name for t in ann.teachers], [t.name for t in cid.teachers])
    say([t.name for t in ann.namesakes], bob.namesakes)
    say(ann.top.points, bob.top.points, cid.top)
for name in ("selectinload", "joinedload", "subqueryload"):
    step(name)
    for prop in ("good", "teachers", "namesakes", "top"):
        with Session(e) as s:
            stmt = select(Student).options(getattr(orm, name)(getattr(Student, prop))).order_by(Student.id)
            students = s.scalars(stmt).unique().all()
            say(prop, [sorted(inspect(x).unloaded) for x in students])
            if prop == "good":
                say([[m.points for m in x.good] for x in students])
            if prop == "top":
                say([x.top and x.top.points for x in students])
            if prop == "teachers":
                say([[t.name for t in x.teachers] for x in students])
step("in queries")
with Session(e) as s:
    say(s.scalars(select(Student.name).where(Student.good.any()).order_by(Student.id)).all())
    say(s.scalars(select(Student.name).where(Student.teachers.any(name="ann")).order_by(Student.id)).all())
    say(s.execute(select(Student.name, Mark.points).join(Student.good).order_by(Mark.id)).all())
    say(s.execute(select(Student.name, Teacher.name).join(Student.teachers).distinct().order_by(Student.name,
        Teacher.name)).all())
    say(s.execute(select(Student.name, Teacher.id).join(Student.namesakes).order_by(Student.id)).all())
    say(s.execute(select(Student.name, TopMark.points).join(Student.top).order_by(Student.id)).all())
    two = aliased(Student, name="two")
    say(s.execute(select(two.name, Mark.points).join(two.good).order_by(Mark.id)).all())
    say(s.scalars(select(Student.name).where(Student.good.any(Mark.points > 8))).all())
step("views are not written")
with Session(e) as s:
    ann = s.get(Student, 1)
    say(len(ann.good))
    ann.good.append(Mark(id=99, points=10))
    say(inspect(ann).modified, len(s.new))
    s.flush()
    s.expire(ann, ["good"])
    say([m.points for m in ann.good])
    s.add(Mark(id=5, points=8, student=ann))
    s.flush()
    say([m.points for m in ann.good])
    s.refresh(ann, ["good"])
    say([m.points for m in ann.good])
    s.rollback()
step("end")
