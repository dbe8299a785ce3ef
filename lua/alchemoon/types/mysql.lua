--- MySQL's own types, as am.mysql.*.
local base = require "alchemoon.types.base"
local generic = require "alchemoon.types.generic"

local define = base.define
local T = {}

local function each(names, positional, more, bits)
  for name, kind in pairs(names) do
    T[name] = define(name, { kind = kind, positional = positional, options = more, bits = bits,
      float = name == "FLOAT" })
  end
end

local OWN = require("alchemoon.core").enums.TYPE_OF_MYSQL
local NUMBER = { "unsigned", "zerofill" }
local TEXT = { "charset", "collation", "ascii", "unicode", "binary", "national" }
each({ INTEGER = "SQL_INTEGER", SMALLINT = "SQL_SMALLINT", BIGINT = "SQL_BIGINT", TINYINT = "MY_TINYINT",
  MEDIUMINT = "MY_MEDIUMINT" }, { "display_width" }, NUMBER)
each({ NUMERIC = "SQL_NUMERIC", DECIMAL = "SQL_DECIMAL", FLOAT = "SQL_FLOAT", REAL = "SQL_REAL",
  DOUBLE = "SQL_DOUBLE" }, { "precision", "scale", "asdecimal" }, NUMBER)
each({ VARCHAR = "SQL_VARCHAR", CHAR = "SQL_CHAR", NVARCHAR = "SQL_NVARCHAR", NCHAR = "SQL_NCHAR", TEXT = "SQL_TEXT" },
  { "length" }, TEXT, OWN)
each({ TINYTEXT = "MY_TINYTEXT", MEDIUMTEXT = "MY_MEDIUMTEXT", LONGTEXT = "MY_LONGTEXT" }, {}, TEXT, OWN)
each { BOOLEAN = "SQL_BOOLEAN", DATE = "SQL_DATE", JSON = "JSON" }
each({ TINYBLOB = "MY_TINYBLOB", MEDIUMBLOB = "MY_MEDIUMBLOB", LONGBLOB = "MY_LONGBLOB" }, { "length" })
each({ BIT = "MY_BIT", BLOB = "SQL_BLOB", BINARY = "SQL_BINARY", VARBINARY = "SQL_VARBINARY" }, { "length" })
each({ YEAR = "MY_YEAR" }, { "display_width" })
each({ TIME = "SQL_TIME", TIMESTAMP = "SQL_TIMESTAMP", DATETIME = "SQL_DATETIME" }, { "timezone", "fsp" })
each { INET4 = "MY_INET4", INET6 = "MY_INET6" } -- of MariaDB

local ENUM = { "strict", "retrieve_as_bitwise" }
for _, key in ipairs(TEXT) do ENUM[#ENUM + 1] = key end
for _, key in ipairs(generic.ENUM_OPTIONS) do ENUM[#ENUM + 1] = key end
T.ENUM = define("ENUM", { kind = "MY_ENUM", options = ENUM, variadic = generic.enum_values,
  finish = generic.enum_finish })
T.SET = define("SET", { kind = "MY_SET", options = ENUM, variadic = generic.enum_values, finish = generic.enum_finish })

return T
