--- The types of every database: CamelCase ones and the SQL standard's upper-case ones.
local base = require "alchemoon.types.base"
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local NULL = require "alchemoon.null"

local define = base.define
local T = {}

local STRING = { "length", "collation" }
local NUMERIC = { "precision", "scale", "decimal_return_scale", "asdecimal" }
local FLOAT = { "precision", "asdecimal", "decimal_return_scale" }

local function plain(names, positional, more)
  for name, kind in pairs(names) do
    T[name] = define(name, { kind = kind, positional = positional, options = more })
  end
end

plain({ NullType = "NULLTYPE", MatchType = "MATCHTYPE", TupleType = "TUPLETYPE",
  Integer = "INTEGER", SmallInteger = "SMALLINTEGER", BigInteger = "BIGINTEGER",
  INTEGER = "SQL_INTEGER", INT = "SQL_INTEGER", SMALLINT = "SQL_SMALLINT", BIGINT = "SQL_BIGINT",
  Date = "DATE", DATE = "SQL_DATE" })
plain({ String = "STRING", Text = "TEXT_", Unicode = "UNICODE", UnicodeText = "UNICODETEXT", VARCHAR = "SQL_VARCHAR",
  NVARCHAR = "SQL_NVARCHAR", CHAR = "SQL_CHAR", NCHAR = "SQL_NCHAR", TEXT = "SQL_TEXT", CLOB = "SQL_CLOB" }, STRING)
plain({ DateTime = "DATETIME", DATETIME = "SQL_DATETIME" }, { "timezone" })
plain({ Time = "TIME", TIME = "SQL_TIME", TIMESTAMP = "SQL_TIMESTAMP" }, { "timezone", "precision" })
plain({ LargeBinary = "LARGEBINARY", BLOB = "SQL_BLOB", BINARY = "SQL_BINARY", VARBINARY = "SQL_VARBINARY" },
  { "length" })
plain({ Numeric = "NUMERIC", NUMERIC = "SQL_NUMERIC", DECIMAL = "SQL_DECIMAL" }, NUMERIC)
plain({ JSON = "JSON" }, { "none_as_null" }, { "astext_type" })
plain({ Uuid = "UUID" }, { "as_uuid", "native_uuid" })
plain({ UUID = "SQL_UUID" }, { "as_uuid" })
plain({ Interval = "INTERVAL" }, { "native", "second_precision", "day_precision" })
plain({ Boolean = "BOOLEAN", BOOLEAN = "SQL_BOOLEAN" }, { "create_constraint", "name" })
for name, kind in pairs { Float = "FLOAT", FLOAT = "SQL_FLOAT", REAL = "SQL_REAL", Double = "DOUBLE",
  DOUBLE = "SQL_DOUBLE", DOUBLE_PRECISION = "SQL_DOUBLE_PRECISION" } do
  T[name] = define(name, { kind = kind, positional = FLOAT, float = true })
end

--- Reads the strings of an enumeration: Enum("a", "b", {...}) or Enum{"a", "b", name = ...} or Enum({"a"}, {...}).
local function enum_values(fields, args, opts)
  local list = args
  if args.n == 1 and type(args[1]) == "table" then
    list = {}
    for key, value in pairs(args[1]) do
      if type(key) == "number" then list[key] = value
      else opts[key] = value end
    end
  end
  if opts.values_callable then -- what stands in the database for each of the given names
    local values = opts.values_callable(list)
    if type(values) ~= "table" or #values ~= #list then
      exc.raise("ArgumentError", "values_callable must return a list with as many strings as the enumeration has")
    end
    list = values
  end
  fields.values = base.words(list)
end

local ENUM_OPTIONS = {
  "create_constraint", "metadata", "name", "native_enum", "schema", "quote", "inherit_schema", "validate_strings",
  "values_callable", "length", "omit_aliases", "sort_key_function", "create_type",
}
-- How many letters the longest word has: bytes that continue a letter do not count.
local function longest_word(words)
  local longest = 0
  for _, word in ipairs(words) do
    local _, letters = core.node_get(word, "name"):gsub("[^\128-\191]", "")
    longest = math.max(longest, letters)
  end
  return longest
end

-- Without a length the longest word sets it; `length = am.null` is no length at all.
local function enum_finish(fields, opts, given)
  local longest = longest_word(fields.values)
  if opts.length then
    if opts.length < longest then
      exc.raise("ArgumentError", "When provided, length must be larger or equal than the length of the longest enum "
        .. "value. %d < %d", opts.length, longest)
    end
  elseif not (given and given.length == NULL) then
    fields.length = longest
  end
  if opts.quote ~= nil and type(fields.name) == "string" then fields.name = { fields.name, quote = opts.quote } end
  if fields.extra then fields.extra.quote = nil end
end
T.Enum = define("Enum", { kind = "ENUM", options = ENUM_OPTIONS, variadic = enum_values, finish = enum_finish })

local function array_finish(fields, opts)
  local item = fields.item
  if item == nil then exc.raise("ArgumentError", "ARRAY needs the type of its items: ARRAY(am.Integer)") end
  if base.kind_key(item) == "ARRAY" then
    exc.raise("ArgumentError", "Do not nest ARRAY types; ARRAY(basetype) handles multi-dimensional arrays of basetype")
  end
  return opts
end
T.ARRAY = define("ARRAY", { kind = "ARRAY", positional = { "item_type", "as_tuple", "dimensions", "zero_indexes" },
  finish = array_finish })

return { types = T, enum_values = enum_values, enum_finish = enum_finish, ENUM_OPTIONS = ENUM_OPTIONS,
  longest_word = longest_word, array_finish = array_finish }
