-- Deferred columns, groups, column_property, query_expression: what is loaded when and by which statement.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error
local select, func = am.select, am.func

-- A refusal for which Python has a class of its own, ValueError and the like.
local function refused(fn) say(pcall(fn) and "no error" or "refused") end

local Base = am.declarative_base()
local id = am.Column(am.Integer, { primary_key = true })
local title, author = am.Column(am.String(30)), am.Column(am.String(30))
local Book = Base:model("Book", {
  __tablename__ = "books",
  id = id,
  title = title,
  author = author,
  cover = am.deferred(am.Column(am.LargeBinary)),
  summary = am.deferred(am.Column(am.Text), { group = "texts" }),
  review = am.Column(am.Text, { deferred = true, deferred_group = "texts" }),
  guarded = am.Column(am.Text, { deferred = true, deferred_raiseload = true }),
  heading = am.column_property(title .. " by " .. author),
  loud = am.column_property(func.upper(title), { deferred = true }),
  pages = am.relationship("Page", { order_by = "Page.no", backref = "book" }),
  boost = am.query_expression(),
  boost_default = am.query_expression(am.literal(5)),
})
local Page = Base:model("Page", {
  __tablename__ = "pages",
  id = am.Column(am.Integer, { primary_key = true }),
  book_id = am.Column(am.ForeignKey("books.id")),
  body = am.deferred(am.Column(am.Text)),
  no = am.Column(am.Integer),
})
Book.page_count = am.column_property(
  select(func.count(Page.id)):where(Page.book_id:eq(Book.id)):correlate_except(Page):scalar_subquery())

local e = p.engine()
Base.metadata:create_all(e)
p.forget()

local function loaded(o)
  local keys = {}
  for i, key in ipairs(am.inspect(o).unloaded) do keys[i] = key end
  table.sort(keys)
  say("unloaded", keys)
end

say(select(Book))
say(select(Book):options(am.undefer(Book.cover), am.undefer_group("texts")))
say(select(Book.heading, Book.loud))
say(select(Book.page_count):where(Book.page_count:gt(1)))
local B = am.aliased(Book)
say(select(B.page_count, B.heading))
am.Session(e, function(s)
  step "insert"
  local b = Book{ title = "Lua", author = "Ann", cover = "\0\1", summary = "short", review = "good", guarded = "g",
    pages = { Page{ no = 1, body = "one" }, Page{ no = 2, body = "two" } } }
  say(b.heading, b.loud, b.boost, b.page_count)
  s:add(b)
  s:flush()
  loaded(b)
  say(b.cover, b.heading, b.page_count)
  s:commit()
  step "after commit"
  say(b.title)
  loaded(b)
  step "get"
  s:expunge_all()
  b = s:get(Book, 1)
  loaded(b)
  say(b.heading, b.page_count, b.boost, b.boost_default)
  step "one deferred"
  say(b.cover)
  step "a group"
  say(b.summary)
  say(b.review)
  loaded(b)
  step "raise"
  error_of(function() return b.guarded end)
  step "deferred column property"
  say(b.loud)
  step "set without load"
  s:expire_all()
  s:expunge_all()
  b = s:get(Book, 1)
  p.forget()
  b.summary = "long"
  say(am.inspect(b).attrs.summary.history)
  b.guarded = "h"
  s:flush()
  step "expression stays until expired"
  b.title = "C"
  s:flush()
  say(b.heading)
  s:expire(b, { "heading", "page_count" })
  say(b.heading, b.page_count)
  step "options"
  s:commit()
  s:expunge_all()
  b = s:scalars(select(Book):options(am.defer(Book.title), am.undefer(Book.summary), am.undefer(Book.guarded))):one()
  loaded(b)
  step "load_only"
  s:expunge_all()
  b = s:scalars(select(Book):options(am.load_only(Book.title))):one()
  loaded(b)
  say(b.author)
  step "load_only raiseload"
  s:expunge_all()
  b = s:scalars(select(Book):options(am.load_only(Book.title, { raiseload = true }))):one()
  error_of(function() return b.author end)
  step "undefer all"
  s:expunge_all()
  b = s:scalars(select(Book):options(am.undefer("*"))):one()
  loaded(b)
  step "defer all"
  s:expunge_all()
  b = s:scalars(select(Book):options(am.defer("*"), am.undefer(Book.author))):one()
  loaded(b)
  step "through a relationship"
  s:expunge_all()
  b = s:scalars(select(Book):options(am.selectinload(Book.pages):undefer(Page.body))):one()
  loaded(b.pages[1])
  say({ b.pages[1].body, b.pages[2].body })
  step "refresh"
  s:refresh(b, { "cover" })
  loaded(b)
  s:refresh(b)
  loaded(b)
  step "with_expression"
  s:expunge_all()
  b = s:scalars(select(Book):options(am.with_expression(Book.boost, Book.id * 10),
    am.with_expression(Book.boost_default, am.literal(6)))):one()
  say(b.boost, b.boost_default)
  step "populate existing"
  local again = s:scalars(select(Book):options(am.with_expression(Book.boost, Book.id * 20))):one()
  say(again == b, again.boost)
  again = s:scalars(select(Book):options(am.with_expression(Book.boost, Book.id * 20))
    :execution_options{ populate_existing = true }):one()
  say(again.boost)
  step "order by and group"
  say(s:execute(select(Book.heading, Book.loud):order_by(Book.loud:desc(), Book.heading)):all())
  say(s:execute(select(func.max(Book.page_count))):scalar())
  refused(function() return Book{ nothing = 1 } end)
  p.sql()
end)
