--- The public names of SELECT and of what can stand in FROM.
local core = require "alchemoon.core"
local coerce = require "alchemoon.sql.coerce"
local exc = require "alchemoon.exc"
local selectable = require "alchemoon.sql.selectable"
require "alchemoon.sql.label"
require "alchemoon.sql.table_valued"
local select = require "alchemoon.sql.select"
local statements = require "alchemoon.sql.statements"
local text = require "alchemoon.sql.text"
local cte = require "alchemoon.sql.cte"
local values = require "alchemoon.sql.values"

local E = core.enums

local public = {
  select = select.select, exists = select.exists, text = text.text,
  table = selectable.table, alias = selectable.alias, lateral = selectable.lateral,
  tablesample = selectable.tablesample, join = selectable.join, outerjoin = selectable.outerjoin,
  columns = selectable.columns, values = values.values, cte = cte.cte,
  LABEL_STYLE_NONE = E.LABEL_STYLE_NONE,
  LABEL_STYLE_TABLENAME_PLUS_COL = E.LABEL_STYLE_TABLENAME_PLUS_COL,
  LABEL_STYLE_DISAMBIGUATE_ONLY = E.LABEL_STYLE_DISAMBIGUATE_ONLY,
  LABEL_STYLE_DEFAULT = E.LABEL_STYLE_DISAMBIGUATE_ONLY,
  LABEL_STYLE_LEGACY_ORM = E.LABEL_STYLE_LEGACY_ORM,
}
for name in pairs(statements.KINDS) do
  --- SELECTs joined by UNION, EXCEPT or INTERSECT [ALL].
  ---@param ... any
  ---@return alchemoon.SelectBase
  public[name] = function(...) return statements.compound(name, ...) end
end

--- A subquery of a SELECT.
---@param value any
---@param name string?
---@return any
function public.subquery(value, name)
  local statement = coerce.element(value)
  if statement == nil or not coerce.IS_SELECT[core.node_tag(statement)] then
    exc.raise("ArgumentError", "subquery() needs a SELECT, got %s", coerce.describe(value))
  end
  return statement:subquery(name)
end

return public
