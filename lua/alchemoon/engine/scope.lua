--- Calls that open something and take a function as their last argument.
local exc = require "alchemoon.exc"
local usage = require "alchemoon.usage"

local scope = {}

local function finish(close, fail, thing, ok, ...)
  if ok then
    close(thing)
    return ...
  end
  local e = (...)
  pcall(fail or close, thing, e) -- the user's error is the one that counts
  exc.rethrow(e)
end

--- Runs fn(thing), then close(thing), or fail(thing, error) (default: close) and raises the error unchanged.
-- Returns what fn returned. May be suspended inside fn.
---@param thing any
---@param close function
---@param fn function
---@param fail function?
function scope.run(thing, close, fn, fail)
  return finish(close, fail, thing, pcall(fn, thing))
end

--- Was a function given to a method that gives a result?
---@return boolean
function scope.takes_function(params, options, fn)
  return fn ~= nil or type(params) == "function" or type(options) == "function"
end

--- Calls the function with the method's result, which is closed afterwards. It is the last argument, wherever the
-- others end.
function scope.run_method(method, self, statement, params, options, fn)
  if type(params) == "function" then params, fn = nil, params
  elseif type(options) == "function" then options, fn = nil, options end
  usage.check_function("the last argument", fn)
  local result = method(self, statement, params, options)
  return scope.run(result, result.close, fn)
end

--- Makes methods that give results, `method(self, statement, params, options)`, take a function, too: it is called with
-- the result, which is closed afterwards.
---@param methods table
---@param names string[]
function scope.give_results(methods, names)
  for _, name in ipairs(names) do
    local method = methods[name]
    methods[name] = function(self, statement, params, options, fn)
      if scope.takes_function(params, options, fn) then
        return scope.run_method(method, self, statement, params, options, fn)
      end
      return method(self, statement, params, options)
    end
  end
end

return scope
