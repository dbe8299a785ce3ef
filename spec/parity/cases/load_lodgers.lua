-- lazy, immediate, noload as mapped and as options, against expire, refresh, merge and expunge.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, text = p.say, p.step, am.select, am.text
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey

local Base = am.declarative_base()
local House = Base:model("House", {
  __tablename__ = "house",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  lodgers = am.relationship("Lodger", { back_populates = "house", order_by = "Lodger.id" }),
  meters = am.relationship("Meter", { lazy = "immediate", order_by = "Meter.id" }),
  silent = am.relationship("Meter", { lazy = "noload", viewonly = true }),
})

local Lodger = Base:model("Lodger", {
  __tablename__ = "lodger",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  house_id = Column(ForeignKey "house.id"),
  house = am.relationship(House, { back_populates = "lodgers", lazy = "immediate" }),
  quiet = am.relationship(House, { lazy = "noload", viewonly = true }),
})

local Meter = Base:model("Meter", {
  __tablename__ = "meter",
  id = Column(Integer, { primary_key = true }),
  count = Column(Integer),
  house_id = Column(ForeignKey "house.id"),
})

local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{
    House{ id = 1, name = "elm", lodgers = { Lodger{ id = 1, name = "Ann" }, Lodger{ id = 2, name = "Bob" } },
      meters = { Meter{ id = 1, count = 7 } } },
    House{ id = 2, name = "oak", lodgers = { Lodger{ id = 3, name = "Cy" } } } }
  s:add(Lodger{ id = 4, name = "Dan" })
  s:commit()
end)
p.forget()

local KEYS = {
  [House] = { "id", "lodgers", "meters", "name", "silent" }, [Lodger] = { "house", "house_id", "id", "name",
    "quiet" },
}
local function loaded(o)
  local state = am.inspect(o)
  return p.collect(KEYS[state.class_], function(key) return not state.unloaded:contains(key) and key or nil end)
end
local function each(items, key) return p.map(items, function(x) return x[key] end) end

step "as mapped"
am.Session(e, function(s)
  local lodgers = s:scalars(select(Lodger):order_by(Lodger.id)):all()
  p.sql()
  say(p.map(lodgers, loaded))
  say(p.map(lodgers, function(x) return x.house and x.house.name end), each(lodgers, "quiet"))
  local elm = s:get(House, 1)
  say(loaded(elm), elm.silent)
  say(each(elm.lodgers, "name"), loaded(elm))
end)
step "options"
am.Session(e, function(s)
  local lodgers = s:scalars(select(Lodger):order_by(Lodger.id):options(am.lazyload(Lodger.house),
    am.immediateload(Lodger.quiet))):all()
  p.sql()
  say(p.map(lodgers, loaded), lodgers[1].quiet.name, lodgers[1].house == lodgers[2].quiet)
end)
am.Session(e, function(s)
  local houses = s:scalars(select(House):order_by(House.id):options(am.immediateload(House.lodgers),
    am.noload(House.meters),
    am.joinedload(House.silent))):unique():all()
  say(p.map(houses, loaded), houses[1].meters, each(houses[1].silent, "count"))
end)
step "refresh"
am.Session(e, function(s)
  local elm = s:get(House, 1)
  say(each(elm.lodgers, "name"))
  s:execute(text("update house set name = 'elm tree' where id = 1"))
  s:execute(text("update lodger set name = 'Anna' where id = 1"))
  s:execute(text("update meter set count = 8"))
  p.sql()
  s:refresh(elm)
  p.sql()
  say(elm.name, loaded(elm), each(elm.meters, "count"), each(elm.lodgers, "name"))
  s:refresh(elm, { "lodgers" })
  p.sql()
  say(each(elm.lodgers, "name"))
  s:refresh(elm, { "name", "meters" })
  s:refresh(elm.lodgers[1])
  say(each(elm.lodgers, "name"))
  s:rollback()
end)
step "expire"
am.Session(e, function(s)
  local elm = s:get(House, 1)
  local ann = elm.lodgers[1]
  s:expire(elm)
  say(loaded(elm), p.sorted(am.inspect(elm).expired_attributes))
  say(elm.name, loaded(elm))
  s:expire(elm, { "meters", "lodgers" })
  say(loaded(elm), each(elm.meters, "count"), loaded(elm))
  s:expire(ann, { "house", "name" })
  say(loaded(ann), ann.house == elm, loaded(ann))
  say(ann.name)
  s:expire(ann, { "house_id" })
  say(ann.house.name, loaded(ann))
  s:expire_all()
  say(loaded(ann), loaded(elm))
  say(ann.house.meters[1].count)
end)
step "a pending change"
am.Session(e, function(s)
  local ann, oak = s:get(Lodger, 1), s:get(House, 2)
  say(#oak.lodgers)
  ann.house = oak
  say(#oak.lodgers, ann.house_id, am.inspect(ann).attrs.house.history)
  s:rollback()
end)
step "detached and merged"
local cy
am.Session(e, function(s)
  cy = s:get(Lodger, 3)
  s:expunge(cy)
  say(cy.house.name, cy.quiet)
  local dan = s:get(Lodger, 4)
  s:expire(dan)
  s:expunge(dan)
  p.error(function() return dan.name end)
  p.error(function() return dan.house end)
  p.error(function() s:refresh(dan) end)
  p.error(function() s:expire(dan) end)
end)
am.Session(e, function(s)
  cy.name = "Cyrus"
  local again = s:merge(cy)
  say(again == cy, again.name, again.house.name, am.inspect(again).modified, loaded(again))
  s:flush()
  s:rollback()
end)
step "a row that went away"
am.Session(e, function(s)
  local dan = s:get(Lodger, 4)
  s:execute(text("delete from lodger where id = 4"))
  s:expire(dan, { "name" })
  p.error(function() return dan.name end)
  p.error(function() s:refresh(dan) end)
  s:rollback()
  say(dan.name)
end)
p.sql()
