--- AppenderQuery: what a lazy = "dynamic" relationship gives, a Query over the collection that also appends and
-- removes.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local usage = require "alchemoon.usage"
local instance = require "alchemoon.orm.instance"
local query_legacy = require "alchemoon.orm.query_legacy"
local warn = require "alchemoon.orm.warn"

local query_dynamic = {}
local Query = query_legacy.Query

local Appender = { __name = "AppenderQuery" }
local methods = {}

local function write_only() return require "alchemoon.orm.write_only" end

-- The Query itself. Only an owner in a session has one.
local function query_of(self)
  local obj, prop = self.obj, self.prop
  local context = rawget(obj, 1)
  local session = context and context.session
  if not session then
    exc.raise("DetachedInstanceError", "Parent instance %s is not bound to a Session, and no contextual session is " ..
      "established; lazy load operation of attribute '%s' cannot proceed", instance.describe(obj), prop.key)
  end
  return query_legacy.wrap(session, write_only().statement_of(obj, prop))
end

-- What was appended, when there is no row to ask for: the owner is transient, pending without autoflush, or detached.
local function in_memory(self)
  local context = rawget(self.obj, 1)
  local session = context and context.session
  if rawget(self.obj, 2) == nil and session and session.autoflush then session:_autoflush() end
  if rawget(self.obj, 2) ~= nil and session then return nil end
  if context and context.lifecycle == "detached" then
    warn("Instance %s is detached, dynamic relationship cannot return a correct result.   This "
      .. "warning will become a DetachedInstanceError in a future release.", instance.describe(self.obj))
  end
  return write_only().history(self.obj, self.prop).added
end

Appender.__index = function(self, key)
  local method = methods[key]
  if method ~= nil then return method end
  if type(key) == "number" then return (in_memory(self) or query_of(self))[key] end
  if Query.methods[key] == nil then return query_of(self)[key] end
  return function(_, ...)
    local query = query_of(self)
    return query[key](query, ...)
  end
end

--- Puts an object into the collection; the flush stores it.
---@param item table
function methods:append(item) write_only().append(self.obj, self.prop, item) end

--- Takes an object out of the collection.
---@param item table
function methods:remove(item) write_only().remove(self.obj, self.prop, item) end
methods.add = methods.append

--- Puts objects into the collection.
---@param items table[]
function methods:extend(items)
  local list = {}
  for i, item in ipairs(items) do list[i] = item end
  for _, item in ipairs(list) do write_only().append(self.obj, self.prop, item) end
end
methods.add_all = methods.extend

--- All objects of the collection.
---@return table[]
function methods:all()
  local items = in_memory(self)
  if not items then return query_of(self):all() end
  local out = {}
  for i = 1, #items do out[i] = items[i] end
  return out
end

--- How many there are.
---@return integer
function methods:count()
  local items = in_memory(self)
  if items then return #items end
  return query_of(self):count()
end

--- The only object, or nil when there is none.
-- Raises MultipleResultsFound.
---@return table?
function methods:one_or_none()
  local items = in_memory(self)
  if not items then return query_of(self):one_or_none() end
  if #items > 1 then
    exc.raise("MultipleResultsFound", "Multiple rows were found when one or none was required")
  end
  return items[1]
end
methods.scalar = methods.one_or_none

--- The only object.
-- Raises NoResultFound or MultipleResultsFound.
---@return table
function methods:one()
  local items = in_memory(self)
  if not items then return query_of(self):one() end
  if #items == 0 then exc.raise("NoResultFound", "No row was found when one was required") end
  if #items > 1 then exc.raise("MultipleResultsFound", "Multiple rows were found when exactly one was required") end
  return items[1]
end

Appender.__call = function(self, _, control)
  if control == nil then rawset(self, "_items", methods.all(self)) end
  local items = rawget(self, "_items")
  local at = control == nil and 1 or items.at + 1
  items.at = at
  return items[at]
end

Appender.__tostring = function(self)
  local context = rawget(self.obj, 1)
  if context and context.session then return tostring(query_of(self)) end
  return ("AppenderQuery(%s)"):format(tostring(self.prop))
end

Appender.__len = function(self) return methods.count(self) end

--- The query of one object's relationship.
function query_dynamic.new(obj, prop) return setmetatable({ obj = obj, prop = prop, instance = obj }, Appender) end

usage.check_receivers(methods, "collection", usage.receiver_of(Appender))
query_dynamic.core = core
return query_dynamic
