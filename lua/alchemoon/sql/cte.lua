--- Common table expressions and the other kinds of alias: what each of them can do beside being a FROM element.
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local coerce = require "alchemoon.sql.coerce"
local exc = require "alchemoon.exc"
local named = require "alchemoon.named"
local selectable = require "alchemoon.sql.selectable"
local select = require "alchemoon.sql.select"
local statements = require "alchemoon.sql.statements"

local T, E = core.tags, core.enums
local node_get, node_tag, node_append = core.node_get, core.node_tag, core.node_append
local unpack = table.unpack or unpack -- luacheck: ignore 113

local module = {}

local function kind_of(self) return node_get(self, "kind") end

local function only_cte(self, name)
  if kind_of(self) ~= E.ALIAS_CTE then
    class.missing(selectable.Alias, self, name)
  end
end

local methods = selectable.Alias.methods
local alias_of = selectable.FromClause.methods.alias

--- An alias of a CTE names it again; it is still the same CTE.
---@param name string?
---@param opts table?
---@return any
function methods:alias(name, opts)
  if kind_of(self) == E.ALIAS_CTE then
    return selectable.new_alias(self, "CTE", (selectable.name_of("alias", name, opts)), {
      options = node_get(self, "options"),
    })
  elseif kind_of(self) == E.ALIAS_TABLE_VALUED then
    return require("alchemoon.sql.table_valued").alias(self, (selectable.name_of("alias", name, opts)))
  end
  return alias_of(self, name, opts)
end

-- The recursive part: the CTE says more than the one that it was made from.
local function extended(kind)
  return function(self, ...)
    only_cte(self, kind)
    local statement = node_get(self, "element")
    while node_tag(statement) == T.ALIAS do statement = node_get(statement, "element") end -- an alias of a CTE
    return selectable.new_alias(statements.compound(kind, statement, ...), "CTE",
      node_get(self, "name"), {
        options = node_get(self, "options"), restates = self, prefixes = node_get(self, "prefixes"),
        suffixes = node_get(self, "suffixes"), stem = node_get(self, "stem"),
      })
  end
end
methods.union, methods.union_all = extended "union", extended "union_all"

--- PostgreSQL: prefix_with("MATERIALIZED").
---@param ... any
---@return any
function methods:prefix_with(...)
  only_cte(self, "prefix_with")
  return node_append(self, "prefixes", unpack(select.hints("prefix_with", ...)))
end

--- Words behind the CTE's parentheses, such as SEARCH and CYCLE of PostgreSQL.
---@param ... any
---@return any
function methods:suffix_with(...)
  only_cte(self, "suffix_with")
  return node_append(self, "suffixes", unpack(select.hints("suffix_with", ...)))
end

local properties = selectable.Alias.properties
local function has(self, flag) return node_get(self, "options") % (2 * flag) >= flag end
properties.recursive = function(self) return has(self, E.ALIAS_RECURSIVE) end
properties.nesting = function(self) return has(self, E.ALIAS_NESTING) end

--- A CTE of a SELECT or of an INSERT, UPDATE, DELETE with RETURNING.
---@param value any
---@param name string?
---@param opts table?   recursive, nesting
---@return any
function module.cte(value, name, opts)
  local statement = coerce.element(value)
  local tag = node_tag(statement)
  if tag == nil or not (coerce.IS_SELECT[tag] or tag == T.INSERT or tag == T.UPDATE or tag == T.DELETE
    or tag == T.VALUES) then
    exc.raise("ArgumentError", "cte() needs a statement that returns rows, got %s", coerce.describe(value))
  end
  return statements.HasCTE.cte(statement, name, opts)
end
module.cte = named.arguments("cte", { "selectable", "name", "recursive" }, 1, 2, module.cte)

return module
