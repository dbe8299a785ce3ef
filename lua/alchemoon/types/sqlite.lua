--- SQLite's own types, as am.sqlite.*: dates kept as text in a format of one's own.
local base = require "alchemoon.types.base"
local generic = require "alchemoon.types.generic"

local T = {}
for name, kind in pairs { DATE = "SQL_DATE", DATETIME = "SQL_DATETIME", TIME = "SQL_TIME" } do
  T[name] = base.define(name, { kind = kind, options = { "storage_format", "regexp", "truncate_microseconds" } })
end
for _, name in ipairs {
  "BLOB", "BOOLEAN", "CHAR", "DECIMAL", "FLOAT", "INTEGER", "JSON", "NUMERIC", "REAL", "SMALLINT", "TEXT", "TIMESTAMP",
  "VARCHAR",
} do
  T[name] = generic.types[name]
end

return T
