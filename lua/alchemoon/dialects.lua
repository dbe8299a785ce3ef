--- The dialects' own name spaces: am.postgresql, am.mysql, am.mariadb, am.sqlite. Rooms add their names.
local core = require "alchemoon.core"
local constructs = require "alchemoon.sql.constructs"
local dml = require "alchemoon.sql.dml"
local func = require("alchemoon.sql.func").func
local mysql = require "alchemoon.sql.mysql"
local preparer = require "alchemoon.sql.preparer"
local options = require "alchemoon.options"
local types = require "alchemoon.types"
local usage = require "alchemoon.usage"

local function copy(from, more)
  local out = {}
  for name, value in pairs(from) do out[name] = value end
  for name, value in pairs(more or {}) do out[name] = value end
  return out
end

local own = {}
for _, name in ipairs {
  "array_agg", "to_tsvector", "to_tsquery", "plainto_tsquery", "phraseto_tsquery", "websearch_to_tsquery",
  "ts_headline",
} do
  own[name] = func[name]
end

local function writes_of(name)
  local writes = { update = dml.update, delete = dml.delete }
  --- INSERT into a Table or mapped class, with the words of this dialect; tostring() shows them.
  ---@param into table
  ---@return table statement
  function writes.insert(into) return core.node_with(dml.insert(into), { flavour = name }) end
  return writes
end

--- Any(value, array, { operator = "gt" }), All(...): the older form of any_ and all_.
---@param value any
---@param array any
---@param opts table?   operator
---@return alchemoon.ColumnElement
function own.Any(value, array, opts)
  usage.check_arguments("Any", "any", value, "any", array)
  return array:any(value, opts)
end
--- All(value, array, { operator = "gt" }): the older form of all_.
---@param value any
---@param array any
---@param opts table?
---@return alchemoon.ColumnElement
function own.All(value, array, opts)
  usage.check_arguments("All", "any", value, "any", array)
  return array:all(value, opts)
end
own.array, own.hstore, own.aggregate_order_by = constructs.array, constructs.hstore, constructs.aggregate_order_by

-- A name space stands for its dialect in compile{ dialect = am.postgresql }; so does what its dialect() gives, which
-- may ask for a paramstyle and for longest names.
local DIALECT_OPTIONS = { paramstyle = true, label_length = true, max_identifier_length = true }
local function space(name, ...)
  local out = copy(writes_of(name), { name = name })
  for _, from in ipairs { ... } do out = copy(out, from) end
  --- The dialect for compile{ dialect = … }.
  ---@param opts {paramstyle: string?, label_length: integer?, max_identifier_length: integer?}?
  ---@return table
  function out.dialect(opts)
    local given = options.check("dialect", opts, DIALECT_OPTIONS) or {}
    local made = { name = name, text_paramstyle = given.paramstyle, label_length = given.label_length,
      max_identifier_length = given.max_identifier_length }
    made.identifier_preparer = preparer.new(made)
    return made
  end
  return out
end

return {
  postgresql = space("postgresql", types.postgresql, own), mysql = space("mysql", types.mysql, mysql),
  mariadb = space("mariadb", types.mysql, mysql), sqlite = space("sqlite", types.sqlite),
  array_agg = func.array_agg,
}
