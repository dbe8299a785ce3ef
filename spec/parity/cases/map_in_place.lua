-- Values that change in place: dicts, lists, sets, custom types; flush, rollback, expire, refresh, merge, history.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select

local Base = am.declarative_base()
local Csv = am.TypeDecorator {
  impl = am.String(50),
  cache_ok = true,
  process_bind_param = function(value)
    return value and table.concat(p.sorted(value), ",")
  end,
  process_result_value = function(value)
    if value == nil then return nil end
    local out = {}
    for x in value:gmatch "[^,]+" do out[#out + 1] = x end
    return out
  end,
}
local Doc = Base:model("Doc", {
  __tablename__ = "doc",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  data = am.Column(am.MutableDict.as_mutable(am.JSON)),
  items = am.Column(am.MutableList.as_mutable(am.JSON), { default = function() return { "first" } end }),
  tags = am.Column(am.MutableSet.as_mutable(Csv)),
  plain = am.Column(am.JSON),
  later = am.deferred(am.Column(am.MutableDict.as_mutable(am.JSON))),
})
local Note = Base:model("Note", {
  __extends__ = Doc,
  __tablename__ = "note",
  id = am.Column(am.ForeignKey("doc.id"), { primary_key = true }),
  extra = am.Column(am.MutableDict.as_mutable(am.JSON)),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
local function state(o) say(s.dirty:contains(o), s:is_modified(o), am.inspect(o).modified) end

step "new"
local d = Doc { name = "d", data = { a = 1, b = { c = 2 } }, tags = { "x", "y" }, plain = { p = 1 },
  later = { l = 1 } }
d.data.z = 26
say(d.data, d.items, p.sorted(d.tags), true)
s:add(d)
s:commit()
say(d.data, d.items, p.sorted(d.tags))
state(d)
step "dict"
d.data.a = 2
state(d)
say(am.inspect(d).attrs.data.history:has_changes())
s:flush()
state(d)
d.data:update { b = 3, c = 4 }
say(d.data:pop("c"), d.data:pop("none", "dflt"), d.data:setdefault("zz", 5), d.data:setdefault("zz", 6),
  d.data:get("q"), d.data:len())
s:flush()
d.data.zz = nil
s:flush()
d.data:clear()
s:flush()
say(d.data, d.data:len())
p.sql()
step "list"
d.items:append("second")
d.items:extend { "x", "y" }
s:flush()
d.items:insert(1, "zero")
d.items[2] = "FIRST"
d.items:remove("x")
say(d.items:pop(), d.items:pop(1), d.items, #d.items)
s:flush()
d.items:sort()
d.items:reverse()
s:flush()
say(d.items, d.items:contains("second"))
p.refused(function() d.items:remove("none") end)
d.items:clear()
s:flush()
p.sql()
step "set"
d.tags:add("z")
d.tags:discard("x")
d.tags:update { "q" }
s:flush()
say(p.sorted(d.tags), #d.tags, d.tags:contains("q"))
d.tags:remove("q")
p.refused(function() d.tags:remove("none") end)
s:flush()
p.sql()
step "not watched"
d.plain.p = 2
state(d)
am.flag_modified(d, "plain")
state(d)
s:flush()
d.later.l = 2
state(d)
s:commit()
say(d.plain, d.later)
p.sql()
step "rollback and expiry"
local held = d.data
d.data.r = 1
s:rollback()
say(d.data, rawequal(held, d.data))
d.data.k = 1
s:expire(d, { "data" })
state(d)
say(d.data)
d.data.k = 2
s:refresh(d)
say(d.data)
state(d)
step "assignment"
d.data = { new = 1 }
d.data.old = 2
s:flush()
p.refused(function() d.data = { 1 } end)
p.refused(function() d.items = { a = 1 } end)
p.refused(function() d.tags = 5 end)
d.data = { same = 1 }
s:flush()
d.data = { same = 1 }
state(d)
s:flush()
p.sql()
step "shared value"
local v = am.MutableDict { v = 1 }
local x, y = Doc { name = "x", data = v }, Doc { name = "y", data = v }
s:add_all { x, y }
s:flush()
v:set("v", 2)
say(s.dirty:contains(x), s.dirty:contains(y))
s:commit()
say(x.data, y.data)
p.sql()
step "subclass"
local n = Note { name = "n", data = { a = 1 }, extra = { e = 1 } }
s:add(n)
s:commit()
n.extra.e = 2
n.data.a = 2
s:flush()
p.sql()
step "merge and bulk"
s:expunge(n)
n.data.a = 3
local m = s:merge(n)
say(m.data, s.dirty:contains(m), m == n)
m.data.a = 4
s:flush()
s:execute(am.update(Doc):where(Doc.name:eq("x")):values { data = { bulk = 1 } })
say(x.data)
x.data.bulk = 2
s:commit()
say(p.map(s:scalars(select(Doc):order_by(Doc.id)), function(o) return o.data end))
p.sql()
s:close()
