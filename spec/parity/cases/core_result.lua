-- Every method of a result: rows, mappings, scalars, columns, unique, partitions, merge, freeze, and wrong use.
local am = require "alchemoon"
local p = require "parity"
local say, step, err = p.say, p.step, p.error

local e = p.engine()
local md = am.MetaData()
local t = am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }), am.Column("name", am.String(20)),
  am.Column("n", am.Integer))
md:create_all(e)
local conn = e:connect()
conn:execute(am.insert(t), { { id = 1, name = "a", n = 10 }, { id = 2, name = "b", n = 20 },
  { id = 3, name = "b", n = am.null }, { id = 4, name = am.null, n = 40 }, { id = 5, name = "e", n = 50 } })
conn:commit()
p.forget()
local q = am.select(t):order_by(t.c.id)

local function run(stmt) return conn:execute(stmt or q) end
local function id(n) return q:where(t.c.id:eq(n)) end

step "rows"
local r = run()
say(r:keys(), r.returns_rows, r.is_insert, r.closed)
local row = r:first()
say(row, #row, row.id, row.name, row[2], row[3], row._mapping.n, row._fields)
say(r.closed)
err(function() r:first() end)
err(function() r:all() end)
say(row:as_dict(), { row:unpack() }, row._mapping:keys(), row._mapping:values())
say(row._mapping[t.c.name], row._mapping:contains("name"), row._mapping:contains("zz"))
err(function() return row._mapping.zz end)
err(function() return row._mapping[am.literal_column "zz"] end)
step "fetch"
r = run()
say(r:fetchone(), r:fetchmany(2), r:fetchall(), r:fetchone(), r:fetchmany(3), r:fetchall(), r.closed)
r:close()
err(function() r:fetchone() end)
say(run():all())
local ids = {}
for found in run() do ids[#ids + 1] = found.id end
say(ids)
r = run()
say(r(), r:fetchone())
r:close()
step "one"
say(run(id(1)):one(), run(id(9)):one_or_none(), run(id(9)):first())
err(function() run():one() end)
err(function() run(id(9)):one() end)
err(function() run():one_or_none() end)
err(function() run():scalar_one() end)
err(function() run():scalar_one_or_none() end)
err(function() run(id(9)):scalar_one() end)
say(run():scalar(), run(id(9)):scalar(), run(id(2)):scalar_one(), run(id(9)):scalar_one_or_none())
step "scalars"
say(run():scalars():all(), run():scalars(2):all(), run():scalars("n"):all(), run():scalars(t.c.n):all())
local s = run():scalars("name")
say(s:first())
err(function() s:first() end)
s = run():scalars("name")
say(s:fetchmany(2), s(), s:all(), s:all())
say(run():scalars("name"):unique():all(), run(id(2)):scalars("name"):one(), run(id(9)):scalars():one_or_none())
err(function() run():scalars("nope") end)
local parts = {}
for part in run():scalars():partitions(2) do parts[#parts + 1] = part end
say(parts)
step "mappings"
local all = run():mappings():all()
say(run():mappings():first(), { all[2], all[3] }, run(id(3)):mappings():one(), run():mappings():keys())
local m = run():mappings()
say(m:fetchone(), m:fetchmany(1), #m:fetchall())
say(run():mappings():unique(function(x) return x.name end):all())
say(run():mappings():columns("name"):first())
step "columns"
say(run():columns("n", "id"):all(), run():columns(2):all(), run():columns(t.c.name, 1):keys(),
  run():columns("n"):scalars():all())
err(function() run():columns("nope") end)
say(run():columns("name"):unique():all(), run():columns("id", "name"):columns("name"):first())
step "unique"
local names = am.select(t.c.name):order_by(t.c.id)
say(run(names):unique():all(), run(names):unique(function(x) return x[1] == nil end):all(),
  run():unique(function(x) return x.name end):all())
local u = run(names):unique()
say(u:fetchone(), u:fetchmany(2), u:fetchall())
step "partitions"
local just_ids = am.select(t.c.id):order_by(t.c.id)
parts = {}
for part in run(just_ids):partitions(2) do parts[#parts + 1] = part end
say(parts)
parts = {}
for part in run(just_ids):yield_per(2):partitions() do
  local list = {}
  for i, found in ipairs(part) do list[i] = found.id end
  parts[#parts + 1] = list
end
say(parts)
r = run():yield_per(3)
say(r:fetchmany(), r:fetchone())
r:close()
step "tuples and labels"
r = run(am.select(t.c.id, t.c.id:label("id2"), t.c.name, am.literal(7):label("k"), am.func.coalesce(t.c.n, -1))
  :order_by(t.c.id))
say(r:keys())
row = r:first()
say(row, row.k, row[t.c.name], row.id2)
r = run(am.select(t.c.id, t.c.id, t.c.name:label("id")):order_by(t.c.id))
say(r:keys())
row = r:first()
err(function() return row.id end)
say(row[1], row[3])
r = conn:execute(am.text("select 1 as a, 2 as b, 3 as a"))
say(r:keys())
row = r:first()
err(function() return row.a end)
say(row.b)
step "freeze and merge"
local f = run(q:where(t.c.id:lt(3))):freeze()
say(f():all(), f():scalars("name"):all(), f():keys(), f():mappings():first())
m = run(q:where(t.c.id:lt(3))):merge(run(q:where(t.c.id:gt(3))), run(id(3)))
say(m:all())
m = run(q:where(t.c.id:lt(3))):merge(run(id(3)))
say(m:scalars("name"):unique():all())
step "no rows"
r = conn:execute(t:update():values{ n = 1 }:where(t.c.id:gt(3)))
say(r.rowcount, r.returns_rows, r.is_insert, r.closed, nil)
err(function() r:all() end)
err(function() r:scalar() end)
err(function() r:keys() end)
err(function() return r.inserted_primary_key end)
r = conn:execute(t:insert():values{ id = 9, name = "z" })
say(r.inserted_primary_key, r.inserted_primary_key.id, r.inserted_primary_key_rows, r.rowcount, r.is_insert,
  r:prefetch_cols(), r:postfetch_cols())
err(function() r:fetchone() end)
say(not p.is_postgresql and r:last_inserted_params() or nil)
err(function() r:last_updated_params() end)
say(r:supports_sane_rowcount(), r:supports_sane_multi_rowcount())
r = conn:execute(t:delete():where(t.c.id:eq(9)))
say(r.rowcount, r.closed)
r = conn:execute(am.union_all(am.select(t.c.id), am.select(am.literal_column "77")):order_by("id"))
say(r.rowcount >= -1, r:scalars():all())
conn:rollback()
