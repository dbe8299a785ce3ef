-- A CMS with translations: a dictionary by language, a hybrid for the current one, fallbacks, blocks in order.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, func, inspect, aliased = am.select, am.func, am.inspect, am.aliased

local Base = am.declarative_base()
local locale = { now = "en" }
local Texts = {}

local Translated = {
  translations = am.declared_attr(function(cls)
    local Text = Base:model(cls.__name__ .. "Text", {
      __tablename__ = cls.__tablename__ .. "_text",
      owner_id = Column(ForeignKey(cls.__tablename__ .. ".id"), { primary_key = true }),
      lang = Column(String(2), { primary_key = true }),
      title = Column(String(30), { nullable = false }),
    })
    Texts[cls.__name__] = Text
    return am.relationship(Text, { collection_class = am.attribute_keyed_dict("lang"), cascade = "all, delete-orphan" })
  end),
  titles = am.declared_attr(function(cls)
    return am.association_proxy("translations", "title", {
      creator = function(lang, title) return Texts[cls.__name__]{ lang = lang, title = title } end,
    })
  end),
  title = am.hybrid_property(function(self)
    local text = self.translations[locale.now] or self.translations.en
    return text and text.title
  end, {
    setter = function(self, value) self.titles[locale.now] = value end,
    expression = function(cls)
      local Text = Texts[cls.__name__]
      local function pick(t, lang)
        return select(t.title):where(t.owner_id:eq(cls.id), t.lang:eq(lang)):scalar_subquery()
      end
      return func.coalesce(pick(aliased(Text), locale.now), pick(aliased(Text), "en"))
    end,
  }),
}

local Page = Base:model("Page", {
  __mixins__ = { Translated },
  __tablename__ = "page",
  id = Column(Integer, { primary_key = true }),
  slug = Column(String(20)),
  published = Column(am.Boolean, { default = false }),
  shown = am.query_expression(),
  blocks = am.relationship("Block", { order_by = "Block.position", collection_class = am.ordering_list("position"),
    cascade = "all, delete-orphan", back_populates = "page" }),
  speaks = am.hybrid_method(function(self, lang) return self.translations[lang] ~= nil end,
    { expression = function(cls, lang) return cls.translations:any{ lang = lang } end }),
})
local Menu = Base:model("Menu", {
  __mixins__ = { Translated },
  __tablename__ = "menu",
  id = Column(Integer, { primary_key = true }),
  page_id = Column(ForeignKey("page.id")),
  page = am.relationship(Page),
})
local Block = Base:model("Block", {
  __tablename__ = "block",
  id = Column(Integer, { primary_key = true }),
  page_id = Column(ForeignKey("page.id")),
  position = Column(Integer),
  kind = Column(String(10)),
  body = Column(am.Text),
  page = am.relationship(Page, { back_populates = "blocks" }),
  __mapper_args__ = { polymorphic_on = "kind" },
})
local TextBlock = Base:model("TextBlock", { __extends__ = Block, __mapper_args__ = { polymorphic_identity = "text" } })
local ImageBlock = Base:model("ImageBlock", {
  __extends__ = Block,
  url = Column(String(30)),
  __mapper_args__ = { polymorphic_identity = "image" },
})

local function keys(map)
  local out = {}
  for k in map:items() do out[#out + 1] = k end
  table.sort(out)
  return out
end
local function dict(map)
  local out = {}
  for k, v in map:items() do out[k] = v end
  return out
end

local e = p.engine()
Base.metadata:create_all(e)
local names = {}
for name in pairs(Base.metadata.tables) do names[#names + 1] = name end
say(p.sorted(names))
p.forget()
local s = am.Session(e)
step "write"
local home = Page{ slug = "home", published = true }
home.titles.en = "Welcome"
home.titles.de = "Willkommen"
local about = Page{ slug = "about" }
about.title = "About"
home.blocks = { TextBlock{ body = "one" }, ImageBlock{ url = "a.png" }, TextBlock{ body = "two" } }
local menu = Menu{ page = home }
menu.titles.en = "Start"
s:add_all{ home, about, menu }
s:commit()
say(home.title, about.title, menu.title,
  p.sorted(p.map(keys(home.titles), function(k) return { k, home.titles[k] } end)))
step "another language"
locale.now = "de"
say(home.title, about.title)
about.title = "Ueber uns"
home.titles.en = "Hello"
say(keys(about.titles), inspect(home.translations.en).attrs.title.history)
s:commit()
step "in SQL"
say(s:execute(select(Page.slug, Page.title):order_by(Page.title)):all())
locale.now = "fr"
say(s:execute(select(Page.slug, Page.title):order_by(Page.title)):all())
say(s:scalars(select(Page.slug):where(Page.title:eq("Hello"))):all())
say(s:scalars(select(Page.slug):where(Page:speaks("de")):order_by(Page.slug)):all(),
  home:speaks("de"), home:speaks("fr"))
say(s:scalars(select(Menu.title)):all())
say(s:scalars(select(Page.slug):where(Page.titles:eq("About"))):all(),
  s:scalars(select(Page.slug):where(Page.titles:contains("Hello"))):all())
step "one language is loaded"
s:expunge_all()
local text = Texts.Page
for page in s:scalars(select(Page):join(Page.translations):where(text.lang:eq("de")):order_by(Page.id)
    :options(am.contains_eager(Page.translations))):unique() do
  say(page.slug, dict(page.titles))
end
s:expunge_all()
for page in s:scalars(select(Page):order_by(Page.id)
    :options(am.selectinload(Page.translations), am.with_loader_criteria(text, text.lang:eq("en")))) do
  say(page.slug, dict(page.titles))
end
step "with_expression"
s:expunge_all()
local upper = select(func.upper(text.title)):where(text.owner_id:eq(Page.id), text.lang:eq("de")):scalar_subquery()
local page = s:scalars(select(Page):where(Page.slug:eq("about")):options(am.with_expression(Page.shown, upper))):one()
say(page.shown, page.title)
say(s:scalars(select(Page):where(Page.slug:eq("home"))):one().shown)
step "blocks move"
home = s:scalars(select(Page):where(Page.slug:eq("home"))):one()
say(p.map(home.blocks, function(b) return { inspect(b).class_.__name__, b.position } end))
home.blocks:insert(1, home.blocks:pop(3))
home.blocks:append(TextBlock{ body = "three" })
home.blocks:pop(2)
local function place(b) return p.list(b.body, b.position) end
say(p.map(home.blocks, place))
s:commit()
say(p.map(home.blocks, place), s:scalar(select(func.count(Block.id))))
say(s:scalars(select(ImageBlock.url)):all(), s:scalars(select(Page.slug)
  :where(Page.blocks:of_type(ImageBlock):any(ImageBlock.url:endswith("png")))):all())
step "untranslated"
home.titles.de = nil
s:commit()
say(keys(home.titles), s:scalars(select(Page.slug):where(am.not_(Page:speaks("de")))):all())
home.titles:clear()
s:flush()
say(home.title, s:execute(select(Page.slug, Page.title):where(Page.title:is_(nil))):all())
s:rollback()
say(home.title)
step "a missing title"
home.titles.it = am.null
p.error(function() s:commit() end)
s:rollback()
say(keys(home.titles))
step "gone"
s:delete(s:contains(menu) and menu or s:get(Menu, 1))
s:delete(home)
s:commit()
say(s:execute(select(text.owner_id, text.lang):order_by(text.lang)):all())
s:close()
p.sql()
