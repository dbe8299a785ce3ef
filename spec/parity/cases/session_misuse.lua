-- Wrong use and its errors: detached loads, failed flushes, two sessions, errors thrown out of hooks.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local Base = am.declarative_base()
local Shelf = Base:model("Shelf", {
  __tablename__ = "shelf",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(50), { unique = true, nullable = false }),
  books = am.relationship("Book", { back_populates = "shelf", order_by = "Book.id" }),
  check_name = am.validates("name", function(_, _, value)
    if value == "bad" then error("bad name") end
    return value
  end),
})
local Book = Base:model("Book", {
  __tablename__ = "book",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(50)),
  shelf_id = am.Column(am.ForeignKey("shelf.id")),
  shelf = am.relationship("Shelf", { back_populates = "books" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local select, inspect = am.select, am.inspect
local session = am.Session(e)
local function flush() session:flush() end
local function commit() session:commit() end
session:add(Shelf{ id = 1, name = "one", books = { Book{ id = 1, title = "b" } } })
session:commit()

step "detached"
local s = session:get(Shelf, 1)
session:expunge(s)
say(s.name)
error_of(function() return s.books end)
local s2 = session:get(Shelf, 1)
session:expire(s2)
session:expunge(s2)
error_of(function() return s2.name end)
error_of(function() session:refresh(s2) end)
error_of(function() session:expire(s2) end)
error_of(function() session:expunge(s2) end)
error_of(function() session:delete(Shelf{ name = "t" }) end)
s2.name = "set while detached"
say(inspect(s2).modified, s2.name)

step "objects that are none"
for _, name in ipairs { "add", "delete", "refresh", "expunge", "merge" } do
  error_of(function() session[name](session, {}) end)
end
error_of(function() inspect({}) end)
error_of(function() session:get({}, 1) end)
error_of(function() session:add_all{ {} } end)
error_of(function() session:get(Shelf, { 1, 2 }) end)
error_of(function() session:get(Shelf, { nokey = 1 }) end)
say(session:get(Shelf, { id = 1 }).name)
error_of(function() session:execute("select 1") end)
error_of(function() session:execute(Shelf) end)

step "two sessions"
local other = am.Session(e)
local mine = session:get(Shelf, 1)
error_of(function() other:add(mine) end)
error_of(function() other:delete(mine) end)
error_of(function() other:expunge(mine) end)
say(am.object_session(mine) == session, other:contains(mine))
local b = Book{ title = "in other" }
other:add(b)
error_of(function()
  mine.books:append(b)
  session:flush()
end)
session:rollback()
other:rollback()
error_of(function() session:add(s) end)
session:close()
session:add(s)
say(am.object_session(s) == session)
session:close()
other:close()

step "two objects of one key"
local held = session:get(Shelf, 1)
session:add(held)
session:add(Shelf{ id = 1, name = "dup" })
error_of(flush)
session:rollback()

step "a failed flush"
session:add_all{ Shelf{ name = "x" }, Shelf{ name = "one" } }
error_of(flush)
say(session.is_active, session:in_transaction(), #session.new)
error_of(function() session:scalars(select(Shelf)):all() end)
error_of(commit)
error_of(flush)
say(session.is_active)
session:rollback()
say(session.is_active, #session.new, session:scalars(select(Shelf.name)):all())
session:add(Shelf{ name = nil })
error_of(commit)
say(session.is_active)
session:rollback()

step "a failed statement outside of a flush"
error_of(function() session:execute(am.text("select * from missing")) end)
say(session.is_active)
session:rollback()

step "errors out of hooks"
error_of(function() Shelf{ name = "bad" } end)
local good = session:get(Shelf, 1)
error_of(function() good.name = "bad" end)
say(good.name, inspect(good).modified, session.is_active)

local function refuse(_, _, target) error("refused " .. target.name) end
am.event.listen(Shelf, "before_insert", refuse)
session:add(Shelf{ name = "y" })
error_of(flush)
say(session.is_active, #session.new)
error_of(function() session:scalar(select(Shelf.id)) end)
session:rollback()
say(session.is_active, #session.new)
am.event.remove(Shelf, "before_insert", refuse)

local function refuse_flush() error("no flush") end
am.event.listen(session, "before_flush", refuse_flush)
session:add(Shelf{ name = "z" })
error_of(flush)
say(session.is_active, #session.new)
am.event.remove(session, "before_flush", refuse_flush)
session:commit()
am.event.listen(session, "after_flush", refuse_flush)
session:add(Shelf{ name = "w" })
error_of(commit)
say(session.is_active, session:in_transaction())
am.event.remove(session, "after_flush", refuse_flush)
session:rollback()
am.event.listen(session, "before_commit", refuse_flush)
session:add(Shelf{ name = "v" })
error_of(commit)
say(session.is_active, session:in_transaction(), #session.new)
am.event.remove(session, "before_commit", refuse_flush)
session:rollback()
say(session:scalars(select(Shelf.name):order_by(Shelf.id)):all())

local function flush_again(from) from:flush() end
am.event.listen(session, "before_flush", flush_again)
session:add(Shelf{ name = "again" })
error_of(flush)
am.event.remove(session, "before_flush", flush_again)
session:rollback()

step "transactions"
error_of(function()
  session:begin()
  session:begin()
end)
session:rollback()
local t = session:begin()
t:commit()
error_of(function() t:commit() end)
error_of(function() t:rollback() end)
session:close()
am.Session(e, function(inner)
  inner:begin(function()
    inner:commit()
    error_of(function() inner:execute(select(Shelf)) end)
  end)
end)
p.sql()
