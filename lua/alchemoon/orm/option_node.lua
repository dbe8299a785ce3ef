--- The nodes of option objects.
--
-- A node holds its option (a Lua value in C), so the option must not hold the node: the two would never be garbage. It
-- is found here as long as a statement, or somebody else, holds it.
local core = require "alchemoon.core"

local nodes = setmetatable({}, { __mode = "kv" })

--- The node that stands for an option in a statement; `describe()` gives fingerprint and children of a new one.
---@param option table
---@param describe fun(): string, table
---@return userdata
local function option_node(option, describe)
  local node = nodes[option]
  if not node then
    local fingerprint, children = describe()
    node = core.node(core.tags.ORM_OPTION, { fingerprint = fingerprint, children = children, option = option })
    nodes[option] = node
  end
  return node
end

return option_node
