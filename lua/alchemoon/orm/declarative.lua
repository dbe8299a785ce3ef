--- Declarative: from the body of `Base:model(name, body)` to a Table and a Mapper.
--
-- The body and every unmapped base or mixin are gathered (body.lua), columns are sorted, the table is made, then the
-- mapper. Class attributes that are assigned later come in through `declarative.add`.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local body_scan = require "alchemoon.orm.body"
local classes = require "alchemoon.orm.classes"
local instance = require "alchemoon.orm.instance"
local deferred_mapping = require "alchemoon.orm.ext.deferred_mapping"
local mapper = require "alchemoon.orm.mapper"
local properties = require "alchemoon.orm.properties"
local registry = require "alchemoon.orm.registry"
local usage = require "alchemoon.usage"

local declarative = {}
local tags = core.tags
local unpack = table.unpack or unpack -- luacheck: ignore 113

local function schema() return require "alchemoon.schema" end

-- --- tables --------------------------------------------------------------------------------------------

-- Splits __table_args__ into positional items and options.
local function table_args(given)
  if given == nil then return {}, nil end
  if type(given) ~= "table" or core.node_tag(given) then
    exc.raise("ArgumentError", "__table_args__ value must be a list, a table of options, or nil; got %s", type(given))
  end
  local items, opts = {}, nil
  for i, value in ipairs(given) do
    if options.is_options(value) and i == #given then opts = value else items[#items + 1] = value end
  end
  for key, value in pairs(given) do
    if type(key) == "string" then
      local merged = {}
      for k, v in pairs(opts or {}) do merged[k] = v end
      merged[key] = value
      opts = merged
    end
  end
  return items, opts
end

-- `autoload_with`: what __autoload_with__ of the class or of a base says, from which the table is reflected.
local function make_table(metadata, name, columns, args, autoload_with)
  local items, opts = table_args(args)
  if autoload_with ~= nil then
    local merged = { autoload_with = autoload_with }
    for key, value in pairs(opts or {}) do merged[key] = value end
    opts = merged
  end
  local list = {}
  for i, column in ipairs(columns) do list[i] = column end
  for _, value in ipairs(items) do list[#list + 1] = value end
  list[#list + 1] = opts
  return schema().Table(name, metadata, unpack(list))
end

-- Single table inheritance: columns of the subclass join the base's table.
local function add_to_base_table(scan, parent)
  local into = parent.local_table
  if scan.columns[1] and core.node_tag(into) ~= tags.TABLE then
    exc.raise("ArgumentError", "Can't declare columns on single-table-inherited subclass %s; superclass %s is not " ..
      "mapped to a Table", tostring(scan.class), tostring(parent.class))
  end
  if scan.table_args ~= nil and not scan.table_args_inherited then
    exc.raise("ArgumentError", "Can't place __table_args__ on an inherited class with no table.")
  end
  for _, column in ipairs(scan.columns) do
    local known = core.column_find(into, column.key)
    if column.primary_key and not (known and column.orm_options and column.orm_options.use_existing_column) then
      exc.raise("ArgumentError", "Can't place primary key columns on an inherited class with no table.")
    end
    if known == column then known = nil
    elseif known then
      local orm = column.orm_options
      if not (orm and orm.use_existing_column) then
        exc.raise("ArgumentError", "%s", ("Column '%s' on class %s conflicts with existing column '%s'.  If using " ..
          "Declarative, consider using the use_existing_column parameter of mapped_column() to resolve conflicts.")
          :format(column.name, tostring(rawget(scan.class, "__name")), tostring(known)))
      end
      scan:exchange(column, known)
    end
    if not known then into:append_column(column) end
  end
end

local function check_table_columns(scan, given)
  for _, column in ipairs(scan.columns) do
    if core.node_get(column, "table") ~= given then
      exc.raise("ArgumentError", "Can't add additional column '%s' when specifying __table__", tostring(column.key))
    end
  end
end

-- A class has a table of its own, shares that of its parent, or has no place where its columns could be.
local function find_table(scan, parent)
  if scan.has_table then return scan.from end -- a class that was declared first and is mapped now
  local cls = scan.class
  if scan.table_ then
    local given = scan.table_
    if core.node_tag(given) == tags.TABLE then check_table_columns(scan, given) end
    return given
  end
  if scan.tablename then
    return make_table(scan.metadata, scan.tablename, scan.columns, scan.table_args,
      instance.lookup(cls, "__autoload_with__"))
  end
  if parent then
    if not scan.concrete then add_to_base_table(scan, parent) end
    return nil
  end
  return exc.raise("InvalidRequestError", "Class %s does not have a __table__ or __tablename__ specified and does " ..
    "not inherit from an existing table-mapped class.%s", tostring(cls), body_scan.misspelt_special(cls))
end

-- --- mapper arguments ---------------------------------------------------------------------------------------

-- Columns in mapper arguments that were copied from a mixin are exchanged for their copies; functions are called.
local function mapper_args(scan)
  local given = scan.mapper_args or {}
  if type(given) == "function" then given = given(scan.class) end
  options.check("__mapper_args__ of " .. rawget(scan.class, "__name"), given, mapper.ARGS)
  local args = {}
  local function exchange(value)
    if type(value) == "table" and not properties.is(value) and getmetatable(value) == nil then
      local list = {}
      for key, entry in pairs(value) do list[key] = exchange(entry) end
      return list
    end
    return scan.copies[value] or value
  end
  for key, value in pairs(given) do
    if key == "polymorphic_on" or key == "version_id_col" or key == "primary_key" then args[key] = exchange(value)
    else args[key] = value end
  end
  return args
end

-- --- mapping one class --------------------------------------------------------------------------------------

local function mapped_parent(cls)
  for _, base in ipairs(rawget(cls, "__mro__")) do
    if classes.is(base) and rawget(base, "__mapper__") then return rawget(base, "__mapper__") end
  end
  return nil
end

local function registry_of(cls)
  local found = instance.lookup(cls, "registry")
  if getmetatable(found) ~= registry.Registry then
    exc.raise("InvalidRequestError", "%s", ("Class %s has no registry: it must come from am.declarative_base()")
      :format(tostring(cls)))
  end
  return found
end

-- The mapper that __mapper_args__.inherits names: of the classes that it extends, if it extends mapped ones.
local function inherits_of(cls, given, parent)
  local m = rawget(given, "__mapper__") or given
  if parent and not parent:isa(m) then
    exc.raise("InvalidRequestError", "mapper inherits argument given for non-inheriting class %s: %s extends %s; leave "
      .. "'inherits' out or name that class", tostring(m), rawget(cls, "__name"), tostring(parent))
  end
  return m
end

-- The last step of a declaration: the mapper comes when the table is there.
local function map_scan(scan, reg, parent)
  local cls = scan.class
  local args = mapper_args(scan)
  scan.concrete = args.concrete
  for _, prop in pairs(args.properties or {}) do
    if not properties.is(prop) and not properties.of_columns(prop) then
      exc.raise("ArgumentError", "__mapper_args__.properties of %s: a value of type %s is no property",
        rawget(cls, "__name"), type(prop))
    end
  end
  local from = find_table(scan, parent)
  if args.inherits then parent = inherits_of(cls, args.inherits, parent) end
  rawset(cls, "__table__", from or parent and parent.local_table)
  local m = mapper.new {
    class = cls, class_name = rawget(cls, "__name"), registry = reg, local_table = from, args = args, inherits = parent,
    declared = scan:declared_list(args.properties), validators = scan.validators, reconstructors = scan.reconstructors,
    descriptors = scan.descriptors, written = scan:names(),
  }
  reg:add_mapper(m)
  return m
end

-- A class under a deferring base: its table is made, the mapper comes later.
local function hold(cls, scan, reg, parent)
  scan.concrete = type(scan.mapper_args) == "table" and scan.mapper_args.concrete
  scan.from, scan.has_table = find_table(scan, parent), true
  reg:add_class(rawget(cls, "__name"), cls)
  return deferred_mapping.hold(cls, reg, scan, scan.from, function() map_scan(scan, reg, mapped_parent(cls)) end)
end

--- Maps a class whose raw keys and mixins stand already. Returns the class.
local function map_class(cls, body)
  local reg = registry_of(cls)
  local parent = mapped_parent(cls)
  local deferred = deferred_mapping.wanted(cls)
  if deferred then parent = parent or deferred_mapping.parent(cls) end
  if require("alchemoon.orm.concrete").defer(cls, body) then
    rawset(cls, "__declared", body)
    return cls
  end
  local scan = body_scan.scan(cls, body, parent)
  if scan.abstract then return cls end
  scan.metadata = instance.lookup(cls, "metadata") or reg.metadata
  if deferred then return hold(cls, scan, reg, parent) end
  reg:add_class(rawget(cls, "__name"), cls)
  local ok, err = pcall(map_scan, scan, reg, parent)
  if not ok then
    if reg.class_registry[rawget(cls, "__name")] == cls then reg.class_registry[rawget(cls, "__name")] = nil end
    error(err, 0)
  end
  return cls
end

--- Base:model(name, body) → class.
---@param base table
---@param name string
---@param body table
---@return table
function declarative.model(base, name, body)
  if not classes.is(base) then exc.raise("ArgumentError", "model: call it as Base:model(name, body)") end
  if type(name) ~= "string" or name == "" then
    exc.raise("ArgumentError", "model: the class's name must be a string, got %s", type(name))
  end
  if type(body) ~= "table" or getmetatable(body) ~= nil then
    exc.raise("ArgumentError", "model('%s'): the body must be a table, got %s", name, type(body))
  end
  local parent = body.__extends__ or base
  if not classes.is(parent) then
    exc.raise("ArgumentError", "model('%s'): __extends__ must be a class made by model(), got %s", name,
      type(body.__extends__))
  end
  local mixins = body.__mixins__
  if mixins ~= nil and (type(mixins) ~= "table" or getmetatable(mixins) ~= nil) then
    exc.raise("ArgumentError", "model('%s'): __mixins__ must be a list of tables", name)
  end
  local cls = classes.new(name, parent, mixins)
  body_scan.take_plain(cls, body)
  return map_class(cls, body)
end
classes.model = declarative.model

--- registry:map_declaratively(body): the body has `__name__`.
function declarative.map_class(reg, body)
  if classes.is(body) then
    exc.raise("ArgumentError", "map_declaratively: a body with __name__ is needed, '%s' is a class already",
      rawget(body, "__name"))
  end
  local name = body.__name__ or body.__name
  if type(name) ~= "string" then exc.raise("ArgumentError", "map_declaratively: the body needs its __name__") end
  local copy = {}
  for key, value in pairs(body) do
    if key ~= "__name__" and key ~= "__name" then copy[key] = value end
  end
  return declarative.model(reg:generate_base {}, name, copy).__mapper__
end

-- --- later assignments ----------------------------------------------------------------------------------------

local function add_column(cls, m, key, column)
  if core.node_tag(rawget(cls, "__table__")) ~= tags.TABLE then
    exc.raise("InvalidRequestError", "Cannot add a new attribute to mapped class '%s' because it's not mapped " ..
      "against a table.", rawget(cls, "__name"))
  end
  if core.node_get(column, "name") == nil then column.name = key end
  if core.node_get(column, "table") == nil then rawget(cls, "__table__"):append_column(column) end
  m:_configure_property(key, properties.column({ column }))
end

-- A descriptor that a base without mapper is given late is for all its classes, those to come included.
local function add_to_base(cls, key, value)
  local declared = rawget(cls, "__declared") or {}
  declared[key] = value
  rawset(cls, "__declared", declared)
  for _, sub in ipairs(rawget(cls, "__subclasses")) do
    local m = rawget(sub, "__mapper__")
    if m then mapper.inherit_descriptor(m, key, value) else add_to_base(sub, key, value) end
  end
end

--- `Class.key = value` for a mapped class, or one whose body is being read: true if the value was a declared thing.
function declarative.add(cls, key, value)
  if type(key) ~= "string" or type(value) ~= "table" and type(value) ~= "userdata" then return false end
  local m, held, scan = rawget(cls, "__mapper__"), deferred_mapping.of(cls), rawget(cls, "__scan")
  if scan and body_scan.is_declared(value) then -- a declared_attr adds to its class
    scan:put(key, value)
    return true
  end
  if held and body_scan.is_declared(value) then
    held:assign(key, value)
    return true
  end
  if body_scan.is_column(value) then
    if not m then return false end
    add_column(cls, m, key, value)
  elseif properties.is(value) then
    if not m then return false end
    value.late = true
    if value.kind == "column" then
      for _, column in ipairs(value.columns) do
        if body_scan.is_column(column) and core.node_get(column, "table") == nil then
          if core.node_get(column, "name") == nil then column.name = key end
          rawget(cls, "__table__"):append_column(column)
        end
      end
    end
    m:_configure_property(key, value)
  elseif properties.is_descriptor(value) then
    if not m then
      add_to_base(cls, key, value)
      return false
    end
    m.own_descriptors[key] = value
    mapper.attach_descriptor(m, key, value)
  elseif properties.is_validates(value) then
    if not m then return false end
    for _, name in ipairs(value.names) do
      m.validators[name] = value
      mapper.attributes_changed(m, name)
    end
  elseif properties.is_declared_attr(value) then
    if not m then return false end
    return declarative.add(cls, key, value.fn(cls))
  else
    return false
  end
  classes.forget(cls, key)
  return true
end
classes.add_declared = declarative.add

-- --- bases -----------------------------------------------------------------------------------------------------

--- am.declarative_base{ metadata, naming_convention, cls, name, default_lazy, type_annotation_map, ... }
---@param opts table?
---@return table
function declarative.declarative_base(opts)
  opts = options.read("declarative_base", opts, { metadata = true, naming_convention = true, cls = true, name = "Base",
    default_lazy = true, type_annotation_map = true, class_registry = true, constructor = true, metaclass = true,
    mapper = true, bind = true })
  local reg = registry.new { metadata = opts.metadata, naming_convention = opts.naming_convention,
    default_lazy = opts.default_lazy, type_annotation_map = opts.type_annotation_map,
    class_registry = opts.class_registry, constructor = opts.constructor }
  return reg:generate_base { cls = opts.cls, name = opts.name }
end

--- am.as_declarative{ metadata = … }(methods): a base whose classes have these methods; declarative_base{ cls = … }
-- in the order of Python's decorator.
---@param opts table?   those of declarative_base
---@return fun(cls:table):table
function declarative.as_declarative(opts)
  return function(cls)
    local all = { name = type(cls) == "table" and cls.__name__ or nil }
    for key, value in pairs(opts or {}) do all[key] = value end
    all.cls = cls
    return declarative.declarative_base(all)
  end
end

--- A mixin as it is: what is mixed in needs no mark.
---@param mixin table
---@return table
function declarative.declarative_mixin(mixin) return mixin end

--- am.add_mapped_attribute(Class, "key", attribute): Class.key = attribute.
---@param target table
---@param key string
---@param attribute any
function declarative.add_mapped_attribute(target, key, attribute)
  if not classes.of(target) then
    exc.raise("ArgumentError", "add_mapped_attribute: a mapped class is needed, got %s", type(target))
  end
  target[key] = attribute
end

--- Does the class inherit from another mapped class?
---@param cls table
---@return boolean
function declarative.has_inherited_table(cls)
  usage.check_arguments("has_inherited_table", "table", cls)
  for _, base in ipairs(rawget(cls, "__mro__") or {}) do
    if rawget(base, "__table__") ~= nil then return true end
  end
  return false
end

return declarative
