"""ORM-enabled INSERT, UPDATE and DELETE: RETURNING, bulk by primary key, synchronize_session and its events."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, bindparam, delete, event, func, insert, inspect, select, update
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class Dept(Base):
    __tablename__ = "dept"
    id = Column(Integer, primary_key=True)
    name = Column(String(50))


class Emp(Base):
    __tablename__ = "emp"
    id = Column(Integer, primary_key=True)
    name = Column("emp_name", String(50))
    pay = Column(Integer, default=100)
    dept_id = Column(ForeignKey("dept.id"))
    dept = relationship("Dept")


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)


@event.listens_for(session, "do_orm_execute")
def _execute(s):
    kind = [n for n in ("insert", "update", "delete", "select") if getattr(s, "is_" + n)]
    say("  *", kind[0], s.is_orm_statement, s.is_executemany)


event.listen(session, "after_bulk_update", lambda c: say("  * after_bulk_update", c.result.rowcount))
event.listen(session, "after_bulk_delete", lambda c: say("  * after_bulk_delete", c.result.rowcount))

step("insert of many")
session.execute(insert(Dept), [{"id": 1, "name": "it"}, {"id": 2, "name": "hr"}])
session.execute(insert(Emp), [{"name": "a", "dept_id": 1}, {"name": "b", "dept_id": 1, "pay": 150}, {"name": "c", "dept_id": 2}])
say(len(session.identity_map))
step("insert returning objects")
objs = session.scalars(
    insert(Emp).returning(Emp, sort_by_parameter_order=True), [{"name": "d"}, {"name": "e"}]
).all()
say([(o.id, o.name, o.pay, inspect(o).persistent) for o in objs])
say(session.execute(insert(Emp).values(name="f", pay=10).returning(Emp.id, Emp.name)).all())
say(session.scalars(insert(Emp).values([{"name": "g"}, {"name": "h"}]).returning(Emp.id)).all())
session.execute(insert(Emp).values(name=func.upper("i"), dept_id=select(func.max(Dept.id)).scalar_subquery()))
say(session.execute(select(Emp.name, Emp.dept_id).order_by(Emp.id.desc()).limit(1)).all())
session.commit()

a, b, c = session.scalars(select(Emp).where(Emp.id <= 3).order_by(Emp.id)).all()
step("update, evaluated")
r = session.execute(update(Emp).where(Emp.name == "a").values(pay=Emp.pay + 5), execution_options={"synchronize_session": "evaluate"})
say(r.rowcount, a.pay, inspect(a).modified)
step("update, fetched")
session.execute(update(Emp).where(func.lower(Emp.name).in_(["a", "b"])).values({Emp.pay: 7}), execution_options={"synchronize_session": "fetch"})
say(a.pay, b.pay, c.pay)
step("update, not synchronized")
session.execute(update(Emp).where(Emp.id == 2).values(pay=8).execution_options(synchronize_session=False))
say(b.pay)
session.refresh(b)
say(b.pay)
step("update, automatic; pending changes flush first")
c.name = "cc"
session.execute(update(Emp).where(Emp.name == "cc").values(name="ccc"))
say(c.name)
session.execute(update(Emp).where(Emp.name.like("c%")).values(pay=1))
say(c.pay)
session.execute(update(Emp).where(Emp.dept_id == select(Dept.id).where(Dept.name == "hr").scalar_subquery()).values(pay=2))
say(c.pay)
error(lambda: session.execute(update(Emp).where(func.length(Emp.name) > 2).values(pay=3), execution_options={"synchronize_session": "evaluate"}))
error(lambda: session.execute(update(Emp).values(pay=3), execution_options={"synchronize_session": "whatever"}))
step("update by primary key")
session.execute(update(Emp), [{"id": 1, "name": "A", "pay": 31}, {"id": 2, "name": "B", "pay": 32}])
say(a.name, a.pay, b.name)
error(lambda: session.execute(update(Emp), [{"name": "nokey"}]))
error(lambda: session.execute(update(Emp).where(Emp.id == 1), [{"id": 1, "name": "nokey"}]))
session.connection().execute(
    update(Emp).where(Emp.name == bindparam("u")).values(pay=bindparam("p")), [{"u": "A", "p": 50}, {"u": "B", "p": 51}]
)
session.expire_all()
say(a.pay, b.pay)
step("update returning")
say(session.execute(update(Emp).where(Emp.dept_id == 1).values(pay=Emp.pay * 2).returning(Emp.id, Emp.pay)).all(), a.pay)
say([x is c for x in session.scalars(update(Emp).where(Emp.id == 3).values(pay=99).returning(Emp)).all()], c.pay)
session.rollback()
say(a.pay, b.pay, c.pay)

step("delete")
r = session.execute(delete(Emp).where(Emp.name == "a"))
say(r.rowcount, inspect(a).deleted, a in session, session.get(Emp, 1))
step("delete, fetched")
session.execute(delete(Emp).where(func.lower(Emp.name) == "b").execution_options(synchronize_session="fetch"))
say(inspect(b).deleted, len(session.deleted))
step("delete, not synchronized")
session.execute(delete(Emp).where(Emp.id == 3), execution_options={"synchronize_session": False})
say(inspect(c).persistent)
step("delete returning")
say(sorted(session.execute(delete(Emp).where(Emp.id > 3).returning(Emp.id, Emp.name)).all()))
session.rollback()
say(inspect(a).persistent, a.name, inspect(b).persistent, b.name)
error(lambda: session.execute(insert(Emp), [{"id": 1, "name": "dup"}]))
session.rollback()
session.close()
sql()
