--- How two columns differ: types, nullability, defaults, comments, identities.
local am = require "alchemoon"
local core = require "alchemoon.core"
local base = require "alchemoon.types.base"

local compare = {}

-- Spellings that mean the same type.
local ALIASES = {
  postgresql = { { "^NCHAR", "CHAR" }, { "^DECIMAL", "NUMERIC" },
    { "^CHARACTER VARYING", "VARCHAR" }, { "^CHARACTER%(", "CHAR(" },
    { "^INT4$", "INTEGER" }, { "^INT$", "INTEGER" }, { "^INT8$", "BIGINT" }, { "^INT2$", "SMALLINT" },
    { "^FLOAT8$", "DOUBLE PRECISION" }, { "^FLOAT4$", "REAL" }, { "^DATETIME$", "TIMESTAMP" },
    { " WITHOUT TIME ZONE", "" }, { "^BOOL$", "BOOLEAN" }, { "^CHAR$", "CHAR(1)" }, { "^BIT$", "BIT(1)" },
    { "^TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE" }, { "^NVARCHAR", "VARCHAR" } },
  sqlite = { { "^DECIMAL", "NUMERIC" } },
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
  local plain_upper, collation = upper:match "^(.-) COLLATE (.*)$"
  if plain_upper then upper = plain_upper end
  if dialect == "postgresql" then
    local plain, brackets = upper:match "^(.-)(%[[%[%]%d]*)$"
    if plain then upper, dims = plain, brackets end
    dims = dims ~= "" and "[]" or ""
    upper = upper:gsub("^PG_CATALOG%.", ""):gsub("^PUBLIC%.", "")
  end
  for _, pair in ipairs(ALIASES[dialect] or {}) do upper = upper:gsub(pair[1], pair[2]) end
  if dialect == "postgresql" then upper = float_of_postgresql(upper) end
  return upper .. dims, collation
end

--- Do the types differ? hook(context, found column, wanted column, found type, wanted type) may decide.
function compare.type_differs(context, found, wanted)
  local hook = context.opts.compare_type
  if not hook then return false end
  if type(hook) == "function" then
    local answer = hook(context, found, wanted, found.type, wanted.type)
    if answer ~= nil then return answer end
  end
  if base.kind_key(wanted.type) == "NULLTYPE" then return false end
  local dialect = context.dialect_name
  local a, a_collation = compare.type_text(dialect, found.type)
  local b, b_collation = compare.type_text(dialect, wanted.type)
  if a == nil or b == nil then return false end
  return a ~= b or a_collation ~= nil and b_collation ~= nil and a_collation ~= b_collation
end

-- --- defaults ------------------------------------------------------------------------------------------------

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

local function is_constant(text)
  return text:match "^'[^']*'$" or text:match "^'[^']*'::[%w_ .\"%[%]%(%),]+$" or text:match "^%-?[%d.]+$" ~= nil
end

--- Do the server defaults differ? The hook gets (context, found, wanted, found text, wanted default, wanted text).
-- `server` says how PostgreSQL writes them; nil elsewhere.
function compare.default_differs(context, found, wanted, server)
  local hook = context.opts.compare_server_default
  if hook == false then return false end
  if wanted.computed or wanted.identity or found.computed or found.identity then return false end
  local a, b = default_sql(context, found), default_sql(context, wanted)
  if a == nil and b == nil then return false end
  if type(hook) == "function" then
    local answer = hook(context, found, wanted, a, wanted.server_default, b)
    if answer ~= nil then return answer and true or false end
  end
  if wanted.server_default ~= nil and b == nil then return false end -- FetchedValue: a trigger's business
  if plain(a) == plain(b) then return false end
  if a and b and server then
    if is_constant(a) and is_constant(b) then
      local equal = server:equal(a, b, wanted.type)
      if equal ~= nil then return not equal end
    end
    local same = server:same_default(wanted.name, found.name, b)
    if same ~= nil then return not same end
  end
  return true
end

local LONG_NAMES = { "character varying", "double precision", "bit varying", "timestamp with time zone",
  "timestamp without time zone", "time with time zone", "time without time zone" }

--- A text without PostgreSQL's casts.
function compare.without_casts(text)
  for _, name in ipairs(LONG_NAMES) do text = text:gsub("::" .. name, "\1") end
  text = text:gsub('::"[^"]+"', "\1"):gsub("::[%w_.]+", "\1")
  return (text:gsub("\1%(%d+,? ?%d*%)", "\1"):gsub("\1%[%]", "\1"):gsub("\1", ""))
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
  text = compare.without_casts(text:lower()):gsub('[%s"()]', "")
  return (text:gsub("[%w_]+%.", ""))
end

--- Can the text be read in one way only when its parentheses are gone? Then two texts that are equal without
-- parentheses say the same, and the server need not be asked.
function compare.unambiguous(text)
  text = " " .. text:gsub("'[^']*'", "''"):lower() .. " "
  for _, word in ipairs { "or", "not", "case", "between", "is" } do
    if text:find("%f[%w_]" .. word .. "%f[^%w_]") then return false end
  end
  local operators = select(2, text:gsub("[-+*/%%^]", "")) + select(2, text:gsub("||", ""))
  return operators <= 1
end

-- --- computed and identity columns ---------------------------------------------------------------------------

local function squeezed(text) return (compare.without_casts(text):gsub("[%s()'\"`%[%]]", ""):lower()) end

--- Is a computed column to become a plain one, or the other way round, or does its expression change? No database
-- changes that in place.
function compare.computed_differs(context, found, wanted)
  if not found.computed and not wanted.computed then return false end
  if not found.computed or not wanted.computed then return true end
  local a = compare.ddl_text(context, core.node_get(found.computed, "sqltext"))
  local b = compare.ddl_text(context, core.node_get(wanted.computed, "sqltext"))
  return squeezed(a) ~= squeezed(b)
end

local IDENTITY = { always = 0, start = "1", increment = "1", minvalue = "1", cycle = 2, cache = "1" }

local function option(identity, key)
  local value = core.node_get(identity, key)
  if key == "always" then return value == 1 and 1 or 0 end
  return value
end

--- Do the identities differ? An option that the model leaves out is the database's own choice if it is the usual one.
function compare.identity_differs(found, wanted)
  local a, b = found.identity, wanted.identity
  if not a and not b then return false end
  if not a or not b then return true end
  for key, usual in pairs(IDENTITY) do
    local there, said = option(a, key), option(b, key)
    if key ~= "always" and (said == nil or said == 0) then said = usual end
    if key ~= "always" and (there == nil or there == 0) then there = usual end
    if key == "minvalue" and core.node_get(b, key) == nil and (tonumber(option(b, "increment") or 1) or 1) < 0 then
      said = there
    end
    if key == "start" and core.node_get(b, key) == nil then said = core.node_get(b, "minvalue") or said end
    if tostring(there) ~= tostring(said) then return true end
  end
  local most = core.node_get(b, "maxvalue")
  return most ~= nil and tostring(core.node_get(a, "maxvalue")) ~= tostring(most)
end

-- --- all of it -----------------------------------------------------------------------------------------------

local function type_changes(run, op, found, wanted)
  if not compare.type_differs(run.context, found, wanted) then return end
  local dialect = run.context.dialect_name
  op.modify_type = wanted.type
  if dialect == "postgresql" then
    local name = run.context.impl:quote(wanted.name)
    op.kw.postgresql_using = name .. "::" .. wanted.type:compile { dialect = dialect }
    op.kw.reverse_using = name .. "::" .. found.type:compile { dialect = dialect }
  end
end

local function default_changes(run, op, found, wanted, server)
  if not run.context.opts.compare_server_default then return end
  if compare.computed_differs(run.context, found, wanted) then
    run:warn("Computed default on %s.%s cannot be modified", op.table_name, wanted.name)
  elseif not (found.computed or wanted.computed) and compare.identity_differs(found, wanted) then
    op.modify_server_default = wanted.identity or wanted.server_default or false
    op.existing_server_default = found.identity or op.existing_server_default
  elseif compare.default_differs(run.context, found, wanted, server) then
    op.modify_server_default = wanted.server_default or false
  end
end

--- What must be done to a column: an AlterColumnOp, with or without changes.
function compare.column(run, op, found, wanted, server)
  op.existing_type, op.existing_nullable = found.type, found.nullable
  op.existing_server_default = found.server_default
  type_changes(run, op, found, wanted)
  local fixed = wanted.identity or wanted.computed or found.identity
  if found.nullable ~= wanted.nullable and not fixed then op.modify_nullable = wanted.nullable end
  default_changes(run, op, found, wanted, server)
  if run.comments then
    op.existing_comment = found.comment
    if (found.comment or "") ~= (wanted.comment or "") then op.modify_comment = wanted.comment or false end
  end
  return op
end

return compare
