--- How two columns differ: types, defaults, comments.
local am = require "alchemoon"
local core = require "alchemoon.core"
local base = require "alchemoon.types.base"

local compare = {}

-- Spellings that mean the same type.
local ALIASES = {
  postgresql = { { "^DECIMAL", "NUMERIC" }, { "^CHARACTER VARYING", "VARCHAR" }, { "^CHARACTER%(", "CHAR(" },
    { "^INT4$", "INTEGER" }, { "^INT$", "INTEGER" }, { "^INT8$", "BIGINT" }, { "^INT2$", "SMALLINT" },
    { "^FLOAT8$", "DOUBLE PRECISION" }, { "^FLOAT4$", "REAL" }, { "^DATETIME$", "TIMESTAMP" },
    { " WITHOUT TIME ZONE", "" }, { "^BOOL$", "BOOLEAN" }, { "^CHAR$", "CHAR(1)" }, { "^BIT$", "BIT(1)" },
    { "^TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE" }, { "^NVARCHAR", "VARCHAR" } },
  sqlite = {},
}

local function float_of_postgresql(text)
  local precision = text:match "^FLOAT%((%d+)%)$"
  if text == "FLOAT" then return "DOUBLE PRECISION" end
  if precision then return tonumber(precision) <= 24 and "REAL" or "DOUBLE PRECISION" end
  local scale_less = text:match "^NUMERIC%((%d+)%)$"
  if scale_less then return ("NUMERIC(%s, 0)"):format(scale_less) end
  return text
end

--- One spelling for all that mean the same type.
function compare.type_text(dialect, type_)
  local ok, text = pcall(function() return type_:compile { dialect = dialect } end)
  if not ok then return nil end
  local upper = text:upper():gsub('"', ""):gsub("%s+", " "):gsub(" ?, ?", ", ")
  local dims = ""
  if dialect == "postgresql" then
    upper = upper:gsub(" COLLATE .*$", "")
    local plain, brackets = upper:match "^(.-)(%[[%[%]%d]*)$"
    if plain then upper, dims = plain, brackets end
    dims = dims ~= "" and "[]" or ""
    upper = upper:gsub("^PG_CATALOG%.", ""):gsub("^PUBLIC%.", "")
  end
  for _, pair in ipairs(ALIASES[dialect] or {}) do upper = upper:gsub(pair[1], pair[2]) end
  if dialect == "postgresql" then upper = float_of_postgresql(upper) end
  return upper .. dims
end

--- Do the types differ? hook(context, found column, wanted column, found type, wanted type) may decide.
function compare.type_differs(context, found, wanted)
  local hook = context.opts.compare_type
  if hook == false then return false end
  if type(hook) == "function" then
    local answer = hook(context, found, wanted, found.type, wanted.type)
    if answer ~= nil then return answer end
  end
  if base.kind_key(wanted.type) == "NULLTYPE" then return false end
  local dialect = context.dialect_name
  local a, b = compare.type_text(dialect, found.type), compare.type_text(dialect, wanted.type)
  return a ~= nil and b ~= nil and a ~= b
end

-- --- defaults ---------------------------------------------------------------------------------------------------

local function default_sql(context, column)
  local value = column.server_default
  if value == nil or column.computed or column.identity then return nil end
  local arg = value.arg
  if arg == nil then return nil end
  if type(arg) == "string" then return context.impl:literal(arg) end
  return arg:compile({ dialect = context.dialect_name, literal_binds = true }).sql
end

local function balanced_inside(text)
  local depth = 0
  for i = 1, #text do
    local ch = text:sub(i, i)
    if ch == "(" then depth = depth + 1 elseif ch == ")" then depth = depth - 1 end
    if depth == 0 and i < #text then return false end
  end
  return true
end

-- Without casts, outer parentheses and differences of spelling.
local function plain(text)
  if text == nil then return nil end
  text = text:gsub("^%s+", ""):gsub("%s+$", "")
  local changed = true
  while changed do
    changed = false
    local inner = text:match "^%((.*)%)$"
    if inner and balanced_inside(text) then text, changed = inner, true end
    local bare = text:match "^('.*')::[%w_ .\"%[%]%(%),]+$" or text:match "^(%-?[%d.]+)::[%w_ ]+$"
    if bare and not bare:sub(2, -2):find("'::", 1, true) then text, changed = bare, true end
  end
  if text:match "^'%-?%d+%.?%d*'$" then text = text:sub(2, -2) end
  if not text:find("'", 1, true) then text = text:lower():gsub("%s+", " ") end
  return text
end

-- PostgreSQL keeps a default in its own words: it is asked whether both mean the same.
local function same_for_postgresql(context, a, b)
  local conn = context.connection
  local savepoint = conn:begin_nested()
  local ok, same = pcall(function()
    return conn:exec_driver_sql(("SELECT (%s)::text = (%s)::text"):format(a, b)):scalar()
  end)
  savepoint:rollback()
  return ok and same == true
end

--- Do the server defaults differ? The hook gets (context, found, wanted, found text, wanted default, wanted text).
function compare.default_differs(context, found, wanted)
  local hook = context.opts.compare_server_default
  if hook == false then return false end
  if wanted.computed or wanted.identity or found.computed or found.identity then return false end
  local a, b = default_sql(context, found), default_sql(context, wanted)
  if type(hook) == "function" then
    local answer = hook(context, found, wanted, a, wanted.server_default, b)
    if answer ~= nil then return answer end
  end
  if a == nil and b == nil then return false end
  if wanted.server_default ~= nil and b == nil then return false end -- FetchedValue: a trigger's business
  if b == nil and a and a:match "^nextval%(" then return false end
  if plain(a) == plain(b) then return false end
  if a and b and context.dialect_name == "postgresql" and context.connection then
    return not same_for_postgresql(context, a, b)
  end
  return true
end

--- An expression of DDL as text: columns stand without their table.
function compare.ddl_text(context, element)
  local function bare(node)
    if core.node_tag(node) == core.tags.COLUMN then return am.column(node.name) end
  end
  element = bare(element) or core.node_replace(element, bare)
  return element:compile({ dialect = context.dialect_name, literal_binds = true }).sql
end

--- Texts of expressions that a database writes in its own way.
function compare.expression_text(context, element)
  if core.node_tag(element) == core.tags.COLUMN then return element.name:lower() end
  local text = compare.ddl_text(context, element)
  text = text:lower():gsub("::[%w_ ]+", ""):gsub('[%s"()]', "")
  return (text:gsub("[%w_]+%.", ""))
end

return compare
