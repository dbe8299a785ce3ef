--- Names operations that lock or break a live system, with the safe way, before they run.
--
-- An upgrade stops at such an operation unless its migration says `assured = true` (or lists the operations' names), or
-- the operation stands in op.assured(function() … end). A table without rows, or one that this run made, can be changed
-- in any way. The option `lint` is "error", "warn" or "off".
local am = require "alchemoon"
local base = require "alchemoon.types.base"
local core = require "alchemoon.core"
local exc = require "alchemoon.migrate.errors"
local item = require "alchemoon.schema.item"

local lint = {}
local unpack = table.unpack or unpack -- luacheck: ignore 113

local CONCURRENTLY = [[op.autocommit_block(function()
  op.create_index(%q, %q, ..., { postgresql_concurrently = true })
end)]]
local VALIDATE = "create it with { postgresql_not_valid = true }, then, in a migration of its own:\n" ..
  "op.execute(\"ALTER TABLE %s VALIDATE CONSTRAINT %s\")"

local TEXTS = { STRING = true, TEXT_ = true, SQL_VARCHAR = true, SQL_TEXT = true, UNICODE = true, UNICODETEXT = true }
local NUMBERS = { NUMERIC = true, SQL_NUMERIC = true, SQL_DECIMAL = true }

-- A longer text, a number with more digits in front: PostgreSQL changes its catalogue only.
local function only_widens(old, new)
  local types = require "alchemoon.schema.types"
  old, new = old and types.coerce(old), types.coerce(new)
  if not old or not new then return false end
  local from, to = base.kind_key(old), base.kind_key(new)
  if TEXTS[from] and TEXTS[to] then
    local a, b = core.node_get(old, "length"), core.node_get(new, "length")
    return b == -1 or a ~= -1 and a <= b
  end
  if NUMBERS[from] and NUMBERS[to] then
    local a, b = core.node_get(old, "precision"), core.node_get(new, "precision")
    if b == -1 then return true end
    return a ~= -1 and a <= b and core.node_get(old, "scale") == core.node_get(new, "scale")
  end
  local ok, same = pcall(function()
    return old:compile { dialect = "postgresql" } == new:compile { dialect = "postgresql" }
  end)
  return ok and same
end

-- --- facts about the database and the models -----------------------------------------------------------------

local function mapped_table(context, table_name, schema)
  local metadata = context.opts.target_metadata
  if type(metadata) == "function" then metadata = metadata() end
  if metadata == nil then return nil end
  for _, one in ipairs(core.node_tag(metadata) and { metadata } or metadata) do
    local found = core.metadata_table(one, item.full_name(schema, table_name))
    if found then return found end
  end
end

local function mapped_column(context, table_name, column, schema)
  local t = mapped_table(context, table_name, schema)
  for _, one in ipairs(t and core.node_get(t, "columns") or {}) do
    if one.name == column then return true end
  end
  return false
end

local function scalar(context, sql, ...)
  local values = { ... }
  for i, value in ipairs(values) do values[i] = context.impl:literal(value) end
  return context.connection:exec_driver_sql(sql:format(unpack(values))):scalar()
end

-- The first function in an expression that gives another value on each call.
local function volatile_function(context, text)
  for name in text:gmatch "([%a_][%w_]*)%s*%(" do
    if scalar(context, "SELECT 1 FROM pg_catalog.pg_proc WHERE proname = %s AND provolatile = 'v' LIMIT 1",
      name:lower()) then return name end
  end
end

local NOT_NULL = [[SELECT 1 FROM pg_catalog.pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'
AND convalidated AND pg_catalog.pg_get_constraintdef(oid) IN (%s, %s) LIMIT 1]]

-- A validated CHECK (x IS NOT NULL) spares SET NOT NULL its reading of the table.
local function checked_not_null(context, table_name, column, schema)
  local name, quoted = context.impl:table_name(table_name, schema), context.impl:quote(column)
  return scalar(context, NOT_NULL, name, ("CHECK ((%s IS NOT NULL))"):format(quoted),
    ("CHECK (%s IS NOT NULL)"):format(quoted)) ~= nil
end

local function existing_type(context, table_name, column, schema)
  for _, info in ipairs(am.inspect(context.connection):get_columns(table_name, schema)) do
    if info.name == column then return info.type end
  end
end

-- --- the checks ----------------------------------------------------------------------------------------------

-- Each returns table, schema, what is wrong, the recipe; nil when all is well. A fifth value says where it counts:
-- "everywhere" is every database, "always" is also a table without rows.
local checks = {}

function checks.create_index(context, name, table_name, opts)
  if opts.postgresql_concurrently then
    if not context.inside then return nil end
    return table_name, opts.schema, "is built concurrently, which cannot happen in a transaction",
      CONCURRENTLY:format(tostring(name), table_name), "always"
  end
  return table_name, opts.schema, "locks the table against writes while the index is built",
    CONCURRENTLY:format(tostring(name), table_name)
end

function checks.create_foreign_key(_, name, table_name, opts)
  if opts.postgresql_not_valid then return nil end
  return table_name, opts.source_schema, "locks both tables while every row is checked",
    VALIDATE:format(table_name, tostring(name))
end

function checks.create_check_constraint(_, name, table_name, opts)
  if opts.postgresql_not_valid then return nil end
  return table_name, opts.schema, "locks the table while every row is checked", VALIDATE:format(table_name,
    tostring(name))
end

local function using_index(word)
  return function(_, name, table_name, opts)
    return table_name, opts.schema, "locks the table while its index is built",
      CONCURRENTLY:format(tostring(name), table_name) .. " -- unique = true, too\n" ..
      ("op.execute(\"ALTER TABLE %s ADD CONSTRAINT %s %s USING INDEX %s\")"):format(table_name, tostring(name), word,
        tostring(name))
  end
end
checks.create_unique_constraint, checks.create_primary_key = using_index "UNIQUE", using_index "PRIMARY KEY"

function checks.create_exclude_constraint(_, _, table_name, opts)
  return table_name, opts.schema, "locks the table while its index is built and every row is checked",
    "run it while nobody writes to the table; there is no way without the lock"
end

-- What an added column does to the rows that are there, on PostgreSQL.
local function rewrites(context, column)
  if context.dialect_name ~= "postgresql" then return nil end
  if column.identity or column.autoincrement == true then
    return "counts every row anew", "add a plain column, fill it in portions, then make it an identity"
  end
  if column.computed then
    return "computes and writes every row anew", "add a plain column, fill it in portions and by a trigger"
  end
  local default = column.server_default and column.server_default.arg
  if default == nil or type(default) == "string" then return nil end
  local name = volatile_function(context, tostring(default))
  if not name then return nil end
  return ("has the default %s(), which differs for every row and so writes the whole table anew"):format(name),
    "add the column without the default, op.alter_column(..., { server_default = … }) for new rows, fill the old " ..
    "ones in portions"
end

-- Rows that are there already get no value, and a default that is computed rewrites them all.
function checks.add_column(context, table_name, column, opts)
  local default = column.server_default or column.computed or column.identity
  if not column.nullable and not default and not column.primary_key then
    return table_name, opts.schema, ("adds column '%s' that must not be null and has no server_default, which fails " ..
      "for the rows that are there"):format(column.name),
      "add it nullable, fill it, then op.alter_column(..., { nullable = false }); or give it a server_default",
      "everywhere"
  end
  local what, recipe = rewrites(context, column)
  if what then return table_name, opts.schema, ("adds column '%s', which %s"):format(column.name, what), recipe end
  if column.unique then
    return table_name, opts.schema, ("adds column '%s' with a unique constraint, whose index is built under a lock")
      :format(column.name), "add the column alone, then:\n" .. CONCURRENTLY:format("uq_" .. column.name, table_name)
  end
end

-- What locks or rewrites a table in use, with the way round it.
function checks.alter_column(context, table_name, column, opts)
  if opts.new_column_name and mapped_column(context, table_name, column, opts.schema) then
    return table_name, opts.schema, ("renames column '%s', which the models still have"):format(column),
      "add a column of the new name, write both, copy in portions, switch the programs over, drop the old one",
      "everywhere"
  end
  if context.dialect_name ~= "postgresql" then return nil end
  if opts.type_ and not only_widens(opts.existing_type or existing_type(context, table_name, column, opts.schema),
    opts.type_) then
    return table_name, opts.schema, ("rewrites the table under an exclusive lock to change the type of '%s'"):format(
      column), "add a column of the new type, copy in portions, switch the programs over, drop the old column"
  end
  if opts.nullable == false and not checked_not_null(context, table_name, column, opts.schema) then
    return table_name, opts.schema, ("reads the whole table under an exclusive lock to set '%s' NOT NULL"):format(
      column), ("op.create_check_constraint(\"%s_not_null\", %q, \"%s IS NOT NULL\", " ..
      "{ postgresql_not_valid = true }), VALIDATE it in a migration of its own, then alter the column and drop the " ..
      "check"):format(column, table_name, column)
  end
end

function checks.drop_column(context, table_name, column, opts)
  if not mapped_column(context, table_name, column, opts.schema) then return nil end
  return table_name, opts.schema, ("drops column '%s', which the models still have"):format(column),
    "take it out of the models and deploy them first", "everywhere"
end

function checks.drop_table(context, table_name, opts)
  if not mapped_table(context, table_name, opts.schema) then return nil end
  return table_name, opts.schema, "drops a table that the models still have",
    "take it out of the models and deploy them first", "everywhere"
end

function checks.rename_table(context, table_name, new_name, opts)
  if not mapped_table(context, table_name, opts.schema) then return nil end
  return table_name, opts.schema, "renames a table that the models still have",
    ("deploy models that use '%s' together with the migration, or leave a view of the old name"):format(new_name),
    "everywhere"
end

-- Values that go away or change places: the type is made anew, and with it every column that has it.
function checks.alter_enum(context, name, values, opts)
  local at = 1
  for _, value in ipairs(values) do
    if value == opts.existing_values[at] then at = at + 1 end
  end
  if at > #opts.existing_values then -- only new ones
    context.new_enum_values = context.new_enum_values or {}
    local known = {}
    for _, value in ipairs(opts.existing_values) do known[value] = true end
    for _, value in ipairs(values) do
      if not known[value] then context.new_enum_values[value] = name end
    end
    return nil
  end
  for _, column in ipairs(opts.columns or {}) do
    local schema, table_name = column[1]:match "^(.*)%.([^.]+)$"
    table_name = table_name or column[1]
    if lint.has_rows(context, table_name, schema) then
      return table_name, schema, ("writes the whole table anew to take values from enumeration '%s'"):format(name),
        "leave the values in the type and forbid them with a CHECK that is NOT VALID"
    end
  end
end

-- A value that the same transaction added cannot be used yet.
function checks.execute(context, statement)
  if not context.new_enum_values or not context.inside then return nil end
  local text = type(statement) == "string" and statement or tostring(statement)
  for value, name in pairs(context.new_enum_values) do
    if text:find("'" .. value .. "'", 1, true) then
      return name, nil, ("uses the value '%s' in the transaction that adds it to the enumeration, which PostgreSQL " ..
        "refuses"):format(value), "use it in a migration of its own, with transaction_per_migration = true", "always"
    end
  end
end

-- --- the guard -----------------------------------------------------------------------------------------------

--- Has a table rows that somebody else can see? One that this run made has none.
function lint.has_rows(context, table_name, schema)
  if context.created_tables and context.created_tables[(schema or "") .. "." .. table_name] then return false end
  local connection = context.connection
  if not am.inspect(connection):_has_table_now(table_name, schema) then return false end
  local name = context.impl:table_name(table_name, schema)
  return connection:exec_driver_sql("SELECT 1 FROM " .. name .. " LIMIT 1"):first() ~= nil
end

local function is_assured(assured, name)
  if type(assured) ~= "table" then return assured and true or false end
  for _, one in ipairs(assured) do
    if one == name then return true end
  end
  return false
end

local LOCKING = { add_column = true, alter_column = true, drop_column = true, drop_table = true,
  rename_table = true, create_foreign_key = true, create_check_constraint = true, create_unique_constraint = true }

-- Without lock_timeout a waiting ALTER TABLE makes everybody wait behind it: said once, never an error.
local function missing_timeout(context, name, table_name, schema)
  if context.warned_of_timeout or context.opts.lock_timeout ~= nil or not LOCKING[name] then return end
  if context.dialect_name ~= "postgresql" or not lint.has_rows(context, table_name, schema) then return end
  context.warned_of_timeout = true
  if scalar(context, "SELECT current_setting('lock_timeout')") == "0" then
    context:log(("No lock_timeout is set: while %s waits for its lock on table '%s', everybody else waits behind " ..
      "it; set lock_timeout in the configuration"):format(name, table_name))
  end
end

local NAME_SECOND = { create_foreign_key = true, create_check_constraint = true, create_unique_constraint = true }

local function counts(context, where, table_name, schema)
  if where == "always" then return true end
  if where ~= "everywhere" and context.dialect_name ~= "postgresql" then return false end
  return lint.has_rows(context, table_name, schema)
end

local LEVELS = { error = "error", warn = "warn", off = false }

--- The level that an option says.
function lint.level(value)
  if value == nil or value == true then return "error" end
  if value == false then return false end
  if LEVELS[value] == nil then
    exc.raise("ArgumentError", "lint: 'error', 'warn' or 'off', got '%s'", tostring(value))
  end
  return LEVELS[value]
end

--- The guard of a migration: a function(operation name, arguments of it ...), or nil when nothing is checked.
---@param context table
---@param more table   { assured =, revision = }; without a revision nothing is checked
function lint.guard(context, more)
  local level = lint.level(context.opts.lint)
  if not level or not more.revision or context.as_sql then return nil end
  return function(name, first, second, ...)
    local check = checks[name]
    if not check or is_assured(more.assured, name) then return end
    local table_name, schema, what, recipe, where = check(context, first, second, ...)
    if not table_name or not counts(context, where, table_name, schema) then
      local n = select("#", ...)
      local last = n > 0 and select(n, ...) or second
      local opts = type(last) == "table" and not core.node_tag(last) and last or {}
      local of = NAME_SECOND[name] and second or first
      if item.is_name(of) then missing_timeout(context, name, item.text(of), opts.schema or opts.source_schema) end
      return
    end
    local text = ("Revision %s: %s on %s '%s' %s.\nSafe way: %s\nTo run it as it is, add 'assured = true' to the " ..
      "migration."):format(more.revision, name, name == "execute" and "enumeration" or "table", table_name, what,
      recipe)
    if level == "warn" then return context:log(text) end
    exc.raise("UnsafeOperation", "%s", text)
  end
end

return lint
