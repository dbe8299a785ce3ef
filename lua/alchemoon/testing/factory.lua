--- Factories: objects for tests, with attributes that only a test that cares has to name.
local exc = require "alchemoon.exc"
local instance = require "alchemoon.orm.instance"

local factory = {}
local Factory = {}
Factory.__index = Factory

--- A default that counts: sequence("user%d") gives user1, user2, …; sequence(fn) gives fn(1), fn(2), …
---@param form string|function
---@return function
function factory.sequence(form)
  local n = 0
  return function()
    n = n + 1
    if type(form) == "function" then return form(n) end
    return (form:format(n))
  end
end

--- A factory: factory(User, { name = sequence "user%d", team = function(attributes) return make_team() end }).
-- A default that is a function is called for every object with what was given. make{ … } builds one,
-- make:list(n, { … }) several, make:create(session, { … }) adds it to a session and flushes.
---@param class table
---@param defaults table?
function factory.factory(class, defaults)
  if type(class) ~= "table" or not rawget(class, "__mapper__") then
    exc.raise("ArgumentError", "testing.factory: a mapped class is needed, got %s", tostring(class))
  end
  return setmetatable({ class = class, defaults = defaults or {} }, Factory)
end

local function build(self, given)
  local attributes = {}
  for key, value in pairs(given or {}) do attributes[key] = value end
  local names = {}
  for key in pairs(self.defaults) do names[#names + 1] = key end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for _, key in ipairs(names) do
    if attributes[key] == nil then
      local value = self.defaults[key]
      if type(value) == "function" then value = value(attributes) end
      attributes[key] = value
    end
  end
  return self.class(attributes)
end

Factory.__call = function(self, given) return build(self, given) end

--- An object that is in no session.
---@param given table?
---@return table
function Factory:build(given) return build(self, given) end

--- n objects.
---@param n integer
---@param given table?
---@return table[]
function Factory:list(n, given)
  local out = {}
  for i = 1, n do out[i] = build(self, given) end
  return out
end

--- One object, added to the session and flushed; with a number, that many.
---@param session alchemoon.Session
---@param given table|integer?
---@param more table?
function Factory:create(session, given, more)
  if type(given) == "number" then
    local list = self:list(given, more)
    session:add_all(list)
    session:flush()
    return list
  end
  local obj = build(self, given)
  session:add(obj)
  session:flush()
  return obj
end

--- A factory with other defaults on top of these.
---@param defaults table
---@return any
function Factory:with(defaults)
  local all = {}
  for key, value in pairs(self.defaults) do all[key] = value end
  for key, value in pairs(defaults) do all[key] = value end
  return factory.factory(self.class, all)
end

factory.is_instance = instance.is
return factory
