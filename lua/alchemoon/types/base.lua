--- SQL types as nodes: how type classes are declared and called, and what a type node answers.
--
-- A type class (`am.Integer`) is a callable table; calling it gives a TYPE node. A bare class stands for the type
-- without arguments wherever a type is expected; that node is made once. All kinds stand in csrc/sql/types.def.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local NULL = require "alchemoon.null"
local options = require "alchemoon.options"
local class = require "alchemoon.sql.class"

local node_get, TYPE = core.node_get, core.tags.TYPE

local base = {}

--- Bits of a TYPE node's options; csrc/sql/enums.def.
local E = core.enums
local BITS = {
  timezone = E.TYPE_TIMEZONE, no_native = E.TYPE_NO_NATIVE, not_decimal = E.TYPE_NOT_DECIMAL,
  as_decimal = E.TYPE_AS_DECIMAL, none_as_null = E.TYPE_NONE_AS_NULL, create_constraint = E.TYPE_CREATE_CONSTRAINT,
  validate_strings = E.TYPE_VALIDATE_STRINGS, varying = E.TYPE_VARYING, zero_indexes = E.TYPE_ZERO_INDEXES,
  no_create_type = E.TYPE_NO_CREATE_TYPE, evaluate_none = E.TYPE_SHOULD_EVALUATE_NONE,
  text_format = E.TYPE_TEXT_FORMAT, unsigned = E.TYPE_UNSIGNED, zerofill = E.TYPE_ZEROFILL, ascii = E.TYPE_ASCII,
  unicode = E.TYPE_UNICODE_ATTRIBUTE, binary = E.TYPE_BINARY_ATTRIBUTE, national = E.TYPE_NATIONAL,
  retrieve_as_bitwise = E.TYPE_RETRIEVE_AS_BITWISE, as_tuple = E.TYPE_AS_TUPLE,
  inherit_schema = E.TYPE_INHERIT_SCHEMA, no_uuid = E.TYPE_NO_UUID,
}
base.BITS = BITS

local kinds, kind_ids = {}, {}
for _, info in ipairs(core.type_kinds()) do
  kinds[info.id] = info
  kind_ids[info.key] = info.id
end
base.kinds, base.kind_ids = kinds, kind_ids

local function has_bit(value, bit) return value % (bit * 2) >= bit end
base.has_bit = has_bit

local function number_setter(field)
  return function(fields, value, name)
    if type(value) ~= "number" then
      exc.raise("ArgumentError", "%s must be a number, got %s", name, type(value))
    end
    fields[field] = value
  end
end
local function name_setter(field)
  return function(fields, value) fields[field] = value end
end
local function bit_setter(bit, inverted)
  return function(fields, value)
    if (not value) == (inverted or false) then fields.options = fields.options + BITS[bit] end
  end
end
local function extra_setter(fields, value, name)
  fields.extra = fields.extra or {}
  fields.extra[name] = value
end

--- What each constructor option does to the fields of the node.
local SETTERS = {
  length = number_setter "length", display_width = number_setter "length", dimensions = number_setter "length",
  precision = number_setter "precision", fsp = number_setter "scale", scale = number_setter "scale",
  second_precision = number_setter "precision", day_precision = number_setter "scale",
  collation = name_setter "collation", charset = name_setter "charset", fields = name_setter "name",
  name = function(fields, value)
    if type(value) == "table" and value[1] == nil then return extra_setter(fields, value, "name") end
    fields.name = value
    if type(value) == "table" then extra_setter(fields, value, "given_name") end -- am.conv(): for the CHECK
  end,
  schema = name_setter "schema",
  -- Weakly held: the metadata holds the type, to create it with its tables.
  metadata = function(fields, value)
    extra_setter(fields, setmetatable({ value }, { __mode = "v" }), "metadata")
    fields.schema = fields.schema or core.node_get(value, "schema")
  end,
  timezone = bit_setter "timezone", native_enum = bit_setter("no_native", true),
  native_uuid = bit_setter("no_native", true), native = bit_setter("no_native", true),
  none_as_null = bit_setter "none_as_null", create_constraint = bit_setter "create_constraint",
  validate_strings = bit_setter "validate_strings", varying = bit_setter "varying",
  zero_indexes = bit_setter "zero_indexes", create_type = bit_setter("no_create_type", true),
  unsigned = bit_setter "unsigned", zerofill = bit_setter "zerofill", ascii = bit_setter "ascii",
  unicode = bit_setter "unicode", binary = bit_setter "binary", national = bit_setter "national",
  retrieve_as_bitwise = bit_setter "retrieve_as_bitwise", as_tuple = bit_setter "as_tuple",
  inherit_schema = bit_setter "inherit_schema", as_uuid = bit_setter("no_uuid", true),
  asdecimal = function(fields, value, _, cls)
    local float = cls.float
    if value and float then fields.options = fields.options + BITS.as_decimal
    elseif not value and not float then fields.options = fields.options + BITS.not_decimal end
  end,
  item_type = function(fields, value) fields.item = base.coerce(value) end,
  astext_type = function(fields, value) fields.item = base.coerce(value) end,
}

local function words(list)
  local out = {}
  for i, text in ipairs(list) do
    if type(text) ~= "string" then
      exc.raise("ArgumentError", "an enumeration consists of strings; #%d is a %s", i, type(text))
    end
    out[i] = core.node(core.tags.WORD, { name = text })
  end
  return out
end
base.words = words

-- What SQLAlchemy calls a kind of type in the names of visitors: the lower-case ones are those that every database has.
local VISIT_NAMES = { NullType = "null", Interval = "type_decorator", UserDefinedType = "user_defined", JSON = "JSON",
  ARRAY = "ARRAY", ENUM = "enum", DateTime = "datetime", MatchType = "boolean", JSONIntIndexType = "json_int_index",
  JSONStrIndexType = "json_str_index", JSONPathType = "json_path" }
local function visit_name(kind)
  local name = kind.name
  if VISIT_NAMES[name] then return VISIT_NAMES[name] end
  name = name:gsub("^%a+%.", "")
  if name == name:upper() then return name end
  return (name:gsub("(%l)(%u)", "%1_%2"):lower())
end

local TypeClass = {}
-- A bare class stands for its type without arguments: am.JSON:with_variant(am.JSONB, "postgresql").
TypeClass.__index = function(self, key)
  if key == "__visit_name__" then
    local kind = rawget(self, "kind")
    return kind and visit_name(kinds[kind])
  end
  local method = base.OF_INSTANCES[key] and base.TypeEngine.methods[key]
  if not method then return nil end
  return function(cls, ...) return method(base.coerce(cls), ...) end
end
base.OF_INSTANCES = { compile = true, with_variant = true, evaluates_none = true, as_generic = true }
TypeClass.__tostring = function(cls) return "<type class " .. cls.name .. ">" end

--- A new TYPE node of class `cls` with these constructor arguments.
local function construct(cls, ...)
  local args, given = options.split(...)
  local opts = options.check(cls.name, given, cls.valid) or {}
  local fields = { kind = cls.kind, length = -1, precision = -1, scale = -1, options = cls.bits }
  if cls.variadic then
    cls.variadic(fields, args, opts)
  else
    if args.n > #cls.positional then
      exc.raise("ArgumentError", "%s takes %d argument(s), got %d", cls.name, #cls.positional, args.n)
    end
    for i, key in ipairs(cls.positional) do
      if args[i] ~= nil and args[i] ~= NULL then SETTERS[key](fields, args[i], key, cls) end
    end
  end
  for key, value in next, opts do (SETTERS[key] or extra_setter)(fields, value, key, cls) end
  if cls.finish then cls.finish(fields, opts, given) end
  if fields.extra then fields.extra.class = cls end
  local node = core.node(TYPE, fields)
  if opts.metadata then require("alchemoon.schema.metadata").add_type(opts.metadata, node) end
  return node
end
TypeClass.__call = construct
base.construct = construct

--- Declares a type class. spec: kind (key of types.def), positional (list of option names), options (more names),
-- variadic(fields, args, opts), finish(fields, opts, what was given with its am.null), bits (options that are always
-- set).
---@param name string
---@param spec table
---@return table
function base.define(name, spec)
  local cls = {
    name = name, kind = assert(kind_ids[spec.kind], spec.kind), positional = spec.positional or {},
    variadic = spec.variadic, finish = spec.finish, float = spec.float, valid = {},
    bits = spec.bits or 0,
  }
  for _, key in ipairs(cls.positional) do cls.valid[key] = true end
  for _, key in ipairs(spec.options or {}) do cls.valid[key] = true end
  return setmetatable(cls, TypeClass)
end

--- Is `value` a type class (made by define, TypeDecorator or UserDefinedType)?
function base.is_class(value) return type(value) == "table" and getmetatable(value) == TypeClass end

--- A class whose call is `fn(cls, ...)`: decorators and user-defined types.
function base.custom_class(cls)
  cls.valid = cls.valid or {}
  return setmetatable(cls, TypeClass)
end
--- A type with these arguments.
---@param ... any   as the type has them
---@return alchemoon.TypeEngine
TypeClass.__call = function(cls, ...) return (cls.construct or construct)(cls, ...) end

--- The TYPE node for a class, an instance, or nil (NullType). Anything else is an ArgumentError.
---@param value any
---@return userdata
function base.coerce(value)
  if core.node_tag(value) == TYPE then return value end
  if base.is_class(value) then
    local default = value.default
    if not default then
      default = value()
      value.default = default
    end
    return default
  end
  if value == nil then return base.NULLTYPE end
  return exc.raise("ArgumentError", "Expected an SQL type such as am.Integer or am.String(50), got %s", type(value))
end

--- Is `value` a type: a TYPE node or a type class?
function base.is_type(value) return core.node_tag(value) == TYPE or base.is_class(value) end

local function optional_number(field)
  return function(self)
    local n = node_get(self, field)
    if n >= 0 then return n end
    return nil
  end
end
local function bit_property(bit, inverted)
  return function(self) return has_bit(node_get(self, "options"), BITS[bit]) ~= (inverted or false) end
end
local field = class.field

--- The key of the kind in types.def, as "INTEGER".
function base.kind_key(node) return kinds[node_get(node, "kind")].key end
--- Is there no type, or one of which nothing is known (NullType)?
function base.is_unknown(node) return node == nil or base.kind_key(node) == "NULLTYPE" end
--- The affinity, as "STRING"; a decorator has that of what it decorates.
function base.affinity(node)
  local info = kinds[node_get(node, "kind")]
  while info.key == "DECORATOR" do
    node = node_get(node, "item")
    info = kinds[node_get(node, "kind")]
  end
  return info.affinity
end
--- The undecorated type.
function base.impl(node)
  while kinds[node_get(node, "kind")].key == "DECORATOR" do node = node_get(node, "item") end
  return node
end

---@class alchemoon.TypeEngine
local methods = {}
local properties = {
  kind = function(self) return base.kind_key(self) end,
  __visit_name__ = function(self) return visit_name(kinds[node_get(self, "kind")]) end,
  length = optional_number "length", precision = optional_number "precision", scale = optional_number "scale",
  display_width = optional_number "length", fsp = optional_number "scale", dimensions = optional_number "length",
  collation = field "collation", charset = field "charset", name = field "name", schema = field "schema",
  item_type = field "item",
  types = function(self) return base.kind_key(self) == "TUPLETYPE" and node_get(self, "values") or nil end,
  metadata = function(self)
    local extra = node_get(self, "extra")
    return extra and extra.metadata and extra.metadata[1]
  end,
  timezone = bit_property "timezone", native_enum = bit_property("no_native", true),
  native_uuid = bit_property("no_native", true), native = bit_property("no_native", true),
  none_as_null = bit_property "none_as_null", create_constraint = bit_property "create_constraint",
  validate_strings = bit_property "validate_strings", varying = bit_property "varying",
  zero_indexes = bit_property "zero_indexes", create_type = bit_property("no_create_type", true),
  unsigned = bit_property "unsigned", zerofill = bit_property "zerofill",
  should_evaluate_none = bit_property "evaluate_none", as_uuid = bit_property("no_uuid", true),
  inherit_schema = bit_property "inherit_schema",
  asdecimal = function(self)
    local bits = node_get(self, "options")
    local kind = kinds[node_get(self, "kind")]
    if has_bit(bits, BITS.as_decimal) then return true end
    if has_bit(bits, BITS.not_decimal) then return false end
    return kind.affinity == "NUMERIC" and (kind.key == "NUMERIC" or kind.key:find "NUMERIC" ~= nil
      or kind.key:find "DECIMAL" ~= nil)
  end,
  enums = function(self)
    local out = {}
    for i, word in ipairs(node_get(self, "values")) do out[i] = node_get(word, "name") end
    return out
  end,
  impl = function(self) return node_get(self, "item") end,
  -- what values are sorted by when rows are written in the order of their keys
  sort_key_function = function(self)
    local extra = node_get(self, "extra")
    local spec = type(extra) == "table" and (extra.class and extra.class.spec or extra)
    if spec and spec.sort_key_function then return spec.sort_key_function end
    local item = kinds[node_get(self, "kind")].key == "DECORATOR" and node_get(self, "item")
    return item and item.sort_key_function or nil
  end,
  extra = field "extra",
}
-- A decorator has the arguments of what it decorates.
for _, name in ipairs {
  "length", "precision", "scale", "collation", "charset", "item_type", "timezone", "native_enum", "none_as_null",
  "asdecimal", "enums", "dimensions", "as_uuid",
} do
  local own = properties[name]
  properties[name] = function(self) return own(base.impl(self)) end
end
properties.values = properties.enums

--- A type that is `other` on the dialects named: `String(50):with_variant(mysql.VARCHAR(50), "mysql", ...)`.
---@param other any
---@param ... string   names of dialects
---@return any
function methods.with_variant(self, other, ...)
  local variants = node_get(self, "variants")
  local names = { ... }
  if #names == 0 then exc.raise("ArgumentError", "At least one dialect name is required") end
  for _, name in ipairs(names) do
    for _, known in ipairs(variants) do
      if node_get(known, "dialect") == name then
        exc.raise("ArgumentError", "Dialect '%s' is already present in the mapping for this %s", name,
          tostring(self))
      end
    end
    local impl = base.coerce(other)
    if #node_get(impl, "variants") > 0 then
      exc.raise("ArgumentError",
        "can't pass a type that already has variants as a dialect-level type to with_variant()")
    end
    variants[#variants + 1] = core.node(core.tags.TYPE_VARIANT, { dialect = name, impl = impl })
  end
  return core.node_with(self, { variants = variants })
end

--- A copy for which nil is a value to be processed, not SQL NULL.
---@return any
function methods.evaluates_none(self)
  local bits = node_get(self, "options")
  if has_bit(bits, BITS.evaluate_none) then return self end
  return core.node_with(self, { options = bits + BITS.evaluate_none })
end

--- A copy with other constructor arguments.
---@param fields table?
---@return any
function methods.adapt(self, fields) return core.node_with(self, fields) end

--- A type with the same arguments.
---@return any
function methods.copy(self) return self end

-- What the type's own functions make of a parameter or a column; for a decorator that adds to what it decorates:
-- `bind_expression = function(value, type) return am.func.outer(type.impl:bind_expression(value)) end`.
for _, name in ipairs { "bind_expression", "column_expression" } do
  methods[name] = function(self, node)
    local extra = node_get(self, "extra")
    local spec = type(extra) == "table" and extra.class and extra.class.spec
    if spec and spec[name] then return spec[name](node, self) end
    local item = node_get(self, "item")
    if item and kinds[node_get(self, "kind")].key == "DECORATOR" then return item[name](item, node) end
    return node
  end
end

--- The name of a dialect, which may be given as an object: an engine's, am.postgresql, am.postgresql.dialect().
---@param dialect string|table|nil
---@return string?
function base.dialect_name(dialect)
  local name = dialect
  if type(dialect) == "table" then name = dialect.name end
  if type(name) == "string" or dialect == nil then return name end
  return exc.raise("ArgumentError", "compile: dialect must be a name or a dialect, got %s", type(dialect))
end

--- What compile{} takes.
base.COMPILE_OPTIONS = {
  dialect = true, paramstyle = true, literal_binds = true, render_postcompile = true, column_keys = true,
  schema_translate_map = true, render_schema_translate = true, for_executemany = true, compile_kwargs = true,
  inline = true, label_length = true, max_identifier_length = true,
}

--- The type's SQL spelling: `type:compile{ dialect = "mysql" }`, without a dialect that of tostring(). The other
-- options of compile{} do not touch it.
---@param opts {dialect: string|table|nil}?
---@return string
function methods.compile(self, opts)
  opts = options.check("compile", opts, base.COMPILE_OPTIONS) or {}
  return core.compile(self, { dialect = base.dialect_name(opts.dialect) or "string" }):text()
end

--- The type on one dialect: the variant made for it, if any.
---@param name string
---@return any
function methods.dialect_impl(self, name)
  for _, variant in ipairs(node_get(self, "variants")) do
    if node_get(variant, "dialect") == name then return node_get(variant, "impl") end
  end
  return self
end

base.TypeEngine = class.define("TypeEngine", {
  tags = { "TYPE" }, methods = methods, properties = properties,
  metamethods = { __tostring = function(self) return core.compile(self, { dialect = "string" }):text() end },
})
-- Attributes of a decorated or user-defined type's own class.
base.TypeEngine.fallback = function(node, key)
  local extra = node_get(node, "extra")
  if type(extra) == "table" then
    if extra[key] ~= nil then return extra[key] end
    if extra.class and extra.class.spec and extra.class.spec[key] ~= nil then return extra.class.spec[key] end
  end
  local item = node_get(node, "item")
  if item and kinds[node_get(node, "kind")].key == "DECORATOR" then return item[key] end
  return nil
end

base.NULLTYPE = core.node(TYPE, { kind = kind_ids.NULLTYPE, length = -1, precision = -1, scale = -1 })

return base
