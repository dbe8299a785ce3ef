--- Values across the type boundary, the part that is Lua: which decoder a type has, and encoders of JSON, arrays,
-- ranges, decorated and user-defined types. The rest is csrc/bind/codec.c.
local core = require "alchemoon.core"
local base = require "alchemoon.types.base"
local exc = require "alchemoon.exc"
local generic = require "alchemoon.types.generic"
local postgresql_text = require "alchemoon.types.postgresql_text"

local node_get = core.node_get
local decoders = core.decoders
local NULL = require "alchemoon.null"
local SQL_NULL = require("alchemoon.types.json").SQL_NULL

local codec = {}

-- --- JSON -------------------------------------------------------------------------------

local json = require("alchemoon.types.json")
local sorted_keys = require("alchemoon.keys").sorted

-- Engines may have JSON functions of their own (json_serializer, json_deserializer): Dialect.json = { serialize,
-- deserialize }. Decoders are made with them; encoders find theirs here while a statement of such an engine starts.
local serialize = json.encode

local function serialized(former, ok, ...)
  serialize = former -- a serializer may run statements itself
  if not ok then error((...), 0) end
  return ...
end

--- Calls fn(...), in which JSON is made by a serializer of the program's. fn must not yield.
---@param serializer fun(value:any):string
---@param fn function
---@return any ...
function codec.serializing(serializer, fn, ...)
  local former = serialize
  serialize = serializer
  return serialized(former, pcall(fn, ...))
end

-- --- decorated and user-defined types ------------------------------------------------------

local function hooks(node)
  local extra = node_get(node, "extra")
  local cls = type(extra) == "table" and extra.class
  return cls and cls.spec or {}, extra
end

local dialect_faces = {}
--- What hooks get as `dialect`: a table with the name (the engine's own when it has registered one).
function codec.dialect(name)
  local face = dialect_faces[name]
  if not face then
    face = { name = name, type_descriptor = function(_, sql_type) return base.coerce(sql_type) end }
    face.identifier_preparer = require("alchemoon.sql.preparer").new(face)
    dialect_faces[name] = face
  end
  return face
end

--- The type that a decorated type stands for on a dialect.
local function implementation(node, spec, dialect_name)
  if spec.load_dialect_impl then
    local impl = spec.load_dialect_impl(codec.dialect(dialect_name), node)
    if impl ~= nil then return base.coerce(impl) end
  end
  local item = node_get(node, "item")
  return item:dialect_impl(dialect_name)
end

local function to_nil(value)
  if value == NULL then return nil end
  return value
end

local encoders = {}

local recalled -- what the hooks made of the values of the statement that starts: hooks → value → { result }

-- A value after the hook for parameters of its type, as it was shown to listeners if it was.
local function processed(value, node, spec, extra, dialect_name)
  local known = recalled and recalled[extra or spec]
  local kept = known and known[value == nil and NULL or value]
  if kept then return kept[1] end
  if spec.process_bind_param then
    return spec.process_bind_param(to_nil(value), codec.dialect(dialect_name), node)
  elseif spec.bind_processor then
    local process = spec.bind_processor(extra, codec.dialect(dialect_name))
    if process then return process(to_nil(value)) end
  end
  return value
end

local function back_to(former, ...)
  recalled = former -- a hook may run statements itself
  return ...
end

--- pcall(fn, ...), in which hooks do not run again for values that codec.sent noted in `memo`.
function codec.recalling(memo, fn, ...)
  local former = recalled
  recalled = memo
  return back_to(former, pcall(fn, ...))
end

function encoders.DECORATOR(value, node, dialect_name)
  local spec, extra = hooks(node)
  local impl = implementation(node, spec, dialect_name)
  if spec.process_bind_param then value = processed(value, node, spec, extra, dialect_name) end
  return value, impl
end

function encoders.USERDEFINED(value, node, dialect_name)
  local spec, extra = hooks(node)
  return processed(value, node, spec, extra, dialect_name), base.NULLTYPE
end

function encoders.DOMAIN(value, node)
  return value, node_get(node, "item") or base.NULLTYPE
end

local function quote_element(text)
  if text == "" or text:find '[{},"\\]' or text:find "^%s" or text:find "%s$" or text:lower() == "null" then
    return '"' .. text:gsub('[\\"]', "\\%0") .. '"'
  end
  return text
end

local INTEGER, TEXT = base.coerce(generic.types.Integer), base.coerce(generic.types.Text)

-- Subscripts of JSON: PostgreSQL takes a key, a number or a text[]; the others take a path such as $."a"[0].
local function path_step(key)
  if type(key) == "number" then return ("[%d]"):format(key) end
  return '."' .. tostring(key) .. '"'
end

function encoders.INTINDEXTYPE(value, _, dialect_name)
  if dialect_name == "postgresql" then return value, INTEGER end
  return "$" .. path_step(value), "text"
end

function encoders.STRINDEXTYPE(value, _, dialect_name)
  if dialect_name == "postgresql" then return value, TEXT end
  return "$" .. path_step(value), "text"
end

function encoders.PATHTYPE(value, _, dialect_name)
  if type(value) ~= "table" then return value, TEXT end
  local parts = {}
  if dialect_name == "postgresql" then
    for i, key in ipairs(value) do parts[i] = quote_element(type(key) == "number" and ("%d"):format(key) or key) end
    return "{" .. table.concat(parts, ", ") .. "}", "exact"
  end
  for i, key in ipairs(value) do parts[i] = path_step(key) end
  return "$" .. table.concat(parts), "text"
end

local function encode_json(value, node)
  if value == nil or value == SQL_NULL then return nil end
  if value == NULL and base.has_bit(node_get(node, "options"), base.BITS.none_as_null) then return nil end
  return serialize(value), "exact"
end

-- --- arrays, ranges, hstore ------------------------------------------------------------------

local function is_nested(value)
  return type(value) == "table" and getmetatable(value) == nil
end

local MAX_DEPTH = 64 -- of lists, as in csrc/value/array.h

--- A Lua list as an array literal: {1,NULL,"a b"}.
local function array_text(list, item, dialect_name, item_is_list, depth)
  if depth > MAX_DEPTH then
    exc.raise("StatementError", "(alchemoon.exc.ArgumentError) the list nests deeper than %d levels; does it contain "
      .. "itself?", MAX_DEPTH)
  end
  local parts = {}
  local n = list.n or #list
  for i = 1, n do
    local value = list[i]
    if value == nil or value == NULL then parts[i] = "NULL"
    elseif is_nested(value) and not item_is_list then
      parts[i] = array_text(value, item, dialect_name, item_is_list, depth + 1)
    else
      local text, class = core.encode_text(value, item, dialect_name)
      if class == "blob" then
        text = "\\x" .. text:gsub(".", function(ch) return ("%02x"):format(ch:byte()) end)
      end
      parts[i] = class == "null" and "NULL" or quote_element(text)
    end
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

local LIST_ITEMS = { JSON = true, HSTORE = true, RANGE = true }

local function encode_array(value, node, dialect_name)
  if value == nil or value == NULL then return nil end
  if type(value) ~= "table" then
    exc.raise("StatementError", "(alchemoon.exc.ArgumentError) an ARRAY takes a list, got %s", type(value))
  end
  local item = node_get(node, "item")
  if dialect_name ~= "postgresql" then
    exc.raise("StatementError", "(alchemoon.exc.ArgumentError) ARRAY is not supported by %s", dialect_name)
  end
  return array_text(value, item, dialect_name, LIST_ITEMS[base.affinity(item)] or false, 1), "exact"
end

-- The first element of a list that tells its type.
local function first_of(list)
  for i = 1, list.n or #list do
    local value = list[i]
    if is_nested(value) then value = first_of(value) end
    if value ~= nil and value ~= NULL then return value end
  end
  return nil
end

--- A list for a parameter of unknown type (PostgreSQL): an array of what its elements are.
function encoders.NULLTYPE(value)
  if value[1] == nil and next(value) ~= nil then
    exc.raise("ProgrammingError", "a parameter of type table cannot be bound: give a list for an array, or say the "
      .. "type: am.bindparam(name, { type_ = am.JSON })")
  end
  local types = require "alchemoon.types" -- it stands above this file
  local item = types.of(first_of(value))
  if item == types.NULLTYPE then return array_text(value, types.TEXT, "postgresql", false, 1), "exact" end
  return value, types.public.ARRAY(item == types.STRING and types.TEXT or item)
end

local function range_text(value) -- of a range, or of a list of them
  local ranges = require "alchemoon.types.range_value"
  if type(value) ~= "table" then return tostring(value) end -- as PostgreSQL writes it
  if ranges.Range.is(value) then return ranges.Range.print(value) end
  local parts = {}
  for i, range in ipairs(value) do parts[i] = range_text(range) end
  return "{" .. table.concat(parts, ",") .. "}"
end

local function encode_range(value)
  if value == nil or value == NULL then return nil end
  return range_text(value), "exact"
end

local function hstore_quote(text) return '"' .. tostring(text):gsub('[\\"]', "\\%0") .. '"' end

local function encode_hstore(value)
  if value == nil or value == NULL then return nil end
  if type(value) ~= "table" then return tostring(value), "exact" end
  local parts = {}
  for i, key in ipairs(sorted_keys(value)) do
    local item = value[key]
    parts[i] = hstore_quote(key) .. "=>" .. (item == NULL and "NULL" or hstore_quote(item))
  end
  return table.concat(parts, ", "), "exact"
end

core.set_encoder(function(value, node, dialect_name)
  local own = encoders[node and base.kind_key(node) or "NULLTYPE"]
  if own then return own(value, node, dialect_name) end
  local affinity = base.affinity(node)
  if affinity == "JSON" then return encode_json(value, node) end
  if affinity == "ARRAY" then return encode_array(value, node, dialect_name) end
  if affinity == "RANGE" then return encode_range(value) end
  if affinity == "HSTORE" then return encode_hstore(value) end
  return exc.raise("StatementError", "no encoder for type %s", tostring(node))
end)

-- --- decoding ------------------------------------------------------------------------------------

local decoder_of = {}
local cache = setmetatable({}, { __mode = "k" })

local function json_decoder(deserialize)
  return function(text)
    if type(text) ~= "string" then return text end
    local value = deserialize(text)
    if value == NULL then return nil end
    return value
  end
end
local decode_json = json_decoder(json.decode)

--- One cell's text through a decoder of an element.
local function element_decoder(item, dialect_name, functions)
  local decoder = codec.decoder(item, dialect_name, functions)
  local affinity = base.affinity(item)
  return function(text)
    if decoder then return core.decode_text(text, decoder) end
    if affinity == "INTEGER" then return core.decode_integer(text) end
    if affinity == "NUMERIC" then return tonumber(text) end
    if affinity == "BINARY" and text:sub(1, 2) == "\\x" then
      return (text:sub(3):gsub("%x%x", function(hex) return string.char(tonumber(hex, 16)) end))
    end
    return text
  end
end

function decoder_of.DECORATOR(node, dialect_name, functions)
  local spec = hooks(node)
  local inner = codec.decoder(implementation(node, spec, dialect_name), dialect_name, functions)
  local process = spec.process_result_value
  if not process then return inner end
  local face = codec.dialect(dialect_name)
  local function outer(value) return process(value, face, node) end
  if inner == nil then return outer end
  if type(inner) == "function" then return function(value) return outer(inner(value)) end end
  if type(inner) == "table" then
    local first, second = inner[1], inner[2]
    return { first, function(value) return outer(second(value)) end }
  end
  return { inner, outer }
end

function decoder_of.USERDEFINED(node, dialect_name)
  local spec, extra = hooks(node)
  if spec.process_result_value then
    local face = codec.dialect(dialect_name)
    return function(value) return spec.process_result_value(value, face, node) end
  end
  return spec.result_processor and spec.result_processor(extra, codec.dialect(dialect_name)) or nil
end

function decoder_of.DOMAIN(node, dialect_name, functions)
  return codec.decoder(node_get(node, "item"), dialect_name, functions)
end

-- A value that is none of its strings is an error, as it is in SQLAlchemy, though the database had no objection.
function decoder_of.ENUM(node) return #node.enums > 0 and core.enum_decoder(node.enums) or nil end
decoder_of.PG_ENUM, decoder_of.MY_ENUM = decoder_of.ENUM, decoder_of.ENUM

local function numeric_decoder(node, dialect_name)
  local bits, key = node_get(node, "options"), base.kind_key(node)
  local exact = key == "NUMERIC" or key == "SQL_NUMERIC" or key == "SQL_DECIMAL"
  if key == "MONEY" then return nil end
  if exact and base.has_bit(bits, base.BITS.not_decimal) then return decoders.float end
  if not exact and not base.has_bit(bits, base.BITS.as_decimal) then return decoders.float end
  local scale = node_get(node, "scale")
  local extra = node_get(node, "extra")
  if type(extra) == "table" and extra.decimal_return_scale then scale = extra.decimal_return_scale end
  return core.decimal_decoder(scale >= 0 and scale or 10, dialect_name == "postgresql")
end

-- What the bounds of a range type are.
local RANGE_OF = {
  INT4 = "Integer", INT8 = "BigInteger", NUM = "Numeric", DATE = "Date", TS = "DateTime", TSTZ = "DateTime",
}

local by_affinity = {
  BOOLEAN = function() return decoders.boolean end,
  NUMERIC = numeric_decoder,
  DATE = function() return decoders.date end,
  TIME = function() return decoders.time end,
  DATETIME = function() return decoders.datetime end,
  INTERVAL = function(node, dialect_name)
    local no_native = base.kind_key(node) == "INTERVAL" and base.has_bit(node_get(node, "options"), base.BITS.no_native)
    return dialect_name == "postgresql" and not no_native and decoders.interval or decoders.epoch_interval
  end,
  UUID = function() return decoders.uuid end,
  JSON = function(node, _, functions)
    if base.has_bit(node_get(node, "options"), base.BITS.text_format) then return nil end
    return functions and functions.deserialize and json_decoder(functions.deserialize) or decode_json
  end,
  ARRAY = function(node, dialect_name, functions)
    local decode = element_decoder(node_get(node, "item"), dialect_name, functions)
    return function(text)
      if type(text) ~= "string" then return text end
      return postgresql_text.array(text, decode)
    end
  end,
  HSTORE = function() return postgresql_text.hstore end,
  RANGE = function(node, dialect_name)
    local key = base.kind_key(node)
    local element = RANGE_OF[(key:gsub("MULTI", ""):gsub("RANGE$", ""))]
    local decode = element_decoder(base.coerce(generic.types[element]), dialect_name)
    local ranges = require "alchemoon.types.range_value"
    local kind = key:find("MULTI", 1, true) and ranges.MultiRange or ranges.Range
    return function(text)
      if type(text) ~= "string" then return text end
      return kind.parse(text, decode)
    end
  end,
}

--- The decoder of a type on a dialect, as shapes and populate programs take it: a (light) userdata, a Lua function,
-- { userdata, function }, or nil for the plain value.
---@param node userdata?
---@param dialect_name string
---@param functions table|false|nil   the engine's own for JSON: Dialect.json
function codec.decoder(node, dialect_name, functions)
  if node == nil then return nil end
  local known = cache[node]
  if known and known[dialect_name] ~= nil and not functions then return known[dialect_name] or nil end
  local impl = node:dialect_impl(dialect_name)
  local make = decoder_of[base.kind_key(impl)] or by_affinity[base.affinity(impl)]
  local decoder = make and make(impl, dialect_name, functions) or nil
  if functions then return decoder end -- of one engine
  known = known or {}
  known[dialect_name] = decoder or false
  cache[node] = known
  return decoder
end

--- The same for an expression, whose type was guessed: PostgreSQL's EXTRACT is a numeric, which may be a
-- decimal.
---@param node userdata?
---@param dialect_name string
---@param functions table?
function codec.computed_decoder(node, dialect_name, functions)
  local decoder = codec.decoder(node, dialect_name, functions)
  if decoder == nil and node and dialect_name == "postgresql" and base.affinity(node) == "INTEGER" then
    return decoders.number
  end
  return decoder
end

-- --- columns that nobody typed ------------------------------------------------------------------------

-- What PostgreSQL says of a result column (type OIDs), as the type whose decoder fits.
local BY_OID = {
  [114] = "JSON", [3802] = "JSONB", [1082] = "Date", [1083] = "Time", [1266] = "Time", [1114] = "DateTime",
  [1184] = "DateTime", [1186] = "Interval", [2950] = "UUID", [1700] = "NUMERIC",
  [3904] = "INT4RANGE", [3926] = "INT8RANGE", [3906] = "NUMRANGE", [3912] = "DATERANGE", [3908] = "TSRANGE",
  [3910] = "TSTZRANGE",
}
local NUMERIC_OID = 1700 -- as Decimal, without a type that says how many digits
local ARRAY_BY_OID = {
  [1005] = "Integer", [1007] = "Integer", [1016] = "Integer", [1009] = "Text", [1015] = "Text", [1000] = "Boolean",
  [1021] = "Float", [1022] = "Float", [1231] = "NUMERIC", [1182] = "Date", [1115] = "DateTime", [1185] = "DateTime",
  [2951] = "UUID", [1183] = "Time", [1187] = "Interval",
}
local by_oid = {}

--- The decoder of a PostgreSQL result column by its type's OID; nil for plain values.
---@param oid integer
---@param functions table|false|nil   the engine's own for JSON: Dialect.json
function codec.by_oid(oid, functions)
  local known = by_oid[oid]
  if functions and (BY_OID[oid] == "JSON" or BY_OID[oid] == "JSONB") then
    return codec.decoder(base.coerce(require("alchemoon.types").public[BY_OID[oid]]), "postgresql", functions)
  end
  if known ~= nil then return known or nil end
  local types = require("alchemoon.types").public
  local decoder
  if oid == NUMERIC_OID then decoder = decoders.decimal
  elseif BY_OID[oid] then decoder = codec.decoder(base.coerce(types[BY_OID[oid]]), "postgresql")
  elseif ARRAY_BY_OID[oid] then
    local item = ARRAY_BY_OID[oid]
    if item == "NUMERIC" then decoder = codec.decoder(types.ARRAY(types.Numeric(nil, nil)), "postgresql")
    else decoder = codec.decoder(types.ARRAY(types[item]), "postgresql") end
  end
  by_oid[oid] = decoder or false
  return decoder
end

-- --- literals ----------------------------------------------------------------------------------------

local function quote(text, dialect_name)
  if dialect_name == "mysql" or dialect_name == "mariadb" then text = text:gsub("\\", "\\\\") end
  return "'" .. text:gsub("'", "''") .. "'"
end

--- SQL text of a value as a literal.
---@param node userdata?
---@param value any
---@param dialect_name string
---@return string
function codec.literal(node, value, dialect_name)
  node = node or base.NULLTYPE
  if base.kind_key(node) == "DECORATOR" then
    local spec = hooks(node)
    local impl = implementation(node, spec, dialect_name)
    if spec.process_literal_param then
      value = spec.process_literal_param(to_nil(value), codec.dialect(dialect_name), node)
    elseif spec.process_bind_param then
      value = spec.process_bind_param(to_nil(value), codec.dialect(dialect_name), node)
    end
    return codec.literal(impl, value, dialect_name)
  end
  if value == nil or value == NULL then return "NULL" end
  local text, class = core.encode_text(value, node, dialect_name)
  if class == "null" then return "NULL" end
  if class == "int" or class == "real" then return text end
  if class == "bool" then
    if dialect_name == "postgresql" or dialect_name == "string" or dialect_name == "mysql"
      or dialect_name == "mariadb" then return text end
    return text == "true" and "1" or "0"
  end
  if class == "blob" then
    local hex = text:gsub(".", function(ch) return ("%02x"):format(ch:byte()) end)
    if dialect_name == "postgresql" then return "'\\x" .. hex .. "'::BYTEA" end
    return "X'" .. hex:upper() .. "'"
  end
  if base.affinity(node) == "NUMERIC" then return text end
  return quote(text, dialect_name)
end

-- What goes to PostgreSQL as text although it is a value in Lua.
local TEXT_ON_POSTGRESQL = { JSON = true, HSTORE = true, PATHTYPE = true }

--- A parameter as the driver gets it, which is what listeners, logs and messages show: after the hooks of its type,
-- JSON as text, and on SQLite as it is stored.
---@param value any
---@param node userdata    its type
---@param dialect_name string
---@param memo table    takes what hooks made of it, for codec.recalling
---@return any
function codec.sent(value, node, dialect_name, memo)
  local kind = base.kind_key(node)
  if kind == "DECORATOR" or kind == "USERDEFINED" then
    local spec, extra = hooks(node)
    local own = spec.process_bind_param or kind == "USERDEFINED" and spec.bind_processor
    local made = value
    if own then
      made = processed(value, node, spec, extra, dialect_name)
      local known = memo[extra or spec] or {}
      memo[extra or spec], known[value == nil and NULL or value] = known, { made }
    end
    if kind == "USERDEFINED" then return made end
    return codec.sent(made, implementation(node, spec, dialect_name), dialect_name, memo)
  end
  if value == nil then return nil end
  local affinity = base.affinity(node)
  if value == NULL and affinity ~= "JSON" then return nil end
  if affinity == "ARRAY" then return value end
  local sent = core.encode_value(value, node, dialect_name) -- refuses what the type does not take
  if dialect_name == "sqlite" or TEXT_ON_POSTGRESQL[affinity] or TEXT_ON_POSTGRESQL[kind] then return sent end
  return value
end

--- A parameter as listeners, the log and errors see it: codec.sent, with am.null for NULL. What cannot be encoded is
-- shown as it was given (the statement will say what is wrong with it), unless that shall be an error (`strict`).
---@param node userdata?
---@param value any
---@param dialect_name string
---@param memo table?
---@param strict any
---@return any
function codec.shown(node, value, dialect_name, memo, strict)
  local ok, sent = true, value
  if node then ok, sent = pcall(codec.sent, value, node, dialect_name, memo or {}) end
  if not ok then
    if strict then error(sent, 0) end
    sent = value
  end
  if sent == nil then return NULL end
  return sent
end

return codec
