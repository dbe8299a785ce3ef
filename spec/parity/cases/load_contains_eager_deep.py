"""contains_eager where a query has its own joins: three levels, filtered levels, mixed loaders, limits."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, and_, func, inspect, select, text, true, union_all
from sqlalchemy.orm import (Session, aliased, contains_eager, declarative_base, defaultload, joinedload, lazyload,
                            load_only, relationship, selectinload, with_loader_criteria)

Base = declarative_base()

course_students = Table("course_students", Base.metadata, Column("course_id", ForeignKey("courses.id"), primary_key=True),
                        Column("student_id", ForeignKey("students.id"), primary_key=True))


class School(Base):
    __tablename__ = "schools"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    courses = relationship("Course", back_populates="school", order_by="Course.id")


class Course(Base):
    __tablename__ = "courses"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    school_id = Column(ForeignKey("schools.id"))
    school = relationship(School, back_populates="courses")
    students = relationship("Student", secondary=course_students, back_populates="courses", order_by="Student.id")


class Student(Base):
    __tablename__ = "students"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    age = Column(Integer)
    courses = relationship(Course, secondary=course_students, back_populates="students", order_by=Course.id)
    marks = relationship("Mark", back_populates="student", order_by="Mark.id")


class Mark(Base):
    __tablename__ = "marks"
    id = Column(Integer, primary_key=True)
    value = Column(Integer)
    student_id = Column(ForeignKey("students.id"))
    student = relationship(Student, back_populates="marks")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    ann = Student(id=1, name="ann", age=10, marks=[Mark(id=1, value=5), Mark(id=2, value=2)])
    bob = Student(id=2, name="bob", age=12, marks=[Mark(id=3, value=4)])
    cid = Student(id=3, name="cid", age=11)
    s.add_all([School(id=1, name="north", courses=[Course(id=1, name="lua", students=[ann, bob]),
                                                 Course(id=2, name="sql", students=[bob, cid])]),
               School(id=2, name="south", courses=[Course(id=3, name="art", students=[ann])]), School(id=3, name="west")])
    s.commit()
forget()


def tree(schools):
    return [[x.name, [[c.name, [st.name for st in c.students]] for c in x.courses]] for x in schools]


step("three levels in one statement")
with Session(e) as s:
    stmt = (select(School).join(School.courses).join(Course.students).options(
        contains_eager(School.courses).contains_eager(Course.students)).order_by(School.id, Course.id, Student.id))
    say(tree(s.scalars(stmt).unique()))
step("outer, with a condition on the deepest")
with Session(e) as s:
    stmt = (select(School).outerjoin(School.courses).outerjoin(Course.students.and_(Student.age > 10)).options(
        contains_eager(School.courses).contains_eager(Course.students)).order_by(School.id, Course.id, Student.id))
    say(tree(s.scalars(stmt).unique()))
step("one level by hand, the next by others")
for name, option in (("selectin", contains_eager(School.courses).selectinload(Course.students)),
                     ("joined", contains_eager(School.courses).joinedload(Course.students)),
                     ("lazy", contains_eager(School.courses).lazyload(Course.students))):
    step(name)
    with Session(e) as s:
        stmt = select(School).join(School.courses).where(Course.name != "sql").options(option).order_by(School.id, Course.id)
        say(tree(s.scalars(stmt).unique()))
step("two branches")
with Session(e) as s:
    stmt = (select(Student).join(Student.courses).outerjoin(Student.marks).options(
        contains_eager(Student.courses), contains_eager(Student.marks)).order_by(Student.id, Course.id, Mark.id))
    for st in s.scalars(stmt).unique():
        say(st.name, [c.name for c in st.courses], [m.value for m in st.marks])
step("columns of the eager entity")
with Session(e) as s:
    stmt = (select(School).join(School.courses).options(contains_eager(School.courses).load_only(Course.name))
            .order_by(Course.id))
    for x in s.scalars(stmt).unique():
        say(x.name, [sorted(inspect(c).unloaded) for c in x.courses])
step("from the other end")
with Session(e) as s:
    stmt = (select(Mark).join(Mark.student).join(Student.courses).join(Course.school).where(School.name == "north")
            .options(contains_eager(Mark.student).contains_eager(Student.courses).contains_eager(Course.school))
            .order_by(Mark.id, Course.id))
    for m in s.scalars(stmt).unique():
        say(m.value, m.student.name, [[c.name, c.school.name] for c in m.student.courses])
step("aliases on every level")
with Session(e) as s:
    ca, sa_ = aliased(Course, name="ca"), aliased(Student, name="sa")
    stmt = (select(School).join(School.courses.of_type(ca)).join(ca.students.of_type(sa_)).where(sa_.name == "bob")
            .options(contains_eager(School.courses.of_type(ca)).contains_eager(ca.students.of_type(sa_)))
            .order_by(ca.id))
    say(tree(s.scalars(stmt).unique()))
step("the first page of schools with all their courses")
with Session(e) as s:
    page = select(School).order_by(School.name.desc()).limit(2).subquery("page")
    pa = aliased(School, page)
    stmt = select(pa).outerjoin(pa.courses).options(contains_eager(pa.courses)).order_by(pa.name.desc(), Course.id)
    say([[x.name, [c.name for c in x.courses]] for x in s.scalars(stmt).unique()])
step("the best mark of each student only")
with Session(e) as s:
    ranked = select(Mark, func.row_number().over(partition_by=Mark.student_id, order_by=Mark.value.desc()).label("nr")
                    ).subquery()
    best = aliased(Mark, ranked)
    stmt = (select(Student).outerjoin(best, and_(best.student_id == Student.id, ranked.c.nr == 1)).options(
        contains_eager(Student.marks.of_type(best))).order_by(Student.id))
    say([[st.name, [m.value for m in st.marks]] for st in s.scalars(stmt).unique()])
step("criteria and contains_eager")
with Session(e) as s:
    stmt = (select(School).join(School.courses).options(contains_eager(School.courses),
            with_loader_criteria(Course, Course.name != "lua")).order_by(School.id))
    say([[x.name, [c.name for c in x.courses]] for x in s.scalars(stmt).unique()])
step("with columns beside")
with Session(e) as s:
    stmt = (select(Course, Student.name, func.length(Student.name)).join(Course.students).options(
        contains_eager(Course.students)).order_by(Course.id, Student.id))
    for c, name, n in s.execute(stmt).unique():
        say(c.name, name, n, [st.name for st in c.students])
step("changing what was loaded in part")
with Session(e) as s:
    stmt = select(Course).join(Course.students).where(Student.name == "bob").options(contains_eager(Course.students))
    course = s.scalars(stmt.order_by(Course.id)).unique().first()
    say([st.name for st in course.students])
    course.students.append(s.get(Student, 3))
    s.flush()
    s.expire(course)
    say([st.name for st in course.students])
    s.rollback()
step("unique is wanted")
with Session(e) as s:
    stmt = select(School).join(School.courses).options(contains_eager(School.courses)).order_by(School.id)
    error(lambda: s.scalars(stmt).all())
    error(lambda: s.scalars(select(School).options(contains_eager(Course.students))).all())
    say(len(s.query(School).join(School.courses).options(contains_eager(School.courses)).all()))
step("end")
