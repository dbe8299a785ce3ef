--- Baked queries: a legacy Query that functions make, one after the other, for any session.
--
-- In SQLAlchemy they spare building a Query again and again; here, as there today, what is compiled is found by the
-- query's structure anyway. They exist for programs that use them: the functions run at each execution.
local exc = require "alchemoon.exc"

local baked = {}
local unpack = table.unpack or unpack -- luacheck: ignore 113

local function copy(list)
  local out = {}
  for i, step in ipairs(list) do out[i] = step end
  return out
end

local function check_function(fn, where)
  if type(fn) ~= "function" then
    exc.raise("ArgumentError", "%s: a function that takes a query and returns one is expected, got %s", where,
      exc.show_value(fn))
  end
  return fn
end

-- --- results -------------------------------------------------------------------------------------

-- What one execution is told; the methods of Query that execute are its own.
local Result = { __name = "Result" }
local result_methods = {}

--- Values of named parameters, for this execution.
function result_methods:params(values)
  self._params = self._params or {}
  for name, value in pairs(values) do self._params[name] = value end
  return self
end

--- A function of the query that comes after all others, for this execution.
function result_methods:with_post_criteria(fn)
  self._post[#self._post + 1] = check_function(fn, "with_post_criteria()")
  return self
end

local function query_of(result)
  local query = result._baked:to_query(result._session)
  if result._params then query = query:params(result._params) end
  for _, fn in ipairs(result._post) do query = fn(query) end
  return query
end

for _, name in ipairs { "all", "first", "one", "one_or_none", "scalar", "count" } do
  result_methods[name] = function(self, ...)
    local query = query_of(self)
    return query[name](query, ...)
  end
end

--- The object of a primary key; only the first function has a say.
function result_methods:get(ident) return self._baked.steps[1](self._session):get(ident) end

Result.__index = result_methods
-- `for object in bq(session) do`
Result.__call = function(self, state, control)
  if control == nil then self._query = query_of(self) end
  return self._query(state, control)
end

-- --- queries -------------------------------------------------------------------------------------

local BakedQuery = { __name = "BakedQuery" }
local methods = {}
BakedQuery.__index = methods

local function new(steps) return setmetatable({ steps = steps }, BakedQuery) end

--- Adds a function of the query to this one: fn(query, ...) → query.
function methods:add_criteria(fn, ...)
  check_function(fn, "add_criteria()")
  local arguments = { n = select("#", ...), ... }
  self.steps[#self.steps + 1] = function(query) return fn(query, unpack(arguments, 1, arguments.n)) end
  return self
end

--- The same for a copy.
function methods:with_criteria(fn, ...) return new(copy(self.steps)):add_criteria(fn, ...) end

--- The Query for a session, or for that of another Query.
function methods:to_query(session)
  if rawget(session, "stmt") then session = session.session end
  local query = self.steps[1](session)
  for i = 2, #self.steps do query = self.steps[i](query) end
  return query
end

--- In SQLAlchemy: nothing is kept any longer. Nothing is kept here.
function methods:spoil() return self end

--- What is executed in a session.
function methods:for_session(session) return setmetatable({ _baked = self, _session = session, _post = {} }, Result) end

BakedQuery.__call = methods.for_session
BakedQuery.__add = function(self, fn) return self:with_criteria(fn) end

--- am.bakery(): a function that begins baked queries: bakery(function(session) return session:query(User) end).
---@return fun(fn: function, ...): table
local function bakery()
  return function(fn, ...)
    local first = new {}
    return first:add_criteria(check_function(fn, "bakery"), ...)
  end
end

baked.public = { bakery = bakery }
return baked
