-- Wildcards and nested options: "*" of every loader, Load(X) with options, column wildcards, undefer of groups,
-- load_only with raiseload, and what is loaded afterwards.
local am = require "alchemoon"
local parity = require "parity"
local say, step = parity.say, parity.step
local unpack = table.unpack or unpack

local Base = am.declarative_base()

local Aviary = Base:model("Aviary", {
  __tablename__ = "aviary",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  name = am.mapped_column(am.String(20)),
  size = am.mapped_column(am.Integer, { deferred = true }),
  plan = am.deferred(am.mapped_column(am.Text), { group = "papers" }),
  permit = am.deferred(am.mapped_column(am.Text), { group = "papers" }),
  birds = am.relationship("Bird", { back_populates = "aviary", order_by = "Bird.id" }),
  keeper_id = am.mapped_column(am.ForeignKey("keeper.id")),
  keeper = am.relationship("Keeper", { back_populates = "aviaries" }),
})

local Keeper = Base:model("Keeper", {
  __tablename__ = "keeper",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  name = am.mapped_column(am.String(20)),
  note = am.deferred(am.mapped_column(am.Text)),
  aviaries = am.relationship(Aviary, { back_populates = "keeper", order_by = Aviary.id }),
  badges = am.relationship("Badge", { order_by = "Badge.id" }),
})

local Badge = Base:model("Badge", {
  __tablename__ = "badge",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  keeper_id = am.mapped_column(am.ForeignKey("keeper.id")),
  text = am.mapped_column(am.String(20)),
})

local Bird = Base:model("Bird", {
  __tablename__ = "bird",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  aviary_id = am.mapped_column(am.ForeignKey("aviary.id")),
  name = am.mapped_column(am.String(20)),
  song = am.deferred(am.mapped_column(am.Text)),
  aviary = am.relationship(Aviary, { back_populates = "birds" }),
  rings = am.relationship("Ring", { order_by = "Ring.id" }),
})

local Ring = Base:model("Ring", {
  __tablename__ = "ring",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  bird_id = am.mapped_column(am.ForeignKey("bird.id")),
  code = am.mapped_column(am.String(20)),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local k1 = Keeper{
    id = 1, name = "Kim", note = "early", badges = { Badge{ id = 1, text = "a" }, Badge{ id = 2, text = "b" } }
  }
  local k2 = Keeper{ id = 2, name = "Lou", note = "late" }
  s:add_all({
    Aviary{ id = 1, name = "north", size = 10, plan = "p1", permit = "x1", keeper = k1 },
    Aviary{ id = 2, name = "south", size = 20, plan = "p2", permit = "x2", keeper = k2 },
    Aviary{ id = 3, name = "east", size = 30, plan = "p3", permit = "x3" }
  })
  s:add_all({
    Bird{
      id = 1, aviary_id = 1, name = "owl", song = "hu",
      rings = { Ring{ id = 1, code = "r1" }, Ring{ id = 2, code = "r2" } }
    },
    Bird{ id = 2, aviary_id = 1, name = "jay", song = "kr" }, Bird{ id = 3, aviary_id = 2, name = "tit", song = "zi" }
  })
  s:commit()
end)
parity.forget()

local function state(o)
  return parity.sorted(am.inspect(o).unloaded)
end

local function run(title, ...)
  local options = { n = select("#", ...), ... }
  step(title)
  am.Session(e, function(s)
    local rows = s:scalars(
      am.select(Aviary):order_by(Aviary.id):options(unpack(options, 1, options.n))
    ):unique():all()
    parity.sql()
    for _, a in ipairs(rows) do
      say(a.name, state(a))
      if not am.inspect(a).unloaded:contains("birds") then
        for _, b in ipairs(a.birds) do
          say("bird", b.name, state(b))
        end
      end
      if not am.inspect(a).unloaded:contains("keeper") and a.keeper ~= nil then
        say("keeper", a.keeper.name, state(a.keeper))
      end
    end
  end)
  parity.forget()
end
run("selectin all", am.selectinload("*"))
run("joined all", am.joinedload("*"))
run("subquery all", am.subqueryload("*"))
run("immediate all", am.immediateload("*"))
run("noload all", am.noload("*"))
run("selectin all but one", am.selectinload("*"), am.lazyload(Aviary.keeper))
run("only of one class", am.Load(Aviary):selectinload("*"))
run("nested wildcard", am.selectinload(Aviary.birds):selectinload("*"))
run("joined then wildcard", am.joinedload(Aviary.keeper):joinedload("*"))
run("later option goes deeper", am.selectinload(Aviary.birds), am.defaultload(Aviary.birds):undefer(Bird.song))
run("lazy wildcard below", am.selectinload(Aviary.birds), am.defaultload(Aviary.keeper):selectinload("*"))
run("undefer all", am.undefer("*"))
run("undefer group", am.undefer_group("papers"))
run("nested undefer", am.selectinload(Aviary.birds):undefer(Bird.song), am.joinedload(Aviary.keeper):undefer("*"))
run("defer all", am.defer("*"))
run("defer all but", am.defer("*"), am.undefer(Aviary.name))
run("load only", am.load_only(Aviary.plan))
run(
  "load only nested", am.joinedload(Aviary.keeper):load_only(Keeper.note),
  am.selectinload(Aviary.birds):load_only(Bird.song)
)
run(
  "options of options", am.selectinload(Aviary.birds):options(am.undefer(Bird.song), am.selectinload(Bird.rings)),
  am.joinedload(Aviary.keeper):options(am.joinedload(Keeper.badges), am.undefer(Keeper.note))
)
run("selectin of one, lazy of all", am.selectinload(Aviary.keeper), am.lazyload("*"))
run("group and one", am.undefer_group("papers"), am.defer(Aviary.permit))
step "raise by columns"
am.Session(e, function(s)
  local a = s:scalars(
    am.select(Aviary):options(am.load_only(Aviary.name, { raiseload = true })):where(Aviary.id:eq(1))
  ):one()
  parity.error(function() return a.size end)
  parity.error(function() return a.keeper_id end)
  parity.error(function() return a.keeper end)
  local b = s:scalars(
    am.select(Aviary):options(am.defer(Aviary.name, { raiseload = true }), am.raiseload("*")):where(Aviary.id:eq(2))
  ):one()
  parity.error(function() return b.name end)
  parity.error(function() return b.birds end)
  say(b.size)
  s:refresh(b, { "name" })
  say(b.name)
  parity.sql()
  s:expire(b)
  say(b.keeper_id, state(b))
  parity.error(function() return b.name end)
  parity.sql()
end)
step "group loads together"
am.Session(e, function(s)
  local a = s:get(Aviary, 3)
  say(state(a))
  say(a.permit, state(a))
  a = s:get(
    Aviary, 2, { options = { am.undefer(Aviary.size), am.joinedload(Aviary.keeper):selectinload(Keeper.badges) } }
  )
  say(state(a), state(a.keeper))
  parity.sql()
end)
step "wrong"
am.Session(e, function(s)
  parity.error(
    function()
      return s:scalars(
        am.select(Aviary):options(am.defaultload(Aviary.birds):selectinload("*"), am.selectinload(Aviary.birds))
      ):all()
    end
  )
  parity.error(
    function()
      return s:scalars(am.select(Aviary):options(am.lazyload(Aviary.keeper), am.joinedload(Aviary.keeper))):all()
    end
  )
  parity.error(
    function()
      return s:scalars(am.select(Aviary):options(am.joinedload(Aviary.birds), am.selectinload(Aviary.birds))):all()
    end
  )
  parity.error(function() return s:scalars(am.select(Bird):options(am.Load(Aviary):selectinload("*"))):all() end)
  parity.error(function() return s:scalars(am.select(Bird):options(am.undefer("sung"))):all() end)
  parity.error(function() return s:scalars(am.select(Bird):options(am.selectinload("rings"))):all() end)
  parity.error(function() return s:scalars(am.select(Bird):options(am.undefer(Bird.rings))):all() end)
  parity.error(function() return s:scalars(am.select(Bird):options(am.selectinload(Bird.name))):all() end)
  parity.error(function() return s:scalars(am.select(Bird):options(am.load_only("*"))):all() end)
  parity.error(
    function() return s:scalars(am.select(Bird):options(am.selectinload(Bird.aviary):defer(Bird.song))):all() end
  )
  parity.sql()
end)
