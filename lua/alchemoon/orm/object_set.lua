--- Sets of objects in the order in which they came: what a session holds as new and as deleted.
--
-- `list[1..last]` holds the objects; a removed one leaves `false`. The index object → position is made when it is first
-- needed, so that adding a hundred thousand objects and flushing them all costs an array and nothing else.
local core = require "alchemoon.core"
local usage = require "alchemoon.usage"

local object_set = {}
local orm_add = core.orm_add
object_set.__index = object_set

--- An empty set.
function object_set.new() return setmetatable({ list = {}, last = 0, count = 0, index = nil }, object_set) end

local function make_index(self)
  local index, list = {}, self.list
  for i = 1, self.last do
    if list[i] then index[list[i]] = i end
  end
  self.index = index
  return index
end

--- Adds an object that is known to be absent.
function object_set:append(obj)
  local last = self.last + 1
  self.last, self.count = last, self.count + 1
  self.list[last] = obj
  if self.index then self.index[obj] = last end
end

--- Appends list[at], list[at + 1], ... as long as they are fresh objects of the class, and marks them with the context.
-- Returns the index behind them.
function object_set:append_fresh(list, at, class, context)
  local before = self.last
  local behind, last = orm_add(list, at, self.list, before, class, context)
  self.last, self.count = last, self.count + last - before
  if self.index then
    for i = before + 1, last do self.index[self.list[i]] = i end
  end
  return behind
end

--- Is the object in it?
---@param obj table
---@return boolean
function object_set:contains(obj)
  if self.count == 0 then return false end
  return (self.index or make_index(self))[obj] ~= nil
end

--- Adds an object, unless it is there.
---@param obj table
function object_set:add(obj)
  if not self:contains(obj) then self:append(obj) end
end

--- Removes an object; true if it was there.
function object_set:remove(obj)
  if self.count == 0 then return false end
  local index = self.index or make_index(self)
  local at = index[obj]
  if not at then return false end
  index[obj] = nil
  self.list[at] = false
  self.count = self.count - 1
  if self.count == 0 then self:clear() end
  return true
end

--- Removes all objects.
function object_set:clear()
  if self.last > 0 then self.list, self.last, self.count, self.index = {}, 0, 0, nil end
end

--- The objects as a plain list; without holes it is the set's own table, which must not be changed.
function object_set:items()
  if self.count == self.last then return self.list end
  local out, n, list = {}, 0, self.list
  for i = 1, self.last do
    if list[i] then
      n = n + 1
      out[n] = list[i]
    end
  end
  return out
end

--- Forgets all its objects but the ones for which keep(obj) is true.
function object_set:filter(keep)
  local out, n, list = {}, 0, self.list
  for i = 1, self.last do
    local obj = list[i]
    if obj and keep(obj) then
      n = n + 1
      out[n] = obj
    end
  end
  self.list, self.last, self.count, self.index = out, n, n, nil
end

-- --- what users see: session.new, session.dirty, session.deleted ------------------------------------------

local View = { __name = "IdentitySet" }
View.__index = View

--- Is the object one of these?
function View:contains(obj)
  for i = 1, #self do
    if self[i] == obj then return true end
  end
  return false
end

function View:__tostring()
  local parts = {}
  for i = 1, #self do parts[i] = tostring(self[i]) end
  return "IdentitySet([" .. table.concat(parts, ", ") .. "])"
end

usage.check_receivers(View, "set", usage.receiver_of(View))
local unknown = usage.unknown_attribute("IdentitySet", {}, View)
setmetatable(View, { __index = function(_, key) return unknown(key) end })

--- A list that answers to `contains`; `items` is copied.
function object_set.view(items)
  local out = {}
  for i = 1, #items do out[i] = items[i] end
  return setmetatable(out, View)
end

return object_set
