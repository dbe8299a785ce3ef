--- From the inspector's lists to Table objects.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local null = require "alchemoon.null"
local options = require "alchemoon.options"
local attach = require "alchemoon.schema.attach"
local column_room = require "alchemoon.schema.column"
local constraint = require "alchemoon.schema.constraint"
local default = require "alchemoon.schema.default"
local event = require "alchemoon.event"
local events = require "alchemoon.schema.events"
local inspection = require "alchemoon.inspection"
local item = require "alchemoon.schema.item"
local tables = require "alchemoon.schema.table"

local reflect = {}
local tags = core.tags
local unpack = table.unpack or unpack -- luacheck: ignore 113

local function text(sql) return core.node(tags.TEXT, { text = sql }) end

local function as_set(list)
  if not list then return nil end
  local found = {}
  for _, name in ipairs(list) do found[name] = true end
  return found
end

-- --- columns ---------------------------------------------------------------------------------------------

local function column_options(info)
  local opts = { nullable = info.nullable, autoincrement = info.autoincrement, quote = info.quote, info = info.info,
    key = info.key, comment = info.comment }
  for key, value in pairs(info.dialect_options or {}) do opts[key] = value end
  return opts
end

local function new_column(info)
  local args = { info.name, info.type }
  if info.default ~= nil then
    local given = info.default
    if type(given) == "string" then given = default.clause(text(given), false, true) end
    args[#args + 1] = given
  end
  if info.computed then
    args[#args + 1] = default.Computed(info.computed.sqltext, { persisted = info.computed.persisted })
  end
  if info.identity then args[#args + 1] = default.Identity(info.identity) end
  args[#args + 1] = column_options(info)
  return column_room.Column(unpack(args))
end

local function reflect_columns(run)
  local infos = run.inspector:get_columns(run.name, run.schema)
  if #infos == 0 then exc.raise("NoSuchTableError", "%s", run.table.fullname) end
  local listeners = events.listeners("column_reflect", run.table)
  local on_metadata = events.listeners("column_reflect", core.node_get(run.table, "metadata"))
  for _, kept in ipairs(infos) do
    local info = {}
    for key, value in pairs(kept) do info[key] = value end
    event.fire(on_metadata, run.inspector, run.table, info)
    event.fire(listeners, run.inspector, run.table, info)
    local original = kept.name
    if not (run.include and not run.include[original]) and not (run.exclude and run.exclude[original]) then
      local fresh = new_column(info)
      run.columns[original] = fresh
      attach.column(run.table, fresh, true)
    end
  end
end

-- --- constraints --------------------------------------------------------------------------------------------

local function own_name(node, name)
  if name then
    core.node_set(node, "name", name)
    core.node_set(node, "options", item.with(core.node_get(node, "options"), item.CONV))
  end
end

-- Columns that are left out are no part of the key.
local function reflect_key(run)
  local info = run.inspector:get_pk_constraint(run.name, run.schema)
  local found = {}
  for _, name in ipairs(info.constrained_columns) do
    if run.columns[name] and not (run.exclude and run.exclude[name]) then found[#found + 1] = run.columns[name] end
  end
  local key = core.node_get(run.table, "primary_key")
  if info.comment then core.node_set(key, "comment", info.comment) end
  for _, fresh in ipairs(found) do
    local schema = core.node_get(fresh, "schema")
    core.node_set(schema, "primary_key", 1)
  end
  if #found > 0 then core.node_set(key, "columns", found) end
  own_name(key, info.name)
  if info.deferrable then core.node_set(key, "deferrable", default.flag(true)) end
  if info.initially then core.node_set(key, "initially", info.initially) end
  if info.dialect_options then core.node_set(key, "dialect_options", item.dialect_options(info.dialect_options)) end
end

-- The columns' keys for names in the database; nil if one was left out.
local function keys_of(run, names)
  local keys = {}
  for i, name in ipairs(names) do
    local known = run.columns[name]
    if not known then return nil end
    keys[i] = attach.key_of(known)
  end
  return keys
end

local function referred_table(run, info)
  if not run.resolve_fks then return end
  local metadata = core.node_get(run.table, "metadata")
  local key = info.referred_schema and info.referred_schema .. "." .. info.referred_table or info.referred_table
  if run.extend_on and run.extend_on[key] then return end
  if run.extend_on then run.extend_on[key] = true end
  if core.metadata_table(metadata, key) then return end
  table.insert(run.inspector._queue, { metadata, info.referred_table, info.referred_schema, run.extend_on })
end

-- Tables that foreign keys led to: one after the other, not one inside the other, however long the chain is.
local function work_off(inspector)
  local queue = inspector._queue
  local i = 1
  while queue[i] do
    local metadata, name, schema, extend_on = queue[i][1], queue[i][2], queue[i][3], queue[i][4]
    if not core.metadata_table(metadata, item.full_name(schema, name)) then
      tables.Table(name, metadata, { schema = schema or default.BLANK_SCHEMA, autoload_with = inspector,
        resolve_fks = true, _extend_on = extend_on })
    end
    i = i + 1
  end
end

-- Runs fn with a queue; the outermost call works it off.
local function with_queue(inspector, fn)
  if inspector._queue then return fn() end
  rawset(inspector, "_queue", {})
  local ok, err = pcall(function()
    fn()
    work_off(inspector)
  end)
  rawset(inspector, "_queue", nil)
  if not ok then error(err, 0) end
end

-- A key with a column that is left out is left out, too.
local function reflect_foreign_keys(run)
  for _, info in ipairs(run.inspector:get_foreign_keys(run.name, run.schema)) do
    local keys = keys_of(run, info.constrained_columns)
    if keys then
      referred_table(run, info)
      local prefix = info.referred_schema and info.referred_schema .. "." or ""
      local specs = {}
      for i, name in ipairs(info.referred_columns) do specs[i] = prefix .. info.referred_table .. "." .. name end
      local opts = { name = info.name and item.conv(info.name), link_to_name = true, comment = info.comment,
        _table = run.table }
      for key, value in pairs(info.options) do opts[key] = value end
      constraint.ForeignKeyConstraint(keys, specs, opts)
    end
  end
end

local function index_element(run, info, i)
  local name = info.column_names[i]
  local am = require "alchemoon"
  local written = name == null or name == nil -- an expression
  local sorting = info.column_sorting and info.column_sorting[written and info.expressions[i] or name]
  local element
  if not written then element = run.columns[name]
  elseif sorting then element = am.literal_column(info.expressions[i])
  else element = text(info.expressions[i]) end
  if not element then return nil end
  for _, word in ipairs(sorting or {}) do element = am[word](element) end -- desc, nulls_last ...
  return element
end

-- An index that serves a constraint comes with that.
local function reflect_indexes(run)
  for _, info in ipairs(run.inspector:get_indexes(run.name, run.schema)) do
    local elements = {}
    if run.include and info.expressions then elements = nil end -- they may use any column
    for i = 1, elements and #info.column_names or 0 do
      local element = index_element(run, info, i)
      if element == nil then
        elements = nil
        break
      end
      elements[i] = element
    end
    if elements and not info.duplicates_constraint then
      local opts = { unique = info.unique, _table = run.table }
      for key, value in pairs(info.dialect_options or {}) do
        if type(value) ~= "table" or next(value) ~= nil then opts[key] = value end
      end
      attach.new_index(info.name and item.conv(info.name), elements, opts)
    end
  end
end

local function reflect_uniques(run)
  for _, info in ipairs(run.inspector:get_unique_constraints(run.name, run.schema)) do
    local keys = keys_of(run, info.column_names)
    if keys and not info.duplicates_index then
      keys[#keys + 1] = { name = info.name and item.conv(info.name), comment = info.comment, _table = run.table,
        deferrable = info.deferrable, initially = info.initially }
      for key, value in pairs(info.dialect_options or {}) do
        if type(value) ~= "table" or next(value) ~= nil then keys[#keys][key] = value end
      end
      constraint.UniqueConstraint(unpack(keys))
    end
  end
end

local function reflect_checks(run)
  for _, info in ipairs(run.inspector:get_check_constraints(run.name, run.schema)) do
    local opts = { name = info.name and item.conv(info.name), comment = info.comment, _table = run.table }
    for key, value in pairs(info.dialect_options or {}) do opts[key] = value end
    constraint.CheckConstraint(info.sqltext, opts)
  end
end

local function reflect_excludes(run)
  if not run.inspector._catalogue.exclude_constraints then return end
  for _, info in ipairs(run.inspector:get_exclude_constraints(run.name, run.schema)) do
    local args = {}
    for i, name in ipairs(info.column_names) do
      local element = name == null and text(info.expressions[i]) or run.columns[name]
      if not element then return end
      args[i] = { element, info.operators[i] }
    end
    args[#args + 1] = { name = item.conv(info.name), using = info.using, where = info.where,
      deferrable = info.deferrable, initially = info.initially, _table = run.table }
    constraint.ExcludeConstraint(unpack(args))
  end
end

local function reflect_options(run)
  if run.inspector._catalogue.has_comments then
    local comment = run.inspector:get_table_comment(run.name, run.schema).text
    if comment then core.node_set(run.table, "comment", comment) end
  end
  local given = run.inspector:get_table_options(run.name, run.schema)
  if next(given) then
    local extra = item.extra(run.table)
    for key, value in pairs(extra.dialect or {}) do given[key] = value end
    extra.dialect = given
    core.node_set(run.table, "options", item.dialect_options(given))
  end
end

--- Fills `table_`. opts: include, exclude (lists of column names), resolve_fks, extend_on.
function reflect.reflect(inspector, table_, opts)
  local run = {
    inspector = inspector, table = table_, name = core.node_get(table_, "name"), schema = core.node_get(table_,
      "schema"),
    columns = {}, include = as_set(opts.include), exclude = as_set(opts.exclude), resolve_fks = opts.resolve_fks,
    extend_on = opts.extend_on,
  }
  inspector:_with_query(function()
    with_queue(inspector, function()
      reflect_columns(run)
      reflect_key(run)
      reflect_foreign_keys(run)
      reflect_indexes(run)
      reflect_uniques(run)
      reflect_checks(run)
      reflect_excludes(run)
      reflect_options(run)
    end)
  end)
end

-- --- metadata:reflect ------------------------------------------------------------------------------------------

local function available_names(inspector, schema, views)
  local names = {}
  local function take(list)
    for _, name in ipairs(list) do names[#names + 1] = name end
  end
  take(inspector:get_table_names(schema))
  if views then
    take(inspector:get_view_names(schema))
    take(inspector:get_materialized_view_names(schema))
  end
  return names
end

-- Names that were asked for must be there; tables that are known already are not read again.
local function chosen(metadata, names, schema, opts, inspector)
  local function is_new(name)
    return opts.extend_existing or core.metadata_table(metadata, item.full_name(schema, name)) == nil
  end
  local list = {}
  if opts.only == nil or type(opts.only) == "function" then
    for _, name in ipairs(names) do
      if is_new(name) and (not opts.only or opts.only(name, metadata)) then list[#list + 1] = name end
    end
    return list
  end
  local known, missing = as_set(names), {}
  for _, name in ipairs(opts.only) do
    if not known[name] then missing[#missing + 1] = name
    elseif is_new(name) then list[#list + 1] = name end
  end
  if missing[1] then
    exc.raise("InvalidRequestError", "Could not reflect: requested table(s) not available in %s%s: (%s)",
      tostring(inspector.engine), schema and (" schema '%s'"):format(schema) or "", table.concat(missing, ", "))
  end
  return list
end

--- metadata:reflect(bind, { schema, views, only, extend_existing, autoload_replace, resolve_fks }).
function reflect.metadata(metadata, bind, opts)
  opts = options.read("MetaData.reflect", opts, { schema = true, views = true, only = true, extend_existing = true,
    autoload_replace = true, resolve_fks = options.TRUE })
  local inspector = inspection.inspect(bind)
  local schema = opts.schema
  if schema == nil then schema = core.node_get(metadata, "schema") end
  if not inspector._with_query then
    exc.raise("ArgumentError", "MetaData.reflect: expected an engine or a connection, got %s", tostring(bind))
  end
  inspector:_with_query(function()
    local names = available_names(inspector, schema, opts.views)
    local extend_on = {}
    local function load_table(name)
      local ok, err = pcall(tables.Table, name, metadata, { schema = schema, autoload_with = inspector,
        extend_existing = opts.extend_existing, autoload_replace = opts.autoload_replace,
        resolve_fks = opts.resolve_fks, _extend_on = extend_on })
      if not ok and not exc.is(err, exc.UnreflectableTableError) then error(err, 0) end
    end
    local list = chosen(metadata, names, schema, opts, inspector)
    local function load_all()
      for _, name in ipairs(list) do load_table(name) end
    end
    with_queue(inspector, function()
      if #list > 8 then inspector:_in_bulk(schema, load_all) else load_all() end
    end)
  end)
end

-- --- order of tables in the database ------------------------------------------------------------------------------

-- Tables of one name in two schemas are two.
local function key_of(schema, name) return (schema or "") .. "\0" .. name end

-- Edges parent → child between tables ({ schema or am.null, name }), and the names of each table's foreign keys.
local function foreign_key_edges(inspector, tables_)
  local index, edges, keys = {}, {}, {}
  for i, at in ipairs(tables_) do index[key_of(at[1] ~= null and at[1] or nil, at[2])] = i end
  for i, at in ipairs(tables_) do
    keys[i] = {}
    for _, info in ipairs(inspector:get_foreign_keys(at[2], at[1] ~= null and at[1] or nil)) do
      local parent = index[key_of(info.referred_schema, info.referred_table)]
      keys[i][#keys[i] + 1] = info.name or null
      if parent and parent ~= i then edges[#edges + 1] = { parent, i, info.name or null } end
    end
  end
  return edges, keys
end

-- The order of tables, and the edges that had to be left out of it because they form cycles.
local function order_of(count, edges)
  local order, cycle = core.topological_sort(count, edges)
  if order then return order, {} end
  local inside, kept, left_out = as_set(cycle), {}, {}
  for _, edge in ipairs(edges) do
    local list = inside[edge[1]] and inside[edge[2]] and left_out or kept
    list[#list + 1] = edge
  end
  return core.topological_sort(count, kept), left_out
end

--- The tables of some schemas (am.null: the default one), each with its foreign keys, those that are referred to first:
-- { { schema, table }, { { { schema, table }, key }, ... } }. The last entry has no table, and the keys that no order
-- suits.
function reflect.sorted_tables(inspector, schemas)
  return inspector:_with_query(function()
    local found = {}
    for _, schema in ipairs(schemas) do
      for _, name in ipairs(inspector:get_table_names(schema ~= null and schema or nil)) do
        found[#found + 1] = { schema, name }
      end
    end
    local edges, keys = foreign_key_edges(inspector, found)
    local order, left_out = order_of(#found, edges)
    local remaining, is_late = {}, {}
    for i, edge in ipairs(left_out) do
      local child, name = edge[2], edge[3]
      remaining[i] = { found[child], name }
      is_late[child] = is_late[child] or {}
      is_late[child][name] = true
    end
    local result = {}
    for i, at in ipairs(order) do
      local own = {}
      for _, name in ipairs(keys[at]) do
        if not (is_late[at] and is_late[at][name]) then own[#own + 1] = { found[at], name } end
      end
      result[i] = { found[at], own }
    end
    result[#result + 1] = { [2] = remaining }
    return result
  end)
end

return reflect
