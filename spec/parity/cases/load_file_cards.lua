-- Columns that wait: load_only, defer, undefer and groups, their wildcards, raiseload and paths.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, Integer, String, Text, ForeignKey = am.Column, am.Integer, am.String, am.Text, am.ForeignKey
local load_only, defer, undefer, undefer_group = am.load_only, am.defer, am.undefer, am.undefer_group
local joinedload, selectinload = am.joinedload, am.selectinload

local Base = am.declarative_base()
local id, title = Column(Integer, { primary_key = true }), Column(String(20))
local Card = Base:model("Card", {
  __tablename__ = "card",
  id = id,
  title = title,
  notes = am.deferred(Column(Text)),
  front = am.deferred(Column(String(20)), { group = "scans" }),
  back = am.deferred(Column(String(20)), { group = "scans" }),
  price = am.deferred(Column(Integer), { raiseload = true }),
  size = am.column_property(am.func.length(title)),
  marks = am.relationship("Mark", { back_populates = "card", order_by = "Mark.id" }),
})

local Mark = Base:model("Mark", {
  __tablename__ = "mark",
  id = Column(Integer, { primary_key = true }),
  word = Column(String(20)),
  remark = Column(Text),
  card_id = Column(ForeignKey "card.id"),
  card = am.relationship(Card, { back_populates = "marks" }),
})

local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  for i = 1, 2 do
    s:add(Card{ id = i, title = ("t"):rep(i), notes = "n" .. i, front = "f" .. i, back = "b" .. i, price = i * 10,
      marks = { Mark{ id = i, word = "w" .. i, remark = "r" .. i } } })
  end
  s:commit()
end)
p.forget()

local KEYS = {
  [Card] = { "back", "front", "id", "marks", "notes", "price", "size", "title" },
  [Mark] = { "card", "card_id", "id", "remark", "word" },
}
local function loaded(o)
  local state = am.inspect(o)
  return p.collect(KEYS[state.class_], function(key) return not state.unloaded:contains(key) and key or nil end)
end

local function show(name, ...)
  step(name)
  local stmt = select(Card):where(Card.id:eq(2)):options(...)
  am.Session(e, function(s) say(loaded(s:scalars(stmt):unique():one())) end)
end

step "as mapped"
am.Session(e, function(s)
  local c = s:get(Card, 1)
  say(loaded(c))
  say(c.front, loaded(c))
  say(c.notes, loaded(c))
  p.error(function() return c.price end)
  s:refresh(c, { "price" })
  say(c.price)
  c.front = "new"
  say(am.inspect(c).attrs.front.history, s.dirty:contains(c))
  s:rollback()
end)
show("undefer", undefer(Card.notes))
show("undefer a group", undefer_group("scans"))
show("undefer all", undefer("*"))
show("defer one", defer(Card.title))
show("load_only", load_only(Card.title))
show("load_only with deferred ones", load_only(Card.front, Card.price))
show("load_only and undefer", load_only(Card.title), undefer(Card.back))
p.error(function() show("defer and undefer of the same", defer(Card.title), undefer(Card.title)) end)
show("defer all", defer("*"))
step "raiseload of the others"
am.Session(e, function(s)
  local c = s:scalars(select(Card):options(load_only(Card.title, { raiseload = true })):order_by(Card.id)):first()
  p.error(function() return c.notes end)
  p.error(function() return c.size end)
  say(c.id, c.title)
  s:expire(c)
  say(c.size, loaded(c))
end)
step "on paths"
am.Session(e, function(s)
  local c = s:scalars(select(Card):where(Card.id:eq(1)):options(
    load_only(Card.title), joinedload(Card.marks):load_only(Mark.word))):unique():one()
  say(loaded(c), loaded(c.marks[1]))
  say(c.marks[1].remark, loaded(c.marks[1]))
end)
am.Session(e, function(s)
  local c = s:scalars(select(Card):where(Card.id:eq(2)):options(
    selectinload(Card.marks):options(defer(Mark.remark, { raiseload = true }), joinedload(Mark.card)))):one()
  say(loaded(c), loaded(c.marks[1]))
  p.error(function() return c.marks[1].remark end)
end)
am.Session(e, function(s)
  local m = s:scalars(select(Mark):join(Mark.card):options(am.defaultload(Mark.card):undefer_group("scans"),
    defer(Mark.word)):order_by(Mark.id)):first()
  say(loaded(m), loaded(m.card))
end)
step "two entities, an alias"
am.Session(e, function(s)
  local other = am.aliased(Card, { name = "other" })
  local stmt = select(Card, other):join(other, Card.id:lt(other.id)):options(
    am.Load(Card):load_only(Card.title), am.Load(other):undefer(other.notes), defer(other.title))
  for row in s:execute(stmt) do say(loaded(row[1]), loaded(row[2])) end
end)
step "columns and expressions of deferred attributes"
am.Session(e, function(s)
  say(s:execute(select(Card.notes, Card.price, Card.size):order_by(Card.id)):all())
  say(p.map(s:scalars(select(Card):where(Card.notes:eq("n2")):order_by(Card.front)), function(c) return c.id end))
  local c = s:get(Card, 1, { options = { undefer(Card.notes), undefer_group("scans") } })
  say(loaded(c))
  c.notes = "changed"
  s:flush()
  s:expire(c, { "notes", "title" })
  say(loaded(c), c.title, loaded(c), c.notes)
end)
p.sql()
p.error(function() load_only(Card.marks) end)
am.Session(e, function(s)
  p.error(function() s:scalars(select(Card):options(load_only(Mark.word))):all() end)
  p.error(function() s:scalars(select(Card):options(joinedload(Card.marks):load_only(Card.title))):all() end)
end)
