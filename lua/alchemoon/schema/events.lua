--- Events of schema items: before_create ... after_parent_attach, column_reflect.
--
-- A target is one item, or a class of items (am.Table, am.Column, am.Constraint ...). The node of an item is made when
-- the first listener is added and is kept in the item's extras; until then its class's node is asked.
local core = require "alchemoon.core"
local event = require "alchemoon.event"
local item = require "alchemoon.schema.item"

local events = {}
local tags = core.tags
local class_nodes = {} -- constructor → dispatch node
local by_tag, by_kind = {}, {}

--- Makes a constructor a target; `parent` is the constructor whose listeners its items take too.
function events.class(constructor, parent, tag, kind)
  class_nodes[constructor] = event.node(parent and { { class_nodes[parent], "all" } } or nil)
  if kind then by_kind[kind] = class_nodes[constructor]
  elseif tag then by_tag[tags[tag]] = class_nodes[constructor] end
end

local function class_node(target)
  local tag = core.node_tag(target)
  if tag == tags.CONSTRAINT then return by_kind[core.node_get(target, "kind")] or by_tag[tag] end
  return by_tag[tag]
end

local function own_node(target, create)
  local extra = item.peek(target)
  local node = extra and extra.events
  if node or not create then return node or class_node(target) end
  node = event.node { { class_node(target), "all" } }
  item.extra(target).events = node
  return node
end

event.register_target("ddl", function(target, create)
  if class_nodes[target] then return class_nodes[target] end
  if core.node_tag(target) == nil or not class_node(target) then return nil end
  if core.node_tag(target) == tags.COLUMN and core.node_get(target, "schema") == nil then return nil end
  return own_node(target, create)
end)

--- Calls the listeners of an item; costs two look-ups when nobody listens.
function events.fire(name, target, ...)
  local node = own_node(target, false)
  local list = node and node[name]
  if list then event.fire(list, target, ...) end
end

--- The listeners themselves, for events whose first argument is not the target.
function events.listeners(name, target)
  local node = own_node(target, false)
  return node and node[name]
end

return events
