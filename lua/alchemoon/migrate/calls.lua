--- Objects whose methods work with a dot and with a colon: `op.add_column(...)` and `op:add_column(...)`.
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"

local calls = {}

--- The `__index` of such objects.
---@param methods table   name → function(self, ...)
---@param what string     how messages call the object
---@return function
function calls.index(methods, what)
  return function(self, key)
    local method = methods[key]
    if method == nil then
      if type(key) == "string" and key:sub(1, 1) ~= "_" then
        exc.raise("ArgumentError", "%s has no operation '%s'%s", what, key, options.hint(key, methods))
      end
      return nil
    end
    local function call(first, ...)
      if rawequal(first, self) then return method(self, ...) end
      return method(self, first, ...)
    end
    rawset(self, key, call)
    return call
  end
end

return calls
