-- inspect(obj): attrs, values, histories with passive flags, committed_state, keys, states; attribute functions.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_of, map = p.say, p.step, p.sql, p.error, p.map
local select, inspect, get_history = am.select, am.inspect, am.get_history

local Base = am.declarative_base()
local Shelf = Base:model("Shelf", {
  __tablename__ = "shelf",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  note = am.deferred(am.Column(am.String(50))),
  books = am.relationship("Book", { back_populates = "shelf", order_by = "Book.id" }),
})
local Book = Base:model("Book", {
  __tablename__ = "book",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(20)),
  shelf_id = am.Column(am.ForeignKey("shelf.id")),
  shelf = am.relationship(Shelf, { back_populates = "books" }),
})

local db = p.engine()
Base.metadata:create_all(db)
p.forget()
local session = am.Session(db)

local function keys(map_of)
  local out = {}
  for key in pairs(map_of) do out[#out + 1] = key end
  return p.sorted(out)
end

local function show(obj)
  local i = inspect(obj)
  say(keys(i.dict), p.sorted(i.unloaded), p.sorted(i.expired_attributes), p.sorted(i.unmodified), i.modified,
    keys(i.committed_state), i.has_identity, i.key and i.key[2], i.identity)
end

step "transient"
local shelf = Shelf{ name = "s" }
local i = inspect(shelf)
show(shelf)
say(i.object == shelf, i:obj() == shelf, i.class_, i.mapper.class_, i.session, i.is_instance, i.was_deleted)
say(map(i.attrs, function(a) return a.key end), i.attrs.name.value, i.attrs.name.loaded_value,
  i.attrs.note.loaded_value == am.NO_VALUE)
say(i.attrs.name.history, i.attrs.books.history, i.attrs.note.history, i.attrs.id.history)
show(shelf)
say(shelf.note, shelf.books)
show(shelf)

step "pending and persistent"
shelf.books:append(Book{ title = "one" })
session:add(shelf)
show(shelf)
session:flush()
show(shelf)
session:commit()
show(shelf)
say(shelf.id)
show(shelf)
say(i.identity_key[2], i.identity_token, i.persistent, inspect(i) == i, i.session == session)

step "history and loading"
p.forget()
say(get_history(shelf, "books", am.PASSIVE_NO_INITIALIZE))
sql()
say(i.attrs.books.history, i.attrs.note.history)
sql()
say(i.attrs.books:load_history())
sql()
shelf.note = "text"
say(i.attrs.note.history, i.attrs.note:load_history())
sql()
session:rollback()
say(shelf.name)
p.forget()
shelf.name = "new"
say(i.attrs.name.history, i.committed_state, i:unmodified_intersection{ "name", "id" })
shelf.books = {}
sql()
local books = i.attrs.books.history
say(books.deleted[1].title, books:sum()[1].title, books:has_changes(), books:non_added()[1].title, books:empty(),
  i.attrs.name.history:non_deleted())
session:rollback()

step "functions"
am.set_attribute(shelf, "name", "set")
say(am.get_attribute(shelf, "name"), get_history(shelf, "name"))
session:flush()
am.del_attribute(shelf, "name")
say(get_history(shelf, "name"))
session:rollback()
am.set_committed_value(shelf, "name", "committed")
say(shelf.name, get_history(shelf, "name"), session.dirty:contains(shelf))
am.set_committed_value(shelf, "books", { Book{ id = 1, title = "fake" } })
say(map(shelf.books, function(b) return b.title end), get_history(shelf, "books"), session:contains(shelf.books[1]))
am.flag_modified(shelf, "name")
say(get_history(shelf, "name"), session.dirty:contains(shelf), session:is_modified(shelf))
p.forget()
session:flush()
sql()
am.flag_dirty(shelf)
say(session.dirty:contains(shelf), session:is_modified(shelf), inspect(shelf).modified)
session:flush()
sql()
session:rollback()
local fresh = Shelf{ name = "f" }
error_of(function() am.flag_modified(fresh, "note") end)
session:expire(shelf)
error_of(function() am.flag_modified(shelf, "name") end)
local collection = am.init_collection(fresh, "books")
collection:append_without_event(Book{ title = "quiet" })
say(map(fresh.books, function(b) return b.title end), fresh.books[1].shelf)

step "del"
say(shelf.name, shelf.note)
am.del_attribute(shelf, "name")
say(i.attrs.name.history)
session:rollback()
local book = session:scalars(select(Book)):first()
say(book.shelf.name)
am.del_attribute(book, "shelf")
say(i.attrs.books.history, inspect(book).attrs.shelf.history, book.shelf)
session:flush()
say(book.shelf_id)
session:rollback()

step "detached and deleted"
session:expunge(shelf)
say(i.detached, i.session, i.key[2], am.object_session(shelf))
session:add(shelf)
session:delete(session:scalars(select(Book)):first())
session:delete(shelf)
say(i.persistent, i.deleted, session.deleted:contains(shelf))
session:flush()
say(i.persistent, i.deleted, i.was_deleted, i.session == session)
session:commit()
say(i.detached, i.deleted, i.was_deleted, i.session)

step "what inspect refuses"
for _, thing in ipairs{ {}, 5, "text" } do
  error_of(function() inspect(thing) end)
end
say(inspect("text", { raiseerr = false }), inspect(Shelf).is_mapper, inspect(Shelf) == Shelf.__mapper__)
