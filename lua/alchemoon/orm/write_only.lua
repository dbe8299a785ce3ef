--- lazy = "write_only" and "dynamic": collections that are never loaded as a whole.
--
-- What is appended and removed is kept until the flush: for persistent owners in the session's record of changes, for
-- others as a plain list in the slot. user.posts is a WriteOnlyCollection (select, insert, update, delete, add, remove)
-- or an AppenderQuery, which is a legacy Query over the collection that also appends and removes.
local collections = require "alchemoon.orm.collections"
local core = require "alchemoon.core"
local counted = require "alchemoon.orm.counted"
local entries = require "alchemoon.entries"
local exc = require "alchemoon.exc"
local history_module = require "alchemoon.orm.history"
local instance = require "alchemoon.orm.instance"
local lists = require "alchemoon.lists"
local loader_statements = require "alchemoon.orm.loader_statements"
local loading = require "alchemoon.orm.loading"
local relationship_comparator = require "alchemoon.orm.relationship_comparator"
local symbols = require "alchemoon.orm.symbols"
local usage = require "alchemoon.usage"
local dml = require "alchemoon.sql.dml"
local select_module = require "alchemoon.sql.select"
local copy, index_of = lists.copy, lists.index_of
local new_history = history_module.new

local write_only = {}
local NOTHING = {}
local OFF = symbols.OFF

local is_persistent = instance.is_persistent

-- --- pending items -------------------------------------------------------------------------------

-- The list of a transient or pending owner.
local function own_list(obj, prop)
  local list = rawget(obj, prop.slot)
  if type(list) ~= "table" then
    list = {}
    rawset(obj, prop.slot, list)
  end
  return list
end

-- What a stored owner had been given before is in the database now.
local function forget_list(obj, prop)
  if is_persistent(obj) and rawget(obj, prop.slot) ~= nil then rawset(obj, prop.slot, nil) end
end

--- Adds an item, with events.
function write_only.append(obj, prop, item, initiator)
  forget_list(obj, prop)
  if not is_persistent(obj) and index_of(own_list(obj, prop), item) then return end
  item = collections.hooks.append(obj, prop, item, initiator)
  if not is_persistent(obj) then
    local list = own_list(obj, prop)
    list[#list + 1] = item
  end
end

--- Takes an item out, with events.
function write_only.remove(obj, prop, item, initiator)
  forget_list(obj, prop)
  collections.hooks.remove(obj, prop, item, initiator)
  if not is_persistent(obj) then
    local list = own_list(obj, prop)
    local at = index_of(list, item)
    if at then
      table.remove(list, at)
    else -- another owner's, maybe: the flush takes it from there
      list.removed = list.removed or {}
      if not index_of(list.removed, item) then list.removed[#list.removed + 1] = item end
    end
  end
end

-- --- the database --------------------------------------------------------------------------------

local function condition_of(obj, prop) return relationship_comparator.held_by(prop, obj) end

--- SELECT of the collection's items.
local function statement_of(obj, prop)
  local stmt = select_module.select(prop.mapper.class):where(condition_of(obj, prop))
  if prop.secondary then stmt = stmt:select_from(prop.mapper.class, prop.secondary) end
  if prop.order_by and #prop.order_by > 0 then stmt = core.node_with(stmt, { order_by = prop.order_by }) end
  return stmt
end

local function load_all(obj, prop)
  local session = rawget(obj, 1).session
  if not session then return {} end
  local stmt = core.node_with(statement_of(obj, prop), { label_style = core.enums.LABEL_STYLE_TABLENAME_PLUS_COL })
  return session:scalars(stmt, nil, { autoflush = false }):all()
end

local function without(list, others)
  local out = {}
  for i = 1, #list do
    if not index_of(others, list[i]) then out[#out + 1] = list[i] end
  end
  return out
end

-- What is stored cannot be told without loading it, which write_only forbids.
local function history(obj, prop, passive)
  if not is_persistent(obj) then
    local list = rawget(obj, prop.slot) or NOTHING
    return new_history(copy(list), {}, copy(list.removed or NOTHING))
  end
  local changes = instance.changes(obj)
  local entry = changes and changes[prop.slot]
  local added, deleted = entry and entry.added or NOTHING, entry and entry.removed or NOTHING
  if passive == OFF and prop.lazy == "write_only" then
    local name = tostring(prop)
    exc.raise("InvalidRequestError", "Attribute %s can't load the existing state from the database for this " ..
      "operation; full iteration is not permitted.  If this is a delete operation, configure passive_deletes=true " ..
      "on the %s relationship in order to resolve this error.", name, name)
  end
  if passive ~= OFF then
    return new_history(copy(added), {}, copy(deleted))
  end
  local stored = load_all(obj, prop) -- what is there already was not added, what is not there was not removed
  return new_history(without(added, stored), without(stored, deleted), without(deleted, without(deleted, stored)))
end

-- --- WriteOnlyCollection -------------------------------------------------------------------------

local Collection = { __name = "WriteOnlyCollection" }

local function refuse_iteration()
  exc.raise("InvalidRequestError", "WriteOnly collections don't support iteration in-place; to query for collection "
    .. "items, use the select() method to produce a SQL statement and execute it with session.scalars().")
end
Collection.__call, Collection.__len, Collection.__pairs = refuse_iteration, refuse_iteration, refuse_iteration
local unknown = usage.unknown_attribute("WriteOnlyCollection", {}, Collection)
local held = entries.beside() -- collection → its fields
function Collection.__index(self, key)
  if type(key) == "number" then refuse_iteration() end -- ipairs
  local fields = held[self]
  if fields and fields[key] ~= nil then return fields[key] end
  local method = rawget(Collection, key)
  if method ~= nil then return method end
  return unknown(key)
end

--- A SELECT of the items.
function Collection:select() return statement_of(self.obj, self.prop) end

local function refuse_secondary(self)
  if self.prop.secondary then
    exc.raise("InvalidRequestError", "Write only bulk INSERT only supported for one-to-many collections; for " ..
      "many-to-many, use a separate bulk INSERT along with add_all().")
  end
end

--- An INSERT of rows that belong to the owner. Its key is read when the statement runs: a pending owner gets it from
-- the autoflush just before.
function Collection:insert()
  refuse_secondary(self)
  local prop, obj, values = self.prop, self.obj, {}
  for _, pair in ipairs(prop.synchronize_pairs) do
    local bind = core.bind(nil, nil, core.enums.BIND_UNIQUE + core.enums.BIND_NAMELESS, core.node_type(pair[1]))
    values[core.node_get(pair[2], "name")] = core.node_with(bind,
      { callable = relationship_comparator.value_of(obj, prop.parent, pair[1]) })
  end
  return dml.insert(prop.mapper.class):values(values)
end

--- An UPDATE, a DELETE of the items.
function Collection:update() return dml.update(self.prop.mapper.class):where(condition_of(self.obj, self.prop)) end
function Collection:delete() return dml.delete(self.prop.mapper.class):where(condition_of(self.obj, self.prop)) end

function Collection:add(item) write_only.append(self.obj, self.prop, item) end
function Collection:remove(item) write_only.remove(self.obj, self.prop, item) end
function Collection:add_all(items)
  local list = {}
  for i, item in ipairs(items) do list[i] = item end
  for _, item in ipairs(list) do write_only.append(self.obj, self.prop, item) end
end

-- --- assignment ----------------------------------------------------------------------------------

-- Replacing needs the old items, so only a collection that may be loaded allows it.
local function assign(obj, value, prop)
  if type(value) ~= "table" or instance.mapper_of(value) then
    require("alchemoon.orm.attributes").incompatible_collection(value, "list")
  end
  local items = {}
  for i, item in ipairs(value) do items[i] = item end
  local old
  if is_persistent(obj) then
    if prop.lazy == "write_only" then
      exc.raise("InvalidRequestError", "%s", ('Collection "%s" does not support implicit iteration; collection '
        .. 'replacement '
        .. 'operations can\'t be used'):format(tostring(prop)))
    end
    local session = rawget(obj, 1).session
    if session and session.autoflush then session:flush() end -- as before every look into the collection
    local now = history(obj, prop, OFF)
    old = {}
    for _, list in ipairs { now.unchanged, now.added } do
      for _, item in ipairs(list) do old[#old + 1] = item end
    end
  else
    old = {}
    for i, item in ipairs(own_list(obj, prop)) do old[i] = item end
  end
  for _, item in ipairs(items) do
    if not index_of(old, item) then write_only.append(obj, prop, item) end
  end
  for _, item in ipairs(old) do
    if not index_of(items, item) then write_only.remove(obj, prop, item) end
  end
end

local new_collection, meta

local function value_of(obj, prop)
  if prop.lazy == "dynamic" then return require("alchemoon.orm.query_dynamic").new(obj, prop) end
  local collection = new_collection()
  held[collection] = { obj = obj, prop = prop, instance = obj }
  return collection
end

--- Gives a relationship its way of reading and writing; called when it is configured.
function loading.instrument_dynamic(prop)
  prop.instance_get, prop.instance_set = value_of, function(obj, p, value) return assign(obj, value, p) end
  prop.appends, prop.removes, prop.history = write_only.append, write_only.remove, history
end

write_only.assign = assign
write_only.statement_of, write_only.condition_of, write_only.history = statement_of, condition_of, history
write_only.loader_statements = loader_statements
usage.check_receivers(Collection, "collection", function(self) return getmetatable(self) == meta end)
new_collection, meta = counted.maker(Collection)

return write_only
