--- PostgreSQL's own types; those without a clash stand flat in `am`.
local base = require "alchemoon.types.base"
local generic = require "alchemoon.types.generic"

local define = base.define
local T = {}

for _, name in ipairs {
  "JSONPATH", "INET", "CIDR", "MACADDR", "MACADDR8", "TSVECTOR", "TSQUERY", "MONEY", "OID", "REGCLASS", "REGCONFIG",
  "INT4RANGE", "INT8RANGE", "NUMRANGE", "DATERANGE", "TSRANGE", "TSTZRANGE", "INT4MULTIRANGE", "INT8MULTIRANGE",
  "NUMMULTIRANGE", "DATEMULTIRANGE", "TSMULTIRANGE", "TSTZMULTIRANGE",
} do
  T[name] = define(name, { kind = name })
end
T.JSONPathType = T.JSONPATH -- the generic name of SQLAlchemy's package
T.BYTEA = define("BYTEA", { kind = "BYTEA", positional = { "length" } })
T.CITEXT = define("CITEXT", { kind = "CITEXT", positional = { "length", "collation" } })
T.HSTORE = define("HSTORE", { kind = "HSTORE", positional = { "text_type" }, options = { "text_type" } })
T.JSONB = define("JSONB", { kind = "JSONB", positional = { "none_as_null", "astext_type" } })
T.JSON = define("JSON", { kind = "PG_JSON", positional = { "none_as_null", "astext_type" } })
T.BIT = define("BIT", { kind = "BIT", positional = { "length", "varying" }, finish = function(fields)
  local fixed = not base.has_bit(fields.options, base.BITS.varying)
  if fixed and fields.length < 1 then fields.length = 1 end -- which is what BIT alone means
end })
T.INTERVAL = define("INTERVAL", { kind = "PG_INTERVAL", positional = { "precision", "fields" } })
T.ENUM = define("ENUM", { kind = "PG_ENUM", options = generic.ENUM_OPTIONS, variadic = function(fields, args, opts)
  local first = args[1]
  if args.n == 1 and type(first) == "userdata" then -- ENUM(am.Enum(...)): the generic one's values
    fields.values = require("alchemoon.core").node_get(first, "values")
    fields.name = fields.name or first.name
    return
  end
  generic.enum_values(fields, args, opts)
end, finish = generic.enum_finish })
T.DOMAIN = define("DOMAIN", { kind = "DOMAIN", positional = { "name", "data_type" }, options = {
  "collation", "default", "constraint_name", "not_null", "check", "create_type", "schema", "metadata", "quote",
  "inherit_schema",
}, variadic = function(fields, args)
  fields.name, fields.item = args[1], base.coerce(args[2])
end })

return T
