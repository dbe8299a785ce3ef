-- Loading, a mail box: load_only, defer, undefer, groups, raiseload of columns, with_expression,
-- with_loader_criteria, self-referential depth, of_type and aliased eager loads, populate_existing, expiry and
-- refresh with options.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map


local Base = am.declarative_base()

local Folder = Base:model("Folder", {
  __tablename__ = "folders",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  parent_id = am.Column(am.ForeignKey("folders.id")),
  children = am.relationship("Folder", { order_by = "Folder.id", join_depth = 2, lazy = "joined" }),
  parent = am.relationship("Folder", { remote_side = "Folder.id" }),
  mails = am.relationship("Mail", { back_populates = "folder", order_by = "Mail.id" }),
})

local Mail = Base:model("Mail", {
  __tablename__ = "mails",
  id = am.Column(am.Integer, { primary_key = true }),
  folder_id = am.Column(am.ForeignKey("folders.id")),
  subject = am.Column(am.String(20)),
  size = am.Column(am.Integer),
  deleted = am.Column(am.Boolean, { default = false }),
  body = am.deferred(am.Column(am.Text), { group = "content" }),
  html = am.deferred(am.Column(am.Text), { group = "content" }),
  secret = am.Column(am.Text, { deferred = true, deferred_raiseload = true }),
  score = am.query_expression(),
  rank = am.query_expression(am.literal(0)),
  folder = am.relationship(Folder, { back_populates = "mails" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local root = Folder{ id = 1, name = "root", children = { Folder{ id = 2, name = "in",
    children = { Folder{ id = 4, name = "deep",
    children = { Folder{ id = 5, name = "deeper" } } } } }, Folder{ id = 3, name = "out" } } }
  s:add(root)
  s:flush()
  for i = 1, 4 do
    s:add(Mail{ id = i, folder_id = 2 + i % 2, subject = "s" .. i, size = i * 10, deleted = i == 3, body = "b" .. i,
      html = "h" .. i, secret = "x" })
  end
  s:commit()
end)
parity.forget()
local s = am.Session(e)
local function id_of(x) return x.id end
local function unloaded(o) return parity.sorted(am.inspect(o).unloaded) end
step("columns")
local m = s:scalars(am.select(Mail):order_by(Mail.id)):all()
say(unloaded(m[1]), m[1].score, m[1].rank)
say(m[1].html, unloaded(m[1]))
parity.error(function() return m[1].secret end)
sql()
s:expunge_all()
m = s:scalars(am.select(Mail):options(am.load_only(Mail.subject, Mail.body)):order_by(Mail.id):limit(2)):all()
say(unloaded(m[2]), m[2].size, m[2].body)
sql()
s:expunge_all()
m = s:scalars(am.select(Mail):options(am.defer(Mail.size, { raiseload = true }), am.undefer_group("content"),
  am.undefer(Mail.secret)):where(Mail.id:eq(1))):one()
say(unloaded(m), m.secret, m.html)
parity.error(function() return m.size end)
s:refresh(m, { "size" })
say(m.size)
sql()
s:expunge_all()
m = s:scalars(am.select(Mail):options(am.undefer("*")):where(Mail.id:eq(2))):one()
say(unloaded(m))
m = s:scalars(am.select(Mail):options(am.defer("*"), am.undefer(Mail.subject)):where(Mail.id:eq(3))):one()
say(unloaded(m), m.id, m.deleted)
sql()
step("expressions")
local q = am.select(Mail):options(am.with_expression(Mail.score, Mail.size * 2 + 1)):order_by(Mail.id)
say(map(s:scalars(q), function(x) return parity.list(x.id, x.score, x.rank) end))
say(map(s:scalars(q:execution_options{ populate_existing = true }), function(x) return { x.id, x.score } end))
s:expire_all()
say(s:get(Mail, 1).score)
s:expunge_all()
say(s:scalars(q:options(am.with_expression(Mail.rank, am.func.length(Mail.subject)))):first().rank)
sql()
s:expunge_all()
step("depth")
local function name(x) return x.name end
local r = s:get(Folder, 1)
sql()
say(map(r.children, name), map(r.children[1].children, name))
sql()
say(r.children[1].children[1].children[1].name)
sql()
s:expunge_all()
r = s:scalars(am.select(Folder):where(Folder.parent_id:eq(nil))
  :options(am.selectinload(Folder.children, { recursion_depth = -1 })))
  :unique():one()
say(r.children[1].children[1].children[1].children)
sql()
s:expunge_all()
local p = s:scalars(am.select(Folder):where(Folder.id:eq(5)):options(am.joinedload(Folder.parent)
  :joinedload(Folder.parent),
  am.lazyload(Folder.children))):unique():one()
say(p.parent.parent.name)
sql()
step("criteria")
s:expunge_all()
local alive = am.with_loader_criteria(Mail, Mail.deleted:eq(false))
for _, load in ipairs{ am.selectinload, am.joinedload, am.subqueryload, am.lazyload } do
  local f = s:scalars(am.select(Folder):options(load(Folder.mails), am.lazyload(Folder.children), alive)
    :order_by(Folder.id))
    :unique():all()
  say(map(f, function(x) return map(x.mails, id_of) end))
  sql()
  s:expunge_all()
end
say(s:scalars(am.select(Mail.id):options(alive):order_by(Mail.id)):all())
say(s:scalars(am.select(Mail.id):options(am.with_loader_criteria(Mail, function(cls) return cls.id:lt(3) end,
  { include_aliases = true })):order_by(Mail.id)):all())
local f = s:scalars(am.select(Folder):where(Folder.id:eq(3)):options(am.selectinload(Folder.mails
  :and_(Mail.size:gt(10))),
  am.lazyload(Folder.children))):unique():one()
say(map(f.mails, id_of))
sql()
s:expunge_all()
step("of alias")
local big = am.aliased(Mail, { name = "big" })
f = s:scalars(am.select(Folder):join(Folder.mails:of_type(big)):where(big.size:gt(20)):options(
  am.contains_eager(Folder.mails:of_type(big)), am.lazyload(Folder.children)):order_by(Folder.id, big.id)):unique()
    :all()
say(map(f, function(x) return map(x.mails, id_of) end))
sql()
step("existing")
f[1].name = "mine"
local again = am.select(Folder):options(am.lazyload(Folder.children)):where(Folder.id:eq(f[1].id))
s:no_autoflush(function()
  say(s:scalars(am.select(Folder.name):where(Folder.id:eq(f[1].id))):one(), s:scalars(again):one().name)
  s:scalars(again:execution_options{ populate_existing = true }):one()
end)
say(f[1].name, #f[1].mails)
s:expire(f[1], { "mails" })
say(#f[1].mails)
s:expire(f[1])
s:refresh(f[1])
say(unloaded(f[1]), f[1].name)
sql()
