--- Composites: several columns as one value object.
--
-- The object lies in a slot of its own, made when it is first asked for, but from the values that were loaded: a part
-- that is assigned later does not change it before the next flush, which takes it away. Assigning one assigns its parts
-- (`__composite_values__`). Whoever expires a part clears the composite's slot: mapper.composite_list lists them.
local core = require "alchemoon.core"
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local symbols = require "alchemoon.orm.symbols"
local attr = require "alchemoon.orm.attr"
local instance = require "alchemoon.orm.instance"
local mutable = require "alchemoon.orm.ext.mutable"
local properties = require "alchemoon.orm.properties"
local sql = require "alchemoon.orm.sql"
local unset = require "alchemoon.orm.unset"

local Composite = properties.CompositeProperty
local null = symbols.null
local unpack = table.unpack or unpack -- luacheck: ignore 113

-- A composite names its columns in any way in which an attribute can be named.
local function resolve(m, given)
  if type(given) == "string" then
    return m:get_property(given)
  end
  if properties.is(given) then return given end
  local column = sql.column_of(given)
  local prop = column and (m.prop_of_column[column] or m.prop_at[m.column_slot[column] or -1])
  if not prop then
    exc.raise("ArgumentError", "Composite expects Column objects or mapped attributes/attribute names as arguments, " ..
      "got: %s", tostring(given))
  end
  return prop
end

--- The column properties of the parts, in order.
function Composite:parts(m)
  local list = rawget(self, "props")
  if not list then
    list = {}
    for i, given in ipairs(self.attrs) do list[i] = resolve(m or self.parent, given) end
    self.props = list
  end
  return list
end

--- `composite_class`, `props` and `columns`, for those who look at the mapper.
function Composite:init()
  self.composite_class, self.columns, self.deferred = self.make, {}, self.deferred or false
  for _, part in ipairs(self:parts()) do
    if part.kind == "column" then
      table.insert(self.columns, part.columns[1])
      if self.active_history then part.active_history = true end
      if self.deferred then part.deferred, part.group, part.raiseload = true, self.group, self.raiseload end
    end
  end
end

--- Does the value lie (in part) in that slot?
function Composite:has_part(m, slot)
  for _, part in ipairs(self:parts(m)) do
    if part.slot == slot then return true end
  end
  return slot == self.slot
end

-- Had the object been made when its row came, what of? Nothing for a new object, or when a part was not loaded then.
local function loaded_values(obj, parts)
  local changes = rawget(obj, 2) ~= nil and instance.changes(obj)
  if not changes then return nil end
  local values = {}
  for i, prop in ipairs(parts) do
    local value = changes[prop.slot]
    if value == nil then value = rawget(obj, prop.slot) end
    if value == nil or value == symbols.NO_VALUE then return nil end
    if value ~= null then values[i] = value end
  end
  return values
end

local function present_values(obj, parts)
  local values, any = {}, rawget(obj, 2) ~= nil
  for i, prop in ipairs(parts) do
    values[i] = obj[prop.key]
    if values[i] ~= nil then any = true end
  end
  return any and values or nil
end

-- Listeners of "refresh" hear of a composite that is made because somebody reads it; one that its row brought is told
-- with the row.
local function tell_made(self, obj, m)
  local list = m.instance_dispatch and m.instance_dispatch.refresh
  if not list then return end
  if rawget(obj, 2) == nil or unset.is_popped(obj) or unset.is_expired(obj, self.slot) then
    event.fire(list, obj, nil, { self.key })
  end
end

-- Makes the object of the values of its parts and puts it into its slot.
local function make_of(self, obj, values, count)
  local made = self.make(unpack(values, 1, count))
  rawset(obj, self.slot, made)
  mutable.adopt_composite(obj, self, made)
  return made
end

--- Makes the object from the parts of `obj`; nil when the object is new and no part is set.
function Composite:build(obj)
  local m = rawget(getmetatable(obj), "__mapper__")
  local parts = self:parts(m)
  local values = not unset.is_popped(obj) and loaded_values(obj, parts) or present_values(obj, parts)
  if not values then return nil end
  local made = rawget(obj, self.slot)
  if made ~= nil then return made end
  made = make_of(self, obj, values, #parts)
  tell_made(self, obj, m)
  return made
end

--- Makes it anew of what its parts hold now, which are all there.
function Composite:remake(obj)
  local parts = self:parts(rawget(getmetatable(obj), "__mapper__"))
  make_of(self, obj, present_values(obj, parts), #parts)
end

--- The object if it is there without loading anything: set, made before, or of a row that held all its parts.
function Composite:present(obj)
  local value = rawget(obj, self.slot)
  if value ~= nil or rawget(obj, 2) == nil or unset.is_popped(obj) then return value end
  for _, part in ipairs(self:parts(rawget(getmetatable(obj), "__mapper__"))) do
    if rawget(obj, part.slot) == nil then return nil end
  end
  return self:build(obj)
end

--- The values of a composite object, which gives them one by one or as a list; nil for anything else.
function Composite.values_in(value)
  local method = type(value) == "table" and value.__composite_values__
  if not method then return nil end
  local list = { method(value) }
  if #list == 1 and type(list[1]) == "table" and getmetatable(list[1]) == nil then return list[1] end
  return list
end

local function values_of(self, value)
  local list = Composite.values_in(value)
  if not list then
    exc.raise("InvalidRequestError", "Composite class %s is not a dataclass and does not define a " ..
      "__composite_values__() method; can't get state", type(self.make) == "table" and
      tostring(rawget(self.make, "__name") or self.key) or tostring(self))
  end
  return list
end

-- A part without value is NULL; in a new object it stays unset, so that its default fires.
local function set_part(obj, prop, value)
  if value == nil and rawget(obj, 2) == nil and rawget(obj, prop.slot) == nil then return end
  obj[prop.key] = value
end

--- The columns take the values of an object that was changed in place.
function Composite:store(obj, value)
  local values = values_of(self, value)
  for i, prop in ipairs(self:parts(rawget(getmetatable(obj), "__mapper__"))) do set_part(obj, prop, values[i]) end
end

-- Listeners come first, as they may exchange the value; the columns follow it.
function Composite:assign(obj, value)
  local m = rawget(getmetatable(obj), "__mapper__")
  local parts = self:parts(m)
  local dispatch = m.attr_dispatch[self.key]
  if value == null then value = nil end
  value = mutable.coerce_composite(self.make, self.key, value)
  local previous
  if self.active_history then previous = self:build(obj) else previous = self:present(obj) end
  if dispatch and dispatch.set then
    local shown = previous
    if shown == null or shown == nil and self.active_history then shown = nil
    elseif shown == nil then shown = symbols.NO_VALUE end
    for _, listener in ipairs(dispatch.set) do value = listener(obj, value, shown, { prop = self, key = self.key }) end
  end
  if value == null then value = nil end
  mutable.release_composite(obj, rawget(obj, self.slot))
  if value == nil then
    rawset(obj, self.slot, null)
    for _, prop in ipairs(parts) do obj[prop.key] = nil end
    return
  end
  local values = values_of(self, value)
  rawset(obj, self.slot, value)
  mutable.adopt_composite(obj, self, value)
  for i, prop in ipairs(parts) do set_part(obj, prop, values[i]) end
end

--- The object is forgotten and its parts become NULL.
function Composite:delete(obj)
  local m = rawget(getmetatable(obj), "__mapper__")
  local previous
  if self.active_history then previous = self:build(obj) else previous = self:present(obj) end
  if previous == nil and not self.active_history then previous = symbols.NO_VALUE end
  mutable.release_composite(obj, rawget(obj, self.slot))
  rawset(obj, self.slot, nil)
  local dispatch = m.attr_dispatch[self.key]
  for _, listener in ipairs(dispatch and dispatch.remove or {}) do
    listener(obj, previous ~= null and previous or nil, { prop = self, key = self.key })
  end
  local parts = self:parts(m)
  for _, prop in ipairs(parts) do set_part(obj, prop, nil) end
  local values = present_values(obj, parts) -- not what was loaded: that object is gone
  if values then rawset(obj, self.slot, self.make(unpack(values, 1, #parts))) end
end

--- update() and insert(): the columns that an object of the composite is assigned to.
function Composite:update_pairs(node, value)
  local list, values = {}, {}
  if value ~= nil and value ~= null then values = Composite.values_in(value) end
  if not values then
    exc.raise("ArgumentError", "Can't UPDATE composite attribute %s to %s", tostring(self), exc.show_value(value))
  end
  local entity = core.node_get(node, "entity")
  for i, part in ipairs(self:parts()) do
    list[i] = { require("alchemoon.orm.entity").attribute(entity, part), values[i] == nil and null or values[i] }
  end
  return list
end

--- Gives instances access; called by the mapper.
function Composite:attach_to(m, key)
  m.composite_list, m.after_flush = m.composite_list or {}, true
  local known = false
  for _, other in ipairs(m.composite_list) do known = known or other == self end
  if not known then table.insert(m.composite_list, self) end
  m.read_slot[key] = self.slot
  m.descriptor[key] = { prop = self, set = function(obj, value) self:assign(obj, value) end }
end

-- --- on the class ---------------------------------------------------------------------------------------------

local function columns_of(node)
  local prop, entity = core.node_get(node, "extra"), core.node_get(node, "entity")
  local list = {}
  for i, part in ipairs(prop:parts()) do
    list[i] = require("alchemoon.orm.entity").attribute(entity, part)
  end
  return list, prop
end

local composite_methods = attr.by_kind[core.enums.ORM_ATTR_COMPOSITE]

for _, name in ipairs { "eq", "ne", "lt", "le", "gt", "ge" } do
  composite_methods[name] = function(node, other)
    local list, prop = columns_of(node)
    local factory = prop.comparator_factory
    if factory and factory[name] then return factory[name](node, other) end
    local values = {}
    if other ~= nil and other ~= null then values = values_of(prop, other) end
    local conditions = {}
    for i, column in ipairs(list) do conditions[i] = column[name](column, values[i]) end
    return sql.and_(conditions)
  end
end
function composite_methods.columns_of(node) return (columns_of(node)) end
--- The parts as a clause list: what a bare mention of the composite stands for.
function Composite:clause_list(entity)
  local list = {}
  for i, part in ipairs(self:parts()) do list[i] = require("alchemoon.orm.entity").attribute(entity, part) end
  return core.node(core.tags.CLAUSE_LIST, { items = list, op = sql.op.comma })
end
function composite_methods.__clause_element__(node) return core.node_get(node, "column") end
--- The composite under another name of the result's rows.
function composite_methods.label(node, name)
  return core.node_with(node, { name = name }, core.node_type(node))
end
local function by_order(name)
  composite_methods[name] = function(node) return (columns_of(node))[1][name]((columns_of(node))[1]) end
end
by_order "desc"
by_order "asc"

return Composite
