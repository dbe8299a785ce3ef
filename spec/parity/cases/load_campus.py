# One graph loaded by every strategy: the statements of each, what is loaded afterwards, and what a later access costs.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()

enrolled = Table(
    "enrolled",
    Base.metadata,
    Column("student_id", ForeignKey("student.id"), primary_key=True),
    Column("course_id", ForeignKey("course.id"), primary_key=True),
)


class School(Base):
    __tablename__ = "school"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    courses = relationship("Course", back_populates="school", order_by="Course.id")


class Course(Base):
    __tablename__ = "course"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    school_id = Column(ForeignKey("school.id"))
    school = relationship(School, back_populates="courses")
    students = relationship("Student", secondary=enrolled, back_populates="courses", order_by="Student.name")
    sessions = relationship("Lesson", back_populates="course", order_by="Lesson.day.desc()")


class Student(Base):
    __tablename__ = "student"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    courses = relationship(Course, secondary=enrolled, back_populates="students", order_by=Course.id)


class Lesson(Base):
    __tablename__ = "lesson"
    id = Column(Integer, primary_key=True)
    day = Column(Integer)
    course_id = Column(ForeignKey("course.id"))
    course = relationship(Course, back_populates="sessions")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    ann, bob, cy = (Student(name=n) for n in ("Ann", "Bob", "Cy"))
    art, law = School(name="art"), School(name="law")
    art.courses = [Course(name="ink", students=[bob, ann]), Course(name="oil", students=[cy])]
    law.courses = [Course(name="tax", students=[ann])]
    art.courses[0].sessions = [Lesson(day=1), Lesson(day=2)]
    law.courses[0].sessions = [Lesson(day=3)]
    s.add_all([art, law, School(name="empty"), Course(name="free")])
    s.commit()
forget()


def walk(schools):
    return [
        (x.name, [(c.name, [p.name for p in c.students],
            [l.day for l in c.sessions]) for c in x.courses]) for x in schools
    ]


def run(title, *options):
    step(title)
    with Session(e) as s:
        found = s.scalars(select(School).order_by(School.id).options(*options)).unique().all()
        say(sorted(inspect(found[0]).unloaded))
        print("  -- walk")
        sql()
        say(walk(found))


run("nothing")
run("selectin", selectinload(School.courses).options(selectinload(Course.students), selectinload(Course.sessions)))
run("joined", joinedload(School.courses).joinedload(Course.students), joinedload(School.courses, Course.sessions))
run("subquery", subqueryload(School.courses).subqueryload(Course.students))
run("immediate", immediateload(School.courses).immediateload(Course.sessions))
run("joined then selectin", joinedload(School.courses).selectinload(Course.students),
    defaultload(School.courses).lazyload(Course.sessions))
run("selectin then joined", selectinload(School.courses).joinedload(Course.sessions))
run("lazy", lazyload("*"))
run("wildcard", selectinload("*"))
step("many to one")
for option in (joinedload(Course.school), selectinload(Course.school), subqueryload(Course.school),
    joinedload(Course.school, innerjoin=True), immediateload(Course.school)):
    with Session(e) as s:
        say([(c.name, c.school.name if c.school else None) for c in s.scalars(select(Course).options(option)
            .order_by(Course.id))])
        sql()
step("already there")
with Session(e) as s:
    schools = s.scalars(select(School)).all()
    say([c.school.name if c.school else None for c in s.scalars(select(Course).order_by(Course.id))])
    say([c.name for c in s.scalars(select(Course).options(selectinload(Course.school)).order_by(Course.id))],
        len(schools))
step("with criteria of the relationship")
with Session(e) as s:
    rows = s.scalars(select(School).options(selectinload(School.courses.and_(Course.name != "ink")))
        .order_by(School.id)).all()
    say([[c.name for c in x.courses] for x in rows])
    rows = s.scalars(
        select(School).options(joinedload(School.courses.and_(Course.name == "ink"))).order_by(School.id).execution_options(populate_existing=True)
    ).unique().all()
    say([[c.name for c in x.courses] for x in rows])
step("unique is asked for")
with Session(e) as s:
    error(lambda: s.scalars(select(School).options(joinedload(School.courses))).all())
    say(len(s.query(School).options(joinedload(School.courses)).all()))
sql()
