-- version_id_col: hierarchies, generators, merge, bulk, savepoints, deletes, own versions; StaleDataError and after it.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_of = p.say, p.step, p.sql, p.error
local select, update, text = am.select, am.update, am.text

local Base = am.declarative_base()
local Page = Base:model("Page", {
  __tablename__ = "page",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(20)),
  kind = am.Column(am.String(10)),
  rev = am.Column("revision", am.Integer, { nullable = false }),
  lines = am.relationship("Line", { cascade = "all, delete-orphan", order_by = "Line.id" }),
  __mapper_args__ = { version_id_col = "rev", polymorphic_on = "kind", polymorphic_identity = "page" },
})
local Wiki = Base:model("Wiki", {
  __extends__ = Page,
  __tablename__ = "wiki",
  id = am.Column(am.ForeignKey("page.id"), { primary_key = true }),
  markup = am.Column(am.String(20)),
  __mapper_args__ = { polymorphic_identity = "wiki" },
})
local Line = Base:model("Line", {
  __tablename__ = "line",
  id = am.Column(am.Integer, { primary_key = true }),
  page_id = am.Column(am.ForeignKey("page.id")),
  words = am.Column(am.String(20)),
})
local Doc = Base:model("Doc", {
  __tablename__ = "doc",
  id = am.Column(am.Integer, { primary_key = true }),
  body = am.Column(am.String(20)),
  tag = am.Column(am.String(20), { nullable = false }),
  __mapper_args__ = { version_id_col = "tag", version_id_generator = function(v)
    return v == nil and "v1" or ("v%d"):format(tonumber(v:sub(2)) + 1)
  end },
})
local Hand = Base:model("Hand", {
  __tablename__ = "hand",
  id = am.Column(am.Integer, { primary_key = true }),
  body = am.Column(am.String(20)),
  rev = am.Column(am.Integer, { nullable = false }),
  __mapper_args__ = { version_id_col = "rev", version_id_generator = false },
})

local db = p.engine()
Base.metadata:create_all(db)
p.forget()
local session = am.Session(db)
local function flush() session:flush() end

step "counting"
local page, wiki = Page{ title = "p", lines = { Line{ words = "a" } } }, Wiki{ title = "w", markup = "*" }
session:add_all{ page, wiki }
session:commit()
say(page.rev, wiki.rev)
p.forget()
page.title = "p2"
wiki.markup = "_"
session:flush()
sql()
say(page.rev, wiki.rev)
wiki.title, wiki.markup = "w2", "#"
page.lines[1].words = "b"
session:flush()
sql()
say(page.rev, wiki.rev)
page.lines:append(Line{ words = "c" })
session:flush()
sql()
say(page.rev)
wiki.title = "w2"
session:commit()
sql()
say(wiki.rev)

step "somebody else was first"
for _, change in ipairs{ function(o) o.title = "mine" end, function(o) session:delete(o) end } do
  for _, obj in ipairs{ page, wiki } do
    session:rollback()
    say(obj.title)
    session:execute(text "update page set revision = revision + 1 where id = :id", { id = obj.id })
    change(obj)
    local e = error_of(flush)
    say(session.is_active, e.name)
  end
end
session:rollback()
say(page.title, page.rev, wiki.rev)

step "the stale object is refreshed"
session:execute(text "update page set revision = 50, title = 'other' where id = :id", { id = page.id })
session:refresh(page)
page.title = "now"
p.forget()
session:flush()
sql()
say(page.rev)
session:rollback()

step "merge"
session:expunge_all()
page = session:get(Page, 1)
local before = page.rev
say(session:merge(Page{ id = 1, rev = before, title = "merged" }) == page, page.title)
session:flush()
say(page.rev == before + 1)
error_of(function() session:merge(Page{ id = 1, rev = before, title = "old" }) end)
session:merge(Page{ id = 1, title = "no version" })
session:flush()
say(page.title, page.rev == before + 2)
session:rollback()

step "savepoints"
page = session:get(Page, 1)
session:begin_nested(function(nested)
  page.title = "in"
  session:flush()
  say(page.rev)
  nested:rollback()
end)
say(page.rev, page.title)
page.title = "out"
session:flush()
say(page.rev)
session:rollback()

step "own generator"
local doc = Doc{ body = "one" }
session:add(doc)
session:flush()
say(doc.tag)
doc.body = "two"
session:flush()
say(doc.tag)
p.forget()
doc.tag = "v9"
session:flush()
sql()
doc.body = "three"
session:flush()
sql()
say(doc.tag)
session:delete(doc)
session:flush()
sql()

step "by hand"
local hand = Hand{ body = "x", rev = 1 }
session:add(hand)
session:commit()
p.forget()
hand.body = "y"
session:flush()
hand.body, hand.rev = "z", 7
session:flush()
sql()
session:execute(text "update hand set rev = 8")
hand.body = "late"
error_of(flush)
session:rollback()
say(hand.body, hand.rev)
session:add(Hand{ body = "none" })
error_of(flush)
session:rollback()

step "statements"
session:execute(update(Page):where(Page.id:eq(1)):values{ title = "by statement" })
sql()
page = session:get(Page, 1)
say(page.rev, page.title)
session:bulk_update_mappings(Page, { { id = 1, rev = page.rev, title = "bulk" } })
sql()
error_of(function() session:bulk_update_mappings(Page, { { id = 1, rev = 1, title = "bulk" } }) end)
session:rollback()
session:execute(update(Page), { { id = 1, rev = session:get(Page, 1).rev, title = "again" } })
session:bulk_save_objects{ Doc{ body = "bulk" } }
say(session:scalars(select(Doc.tag)):all())
session:rollback()
