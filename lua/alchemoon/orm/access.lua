--- How the flush looks at objects: values by column, histories, parents; without events and without surprise loads.
--
-- The layout of an object stands in README.md. A slot is nil when the attribute was not loaded or never set; `null` is
-- a known NULL. Histories are { added =, unchanged =, deleted = }, lists, never nil.
local core = require "alchemoon.core"
local attributes = require "alchemoon.orm.attributes"
local collection_changes = require "alchemoon.orm.collection_changes"
local backref = require "alchemoon.orm.backref"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"
local lists = require "alchemoon.lists"
local settled = require "alchemoon.orm.settled"
local symbols = require "alchemoon.orm.symbols"
local types = require "alchemoon.types"
local copy = lists.copy

local access = {}
local null, NO_VALUE, OFF, NO_RAISE = symbols.null, symbols.NO_VALUE, symbols.OFF, symbols.NO_RAISE
local rawget, rawset, getmetatable, type = rawget, rawset, getmetatable, type

local NOTHING = {}
--- The history of an attribute that nobody touched and that is not loaded.
local EMPTY = { added = NOTHING, unchanged = NOTHING, deleted = NOTHING, empty = true }
access.EMPTY, access.NOTHING = EMPTY, NOTHING

access.describe = instance.describe

--- The mapper of an object; nil for anything else.
access.mapper_of = instance.mapper_of

local changes_of = instance.changes
access.changes_of = changes_of

-- --- columns ---------------------------------------------------------------------------------------------

--- The present value in a slot, loading it when the object is persistent and it is not there; nil for NULL and never
-- set.
local function value_at(obj, mapper, slot)
  local value = rawget(obj, slot)
  if value == nil then
    if not rawget(obj, 2) then return nil end
    local own = instance.mapper_of(obj) -- a subclass is refreshed with its own columns
    value = instance.missing(obj, own.prop_at[slot] and own or mapper, slot)
  end
  if value == null or value == NO_VALUE then return nil end
  return value
end
access.value_at = value_at

-- The value of a primary key column by which the object is known, whatever stands in its slot; nil for other columns.
local function known_key(obj, slot)
  local key = rawget(obj, 2)
  if key == nil then return nil end
  local mapper = rawget(getmetatable(obj), "__mapper__")
  local slots = mapper.pk_slots
  for i = 1, #slots do
    if slots[i] == slot then
      local values = identity.values(obj, mapper)
      return values and values[i]
    end
  end
  return nil
end

--- The value as the database has it: before the change, if it was changed.
function access.committed_at(obj, mapper, slot)
  local changes = changes_of(obj)
  local old = changes and changes[slot]
  if old == NO_VALUE then old = known_key(obj, slot) end
  if old ~= nil then
    if old == null then return nil end
    return old
  end
  return value_at(obj, mapper, slot)
end

--- Writes a column as an assignment does, listeners and validators included.
function access.set_column(obj, mapper, slot, value)
  local name = mapper.name_of[slot]
  if mapper.write_slot[name] then
    local old = rawget(obj, slot)
    if old == nil then old = instance.key_before(obj, mapper, slot) end
    instance.record(obj, slot, old)
    if value == nil then value = null end
    rawset(obj, slot, value)
  elseif value == nil and mapper.descriptor[name].set_null then mapper.descriptor[name].set_null(obj)
  else
    if value == nil then value = null end
    obj[name] = value
  end
end

-- What tells a list from a map where both are empty; nil for an object with another metatable.
local function kind_of_document(value)
  local mt = getmetatable(value)
  if mt == nil then return "map" end
  if type(mt) ~= "table" then return nil end
  if rawget(mt, "is_json_array") then return "list" end
  return rawget(mt, "mutable_class") and "map" or nil
end

-- What was read from JSON, what tells of its changes and plain tables may be the same document.
local function same_kind(a, b)
  if getmetatable(a) == getmetatable(b) then return true end
  local x, y = kind_of_document(a), kind_of_document(b)
  return x ~= nil and y ~= nil and (x == y or next(a) ~= nil)
end

-- JSON values are equal if their parts are: an assignment of the same document is no change.
local function deep_equal(a, b)
  if a == b then return true end
  if type(a) ~= "table" or type(b) ~= "table" then return false end
  if not same_kind(a, b) then return false end
  for key, value in next, a do
    if not deep_equal(value, b[key]) then return false end
  end
  for key in next, b do
    if a[key] == nil then return false end
  end
  return true
end

--- Are two values of a column the same to the database?
local function same(a, b)
  if a == b then return true end
  if type(a) ~= "table" then return false end
  if core.node_tag(a) ~= nil or a.__clause_element__ then return false end
  return deep_equal(a, b)
end
access.same = same

--- The rule of a column's type for what counts as the same value (compare_values), or nil.
function access.comparison_of(column)
  local node = core.node_type(column)
  local spec = node and types.spec(node)
  return spec and spec.compare_values
end

--- The same with the type's own rule for values that are there.
function access.same_by(compare, a, b)
  if compare and a ~= null and b ~= null then return compare(a, b) and true or false end
  return same(a, b)
end

--- Is the value of a slot an SQL expression (to be rendered into the statement)?
function access.is_expression(value)
  local kind = type(value)
  if kind == "userdata" then return core.node_tag(value) ~= nil end
  if kind == "table" then
    local mt = getmetatable(value)
    return mt ~= nil and (rawget(mt, "__mapper__") == nil) and type(value.__clause_element__) == "function"
  end
  return false
end

--- added and deleted value of a column whose change is recorded; nothing when there is no net change.
---@return boolean changed
---@return any new
---@return any old   nil when it was not loaded
function access.column_change(obj, slot)
  local changes = changes_of(obj)
  local old = changes and changes[slot]
  local current = rawget(obj, slot)
  if old == nil then return false, current, nil end
  if old == NO_VALUE then
    old = known_key(obj, slot)
    if old == nil then return current ~= nil, current, nil end
  end
  local prop = instance.mapper_of(obj).prop_at[slot]
  local compare = prop and prop.kind == "column" and access.comparison_of(prop.columns[1])
  if current == nil or access.same_by(compare, current, old) then return false, current, nil end
  return true, current, old
end

-- --- relationships -----------------------------------------------------------------------------------------

local function items_of(prop, collection) return prop.adapter.items(collection) end

--- fn(...) while the columns of the object by which a relationship is loaded have the values that the database knows,
-- or none where those were not loaded when they were changed.
function access.as_stored(obj, prop, fn, ...)
  local changes = changes_of(obj)
  if not changes then return fn(...) end
  local mapper, swapped = rawget(getmetatable(obj), "__mapper__"), nil
  for _, pair in ipairs(prop.local_remote_pairs or NOTHING) do
    local slot = mapper.column_slot[pair[1]]
    if slot and changes[slot] ~= nil then
      local changed, new, old = access.column_change(obj, slot)
      if changed then
        swapped = swapped or {}
        swapped[slot] = new
        rawset(obj, slot, old == nil and null or old) -- what was not there refers to nobody
      end
    end
  end
  if not swapped then return fn(...) end
  local ok, value = pcall(fn, ...)
  for slot, new in pairs(swapped) do rawset(obj, slot, new) end
  if not ok then error(value, 0) end
  return value
end

-- Loads a relationship as the database knows it.
local function peek(obj, prop, passive)
  if passive == OFF then passive = NO_RAISE end
  return access.as_stored(obj, prop, attributes.peek, obj, prop, passive)
end

-- A reference was deleted: without a known object before, None is what is new, but for a key that nobody ever set.
local function deletion_history(obj, prop, changes, old)
  if old == NO_VALUE and attributes.is_key_unset(obj, prop) then return EMPTY end
  if old == NO_VALUE and prop.deferred_history then old = attributes.original(obj, prop, changes, true) end
  if old == NO_VALUE or old == null or old == nil then
    return { added = { null }, unchanged = NOTHING, deleted = NOTHING }
  end
  return { added = NOTHING, unchanged = NOTHING, deleted = { old } }
end

-- Also with NO_INITIALIZE what was there before is loaded, where the relationship asks for that (`deferred_history`).
local function scalar_history(obj, prop, passive)
  local current = rawget(obj, prop.slot)
  local context = rawget(obj, 1)
  local persistent = context ~= nil and context.lifecycle ~= "pending"
  if current == nil and persistent and passive ~= nil and passive ~= symbols.NO_INITIALIZE then
    current = peek(obj, prop, passive)
    if current == NO_VALUE then current = nil elseif current == nil then current = null end
  end
  if not persistent then
    if current == nil then return EMPTY end
    local before = settled.values(obj)
    before = before and before[prop.slot]
    if before == current then return { added = NOTHING, unchanged = { current }, deleted = NOTHING } end
    return { added = { current }, unchanged = NOTHING, deleted = before and before ~= null and { before } or NOTHING }
  end
  local changes = changes_of(obj)
  local old = changes and changes[prop.slot]
  if current == null and old ~= nil and instance.is_deletion(obj, prop.slot) then
    return deletion_history(obj, prop, changes, old)
  end
  if old == NO_VALUE and prop.deferred_history then old = attributes.original(obj, prop, changes, true) end
  if old == nil or old == current and current ~= nil then
    if current == nil then return EMPTY end
    return { added = NOTHING, unchanged = { current }, deleted = NOTHING }
  end
  local deleted = (old == NO_VALUE or old == null) and NOTHING or { old }
  if current == nil then return { added = NOTHING, unchanged = NOTHING, deleted = deleted } end
  return { added = { current }, unchanged = NOTHING, deleted = deleted }
end

-- What a flush must know of a collection: of an owner without row, everything that it holds is new.
local function collection_history(obj, prop, passive)
  local collection = rawget(obj, prop.slot)
  local context = rawget(obj, 1)
  local persistent = context ~= nil and context.lifecycle ~= "pending"
  if not persistent then
    if collection == nil then return EMPTY end
    local items = items_of(prop, collection)
    local before = settled.values(obj)
    before = before and before[prop.slot]
    if before then
      local added, unchanged, removed = settled.compare(before, items)
      return { added = added, unchanged = unchanged, deleted = removed }
    end
    if #items == 0 then return EMPTY end
    return { added = copy(items), unchanged = NOTHING, deleted = NOTHING }
  end
  local changes = changes_of(obj)
  if collection == nil and passive ~= nil and passive ~= symbols.NO_INITIALIZE then
    collection = peek(obj, prop, passive)
    if collection == NO_VALUE then collection = nil end
    changes = changes_of(obj)
  end
  local entry = changes and changes[prop.slot]
  local items = collection ~= nil and items_of(prop, collection) or nil
  if not entry or entry == NO_VALUE then
    if items == nil or #items == 0 then return EMPTY end
    return { added = NOTHING, unchanged = copy(items), deleted = NOTHING }
  end
  local added, unchanged, deleted = collection_changes.lists(entry, items)
  return { added = copy(added), unchanged = copy(unchanged), deleted = copy(deleted) }
end

--- The history of a relationship. `passive`: symbols.NO_INITIALIZE (default) looks only at what is there.
-- A missing reference stands as `null` in the lists of a relationship to one object.
function access.history(obj, prop, passive)
  if prop.history then return prop.history(obj, prop, passive) end
  if prop.uselist and prop.adapter then return collection_history(obj, prop, passive) end
  return scalar_history(obj, prop, passive)
end

--- Everything that is or was at a relationship since the last flush: what is there, then what left. Of a collection
-- that is not loaded nothing is told, also if items wait for it: their own references are what counts.
function access.all_pending(obj, prop, passive)
  if prop.uselist and prop.adapter and not prop.history and rawget(obj, prop.slot) == nil then return NOTHING end
  local changes = changes_of(obj)
  if prop.deferred_history and changes and changes[prop.slot] == NO_VALUE then -- unknown, and not to be loaded for this
    local value = rawget(obj, prop.slot)
    return value ~= nil and value ~= null and { value } or NOTHING
  end
  local history = access.history(obj, prop, passive)
  if history == EMPTY then return NOTHING end
  local out, n = {}, 0
  for _, list in ipairs { history.unchanged, history.added, history.deleted } do
    for i = 1, #list do
      local item = list[i]
      if item ~= null then
        n = n + 1
        out[n] = item
      end
    end
  end
  return out
end

--- What is at a relationship now, as a list (for cascades). With passive OFF it is loaded.
function access.current_items(obj, prop, passive)
  local value = rawget(obj, prop.slot)
  if prop.history then
    local history = prop.history(obj, prop, passive)
    local out = copy(history.unchanged)
    for _, item in ipairs(history.added) do out[#out + 1] = item end
    return out
  end
  if value == nil and passive == OFF and rawget(obj, 2) ~= nil then
    value = attributes.peek(obj, prop, NO_RAISE)
    if value == NO_VALUE then value = nil end
  end
  if value == nil or value == null then return NOTHING end
  if prop.uselist and prop.adapter then return copy(items_of(prop, value)) end
  return { value }
end

--- Has the object a parent by this relationship? Unknown is `optimistic`.
function access.has_parent(prop, item, optimistic)
  local parents = prop.parents
  local parent = parents and parents[item]
  if parent == nil then return optimistic and true or backref.has_lost_parent(prop, item) end
  return parent ~= false
end

access.is_orphan = backref.is_orphan

--- Did the object lose its last parent while it was in no session?
function access.orphaned_outside(obj)
  return backref.outside[obj] == true
end

--- The object is given to a session by hand: whether it has a parent is to be seen.
function access.taken_in(obj) backref.outside[obj] = nil end

return access
