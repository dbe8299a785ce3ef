--- What the reading side asks of entities and attributes: property, mapper, of_type, extra criteria.
--
-- An entity is an ORM_ENTITY node; the node of a class itself is `mapper.entity`. An attribute is an ORM_ATTR node.
local core = require "alchemoon.core"
local classes = require "alchemoon.orm.classes"
local coerce = require "alchemoon.sql.coerce"
local exc = require "alchemoon.exc"

local attr_info = {}
local T, E = core.tags, core.enums
local node_get, node_tag = core.node_get, core.node_tag

--- Is the node an attribute that refers to other objects?
function attr_info.is_relationship(node)
  return node_tag(node) == T.ORM_ATTR and node_get(node, "kind") == E.ORM_ATTR_RELATIONSHIP
end

--- The property of an attribute, configured.
function attr_info.prop(node)
  local prop = node_get(node, "extra")
  if prop.kind == "relationship" and not prop.initialised then
    require("alchemoon.orm.instance").configure()
  end
  return prop
end

--- The entity (node) that an attribute belongs to; for a subclass within with_polymorphic() the whole.
function attr_info.entity(node)
  local entity = node_get(node, "entity")
  return node_get(entity, "root") or entity
end

--- The mapper of an entity node.
function attr_info.mapper(entity) return node_get(entity, "mapper") end

--- Is the entity something else than the class itself?
function attr_info.is_aliased(entity) return node_get(entity, "aliased") ~= 0 end

--- The entity that attribute:of_type(...) names, or nil.
function attr_info.of_type(node) return node_get(node, "of_type") end

--- The conditions that attribute:and_(...) adds.
function attr_info.criteria(node) return node_get(node, "criteria") end

--- The entity node of a class, an aliased class, a mapper or a node; nil for anything else.
function attr_info.entity_of(value)
  local kind = type(value)
  if kind == "userdata" then
    local tag = node_tag(value)
    if tag == T.ORM_ENTITY then return value end
    return nil
  end
  if kind ~= "table" then return nil end
  if rawget(value, "is_aliased_class") then return rawget(value, "__entity__") end
  local cls = classes.of(value)
  if cls then
    local mapper = rawget(cls, "__mapper__")
    if mapper then return mapper.entity end
  end
  local element = coerce.element(value)
  if element and node_tag(element) == T.ORM_ENTITY then return element end
  return nil
end

--- The same, with an error for what is no entity.
function attr_info.expect_entity(value, where)
  local entity = attr_info.entity_of(value)
  if entity then return entity end
  return exc.raise("ArgumentError", "%s: a mapped class or an aliased class is needed, got %s", where,
    coerce.describe(value))
end

--- Do two entities speak of the same thing for the paths of loader options?
function attr_info.corresponds(given, entity)
  if attr_info.is_aliased(entity) or attr_info.is_aliased(given) then return given == entity end
  return attr_info.mapper(entity):common_parent(attr_info.mapper(given))
end

--- An entity as messages name it.
function attr_info.describe(entity)
  if attr_info.is_aliased(entity) then
    local mapper, extra = attr_info.mapper(entity), node_get(entity, "extra")
    local loaded = extra and extra.with_polymorphic
    if not loaded then return ("aliased(%s)"):format(mapper.class_name) end
    local names = {}
    for _, sub in ipairs(loaded) do
      if sub ~= mapper then names[#names + 1] = sub.class_name end
    end
    return ("with_polymorphic(%s, [%s])"):format(mapper.class_name, table.concat(names, ", "))
  end
  return tostring(attr_info.mapper(entity))
end

return attr_info
