--- What a columns clause selects: items { kind = "entity" | "column" | "bundle" | "composite", node =, label =, ... }.
--
-- The first step of lowering. A bundle or composite has its members in `items`; an entity has its mapper; a column may
-- have the entity that it comes from. Whoever asks a statement for its entities reads them here as well.
local core = require "alchemoon.core"
local coerce = require "alchemoon.sql.coerce"
local column_adapter = require "alchemoon.orm.column_adapter"
local entity_attribute = require("alchemoon.orm.entity").attribute
local info = require "alchemoon.orm.attr_info"

local lower_items = {}
local T, E = core.tags, core.enums
local node_get, node_tag = core.node_get, core.node_tag
local LABELLED = { [T.LABEL] = true, [T.FUNCTION] = true, [T.COLUMN] = true }

--- The entity of the first attribute in an expression, nil if there is none.
---@return userdata?
function lower_items.first_entity(node)
  local tag = node_tag(node)
  if tag == T.ORM_ATTR then return node_get(node, "entity") end
  if tag == T.ORM_ENTITY or coerce.IS_SELECT[tag] or not column_adapter.is_orm(node) then return nil end
  if tag == T.COLUMN then return nil end
  for _, child in ipairs(core.node_children(node)) do
    local found = lower_items.first_entity(child)
    if found then return found end
  end
  return nil
end

local add_item

local function add_bundle(list, node)
  local item = { kind = "bundle", node = node, label = node_get(node, "name"), items = {},
    bundle = node_get(node, "extra") }
  for _, member in ipairs(node_get(node, "columns")) do add_item(item.items, member) end
  for _, member in ipairs(item.items) do
    if LABELLED[node_tag(member.node)] then member.label = node_get(member.node, "name") end
    item.entity = item.entity or member.entity
  end
  list[#list + 1] = item
end

local NAMED = { [T.COLUMN] = true, [T.CUSTOM_COLUMN] = true, [T.LABEL] = true, [T.FUNCTION] = true, [T.TEXT] = true,
  [T.NULL] = true }
local ANONYMOUS = { [T.SCALAR_SELECT] = true, [T.EXISTS] = "aliased", [T.BIND] = "aliased" }

-- Does a hybrid give its name to its expression? In a statement of its own a scalar subquery stays anonymous, EXISTS
-- and values do unless the class is aliased; rows know the name anyway.
local function names_expression(node, in_subquery)
  if node_get(node, "kind") ~= E.ORM_ATTR_HYBRID then return false end
  local tag = node_tag(node_get(node, "column"))
  if NAMED[tag] then return false end
  local anonymous = not in_subquery and ANONYMOUS[tag]
  return not anonymous or anonymous == "aliased" and info.is_aliased(node_get(node, "entity"))
end

--- What a SELECT has of a column: its expression, with the attribute around it only where a hybrid names it so (the
-- compiler finds another name when two of them meet). `adapt` is what the expression goes through.
function lower_items.selected(node, adapt, in_subquery)
  if node_tag(node) ~= T.ORM_ATTR then return adapt(node) end
  local column = adapt(node_get(node, "column"))
  return names_expression(node, in_subquery) and core.node_with(node, { column = column }) or column
end

-- A composite stands for its columns, a relationship for its condition.
local function add_attribute(list, node)
  local kind = node_get(node, "kind")
  local entity = node_get(node, "entity")
  if kind == E.ORM_ATTR_RELATIONSHIP then -- its join condition
    local condition = coerce.relationship(node)
    if not info.is_aliased(entity) then condition = condition:label(node_get(node, "name")) end
    list[#list + 1] = { kind = "column", node = condition, entity = entity, label = node_get(node, "name") }
    return
  end
  if kind == E.ORM_ATTR_COMPOSITE then
    local prop = info.prop(node)
    local item = { kind = "composite", node = node, label = node_get(node, "name"), items = {}, prop = prop,
      entity = entity }
    for _, member in ipairs(prop:parts(info.mapper(entity))) do
      add_item(item.items, entity_attribute(entity, member))
    end
    list[#list + 1] = item
    return
  end
  list[#list + 1] = { kind = "column", node = node, entity = entity, label = node_get(node, "name") }
end

-- One argument of select() may be several columns, but is one value of the row.
function add_item(list, node)
  local tag = node_tag(node)
  if tag == T.ORM_ENTITY then
    local mapper = info.mapper(node)
    local label = mapper.class_name
    if info.is_aliased(node) then label = node_get(node, "name") end -- without a name it has no key in rows
    list[#list + 1] = { kind = "entity", node = node, entity = node, mapper = mapper, label = label }
  elseif tag == T.ORM_BUNDLE then
    add_bundle(list, node)
  elseif tag == T.ORM_ATTR then
    add_attribute(list, node)
  elseif coerce.IS_FROM[tag] then
    local join = tag == T.JOIN and node or nil -- its tables alone would not say how they belong together
    for _, column in ipairs((core.from_columns(node))) do
      list[#list + 1] = { kind = "column", node = column, join = join }
      join = nil
    end
  elseif coerce.is_bare_list(node) then -- the parts of a composite, each by itself
    for _, member in ipairs(node_get(node, "items")) do add_item(list, member) end
  else
    list[#list + 1] = { kind = "column", node = node, entity = lower_items.first_entity(node) }
  end
end

--- The items of a list of nodes.
---@param raw userdata[]
---@return table[]
function lower_items.of(raw)
  local list = {}
  for _, node in ipairs(raw) do add_item(list, node) end
  return list
end

--- Calls fn(entity, item) for every item that has an entity, members of bundles and composites included.
---@param items table[]
---@param fn function
function lower_items.each_entity(items, fn)
  for _, item in ipairs(items) do
    if item.items then lower_items.each_entity(item.items, fn)
    elseif item.entity then fn(item.entity, item) end
  end
end

return lower_items
