"""Three joined levels with relationships on each: aliases, of_type, any, selectin_polymorphic, self joins."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, inspect, or_, select
from sqlalchemy.orm import (Session, aliased, declarative_base, defer, joinedload, lazyload, relationship,
                            selectin_polymorphic, selectinload, with_polymorphic)

Base = declarative_base()


class Dept(Base):
    __tablename__ = "dept"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    staff = relationship("Emp", back_populates="dept", order_by="Emp.id")
    chiefs = relationship("Chief", viewonly=True, order_by="Chief.id")


class Emp(Base):
    __tablename__ = "emp"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    kind = Column(String(10))
    dept_id = Column(ForeignKey("dept.id"))
    dept = relationship(Dept, back_populates="staff")
    notes = relationship("Note", order_by="Note.id")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "emp"}


class Coder(Emp):
    __tablename__ = "coder"
    id = Column(ForeignKey("emp.id"), primary_key=True)
    lang = Column(String(10))
    mentor_id = Column(ForeignKey("coder.id"))
    mentor = relationship("Coder", remote_side="Coder.id", foreign_keys="Coder.mentor_id",
                          primaryjoin="Coder.mentor_id == Coder.id", backref="pupils")
    __mapper_args__ = {"polymorphic_identity": "coder", "inherit_condition": id == Emp.id}


class Chief(Coder):
    __tablename__ = "chief"
    id = Column(ForeignKey("coder.id"), primary_key=True)
    car = Column(String(10))
    keys = relationship("Key", order_by="Key.id")
    __mapper_args__ = {"polymorphic_identity": "chief"}


class Clerk(Emp):
    __tablename__ = "clerk"
    id = Column(ForeignKey("emp.id"), primary_key=True)
    desk = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "clerk", "inherit_condition": id == Emp.id}


class Note(Base):
    __tablename__ = "note"
    id = Column(Integer, primary_key=True)
    text = Column(String(10))
    emp_id = Column(ForeignKey("emp.id"))


class Key(Base):
    __tablename__ = "key"
    id = Column(Integer, primary_key=True)
    door = Column(String(10))
    chief_id = Column(ForeignKey("chief.id"))


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("fill")
d = Dept(name="it")
boss = Chief(name="boss", lang="c", car="red", dept=d)
ann = Coder(name="ann", lang="lua", dept=d, mentor=boss, notes=[Note(text="hi")])
joe = Clerk(name="joe", desk=4, dept=d)
s.add_all([d, boss])
s.flush()
boss.keys = [Key(door="a"), Key(door="b")]
s.add_all([ann, joe, Emp(name="eve", dept=d)])
s.commit()
step("texts")
say(select(Chief))
say(select(Chief.car, Chief.name))
say(select(Emp).where(Chief.car == "x"))
say(select(Dept).join(Dept.chiefs))
say(select(Dept).join(Dept.staff.of_type(Chief)).where(Chief.car == "red"))
C = aliased(Chief)
say(select(C))
CF = aliased(Chief, flat=True)
say(select(Dept.name, CF.car).join(CF, Dept.staff.of_type(CF)))
M = aliased(Coder, flat=True)
say(select(Coder.name, M.name).join(M, Coder.mentor))
say(select(Coder).where(Coder.mentor.has(Coder.lang == "c")))
say(select(Coder).where(Coder.pupils.any(name="z")))
say(select(Dept).where(Dept.staff.of_type(Chief).any(Chief.car == "x")))
say(select(Dept).where(Dept.chiefs.any(Chief.keys.any(Key.door == "a"))))
wp = with_polymorphic(Emp, [Coder, Chief], flat=True)
say(select(wp).where(or_(wp.Coder.lang == "c", wp.Chief.car == "d")).order_by(wp.id))
wa = with_polymorphic(Emp, "*", aliased=True)
say(select(wa.name, wa.Clerk.desk))
say(select(func.count()).select_from(Chief))
say(select(Emp.id).where(Emp.id.in_(select(Chief.id))))
step("plain")
s.expunge_all()
for x in s.scalars(select(Emp).order_by(Emp.id)):
    say(type(x), sorted(inspect(x).unloaded))
joe = s.scalars(select(Emp).where(Emp.name == "joe")).one()
step("subclass attributes")
say(joe.desk)
s.expunge_all()
step("selectin_polymorphic")
q = (select(Emp).order_by(Emp.id)
     .options(selectin_polymorphic(Emp, [Coder, Chief, Clerk]), selectinload(Chief.keys), joinedload(Coder.mentor)))
for x in s.scalars(q):
    say(type(x), sorted(inspect(x).unloaded))
s.expunge_all()
step("below a loader")
q = select(Dept).options(selectinload(Dept.staff).options(selectin_polymorphic(Emp, [Chief, Clerk]), defer(Emp.name)))
for x in s.scalars(q).one().staff:
    say(type(x), sorted(inspect(x).unloaded))
s.expunge_all()
step("joined with_polymorphic")
wp = with_polymorphic(Emp, [Chief, Clerk], flat=True)
q = select(Dept).options(joinedload(Dept.staff.of_type(wp)).selectinload(wp.Chief.keys))
for x in s.scalars(q).unique().one().staff:
    say(type(x), sorted(inspect(x).unloaded))
s.expunge_all()
step("selectin of_type")
q = select(Dept).options(selectinload(Dept.staff.of_type(Chief)).selectinload(Chief.keys))
for x in s.scalars(q).one().staff:
    say(type(x), sorted(inspect(x).unloaded))
s.expunge_all()
step("get and refresh")
x = s.get(Emp, 1)
say(type(x), sorted(inspect(x).unloaded), s.get(Chief, 1) is x)
s.refresh(x)
say(sorted(inspect(x).unloaded))
s.expire(x, ["car"])
say(x.car)
step("self join rows")
say(s.execute(select(Coder.name, M.name).join(M, Coder.mentor)).all())
say(s.scalars(select(Coder.name).where(Coder.mentor.has(Coder.lang == "c"))).all())
say([type(o) for o in s.scalars(select(Coder).order_by(Coder.id))], s.get(Clerk, 1))
step("delete")
s.delete(s.get(Emp, 2))
s.flush()
say(s.scalars(select(Coder.name)).all())
s.rollback()
sql()
