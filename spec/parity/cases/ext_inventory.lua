-- The inventory of a game server: items by inheritance, slots in a keyed collection, trades, JSON stats.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, func, update = am.select, am.func, am.update

local Base = am.declarative_base()
local Item = Base:model("Item", {
  __tablename__ = "item",
  id = Column(Integer, { primary_key = true }),
  kind = Column(String(10), { nullable = false }),
  name = Column(String(20), { nullable = false }),
  weight = Column(Integer, { default = 1 }),
  v = Column(Integer, { nullable = false }),
  stats = Column(am.MutableDict.as_mutable(am.JSON), { default = function() return {} end }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "item", version_id_col = "v" },
})
function Item.use() return "nothing happens" end

local Weapon = Base:model("Weapon", {
  __extends__ = Item,
  __tablename__ = "weapon",
  id = Column(ForeignKey("item.id"), { primary_key = true }),
  damage = Column(Integer),
  gems = am.relationship("Gem", { back_populates = "weapon", order_by = "Gem.id", foreign_keys = "Gem.weapon_id" }),
  __mapper_args__ = { polymorphic_identity = "weapon" },
})
function Weapon:use()
  local sum = self.damage
  for _, g in ipairs(self.gems) do sum = sum + g.power end
  return ("hits for %d"):format(sum)
end

local Potion = Base:model("Potion", {
  __extends__ = Item,
  charges = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "potion" },
})
function Potion:use(player)
  self.charges = self.charges - 1
  player.hp = player.hp + 5
  return ("heals to %d"):format(player.hp)
end

local Gem = Base:model("Gem", {
  __extends__ = Item,
  __tablename__ = "gem",
  id = Column(ForeignKey("item.id"), { primary_key = true }),
  power = Column(Integer),
  weapon_id = Column(ForeignKey("weapon.id")),
  weapon = am.relationship(Weapon, { back_populates = "gems", foreign_keys = "Gem.weapon_id" }),
  __mapper_args__ = { polymorphic_identity = "gem", inherit_condition = "Gem.id == Item.id" },
})
local Slot = Base:model("Slot", {
  __tablename__ = "slot",
  __table_args__ = { am.UniqueConstraint("item_id") },
  player_id = Column(ForeignKey("player.id"), { primary_key = true }),
  place = Column(String(10), { primary_key = true }),
  item_id = Column(ForeignKey("item.id"), { nullable = false }),
  item = am.relationship(Item, { lazy = "joined", innerjoin = true }),
  player = am.relationship("Player", { back_populates = "slots" }),
})
local Player = Base:model("Player", {
  __tablename__ = "player",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  hp = Column(Integer, { default = 10 }),
  log = Column(am.MutableList.as_mutable(am.JSON), { default = function() return {} end }),
  slots = am.relationship(Slot, { back_populates = "player", cascade = "all, delete-orphan",
    collection_class = am.attribute_keyed_dict("place") }),
  items = am.association_proxy("slots", "item",
    { creator = function(place, item) return Slot{ place = place, item = item } end }),
  woken = am.reconstructor(function(self) self.ready = true end),
  check_slot = am.validates("slots", function(_, _, slot)
    if slot.item.weight and slot.item.weight > 50 then error("too heavy", 0) end
    return slot
  end),
})

local function keys(map)
  local out = {}
  for k in map:items() do out[#out + 1] = k end
  table.sort(out)
  return out
end
local function names(map)
  local out = {}
  for _, x in map:items() do out[#out + 1] = x.name end
  table.sort(out)
  return out
end
local function class(x) return am.inspect(x).class_.__name__ end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "equip"
local kim, lee = Player{ name = "kim" }, Player{ name = "lee" }
local sword = Weapon{ name = "sword", damage = 7, stats = { str = 3 },
  gems = { Gem{ name = "ruby", power = 2 }, Gem{ name = "opal", power = 1 } } }
local tonic = Potion{ name = "tonic", charges = 2 }
kim.items.hand = sword
kim.items.belt = tonic
lee.items.hand = Item{ name = "rock", weight = 5 }
s:add(sword)
s:flush()
s:add_all{ kim, lee }
s:commit()
say(keys(kim.slots), kim.items.hand == sword, sword.kind, sword.v, kim.log, rawget(kim, "ready") ~= nil)
step "use"
say(tonic:use(kim), sword:use(kim), lee.items.hand:use(lee))
kim.log:append("drank")
say(p.sorted(p.map(s.dirty, class)))
s:commit()
say(tonic.v, sword.v, kim.log, tonic.charges)
step "stats"
sword.stats.str = sword.stats.str + 1
sword.stats:update{ wit = 1 }
s:commit()
say(sword.stats, sword.v)
step "too heavy"
local ok, x = pcall(function() lee.items.back = Item{ name = "anvil", weight = 60 } end)
if not ok then say("refused", x) end
say(keys(lee.slots))
step "trade"
s:expunge_all()
local players = s:scalars(select(Player):order_by(Player.id):options(am.selectinload(Player.slots))):unique():all()
kim, lee = players[1], players[2]
local listed = {}
for k, item in kim.items:items() do listed[#listed + 1] = { k, item.name, class(item) } end
say(kim.name, kim.ready, p.sorted(listed))
local a, b = kim.items.belt, lee.items.hand
kim.items.belt = nil
lee.items.hand = nil
s:flush()
kim.items.back = b
lee.items.belt = a
s:commit()
say(names(kim.items), names(lee.items))
step "a slot is taken over"
local slot = kim.slots.back
slot.item = Potion{ name = "elixir", charges = 9 }
say(am.inspect(slot).attrs.item.history:has_changes(), kim.items.back.name)
s:commit()
say(s:scalars(select(Item.name):where(am.not_(select(Slot):where(Slot.item_id:eq(Item.id)):exists()))
  :order_by(Item.name)):all())
step "two owners of one item"
lee.items.hand = kim.items.hand
p.error(function() s:commit() end)
s:rollback()
say(keys(lee.slots))
step "all items"
s:expunge_all()
for item in s:scalars(select(Item):order_by(Item.id):options(am.selectin_polymorphic(Item, { Weapon, Gem }),
    am.selectinload(Weapon.gems))) do
  say(class(item), item.name, item.v,
    class(item) == "Weapon" and p.map(item.gems, function(g) return g.name end) or nil)
end
step "with_polymorphic"
local any_item = am.with_polymorphic(Item, { Weapon, Potion })
for item in s:scalars(select(any_item):where(am.or_(any_item.Weapon.damage:gt(5), any_item.Potion.charges:gt(5)))
    :order_by(any_item.id)) do
  say(item.name)
end
say(s:execute(select(Player.name, func.sum(Item.weight)):join(Player.slots):join(Slot.item):group_by(Player.name)
  :order_by(Player.name)):all())
say(s:scalars(select(Player.name):where(Player.slots:any(Slot.item:of_type(Weapon):has(Weapon.damage:gt(5))))):all())
step "somebody else was faster"
sword = s:scalars(select(Weapon):where(Weapon.name:eq("sword"))):one()
s:execute(update(Item.__table__):where(Item.__table__.c.id:eq(sword.id)):values{ v = 9 })
sword.damage = 8
p.error(function() s:flush() end)
s:rollback()
say(sword.damage, sword.v)
step "bulk"
s:execute(update(Potion):where(Potion.charges:lt(5)):values{ charges = Potion.charges + 1 })
say(s:execute(select(Potion.name, Potion.charges):order_by(Potion.name)):all())
s:delete(s:get(Player, 1))
s:commit()
say(s:scalar(select(func.count()):select_from(Slot)), s:scalar(select(func.count(Item.id))))
s:close()
p.sql()
