--- What a flush must know about a mapper and one of its tables, worked out once.
--
-- plan.columns: list of { slot, column, key, none, nullable } in table order, `none`: an absent value is sent as NULL.
-- plan.defaults / plan.onupdates: columns whose value is made here, before the statement (scalars, functions);
-- plan.server / plan.server_update: columns whose value the database makes.
-- plan.of_base: the table is one of the base class.
local core = require "alchemoon.core"
local execute = require "alchemoon.sql.execute"
local lists = require "alchemoon.lists"
local statements = require "alchemoon.orm.flush_statements"

local access = require "alchemoon.orm.access"
local attributes = require "alchemoon.orm.attributes"
local sql = require "alchemoon.orm.sql"
local symbols = require "alchemoon.orm.symbols"
local types = require "alchemoon.types"
local SQL_NULL = require("alchemoon.types.json").SQL_NULL

local flush_plan = {}
local E, T = core.enums, core.tags
local null = symbols.null

local function kind_of(default) return default and core.node_get(default, "kind") end

local function runs_here(default)
  local kind = kind_of(default)
  return kind == E.DEFAULT_SCALAR or kind == E.DEFAULT_CALLABLE
end

local function is_sql(default)
  local kind = kind_of(default)
  return kind == E.DEFAULT_SQL or kind == E.DEFAULT_SEQUENCE
end

--- A slot of a JSON column as a parameter: NULL is SQL's, the JSON value null is am.null.
function flush_plan.json_param(value)
  if value == symbols.null then return SQL_NULL end
  if value == symbols.JSON_NULL then return symbols.null end
  return value
end

-- What a flush asks of a column, found once: per row this would cost more than the row.
local function column_entry(mapper, column, slot)
  local schema = core.node_get(column, "schema")
  local default, onupdate = core.node_get(schema, "default_"), core.node_get(schema, "onupdate")
  local server = core.node_get(schema, "server_default") or core.node_get(schema, "computed")
    or core.node_get(schema, "identity")
  local column_type = core.node_type(column)
  local json = attributes.is_json_type(column_type)
  local evaluates_none = types.has_bit(core.node_get(column_type, "options"), core.enums.TYPE_SHOULD_EVALUATE_NONE)
  local server_update = core.node_get(schema, "server_onupdate") or core.node_get(schema, "computed")
  local watched = mapper.mutable_props and mapper.mutable_props[mapper.name_of[slot]]
  return {
    column = column, slot = slot, key = column.key, name = mapper.name_of[slot],
    primary_key = core.node_get(schema, "primary_key") ~= 0, default = default, onupdate = onupdate,
    server = server, server_update = server_update,
    none = core.node_get(schema, "primary_key") == 0 and not server and not default and not json
      and not evaluates_none,
    json = json, evaluates_none = evaluates_none, compare = access.comparison_of(column),
    mutable_class = watched and watched.mutable_class or nil,
  }
end

-- Sorted once by who makes the value: the program, the statement, the server.
local function collect(plan, entry)
  plan.columns[#plan.columns + 1] = entry
  plan.by_slot[entry.slot] = entry
  if runs_here(entry.default) then plan.defaults[#plan.defaults + 1] = entry end
  if runs_here(entry.onupdate) then plan.onupdates[#plan.onupdates + 1] = entry end
  local kind = kind_of(entry.default)
  if entry.server or kind == E.DEFAULT_SQL then
    if not entry.primary_key then plan.server[#plan.server + 1] = entry end
  end
  if entry.server_update or is_sql(entry.onupdate) then plan.server_update[#plan.server_update + 1] = entry end
end

-- Pairs of columns of joined inheritance where this table is the source of the value; with the mapper they belong to.
local function equated(mapper, from)
  local out, at = {}, mapper
  while at do
    local list = {}
    for _, pair in ipairs(at.inherit_sync_pairs or {}) do
      if core.node_get(sql.base_column(pair[1]), "table") == from then list[#list + 1] = pair end
    end
    if #list > 0 then table.insert(out, 1, { at, list }) end
    at = at.inherits
  end
  return out
end

-- How objects of a class are written to one of its tables.
local function make(mapper, from)
  local plan = { mapper = mapper, from = from, columns = {}, by_slot = {}, defaults = {}, onupdates = {}, server = {},
    server_update = {}, pks = {}, equated = equated(mapper, from) }
  for _, column in ipairs(core.node_get(from, "columns")) do
    local slot = mapper.column_slot[column]
    if slot then
      local entry = column_entry(mapper, column, slot)
      collect(plan, entry)
    end
  end
  for i, column in ipairs(mapper.pks_by_table[from]) do
    local slot = mapper.column_slot[column]
    plan.pks[i] = { column = column, slot = slot, key = column.key, label = statements.label(column) }
  end
  local names = {}
  for i, entry in ipairs(plan.columns) do names[i] = entry.key end
  plan.signature = table.concat(names, "\0")
  plan.of_base = lists.index_of(mapper.base.tables, from) ~= nil
  plan.version = statements.version_of(mapper, from)
  if plan.version then
    plan.version_slot, plan.version_key = mapper.version_id_slot, plan.version.key
    plan.version_label = statements.label(plan.version)
  end
  return plan
end

--- The plan for a mapper's part in a table; nil if it has none.
function flush_plan.of(mapper, from)
  local pks = mapper.pks_by_table[from]
  if not pks or #pks == 0 then return nil end
  local plans = mapper.flush_plans
  if not plans or plans.count ~= #mapper.props then
    plans = { count = #mapper.props }
    mapper.flush_plans = plans
  end
  local plan = plans[from]
  if not plan then
    plan = make(mapper, from)
    plans[from] = plan
  end
  return plan
end

-- Does a foreign key between two mappers' tables decide which rows come first? Between two that inherit, only one that
-- has to do with how they do: with the primary keys, over which they are joined.
local function counts(fk, parent, dep)
  if dep == parent or dep.inherit_condition == nil then return true end
  return fk.parent.primary_key or parent.inherit_condition ~= nil and fk.column.primary_key
end

-- Foreign keys between the tables of a hierarchy; what is added with ALTER TABLE holds none up.
local function key_edges(number, owner)
  local edges = {}
  for from, at in pairs(number) do
    for _, fk in ipairs(from.foreign_keys) do
      local to = number[fk.column.table]
      if to and to ~= at and not fk.use_alter and counts(fk, owner[from], owner[fk.column.table]) then
        edges[#edges + 1] = { to, at }
      end
    end
  end
  return edges
end

-- Base before subclass.
local function add_inheritance(edges, hierarchy, number)
  for _, mapper in ipairs(hierarchy) do
    if mapper.inherits and mapper.joined then
      for _, from in ipairs(mapper.inherits.tables) do
        local a, b = number[from], number[mapper.local_table]
        if a and b and a ~= b then edges[#edges + 1] = { a, b } end
      end
    end
  end
  return edges
end

-- Concrete classes of a base in the order in which the base says its tables: those of the union, if it is one.
local function concrete_classes(root)
  local list = {}
  for _, mapper in ipairs(root.self_and_descendants) do
    if mapper.base == mapper and core.node_tag(mapper.local_table) == T.TABLE then list[#list + 1] = mapper end
  end
  if root.concrete_order then
    local place = {}
    for i, mapper in ipairs(root.concrete_order) do place[mapper] = i end
    table.sort(list, function(a, b) return (place[a] or 0) < (place[b] or 0) end)
  end
  return list
end

--- Concrete class → its place among those of a base when rows are inserted; empty where there is but one.
function flush_plan.concrete_ranks(root)
  local count = #root.self_and_descendants
  local known = root.concrete_rank_list
  if known and known.count == count then return known.ranks end
  local list, number, edges, ranks = concrete_classes(root), {}, {}, {}
  for i, mapper in ipairs(list) do number[mapper.local_table] = i end
  for i, mapper in ipairs(list) do
    for _, fk in ipairs(mapper.local_table.foreign_keys) do
      local to = number[fk.column.table]
      if to and to ~= i then edges[#edges + 1] = { to, i } end
    end
  end
  local order = #list > 1 and core.topological_sort(#list, edges) or {}
  for i, at in ipairs(order) do ranks[list[at]] = i end
  root.concrete_rank_list = { count = count, ranks = ranks }
  return ranks
end

--- The tables of a hierarchy in the order in which rows are inserted: list of { table, mapper }.
function flush_plan.tables(base)
  local hierarchy = base.hierarchy
  local known = base.flush_tables
  if known and known.count == #hierarchy then return known end
  local list, owner = {}, {}
  for _, mapper in ipairs(hierarchy) do
    for _, from in ipairs(mapper.selected_tables or mapper.tables) do
      if not owner[from] and core.node_tag(from) == T.TABLE then
        owner[from] = mapper
        list[#list + 1] = from
      end
    end
  end
  local number = {}
  for i, from in ipairs(list) do number[from] = i end
  local order = core.topological_sort(#list, add_inheritance(key_edges(number, owner), hierarchy, number))
  if not order then -- tables that refer to each other: what they inherit decides
    order = core.topological_sort(#list, add_inheritance({}, hierarchy, number))
  end
  local out = { count = #hierarchy }
  for i, at in ipairs(order) do out[i] = { list[at], owner[list[at]] } end
  base.flush_tables = out
  return out
end

--- Columns of a table that an INSERT asks for when the database makes values: those of the first class of the table. If
-- that class has none, it is a subclass in the same table that does, and all are asked for.
function flush_plan.asked_columns(base, from)
  local owner
  for _, pair in ipairs(flush_plan.tables(base)) do
    if pair[1] == from then owner = pair[2] end
  end
  local list = {}
  for i, entry in ipairs(flush_plan.of(owner, from).server) do list[i] = entry.column end
  if #list == 0 then return core.node_get(from, "columns") end
  return list
end

-- A row's parameters, as the program gave them, and with NULL for what defaults have not made yet.
local function given_and_completed(record)
  local given, completed = {}, {}
  for key, value in pairs(record.params) do given[key], completed[key] = value, value end
  for _, entries in ipairs { record.made, record.foreign } do
    for _, entry in ipairs(entries) do
      given[entry.key], completed[entry.key] = nil, completed[entry.key] or null
    end
  end
  return given, completed
end

--- Raises the error of a default of one of the records, which shows the statement that was to be sent.
function flush_plan.refuse_default(conn, statement, records, e)
  local given, rows = {}, {}
  for i, record in ipairs(records) do given[i], rows[i] = given_and_completed(record) end
  return execute.refuse(e, execute.prepare(statement, conn, rows).text, given)
end

-- The keys of the columns whose defaults run for the record; asked for by few functions, so listed when it is read.
local Pending = {}
function Pending.__index(self, key)
  if key ~= "_pending" then return nil end
  local list = {}
  for _, entries in ipairs { self.record.made, self.record.foreign } do
    for _, entry in ipairs(entries) do list[#list + 1] = entry.key end
  end
  return list
end

--- What make_values() tells of the record at hand; one for all records of a batch.
function flush_plan.default_source() return setmetatable({}, Pending) end

--- Makes the values of defaults of a record, in the order of `entries`.
function flush_plan.make_values(conn, record, entries, is_update, more)
  local params = record.params
  more.record = record
  for k = 1, #entries do
    local entry = entries[k]
    local value = execute.run_default(conn, entry.column, params, is_update, more)
    if value == nil then value = null end
    if entry.mutable_class and type(value) == "table" then value = entry.mutable_class.coerce(entry.name, value) end
    params[entry.key] = value
  end
end

--- Does the database make the version numbers (a server default, an SQL expression)?
function flush_plan.server_version(mapper)
  local column = mapper.version_id_col
  if not column or mapper.version_id_generator ~= false then return false end
  if column.server_default ~= nil then return true end
  local default = column.default
  return default ~= nil and not default.is_scalar and not default.is_callable
end

return flush_plan
