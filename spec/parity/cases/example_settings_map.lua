-- Settings that grow new versions: a dictionary of values under a parent, shared between versions until they change.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql = p.say, p.step, p.sql
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, func, inspect, event = am.select, am.func, am.inspect, am.event

local Base = am.declarative_base()
local Maker = am.sessionmaker()
local Settings, Element, Value

event.listen(Maker, "before_flush", function(session)
  for _, obj in ipairs(p.collect(session.dirty, function(o) return inspect(o).class_ == Settings and o or nil end)) do
    if session:is_modified(obj) then obj:new_version(session) end
  end
end)

Settings = Base:model("Settings", {
  __tablename__ = "settings",
  id = Column(Integer, { primary_key = true }),
  elements = am.relationship("Element", { collection_class = am.attribute_keyed_dict("name"),
    backref = am.backref("owner"), cascade = "all, delete-orphan" }),
  data = am.association_proxy("elements", "value", {
    creator = function(name, value) return Element{ name = name, value = value } end }),
})
function Settings:new_version(session)
  am.make_transient(self)
  self.id = nil
  local history = am.get_history(self, "elements")
  am.set_committed_value(self, "elements", {})
  for _, element in ipairs(history.added or {}) do self.elements[element.name] = element end
  local kept = p.collect(history.unchanged or {}, function(x) return x end)
  table.sort(kept, function(x, y) return x.name < y.name end)
  for _, element in ipairs(kept) do
    self.elements[element.name] = Element{ name = element.name, value_object = element.value_object }
  end
  session:add(self)
end

Element = Base:model("Element", {
  __tablename__ = "elements",
  settings_id = Column(ForeignKey("settings.id"), { primary_key = true }),
  name = Column(String(20), { primary_key = true }),
  value_id = Column(ForeignKey("vals.id")),
  value_object = am.relationship("Value", { lazy = "joined" }),
  value = am.hybrid_property(function(self) return self.value_object and self.value_object.text end, {
    setter = function(self, text) self.value_object = Value{ text = text } end }),
})

Value = Base:model("Value", {
  __tablename__ = "vals",
  id = Column(Integer, { primary_key = true }),
  text = Column(String(30)),
  checked = am.validates("text", function(_, _, text)
    say("   value", text)
    return text
  end),
})

local e = p.engine()
Maker:configure{ bind = e }
Base.metadata:create_all(e)
p.forget()
local session = Maker()
local function items(data)
  local out = {}
  for k, v in data:items() do out[#out + 1] = { k, v } end
  return p.sorted(out)
end
local function keys(data)
  local out = {}
  for k in data:items() do out[#out + 1] = k end
  return p.sorted(out)
end
step "first"
local conf = Settings()
conf.data.host = "a.example"
conf.data.port = "80"
session:add(conf)
session:commit()
say(conf.id, items(conf.data), #keys(conf.data), conf.data:contains("host"))
say(session:scalar(select(func.count(Value.id))))
step "a value changes"
conf.elements.port.value = "81"
say(inspect(conf).modified, inspect(conf.elements.port).modified)
session:commit()
say(conf.id, items(conf.data))
step "a new key makes a version"
conf.data.user = "ann"
session:flush()
say(conf.id, items(conf.data))
session:commit()
say(session:execute(select(Element.settings_id, Element.name, Element.value_id)
  :order_by(Element.settings_id, Element.name)):all())
step "a key goes"
conf.data.host = nil
session:commit()
say(conf.id, keys(conf.data), session:scalar(select(func.count(Value.id))))
say(session:execute(select(Element.settings_id, func.count()):group_by(Element.settings_id)
  :order_by(Element.settings_id)):all())
step "old versions are there"
local old = session:get(Settings, 1)
say(items(old.data), old == conf)
say(session:scalars(select(Settings.id):where(Settings.elements:any{ name = "host" }):order_by(Settings.id)):all())
say(session:scalars(select(Settings.id):join(Settings.elements):join(Element.value_object):where(Value.text:eq("ann"))
  :order_by(Settings.id)):all())
step "nothing changes"
session:commit()
say(conf.id, session:is_modified(conf))
session:delete(old)
session:commit()
say(session:scalars(select(Settings.id):order_by(Settings.id)):all(), session:scalar(select(func.count(Value.id))))
sql()
