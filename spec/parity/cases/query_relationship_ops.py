"""any, has, contains, with_parent, == None, == object, != object, in_ along every kind of relationship."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, exists, func, inspect, not_, or_, select
from sqlalchemy.orm import Session, aliased, declarative_base, relationship, with_parent

Base = declarative_base()
course_student = Table("course_student", Base.metadata, Column("course_id", ForeignKey("courses.id"),
    primary_key=True),
                       Column("student_id", ForeignKey("students.id"), primary_key=True))


class Teacher(Base):
    __tablename__ = "teachers"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    courses = relationship("Course", back_populates="teacher", order_by="Course.id")
    desk = relationship("Desk", back_populates="teacher", uselist=False)


class Desk(Base):
    __tablename__ = "desks"
    id = Column(Integer, primary_key=True)
    room = Column(String(10))
    teacher_id = Column(ForeignKey("teachers.id"))
    teacher = relationship("Teacher", back_populates="desk")


class Course(Base):
    __tablename__ = "courses"
    id = Column(Integer, primary_key=True)
    title = Column(String(30))
    teacher_id = Column(ForeignKey("teachers.id"))
    teacher = relationship("Teacher", back_populates="courses")
    students = relationship("Student", secondary=course_student, back_populates="courses", order_by="Student.id")


class Student(Base):
    __tablename__ = "students"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    courses = relationship("Course", secondary=course_student, back_populates="students", order_by="Course.id")


e = engine()
Base.metadata.create_all(e)
s = Session(e)
sam, sue, sid = Student(id=1, name="sam"), Student(id=2, name="sue"), Student(id=3, name="sid")
math, art, gym = Course(id=1, title="math", students=[sam, sue]), Course(id=2, title="art",
    students=[sue]), Course(id=3, title="gym")
tom, tia = Teacher(id=1, name="tom", courses=[math, art], desk=Desk(id=1, room="r1")), Teacher(id=2, name="tia")
s.add_all([tom, tia, gym, sid, Desk(id=2, room="r2")])
s.commit()
forget()


def titles(cls, *where):
    column = cls.title if cls is Course else cls.room if cls is Desk else cls.name
    say([getattr(o, column.key) for o in s.scalars(select(cls).where(*where).order_by(cls.id))])


step("any")
titles(Teacher, Teacher.courses.any())
titles(Teacher, ~Teacher.courses.any())
titles(Teacher, Teacher.courses.any(Course.title == "art"))
titles(Teacher, Teacher.courses.any(title="math"))
titles(Teacher, Teacher.courses.any(Course.title.like("m%"), id=1))
titles(Course, Course.students.any(Student.name == "sue"))
titles(Course, not_(Course.students.any()))
titles(Teacher, Teacher.courses.any(Course.students.any(name="sam")))
step("has")
titles(Course, Course.teacher.has())
titles(Course, Course.teacher.has(name="tom"))
titles(Course, ~Course.teacher.has(Teacher.name == "tom"))
titles(Teacher, Teacher.desk.has(room="r1"))
titles(Course, Course.teacher.has(Teacher.desk.has(Desk.room == "r1")))
step("contains")
titles(Course, Course.students.contains(sue))
titles(Course, ~Course.students.contains(sue))
titles(Teacher, Teacher.courses.contains(math))
titles(Teacher, ~Teacher.courses.contains(math))
step("many to one and an object")
titles(Course, Course.teacher == tom)
titles(Course, Course.teacher != tom)
titles(Course, Course.teacher == None)
titles(Course, Course.teacher != None)
titles(Course, or_(Course.teacher == tia, Course.teacher == tom))
step("one to one")
titles(Teacher, Teacher.desk == None)
titles(Teacher, Teacher.desk != None)
desk = tom.desk
titles(Teacher, Teacher.desk == desk)
titles(Desk, Desk.teacher == None)
titles(Desk, Desk.teacher == tom)
step("collections and None")
titles(Teacher, Teacher.courses == None)
titles(Course, Course.students == None)
step("with_parent")
titles(Course, with_parent(tom, Teacher.courses))
titles(Student, with_parent(math, Course.students))
titles(Teacher, with_parent(math, Course.teacher))
titles(Course, with_parent(sue, Student.courses), Course.id > 1)
c2 = aliased(Course, name="c2")
say([c.title for c in s.scalars(select(c2).where(with_parent(tom, Teacher.courses.of_type(c2))).order_by(c2.id))])
step("aliases")
t2 = aliased(Teacher, name="t2")
say([t.name for t in s.scalars(select(t2).where(t2.courses.any(title="art")))])
say([c.title for c in s.scalars(select(c2).where(c2.teacher == tom).order_by(c2.id))])
say([c.title for c in s.scalars(select(c2).where(c2.teacher.has(name="tom"),
    c2.students.contains(sue)).order_by(c2.id))])
say([t.name for t in s.scalars(select(Teacher).where(Teacher.courses.of_type(c2).any(c2.title == "math")))])
step("a transient and a pending object")
error(lambda: titles(Course, Course.teacher == Teacher(name="new")))
ghost = Teacher(id=1)
titles(Course, Course.teacher == ghost)
error(lambda: titles(Course, Course.teacher == Student(id=1)))
step("expired object")
s.expire(tom)
stmt = select(Course).where(Course.teacher == tom).order_by(Course.id)
say("built")
say([c.title for c in s.scalars(stmt)])
step("the value is looked up when the statement runs")
s.rollback()
say([c.title for c in s.scalars(select(Course).where(Course.teacher == tom).order_by(Course.id))])
step("exists of one's own")
titles(Teacher, exists().where(Course.teacher_id == Teacher.id))
titles(Teacher, select(Course).where(Course.teacher_id == Teacher.id).exists())
titles(Teacher, ~exists(select(Course.id).where(Course.teacher_id == Teacher.id, Course.title == "art")))
say(s.scalar(select(exists().where(Student.name == "sid"))),
    s.scalar(select(exists(select(Student).where(Student.name == "zed")))))
titles(Teacher, Teacher.id.in_(select(Course.teacher_id).where(Course.title == "art")))
step("wrong use")
error(lambda: Teacher.courses.has())
error(lambda: Course.teacher.any())
error(lambda: Course.teacher.contains(tom))
error(lambda: Teacher.courses == math)
error(lambda: with_parent(tom, "courses"))
error(lambda: Teacher.courses.contains(None))
step("end")
