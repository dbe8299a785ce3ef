-- merge: copies onto persistent objects, cascades, load = false, composite keys, versions and their errors.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local Base = am.declarative_base()
local Author = Base:model("Author", {
  __tablename__ = "author",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(50)),
  bio = am.Column(am.String(50), { default = "none" }),
  books = am.relationship("Book", {
    back_populates = "author", cascade = "all, delete-orphan", order_by = "Book.id",
  }),
  notes = am.relationship("Note", { cascade = "save-update", order_by = "Note.id" }),
})
local Book = Base:model("Book", {
  __tablename__ = "book",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(50)),
  author_id = am.Column(am.ForeignKey("author.id")),
  author = am.relationship("Author", { back_populates = "books" }),
})
local Note = Base:model("Note", {
  __tablename__ = "note",
  id = am.Column(am.Integer, { primary_key = true }),
  body = am.Column(am.String(50)),
  author_id = am.Column(am.ForeignKey("author.id")),
})
local Line = Base:model("Line", {
  __tablename__ = "line",
  order_no = am.Column(am.Integer, { primary_key = true }),
  pos = am.Column(am.Integer, { primary_key = true }),
  qty = am.Column(am.Integer),
  version = am.Column(am.Integer, { nullable = false }),
  __mapper_args__ = { version_id_col = "version" },
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local inspect = am.inspect

local function titles(books)
  local list = {}
  for i, b in ipairs(books) do list[i] = b.title end
  return list
end

step "nothing there yet"
local given = Author{ id = 1, name = "eve", books = { Book{ id = 1, title = "a" }, Book{ id = 2, title = "b" } } }
local got = session:merge(given)
say(got == given, inspect(given).transient, inspect(got).pending, titles(got.books))
say(inspect(got.books[1]).pending, got.books[1].author == got, got.bio)
session:commit()
say(got.bio)

step "onto a persistent object; absent attributes stay"
got = session:merge(Author{ id = 1, bio = "poet" })
say(got.name, got.bio, inspect(got).attrs.bio.history)
session:commit()

step "a collection is replaced, its orphans deleted"
got = session:merge(Author{ id = 1, books = { Book{ id = 2, title = "B" }, Book{ id = 3, title = "c" } } })
say(titles(got.books), #session.new, #session.dirty)
session:commit()
local listed = {}
for i, b in ipairs(got.books) do listed[i] = { b.id, b.title } end
say(listed)

step "no merge cascade"
got = session:merge(Author{ id = 1, notes = { Note{ id = 1, body = "n" } } })
say(#got.notes, #session.new)
session:rollback()
p.sql()

step "detached with changes"
local other = am.Session(e)
local away = other:get(Author, 1, { options = { am.selectinload(Author.books) } })
other:expunge_all()
other:close()
away.name = "EVE"
away.books[1].title = "BB"
say(inspect(away).detached, inspect(away).modified)
got = session:merge(away)
say(got.name, got.books[1].title, got == away, inspect(away).detached, inspect(got).attrs.name.history)
session:commit()

step "load=False"
other = am.Session(e)
away = other:get(Author, 1, { options = { am.joinedload(Author.books) } })
other:close()
p.forget()
local cache = am.Session(e)
local seen = {}
am.event.listen(cache, "before_flush", function() seen[#seen + 1] = "flush" end)
got = cache:merge(away, { load = false })
say(got.name, #got.books, inspect(got).persistent, inspect(got).modified, cache.dirty)
say(got.books[1] == away.books[1], inspect(got.books[1]).persistent)
cache:flush()
say(seen)
away.name = "dirty"
error_of(function() cache:merge(away, { load = false }) end)
error_of(function() cache:merge(Author{ id = 5 }, { load = false }) end)
cache:close()
p.sql()

step "merge with options"
got = session:merge(Author{ id = 1, name = "opt" }, { options = { am.selectinload(Author.books) } })
say(p.sorted(inspect(got).unloaded))
session:rollback()

step "what is in the session already is given back"
local mine = session:get(Author, 1)
say(session:merge(mine) == mine)
local new = Author{ id = 2, name = "new" }
session:add(new)
say(session:merge(new) == new)
session:rollback()

step "composite keys and versions"
session:add(Line{ order_no = 1, pos = 1, qty = 3 })
session:commit()
local old = Line{ order_no = 1, pos = 1, qty = 4, version = 1 }
got = session:merge(old)
session:commit()
say(got.qty, got.version)
error_of(function() session:merge(Line{ order_no = 1, pos = 1, qty = 5, version = 1 }) end)
session:rollback()
got = session:merge(Line{ order_no = 2, pos = am.null, qty = 1 })
say(session.new:contains(got))
error_of(function() session:flush() end)
session:rollback()
error_of(function() session:merge("no object") end)
p.sql()
session:close()
