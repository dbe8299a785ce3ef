--- am.PickleType: values as bytes of a serializer that the program brings, since Lua has none of its own.
local decorator = require "alchemoon.types.decorator"
local exc = require "alchemoon.exc"
local generic = require "alchemoon.types.generic"
local options = require "alchemoon.options"

local pickle = {}

local OPTIONS = { pickler = true, impl = true, comparator = true, protocol = true }

--- am.PickleType{ pickler = { dumps = function(value) … end, loads = function(bytes) … end }, impl, comparator } → a
-- type class. nil is NULL; `comparator(a, b)` says whether a stored value is unchanged.
---@param opts table
---@return table
function pickle.PickleType(opts)
  opts = options.read("PickleType", opts, OPTIONS)
  local pickler = opts.pickler
  if type(pickler) ~= "table" or type(pickler.dumps) ~= "function" or type(pickler.loads) ~= "function" then
    exc.raise("ArgumentError", "PickleType: Lua cannot serialize values by itself; give pickler = { dumps = " ..
      "function(value) ... end, loads = function(bytes) ... end }, or use am.JSON for tables")
  end
  return decorator.TypeDecorator {
    name = "PickleType", impl = opts.impl or generic.types.LargeBinary, compare_values = opts.comparator,
    process_bind_param = function(value)
      if value == nil then return nil end
      return pickler.dumps(value)
    end,
    process_result_value = function(bytes)
      if bytes == nil then return nil end
      return pickler.loads(bytes)
    end,
  }
end

return pickle
