--- The program `alchemoon`: arguments, messages, exit codes (0 done, 1 failed, 2 misused).
local argparse = require "argparse"
local exc = require "alchemoon.migrate.errors"

local VERSION = "dev" -- as in rockspec/

local cli = {}

local function common(cmd, names)
  for name in names:gmatch "%S+" do
    if name == "message" then cmd:option("-m --message", "Message of the revision.")
    elseif name == "sql" then cmd:flag("--sql", "Don't run anything; write the SQL to standard output.")
    elseif name == "tag" then cmd:option("--tag", "Any text; migrations find it in the context's options.")
    elseif name == "verbose" then cmd:flag("-v --verbose", "Say more.")
    elseif name == "splice" then cmd:flag("--splice", "Allow a revision that is no head as parent.")
    elseif name == "head" then cmd:option("--head", "Parent of the new revision.")
    elseif name == "branch" then cmd:option("--branch-label", "Label of the new branch.")
    elseif name == "rev_id" then cmd:option("--rev-id", "Id of the new revision.") end
  end
end

local function parser()
  local p = argparse("alchemoon", "Migrations of a database's schema.")
  p:option("-c --config", "Configuration file.", "alchemoon.lua")
  p:option("-n --name", "One of several databases.")
  p:option("-x", "key=value for the configuration and migrations; may be given several times."):count "*"
  p:flag("--version", "Show the version."):action(function()
    io.stdout:write("alchemoon " .. VERSION .. "\n")
    os.exit(0)
  end)
  p:flag("--raiseerr", "Show where an error comes from.")
  p:flag("-q --quiet", "No progress lines.")
  p:command_target "command"
  p:require_command(true)
  local function command(name, text, options)
    local cmd = p:command(name, text)
    common(cmd, options or "")
    return cmd
  end
  command("init", "Make a folder of migrations and a configuration."):argument("directory")
  local revision = command("revision", "Make a new migration.", "message sql head splice branch rev_id")
  revision:flag("--autogenerate", "Fill it with what the models and the database differ in.")
  revision:option("--version-path", "One of version_locations.")
  revision:option("--depends-on", "A revision that must run before."):count "*"
  command("upgrade", "Upgrade to a later revision.", "sql tag"):argument("revision"):args "?"
  command("downgrade", "Go back to an earlier revision.", "sql tag"):argument "revision"
  local stamp = command("stamp", "Write a revision into the version table; run nothing.", "sql tag")
  stamp:flag("--purge", "Empty the version table first.")
  stamp:argument("revisions"):args "+"
  local current = command("current", "Show where the database is.", "verbose")
  current:flag("--check-heads", "Fail unless the database is on all heads.")
  local history = command("history", "List migrations.", "verbose")
  history:option("-r --rev-range", "[start]:[end]")
  history:flag("-i --indicate-current", "Mark where the database is.")
  local heads = command("heads", "Show heads.", "verbose")
  heads:flag("--resolve-dependencies", "Leave out what others depend on.")
  command("branches", "Show where branches begin.", "verbose")
  command("merge", "Join heads.", "message branch rev_id"):argument("revisions"):args "*"
  command("show", "Show a migration."):argument "revision"
  command("check", "Fail if the database and the models differ.")
  local erd = command("erd", "Write the models' schema as a diagram.")
  erd:option("--format", "mermaid or graphviz.", "mermaid"):choices { "mermaid", "graphviz" }
  erd:option("-o --output", "File; otherwise standard output.")
  erd:flag("--from-database", "Draw the database, not the models.")
  command("edit", "Open a migration in $EDITOR."):argument("revision"):args "?"
  command("ensure_version", "Make the version table.", "sql")
  return p
end

local function is_terminal()
  local ok = os.execute "test -t 2"
  return (ok == true or ok == 0) and os.getenv "NO_COLOR" == nil
end

local function one_or_list(list)
  if not list or #list == 0 then return nil end
  return #list == 1 and list[1] or list
end

local function revision_options(args)
  return { message = args.message, autogenerate = args.autogenerate, sql = args.sql, head = args.head,
    splice = args.splice, branch_label = args.branch_label, version_path = args.version_path, rev_id = args.rev_id,
    depends_on = one_or_list(args.depends_on) }
end

local run = {}
local command

function run.revision(config, args) return command.revision(config, revision_options(args)) end
function run.upgrade(config, args)
  return command.upgrade(config, args.revision or "head", { sql = args.sql, tag = args.tag })
end
function run.downgrade(config, args)
  return command.downgrade(config, args.revision, { sql = args.sql, tag = args.tag })
end
function run.stamp(config, args)
  return command.stamp(config, one_or_list(args.revisions), { sql = args.sql, tag = args.tag, purge = args.purge })
end
function run.current(config, args)
  return command.current(config, { verbose = args.verbose, check_heads = args.check_heads })
end
function run.history(config, args)
  return command.history(config, { verbose = args.verbose, rev_range = args.rev_range,
    indicate_current = args.indicate_current })
end
function run.heads(config, args)
  return command.heads(config, { verbose = args.verbose, resolve_dependencies = args.resolve_dependencies })
end
function run.branches(config, args) return command.branches(config, { verbose = args.verbose }) end
function run.merge(config, args)
  return command.merge(config, #args.revisions > 0 and args.revisions or "heads",
    { message = args.message, branch_label = args.branch_label, rev_id = args.rev_id })
end
function run.show(config, args) return command.show(config, args.revision) end
function run.check(config) return command.check(config) end
function run.erd(config, args)
  return command.erd(config, { format = args.format, output = args.output, from_database = args.from_database })
end
function run.edit(config, args) return command.edit(config, args.revision) end
function run.ensure_version(config, args) return command.ensure_version(config, { sql = args.sql }) end

local SLOW = 1 -- seconds from which on the time of a migration is shown

-- Progress: one line per migration, and its time below it when it took long.
local function progress(args, err, colour)
  local function log(text)
    if args.quiet then return end
    err((colour and "\27[32mINFO\27[0m  " or "INFO  ") .. "[alchemoon.migrate] " .. text .. "\n")
  end
  local function on_step(step)
    if not args.quiet and step.seconds >= SLOW then err(("      %.1f s\n"):format(step.seconds)) end
  end
  return log, on_step
end

-- Several databases run one after the other; what is logged says which.
local function execute(args, log, on_step, out)
  command = require "alchemoon.migrate.command"
  if args.command == "init" then
    return command.init(args.directory, { config = args.config, print = function(text, ...)
      out(text:format(...) .. "\n")
    end })
  end
  local Config = require "alchemoon.migrate.config"
  local config = Config.from_file(args.config, { log = log, stdout = out, on_step = on_step, x = args.x })
  local list = config:each(args.name)
  for _, one in ipairs(list) do
    if #list > 1 then log("Database " .. one.options.name) end
    run[args.command](one, args)
  end
end

-- "-1" is a revision, not an option: a mark keeps it from being taken for one.
local MARK = "\1"
local function marked(arguments)
  local out = {}
  for _, value in ipairs(arguments) do
    local short, rest = value:match "^(%-%a)=(.*)$"
    if short then out[#out + 1], value = short, rest end
    out[#out + 1] = value:match "^%-%d" and MARK .. value or value
  end
  return out
end
local function unmarked(args)
  for key, value in pairs(args) do
    if type(value) == "string" then args[key] = value:gsub(MARK, "")
    elseif type(value) == "table" then unmarked(value) end
  end
  return args
end

--- Runs the program with a list of arguments; returns its exit code.
---@param arguments string[]
---@param streams table?   { out = function(text), err = function(text) }
function cli.main(arguments, streams)
  streams = streams or {}
  local out = streams.out or function(text) io.stdout:write(text) end
  local err = streams.err or function(text) io.stderr:write(text) end
  local colour = not streams.err and is_terminal()
  local p = parser()
  local ok, args = p:pparse(marked(arguments))
  if not ok then
    err(p:get_usage() .. "\n\nError: " .. tostring(args) .. "\n")
    return 2
  end
  unmarked(args)
  local log, on_step = progress(args, err, colour)
  local done, e = xpcall(execute, function(e)
    if args.raiseerr then return { error = e, traceback = debug.traceback(tostring(e), 2) } end
    return { error = e }
  end, args, log, on_step, out)
  if done then return 0 end
  if type(e) ~= "table" then e = { error = e } end -- Lua 5.4 asks no handler when there is no memory
  if e.traceback then err(e.traceback .. "\n") end
  local text = tostring(e.error)
  if exc.is(e.error, exc.CommandError) then text = e.error.message end
  err((colour and "\27[31mFAILED\27[0m: " or "FAILED: ") .. text .. "\n")
  return 1
end

return cli
