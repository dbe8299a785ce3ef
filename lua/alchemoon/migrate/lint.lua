--- Names operations that lock or break a live system, with the safe way, before they run.
--
-- An upgrade stops at such an operation unless its migration says `assured = true` (or lists the operations' names). A
-- table without rows can be changed in any way. The option `lint` is "error", "warn" or false.
local am = require "alchemoon"
local base = require "alchemoon.types.base"
local core = require "alchemoon.core"
local exc = require "alchemoon.migrate.errors"

local lint = {}

local CONCURRENTLY = [[op.autocommit_block(function()
  op.create_index(%q, %q, ..., { postgresql_concurrently = true })
end)]]

local TEXTS = { STRING = true, TEXT_ = true, SQL_VARCHAR = true, SQL_TEXT = true, UNICODE = true, UNICODETEXT = true }

-- Longer texts need no rewrite.
local function only_widens(old, new)
  local types = require "alchemoon.schema.types"
  old, new = old and types.coerce(old), types.coerce(new)
  if not old or not new or not TEXTS[base.kind_key(old)] or not TEXTS[base.kind_key(new)] then return false end
  local a, b = core.node_get(old, "length"), core.node_get(new, "length")
  return b == -1 or a ~= -1 and a <= b
end

local checks = {}

-- Each returns table, schema, what is wrong, the recipe; nil when all is well.
function checks.create_index(_, name, table_name, opts)
  if opts.postgresql_concurrently then return nil end
  return table_name, opts.schema, "locks the table against writes while the index is built",
    CONCURRENTLY:format(tostring(name), table_name)
end

function checks.create_foreign_key(_, name, table_name, opts)
  if opts.postgresql_not_valid then return nil end
  return table_name, opts.source_schema, "locks both tables while every row is checked",
    ("create it with { postgresql_not_valid = true }, then, in a migration of its own:\n" ..
    "op.execute(\"ALTER TABLE %s VALIDATE CONSTRAINT %s\")"):format(table_name, tostring(name))
end

function checks.create_check_constraint(_, name, table_name, opts)
  if opts.postgresql_not_valid then return nil end
  return table_name, opts.schema, "locks the table while every row is checked",
    ("create it with { postgresql_not_valid = true }, then, in a migration of its own:\n" ..
    "op.execute(\"ALTER TABLE %s VALIDATE CONSTRAINT %s\")"):format(table_name, tostring(name))
end

function checks.create_unique_constraint(_, name, table_name, opts)
  return table_name, opts.schema, "locks the table while its index is built",
    CONCURRENTLY:format(tostring(name), table_name) .. " -- unique = true, too\n" ..
    ("op.execute(\"ALTER TABLE %s ADD CONSTRAINT %s UNIQUE USING INDEX %s\")"):format(table_name, tostring(name),
      tostring(name))
end

function checks.add_column(_, table_name, column, opts)
  if column.nullable or column.server_default or column.computed or column.identity then return nil end
  return table_name, opts.schema, ("adds column '%s' that must not be null and has no server_default, which fails " ..
    "for the rows that are there"):format(column.name),
    "add it nullable, fill it, then op.alter_column(..., { nullable = false }); or give it a server_default", true
end

function checks.alter_column(_, table_name, column, opts)
  if opts.type_ and not only_widens(opts.existing_type, opts.type_) then
    return table_name, opts.schema, ("rewrites the table under an exclusive lock to change the type of '%s'"):format(
      column), "add a column of the new type, copy in portions, switch the programs over, drop the old column"
  end
  if opts.nullable == false then
    return table_name, opts.schema, ("reads the whole table under an exclusive lock to set '%s' NOT NULL"):format(
      column), ("op.create_check_constraint(\"%s_not_null\", %q, \"%s IS NOT NULL\", " ..
      "{ postgresql_not_valid = true }), VALIDATE it in a migration of its own, then alter the column and drop the " ..
      "check"):format(column, table_name, column)
  end
end

local function mapped_table(context, table_name, schema)
  local metadata = context.opts.target_metadata
  if type(metadata) == "function" then metadata = metadata() end
  if metadata == nil then return nil end
  for _, one in ipairs(core.node_tag(metadata) and { metadata } or metadata) do
    local found = core.metadata_table(one, schema and schema .. "." .. table_name or table_name)
    if found then return found end
  end
end

function checks.drop_column(context, table_name, column, opts)
  local t = mapped_table(context, table_name, opts.schema)
  if not t then return nil end
  for _, one in ipairs(core.node_get(t, "columns")) do
    if one.name == column then
      return table_name, opts.schema, ("drops column '%s', which the models still have"):format(column),
        "take it out of the models and deploy them first", true
    end
  end
end

function checks.drop_table(context, table_name, opts)
  if not mapped_table(context, table_name, opts.schema) then return nil end
  return table_name, opts.schema, "drops a table that the models still have",
    "take it out of the models and deploy them first", true
end

local function has_rows(context, table_name, schema)
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

--- The guard of a migration: a function(operation name, arguments of it ...), or nil when nothing is checked.
---@param context table
---@param more table   { assured =, revision = }; without a revision nothing is checked
function lint.guard(context, more)
  local level = context.opts.lint
  if level == nil then level = "error" end
  if not level or not more.revision or context.as_sql then return nil end
  return function(name, ...)
    local check = checks[name]
    if not check or is_assured(more.assured, name) then return end
    local table_name, schema, what, recipe, everywhere = check(context, ...)
    if not table_name or not everywhere and context.dialect_name ~= "postgresql" then return end
    if not has_rows(context, table_name, schema) then return end
    local text = ("Revision %s: %s on table '%s' %s.\nSafe way: %s\nTo run it as it is, add 'assured = true' to the " ..
      "migration."):format(more.revision, name, table_name, what, recipe)
    if level == "warn" then return context:log(text) end
    exc.raise("UnsafeOperation", "%s", text)
  end
end

return lint
