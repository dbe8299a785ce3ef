# Bulk INSERT of a class with a version counter: every row gets the first version, whatever it says.
from parity import *
from sqlalchemy import orm

Base = orm.declarative_base()


class A(Base):
    __tablename__ = "a"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(10))
    kind = sa.Column(sa.String(10))
    ver = sa.Column(sa.Integer, nullable=False)
    __mapper_args__ = {"version_id_col": ver, "polymorphic_on": kind, "polymorphic_identity": "a"}


class B(A):
    bx = sa.Column(sa.String(10))
    __mapper_args__ = {"polymorphic_identity": "b"}


e = engine()
Base.metadata.create_all(e)
forget()
s = orm.Session(e)


def run(cls):
    rows = [{"name": "x"}, {"name": "y"}]
    given = [{"name": "x", "ver": 7}, {"name": "y"}]
    step("insert")
    s.execute(sa.insert(cls), rows)
    step("returning")
    say([o.ver for o in s.scalars(sa.insert(cls).returning(cls, sort_by_parameter_order=True), rows)])
    step("given")
    s.execute(sa.insert(cls), given)
    step("mappings")
    s.bulk_insert_mappings(cls, given)
    step("update of what came")
    first = s.scalars(sa.select(cls).order_by(cls.id)).first()
    first.name = "z"
    s.flush()
    say(first.ver)
    s.rollback()


run(A)
run(B)

step("an object that came and went is added again after a flush that failed")
a = A(id=99, name="a")
s.add(a)
s.flush()
s.delete(a)
s.flush()
s.add_all([A(id=98, name="b"), A(id=98, name="c")])
error(s.flush)
say(sa.inspect(a).transient)
s.add(a)
s.rollback()
say(sa.inspect(a).transient, a in s)
s.add(a)
s.commit()
say(a.name, a.ver)
step("end")
