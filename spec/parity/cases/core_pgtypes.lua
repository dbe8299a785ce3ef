-- PostgreSQL's own types: arrays, ranges, HSTORE, INET, BIT, native enum and domain, casts, any and all.
local am = require "alchemoon"
local p = require "parity"
local say, step, err = p.say, p.step, p.error
local insert, select, func, Range, ARRAY, array = am.insert, am.select, am.func, am.Range, am.ARRAY, am.array

if not p.is_postgresql then
  say "skip"
  return
end
local e = p.engine()
e:begin(function(c) c:exec_driver_sql("create extension if not exists hstore") end)
e:dispose()
local md = am.MetaData()
local mood = am.ENUM("sad", "ok", { name = "mood" })
local zip = am.DOMAIN("zip", am.String, { check = "length(value) = 5" })
local function column(name, type) return am.Column(name, type) end
local t = am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }), column("a", ARRAY(am.Integer)),
  column("a2", ARRAY(am.String, { dimensions = 2 })), column("ad", ARRAY(am.Date)),
  column("an", ARRAY(am.Numeric(6, 2))), column("ir", am.INT4RANGE), column("dr", am.DATERANGE),
  column("nr", am.NUMRANGE), column("tr", am.TSRANGE), column("h", am.HSTORE),
  column("ip", am.INET), column("net", am.CIDR), column("mac", am.MACADDR), column("bit", am.BIT(4)),
  column("mood", mood), column("zip", zip), column("moods", ARRAY(mood)), column("iv", am.INTERVAL),
  column("ts", am.postgresql.TIMESTAMP{ timezone = true }), column("v", am.TSVECTOR), column("oid", am.OID))
md:create_all(e)
p.forget()
local conn = e:connect()
local d, null = am.date, am.null
conn:execute(insert(t):values{ id = 1, a = { 1, 2, 3 }, a2 = { { "a", "b" }, { "c", null } },
  ad = { d(2020, 1, 2), null }, an = { am.decimal "1.50" }, ir = Range(1, 10),
  dr = Range(d(2020, 1, 1), d(2020, 2, 1), { bounds = "[]" }), nr = Range(am.decimal "1.5", nil, { bounds = "(]" }),
  tr = Range(am.datetime(2020, 1, 1), am.datetime(2020, 1, 2)),
  h = { k = "v", n = null }, mood = "ok", zip = "12345", moods = { "sad", "ok" },
  iv = am.timedelta{ days = 2, seconds = 3 }, ts = am.datetime.parse "2020-01-01T12:00:00+00:00", oid = 7 })
conn:execute(insert(t):values{ id = 2, a = {}, ir = Range{ empty = true }, h = {}, a2 = {}, ip = "10.0.0.1",
  net = "10.0.0.0/8", mac = "08:00:2b:01:02:03" })
conn:execute(insert(t):values{ id = 3 })

local function q(expr, where)
  local s = select(expr):order_by(t.c.id)
  return conn:execute(where and s:where(where) or s):scalars():all()
end
local function ids(where) return q(t.c.id, where) end
local function rng(r)
  if r == nil or r == null then return null end
  return { r.lower == nil and null or r.lower, r.upper == nil and null or r.upper, r.bounds, r.isempty }
end
local function rngs(list)
  local out = {}
  for i, r in ipairs(list) do out[i] = rng(r) end
  return out
end

step "arrays"
say(q(t.c.a), q(t.c.a2), q(t.c.ad), q(t.c.an), q(t.c.moods), q(t.c.mood), q(t.c.zip), q(t.c.iv), q(t.c.ts), q(t.c.oid))
say(q(t.c.a:at(1)), q(t.c.a:at(am.slice(1, 2))), q(t.c.a2:at(2):at(1)), q(t.c.a + { 9 }), q(t.c.a:eq{ 1, 2, 3 }))
say(ids(t.c.a:contains{ 2 }), ids(t.c.a:overlap{ 3, 4 }), ids(t.c.a:contained_by{ 1, 2, 3, 4 }))
say(ids(t.c.a:any(2)), ids(am.literal(3):eq(am.any_(t.c.a))), ids(t.c.a:all(0)), ids(am.all_(t.c.a):lt(5)))
say(conn:scalar(select(array{ 1, 2 } + array{ 3 })), conn:scalar(select(am.array_agg(t.c.id))),
  conn:scalar(select(func.array_length(array{ 4, 5, 6 }, 1))))
say(conn:scalar(select(array{ array{ 1, 2 }, array{ 3, 4 } }:at(2):at(1))),
  conn:execute(select(func.unnest(t.c.a):label("x")):order_by("x")):scalars():all())
say(ids(t.c.id:eq(am.any_(array{ 1, 3 }))), conn:scalar(select(am.cast({ 1, 2 }, ARRAY(am.Integer)))))
conn:execute(t:update():where(t.c.id:eq(1)):values{ [t.c.a:at(2)] = 20 })
conn:execute(t:update():where(t.c.id:eq(2)):values{ a = func.array_append(t.c.a, 5) })
say(q(t.c.a))
step "ranges"
for _, c in ipairs { t.c.ir, t.c.dr, t.c.nr, t.c.tr } do say(rngs(q(c))) end
say(ids(t.c.ir:contains(5)), ids(t.c.ir:contains(Range(2, 3))), ids(t.c.ir:overlaps(Range(9, 20))))
say(ids(t.c.ir:bitwise_lshift(Range(10, 12))), ids(t.c.ir:adjacent_to(Range(10, 12))),
  ids(t.c.ir:contained_by(Range(0, 100))))
say(ids(t.c.ir:eq(Range(1, 10))), q(func.lower(t.c.ir)), q(func.isempty(t.c.ir)), rngs(q(t.c.ir * Range(5, 20))))
local one = t.c.id:eq(1)
say(rngs(q(t.c.ir + Range(5, 20), one)), rngs(q(t.c.ir - Range(5, 20), one)))
local r, s = Range(1, 5), Range(3, 8)
say(r:contains(3), r:contains(5), r:overlaps(s), rng(r:union(s)), rng(r:intersection(s)), rng(r:difference(s)),
  r == Range(1, 5), r:adjacent_to(Range(5, 9)))
say(r:contained_by(Range(0, 9)), r:strictly_left_of(Range(6, 7)), r.lower_inc, r.upper_inc, r.upper_inf, r.is_empty,
  tostring(r), tostring(Range(nil, 3)), not Range{ empty = true }.isempty)
step "hstore"
say(q(t.c.h), q(t.c.h:at("k")), ids(t.c.h:has_key("k")), ids(t.c.h:contains{ k = "v" }), q(t.c.h:keys()),
  q(t.c.h:defined("n")))
say(q(t.c.h + { z = "1" }), q(t.c.h:delete("k")), q(t.c.h:slice(array{ "k" })), q(t.c.h:vals()),
  conn:scalar(select(am.hstore("a", "b"))), q(t.c.h:matrix(), one)[1])
step "others"
say(q(am.cast(t.c.ip, am.String)), q(t.c.mac), ids(t.c.ip:op("<<")(t.c.net)))
say(q(func.date_part("day", t.c.iv)), q(t.c.ts + am.timedelta{ hours = 1 }),
  ids(t.c.ts:gt(am.datetime.parse "2019-01-01T00:00:00+00:00")))
conn:execute(t:update():where(one):values{ v = func.to_tsvector("english", "The fat cats ate rats") })
say(q(t.c.v), ids(t.c.v:match("cat & rat", { postgresql_regconfig = "english" })),
  ids(t.c.v:bool_op("@@")(func.to_tsquery("english", "dog"))))
local sp = conn:begin_nested()
local x = err(function() conn:execute(insert(t):values{ id = 9, zip = "1" }) end)
say(x.sqlstate)
sp:rollback()
p.sql()
conn:rollback()
conn:close()
md:drop_all(e)
p.sql()
