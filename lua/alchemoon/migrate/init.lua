--- Migrations: `require "alchemoon.migrate"`, with Alembic's names.
local exc = require "alchemoon.migrate.errors"

local migrate = {
  MigrationContext = require "alchemoon.migrate.context",
  ScriptDirectory = require "alchemoon.migrate.script",
  RevisionMap = require "alchemoon.migrate.revision_map",
  Config = require "alchemoon.migrate.config",
  command = require "alchemoon.migrate.command",
  exc = exc,
}

local Operations = require "alchemoon.migrate.operations"

--- `Operations(context)` makes one.
migrate.Operations = setmetatable({ context = Operations.new }, { __call = function(_, context, more)
  return Operations.new(context, more)
end, __name = "class" })

--- List of differences between the database and the models.
function migrate.compare_metadata(context, metadata)
  return require("alchemoon.migrate.autogenerate").compare_metadata(context, metadata)
end

--- Operations that make the database what the models say.
function migrate.produce_migrations(context, metadata)
  return require("alchemoon.migrate.autogenerate").produce_migrations(context, metadata)
end

--- Lua text of two functions' bodies: upgrade, downgrade.
function migrate.render_python_code(...) return require("alchemoon.migrate.autogenerate").render(...) end

return migrate
