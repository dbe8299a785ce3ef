--- Columns that an INSERT left out: their slot is empty, and yet nothing is there to be looked up. And
-- attributes that were expired: what options said of them is forgotten.
--
-- Objects that a flush stored share one context per session, `session._inserted`. As long as an object has it, the
-- empty slot of a column that the database does not fill by itself reads nil without SQL. Expiring the object, or
-- everything, takes it out of that context; expiring single attributes notes them in `expired`.
local core = require "alchemoon.core"

local unset = {}
local E = core.enums
local rawget, rawset = rawget, rawset
local WEAK = { __mode = "k" }

--- Object → slots that were expired although the object was not.
local expired = setmetatable({}, WEAK)

--- Objects that were deleted while they had such slots: their context cannot say so any more.
local deleted = setmetatable({}, WEAK)

--- Object → slots that were expired by themselves; only the mapping decides how they are loaded now.
local without_options = setmetatable({}, WEAK)

--- Objects that were expired as a whole, one by one. Where a session expired all it had, their context says so.
local once = setmetatable({}, WEAK)

--- Objects whose composites a flush took away → the context that they had then: with another one, or when all was
-- expired, they were loaded since.
local popped = setmetatable({}, { __mode = "kv" })

--- Such objects whose context was expired before that and came back with their rows → the context for what was loaded
-- meanwhile: their session has another one as soon as all is expired again.
local popped_since = setmetatable({}, { __mode = "kv" })

-- Is the default one that the database makes?
local function is_sql(default)
  local kind = core.node_get(default, "kind")
  return kind ~= E.DEFAULT_SCALAR and kind ~= E.DEFAULT_CALLABLE
end

-- Does the database not fill the column by itself, and is it loaded with the others?
local function stays_empty(prop)
  if prop.kind ~= "column" or prop.deferred or not prop:is_table_column() then return false end
  local schema = core.node_get(prop.columns[1], "schema")
  if not schema or core.node_get(schema, "primary_key") ~= 0 then return false end
  for _, filled in ipairs { "server_default", "computed", "identity" } do
    if core.node_get(schema, filled) then return false end
  end
  local default = core.node_get(schema, "default_")
  return not (default and is_sql(default))
end

local function slots_of(mapper)
  local known = mapper.unset_slots
  if not known or known.count ~= #mapper.props then
    known = { count = #mapper.props, slots = {} }
    for _, prop in ipairs(mapper.props) do
      if prop.slot and stays_empty(prop) then known.slots[prop.slot] = true end
    end
    mapper.unset_slots = known
  end
  return known.slots
end

--- The context of objects that a flush of the session stored.
function unset.context(session)
  local context = session._inserted
  if not context then
    context = { session = session, lifecycle = "persistent", inserted = true }
    session._contexts[context], session._fresh_contexts[context] = true, true
    session._inserted = context
  end
  return context
end

--- Is the empty slot of the object one that its INSERT left out?
function unset.is(obj, mapper, slot)
  local context = rawget(obj, 1)
  if not context or not (context.inserted or deleted[obj]) or not slots_of(mapper)[slot] then return false end
  return not unset.is_expired(obj, slot)
end

--- Was the object expired as a whole since it was made or loaded? Then what it has not got again is still expired.
function unset.was_expired(obj)
  local context = rawget(obj, 1)
  return context ~= nil and context.expired == true or once[obj] == true
end

--- One of its columns was read and looked up: nothing counts as expired any more, whether it came or not. (An object
-- whose context has options keeps it, and what it says.)
function unset.read_again(obj)
  once[obj] = nil
  local context = rawget(obj, 1)
  if context and context.expired and context.session and not context.plan then
    rawset(obj, 1, context.session._persistent)
  end
end

--- The object gets another context: what the present one says of its past goes with it.
function unset.carry(obj, context)
  if context and context.expired then once[obj] = true end
end

--- A flush deletes the object; what its INSERT left out stays empty.
function unset.keep(obj)
  local context = rawget(obj, 1)
  unset.carry(obj, context)
  if context and context.inserted then deleted[obj] = true end
end

--- Was the slot expired by itself, and not with its object?
function unset.is_expired(obj, slot)
  local slots = expired[obj]
  return slots ~= nil and slots[slot] == true
end

--- Does what the options of its load said of an attribute not hold any more, because it was expired by itself?
function unset.lost_options(obj, slot)
  local lost = without_options[obj]
  return lost ~= nil and lost[slot] or unset.is_expired(obj, slot)
end

--- Was the object expired as a whole, and brought back by a refresh of its own? Then what its options said of columns
-- and of "*" is forgotten.
function unset.was_refreshed(obj)
  local context = rawget(obj, 1)
  return context ~= nil and context.refreshed == true
end

--- What options said of a relationship does not hold any more: it was expired.
function unset.lose_options(obj, slot)
  local lost = without_options[obj] or {}
  lost[slot] = true
  without_options[obj] = lost
end

-- The same options for objects that were expired and refreshed: one context for all that had this one.
local function refreshed_context(context)
  local after = context.after_refresh
  if not after then
    after = {}
    for name, value in pairs(context) do after[name] = value end
    if after.options_of_load ~= nil then after.options = after.options_of_load or nil end
    after.expired, after.refreshed, after.options_of_load = nil, true, nil
    context.after_refresh = after
    local session = context.session
    session._contexts[after], session._fresh_contexts[after] = true, true
  end
  return after
end

--- An expired object was loaded again by a refresh of its own.
function unset.reloaded(obj)
  expired[obj] = nil
  local context = rawget(obj, 1)
  if not (context and context.session and (context.options or context.options_of_load)) then return end
  without_options[obj], once[obj] = nil, nil
  if context.expired or not context.refreshed then rawset(obj, 1, refreshed_context(context)) end
end

--- A slot is to be looked up again, also if it is empty.
function unset.expire(obj, slot)
  local slots = expired[obj]
  if not slots then
    slots = {}
    expired[obj] = slots
  end
  slots[slot] = true
end

--- The slot was looked up.
function unset.unexpire(obj, slot)
  if expired[obj] then expired[obj][slot] = nil end
end

--- The composites of an object are made of what its columns hold when they are read next; until then they count as
-- not loaded.
function unset.pop_composites(obj)
  local context = rawget(obj, 1)
  popped[obj] = context
  popped_since[obj] = context and context.expired and context.session and context.session._persistent or nil
end

--- The composites of an object count as loaded with their columns again.
function unset.load_composites(obj) popped[obj] = nil end

--- Are the composites of an object, which have no value yet, not loaded?
function unset.is_popped(obj)
  local context = popped[obj]
  if context == nil or context ~= rawget(obj, 1) then return false end
  return not context.expired or context.session ~= nil and popped_since[obj] == context.session._persistent
end

--- Nothing is known of the object any more but its identity.
function unset.expire_object(obj)
  local context = rawget(obj, 1)
  if context.inserted and context.session then rawset(obj, 1, context.session._persistent) end
  expired[obj], deleted[obj], popped[obj] = nil, nil, nil
end

--- The same of an object that is expired alone: nothing else says so.
function unset.expire_alone(obj)
  unset.expire_object(obj)
  once[obj] = true
end

--- Nothing is known of any object of the session. What is loaded from now on gets another context.
function unset.expire_all(session)
  for context in pairs(session._fresh_contexts) do context.expired, context.inserted = true, nil end
  local persistent = { session = session, lifecycle = "persistent" }
  session._contexts[persistent], session._persistent = true, persistent
  session._fresh_contexts = setmetatable({ [persistent] = true }, WEAK)
  session._inserted = false
end

--- The object is new again: what is stored later has a past of its own.
function unset.forget(obj)
  expired[obj], once[obj], deleted[obj], without_options[obj] = nil, nil, nil, nil
end

return unset
