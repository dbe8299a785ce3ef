--- After a statement of a flush: values that came back or were made here go into the objects; what only the database
-- knows is expired.
local access = require "alchemoon.orm.access"
local event = require "alchemoon.event"
local expire = require "alchemoon.orm.expire"
local instance = require "alchemoon.orm.instance"
local symbols = require "alchemoon.orm.symbols"
local sync = require "alchemoon.orm.sync"
local unset = require "alchemoon.orm.unset"

local persist_fetch = {}
local rawset = rawset
local null = symbols.null

local is_key = sync.is_primary_key

local function store(obj, slot, value)
  if value == nil then value = null end
  rawset(obj, slot, value)
end

local function take_returned(obj, mapper, columns, row, is_insert, names)
  for i = 1, #columns do
    local column = columns[i]
    local slot = mapper.column_slot[column]
    if slot and not (is_insert and is_key(column)) then
      store(obj, slot, row[i])
      if names then names[#names + 1] = mapper.name_of[slot] end
    end
  end
end

local function take_made(obj, made, params, names)
  for i = 1, #made do
    local entry = made[i]
    store(obj, entry.slot, params[entry.key])
    if names then names[#names + 1] = entry.name end
  end
end

-- What defaults made, here or in the database, is no change to an UPDATE that follows in the same flush.
local function note_made(uow, obj, mapper, made, returned)
  local slots = uow.made_by_insert[obj] or {}
  for i = 1, #made do slots[made[i].slot] = true end
  for i = 1, #returned do
    local slot = mapper.column_slot[returned[i]]
    if slot then slots[slot] = true end
  end
  uow.made_by_insert[obj] = slots
end

local function expire_columns(session, obj, mapper, columns)
  local slots = {}
  for i = 1, #columns do
    local slot = mapper.column_slot[columns[i]]
    if slot then slots[#slots + 1] = slot end
  end
  if #slots > 0 then
    for i = 1, #slots do
      rawset(obj, slots[i], nil)
      unset.expire(obj, slots[i])
    end
    local dispatch = mapper.instance_dispatch
    if dispatch and dispatch.expire then expire.slots(session, obj, mapper, slots) end
  end
end

-- The columns whose values only the database knows: those it computed, and those set to SQL expressions.
local function stale_columns(info, fetched)
  local with_values = fetched.values and fetched.is_update
  local came = fetched.returned and info.returned or access.NOTHING
  if not with_values and (#came == 0 or #info.postfetch == 0) then return info.postfetch end
  local columns, seen = {}, {}
  for _, column in ipairs(came) do seen[column] = true end
  local function add(column)
    if seen[column] then return end
    seen[column] = true
    columns[#columns + 1] = column
  end
  for _, column in ipairs(info.postfetch) do add(column) end
  for column in pairs(with_values and fetched.values or access.NOTHING) do add(column) end
  return columns
end

-- The row has the new version now: what a post_update of the same flush looks for, even if the program had set one.
local function settle_version(obj, slot)
  local changes = instance.changes(obj)
  if changes then changes[slot] = nil end
end

--- One object after its INSERT or UPDATE.
-- `info`: the compiled statement's info; `params`: its row; `made`: entries of the plan whose value was made here.
---@param uow table
---@param plan table
---@param obj table
---@param fetched {info: table, returned: any, params: table, made: table, is_update: boolean, values: table?}
function persist_fetch.one(uow, plan, obj, fetched)
  local mapper, info = plan.mapper, fetched.info
  local dispatch = mapper.instance_dispatch
  local listeners = dispatch and dispatch.refresh_flush
  local names = listeners and {} or nil
  if fetched.returned and #info.returned > 0 then
    take_returned(obj, mapper, info.returned, fetched.returned, not fetched.is_update, names)
  end
  if #fetched.made > 0 then
    take_made(obj, fetched.made, fetched.params, names)
  end
  if not fetched.is_update and uow.post_update_bases[mapper.base] then
    note_made(uow, obj, mapper, fetched.made, info.returned)
  end
  if plan.version and fetched.params[plan.version_key] ~= nil then
    store(obj, plan.version_slot, fetched.params[plan.version_key])
    if fetched.is_update and uow.post_update_bases[mapper.base] then settle_version(obj, plan.version_slot) end
    if names then names[#names + 1] = mapper.name_of[plan.version_slot] end
  end
  if names and #names > 0 then event.fire(listeners, obj, uow, names) end
  if #info.postfetch > 0 or fetched.values then
    local stale = stale_columns(info, fetched)
    if #stale > 0 then expire_columns(uow.session, obj, mapper, stale) end
  end
  persist_fetch.equated(uow, plan, obj)
end

--- A key has changed that one attribute holds for both tables: ON UPDATE CASCADE takes it to that of the subclass.
function persist_fetch.note_cascades(uow, plan, obj)
  for _, equated in ipairs(plan.mapper.passive_updates and plan.equated or access.NOTHING) do
    for _, pair in ipairs(equated[2]) do sync.flag_cascaded(uow, obj, pair) end
  end
end

--- Keys go on to the tables of subclasses. One attribute that stands for both columns is set to what it holds, where
-- somebody hears of that.
function persist_fetch.equated(uow, plan, obj)
  local equated = plan.equated
  for i = 1, #equated do
    local mapper, pairs_list = equated[i][1], equated[i][2]
    for k = 1, #pairs_list do
      local pair = pairs_list[k]
      local slot = mapper.column_slot[pair[2]]
      if mapper.column_slot[pair[1]] ~= slot then
        sync.populate(obj, mapper, obj, mapper, { pair }, uow, plan.mapper.passive_updates)
      elseif not mapper.write_slot[mapper.name_of[slot]] then
        sync.populate(obj, mapper, obj, mapper, { pair }, uow, false)
      end
    end
  end
end

--- Does a plan need any of this per object?
function persist_fetch.needed(plan, info)
  if #info.returned > 0 or #info.postfetch > 0 or plan.version or #plan.equated > 0 then return true end
  local dispatch = plan.mapper.instance_dispatch
  return dispatch ~= nil and dispatch.refresh_flush ~= nil
end

return persist_fetch
