--- AppenderQuery: what a lazy = "dynamic" relationship gives, a Query over the collection that also appends and
-- removes.
local core = require "alchemoon.core"
local instance = require "alchemoon.orm.instance"
local mapper_module = require "alchemoon.orm.mapper"
local query_legacy = require "alchemoon.orm.query_legacy"

local query_dynamic = {}
local Query = query_legacy.Query

local Appender = { __name = "AppenderQuery", __tostring = Query.__tostring }
local methods = setmetatable({}, { __index = Query.methods })

Appender.__index = function(self, key)
  local method = methods[key]
  if method ~= nil then return method end
  return Query.__index(self, key)
end

local function write_only() return require "alchemoon.orm.write_only" end

-- Is there a row to ask for? Transient and pending owners know only what was appended.
local function in_memory(self)
  local context = rawget(self.obj, 1)
  if context and context.lifecycle == "detached" then
    mapper_module.warn("Instance %s is detached, dynamic relationship cannot return a correct result.   This "
      .. "warning will become a DetachedInstanceError in a future release.", instance.describe(self.obj))
    return write_only().history(self.obj, self.prop).added
  end
  if rawget(self.obj, 2) ~= nil then return nil end
  return write_only().history(self.obj, self.prop).added
end

function methods:append(item) write_only().append(self.obj, self.prop, item) end
function methods:remove(item) write_only().remove(self.obj, self.prop, item) end
methods.add = methods.append
function methods:extend(items)
  local list = {}
  for i, item in ipairs(items) do list[i] = item end
  for _, item in ipairs(list) do write_only().append(self.obj, self.prop, item) end
end
methods.add_all = methods.extend

function methods:all()
  local items = in_memory(self)
  if not items then return Query.methods.all(self) end
  local out = {}
  for i = 1, #items do out[i] = items[i] end
  return out
end

function methods:count()
  local items = in_memory(self)
  if items then return #items end
  return Query.methods.count(self)
end

function methods:first()
  local items = in_memory(self)
  if items then return items[1] end
  return Query.methods.first(self)
end

Appender.__call = function(self, state, control)
  local items = in_memory(self)
  if not items then return Query.__call(self, state, control) end
  local at = 0
  if control ~= nil then
    for i = 1, #items do
      if items[i] == control then at = i end
    end
  end
  return items[at + 1]
end

Appender.__len = function(self) return methods.count(self) end

--- The query of one object's relationship.
function query_dynamic.new(obj, prop)
  local context = rawget(obj, 1)
  local stmt
  if rawget(obj, 2) ~= nil then stmt = write_only().statement_of(obj, prop)
  else stmt = require("alchemoon.sql.select").select(prop.mapper.class) end
  local self = query_legacy.wrap(context and context.session or nil, stmt, Appender)
  rawset(self, "obj", obj)
  rawset(self, "prop", prop)
  return self
end

query_dynamic.core = core
return query_dynamic
