-- A job queue: jobs taken with locks, retried by a counter, deduplicated by upsert, hooks that follow each state.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, JSON = am.Column, am.Integer, am.String, am.ForeignKey, am.JSON
local select, func, update = am.select, am.func, am.update
local upsert = (p.is_postgresql and am.postgresql or am.sqlite).insert

local Base = am.declarative_base()
local NOON = am.datetime(2026, 3, 1, 12, 0)
local Job = Base:model("Job", {
  __tablename__ = "job",
  __table_args__ = { am.Index("ix_ready", "state", "run_at") },
  id = Column(Integer, { primary_key = true }),
  key = Column(String(20), { unique = true }),
  queue = Column(String(10), { default = "main" }),
  payload = Column(JSON),
  state = Column(am.Enum("ready", "running", "done", "failed", { name = "job_state" }), { default = "ready" }),
  run_at = Column(am.DateTime, { default = NOON }),
  attempts = Column(Integer, { default = 0 }),
  worker_id = Column(ForeignKey("worker.id")),
  worker = am.relationship("Worker", { back_populates = "jobs" }),
  after_id = Column(ForeignKey("job.id")),
  after = am.relationship("Job", { remote_side = "Job.id", backref = am.backref("then", { order_by = "Job.id" }) }),
})
local Worker = Base:model("Worker", {
  __tablename__ = "worker",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
  jobs = am.relationship(Job, { back_populates = "worker", order_by = Job.id }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local Maker = am.sessionmaker(e, { expire_on_commit = false })
local moves = {}
am.event.listen(Job.state, "set", function(target, value, oldvalue)
  moves[#moves + 1] = p.list(target.key, type(oldvalue) == "string" and oldvalue or nil, value)
end, { active_history = true })
am.event.listen(Maker, "after_flush", function(session)
  say("after_flush", #session.new, #session.dirty, #session.deleted)
end)
am.event.listen(Maker, "after_commit", function()
  moves.n = #moves
  say("after_commit", moves)
  moves = {}
end)

step "locks as text"
local ready = select(Job):where(Job.state:eq("ready")):order_by(Job.id):limit(1)
for _, d in ipairs{ "postgresql", "mysql", "sqlite" } do
  say(ready:with_for_update{ skip_locked = true, of = Job }:compile{ dialect = d, paramstyle = "named" })
  say(ready:with_for_update{ nowait = true, read = true }:compile{ dialect = d, paramstyle = "named" })
end
say(ready:with_for_update{ key_share = true }:compile{ dialect = "postgresql", paramstyle = "named" })
step "enqueue"
Maker:begin(function(s)
  s:add_all{ Job{ key = "a", payload = { size = 1 } }, Job{ key = "b", payload = { 1, 2 }, queue = "slow" },
    Job{ key = "c", payload = am.null, run_at = NOON + am.timedelta{ hours = 1 } },
    Job{ key = "d", ["then"] = { Job{ key = "e" }, Job{ key = "f" } } } }
  s:add_all{ Worker{ name = "w1" }, Worker{ name = "w2" } }
end)
step "enqueue again: the key decides"
Maker:begin(function(s)
  local stmt = upsert(Job):values{ key = "a", payload = { size = 2 }, state = "ready" }
  stmt = stmt:on_conflict_do_update{ index_elements = { Job.key },
    set_ = { payload = stmt.excluded.payload, attempts = Job.attempts + 1 }, where = Job.state:eq("ready") }
  local job = s:scalars(stmt:returning(Job), nil, { execution_options = { populate_existing = true } }):one()
  say(job.id, job.payload, job.attempts, job.run_at)
  say(s:scalars(upsert(Job):values{ key = "b" }:on_conflict_do_nothing{ index_elements = { "key" } }
    :returning(Job.id)):all())
end)

local function take(session, worker)
  local waits = select(Job.id):where(Job.state:ne("done")):correlate(nil):scalar_subquery()
  local job = session:scalars(select(Job)
    :where(Job.state:eq("ready"), Job.queue:eq("main"), Job.run_at:le(NOON),
      am.or_(Job.after_id:is_(nil), Job.after_id:not_in(waits)))
    :order_by(Job.run_at, Job.id):limit(1):with_for_update{ skip_locked = true }):first()
  if job then
    job.state, job.worker = "running", worker
    job.attempts = Job.attempts + 1
  end
  return job
end

local job
step "take"
Maker:begin(function(s)
  local w1 = s:scalars(select(Worker):filter_by{ name = "w1" }):one()
  job = take(s, w1)
  say(job.key, type(job.attempts) == "number")
  s:flush()
  say(p.sorted(am.inspect(job).expired_attributes))
  say(job.attempts)
end)
say(job.state, job.attempts, job.worker.name)
step "fail and retry"
Maker(function(s)
  s:add(job)
  job.state = "failed"
  s:commit()
  local rows = s:execute(update(Job):where(Job.state:eq("failed"), Job.attempts:lt(3))
    :values{ state = "ready", worker_id = am.null }:returning(Job.key, Job.attempts))
  say(rows:all(), job.state)
  s:commit()
  say(job.state, job.worker_id)
end)
step "take all that may run"
Maker:begin(function(s)
  local w2 = s:scalars(select(Worker):filter_by{ name = "w2" }):one()
  while true do
    job = take(s, w2)
    if not job then break end
    s:flush()
    job.state = "done"
    say(job.key)
  end
end)
step "who did what"
Maker(function(s)
  for w in s:scalars(select(Worker):order_by(Worker.id)
      :options(am.joinedload(Worker.jobs):load_only(Job.key, Job.state))):unique() do
    say(w.name, p.map(w.jobs, function(j) return { j.key, j.state } end))
  end
  say(s:execute(select(Job.queue, Job.state, func.count()):group_by(Job.queue, Job.state)
    :order_by(Job.queue, Job.state)):all())
  local late = am.case({ Job.run_at:gt(NOON), "later" }, { else_ = "now" })
  say(s:execute(select(late, func.count()):group_by(late):order_by(late)):all())
  say(s:scalars(select(Job.key):where(Job.payload:is_(nil))):all(),
    not p.is_postgresql and s:scalars(select(Job.key):where(Job.payload:eq(JSON.NULL))):all() or { "c" })
end)
step "payload"
Maker(function(s)
  if not p.is_postgresql then
    say(s:scalars(select(Job.key):where(Job.payload:at("size"):as_integer():eq(2))):all())
    say(s:scalars(select(Job.payload:at(1):as_integer()):where(Job.key:eq("b"))):all())
  end
  say(p.map(s:scalars(select(Job):order_by(Job.id):limit(3)), function(j) return j.payload end))
end)
step "copy a job"
Maker(function(s)
  job = s:scalars(select(Job):filter_by{ key = "d" }:options(am.load_only(Job.key, Job.queue))):one()
  s:expunge(job)
  am.make_transient(job)
  job.id, job.key = nil, "d2"
  s:add(job)
  s:commit()
  say(job.id, job.key, job.state, job.attempts, job.payload)
end)
step "archive"
Maker:begin(function(s)
  local gone = s:execute(am.delete(Job):where(Job.state:eq("done"), am.not_(Job["then"]:any())):returning(Job.key))
  say(p.sorted(gone:scalars():all()))
  local r = s:execute(am.insert(Job):from_select({ "key", "state" },
    select(Job.key .. "-again", Job.state):where(Job.key:in_{ "b", "c" })))
  say(r.rowcount)
end)
Maker(function(s)
  for row in s:execute(select(Job.key, Job.state, Job.attempts, Job.queue):order_by(Job.key)) do say(row) end
end)
p.sql()
