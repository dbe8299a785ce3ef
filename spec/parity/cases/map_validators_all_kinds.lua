-- Validators together with events, back references, bulk replacement, sets and dicts, loading, merging and errors.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select

local Base = am.declarative_base()
local log = {}
local function note(...)
  local parts = {}
  for i = 1, _G.select("#", ...) do parts[i] = p.fmt((_G.select(i, ...))) end
  log[#log + 1] = table.concat(parts, " ")
end
local function flushlog()
  for _, line in ipairs(log) do say("   ", line) end
  log = {}
end
local function id() return am.Column(am.Integer, { primary_key = true }) end

local Order = Base:model("Order", {
  __tablename__ = "orders",
  id = id(),
  code = am.Column(am.String(10)),
  total = am.Column(am.Integer, { default = 0 }),
  lines = am.relationship("Line", { back_populates = "order", order_by = "Line.id", cascade = "all, delete-orphan" }),
  tags = am.relationship("Tag", { collection_class = "set", back_populates = "order" }),
  parts = am.relationship("Part", { collection_class = am.attribute_keyed_dict "key", back_populates = "order" }),
  check = am.validates("code", "total", function(_, key, value)
    note("check", key, value)
    if value == "bad" then error "bad" end
    if key == "total" then return value end
    return value and value:upper()
  end),
  check_line = am.validates("lines", function(_, key, line, is_remove)
    note("line", key, line.name, is_remove)
    if line.name == "no" then error "no" end
    return line
  end, { include_removes = true }),
  check_tag = am.validates("tags", function(_, _, tag)
    note("tag", tag.name)
    return tag
  end, { include_backrefs = false }),
  check_part = am.validates("parts", function(_, _, part, is_remove)
    note("part", part.key, is_remove)
    return part
  end, { include_removes = true, include_backrefs = false }),
  init = am.reconstructor(function(self) note("reconstructor", am.inspect(self).persistent) end),
})
local Line = Base:model("Line", {
  __tablename__ = "line",
  id = id(),
  order_id = am.Column(am.ForeignKey("orders.id")),
  name = am.Column(am.String(10)),
  order = am.relationship("Order", { back_populates = "lines" }),
  check_order = am.validates("order", function(self, _, order)
    note("order", self.name, order and order.code)
    return order
  end),
})
local Tag = Base:model("Tag", {
  __tablename__ = "tag",
  id = id(),
  order_id = am.Column(am.ForeignKey("orders.id")),
  name = am.Column(am.String(10)),
  order = am.relationship("Order", { back_populates = "tags" }),
})
local Part = Base:model("Part", {
  __tablename__ = "part",
  id = id(),
  order_id = am.Column(am.ForeignKey("orders.id")),
  key = am.Column(am.String(10)),
  order = am.relationship("Order", { back_populates = "parts" }),
})

am.event.listen(Order.code, "set", function(_, value, old, initiator)
  if type(old) ~= "string" and old ~= nil and old ~= am.null then old = old.name end
  note("set", value, old, initiator.key)
  return value and value .. "!"
end, { retval = true })
am.event.listen(Order.lines, "append", function(_, value, initiator) note("append", value.name, initiator.key) end)
am.event.listen(Order.lines, "remove", function(_, value, initiator) note("remove", value.name, initiator.key) end)
local function name_of(o) return o.name end
am.event.listen(Order.lines, "bulk_replace", function(_, values) note("bulk", p.map(values, name_of)) end)

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "constructor"
local o = Order { code = "a1" }
flushlog()
say(o.code)
o.code = nil
o.total = 5
flushlog()
p.refused(function() o.code = "bad" end)
say(o.code, o.total)
flushlog()
p.refused(function() return Order { code = "bad" } end)
flushlog()
step "list"
local a, b, c, d = Line { name = "a" }, Line { name = "b" }, Line { name = "c" }, Line { name = "d" }
o.lines:append(a)
flushlog()
b.order = o
flushlog()
o.lines = { b, c }
flushlog()
say(p.map(o.lines, name_of), a.order)
p.refused(function() o.lines:append(Line { name = "no" }) end)
say(p.map(o.lines, name_of))
flushlog()
p.refused(function() o.lines = { d, Line { name = "no" } } end)
say(p.map(o.lines, name_of), d.order == o)
flushlog()
o.lines:remove(b)
o.lines:pop()
o.lines:extend { a, d }
o.lines:insert(1, c)
d.order = nil
flushlog()
say(p.map(o.lines, name_of))
step "set"
local t, u = Tag { name = "t" }, Tag { name = "u" }
o.tags:add(t)
u.order = o
flushlog()
say(p.sorted(p.map(o.tags, name_of)))
o.tags:discard(u)
o.tags = { t }
o.tags:clear()
flushlog()
step "dict"
local part, q = Part { key = "p" }, Part { key = "q" }
o.parts.p = part
q.order = o
flushlog()
o.parts.q = nil
o.parts = { q = q }
flushlog()
say(p.sorted(o.parts:keys()), part.order)
step "persist"
s:add(o)
s:commit()
flushlog()
say(o.code, p.map(o.lines, name_of))
flushlog()
s:expunge_all()
o = s:scalars(select(Order)):one()
flushlog()
say(p.map(o.lines, name_of))
flushlog()
step "merge"
local m = s:merge(Order { id = o.id, code = "mm", lines = { Line { id = o.lines[1].id, name = "z" } } })
flushlog()
say(m.code, p.map(m.lines, name_of), m == o)
s:flush()
flushlog()
step "refresh and rollback"
s:refresh(o)
flushlog()
o.code = "rr"
s:rollback()
flushlog()
say(o.code)
flushlog()
s:delete(o)
s:flush()
flushlog()
s:rollback()
p.sql()
p.error(function()
  Base:model("X", { __tablename__ = "x", id = id(), a = am.Column(am.Integer),
    f = am.validates("a", function(_, _, v) return v end), g = am.validates("a", function(_, _, v) return v end) })
end)
s:close()
