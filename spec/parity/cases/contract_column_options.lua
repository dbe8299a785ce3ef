-- Every option of a column: keys, defaults, server values, identity, computed, deferred groups, active history.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, Text = am.Column, am.Integer, am.String, am.Text
local select, func, inspect = am.select, am.func, am.inspect

local Base = am.declarative_base()
local calls = {}

local function slug(context)
  local given = context:get_current_parameters()
  local keys = {}
  for _, k in ipairs{ "title", "price", "slug" } do
    if rawget(given, k) ~= nil then keys[#keys + 1] = k end
  end
  calls[#calls + 1] = p.sorted(keys)
  return "slug-" .. (given.title or "kept")
end
local n = 0
local function counter()
  n = n + 1
  return n
end

local Section = Base:model("Section", {
  __tablename__ = "sections",
  code = Column(String(5), { primary_key = true, comment = "short" }),
  no = Column(Integer, { primary_key = true, autoincrement = false }),
  label = Column(String(9), { name = "lbl", key = "label_key", info = { shown = true } }),
})

local Article = Base:model("Article", {
  __tablename__ = "articles",
  id = am.mapped_column(Integer, { primary_key = true, autoincrement = true, sort_order = -10 }),
  title = am.mapped_column(String(40), { nullable = false, index = true, comment = "what it says" }),
  slug = am.mapped_column(String(60), { default = slug, onupdate = slug, unique = true }),
  serial = am.mapped_column(Integer, { insert_default = counter }),
  views = am.mapped_column(Integer, { server_default = am.text("7"), nullable = false }),
  state = am.mapped_column(String(9), { server_default = "draft", server_onupdate = am.FetchedValue() }),
  price = am.mapped_column(Integer, { default = 3 }),
  total = am.mapped_column(Integer, am.Computed("price * 2", { persisted = true })),
  shout = am.mapped_column(String(40), { default = func.upper("new"), onupdate = func.upper("old") }),
  body = am.mapped_column(Text, { deferred = true, deferred_group = "long" }),
  notes = am.mapped_column(Text, { deferred = true, deferred_group = "long" }),
  secret = am.mapped_column(Text, { deferred = true }),
  status = am.mapped_column(String(9), { active_history = true }),
  first_of_all = am.mapped_column(Integer, { sort_order = -20 }),
  last_of_all = am.mapped_column(Integer, { sort_order = 20 }),
})

local e = p.engine()
say(map(am.columns(Article.__table__), function(c) return c.name end))
for _, name in ipairs{ "title", "slug", "views", "price", "total", "id", "first_of_all" } do
  local c = Article.__table__.c[name]
  say(name, c.nullable, c.unique, c.index, c.primary_key, c.comment, c.autoincrement, c.default == nil,
    c.server_default == nil, c.onupdate == nil, c.computed == nil)
end
local lbl = Section.__table__.c.label_key
say(lbl.name, lbl.key, lbl.info, map(am.columns(Section.__table__), function(c) return c.key end), Section.label.key,
  select(Section.label))
say(am.CreateTable(Article.__table__), am.CreateTable(Section.__table__))
local indexes = {}
for _, i in ipairs(Article.__table__.indexes) do indexes[#indexes + 1] = i end
table.sort(indexes, function(a, b) return a.name < b.name end)
for _, i in ipairs(indexes) do say(am.CreateIndex(i), i.unique) end
for _, t in ipairs(Base.metadata.sorted_tables) do
  say(p.is_postgresql and am.CreateTable(t):compile{ dialect = e.dialect } or t.name)
end
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
step "defaults"
local one = Article{ title = "One", body = "long text", status = "new" }
say(one.serial, one.price, one.slug, one.views)
session:add(one)
session:flush()
say(p.sorted(inspect(one).unloaded), one.serial, one.price, one.slug, calls)
say(one.views, one.state, one.total, one.shout)
session:commit()
step "given values win"
local two = Article{ title = "Two", slug = "mine", serial = nil, views = 1, price = nil, state = "open",
  shout = "quiet" }
session:add(two)
session:commit()
say(two.slug, two.serial, two.views, two.price, two.total, two.state, two.shout, calls)
step "update"
two.price = 5
session:flush()
say(p.sorted(inspect(two).unloaded))
say(two.slug, two.total, two.shout, two.state, calls)
two.price = func.coalesce(nil, 9)
session:flush()
say(two.price, two.total)
step "deferred"
session:expunge_all()
one = session:scalars(select(Article):order_by(Article.id)):first()
say(p.sorted(inspect(one).unloaded))
say(one.body, p.sorted(inspect(one).unloaded))
say(one.secret)
session:expunge_all()
one = session:scalars(select(Article):options(am.undefer_group("long"), am.undefer(Article.secret),
  am.defer(Article.shout))
  :order_by(Article.id)):first()
say(p.sorted(inspect(one).unloaded), one.notes)
step "active history"
session:expire(one)
one.status = "done"
say(inspect(one).attrs.status.history)
session:expire(one, { "title" })
one.title = "Un"
say(inspect(one).attrs.title.history)
session:commit()
step "keys"
session:add(Section{ code = "a", no = 1, label = "first" })
session:commit()
local section = session:get(Section, { "a", 1 })
say(section.label, session:execute(select(Section.__table__)):keys())
p.error(function()
  session:add(Section{ code = "b" })
  session:flush()
end)
session:rollback()
p.refused(function() return Section{ lbl = "x" } end)
step "bulk statement"
session:execute(am.insert(Article), { { title = "Three" }, { title = "Four" } })
say(session:execute(select(Article.title, Article.slug, Article.serial, Article.price, Article.shout, Article.views)
  :where(Article.id:gt(2)):order_by(Article.id)):all(), calls)
session:execute(am.update(Article):where(Article.id:gt(2)):values{ price = Article.price + 1, slug = am.null })
say(session:execute(select(Article.slug, Article.price, Article.shout):where(Article.id:gt(2))):all())
session:close()
step "sequence and identity"
local md = am.MetaData()
local t = am.Table("seq", md, Column("id", Integer, am.Identity{ start = 5, increment = 2 }, { primary_key = true }),
  Column("n", Integer, am.Sequence("n_seq", { start = 100 })))
say(am.CreateTable(t), t.c.id.identity.start, t.c.n.default.name, t.c.id.server_default == nil)
if p.is_postgresql then
  md:create_all(e)
  e:begin(function(conn)
    conn:execute(t:insert())
    conn:execute(t:insert())
    say(conn:execute(select(t):order_by(t.c.id)):all())
  end)
end
sql()
