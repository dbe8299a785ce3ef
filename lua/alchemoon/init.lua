--- The flat table `am`: re-exports, nothing else.
--
-- Each room below returns a table of public names; a name that two rooms define is an error at load
-- time, so that nothing is shadowed by the order of this list.
---@class alchemoon
local am = {}

local rooms = {
  "engine", "reactor",
  "types.public", "sql.expression", "sql.selects", "sql.dml", "sql.classes", "sql.custom", "dialects",
  "values",
  "schema",
  "orm",
}

am.exc = require "alchemoon.exc"
am.event = require "alchemoon.event"
am.logging = require "alchemoon.logging"
for _, room in ipairs(rooms) do
  for name, value in pairs(require("alchemoon." .. room)) do
    assert(am[name] == nil, "alchemoon: two rooms define am." .. name)
    am[name] = value
  end
end

-- What SQLAlchemy's dialect package exports too.
for _, name in ipairs { "Range", "MultiRange", "ExcludeConstraint", "CreateEnumType", "DropEnumType",
  "CreateDomainType", "DropDomainType" } do
  am.postgresql[name] = am[name]
end

-- Optional modules whose class is known by its name: loaded when it is asked for.
local LATER = { MigrationContext = "alchemoon.migrate", ShardedSession = "alchemoon.shard",
  ShardedQuery = "alchemoon.shard", set_shard_id = "alchemoon.shard",
  testing = "alchemoon.testing", visitors = "alchemoon.sql.visitors",
  operators = "alchemoon.sql.operator_functions" }
local WHOLE = { testing = true, visitors = true, operators = true } -- the module itself is the value
local namespace = require "alchemoon.namespace"

namespace.close(am, "am", function(name)
  local module = LATER[name]
  if not module then return nil end
  local value = require(module)
  return WHOLE[name] and value or value[name]
end)
for _, name in ipairs { "exc", "event", "logging" } do namespace.close(am[name], "am." .. name) end

return am
