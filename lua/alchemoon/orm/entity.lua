--- Attributes of an entity node (a class's or an alias's), without knowing which it is.
local core = require "alchemoon.core"
local attr = require "alchemoon.orm.attr"
local adapt = require "alchemoon.orm.adapt"

local entity = {}

--- The attribute node of a property as seen through an entity.
function entity.attribute(node, prop)
  local m = core.node_get(node, "mapper")
  if node == m.entity then return m.class[prop.key] end
  local equal = require("alchemoon.orm.aliased").equal_columns(m) -- a union may have the key of a subclass's table only
  return attr.node(node, prop, adapt.columns(core.node_get(node, "from"), equal))
end

return entity
