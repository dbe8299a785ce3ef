--- Functions in FROM: table_valued(), column_valued(), scalar_table_valued(), alias().
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local coerce = require "alchemoon.sql.coerce"
local elements = require "alchemoon.sql.elements"
local exc = require "alchemoon.exc"
local named = require "alchemoon.named"
local options = require "alchemoon.options"
local selectable = require "alchemoon.sql.selectable"
local types = require "alchemoon.types"
require "alchemoon.sql.func"

local T, E = core.tags, core.enums
local node, node_get, node_tag, node_with = core.node, core.node_get, core.node_tag, core.node_with

local module = {}

local has = require("alchemoon.bits").has

local function column_of(value, fn_name)
  if type(value) == "string" then return node(T.COLUMN, { name = value }, types.NULLTYPE) end
  local column = coerce.element(value)
  local tag = node_tag(column)
  if tag ~= T.COLUMN and tag ~= T.LABEL then
    exc.raise("ArgumentError", "%s needs names or column() objects, got %s", fn_name, coerce.describe(value))
  end
  return column
end

local function new_alias(element, name, templates, bits)
  return selectable.new_alias(element, "TABLE_VALUED", name, { templates = templates, options = bits })
end

local methods = elements.Function.methods

local VALUED = { with_ordinality = true, name = true, joins_implicitly = false }
--- The function as a table with these columns: `func.json_each(x):table_valued("key", "value", { name = "j" })`.
function methods:table_valued(...)
  local args, opts = options.split(...)
  opts = options.read("table_valued", opts, VALUED)
  local templates, fn = {}, self
  for i = 1, args.n do templates[i] = column_of(args[i], "table_valued()") end
  if opts.with_ordinality then
    templates[#templates + 1] = column_of(opts.with_ordinality, "table_valued()")
    fn = node_with(self, { options = E.FUNCTION_WITH_ORDINALITY })
  end
  return new_alias(fn, opts.name, templates, opts.joins_implicitly and E.ALIAS_JOINS_IMPLICITLY or 0)
end

local ALIAS = { name = true, joins_implicitly = false }
local function alias_of(self, fn_name, name, opts)
  if options.is_options(name) and opts == nil then name, opts = nil, name end
  opts = options.read(fn_name, opts, ALIAS)
  return new_alias(self, name or opts.name, nil, opts.joins_implicitly and E.ALIAS_JOINS_IMPLICITLY or 0)
end

--- The function as a FROM element.
function methods:alias(name, opts) return alias_of(self, "alias", name, opts) end

--- A column that stands for the value of an alias: `SELECT x FROM f() AS x`.
function module.column(alias)
  local inner = node_get(alias, "element")
  while node_tag(inner) == T.ALIAS do inner = node_get(inner, "element") end
  return node(T.COLUMN, { source = alias, name = node_get(alias, "name") }, core.node_type(inner) or types.NULLTYPE)
end

--- The function as a FROM element with one column.
function methods:column_valued(name, opts) return module.column(alias_of(self, "column_valued", name, opts)) end

--- One attribute of a composite value: `(f()).name`.
function methods:scalar_table_valued(name, sql_type)
  return node(T.COLUMN, { source = self, name = name }, types.coerce(sql_type))
end
methods.scalar_table_valued = named.method("scalar_table_valued", { "name", "type_" }, 1, 2,
  methods.scalar_table_valued)

function methods:select()
  local stmt, own = require("alchemoon.sql.select").select(self), node_get(self, "execution_options")
  return own and stmt:execution_options(own) or stmt
end
elements.Function.properties.column = nil

--- A whole row of a table as one value: `func.row_to_json(t:table_valued())`.
function selectable.FromClause.methods:table_valued()
  local tag = node_tag(self)
  if tag ~= T.TABLE and tag ~= T.ALIAS then
    exc.raise("ArgumentError", "table_valued() needs a table or an alias, got %s", coerce.describe(self))
  end
  return node(T.COLUMN, { source = self, name = node_get(self, "name") }, types.NULLTYPE)
end

-- --- methods of the alias ------------------------------------------------------------------

--- Another alias of the same function.
function module.alias(self, name)
  return new_alias(self, name, node_get(self, "templates"), node_get(self, "options"))
end

local alias_methods, alias_properties = selectable.Alias.methods, selectable.Alias.properties

local function only(self, name)
  if node_get(self, "kind") ~= E.ALIAS_TABLE_VALUED then class.missing(selectable.Alias, self, name) end
end

local DERIVED = { name = true, with_types = false }
--- The columns are listed behind the alias: `AS x(a, b)`; with_types: `AS x(a INTEGER, b VARCHAR)`.
function alias_methods:render_derived(name, opts)
  only(self, "render_derived")
  if options.is_options(name) and opts == nil then name, opts = nil, name end
  opts = options.read("render_derived", opts, DERIVED)
  local bits = E.ALIAS_RENDER_DERIVED + (opts.with_types and E.ALIAS_DERIVED_TYPES or 0)
  local old = node_get(self, "options")
  for _, flag in ipairs { E.ALIAS_JOINS_IMPLICITLY, E.ALIAS_IS_LATERAL } do
    if has(old, flag) then bits = bits + flag end
  end
  return new_alias(node_get(self, "element"), name or opts.name, node_get(self, "templates"), bits)
end

local lateral_of = selectable.FromClause.methods.lateral
function alias_methods:lateral(name)
  if node_get(self, "kind") ~= E.ALIAS_TABLE_VALUED then return lateral_of(self, name) end
  local bits = node_get(self, "options")
  if not has(bits, E.ALIAS_IS_LATERAL) then bits = bits + E.ALIAS_IS_LATERAL end
  return new_alias(self, (selectable.name_of("lateral", name)), node_get(self, "templates"), bits)
end

--- The value of the function as a column.
alias_properties.column = function(self)
  only(self, "column")
  return module.column(self)
end

return module
