-- get() with options and locks, autobegin and autoflush, expiry and refresh, factories, binds and a scoped session.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer = am.Column, am.String, am.Integer

local Base = am.declarative_base()

local Desk = Base:model("Desk", {
  __tablename__ = "desk",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  stories = am.relationship("Story", { back_populates = "desk", order_by = "Story.id" }),
})

local Story = Base:model("Story", {
  __tablename__ = "story",
  id = Column(Integer, { primary_key = true }),
  head = Column(String(20)),
  words = Column(Integer),
  desk_id = Column(am.ForeignKey "desk.id"),
  desk = am.relationship(Desk, { back_populates = "stories" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local Maker = am.sessionmaker(e, { expire_on_commit = false, info = { who = "maker" } })
Maker:begin(function(s)
  s:add(Desk { name = "city", stories = { Story { head = "rain", words = 10 }, Story { head = "fair", words = 20 } } })
  say(s.info, s.expire_on_commit)
end)
step "factory"
local desk
Maker({ expire_on_commit = true, info = { x = 1 } }, function(s)
  say({ { "who", s.info.who }, { "x", s.info.x } }, s:in_transaction())
  desk = s:get(Desk, 1, { options = { am.selectinload(Desk.stories) } })
  say(s:in_transaction(), p.map(desk.stories, function(x) return x.head end))
  step "from the map"
  say(s:get(Desk, 1) == desk, s:get(Desk, 2), s:get_one(Desk, 1) == desk)
  p.error(function() s:get_one(Desk, 5) end)
  say(s:get(Desk, 1, { populate_existing = true }) == desk)
  say(s:get(Story, 1, { with_for_update = true }).head)
  s:get(Desk, 1, { with_for_update = { read = true, nowait = true } })
  step "autoflush"
  desk.name = "metro"
  say(s:scalar(select(Desk.name)), #s.dirty)
  s:add(Story { head = "late", desk = desk })
  s:no_autoflush(function() say(s:scalar(select(am.func.count(Story.id))), #s.new) end)
  say(s:scalar(select(am.func.count(Story.id))), #s.new)
  s.autoflush = false
  desk.name = "held"
  say(s:scalar(select(Desk.name)))
  say(s:execute(select(Desk.name), nil, { execution_options = { autoflush = true } }):scalar())
  s:rollback()
  step "expire and refresh"
  s.autoflush = true
  say(desk.name, #desk.stories)
  local rain = desk.stories[1]
  local _ = rain.words
  s:execute(am.text "update story set words = 99, head = 'storm' where id = 1")
  say(rain.words, rain.head)
  s:expire(rain, { "words" })
  say(rain.words, rain.head)
  s:refresh(rain, { "head" })
  say(rain.head)
  rain.words = 5
  s:refresh(rain)
  say(rain.words)
  s:expire(desk, { "stories" })
  say(#desk.stories)
  s:refresh(desk, { attribute_names = { "stories" } })
  s:refresh(desk, { with_for_update = true })
  s:expire_all()
  say(p.sorted(am.inspect(desk).unloaded), p.sorted(am.inspect(rain).expired_attributes))
  step "row gone"
  local fair = s:get(Story, 2)
  s:expire(fair)
  s:execute(am.text "delete from story where id = 2")
  p.error(function() return fair.head end)
  p.error(function() s:refresh(fair) end)
  say(s:get(Story, 2), s:contains(fair))
end)
step "after the block"
say(am.inspect(desk).detached)
p.error(function() return desk.name end)
say(p.collect({ "id", "name", "stories" }, function(k) return am.inspect(desk).unloaded:contains(k) and k or nil end))
step "a session without its own engine"
local lost = am.Session()
p.error(function() lost:get(Desk, 1) end)
local bound = am.Session { binds = { [Desk] = e, [Story.__table__] = e } }
say(bound:get_bind(Desk) == e, bound:get_bind(Story) == e, bound:get(Desk, 1).name)
p.error(function() bound:get_bind() end)
bound:close()
step "scoped"
local registry = am.scoped_session(Maker)
say(registry() == registry(), registry.registry:has())
registry:add(Desk { name = "sport" })
registry:commit()
say(registry:scalars(select(Desk.name):order_by(Desk.id)):all(), #registry.identity_map)
local first = registry()
registry:remove()
say(registry.registry:has(), registry() == first)
p.error(function() registry { info = { late = 1 } } end)
registry:remove()
step "begin by hand"
local s = am.Session(e)
s:begin(function()
  s:add(Desk { name = "arts" })
  p.error(function() s:begin() end)
end)
s:close()
say(s:in_transaction())
am.Session(e, { autobegin = false }, function(t)
  p.error(function() t:get(Desk, 1) end)
  t:begin()
  say(t:get(Desk, 1).name)
  t:rollback()
  p.error(function() t:add(Desk()) end)
end)
step "streams"
am.Session(e, function(t)
  for part in t:scalars(select(Desk):order_by(Desk.id), nil, { execution_options = { yield_per = 2 } }):partitions() do
    say(p.map(part, function(d) return d.name end))
  end
  say(t:connection():in_transaction(), t:connection() == t:connection())
end)
p.sql()
