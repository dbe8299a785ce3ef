-- The programs of the page about column loading options: load_only, defer, raiseload, undefer, groups, wildcards,
-- mapped deferral, bundles, query_expression with defaults, imperatively mapped columns.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map


local Base = am.declarative_base()

local User = Base:model("User", {
  __tablename__ = "user_account",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  fullname = am.Column(am.String(30)),
  books = am.relationship("Book", { back_populates = "owner", order_by = "Book.id" }),
})

local Book = Base:model("Book", {
  __tablename__ = "book",
  id = am.Column(am.Integer, { primary_key = true }),
  owner_id = am.Column(am.ForeignKey("user_account.id")),
  title = am.Column(am.String(30)),
  summary = am.Column(am.Text, { deferred = true }),
  cover_photo = am.Column(am.LargeBinary, { deferred = true, deferred_group = "book_attributes" }),
  cover_text = am.Column(am.Text, { deferred = true, deferred_group = "book_attributes" }),
  hidden = am.Column(am.Text, { deferred = true, deferred_raiseload = true }),
  book_count = am.query_expression(),
  shelf = am.query_expression(am.literal_column("'top'")),
  owner = am.relationship(User, { back_populates = "books" }),
})

local Pages = am.Table("pages", Base.metadata, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("book_id", am.ForeignKey("book.id")), am.Column("body", am.Text), am.Column("notes", am.Text))
local Page = { __name__ = "Page" }
Base.registry:map_imperatively(Page, Pages, { properties = {
  body = am.deferred(Pages.c.body), notes = am.deferred(Pages.c.notes, { group = "extra" }),
  size = am.column_property(am.func.length(Pages.c.body), { deferred = true }), book = am.relationship(Book) } })

local select = am.select
local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  for i, n in ipairs{ "spongebob", "sandy" } do
    local books = {}
    for k = 0, 1 do
      books[#books + 1] = Book{ id = i * 10 + k, title = "t" .. k, summary = "s" .. k, cover_photo = "\1\2",
        cover_text = "c",
        hidden = "h" }
    end
    s:add(User{ id = i, name = n, fullname = n:sub(1, 1):upper() .. n:sub(2), books = books })
  end
  s:flush()
  local page = Page()
  page.id, page.book_id, page.body, page.notes = 1, 10, "four", "n"
  s:add(page)
  s:commit()
end)
parity.forget()

local function gone(o) return parity.sorted(am.inspect(o).unloaded) end

local function run(title, fn)
  step(title)
  am.Session(e, fn)
  sql()
end

run("load_only", function(s)
  local books = s:scalars(select(Book):options(am.load_only(Book.title, Book.summary)):order_by(Book.id)):all()
  say(map(books, function(b) return { b.title, b.summary } end), gone(books[1]))
  say(books[1].owner_id, books[1].cover_text)
end)
run("related", function(s)
  for u in s:scalars(select(User):options(am.selectinload(User.books):load_only(Book.title)):order_by(User.id)) do
    say(u.fullname, map(u.books, function(b) return b.title end), gone(u.books[1]))
  end
  local q = select(User, Book):join(User.books):options(am.Load(Book):load_only(Book.title)):order_by(Book.id)
  for _, u, b in s:execute(q):each() do say(u.name, b.title) end
end)
run("defer and raiseload", function(s)
  local b = s:scalars(select(Book):where(Book.id:eq(11)):options(am.defer(Book.title), am.undefer(Book.summary))):one()
  say(gone(b), b.title)
  local b2 = s:scalars(select(Book):where(Book.id:eq(20)):options(am.defer(Book.title, { raiseload = true }))):one()
  parity.error(function() return b2.title end)
  parity.error(function() return b2.hidden end)
  say(b2.cover_photo, gone(b2))
  local b3 = s:scalars(select(Book):where(Book.id:eq(21)):options(am.load_only(Book.id, { raiseload = true }))):one()
  parity.error(function() return b3.title end)
  parity.error(function() return b3.summary end)
  s:refresh(b3, { "title" })
  say(b3.title)
end)
run("groups and wildcards", function(s)
  local b = s:scalars(select(Book):where(Book.id:eq(10)):options(am.undefer_group("book_attributes"))):one()
  say(gone(b))
  b = s:scalars(select(Book):where(Book.id:eq(11)):options(am.undefer("*"))):one()
  say(gone(b), b.hidden)
  local u = s:scalars(select(User):options(am.defer("*"), am.selectinload(User.books):undefer_group("book_attributes"))
    :where(User.id:eq(2))):one()
  say(gone(u), gone(u.books[1]))
  say(u.name, u.books[2].title)
end)
run("bundles", function(s)
  local q = select(am.Bundle("user", User.name, User.fullname), am.Bundle("book", Book.title)):join(User.books)
  for row in s:execute(q:order_by(Book.id)) do
    say(row.user.name, row.user.fullname, row.book.title, { row.user:unpack() })
  end
end)
run("with_expression", function(s)
  local q = select(User.name, am.func.count(Book.id)):join_from(User, User.books):group_by(User.name)
    :order_by(User.name)
  say(s:execute(q):all())
  local users = select(am.func.count()):select_from(User):scalar_subquery()
  local b = s:scalars(select(Book):options(am.with_expression(Book.book_count, users)):order_by(Book.id)):first()
  say(b.book_count, b.shelf)
  s:expire(b)
  say(b.book_count, b.title)
  b = s:scalars(select(Book):where(Book.id:eq(21))):one()
  say(b.book_count, b.shelf)
  local u = s:scalars(select(User):options(am.selectinload(User.books):with_expression(Book.book_count, Book.id * 2))
    :where(User.id:eq(1))):one()
  say(map(u.books, function(x) return x.book_count end))
end)
run("imperative", function(s)
  local p = s:scalars(select(Page)):one()
  say(gone(p), p.size, p.notes, gone(p))
  p = s:scalars(select(Page):options(am.undefer(Page.body), am.undefer_group("extra"),
    am.joinedload(Page.book):load_only(Book.title)):execution_options{ populate_existing = true }):one()
  say(gone(p), p.book.title)
end)
