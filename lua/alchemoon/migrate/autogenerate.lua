--- Autogenerate: what must be done to the database so that it is what the models say.
--
-- compare → list of operations in the order of an upgrade; its mirror is the downgrade; render.lua writes both.
local am = require "alchemoon"
local columns = require "alchemoon.migrate.compare_column"
local core = require "alchemoon.core"
local exc = require "alchemoon.migrate.errors"
local item = require "alchemoon.schema.item"
local named_types = require "alchemoon.schema.named_types"
local render = require "alchemoon.migrate.render"
local sort = require "alchemoon.schema.sort"

local autogenerate = {}
local tags = core.tags

local function key_of(schema, name) return schema and schema .. "." .. name or name end

local function sorted(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- --- what takes part ---------------------------------------------------------------------------------------------

local Run = {}
Run.__index = Run

function Run:name_wanted(name, type_, parents)
  local hook = self.context.opts.include_name
  return not hook or hook(name, type_, parents or {}) ~= false
end

function Run:object_wanted(object, name, type_, reflected, compare_to)
  local hook = self.context.opts.include_object
  return not hook or hook(object, name, type_, reflected, compare_to) ~= false
end

function Run.add(_, list, d)
  list[#list + 1] = d
  return d
end

local function metadata_tables(run, metadata)
  local list = metadata
  if core.node_tag(metadata) then list = { metadata } end
  if type(list) ~= "table" then
    exc.raise("CommandError", "target_metadata must be a MetaData or a list of them, got %s", type(metadata))
  end
  local found, order = {}, {}
  for _, one in ipairs(list) do
    if core.node_tag(one) ~= tags.METADATA then
      exc.raise("CommandError", "target_metadata must be a MetaData, got %s", tostring(one))
    end
    for _, t in ipairs(one.sorted_tables) do
      local key = key_of(t.schema, t.name)
      if found[key] then exc.raise("CommandError", "Duplicate table keys across multiple MetaData objects: %s", key) end
      if run:object_wanted(t, t.name, "table", false, nil) then
        found[key] = t
        order[#order + 1] = t
      end
    end
  end
  return found, order
end

local function schemas_of(run)
  if not run.context.opts.include_schemas then return { false } end
  local default = run.inspector.default_schema_name
  local list = { false }
  for _, name in ipairs(run.inspector:get_schema_names()) do
    if name ~= default and name ~= "information_schema" and not name:match "^pg_" and name ~= "main"
      and name ~= "temp" and run:name_wanted(name, "schema") then list[#list + 1] = name end
  end
  return list
end

local function database_tables(run)
  local context, found = run.context, {}
  local metadata = am.MetaData()
  for _, schema in ipairs(schemas_of(run)) do
    schema = schema or nil
    for _, name in ipairs(run.inspector:get_table_names(schema)) do
      local is_version = name == context.version_table and schema == context.version_table_schema
      if not is_version and run:name_wanted(name, "table", { schema_name = schema }) then
        local t = am.Table(name, metadata, { schema = schema, autoload_with = run.inspector, resolve_fks = false })
        if run:object_wanted(t, name, "table", true, run.wanted[key_of(schema, name)]) then
          found[key_of(schema, name)] = t
        end
      end
    end
  end
  run.found_metadata = metadata
  return found
end

-- --- tables ------------------------------------------------------------------------------------------------------

local function index_list(table_)
  local list = {}
  for i, index in ipairs(core.node_get(table_, "indexes")) do list[i] = index end
  table.sort(list, function(a, b) return tostring(a.name) < tostring(b.name) end)
  return list
end

local function base_of(t) return { schema = t.schema, table_name = t.name } end
local function entry(t, op, more)
  local d = base_of(t)
  d.op = op
  for key, value in pairs(more) do d[key] = value end
  return d
end

local function create(run, list, t, without)
  run:add(list, entry(t, "create_table", { table = t, without = without }))
  for _, index in ipairs(index_list(t)) do
    if run:object_wanted(index, index.name, "index", false, nil) then
      run:add(list, entry(t, "create_index", { index = index, of_new_table = true }))
    end
  end
end

local function new_tables(run, list)
  local missing = {}
  for _, t in ipairs(run.order) do
    local key = key_of(t.schema, t.name)
    if not run.found[key] and not run.renamed[key] then missing[#missing + 1] = t end
  end
  local later = {}
  for _, pair in ipairs(sort.sort_tables_and_constraints(missing)) do
    if pair[1] then
      local without = {}
      for _, node in ipairs(core.node_get(pair[1], "constraints")) do
        if core.node_get(node, "kind") == item.FOREIGN_KEY and run.alters then
          local together = false
          for _, one in ipairs(pair[2] or {}) do together = together or one == node end
          without[node] = not together or nil
        end
      end
      create(run, list, pair[1], without)
    else
      for _, node in ipairs(pair[2]) do later[#later + 1] = node end
    end
  end
  if run.alters then
    for _, node in ipairs(later) do
      run:add(list, entry(core.node_get(node, "table"), "add_constraint", { constraint = node, of_new_table = true }))
    end
  end
end

-- Tables that are gone from the models, dependants first.
local function old_tables(run, list)
  local gone = {}
  for _, key in ipairs(sorted(run.found)) do
    if not run.wanted[key] and not run.renamed_from[key] then gone[#gone + 1] = run.found[key] end
  end
  if #gone == 0 then return end
  local inside = {}
  for i, t in ipairs(gone) do inside[key_of(t.schema, t.name)] = i end
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
    for _, index in ipairs(index_list(t)) do
      run:add(list, entry(t, "drop_index", { index = index, of_new_table = true }))
    end
    run:add(list, entry(t, "drop_table", { table = t }))
  end
end

-- A table or column may say what it was called before: info = { renamed_from = "old" }.
local function hint_of(object)
  local extra = item.peek(object)
  return extra and extra.info and extra.info.renamed_from
end

local function renames(run, list)
  run.renamed, run.renamed_from = {}, {}
  for _, t in ipairs(run.order) do
    local key, old = key_of(t.schema, t.name), hint_of(t)
    local old_key = old and key_of(t.schema, old)
    if old and not run.found[key] and run.found[old_key] and not run.wanted[old_key] then
      run.renamed[key], run.renamed_from[old_key] = run.found[old_key], true
      run:add(list, { op = "rename_table", old = old, new = t.name, schema = t.schema })
    end
  end
end

-- --- columns -----------------------------------------------------------------------------------------------------

local function by_name(table_)
  local map, order = {}, {}
  for i, column in ipairs(core.node_get(table_, "columns")) do
    map[column.name] = column
    order[i] = column
  end
  return map, order
end

local function changed_column(run, list, t, found, wanted)
  local d = entry(t, "alter_column", { column_name = wanted.name, existing_type = found.type,
    existing_nullable = found.nullable, reverse = { existing_type = found.type } })
  local changed = false
  if columns.type_differs(run.context, found, wanted) then
    d.type_, d.reverse.type_, d.reverse.existing_type, changed = wanted.type, found.type, wanted.type, true
    d.using = wanted.name .. "::" .. wanted.type:compile { dialect = run.context.dialect_name }
    d.reverse.using = wanted.name .. "::" .. found.type:compile { dialect = run.context.dialect_name }
    d.diff = "modify_type"
  end
  local fixed = wanted.identity or wanted.computed or found.identity
  if found.nullable ~= wanted.nullable and not fixed then
    d.nullable, d.reverse.nullable, changed = wanted.nullable, found.nullable, true
  end
  if columns.default_differs(run.context, found, wanted) then
    d.server_default = wanted.server_default or false
    d.reverse.server_default, changed = found.server_default or false, true
  end
  if run.comments and (found.comment or "") ~= (wanted.comment or "") then
    d.comment, d.reverse.comment, changed = wanted.comment or false, found.comment or false, true
  end
  if changed then run:add(list, d) end
end

local function compare_columns(run, lists, found_table, t)
  local found, found_order = by_name(found_table)
  local wanted, order = by_name(t)
  local taken = {}
  for _, column in ipairs(order) do
    local there = found[column.name]
    local old = hint_of(column)
    if not there and old and found[old] and not wanted[old] then
      taken[old] = true
      run:add(lists.renames, entry(t, "alter_column", { column_name = old, new_column_name = column.name,
        existing_type = found[old].type, reverse = { column_name = column.name, new_column_name = old } }))
      there = found[old]
      run.column_renames[key_of(t.schema, t.name) .. "\0" .. old] = column.name
    end
    if there then
      if run:object_wanted(column, column.name, "column", false, there) then
        changed_column(run, lists.alter, t, there, column)
      end
    elseif run:object_wanted(column, column.name, "column", false, nil) then
      run:add(lists.add, entry(t, "add_column", { column = column }))
    end
  end
  for _, column in ipairs(found_order) do
    if not wanted[column.name] and not taken[column.name]
      and run:name_wanted(column.name, "column", { schema_name = t.schema, table_name = t.name })
      and run:object_wanted(column, column.name, "column", true, nil) then
      run:add(lists.drop, entry(t, "drop_column", { column = column }))
    end
  end
end

-- --- constraints and indexes ---------------------------------------------------------------------------------------

-- Names of columns as they are after the renames.
local function column_names(run, node, t)
  local names = render.names_of(core.node_get(node, "columns"))
  for i, name in ipairs(names) do
    names[i] = run.column_renames[key_of(t.schema, t.name) .. "\0" .. name] or name
  end
  return names
end

local function action(word)
  word = word and word:upper()
  if word == "NO ACTION" then return nil end
  return word
end

local signatures = {}
signatures[item.UNIQUE] = function(run, node, t)
  return table.concat(column_names(run, node, t), ",")
end
signatures[item.FOREIGN_KEY] = function(run, node, t)
  local specs = {}
  for i, spec in ipairs(render.foreign_specs(node)) do
    local before, column = spec:match "^(.*)%.([^.]+)$"
    local default = run.default_schema and run.default_schema .. "."
    if default and before:sub(1, #default) == default then before = before:sub(#default + 1) end
    local former = run.new_names[before] or before
    specs[i] = former .. "." .. (run.column_renames[former .. "\0" .. column] or column)
  end
  local initially = node.initially and node.initially:upper() or nil
  if initially == "IMMEDIATE" then initially = nil end
  return table.concat({ table.concat(column_names(run, node, t), ","), table.concat(specs, ","),
    tostring(action(node.ondelete)), tostring(action(node.onupdate)), tostring(node.deferrable or false),
    tostring(initially) }, "|")
end
signatures[item.CHECK] = function(_, node) return core.node_get(node, "name") end

local function constraints_of(table_, kind, from_database)
  local list = {}
  for _, node in ipairs(core.node_get(table_, "constraints")) do
    if core.node_get(node, "kind") == kind then
      local bound = item.has(core.node_get(node, "options"), item.TYPE_BOUND)
      if kind ~= item.CHECK or core.node_get(node, "name") ~= nil or bound and not from_database then
        list[#list + 1] = { node = node, name = core.node_get(node, "name"), bound = bound }
      end
    end
  end
  return list
end

local LABELS = { [item.UNIQUE] = "unique_constraint", [item.FOREIGN_KEY] = "foreign_key_constraint",
  [item.CHECK] = "check_constraint" }

-- Constraints are the same when their signatures are, and their names unless one has none.
local function compare_constraints(run, lists, found_table, t, kind)
  local found, wanted = constraints_of(found_table, kind, true), constraints_of(t, kind)
  local signature, label = signatures[kind], LABELS[kind]
  for _, one in ipairs(found) do one.sig = signature(run, one.node, t) end
  for _, one in ipairs(wanted) do one.sig = signature(run, one.node, t) end
  local names_count = kind == item.UNIQUE
  local function match(pass)
    for _, one in ipairs(wanted) do
      for _, other in ipairs(found) do
        if not one.with and not other.with and one.sig == other.sig then
          local names_fit = one.name == other.name or pass == 2 and (not names_count or not one.name or not other.name)
          if names_fit then one.with, other.with = other, one end
        end
      end
    end
  end
  match(1)
  match(2)
  for _, one in ipairs(found) do
    if not one.with and run:object_wanted(one.node, one.name, label, true, nil) then
      run:add(lists.drop_constraints, entry(t, "drop_constraint", { constraint = one.node }))
    end
  end
  for _, one in ipairs(wanted) do
    if not one.with and not one.bound and run:object_wanted(one.node, one.name, label, false, nil) then
      run:add(kind == item.FOREIGN_KEY and lists.add_keys or lists.add_constraints,
        entry(t, "add_constraint", { constraint = one.node }))
    end
  end
end

local function index_signature(run, index, t)
  local parts = { tostring(index.unique) }
  for i, element in ipairs(core.node_get(index, "expressions")) do
    local text = columns.expression_text(run.context, element)
    parts[i + 1] = run.column_renames[key_of(t.schema, t.name) .. "\0" .. text] or text
  end
  return table.concat(parts, "|")
end

local function compare_indexes(run, lists, found_table, t)
  local found = {}
  for _, index in ipairs(core.node_get(found_table, "indexes")) do
    if index.name and run:name_wanted(index.name, "index", { schema_name = t.schema, table_name = t.name }) then
      found[index.name] = index
    end
  end
  for _, index in ipairs(index_list(t)) do
    local there = index.name and found[index.name]
    if there then
      found[index.name] = nil
      if index_signature(run, there, t) ~= index_signature(run, index, t)
        and run:object_wanted(index, index.name, "index", false, there) then
        run:add(lists.drop_indexes, entry(t, "drop_index", { index = there }))
        run:add(lists.add_indexes, entry(t, "create_index", { index = index }))
      end
    elseif run:object_wanted(index, index.name, "index", false, nil) then
      run:add(lists.add_indexes, entry(t, "create_index", { index = index }))
    end
  end
  for _, name in ipairs(sorted(found)) do
    if run:object_wanted(found[name], name, "index", true, nil) then
      run:add(lists.drop_indexes, entry(t, "drop_index", { index = found[name] }))
    end
  end
end

-- --- PostgreSQL's enumerations ---------------------------------------------------------------------------------------

local function enums_of(run, tables)
  local found = {}
  for _, t in ipairs(tables) do
    for _, column in ipairs(core.node_get(t, "columns")) do
      local type_, what = named_types.of(core.node_type(column))
      if type_ and what == "enum" and core.node_get(type_, "name") then
        local name, schema = core.node_get(type_, "name"), core.node_get(type_, "schema")
        if schema == run.default_schema then schema = nil end
        local key = key_of(schema, name)
        if not found[key] then
          local values = {}
          for i, word in ipairs(core.node_get(type_, "values")) do values[i] = core.node_get(word, "name") end
          found[key] = { name = name, schema = schema, values = values, columns = {} }
        end
        local default = column.server_default and column.server_default.arg
        if core.node_tag(default) then default = columns.ddl_text(run.context, default)
        elseif default then default = run.context.impl:literal(default) end
        table.insert(found[key].columns, { key_of(t.schema, t.name), column.name, default = default })
      end
    end
  end
  return found
end

local function compare_enums(run, before, after)
  if run.context.dialect_name ~= "postgresql" then return end
  local in_database = {}
  for _, info in ipairs(run.inspector:get_enums()) do
    in_database[key_of(info.schema ~= run.default_schema and info.schema or nil, info.name)] = info
  end
  local existing = {}
  for _, key in ipairs(sorted(run.found)) do existing[#existing + 1] = run.found[key] end
  local wanted, used = enums_of(run, run.order), enums_of(run, existing)
  for _, key in ipairs(sorted(wanted)) do
    local one, there = wanted[key], in_database[key] or used[key]
    if there then
      local labels = there.labels or there.values
      if table.concat(labels, "\0") ~= table.concat(one.values, "\0") then
        run:add(before, { op = "alter_enum", name = one.name, schema = one.schema, old = labels, new = one.values,
          columns = used[key] and used[key].columns })
      end
    else
      -- made with its table or column; the downgrade must drop it behind them
      run:add(before, { op = "nothing", mirror = { op = "drop_enum", name = one.name, schema = one.schema } })
    end
  end
  for _, key in ipairs(sorted(used)) do
    if not wanted[key] then
      run:add(after, { op = "drop_enum", name = used[key].name, schema = used[key].schema, values = used[key].values })
    end
  end
end

-- --- all of it -------------------------------------------------------------------------------------------------------

local PHASES = { "drop_keys", "drop_indexes", "drop_constraints", "renames", "add", "alter", "add_constraints",
  "add_indexes", "add_keys", "drop", "comments" }

local function compare_table(run, found, t)
  local lists = {}
  for _, phase in ipairs(PHASES) do lists[phase] = {} end
  compare_columns(run, lists, found, t)
  compare_constraints(run, lists, found, t, item.FOREIGN_KEY)
  compare_constraints(run, lists, found, t, item.UNIQUE)
  compare_constraints(run, lists, found, t, item.CHECK)
  compare_indexes(run, lists, found, t)
  if run.comments and (found.comment or "") ~= (t.comment or "") then
    run:add(lists.comments, entry(t, "table_comment", { comment = t.comment, old = found.comment }))
  end
  return lists
end

--- Operations that make the database what the models say, in order.
function autogenerate.produce_migrations(context, metadata)
  if not context.connection then exc.raise("CommandError", "autogenerate can't use as_sql=True as it prevents " ..
    "querying the database for schema information") end
  local run = setmetatable({ context = context, inspector = am.inspect(context.connection), column_renames = {},
    new_names = {}, alters = context.dialect_name ~= "sqlite" }, Run)
  run.comments = context.opts.compare_comments and context.dialect_name == "postgresql"
  run.default_schema = context.dialect_name == "postgresql" and run.inspector.default_schema_name or nil
  run.wanted, run.order = metadata_tables(run, metadata)
  run.found = database_tables(run)
  local list, last = {}, {}
  compare_enums(run, list, last)
  renames(run, list)
  for _, key in ipairs(sorted(run.renamed)) do run.new_names[run.renamed[key].name] = key end
  new_tables(run, list)
  local keys = {}
  for key in pairs(run.wanted) do
    if run.found[key] or run.renamed[key] then keys[#keys + 1] = key end
  end
  table.sort(keys)
  for _, key in ipairs(keys) do
    local lists = compare_table(run, run.renamed[key] or run.found[key], run.wanted[key])
    for _, phase in ipairs(PHASES) do
      for _, d in ipairs(lists[phase]) do list[#list + 1] = d end
    end
  end
  old_tables(run, list)
  for _, d in ipairs(last) do list[#list + 1] = d end
  local real = {}
  for _, d in ipairs(list) do
    if d.op ~= "nothing" then real[#real + 1] = d end
  end
  real.all = list
  return real
end

-- --- the way back --------------------------------------------------------------------------------------------------

local MIRROR = { create_table = "drop_table", drop_table = "create_table", add_column = "drop_column",
  drop_column = "add_column", create_index = "drop_index", drop_index = "create_index",
  add_constraint = "drop_constraint", drop_constraint = "add_constraint" }

local function mirror(d)
  if d.mirror then return d.mirror end
  local back = {}
  for key, value in pairs(d) do back[key] = value end
  back.reverse = nil
  if d.op == "drop_enum" then return { op = "nothing" } end
  if MIRROR[d.op] then
    back.op = MIRROR[d.op]
  elseif d.op == "rename_table" or d.op == "alter_enum" then
    back.old, back.new = d.new, d.old
  elseif d.op == "table_comment" then
    back.comment, back.old = d.old, d.comment
  elseif d.op == "alter_column" then
    for _, key in ipairs { "type_", "nullable", "server_default", "comment", "new_column_name", "using" } do
      back[key] = nil
    end
    for key, value in pairs(d.reverse) do back[key] = value end
  end
  return back
end

--- Operations that undo the given ones.
function autogenerate.reverse(list)
  local back = {}
  local all = list.all or list
  for i = #all, 1, -1 do back[#back + 1] = mirror(all[i]) end
  local real = {}
  for _, d in ipairs(back) do
    if d.op ~= "nothing" then real[#real + 1] = d end
  end
  return real
end

--- Bodies of upgrade and downgrade as Lua text.
function autogenerate.render(context, list)
  return render.body(context, list), render.body(context, autogenerate.reverse(list))
end

require("alchemoon.migrate.differences")(autogenerate, key_of)

return autogenerate
