-- Session, statements over a stock: ORM insert, update and delete with RETURNING and synchronize_session, bulk by
-- key, upsert into objects, bulk_* methods, legacy Query, streaming and partitions, several engines.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map

local Base = am.declarative_base()

local Part = Base:model("Part", {
  __tablename__ = "parts",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10), { unique = true }),
  qty = am.Column(am.Integer, { default = 1 }),
  price = am.Column("unit_price", am.Integer),
})
Part.__tostring = function(self) return self.name .. ":" .. self.qty end

local Audit = Base:model("Audit", {
  __tablename__ = "audits",
  id = am.Column(am.Integer, { primary_key = true }),
  what = am.Column(am.String(20)),
})

local e, e2 = parity.engine(), parity.engine(nil, "sqlite://")
Part.__table__:create(e)
Audit.__table__:create(e2)
parity.forget()
local s = am.Session{ binds = { [Part] = e, [Audit] = e2 } }
step("insert")
s:execute(am.insert(Part), { { id = 1, name = "nut", price = 2 }, { id = 2, name = "bolt", price = 3, qty = 9 } })
local got = s:scalars(am.insert(Part):returning(Part, { sort_by_parameter_order = true }), {
  { id = 3, name = "gear", price = 50 }, { id = 4, name = "axle", price = 70 } }):all()
say(map(got, tostring), s:contains(got[1]), am.inspect(got[1]).persistent)
say(s:execute(am.insert(Part):values{ id = 5, name = "cog" }:returning(Part.id, Part.qty)):all())
s:execute(am.insert(Part):values{ { id = 6, name = "rod" }, { id = 7, name = "cap" } })
say(s:scalars(am.insert(Part):from_select({ "id", "name" }, am.select(Part.id + 100, Part.name .. "2")
  :where(Part.id:eq(1)))
  :returning(Part.id)):all())
sql()
step("update")
local nut, bolt, gear = s:get(Part, 1), s:get(Part, 2), s:get(Part, 3)
local r
for _, mode in ipairs{ "evaluate", "fetch", "auto", false } do
  r = s:execute(am.update(Part):where(Part.qty:lt(5), Part.price:lt(10)):values{ qty = Part.qty + 1 }, nil,
    { execution_options = { synchronize_session = mode } })
  say(mode, r.rowcount, nut.qty, bolt.qty, gear.qty)
  sql()
end
say(#s:execute(am.update(Part):where(Part.id:in_{ 3, 4 }):values{ price = 1 }:returning(Part.id, Part.price)):all(),
  gear.price)
s:execute(am.update(Part), { { id = 1, qty = 40 }, { id = 2, qty = 50, name = "screw" } })
say(nut.qty, bolt.name)
s:expire_all()
say(nut.qty, bolt.name)
sql()
parity.error(function()
  s:execute(am.update(Part):where(am.func.lower(Part.name):eq("x")):values{ qty = 1 }, nil,
    { execution_options = { synchronize_session = "evaluate" } })
end)
parity.error(function() s:execute(am.update(Part):values{ colour = "red" }) end)
parity.error(function() s:execute(am.update(Part), { { qty = 1 } }) end)
parity.error(function()
  s:execute(am.update(Part):values{ qty = 1 }, nil, { execution_options = { synchronize_session = "maybe" } })
end)
parity.forget()
step("delete")
local cap = s:get(Part, 7)
r = s:execute(am.delete(Part):where(Part.name:like("c%")))
say(r.rowcount, am.inspect(cap).detached, s:contains(cap), am.inspect(cap).was_deleted)
say(parity.sorted(s:scalars(am.delete(Part):where(Part.id:gt(50)):returning(Part.name)):all()))
sql()
step("upsert")
local dialect = am[s:get_bind(Part).dialect.name]
local up = dialect.insert(Part):values{ { id = 1, name = "nut", qty = 5 }, { id = 8, name = "pin", qty = 6 } }
up = up:on_conflict_do_update{ index_elements = { Part.id }, set_ = { qty = up.excluded.qty + Part.qty } }
local objects = s:scalars(up:returning(Part), nil, { execution_options = { populate_existing = true } }):all()
local found = false
for _, p in ipairs(objects) do found = found or p == nut end
say(parity.sorted(map(objects, tostring)), found, nut.qty)
s:execute(dialect.insert(Part):values{ id = 1, name = "zzz" }:on_conflict_do_nothing())
s:commit()
sql()
step("bulk methods")
s:bulk_save_objects{ Part{ id = 20, name = "b20" }, Part{ id = 21, name = "b21", price = 5 }, nut }
s:bulk_insert_mappings(Part, { { id = 22, name = "b22" }, { id = 23, name = "b23", qty = 3 } })
s:bulk_update_mappings(Part, { { id = 22, qty = 8 }, { id = 23, qty = 9 } })
s:commit()
sql()
step("query")
local function name(p) return p.name end
local q = s:query(Part):filter(Part.id:gt(2)):order_by(Part.id)
say(map(q, name), q:count(), q:first().name, q:limit(2):offset(1):all(), q[2].name,
  map(q:slice(1, 3), function(p) return p.id end))
say(s:query(Part.name, am.func.sum(Part.qty)):group_by(Part.name):having(am.func.sum(Part.qty):gt(7))
  :order_by(Part.name):all())
say(s:query(Part):filter_by{ name = "pin" }:one().qty, s:query(Part.qty):filter_by{ id = 1 }:scalar(),
  q:filter(Part.id:gt(999)):first())
say(s:query(q:filter_by{ name = "pin" }:exists()):scalar(), s:query(Part):get(3) == gear)
parity.error(function() return q:one() end)
parity.error(function() return q:filter(Part.id:gt(999)):one() end)
parity.error(function() q:delete() end)
q = q:order_by(nil)
say(q:filter(Part.id:eq(20)):update{ qty = 77 }, q:filter(Part.id:eq(21)):delete(), s:get(Part, 20).qty)
sql()
step("streaming")
local result = s:execute(am.select(Part):order_by(Part.id):execution_options{ yield_per = 2 })
say(map(result:scalars():partitions(), function(part) return map(part, name) end))
say(map(s:execute(am.select(Part.name):order_by(Part.id)):partitions(3), function(part) return map(part, name) end))
local it = s:scalars(am.select(Part.id):order_by(Part.id))
say(it:fetchmany(2), it:first(), s:scalars(am.select(Part.qty):where(Part.id:lt(0))):one_or_none())
parity.error(function() return it:all() end)
parity.error(function() return s:scalars(am.select(Part.id)):one() end)
parity.error(function() return s:execute(am.select(Part.id)):scalar_one() end)
sql()
step("two engines")
s:add_all{ Audit{ id = 1, what = "checked" }, Part{ id = 30, name = "new" } }
s:commit()
sql()
say(s:scalars(am.select(Audit.what)):all(), s:scalars(am.select(Part.name):where(Part.id:eq(30))):all())
say(s:get_bind(Audit) == e2, s:get_bind{ mapper = am.inspect(Part) } == e,
  s:get_bind{ clause = am.select(Audit) } == e2)
parity.error(function() s:execute(am.text("select 1")) end)
parity.error(function() s:get_bind() end)
say(s:execute(am.text("select 1"), nil, { bind_arguments = { mapper = Part } }):scalar(),
  s:connection{ bind_arguments = { mapper = Audit } }.engine == e2)
s:rollback()
sql()
