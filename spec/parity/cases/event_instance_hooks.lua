-- Instance events: init, load, refresh, expire, refresh_flush, first_init; once, propagate, insert, named, remove.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, sorted = parity.say, parity.step, parity.map, parity.sorted
local select, listen = am.select, am.event.listen

local Base = am.declarative_base()
local Animal = Base:model("Animal", {
  __tablename__ = "animal",
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10)),
  name = am.Column(am.String(20)),
  legs = am.Column(am.Integer, { server_default = "4" }),
  notes = am.deferred(am.Column(am.String(20))),
  home_id = am.Column(am.ForeignKey("home.id")),
  home = am.relationship("Home", { back_populates = "animals" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "animal" },
  rebuilt = am.reconstructor(function(self) say("  . reconstructor", self.name) end),
})
local Dog = Base:model("Dog", { __extends__ = Animal, __mapper_args__ = { polymorphic_identity = "dog" } })
local Home = Base:model("Home", {
  __tablename__ = "home",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  animals = am.relationship("Animal", { back_populates = "home", order_by = "Animal.id" }),
})

local function class(o) return am.inspect(o).mapper.class_.__name__ end
local function name(o) return o.name end
local function keys(t)
  local out = {}
  for k in pairs(t) do out[#out + 1] = k end
  return sorted(out)
end

listen(Animal, "init", function(t, _, kw) say("  . init", class(t), keys(kw)) end, { propagate = true })
listen(Animal, "load", function(t, ctx) say("  . load", class(t), t.name, ctx ~= nil) end, { propagate = true })
listen(Animal, "refresh", function(_, _, attrs) say("  . refresh", attrs and sorted(attrs)) end, { propagate = true })
listen(Animal, "expire", function(_, attrs) say("  . expire", attrs and sorted(attrs)) end, { propagate = true })
listen(Animal, "refresh_flush", function(_, _, attrs) say("  . refresh_flush", sorted(attrs)) end, { propagate = true })
listen(Home, "load", function(t) say("  . home load", t.name) end, { once = true })
listen(Dog, "init", function(_, _, kw) kw.name = kw.name or "rex" end)

local eng = parity.engine()
Base.metadata:create_all(eng)
parity.forget()
local s = am.Session(eng)
step("init")
local a = Animal{ name = "cat" }
local d = Dog()
say(a.name, d.name)
step("flush")
local h = Home{ name = "farm", animals = { a, d } }
s:add(h)
s:flush()
say(a.legs)
step("expire and refresh")
s:expire(a)
say(a.name)
s:expire(a, { "name" })
say(a.name)
s:refresh(a, { "legs" })
s:refresh(a)
s:commit()
say(a.name, a.home.name)
step("load")
s:expunge_all()
say(map(s:scalars(select(Animal):order_by(Animal.id)), name))
say(map(s:scalars(select(Animal):order_by(Animal.id)), name))
step("populate_existing")
s:scalars(select(Dog):execution_options{ populate_existing = true }):all()
step("joined load of collections")
s:expunge_all()
local home = s:scalars(select(Home):options(am.joinedload(Home.animals))):unique():one()
say(home.name, #home.animals)
s:expunge_all()
say(s:get(Home, 1).name)
step("deferred and partial")
s:expunge_all()
local x = s:scalars(select(Animal):options(am.load_only(Animal.legs)):where(Animal.kind:eq("dog"))):one()
say(x.name, x.notes)
step("a listener that loads")
local function follow(t) say("  . follow", t.home.name) end
listen(Dog, "load", follow, { restore_load_context = true })
s:expunge_all()
say(s:scalars(select(Animal):where(Animal.name:eq("rex"))):one().name)
am.event.remove(Dog, "load", follow)
step("order of listeners")
local calls = {}
local function first() calls[#calls + 1] = "first" end
local function second() calls[#calls + 1] = "second" end
listen(Home, "init", second)
listen(Home, "init", first, { insert = true })
Home()
say(calls, am.event.contains(Home, "init", first))
am.event.remove(Home, "init", first)
Home{ name = "h" }
say(calls)
step("merge")
s:expunge_all()
local loose = Animal{ id = 1, name = "tom" }
local m = s:merge(loose)
s:flush()
say(m.name, m.legs)
step("end")
s:close()
