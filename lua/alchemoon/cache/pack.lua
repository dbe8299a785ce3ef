--- Objects as plain tables and back: what a cache keeps of a result.
--
-- packed = { rows = { { value … } }, objects = { { c = class, k = key values, t = token, v = { name → value },
-- r = { name → number, numbers or false } } } }; an object in a row is { o = number }. Only what is loaded is packed.
-- An object with changes that were not flushed cannot be packed: a cache must not show what nobody has committed.
local core = require "alchemoon.core"
local attributes = require "alchemoon.orm.attributes"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"
local merge = require "alchemoon.orm.merge"
local states = require "alchemoon.orm.states"

local pack = {}
local null = core.null
local rawget, rawset, getmetatable = rawget, rawset, getmetatable

-- --- packing ------------------------------------------------------------------------------------------------

local pack_object

local function is_storable(session, obj)
  local context = rawget(obj, 1)
  return context ~= nil and context.session == session and context.lifecycle == "persistent"
    and session.modified[obj] == nil
end

local function add_tables(state, mapper)
  for _, from in ipairs(mapper.tables) do state.tables[from] = true end
end

-- False if something in it cannot be stored; then the whole result is not.
local function pack_relationship(state, record, prop, value)
  add_tables(state, prop.mapper)
  if prop.secondary ~= nil then state.tables[prop.secondary] = true end
  if value == null then
    record.r[prop.key] = false
    return true
  end
  if not prop.uselist then
    local number = pack_object(state, value)
    record.r[prop.key] = number
    return number ~= nil
  end
  local list = {}
  for i, item in ipairs(prop.adapter.items(value)) do
    list[i] = pack_object(state, item)
    if not list[i] then return false end
  end
  record.r[prop.key] = list
  return true
end

local function is_packed(prop)
  return prop.kind == "relationship" and not prop.instance_get and prop.cascade.merge
end

-- Numbered before its relationships are followed, as they may lead back to it; nil if it cannot be stored.
function pack_object(state, obj)
  local known = state.numbers[obj]
  if known then return known end
  if not is_storable(state.session, obj) then return nil end
  local mapper = rawget(getmetatable(obj), "__mapper__")
  local number = #state.objects + 1
  local record = { c = mapper.class_name, k = core.identity_values(rawget(obj, 2)), t = identity.token(obj), v = {},
    r = {} }
  if not record.k then return nil end
  state.objects[number], state.numbers[obj] = record, number
  add_tables(state, mapper)
  for _, prop in ipairs(mapper.props) do
    local value = prop.slot and rawget(obj, prop.slot)
    if value ~= nil and prop.kind == "column" then record.v[prop.key] = value
    elseif value ~= nil and is_packed(prop) and not pack_relationship(state, record, prop, value) then
      return nil
    end
  end
  return number
end

--- The rows of a result as one plain table; nil if they hold something that is not committed. Second result: the set
-- of tables that the objects come from.
---@param session table
---@param rows userdata[]
function pack.rows(session, rows)
  local state = { session = session, objects = {}, numbers = {}, tables = {} }
  local packed = {}
  for i, row in ipairs(rows) do
    local values = {}
    for k = 1, #row do
      local value = row[k]
      if value == nil then value = null end
      if instance.is(value) then
        value = { o = pack_object(state, value) }
        if not value.o then return nil end
      end
      values[k] = value
    end
    packed[i] = values
  end
  return { rows = packed, objects = state.objects }, state.tables
end

-- --- unpacking ----------------------------------------------------------------------------------------------

local function classes_of(registry)
  return function(name)
    for _, mapper in ipairs(require("alchemoon.orm.registry").all_mappers()) do
      if mapper.class_name == name and mapper.registry == registry then return mapper end
    end
    return nil
  end
end

-- Objects without relationships; nil if the program does not know them any more.
local function bare_objects(packed, mapper_of)
  local objects = {}
  for i, record in ipairs(packed.objects) do
    local mapper = mapper_of(record.c)
    if not mapper or #record.k ~= #mapper.pk_slots then return nil end
    local obj = instance.empty(mapper)
    rawset(obj, 1, instance.detached_context)
    rawset(obj, 2, identity.key(record.k, #record.k, record.t))
    for name, value in pairs(record.v) do
      local prop = mapper.prop[name]
      if not prop or prop.kind ~= "column" then return nil end
      rawset(obj, prop.slot, value)
    end
    objects[i] = obj
  end
  return objects
end

-- The second pass: relationships refer to objects that the first one has made.
local function tie(packed, objects)
  for i, record in ipairs(packed.objects) do
    local obj = objects[i]
    local mapper = rawget(getmetatable(obj), "__mapper__")
    for name, value in pairs(record.r) do
      local prop = mapper.prop[name]
      if not prop or prop.kind ~= "relationship" then return false end
      if value == false then rawset(obj, prop.slot, null)
      elseif not prop.uselist then rawset(obj, prop.slot, objects[value])
      else
        local items = {}
        for k, number in ipairs(value) do items[k] = objects[number] end
        attributes.adopt_collection(obj, prop, items)
      end
    end
  end
  return true
end

-- Has the session changed one of these objects? Then its own state counts.
local function any_changed(session, objects)
  if next(session.modified) == nil and session._deleted.count == 0 then return false end
  for _, obj in ipairs(objects) do
    local map = session.identity[rawget(getmetatable(obj), "__mapper__").identity_base]
    local own = map and map[rawget(obj, 2)]
    if own and (session.modified[own] or session._deleted:contains(own)) then return true end
  end
  return false
end

-- The session's objects of these identities remember options for their lazy loads.
local function hand_on(session, objects, user_options)
  local context = states.load_context(session, { user_options = user_options })
  for _, obj in ipairs(objects) do
    local map = session.identity[rawget(getmetatable(obj), "__mapper__").identity_base]
    local own = map and map[rawget(obj, 2)]
    if own and rawget(own, 1) == session._persistent then rawset(own, 1, context) end
  end
end

--- Rows (lists of values) with the session's own objects; nil if the session must ask the database.
---@param session table
---@param registry table?
---@param packed table
---@param user_options table?   nodes of options that the lazy loads of the objects take over
function pack.restore(session, registry, packed, user_options)
  local merged = {}
  if #packed.objects > 0 then
    local objects = bare_objects(packed, classes_of(registry))
    if not objects or not tie(packed, objects) or any_changed(session, objects) then return nil end
    local wanted, order = {}, {}
    for _, row in ipairs(packed.rows) do
      for _, value in ipairs(row) do
        if type(value) == "table" and value.o and not wanted[value.o] then
          wanted[value.o] = true
          order[#order + 1] = value.o
        end
      end
    end
    local list = {}
    for i, number in ipairs(order) do list[i] = objects[number] end
    for i, obj in ipairs(merge.merge_all(session, list, { load = false })) do merged[order[i]] = obj end
    if user_options then hand_on(session, objects, user_options) end
  end
  local rows = {}
  for i, row in ipairs(packed.rows) do
    rows[i] = {}
    for k, value in ipairs(row) do
      if type(value) == "table" and getmetatable(value) == nil and value.o then value = merged[value.o] end
      rows[i][k] = value
    end
  end
  return rows
end

return pack
