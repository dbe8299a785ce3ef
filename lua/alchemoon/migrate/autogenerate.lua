--- Autogenerate: what must be done to the database so that it is what the models say.
--
-- compare → a MigrationScript with upgrade_ops in an order that can be run, and downgrade_ops, which are their
-- mirror; render.lua writes both. The order: types and sequences that are needed, renames, new tables, tables that go,
-- changes of tables, types and sequences that go. Within a table it is Alembic's; foreign keys go earlier and come
-- later than there where the database would refuse them otherwise (key_order.lua).
local am = require "alchemoon"
local MigrationContext = require "alchemoon.migrate.context"
local columns = require "alchemoon.migrate.compare_column"
local constraints = require "alchemoon.migrate.compare_constraint"
local core = require "alchemoon.core"
local exc = require "alchemoon.migrate.errors"
local item = require "alchemoon.schema.item"
local key_order = require "alchemoon.migrate.key_order"
local named = require "alchemoon.migrate.compare_named"
local ops = require "alchemoon.migrate.ops"
local render = require "alchemoon.migrate.render"
local rendered = require "alchemoon.migrate.render_operations"
local ServerText = require "alchemoon.migrate.server_text"
local sort = require "alchemoon.schema.sort"
local sorted_keys = require("alchemoon.keys").sorted

local autogenerate = {}
local tags = core.tags

-- --- what takes part -----------------------------------------------------------------------------------------

--- One comparison: context, inspector, metadatas, wanted and found (key → table), what was renamed.
local Run = {}
Run.__index = Run

local key_of = item.full_name
Run.key_of = key_of

function Run:name_wanted(name, type_, parent_names)
  local hook = self.context.opts.include_name
  if not hook then return true end
  local answer = hook(name, type_, parent_names or {})
  return answer ~= false and answer ~= nil
end

function Run:object_wanted(object, name, type_, reflected, compare_to)
  local hook = self.context.opts.include_object
  if not hook then return true end
  local answer = hook(object, name, type_, reflected, compare_to)
  return answer ~= false and answer ~= nil
end

function Run.add(_, list, op)
  list[#list + 1] = op
  return op
end

function Run:warn(text, ...)
  text = text:format(...)
  table.insert(self.warnings, text)
  require("alchemoon.logging").getLogger("alchemoon.migrate"):warning("%s", text)
end

-- The default schema is no schema.
function Run:plain_schema(schema)
  if schema == self.default_schema then return nil end
  return schema
end
function Run:plain_key(key)
  local prefix = self.default_schema and self.default_schema .. "."
  if prefix and key:sub(1, #prefix) == prefix then return key:sub(#prefix + 1) end
  return key
end

function Run:schema_looked_at(schema)
  for _, one in ipairs(self.schemas) do
    if (one or nil) == schema then return true end
  end
  return false
end

-- A name as the database keeps it.
function Run:final_name(name)
  if name and self.context.dialect_name == "postgresql" and #name > 63 then return name:sub(1, 63) end
  return name
end

-- A column's name after the renames of its table.
function Run:new_column_name(t, name)
  return self.column_renames[key_of(self:plain_schema(t.schema), t.name) .. "\0" .. name] or name
end

local function metadata_list(metadata)
  local list = metadata
  if core.node_tag(metadata) then list = { metadata } end
  if type(list) ~= "table" then
    exc.raise("CommandError", "target_metadata must be a MetaData or a list of them, got %s", type(metadata))
  end
  for _, one in ipairs(list) do
    if core.node_tag(one) ~= tags.METADATA then
      exc.raise("CommandError", "target_metadata must be a MetaData, got %s", tostring(one))
    end
  end
  return list
end

local function wanted_tables(run)
  local context, seen = run.context, {}
  for _, one in ipairs(run.metadatas) do
    for _, t in ipairs(one.sorted_tables) do
      local key = key_of(run:plain_schema(t.schema), t.name)
      if seen[key] then exc.raise("CommandError", "Duplicate table keys across multiple MetaData objects: %s", key) end
      seen[key] = true
      if t.name ~= context.version_table or t.schema ~= context.version_table_schema then
        run.wanted[key] = t
        run.order[#run.order + 1] = t
      end
    end
  end
end

local SKIPPED = { information_schema = true, main = true, temp = true }

local function schemas_of(run)
  local list = {}
  if run:name_wanted(nil, "schema", {}) then list[1] = false end
  if not run.context.opts.include_schemas then return list end
  for _, name in ipairs(run.inspector:get_schema_names()) do
    if name ~= run.default_schema and not SKIPPED[name] and not name:match "^pg_"
      and run:name_wanted(name, "schema", {}) then list[#list + 1] = name end
  end
  return list
end

-- Tables of the database, its own version table apart.
local function found_tables(run)
  local context = run.context
  local metadata = am.MetaData()
  for _, schema in ipairs(run.schemas) do
    schema = schema or nil
    local names = run.inspector:get_table_names(schema)
    local function load_all()
      for _, name in ipairs(names) do
        local is_version = name == context.version_table and schema == context.version_table_schema
        if not is_version and run:name_wanted(name, "table", { schema_name = schema,
          schema_qualified_table_name = key_of(schema, name) }) then
          local t = am.Table(name, metadata, { schema = schema, autoload_with = run.inspector, resolve_fks = false })
          named.forget_owned_defaults(run, t, key_of(schema, name))
          run.found[key_of(schema, name)] = t
        end
      end
    end
    if #names > 8 then run.inspector:_in_bulk(schema, load_all) else load_all() end
  end
end

-- include_object of tables: new ones, those that are gone, those that are compared.
local function choose_tables(run)
  local order = {}
  for _, t in ipairs(run.order) do
    local key = key_of(run:plain_schema(t.schema), t.name)
    if run:object_wanted(t, t.name, "table", false, run.found[key]) then order[#order + 1] = t
    else run.wanted[key], run.left_out[key] = nil, true end
  end
  run.order = order
  for _, key in ipairs(sorted_keys(run.found)) do
    local t = run.found[key]
    if not run.wanted[key] and (run.left_out[key] or not run:object_wanted(t, t.name, "table", true, nil)) then
      run.found[key] = nil
    end
  end
end

-- --- tables --------------------------------------------------------------------------------------------------

local function index_list(table_)
  local list = {}
  for i, index in ipairs(core.node_get(table_, "indexes")) do list[i] = index end
  table.sort(list, function(a, b) return tostring(a.name) < tostring(b.name) end)
  return list
end

local function create(run, list, t, without)
  local op = ops.CreateTableOp.from_table(t)
  op.without = without
  run:add(list, op)
  local inner = {}
  for _, index in ipairs(index_list(t)) do
    if run:object_wanted(index, index.name, "index", false, nil) then
      inner[#inner + 1] = ops.CreateIndexOp.from_index(index)
    end
  end
  if #inner > 0 then
    run:add(list, ops.ModifyTableOps(t.name, inner, { schema = t.schema, of_new_table = true }))
  end
end

-- Keys of a cycle of tables are added behind the tables.
local function keys_outside(run, t, together)
  local without = {}
  for _, node in ipairs(core.node_get(t, "constraints")) do
    if core.node_get(node, "kind") == item.FOREIGN_KEY and run.alters then
      local inside = false
      for _, one in ipairs(together or {}) do inside = inside or one == node end
      without[node] = not inside or nil
    end
  end
  return without
end

-- In an order in which they can be made; foreign keys of a cycle follow as operations of their own.
local function new_tables(run, list)
  local missing = {}
  for _, t in ipairs(run.order) do
    local key = key_of(run:plain_schema(t.schema), t.name)
    if not run.found[key] and not run.renamed[key] then missing[#missing + 1] = t end
  end
  local later = {}
  for _, pair in ipairs(sort.sort_tables_and_constraints(missing)) do
    if pair[1] then
      create(run, list, pair[1], keys_outside(run, pair[1], pair[2]))
    else
      for _, node in ipairs(pair[2]) do later[#later + 1] = node end
    end
  end
  if not run.alters then return end
  for _, node in ipairs(later) do
    local t = core.node_get(node, "table")
    run:add(list, ops.ModifyTableOps(t.name, { ops.AddConstraintOp.from_constraint(node) }, { schema = t.schema,
      of_new_table = true }))
  end
end

-- Tables that are gone from the models, dependants first.
local function old_tables(run, list)
  local gone, inside = {}, {}
  for _, key in ipairs(sorted_keys(run.found)) do
    if not run.wanted[key] and not run.renamed_from[key] then
      gone[#gone + 1] = run.found[key]
      inside[key] = #gone
    end
  end
  local edges = {}
  for i, t in ipairs(gone) do
    for _, node in ipairs(core.node_get(t, "constraints")) do
      for _, spec in ipairs(core.node_get(node, "kind") == item.FOREIGN_KEY and render.foreign_specs(node) or {}) do
        local parent = inside[spec:match "^(.*)%.[^.]+$"]
        if parent and parent ~= i then edges[#edges + 1] = { parent, i } end
      end
    end
  end
  local order = core.topological_sort(#gone, edges)
  for at = #gone, 1, -1 do
    local t = gone[order and order[at] or at]
    local inner = {}
    for _, index in ipairs(index_list(t)) do
      if run:object_wanted(index, index.name, "index", true, nil) then
        inner[#inner + 1] = ops.DropIndexOp.from_index(index)
      end
    end
    if #inner > 0 then
      run:add(list, ops.ModifyTableOps(t.name, inner, { schema = t.schema, of_new_table = true }))
    end
    run:add(list, ops.DropTableOp.from_table(t))
  end
end

-- A table or column may say what it was called before: info = { renamed_from = "old" }.
local function hint_of(object)
  local extra = item.peek(object)
  return extra and extra.info and extra.info.renamed_from
end

local function renames(run, list)
  for _, t in ipairs(run.order) do
    local schema, old = run:plain_schema(t.schema), hint_of(t)
    local key, old_key = key_of(schema, t.name), old and key_of(schema, old)
    if old and not run.found[key] and run.found[old_key] and not run.wanted[old_key] then
      run.renamed[key], run.renamed_from[old_key] = run.found[old_key], true
      run.new_names[old_key] = key
      run:add(list, ops.RenameTableOp(old, t.name, { schema = t.schema }))
    end
  end
end

-- --- columns -------------------------------------------------------------------------------------------------

local function by_name(table_)
  local map, order = {}, {}
  for _, column in ipairs(core.node_get(table_, "columns")) do
    if not column.system then
      map[column.name] = column
      order[#order + 1] = column
    end
  end
  return map, order
end

local function rename_column(run, lists, t, found, wanted)
  local op = ops.AlterColumnOp(t.name, found.name, { schema = run:plain_schema(t.schema), modify_name = wanted.name,
    existing_type = found.type, existing_nullable = found.nullable, existing_server_default = found.server_default })
  run:add(lists.renames, op)
  local key = key_of(run:plain_schema(t.schema), t.name)
  run.column_renames[key .. "\0" .. found.name] = wanted.name
  run.table_renames[key] = run.table_renames[key] or {}
  run.table_renames[key][found.name] = wanted.name
end

-- Columns of both sides: pairs of { found, wanted }, new ones, those that are gone.
local function match_columns(run, lists, found_table, t)
  local found, found_order = by_name(found_table)
  local wanted, order = by_name(t)
  local parent_names = { schema_name = t.schema, table_name = t.name,
    schema_qualified_table_name = key_of(t.schema, t.name) }
  for _, column in ipairs(found_order) do
    if not run:name_wanted(column.name, "column", parent_names) then found[column.name] = nil end
  end
  local taken, both = {}, {}
  for _, column in ipairs(order) do
    local there, old = found[column.name], hint_of(column)
    if not there and old and found[old] and not wanted[old] then
      there, taken[old] = found[old], true
      rename_column(run, lists, t, there, column)
    end
    if there then
      if run:object_wanted(column, column.name, "column", false, there) then both[#both + 1] = { there, column } end
    elseif run:object_wanted(column, column.name, "column", false, nil) then
      run:add(lists.add, ops.AddColumnOp.from_column_and_tablename(run:plain_schema(t.schema), t.name, column))
    end
  end
  for _, column in ipairs(found_order) do
    if found[column.name] and not wanted[column.name] and not taken[column.name]
      and run:object_wanted(column, column.name, "column", true, nil) then
      run:add(lists.drop, ops.DropColumnOp.from_column_and_tablename(run:plain_schema(t.schema), t.name, column))
    end
  end
  return both
end

-- --- one table -----------------------------------------------------------------------------------------------

local PHASES = { "drop_constraints", "renames", "add", "alter", "named", "add_constraints", "drop_keys", "add_keys",
  "comments", "drop", "custom" }

local function compare_comments(run, lists, found, t)
  if not run.comments then return end
  local there, said, schema = found.comment, t.comment, run:plain_schema(t.schema)
  if said == nil and there ~= nil then
    run:add(lists.comments, ops.DropTableCommentOp(t.name, { schema = schema, existing_comment = there }))
  elseif said ~= nil and said ~= there then
    run:add(lists.comments, ops.CreateTableCommentOp(t.name, said, { schema = schema, existing_comment = there }))
  end
end

local function custom_comparators(run, kind, target, ...)
  for _, fn in ipairs(autogenerate.comparators.registered[kind] or {}) do fn(run.autogen_context, target, ...) end
end

-- The copy in which the server normalises texts is closed even if a comparison raises.
local function compare_table(run, key)
  local lists, t, found = {}, run.wanted[key], run.renamed[key] or run.found[key]
  for _, phase in ipairs(PHASES) do lists[phase] = {} end
  local both = match_columns(run, lists, found, t)
  local server = ServerText.new(run.context, found, run.table_renames[key])
  local ok, e = pcall(function()
    for _, pair in ipairs(both) do
      local op = ops.AlterColumnOp(t.name, pair[2].name, { schema = run:plain_schema(t.schema) })
      if columns.column(run, op, pair[1], pair[2], server):has_changes() then run:add(lists.alter, op) end
    end
    constraints.primary_key(run, lists, found, t)
    constraints.foreign_keys(run, lists, found, t)
    constraints.indexes_and_uniques(run, lists, found, t, server)
    constraints.checks(run, lists, found, t, server)
  end)
  if server then server:close() end
  if not ok then error(e, 0) end
  compare_comments(run, lists, found, t)
  local custom = ops.ModifyTableOps(t.name, lists.custom, { schema = t.schema })
  custom_comparators(run, "table", custom, t.schema, t.name, found, t)
  return lists
end

local function container(run, list, t, lists, phases)
  local inner = {}
  for _, phase in ipairs(phases) do
    for _, op in ipairs(lists[phase] or {}) do inner[#inner + 1] = op end
  end
  if #inner > 0 then
    run:add(list, ops.ModifyTableOps(t.name, inner, { schema = run:plain_schema(t.schema) }))
  end
end

-- Foreign keys that cannot stand among the changes of their table go first or come last, where they can be altered.
local function changed_tables(run, first, middle, last)
  local keys = {}
  for key in pairs(run.wanted) do
    if run.found[key] or run.renamed[key] then keys[#keys + 1] = key end
  end
  table.sort(keys)
  local lists_of = {}
  for _, key in ipairs(keys) do lists_of[key] = compare_table(run, key) end
  if run.alters then key_order.settle(run, keys, lists_of) end
  for _, key in ipairs(keys) do
    container(run, first, run.wanted[key], lists_of[key], { "early_keys" })
    container(run, middle, run.wanted[key], lists_of[key], PHASES)
    container(run, last, run.wanted[key], lists_of[key], { "late_keys" })
  end
end

-- --- all of it -----------------------------------------------------------------------------------------------

local function new_run(context, metadata)
  if getmetatable(context) ~= MigrationContext then
    exc.raise("ArgumentError", "a MigrationContext is needed before the MetaData, got %s", type(context))
  end
  if not context.connection then exc.raise("CommandError", "autogenerate can't use as_sql=true as it prevents " ..
    "querying the database for schema information") end
  local run = setmetatable({ context = context, inspector = am.inspect(context.connection), column_renames = {},
    table_renames = {}, new_names = {}, wanted = {}, order = {}, found = {}, left_out = {}, renamed = {},
    renamed_from = {}, warnings = {}, alters = context.dialect_name ~= "sqlite" }, Run)
  run.comments = context.opts.compare_comments and context.dialect_name == "postgresql"
  run.default_schema = context.dialect_name == "postgresql" and run.inspector.default_schema_name or nil
  run.metadatas = metadata_list(metadata)
  run.autogen_context = { migration_context = context, metadata = metadata, inspector = run.inspector,
    connection = context.connection, dialect = context.connection.dialect, opts = context.opts,
    run_name_filters = function(_, ...) return run:name_wanted(...) end,
    run_object_filters = function(_, ...) return run:object_wanted(...) end }
  return run
end

local function compare_all(run)
  run.schemas = schemas_of(run)
  wanted_tables(run)
  named.read_sequences(run)
  found_tables(run)
  choose_tables(run)
  local before, first, new, middle, last, gone, after = {}, {}, {}, {}, {}, {}, {}
  named.sequences(run, before, after)
  named.enums(run, before, after)
  renames(run, before)
  new_tables(run, new)
  changed_tables(run, first, middle, last)
  old_tables(run, gone)
  local list = {}
  local parts = { before, first, new, gone, middle, last, after }
  if key_order.holds_dropped(run) then parts = { before, first, new, middle, last, gone, after } end
  for _, part in ipairs(parts) do
    for _, op in ipairs(part) do list[#list + 1] = op end
  end
  return list
end

--- What must be done to make the database what the models say: a MigrationScript with upgrade_ops and downgrade_ops.
function autogenerate.produce_migrations(context, metadata)
  local run = new_run(context, metadata)
  local upgrade = ops.UpgradeOps(compare_all(run))
  custom_comparators(run, "schema", upgrade, run.schemas)
  local script = ops.MigrationScript(nil, upgrade, upgrade:reverse())
  script.warnings = run.warnings
  return script
end

--- Differences as a list of tuples; changes of one column are a list of tuples. Empty: nothing differs.
function autogenerate.compare_metadata(context, metadata)
  return autogenerate.produce_migrations(context, metadata).upgrade_ops:as_diffs()
end

--- Lua text of two functions' bodies: upgrade and downgrade. Takes a MigrationScript, or UpgradeOps alone.
function autogenerate.render(context, script)
  if ops.is(script, ops.MigrationScript) then
    return rendered.body(context, script.upgrade_ops), rendered.body(context, script.downgrade_ops)
  end
  return rendered.body(context, script), rendered.body(context, script:reverse())
end

--- One line about one operation, for `alchemoon check`.
autogenerate.describe = require("alchemoon.migrate.differences").describe

--- A line for each operation of a MigrationScript's upgrade.
function autogenerate.lines(script)
  local lines = {}
  for _, op in ipairs(script.upgrade_ops:flat()) do
    if op.op ~= "implicit_enum" then lines[#lines + 1] = autogenerate.describe(op) end
  end
  return lines
end

local comparators = { registered = {} }
autogenerate.comparators = comparators

--- Registers fn(autogen_context, upgrade_ops, schemas) for "schema", or fn(autogen_context, modify_table_ops, schema,
-- table_name, found table, table) for "table".
function comparators.dispatch_for(kind, fn)
  if kind ~= "schema" and kind ~= "table" then
    exc.raise("ArgumentError", "comparators.dispatch_for: 'schema' or 'table', got '%s'", tostring(kind))
  end
  comparators.registered[kind] = comparators.registered[kind] or {}
  table.insert(comparators.registered[kind], fn)
  return fn
end

return autogenerate
