-- Entities from subqueries and CTEs: aliased, correlated, recursive, lateral, unions, values.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, map_rows, list = parity.say, parity.step, parity.map, parity.map_rows, parity.list

local Base = am.declarative_base()

local Dept = Base:model("Dept", {
  __tablename__ = "depts",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  parent_id = am.Column(am.ForeignKey("depts.id")),
  people = am.relationship("Worker", { back_populates = "dept", order_by = "Worker.id" }),
})

local Worker = Base:model("Worker", {
  __tablename__ = "workers",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  pay = am.Column(am.Integer),
  dept_id = am.Column(am.ForeignKey("depts.id")),
  dept = am.relationship("Dept", { back_populates = "people" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{
    Dept{ id = 1, name = "all" },
    Dept{ id = 2, name = "dev", parent_id = 1 },
    Dept{ id = 3, name = "ops", parent_id = 1 },
    Dept{ id = 4, name = "db", parent_id = 3 }
  }
  s:flush()
  s:add_all(
    map_rows(
      { { 1, "ann", 10, 2 }, { 2, "bob", 20, 2 }, { 3, "cid", 30, 3 }, { 4, "dan", 40, 4 }, { 5, "eve", 50, 4 }, {
        6,
        "fay",
        5,
        am.null
      } },
      function(i, n, p, d) return Worker{ id = i, name = n, pay = p, dept_id = d } end
    )
  )
  s:commit()
end)
parity.forget()
local s = am.Session(e)

step "aliased subquery"
local sub = am.select(Worker):where(Worker.pay:gt(15)):order_by(Worker.pay:desc()):limit(3):subquery()
local rich = am.aliased(Worker, sub, { name = "rich" })
say(map(s:scalars(am.select(rich):order_by(rich.id)), function(w) return w.name end))
say(s:execute(am.select(rich.name, Dept.name):join(rich.dept):order_by(rich.id)):all())
say(
  map(
    s:scalars(am.select(rich):options(am.joinedload(rich.dept)):order_by(rich.name)),
    function(w) return list(w.name, w.dept.name) end
  )
)
say(map(s:scalars(am.select(rich):where(rich.id:eq(4))), function(w) return w == s:get(Worker, 4) end))
step "columns of a subquery with labels"
local stats = am.select(
  Worker.dept_id:label("dept"),
  am.func.count():label("n"),
  am.func.avg(Worker.pay):label("mean")
)
  :group_by(Worker.dept_id)
  :subquery("stats")
say(
  map_rows(
    s:execute(am.select(Dept, stats.c.n):outerjoin(stats, stats.c.dept:eq(Dept.id)):order_by(Dept.id)),
    function(d, n) return list(d.name, n) end
  )
)
say(stats.c:keys(), sub.c:keys())
step "scalar subqueries"
local top = am.select(am.func.max(Worker.pay)):where(Worker.dept_id:eq(Dept.id)):scalar_subquery()
say(s:execute(am.select(Dept.name, top:label("top")):order_by(Dept.id)):all())
say(s:execute(am.select(Dept.name):where(top:gt(25)):order_by(Dept.id)):all())
local peer = am.aliased(Worker)
local mean = am.select(am.func.max(peer.pay))
  :where(peer.dept_id:eq(Worker.dept_id))
  :correlate(Worker)
  :scalar_subquery()
say(map(s:scalars(am.select(Worker):where(Worker.pay:eq(mean)):order_by(Worker.id)), function(w) return w.name end))
say(
  map(
    s:scalars(am.select(Worker):where(Worker.pay:eq(am.select(am.func.max(Worker.pay)):scalar_subquery()))),
    function(w) return w.name end
  )
)
say(tostring(am.select(Dept):where(am.select(Worker.id):where(Worker.dept_id:eq(Dept.id)):correlate(nil):exists())))
say(
  tostring(am.select(Dept):where(
    am.select(Worker.id):where(Worker.dept_id:eq(Dept.id)):correlate_except(Worker):exists()
  ))
)
step "row values"
say(
  map(
    s:scalars(
      am.select(Worker)
        :where(am.tuple_(Worker.dept_id, Worker.pay):in_{ { 2, 10 }, { 4, 50 } })
        :order_by(Worker.id)
    ),
    function(w) return w.name end
  )
)
step "a cte"
local paid = am.select(Worker.dept_id, am.func.sum(Worker.pay):label("total"))
  :group_by(Worker.dept_id)
  :cte("paid")
say(s:execute(am.select(Dept.name, paid.c.total):join(paid, paid.c.dept_id:eq(Dept.id)):order_by(Dept.id)):all())
local p1, p2 = paid:alias("p1"), paid:alias("p2")
say(
  s
    :execute(
      am.select(p1.c.dept_id, p2.c.dept_id):where(p1.c.total:lt(p2.c.total)):order_by(p1.c.dept_id, p2.c.dept_id)
    )
    :all()
)
step "a recursive cte"
local tree = am.select(Dept.id, Dept.name, am.literal(0):label("depth"))
  :where(Dept.parent_id:is_(nil))
  :cte("tree", { recursive = true })
local child = am.aliased(Dept)
tree = tree:union_all(am.select(child.id, child.name, tree.c.depth + 1):join(tree, child.parent_id:eq(tree.c.id)))
say(s:execute(am.select(tree):order_by(tree.c.depth, tree.c.id)):all())
say(
  map_rows(
    s:execute(am.select(Dept, tree.c.depth)
        :join(tree, tree.c.id:eq(Dept.id))
        :order_by(tree.c.depth:desc(), Dept.id)),
    function(d, depth) return list(d.name, depth) end
  )
)
step "a recursive cte as an entity"
local start = am.select(Dept):where(Dept.name:eq("ops")):cte("branch", { recursive = true })
local d2 = am.aliased(Dept, { name = "d2" })
local branch = start:union(am.select(d2):where(d2.parent_id:eq(start.c.id)))
local found = am.aliased(Dept, branch)
say(
  map(
    s:scalars(am.select(found):options(am.selectinload(found.people)):order_by(found.id)),
    function(d) return list(d.name, map(d.people, function(w) return w.name end)) end
  )
)
say(
  s
    :execute(
      am.select(found.name, am.func.count(Worker.id))
        :outerjoin(found.people)
        :group_by(found.id, found.name)
        :order_by(found.id)
    )
    :all()
)
step "unions of entities"
local u = am.union(am.select(Worker):where(Worker.pay:lt(15)), am.select(Worker):where(Worker.dept_id:eq(4)))
say(map(s:scalars(am.select(Worker):from_statement(u:order_by("id"))), function(w) return w.name end))
local au = am.aliased(Worker, u:subquery())
say(map(s:scalars(am.select(au):where(au.pay:gt(5)):order_by(au.id:desc())), function(w) return w.name end))
local ua = am.aliased(
  Worker,
  am.union_all(am.select(Worker), am.select(Worker):where(Worker.id:eq(1))):subquery("ua")
)
say(#s:scalars(am.select(ua)):all(), #s:scalars(am.select(ua)):unique():all())
say(s:execute(am.intersect(am.select(Worker.dept_id), am.select(Dept.id)):order_by("dept_id")):all())
say(s:execute(am.except_(am.select(Dept.id), am.select(Worker.dept_id):where(Worker.dept_id:is_not(nil)))):all())
step "adapt_on_names"
local named = am.select(Worker.id, Worker.name, am.literal(0):label("pay")):subquery("named")
local an = am.aliased(Worker, named, { adapt_on_names = true })
say(s:execute(am.select(an.name, an.pay):where(an.id:lt(3)):order_by(an.id)):all())
step "values"
local v = am.values(am.column("id", am.Integer), am.column("bonus", am.Integer), { name = "v" }):data{ { 1, 100 }, {
  3,
  300
} }
if parity.is_postgresql then
  say(s:execute(am.select(Worker.name, v.c.bonus):join(v, v.c.id:eq(Worker.id)):order_by(Worker.id)):all())
end
say(tostring(am.select(Worker.name, v.c.bonus):join(v, v.c.id:eq(Worker.id))))
step "lateral"
local best = am.select(Worker.name:label("best"), Worker.pay)
  :where(Worker.dept_id:eq(Dept.id))
  :order_by(Worker.pay:desc())
  :limit(1)
  :lateral("best")
local stmt = am.select(Dept.name, best.c.best):outerjoin(best, am.true_()):order_by(Dept.id)
say(tostring(stmt))
if parity.is_postgresql then
  say(s:execute(stmt):all())
  local bw = am.aliased(
    Worker,
    am.select(Worker):where(Worker.dept_id:eq(Dept.id)):order_by(Worker.pay):limit(1):lateral()
  )
  say(
    map_rows(
      s:execute(am.select(Dept, bw):join(bw, am.true_()):order_by(Dept.id)),
      function(d, w) return list(d.name, w.name) end
    )
  )
end
step "select from a subquery of an entity"
local inner = am.select(Worker):where(Worker.pay:ge(20)):subquery()
say(s:execute(am.select(inner.c.name, inner.c.pay):order_by(inner.c.id)):all())
say(s:scalar(am.select(am.func.count()):select_from(inner)))
step "end"
