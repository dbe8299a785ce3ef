-- do_orm_execute: what it knows of a statement, changing it, answering in its place, options and nested loads.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map = parity.say, parity.step, parity.map
local select, func, update = am.select, am.func, am.update
local listen, remove = am.event.listen, am.event.remove

local Base = am.declarative_base()
local Author = Base:model("Author", {
  __tablename__ = "author",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  bio = am.deferred(am.Column(am.String(50))),
  books = am.relationship("Book", { back_populates = "author", order_by = "Book.id" }),
})
local Book = Base:model("Book", {
  __tablename__ = "book",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(20)),
  price = am.Column(am.Integer),
  author_id = am.Column(am.ForeignKey("author.id")),
  author = am.relationship("Author", { back_populates = "books" }),
})

local eng = parity.engine()
Base.metadata:create_all(eng)
local s = am.Session(eng)
s:add_all{
  Author{ name = "ann", bio = "long", books = { Book{ title = "x", price = 5 }, Book{ title = "y", price = 9 } } },
  Author{ name = "bob", books = { Book{ title = "z", price = 1 } } } }
s:commit()
parity.forget()

local function title(b) return b.title end
local function tell(state)
  local kinds = {}
  for _, k in ipairs { "is_select", "is_insert", "is_update", "is_delete", "is_orm_statement", "is_column_load",
    "is_relationship_load" } do
    if state[k] then kinds[#kinds + 1] = k end
  end
  local path = state.loader_strategy_path
  say("  .", kinds, state.bind_mapper and state.bind_mapper.class_ or nil,
    map(state.all_mappers, function(m) return m.class_ end),
    not (state.is_column_load or state.is_relationship_load) and state.parameters or nil,
    state.is_relationship_load and (path ~= nil and path[#path].key) or nil)
end

listen(s, "do_orm_execute", tell)
step("statements of all kinds")
s:scalars(select(Author):order_by(Author.id)):all()
s:execute(select(Book.title, Author.name):join(Book.author)):all()
s:execute(am.text("SELECT 1")):all()
s:execute(select(func.count(Book.id)))
s:execute(select(Book.__table__.c.id))
s:execute(update(Book):where(Book.price:gt(8)):values{ price = 8 })
s:execute(am.insert(Author), { { name = "cy" }, { name = "di" } })
s:execute(am.delete(Author):where(Author.name:eq("di")))
s:execute(select(Book):where(Book.price:gt(am.bindparam("p"))), { p = 3 }):all()
step("loads that are not asked for")
local ann = s:get(Author, 1)
say(ann.bio, map(ann.books, title))
s:expire(ann)
say(ann.name)
s:refresh(ann)
s:expire_all()
say(map(s:scalars(select(Book):order_by(Book.id):options(am.joinedload(Book.author))), function(b)
  return b.author.name
end))
say(map(s:scalars(select(Author):order_by(Author.id):options(am.selectinload(Author.books))), function(a)
  return #a.books
end))
remove(s, "do_orm_execute", tell)
step("changing a statement")
local function cheap(state)
  if state.is_select and not state.is_column_load and not state.is_relationship_load
    and state.bind_mapper and state.bind_mapper.class_ == Book then
    state.statement = state.statement:where(Book.price:lt(state.execution_options.below or 100))
  end
end
listen(s, "do_orm_execute", cheap)
say(s:scalars(select(Book.title):order_by(Book.id)):all())
say(s:scalars(select(Book.title):order_by(Book.id), nil, { execution_options = { below = 6 } }):all())
say(s:scalars(select(Book.title):order_by(Book.id):execution_options{ below = 2 }):all())
remove(s, "do_orm_execute", cheap)
step("answering from a store")
local store = {}
local function cached(state)
  local key = state.execution_options.key
  if not key then return end
  if not store[key] then
    say("  miss", key)
    store[key] = state:invoke_statement():freeze()
  end
  return store[key]()
end
listen(s, "do_orm_execute", cached)
for _ = 1, 2 do
  say(s:execute(select(Book.title, Book.price):order_by(Book.id):execution_options{ key = "k" }):all())
end
for _ = 1, 2 do
  say(map(s:scalars(select(Book):order_by(Book.id), nil, { execution_options = { key = "b" } }), title))
end
remove(s, "do_orm_execute", cached)
step("twice as many")
local function other(state)
  if state.is_update then
    say("  dml", state.is_orm_statement, state.update_delete_options ~= nil)
    state:update_execution_options{ synchronize_session = false }
    return state:invoke_statement{ statement = state.statement:where(Book.id:eq(1)) }
  end
  if state.is_select and state.execution_options.twice ~= nil then
    return state:invoke_statement{ params = { p = 2 }, execution_options = { twice = false } }
  end
end
listen(s, "do_orm_execute", other)
local b = s:get(Book, 1)
say(s:execute(update(Book):values{ price = 77 }).rowcount, b.price)
local q = select(Book.title):where(Book.price:gt(am.bindparam("p"))):order_by(Book.id)
say(s:scalars(q, { p = 50 }):all(), s:scalars(q, { p = 50 }, { execution_options = { twice = true } }):all())
step("end")
s:close()
