-- Collections as lists, sets and maps: every method, slices and assignment, back references, histories and events.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local relationship = am.relationship
local select, inspect, event = am.select, am.inspect, am.event

local Base = am.declarative_base()

local Slot = Base:model("Slot", {
  __tablename__ = "slots",
  id = Column(Integer, { primary_key = true }),
  rank = Column(Integer),
  board_id = Column(ForeignKey("boards.id")),
})

local Board = Base:model("Board", {
  __tablename__ = "boards",
  id = Column(Integer, { primary_key = true }),
  cards = relationship("Card", { back_populates = "board", order_by = "Card.id", cascade = "all, delete-orphan" }),
  labels = relationship("Label", { collection_class = "set", back_populates = "board", order_by = "Label.id" }),
  fields = relationship("Field", { collection_class = am.attribute_keyed_dict("key"), cascade = "all, delete-orphan" }),
  by_rank = relationship("Slot", { collection_class = am.keyfunc_mapping(function(slot) return slot.rank * 10 end) }),
  by_column = relationship("Slot", { collection_class = am.column_keyed_dict(Slot.__table__.c.rank), viewonly = true }),
})

local Card = Base:model("Card", {
  __tablename__ = "cards",
  id = Column(Integer, { primary_key = true }),
  text = Column(String(9)),
  board_id = Column(ForeignKey("boards.id")),
  board = relationship(Board, { back_populates = "cards" }),
})

local Label = Base:model("Label", {
  __tablename__ = "labels",
  id = Column(Integer, { primary_key = true }),
  text = Column(String(9)),
  board_id = Column(ForeignKey("boards.id")),
  board = relationship(Board, { back_populates = "labels" }),
})

local Field = Base:model("Field", {
  __tablename__ = "fields",
  id = Column(Integer, { primary_key = true }),
  key = Column(String(9)),
  value = Column(String(9)),
  board_id = Column(ForeignKey("boards.id")),
})

local function label_of(x)
  if inspect(x).class_ == Field then return x.key end
  return x.text
end
for _, attribute in ipairs{ Board.cards, Board.labels, Board.fields } do
  for _, name in ipairs{ "append", "remove", "bulk_replace" } do
    local key = attribute.key
    event.listen(attribute, name, function(_, value, initiator)
      say("   ", key, name, map(name == "bulk_replace" and value or { value }, label_of), initiator.key)
    end)
  end
end
event.listen(Card.board, "set", function(t, v, old)
  say("    board", t.text, v == nil, type(old) == "table" and old.id or nil)
end)

local function texts(items) return map(items, function(x) return x.text end) end
local function changes(obj, key)
  local h = inspect(obj).attrs[key].history
  return { p.sorted(map(h.added or {}, label_of)), p.sorted(map(h.unchanged or {}, label_of)),
    p.sorted(map(h.deleted or {}, label_of)) }
end
local function keys(items)
  local out = {}
  for k in items:items() do out[#out + 1] = k end
  return p.sorted(out)
end
local function index(list, x)
  for i, v in ipairs(list) do if v == x then return i - 1 end end
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
step "a list"
local b = Board{ id = 1 }
local a, c, d, x, y = Card{ text = "a" }, Card{ text = "c" }, Card{ text = "d" }, Card{ text = "x" }, Card{ text = "y" }
b.cards:append(a)
b.cards:insert(1, c)
b.cards:extend{ d, x }
say(texts(b.cards), #b.cards, b.cards[1].text, b.cards:contains(d), b.cards:contains(y), index(b.cards, x))
b.cards:remove(a)
b.cards:insert(2, y)
say(texts(b.cards), a.board)
say(b.cards:pop().text, b.cards:pop(1).text, texts(b.cards))
b.cards:remove(d)
p.refused(function() b.cards:remove(d) end)
b.cards:append(d)
b.cards:append(d)
say(texts(b.cards))
session:add(b)
session:commit()
say(texts(b.cards), map(b.cards, function(k) return k.board == b end))
step "replacing it"
local new = Card{ text = "n" }
b.cards = { b.cards[2], new }
say(changes(b, "cards"), texts(b.cards))
session:flush()
b.cards:reverse()
say(texts(b.cards), changes(b, "cards"))
b.cards:sort(function(l, r) return l.text < r.text end)
say(texts(b.cards))
b.cards:clear()
say(changes(b, "cards"), session.deleted, new.board)
session:rollback()
say(texts(b.cards))
p.refused(function() b.cards = Card() end)
p.refused(function()
  b.cards:append(Label{ text = "l" })
  session:flush()
end)
session:rollback()
step "from the other side"
local z = Card{ text = "z", board = b }
say(texts(b.cards), session.new:contains(z))
session:flush()
z.board = nil
say(changes(b, "cards"))
session:flush()
step "a set"
local red, blue = Label{ text = "red" }, Label{ text = "blue" }
b.labels:add(red)
b.labels:update{ red, blue }
say(#b.labels, b.labels:contains(red), red.board == b, p.sorted(texts(b.labels)))
b.labels:discard(red)
b.labels:discard(red)
p.refused(function() b.labels:remove(red) end)
say(red.board, changes(b, "labels"))
b.labels = { Label{ text = "tan" } }
say(changes(b, "labels"))
session:flush()
b.labels:add(red)
b.labels:remove(red)
session:commit()
say(p.sorted(texts(b.labels)), red.board_id)
step "a map"
b.fields.size = Field{ key = "size", value = "xl" }
b.fields:set(Field{ key = "hue", value = "dim" })
say(keys(b.fields), b.fields.size.value, b.fields:contains("hue"), #keys(b.fields), b.fields:get("no"))
session:flush()
b.fields.size = Field{ key = "size", value = "s" }
local pairs_ = {}
for k, v in b.fields:items() do pairs_[#pairs_ + 1] = { k, v.value } end
say(b.fields.size.value, p.sorted(pairs_))
session:commit()
local old = b.fields.hue
b.fields.hue = Field{ key = "hue", value = "lit" }
say(changes(b, "fields"), session.deleted:contains(old))
session:flush()
b.fields:remove(b.fields.size)
say(keys(b.fields), changes(b, "fields"))
say(b.fields:pop("hue").value, b.fields:pop("hue", nil))
session:commit()
say(b.fields, session:scalars(select(Field)):all())
b.fields = { one = Field{ key = "one" } }
p.refused(function() b.fields = { two = Field{ key = "three" } } end)
session:commit()
say(keys(b.fields))
step "maps by function and column"
b.by_rank:set(Slot{ rank = 2 })
b.by_rank[30] = Slot{ rank = 3 }
session:commit()
say(keys(b.by_rank), keys(b.by_column), b.by_rank[20].rank, b.by_column[3].rank)
step "duplicates, membership and lost lists"
local cards = b.cards
session:expire(b)
say(cards == b.cards, #b.cards)
local kept = b.cards
b.cards = {}
say(#kept)
kept:append(Card{ text = "late" })
session:rollback()
say(texts(b.cards))
sql()
