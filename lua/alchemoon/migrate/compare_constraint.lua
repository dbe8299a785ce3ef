--- How constraints and indexes of a table differ.
--
-- Indexes and unique constraints are the same when their names are (a unique constraint without a name: when its
-- columns are); foreign keys when they say the same, whatever they are called; checks, keys and EXCLUDE by name.
local am = require "alchemoon"
local columns = require "alchemoon.migrate.compare_column"
local core = require "alchemoon.core"
local item = require "alchemoon.schema.item"
local ops = require "alchemoon.migrate.ops"
local objects = require "alchemoon.migrate.schema_objects"
local render = require "alchemoon.migrate.render"
local sorted_keys = require("alchemoon.keys").sorted

local compare = {}

local LABELS = { [item.UNIQUE] = "unique_constraint", [item.FOREIGN_KEY] = "foreign_key_constraint",
  [item.CHECK] = "check_constraint", [item.EXCLUDE] = "exclude_constraint", [item.PRIMARY_KEY] = "primary_key" }

-- Names of columns as they are after the renames.
local function column_names(run, node, t)
  local names = objects.names_of(core.node_get(node, "columns"))
  for i, name in ipairs(names) do names[i] = run:new_column_name(t, name) end
  return names
end

local function parents(t)
  return { schema_name = t.schema, table_name = t.name,
    schema_qualified_table_name = item.full_name(t.schema, t.name) }
end

-- Constraints of a kind: { node, name, bound = made by a type }.
local function constraints_of(run, table_, t, kind, from_database)
  local list = {}
  for _, node in ipairs(core.node_get(table_, "constraints")) do
    if core.node_get(node, "kind") == kind then
      local name = item.text(core.node_get(node, "name"))
      local bound = item.has(core.node_get(node, "options"), item.TYPE_BOUND)
      if not from_database or run:name_wanted(name, LABELS[kind], parents(t)) then
        list[#list + 1] = { node = node, name = run:final_name(name), bound = bound }
      end
    end
  end
  return list
end

-- What is there stands on the table under its new name.
local function dropping(t, op)
  op.table_name, op.schema = t.name, t.schema
  return op
end

-- Where operations on constraints of a kind are put: unique constraints among the indexes, in the order of the names.
local DROPS = { [item.FOREIGN_KEY] = "drop_keys", [item.UNIQUE] = "named" }
local ADDS = { [item.FOREIGN_KEY] = "add_keys", [item.UNIQUE] = "named" }

local function drop(run, lists, t, node, name, kind, compare_to)
  if run:object_wanted(node, name, LABELS[kind], true, compare_to) then
    run:add(lists[DROPS[kind] or "drop_constraints"],
      dropping(t, ops.DropConstraintOp.from_constraint(node)))
  end
end

local function add(run, lists, node, name, kind, compare_to)
  if run:object_wanted(node, name, LABELS[kind], false, compare_to) then
    run:add(lists[ADDS[kind] or "add_constraints"], ops.AddConstraintOp.from_constraint(node))
  end
end

-- A constraint that is there but says something else.
local function replace(run, lists, t, found, wanted, name, kind)
  if run:object_wanted(wanted, name, LABELS[kind], false, found) then
    run:add(lists[DROPS[kind] or "drop_constraints"], dropping(t, ops.DropConstraintOp.from_constraint(found)))
    run:add(lists[ADDS[kind] or "add_constraints"], ops.AddConstraintOp.from_constraint(wanted))
  end
end

-- --- foreign keys --------------------------------------------------------------------------------------------

local function action(word)
  word = word and word:upper()
  if word == "NO ACTION" then return nil end
  return word
end

local function foreign_signature(run, node, t)
  local specs = {}
  for i, spec in ipairs(render.foreign_specs(node)) do
    local before, column = spec:match "^(.*)%.([^.]+)$"
    before = run:plain_key(before)
    local former = run.new_names[before] or before
    specs[i] = former .. "." .. (run.column_renames[former .. "\0" .. column] or column)
  end
  local initially = node.initially and node.initially:upper() or nil
  if initially == "IMMEDIATE" then initially = nil end
  return table.concat({ table.concat(column_names(run, node, t), ","), table.concat(specs, ","),
    tostring(action(node.ondelete)), tostring(action(node.onupdate)), tostring(node.deferrable or initially ~= nil),
    tostring(initially) }, "|")
end

-- By what they say, not by name: names are often the database's own.
function compare.foreign_keys(run, lists, found_table, t)
  local found, wanted = constraints_of(run, found_table, t, item.FOREIGN_KEY, true),
    constraints_of(run, t, t, item.FOREIGN_KEY)
  local there, said, found_names, wanted_names = {}, {}, {}, {}
  for _, one in ipairs(found) do
    one.sig = foreign_signature(run, one.node, t)
    there[one.sig] = true
    if one.name then found_names[one.name] = one.node end
  end
  for _, one in ipairs(wanted) do
    one.sig = foreign_signature(run, one.node, t)
    said[one.sig] = true
    if one.name then wanted_names[one.name] = one.node end
  end
  local seen = {}
  for _, one in ipairs(found) do
    if not said[one.sig] then
      drop(run, lists, t, one.node, one.name, item.FOREIGN_KEY, one.name and wanted_names[one.name])
    end
  end
  for _, one in ipairs(wanted) do
    if not there[one.sig] and not seen[one.sig] then
      seen[one.sig] = true
      add(run, lists, one.node, one.name, item.FOREIGN_KEY, one.name and found_names[one.name])
    end
  end
end

-- --- unique constraints and indexes --------------------------------------------------------------------------

local function unique_signature(run, one, t)
  local names = column_names(run, one.node, t)
  table.sort(names)
  local given = item.dialect_kwargs(one.node)
  local more = given.postgresql_nulls_not_distinct and "|nulls not distinct" or ""
  if run.context.dialect_name == "postgresql" then
    more = more .. (one.node.deferrable and "|deferrable" or "") ..
      ((one.node.initially or ""):upper() == "DEFERRED" and "|deferred" or "")
  end
  return table.concat(names, ",") .. more
end

local function index_signature(run, index, t)
  local parts = { tostring(index.unique or false) }
  for i, element in ipairs(core.node_get(index, "expressions")) do
    parts[i + 1] = run:new_column_name(t, columns.expression_text(run.context, element))
  end
  return table.concat(parts, "|")
end

-- Options of PostgreSQL that change what an index is, or expressions: the server is asked.
local RELEVANT = { "postgresql_where", "postgresql_using", "postgresql_include", "postgresql_ops", "postgresql_with",
  "postgresql_nulls_not_distinct", "sqlite_where" }

local function needs_words(index)
  for _, element in ipairs(core.node_get(index, "expressions")) do
    if core.node_tag(element) ~= core.tags.COLUMN then return true end
  end
  local given = index.kwargs
  for _, key in ipairs(RELEVANT) do
    local value = given[key]
    if value ~= nil and value ~= false and (type(value) ~= "table" or core.node_tag(value) or next(value) ~= nil)
      and not (key == "postgresql_using" and tostring(value):lower() == "btree") then return true end
  end
  return false
end

-- A text of SQL without casts, parentheses and spaces, and the text itself.
local function squeezed(text)
  return columns.without_casts(text):gsub("[%s()\"`%[%]]", ""):lower(), text
end

local function sql_text(run, value)
  if type(value) == "string" then return value end
  return columns.ddl_text(run.context, value)
end

-- An option that is no condition, as text: lists and tables in order.
local function option_text(value)
  if value == nil or value == false then return "" end
  if type(value) ~= "table" or core.node_tag(value) then return tostring(value):lower() end
  local parts = {}
  for i, one in ipairs(value) do parts[i] = type(one) == "string" and one or tostring(core.node_get(one, "name")) end
  for _, key in ipairs(sorted_keys(value)) do
    if type(key) == "string" then parts[#parts + 1] = key .. "=" .. tostring(value[key]) end
  end
  return table.concat(parts, ",")
end

-- All that an index says, as far as we know PostgreSQL's words; false: they can be read in several ways.
local function words_of(run, index)
  local parts, given = {}, index.kwargs
  local function take(text)
    local bare, whole = squeezed(text)
    parts[#parts + 1] = bare
    return columns.unambiguous(whole)
  end
  for _, element in ipairs(core.node_get(index, "expressions")) do
    if core.node_tag(element) == core.tags.COLUMN then parts[#parts + 1] = element.name:lower()
    elseif not take(sql_text(run, element)) then return false end
  end
  for _, key in ipairs(RELEVANT) do
    local value = given[key]
    if key == "postgresql_where" then
      if value ~= nil and not take("w" .. sql_text(run, value)) then return false end
    else
      local text = option_text(value)
      if key == "postgresql_using" and text == "btree" then text = "" end
      parts[#parts + 1] = key .. text
    end
  end
  return table.concat(parts, "|")
end

local function where_text(run, index)
  local value = index.kwargs.sqlite_where
  if value == nil then return "" end
  if type(value) == "string" then return value:lower():gsub("[%s()\"]", "") end
  return columns.expression_text(run.context, value)
end

local function index_differs(run, found, wanted, t, server)
  if (found.unique or false) ~= (wanted.unique or false) then return true end
  if server and (needs_words(found) or needs_words(wanted)) then
    local words = words_of(run, wanted)
    if words and not next(server.renames) and words == words_of(run, found) then return false end
    local same = server:same_index(found, wanted)
    if same ~= nil then return not same end
  end
  if run.context.dialect_name == "sqlite" and where_text(run, found) ~= where_text(run, wanted) then return true end
  return index_signature(run, found, t) ~= index_signature(run, wanted, t)
end

local function indexes_of(run, table_, t, from_database)
  local map = {}
  for _, index in ipairs(core.node_get(table_, "indexes")) do
    if index.name and (not from_database or run:name_wanted(index.name, "index", parents(t))) then
      local name = run:final_name(item.text(index.name))
      map[name] = { node = index, name = name, is_index = true }
    end
  end
  return map
end

local function index_op(run, lists, t, one, is_drop, compare_to)
  if not run:object_wanted(one.node, one.name, "index", is_drop, compare_to) then return end
  if is_drop then run:add(lists.named, dropping(t, ops.DropIndexOp.from_index(one.node)))
  else run:add(lists.named, ops.CreateIndexOp.from_index(one.node)) end
end

local function removed(run, lists, t, one)
  if one.is_index then index_op(run, lists, t, one, true, nil)
  else drop(run, lists, t, one.node, one.name, item.UNIQUE) end
end
local function added(run, lists, t, one)
  if one.is_index then index_op(run, lists, t, one, false, nil)
  else add(run, lists, one.node, one.name, item.UNIQUE) end
end

local function changed(run, lists, there, one, t, server)
  if there.is_index ~= one.is_index then
    removed(run, lists, t, there)
    added(run, lists, t, one)
  elseif not one.is_index then
    if there.sig ~= one.sig then replace(run, lists, t, there.node, one.node, one.name, item.UNIQUE) end
  elseif index_differs(run, there.node, one.node, t, server)
    and run:object_wanted(one.node, one.name, "index", false, there.node) then
    run:add(lists.named, dropping(t, ops.DropIndexOp.from_index(there.node)))
    run:add(lists.named, ops.CreateIndexOp.from_index(one.node))
  end
end

--- Indexes and unique constraints share their names in the database, and are compared together.
function compare.indexes_and_uniques(run, lists, found_table, t, server)
  local found, wanted = indexes_of(run, found_table, t, true), indexes_of(run, t, t, false)
  local there_by_sig, unnamed = {}, {}
  for _, one in ipairs(constraints_of(run, found_table, t, item.UNIQUE, true)) do
    one.sig = unique_signature(run, one, t)
    there_by_sig[one.sig] = true
    if one.name then found[one.name] = one end
  end
  for _, one in ipairs(constraints_of(run, t, t, item.UNIQUE)) do
    one.sig = unique_signature(run, one, t)
    if one.name then wanted[one.name] = one else unnamed[one.sig] = one end
  end
  for _, name in ipairs(sorted_keys(found)) do
    local one = found[name]
    if not wanted[name] and (one.is_index or not unnamed[one.sig]) then removed(run, lists, t, one) end
  end
  for _, name in ipairs(sorted_keys(wanted)) do
    if found[name] then changed(run, lists, found[name], wanted[name], t, server) end
  end
  for _, name in ipairs(sorted_keys(wanted)) do
    if not found[name] then added(run, lists, t, wanted[name]) end
  end
  for _, sig in ipairs(sorted_keys(unnamed)) do
    if not there_by_sig[sig] then added(run, lists, t, unnamed[sig]) end
  end
end

-- --- checks and EXCLUDE --------------------------------------------------------------------------------------

-- A check's text without what databases write in their own way, and the text itself.
local function plain_check(run, node)
  if item.has(core.node_get(node, "options"), item.TYPE_BOUND) then -- says it itself
    local text = am.AddConstraint(node, { isolate_from_table = false }):compile({ dialect = run.context.dialect_name })
      .sql
    return squeezed(text:match "CHECK %((.*)%)$" or text)
  end
  return squeezed(columns.ddl_text(run.context, core.node_get(node, "sqltext")))
end

-- The texts as they are, else what the server makes of both; without a server only checks can differ.
local function says_the_same(run, found, wanted, server)
  if core.node_get(wanted, "kind") == item.CHECK then
    local there, whole = plain_check(run, found)
    local said, wanted_whole = plain_check(run, wanted)
    if there == said and (not server or columns.unambiguous(whole) and columns.unambiguous(wanted_whole)) then
      return true
    end
  end
  if server then
    local a, b = server:of_existing(item.text(core.node_get(found, "name"))), server:of_constraint(wanted)
    if a and b then return a == b end
    return core.node_get(wanted, "kind") ~= item.CHECK
  end
  return false
end

local function by_name(list)
  local map, unnamed = {}, {}
  for _, one in ipairs(list) do
    if one.name then map[one.name] = one else unnamed[#unnamed + 1] = one end
  end
  return map, unnamed
end

-- By name; a check that the models do not name is looked for among those of the database.
local function compare_named(run, lists, found_table, t, server, kind)
  local found = by_name(constraints_of(run, found_table, t, kind, true))
  local wanted, unnamed = by_name(constraints_of(run, t, t, kind))
  for _, name in ipairs(sorted_keys(found)) do
    local one, expected = found[name], wanted[name] ~= nil
    for i, other in ipairs(unnamed) do -- a check without a name was named by the database
      if not expected and says_the_same(run, one.node, other.node, server) then
        expected = true
        table.remove(unnamed, i)
        break
      end
    end
    if not expected then drop(run, lists, t, one.node, name, kind) end
  end
  for _, name in ipairs(sorted_keys(wanted)) do
    local one = wanted[name]
    if not found[name] then
      if not one.bound then add(run, lists, one.node, name, kind) end
    elseif not says_the_same(run, found[name].node, one.node, server) then
      replace(run, lists, t, found[name].node, one.node, name, kind)
    end
  end
end

function compare.checks(run, lists, found_table, t, server)
  compare_named(run, lists, found_table, t, server, item.CHECK)
  if run.context.dialect_name == "postgresql" then
    compare_named(run, lists, found_table, t, server, item.EXCLUDE)
  end
end

-- --- the primary key -----------------------------------------------------------------------------------------

local function key_of(table_)
  for _, node in ipairs(core.node_get(table_, "constraints")) do
    if core.node_get(node, "kind") == item.PRIMARY_KEY and core.list_count(node, "columns") > 0 then return node end
  end
end

--- Another set of columns is another key; Alembic does not look at it.
function compare.primary_key(run, lists, found_table, t)
  local found, wanted = key_of(found_table), key_of(t)
  local a = found and table.concat(column_names(run, found, t), ",")
  local b = wanted and table.concat(column_names(run, wanted, t), ",")
  if a == b then return end
  if found then drop(run, lists, t, found, item.text(core.node_get(found, "name")), item.PRIMARY_KEY, wanted) end
  if wanted then add(run, lists, wanted, item.text(core.node_get(wanted, "name")), item.PRIMARY_KEY, found) end
end

return compare
