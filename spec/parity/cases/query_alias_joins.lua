-- Aliases of entities in longer queries: of subqueries, with hybrids and properties, join_from, full joins.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, map_rows, list = parity.say, parity.step, parity.map, parity.map_rows, parity.list

local Base = am.declarative_base()

local Dept = Base:model("Dept", {
  __tablename__ = "depts",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  staff = am.relationship(
    "Worker", { back_populates = "dept", order_by = "Worker.id", foreign_keys = "Worker.dept_id" }
  ),
})
local id = am.Column(am.Integer, { primary_key = true })
local first = am.Column(am.String(30))
local last = am.Column("last_name", am.String(30))
local pay = am.Column(am.Integer)
local dept_id = am.Column(am.ForeignKey("depts.id"))
local second_dept_id = am.Column(am.ForeignKey("depts.id"))

local Worker = Base:model("Worker", {
  __tablename__ = "workers",
  id = id,
  first = first,
  last = last,
  pay = pay,
  dept_id = dept_id,
  second_dept_id = second_dept_id,
  boss_id = am.Column(am.ForeignKey("workers.id")),
  dept = am.relationship(Dept, { back_populates = "staff", foreign_keys = dept_id }),
  second = am.relationship(Dept, { foreign_keys = second_dept_id }),
  boss = am.relationship("Worker", { remote_side = id }),
  family = am.synonym("last"),
  yearly = am.column_property(pay * 12),
  full = am.hybrid_property(function(self)
    return self.first .. " " .. self.last
  end),
  earns = am.hybrid_method(function(self, amount)
    return self.pay > amount
  end, { expression = function(cls, amount) return cls.pay:gt(amount) end }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all({ Dept{ id = 1, name = "dev" }, Dept{ id = 2, name = "ops" }, Dept{ id = 3, name = "law" } })
  s:flush()
  s:add(Worker{ id = 1, first = "ann", last = "lee", pay = 50, dept_id = 1 })
  s:flush()
  s:add_all({
    Worker{ id = 2, first = "bob", last = "ray", pay = 30, dept_id = 1, second_dept_id = 2, boss_id = 1 },
    Worker{ id = 3, first = "cid", last = "lee", pay = 40, dept_id = 2, boss_id = 1 },
    Worker{ id = 4, first = "dan", last = "fox", pay = 45, boss_id = 3 }
  })
  s:commit()
end)
parity.forget()
local s = am.Session(e)
local boss, d2 = am.aliased(Worker, { name = "boss" }), am.aliased(Dept, { name = "d2" })
step "properties of an alias"
say(s:execute(am.select(boss.full, boss.yearly, boss.family):where(boss:earns(35)):order_by(boss.full)):all())
say(
  s:execute(
    am.select(Worker.full, boss.full):join(Worker.boss:of_type(boss)):where(Worker.family:eq(boss.family))
  ):all()
)
say(tostring(am.select(boss.full, boss.yearly)))
say(
  map(
    s:execute(am.select(boss.yearly, Worker.yearly):where(boss.id:eq(Worker.id)):order_by(boss.id)),
    function(r) return r[boss.yearly] end
  )
)
step "who earns more than the boss"
say(
  s:execute(
    am.select(Worker.first, Worker.pay - boss.pay):join(boss, Worker.boss):where(Worker.pay:gt(boss.pay))
  ):all()
)
step "two relationships to one table"
local stmt = am.select(Worker.first, Dept.name, d2.name:label("also")):outerjoin(Worker.dept)
  :outerjoin(Worker.second:of_type(d2)):order_by(Worker.id)
say(s:execute(stmt):all(), s:execute(stmt):keys())
step "join_from and outerjoin_from"
say(s:execute(am.select(Dept.name, Worker.first):join_from(Dept, Worker, Dept.staff):order_by(Worker.id)):all())
say(
  s:execute(
    am.select(Dept.name, am.func.count(Worker.id)):outerjoin_from(Dept, Worker, Worker.dept_id:eq(Dept.id))
      :group_by(Dept.id, Dept.name):order_by(Dept.id)
  ):all()
)
parity.error(function() return s:execute(am.select(Dept.name, Worker.first):join(Worker)):all() end)
say(tostring(am.select(Dept.name, Worker.first):join(Worker, Worker.dept_id:eq(Dept.id), { full = true })))
step "select_from a join, and an alias of a join's side"
local j = am.join(Worker, boss, Worker.boss_id:eq(boss.id), { isouter = true })
say(s:execute(am.select(Worker.first, boss.first):select_from(j):order_by(Worker.id)):all())
say(s:execute(am.select(am.func.count()):select_from(j:join(Dept, Dept.id:eq(Worker.dept_id)))):scalar())
step "an alias of a subquery"
local rich = am.select(Worker):where(Worker.pay:gt(35)):subquery("rich")
local r = am.aliased(Worker, rich, { name = "r" })
say(map(s:scalars(am.select(r):order_by(r.pay)), function(w) return list(w.first, w.yearly, w.full) end))
say(s:execute(am.select(r.first, r.full, boss.first):join(boss, r.boss):order_by(r.id)):all())
say(
  map(
    s:scalars(am.select(r):options(am.joinedload(r.boss)):order_by(r.id)),
    function(w) return list(w.first, w.boss and w.boss.first) end
  )
)
say(
  map(
    s:scalars(
      am.select(Dept):join(Dept.staff:of_type(r)):options(am.contains_eager(Dept.staff:of_type(r))):order_by(Dept.id)
    ):unique(),
    function(d) return list(d.name, #d.staff) end
  )
)
s:expunge_all()
step "a subquery of columns that is not an entity"
local per = am.select(Worker.dept_id, am.func.sum(Worker.pay):label("total"), am.func.avg(Worker.pay):label("mean"))
  :group_by(Worker.dept_id):subquery()
say(s:execute(am.select(Dept.name, per.c.total):join(per, per.c.dept_id:eq(Dept.id)):order_by(Dept.id)):all())
say(
  map_rows(
    s:execute(
      am.select(Worker, per.c.total):join(per, per.c.dept_id:eq(Worker.dept_id)):where(Worker.pay:ge(per.c.mean))
        :order_by(Worker.id)
    ),
    function(w, t) return list(w.first, t) end
  )
)
step "of_type with and_"
say(
  s:execute(
    am.select(Dept.name, boss.first):outerjoin(Dept.staff:of_type(boss):and_(boss.pay:gt(35)))
      :order_by(Dept.id, boss.id)
  ):all()
)
say(s:execute(am.select(Dept.name, Worker.first):join(Dept.staff:and_(Worker.pay:lt(50))):order_by(Dept.id)):all())
step "three deep"
local b2 = am.aliased(Worker)
stmt = am.select(Worker.first, boss.first, b2.first):join(Worker.boss:of_type(boss)):join(boss.boss:of_type(b2))
say(s:execute(stmt):all(), tostring(stmt))
step "cartesian by choice, laterals by exists"
say(s:execute(am.select(am.func.count()):select_from(Dept):join(d2, am.true_())):scalar())
say(s:scalars(am.select(Dept.name):where(am.not_(Dept.staff:any(Worker.boss:has()))):order_by(Dept.id)):all())
say(s:scalars(am.select(Worker.first):where(Worker.boss:of_type(boss):has(boss.dept:has(Dept.name:eq("ops"))))):all())
step "inspection of an alias"
local insp = am.inspect(boss)
say(insp.is_aliased_class, insp.mapper.class_, insp.name, insp.selectable.name, insp.class_ == Worker)
say(am.inspect(r).selectable == rich, am.inspect(Worker).is_aliased_class)
step "entities in rows"
local row = s:execute(
  am.select(Worker, boss, r):join(Worker.boss:of_type(boss)):join(r, r.id:eq(Worker.id)):where(Worker.id:eq(3))
):one()
say(row:keys(), row.Worker == row.r, row.boss.first, row[boss].first)
step "filter_by goes to the last entity"
say(s:scalars(am.select(Worker.first):join(Worker.dept):filter_by({ name = "dev" }):order_by(Worker.id)):all())
say(s:scalars(am.select(boss.first):filter_by({ family = "lee" }):order_by(boss.id)):all())
parity.error(function() return am.select(Worker):join(Worker.dept):filter_by({ first = "ann" }) end)
step "end"
