-- Collections: lists, sets, maps keyed by attribute, column or function; events, histories, replacement.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step

local function map(list, fn)
  local out = {}
  for i, item in ipairs(list) do out[i] = fn(item) end
  return out
end
local function names(objects) return map(objects, function(o) return o.name end) end
local function sorted(list)
  local out = map(list, function(x) return x end)
  table.sort(out)
  return out
end

-- A refusal for which Python has a class of its own, ValueError and the like.
local function refused(fn) say(pcall(fn) and "no error" or "refused") end

local Base = am.declarative_base()
local Shelf = Base:model("Shelf", {
  __tablename__ = "shelves",
  id = am.Column(am.Integer, { primary_key = true }),
  books = am.relationship("Book", { backref = "shelf", order_by = "Book.id" }),
  cds = am.relationship("Cd", { collection_class = "set", backref = "shelf" }),
  by_code = am.relationship("Box", { collection_class = am.attribute_keyed_dict("code"),
    cascade = "all, delete-orphan", backref = "shelf" }),
  slides = am.relationship("Slide", { order_by = "Slide.position", collection_class = am.ordering_list("position") }),
})
local Book = Base:model("Book", {
  __tablename__ = "books",
  id = am.Column(am.Integer, { primary_key = true }),
  shelf_id = am.Column(am.ForeignKey("shelves.id")),
  name = am.Column(am.String(10)),
})
local Cd = Base:model("Cd", {
  __tablename__ = "cds",
  id = am.Column(am.Integer, { primary_key = true }),
  shelf_id = am.Column(am.ForeignKey("shelves.id")),
  name = am.Column(am.String(10)),
})
local Box = Base:model("Box", {
  __tablename__ = "boxes",
  id = am.Column(am.Integer, { primary_key = true }),
  shelf_id = am.Column(am.ForeignKey("shelves.id")),
  code = am.Column(am.String(10)),
  size = am.Column(am.Integer),
})
local Slide = Base:model("Slide", {
  __tablename__ = "slides",
  id = am.Column(am.Integer, { primary_key = true }),
  shelf_id = am.Column(am.ForeignKey("shelves.id")),
  name = am.Column(am.String(10)),
  position = am.Column(am.Integer),
})
local Disk = Base:model("Disk", {
  __tablename__ = "disks",
  id = am.Column(am.Integer, { primary_key = true }),
  rack_id = am.Column(am.ForeignKey("racks.id")),
  no = am.Column(am.Integer),
  kind = am.Column(am.String(5)),
})
local Rack = Base:model("Rack", {
  __tablename__ = "racks",
  id = am.Column(am.Integer, { primary_key = true }),
  by_no = am.relationship("Disk", { collection_class = am.column_keyed_dict(Disk.__table__.c.no),
    overlaps = "by_pair" }),
  by_pair = am.relationship("Disk", { viewonly = true, overlaps = "by_no",
    collection_class = am.keyfunc_mapping(function(d) return d.no .. "-" .. d.kind end) }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()

local function listen(attr)
  am.event.listen(attr, "append", function(_, v) say("append", attr.key, v and v.name) end)
  am.event.listen(attr, "remove", function(_, v) say("remove", attr.key, v and v.name) end)
  am.event.listen(attr, "bulk_replace", function(_, vs) say("bulk_replace", attr.key, sorted(names(vs))) end)
end

listen(Shelf.books)
listen(Shelf.cds)
am.event.listen(Shelf.books, "init_collection", function(_, c) say("init_collection", #c) end)
am.event.listen(Shelf.books, "dispose_collection", function(_, c) say("dispose_collection", #c) end)
step "list"
local a, b, c, d = Book{ name = "a" }, Book{ name = "b" }, Book{ name = "c" }, Book{ name = "d" }
local shelf = Shelf{}
say(shelf.books, a.shelf)
shelf.books:append(a)
shelf.books:extend{ b, c }
shelf.books:insert(2, d)
say(names(shelf.books), d.shelf == shelf, #shelf.books, shelf.books:contains(c))
shelf.books:set(1, Book{ name = "e" })
say(names(shelf.books), a.shelf)
say(shelf.books:pop().name, shelf.books:pop(1).name, names(shelf.books))
shelf.books:remove(d)
refused(function() shelf.books:remove(d) end)
shelf.books = { a, b }
say(names(shelf.books))
shelf.books = { b, c }
say(names(shelf.books), a.shelf)
shelf.books:clear()
say(names(shelf.books))
refused(function() shelf.books:append("x") end)
refused(function() shelf.books = 5 end)
step "set"
local x, y = Cd{ name = "x" }, Cd{ name = "y" }
shelf.cds:add(x)
shelf.cds:add(x)
shelf.cds:add(y)
say(sorted(names(shelf.cds)), #shelf.cds, shelf.cds:contains(x), x.shelf == shelf)
shelf.cds:remove(x)
shelf.cds:discard(x)
refused(function() shelf.cds:remove(x) end)
y.shelf = nil
say(#shelf.cds)
shelf.cds = { x }
say(names(shelf.cds))
step "map"
shelf.by_code.k1 = Box{ code = "k1", size = 1 }
shelf.by_code:set(Box{ code = "k2", size = 2 })
say(sorted(shelf.by_code:keys()), shelf.by_code.k2.size, shelf.by_code:contains("k1"))
Box{ code = "k3", size = 3 }.shelf = shelf
say(sorted(shelf.by_code:keys()), shelf.by_code.k3.shelf == shelf)
local old = shelf.by_code.k1
shelf.by_code.k1 = Box{ code = "k1", size = 10 }
say(old.shelf, shelf.by_code.k1.size, shelf.by_code:get("zz"))
say(shelf.by_code:pop("k3").size, sorted(shelf.by_code:keys()))
step "flush"
local s = am.Session(e)
shelf.books = { a, b }
s:add(shelf)
s:commit()
step "load"
say(names(shelf.books), names(shelf.cds), map(sorted(shelf.by_code:keys()), function(k)
  return { k, shelf.by_code[k].size }
end))
step "map changes"
shelf.by_code.k2 = nil
shelf.by_code.k4 = Box{ code = "k4" }
s:flush()
say(sorted(shelf.by_code:keys()))
shelf.by_code.k4.code = "k5"
s:flush()
say(sorted(shelf.by_code:keys()))
s:expire(shelf)
say(sorted(shelf.by_code:keys()))
shelf.by_code = { k1 = shelf.by_code.k1 }
s:flush()
step "histories"
shelf.books:append(c)
shelf.books:remove(a)
local h = am.inspect(shelf).attrs.books.history
say(names(h.added), names(h.unchanged), names(h.deleted), h:has_changes())
s:flush()
say(am.inspect(shelf).attrs.books.history:has_changes())
step "append to the unloaded"
s:commit()
d.shelf = shelf
p.sql()
say(am.inspect(shelf).unloaded:contains("books"))
say(names(shelf.books))
step "ordering list"
shelf.slides:append(Slide{ name = "s1" })
shelf.slides:append(Slide{ name = "s2" })
shelf.slides:insert(1, Slide{ name = "s0" })
local function positions() return map(shelf.slides, function(slide) return { slide.name, slide.position } end) end
say(positions())
s:flush()
shelf.slides:pop(1)
say(positions())
s:commit()
say(positions())
step "keys by column and function"
local rack = Rack{}
rack.by_no[3] = Disk{ no = 3, kind = "ssd" }
rack.by_no:set(Disk{ no = 4, kind = "hdd" })
s:add(rack)
s:commit()
say(sorted(rack.by_no:keys()), sorted(rack.by_pair:keys()))
p.sql()
s:close()
