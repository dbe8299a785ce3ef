--- The types: flat names of `am`, the dialects' name spaces, and what other rooms need.
local base = require "alchemoon.types.base"
local core = require "alchemoon.core"
local decorator = require "alchemoon.types.decorator"
local generic = require "alchemoon.types.generic"
local postgresql = require "alchemoon.types.postgresql"
local mysql = require "alchemoon.types.mysql"
local options = require "alchemoon.options"
local pickle = require "alchemoon.types.pickle"
local sqlite = require "alchemoon.types.sqlite"
require "alchemoon.types.as_generic"

local types = {
  coerce = base.coerce, is_type = base.is_type, is_class = base.is_class, affinity = base.affinity,
  is_unknown = base.is_unknown,
  kind_key = base.kind_key, kinds = base.kinds, kind_ids = base.kind_ids, define = base.define, impl = base.impl,
  TypeEngine = base.TypeEngine, spec = decorator.spec, has_bit = base.has_bit, BITS = base.BITS,
  dialect_name = base.dialect_name, COMPILE_OPTIONS = base.COMPILE_OPTIONS,
  NULLTYPE = base.NULLTYPE, postgresql = postgresql, mysql = mysql, sqlite = sqlite,
}

--- Names that go into `am` as they are.
types.public = {
  TypeDecorator = decorator.TypeDecorator, UserDefinedType = decorator.UserDefinedType,
  PickleType = pickle.PickleType,
}
for name, cls in pairs(generic.types) do types.public[name] = cls end
--- JSON.NULL is the JSON value null, as am.null is for a JSON column.
rawset(generic.types.JSON, "NULL", require "alchemoon.null")
for name, cls in pairs(postgresql) do
  if types.public[name] == nil then types.public[name] = cls end
end
for _, name in ipairs {
  "ARRAY", "UUID", "TIMESTAMP", "TIME", "DATE", "INTEGER", "SMALLINT", "BIGINT", "VARCHAR", "CHAR", "TEXT", "NUMERIC",
  "FLOAT", "REAL", "DOUBLE_PRECISION", "BOOLEAN",
} do
  postgresql[name] = generic.types[name]
end

local function kind(name) return types.coerce(generic.types[name]) end
types.BOOLEAN, types.INTEGER, types.STRING, types.FLOAT = kind "Boolean", kind "Integer", kind "String", kind "Float"
types.public.NULLTYPE, types.public.STRINGTYPE = base.NULLTYPE, types.STRING
types.NUMERIC, types.BIGINTEGER = kind "Numeric", kind "BigInteger"
types.DATE, types.TIME, types.DATETIME = kind "Date", kind "Time", kind "DateTime"
types.INTERVAL, types.BINARY, types.UUID, types.JSON = kind "Interval", kind "LargeBinary", kind "Uuid", kind "JSON"
types.TEXT = kind "Text"
--- The type of MATCH: a truth value, kept apart because MySQL's is a number.
types.MATCHTYPE = core.node(core.tags.TYPE, {
  kind = base.kind_ids.MATCHTYPE, length = -1, precision = -1, scale = -1,
})

--- Which type a Lua object of a value class (am.date, am.decimal ...) has: metatable name → TYPE node.
types.by_class = {
  ["am.decimal"] = types.NUMERIC, ["am.date"] = types.DATE, ["am.time"] = types.TIME,
  ["am.datetime"] = types.DATETIME, ["am.timedelta"] = types.INTERVAL, ["am.int64"] = types.BIGINTEGER,
}

--- A type given as an argument, or by its name: { type_ = am.Integer }.
---@param fn_name string   as the user wrote it, for messages
---@param given any
---@return userdata
function types.argument(fn_name, given)
  if options.is_options(given) then given = options.check(fn_name, given, { type_ = true }).type_ end
  return types.coerce(given)
end

local function range_type(range, suffix)
  local sample = range.lower
  if sample == nil then sample = range.upper end
  local of = types.of(sample)
  local name
  if of == types.INTEGER then name = "INT4"
  elseif of == types.BIGINTEGER then name = "INT8"
  elseif of == types.NUMERIC or of == types.FLOAT then name = "NUM"
  elseif of == types.DATE then name = "DATE"
  elseif of == types.DATETIME then name = sample.tzoffset and "TSTZ" or "TS"
  else return types.NULLTYPE end
  return types.coerce(postgresql[name .. suffix])
end
types.by_class["am.Range"] = function(range) return range_type(range, "RANGE") end
types.by_class["am.MultiRange"] = function(list)
  if list[1] == nil then return types.NULLTYPE end
  return range_type(list[1], "MULTIRANGE")
end

--- The type of a literal: Integer for a whole number, String for text, NullType for what tells nothing.
---@param value any
---@return userdata
function types.of(value)
  local lua_type = type(value)
  if lua_type == "number" then
    local whole
    if math.type then whole = math.type(value) == "integer"
    else whole = value % 1 == 0 and value >= -9007199254740992 and value <= 9007199254740992 end
    if not whole then return types.FLOAT end
    return value >= -4294967295 and value <= 4294967295 and types.INTEGER or types.BIGINTEGER
  elseif lua_type == "string" then return types.STRING
  elseif lua_type == "boolean" then return types.BOOLEAN
  elseif lua_type == "cdata" then return types.BIGINTEGER
  elseif lua_type == "userdata" or lua_type == "table" then
    local mt = getmetatable(value)
    local name = type(mt) == "table" and mt.__name
    local known = name and types.by_class[name]
    if type(known) == "function" then return known(value) end
    return known or types.NULLTYPE
  end
  return types.NULLTYPE
end

return types
