-- Every loader strategy on the same three levels: the statements when it loads and when it is touched.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, list, sorted = parity.say, parity.step, parity.map, parity.list, parity.sorted

local Base = am.declarative_base()
local book_tag = am.Table(
  "book_tag",
  Base.metadata,
  am.Column("book_id", am.ForeignKey("books.id"), { primary_key = true }),
  am.Column("tag_id", am.ForeignKey("tags.id"), { primary_key = true })
)

local Author = Base:model("Author", {
  __tablename__ = "authors",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30), { nullable = false }),
  books = am.relationship("Book", { back_populates = "author", order_by = "Book.id" }),
})

local Book = Base:model("Book", {
  __tablename__ = "books",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(30)),
  author_id = am.Column(am.ForeignKey("authors.id")),
  author = am.relationship("Author", { back_populates = "books" }),
  tags = am.relationship("Tag", { secondary = book_tag, back_populates = "books", order_by = "Tag.name" }),
})

local Tag = Base:model("Tag", {
  __tablename__ = "tags",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  books = am.relationship("Book", { secondary = book_tag, back_populates = "tags", order_by = "Book.id" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local red, blue = Tag{ id = 1, name = "red" }, Tag{ id = 2, name = "blue" }
  s:add_all{
    Author{
      id = 1,
      name = "ann",
      books = { Book{ id = 1, title = "a1", tags = { red, blue } }, Book{ id = 2, title = "a2", tags = { red } } }
    },
    Author{ id = 2, name = "bob", books = { Book{ id = 3, title = "b1", tags = { blue } } } },
    Author{ id = 3, name = "cid" },
    Book{ id = 4, title = "orphan" }
  }
  s:commit()
end)
parity.forget()

local function tree(authors)
  return map(authors, function(a)
    return list(
      a.name,
      map(a.books, function(b) return list(b.title, map(b.tags, function(t) return t.name end)) end)
    )
  end)
end

for _, name in ipairs { "lazyload", "selectinload", "joinedload", "subqueryload", "immediateload" } do
  local option = am[name]
  step(name .. " one level")
  am.Session(e, function(s)
    local authors = s:scalars(am.select(Author):options(option(Author.books)):order_by(Author.id)):unique():all()
    say(map(authors, function(a) return sorted(am.inspect(a).unloaded) end))
    step(name .. " touched")
    say(tree(authors))
  end)
  step(name .. " two levels")
  am.Session(e, function(s)
    local stmt = am.select(Author):options(option(Author.books):options(option(Book.tags))):order_by(Author.id)
    local authors = s:scalars(stmt):unique():all()
    say(tree(authors))
  end)
  step(name .. " many to one")
  am.Session(e, function(s)
    local books = s:scalars(am.select(Book):options(option(Book.author)):order_by(Book.id)):all()
    say(map(books, function(b) return sorted(am.inspect(b).unloaded) end))
    say(map(books, function(b) return b.author and b.author.name end))
  end)
  step(name .. " many to many from the other side")
  am.Session(e, function(s)
    local tags = s
      :scalars(am.select(Tag):where(Tag.name:ne("green")):options(option(Tag.books)):order_by(Tag.id))
      :unique()
      :all()
    say(map(tags, function(t) return list(t.name, map(t.books, function(b) return b.title end)) end))
  end)
end

step "mixed strategies"
am.Session(e, function(s)
  local stmt = am.select(Author)
    :options(am.joinedload(Author.books):selectinload(Book.tags))
    :order_by(Author.id:desc())
  say(tree(s:scalars(stmt):unique()))
end)
am.Session(e, function(s)
  step "selectin then joined"
  local stmt = am.select(Author):options(am.selectinload(Author.books):joinedload(Book.tags)):order_by(Author.id)
  say(tree(s:scalars(stmt)))
end)
am.Session(e, function(s)
  step "subquery then selectin"
  local stmt = am.select(Author)
    :where(Author.name:in_{ "ann", "bob" })
    :options(am.subqueryload(Author.books):selectinload(Book.tags))
    :order_by(Author.id)
  say(tree(s:scalars(stmt)))
end)

step "raiseload"
am.Session(e, function(s)
  local ann = s:scalars(am.select(Author):options(am.raiseload(Author.books)):where(Author.id:eq(1))):one()
  say(parity.error(function() return ann.books end) ~= nil, sorted(am.inspect(ann).unloaded))
  local book = s
    :scalars(
      am.select(Book)
        :options(am.raiseload(Book.author, { sql_only = true }), am.raiseload(Book.tags, { sql_only = true }))
        :where(Book.id:eq(1))
    )
    :one()
  say(book.author.name)
  parity.error(function() return book.tags end)
  local other = s
    :scalars(am.select(Book):options(am.raiseload(Book.author, { sql_only = true })):where(Book.id:eq(3)))
    :one()
  parity.error(function() return other.author end)
  local fresh = Author{ name = "new" }
  say(fresh.books)
end)
step "noload"
am.Session(e, function(s)
  local ann = s:scalars(am.select(Author):options(am.noload(Author.books)):where(Author.id:eq(1))):one()
  say(ann.books, am.inspect(ann).unloaded:contains("books"))
  local book = s:scalars(am.select(Book):options(am.noload(Book.author)):where(Book.id:eq(1))):one()
  say(book.author)
end)
step "many to one from the identity map"
am.Session(e, function(s)
  local ann = s:get(Author, 1)
  say(s:get(Book, 1).author == ann)
  say(s:get(Book, 4).author)
end)
step "end"
