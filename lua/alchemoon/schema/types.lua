--- What schema asks of types: from what a user writes (am.Integer bare or called) to a TYPE node.
local core = require "alchemoon.core"
local default = require "alchemoon.schema.default"

local types = {}
local found

local function room()
  if found == nil then
    local ok, module = pcall(require, "alchemoon.types")
    if not ok and not tostring(module):find("module 'alchemoon.types' not found", 1, true) then error(module, 0) end
    found = ok and module or false
  end
  return found
end

--- The TYPE node for a type, or nil when the value is none.
function types.coerce(value)
  if core.node_tag(value) == core.tags.TYPE then return value end
  local module = room()
  if not module or not module.is_type(value) then return nil end
  return module.coerce(value)
end

--- What a column without a type has.
function types.null() return room() and found.NULLTYPE or nil end

default.to_type = types.coerce

return types
