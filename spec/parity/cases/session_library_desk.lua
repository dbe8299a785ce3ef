-- The five states of an object, what each call does to them, and the fields of the session on the way.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error
local Column, String, Integer = am.Column, am.String, am.Integer

local Base = am.declarative_base()

local Book = Base:model("Book", {
  __tablename__ = "book",
  id = Column(Integer, { primary_key = true }),
  title = Column(String(20), { nullable = false }),
  pages = am.relationship("Page", { back_populates = "book", cascade = "all, delete-orphan", order_by = "Page.no" }),
})

local Page = Base:model("Page", {
  __tablename__ = "page",
  id = Column(Integer, { primary_key = true }),
  no = Column(Integer),
  book_id = Column(am.ForeignKey "book.id"),
  book = am.relationship(Book, { back_populates = "pages" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()

local function state(obj)
  local i = am.inspect(obj)
  local out = {}
  for _, n in ipairs { "transient", "pending", "persistent", "deleted", "detached" } do
    if i[n] then out[#out + 1] = n end
  end
  out[#out + 1] = i.session ~= nil
  out[#out + 1] = i.has_identity
  out[#out + 1] = i.modified
  return out
end

local s = am.Session(e)
local b = Book { title = "Emma" }
b.pages:append(Page { no = 1 })
say(state(b), s:contains(b), am.object_session(b), am.inspect(b).identity)
s:add(b)
say(state(b), state(b.pages[1]), #s.new, s.new:contains(b), s:in_transaction())
step "flush"
s:flush()
say(state(b), #s.new, #s.identity_map, am.inspect(b).identity, am.inspect(b).identity_key[2])
s:commit()
say(state(b), s:in_transaction(), p.sorted(am.inspect(b).unloaded))
step "dirty"
b.title = "Persuasion"
say(state(b), s.dirty:contains(b), s:is_modified(b), am.inspect(b).attrs.title.history)
b.title = "Emma"
say(s.dirty:contains(b), s:is_modified(b), am.inspect(b).attrs.title.history)
s:flush()
step "delete and rollback"
local page = b.pages[1]
s:delete(b)
say(state(b), s.deleted:contains(b), s.deleted:contains(page), #s.deleted)
s:flush()
say(state(b), state(page), s:contains(b), #s.identity_map)
error_of(function() s:add(b) end)
s:rollback()
say(state(b), state(page), b.title)
step "delete and commit"
s:delete(b)
s:commit()
say(state(b), state(page), am.inspect(b).was_deleted)
error_of(function() s:refresh(b) end)
error_of(function() s:delete(b) end)
error_of(function() s:flush() end)
s:rollback()
say(state(b))
s:expunge_all()
step "transient again"
am.make_transient(b)
say(state(b), b.id, b.title, p.map(b.pages, function(x) return x.no end))
b.title = "Sanditon"
page = Page { no = 2 }
b.pages:append(page)
s:add(b)
s:commit()
say(state(b), b.id)
step "expunge"
local _ = { b.title, b.pages }
s:expunge(b)
say(state(b), b.title, s:contains(page), state(b.pages[1]))
s:add(b)
say(state(b), s:contains(page))
s:expire(b)
s:expunge(b)
error_of(function() return b.title end)
s:add(b)
say(b.title)
step "expunge pending"
local x = Book { title = "x" }
s:add(x)
s:expunge(x)
say(state(x), #s.new)
error_of(function() s:expunge(x) end)
step "rollback of pending"
s:add(x)
s:flush()
say(state(x), x.id ~= nil)
s:rollback()
say(state(x), x.id, x.title)
step "two sessions"
local t = am.Session(e)
error_of(function() t:add(b) end)
s:close()
say(state(b))
t:add(b)
say(state(b), t:contains(b), am.object_session(b) == t)
t:close()
step "errors"
error_of(function() s:add "book" end)
error_of(function() s:add(nil) end)
error_of(function() s:delete(Book { title = "new" }) end)
error_of(function() s:refresh(Book { title = "new" }) end)
error_of(function() s:expire(Book { title = "new" }) end)
s:add(Book())
error_of(function() s:flush() end)
say(s.is_active, #s.new)
s:rollback()
say(#s.new, s:scalar(am.select(am.func.count(Book.id))))
s:close()
p.sql()
