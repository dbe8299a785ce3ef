# Relationship operators: any, has, contains, with_parent, comparisons with objects and with None, and_ in joins.
from parity import *
from sqlalchemy import Column, Integer, String, Boolean, ForeignKey, Table, select, and_, or_, not_
from sqlalchemy.orm import declarative_base, relationship, Session, aliased, with_parent, contains_eager, selectinload

Base = declarative_base()
enrolled = Table("enrolled", Base.metadata,
                 Column("student_id", ForeignKey("student.id"), primary_key=True),
                 Column("course_id", ForeignKey("course.id"), primary_key=True))


class Teacher(Base):
    __tablename__ = "teacher"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    courses = relationship("Course", back_populates="teacher", order_by="Course.id")


class Course(Base):
    __tablename__ = "course"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    active = Column(Boolean, default=True)
    teacher_id = Column(ForeignKey("teacher.id"))
    teacher = relationship("Teacher", back_populates="courses")
    students = relationship("Student", secondary=enrolled, back_populates="courses", order_by="Student.name")


class Student(Base):
    __tablename__ = "student"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    courses = relationship("Course", secondary=enrolled, back_populates="students", order_by="Course.id")


eng = engine()
Base.metadata.create_all(eng)
s = Session(eng)
kim, lou = Teacher(name="kim"), Teacher(name="lou")
math, art, law = Course(title="math", teacher=kim), Course(title="art", teacher=lou, active=False), Course(title="law")
ann, bob, cy = Student(name="ann"), Student(name="bob"), Student(name="cy")
math.students = [ann, bob]
art.students.append(ann)
s.add_all([kim, lou, law, cy])
s.commit()
forget()


def names(q):
    return s.scalars(q).all()


step("any and has")
say(names(select(Student.name).where(Student.courses.any()).order_by(Student.name)))
say(names(select(Student.name).where(Student.courses.any(Course.title == "art"))))
say(names(select(Student.name).where(Student.courses.any(active=True, title="math")).order_by(Student.name)))
say(names(select(Student.name).where(~Student.courses.any(Course.active.is_(False))).order_by(Student.name)))
say(names(select(Course.title).where(Course.teacher.has(Teacher.name.like("k%")))))
say(names(select(Course.title).where(not_(Course.teacher.has()))))
say(names(select(Student.name).where(Student.courses.any(Course.teacher.has(name="lou")))))
step("comparison with objects")
say(names(select(Course.title).where(Course.teacher == kim)))
say(names(select(Course.title).where(Course.teacher != kim).order_by(Course.title)))
say(names(select(Course.title).where(Course.teacher == None)))
say(names(select(Course.title).where(Course.teacher != None).order_by(Course.title)))
say(names(select(Course.title).where(or_(Course.teacher == kim, Course.teacher == lou)).order_by(Course.title)))
say(names(select(Teacher.name).where(Teacher.courses.contains(art))))
say(names(select(Student.name).where(Student.courses.contains(math)).order_by(Student.name)))
say(names(select(Student.name).where(and_(Student.courses.contains(math), Student.courses.contains(art)))))
error(lambda: select(Student).where(Student.courses == math))
error(lambda: select(Student).where(Course.teacher.any()))
error(lambda: select(Student).where(Student.courses.has()))
step("with_parent")
say(names(select(Course.title).where(with_parent(kim, Teacher.courses))))
say(names(select(Student.name).where(with_parent(math, Course.students)).order_by(Student.name)))
C = aliased(Course, name="c")
say(names(select(C.title).where(with_parent(lou, Teacher.courses.of_type(C)))))
say(names(select(Teacher.name).where(with_parent(art, Course.teacher))))
step("joins")
say(s.execute(select(Teacher.name, Course.title).join(Teacher.courses).order_by(Course.id)).all())
say(s.execute(select(Teacher.name, Course.title).outerjoin(Teacher.courses.and_(Course.active)).order_by(Teacher.id))
    .all())
say(s.execute(select(Student.name, Teacher.name).join(Student.courses).join(Course.teacher)
              .order_by(Student.name, Teacher.name)).all())
say(s.execute(select(Student.name, C.title).join(Student.courses.of_type(C)).where(C.title != "art")
              .order_by(Student.name)).all())
say(names(select(Course.title).join(enrolled).join(Student).where(Student.name == "bob")))
step("contains_eager fills what the join found")
s.expire_all()
q = select(Teacher).join(Teacher.courses).where(Course.active).options(contains_eager(Teacher.courses))
for t in s.scalars(q.order_by(Teacher.id)).unique():
    say(t.name, [c.title for c in t.courses])
step("a filtered loader option")
q = select(Student).options(selectinload(Student.courses.and_(Course.active == False))).order_by(Student.id)
for st in s.scalars(q.execution_options(populate_existing=True)):
    say(st.name, [c.title for c in st.courses])
step("an object that was never stored")
error(lambda: names(select(Course.title).where(Course.teacher == Teacher(name="new"))))
new = Teacher(name="pending")
s.add(new)
say(names(select(Course.title).where(Course.teacher == new)))
say(new.id)
step("end")
s.close()
