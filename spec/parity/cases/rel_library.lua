-- Relationships, a library: one-to-many, many-to-one, one-to-one, many-to-many, association object; both sides at
-- once in memory, histories, cascades, delete-orphan, order_by, backref, and what each flush says.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map

local Base = am.declarative_base()
local tagging = am.Table("tagging", Base.metadata, am.Column("book_id", am.ForeignKey("books.id"),
  { primary_key = true }),
  am.Column("tag_id", am.ForeignKey("tags.id"), { primary_key = true }))

local Author = Base:model("Author", {
  __tablename__ = "authors",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  books = am.relationship("Book", { back_populates = "author", order_by = "Book.title.desc()",
    cascade = "all, delete-orphan" }),
  card = am.relationship("Card", { back_populates = "owner", uselist = false, cascade = "all, delete-orphan" }),
})

local Card = Base:model("Card", {
  __tablename__ = "cards",
  id = am.Column(am.Integer, { primary_key = true }),
  owner_id = am.Column(am.ForeignKey("authors.id")),
  owner = am.relationship(Author, { back_populates = "card" }),
})

local Book = Base:model("Book", {
  __tablename__ = "books",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(20)),
  author_id = am.Column(am.ForeignKey("authors.id")),
  author = am.relationship(Author, { back_populates = "books" }),
  tags = am.relationship("Tag", { secondary = tagging, backref = am.backref("books", { order_by = "Book.id" }),
    order_by = "Tag.name" }),
  loans = am.relationship("Loan", { back_populates = "book", cascade = "all, delete-orphan" }),
})

local Tag = Base:model("Tag", {
  __tablename__ = "tags",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
})

local Reader = Base:model("Reader", {
  __tablename__ = "readers",
  id = am.Column(am.Integer, { primary_key = true }),
  loans = am.relationship("Loan", { back_populates = "reader" }),
})

local Loan = Base:model("Loan", {
  __tablename__ = "loans",
  book_id = am.Column(am.ForeignKey("books.id"), { primary_key = true }),
  reader_id = am.Column(am.ForeignKey("readers.id"), { primary_key = true }),
  days = am.Column(am.Integer),
  book = am.relationship(Book, { back_populates = "loans" }),
  reader = am.relationship(Reader, { back_populates = "loans" }),
})

local function titles(xs) return map(xs, function(b) return b.title end) end
local function names(xs) return map(xs, function(t) return t.name end) end

local function hist(o, k)
  local h = am.inspect(o).attrs[k].history
  local function part(list)
    return map(list or {}, function(x)
      if x == nil or x == am.null then return nil end
      local class = am.inspect(x).class_
      return class == Book and x.title or (class == Author or class == Tag) and x.name or class.__name__
    end)
  end
  return { part(h.added), part(h.unchanged), part(h.deleted) }
end

local e = parity.engine()
Base.metadata:create_all(e)
parity.forget()
local s = am.Session(e)
step("memory")
local le, poe = Author{ id = 1, name = "Le" }, Author{ id = 2, name = "Poe" }
local a, b, c = Book{ id = 1, title = "A" }, Book{ id = 2, title = "B" }, Book{ id = 3, title = "C" }
le.books = { a, b }
c.author = le
say(titles(le.books), a.author == le, hist(le, "books"), hist(c, "author"))
b.author = poe
say(titles(le.books), titles(poe.books))
le.card = Card{ id = 1 }
say(le.card.owner == le, hist(le, "card"))
local scifi, old = Tag{ id = 1, name = "scifi" }, Tag{ id = 2, name = "old" }
a.tags:append(scifi)
old.books:extend{ a }
say(names(a.tags), titles(scifi.books), names(b.tags))
s:add(le)
say(s:contains(b), s:contains(poe), s:contains(scifi), s:contains(old), s:contains(c))
s:commit()
step("loaded")
say(titles(le.books), titles(poe.books), le.card.id, names(a.tags))
step("move")
c.author = poe
say(titles(le.books), titles(poe.books), hist(le, "books"), hist(c, "author"), hist(poe, "books"))
s:flush()
step("replace card")
le.card = Card{ id = 2 }
say(hist(le, "card"))
s:flush()
step("orphan")
le.books:remove(a)
say(hist(le, "books"), a.author, s.dirty:contains(a))
s:flush()
say(am.inspect(a).deleted, s:contains(a))
sql()
s:commit()
say(am.inspect(a).detached, s:scalars(am.select(tagging.c.book_id):order_by(tagging.c.book_id)):all())
step("tags")
c.tags = { scifi, old }
c.tags:remove(old)
old.books:append(c)
s:commit()
sql()
c.tags = { scifi }
s:flush()
sql()
scifi.books:clear()
s:flush()
sql()
say(names(c.tags), hist(c, "tags"))
step("association object")
local r = Reader{ id = 1 }
s:add(r)
s:no_autoflush(function()
  c.loans:append(Loan{ reader = r, days = 7 })
  Loan{ book = b, reader = r, days = 3 }
  say(#r.loans, #b.loans, #s.new)
end)
s:commit()
sql()
local sorted = parity.collect(r.loans, function(l) return l end)
table.sort(sorted, function(x, y) return x.days < y.days end)
say(map(sorted, function(l) return { l.book.title, l.days } end))
c.loans:pop()
s:add(Loan{ book = b, reader = r, days = 4 })
s:commit()
sql()
say(map(r.loans, function(l) return l.book.title end))
step("delete parent")
b.author = le
r.loans[1].days = 9
s:delete(poe)
say(map(s.deleted, function(x) return am.inspect(x).class_.__name__ end))
s:commit()
sql()
say(s:scalar(am.select(am.func.count()):select_from(Loan)), s:scalar(am.select(am.func.count()):select_from(Book)))
step("wrong")
parity.refused(function() le.books:append(Card()) end)
parity.refused(function() le.books = nil end)
parity.refused(function() le.card = Book() end)
parity.refused(function() le.books:remove(a) end)
parity.refused(function() return Author{ library = 1 } end)
say(titles(le.books))
s:delete(le.card)
s:commit()
sql()
say(le.card)
