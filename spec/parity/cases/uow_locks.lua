-- Unit of work, optimistic locks: version counters, server-side and own generators, timestamps as versions, conflicts
-- of two sessions, deletes of stale rows, versions with joined inheritance, bulk statements and expired objects.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map

local Base = am.declarative_base()

local Doc = Base:model("Doc", {
  __tablename__ = "docs",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(20)),
  v = am.Column(am.Integer, { nullable = false }),
  kind = am.Column(am.String(10)),
  pages = am.relationship("Page", { back_populates = "doc", cascade = "all, delete-orphan", order_by = "Page.id" }),
  __mapper_args__ = { version_id_col = "v", polymorphic_on = "kind", polymorphic_identity = "doc" },
})

local Paper = Base:model("Paper", {
  __extends__ = Doc,
  __tablename__ = "papers",
  id = am.Column(am.ForeignKey("docs.id"), { primary_key = true }),
  journal = am.Column(am.String(20)),
  __mapper_args__ = { polymorphic_identity = "paper" },
})

local Page = Base:model("Page", {
  __tablename__ = "pages",
  id = am.Column(am.Integer, { primary_key = true }),
  doc_id = am.Column(am.ForeignKey("docs.id")),
  body = am.Column(am.String(20)),
  tag = am.Column(am.String(10)),
  doc = am.relationship(Doc, { back_populates = "pages" }),
  __mapper_args__ = { version_id_col = "tag", version_id_generator = function(v)
    return v and string.char(v:byte() + 1) or "a"
  end },
})

local Manual = Base:model("Manual", {
  __tablename__ = "manuals",
  id = am.Column(am.Integer, { primary_key = true }),
  body = am.Column(am.String(20)),
  rev = am.Column(am.Integer),
  __mapper_args__ = { version_id_col = "rev", version_id_generator = false },
})

am.event.listen(Manual, "before_update", function(_, _, target)
  if target.body ~= "same" then target.rev = target.rev + 10 end
end)

local e = parity.engine()
Base.metadata:create_all(e)
parity.forget()
local s = am.Session(e)
step("counter")
local d = Doc{ id = 1, title = "one", pages = { Page{ id = 1, body = "p1" } } }
local p = Paper{ id = 2, title = "two", journal = "j" }
local m = Manual{ id = 1, body = "x", rev = 1 }
s:add_all{ d, p, m }
s:commit()
sql()
say(d.v, p.v, d.pages[1].tag, m.rev)
d.title = "uno"
d.pages[1].body = "p1b"
p.journal = "jj"
m.body = "y"
s:commit()
sql()
say(d.v, p.v, d.pages[1].tag, m.rev)
p.title, p.journal = "dos", "k"
d.pages:append(Page{ id = 2, body = "p2" })
m.body = "same"
s:commit()
sql()
say(d.v, p.v, map(d.pages, function(x) return x.tag end), m.rev)
step("conflict")
local s1, s2 = am.Session(e), am.Session(e)
local d1, d2 = s1:get(Doc, 1), s2:get(Doc, 1)
s2:commit()
d1.title = "first"
s1:commit()
s2.expire_on_commit = false
d2.title = "second"
am.set_committed_value(d2, "v", 2)
local err = parity.error(function() s2:flush() end)
say(am.exc.is(err, am.exc.StaleDataError), s2.is_active, (tostring(err):match("^[^(]*")))
s2:rollback()
say(d2.title, d2.v)
d2.title = "third"
s2:commit()
say(d2.v)
sql()
step("stale delete")
am.set_committed_value(d1, "v", 1)
s1:delete(d1)
s1:no_autoflush(function() parity.error(function() s1:flush() end) end)
s1:rollback()
say(am.inspect(d1).persistent, d1.v, s1:get(Page, 1).tag)
s1:close()
s2:close()
sql()
step("joined")
p.journal = "only sub"
s:flush()
say(p.v)
sql()
s:execute(am.update(Doc):where(Doc.id:eq(2)):values{ title = "bulk" })
say(p.v, p.title)
s:execute(am.update(Doc):where(Doc.id:eq(2)):values{ title = "bulk2", v = Doc.v + 1 })
s:refresh(p)
say(p.v, p.title)
s:commit()
sql()
step("merge and version")
local ok = s:merge(Doc{ id = 1, title = "merged", v = s:get(Doc, 1).v })
s:flush()
say(ok.v)
parity.error(function() s:merge(Doc{ id = 1, title = "old", v = 1 }) end)
s:rollback()
sql()
step("bulk save")
s:bulk_update_mappings(Doc, { { id = 1, title = "mapped", v = s:get(Doc, 1).v } })
parity.error(function() s:bulk_update_mappings(Doc, { { id = 1, title = "mapped", v = 1 } }) end)
s:rollback()
sql()
step("no row")
local page = s:get(Page, 2)
s:execute(am.text("UPDATE pages SET tag = 'z' WHERE id = 2"))
page.body = "lost"
parity.error(function() s:flush() end)
s:rollback()
page = s:get(Page, 2)
page.body = "kept"
s:commit()
say(page.tag)
s:delete(s:get(Doc, 1))
s:commit()
sql()
