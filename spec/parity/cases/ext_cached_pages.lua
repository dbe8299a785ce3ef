-- Extensions, caching: pages of a wiki in a region of dogpile's interface; get_or_create, deletion, statement options
-- that read from the cache, parameters as part of the key, objects merged into a session, what is emitted and what is
-- not.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map


local cache_of = require "alchemoon.cache"
local Base = am.declarative_base()

local Page = Base:model("Page", {
  __tablename__ = "pages",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(20)),
  body = am.Column(am.String(40)),
  notes = am.relationship("Note", { order_by = "Note.id" }),
})

local Note = Base:model("Note", {
  __tablename__ = "notes",
  id = am.Column(am.Integer, { primary_key = true }),
  page_id = am.Column(am.ForeignKey("pages.id")),
  text = am.Column(am.String(20)),
})

local select = am.select
local FromCache, NO_VALUE = cache_of.FromCache, cache_of.NO_VALUE
local region = cache_of.make_region():configure("memory", { expiration_time = 3600 })
local other = cache_of.make_region():configure("memory")
step("region")
region:set("a", 1)
local calls = 0
local function make()
  calls = calls + 1
  return "value"
end
say(region:get("a"), region:get("b") == NO_VALUE, region:get_or_create("c", make), region:get_or_create("c", make),
  calls)
region:delete("c")
say(region:get_or_create("c", make), calls)
region:set_multi{ x = 1, y = 2 }
say(region:get_multi{ "x", "y" })
region:delete_multi{ "x", "y" }
say(region:get("x") == NO_VALUE, region:get("a"))
region:invalidate()
say(region:get("a") == NO_VALUE)
local e = parity.engine()
Base.metadata:create_all(e)
parity.forget()
local Maker = am.sessionmaker(e)
local cache = cache_of.ORMCache{ default = region, other = other }
cache:listen_on_session(Maker)
Maker:begin(function(s)
  for i = 1, 5 do
    s:add(Page{ id = i, title = "p" .. i, body = "body " .. i, notes = { Note{ id = i, text = "n" .. i } } })
  end
end)
parity.forget()
step("first and second")
for _ = 1, 2 do
  Maker(function(s)
    local pages = s:scalars(select(Page):options(FromCache("default")):where(Page.id:lt(4)):order_by(Page.id)):all()
    say(map(pages, function(p) return p.title end), am.inspect(pages[1]).persistent, s:contains(pages[1]),
      s:get(Page, 1) == pages[1])
    sql()
  end)
end
step("parameters")
for _, n in ipairs{ 2, 3, 2 } do
  Maker(function(s)
    say(s:scalars(select(Page.title):options(FromCache("default")):where(Page.id:eq(n))):all())
    sql()
  end)
end
step("rows and limits")
for _ = 1, 2 do
  Maker(function(s)
    say(s:execute(select(Page.id, Page.title):options(FromCache("other")):order_by(Page.id:desc()):limit(2)):all())
    say(s:execute(select(Page.id, am.func.length(Page.body):label("n")):options(FromCache("other"))
      :order_by(Page.id)):first().n)
    sql()
  end)
end
step("named keys")
for _, title in ipairs{ "p1", "p2" } do
  Maker(function(s)
    say(s:scalars(select(Page):options(FromCache("default", { cache_key = "mine" })):where(Page.title:eq(title)))
      :one().title)
    sql()
  end)
end
step("objects")
Maker(function(s)
  local q = select(Page):options(FromCache("default")):where(Page.id:lt(4)):order_by(Page.id)
  local one = s:get(Page, 1)
  sql()
  local pages = s:scalars(q):all()
  say(pages[1] == one, map(pages[2].notes, function(n) return n.text end), s:is_modified(pages[2]))
  sql()
  local two = s:scalars(select(Page):where(Page.id:eq(2))):one()
  say(two == pages[2])
  sql()
end)
step("eager")
for _ = 1, 2 do
  Maker(function(s)
    local q = select(Page):options(am.selectinload(Page.notes), FromCache("other")):where(Page.id:eq(5))
    say(map(s:scalars(q), function(p) return map(p.notes, function(n) return n.text end) end))
    sql()
  end)
end
step("invalidate one")
local q = select(Page.title):options(FromCache("default")):where(Page.id:eq(2))
e:begin(function(c) c:execute(am.update(Page.__table__):where(Page.id:eq(2)):values{ title = "new" }) end)
parity.forget()
Maker(function(s)
  say(s:scalars(q):all())
  sql()
  cache:invalidate(q, {}, FromCache("default"))
  say(s:scalars(q):all())
  sql()
  say(s:scalars(q):all())
  sql()
end)
step("without")
Maker(function(s)
  say(s:scalars(select(Page.title):where(Page.id:eq(2))):all(),
    s:scalars(select(Page.title):where(Page.id:eq(2))):all())
  sql()
  parity.refused(function() return s:scalars(select(Page):options(FromCache("nothing"))):all() end)
end)
