-- Insert, update and delete with RETURNING, many rows at once, defaults of every kind and what a result says of them.
local am = require "alchemoon"
local p = require "parity"
local say, step, err = p.say, p.step, p.error
local insert, update, delete, select, func = am.insert, am.update, am.delete, am.select, am.func

local e = p.engine()
local md = am.MetaData()
local calls = {}

local function stamp(context)
  local params = context:get_current_parameters()
  calls[#calls + 1] = params.name
  return "by " .. (params.name and tostring(params.name) or "None")
end

local t = am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }), am.Column("name", am.String(20)),
  am.Column("who", am.String(30), { default = stamp }),
  am.Column("n", am.Integer, { default = 7, onupdate = func.abs(11) }),
  am.Column("s", am.String(10), { server_default = "srv" }),
  am.Column("u", am.Integer, { onupdate = function() return 99 end }))
local log = am.Table("log", md, am.Column("id", am.Integer, { primary_key = true }), am.Column("note", am.String(30)))
md:create_all(e)
p.forget()
local conn = e:connect()

local function rows() say(conn:execute(select(t):order_by(t.c.id)):all()) end

local function names(columns)
  local list = {}
  for i, c in ipairs(columns) do list[i] = c.name end
  return list
end

local function sorted(list)
  table.sort(list, function(a, b) return (type(a) == "number" and a or a[1]) < (type(b) == "number" and b or b[1]) end)
  return list
end

step "one row"
local r = conn:execute(insert(t):values{ name = "a" })
say(r.inserted_primary_key, r.rowcount, calls, r:prefetch_cols(), names(r:postfetch_cols()))
r = conn:execute(insert(t), { name = "b", n = am.null })
say(r.inserted_primary_key.id, r:last_inserted_params().who)
conn:execute(insert(t):values{ name = func.upper("c"), n = am.literal(2) + 3 })
conn:execute(insert(t):values{ [t.c.name] = "d", [t.c.n] = select(func.max(t.c.n)):scalar_subquery() })
rows()
step "default values"
r = conn:execute(insert(log))
say(r.inserted_primary_key)
r = conn:execute(insert(log):values())
say(r.inserted_primary_key, conn:execute(select(log)):all())
step "many"
for i in ipairs(calls) do calls[i] = nil end
r = conn:execute(insert(t), { { name = "m1" }, { name = "m2" }, { name = "m3" } })
say(r.rowcount, calls)
err(function() return r.inserted_primary_key end)
say(conn:execute(insert(t):returning(t.c.id, t.c.name, t.c.s), { { name = "r1" }, { name = "r2" } }):all())
r = conn:execute(insert(t):returning(t.c.id, { sort_by_parameter_order = true }),
  { { name = "r3" }, { name = "r4" }, { name = "r5" }, { name = "r6" } })
say(r:scalars():all(), r.is_insert, r.returns_rows)
say(conn:execute(insert(t):values{ { name = "v1", n = 1 }, { name = "v2", n = 2 } }:returning(t)):all())
err(function() conn:execute(insert(t), { { name = "x", n = 1 }, { name = "y" } }) end)
err(function() conn:execute(insert(t):values{ nope = 1 }) end)
err(function() conn:execute(insert(t), { nope = 1 }) end)
step "from select"
conn:execute(insert(log):from_select({ "note" }, select(t.c.name):where(t.c.id:lt(3))))
conn:execute(insert(log):from_select({ log.c.note }, select(func.lower(t.c.name)):where(t.c.id:eq(3)))
  :returning(log.c.id))
say(conn:execute(select(log.c.note):order_by(log.c.id)):scalars():all())
step "update"
r = conn:execute(update(t):where(t.c.id:eq(1)):values{ name = "a2" })
say(r.rowcount, r:last_updated_params(), names(r:postfetch_cols()))
r = conn:execute(update(t):where(t.c.id:le(2)):values{ name = t.c.name .. "!", n = t.c.n + 1 }
  :returning(t.c.id, t.c.name, t.c.n, t.c.u))
say(sorted(r:all()))
r = conn:execute(update(t):where(t.c.name:eq(am.bindparam "old")):values{ name = am.bindparam "new" },
  { { old = "r1", new = "q1" }, { old = "r2", new = "q2" }, { old = "zz", new = "q3" } })
say(r.rowcount)
conn:execute(update(t):ordered_values({ t.c.n, 5 }, { t.c.name, "o" }):where(t.c.id:eq(3)))
conn:execute(update(t):values{ name = select(log.c.note):where(log.c.id:eq(t.c.id)):scalar_subquery(), n = 1 }
  :where(t.c.id:in_{ 3, 4 }))
conn:execute(update(t):values{ name = "joined", n = 2 }:where(t.c.id:eq(log.c.id)):where(log.c.note:eq("a")))
rows()
err(function() conn:execute(update(t):values{ nope = 2 }) end)
err(function() conn:execute(update(t):where(t.c.id:eq(1)), { nope = 2 }) end)
conn:execute(update(t):where(t.c.id:eq(1)), { name = "kw", n = 3 })
step "delete"
r = conn:execute(delete(t):where(t.c.id:in_(select(log.c.id))):returning(t.c.id))
say(sorted(r:scalars():all()))
r = conn:execute(delete(t):where(t.c.id:eq(am.bindparam "i")), { { i = 5 }, { i = 6 }, { i = 600 } })
say(r.rowcount)
say(conn:execute(delete(t)).rowcount, conn:execute(delete(t)).rowcount)
step "inline and return_defaults"
r = conn:execute(insert(t):values{ name = "in" }:inline())
err(function() return r.inserted_primary_key end)
r = conn:execute(insert(t):values{ name = "rd" }:return_defaults())
say(r.returned_defaults.s, r.returned_defaults_rows, r.inserted_primary_key.id)
r = conn:execute(update(t):values{ name = "rd2" }:where(t.c.name:eq("rd")):return_defaults())
say(r.returned_defaults)
step "driver and text"
r = conn:execute(am.text("insert into log (id, note) values (:id, :note)"),
  { { id = 50, note = "x" }, { id = 51, note = am.null } })
say(r.rowcount)
say(conn:execute(am.text("select note from log where id in :ids order by id")
  :bindparams(am.bindparam("ids", { expanding = true })), { ids = { 50, 51 } }):all())
err(function() conn:execute(am.text("select :a"), { b = 1 }) end)
say(conn:execute(am.text("update log set note = 'w' where id >= 50 returning id"):columns(log.c.id)):all())
say(conn:scalar(am.text("select count(*) from log where id > :x"):bindparams{ x = 50 }))
step "pages"
r = conn:execute(insert(log):returning(log.c.id, { sort_by_parameter_order = true }),
  { { note = "p0" }, { note = "p1" }, { note = "p2" }, { note = "p3" }, { note = "p4" } },
  { insertmanyvalues_page_size = 2 })
local offsets = {}
for x in r:scalars() do offsets[#offsets + 1] = x - 51 end
say(offsets)
p.sql()
conn:rollback()
