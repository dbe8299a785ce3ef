-- History kept by a before_flush listener that any class may have by a mixin: tables made from a class's own columns.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, func, inspect, event = am.select, am.func, am.inspect, am.event

local Base = am.declarative_base()
local histories = {}

local Versioned = { version = Column(Integer, { default = 1, nullable = false }) }

event.listen(Versioned, "instrument_class", function(mapper, cls)
  local t = mapper.local_table
  if t == nil or histories[cls] then return end
  local columns = {}
  for _, c in ipairs(am.columns(t)) do
    if c.name ~= "version" then columns[#columns + 1] = Column(c.name, c.type, { primary_key = c.primary_key }) end
  end
  columns[#columns + 1] = Column("version", Integer, { primary_key = true })
  columns[#columns + 1] = Column("why", String(9))
  histories[cls] = am.Table(t.name .. "_history", t.metadata, (table.unpack or unpack)(columns))
end, { propagate = true })

local Ware = Base:model("Ware", {
  __tablename__ = "wares",
  __mixins__ = { Versioned },
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  price = Column(Integer),
  shop_id = Column(Integer, ForeignKey("shops.id")),
  shop = am.relationship("Shop", { back_populates = "wares" }),
})

local Shop = Base:model("Shop", {
  __tablename__ = "shops",
  __mixins__ = { Versioned },
  id = Column(Integer, { primary_key = true }),
  town = Column("city", String(20)),
  wares = am.relationship(Ware, { back_populates = "shop", cascade = "all", order_by = Ware.id }),
})

local Plain = Base:model("Plain", {
  __tablename__ = "plains",
  id = Column(Integer, { primary_key = true }),
  word = Column(String(9)),
})

local function write_history(obj, session, why)
  local mapper, state = am.object_mapper(obj), inspect(obj)
  if not histories[mapper.class_] then return end
  local values, changed = {}, why == "deleted"
  for _, prop in ipairs(mapper.column_attrs) do
    local history = am.get_history(obj, prop.key, am.PASSIVE_OFF)
    local name = prop.columns[1].name
    if history.deleted and #history.deleted > 0 then
      values[name], changed = history.deleted[1], true
    elseif history.unchanged and #history.unchanged > 0 then
      values[name] = history.unchanged[1]
    elseif history.added and #history.added > 0 then
      changed = true
    end
  end
  for _, prop in ipairs(mapper.relationships) do
    if prop.direction.name == "MANYTOONE" and state.attrs[prop.key].history:has_changes() then changed = true end
  end
  if not changed then return end
  values.why = why
  session:connection():execute(histories[mapper.class_]:insert():values(values))
  if why == "changed" then obj.version = obj.version + 1 end
end

local function watch(factory)
  event.listen(factory, "before_flush", function(session)
    for _, obj in ipairs(p.collect(session.dirty, function(o) return session:is_modified(o) and o or nil end)) do
      write_history(obj, session, "changed")
    end
    for _, obj in ipairs(session.deleted) do write_history(obj, session, "deleted") end
  end)
end

am.configure_mappers()
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local tables = {}
for name in pairs(Base.metadata.tables) do tables[#tables + 1] = name end
local function names(columns) return map(columns, function(c) return c.name end) end
say(p.sorted(tables), names(am.columns(histories[Ware].primary_key)), names(am.columns(histories[Shop])))
local Maker = am.sessionmaker(e)
watch(Maker)
local session = Maker()
step "first versions"
local shop = Shop{ town = "oslo" }
local tea = Ware{ name = "tea", price = 3, shop = shop }
session:add(tea)
session:commit()
say(tea.version, shop.version)

local function past(cls)
  local t = histories[cls]
  return session:execute(select(t):order_by(t.c.id, t.c.version)):all()
end

step "a price changes"
tea.price = 4
session:commit()
say(tea.version, past(Ware), past(Shop))
step "nothing changes"
tea.price = 4
session:commit()
tea.price = 5
tea.price = 4
session:commit()
say(tea.version, past(Ware))
step "more than once"
tea.price, tea.name = 6, "green tea"
session:flush()
tea.price = 7
session:commit()
say(tea.version, past(Ware))
step "a reference changes"
tea.shop = Shop{ town = "rome" }
session:commit()
local function last(rows) return rows[#rows] end
say(tea.version, last(past(Ware)), tea.shop.version)
step "expired attributes"
session:expire(shop)
shop.town = "bergen"
session:commit()
say(past(Shop), shop.version)
step "rolled back"
tea.name = "coffee"
session:flush()
say(tea.version)
session:rollback()
say(tea.version, #past(Ware))
step "without history"
local plain = Plain{ word = "a" }
session:add(plain)
session:commit()
plain.word = "b"
session:commit()
step "back to an old price"
local old = session:execute(select(histories[Ware]):where(histories[Ware].c.version:eq(1))):one()
tea.price, tea.name = old.price, old.name
session:commit()
say(tea.price, tea.name, tea.version)
step "deleted"
session:delete(tea)
session:commit()
say(last(past(Ware)), session:scalar(select(func.count(Ware.id))))
sql()
