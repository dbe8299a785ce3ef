-- Three levels joined with a single one below, versioned: states, statements, polymorphic loads, of_type in any and
-- has.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_, forget, map = p.say, p.step, p.sql, p.error, p.forget, p.map
local Column, Integer, String, FK, select, inspect = am.Column, am.Integer, am.String, am.ForeignKey, am.select,
  am.inspect
local relationship, update, func = am.relationship, am.update, am.func

local Base = am.declarative_base()
local Firm = Base:model("Firm", {
  __tablename__ = "firm",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  staff = relationship("Person", { back_populates = "firm", order_by = "Person.id", cascade = "all, delete-orphan" }),
  bosses = relationship("Boss", { viewonly = true, order_by = "Boss.id" }),
})
local id, name, type_ = Column(Integer, { primary_key = true }), Column(String(20)), Column(String(10),
  { nullable = false })
local version = Column(Integer, { nullable = false })
local Person = Base:model("Person", {
  __tablename__ = "person",
  id = id, name = name, type = type_, version = version,
  firm_id = Column(FK("firm.id")),
  mentor_id = Column(FK("person.id")),
  firm = relationship(Firm, { back_populates = "staff" }),
  mentor = relationship("Person", { remote_side = id, back_populates = "pupils" }),
  pupils = relationship("Person", { back_populates = "mentor", order_by = "Person.id" }),
  __mapper_args__ = { polymorphic_on = type_, polymorphic_identity = "person", version_id_col = version },
})
local Worker = Base:model("Worker", {
  __extends__ = Person,
  __tablename__ = "worker",
  id = Column(FK("person.id"), { primary_key = true }),
  skill = Column(String(20)),
  tasks = relationship("Task", { back_populates = "worker", order_by = "Task.id", cascade = "all, delete-orphan" }),
  __mapper_args__ = { polymorphic_identity = "worker" },
})
local Boss = Base:model("Boss", {
  __extends__ = Worker,
  __tablename__ = "boss",
  id = Column(FK("worker.id"), { primary_key = true }),
  bonus = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "boss" },
})
local Deputy = Base:model("Deputy", {
  __extends__ = Boss,
  since = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "deputy" },
})
local Task = Base:model("Task", {
  __tablename__ = "task",
  id = Column(Integer, { primary_key = true }),
  what = Column(String(20)),
  worker_id = Column(FK("worker.id")),
  worker = relationship(Worker, { back_populates = "tasks" }),
})
local function class(obj) return inspect(obj).mapper.class_.__name__ end
local function unloaded(obj) return p.sorted(inspect(obj).unloaded) end
local function show(obj) say(class(obj), unloaded(obj)) end

local e = p.engine()
Base.metadata:create_all(e)
forget()
local s = am.Session(e)
step "insert"
local pat = Person{ id = 1, name = "pat" }
local w = Worker{ id = 2, name = "wim", skill = "wood", mentor = pat,
  tasks = { Task{ id = 1, what = "saw" }, Task{ id = 2, what = "plane" } } }
local b = Boss{ id = 3, name = "bea", skill = "talk", bonus = 10, tasks = { Task{ id = 3, what = "meet" } } }
local d = Deputy{ id = 4, name = "dee", skill = "walk", bonus = 5, since = 2020, mentor = b }
s:add(Firm{ id = 1, name = "acme", staff = { pat, w, b } })
s:add(Firm{ id = 2, name = "bold", staff = { d } })
s:commit()
sql()
step "versions"
local all = { pat, w, b, d }
say(map(all, function(x) return x.version end))
sql()
b.bonus = 11
d.name, d.since = "deb", 2021
w.tasks:pop()
s:commit()
sql()
say(map(all, function(x) return x.version end))
forget()
s:execute(update(Person.__table__):values{ version = 9 })
d.bonus = 6
error_(function() s:flush() end)
s:rollback()
s:execute(update(Person.__table__):values{ version = 9 })
s:delete(d)
error_(function() s:flush() end)
s:rollback()
forget()
step "polymorphic entities"
s:expunge_all()
local wp = am.with_polymorphic(Person, { Worker, Boss })
for x in s:scalars(select(wp):where(am.or_(wp.Worker.skill:eq("wood"), wp.Boss.bonus:gt(6)))
  :order_by(wp.id)) do show(x) end
sql()
s:expunge_all()
local flat = am.with_polymorphic(Person, "*", { flat = true })
local m = am.aliased(Worker, { flat = true })
say(map(s:execute(select(flat, m):join(m, m.firm_id:eq(flat.firm_id)):where(m.id:ne(flat.id)):order_by(flat.id, m.id)),
  function(row) return { class(row[1]), row[1].name, row[2].name } end))
sql()
local wa = am.with_polymorphic(Person, { Boss }, { aliased = true })
say(map(s:scalars(select(wa):where(wa.Boss.bonus:is_not(nil)):order_by(wa.id)), function(x) return x.name end))
sql()
step "any, has, of_type"
s:expunge_all()
local function firms(cond) say(s:scalars(select(Firm.name):where(cond)):all()) end
firms(Firm.staff:of_type(Boss):any(Boss.bonus:gt(10)))
firms(Firm.staff:of_type(Deputy):any())
firms(am.not_(Firm.staff:of_type(Worker):any(Worker.skill:eq("wood"))))
say(s:scalars(select(Person.name):where(Person.mentor:of_type(Boss):has(Boss.bonus:eq(11)))):all())
say(s:scalars(select(Task.what):where(Task.worker:of_type(Boss):has(Boss.bonus:eq(11)))):all())
say(s:scalars(select(Firm.name):join(Firm.staff:of_type(Worker)):where(Worker.skill:eq("talk"))):all())
say(s:execute(select(Firm.name, wa.Boss.bonus):join(Firm.staff:of_type(wa)):order_by(wa.id)):all())
firms(Firm.bosses:any(Boss.bonus:gt(10)))
sql()
step "loads"
s:expunge_all()
for f in s:scalars(select(Firm):options(am.selectinload(Firm.staff:of_type(Worker)):selectinload(Worker.tasks))
  :order_by(Firm.id)) do
  for _, x in ipairs(f.staff) do say(f.name, class(x), unloaded(x)) end
end
sql()
s:expunge_all()
for f in s:scalars(select(Firm):options(am.joinedload(Firm.staff:of_type(am.with_polymorphic(Person, { Worker, Boss },
  { flat = true })))):order_by(Firm.id)):unique() do
  say(f.name, map(f.staff, function(x) return { class(x), unloaded(x) } end))
end
sql()
s:expunge_all()
for x in s:scalars(select(Person):options(am.selectin_polymorphic(Person, { Worker, Deputy }),
  am.selectinload(Worker.tasks))
  :order_by(Person.id)) do show(x) end
sql()
s:expunge_all()
local x = s:get(Deputy, 4)
say(class(x), x.since, x.skill, x.version)
error_(function() s:get_one(Boss, 2) end)
say(s:get(Worker, 3) == s:get(Person, 3), s:get(Deputy, 3))
sql()
step "DML of the middle"
say(s:execute(update(Boss):values{ bonus = Boss.bonus + 1 }).rowcount, x.bonus)
error_(function() s:execute(update(Boss):values{ name = "no" }) end)
say(s:scalars(select(Deputy.bonus)):all(), s:scalar(select(func.count()):select_from(Worker)),
  s:scalar(select(func.sum(Boss.bonus))))
sql()
