--- What an UPDATE or DELETE does to the objects of the session that it is about.
--
-- Objects that were matched (dml_objects.lua) take what SET says where Lua can tell; what only the database knows is
-- expired, and so is what had a change waiting.
local core = require "alchemoon.core"
local evaluator = require "alchemoon.orm.evaluator"
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local states = require "alchemoon.orm.states"
local symbols = require "alchemoon.orm.symbols"
local unset = require "alchemoon.orm.unset"
local sorted_keys = require("alchemoon.keys").sorted

local dml_effects = {}
local node_get, node_tag = core.node_get, core.node_tag
local rawget, rawset, getmetatable = rawget, rawset, getmetatable
local null = symbols.null
local unpack = table.unpack or unpack -- luacheck: ignore 113

local function forget_change(session, obj, slot)
  local composites = rawget(getmetatable(obj), "__mapper__").composite_list
  if composites then
    for i = 1, #composites do rawset(obj, composites[i].slot, nil) end
    unset.load_composites(obj)
  end
  local changes = session.modified[obj] -- that of an object without changes left stays: it is among session.dirty
  if changes then changes[slot] = nil end
end

-- Column → slot; of an aliased class, those of the alias, too.
local function slots_of(mapper, statement)
  local class = node_get(statement, "orm")
  if not rawget(class, "is_aliased_class") then return mapper.column_slot end
  local slots = {}
  for column, slot in pairs(mapper.column_slot) do
    slots[column], slots[class.adapt_column(column)] = slot, slot
  end
  return slots
end

-- A document or list that is set as it is. (In a condition nobody could tell what it equals.)
local function plain_value(node)
  if node_tag(node) ~= core.tags.BIND or node_get(node, "callable") then return nil end
  local value = node_get(node, "value")
  return type(value) == "table" and getmetatable(value) == nil and value or nil
end

local function value_of(node, mapper)
  local value = plain_value(node)
  if value then return function() return value end end
  return evaluator.compile(node, mapper)
end

-- The new value of each attribute that SET names: a function of the object, or false when only the database knows.
local function setters(mapper, statement)
  local list, slots = {}, slots_of(mapper, statement)
  for _, pair in ipairs(node_get(statement, "values")) do
    if node_get(pair, "by_column") ~= 0 then
      exc.raise("InvalidRequestError", "Attribute name not found, can't be synchronized back to objects: '%s'; name "
        .. "the attribute of %s, or say synchronize_session = false", node_get(pair, "key").name, mapper.class_name)
    end
    local slot = slots[node_get(pair, "key")]
    if slot then
      local ok, get = pcall(value_of, node_get(pair, "value"), mapper)
      list[#list + 1] = { slot = slot, get = ok and get or false }
    end
  end
  return list
end

local function expire_slot(session, obj, slot)
  if rawget(obj, slot) ~= nil then unset.expire(obj, slot) end
  rawset(obj, slot, nil)
  forget_change(session, obj, slot)
end

-- What an UPDATE did to columns that stand in no SET: values that were made before it (slot → value), and the slots
-- of those that only the database knows.
local function side_effects(mapper, result, in_set)
  local made, stale = {}, {}
  if not (result._info and result._info.entry) then return made, stale end
  local params = result:last_updated_params()
  for _, column in ipairs(result:prefetch_cols()) do
    local slot = mapper.column_slot[column]
    if slot and not in_set[slot] then made[slot] = params[column.key] end
  end
  for _, column in ipairs(result:postfetch_cols()) do
    local slot = mapper.column_slot[column]
    if slot and not in_set[slot] then stale[#stale + 1] = slot end
  end
  return made, stale
end

local function names_of(mapper, slots)
  local names = {}
  for i, slot in ipairs(slots) do names[i] = mapper.name_of[slot] end
  return names
end

local function tell_refreshed(mapper, obj, slots)
  local list = mapper.instance_dispatch and mapper.instance_dispatch.refresh
  if list then event.fire(list, obj, nil, names_of(mapper, slots)) end
end

-- What an UPDATE did besides SET: values that were made are taken over, the rest is loaded again, as is what was
-- expired anyway.
local function take_side_effects(session, mapper, obj, made, stale)
  local is_expired = rawget(obj, mapper.pk_slots[1]) == nil
  for slot, value in pairs(made) do
    if not is_expired and not unset.is_expired(obj, slot) then rawset(obj, slot, value) end
  end
  for _, slot in ipairs(stale) do expire_slot(session, obj, slot) end
  local list = mapper.instance_dispatch and mapper.instance_dispatch.expire
  if list then event.fire(list, obj, names_of(mapper, stale)) end
end

-- One object takes what SET says; what had a change waiting, or what only the database knows, is loaded again.
local function take_values(session, mapper, list, obj, values)
  local changes, taken = session.modified[obj], {}
  for k, entry in ipairs(list) do
    local slot, value = entry.slot, values[k]
    if value == evaluator.EXPIRED or changes and changes[slot] ~= nil then
      expire_slot(session, obj, slot)
    else
      if rawget(obj, slot) ~= nil then rawset(obj, slot, value == nil and null or value) end
      forget_change(session, obj, slot)
      taken[#taken + 1] = slot
    end
  end
  tell_refreshed(mapper, obj, taken)
end

--- After an UPDATE: `matched` objects take the new values, `unknown` ones are loaded again.
function dml_effects.updated(session, mapper, statement, matched, unknown, result)
  local list, values, in_set = setters(mapper, statement), {}, {}
  for _, entry in ipairs(list) do in_set[entry.slot] = true end
  for i, obj in ipairs(matched) do
    values[i] = {}
    for k, entry in ipairs(list) do
      if entry.get then values[i][k] = entry.get(obj) else values[i][k] = evaluator.EXPIRED end
    end
  end
  local made, stale = side_effects(mapper, result, in_set)
  local transaction = session._transaction
  for i, obj in ipairs(matched) do
    local own = rawget(getmetatable(obj), "__mapper__")
    take_side_effects(session, own, obj, made, stale)
    take_values(session, own, list, obj, values[i])
    if transaction and transaction.nested then transaction._dirty[obj] = true end
  end
  for _, obj in ipairs(unknown) do
    for _, entry in ipairs(list) do expire_slot(session, obj, entry.slot) end
  end
end

local function expire_all_columns(session, mapper, obj)
  for _, slot in pairs(mapper.column_slot) do expire_slot(session, obj, slot) end
end

-- One object takes a row of values (attribute name → value): what had a change waiting is loaded again.
local function take_row(session, obj, row)
  local mapper = rawget(getmetatable(obj), "__mapper__")
  local is_key, taken, stale = {}, {}, {}
  for _, slot in ipairs(mapper.pk_slots) do is_key[slot] = true end
  local changes = session.modified[obj]
  for _, name in ipairs(sorted_keys(row)) do
    local slot = mapper.slot[name]
    if slot and not is_key[slot] then
      local list = changes and changes[slot] ~= nil and stale or taken
      list[#list + 1] = slot
    end
  end
  for _, slot in ipairs(taken) do
    if rawget(obj, slot) ~= nil then rawset(obj, slot, row[mapper.name_of[slot]]) end
    forget_change(session, obj, slot)
  end
  tell_refreshed(mapper, obj, taken)
  if #stale == 0 then return end
  for _, slot in ipairs(stale) do expire_slot(session, obj, slot) end
  local heard = mapper.instance_dispatch and mapper.instance_dispatch.expire
  if heard then event.fire(heard, obj, names_of(mapper, stale)) end
end

--- Objects in the session take the values of rows that were updated by primary key.
function dml_effects.apply_rows(session, mapper, rows, token)
  local map = session.identity[mapper.identity_base]
  if not map then return end
  for _, row in ipairs(rows) do
    local key, n = {}, #mapper.pk_slots
    for i, slot in ipairs(mapper.pk_slots) do key[i] = row[mapper.name_of[slot]] end
    local obj = map[core.identity_key_with_token(token, unpack(key, 1, n))]
    if obj then take_row(session, obj, row) end
  end
end

--- After a DELETE: `matched` objects are deleted; the columns of `unknown` ones are loaded again.
function dml_effects.deleted(session, mapper, matched, unknown)
  states.remove_newly_deleted(session, matched)
  for _, obj in ipairs(unknown) do expire_all_columns(session, mapper, obj) end
end

return dml_effects
