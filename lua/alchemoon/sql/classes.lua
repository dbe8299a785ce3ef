--- Names of SQLAlchemy's classes of SQL elements, to ask what something is: `am.Select.is(stmt)`.
--
-- Elements are made by functions (am.select, am.case ...); these tables tell them apart. Called, they make one too.
local core = require "alchemoon.core"
local coerce = require "alchemoon.sql.coerce"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local types = require "alchemoon.types"

local operator_names = coerce.operator_names
local T, E = core.tags, core.enums
local node_get, node_tag = core.node_get, core.node_tag

local kinds_of = {} -- test → the kinds of nodes that it tells apart (am.compiles)

local function of_tags(...)
  local wanted, list = {}, {}
  for i, name in ipairs { ... } do
    list[i] = assert(T[name], name)
    wanted[list[i]] = true
  end
  local function test(value)
    local tag = node_tag(value)
    return tag ~= nil and wanted[tag] == true
  end
  kinds_of[test] = list
  return test
end

local function of_alias(...)
  local kinds = {}
  for _, name in ipairs { ... } do kinds[assert(E[name], name)] = true end
  local function test(value) return node_tag(value) == T.ALIAS and kinds[node_get(value, "kind")] == true end
  kinds_of[test] = { T.ALIAS }
  return test
end

local tests = {
  Select = of_tags "SELECT", CompoundSelect = of_tags "COMPOUND", TextualSelect = of_tags "TEXTUAL_SELECT",
  ScalarSelect = of_tags "SCALAR_SELECT", Exists = of_tags "EXISTS",
  SelectBase = of_tags("SELECT", "COMPOUND", "TEXTUAL_SELECT"), GenerativeSelect = of_tags("SELECT", "COMPOUND"),
  Insert = of_tags "INSERT", Update = of_tags "UPDATE", Delete = of_tags "DELETE",
  UpdateBase = of_tags("INSERT", "UPDATE", "DELETE"), ValuesBase = of_tags("INSERT", "UPDATE"),
  TableClause = of_tags "TABLE", Join = of_tags "JOIN", Values = of_tags "VALUES",
  FromGrouping = of_tags "FROM_GROUPING",
  Alias = of_alias("ALIAS_PLAIN"), Subquery = of_alias("ALIAS_SUBQUERY"), CTE = of_alias("ALIAS_CTE"),
  Lateral = of_alias("ALIAS_LATERAL"), TableSample = of_alias("ALIAS_TABLESAMPLE"),
  TableValuedAlias = of_alias("ALIAS_TABLE_VALUED"),
  FromClause = of_tags("TABLE", "ALIAS", "JOIN", "VALUES", "FROM_GROUPING"),
  AliasedReturnsRows = of_tags "ALIAS",
  ColumnClause = of_tags "COLUMN", Label = of_tags "LABEL", BindParameter = of_tags "BIND", Null = of_tags "NULL",
  True_ = of_tags "TRUE", False_ = of_tags "FALSE", BinaryExpression = of_tags "BINARY",
  UnaryExpression = of_tags "UNARY", ClauseList = of_tags "CLAUSE_LIST", Grouping = of_tags "GROUPING",
  Case = of_tags "CASE", Cast = of_tags "CAST", TypeCoerce = of_tags "TYPE_COERCE", Extract = of_tags "EXTRACT",
  Function = of_tags "FUNCTION", FunctionElement = of_tags("FUNCTION"), Over = of_tags "OVER",
  FunctionFilter = of_tags "FUNC_FILTER", WithinGroup = of_tags "WITHIN_GROUP", Tuple = of_tags "TUPLE",
  TextClause = of_tags "TEXT",
}

function tests.BooleanClauseList(value)
  local name = tests.ClauseList(value) and operator_names[node_get(value, "op")]
  return name == "and_" or name == "or_"
end
--- Any scalar expression: it has a type and stands in no FROM.
function tests.ColumnElement(value)
  return node_tag(value) ~= nil and core.node_type(value) ~= nil and not tests.FromClause(value)
end
function tests.ClauseElement(value) return node_tag(value) ~= nil end
function tests.Executable(value)
  return tests.SelectBase(value) or tests.UpdateBase(value) or node_tag(value) == T.TEXT or node_tag(value) == T.DDL
end

--- ClauseList(a, b, { operator =, group = }): expressions with a comma, or another operator, between them.
---@param ... any
---@return alchemoon.ColumnElement
local function clause_list(_, ...)
  local args, opts = options.split(...)
  opts = options.read("ClauseList", opts, { operator = "comma_op", group = options.TRUE })
  local items = {}
  for i = 1, args.n do items[i] = coerce.column(args[i]) end
  local wanted = tostring(opts.operator):gsub("_op$", "")
  for id, name in pairs(operator_names) do
    if name == wanted or name == wanted .. "_" then
      return core.node(T.CLAUSE_LIST, { items = items, op = id, group = opts.group and 1 or 0 }, types.NULLTYPE)
    end
  end
  return exc.raise("ArgumentError", "ClauseList: there is no operator '%s'", tostring(opts.operator))
end

--- TextualSelect(text, columns, { positional }): what text:columns() makes, whose columns have the text's order.
---@param text alchemoon.TextClause
---@param list any[]   columns
---@param opts table?   positional (false: columns are found by name)
---@return alchemoon.ClauseElement
local function textual_select(_, text, list, opts)
  opts = options.read("TextualSelect", opts, { positional = false })
  if node_tag(text) ~= T.TEXT then
    exc.raise("ArgumentError", "TextualSelect: a text() is needed, got %s", coerce.describe(text))
  elseif type(list) ~= "table" then
    exc.raise("ArgumentError", "TextualSelect: a list of columns is needed, got %s", coerce.describe(list))
  end
  return core.node(T.TEXTUAL_SELECT, { element = text, columns = coerce.columns(list),
    positional = opts.positional and 1 or 0 })
end

local constructors = { ClauseList = clause_list, TextualSelect = textual_select }
for name, maker in pairs {
  BindParameter = "bindparam", Case = "case", Cast = "cast", Delete = "delete", Exists = "exists",
  Extract = "extract", False_ = "false_", FunctionFilter = "funcfilter", Insert = "insert", Null = "null_",
  Over = "over", Select = "select", TableClause = "table", TextClause = "text", True_ = "true_", Tuple = "tuple_",
  TypeCoerce = "type_coerce", Update = "update", Values = "values", WithinGroup = "within_group",
} do
  --- A construct of this class, as the function of its name in small letters makes it.
  ---@param ... any
  ---@return alchemoon.ClauseElement
  constructors[name] = function(_, ...)
    for _, room in ipairs { "expression", "selects", "dml" } do
      local make = require("alchemoon.sql." .. room)[maker]
      if make then return make(...) end
    end
  end
end

local classes = {}
for name, test in pairs(tests) do
  classes[name] = setmetatable({ name = name, is = test, compile_tags = kinds_of[test] }, {
    __tostring = function() return "<class 'alchemoon." .. name .. "'>" end, __call = constructors[name],
  })
end

return classes
