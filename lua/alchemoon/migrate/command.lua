--- The commands: what `alchemoon upgrade` and the others do; each is a function of a Config.
local am = require "alchemoon"
local exc = require "alchemoon.migrate.errors"
local files = require "alchemoon.migrate.files"
local MigrationContext = require "alchemoon.migrate.context"
local options = require "alchemoon.options"
local RevisionMap = require "alchemoon.migrate.revision_map"
local ScriptDirectory = require "alchemoon.migrate.script"
local template = require "alchemoon.migrate.template"

local command = {}

-- --- contexts ---------------------------------------------------------------------------------------------

-- Calls fn(context, script): connected, or writing a script.
local function with_context(config, opts, fn)
  local script = opts.script or ScriptDirectory.from_config(config)
  if opts.sql then
    local context = MigrationContext.configure(nil, config:context_options { as_sql = true, script = script,
      dialect_name = config:dialect_name(), starting_rev = opts.starting_rev, tag = opts.tag,
      output_buffer = function(text) config:write(text) end })
    return fn(context, script)
  end
  return config:with_connection(function(connection)
    local context = MigrationContext.configure(connection, config:context_options { script = script, tag = opts.tag,
      target_metadata = function() return config:target_metadata() end })
    return fn(context, script)
  end)
end
command.with_context = with_context

-- "a:b" of an offline run.
local function split_range(revision, sql)
  if type(revision) ~= "string" then return nil, revision end
  local from, to = revision:match "^([^:]*):(.*)$"
  if not from then return nil, revision end
  if not sql then exc.raise("CommandError", "Range revision not allowed") end
  if from == "" then from = nil end
  return from, to
end

local function offline_start(script, from)
  if not from then return nil end
  return script:map():resolve(from)
end

-- The database knows a revision that the folder does not.
local function explain(script, heads)
  for _, id in ipairs(heads) do
    if not script:map().by_id[id] then
      exc.raise("CommandError", "Can't locate revision identified by '%s': the database is ahead of this folder of " ..
        "migrations, or the file of that revision is gone; restore the file, or stamp the database", id)
    end
  end
end

local function steps_of(map, path, up)
  local steps = {}
  for i, id in ipairs(path) do
    local node = map.by_id[id]
    steps[i] = { node = node, up = up, run = node[up and "upgrade" or "downgrade"] }
    if not up and node.downgrade == nil then
      exc.raise("CommandError", "Revision %s has no downgrade", id)
    elseif up and node.upgrade == nil then
      exc.raise("CommandError", "Migration '%s' has no function 'upgrade'", tostring(node.path or id))
    end
  end
  return steps
end

-- --- moving ------------------------------------------------------------------------------------------------

local MOVE = { sql = true, tag = true, script = true }

-- The path is asked for when the heads of the database are known.
local function move(config, revision, opts, up)
  opts = options.read(up and "upgrade" or "downgrade", opts, MOVE)
  local from, to = split_range(revision, opts.sql)
  if not up and opts.sql and not from then
    exc.raise("CommandError", "downgrade with --sql requires <fromrev>:<torev>")
  end
  local script = opts.script or ScriptDirectory.from_config(config)
  opts.script, opts.starting_rev = script, offline_start(script, from)
  return with_context(config, opts, function(context)
    return context:run_migrations(function(heads)
      explain(script, heads)
      local map = script:map()
      local path = up and map:upgrade_path(heads, to) or map:downgrade_path(heads, to)
      return steps_of(map, path, up)
    end)
  end)
end

--- Upgrades to a revision ("head", "heads", "+1", an id, "a:b" with sql).
---@param config alchemoon.migrate.Config
---@param revision string
---@param opts table?   sql, tag
function command.upgrade(config, revision, opts) return move(config, revision or "head", opts, true) end

--- Downgrades to a revision ("base", "-1", an id).
---@param config alchemoon.migrate.Config
---@param revision string
---@param opts table?   sql, tag
function command.downgrade(config, revision, opts)
  if revision == nil then exc.raise("CommandError", "downgrade: a revision is needed") end
  return move(config, revision, opts, false)
end

-- "head" of a stamp is one head.
local function stamp_targets(map, revision)
  local ok, targets = pcall(map.resolve, map, revision)
  if ok then return targets end
  if exc.is(targets, exc.MultipleHeads) then
    exc.raise("CommandError", "Multiple heads are present; please specify a single target revision")
  end
  error(targets, 0)
end

--- Writes a revision into the version table without running anything.
---@param config alchemoon.migrate.Config
---@param revision string|string[]
---@param opts table?   sql, tag, purge
function command.stamp(config, revision, opts)
  opts = options.read("stamp", opts, { sql = true, tag = true, purge = true })
  local script = ScriptDirectory.from_config(config)
  local from
  if type(revision) == "string" then from, revision = split_range(revision, opts.sql) end
  opts.script, opts.starting_rev = script, offline_start(script, from)
  local purge = opts.purge
  opts.purge = nil
  return with_context(config, opts, function(context)
    return context:run_migrations(function(heads)
      local map = script:map()
      local targets = stamp_targets(map, revision)
      if purge then return { { stamp = true, gone = heads, come = targets } } end
      explain(script, heads)
      local label = type(revision) == "string" and RevisionMap.split_label(revision) or nil
      local gone, come = map:after_stamp(heads, targets, label)
      if #gone == 0 and #come == 0 then return {} end
      return { { stamp = true, gone = gone, come = come } }
    end)
  end)
end

--- Makes the version table.
---@param config alchemoon.migrate.Config
---@param opts table?   sql
function command.ensure_version(config, opts)
  opts = options.read("ensure_version", opts, { sql = true })
  return with_context(config, opts, function(context)
    context:begin_transaction(function() context:ensure_version_table() end)
  end)
end

-- --- files -------------------------------------------------------------------------------------------------

--- Makes a folder of migrations and the configuration beside it.
---@param folder string
---@param opts table?   template, package
function command.init(folder, opts)
  opts = options.read("init", opts, { config = "alchemoon.lua", print = true })
  local say = opts.print or function() end
  ScriptDirectory.init(folder)
  say("  Creating folder %s ...  done", files.join(folder, "versions"))
  if files.exists(opts.config) then
    say("  File %s already exists, skipping", opts.config)
  else
    local base, location = files.folder_of(opts.config), folder
    if base ~= "." and location:sub(1, #base + 1) == base .. "/" then location = location:sub(#base + 2) end
    files.write(opts.config, template.fill(template.config, { script_location = template.literal(location) }))
    say("  Generating %s ...  done", opts.config)
  end
  say("  Please edit %s before proceeding.", opts.config)
end

local REVISION = { message = true, autogenerate = true, sql = true, head = true, splice = true, branch_label = true,
  branch_labels = true, version_path = true, rev_id = true, depends_on = true }

local function not_up_to_date(script, context)
  local map = script:map()
  local heads = map:tips(context:get_current_heads(), true)
  explain(script, heads)
  local wanted = map:tips(map:real_heads(), true)
  table.sort(heads)
  table.sort(wanted)
  return table.concat(heads, ",") ~= table.concat(wanted, ",")
end

-- Calls fn(context, script of operations) after the models were compared with the database.
local function autogenerated(config, script, fn)
  local autogenerate = require "alchemoon.migrate.autogenerate"
  local metadata = config:target_metadata()
  if metadata == nil then
    exc.raise("CommandError", "Can't proceed with --autogenerate option; configuration %s does not provide a " ..
      "MetaData object: set 'target_metadata'", config.file_name or "")
  end
  return config:with_connection(function(connection)
    local context = MigrationContext.configure(connection, config:context_options { script = script,
      target_metadata = metadata })
    if not_up_to_date(script, context) then exc.raise("CommandError", "Target database is not up to date.") end
    return fn(context, autogenerate.produce_migrations(context, metadata))
  end)
end

-- What process_revision_directives gets as revision: ids of the parents.
local function parents_of(script, head)
  local ok, ids = pcall(function() return script:map():resolve(head or "heads") end)
  return ok and ids or {}
end

local function process(config, script, context, directives, opts)
  local hook = config.options.process_revision_directives
  if hook then hook(context, parents_of(script, opts.head), directives) end
  return directives
end

local function generate(config, script, context, directive)
  local autogenerate = require "alchemoon.migrate.autogenerate"
  local values = { message = directive.message, head = directive.head, splice = directive.splice,
    branch_labels = directive.branch_label, version_path = directive.version_path, depends_on = directive.depends_on,
    imports = directive.imports }
  values.upgrades, values.downgrades = autogenerate.render(context, directive)
  local node = script:generate_revision(directive.rev_id, values)
  config:print("  Generating %s ...  done", node.path)
  return node
end

-- A context that no database stands behind, for texts.
local function textual_context(config)
  return MigrationContext.configure(nil, config:context_options { as_sql = true, dialect_name = "default" })
end

--- Makes a new migration file; returns the migration (nil when the hook wants none) and the MigrationScript.
---@param config alchemoon.migrate.Config
---@param opts table?   message, autogenerate, sql, head, splice, branch_label, version_path, rev_id, depends_on
---@return any
function command.revision(config, opts)
  opts = options.read("revision", opts, REVISION)
  local script = ScriptDirectory.from_config(config)
  if opts.autogenerate and opts.sql then
    exc.raise("CommandError", "Using --sql with --autogenerate does not make any sense")
  end
  local ops = require "alchemoon.migrate.ops"
  local directive = ops.MigrationScript(opts.rev_id or ScriptDirectory.new_id(), ops.UpgradeOps(), ops.DowngradeOps(),
    { message = opts.message, head = opts.head, splice = opts.splice,
      branch_label = opts.branch_labels or opts.branch_label, version_path = opts.version_path,
      depends_on = opts.depends_on })
  local directives, list = { directive }, {}
  local function write(context)
    process(config, script, context, directives, opts)
    for i, one in ipairs(directives) do list[i] = generate(config, script, context, one) end
  end
  if opts.autogenerate then
    autogenerated(config, script, function(context, found)
      directive.upgrade_ops, directive.downgrade_ops = found.upgrade_ops, found.downgrade_ops
      write(context)
    end)
  elseif config.options.revision_environment then
    write(textual_context(config))
  else
    list[1] = generate(config, script, textual_context(config), directive)
  end
  return list[1], directive, list
end

--- Makes a migration that joins several heads.
---@param config alchemoon.migrate.Config
---@param revisions string|string[]
---@param opts table?   message, branch_label, rev_id
---@return any
function command.merge(config, revisions, opts)
  opts = options.read("merge", opts, { message = true, branch_label = true, rev_id = true })
  local script = ScriptDirectory.from_config(config)
  local map = script:map()
  local ids = map:resolve(revisions or "heads")
  if #ids < 2 then exc.raise("CommandError", "merge: two or more revisions are needed") end
  local node = script:generate_revision(opts.rev_id, { message = opts.message or "merge " .. table.concat(ids, " and "),
    head = ids, branch_labels = opts.branch_label, splice = true })
  config:print("  Generating %s ...  done", node.path)
  return node
end

local EDITORS = { "sensible-editor", "editor", "nano", "vim", "vi" }

local function editor_of(config)
  for _, given in ipairs { config.options.editor or "", os.getenv "VISUAL" or "", os.getenv "EDITOR" or "" } do
    if given ~= "" then return given end
  end
  for _, name in ipairs(EDITORS) do
    local found = os.execute("command -v " .. name .. " >/dev/null 2>&1")
    if found == true or found == 0 then return name end
  end
  return exc.raise("CommandError", "Error executing editor (No suitable editor found. Please set the \"EDITOR\" or " ..
    "\"VISUAL\" environment variables)")
end

--- Opens a migration in $EDITOR.
---@param config alchemoon.migrate.Config
---@param revision string
function command.edit(config, revision)
  local script = ScriptDirectory.from_config(config)
  local ids
  if revision == nil or revision == "current" then
    ids = with_context(config, { script = script }, function(context) return context:get_current_heads() end)
    if revision == nil then ids = script:map():resolve "head" end
  else
    ids = script:map():resolve(revision)
  end
  if #ids == 0 then exc.raise("CommandError", "No revision files indicated by symbol '%s'", revision or "head") end
  local editor = editor_of(config)
  for _, id in ipairs(ids) do
    local ok = os.execute(editor .. " " .. files.shell(script:map().by_id[id].path))
    if ok ~= true and ok ~= 0 then exc.raise("CommandError", "Error executing editor (%s)", editor) end
  end
end

-- --- showing -----------------------------------------------------------------------------------------------

-- Labels of the branches that a migration belongs to.
local function labels_of(node)
  local names = {}
  for label in pairs(node.labels) do names[#names + 1] = label end
  table.sort(names)
  return table.concat(names, ", ")
end

local function doc_of(node)
  local text = node.message or ""
  return (text:match "^[^\n]*")
end

-- One line about a migration; what: parents, labels, tree (branch and merge points), doc.
local function line_of(map, node, what, current)
  local text = node.revision
  if what.parents then
    text = (#node.down > 0 and table.concat(node.down, ", ") or "<base>") ..
      (#node.needs > 0 and " (" .. table.concat(node.needs, ", ") .. ")" or "") .. " -> " .. text
  end
  if what.labels and labels_of(node) ~= "" then text = text .. " (" .. labels_of(node) .. ")" end
  if #node.nextrev == 0 then
    text = text .. (#node.all_nextrev == 0 and " (head)" or " (effective head)")
  end
  if what.tree ~= false then
    if map:is_branch_point(node.revision) then text = text .. " (branchpoint)" end
    if map:is_merge_point(node.revision) then text = text .. " (mergepoint)" end
  end
  if current and current[node.revision] then text = text .. " (current)" end
  if what.doc then text = text .. ", " .. (doc_of(node) ~= "" and doc_of(node) or "empty message") end
  return text
end

-- What stands above the text of a migration.
local function facts_of(map, node, current)
  local lines = { "Rev: " .. node.revision .. (#node.nextrev == 0 and " (head)" or "") ..
    (map:is_branch_point(node.revision) and " (branchpoint)" or "") ..
    (map:is_merge_point(node.revision) and " (mergepoint)" or "") ..
    (current and current[node.revision] and " (current)" or "") }
  lines[2] = (#node.down > 1 and "Merges: " or "Parent: ") ..
    (#node.down > 0 and table.concat(node.down, ", ") or "<base>")
  if #node.needs > 0 then lines[#lines + 1] = "Also depends on: " .. table.concat(node.needs, ", ") end
  if #node.nextrev > 1 then lines[#lines + 1] = "Branches into: " .. table.concat(node.nextrev, ", ") end
  if labels_of(node) ~= "" then lines[#lines + 1] = "Branch names: " .. labels_of(node) end
  if node.path then lines[#lines + 1] = "Path: " .. node.path end
  return lines
end

local function log_entry(map, node, current)
  local lines = facts_of(map, node, current)
  lines[#lines + 1] = ""
  local message = doc_of(node) ~= "" and node.message or "empty message"
  for line in (message .. "\n\n"):gmatch "([^\n]*)\n" do lines[#lines + 1] = "    " .. line end
  lines[#lines + 1] = "    Revision ID: " .. node.revision
  lines[#lines + 1] = "    Revises: " .. table.concat(node.down, ", ")
  if node.create_date then lines[#lines + 1] = "    Create Date: " .. node.create_date end
  return table.concat(lines, "\n") .. "\n"
end

local function current_set(config, script)
  local set = {}
  local heads = with_context(config, { script = script }, function(context) return context:get_current_heads() end)
  for _, id in ipairs(heads) do set[id] = true end
  return set, heads
end

-- Ends of a range: "-2:" counts down from its upper end, ":+2" up from its lower one.
local function range_of(map, rev_range, heads)
  if not rev_range then return nil, nil end
  local lower, upper = rev_range:match "^([^:]*):(.*)$"
  if not lower then
    exc.raise("CommandError", "History range requires [start]:[end], [start]:, or :[end]")
  end
  local function named(name)
    if name == "" then return nil end
    if name == "current" then return heads()[1] or "base" end
    return name
  end
  lower, upper = named(lower), named(upper)
  if upper and upper:match "^%+%d+$" then
    local from = lower and map:resolve(lower)[1]
    upper = map:walk(from, tonumber(upper)) or "base"
  end
  if lower and lower:match "^%-%d+$" then
    lower = map:walk(map:resolve(upper or "head")[1], tonumber(lower)) or "base"
  end
  return lower, upper
end

--- Lists migrations, newest first. rev_range: "a:b".
---@param config alchemoon.migrate.Config
---@param opts table?   rev_range, verbose, indicate_current
function command.history(config, opts)
  opts = options.read("history", opts, { rev_range = true, verbose = true, indicate_current = true })
  local script = ScriptDirectory.from_config(config)
  local map = script:map()
  local current, heads
  local function look()
    if not heads then current, heads = current_set(config, script) end
    return heads
  end
  local lower, upper = range_of(map, opts.rev_range, look)
  if opts.indicate_current then look() end
  local marked = opts.indicate_current and current or nil
  for _, id in ipairs(map:range(lower, upper)) do
    local node = map.by_id[id]
    config:print("%s", opts.verbose and log_entry(map, node, marked)
      or line_of(map, node, { parents = true, labels = true, doc = true }, marked))
  end
end

local function show_nodes(config, script, ids, verbose, what)
  local map = script:map()
  for _, id in ipairs(ids) do
    local node = map.by_id[id]
    config:print("%s", verbose and log_entry(map, node) or line_of(map, node, what))
  end
end

--- Lists the heads.
---@param config alchemoon.migrate.Config
---@param opts table?   verbose, resolve_dependencies
function command.heads(config, opts)
  opts = options.read("heads", opts, { verbose = true, resolve_dependencies = true })
  local script = ScriptDirectory.from_config(config)
  local map = script:map()
  show_nodes(config, script, opts.resolve_dependencies and map:real_heads() or map:heads(), opts.verbose,
    { labels = true, tree = false })
end

--- Lists where the history divides.
---@param config alchemoon.migrate.Config
---@param opts table?   verbose
function command.branches(config, opts)
  opts = options.read("branches", opts, { verbose = true })
  local script = ScriptDirectory.from_config(config)
  local map = script:map()
  for _, id in ipairs(map:branch_points()) do
    local node, lines = map.by_id[id], {}
    for i, child in ipairs(node.nextrev) do
      lines[i] = ("%s -> %s"):format((" "):rep(#id), line_of(map, map.by_id[child], { labels = true,
        doc = opts.verbose }))
    end
    config:print("%s\n%s\n", opts.verbose and log_entry(map, node) or line_of(map, node, { labels = true }),
      table.concat(lines, "\n"))
  end
end

--- Prints migrations in full.
---@param config alchemoon.migrate.Config
---@param revision string
function command.show(config, revision)
  local script = ScriptDirectory.from_config(config)
  local ids
  if revision == "current" then
    ids = select(2, current_set(config, script))
    explain(script, ids)
  else
    ids = script:map():resolve(revision)
  end
  show_nodes(config, script, ids, true)
end

--- Prints where the database is.
---@param config alchemoon.migrate.Config
---@param opts table?   verbose, check_heads
function command.current(config, opts)
  opts = options.read("current", opts, { verbose = true, check_heads = true })
  local script = ScriptDirectory.from_config(config)
  local _, heads = current_set(config, script)
  explain(script, heads)
  if opts.check_heads then
    local map = script:map()
    local at, wanted = map:tips(heads, true), map:real_heads()
    table.sort(at)
    if table.concat(at, ",") ~= table.concat(wanted, ",") then
      exc.raise("CommandError", "Database is not on all head revisions")
    end
  end
  if opts.verbose then
    config:print("Current revision(s) for %s:", config.options.engine and tostring(config.options.engine.url)
      or config:url():render_as_string { hide_password = true })
  end
  show_nodes(config, script, heads, opts.verbose, {})
  return heads
end

--- Writes the models' schema as a picture's text: format "mermaid" or "graphviz"; from_database draws what is there.
---@param config alchemoon.migrate.Config
---@param opts table?
function command.erd(config, opts)
  opts = options.read("erd", opts, { format = "mermaid", output = true, from_database = true })
  local metadata
  if opts.from_database then
    metadata = am.MetaData()
    config:with_connection(function(connection) metadata:reflect(connection) end)
    local version = metadata.tables:get(config.options.version_table or "alembic_version")
    if version then metadata:remove(version) end
  else
    metadata = config:target_metadata()
    if metadata == nil then exc.raise("CommandError", "erd: set 'target_metadata', or use --from-database") end
  end
  local text = require("alchemoon.migrate.erd").text(metadata, opts.format)
  if opts.output then files.write(opts.output, text) else config:write(text) end
end

--- Raises AutogenerateDiffsDetected when the database and the models differ.
---@param config alchemoon.migrate.Config
function command.check(config)
  local autogenerate = require "alchemoon.migrate.autogenerate"
  local script = ScriptDirectory.from_config(config)
  local directives
  autogenerated(config, script, function(context, found)
    directives = process(config, script, context, { found }, {})
  end)
  local lines, diffs = {}, {}
  for _, directive in ipairs(directives) do
    for _, line in ipairs(autogenerate.lines(directive)) do lines[#lines + 1] = "  " .. line end
    for _, diff in ipairs(directive.upgrade_ops:as_diffs()) do diffs[#diffs + 1] = diff end
  end
  if #lines > 0 then
    local e = exc.AutogenerateDiffsDetected("New upgrade operations detected:\n" .. table.concat(lines, "\n"))
    e.diffs = diffs
    error(e, 0)
  end
  config:print("No new upgrade operations detected.")
end

-- Every command but init takes a Config or a plain table of the same keys.
local OTHERS = { init = true, with_context = true }
for name, fn in pairs(command) do
  if not OTHERS[name] then
    command[name] = function(config, ...)
      local Config = require "alchemoon.migrate.config"
      if getmetatable(config) ~= Config then config = Config.new(config) end
      return fn(config, ...)
    end
  end
end

return command
