--- VALUES as a FROM element.
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local coerce = require "alchemoon.sql.coerce"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local roles = require "alchemoon.sql.roles"
local selectable = require "alchemoon.sql.selectable"
local statements = require "alchemoon.sql.statements"
local types = require "alchemoon.types"

local T, E = core.tags, core.enums
local node, node_get, node_tag, node_with = core.node, core.node_get, core.node_tag, core.node_with
local node_append = core.node_append
local unpack = table.unpack or unpack -- luacheck: ignore 113

local module = {}

--- A plain value becomes a parameter of its own wherever the rows are rendered.
local UNIQUE_VALUE = coerce.BIND.UNIQUE + coerce.BIND.OF_VALUES

local VALUES = { name = true, literal_binds = false }
--- values(am.column("a", am.Integer), ..., { name = "v" }):data{ {1, "x"}, {2, "y"} }
---@param ... any
---@return any
function module.values(...)
  local args, opts = options.split(...)
  opts = options.read("values", opts, VALUES)
  local templates = {}
  for i = 1, args.n do
    local column = coerce.element(args[i])
    if node_tag(column) ~= T.COLUMN then
      exc.raise("ArgumentError", "values() needs column() objects, got %s", coerce.describe(args[i]))
    end
    templates[i] = column
  end
  return node(T.VALUES, {
    templates = templates, name = opts.name,
    options = (opts.literal_binds and E.VALUES_LITERAL_BINDS or 0) + (opts.name and E.VALUES_NAMED or 0),
  })
end

---@class alchemoon.Values : alchemoon.FromClause
local methods = {}

--- Rows, each a list in the order of the columns; more calls add more.
---@param rows any[][]
---@return any
function methods:data(rows)
  if type(rows) ~= "table" then exc.raise("ArgumentError", "data() needs a list of rows, got %s", type(rows)) end
  local templates, list = node_get(self, "templates"), {}
  for i, row in ipairs(rows) do
    if type(row) ~= "table" or coerce.element(row) ~= nil then
      exc.raise("ArgumentError", "data(): row #%d is no list", i)
    end
    local items = {}
    local size = row.n or #row
    if size > #templates then
      exc.raise("ArgumentError", "data(): row #%d has %d elements for %d columns: %s", i, size, #templates,
        roles.tuple(row))
    end
    for k = 1, #templates do
      local own = templates[k] and core.node_type(templates[k]) or types.NULLTYPE
      local value = row[k]
      if value == coerce.null then value = nil end
      items[k] = coerce.element(value)
        or core.bind(nil, value, UNIQUE_VALUE, not coerce.is_null_type(own) and own or types.of(value))
    end
    list[i] = node(T.TUPLE, { items = items }, types.NULLTYPE)
  end
  if #list == 0 then return self end
  return node_append(self, "rows", unpack(list))
end

local function with(self, name, flag)
  local bits = node_get(self, "options")
  if bits % (2 * E.VALUES_NAMED) < E.VALUES_NAMED then bits = bits + E.VALUES_NAMED end
  if flag and bits % (2 * flag) < flag then bits = bits + flag end
  return node_with(self, { name = name or false, options = bits })
end

--- The same under another name; without one it is made up.
---@param name string?
---@return any
function methods:alias(name) return with(self, (selectable.name_of("alias", name))) end

--- The rows as a LATERAL element.
---@param name string?
---@return any
function methods:lateral(name)
  return with(self, selectable.name_of("lateral", name) or node_get(self, "name"), E.VALUES_LATERAL)
end

--- The rows as a value.
---@return alchemoon.ColumnElement
function methods:scalar_values() return node(T.SCALAR_SELECT, { element = self }, types.NULLTYPE) end
methods.add_cte = statements.HasCTE.add_cte
--- A CTE of the rows, named after them unless it has a name of its own.
---@param name string?
---@param opts table?
---@return any
function methods:cte(name, opts)
  local made = statements.HasCTE.cte(self, name, opts)
  local own = node_get(self, "name")
  if node_get(made, "name") == nil and own then return node_with(made, { stem = own }) end
  return made
end

module.Values = class.define("Values", {
  tags = { "VALUES" }, parent = selectable.FromClause, methods = methods,
})

return module
