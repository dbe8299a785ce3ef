--- Calls that open something and take a function as their last argument.
local scope = {}

local function finish(close, fail, thing, ok, ...)
  if ok then
    close(thing)
    return ...
  end
  local e = (...)
  pcall(fail or close, thing, e) -- the user's error is the one that counts
  error(e, 0)
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

return scope
