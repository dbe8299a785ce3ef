-- Migrations from specs: the program in a folder, operations from their text, a context on an engine.
local cli = require "alchemoon.migrate.cli"
local migrate = require "alchemoon.migrate"

local migrations = {}
local load_text = loadstring or load -- luacheck: ignore 113

--- Runs the program `alchemoon` with the configuration of a folder: its exit code, what it printed, what it logged.
function migrations.program(folder, ...)
  local out, err = {}, {}
  local code = cli.main({ "-c", folder .. "/alchemoon.lua", ... }, {
    out = function(text) out[#out + 1] = text end, err = function(text) err[#err + 1] = text end })
  return code, table.concat(out), table.concat(err)
end

--- fn(context) on a connection of the engine; server defaults are compared, too.
function migrations.with_context(engine, fn, opts)
  local all = { compare_server_default = true }
  for key, value in pairs(opts or {}) do all[key] = value end
  return engine:connect(function(conn) return fn(migrate.MigrationContext.configure(conn, all)) end)
end

--- Runs the text of an upgrade or downgrade, as autogenerate writes it.
function migrations.run_text(engine, text)
  local fn = assert(load_text("local am = require 'alchemoon' return function(op)\n" .. text .. "\nend"))()
  engine:begin(function(conn) fn(migrate.Operations(migrate.MigrationContext.configure(conn))) end)
end

return migrations
