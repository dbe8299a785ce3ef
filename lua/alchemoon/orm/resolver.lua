--- Late resolution of names: what "Post", "Post.id" or "and_(…)" in a relationship stands for.
--
-- A free name is, in this order: a class of the registry, a table or schema of its MetaData, a public name of `am`.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local coerce = require "alchemoon.sql.coerce"
local classes = require "alchemoon.orm.classes"
local instance = require "alchemoon.orm.instance"
local expression_text = require "alchemoon.orm.expression_text"

local resolver = {}
local tags = core.tags

local function failed(prop, text, name, candidates, is_target)
  local hint = options.nearest(name, candidates)
  local what = is_target and ("'%s'"):format(name) or ("\"name '%s' is not defined\""):format(name)
  exc.raise("InvalidRequestError", "When initializing mapper %s, expression '%s' failed to locate a name (%s). If " ..
    "this is a class name, consider adding this relationship() to the %s class after both dependent classes have " ..
    "been defined.%s", tostring(prop.parent), text, what, tostring(prop.parent.class),
    hint and (" Did you mean '%s'?"):format(hint) or "")
end

-- A column by its attribute name, or whatever else the class has.
local function class_view(cls)
  local mapper = rawget(cls, "__mapper__")
  return {
    __value = cls,
    __member = function(key)
      local prop = mapper and mapper.prop[key]
      if prop and prop.kind == "column" then return prop.columns[1] end
      if prop and prop.kind == "synonym" then return class_view(cls).__member(prop.name) end
      local descriptor = mapper and mapper.descriptor[key]
      if mapper and not prop and not descriptor and instance.lookup(cls, key) == nil then
        exc.raise("InvalidRequestError", "Class %s does not have a mapped column named '%s'%s", tostring(cls), key,
          options.hint(key, mapper.prop))
      end
      if prop then
        exc.raise("InvalidRequestError", "Property '%s' is not an instance of ColumnProperty (i.e. does not " ..
          "correspond directly to a Column).", key)
      end
      return cls[key]
    end,
  }
end

local function table_view(from)
  return {
    __value = from,
    __member = function(key)
      if key == "c" or key == "columns" then return from.c end
      return from.c[key]
    end,
  }
end

local function find_table(metadata, name) return core.metadata_table(metadata, name) end

-- "schema.table": the schema's name first.
local function schema_view(metadata, schema)
  local found = false
  for _, t in ipairs(core.node_get(metadata, "tables")) do
    if core.node_get(t, "schema") == schema then found = true end
  end
  if not found then return nil end
  return { __member = function(key)
    local t = find_table(metadata, schema .. "." .. key)
    if t then return table_view(t) end
    return schema_view(metadata, schema .. "." .. key)
  end }
end

-- What a name in a string may be: a class, a table, a schema, then what `am` has.
local function lookup_for(prop, text, is_target)
  local registry = prop.parent.registry
  local metadata = prop.parent.local_table and core.node_tag(prop.parent.local_table) == tags.TABLE
    and core.node_get(prop.parent.local_table, "metadata") or registry.metadata
  return function(name)
    local cls = registry:find(name)
    if cls then return class_view(cls) end
    local from = find_table(metadata, name)
    if from then return table_view(from) end
    local schema = schema_view(metadata, name)
    if schema then return schema end
    local am = require "alchemoon"
    if rawget(am, name) ~= nil and name ~= "exc" and name ~= "event" and name ~= "logging" then return am[name] end
    local candidates = {}
    for known in pairs(registry.class_registry) do candidates[known] = true end
    for _, t in ipairs(core.node_get(metadata, "tables")) do candidates[t.key] = true end
    return failed(prop, text, name, candidates, is_target)
  end
end

-- A class whose mapper is being made: the columns that it declares, then what it inherits.
local function unfinished_view(mapper, declared)
  return {
    __value = mapper.class,
    __member = function(key)
      for _, entry in ipairs(declared) do
        if entry.key == key and entry.prop.kind == "column" then return entry.prop.columns[1] end
      end
      return class_view(mapper.inherits.class).__member(key)
    end,
  }
end

--- A condition among the arguments of a mapper that is being made: node, text or function.
function resolver.inherit_condition(mapper, given, declared)
  if type(given) == "function" then given = given() end
  if type(given) ~= "string" then return given end
  local lookup = lookup_for({ parent = mapper }, given)
  return expression_text.evaluate(given, function(name)
    if name == mapper.class_name then return unfinished_view(mapper, declared) end
    return lookup(name)
  end)
end

--- What a text stands for.
function resolver.evaluate(prop, text, is_target)
  return expression_text.evaluate(text, lookup_for(prop, text, is_target))
end

--- The target of a relationship: class, aliased class or mapper. Names may be dotted paths; the last part counts.
function resolver.target(prop, given)
  local guard = 0
  while type(given) == "function" do
    given = given(prop.parent.class)
    guard = guard + 1
    if guard > 10 then exc.raise("ArgumentError", "relationship '%s': the target's function gives functions",
      tostring(prop)) end
  end
  if type(given) ~= "string" then return given end
  local registry = prop.parent.registry
  local cls = registry:find(given)
  if cls then return cls end
  local last = given:match("%.([%w_]+)$")
  if last and registry:find(last) then return registry:find(last) end
  return resolver.evaluate(prop, given, true)
end

--- The secondary table: a table, its name, or a function.
function resolver.secondary(prop, given)
  if type(given) == "function" then given = given() end
  if given == nil then return nil end
  if type(given) == "string" then
    local registry = prop.parent.registry
    local metadata = registry.metadata
    local found = find_table(metadata, given)
    if not found and core.node_tag(prop.parent.local_table) == tags.TABLE then
      found = find_table(core.node_get(prop.parent.local_table, "metadata"), given)
    end
    given = found or resolver.evaluate(prop, given)
  end
  local tag = core.node_tag(given)
  if tag ~= tags.TABLE and tag ~= tags.ALIAS and tag ~= tags.JOIN then
    exc.raise("ArgumentError", "secondary argument %s passed to to relationship() %s must be a Table object or " ..
      "other FROM clause; can't send a mapped class directly as rows in 'secondary' are persisted independently of " ..
      "a class that is mapped to that same table.", tostring(given), tostring(prop))
  end
  return given
end

local function shown(value)
  return type(value) == "string" and "'" .. value .. "'" or tostring(value)
end

-- A column or an expression; classes and tables are none.
local function to_node(value, what)
  local node = coerce.element(value)
  local tag = node and core.node_tag(node)
  if node == nil or tag == tags.ORM_ENTITY or coerce.IS_FROM[tag] then
    exc.raise("ArgumentError", "Column expression expected for argument '%s'; got %s.", what,
      shown(classes.of(value) or value))
  end
  return node
end

--- A condition: nil, node, text or function.
function resolver.expression(prop, given, what)
  if type(given) == "function" then given = given() end
  if given == nil then return nil end
  if type(given) == "string" then given = resolver.evaluate(prop, given) end
  return to_node(given, what)
end

--- A list of columns or expressions: one of them, a list, a text, or a function.
function resolver.expression_list(prop, given, what)
  if type(given) == "function" then given = given() end
  if given == nil or given == false then return nil end
  if type(given) == "string" then given = resolver.evaluate(prop, given) end
  if coerce.element(given) ~= nil or type(given) ~= "table" then return { to_node(given, what) } end
  local list = {}
  for i, item in ipairs(given) do
    if type(item) == "function" then item = item() end
    if type(item) == "string" then item = resolver.evaluate(prop, item) end
    list[i] = to_node(item, what)
  end
  return list
end

return resolver
