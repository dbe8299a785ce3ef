-- ORM-enabled INSERT, UPDATE and DELETE: RETURNING, bulk by primary key, synchronize_session and its events.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local Base = am.declarative_base()
local Dept = Base:model("Dept", {
  __tablename__ = "dept",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(50)),
})
local Emp = Base:model("Emp", {
  __tablename__ = "emp",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column("emp_name", am.String(50)),
  pay = am.Column(am.Integer, { default = 100 }),
  dept_id = am.Column(am.ForeignKey("dept.id")),
  dept = am.relationship("Dept"),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local select, insert, update, delete, func, inspect =
  am.select, am.insert, am.update, am.delete, am.func, am.inspect

am.event.listen(session, "do_orm_execute", function(s)
  local kind
  for _, name in ipairs { "insert", "update", "delete", "select" } do
    if s["is_" .. name] then kind = kind or name end
  end
  say("  *", kind, s.is_orm_statement, s.is_executemany)
end)
am.event.listen(session, "after_bulk_update", function(c) say("  * after_bulk_update", c.result.rowcount) end)
am.event.listen(session, "after_bulk_delete", function(c) say("  * after_bulk_delete", c.result.rowcount) end)

local function sync(how) return { execution_options = { synchronize_session = how } } end

step "insert of many"
session:execute(insert(Dept), { { id = 1, name = "it" }, { id = 2, name = "hr" } })
session:execute(insert(Emp), { { name = "a", dept_id = 1 }, { name = "b", dept_id = 1, pay = 150 },
  { name = "c", dept_id = 2 } })
say(#session.identity_map)
step "insert returning objects"
local objs = session:scalars(insert(Emp):returning(Emp, { sort_by_parameter_order = true }),
  { { name = "d" }, { name = "e" } }):all()
local shown = {}
for i, o in ipairs(objs) do shown[i] = { o.id, o.name, o.pay, inspect(o).persistent } end
say(shown)
say(session:execute(insert(Emp):values{ name = "f", pay = 10 }:returning(Emp.id, Emp.name)):all())
say(session:scalars(insert(Emp):values{ { name = "g" }, { name = "h" } }:returning(Emp.id)):all())
session:execute(insert(Emp):values{ name = func.upper("i"), dept_id = select(func.max(Dept.id)):scalar_subquery() })
say(session:execute(select(Emp.name, Emp.dept_id):order_by(Emp.id:desc()):limit(1)):all())
session:commit()

local a, b, c = (table.unpack or unpack)(session:scalars(select(Emp):where(Emp.id:le(3)):order_by(Emp.id)):all())
step "update, evaluated"
local r = session:execute(update(Emp):where(Emp.name:eq("a")):values{ pay = Emp.pay + 5 }, nil, sync("evaluate"))
say(r.rowcount, a.pay, inspect(a).modified)
step "update, fetched"
session:execute(update(Emp):where(func.lower(Emp.name):in_{ "a", "b" }):values{ [Emp.pay] = 7 }, nil, sync("fetch"))
say(a.pay, b.pay, c.pay)
step "update, not synchronized"
session:execute(update(Emp):where(Emp.id:eq(2)):values{ pay = 8 }:execution_options{ synchronize_session = false })
say(b.pay)
session:refresh(b)
say(b.pay)
step "update, automatic; pending changes flush first"
c.name = "cc"
session:execute(update(Emp):where(Emp.name:eq("cc")):values{ name = "ccc" })
say(c.name)
session:execute(update(Emp):where(Emp.name:like("c%")):values{ pay = 1 })
say(c.pay)
local hr = select(Dept.id):where(Dept.name:eq("hr")):scalar_subquery()
session:execute(update(Emp):where(Emp.dept_id:eq(hr)):values{ pay = 2 })
say(c.pay)
error_of(function()
  session:execute(update(Emp):where(func.length(Emp.name):gt(2)):values{ pay = 3 }, nil, sync("evaluate"))
end)
error_of(function() session:execute(update(Emp):values{ pay = 3 }, nil, sync("whatever")) end)
step "update by primary key"
session:execute(update(Emp), { { id = 1, name = "A", pay = 31 }, { id = 2, name = "B", pay = 32 } })
say(a.name, a.pay, b.name)
error_of(function() session:execute(update(Emp), { { name = "nokey" } }) end)
error_of(function() session:execute(update(Emp):where(Emp.id:eq(1)), { { id = 1, name = "nokey" } }) end)
session:connection():execute(
  update(Emp):where(Emp.name:eq(am.bindparam("u"))):values{ pay = am.bindparam("p") },
  { { u = "A", p = 50 }, { u = "B", p = 51 } })
session:expire_all()
say(a.pay, b.pay)
step "update returning"
say(session:execute(update(Emp):where(Emp.dept_id:eq(1)):values{ pay = Emp.pay * 2 }
  :returning(Emp.id, Emp.pay)):all(), a.pay)
local same = {}
for i, x in ipairs(session:scalars(update(Emp):where(Emp.id:eq(3)):values{ pay = 99 }:returning(Emp)):all()) do
  same[i] = x == c
end
say(same, c.pay)
session:rollback()
say(a.pay, b.pay, c.pay)

step "delete"
r = session:execute(delete(Emp):where(Emp.name:eq("a")))
say(r.rowcount, inspect(a).deleted, session:contains(a), session:get(Emp, 1))
step "delete, fetched"
session:execute(delete(Emp):where(func.lower(Emp.name):eq("b")):execution_options{ synchronize_session = "fetch" })
say(inspect(b).deleted, #session.deleted)
step "delete, not synchronized"
session:execute(delete(Emp):where(Emp.id:eq(3)), nil, sync(false))
say(inspect(c).persistent)
step "delete returning"
local gone = session:execute(delete(Emp):where(Emp.id:gt(3)):returning(Emp.id, Emp.name)):all()
table.sort(gone, function(x, y) return x.id < y.id end)
say(gone)
session:rollback()
say(inspect(a).persistent, a.name, inspect(b).persistent, b.name)
error_of(function() session:execute(insert(Emp), { { id = 1, name = "dup" } }) end)
session:rollback()
session:close()
p.sql()
