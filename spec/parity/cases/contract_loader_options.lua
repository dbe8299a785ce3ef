-- Every loader option named: chains, wildcards, defer groups, with_expression, criteria, of_type, errors of paths.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, Text, ForeignKey = am.Column, am.Integer, am.String, am.Text, am.ForeignKey
local relationship, deferred = am.relationship, am.deferred
local select, func, inspect = am.select, am.func, am.inspect
local selectinload, joinedload, subqueryload = am.selectinload, am.joinedload, am.subqueryload
local defer, raiseload, load_only, contains_eager = am.defer, am.raiseload, am.load_only, am.contains_eager

local Base = am.declarative_base()

local Author = Base:model("Author", {
  __tablename__ = "authors",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  score = am.query_expression(),
  rank = am.query_expression{ default_expr = am.literal(7) },
  books = relationship("Book", { back_populates = "author", order_by = "Book.id" }),
})

local Book = Base:model("Book", {
  __tablename__ = "books",
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "book" },
  id = Column(Integer, { primary_key = true }),
  kind = Column(String(9)),
  title = Column(String(20)),
  blurb = deferred(Column(Text), { group = "texts" }),
  body = deferred(Column(Text), { group = "texts" }),
  isbn = deferred(Column(String(9)), { raiseload = true }),
  author_id = Column(ForeignKey("authors.id")),
  author = relationship(Author, { back_populates = "books" }),
  pages = relationship("Page", { back_populates = "book", order_by = "Page.no" }),
  notes = relationship("Note", { order_by = "Note.id" }),
})

local Audio = Base:model("Audio", {
  __extends__ = Book,
  __tablename__ = "audios",
  __mapper_args__ = { polymorphic_identity = "audio" },
  id = Column(ForeignKey("books.id"), { primary_key = true }),
  minutes = Column(Integer),
})

local Page = Base:model("Page", {
  __tablename__ = "pages",
  id = Column(Integer, { primary_key = true }),
  no = Column(Integer),
  words = Column(Integer),
  book_id = Column(ForeignKey("books.id")),
  book = relationship(Book, { back_populates = "pages" }),
})

local Note = Base:model("Note", {
  __tablename__ = "notes",
  id = Column(Integer, { primary_key = true }),
  hidden = Column(Integer),
  book_id = Column(ForeignKey("books.id")),
})

local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{ Author{ name = "ann", books = {
    Book{ title = "one", blurb = "b1", body = "x", isbn = "i1",
      pages = { Page{ no = 1, words = 10 }, Page{ no = 2, words = 20 } },
      notes = { Note{ hidden = 0 }, Note{ hidden = 1 } } },
        Audio{ title = "two", minutes = 60, pages = { Page{ no = 1, words = 5 } } } } },
    Author{ name = "bob", books = { Book{ title = "three", notes = { Note{ hidden = 1 } } } } },
      Author{ name = "cyd" } }
  s:commit()
end)
p.forget()

local function show(title, options, stmt)
  am.Session(e, function(s)
    step(title)
    local found = s:scalars((stmt or select(Author):order_by(Author.id)):options((table.unpack or unpack)(options)))
      :unique():all()
    sql()
    for _, a in ipairs(found) do
      say(" ", a.name, p.sorted(inspect(a).unloaded),
        map(a.books, function(b) return p.list(b.title, #b.pages, p.sorted(inspect(b).unloaded)) end))
    end
  end)
end

for _, option in ipairs{ "selectinload", "joinedload", "subqueryload", "immediateload", "lazyload" } do
  show(option, { am[option](Author.books) })
end
show("chain", { selectinload(Author.books):joinedload(Book.pages) })
show("chain of options", { joinedload(Author.books)
  :options(subqueryload(Book.pages):load_only(Page.no), selectinload(Book.notes),
  defer(Book.title)) })
show("default then", { am.defaultload(Author.books):selectinload(Book.pages) })
show("innerjoin", { joinedload(Author.books, { innerjoin = true }) })
show("wildcards", { selectinload("*") })
show("columns", { load_only(Author.name), selectinload(Author.books):load_only(Book.title, Book.blurb) })
show("defer", { defer(Author.name), selectinload(Author.books):defer(Book.title):undefer(Book.body) })
show("undefer", { selectinload(Author.books):undefer_group("texts"), selectinload(Author.books):undefer(Book.isbn) })
show("undefer all", { selectinload(Author.books):undefer("*") })
show("noload", { am.noload(Author.books) })
show("polymorphic", { selectinload(Author.books):selectin_polymorphic{ Audio } })
show("of_type", { selectinload(Author.books:of_type(Audio)):undefer(Audio.blurb) })
show("criteria on path", { selectinload(Author.books:and_(Book.title:ne("one"))) })
show("contains_eager", { contains_eager(Author.books):contains_eager(Book.pages) },
  select(Author):join(Author.books):join(Book.pages):where(Page.words:gt(5)):order_by(Author.id, Book.id, Page.id))
local alias = am.aliased(Book)
show("contains_eager of alias", { contains_eager(Author.books:of_type(alias)) },
  select(Author):join(Author.books:of_type(alias)):where(alias.title:eq("three")))
show("Load", { am.Load(Author):selectinload(Author.books):selectinload(Book.pages) })
show("sublevel defaults", { selectinload(Author.books):joinedload("*") })
am.Session(e, function(s)
  step "with_expression"
  local stmt = select(Author):order_by(Author.id)
  local function pair(a) return p.list(a.score, a.rank) end
  say(map(s:scalars(stmt), pair))
  local count = select(func.count(Book.id)):where(Book.author_id:eq(Author.id)):scalar_subquery()
  say(map(s:scalars(stmt:options(am.with_expression(Author.score, count),
    am.with_expression(Author.rank, Author.id * 2))
    :execution_options{ populate_existing = true }), pair))
  say(s:scalars(stmt):first().score)
end)
am.Session(e, function(s)
  step "with_loader_criteria"
  local stmt = select(Book):order_by(Book.id):options(am.with_loader_criteria(Note, Note.hidden:eq(0)),
    selectinload(Book.notes))
  say(map(s:scalars(stmt), function(b) return #b.notes end))
  s:expunge_all()
  stmt = select(Book):order_by(Book.id):options(am.with_loader_criteria(Note, function(cls) return cls.hidden:eq(1) end,
    { include_aliases = true }))
  local first = s:scalars(stmt):first()
  sql()
  say(#first.notes)
  s:expire(first, { "notes" })
  say(#first.notes)
  say(s:scalars(select(Book.title):join(Book.notes):options(am.with_loader_criteria(Note, Note.hidden:eq(0)))):all())
end)
am.Session(e, function(s)
  step "raiseload"
  local a = s:scalars(select(Author):options(raiseload(Author.books))):first()
  p.error(function() return a.books end)
  s:expunge_all()
  local b = s:scalars(select(Book):options(raiseload("*"), selectinload(Book.pages)):order_by(Book.id)):first()
  say(#b.pages)
  p.error(function() return b.author end)
  p.error(function() return b.pages[1].book end)
  p.error(function() return b.isbn end)
  s:expunge_all()
  b = s:scalars(select(Book):options(raiseload("*", { sql_only = true })):order_by(Book.id)):first()
  p.error(function() return b.author end)
  s:expunge_all()
  a = s:get(Author, 1)
  b = s:scalars(select(Book):options(raiseload("*", { sql_only = true })):order_by(Book.id)):first()
  say(b.author.name)
  b = s:scalars(select(Book):options(defer(Book.title, { raiseload = true }))
    :execution_options{ populate_existing = true }
    :order_by(Book.id)):first()
  p.error(function() return b.title end)
  b = s:scalars(select(Book):options(load_only(Book.title, { raiseload = true }))
    :execution_options{ populate_existing = true }
    :order_by(Book.id)):first()
  say(b.title)
  p.error(function() return b.author_id end)
end)
am.Session(e, function(s)
  step "errors"
  p.error(function() return s:scalars(select(Book):options(selectinload(Author.books))):all() end)
  p.error(function() return selectinload(Author.books):joinedload(Author.books) end)
  p.error(function() return s:scalars(select(Author):options(joinedload(Author.name))):all() end)
  p.error(function() return selectinload("books") end)
  p.error(function() return s:scalars(select(Author):options(joinedload(Author.books))):all() end)
  p.error(function() return load_only("name") end)
  p.error(function() return s:scalars(select(Author.name):options(selectinload(Author.books))):all() end)
  p.error(function() return s:scalars(select(Author):options("books")):all() end)
end)
sql()
