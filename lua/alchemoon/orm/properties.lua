--- What a class body may declare beside columns: column_property, deferred, synonym, composite, declared_attr,
-- validates, reconstructor. Each call makes a small object with a creation number; the mapper takes it over.
--
-- All kinds of property (also RelationshipProperty) share: kind, key, slot, parent (mapper), info, doc.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local item = require "alchemoon.schema.item"
local inspection_flags = require "alchemoon.orm.inspection_flags"
local symbols = require "alchemoon.orm.symbols"

local properties = {}
local unpack = table.unpack or unpack -- luacheck: ignore 113

--- A number that grows with every declared thing; columns share the counter.
properties.next_number = item.next_number

local Property = {}
inspection_flags.set(Property, "is_property")
Property.__index = Property

--- The class of all properties, for `is` tests.
properties.Property = Property

function Property:__tostring()
  if self.parent then return self.parent.class_name .. "." .. tostring(self.key) end
  return self.kind
end

--- A class of properties.
function properties.class(kind, methods)
  local cls = methods or {}
  cls.kind = kind
  inspection_flags.set(cls, "is_property")
  cls.__tostring = Property.__tostring
  cls.__index = function(self, key)
    local value = cls[key]
    if value ~= nil then return value end
    if key == "expression" then return rawget(self, "columns") and self.columns[1] end
    if key == "class_attribute" then return rawget(self, "parent").class[self.key] end
    if key == "info" then -- made when it is asked for
      local info = {}
      rawset(self, "info", info)
      return info
    end
    if key == "doc" and self.kind == "column" then return self.columns[1].doc end
    return nil
  end
  return cls
end

--- Is the value something that declarative takes for a property?
function properties.is(value)
  local mt = type(value) == "table" and getmetatable(value)
  return type(mt) == "table" and rawget(mt, "is_property") == true
end

-- --- columns ------------------------------------------------------------------------------------------

local ColumnProperty = properties.class("column")
properties.ColumnProperty = ColumnProperty

local COLUMN_OPTIONS = { group = true, deferred = true, raiseload = true, active_history = true,
  comparator_factory = true,
  info = true, doc = true, expire_on_flush = options.TRUE, key = true, insert_default = true, default = true,
  init = true, sort_order = true, default_factory = true, repr = true, kw_only = true, compare = true }
local QUERY_EXPRESSION = { default_expr = true }
for name, default in pairs(COLUMN_OPTIONS) do QUERY_EXPRESSION[name] = default end

--- Is a column with these options loaded on access only? A group or deferred_raiseload alone says so, too, unless
-- `deferred` denies it.
---@param orm table   orm_options of a Column
---@return boolean
function properties.is_deferred(orm)
  if orm.deferred == nil then return orm.deferred_group ~= nil or orm.deferred_raiseload == true end
  return orm.deferred and true or false
end

--- Raises unless a comparator_factory is what attributes look their methods up in: a table, or nil.
---@param place string   the call as the user wrote it
---@param factory any
function properties.check_factory(place, factory)
  if factory == nil or type(factory) == "table" then return end
  exc.raise("ArgumentError", "%s: comparator_factory is a table of methods, { eq = function(expr, other) … end }, "
    .. "got %s", place, type(factory))
end

--- A ColumnProperty over one column or expression, or over several columns that are kept equal (nearest table first).
function properties.column(list, opts)
  if opts then properties.check_factory("column_property", opts.comparator_factory) end
  local prop = setmetatable({
    columns = list, column = list[1], number = properties.next_number(), strategy_options = {},
  }, ColumnProperty)
  for key, value in pairs(opts or {}) do prop[key] = value end
  prop.deferred = prop.deferred or false
  prop.active_history, prop.raiseload = prop.active_history or false, prop.raiseload or false
  if prop.expire_on_flush == nil then prop.expire_on_flush = true end
  return prop
end

--- What stands in a `properties` table for columns: a column, or a list of columns kept equal; else nil. The mapper
-- checks that they are its own (`bare`).
function properties.of_columns(value)
  if core.node_tag(value) then return properties.column({ value }, { bare = true }) end
  if type(value) ~= "table" or getmetatable(value) ~= nil or #value == 0 then return nil end
  for _, column in ipairs(value) do
    if not core.node_tag(column) then return nil end
  end
  return properties.column({ unpack(value) }, { bare = true })
end

function ColumnProperty:copy()
  local fresh = setmetatable({}, ColumnProperty)
  for key, value in pairs(self) do fresh[key] = value end
  local list = {}
  for i, column in ipairs(self.columns) do list[i] = column end
  fresh.columns = list
  fresh.descriptor = nil
  return fresh
end

--- Is it a plain table column (and not an SQL expression)?
function ColumnProperty:is_table_column()
  local column = self.columns[1]
  return core.node_tag(column) == core.tags.COLUMN and core.node_get(column, "table") ~= nil
end

local function to_expression(value)
  if core.node_tag(value) then return value end
  return require("alchemoon.sql.coerce").expr(value)
end

-- An expression gets a name that is made up, so that ORDER BY can say it.
local function to_labelled(value)
  local node = to_expression(value)
  local tag = core.node_tag(node)
  if tag == core.tags.COLUMN or tag == core.tags.LABEL or tag == core.tags.ORM_ATTR then return node end
  return node:label()
end

--- am.column_property(expression, ..., { deferred, group, active_history, ... })
---@param ... any
---@return any
function properties.column_property(...)
  local args, opts = options.split_after(1, ...)
  opts = options.read("column_property", opts, COLUMN_OPTIONS)
  local list = {}
  for i = 1, args.n do list[i] = to_labelled(args[i]) end
  return properties.column(list, opts)
end

--- am.deferred(column, ..., { group, raiseload })
---@param ... any
---@return any
function properties.deferred(...)
  local args, opts = options.split_after(1, ...)
  opts = options.read("deferred", opts, COLUMN_OPTIONS)
  opts.deferred = true
  local list = {}
  for i = 1, args.n do list[i] = to_labelled(args[i]) end
  return properties.column(list, opts)
end

--- am.query_expression(default), am.query_expression{ default_expr = … }: an attribute that am.with_expression fills.
---@param default any
---@param opts table?
---@return any
function properties.query_expression(default, opts)
  if opts == nil and options.is_options(default) then default, opts = nil, default end
  opts = options.read("query_expression", opts, QUERY_EXPRESSION)
  if default == nil then default = opts.default_expr end
  opts.query_expression, opts.default_expr = true, nil
  if default == nil then default = core.node(core.tags.NULL, {}) end
  opts.has_default_expression = core.node_tag(default) ~= core.tags.NULL
  local prop = properties.column({ opts.has_default_expression and to_labelled(default) or default }, opts)
  prop.deferred = nil -- neither deferred nor undeferred, unless an option says so
  return prop
end

-- --- synonyms ------------------------------------------------------------------------------------------

local SynonymProperty = properties.class("synonym")
properties.SynonymProperty = SynonymProperty

--- am.synonym("name", { map_column, descriptor, comparator_factory, info })
---@param name string
---@param opts table?
---@return any
function properties.synonym(name, opts)
  opts = options.read("synonym", opts, { map_column = true, descriptor = true, comparator_factory = true, info = true,
    doc = true })
  if type(name) ~= "string" then exc.raise("ArgumentError", "synonym: the attribute's name is needed, got %s",
    type(name)) end
  properties.check_factory("synonym", opts.comparator_factory)
  local prop = setmetatable({ name = name, number = properties.next_number() }, SynonymProperty)
  prop.map_column, prop.user_descriptor, prop.comparator_factory = opts.map_column, opts.descriptor,
    opts.comparator_factory
  prop.info, prop.doc = opts.info, opts.doc
  return prop
end

--- am.synonym_for("name", function(self) … end, { map_column }): a synonym that instances read through the function.
---@param name string
---@param get fun(self:table):any
---@param opts table?
---@return any
function properties.synonym_for(name, get, opts)
  opts = options.read("synonym_for", opts, { map_column = true })
  if type(get) ~= "function" then
    exc.raise("ArgumentError", "synonym_for: a function(self) is needed, got %s", type(get))
  end
  return properties.synonym(name, { map_column = opts.map_column, descriptor = { get = get } })
end

-- --- composites ------------------------------------------------------------------------------------------

local CompositeProperty = properties.class("composite")
properties.CompositeProperty = CompositeProperty

--- am.composite(make, "a", "b" or Columns ..., { active_history, deferred, group, comparator_factory, info })
---@param make table|function   the class, or what makes a value of the columns'
---@param ... any
---@return any
function properties.composite(make, ...)
  local args, opts = options.split(...)
  opts = options.read("composite", opts, { active_history = true, deferred = true, group = true, raiseload = true,
    comparator_factory = true, info = true, doc = true })
  local mt = type(make) == "table" and getmetatable(make)
  if type(make) ~= "function" and not (type(mt) == "table" and mt.__call) then
    exc.raise("ArgumentError", "composite: the first argument must be callable (a function, or a table with " ..
      "__call), got %s",
      type(make))
  end
  properties.check_factory("composite", opts.comparator_factory)
  local attrs = {}
  for i = 1, args.n do attrs[i] = args[i] end
  local prop = setmetatable({ make = make, attrs = attrs, number = properties.next_number() }, CompositeProperty)
  for key, value in pairs(opts) do prop[key] = value end
  return prop
end

-- --- marks: things that declarative reads and that are no properties --------------------------------------

local DeclaredAttr = { __name = "declared_attr" }
DeclaredAttr.__index = DeclaredAttr

local function declared(fn, cascading)
  if type(fn) ~= "function" then exc.raise("ArgumentError", "declared_attr: a function(cls) is needed, got %s",
    type(fn)) end
  return setmetatable({ fn = fn, cascading = cascading, number = properties.next_number() }, DeclaredAttr)
end

local DeclaredAttrClass = {}
--- am.declared_attr(function(cls) … end); `.cascading` for every subclass anew, `.directive` for __x__ names.
---@param fn fun(cls:table):any
---@return any
function DeclaredAttrClass.__call(_, fn) return declared(fn, false) end

properties.declared_attr = setmetatable({
  cascading = function(fn) return declared(fn, true) end,
  directive = function(fn) return declared(fn, false) end,
}, DeclaredAttrClass)

function properties.is_declared_attr(value) return getmetatable(value) == DeclaredAttr end

local Validates = { __name = "validates" }
Validates.__index = Validates

--- am.validates("a", "b", function(self, key, value) … end, { include_removes, include_backrefs })
---@param ... any
---@return any
function properties.validates(...)
  local args, opts = options.split(...)
  opts = options.read("validates", opts, { include_removes = false, include_backrefs = options.TRUE })
  local fn, names = nil, {}
  for i = 1, args.n do
    if type(args[i]) == "string" then names[#names + 1] = args[i]
    elseif type(args[i]) == "function" and not fn then fn = args[i]
    else exc.raise("ArgumentError", "validates: argument #%d must be the name of an attribute or the function, got " ..
      "%s", i,
      type(args[i])) end
  end
  if not fn then exc.raise("ArgumentError", "validates: the function(self, key, value) is missing") end
  if #names == 0 then exc.raise("ArgumentError", "validates: no attribute was named") end
  return setmetatable({ names = names, fn = fn, include_removes = opts.include_removes,
    include_backrefs = opts.include_backrefs, number = properties.next_number() }, Validates)
end

function properties.is_validates(value) return getmetatable(value) == Validates end
Validates.__call = function(self, ...) return self.fn(...) end

local Reconstructor = { __name = "reconstructor" }
Reconstructor.__index = Reconstructor
Reconstructor.__call = function(self, ...) return self.fn(...) end

--- am.reconstructor(function(self) … end): called for every object that is loaded from the database.
---@param fn fun(self:table)
---@return any
function properties.reconstructor(fn)
  if type(fn) ~= "function" then exc.raise("ArgumentError", "reconstructor: a function(self) is needed, got %s",
    type(fn)) end
  return setmetatable({ fn = fn }, Reconstructor)
end

function properties.is_reconstructor(value) return getmetatable(value) == Reconstructor end

--- A thing that answers for a name on classes and instances by itself (hybrids, association proxies): a table whose
-- metatable has is_descriptor. It offers get(obj), set(obj, value), class_get(entity, key).
function properties.is_descriptor(value)
  local mt = type(value) == "table" and getmetatable(value)
  return type(mt) == "table" and rawget(mt, "is_descriptor") == true
end

properties.symbols = symbols

return properties
