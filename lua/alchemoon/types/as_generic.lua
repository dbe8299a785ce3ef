--- `type:as_generic()`: the type of any database for one of a certain database's, as reflection gives them.
local base = require "alchemoon.types.base"
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"

-- Kinds by the generic kind that they are a case of (types.def).
local GENERIC = {
  INTEGER = { "SQL_INTEGER", "MY_TINYINT", "MY_MEDIUMINT" }, SMALLINTEGER = { "SQL_SMALLINT" },
  BIGINTEGER = { "SQL_BIGINT" },
  STRING = { "SQL_VARCHAR", "SQL_CHAR", "MY_SET", "MY_TINYTEXT", "MY_MEDIUMTEXT", "MY_LONGTEXT" },
  UNICODE = { "SQL_NVARCHAR", "SQL_NCHAR" }, TEXT_ = { "SQL_TEXT", "SQL_CLOB", "CITEXT" }, BOOLEAN = { "SQL_BOOLEAN" },
  FLOAT = { "SQL_FLOAT", "SQL_REAL" }, DOUBLE = { "SQL_DOUBLE", "SQL_DOUBLE_PRECISION" },
  NUMERIC = { "SQL_NUMERIC", "SQL_DECIMAL" }, DATE = { "SQL_DATE" }, TIME = { "SQL_TIME" },
  DATETIME = { "SQL_DATETIME", "SQL_TIMESTAMP" }, INTERVAL = { "PG_INTERVAL" },
  LARGEBINARY = { "SQL_BLOB", "SQL_BINARY", "SQL_VARBINARY", "BYTEA", "MY_TINYBLOB", "MY_MEDIUMBLOB", "MY_LONGBLOB" },
  UUID = { "SQL_UUID" }, ENUM = { "PG_ENUM", "MY_ENUM" }, JSON = { "PG_JSON", "JSONB" },
}

local generic_of = {}
for generic, kinds in pairs(GENERIC) do
  local id = assert(base.kind_ids[generic], generic)
  generic_of[id] = id
  for _, kind in ipairs(kinds) do generic_of[assert(base.kind_ids[kind], kind)] = id end
end
for _, name in ipairs{ "UNICODETEXT", "ARRAY", "MATCHTYPE" } do
  generic_of[base.kind_ids[name]] = base.kind_ids[name]
end

--- With the same arguments: VARCHAR(20) is String(20). What only one database has is refused, unless
-- `allow_nulltype` asks for NullType then.
---@param opts {allow_nulltype: boolean?}?
---@return userdata
function base.TypeEngine.methods:as_generic(opts)
  opts = require("alchemoon.options").read("as_generic", opts, { allow_nulltype = false })
  local kind = core.node_get(self, "kind")
  local generic = generic_of[kind]
  if generic == kind then return self end
  if generic then -- an integer's length was how wide it is shown
    local integer = base.kinds[generic].affinity == "INTEGER"
    return core.node_with(self, { kind = generic, length = integer and -1 or nil })
  end
  if opts.allow_nulltype then return base.NULLTYPE end
  return exc.raise("InvalidRequestError", "Default TypeEngine.as_generic() heuristic method was unsuccessful for %s. "
    .. "A custom as_generic() method must be implemented for this type class.", base.kinds[kind].name)
end
