--- Migrations: `require "alchemoon.migrate"`, with Alembic's names.
local exc = require "alchemoon.migrate.errors"

local migrate = {
  MigrationContext = require "alchemoon.migrate.context",
  ScriptDirectory = require "alchemoon.migrate.script",
  RevisionMap = require "alchemoon.migrate.revision_map",
  Config = require "alchemoon.migrate.config",
  command = require "alchemoon.migrate.command",
  ops = require "alchemoon.migrate.ops",
  Rewriter = require "alchemoon.migrate.rewriter",
  exc = exc,
}

local Operations = require "alchemoon.migrate.operations"
local namespace = require "alchemoon.namespace"
local usage = require "alchemoon.usage"

--- `Operations(context)` makes one; Operations.register_operation and implementation_for add operations.
migrate.Operations = setmetatable({ context = Operations.new, register_operation = Operations.register_operation,
  implementation_for = Operations.implementation_for }, { __call = function(_, context, more)
  return Operations.new(context, more)
end, __name = "class" })

local function autogenerate() return require "alchemoon.migrate.autogenerate" end

--- List of differences between the database and the models.
---@param context alchemoon.MigrationContext
---@param metadata any
---@return any[]
function migrate.compare_metadata(context, metadata) return autogenerate().compare_metadata(context, metadata) end

--- What makes the database what the models say: a MigrationScript (upgrade_ops, downgrade_ops).
---@param context alchemoon.MigrationContext
---@param metadata any
---@return any
function migrate.produce_migrations(context, metadata) return autogenerate().produce_migrations(context, metadata) end

--- Lua text of the body of a function: UpgradeOps, DowngradeOps or a list of operations.
---@param up_or_down_op table
---@param opts table?   { dialect_name =, render_as_batch =, render_item =, migration_context = }
function migrate.render_lua_code(up_or_down_op, opts)
  usage.check_table("render_lua_code", up_or_down_op, "operations")
  usage.check_table("render_lua_code", opts, "a table of options")
  opts = opts or {}
  local context = opts.migration_context or { dialect_name = opts.dialect_name or "default",
    opts = { render_as_batch = opts.render_as_batch or false, render_item = opts.render_item } }
  return require("alchemoon.migrate.render_operations").body(context, up_or_down_op)
end
-- the name that it has in Alembic
migrate.render_python_code = migrate.render_lua_code

--- How operations of one's own are written: renderers.dispatch_for(class, function(context, op) return text end).
migrate.renderers = require("alchemoon.migrate.render_operations").renderers

--- Comparisons of one's own: comparators.dispatch_for("schema" or "table", fn).
migrate.comparators = setmetatable({}, { __index = function(_, key) return autogenerate().comparators[key] end })

namespace.close(migrate.command, "alchemoon.migrate.command")
return namespace.close(migrate, "alchemoon.migrate")
