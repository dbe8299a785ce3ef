-- Versioned history: history rows written by before_flush, rows that become new rows, and a version counter.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select

local Base = am.declarative_base()
local Page = Base:model("Page", {
  __tablename__ = "page",
  id = Column(Integer, { primary_key = true }),
  title = Column(String(20)),
  body = Column(String(50), { default = "empty" }),
  owner_id = Column(ForeignKey("owner.id")),
  version = Column(Integer, { default = 1, nullable = false }),
  owner = am.relationship("Owner"),
  __mapper_args__ = { version_id_col = "version" },
})
local PageHistory = Base:model("PageHistory", {
  __tablename__ = "page_history",
  id = Column(Integer, { primary_key = true, autoincrement = false }),
  version = Column(Integer, { primary_key = true, autoincrement = false }),
  title = Column(String(20)),
  body = Column(String(50)),
  owner_id = Column(Integer),
})
local Owner = Base:model("Owner", {
  __tablename__ = "owner",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
})

local function keep(obj, session, deleted)
  local mapper = am.object_mapper(obj)
  local changed, row = deleted or false, {}
  for _, prop in ipairs(mapper.column_attrs) do
    local h = am.get_history(obj, prop.key)
    if #h.deleted > 0 then
      row[prop.key] = h.deleted[1]
      changed = true
    elseif #h.unchanged > 0 then
      row[prop.key] = h.unchanged[1]
    elseif #h.added > 0 then
      changed = true
    end
  end
  for _, prop in ipairs(mapper.relationships) do
    local h = am.get_history(obj, prop.key, am.PASSIVE_NO_INITIALIZE)
    if h:has_changes() then
      say("relationship changed", prop.key, h)
      changed = true
      for _, col in ipairs(prop.local_columns) do
        local old = h.deleted and h.deleted[1]
        row[mapper:get_property_by_column(col).key] = old and old ~= am.null and old.id or am.null
      end
    end
  end
  if changed then
    say("keep", row)
    session:add(PageHistory(row))
  end
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local Maker = am.sessionmaker(e)
am.event.listen(Maker, "before_flush", function(session)
  for _, obj in ipairs(session.dirty) do
    if am.inspect(obj).class_ == Page then keep(obj, session) end
  end
  for _, obj in ipairs(session.deleted) do
    if am.inspect(obj).class_ == Page then keep(obj, session, true) end
  end
end)
local s = Maker()
local page = Page{ title = "t1" }
s:add(page)
s:commit()
say(page.version)
step "change"
page.title = "t2"
s:commit()
step "change one of two"
page.body = "text"
page.title = "t2"
s:commit()
say(page.version)
step "no change"
page.body = "text"
say(s.dirty:contains(page), s:is_modified(page))
s:commit()
step "relationship"
page.owner = Owner{ name = "ann" }
s:commit()
page.owner = nil
s:commit()
say(page.version, page.owner_id)
step "delete"
s:delete(page)
s:commit()
for h in s:scalars(select(PageHistory):order_by(PageHistory.version)) do
  say(h.id, h.version, h.title, h.body, h.owner_id)
end
step "stale"
page = Page{ title = "x" }
s:add(page)
s:commit()
e:begin(function(c) c:execute(Page.__table__:update():values{ version = 7 }) end)
page.title = "y"
p.error(function() s:commit() end)
s:rollback()
s:refresh(page)
say(page.version)
s:delete(page)
s:commit()
s:close()
p.forget()
step "rows that become new rows"
local Config = Base:model("Config", {
  __tablename__ = "config",
  id = Column(Integer, { primary_key = true }),
  items = am.relationship("Item", { backref = "config", order_by = "Item.id", cascade = "all" }),
})
local Item = Base:model("Item", {
  __tablename__ = "item",
  id = Column(Integer, { primary_key = true }),
  config_id = Column(ForeignKey("config.id")),
  name = Column(String(20)),
  value = Column(String(20)),
})
function Item:new_version()
  am.make_transient(self)
  self.id = nil
end
Base.metadata:create_all(e)
p.forget()
local V = am.sessionmaker(e)
am.event.listen(V, "before_flush", function(session)
  for _, obj in ipairs(session.dirty) do
    local state = am.inspect(obj)
    if state.class_ == Item and session:is_modified(obj) and state.persistent then
      obj:new_version()
      session:add(obj)
    end
  end
end)
s = V()
local c = Config{ items = { Item{ name = "a", value = "1" }, Item{ name = "b", value = "2" } } }
s:add(c)
s:commit()
local a = c.items[1]
p.forget()
a.value = "3"
s:commit()
p.sql()
say(s:execute(select(Item.id, Item.name, Item.value):order_by(Item.id)):all())
say(a.id, a.value)
p.sql()
