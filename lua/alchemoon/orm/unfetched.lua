--- Results of objects that nobody has taken from yet, while something happens to their session.
--
-- A result's objects are made when its statement is executed, but they become the program's when the first one is
-- taken. What expires or removes objects in between (commit, rollback, expire, expunge) must not take from the result
-- what its rows said: that is put aside here, and given back when the first object is taken. After close() and
-- expunge_all() nothing new can be taken.
local exc = require "alchemoon.exc"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"

local unfetched = {}
local rawget, rawset, getmetatable, setmetatable = rawget, rawset, getmetatable, setmetatable
local WEAK = { __mode = "v" }

-- Is there something in the result, and has nobody taken from it?
local function is_waiting(result)
  return rawget(result, "_taken") ~= nil or result._at == 1 and result._count > 0
end

--- A session has made a result; `has_new`: objects were made for it, which the session did not have before.
function unfetched.remember(session, result, plan, has_new)
  local known = session._unfetched
  if not known then
    known = { n = 1, results = setmetatable({}, WEAK), plans = {}, has_new = {} }
    session._unfetched = known
  end
  local n, results = known.n, known.results
  local last = results[n]
  if last and is_waiting(last) then -- the place of one that was read, or dropped, is free
    n = n + 1
    known.n = n
  end
  results[n], known.plans[n], known.has_new[n] = result, plan, has_new
end

-- --- putting aside -------------------------------------------------------------------------------

-- The slots that rows of the plan fill in objects of a class.
local function slots_of(plan, mapper)
  local slots = {}
  for _, spec in ipairs(plan.specs) do
    for _, class in ipairs(spec.kind ~= "value" and spec.classes or {}) do
      if mapper:isa(class.mapper) then
        for _, column in ipairs(class.columns) do slots[column.slot] = true end
      end
    end
  end
  return slots
end

-- Calls fn(list, place, object) for all objects of a list of results, from one place on.
local function each_object(list, first, fn)
  for i = first, #list do
    local item = list[i]
    if type(item) == "table" then
      local mt = getmetatable(item)
      if mt == nil then
        for k = 1, item.n or #item do
          if instance.is(item[k]) then fn(item, k, item[k]) end
        end
      elseif instance.is(item) then
        fn(list, i, item)
      end
    end
  end
end

local function copies_of(plan, list, first)
  local copies, slots = {}, {}
  each_object(list, first, function(_, _, obj)
    if copies[obj] then return end
    local mapper = rawget(getmetatable(obj), "__mapper__")
    slots[mapper] = slots[mapper] or slots_of(plan, mapper)
    local values = {}
    for slot in pairs(slots[mapper]) do values[slot] = rawget(obj, slot) end
    copies[obj] = { mapper = mapper, key = rawget(obj, 2), values = values }
  end)
  return copies
end

-- --- giving back ---------------------------------------------------------------------------------

local function refuse(copies)
  exc.raise("InvalidRequestError", "Object %s cannot be converted to 'persistent' state, as this identity map is no "
    .. "longer valid.  Has the owning Session been closed?", instance.describe((next(copies))))
end

-- What the session has for the identity now; an object that left it is no longer the row's.
local function present(session, obj, copy)
  local map = identity.map_for(session, copy.mapper.identity_base)
  local now = map[copy.key]
  if now == nil then
    now = instance.empty(copy.mapper)
    rawset(now, 1, session._persistent)
    rawset(now, 2, copy.key)
    map[copy.key] = now
  end
  if now ~= obj and getmetatable(now) ~= getmetatable(obj) then return obj end
  for slot, value in pairs(copy.values) do
    if rawget(now, slot) == nil then rawset(now, slot, value) end
  end
  return now
end

local function give_back(session, list, first, copies)
  local now = {}
  each_object(list, first, function(place, at, obj)
    local copy = copies[obj]
    if not copy or copy.key == nil then return end
    now[obj] = now[obj] or present(session, obj, copy)
    place[at] = now[obj]
  end)
end

local function put_aside(session, result, plan, has_new)
  local identities = session.identity
  local list, more = result._list, result._more
  local is_taken, first = rawget(result, "_taken"), rawget(result, "_taken_from") or 1
  if is_taken then list = is_taken end
  local copies = copies_of(plan, list, first)
  if not is_taken then result._list, result._count = {}, 0 end
  result._more = function()
    result._more = more
    if identities ~= session.identity then
      if has_new then refuse(copies) end
    else
      give_back(session, list, first, copies)
    end
    if is_taken then return more(result) end
    return list
  end
end

--- Something is about to be taken from objects of the session.
function unfetched.keep(session)
  local known = session._unfetched
  if not known then return end
  for i = 1, known.n do
    local result = known.results[i]
    known.results[i] = nil
    if result and is_waiting(result) then put_aside(session, result, known.plans[i], known.has_new[i]) end
  end
  known.n = 1
end

return unfetched
