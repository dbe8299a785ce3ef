"""Loading and N+1 made visible, a school: statements counted per strategy, many-to-one from the identity map, eager
loads on refresh and get, chunks, composite keys, secondary tables, options that travel with lazy loads, streaming
with yield_per."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


attends = Table("attends", Base.metadata, Column("pupil_id", ForeignKey("pupils.id"), primary_key=True),
                Column("year", Integer, primary_key=True), Column("code", String(5), primary_key=True),
                ForeignKeyConstraint(["year", "code"], ["courses.year", "courses.code"]))


class Form(Base):
    __tablename__ = "forms"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(5))
    pupils = relationship("Pupil", back_populates="form", order_by="Pupil.id")


class Pupil(Base):
    __tablename__ = "pupils"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(10))
    form_id = mapped_column(ForeignKey("forms.id"))
    form = relationship(Form, back_populates="pupils")
    courses = relationship("Course", secondary=attends, back_populates="pupils", order_by="Course.code")
    marks = relationship("Mark", order_by="Mark.id")


class Course(Base):
    __tablename__ = "courses"
    year = mapped_column(Integer, primary_key=True)
    code = mapped_column(String(5), primary_key=True)
    pupils = relationship(Pupil, secondary=attends, back_populates="courses", order_by=Pupil.id)
    lessons = relationship("Lesson", order_by="Lesson.id")


class Lesson(Base):
    __tablename__ = "lessons"
    id = mapped_column(Integer, primary_key=True)
    year = mapped_column(Integer)
    code = mapped_column(String(5))
    __table_args__ = (ForeignKeyConstraint(["year", "code"], ["courses.year", "courses.code"]),)


class Mark(Base):
    __tablename__ = "marks"
    id = mapped_column(Integer, primary_key=True)
    pupil_id = mapped_column(ForeignKey("pupils.id"))
    v = mapped_column(Integer)


e = engine()
Base.metadata.create_all(e)
count = [0]
event.listen(e, "before_cursor_execute", lambda *a: count.__setitem__(0, count[0] + 1))
with Session(e) as s:
    courses = [Course(year=2026, code=c, lessons=[Lesson(id=i * 2 + 1), Lesson(id=i * 2 + 2)]) for i,
        c in enumerate("abc")]
    s.add_all(courses)
    s.flush()
    for f in range(1, 4):
        form = Form(id=f, name="F%d" % f)
        s.add(form)
        for p in range(2):
            pupil = Pupil(id=f * 10 + p, name="p%d%d" % (f, p), form=form, marks=[Mark(id=f * 10 + p, v=p)])
            s.add(pupil)
            pupil.courses.append(courses[p])
            s.flush()
    s.commit()
forget()


def walk(title, *options):
    step(title)
    with Session(e) as s:
        count[0] = 0
        out = []
        for f in s.scalars(select(Form).options(*options).order_by(Form.id)).unique().all():
            out.append([f.name, [(p.name, p.form is f, [c.code for c in p.courses],
                [m.v for m in p.marks]) for p in f.pupils]])
        say(count[0], out[-1])
        sql()


walk("lazy")
walk("selectin", selectinload(Form.pupils).selectinload(Pupil.courses),
    selectinload(Form.pupils).joinedload(Pupil.marks))
walk("joined", joinedload(Form.pupils).options(joinedload(Pupil.courses), joinedload(Pupil.marks)))
walk("subquery", subqueryload(Form.pupils).options(subqueryload(Pupil.courses), joinedload(Pupil.marks)))
walk("mixed", joinedload(Form.pupils).selectinload(Pupil.courses))
step("many to one")
with Session(e) as s:
    pupils = s.scalars(select(Pupil).order_by(Pupil.id)).all()
    say([p.form.name for p in pupils])
    sql()
with Session(e) as s:
    forms = s.scalars(select(Form)).all()
    say(len([p.form.name for p in s.scalars(select(Pupil).order_by(Pupil.id))]))
    sql()
with Session(e) as s:
    say([p.form.name for p in s.scalars(select(Pupil).options(selectinload(Pupil.form)).order_by(Pupil.id))])
    sql()
step("composite keys")
with Session(e) as s:
    c = s.scalars(select(Course).options(joinedload(Course.lessons), selectinload(Course.pupils)).order_by(
        Course.code)).unique().all()
    say([(x.code, [l.id for l in x.lessons], [p.name for p in x.pupils]) for x in c])
    sql()
    s.expire(c[0], ["lessons"])
    say([l.id for l in c[0].lessons], s.get(Course, (2026, "b")) is c[1],
        s.get(Course, {"code": "a", "year": 2026}) is c[0])
    sql()
step("options travel")
with Session(e) as s:
    f = s.scalars(select(Form).options(lazyload(Form.pupils).joinedload(Pupil.marks)).where(Form.id == 1)).one()
    say([len(p.marks) for p in f.pupils])
    sql()
    g = s.get(Form, 2, options=[selectinload(Form.pupils).load_only(Pupil.name)])
    say(sorted(inspect(g.pupils[0]).unloaded))
    sql()
    s.expire(g)
    say(g.name, len(g.pupils))
    sql()
    s.refresh(g, ["pupils"])
    s.refresh(g)
    sql()
step("streaming")
with Session(e) as s:
    result = s.scalars(select(Form).options(selectinload(Form.pupils)).order_by(Form.id).execution_options(yield_per=2))
    for part in result.partitions():
        say([(f.name, len(f.pupils)) for f in part])
        sql()
    error(lambda: s.scalars(select(Form).options(joinedload(Form.pupils)).execution_options(yield_per=2)).unique()
        .all())
    forget()
step("rows")
with Session(e) as s:
    rows = s.execute(select(Form, Pupil).join(Form.pupils).options(selectinload(Pupil.marks), selectinload(
        Form.pupils).selectinload(Pupil.courses)).order_by(Pupil.id).limit(3)).all()
    say([(f.name, p.name, p.marks[0].v, len(f.pupils), p.courses[0].code) for f, p in rows])
    sql()
    a = aliased(Pupil)
    rows = s.execute(select(Pupil.name, a).join(a,
        a.form_id == Pupil.form_id).where(a.id > Pupil.id).options(selectinload(
        a.marks)).order_by(a.id)).all()
    say([(n, p.name, len(p.marks)) for n, p in rows])
    sql()
