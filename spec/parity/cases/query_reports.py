"""Querying, reports of a workshop: the same question asked in several ways, functions and grouping on hybrid and
column properties, set operations with ordering, locks, hints of execution, compiled text on two dialects, ORM DML
with subqueries."""
from sqlalchemy import *
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Job(Base):
    __tablename__ = "jobs"
    id = mapped_column(Integer, primary_key=True)
    title = mapped_column(String(20))
    hours = mapped_column(Integer)
    rate = mapped_column(Numeric(6, 2))
    worker_id = mapped_column(ForeignKey("workers.id"))
    meta = mapped_column(JSON)
    worker = relationship("Worker", back_populates="jobs")

    @hybrid_property
    def cost(self):
        return self.hours * self.rate


class Worker(Base):
    __tablename__ = "workers"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    jobs = relationship(Job, back_populates="worker", order_by=Job.id)


Worker.load = column_property(select(func.coalesce(func.sum(Job.hours), 0)).where(
    Job.worker_id == Worker.id).correlate_except(Job).scalar_subquery())

e = engine()
Base.metadata.create_all(e)
s = Session(e)
D = decimal.Decimal
s.add_all([Worker(id=1, name="ida", jobs=[
    Job(id=1, title="sand", hours=2, rate=D("10.50"), meta={"tool": "belt", "tags": ["a", "b"]}),
    Job(id=2, title="weld", hours=5, rate=D("20"), meta={"tool": "arc", "n": 3})]),
    Worker(id=2, name="jon", jobs=[Job(id=3, title="cut", hours=1, rate=D("9.99"))]), Worker(id=3, name="kim")])
s.commit()
forget()


def run(title, stmt, shape=lambda r: r.all()):
    step(title)
    say(shape(s.execute(stmt)))
    sql()


run("hybrid", select(Job.title, Job.cost).where(Job.cost > 10).order_by(Job.cost.desc()))
run("hybrid sum", select(Worker.name,
    func.sum(Job.cost).label("c")).join(Worker.jobs).group_by(Worker.name).order_by("c"))
run("property", select(Worker.name, Worker.load).order_by(Worker.load.desc(), Worker.id))
run("property in where", select(Worker).where(Worker.load == 0), lambda r: [(w.name, w.load) for w in r.scalars()])
w = aliased(Worker)
run("property of alias", select(w.name, w.load).where(w.load > 1).order_by(w.id))
run("json", select(Job.id, Job.meta["tool"].as_string(), Job.meta["tags"][1].as_string(),
    Job.meta["n"].as_integer()).order_by(Job.id))
run("json where", select(Job.id).where(Job.meta["tool"].as_string() == "arc"))
best = select(Job.worker_id, func.max(Job.hours).label("h")).group_by(Job.worker_id).cte("best")
run("greatest per group", select(Job.title).join(best, and_(best.c.worker_id == Job.worker_id,
    best.c.h == Job.hours)).order_by(Job.id))
ranked = select(Job, func.rank().over(partition_by=Job.worker_id, order_by=Job.hours.desc()).label("rk")).subquery()
top = aliased(Job, ranked)
run("ranked entity", select(top).where(ranked.c.rk == 1).order_by(top.id), lambda r: [j.title for j in r.scalars()])
run("union", union(select(Job.title.label("x")), select(Worker.name)).order_by("x"), lambda r: r.scalars().all())
run("union limit", union_all(select(Job.id).order_by(Job.id).limit(1).subquery().select(),
    select(Worker.id)).order_by("id"))
run("nested sets", select(Job.id).where(Job.id < 3).intersect(union(select(Job.id).where(Job.id > 1)).subquery()
    .select()))
if is_postgresql:
    run("values", select(column("k"), column("v")).select_from(values(column("k", Integer), column("v", String),
        name="t").data(
        [(1, "a"), (2, "b")])).order_by(column("k")))
run("values join", select(Worker.name, literal(2) * Worker.id, func.upper(Worker.name) + "?").where(Worker.id.in_(
    select(literal(1)).union(select(literal(3))))).order_by(Worker.id))
run("all any", select(Worker.name).where(Worker.id == select(func.max(Job.worker_id)).scalar_subquery()))
run("grouping", select(func.count(distinct(Job.worker_id)), func.avg(Job.hours),
    func.sum(Job.rate).cast(Numeric(8, 1))),
    lambda r: [str(round(float(x), 4)) for x in r.one()])
run("bool", select(Job.id, (Job.hours > 1) & ~(Job.id == 2), Job.meta.is_(None), true(),
    not_(false())).order_by(Job.id))
run("label order", select((Job.hours * 2).label("twice")).order_by(desc("twice")).limit(2), lambda r: r.scalars().all())
run("arithmetic", select(-Job.hours, Job.hours + 1 - 2 * Job.id, 10 - Job.hours, Job.rate / 4).where(Job.id == 1))
wanted = Job.title.regexp_match("^[sc]") if is_postgresql else Job.title.in_(["sand", "cut"])
run("concat", select(Worker.name + "-" + Job.title).join(Worker.jobs).where(wanted).order_by(Job.id),
    lambda r: r.scalars().all())
step("compiled")
q = select(Worker).join(Worker.jobs).where(Job.hours.in_([1, 2]),
    Worker.name.ilike("%A%")).order_by(Worker.name).limit(5)
say(q)
say(q.compile(dialect=postgresql.dialect(paramstyle="named")))
say(q.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
say(q.with_for_update(of=Worker, skip_locked=True).compile(dialect=postgresql.dialect(paramstyle="named")))
say(sorted(q.compile().params.items(), key=str))
say(q.selected_columns.keys(), [c["name"] for c in select(Worker, Job.id.label("j")).column_descriptions])
say(select(Job.id).where(Job.title == None, Job.hours != None, Job.title != "x"))
say(select(func.now(), func.count(), func.my.fn(1, Job.id)).where(and_(true(), or_(Job.id == 1, false()))))
step("dml")
say(s.execute(update(Job).where(Job.worker_id == select(Worker.id).where(Worker.name == "ida").scalar_subquery())
    .values(
    hours=Job.hours + 1).returning(Job.id, Job.hours)).all())
say(s.execute(update(Job).values(title=select(Worker.name).where(Worker.id == Job.worker_id).scalar_subquery())
    .where(Job.id == 3)).rowcount)
say(s.execute(delete(Worker).where(~Worker.jobs.any())).rowcount, s.scalars(select(Job.title).order_by(Job.id)).all())
doing = delete(Job).where(Job.id == 3).returning(Job.id, Job.title)
say(s.execute(doing).one()._asdict())
sql()
s.rollback()
step("lock")
j = s.scalars(select(Job).where(Job.id == 1).with_for_update(nowait=True)).one()
say(j.cost, j.worker.load)
sql()
