-- Mapper events of an order desk: who is called when, with which arguments, and writing through the connection.
local am = require "alchemoon"
local parity = require "parity"
local say, step, error_, map = parity.say, parity.step, parity.error, parity.map
local select, insert, update, listen = am.select, am.insert, am.update, am.event.listen

local Base = am.declarative_base()
local Order = Base:model("Order", {
  __tablename__ = "orders",
  id = am.Column(am.Integer, { primary_key = true }),
  customer = am.Column(am.String(20)),
  total = am.Column(am.Integer, { default = 0 }),
  lines = am.relationship("Line", { back_populates = "order", cascade = "all, delete-orphan", order_by = "Line.id" }),
})
local Line = Base:model("Line", {
  __tablename__ = "line",
  id = am.Column(am.Integer, { primary_key = true }),
  order_id = am.Column(am.ForeignKey("orders.id"), { nullable = false }),
  kind = am.Column(am.String(10)),
  price = am.Column(am.Integer),
  order = am.relationship("Order", { back_populates = "lines" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "line" },
})
local Special = Base:model("Special", {
  __extends__ = Line,
  __tablename__ = "special",
  id = am.Column(am.ForeignKey("line.id"), { primary_key = true }),
  reason = am.Column(am.String(20)),
  __mapper_args__ = { polymorphic_identity = "special" },
})
local audit = am.Table("audit", Base.metadata, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("what", am.String(60)))

for _, name in ipairs { "before_insert", "after_insert", "before_update", "after_update", "before_delete",
  "after_delete" } do
  local function note(mapper, connection, target)
    say("  .", name, mapper.class_, target, connection:in_transaction(), am.object_session(target) ~= nil)
  end
  listen(Order, name, note)
  listen(Line, name, note, { propagate = true })
end

listen(Order, "before_insert", function(_, _, target)
  target.customer = target.customer:gsub("(%a)(%a*)", function(a, b) return a:upper() .. b end)
  local total = 0
  for _, line in ipairs(target.lines) do total = total + line.price end
  target.total = total
end)
local function write(_, connection, target)
  connection:execute(insert(audit):values{ what = ("order %d of %s"):format(target.id, target.customer) })
end
listen(Order, "after_update", write)
listen(Order, "after_insert", write)
listen(Line, "after_delete", function(_, connection, target)
  local t = Order.__table__
  connection:execute(update(t):where(t.c.id:eq(target.order_id)):values{ total = t.c.total - target.price })
end, { propagate = true })

local eng = parity.engine()
Base.metadata:create_all(eng)
parity.forget()
local s = am.Session(eng)
step("insert")
local o = Order{ customer = "ann lee",
  lines = { Line{ price = 5 }, Special{ price = 7, reason = "gift" }, Line{ price = 1 } } }
s:add(o)
s:flush()
say(o.customer, o.total)
step("update")
o.customer = "bo"
o.lines[2].reason = "sale"
s:flush()
say(s:scalars(select(audit.c.what):order_by(audit.c.id)):all())
step("before_update without a net change")
o.customer = "bo"
s:flush()
o.customer = "cy"
o.customer = "bo"
say(s:is_modified(o), s.dirty:contains(o))
s:flush()
step("a collection change alone")
o.lines:append(Line{ price = 2 })
s:flush()
step("delete of a line")
o.lines:pop(1)
s:commit()
local function class(x) return am.inspect(x).mapper.class_.__name__ end
say(o.total, map(o.lines, function(x) return { class(x), x.price } end))
step("a listener that fails")
local function refuse(_, _, target)
  if target.price > 100 then error("too dear") end
end
listen(Line, "before_insert", refuse, { propagate = true })
o.lines:append(Special{ price = 101 })
error_(function() s:flush() end)
say(s.is_active, s:in_transaction())
s:rollback()
say(#o.lines, o.total)
am.event.remove(Line, "before_insert", refuse)
o.lines:append(Special{ price = 101, reason = "dear" })
s:flush()
say(#o.lines)
step("delete of all")
s:delete(o)
s:commit()
say(s:scalars(select(audit.c.what):order_by(audit.c.id)):all())
say(am.event.contains(Line, "before_insert", refuse))
step("end")
s:close()
