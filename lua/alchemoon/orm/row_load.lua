--- A plain loader: one SELECT per attribute or object. Stands in until the loaders take the doors of loading.lua.
local exc = require "alchemoon.exc"
local attributes = require "alchemoon.orm.attributes"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"
local loading = require "alchemoon.orm.loading"
local select = require("alchemoon.sql.select").select
local states = require "alchemoon.orm.states"
local symbols = require "alchemoon.orm.symbols"

local row_load = {}
local null, NO_VALUE = symbols.null, symbols.NO_VALUE
local unpack = table.unpack or unpack -- luacheck: ignore 113

local function columns_of(mapper)
  local list, slots = {}, {}
  for _, prop in ipairs(mapper.props) do
    if prop.kind == "column" then
      list[#list + 1], slots[#slots + 1] = prop.columns[1], prop.slot
    end
  end
  return list, slots
end

local function query(session, mapper, conditions)
  local list = columns_of(mapper)
  local statement = select(unpack(list)):select_from(mapper.persist_selectable):where(unpack(conditions))
  return session:_connection_for_bind(session:get_bind({ mapper = mapper })):execute(statement):all()
end

local function populate(session, mapper, row, only_empty, target)
  local _, slots = columns_of(mapper)
  local at = {}
  for i, slot in ipairs(slots) do at[slot] = i end
  local discriminator = mapper.polymorphic_slot and row[at[mapper.polymorphic_slot]]
  local actual = discriminator ~= nil and mapper.polymorphic_map[discriminator] or mapper
  local values = {}
  for i, slot in ipairs(mapper.pk_slots) do values[i] = row[at[slot]] end
  local key = identity.key(values, #values)
  local map = identity.map_for(session, mapper.base)
  local obj = target or map[key]
  local fresh = obj == nil
  if fresh then
    obj = instance.empty(actual)
    rawset(obj, 1, session._persistent)
    rawset(obj, 2, key)
    map[key] = obj
  end
  local changes = session.modified[obj]
  for i, slot in ipairs(slots) do
    if rawget(obj, slot) == nil and not (changes and changes[slot] ~= nil) or (not only_empty and fresh) then
      local value = row[i]
      rawset(obj, slot, value == nil and null or value)
    end
  end
  if fresh then
    local list = session.dispatch.loaded_as_persistent
    if list then require("alchemoon.event").fire(list, session, obj) end
  end
  return obj
end

local function by_key(session, mapper, values, target)
  local conditions = {}
  for i, column in ipairs(mapper.primary_key) do conditions[i] = column:eq(values[i]) end
  local row = query(session, mapper, conditions)[1]
  if not row then return nil end
  return populate(session, mapper, row, true, target)
end

local function detached(obj, mapper, name)
  exc.raise("DetachedInstanceError", "%s", ("Parent instance %s is not bound to a Session; lazy load operation of "
    .. "attribute '%s' cannot proceed"):format(instance.describe(obj), name) .. (mapper and "" or ""))
end

local function key_values(obj, mapper)
  local values = {}
  for i, slot in ipairs(mapper.pk_slots) do
    local value = rawget(obj, slot)
    if value == nil and #mapper.pk_slots == 1 then value = rawget(obj, 2) end
    if value == nil then -- the encoded composite key is the only trace
      local key, at, index = rawget(obj, 2), 2, 0
      while at <= #key do
        index = index + 1
        local number, after = key:match("^i(-?%d+);()", at)
        local text
        if number then text, at = tonumber(number), after
        else
          local size, start = key:match("^s(%d+):()", at)
          text, at = key:sub(start, start + size - 1), start + size
        end
        if index == i then value = text end
      end
    end
    values[i] = value
  end
  return values
end

local function load_columns(obj, mapper, slot)
  local session = states.session_of(obj)
  if not session then
    exc.raise("DetachedInstanceError", "Instance %s is not bound to a Session; attribute refresh operation cannot "
      .. "proceed",
      instance.describe(obj))
  end
  if not by_key(session, mapper, key_values(obj, mapper), obj) then
    exc.raise("ObjectDeletedError", "Instance '%s' has been deleted, or its row is otherwise not present.",
      instance.describe(obj))
  end
  return rawget(obj, slot)
end

local function load_relationship(obj, mapper, prop)
  local session = states.session_of(obj)
  if not session then detached(obj, mapper, prop.key) end
  session:_autoflush()
  local target = prop.mapper
  if prop.use_get then
    local values = {}
    for i, slot in ipairs(prop.get_slots) do
      values[i] = rawget(obj, slot)
      if values[i] == nil then values[i] = obj[mapper.name_of[slot]] end
      if values[i] == nil or values[i] == null then return nil end
    end
    return session:get(target.class, values)
  end
  local conditions = {}
  for _, pair in ipairs(prop.secondary and prop.synchronize_pairs or prop.local_remote_pairs) do
    local slot = mapper.column_slot[pair[1]]
    local value = rawget(obj, slot)
    if value == nil then value = obj[mapper.name_of[slot]] end
    conditions[#conditions + 1] = pair[2]:eq(value ~= null and value or nil)
  end
  if prop.secondary then conditions[#conditions + 1] = prop.secondaryjoin end
  local columns = columns_of(target)
  local statement = select(unpack(columns)):select_from(target.persist_selectable):where(unpack(conditions))
  if prop.order_by then statement = statement:order_by(unpack(prop.order_by)) end
  local conn = session:_connection_for_bind(session:get_bind({ mapper = target }))
  local out = {}
  for _, row in ipairs(conn:execute(statement):all()) do
    local loaded = populate(session, target, row, true)
    out[#out + 1] = loaded
  end
  return out
end

--- loading.load: the slot of a stored object is empty.
function row_load.load(obj, mapper, slot, passive)
  local prop = mapper.prop_at[slot]
  if passive ~= nil and passive ~= symbols.OFF and passive ~= symbols.ONLY_PERSISTENT then
    if prop.kind == "relationship" and passive ~= symbols.NO_FETCH_RELATED then return NO_VALUE end
  end
  if prop.kind ~= "relationship" then
    local value = load_columns(obj, mapper, slot)
    if value == null then return nil end
    return value
  end
  local found = load_relationship(obj, mapper, prop)
  if prop.uselist then return attributes.adopt_collection(obj, prop, found) end
  if type(found) == "table" and getmetatable(found) == nil then found = found[1] end
  if found ~= nil then
    rawset(obj, slot, found)
  else
    rawset(obj, slot, null)
  end
  return found
end

function row_load.by_identity(session, mapper, values)
  session:_autoflush()
  return by_key(session, mapper, values)
end

function row_load.refresh(session, obj, mapper)
  return by_key(session, mapper, key_values(obj, mapper), obj) ~= nil
end

if not loading.by_identity then
  loading.load, loading.by_identity, loading.refresh = row_load.load, row_load.by_identity, row_load.refresh
end

return row_load
