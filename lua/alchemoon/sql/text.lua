--- text(): SQL as the author wrote it, with `:name` for parameters.
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local coerce = require "alchemoon.sql.coerce"
local elements = require "alchemoon.sql.elements"
local exc = require "alchemoon.exc"
local keys = require "alchemoon.keys"
local options = require "alchemoon.options"
local statement = require "alchemoon.sql.statement"
local statements = require "alchemoon.sql.statements"
local types = require "alchemoon.types"

local T = core.tags
local node, node_get, node_tag, node_with = core.node, core.node_get, core.node_tag, core.node_with

local module = {}

--- A text with parameters. In it `\:` is a colon, and `::` is left alone.
---@param sql string
---@return any
function module.text(sql)
  if type(sql) ~= "string" then exc.raise("ArgumentError", "text() needs a string, got %s", type(sql)) end
  local binds = {}
  for i, name in ipairs(core.text_names(sql)) do
    binds[i] = core.bind(name, nil, coerce.BIND.REQUIRED, types.NULLTYPE)
  end
  return node(T.TEXT, { text = sql, binds = binds }, types.NULLTYPE)
end

---@class alchemoon.TextClause : alchemoon.ClauseElement
local methods = {}
local properties = {}

-- The text with other parameters: `fresh` has by name what makes them of those that stand there.
local function exchange(self, fresh)
  local binds, found = node_get(self, "binds"), {}
  for i, bind in ipairs(binds) do
    local name = node_get(bind, "name")
    if fresh[name] then binds[i], found[name] = fresh[name](bind), true end
  end
  for _, name in ipairs(keys.sorted(fresh)) do
    if not found[name] then
      exc.raise("ArgumentError", "This text() construct doesn't define a bound parameter named '%s'", name)
    end
  end
  return node_with(self, { binds = binds })
end

--- Values and types of the parameters: bindparams{ x = 5 }, bindparams(am.bindparam("x", 5, am.Integer)).
---@param ... any
---@return any
function methods:bindparams(...)
  local args, values = options.split(...)
  local fresh = {}
  for i = 1, args.n do
    local bind = coerce.element(args[i])
    if node_tag(bind) ~= T.BIND then
      exc.raise("ArgumentError", "bindparams() needs bindparam() objects or a table of values, got %s",
        coerce.describe(args[i]))
    end
    fresh[node_get(bind, "name")] = function() return bind end
  end
  for name, value in pairs(values or {}) do
    local given = fresh[name]
    if value == coerce.null then value = nil end
    fresh[name] = function(bind)
      local own = core.node_type(given and given() or bind)
      if coerce.is_null_type(own) then own = types.of(value) end
      return core.bind(name, value, 0, own)
    end
  end
  return exchange(self, fresh)
end

--- The columns that the text returns: columns(am.column("id", am.Integer), ...), columns{ id = am.Integer }.
---@param ... any
---@return any
function methods:columns(...)
  local args, by_name = options.split(...)
  local list, seen = {}, {}
  for i = 1, args.n do
    local column = coerce.element(args[i])
    if column == nil or node_tag(column) == T.ORM_ATTR and node_get(column, "column") == nil then
      exc.raise("ArgumentError", "columns() needs column objects or a table name = type, got %s",
        coerce.describe(args[i]))
    end
    local key = column.key
    if by_name and key and by_name[key] then
      column = require("alchemoon.sql.constructs").column(key, by_name[key])
      seen[key] = true
    end
    list[#list + 1] = column
  end
  local positional = #list > 0 and (by_name == nil or next(by_name) == nil)
  local names = {}
  for name in pairs(by_name or {}) do
    if not seen[name] then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    list[#list + 1] = require("alchemoon.sql.constructs").column(name, by_name[name])
  end
  return node(T.TEXTUAL_SELECT, { element = self, columns = list, positional = positional and 1 or 0 })
end

--- The text in parentheses, as a value.
---@return alchemoon.ColumnElement
function methods:scalar_subquery() return node(T.GROUPING, { element = self }, types.NULLTYPE) end
function methods:self_group() return self end
for _, name in ipairs { "and_", "or_", "not_", "label" } do methods[name] = elements.ColumnElement.methods[name] end
for _, name in ipairs { "compare", "get_children", "params", "unique_params" } do
  methods[name] = elements.ClauseElement.methods[name]
end

properties.text = function(self) return node_get(self, "text") end
properties.type = function(self) return core.node_type(self) end

local meta = elements.ColumnElement.metatable
module.TextClause = class.define("TextClause", {
  tags = { "TEXT" }, parent = statement.Executable, methods = methods, properties = properties,
  metamethods = { __band = meta.__band, __bor = meta.__bor, __bnot = meta.__bnot },
})

module.TextualSelect = class.define("TextualSelect", {
  tags = { "TEXTUAL_SELECT" }, parent = statements.SelectBase,
  methods = {
    bindparams = function(self, ...)
      local inner = node_get(self, "element")
      return node_with(self, { element = inner:bindparams(...) })
    end,
    --- The names of its columns are the text's own, whatever the style.
    set_label_style = function(self) return self end,
  },
  properties = {
    element = function(self) return node_get(self, "element") end,
    column_args = function(self) return node_get(self, "columns") end,
    positional = function(self) return node_get(self, "positional") == 1 end,
  },
})

return module
