-- Columns that are loaded later or not: deferred, groups, load_only, defer, undefer, raiseload, expressions.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, map_rows, list, sorted
  = parity.say, parity.step, parity.map, parity.map_rows, parity.list, parity.sorted

local Base = am.declarative_base()

local Author = Base:model("Author", {
  __tablename__ = "authors",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  bio = am.Column(am.Text),
  books = am.relationship("Book", { back_populates = "author", order_by = "Book.id" }),
})

local book_id = am.Column(am.Integer, { primary_key = true })
local book_title = am.Column(am.String(30))
local Book = Base:model("Book", {
  __tablename__ = "books",
  id = book_id,
  title = book_title,
  author_id = am.Column(am.ForeignKey("authors.id")),
  summary = am.deferred(am.Column(am.Text)),
  cover = am.deferred(am.Column(am.Text), { group = "files" }),
  sample = am.deferred(am.Column(am.Text), { group = "files" }),
  secret = am.deferred(am.Column(am.Text), { raiseload = true }),
  shout = am.column_property(am.func.upper(book_title), { deferred = true }),
  score = am.query_expression(),
  rank = am.query_expression{ default_expr = am.literal(7) },
  author = am.relationship("Author", { back_populates = "books" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add(
    Author{
      id = 1,
      name = "ann",
      bio = "long",
      books = {
        Book{ id = 1, title = "one", summary = "s1", cover = "c1", sample = "x1", secret = "z1" },
        Book{ id = 2, title = "two", summary = "s2", cover = "c2", sample = "x2", secret = "z2" }
      }
    }
  )
  s:commit()
end)
parity.forget()

local function unloaded(o)
  return sorted(am.inspect(o).unloaded)
end

step "as mapped"
am.Session(e, function(s)
  local one, two = (table.unpack or unpack)(s:scalars(am.select(Book):order_by(Book.id)):all())
  say(unloaded(one))
  step "summary alone"
  say(one.summary, unloaded(one))
  step "a group loads together"
  say(one.cover)
  say(one.sample)
  step "raiseload of a column"
  parity.error(function() return one.secret end)
  step "an expression"
  say(one.shout, one.score, one.rank)
  step "assigning a deferred column loads nothing"
  two.summary = "changed"
  say(am.inspect(two).attrs.summary.history, unloaded(two))
  s:flush()
end)
step "undefer, undefer_group"
am.Session(e, function(s)
  local one = s
    :scalars(
      am.select(Book)
        :options(am.undefer(Book.summary), am.undefer_group("files"), am.undefer(Book.secret))
        :where(Book.id:eq(1))
    )
    :one()
  say(unloaded(one), one.secret)
end)
am.Session(e, function(s)
  local one = s:scalars(am.select(Book):options(am.undefer("*")):where(Book.id:eq(1))):one()
  say(unloaded(one))
end)
step "defer"
am.Session(e, function(s)
  local one = s
    :scalars(
      am.select(Book)
        :options(am.defer(Book.title), am.defer(Book.author_id, { raiseload = true }))
        :where(Book.id:eq(1))
    )
    :one()
  say(unloaded(one))
  say(one.title)
  parity.error(function() return one.author_id end)
end)
step "load_only"
am.Session(e, function(s)
  local one = s:scalars(am.select(Book):options(am.load_only(Book.title)):where(Book.id:eq(1))):one()
  say(unloaded(one))
  say(one.author_id)
end)
am.Session(e, function(s)
  local one = s
    :scalars(
      am.select(Book):options(am.load_only(Book.title, Book.summary, { raiseload = true })):where(Book.id:eq(1))
    )
    :one()
  say(unloaded(one), one.summary)
  parity.error(function() return one.author_id end)
  parity.error(function() return one.cover end)
end)
step "load_only along a relationship"
am.Session(e, function(s)
  local stmt = am.select(Author):options(
    am.load_only(Author.name),
    am.selectinload(Author.books):load_only(Book.title)
  )
  local ann = s:scalars(stmt):one()
  say(unloaded(ann), map(ann.books, function(b) return unloaded(b) end))
end)
am.Session(e, function(s)
  local stmt = am.select(Author):options(
    am.joinedload(Author.books):options(am.load_only(Book.title), am.undefer(Book.cover))
  )
  local ann = s:scalars(stmt):unique():one()
  say(map(ann.books, function(b) return list(b.title, b.cover) end))
end)
am.Session(e, function(s)
  step "defaultload"
  local ann = s
    :scalars(am.select(Author):options(am.defaultload(Author.books):load_only(Book.title):undefer(Book.summary)))
    :one()
  say(unloaded(ann))
  say(map(ann.books, function(b) return b.title .. b.summary end))
end)
step "two entities"
am.Session(e, function(s)
  local stmt = am.select(Author, Book)
    :join(Author.books)
    :options(am.Load(Author):load_only(Author.name), am.Load(Book):defer(Book.title))
    :order_by(Book.id)
  say(map_rows(s:execute(stmt), function(a, b) return list(unloaded(a), unloaded(b)) end))
end)
am.Session(e, function(s)
  local b2 = am.aliased(Book, { name = "b2" })
  local stmt = am.select(b2):options(am.load_only(b2.title)):order_by(b2.id)
  say(map(s:scalars(stmt), function(b) return b.title end))
end)
step "with_expression"
am.Session(e, function(s)
  local stmt = am.select(Book)
    :options(am.with_expression(Book.score, Book.id * 10), am.with_expression(Book.rank, Book.id + 1))
    :order_by(Book.id)
  local books = s:scalars(stmt):all()
  say(map(books, function(b) return list(b.score, b.rank) end))
  say(map(s:scalars(am.select(Book):order_by(Book.id)), function(b) return list(b.score, b.rank) end))
  step "expired"
  s:expire_all()
  local one = s:get(Book, 1)
  say(one.score, one.rank, one.title)
end)
step "with_expression by a relationship"
am.Session(e, function(s)
  local stmt = am.select(Author):options(
    am.selectinload(Author.books):options(am.with_expression(Book.score, am.func.length(Book.title)))
  )
  local ann = s:scalars(stmt):one()
  say(map(ann.books, function(b) return b.score end))
  local again = s
    :scalars(am.select(Book):options(am.with_expression(Book.score, am.literal(99))):order_by(Book.id))
    :all()
  say(map(again, function(b) return b.score end))
  again = s
    :scalars(
      am.select(Book)
        :options(am.with_expression(Book.score, am.literal(99)))
        :order_by(Book.id)
        :execution_options{ populate_existing = true }
    )
    :all()
  say(map(again, function(b) return b.score end))
end)
step "a new object"
local fresh = Book{ title = "new" }
say(fresh.summary, fresh.score, fresh.rank, unloaded(fresh))
step "refresh and expire of deferred columns"
am.Session(e, function(s)
  local one = s:get(Book, 1)
  say(one.summary)
  s:expire(one)
  say(one.title, unloaded(one))
  step "refresh with names"
  s:refresh(one, { "summary", "cover" })
  say(unloaded(one))
  step "wrong use"
  parity.error(function() return am.load_only("title") end)
  parity.error(function() return s:scalars(am.select(Author):options(am.load_only(Book.title))):all() end)
  parity.error(function()
    return am.undefer(Author.books) and s:scalars(am.select(Author):options(am.undefer(Author.books))):all()
  end)
  parity.error(function() return s:scalars(am.select(Author):options(am.selectinload(Book.author))):all() end)
end)
step "end"
