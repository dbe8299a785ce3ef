--- Class attributes: `User.id`, `User.posts` as ORM_ATTR nodes.
--
-- The node holds the column that it stands for, the entity (class or alias) and the property in `extra`. A column
-- attribute has every operator of a column; a relationship attribute has those of relationship_comparator.lua.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local class = require "alchemoon.sql.class"
local elements = require "alchemoon.sql.elements"
local operators = require "alchemoon.sql.operators"
local types = require "alchemoon.types"
local classes = require "alchemoon.orm.classes"
local inspection_flags = require "alchemoon.orm.inspection_flags"
local instance = require "alchemoon.orm.instance"
local symbols = require "alchemoon.orm.symbols"

local attr = {}
local tags = core.tags
local enums = core.enums

local KIND = { column = enums.ORM_ATTR_COLUMN, relationship = enums.ORM_ATTR_RELATIONSHIP,
  composite = enums.ORM_ATTR_COMPOSITE }

--- The node of one attribute of an entity; `adapt` exchanges the columns of the class for those of an alias.
function attr.node(entity, prop, adapt)
  local column = prop.kind == "column" and prop.columns[1] or nil
  local type_node = column and core.node_type(column) or nil
  if column and adapt then column = adapt(column) end
  if prop.kind == "composite" then column = prop:clause_list(entity) end
  return core.node(tags.ORM_ATTR, { column = column, entity = entity, name = prop.key, kind = KIND[prop.kind],
    extra = prop }, type_node)
end

--- The same for one of several columns of a property: the base's primary key as that of a joined subclass.
function attr.of_column(entity, prop, column)
  return core.node(tags.ORM_ATTR, { column = column, entity = entity, name = prop.key, kind = KIND.column,
    extra = prop }, core.node_type(column))
end

--- What `Class.key` is for a property.
function classes.attribute(mapper, _, prop)
  if prop.kind == "synonym" then return prop:class_attribute(mapper.class) end
  local union = mapper.with_polymorphic and mapper.with_polymorphic[2]
  return attr.node(mapper.entity, prop, union and require("alchemoon.orm.adapt").columns(union,
    require("alchemoon.orm.aliased").equal_columns(mapper)) or nil)
end

--- The property behind an attribute node.
function attr.prop(node) return core.node_get(node, "extra") end

--- The mapper of the entity of an attribute node.
function attr.mapper(node) return core.node_get(core.node_get(node, "entity"), "mapper") end

---@class alchemoon.InstrumentedAttribute : alchemoon.ColumnElement
local methods = {}
local properties = {}
attr.methods, attr.properties = methods, properties

local function prop_of(node) return core.node_get(node, "extra") end

properties.key = function(node) return core.node_get(node, "name") end
properties.name = function(node)
  local column = core.node_get(node, "column")
  if column and core.node_tag(column) == tags.COLUMN then return core.node_get(column, "name") end
  return core.node_get(node, "name")
end
properties.property = function(node)
  local prop = prop_of(node)
  instance.configure(prop.parent)
  return prop.behind or prop -- what a hybrid shows, if it is an attribute
end
properties.prop = properties.property
properties.parent = function(node)
  local entity = core.node_get(node, "entity")
  if core.node_get(entity, "aliased") == 0 then return core.node_get(entity, "mapper") end
  return require("alchemoon.inspection").inspect(require("alchemoon.orm.aliased").of_entity(entity))
end
properties.class_ = function(node) return core.node_get(core.node_get(node, "entity"), "mapper").class end
properties.info = function(node)
  local prop = prop_of(node)
  local plain = prop.kind == "column" and core.node_tag(prop.columns[1]) == tags.COLUMN
  if plain and rawget(prop, "info") == nil then return prop.columns[1].info end
  return prop.info
end
properties.expression = function(node) return core.node_get(node, "column") or node end
properties.expr = properties.expression
-- All columns of the attribute: of a joined subclass's primary key that of its table, then that of the base.
properties.expressions = function(node)
  local from, list = core.node_get(core.node_get(node, "entity"), "from"), {}
  for i, column in ipairs(prop_of(node).columns or {}) do
    list[i] = i == 1 and core.node_get(node, "column") or core.corresponding_column(from, column) or column
  end
  return list
end
properties.type = function(node) return core.node_type(node) end
properties.entity = function(node)
  local prop = prop_of(node)
  instance.configure(prop.parent)
  if prop.kind == "relationship" then return prop.target_alias or prop.mapper end
  return core.node_get(core.node_get(node, "entity"), "mapper")
end
properties.mapper = function(node)
  local entity = properties.entity(node)
  return rawget(entity, "__mapper__") or entity
end
properties.impl = prop_of
properties.doc = function(node) return prop_of(node).doc end
properties.columns = function(node) return prop_of(node).columns end
properties.table = function(node)
  local column = core.node_get(node, "column")
  return column and core.node_tag(column) == tags.COLUMN and core.node_get(column, "table") or nil
end
-- The parts of a composite, as the clause list that a bare mention of it is.
properties.clauses = function(node)
  return prop_of(node).kind == "composite" and core.node_get(node, "column") or nil
end
properties.comparator = function(node) return node end
properties.extension_type = function() return symbols.NotExtension.NOT_EXTENSION end
inspection_flags.add(properties, "is_attribute")

-- What only the column has: nullable, primary_key, foreign_keys …
for _, name in ipairs { "nullable", "primary_key", "unique", "index", "foreign_keys", "default", "onupdate",
  "server_default",
  "server_onupdate", "autoincrement", "comment", "constraints" } do
  properties[name] = function(node)
    local column = core.node_get(node, "column")
    return column and column[name]
  end
end

-- Which methods an attribute has depends on what it is, so the class looks twice.
attr.by_kind = { [enums.ORM_ATTR_COLUMN] = {}, [enums.ORM_ATTR_RELATIONSHIP] = {}, [enums.ORM_ATTR_COMPOSITE] = {} }

attr.by_kind[enums.ORM_ATTR_COLUMN].__clause_element__ = properties.expression

local Attribute = class.define("InstrumentedAttribute", { parent = elements.ColumnElement, tags = { "ORM_ATTR" },
  methods = methods, properties = properties, metamethods = {
    __tostring = function(node)
      local entity = core.node_get(node, "entity")
      local name = core.node_get(entity, "mapper").class_name
      if core.node_get(entity, "aliased") ~= 0 then name = ("aliased(%s)"):format(name) end
      return ("%s.%s"):format(name, core.node_get(node, "name"))
    end,
  } })
attr.Attribute = Attribute
function Attribute.missing_words(node)
  return ("Neither 'InstrumentedAttribute' object nor 'Comparator' object associated with %s has an")
    :format(tostring(node))
end

local inherited_index = Attribute.metatable.__index
local read

-- Comparisons of a column with a literal go straight to C; everything else (and every relationship) is looked up.
local fast = {}
attr.fast = fast
for _, name in ipairs { "eq", "ne", "lt", "le", "gt", "ge" } do
  local own, opposite = operators.op[name], operators.NEGATE[operators.op[name]]
  fast[name] = core.comparison(own, opposite, types.BOOLEAN, function(node, other)
    return read(node, name)(node, other)
  end)
end

--- A comparator_factory may redefine comparisons: from now on they are always looked up.
function attr.no_fast_path()
  for name in pairs(fast) do fast[name] = nil end
end

function Attribute.metatable.__index(node, key)
  local method = fast[key]
  if method then return method end
  return read(node, key)
end

function read(node, key)
  local factory = core.node_get(node, "extra").comparator_factory
  if factory and factory[key] ~= nil then return factory[key] end
  local special = attr.by_kind[core.node_get(node, "kind")][key]
  if special ~= nil then return special end
  return inherited_index(node, key)
end

--- Is the value an attribute node of a relationship?
function attr.is_relationship(value)
  return core.node_tag(value) == tags.ORM_ATTR
    and core.node_get(value, "kind") == enums.ORM_ATTR_RELATIONSHIP
end

class.define("Annotated", { parent = elements.ColumnElement, tags = { "ANNOTATED" } })

class.define("ORMEntity", { tags = { "ORM_ENTITY" }, properties = {
  mapper = function(node) return core.node_get(node, "mapper") end,
  c = function(node) return core.node_get(node, "from").c end,
  columns = function(node) return core.node_get(node, "from").columns end,
}, metamethods = { __tostring = function(node) return tostring(core.node_get(node, "mapper")) end } })

attr.exc = exc
return attr
