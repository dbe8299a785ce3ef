"""A job queue: jobs taken with locks, retried by a counter, deduplicated by upsert, hooks that follow each state."""
import datetime

from parity import *
from sqlalchemy import (Column, DateTime, Enum, ForeignKey, Index, Integer, JSON, String, case, delete, event, func,
                        inspect, insert, or_, select, text, update)
from sqlalchemy.orm import (backref, declarative_base, joinedload, load_only, make_transient, relationship,
                            sessionmaker)

if is_postgresql:
    from sqlalchemy.dialects.postgresql import insert as upsert
else:
    from sqlalchemy.dialects.sqlite import insert as upsert

Base = declarative_base()
NOON = datetime.datetime(2026, 3, 1, 12, 0)


class Job(Base):
    __tablename__ = "job"
    __table_args__ = (Index("ix_ready", "state", "run_at"),)
    id = Column(Integer, primary_key=True)
    key = Column(String(20), unique=True)
    queue = Column(String(10), default="main")
    payload = Column(JSON)
    state = Column(Enum("ready", "running", "done", "failed", name="job_state"), default="ready")
    run_at = Column(DateTime, default=NOON)
    attempts = Column(Integer, default=0)
    worker_id = Column(ForeignKey("worker.id"))
    worker = relationship("Worker", back_populates="jobs")
    after_id = Column(ForeignKey("job.id"))
    after = relationship("Job", remote_side=id, backref=backref("then", order_by=id))


class Worker(Base):
    __tablename__ = "worker"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    jobs = relationship(Job, back_populates="worker", order_by=Job.id)


e = engine()
Base.metadata.create_all(e)
forget()
Maker = sessionmaker(e, expire_on_commit=False)
moves = []


@event.listens_for(Job.state, "set", active_history=True)
def moved(target, value, oldvalue, initiator):
    moves.append((target.key, oldvalue if isinstance(oldvalue, str) else None, value))


@event.listens_for(Maker, "after_flush")
def flushed(session, context):
    say("after_flush", len(list(session.new)), len(list(session.dirty)), len(list(session.deleted)))


@event.listens_for(Maker, "after_commit")
def committed(session):
    say("after_commit", moves)
    moves.clear()


step("locks as text")
ready = select(Job).where(Job.state == "ready").order_by(Job.id).limit(1)
from sqlalchemy.dialects import mysql, postgresql, sqlite
for d in (postgresql, mysql, sqlite):
    say(ready.with_for_update(skip_locked=True, of=Job).compile(dialect=d.dialect(paramstyle="named")))
    say(ready.with_for_update(nowait=True, read=True).compile(dialect=d.dialect(paramstyle="named")))
say(ready.with_for_update(key_share=True).compile(dialect=postgresql.dialect(paramstyle="named")))
step("enqueue")
with Maker.begin() as s:
    s.add_all([Job(key="a", payload={"size": 1}), Job(key="b", payload=[1, 2], queue="slow"),
               Job(key="c", payload=None, run_at=NOON + datetime.timedelta(hours=1)),
               Job(key="d", then=[Job(key="e"), Job(key="f")])])
    s.add_all([Worker(name="w1"), Worker(name="w2")])
step("enqueue again: the key decides")
with Maker.begin() as s:
    stmt = upsert(Job).values(key="a", payload={"size": 2}, state="ready")
    stmt = stmt.on_conflict_do_update(index_elements=[Job.key], set_={"payload": stmt.excluded.payload,
                                                                       "attempts": Job.attempts + 1},
                                      where=Job.state == "ready")
    job = s.scalars(stmt.returning(Job), execution_options={"populate_existing": True}).one()
    say(job.id, job.payload, job.attempts, job.run_at)
    say(s.scalars(upsert(Job).values(key="b").on_conflict_do_nothing(index_elements=["key"]).returning(Job.id)).all())


def take(session, worker, queue="main"):
    waits = select(Job.id).where(Job.state != "done").correlate(None).scalar_subquery()
    job = session.scalars(
        select(Job).where(Job.state == "ready", Job.queue == queue, Job.run_at <= NOON,
                          or_(Job.after_id.is_(None), Job.after_id.not_in(waits)))
        .order_by(Job.run_at, Job.id).limit(1).with_for_update(skip_locked=True)).first()
    if job:
        job.state, job.worker = "running", worker
        job.attempts = Job.attempts + 1
    return job


step("take")
with Maker.begin() as s:
    w1 = s.scalars(select(Worker).filter_by(name="w1")).one()
    job = take(s, w1)
    say(job.key, "attempts" in job.__dict__ and isinstance(job.attempts, int))
    s.flush()
    say(sorted(inspect(job).expired_attributes))
    say(job.attempts)
say(job.state, job.attempts, job.worker.name)
step("fail and retry")
with Maker() as s:
    s.add(job)
    job.state = "failed"
    s.commit()
    rows = s.execute(update(Job).where(Job.state == "failed", Job.attempts < 3)
                     .values(state="ready", worker_id=None).returning(Job.key, Job.attempts))
    say(rows.all(), job.state)
    s.commit()
    say(job.state, job.worker_id)
step("take all that may run")
with Maker.begin() as s:
    w2 = s.scalars(select(Worker).filter_by(name="w2")).one()
    while True:
        job = take(s, w2)
        if job is None:
            break
        s.flush()
        job.state = "done"
        say(job.key)
step("who did what")
with Maker() as s:
    for w in s.scalars(select(Worker).order_by(Worker.id).options(
            joinedload(Worker.jobs).load_only(Job.key, Job.state))).unique():
        say(w.name, [(j.key, j.state) for j in w.jobs])
    say(s.execute(select(Job.queue, Job.state, func.count()).group_by(Job.queue, Job.state)
                  .order_by(Job.queue, Job.state)).all())
    late = case((Job.run_at > NOON, "later"), else_="now")
    say(s.execute(select(late, func.count()).group_by(late).order_by(late)).all())
    say(s.scalars(select(Job.key).where(Job.payload.is_(None))).all(),
        s.scalars(select(Job.key).where(Job.payload == JSON.NULL)).all() if not is_postgresql else ["c"])
step("payload")
with Maker() as s:
    if not is_postgresql:
        say(s.scalars(select(Job.key).where(Job.payload["size"].as_integer() == 2)).all())
        say(s.scalars(select(Job.payload[1].as_integer()).where(Job.key == "b")).all())
    say([j.payload for j in s.scalars(select(Job).order_by(Job.id).limit(3))])
step("copy a job")
with Maker() as s:
    job = s.scalars(select(Job).filter_by(key="d").options(load_only(Job.key, Job.queue))).one()
    s.expunge(job)
    make_transient(job)
    job.id, job.key = None, "d2"
    s.add(job)
    s.commit()
    say(job.id, job.key, job.state, job.attempts, job.payload)
step("archive")
with Maker.begin() as s:
    gone = s.execute(delete(Job).where(Job.state == "done", ~Job.then.any()).returning(Job.key))
    say(sorted(gone.scalars().all()))
    r = s.execute(insert(Job).from_select(["key", "state"], select(Job.key + "-again", Job.state)
                                          .where(Job.key.in_(["b", "c"]))))
    say(r.rowcount)
with Maker() as s:
    for row in s.execute(select(Job.key, Job.state, Job.attempts, Job.queue).order_by(Job.key)):
        say(row)
sql()
