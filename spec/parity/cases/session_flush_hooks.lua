-- Listeners that change what is flushed: before_flush, mapper events, audit rows, values set in the middle.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step

local Base = am.declarative_base()
local Doc = Base:model("Doc", {
  __tablename__ = "doc",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(20)),
  slug = am.Column(am.String(20)),
  edits = am.Column(am.Integer, { default = 0 }),
  hidden = am.Column(am.Integer, { default = 0 }),
  parts = am.relationship("Part", { back_populates = "doc", cascade = "all, delete-orphan", order_by = "Part.id" }),
})
local Part = Base:model("Part", {
  __tablename__ = "part",
  id = am.Column(am.Integer, { primary_key = true }),
  body = am.Column(am.String(20)),
  doc_id = am.Column(am.ForeignKey("doc.id")),
  doc = am.relationship("Doc", { back_populates = "parts" }),
})
local Audit = Base:model("Audit", {
  __tablename__ = "audit",
  id = am.Column(am.Integer, { primary_key = true }),
  line = am.Column(am.String(80)),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local select, inspect, listen = am.select, am.inspect, am.event.listen
local function is_doc(o) return inspect(o).class_ == Doc end

listen(session, "before_flush", function(s)
  local docs = {}
  for _, o in ipairs(s.dirty) do
    if is_doc(o) and s:is_modified(o, { include_collections = false }) then docs[#docs + 1] = o end
  end
  table.sort(docs, function(a, b) return a.id < b.id end)
  for _, o in ipairs(docs) do
    local deleted = inspect(o).attrs.title.history.deleted
    s:add(Audit{ line = (deleted[1] or "-") .. " -> " .. o.title })
    o.edits = o.edits + 1
  end
  for _, o in ipairs(s.deleted) do
    if is_doc(o) and o.hidden == 0 then
      s:add(o)
      o.hidden = 1
    end
  end
  say("  * before_flush", #s.new, #s.dirty, #s.deleted)
end)
for _, name in ipairs {
  "before_insert", "after_insert", "before_update", "after_update", "before_delete", "after_delete",
} do
  listen(Base, name, function(m, _, o) say("  *", name, m.class_.__name__, o.id) end, { propagate = true })
end
listen(Doc, "before_insert", function(_, _, target) target.slug = target.title:lower() end)
listen(Doc, "after_insert", function(_, connection, target)
  connection:execute(Audit.__table__:insert(), { line = ("made %d"):format(target.id) })
end)

step "insert"
local doc = Doc{ title = "One", parts = { Part{ body = "p" } } }
session:add(doc)
session:flush()
say(doc.slug, doc.edits)
step "update"
doc.title = "Two"
session:flush()
say(doc.edits, session:scalars(select(Audit.line):order_by(Audit.id)):all())
step "only a collection changed"
doc.parts:append(Part{ body = "q" })
say(session:is_modified(doc), session:is_modified(doc, { include_collections = false }))
session:flush()
step "nothing changed after all"
doc.title = "Two"
say(session:is_modified(doc), session.dirty:contains(doc))
session:flush()
step "a delete taken back"
session:delete(doc)
session:flush()
say(inspect(doc).persistent, doc.hidden)
step "a delete that stays"
session:delete(doc)
session:flush()
say(inspect(doc).deleted)
session:rollback()
p.sql()

step "after_flush and after_flush_postexec"
local seen = {}
local function after_flush(s)
  local titles = {}
  for _, o in ipairs(s.new) do
    if is_doc(o) then titles[#titles + 1] = inspect(o).attrs.title.history.added end
  end
  seen[#seen + 1] = { "flush", #s.new, #s.dirty, titles }
end
local function postexec(s)
  seen[#seen + 1] = { "postexec", #s.new, #s.dirty }
  if #seen < 4 then s:add(Audit{ line = "late" }) end
end
listen(session, "after_flush", after_flush)
listen(session, "after_flush_postexec", postexec)
doc = Doc{ title = "Three" }
session:add(doc)
session:flush()
say(seen, #session.new)
session:commit()
say(seen, #session.new, session:scalar(select(am.func.count(Audit.id))))
am.event.remove(session, "after_flush", after_flush)
am.event.remove(session, "after_flush_postexec", postexec)

step "a value set in before_update, a lazy load in after_update"
local function touch(_, _, target) target.slug = "touched" end
local function look(_, _, target)
  local bodies = {}
  for i, part in ipairs(target.parts) do bodies[i] = part.body end
  say("  *", am.object_session(target) == session, target.slug, bodies)
end
listen(Doc, "before_update", touch)
listen(Doc, "after_update", look)
doc.title = "Four"
session:commit()
say(doc.slug)
am.event.remove(Doc, "before_update", touch)
am.event.remove(Doc, "after_update", look)

step "before_commit, nested flushes and transactions"
listen(session, "before_commit", function(s) s:add(Audit{ line = "before commit" }) end, { once = true })
doc.title = "Five"
session:begin_nested(function() doc.parts:append(Part{ body = "n" }) end)
session:commit()
say(session:scalars(select(Audit.line):order_by(Audit.id:desc()):limit(2)):all())
listen(session, "after_commit", function(s) say("  * after_commit", s.is_active) end, { once = true })
listen(session, "after_soft_rollback", function(s) say("  * after_soft_rollback", s.is_active) end, { once = true })
session:commit()
doc.title = "Six"
session:flush()
session:rollback()
say(doc.title, doc.edits)
p.sql()
session:close()
