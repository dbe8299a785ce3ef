--- Bundles: several columns that come back as one value.
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local coerce = require "alchemoon.sql.coerce"
local columns = require "alchemoon.sql.columns"

local bundle = {}

local function key_of(node)
  local tag = core.node_tag(node)
  if tag == core.tags.ORM_ATTR or tag == core.tags.LABEL or tag == core.tags.ORM_BUNDLE then
    return core.node_get(node, "name")
  end
  if tag == core.tags.COLUMN then return node.key end
  return nil
end

-- bundle.c holds the bundle at [1], so that any name may be a column's.
local view = {}
function view.__index(self, key)
  local node = rawget(self, 1)
  for _, column in ipairs(core.node_get(node, "columns")) do
    if key_of(column) == key then return column end
  end
  for _, attr in ipairs(core.node_get(node, "columns")) do -- SQLAlchemy knows attributes by the keys of their columns
    local column = core.node_tag(attr) == core.tags.ORM_ATTR and core.node_get(attr, "column")
    if column and core.node_tag(column) == core.tags.COLUMN and column.key == key then return attr end
  end
  return exc.raise("ArgumentError", "Bundle '%s' has no column '%s'", core.node_get(node, "name"), tostring(key))
end

class.define("Bundle", { tags = { "ORM_BUNDLE" }, properties = {
  c = function(node) return setmetatable({ node }, view) end,
  columns = function(node) return columns.list(core.node_get(node, "columns")) end,
  name = function(node) return core.node_get(node, "name") end,
  single_entity = function(node)
    local extra = core.node_get(node, "extra")
    return extra ~= nil and extra.single_entity == true
  end,
}, methods = {
  label = function(node, name) return core.node_with(node, { name = name }) end,
}, metamethods = { __tostring = function(node) return ("Bundle('%s')"):format(core.node_get(node, "name")) end } })

local SINGLE = { single_entity = true }
local plain = {}

--- am.Bundle(name, column, …, { single_entity, create_row_processor = function(bundle, labels) →
-- function(values) → value })
---@param name string
---@param ... any
---@return any
function bundle.Bundle(name, ...)
  local args, opts = options.split(...)
  opts = options.read("Bundle", opts, { single_entity = false, create_row_processor = true })
  if type(name) ~= "string" then exc.raise("ArgumentError", "Bundle: a name is needed, got %s", type(name)) end
  local list = {}
  for i = 1, args.n do
    local node = coerce.element(args[i])
    if node == nil then exc.raise("ArgumentError", "Bundle: argument #%d is no column but %s", i,
      coerce.describe(args[i])) end
    list[i] = node
  end
  local extra = plain
  if opts.create_row_processor then extra = opts elseif opts.single_entity then extra = SINGLE end
  return core.node(core.tags.ORM_BUNDLE, { name = name, columns = list, extra = extra })
end

return bundle
