-- Collections of relationships: set, keyed maps, one's own classes, and large ones that are never loaded.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select

local Base = am.declarative_base()
local Tag = Base:model("Tag", {
  __tablename__ = "tags",
  id = am.Column(am.Integer, { primary_key = true }),
  box_id = am.Column(am.ForeignKey("boxes.id")),
  word = am.Column(am.String),
  note = am.Column(am.String),
  box = am.relationship("Box", { back_populates = "by_pair" }),
  pair = am.hybrid_property(function(self) return p.fmt(self.word) .. "/" .. p.fmt(self.note):sub(1, 3) end),
})
local Box = Base:model("Box", {
  __tablename__ = "boxes",
  id = am.Column(am.Integer, { primary_key = true }),
  by_pair = am.relationship("Tag", { collection_class = am.attribute_keyed_dict("pair"), back_populates = "box",
    cascade = "all, delete-orphan" }),
  by_word = am.relationship("Tag", { collection_class = am.column_keyed_dict(Tag.__table__.c.word), viewonly = true }),
  by_start = am.relationship("Tag",
    { collection_class = am.keyfunc_mapping(function(t) return t.note:sub(1, 2) end), viewonly = true }),
  as_set = am.relationship("Tag", { collection_class = "set", viewonly = true }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local function keys(map)
  local out = {}
  for k in map:items() do out[#out + 1] = k end
  return p.sorted(out)
end
step "keyed"
local box = Box()
local t1 = Tag{ word = "a", note = "alpha" }
t1.box = box
say(keys(box.by_pair), box.by_pair["a/alp"] == t1)
box.by_pair["b/bet"] = Tag{ word = "b", note = "beta" }
p.error(function() box.by_pair["zz"] = Tag{ word = "c", note = "c" } end)
session:add(box)
session:commit()
say(keys(box.by_pair), keys(box.by_word), keys(box.by_start), #box.as_set)
step "replace"
box.by_pair = { ["c/gam"] = Tag{ word = "c", note = "gamma" }, ["a/alp"] = t1 }
session:flush()
say(keys(box.by_pair))
step "del"
box.by_pair["c/gam"] = nil
say(box.by_pair:pop("none", nil), keys(box.by_pair))
session:flush()
p.error(function() box.by_pair = { wrong = Tag{ word = "d", note = "d" } } end)
session:rollback()
step "key changes late"
local box2 = Box()
local t = Tag{ box = box2 }
say(keys(box2.by_pair))
t.word = "late"
say(keys(box2.by_pair))
p.error(function()
  box2.by_pair["x/x"] = t
  box2.by_pair:pop("None/Non")
  session:flush()
end)
session:rollback()

local function moved(tag, value, old)
  if tag.box ~= nil then
    tag.box.by_pair:pop(tag.pair, nil)
    say("moved", value, type(old) == "string" or "none")
  end
end
am.event.listen(Tag.word, "set", moved)
local tag = session:scalars(select(Tag):where(Tag.word:eq("a"))):one()
tag.word = "z"
say(tag.box, am.inspect(tag).attrs.box.history)
session:rollback()
am.event.remove(Tag.word, "set", moved)

step "own classes"
local Stack = {}
Stack.__index = Stack
setmetatable(Stack, { __call = function() return setmetatable({ data = {} }, Stack) end })
Stack.push = am.collection.appender(function(self, item) table.insert(self.data, item) end)
Stack.drop = am.collection.remover(function(self, item)
  for i, x in ipairs(self.data) do
    if x == item then return table.remove(self.data, i) end
  end
end)
Stack.each = am.collection.iterator(function(self) return ipairs(self.data) end)
function Stack:top() return self.data[#self.data].name end

local Deck = Base:model("Deck", {
  __tablename__ = "decks",
  id = am.Column(am.Integer, { primary_key = true }),
  cards = am.relationship("Card", { collection_class = Stack, order_by = "Card.id", back_populates = "deck" }),
})
local Card = Base:model("Card", {
  __tablename__ = "cards",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String),
  deck_id = am.Column(am.ForeignKey("decks.id")),
  deck = am.relationship("Deck", { back_populates = "cards" }),
})
Base.metadata:create_all(e)
p.forget()
local function cards(deck, fn) return p.map(deck.cards.data, fn) end
local function name(card) return card.name end
local deck = Deck()
deck.cards:push(Card{ name = "ace" })
local king = Card{ name = "king", deck = deck }
say(deck.cards:top(), cards(deck, name), king.deck == deck)
session:add(deck)
session:commit()
say(deck.cards:top(), cards(deck, function(c) return c.deck == deck end))
deck.cards:drop(king)
say(king.deck, am.inspect(deck).attrs.cards.history)
session:commit()
say(cards(deck, name))
local other = Stack()
other:push(king)
deck.cards = other
session:flush()
say(cards(deck, name))
session:close()

step "write only"
local audit = am.Table("audit", Base.metadata,
  am.Column("check_id", am.ForeignKey("checks.id", { ondelete = "CASCADE" }), { primary_key = true }),
  am.Column("move_id", am.ForeignKey("moves.id", { ondelete = "CASCADE" }), { primary_key = true }))
local Purse = Base:model("Purse", {
  __tablename__ = "purses",
  id = am.Column(am.Integer, { primary_key = true }),
  label = am.Column(am.String),
  moves = am.relationship("Move", { lazy = "write_only", cascade = "all, delete-orphan", passive_deletes = true,
    order_by = "Move.id" }),
})
local Move = Base:model("Move", {
  __tablename__ = "moves",
  id = am.Column(am.Integer, { primary_key = true }),
  purse_id = am.Column(am.ForeignKey("purses.id", { ondelete = "cascade" })),
  text = am.Column(am.String),
  amount = am.Column(am.Integer),
})
local Check = Base:model("Check", {
  __tablename__ = "checks",
  id = am.Column(am.Integer, { primary_key = true }),
  moves = am.relationship("Move", { secondary = audit, lazy = "write_only", passive_deletes = true }),
})
Base.metadata:create_all(e)
p.forget()
local purse = Purse{ label = "one", moves = {
  Move{ text = "start", amount = 500 }, Move{ text = "rent", amount = -29 } } }
am.Session(e, function(s)
  s:add(purse)
  s:commit()
  local er = p.error(function() purse.moves = { Move{ text = "other", amount = 1 } } end)
  say((tostring(er):gsub(";.*", "")))
end)
local s = am.Session(e, { expire_on_commit = false })
step "add_all"
purse = s:scalar(select(Purse):filter_by{ label = "one" })
purse.moves:add_all{ Move{ text = "pay", amount = 2000 }, Move{ text = "food", amount = -800 } }
s:commit()
say(purse.moves:select())
local low = s:scalars(purse.moves:select():where(Move.amount:lt(0)):limit(10)):all()
say(p.map(low, function(m) return { m.text, m.amount } end))
step "remove"
purse.moves:remove(low[1])
s:commit()
step "bulk"
s:execute(purse.moves:insert(), { { text = "b1", amount = 7 }, { text = "b2", amount = 8 } })
local check = Check()
s:add(check)
check.moves:add_all(s:scalars(purse.moves:select():where(Move.amount:gt(7))):all())
s:commit()
local function text(m) return m.text end
say(p.map(s:scalars(purse.moves:select()), text))
say(check.moves:select():order_by(Move.id))
s:execute(purse.moves:update():values{ amount = Move.amount + 1 }:where(Move.text:eq("b1")))
say(s:scalar(select(Move.amount):where(Move.text:eq("b1"))))
local sub = check.moves:select():with_only_columns(Move.id)
s:execute(am.update(Move):values{ text = Move.text .. " ok" }:where(Move.id:in_(sub)))
s:execute(purse.moves:delete():where(Move.amount:lt(0)))
say(p.map(s:scalars(purse.moves:select():execution_options{ populate_existing = true }), text))
p.error(function() return check.moves:insert() end)
step "delete"
s:delete(purse)
s:rollback()
s:close()
p.sql()
