"""All cardinalities with both sides: what one side's change does to the other, and the statements of each flush."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, inspect, select
from sqlalchemy.orm import Session, backref, configure_mappers, declarative_base, relationship

Base = declarative_base()
enrolled = Table("enrolled", Base.metadata, Column("student_id", ForeignKey("students.id"), primary_key=True),
    Column("course_id", ForeignKey("courses.id"), primary_key=True))


class School(Base):
    __tablename__ = "schools"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    students = relationship("Student", back_populates="school", order_by="Student.name")
    head = relationship("Head", back_populates="school", uselist=False)


class Head(Base):
    __tablename__ = "heads"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    school_id = Column(ForeignKey("schools.id"))
    school = relationship("School", back_populates="head")


class Student(Base):
    __tablename__ = "students"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    school_id = Column(ForeignKey("schools.id"))
    school = relationship("School", back_populates="students")
    courses = relationship("Course", secondary=enrolled, backref=backref("students", order_by="Student.name"),
        order_by="Course.name")


class Course(Base):
    __tablename__ = "courses"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


configure_mappers()
for cls in (School, Head, Student, Course):
    for key in sorted(inspect(cls).relationships.keys()):
        r = inspect(cls).relationships[key]
        say(r, r.direction.name, r.uselist, r.mapper.class_, r.back_populates, r.secondary.name if r.secondary is not None else None)
        say(r.primaryjoin, r.secondaryjoin, [(a.name, b.name) for a, b in r.local_remote_pairs])


def refused(fn):
    try:
        fn()
    except Exception:
        return say("refused")
    say("no error")


e = engine()
Base.metadata.create_all(e)
forget()


def names(objects):
    return [o.name for o in objects]


s = Session(e)
step("one to many")
mit, eth = School(name="mit"), School(name="eth")
ann, bob = Student(name="ann", school=mit), Student(name="bob")
say(names(mit.students), bob.school)
mit.students.append(bob)
say(bob.school.name, bob.school_id)
s.add(mit)
say(ann in s, bob in s, s.new)
s.flush()
say(bob.school_id, inspect(bob).attrs.school.history)
step("move")
bob.school = eth
say(names(mit.students), names(eth.students), eth in s, inspect(bob).attrs.school.history.deleted[0].name)
s.flush()
say(bob.school_id)
step("move by the list")
eth.students.append(ann)
say(ann.school.name, names(mit.students))
s.flush()
step("remove")
eth.students.remove(ann)
say(ann.school, ann.school_id)
s.flush()
say(ann.school_id)
step("foreign key by hand")
s.commit()
ann.school_id = mit.id
say(ann.school)
s.flush()
say(ann.school)
s.expire(ann)
say(ann.school.name, names(mit.students))
step("replace the list")
mit.students = [bob]
say(ann.school, bob.school.name, names(eth.students))
h = inspect(mit).attrs.students.history
say(names(h.added), names(h.unchanged), names(h.deleted))
s.commit()
step("one to one")
kim = Head(name="kim")
mit.head = kim
say(kim.school.name)
s.flush()
lou = Head(name="lou")
mit.head = lou
say(kim.school, lou.school.name)
s.flush()
say(kim.school_id, lou.school_id)
lou.school = eth
say(mit.head, eth.head.name)
s.flush()
step("two heads of one school")
s.execute(Head.__table__.update().values(school_id=eth.id))
s.commit()
say(eth.head.name in ("kim", "lou"))
s.execute(Head.__table__.update().where(Head.name == "kim").values(school_id=None))
s.commit()
step("many to many")
lua, c = Course(name="lua"), Course(name="c")
ann.courses.append(lua)
s.flush()
ann.courses.append(c)
s.flush()
bob.courses = [lua]
say(names(lua.students), names(c.students))
s.flush()
step("remove from the other side")
lua.students.remove(ann)
say(names(ann.courses))
s.flush()
step("reload")
s.commit()
say(names(ann.courses), names(bob.courses), names(lua.students), names(c.students))
step("swap")
ann.courses = [lua]
s.flush()
bob.courses = [c]
s.flush()
step("queries")
say(s.scalars(select(Student.name).join(Student.courses).where(Course.name == "c").order_by(Student.name)).all())
say(s.scalars(select(School.name).where(School.students.any(Student.name == "bob"))).all())
say(s.scalars(select(Student.name).where(Student.school.has(name="mit"))).all())
say(s.scalars(select(Student.name).where(Student.courses.contains(lua))).all())
say(s.scalars(select(Student.name).where(Student.school == None).order_by(Student.name)).all())
say(s.scalars(select(Student.name).where(~Student.courses.any())).all())
step("delete nulls the foreign key")
s.delete(mit)
s.flush()
say(bob.school_id)
step("delete one side of many to many")
s.delete(lua)
s.flush()
s.expire_all()
say(names(ann.courses))
sql()
refused(lambda: setattr(ann, "school", Course(name="x")))
refused(lambda: ann.courses.append(bob))
refused(lambda: setattr(ann, "courses", lua))
s.rollback()
s.close()
