-- Events of attributes, a purse: set, append, remove, bulk_replace, init_scalar, init_collection, dispose_collection
-- and modified with retval, raw, active_history and propagate; initiators of back references; validators in the same
-- chain; dicts and sets.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map


local Base = am.declarative_base()

local Purse = Base:model("Purse", {
  __tablename__ = "purses",
  id = am.Column(am.Integer, { primary_key = true }),
  owner = am.Column(am.String(20)),
  limit = am.Column(am.Integer, { default = 10 }),
  pin = am.Column(am.Integer, { active_history = true }),
  coins = am.relationship("Coin", { back_populates = "purse", order_by = "Coin.id" }),
  cards = am.relationship("Card", { collection_class = am.attribute_keyed_dict("code") }),
  notes = am.relationship("Note", { collection_class = "set" }),
  check = am.validates("owner", function(_, key, value)
    say("  validate", key, value)
    return value and value:sub(1, 1):upper() .. value:sub(2)
  end),
})

local Coin = Base:model("Coin", {
  __tablename__ = "coins",
  id = am.Column(am.Integer, { primary_key = true }),
  value = am.Column(am.Integer),
  purse_id = am.Column(am.ForeignKey("purses.id")),
  purse = am.relationship(Purse, { back_populates = "coins" }),
})

local Card = Base:model("Card", {
  __tablename__ = "cards",
  id = am.Column(am.Integer, { primary_key = true }),
  code = am.Column(am.String(5)),
  purse_id = am.Column(am.ForeignKey("purses.id")),
})

local Note = Base:model("Note", {
  __tablename__ = "notes",
  id = am.Column(am.Integer, { primary_key = true }),
  purse_id = am.Column(am.ForeignKey("purses.id")),
})

local listen = am.event.listen

local function who(v)
  if v == am.NO_VALUE then return "NO_VALUE" end
  if type(v) ~= "table" then return v end
  return ("%s#%s"):format(am.inspect(v).class_.__name__, v.id)
end

for _, attr in ipairs{ Purse.owner, Purse.limit, Purse.pin, Coin.purse, Coin.value } do
  listen(attr, "set", function(t, v, o, i) say("  set", who(t), attr.key, who(v), who(o), i.key) end)
end
for _, attr in ipairs{ Purse.coins, Purse.cards, Purse.notes } do
  local k = attr.key
  listen(attr, "append", function(t, v, i) say("  append", who(t), k, who(v), i.key) end)
  listen(attr, "remove", function(t, v, i) say("  remove", who(t), k, who(v), i.key) end)
  listen(attr, "bulk_replace", function(t, vs) say("  bulk", who(t), k, parity.sorted(map(vs, who))) end)
  listen(attr, "init_collection", function() say("  init", k) end)
  listen(attr, "dispose_collection", function() say("  dispose", k) end)
end
listen(Purse.owner, "modified", function(t, i) say("  modified", who(t), i.key) end)

local e = parity.engine()
Base.metadata:create_all(e)
parity.forget()
local s = am.Session(e)
local function id_of(x) return x.id end
step("scalars")
local p = Purse{ id = 1 }
p.owner = "ann"
p.owner = "bob"
p.limit = 5
p.limit = nil
p.pin = 1
step("collections")
local c1, c2, c3 = Coin{ id = 1 }, Coin{ id = 2 }, Coin{ id = 3 }
p.coins:append(c1)
c2.purse = p
p.coins:insert(1, c3)
p.coins:remove(c1)
p.coins = { c1, c2 }
p.coins:pop(1)
p.coins:insert(1, c3)
c2.purse = nil
p.coins:extend{ c1, c2 }
p.coins:pop()
say(map(p.coins, id_of), c2.purse)
step("dict")
local a, b = Card{ id = 1, code = "a" }, Card{ id = 2, code = "b" }
p.cards["a"] = a
p.cards["a"] = Card{ id = 3, code = "a" }
p.cards = { b = b }
p.cards:set(a)
p.cards["b"] = nil
p.cards:clear()
step("set")
local n = Note{ id = 1 }
p.notes:add(n)
p.notes:add(n)
p.notes:discard(n)
p.notes = { n }
p.notes:clear()
step("move")
local q = Purse{ id = 2, coins = { c2 } }
p.coins:append(c2)
say(map(q.coins, id_of), c2.purse == p)
q.coins = p.coins
say(map(p.coins, id_of), map(q.coins, id_of))
step("persistent")
s:add_all{ p, q }
s:commit()
parity.forget()
p.limit = 7
p.pin = 2
say(am.get_history(p, "limit"), am.get_history(p, "pin"))
sql()
q.coins:append(Coin{ id = 9 })
sql()
local _ = Coin{ id = 10, purse = q }
say(#q.coins)
s:rollback()
local c = s:get(Coin, 1)
say(c.purse.id)
c.purse = nil
c.purse = p
sql()
step("retval")

local function double(_, value) return value * 2 end

listen(Coin.value, "set", double, { retval = true })
listen(Purse.coins, "append", function(_, value)
  value.value = 100
  return value
end, { retval = true })
local k = Coin{ id = 20, value = 4 }
say(k.value)
q.coins:append(k)
say(k.value)
am.event.remove(Coin.value, "set", double)
k.value = 3
say(k.value)
step("init_scalar")
listen(Purse.limit, "init_scalar", function(_, _, dict)
  dict.limit = 42
  return 42
end, { retval = true, propagate = true })
local r = Purse{ id = 5 }
say(r.limit, am.inspect(r).attrs.limit.history)
step("helpers")
am.set_attribute(p, "owner", "zoe")
say(p.owner, am.inspect(p).attrs.owner.history, am.inspect(p).modified)
am.set_committed_value(p, "owner", "Kim")
say(p.owner, am.inspect(p).attrs.owner.history)
am.flag_modified(p, "limit")
say(s.dirty:contains(p), am.inspect(p).attrs.limit.history)
am.del_attribute(p, "owner")
say(p.owner, am.inspect(p).attrs.owner.history)
parity.error(function() am.flag_modified(Purse{ id = 6 }, "owner") end)
parity.refused(function() am.set_attribute(p, "nothing", 1) end)
step("throw")
listen(Purse.coins, "append", function(_, value)
  if value.id == 13 then error("unlucky") end
end)
local bad = Coin{ id = 13 }
local function holds()
  for _, x in ipairs(q.coins) do
    if x.id == 13 then return true end
  end
  return false
end
parity.error(function() q.coins:append(bad) end)
say(bad.purse, holds())
parity.error(function() bad.purse = q end)
say(bad.purse, holds())
parity.error(function() return Purse{ id = 7, coins = { bad } } end)
parity.error(function() listen(Purse.owner, "nothing", print) end)
s:close()
