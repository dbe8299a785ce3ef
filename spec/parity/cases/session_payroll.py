# Updates and deletes by statement: every way to keep the session in step, rows given back, and bulk by key.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Worker(Base):
    __tablename__ = "worker"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    pay = Column(Integer, default=100)
    team = Column(String(10))
    raises = Column(Integer, default=0, onupdate=1)


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("insert returning objects, in order")
rows = [{"name": n, "team": t} for n, t in (("Ann", "a"), ("Bob", "a"), ("Cy", "b"), ("Di", "b"), ("Ed", "c"))]
workers = s.scalars(insert(Worker).returning(Worker, sort_by_parameter_order=True), rows).all()
say([(w.id, w.name, w.pay) for w in workers], workers[0] in s)
ann, bob, cy, di, ed = workers
s.commit()
say([w.pay for w in workers])
step("evaluate")
r = s.execute(update(Worker).where(Worker.team == "a").values(pay=Worker.pay + 5),
execution_options={"synchronize_session": "evaluate"})
say(r.rowcount, sorted(inspect(ann).unloaded), ann.pay, cy.pay)
step("fetch")
r = s.execute(update(Worker).where(func.length(Worker.name) == 2).values(pay=1),
    execution_options={"synchronize_session": "fetch"})
say(r.rowcount, sorted(inspect(cy).unloaded), cy.pay, ann.pay)
step("false")
s.execute(update(Worker).where(Worker.name == "Ann").values(pay=7), execution_options={"synchronize_session": False})
say(ann.pay)
s.refresh(ann)
say(ann.pay)
step("auto falls back")
s.execute(update(Worker).where(func.lower(Worker.name) == "ed").values(pay=8))
say(ed.pay)
error(lambda: s.execute(update(Worker).where(func.lower(Worker.name) == "ed").values(pay=9),
    execution_options={"synchronize_session": "evaluate"}))
error(lambda: s.execute(update(Worker).values(pay=9), execution_options={"synchronize_session": "maybe"}))
step("returning")
say(s.execute(update(Worker).where(Worker.team == "b").values(pay=50).returning(Worker.id, Worker.pay)).all())
got = s.scalars(update(Worker).where(Worker.name == "Ann").values(pay=51).returning(Worker)).all()
say(got[0] is ann, ann.pay)
got = s.scalars(
    update(Worker).where(Worker.name == "Ann").values(pay=52).returning(Worker).execution_options(populate_existing=True)
).one()
say(got is ann, ann.pay)
step("pending changes are flushed first")
bob.name = "Rob"
say(s.execute(update(Worker).where(Worker.name == "Rob").values(team="z")).rowcount, bob.team)
step("by primary key")
s.execute(update(Worker), [{"id": ann.id, "pay": 1}, {"id": bob.id, "pay": 2, "team": "y"}])
say(s.execute(select(Worker.id, Worker.pay, Worker.team).order_by(Worker.id)).all())
say(ann.pay, bob.team)
error(lambda: s.execute(update(Worker), [{"pay": 1}]))
s.rollback()
step("delete evaluate")
r = s.execute(delete(Worker).where(Worker.team == "c"))
say(r.rowcount, ed in s, inspect(ed).deleted, inspect(ed).persistent)
step("delete fetch")
s.execute(delete(Worker).where(func.lower(Worker.name) == "di").execution_options(synchronize_session="fetch"))
say(di in s, cy in s)
step("delete returning")
say(s.execute(delete(Worker).where(Worker.name == "Cy").returning(Worker.name)).all(), cy in s)
s.rollback()
say(ed in s, di in s, cy.name)
step("bulk methods")
s.bulk_insert_mappings(Worker, [{"name": "Flo"}, {"name": "Gus", "pay": 3}])
fresh = Worker(name="Hal")
s.bulk_save_objects([fresh], return_defaults=True)
say(fresh.id, fresh in s, inspect(fresh).session)
s.bulk_update_mappings(Worker, [{"id": fresh.id, "name": "Hank"}])
say(s.scalars(select(Worker.name).where(Worker.id > 5).order_by(Worker.id)).all())
s.commit()
step("insert with expressions, and from select")
s.execute(insert(Worker).values([{"name": "Ida", "pay": select(func.max(Worker.pay)).scalar_subquery() + 1}]))
s.execute(insert(Worker).from_select(["name", "pay"],
    select(Worker.name + "2", Worker.pay).where(Worker.name == "Gus")))
say(s.execute(select(Worker.name, Worker.pay).where(Worker.id > 8).order_by(Worker.id)).all())
say(s.query(Worker).filter(Worker.name == "Gus2").update({"pay": Worker.pay * 2}),
    s.query(Worker).filter_by(name="Flo").delete())
s.commit()
s.close()
sql()
