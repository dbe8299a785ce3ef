-- Querying, reports of a workshop: the same question asked in several ways, functions and grouping on hybrid and
-- column properties, set operations with ordering, locks, hints of execution, compiled text on two dialects, ORM DML
-- with subqueries.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map


local Base = am.declarative_base()

local Job = Base:model("Job", {
  __tablename__ = "jobs",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(20)),
  hours = am.Column(am.Integer),
  rate = am.Column(am.Numeric(6, 2)),
  worker_id = am.Column(am.ForeignKey("workers.id")),
  meta = am.Column(am.JSON),
  worker = am.relationship("Worker", { back_populates = "jobs" }),
  cost = am.hybrid_property(function(self) return self.hours * self.rate end),
})

local Worker = Base:model("Worker", {
  __tablename__ = "workers",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  jobs = am.relationship(Job, { back_populates = "worker", order_by = Job.id }),
})
Worker.load = am.column_property(am.select(am.func.coalesce(am.func.sum(Job.hours), 0))
  :where(Job.worker_id:eq(Worker.id))
  :correlate_except(Job):scalar_subquery())

local select, func = am.select, am.func
local e = parity.engine()
Base.metadata:create_all(e)
local s = am.Session(e)
local D = am.decimal
s:add_all{ Worker{ id = 1, name = "ida", jobs = {
  Job{ id = 1, title = "sand", hours = 2, rate = D("10.50"), meta = { tool = "belt", tags = { "a", "b" } } },
  Job{ id = 2, title = "weld", hours = 5, rate = D("20"), meta = { tool = "arc", n = 3 } } } },
  Worker{ id = 2, name = "jon", jobs = { Job{ id = 3, title = "cut", hours = 1, rate = D("9.99") } } },
  Worker{ id = 3, name = "kim" } }
s:commit()
parity.forget()

local function run(title, stmt, shape)
  step(title)
  local r = s:execute(stmt)
  say(shape and shape(r) or r:all())
  sql()
end

local function scalars(r) return r:scalars():all() end

run("hybrid", select(Job.title, Job.cost):where(Job.cost:gt(10)):order_by(Job.cost:desc()))
run("hybrid sum", select(Worker.name, func.sum(Job.cost):label("c")):join(Worker.jobs):group_by(Worker.name)
  :order_by("c"))
run("property", select(Worker.name, Worker.load):order_by(Worker.load:desc(), Worker.id))
run("property in where", select(Worker):where(Worker.load:eq(0)), function(r)
  return map(r:scalars(), function(w) return { w.name, w.load } end)
end)
local w = am.aliased(Worker)
run("property of alias", select(w.name, w.load):where(w.load:gt(1)):order_by(w.id))
run("json", select(Job.id, Job.meta:at("tool"):as_string(), Job.meta:at("tags"):at(1):as_string(),
  Job.meta:at("n"):as_integer())
  :order_by(Job.id))
run("json where", select(Job.id):where(Job.meta:at("tool"):as_string():eq("arc")))
local best = select(Job.worker_id, func.max(Job.hours):label("h")):group_by(Job.worker_id):cte("best")
run("greatest per group", select(Job.title):join(best, am.and_(best.c.worker_id:eq(Job.worker_id),
  best.c.h:eq(Job.hours)))
  :order_by(Job.id))
local ranked = select(Job, func.rank():over{ partition_by = Job.worker_id, order_by = Job.hours:desc() }:label("rk"))
  :subquery()
local top = am.aliased(Job, ranked)
run("ranked entity", select(top):where(ranked.c.rk:eq(1)):order_by(top.id), function(r)
  return map(r:scalars(), function(j) return j.title end)
end)
run("union", am.union(select(Job.title:label("x")), select(Worker.name)):order_by("x"), scalars)
run("union limit", am.union_all(select(Job.id):order_by(Job.id):limit(1):subquery():select(), select(Worker.id))
  :order_by("id"))
run("nested sets", select(Job.id):where(Job.id:lt(3)):intersect(am.union(select(Job.id):where(Job.id:gt(1)))
  :subquery():select()))
if parity.is_postgresql then
  run("values", select(am.column("k"), am.column("v")):select_from(am.values(am.column("k", am.Integer),
    am.column("v", am.String),
    { name = "t" }):data{ { 1, "a" }, { 2, "b" } }):order_by(am.column("k")))
end
run("values join", select(Worker.name, am.literal(2) * Worker.id, func.upper(Worker.name) .. "?"):where(Worker.id:in_(
  select(am.literal(1)):union(select(am.literal(3))))):order_by(Worker.id))
run("all any", select(Worker.name):where(Worker.id:eq(select(func.max(Job.worker_id)):scalar_subquery())))
run("grouping", select(func.count(am.distinct(Job.worker_id)), func.avg(Job.hours),
  func.sum(Job.rate):cast(am.Numeric(8, 1))),
  function(r)
    return map({ r:one():unpack() }, function(x)
      local text = ("%.4f"):format(tonumber(tostring(x))):gsub("0+$", "")
      return text:match("%.$") and text .. "0" or text
    end)
  end)
run("bool", select(Job.id, am.and_(Job.hours:gt(1), am.not_(Job.id:eq(2))), Job.meta:is_(nil), am.true_(),
  am.not_(am.false_()))
  :order_by(Job.id))
run("label order", select((Job.hours * 2):label("twice")):order_by(am.desc("twice")):limit(2), scalars)
run("arithmetic", select(-Job.hours, Job.hours + 1 - 2 * Job.id, 10 - Job.hours, Job.rate / 4):where(Job.id:eq(1)))
run("concat", select(Worker.name .. "-" .. Job.title):join(Worker.jobs):where(parity.is_postgresql and
  Job.title:regexp_match("^[sc]") or Job.title:in_{ "sand", "cut" }):order_by(Job.id), scalars)
step("compiled")
local q = select(Worker):join(Worker.jobs):where(Job.hours:in_{ 1, 2 }, Worker.name:ilike("%A%"))
  :order_by(Worker.name):limit(5)
say(q)
say(q:compile{ dialect = "postgresql", paramstyle = "named" })
say(q:compile{ dialect = "sqlite", literal_binds = true })
say(q:with_for_update{ of = Worker, skip_locked = true }:compile{ dialect = "postgresql", paramstyle = "named" })
local params = {}
for k, v in pairs(q:compile().params) do params[#params + 1] = { k, v } end
table.sort(params, function(a, b) return a[1] < b[1] end)
say(params)
say(map(am.columns(q.selected_columns), function(c) return c.key end),
  map(select(Worker, Job.id:label("j")).column_descriptions, function(c) return c.name end))
say(select(Job.id):where(Job.title:eq(nil), Job.hours:ne(nil), Job.title:ne("x")))
say(select(func.now(), func.count(), func.my.fn(1, Job.id)):where(am.and_(am.true_(),
  am.or_(Job.id:eq(1), am.false_()))))
step("dml")
say(s:execute(am.update(Job):where(Job.worker_id:eq(select(Worker.id):where(Worker.name:eq("ida"))
  :scalar_subquery())):values{
  hours = Job.hours + 1 }:returning(Job.id, Job.hours)):all())
say(s:execute(am.update(Job):values{ title = select(Worker.name):where(Worker.id:eq(Job.worker_id)):scalar_subquery() }
  :where(Job.id:eq(3))).rowcount)
say(s:execute(am.delete(Worker):where(am.not_(Worker.jobs:any()))).rowcount,
  s:scalars(select(Job.title):order_by(Job.id)):all())
local doing = am.delete(Job):where(Job.id:eq(3)):returning(Job.id, Job.title)
say(s:execute(doing):one():as_dict())
sql()
s:rollback()
step("lock")
local j = s:scalars(select(Job):where(Job.id:eq(1)):with_for_update{ nowait = true }):one()
say(j.cost, j.worker.load)
sql()
