--- History: what was added to an attribute, what stayed, what left, since the object was last in step with its row.
local access = require "alchemoon.orm.access"
local attributes = require "alchemoon.orm.attributes"
local collection_changes = require "alchemoon.orm.collection_changes"
local inspection = require "alchemoon.inspection"
local instance = require "alchemoon.orm.instance"
local loading = require "alchemoon.orm.loading"
local settled = require "alchemoon.orm.settled"
local symbols = require "alchemoon.orm.symbols"
local usage = require "alchemoon.usage"

local history = {}
local unpack = table.unpack or unpack -- luacheck: ignore 113
local null, NO_VALUE = symbols.null, symbols.NO_VALUE

---@class alchemoon.History
local History = { __name = "History" }
History.__index = History

-- A named tuple: by name and by position.
local function new(added, unchanged, deleted)
  return setmetatable({ added, unchanged, deleted, added = added, unchanged = unchanged, deleted = deleted }, History)
end

local function joined(...)
  local list = {}
  for i = 1, select("#", ...) do
    for _, item in ipairs((select(i, ...))) do list[#list + 1] = item end
  end
  return list
end

--- Nothing known and nothing changed?
function History:empty() return #self.added == 0 and #self.unchanged == 0 and #self.deleted == 0 end

--- Was anything added or deleted?
---@return boolean
function History:has_changes() return #self.added > 0 or #self.deleted > 0 end

--- All values: added, unchanged, deleted.
---@return any[]
function History:sum() return joined(self.added, self.unchanged, self.deleted) end

--- The values that are there now.
---@return any[]
function History:non_deleted() return joined(self.added, self.unchanged) end

--- The values that were there before.
---@return any[]
function History:non_added() return joined(self.unchanged, self.deleted) end

--- The same with the states of the objects, for a relationship's history.
---@return any
function History:as_state()
  local parts = {}
  for i = 1, 3 do
    parts[i] = {}
    for k, item in ipairs(self[i]) do parts[i][k] = item == null and null or inspection.inspect(item) end
  end
  return new(parts[1], parts[2], parts[3])
end

usage.check_receivers(History, "history", usage.receiver_of(History))
local unknown = usage.unknown_attribute("History", {}, History, { added = true, unchanged = true, deleted = true })
setmetatable(History, { __index = function(_, key) return unknown(key) end })

local function show(list)
  local parts = {}
  for i, item in ipairs(list) do
    if item == null then parts[i] = "NULL"
    elseif instance.is(item) then parts[i] = instance.describe(item)
    elseif type(item) == "string" then parts[i] = "'" .. item .. "'"
    else parts[i] = tostring(item) end
  end
  return "[" .. table.concat(parts, ", ") .. "]"
end

function History:__tostring()
  return ("History(added=%s, unchanged=%s, deleted=%s)"):format(show(self.added), show(self.unchanged),
    show(self.deleted))
end

-- --- equality of column values ---------------------------------------------------------------------------------------

--- Are two values of a column the same, as its type sees it?
function history.equal(prop, a, b)
  if a == b then return true end
  if a == nil or b == nil or a == null or b == null then return false end
  return access.same_by(access.comparison_of(prop.columns[1]), a, b)
end

-- --- by kind of attribute ------------------------------------------------------------------------------------------

-- The value in the slot as `passive` lets us see it: value, or nil when it is not there.
local function present(obj, m, prop, passive)
  local value = rawget(obj, prop.slot)
  if value == nil and passive ~= symbols.NO_INITIALIZE and attributes.is_persistent(obj) then
    loading.missing(obj, m, prop.slot, passive)
    value = rawget(obj, prop.slot)
  end
  if value == symbols.JSON_NULL then value = null end
  return value
end

-- Everything that a new object has was added, except by what only reads.
local function of_new(prop, items)
  if prop.viewonly then return new({}, items, {}) end
  return new(items, {}, {})
end

-- A value that is not the one that the database had: `old`, null for NULL. `value` is nil when it was deleted.
local function exchanged(prop, value, old)
  local is_unknown = old == nil or old == NO_VALUE or old == null and prop.kind == "relationship" -- no object: nothing
  return new({ value }, {}, is_unknown and {} or { old })
end

-- A transient or pending object. What it held when its row was taken back by a rollback is no news.
local function scalar_of_new(obj, prop, same)
  local value, before = rawget(obj, prop.slot), settled.values(obj)
  before = before and before[prop.slot]
  if settled.is_none(obj, prop.slot) then value = null end
  if value == nil then return exchanged(prop, nil, before) end
  if before == nil then return of_new(prop, { value }) end
  if same(prop, value, before) then return new({}, { value }, {}) end
  return exchanged(prop, value, before)
end

-- The old value is known only if it was loaded before it was exchanged.
local function scalar(obj, m, prop, passive, same)
  if not attributes.is_persistent(obj) then return scalar_of_new(obj, prop, same) end
  local changes = instance.changes(obj)
  local old = changes and changes[prop.slot]
  if old == nil then
    local value = present(obj, m, prop, passive)
    if value == nil then return new({}, {}, {}) end
    return new({}, { value }, {})
  end
  if old == NO_VALUE and prop.deferred_history then old = attributes.original(obj, prop, changes) end
  if instance.is_deletion(obj, prop.slot) then
    if old == NO_VALUE then return new({ null }, {}, {}) end -- nobody knows what it was
    return exchanged(prop, nil, old)
  end
  local value = rawget(obj, prop.slot)
  if value == nil then value = null end
  if old == NO_VALUE then return new({ value }, {}, {}) end
  if same(prop, value, old) then return new({}, { value }, {}) end
  return exchanged(prop, value, old)
end

local function identical(_, a, b) return a == b end

-- Before the first flush everything is new; afterwards the record of changes tells.
local function collection(obj, m, prop, passive)
  local adapter = prop.adapter
  local value = present(obj, m, prop, passive)
  local changes = instance.changes(obj)
  local entry = changes and changes[prop.slot]
  if not attributes.is_persistent(obj) then
    if value == nil then return new({}, {}, {}) end
    local before = settled.values(obj)
    before = before and before[prop.slot]
    if before then return new(settled.compare(before, adapter.items(value))) end
    return of_new(prop, joined(adapter.items(value)))
  end
  if value == nil and passive == symbols.NO_INITIALIZE then return new({}, {}, {}) end
  if entry == nil or entry == NO_VALUE then
    if value == nil then return new({}, {}, {}) end
    return new({}, joined(adapter.items(value)), {})
  end
  local added, unchanged, removed = collection_changes.lists(entry, value and adapter.items(value) or nil)
  return new(joined(added), joined(unchanged), joined(removed))
end

--- The history of a property of an object. `passive`: how far a look may go (symbols), nothing is loaded by default.
function history.of(obj, prop, passive)
  local m = instance.mapper_of(obj)
  passive = passive or symbols.NO_INITIALIZE
  if prop.kind == "relationship" then
    if prop.history then return prop.history(obj, prop, passive) end
    if prop.uselist then return collection(obj, m, prop, passive) end
    return scalar(obj, m, prop, passive, identical)
  elseif prop.kind == "composite" then
    local added, deleted, changed = {}, {}, false
    for i, part in ipairs(prop:parts(m)) do
      -- A composite is made of all its columns, so what is not there is loaded whatever `passive` says.
      local one = scalar(obj, m, part, symbols.OFF, part.kind == "column" and history.equal or identical)
      if one:has_changes() then changed = true end
      added[i] = one:non_deleted()[1] or null
      deleted[i] = one.deleted[1] or null
    end
    local function make(values)
      for i, value in ipairs(values) do
        if value == null then values[i] = nil end
      end
      return prop.make(unpack(values, 1, #prop:parts(m)))
    end
    if changed then return new({ make(added) }, {}, { make(deleted) }) end
    return new({}, { make(added) }, {})
  elseif prop.kind == "synonym" then
    return history.of(obj, m.prop[prop.name], passive)
  end
  return scalar(obj, m, prop, passive, history.equal)
end

history.History, history.new = History, new
return history
