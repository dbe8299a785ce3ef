-- Loader criteria over hierarchies: on a base class, on subclasses, with aliases, through lazy loads, in subqueries.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map
local select, func, selectinload = am.select, am.func, am.selectinload
local with_loader_criteria = am.with_loader_criteria

local Base = am.declarative_base()
local Site = Base:model("Site", {
  __tablename__ = "site",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  pages = am.relationship("Page", { back_populates = "site", order_by = "Page.id" }),
})
local Page = Base:model("Page", {
  __tablename__ = "page",
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10)),
  title = am.Column(am.String(20)),
  hidden = am.Column(am.Boolean, { default = false }),
  lang = am.Column(am.String(2), { default = "en" }),
  site_id = am.Column(am.ForeignKey("site.id")),
  site = am.relationship("Site", { back_populates = "pages" }),
  blocks = am.relationship("Block", { order_by = "Block.id" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "page" },
})
local Article = Base:model("Article", {
  __extends__ = Page,
  __tablename__ = "article",
  id = am.Column(am.ForeignKey("page.id"), { primary_key = true }),
  body = am.Column(am.String(20)),
  __mapper_args__ = { polymorphic_identity = "article" },
})
local Block = Base:model("Block", {
  __tablename__ = "block",
  id = am.Column(am.Integer, { primary_key = true }),
  text = am.Column(am.String(20)),
  page_id = am.Column(am.ForeignKey("page.id")),
})

local eng = parity.engine()
Base.metadata:create_all(eng)
am.Session(eng, function(s)
  local site = Site{ name = "one", pages = { Page{ title = "home" }, Article{ title = "news", body = "x", lang = "de" },
    Article{ title = "draft", body = "y", hidden = true } } }
  site.pages[1].blocks = { Block{ text = "b1" }, Block{ text = "b2" } }
  s:add_all{ site, Site{ name = "two", pages = { Page{ title = "blank", hidden = true } } } }
  s:commit()
end)
parity.forget()
local visible = with_loader_criteria(Page, Page.hidden:is_(false))
local function titles(items) return map(items, function(p) return p.title end) end
local function texts(p) return map(p.blocks, function(b) return b.text end) end

am.Session(eng, function(s)
  step("the base class")
  say(titles(s:scalars(select(Page):options(visible):order_by(Page.id))))
  say(titles(s:scalars(select(Article):options(visible))))
  say(s:scalar(select(func.count(Page.id)):options(visible)))
  step("a subclass")
  local only_de = with_loader_criteria(Article, function(cls) return cls.lang:eq("de") end)
  say(titles(s:scalars(select(Page):options(only_de):order_by(Page.id))))
  say(titles(s:scalars(select(Article):options(only_de))))
  local W = am.with_polymorphic(Page, { Article })
  say(titles(s:scalars(select(W):options(visible):order_by(W.id))))
  step("relationships")
  for _, option in ipairs { selectinload, am.joinedload, am.lazyload } do
    s:expunge_all()
    for site in s:scalars(select(Site):options(option(Site.pages), visible):order_by(Site.id)):unique() do
      say(site.name, titles(site.pages))
    end
    sql()
  end
  step("joins")
  say(s:execute(select(Site.name, Page.title):join(Site.pages):options(visible):order_by(Page.id)):all())
  say(s:execute(select(Site.name, Page.title):outerjoin(Site.pages):options(visible):order_by(Site.id, Page.id)):all())
  say(s:execute(select(Site.name, Article.body):join(Site.pages:of_type(Article)):options(visible)):all())
  local A = am.aliased(Page)
  say(titles(s:scalars(select(A):options(visible):order_by(A.id))))
  say(titles(s:scalars(select(A):options(with_loader_criteria(Page, function(c) return c.hidden:is_(false) end,
    { include_aliases = true })):order_by(A.id))))
  say(titles(s:scalars(select(A):options(with_loader_criteria(A, A.title:ne("home"))):order_by(A.id))))
  step("not through lazy loads")
  s:expunge_all()
  local near = with_loader_criteria(Page, Page.hidden:is_(false), { propagate_to_loaders = false })
  for site in s:scalars(select(Site):options(near):order_by(Site.id)) do say(site.name, titles(site.pages)) end
  step("two at once, and of other classes")
  s:expunge_all()
  local first = with_loader_criteria(Block, Block.text:ne("b1"))
  for p in s:scalars(select(Page):options(visible, first, with_loader_criteria(Page, Page.lang:eq("en")),
    selectinload(Page.blocks))) do
    say(p.title, texts(p))
  end
  step("refresh and get")
  s:expunge_all()
  local p = s:scalars(select(Page):options(first):where(Page.title:eq("home"))):one()
  say(texts(p))
  s:expire(p)
  say(p.title, texts(p))
  s:refresh(p, { "blocks" })
  say(texts(p), s:get(Page, 3, { options = { visible } }), s:get(Page, 1, { options = { visible } }).title)
  step("subqueries and unions")
  local sub = select(Page.site_id):where(Page.lang:eq("en"))
  say(s:scalars(select(Site.name):where(Site.id:in_(sub)):options(visible):order_by(Site.id)):all())
  say(s:scalars(select(Site.name):where(Site.pages:any(Page.lang:eq("en"))):options(visible):order_by(Site.id)):all())
  step("changes")
  say(s:execute(am.update(Page):values{ lang = "fr" }:options(visible):execution_options{ synchronize_session = false })
    .rowcount)
  say(s:execute(am.delete(Block):options(first)).rowcount)
  s:rollback()
end)
step("end")
