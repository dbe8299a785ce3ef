-- Defaults of every kind: scalar, function, context, expression, server side, on update, and when each is fetched.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, String, Integer = am.mapped_column, am.String, am.Integer

local Base = am.declarative_base()
local counter = 99

local function make_code(ctx)
  local params = ctx:get_current_parameters()
  return params.name:sub(1, 2) .. "-" .. params.price
end

local Item = Base:model("Item", {
  __tablename__ = "item",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(30)),
  price = Column(Integer, { default = 10 }),
  serial = Column(Integer, { default = function()
    counter = counter + 1
    return counter
  end }),
  code = Column(String(30), { default = make_code }),
  size = Column(Integer, { default = am.func.length "four" }),
  stock = Column(Integer, { server_default = "5" }),
  status = Column(String(10), { server_default = am.text "'new'" }),
  touched = Column(Integer, { default = 0, onupdate = 7 }),
  changed = Column(Integer, { onupdate = am.func.length "abc" }),
  note = Column(String(20)),
})

local Eager = Base:model("Eager", {
  __tablename__ = "eager",
  __mapper_args__ = { eager_defaults = true },
  id = Column(Integer, { primary_key = true }),
  label = Column(String(10)),
  stock = Column(Integer, { server_default = "9" }),
  changed = Column(Integer, { server_default = "0", onupdate = am.func.length "abcde" }),
})

local Lazy = Base:model("Lazy", {
  __tablename__ = "lazy",
  __mapper_args__ = { eager_defaults = false },
  id = Column(Integer, { primary_key = true }),
  label = Column(String(10), { insert_default = "made" }),
  stock = Column(Integer, { server_default = "3" }),
  doubled = Column(Integer, am.Computed "stock * 2"),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
am.Session(e, function(s)
  local a = Item { name = "apple" }
  say(a.price, a.serial, a.stock)
  s:add(a)
  s:flush()
  step "insert"
  say(a.price, a.serial, a.code, a.touched, a.changed)
  step "server values"
  say(a.stock, a.status, a.size)
  step "explicit values"
  local b = Item { name = "pear", serial = 1, code = "own", size = 2, stock = 0, status = "old" }
  s:add(b)
  s:flush()
  say(b.price, b.serial, b.code, b.size, b.stock, b.status, b.touched)
  step "update"
  a.note = "ripe"
  s:flush()
  say(p.sorted(am.inspect(a).unloaded))
  say(a.touched, a.changed)
  step "update by expression"
  a.price = Item.price + 5
  say(am.inspect(a).attrs.price.history.added[1])
  s:flush()
  say(am.inspect(a).unloaded:contains "price", a.price)
  step "no change"
  a.note = "ripe"
  say(s.dirty:contains(a), s:is_modified(a))
  s:flush()
  step "eager"
  local g = Eager { label = "x" }
  s:add(g)
  s:flush()
  say(p.sorted(am.inspect(g).unloaded), g.stock, g.changed)
  g.label = "y"
  s:flush()
  say(p.sorted(am.inspect(g).unloaded))
  say(g.changed)
  step "lazy"
  local z = Lazy()
  s:add(z)
  s:flush()
  say(p.sorted(am.inspect(z).unloaded), z.label)
  step "lazy read"
  say(z.stock, z.doubled)
  z.stock = 8
  s:flush()
  say(am.inspect(z).unloaded:contains "doubled")
  say(z.doubled)
  step "core insert"
  s:execute(am.insert(Item), { { name = "plum" }, { name = "fig", price = 3 } })
  s:execute(am.update(Item):where(Item.name:eq "fig"):values { note = "dry" })
  for row in s:execute(am.select(Item.name, Item.price, Item.serial, Item.code, Item.touched):order_by(Item.id)) do
    say(row)
  end
  s:commit()
end)
p.sql()
