-- JSON on both databases: paths, casts of elements, comparison, updates, null of both kinds; JSONB's own operators.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local insert, select, func = am.insert, am.select, am.func
local empty = setmetatable({}, getmetatable(require("alchemoon.types.json").decode("[]")))

local e = p.engine()
local md = am.MetaData()
local t = am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }), am.Column("j", am.JSON),
  am.Column("k", am.JSON{ none_as_null = true }), am.Column("b", am.JSON():with_variant(am.JSONB(), "postgresql")))
md:create_all(e)
local conn = e:connect()
local docs = {
  { a = 1, s = "x", f = 1.5, t = true, n = am.null, l = { 10, 20, { d = "deep" } }, o = { p = { q = "r" } } },
  { a = 2, s = "yy", l = empty, t = false, f = 2.5 }, { 1, "two", am.null, { three = 3 } }, "text", 5, true,
}
for i, d in ipairs(docs) do conn:execute(insert(t):values{ id = i, j = d, k = d, b = d }) end
conn:execute(insert(t):values{ id = 7, j = am.null, k = am.null })
p.forget()
local j = t.c.j

local function q(expr, where)
  local s = select(expr):order_by(t.c.id)
  say(conn:execute(where and s:where(where) or s):scalars():all())
end

step "whole"
q(j)
q(t.c.k)
say(conn:execute(select(t.c.id, t.c.j, t.c.k):where(t.c.id:eq(7))):all())
q(t.c.id, t.c.k:is_(nil))
if p.is_postgresql then say "skip" else q(t.c.id, j:eq(am.JSON.NULL)) end
step "index"
local small = t.c.id:lt(3)
q(j:at("a"), small)
q(j:at("s"), small)
q(j:at("l"), small)
q(j:at("o"):at("p"), small)
q(j:at("o", "p", "q"), small)
q(j:at("l", 2, "d"), small)
q(j:at("l"):at(1), small)
q(j:at(0), t.c.id:eq(3))
q(j:at(1), t.c.id:eq(3))
q(j:at(3):at("three"), t.c.id:eq(3))
q(j:at("missing"), small)
q(j:at("n"), small)
step "as_"
q(j:at("a"):as_integer(), small)
q(j:at("s"):as_string(), small)
q(j:at("f"):as_float(), small)
q(j:at("t"):as_boolean(), small)
q(j:at("o"):as_json(), small)
q(j:at("o", "p", "q"):as_string(), small)
q(t.c.id, j:at("a"):as_integer():gt(1))
q(t.c.id, j:at("s"):as_string():eq("x"))
q(t.c.id, j:at("s"):as_string():in_{ "x", "yy" })
q(t.c.id, j:at("t"):as_boolean():eq(true))
q(t.c.id, j:at("f"):as_float():between(1, 1.7))
q(t.c.id, j:at("s"):as_string():like("y%"))
q(j:at("a"):as_integer() + 1, small)
step "order and group"
say(conn:execute(select(t.c.id):where(small):order_by(j:at("a"):as_integer():desc())):scalars():all())
say(conn:execute(select(j:at("s"):as_string():label("s"), func.count()):where(small):group_by("s"):order_by("s")):all())
say(conn:execute(select(func.sum(j:at("a"):as_integer())):where(small)):scalar())
step "update"
conn:execute(t:update():where(t.c.id:eq(5)):values{ j = { z = { 1, 2 } }, k = am.null })
say(conn:execute(select(j, t.c.k):where(t.c.id:eq(5))):first(),
  conn:scalar(select(j:at("z"):at(0)):where(t.c.id:eq(5))))
say(conn:scalar(select(am.type_coerce({ x = 1 }, am.JSON):at("x"):as_integer())))
say(conn:scalar(select(am.cast(j:at("a"):as_string(), am.Integer)):where(t.c.id:eq(1))))
local r = conn:execute(insert(t):values{ id = 8, j = am.literal({ lit = 1 }, am.JSON) }
  :returning(t.c.j, t.c.j:at("lit")))
say(r:all())
if p.is_postgresql then
  local b = am.type_coerce(t.c.b, am.JSONB)
  step "jsonb"
  q(b:at("s").astext, small)
  q(b:at("l"):at(2):at("d").astext, small)
  q(t.c.id, b:at("a").astext:cast(am.Integer):eq(2))
  q(t.c.id, b:has_key("o"))
  q(t.c.id, b:has_any(am.array{ "o", "f" }))
  q(t.c.id, b:has_all(am.array{ "o", "f" }))
  q(t.c.id, b:contains{ a = 2 })
  q(t.c.id, b:contained_by{ a = 2, s = "yy", l = empty, t = false, f = 2.5, x = 1 })
  q(b - "l", t.c.id:eq(2))
  q(b:delete_path{ "l", "0" }, t.c.id:eq(1))
  q(b:concat(am.type_coerce({ new = 1 }, am.JSONB)), t.c.id:eq(2))
  q(b:path_exists("$.l[*].d"), small)
  q(b:path_match("$.a > 1"), small)
  q(func.jsonb_array_length(b:at("l")), small)
  q(func.jsonb_set(b, am.array{ "a" }, am.cast(99, am.JSONB), { type_ = am.JSONB }):at("a"), small)
  q(func.jsonb_typeof(b))
  local elements = func.jsonb_array_elements(b:at("l")):table_valued("value", { joins_implicitly = true })
  say(conn:execute(select(t.c.id, elements.c.value):where(t.c.id:eq(1))):all())
  q(b:at("l", "2", "d").astext, small)
  q(t.c.id, b:at("s"):eq(am.literal("x", am.JSONB)))
end
p.sql()
conn:rollback()
