--- Places in a statement and what they accept, as errors name them: "ORDER BY expression expected, got 5."
--
-- A role is the words for a place. Who finds that a value does not fit calls roles.refuse(role, value).
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"

local roles = {
  ELEMENT = "SQL expression element",
  OPERAND = "SQL expression element or literal value",
  CONDITION = "SQL expression for WHERE/HAVING role",
  ON_CLAUSE = "ON clause, typically a SQL expression or ORM relationship attribute",
  COLUMNS_CLAUSE = "Column expression, FROM clause, or other columns clause element",
  ORDER_BY = "ORDER BY expression",
  GROUP_BY = "GROUP BY expression",
  BY_OR_OF = "GROUP BY / OF / etc. expression",
  IN_LIST = "IN expression list, SELECT construct, or bound parameter object",
  FROM = "FROM expression, such as a Table or alias() object",
  SET_MEMBER = "SELECT construct for inclusion in a UNION or other set construct",
  DML_TABLE = "subject table for an INSERT, UPDATE or DELETE",
  DML_COLUMN = "SET/VALUES column expression or string key",
  DDL_EXPRESSION = "SQL expression element for DDL constraint",
  DDL_COLUMN = "String column name or column expression for DDL constraint",
  DDL_REFERRED = "String column name or Column object for DDL foreign key constraint",
  PART = "statement sub-expression element",
  SELECT_STATEMENT = "SELECT construct or equivalent text() construct",
  ROWS = "Row returning expression such as a SELECT, a FROM clause, or an INSERT/UPDATE/DELETE with RETURNING",
  STATEMENT = "Executable SQL or text() construct",
}

local describe

local function described_items(list)
  local parts = {}
  for i = 1, list.n or #list do parts[i] = describe(list[i]) end
  return table.concat(parts, ", ")
end

--- A text in quotes, those that it does not contain.
---@param text string
---@return string
function roles.quoted(text)
  local mark = text:find("'", 1, true) and not text:find('"', 1, true) and '"' or "'"
  return mark .. text .. mark
end

--- A value as messages show it: constructs by their SQL, texts in quotes, lists by their items.
---@param value any
---@return string
function describe(value)
  if core.node_tag(value) then
    local ok, text = pcall(tostring, value)
    return ok and text or "an SQL construct"
  end
  local kind = type(value)
  if kind == "string" then return roles.quoted(value) end
  if kind == "table" and getmetatable(value) == nil then
    if #value > 0 then return "[" .. described_items(value) .. "]" end
    return next(value) == nil and "{}" or exc.format_params(value)
  end
  return tostring(value)
end
roles.describe = describe

--- The values of a row: (1, 'two').
---@param row any[]
---@return string
function roles.tuple(row) return "(" .. described_items(row) .. ")" end

--- Raises the error of a value that does not fit its place.
---@param role string   one of the words above
---@param value any
---@param advice string?   a sentence on what to do
function roles.refuse(role, value, advice)
  return exc.raise("ArgumentError", "%s", ("%s expected, got %s.%s"):format(role, describe(value),
    advice and " " .. advice or ""))
end

return roles
