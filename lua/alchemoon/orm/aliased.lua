--- aliased(), with_polymorphic(): a mapped class under another FROM element.
--
-- An aliased class is a Lua table that holds an ORM_ENTITY node; the node never holds the table, so that entities made
-- for one statement go with it. Its attributes are those of the class with columns adapted to the alias.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local coerce = require "alchemoon.sql.coerce"
local adapt = require "alchemoon.orm.adapt"
local attr = require "alchemoon.orm.attr"
local classes = require "alchemoon.orm.classes"
local inheritance = require "alchemoon.orm.inheritance"
local instance = require "alchemoon.orm.instance"

local aliased = {}
local tags = core.tags
local null = require "alchemoon.null"

local meta = { __name = "AliasedClass" }

-- Kept in the class at the first read, so that an attribute of an alias is always the same node.
local function read(self, key)
  local mapper = rawget(self, "__mapper__")
  local prop = mapper.prop[key]
  if prop and prop.kind == "synonym" then return prop:named(self[prop.name]) end
  if prop then
    local node = attr.node(rawget(self, "__entity__"), prop, rawget(self, "adapt_column"))
    rawset(self, key, node)
    return node
  end
  local descriptor = mapper.descriptor[key]
  if not descriptor or not descriptor.class_get then return nil end
  local value = descriptor.class_get(self, key)
  -- A hybrid is one expression for each alias: mentioned twice, its parameters are the same ones.
  if descriptor.is_extension == "hybrid_property" then rawset(self, key, value) end
  return value
end

function meta.__index(self, key)
  local value = read(self, key)
  if value ~= nil then return value end
  local mapper = rawget(self, "__mapper__")
  if key == "__clause_element__" then return function(alias) return rawget(alias, "__entity__") end end
  value = instance.lookup(mapper.class, key)
  if value ~= nil or type(key) ~= "string" or key:sub(1, 1) == "_" then return value end
  if instance.configure(mapper) then return self[key] end
  return exc.raise("ArgumentError", "type object '%s' has no attribute '%s'%s", mapper.class_name, key,
    options.suggestion(key, instance.names(mapper)))
end

function meta.__tostring(self)
  local mapper, others = rawget(self, "__mapper__"), {}
  local extra = core.node_get(rawget(self, "__entity__"), "extra")
  if not (extra and extra.with_polymorphic) then return ("aliased(%s)"):format(mapper.class_name) end
  for _, other in ipairs(extra.with_polymorphic) do
    if other ~= mapper then others[#others + 1] = other.class_name end
  end
  return ("with_polymorphic(%s, [%s])"):format(mapper.class_name, table.concat(others, ", "))
end

--- Is the value an aliased class?
function aliased.is(value) return getmetatable(value) == meta end

-- Columns of the mapper's hierarchy that are kept equal to a column (primary keys of joined tables).
local function equal_columns(mapper)
  if not mapper.joined and not next(mapper.subclasses) then return nil end
  local equivalents -- made when a column is not found by itself
  local function gather(column, list, seen)
    seen[column] = true
    for _, other in ipairs(equivalents[column] or {}) do
      if not seen[other] then
        list[#list + 1] = other
        gather(other, list, seen)
      end
    end
    return list
  end
  return function(column)
    local list = {}
    local slot = mapper.column_slot[column]
    local prop = slot and mapper.prop_at[slot]
    for _, other in ipairs(prop and prop.columns or {}) do list[#list + 1] = other end
    equivalents = equivalents or require("alchemoon.orm.column_adapter").equivalents_of(mapper)
    return gather(column, list, {})
  end
end
aliased.equal_columns = equal_columns

-- Entity node → the aliased class that the program holds.
local class_of_node = setmetatable({}, { __mode = "kv" })

local function class_of(mapper, entity, adapt_column)
  return setmetatable({ is_aliased_class = true, __entity__ = entity, __mapper__ = mapper, adapt_column = adapt_column,
    __name = mapper.class_name }, meta)
end

--- The class or aliased class of an entity node, as the program knows it.
function aliased.known_as(entity)
  if core.node_get(entity, "aliased") == 0 then return core.node_get(entity, "mapper").class end
  return class_of_node[entity] or aliased.of_entity(entity)
end

--- The aliased class of an entity node, for those who have only the node (a Query).
function aliased.of_entity(entity)
  local mapper, from = core.node_get(entity, "mapper"), core.node_get(entity, "from")
  return class_of(mapper, entity, adapt.columns(from, equal_columns(mapper), mapper.persist_selectable))
end

-- The class that stands for the alias in statements; its columns are those of `from`.
local function make(mapper, from, fields, by_name, inner)
  local adapt_column = adapt.columns(from, equal_columns(mapper), mapper.persist_selectable)
  if by_name then adapt_column = adapt.by_name(from, adapt_column) end
  if inner then -- an alias of an alias
    local outer, first = adapt_column, rawget(inner, "adapt_column")
    adapt_column = function(node) return outer(first(node)) end
  end
  local polymorphic = fields.extra and fields.extra.with_polymorphic
  local entity = core.node(tags.ORM_ENTITY, { from = from, name = fields.name, aliased = 1, mapper = mapper,
    extra = fields.extra, root = fields.root,
    columns = require("alchemoon.orm.select_columns").of_subquery(mapper, polymorphic, adapt_column, from) })
  local class = class_of(mapper, entity, adapt_column)
  class_of_node[entity] = class
  return class
end

-- One table of mappers per combination, so that statements that are built anew keep their key.
local function polymorphic_extra(mapper, mappers, by_name)
  local ids = {}
  for i, sub in ipairs(mappers) do ids[i] = tostring(sub):gsub("table: ", "") .. sub.class_name end
  local key = table.concat(ids, ",") .. (by_name and " by name" or "")
  mapper.polymorphic_extras = mapper.polymorphic_extras or {}
  local known = mapper.polymorphic_extras[key]
  if not known then
    known = { with_polymorphic = #mappers > 1 and mappers or nil, by_name = by_name or nil }
    mapper.polymorphic_extras[key] = known
  end
  return known
end

local function mapper_of(value, where)
  if type(value) == "table" then
    local mapper = rawget(value, "__mapper__") or (rawget(value, "is_mapper") and value)
    if mapper then return mapper end
  end
  return exc.raise("ArgumentError", "%s: a mapped class is needed, got %s", where, coerce.describe(value))
end

local ALIASED = { name = true, flat = false, adapt_on_names = false, alias = true }

--- am.aliased(User, { name, flat, adapt_on_names }), am.aliased(User, subquery, { … }); a table gets an alias of its
-- own.
---@param element any
---@param ... any
---@return any
function aliased.aliased(element, ...)
  local args, opts = options.split(...)
  opts = options.read("aliased", opts, ALIASED)
  local from = args[1]
  if from == nil then from = opts.alias end
  if type(from) == "string" then from, opts.name = nil, from end
  if core.node_tag(element) and coerce.IS_FROM[core.node_tag(element)] then
    if opts.adapt_on_names then
      exc.raise("ArgumentError", "adapt_on_names only applies to ORM elements")
    end
    return element:alias(opts.name, { flat = opts.flat })
  end
  local mapper = mapper_of(element, "aliased()")
  local mappers = inheritance.with_polymorphic_mappers(mapper)
  local by_name = opts.adapt_on_names
  local extra = (#mappers > 1 or by_name) and polymorphic_extra(mapper, mappers, by_name) or nil
  local nested = aliased.is(element) and from ~= nil and element or nil
  if from == nil then
    local selectable = inheritance.selectable(mapper, mappers)
    local inside = aliased.is(element) and core.node_get(rawget(element, "__entity__"), "from")
    if inside and core.node_tag(inside) == tags.ALIAS
      and core.node_get(inside, "kind") ~= core.enums.ALIAS_PLAIN then
      selectable = inside
    end
    from = selectable:alias(opts.name, { flat = opts.flat })
  else
    from = coerce.from(from)
  end
  if nested then
    extra = { with_polymorphic = extra and extra.with_polymorphic, by_name = opts.adapt_on_names or nil,
      nested = rawget(element, "__entity__") }
  end
  return make(mapper, from, { name = opts.name, extra = extra }, opts.adapt_on_names, nested)
end

local POLYMORPHIC = { selectable = true, flat = false, polymorphic_on = true, aliased = false, innerjoin = false,
  adapt_on_names = false, name = true }

-- The mappers that with_polymorphic() names, with the classes between them and the base.
local function list_mappers(mapper, given)
  if given == "*" then return inheritance.spanned(mapper, given) end
  if type(given) ~= "table" then
    exc.raise("ArgumentError", "with_polymorphic(): a list of classes or \"*\" is needed, got %s", type(given))
  end
  local subs = {}
  for i, cls in ipairs(rawget(given, "__mapper__") and { given } or given) do
    subs[i] = mapper_of(cls, "with_polymorphic()")
    if not subs[i]:isa(mapper) then
      exc.raise("InvalidRequestError", "%s does not inherit from %s", tostring(subs[i]), tostring(mapper))
    end
  end
  if #subs == 0 then return inheritance.with_polymorphic_mappers(mapper) end -- what the mapper is configured with
  return inheritance.spanned(mapper, subs)
end

--- am.with_polymorphic(Employee, { Manager, Engineer } or "*", { aliased, flat, innerjoin, selectable, polymorphic_on,
-- name }): an entity with the columns of subclasses; `entity.Manager` has the attributes of that subclass.
-- `selectable` am.null: the tables, whatever the mapper of the class is configured with.
---@param base table
---@param given table[]|string
---@param ... any
---@return any
function aliased.with_polymorphic(base, given, ...)
  local args, opts = options.split(...)
  local of_tables = opts and opts.selectable == null
  opts = options.read("with_polymorphic", opts, POLYMORPHIC)
  local mapper = mapper_of(base, "with_polymorphic()")
  if opts.flat and opts.selectable then
    exc.raise("ArgumentError", "the 'flat' and 'selectable' arguments cannot be passed simultaneously to " ..
      "with_polymorphic()")
  end
  local mappers = list_mappers(mapper, given)
  local from = args[1] or opts.selectable
  if from ~= nil then
    from = coerce.from(from)
    mappers = inheritance.within(mappers, from)
  else
    from = inheritance.selectable(mapper, mappers, opts.innerjoin, of_tables)
    if opts.aliased or opts.flat then from = from:alias(nil, { flat = opts.flat }) end
  end
  local extra = polymorphic_extra(mapper, mappers, opts.adapt_on_names)
  if opts.polymorphic_on ~= nil then -- the discriminator of this selectable
    extra = { with_polymorphic = extra.with_polymorphic, by_name = extra.by_name,
      polymorphic_on = coerce.expr(opts.polymorphic_on) }
  end
  local entity = make(mapper, from, { name = opts.name, extra = extra },
    opts.adapt_on_names)
  for _, sub in ipairs(mappers) do
    if sub ~= mapper then
      local view = make(sub, from, { name = opts.name, root = rawget(entity, "__entity__") }, opts.adapt_on_names)
      rawset(entity, sub.class_name, view)
    end
  end
  return entity
end

--- The mappers whose columns an entity selects: the class's own with_polymorphic setting, or the entity's.
function aliased.mappers(entity)
  local extra = core.node_get(entity, "extra")
  if extra and extra.with_polymorphic then return extra.with_polymorphic end
  local mapper = core.node_get(entity, "mapper")
  if entity == mapper.entity then return inheritance.with_polymorphic_mappers(mapper) end
  return { mapper }
end

aliased.classes = classes
return aliased
