-- Three levels of joined tables: what each flush and each load says, updates over tables, deletes, changing keys.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, error_, map = parity.say, parity.step, parity.sql, parity.error, parity.map
local select, func = am.select, am.func

local Base = am.declarative_base()
local Item = Base:model("Item", {
  __tablename__ = "item",
  id = am.Column(am.Integer, { primary_key = true }),
  type = am.Column(am.String(10)),
  title = am.Column(am.String(30)),
  notes = am.relationship("Note", { back_populates = "item", cascade = "all, delete-orphan", order_by = "Note.id" }),
  __mapper_args__ = { polymorphic_on = "type", polymorphic_identity = "item" },
})
local Note = Base:model("Note", {
  __tablename__ = "note",
  id = am.Column(am.Integer, { primary_key = true }),
  item_id = am.Column(am.ForeignKey("item.id"), { nullable = false }),
  text = am.Column(am.String(30)),
  item = am.relationship("Item", { back_populates = "notes" }),
})
local Book = Base:model("Book", {
  __extends__ = Item,
  __tablename__ = "book",
  id = am.Column(am.ForeignKey("item.id"), { primary_key = true }),
  pages = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "book" },
})
local Atlas = Base:model("Atlas", {
  __extends__ = Book,
  __tablename__ = "atlas",
  id = am.Column(am.ForeignKey("book.id"), { primary_key = true }),
  scale = am.Column(am.Integer),
  maps = am.relationship("Map", { order_by = "Map.id", cascade = "all, delete-orphan" }),
  __mapper_args__ = { polymorphic_identity = "atlas" },
})
local Map = Base:model("Map", {
  __tablename__ = "map",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  atlas_id = am.Column(am.ForeignKey("atlas.id")),
})
local Disc = Base:model("Disc", {
  __extends__ = Item,
  __tablename__ = "disc",
  id = am.Column(am.ForeignKey("item.id"), { primary_key = true }),
  minutes = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "disc" },
})

local function class(o) return am.inspect(o).mapper.class_.__name__ end
-- getattr(o, key, default)
local function get(o, key, default)
  local ok, value = pcall(function() return o[key] end)
  if ok and am.inspect(o).mapper.attrs[key] then return value end
  return default
end

local eng = parity.engine()
Base.metadata:create_all(eng)
parity.forget()
local s = am.Session(eng)
step("inserts go from the base down")
local atlas = Atlas{ title = "World", pages = 300, scale = 1000, maps = { Map{ name = "sea" }, Map{ name = "land" } } }
local book = Book{ title = "Novel", pages = 200, notes = { Note{ text = "torn" } } }
local disc = Disc{ title = "Song", minutes = 4 }
s:add_all{ atlas, book, disc, Item{ title = "Thing" } }
s:commit()
step("one statement per table")
say(map(s:scalars(select(Item):order_by(Item.id)), function(i) return { class(i), i.title } end))
say(atlas.scale, atlas.pages, disc.minutes)
step("subclass query joins")
s:expunge_all()
say(map(s:scalars(select(Book):order_by(Book.pages)), function(b) return { b.title, b.pages } end))
say(map(s:scalars(select(Atlas):where(Atlas.pages:gt(100))), function(a) return { a.title, a.scale } end))
step("lazy columns of a subclass")
s:expunge_all()
local first = s:scalars(select(Item):where(Item.title:eq("World"))):one()
say(parity.sorted(am.inspect(first).unloaded))
say(first.scale, first.pages)
step("with_polymorphic")
s:expunge_all()
local W = am.with_polymorphic(Item, "*")
for i in s:scalars(select(W):order_by(W.id)) do say(i.type, i.title, get(i, "pages", "-"), get(i, "minutes", "-")) end
say(s:scalars(select(W.title):where(am.or_(W.Book.pages:gt(250), W.Disc.minutes:lt(5))):order_by(W.title)):all())
step("selectin_polymorphic")
s:expunge_all()
local q = select(Item):options(am.selectin_polymorphic(Item, { Book, Atlas, Disc }), am.selectinload(Atlas.maps))
  :order_by(Item.id)
for i in s:scalars(q) do
  say(i.type, get(i, "pages", "-"), map(get(i, "maps", {}), function(m) return m.name end))
end
step("update touches only what changed")
atlas = s:scalars(select(Atlas)):one()
atlas.scale = 500
s:flush()
sql()
atlas.title, atlas.pages = "Earth", 301
s:flush()
sql()
atlas.maps:pop(1)
atlas.notes:append(Note{ text = "new" })
s:commit()
step("bulk update of a base column")
say(s:execute(am.update(Item):where(Item.type:eq("book")):values{ title = "Tale" }).rowcount)
book = s:scalars(select(Book):where(Book.type:eq("book"))):one()
say(book.title, book.notes[1].text)
step("joins to and from a hierarchy")
say(s:execute(select(Note.text, Item.title):join(Note.item):order_by(Note.id)):all())
say(s:execute(select(Note.text, Book.pages):join(Note.item:of_type(Book)):where(Book.pages:gt(250))):all())
local B = am.aliased(Book, { flat = true })
say(s:execute(select(Note.text, B.title):join(B, Note.item_id:eq(B.id)):order_by(Note.id)):all())
error_(function() return s:scalars(select(Note):options(am.joinedload(Note.item:of_type(W)))):first() end)
local F = am.with_polymorphic(Item, { Book, Disc }, { flat = true })
local n = s:scalars(select(Note):options(am.joinedload(Note.item:of_type(F))):order_by(Note.id)):first()
say(class(n.item), n.item.title)
say(s:scalars(select(Item.title):where(Item.notes:any(Note.text:eq("new")))):all())
step("deletes go from the leaf up")
s:delete(atlas)
s:delete(s:scalars(select(Disc)):one())
s:commit()
say(s:execute(select(Item.type, func.count()):group_by(Item.type):order_by(Item.type)):all())
step("end")
s:close()
