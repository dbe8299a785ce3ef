-- Load, refresh, expire and flush-time refresh events over mapping shapes: names of attributes, changes made inside
-- listeners, contexts, merge, populate_existing.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, err, map = p.say, p.step, p.sql, p.error, p.map
local Column, Integer, String, select, func, text = am.Column, am.Integer, am.String, am.select, am.func, am.text
local inspect, listen = am.inspect, am.event.listen

local Base = am.declarative_base()
local Doc = Base:model("Doc", {
  __tablename__ = "doc",
  id = Column(Integer, { primary_key = true }),
  name = Column("doc_name", String(10)),
  body = am.deferred(Column(String(10))),
  size = Column(Integer, { server_default = text "5" }),
  rev = Column(Integer, { nullable = false }),
  twice = Column(Integer, { server_default = text "7", onupdate = func.abs(-8) }),
  x = Column(Integer),
  y = Column(Integer),
  title = am.synonym("name"),
  pages = am.relationship("Page", { back_populates = "doc", order_by = "Page.id" }),
  __mapper_args__ = { version_id_col = "rev", eager_defaults = true },
  again = am.reconstructor(function(self) say("      reconstructor", am.inspect(self).dict.name) end),
})
local Page = Base:model("Page", {
  __tablename__ = "page",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
  doc_id = Column(am.ForeignKey("doc.id")),
  doc = am.relationship("Doc", { back_populates = "pages" }),
})
local function n(o) return inspect(o).class_.__name__ .. ":" .. p.fmt(inspect(o).dict.name) end
local function some(attrs) return attrs and p.sorted(attrs) or nil end
local all = { propagate = true }
local s
listen(Base, "load", function(t, c) say("      load", n(t), c == nil or c.session == s) end, all)
listen(Base, "refresh", function(t, _, a) say("      refresh", n(t), some(a)) end, all)
listen(Base, "refresh_flush", function(t, _, a) say("      refresh_flush", n(t), some(a), s.new:contains(t)) end, all)
listen(Base, "expire", function(t, a)
  if a then say("      expire", n(t), some(a)) end
end, all)
listen(am.Session, "loaded_as_persistent", function(_, t) say("      loaded_as_persistent", n(t)) end)
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
s = am.Session(e)
step "insert"
local d = Doc{ name = "d", body = "text", pages = { Page{ name = "p" }, Page{ name = "q" } } }
s:add(d)
s:flush()
say(d.size, d.rev, d.twice)
sql()
step "update"
d.name = "e"
s:flush()
say(d.twice, d.rev)
d.x = 3
s:flush()
d.size = Doc.size + 1
s:flush()
say(d.size, d.twice)
sql()
step "commit and read"
s:commit()
say(d.name)
say(d.body)
say(map(d.pages, function(x) return x.name end))
sql()
step "expire some"
local function sorted_unloaded() return p.sorted(inspect(d).unloaded) end
for _, keys in ipairs { { "name" }, { "body" }, { "pages" }, { "x", "pages" }, false } do
  say(keys or nil)
  err(function() s:expire(d, keys or nil) end)
  say(p.sorted(inspect(d).expired_attributes), sorted_unloaded())
  say(d.name, d.body, #d.pages)
  sql()
end
step "refresh some"
for _, keys in ipairs { { "name" }, { "body" }, { "pages" }, { "name", "pages" }, false } do
  say(keys or nil)
  err(function() s:refresh(d, keys or nil) end)
  say(sorted_unloaded())
  sql()
end
step "queries over loaded objects"
local existing = { execution_options = { populate_existing = true } }
s:scalars(select(Doc)):all()
s:scalars(select(Doc):options(am.selectinload(Doc.pages)), nil, existing):all()
s:expire(d, { "size" })
s:scalars(select(Doc)):all()
say(inspect(d).dict.size ~= nil)
sql()
step "fresh queries"
s:expunge_all()
s:scalars(select(Doc):options(am.joinedload(Doc.pages):joinedload(Page.doc))):unique():one()
s:expunge_all()
say(s:scalars(select(Page):order_by(Page.id)):first().doc.name)
s:expunge_all()
s:execute(select(Doc.name, Page):join(Doc.pages):order_by(Page.id)):all()
sql()
step "merge"
s:expunge_all()
local m = s:merge(Doc{ id = 1, name = "merged", body = "b" })
say(m.name, m.rev)
local m2 = s:merge(Doc{ id = 2, name = "other" })
say(inspect(m2).pending)
s:flush()
sql()
step "changes inside load"
local function change(t) t.name = "changed" end
listen(Doc, "load", change)
s:commit()
s:expunge_all()
for x in s:scalars(select(Doc):order_by(Doc.id)) do
  d = x
  say(d.name, inspect(d).modified, #s.dirty)
end
am.event.remove(Doc, "load", change)
s:rollback()
say(d.name)
local function query_inside(_, c) say("      inside", c.session:scalar(select(func.count(Page.id)))) end
listen(Doc, "load", query_inside)
s:expunge_all()
s:scalars(select(Doc):order_by(Doc.id)):all()
am.event.remove(Doc, "load", query_inside)
sql()
step "rollback"
d = s:get(Doc, 1)
d.name = "lost"
s:flush()
s:rollback()
say(d.name, d.rev)
s:begin_nested(function(nested)
  d.name = "inner"
  s:flush()
  nested:rollback()
end)
say(d.name)
s:close()
sql()
