-- Composites changed in place tell their columns while anybody holds them: after a flush, an expiry, a rebuild.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql = p.say, p.step, p.sql
local Column, Integer = am.Column, am.Integer

local Base = am.declarative_base()
local Span = setmetatable({ changed = am.MutableComposite.changed }, { __call = function(cls, low, high)
  return setmetatable({ values = { low = low, high = high } }, cls)
end })
function Span.__index(self, key)
  if key == "low" or key == "high" then return rawget(self, "values")[key] end
  return Span[key]
end
function Span.__newindex(self, key, value)
  if key ~= "low" and key ~= "high" then return rawset(self, key, value) end
  self.values[key] = value
  self:changed()
end
function Span.__eq(a, b) return a.low == b.low and a.high == b.high end
function Span:__composite_values__() return self.low, self.high end
local Doc = Base:model("Doc", {
  __tablename__ = "doc",
  id = Column(Integer, { primary_key = true }),
  opts = Column(am.MutableDict.as_mutable(am.JSON)),
  low = Column(Integer),
  high = Column(Integer),
  span = am.composite(Span, "low", "high"),
})

am.event.listen(Doc.span, "set", function(_, v) say("  set", v and p.list(v.low, v.high)) end)
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
local function show(d) say(d.low, d.high, p.list(d.span.low, d.span.high), s.dirty:contains(d)) end
step "held over a flush and a commit"
local held = Span(1, 2)
local d = Doc{ span = held, opts = { a = 1 } }
s:add(d)
s:flush()
held.high = 3
say(d.low, d.high, s.dirty:contains(d))
s:flush()
show(d)
s:commit()
held.low = 0
say(d.low, d.high, s.dirty:contains(d))
s:flush()
sql()
step "rebuilt beside it"
local other = d.span
other.high = 8
say(rawequal(d.span, other))
show(d)
s:flush()
sql()
step "replaced"
local last = d.span
d.span = Span(5, 6)
last.low = 50
show(d)
d.span.low = 7
show(d)
s:commit()
p.forget()
step "shared"
local two = Doc{ span = d.span }
s:add(two)
s:flush()
d.span.high = 9
say(s.dirty:contains(d), s.dirty:contains(two), two.high)
s:flush()
sql()
step "a dict of an expired attribute"
local opts = d.opts
s:expire(d, { "opts" })
p.error(function() opts:update{ b = 2 } end)
say(d.opts, s.dirty:contains(d))
d.opts:update{ c = 3 }
s:commit()
say(d.opts)
sql()
step "what the mapper tells"
say(am.inspect(Doc).attrs.span.deferred)
