-- A wiki: pages point at their current revision (post_update), link to each other, are merged, renamed and restored.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, func, inspect, aliased = am.select, am.func, am.inspect, am.aliased

local Base = am.declarative_base()
local links = am.Table("link", Base.metadata,
  Column("source_id", ForeignKey("page.id"), { primary_key = true }),
  Column("target_id", ForeignKey("page.id"), { primary_key = true }))

local Page = Base:model("Page", {
  __tablename__ = "page",
  id = Column(Integer, { primary_key = true }),
  slug = Column(String(20), { unique = true, nullable = false }),
  current_id = Column(ForeignKey("revision.id", { use_alter = true, name = "fk_current" })),
  revisions = am.relationship("Revision", { back_populates = "page", foreign_keys = "Revision.page_id",
    order_by = "Revision.number", collection_class = am.ordering_list("number", { count_from = 1 }),
    cascade = "all, delete-orphan" }),
  current = am.relationship("Revision", { foreign_keys = "Page.current_id", post_update = true }),
  links_to = am.relationship("Page", { secondary = links, primaryjoin = "Page.id == link.c.source_id",
    secondaryjoin = "Page.id == link.c.target_id", backref = am.backref("linked_from", { order_by = "Page.slug" }),
    order_by = "Page.slug" }),
  lower = am.validates("slug", function(_, _, value) return (value:lower():gsub(" ", "_")) end),
})
local body = Column(am.Text)
local Revision = Base:model("Revision", {
  __tablename__ = "revision",
  id = Column(Integer, { primary_key = true }),
  page_id = Column(ForeignKey("page.id"), { nullable = false }),
  number = Column(Integer),
  author = Column(String(10)),
  body = am.deferred(body),
  page = am.relationship(Page, { back_populates = "revisions", foreign_keys = "Revision.page_id" }),
  length = am.column_property(func.length(body)),
})

function Page:edit(author, text)
  local revision = Revision{ author = author, body = text }
  self.revisions:append(revision)
  self.current = revision
  local session = inspect(self).session
  local seen, wanted = {}, {}
  for word in text:gmatch("#(%S+)") do
    if not seen[word] then
      seen[word] = true
      wanted[#wanted + 1] = word
    end
  end
  table.sort(wanted)
  self.links_to = session and #wanted > 0
    and session:scalars(select(Page):where(Page.slug:in_(wanted)):order_by(Page.slug)):all() or {}
  return revision
end

local function slug(x) return x.slug end
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "first pages"
local home, help = Page{ slug = "Home" }, Page{ slug = "Help Me" }
home:edit("ann", "welcome")
help:edit("ann", "no help")
s:add_all{ home, help }
s:commit()
say(home.slug, help.slug, home.current.number, home.current == home.revisions[1], home.current.length)
step "edit"
home:edit("bob", "read #help_me and #nothing")
s:commit()
say(p.map(home.revisions, function(r) return { r.number, r.author, r.length } end), p.map(home.links_to, slug),
  p.map(help.linked_from, slug), home.current.number)
help:edit("bob", "back to #home")
s:commit()
say(p.map(home.linked_from, slug), p.map(help.linked_from, slug))
step "deferred"
s:expunge_all()
home = s:scalars(select(Page):where(Page.slug:eq("home")):options(am.joinedload(Page.current))):one()
say(p.sorted(inspect(home.current).unloaded), home.current.length)
say(home.current.body, p.sorted(inspect(home.current).unloaded))
s:expunge_all()
local r = s:scalars(select(Revision):where(Revision.number:eq(2)):order_by(Revision.id)
  :options(am.undefer(Revision.body), am.load_only(Revision.author))):first()
say(p.sorted(inspect(r).unloaded), r.body)
step "diff of two revisions"
local a, b = aliased(Revision), aliased(Revision)
for row in s:execute(select(Page.slug, a.body, b.body):join(a, a.page_id:eq(Page.id))
    :join(b, am.and_(b.page_id:eq(a.page_id), b.number:eq(a.number + 1))):order_by(Page.slug)) do
  say(row)
end
step "history of all"
local last = select(Revision.page_id, func.max(Revision.number):label("n")):group_by(Revision.page_id):subquery("last")
for row in s:execute(select(Page, Revision):join(Revision, Page.revisions)
    :join(last, am.and_(last.c.page_id:eq(Page.id), last.c.n:eq(Revision.number))):order_by(Page.slug)) do
  local page, revision = row:unpack()
  say(page.slug, revision.number, revision == page.current)
end
step "restore an old revision"
home = s:scalars(select(Page):filter_by{ slug = "home" }):one()
local old = home.revisions[1]
home:edit("ann", old.body)
s:commit()
say(p.map(home.revisions, function(x) return x.body end), home.current.number, home.links_to)
step "take a revision out"
local function number(x) return x.number end
local gone = home.revisions:pop(2)
say(p.map(home.revisions, number), inspect(gone).persistent, s:contains(gone))
s:commit()
say(inspect(gone).detached, inspect(gone).was_deleted, p.map(home.revisions, number))
step "rename"
home.slug = "Main Page"
say(inspect(home).attrs.slug.history)
s:commit()
s:add(Page{ slug = "MAIN PAGE" })
p.error(function() s:commit() end)
s:rollback()
step "merge from outside"
local copy = Page{ id = home.id, slug = "start",
  revisions = { Revision{ id = home.revisions[1].id, author = "eve" }, Revision{ author = "new" } } }
local merged = s:merge(copy)
merged.current = merged.revisions[1]
say(merged == home, p.map(merged.revisions, function(x) return p.list(x.id, x.number, x.author) end), s:contains(copy))
s:flush()
say(p.map(merged.revisions, function(x) return p.list(x.number, x.author, x.body) end),
  merged.current and merged.current.number)
s:rollback()
say(p.map(home.revisions, function(x) return { x.number, x.author } end))
step "orphans and dangling"
say(s:scalars(select(Page.slug):where(am.not_(Page.linked_from:any(Page.id:ne(Page.id)))):order_by(Page.slug)):all())
say(s:scalars(select(Page.slug):where(Page.links_to:contains(home)):order_by(Page.slug)):all())
say(s:execute(select(Page.slug, func.count(links.c.source_id)):outerjoin(links, links.c.target_id:eq(Page.id))
  :group_by(Page.slug):order_by(Page.slug)):all())
step "delete a page"
s:delete(home)
s:commit()
say(s:scalars(select(Revision.author):order_by(Revision.id)):all(), s:execute(select(links)):all())
local ok, x = pcall(s.get_one, s, Page, 1)
if not ok and x:is(am.exc.NoResultFound) then say "no page" end
s:close()
p.sql()
