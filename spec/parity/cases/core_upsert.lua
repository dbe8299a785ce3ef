-- Upserts of both databases: do nothing, do update, targets, conditions, excluded, RETURNING, many rows.
local am = require "alchemoon"
local p = require "parity"
local say, step, err = p.say, p.step, p.error

local insert = p.is_postgresql and am.postgresql.insert or am.sqlite.insert
local e = p.engine()
local md = am.MetaData()
local t = am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }), am.Column("email", am.String(20)),
  am.Column("name", am.String(20)), am.Column("hits", am.Integer, { default = 1 }),
  am.Column("seen", am.Integer, { onupdate = 5 }), am.UniqueConstraint("email", { name = "uq_email" }))
am.Index("ix_part", t.c.name,
  { unique = true, sqlite_where = t.c.hits:gt(5), postgresql_where = t.c.hits:gt(5) })
md:create_all(e)
p.forget()
local conn = e:connect()

local function rows() say(conn:execute(am.select(t):order_by(t.c.id)):all()) end

step "do nothing"
conn:execute(insert(t):values{ id = 1, email = "a", name = "n1" })
local r = conn:execute(insert(t):values{ id = 1, email = "zz", name = "n2" }:on_conflict_do_nothing())
say(r.rowcount)
r = conn:execute(insert(t):values{ id = 2, email = "a" }:on_conflict_do_nothing{ index_elements = { "email" } })
say(r.rowcount)
r = conn:execute(insert(t):values{ id = 2, email = "a" }:on_conflict_do_nothing{ index_elements = { t.c.email } }
  :returning(t.c.id))
say(r:all())
rows()
step "do update"
local s = insert(t):values{ id = 1, email = "b", name = "n3" }
r = conn:execute(s:on_conflict_do_update{ index_elements = { t.c.id },
  set_ = { email = s.excluded.email, hits = t.c.hits + 1 } })
say(r.rowcount)
s = insert(t):values{ id = 7, email = "b", name = "n4" }
r = conn:execute(s:on_conflict_do_update{ index_elements = { "email" },
  set_ = { name = s.excluded.name .. "!", hits = t.c.hits + s.excluded.hits }, where = t.c.hits:lt(10) }
  :returning(t.c.id, t.c.name, t.c.hits))
say(r:all())
r = conn:execute(s:on_conflict_do_update{ index_elements = { "email" }, set_ = { [t.c.name] = "no" },
  where = t.c.hits:gt(100) }:returning(t.c.id))
say(r:all())
rows()
step "many"
s = insert(t)
s = s:on_conflict_do_update{ index_elements = { "id" },
  set_ = { { "name", s.excluded.name }, { "email", am.func.coalesce(s.excluded.email, t.c.email) } } }
r = conn:execute(s, { { id = 1, email = am.null, name = "m1" }, { id = 2, email = "c", name = "m2" },
  { id = 3, email = "d", name = "m3" } })
say(r.rowcount)
r = conn:execute(s:returning(t.c.id, t.c.email, { sort_by_parameter_order = false }),
  { { id = 2, email = "cc", name = "k2" }, { id = 4, email = "f", name = "k4" } })
local found = r:all()
table.sort(found, function(a, b) return a[1] < b[1] end)
say(found)
r = conn:execute(insert(t):values{ { id = 4, email = "g" }, { id = 5, email = "h" } }:on_conflict_do_nothing()
  :returning(t.c.id, t.c.hits))
say(r:all())
rows()
step "partial index"
conn:execute(t:update():values{ hits = 9 }:where(t.c.id:eq(3)))
s = insert(t):values{ id = 8, email = "p", name = "m3", hits = 8 }
conn:execute(s:on_conflict_do_update{ index_elements = { t.c.name }, index_where = t.c.hits:gt(5),
  set_ = { hits = s.excluded.hits + 100 } })
rows()
step "from select"
s = insert(t):from_select({ "id", "email", "name" },
  am.select(t.c.id + 1, t.c.email .. "x", t.c.name):where(t.c.id:eq(4)))
conn:execute(s:on_conflict_do_nothing())
rows()
step "excluded"
s = insert(t)
local excluded = {}
for i, c in ipairs(am.columns(s.excluded)) do excluded[i] = c.name end
say(excluded, tostring(s.excluded.name), s.excluded.name.key)
local all_but = {}
for _, c in ipairs(am.columns(s.excluded)) do
  if c.name ~= "id" and c.name ~= "hits" then all_but[#all_but + 1] = { c.name, c } end
end
conn:execute(s:values{ id = 1, email = "last", name = "last" }
  :on_conflict_do_update{ index_elements = { t.c.id }, set_ = all_but })
rows()
step "wrong"
local sp = conn:begin_nested()
err(function()
  conn:execute(insert(t):values{ id = 1, email = "q" }:on_conflict_do_nothing{ index_elements = { "name" } })
end)
sp:rollback()
sp = conn:begin_nested()
err(function()
  conn:execute(insert(t):values{ id = 1, email = "q" }:on_conflict_do_nothing{ index_elements = { "email" } })
end)
sp:rollback()
if p.is_postgresql then
  s = insert(t):values{ id = 7, email = "last", name = "c" }
  conn:execute(s:on_conflict_do_update{ constraint = "uq_email", set_ = { name = "by constraint" } })
  local unique
  for _, c in ipairs(t.constraints) do
    if c.name == "uq_email" then unique = c end
  end
  conn:execute(s:on_conflict_do_update{ constraint = unique, set_ = { hits = 0 } })
  rows()
else
  conn:execute(t:insert():prefix_with("OR REPLACE"):values{ id = 1, email = "last", name = "c", hits = 0 })
  rows()
end
p.sql()
conn:rollback()
