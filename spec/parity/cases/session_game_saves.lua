-- Savepoints: what each rollback gives back to the objects, nested twice, with keys, collections and deletions.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer = am.Column, am.String, am.Integer

local Base = am.declarative_base()

local Hero = Base:model("Hero", {
  __tablename__ = "hero",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20), { unique = true }),
  gold = Column(Integer, { default = 0 }),
  items = am.relationship("Item", { back_populates = "hero", order_by = "Item.id", cascade = "all, delete-orphan" }),
})

local Item = Base:model("Item", {
  __tablename__ = "item",
  id = Column(Integer, { primary_key = true }),
  kind = Column(String(20)),
  hero_id = Column(am.ForeignKey "hero.id"),
  hero = am.relationship(Hero, { back_populates = "items" }),
})

local function kinds(items) return p.map(items, function(i) return i.kind end) end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
local ann = Hero { name = "Ann", gold = 10, items = { Item { kind = "rope" } } }
s:add(ann)
s:commit()
step "rolled back change"
say(ann.gold)
local sp = s:begin_nested()
say(sp.nested, s:in_nested_transaction(), sp.is_active, s:get_nested_transaction() == sp)
ann.gold = 20
s:flush()
sp:rollback()
say(sp.is_active, s:in_nested_transaction(), am.inspect(ann).unloaded:contains "gold", ann.gold)
step "change before the savepoint"
ann.gold = 30
s:begin_nested(function() ann.name = "Anna" end)
say(ann.gold, ann.name)
p.error(function()
  s:begin_nested():commit()
  s:execute(am.text "nonsense")
end)
s:rollback()
say(ann.gold, ann.name)
step "objects made inside"
sp = s:begin_nested()
local bob = Hero { name = "Bob" }
s:add(bob)
ann.items:append(Item { kind = "lamp" })
s:flush()
say(bob.id ~= nil, #ann.items, s:contains(bob))
sp:rollback()
say(s:contains(bob), am.inspect(bob).transient, kinds(ann.items))
step "deleted inside"
sp = s:begin_nested()
local rope = ann.items[1]
s:delete(rope)
s:flush()
say(am.inspect(rope).deleted)
sp:rollback()
say(am.inspect(rope).persistent, s:contains(rope), kinds(ann.items))
step "orphan inside"
sp = s:begin_nested()
ann.items:remove(rope)
s:flush()
say(am.inspect(rope).deleted, rope.hero)
sp:rollback()
say(am.inspect(rope).persistent, rope.hero == ann)
step "two levels"
local one = s:begin_nested()
ann.gold = 1
local two = s:begin_nested()
ann.gold = 2
say(two.parent == one, one.parent == s:get_transaction())
two:rollback()
say(ann.gold)
one:commit()
say(ann.gold)
s:commit()
say(ann.gold)
step "outer rollback takes inner commits"
s:begin_nested()
ann.gold = 99
s:add(Hero { name = "Cy" })
s:commit()
say(s:in_transaction(), s:scalar(select(am.func.count(Hero.id))))
s:rollback()
say(ann.gold, s:scalar(select(am.func.count(Hero.id))))
s:rollback()
step "integrity error is contained"
for _, name in ipairs { "Dee", "Ann", "Eve" } do
  local ok, err = pcall(s.begin_nested, s, function() s:add(Hero { name = name }) end)
  if not ok then
    assert(am.exc.is(err, am.exc.IntegrityError), err)
    say("refused", name)
  end
end
say(s:scalars(select(Hero.name):order_by(Hero.name)):all())
s:commit()
step "without the block"
sp = s:begin_nested()
s:add(Hero { name = "Ann" })
p.error(function() s:flush() end)
say(sp.is_active, s.is_active)
p.error(function() s:scalar(select(Hero.id)) end)
sp:rollback()
say(s.is_active, s:scalar(select(am.func.count(Hero.id))))
s:rollback()
step "primary key restored"
sp = s:begin_nested()
ann.items = {}
s:flush()
ann.id = 50
s:flush()
say(am.inspect(ann).identity)
sp:rollback()
say(am.inspect(ann).identity, ann.id, s:get(Hero, 1) == ann)
step "closed ones"
p.error(function() sp:commit() end)
p.error(function() sp:rollback() end)
s:close()
s:begin()
p.error(function() s:begin() end)
s:close()
p.sql()
