-- Objects that are deleted a second time, come back after a rollback, or are asked for while they are marked.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, inspect = am.Column, am.Integer, am.String, am.ForeignKey, am.inspect

local Base = am.declarative_base()
local Shelf = Base:model("Shelf", {
  __tablename__ = "shelf",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  books = am.relationship("Book", { order_by = "Book.id" }),
  labels = am.relationship("Label", { collection_class = am.attribute_keyed_dict("name"), back_populates = "shelf" }),
})
local Book = Base:model("Book", {
  __tablename__ = "book",
  id = Column(Integer, { primary_key = true }),
  shelf_id = Column(ForeignKey("shelf.id", { name = "fk_shelf" })),
  next_id = Column(ForeignKey("book.id", { name = "fk_next" })),
  next = am.relationship("Book", { remote_side = "Book.id" }),
})
local Label = Base:model("Label", {
  __tablename__ = "label",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  shelf_id = Column(ForeignKey("shelf.id", { name = "fk_label_shelf" })),
  shelf = am.relationship(Shelf, { back_populates = "labels" }),
})

local function life(obj)
  local state = inspect(obj)
  say(p.collect({ "transient", "pending", "persistent", "deleted", "detached" }, function(name)
    return state[name] and name or nil
  end))
end

local function keys(labels)
  local list = {}
  for key in labels:items() do list[#list + 1] = key end
  return p.sorted(list)
end

local e = p.engine()
Base.metadata:create_all(e, { checkfirst = false })
p.forget()
local s = am.Session(e)

step "another key, then deleted again"
local shelf = Shelf { id = 1, name = "top" }
s:add(shelf)
s:flush()
s:delete(shelf)
shelf.id = nil
s:flush()
s:delete(shelf)
s:flush()
life(shelf)
s:rollback()
step "a child that came too late is nobody's"
s.autoflush = false
shelf = Shelf { id = 1, name = "top" }
s:add(shelf)
s:commit()
s:delete(shelf)
local book = Book { id = 1 }
shelf.books:append(book)
s:flush()
s:delete(shelf)
s:flush()
say(book.shelf_id)
life(shelf)
s:commit()
life(shelf)
step "stored, deleted, rolled back, added, rolled back"
for _, name in ipairs { "deleted_to_detached", "pending_to_transient", "persistent_to_transient",
  "transient_to_pending" } do
  am.event.listen(am.Session, name, function() say(name) end)
end
shelf = Shelf { id = 2 }
s:add(shelf)
s:flush()
s:delete(shelf)
s:flush()
s:rollback()
s:add(shelf)
s:rollback()
life(shelf)
s:add(shelf)
s:expunge(shelf)
life(shelf)
s:add(shelf)
s:expunge_all()
life(shelf)
s:add(shelf)
s:commit()
s:delete(shelf)
s:commit()
step "an expired object that is marked is asked for"
s.autoflush = true
shelf = Shelf { id = 3, name = "low" }
s:add(shelf)
s:commit()
s:expire(shelf)
local marked = Book { id = 7 }
s:add(marked)
s:commit()
s:delete(marked)
say(s:get(Book, 7))
life(marked)
s:commit()
step "refresh() of a reference to the same class"
local first, second = Book { id = 10 }, Book { id = 11 }
second.next = first
s:add_all { first, second }
s:commit()
s:refresh(second, { "next" })
say(inspect(second).dict.next ~= nil, second.next == first, inspect(first).dict.shelf_id ~= nil)
s:expunge(first)
s:expire(second)
s:refresh(second, { "next" })
say(inspect(second).dict.next ~= nil)
say(second.next.id)
step "merge() into a dictionary"
am.event.listen(Shelf.labels, "bulk_replace", function(_, values) say("bulk", #values) end)
am.event.listen(Shelf.labels, "append", function(_, value) say("append", value.name) end)
am.event.listen(Shelf.labels, "remove", function(_, value) say("remove", value.name) end)
shelf.labels.a = Label { id = 1, name = "a" }
shelf.labels.b = Label { id = 2, name = "b" }
s:commit()
local before = shelf.labels
local copy = Shelf { id = 3, name = "copy" }
copy.labels = { b = Label { id = 2, name = "b" }, c = Label { id = 3, name = "c" } }
local merged = s:merge(copy)
say(merged == shelf, keys(merged.labels), rawequal(merged.labels, before), keys(before))
s:commit()
say(keys(shelf.labels))
copy = Shelf { id = 3, name = "empty" }
copy.labels = {}
s:merge(copy)
s:commit()
say(keys(shelf.labels))
step "end"
