-- Materialized paths and nested sets, told again: viewonly relationships on LIKE, and gaps made by a mapper event.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String = am.Column, am.Integer, am.String
local select, func, case = am.select, am.func, am.case

local Base = am.declarative_base()

local Topic
Topic = Base:model("Topic", {
  __tablename__ = "topics",
  id = Column(Integer, { primary_key = true, autoincrement = false }),
  path = Column(String(100), { nullable = false, index = true }),
  below = am.relationship("Topic", { viewonly = true, order_by = "Topic.path",
    primaryjoin = function() return am.remote(am.foreign(Topic.path)):like(Topic.path:concat(".%")) end }),
  above = am.relationship("Topic", { viewonly = true, order_by = "Topic.path",
    primaryjoin = function() return Topic.path:like(am.remote(am.foreign(Topic.path)):concat(".%")) end }),
})
function Topic:depth() return (_G.select(2, self.path:gsub("%.", ""))) end
function Topic:move(parent)
  local path = parent.path .. "." .. self.id
  for _, topic in ipairs(self.below) do topic.path = path .. topic.path:sub(#self.path + 1) end
  self.path = path
end

local Clerk = Base:model("Clerk", {
  __tablename__ = "clerks",
  __mapper_args__ = { batch = false },
  name = Column(String(10), { primary_key = true }),
  low = Column(Integer, { nullable = false }),
  high = Column(Integer, { nullable = false }),
  parent = false,
})

am.event.listen(Clerk, "before_insert", function(mapper, connection, clerk)
  if not clerk.parent then
    clerk.low, clerk.high = 1, 2
    return
  end
  local t = mapper.persist_selectable
  local at = connection:scalar(select(t.c.high):where(t.c.name:eq(clerk.parent.name)))
  connection:execute(t:update():where(t.c.high:ge(at)):values{
    low = case({ t.c.low:gt(at), t.c.low + 2 }, { else_ = t.c.low }),
    high = case({ t.c.high:ge(at), t.c.high + 2 }, { else_ = t.c.high }) })
  clerk.low, clerk.high = at, at + 1
end)

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local function paths(items) return map(items, function(t) return t.path end) end
local function ids(items) return map(items, function(t) return t.id end) end
step "paths"
session:add_all{ Topic{ id = 1, path = "1" }, Topic{ id = 2, path = "1.2" }, Topic{ id = 3, path = "1.2.3" },
  Topic{ id = 4, path = "1.4" }, Topic{ id = 5, path = "1.4.5" }, Topic{ id = 6, path = "1.4.5.6" } }
session:commit()
local root = session:get(Topic, 1)
say(paths(root.below), root:depth(), paths(session:get(Topic, 6).above))
say(Topic.below.property.viewonly, Topic.below.property.primaryjoin, Topic.below.property.uselist)
step "eagerly"
session:expunge_all()
local found = session:scalars(select(Topic):options(am.joinedload(Topic.below)):where(Topic.id:in_{ 2, 4 })
  :order_by(Topic.id)):unique():all()
sql()
say(map(found, function(x) return paths(x.below) end))
session:expunge_all()
found = session:scalars(select(Topic):options(am.selectinload(Topic.above)):order_by(Topic.id)):all()
sql()
say(map(found, function(x) return ids(x.above) end))
say(session:scalars(select(Topic.id):where(Topic.below:any(Topic.id:eq(6))):order_by(Topic.id)):all())
say(session:scalars(select(Topic.id):where(am.not_(Topic.below:any())):order_by(Topic.id)):all())
local leaf = am.aliased(Topic)
say(session:execute(select(Topic.id, func.count(leaf.id)):join(Topic.below:of_type(leaf)):group_by(Topic.id)
  :order_by(Topic.id)):all())
step "moved"
found[5]:move(found[2])
session:flush()
session:expire_all()
say(map(session:scalars(select(Topic):order_by(Topic.path)), function(t) return { t.id, t.path } end),
  ids(found[2].below))
found[2].below:append(Topic{ id = 9, path = "9" })
session:commit()
say(#found[2].below)
step "nested sets"
session:add(Clerk{ name = "ann" })
session:commit()
local ann = session:get(Clerk, "ann")
local bob, cid = Clerk{ name = "bob" }, Clerk{ name = "cid" }
bob.parent, cid.parent = ann, ann
session:add_all{ bob, cid }
session:flush()
local dan, eve = Clerk{ name = "dan" }, Clerk{ name = "eve" }
dan.parent, eve.parent = cid, bob
session:add_all{ dan, eve }
session:commit()
say(session:execute(select(Clerk.name, Clerk.low, Clerk.high):order_by(Clerk.low)):all())
local boss = am.aliased(Clerk)
local depth = select(Clerk.name, func.count(boss.name):label("depth")):where(Clerk.low:between(boss.low, boss.high))
  :group_by(Clerk.name, Clerk.low):order_by(Clerk.low)
for row in session:execute(depth) do say(("  "):rep(row[2]) .. row[1]) end
say(session:scalars(select(boss.name):join(Clerk, Clerk.low:between(boss.low, boss.high)):where(Clerk.name:eq("dan"))
  :order_by(boss.low)):all())
say(session:scalars(select(Clerk.name):where(Clerk.high:eq(Clerk.low + 1)):order_by(Clerk.name)):all())
sql()
