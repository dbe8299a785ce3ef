--- Options that say nothing to the ORM and something to listeners: am.UserDefinedOption and what is derived from it.
--
-- In a statement such an option is a node whose form is always the same, so that statements with and without other
-- values in it share their plan; what counts is the option of the statement that is executed. With
-- `propagate_to_loaders` it also stands in the statements of later lazy loads of the objects.
local core = require "alchemoon.core"
local option_node = require "alchemoon.orm.option_node"
local options = require "alchemoon.options"

local user_option = {}
local T = core.tags
local node_get, node_tag = core.node_get, core.node_tag
local HAS_OPTIONS = { [T.SELECT] = true, [T.INSERT] = true, [T.UPDATE] = true, [T.DELETE] = true }

---@class alchemoon.UserDefinedOption
---@field payload any
---@field propagate_to_loaders boolean
local UserDefinedOption = { __name = "UserDefinedOption", is_user_defined = true, propagate_to_loaders = false }
UserDefinedOption.__index = UserDefinedOption

--- The node that stands for the option in a statement.
function UserDefinedOption:_as_node()
  return option_node(self, function() return "user", {} end)
end

--- An option that carries a value to the events of executions.
---@param payload any
---@param opts table?   propagate_to_loaders
---@return alchemoon.UserDefinedOption
local function new(class, payload, opts)
  opts = options.read(class.__name, opts, { propagate_to_loaders = class.propagate_to_loaders })
  return setmetatable({ payload = payload, propagate_to_loaders = opts.propagate_to_loaders }, class)
end

--- A class of options of your own: local Hint = am.UserDefinedOption.subclass { propagate_to_loaders = true }; then
-- Hint(payload), or Hint.new{ … } for fields of any name. A name may stand before the fields.
---@param name string?
---@param fields table?
---@return table
function UserDefinedOption.subclass(name, fields)
  if type(name) == "table" then name, fields = nil, name end
  local class = setmetatable(fields or {}, { __index = UserDefinedOption, __call = new })
  class.__name, class.__index = name or "UserDefinedOption", class
  function class.new(values)
    local self = setmetatable({}, class)
    for key, value in pairs(values or {}) do self[key] = value end
    return self
  end
  return class
end

setmetatable(UserDefinedOption, { __call = new })

local function each_node(nodes, fn)
  for _, node in ipairs(nodes) do
    local option = node_tag(node) == T.ORM_OPTION and node_get(node, "option")
    if type(option) == "table" and option.is_user_defined then fn(node, option) end
  end
end

--- The user-defined options of a statement.
function user_option.of(stmt)
  local list = {}
  each_node(node_get(stmt, "options") or {}, function(_, option)
    if not option.internal then list[#list + 1] = option end
  end)
  return list
end

--- Those and the ones that extensions have for themselves; of any statement.
function user_option.all(stmt)
  local list = {}
  if not HAS_OPTIONS[node_tag(stmt)] then return list end
  each_node(node_get(stmt, "options") or {}, function(_, option) list[#list + 1] = option end)
  return list
end

--- Their nodes; nil if there are none.
function user_option.nodes(stmt)
  local list
  each_node(stmt ~= nil and node_get(stmt, "options") or {}, function(node)
    list = list or {}
    list[#list + 1] = node
  end)
  return list
end

--- Those of some nodes that later loads take over; nil if there are none.
function user_option.propagated(nodes)
  local list
  each_node(nodes or {}, function(node, option)
    if option.propagate_to_loaders then
      list = list or {}
      list[#list + 1] = node
    end
  end)
  return list
end

--- Are there options of any kind that later loads take over? Then listeners are told of the way to the objects.
---@param stmt userdata
---@return table?   the beginning of a trail (see path.lua)
function user_option.trail(stmt)
  for _, node in ipairs(node_get(stmt, "options") or {}) do
    local option = node_tag(node) == T.ORM_OPTION and node_get(node, "option")
    local first = type(option) == "table" and option.steps and option.steps[1]
    if first and first.wildcard then option = nil end -- says nothing of later loads
    if option and (not option.is_user_defined or option.propagate_to_loaders) then return {} end
  end
  return nil
end

user_option.UserDefinedOption = UserDefinedOption
return user_option
