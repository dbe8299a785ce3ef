-- Natural and composite keys through relationships: changed keys, m2m, inheritance, maps keyed by tuples.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of, map = p.say, p.step, p.error, p.map
local select = am.select

local Base = am.declarative_base()
local wears = am.Table("wears", Base.metadata, am.Column("hero", am.String(10), { primary_key = true }),
  am.Column("code", am.String(10), { primary_key = true }), am.Column("size", am.Integer, { primary_key = true }),
  am.ForeignKeyConstraint({ "hero" }, { "hero.name" }, { onupdate = "CASCADE" }),
  am.ForeignKeyConstraint({ "code", "size" }, { "item.code", "item.size" }, { onupdate = "CASCADE" }))

local Land = Base:model("Land", {
  __tablename__ = "land",
  code = am.Column(am.String(4), { primary_key = true }),
  towns = am.relationship("Town", { back_populates = "land", order_by = "Town.name",
    cascade = "all, delete-orphan" }),
})
local Town = Base:model("Town", {
  __tablename__ = "town",
  land_code = am.Column(am.ForeignKey("land.code"), { primary_key = true }),
  name = am.Column(am.String(10), { primary_key = true }),
  size = am.Column(am.Integer),
  land = am.relationship(Land, { back_populates = "towns" }),
  streets = am.relationship("Street", { back_populates = "town", order_by = "Street.no", passive_deletes = true,
    cascade = "all, delete-orphan" }),
})
local land_code = am.Column(am.String(4), { primary_key = true })
local town_name = am.Column(am.String(10), { primary_key = true })
local Street = Base:model("Street", {
  __tablename__ = "street",
  land_code = land_code,
  town_name = town_name,
  no = am.Column(am.Integer, { primary_key = true }),
  town = am.relationship(Town, { back_populates = "streets" }),
  __table_args__ = { am.ForeignKeyConstraint({ land_code, town_name }, { Town.land_code, Town.name },
    { ondelete = "CASCADE" }) },
})
local Hero = Base:model("Hero", {
  __tablename__ = "hero",
  name = am.Column(am.String(10), { primary_key = true }),
  kind = am.Column(am.String(10)),
  items = am.relationship("Item", { secondary = wears, back_populates = "heroes",
    order_by = "[Item.code, Item.size]", passive_updates = true }),
  pets = am.relationship("Pet", { back_populates = "owner", passive_updates = false,
    foreign_keys = "Pet.owner_name", primaryjoin = "Hero.name == Pet.owner_name",
    collection_class = am.attribute_keyed_dict("name") }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "hero" },
})
local Knight = Base:model("Knight", {
  __extends__ = Hero,
  __tablename__ = "knight",
  name = am.Column(am.ForeignKey("hero.name", { onupdate = "CASCADE" }), { primary_key = true }),
  horse = am.Column(am.String(10)),
  __mapper_args__ = { polymorphic_identity = "knight" },
})
local Item = Base:model("Item", {
  __tablename__ = "item",
  code = am.Column(am.String(10), { primary_key = true }),
  size = am.Column(am.Integer, { primary_key = true, autoincrement = false }),
  heroes = am.relationship(Hero, { secondary = wears, back_populates = "items", order_by = Hero.name }),
})
local Pet = Base:model("Pet", {
  __tablename__ = "pet",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  owner_name = am.Column(am.String(10)),
  owner = am.relationship(Hero, { back_populates = "pets", passive_updates = false, foreign_keys = "Pet.owner_name",
    primaryjoin = "Pet.owner_name == Hero.name" }),
})
local box = am.Table("box", Base.metadata, am.Column("shelf_id", am.ForeignKey("shelf.id"), { primary_key = true }),
  am.Column("row", am.Integer, { primary_key = true }), am.Column("col", am.Integer, { primary_key = true }),
  am.Column("what", am.String(10)))
local Shelf = Base:model("Shelf", {
  __tablename__ = "shelf",
  id = am.Column(am.Integer, { primary_key = true }),
  boxes = am.relationship("Box", { cascade = "all, delete-orphan",
    collection_class = am.column_keyed_dict{ box.c.row, box.c.col } }),
})
local Box = Base:model("Box", { __table__ = box })

local e = p.engine()
if not p.is_postgresql then
  am.event.listen(e, "connect", function(c) c:execute("PRAGMA foreign_keys = ON") end)
end
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "fill"
local at = Land{ code = "at", towns = { Town{ name = "wien", size = 2 }, Town{ name = "graz", size = 1 } } }
at.towns[1].streets = { Street{ no = 1 }, Street{ no = 2 } }
s:add(at)
s:flush()
say(at.towns[1].streets[2].land_code, am.inspect(at.towns[1]).identity, am.inspect(at.towns[1].streets[1]).identity)
s:commit()
step "get"
say(s:get(Town, { "at", "graz" }).size, s:get(Street, { land_code = "at", town_name = "wien", no = 2 }).no)
say(s:get(Street, { "at", "wien", 9 }), s:get(Town, { "xx", "graz" }))
error_of(function() s:get(Town, "at") end)
error_of(function() s:get(Town, { land_code = "at" }) end)
step "eager"
local function no(st) return st.no end
s:expunge_all()
local q = select(Land):options(am.selectinload(Land.towns):selectinload(Town.streets))
for x in s:scalars(q) do say(x.code, map(x.towns, function(t) return { t.name, map(t.streets, no) } end)) end
s:expunge_all()
for x in s:scalars(select(Street):options(am.joinedload(Street.town):joinedload(Town.land)):order_by(Street.no)) do
  say(x.no, x.town.name, x.town.land.code)
end
step "queries"
local town = s:get(Town, { "at", "wien" })
say(select(Street):where(Street.town:eq(town)))
say(select(Street):where(Street.town:ne(town)))
say(select(Town):where(Town.streets:any(Street.no:gt(1))))
say(select(Street):where(Street.town:eq(nil)))
say(select(Street):join(Street.town):join(Town.land))
step "move a street"
local st = s:get(Street, { "at", "wien", 2 })
st.town = s:get(Town, { "at", "graz" })
s:flush()
say(am.inspect(st).identity, map(town.streets, no))
s:commit()
say(map(town.streets, no))
step "delete"
s:delete(town)
s:flush()
say(s:scalars(select(Street.town_name)):all())
s:rollback()
step "heroes"
local lance = Knight{ name = "lance", horse = "h" }
lance.items = { Item{ code = "sword", size = 1 }, Item{ code = "helm", size = 3 } }
lance.pets.rex = Pet{ name = "rex" }
s:add(lance)
s:commit()
say(map(lance.items, function(i) return { i.code, i.size } end), p.sorted(lance.pets:keys()),
  am.inspect(lance).identity)
step "changed key"
lance.name = "lancelot"
s:flush()
say(am.inspect(lance).identity, lance.pets.rex.owner_name, rawequal(s:get(Hero, "lancelot"), lance))
s:commit()
say(lance.name, map(lance.items, function(i) return i.code end),
  s:execute(select(wears.c.hero):distinct()):scalars():all())
local sword = s:get(Item, { "sword", 1 })
sword.size = 2
s:commit()
say(am.inspect(sword).identity, map(sword.heroes, function(h) return h.name end))
lance.items:remove(sword)
s:commit()
say(s:execute(select(wears)):all())
step "wrong keys"
s:add(Hero{ kind = "hero" })
error_of(function() s:flush() end)
s:rollback()
lance.name = nil
error_of(function() s:flush() end)
s:rollback()
s:add(Item{ code = "helm", size = 3 })
error_of(function() s:flush() end)
s:rollback()
step "boxes"
local sh = Shelf{ id = 1 }
sh.boxes:set({ 1, 2 }, Box{ row = 1, col = 2, what = "a" })
sh.boxes:set({ 2, 2 }, Box{ row = 2, col = 2, what = "b" })
s:add(sh)
s:commit()
local rows = {}
for _, b in sh.boxes:items() do rows[#rows + 1] = { b.row, b.col, b.what } end
say(p.sorted(rows), sh.boxes:get({ 1, 2 }).what)
sh.boxes:pop({ 1, 2 })
s:commit()
say(sh.boxes:keys())
p.sql()
