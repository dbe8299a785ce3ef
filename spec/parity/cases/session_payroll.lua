-- Updates and deletes by statement: every way to keep the session in step, rows given back, and bulk by key.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local select, insert, update, delete, func = am.select, am.insert, am.update, am.delete, am.func
local Column, String, Integer = am.Column, am.String, am.Integer

local Base = am.declarative_base()

local Worker = Base:model("Worker", {
  __tablename__ = "worker",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  pay = Column(Integer, { default = 100 }),
  team = Column(String(10)),
  raises = Column(Integer, { default = 0, onupdate = 1 }),
})

local function sync(how) return { execution_options = { synchronize_session = how } } end
local function unloaded(obj) return p.sorted(am.inspect(obj).unloaded) end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "insert returning objects, in order"
local rows = p.map({ { "Ann", "a" }, { "Bob", "a" }, { "Cy", "b" }, { "Di", "b" }, { "Ed", "c" } }, function(x)
  return { name = x[1], team = x[2] }
end)
rows.n = nil
local workers = s:scalars(insert(Worker):returning(Worker, { sort_by_parameter_order = true }), rows):all()
say(p.map(workers, function(w) return { w.id, w.name, w.pay } end), s:contains(workers[1]))
local ann, bob, cy, di, ed = (table.unpack or unpack)(workers)
s:commit()
say(p.map(workers, function(w) return w.pay end))
step "evaluate"
local r = s:execute(update(Worker):where(Worker.team:eq "a"):values { pay = Worker.pay + 5 }, nil, sync "evaluate")
say(r.rowcount, unloaded(ann), ann.pay, cy.pay)
step "fetch"
r = s:execute(update(Worker):where(func.length(Worker.name):eq(2)):values { pay = 1 }, nil, sync "fetch")
say(r.rowcount, unloaded(cy), cy.pay, ann.pay)
step "false"
s:execute(update(Worker):where(Worker.name:eq "Ann"):values { pay = 7 }, nil, sync(false))
say(ann.pay)
s:refresh(ann)
say(ann.pay)
step "auto falls back"
s:execute(update(Worker):where(func.lower(Worker.name):eq "ed"):values { pay = 8 })
say(ed.pay)
p.error(function()
  s:execute(update(Worker):where(func.lower(Worker.name):eq "ed"):values { pay = 9 }, nil, sync "evaluate")
end)
p.error(function() s:execute(update(Worker):values { pay = 9 }, nil, sync "maybe") end)
step "returning"
say(s:execute(update(Worker):where(Worker.team:eq "b"):values({ pay = 50 }):returning(Worker.id, Worker.pay)):all())
local got = s:scalars(update(Worker):where(Worker.name:eq "Ann"):values({ pay = 51 }):returning(Worker)):all()
say(got[1] == ann, ann.pay)
got = s:scalars(update(Worker):where(Worker.name:eq "Ann"):values({ pay = 52 }):returning(Worker)
  :execution_options { populate_existing = true }):one()
say(got == ann, ann.pay)
step "pending changes are flushed first"
bob.name = "Rob"
say(s:execute(update(Worker):where(Worker.name:eq "Rob"):values { team = "z" }).rowcount, bob.team)
step "by primary key"
s:execute(update(Worker), { { id = ann.id, pay = 1 }, { id = bob.id, pay = 2, team = "y" } })
say(s:execute(select(Worker.id, Worker.pay, Worker.team):order_by(Worker.id)):all())
say(ann.pay, bob.team)
p.error(function() s:execute(update(Worker), { { pay = 1 } }) end)
s:rollback()
step "delete evaluate"
r = s:execute(delete(Worker):where(Worker.team:eq "c"))
say(r.rowcount, s:contains(ed), am.inspect(ed).deleted, am.inspect(ed).persistent)
step "delete fetch"
s:execute(delete(Worker):where(func.lower(Worker.name):eq "di"):execution_options { synchronize_session = "fetch" })
say(s:contains(di), s:contains(cy))
step "delete returning"
say(s:execute(delete(Worker):where(Worker.name:eq "Cy"):returning(Worker.name)):all(), s:contains(cy))
s:rollback()
say(s:contains(ed), s:contains(di), cy.name)
step "bulk methods"
s:bulk_insert_mappings(Worker, { { name = "Flo" }, { name = "Gus", pay = 3 } })
local fresh = Worker { name = "Hal" }
s:bulk_save_objects({ fresh }, { return_defaults = true })
say(fresh.id, s:contains(fresh), am.inspect(fresh).session)
s:bulk_update_mappings(Worker, { { id = fresh.id, name = "Hank" } })
say(s:scalars(select(Worker.name):where(Worker.id:gt(5)):order_by(Worker.id)):all())
s:commit()
step "insert with expressions, and from select"
s:execute(insert(Worker):values { { name = "Ida", pay = select(func.max(Worker.pay)):scalar_subquery() + 1 } })
s:execute(insert(Worker):from_select({ "name", "pay" },
  select(Worker.name .. "2", Worker.pay):where(Worker.name:eq "Gus")))
say(s:execute(select(Worker.name, Worker.pay):where(Worker.id:gt(8)):order_by(Worker.id)):all())
say(s:query(Worker):filter(Worker.name:eq "Gus2"):update { pay = Worker.pay * 2 },
  s:query(Worker):filter_by({ name = "Flo" }):delete())
s:commit()
s:close()
p.sql()
