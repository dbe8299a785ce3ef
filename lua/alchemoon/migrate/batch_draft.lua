--- What a table will be like that batch_alter_table makes anew: a draft, and what each operation changes in it.
--
-- draft.columns: { name, column; from = its name before, nil if it is new; cast = its new type }. draft.constraints:
-- { kind, name, columns, refs, sqltext, opts }. draft.indexes: { name, elements, opts }. draft.orders: lists of columns
-- of which each stands before the next. draft.comment, draft.kwargs: of the table.
local am = require "alchemoon"
local core = require "alchemoon.core"
local exc = require "alchemoon.migrate.errors"
local item = require "alchemoon.schema.item"
local lists = require "alchemoon.lists"
local null = require "alchemoon.null"
local objects = require "alchemoon.migrate.schema_objects"
local options = require "alchemoon.options"

local batch_draft = {}

local function constraint_spec(node)
  local kind = core.node_get(node, "kind")
  local spec = { kind = kind, name = core.node_get(node, "name"),
    columns = objects.names_of(core.node_get(node, "columns")),
    opts = { deferrable = node.deferrable, initially = node.initially } }
  for key, value in pairs(item.dialect_kwargs(node)) do spec.opts[key] = value end
  if kind == item.CHECK then spec.sqltext = core.node_get(node, "sqltext") end
  if kind == item.FOREIGN_KEY then
    spec.refs = {}
    for i, fk in ipairs(core.node_get(node, "elements")) do spec.refs[i] = fk.target_fullname end
    spec.opts.ondelete, spec.opts.onupdate, spec.opts.match = node.ondelete, node.onupdate, node.match
  end
  return spec
end

--- The draft of a table as it is.
---@param table_ alchemoon.Table
---@return table
function batch_draft.of(table_)
  local draft = { orders = {}, columns = {}, constraints = {}, indexes = {}, kwargs = {} }
  for key, value in pairs(item.dialect_kwargs(table_)) do draft.kwargs[key] = value end
  for i, column in ipairs(core.node_get(table_, "columns")) do
    local fresh = column:copy { without_keys = true }
    core.node_set(core.node_get(fresh, "schema"), "foreign_keys", {})
    draft.columns[i] = { name = column.name, from = column.name, column = fresh, computed = column.computed ~= nil,
      type = column.type }
  end
  for _, node in ipairs(core.node_get(table_, "constraints")) do
    local bits = core.node_get(node, "options")
    if not item.has(bits, item.TYPE_BOUND) then
      local spec = constraint_spec(node)
      spec.name_there = spec.name
      if spec.kind ~= item.PRIMARY_KEY or #spec.columns > 0 then table.insert(draft.constraints, spec) end
    end
  end
  for _, index in ipairs(table_.indexes) do
    local spec = { name = index.name, elements = {}, opts = { unique = index.unique } }
    for key, value in pairs(index.kwargs) do spec.opts[key] = value end
    for i, element in ipairs(core.node_get(index, "expressions")) do
      if core.node_tag(element) == core.tags.COLUMN then spec.elements[i] = element.name
      else
        spec.elements[i] = am.text(element:compile({ dialect = "sqlite", literal_binds = true }).sql)
      end
    end
    table.insert(draft.indexes, spec)
  end
  return draft
end

local function find(list, name)
  for i, entry in ipairs(list) do
    if entry.name == name then return entry, i end
  end
end

--- The entry of a column, and its place; CommandError without one.
---@param self table    the batch
---@param draft table
---@param name string
---@return table, integer
local function need_column(self, draft, name)
  local entry, at = find(draft.columns, name)
  if not entry then
    exc.raise("CommandError", "No such column: \"%s\" in table \"%s\"", tostring(name), self._table)
  end
  return entry, at
end
batch_draft.need_column = need_column

-- --- the operations on a draft ------------------------------------------------------------------------------

-- Each takes the batch, the draft, and what the operation was called with.
local apply = {}
batch_draft.operations = apply

-- Keys and constraints of the column become the draft's own, so that they are made once.
function apply.add_column(self, draft, column, opts)
  opts = options.read("add_column", opts, { insert_after = true, insert_before = true, if_not_exists = true })
  local table_ = objects.table("t", {}, { column })
  local own = core.node_get(table_, "columns")[1]
  if find(draft.columns, own.name) then
    exc.raise("CommandError", "Column \"%s\" exists already in table \"%s\"", own.name, self._table)
  end
  local fresh = own:copy { without_keys = true }
  core.node_set(core.node_get(fresh, "schema"), "foreign_keys", {})
  core.node_set(core.node_get(fresh, "schema"), "unique", 0)
  core.node_set(core.node_get(fresh, "schema"), "index", 0)
  local at = #draft.columns + 1
  if opts.insert_after then at = select(2, need_column(self, draft, opts.insert_after)) + 1 end
  if opts.insert_before then at = select(2, need_column(self, draft, opts.insert_before)) end
  table.insert(draft.columns, at, { name = own.name, column = fresh })
  draft.orders[#draft.orders + 1] = { opts.insert_after or own.name, own.name, opts.insert_before }
  for _, node in ipairs(core.node_get(table_, "constraints")) do
    local spec = constraint_spec(node)
    if spec.kind ~= item.PRIMARY_KEY and not item.has(core.node_get(node, "options"), item.TYPE_BOUND) then
      table.insert(draft.constraints, spec)
    end
  end
  for _, index in ipairs(table_.indexes) do
    table.insert(draft.indexes, { name = "ix_" .. self._table .. "_" .. own.name, elements = { own.name },
      opts = { unique = index.unique } })
  end
end

-- What uses the column goes with it; only a primary key keeps its other columns.
function apply.drop_column(self, draft, name)
  local _, at = need_column(self, draft, name)
  table.remove(draft.columns, at)
  for i = #draft.constraints, 1, -1 do
    if lists.index_of(draft.constraints[i].columns, name) then
      if draft.constraints[i].kind == item.PRIMARY_KEY and #draft.constraints[i].columns > 1 then
        local kept = {}
        for _, one in ipairs(draft.constraints[i].columns) do
          if one ~= name then kept[#kept + 1] = one end
        end
        draft.constraints[i].columns = kept
      else
        table.remove(draft.constraints, i)
      end
    end
  end
  for i = #draft.indexes, 1, -1 do
    if lists.index_of(draft.indexes[i].elements, name) then table.remove(draft.indexes, i) end
  end
end

local function renamed(list, old, new)
  for i, one in ipairs(list) do
    if one == old then list[i] = new end
  end
end

function apply.alter_column(self, draft, name, opts)
  local entry = need_column(self, draft, name)
  opts = options.read("alter_column", opts, require("alchemoon.migrate.operations").ALTER)
  local schema = core.node_get(entry.column, "schema")
  if opts.nullable ~= nil then
    core.node_set(schema, "nullable", opts.nullable and 1 or 0)
    core.node_set(schema, "nullable_given", 1)
  end
  if opts.type_ ~= nil then
    local type_ = require("alchemoon.schema.types").coerce(opts.type_)
    entry.cast = type_
    entry.column.type = type_
  end
  if opts.server_default ~= nil then
    if opts.server_default == false or opts.server_default == null then
      core.node_set(schema, "server_default", nil)
    else
      local default = require "alchemoon.schema.default"
      core.node_set(schema, "server_default", default.clause(opts.server_default))
    end
  end
  local new = opts.new_column_name
  if new then
    local column = entry.column:copy { name = new }
    entry.column, entry.name = column, new
    for _, spec in ipairs(draft.constraints) do
      renamed(spec.columns, name, new)
      for i, ref in ipairs(spec.refs or {}) do
        if ref == self._table .. "." .. name then spec.refs[i] = self._table .. "." .. new end
      end
    end
    for _, spec in ipairs(draft.indexes) do renamed(spec.elements, name, new) end
  end
end

local function add_constraint(kind)
  return function(_, draft, name, columns, opts)
    if kind == item.PRIMARY_KEY then
      for i = #draft.constraints, 1, -1 do
        if draft.constraints[i].kind == kind then table.remove(draft.constraints, i) end
      end
      for _, entry in ipairs(draft.columns) do
        core.node_set(core.node_get(entry.column, "schema"), "primary_key", 0)
      end
    end
    table.insert(draft.constraints, { kind = kind, name = name, columns = columns, opts = opts or {} })
  end
end
apply.create_primary_key = add_constraint(item.PRIMARY_KEY)
apply.create_unique_constraint = add_constraint(item.UNIQUE)

function apply.create_check_constraint(_, draft, name, condition, opts)
  table.insert(draft.constraints, { kind = item.CHECK, name = name, columns = {}, opts = opts or {},
    sqltext = condition })
end

function apply.create_foreign_key(_, draft, name, referent, local_columns, remote, opts)
  local rest, refs = {}, {}
  for key, value in pairs(opts or {}) do rest[key] = value end
  local prefix = rest.referent_schema and rest.referent_schema .. "." or ""
  rest.referent_schema = nil
  for i, column in ipairs(remote) do refs[i] = prefix .. referent .. "." .. column end
  table.insert(draft.constraints, { kind = item.FOREIGN_KEY, name = name, columns = local_columns, refs = refs,
    opts = rest })
end

local KINDS = { unique = item.UNIQUE, check = item.CHECK, foreignkey = item.FOREIGN_KEY, primary = item.PRIMARY_KEY }

--- By name; one without a name by type_ and columns.
function apply.drop_constraint(self, draft, name, opts)
  local type_ = type(opts) == "table" and opts.type_ or opts
  name = item.text(name)
  local at
  if name ~= nil then
    at = select(2, find(draft.constraints, name))
  elseif type(opts) == "table" and opts.columns then
    local wanted = table.concat(opts.columns, "\0")
    for i, spec in ipairs(draft.constraints) do
      if not spec.name and KINDS[type_] == spec.kind and table.concat(spec.columns, "\0") == wanted then at = i end
    end
  end
  if not at and type_ == "primary" then
    for i, spec in ipairs(draft.constraints) do
      if spec.kind == item.PRIMARY_KEY then at = i end
    end
  end
  if not at and self._convention then
    for i, spec in ipairs(draft.constraints) do
      if not spec.name and self._convention(spec) == name then at = i end
    end
  end
  if not at then exc.raise("CommandError", "No such constraint: '%s'", tostring(name)) end
  if draft.constraints[at].kind == item.PRIMARY_KEY then
    for _, entry in ipairs(draft.columns) do core.node_set(core.node_get(entry.column, "schema"), "primary_key", 0) end
  end
  table.remove(draft.constraints, at)
end

function apply.create_index(_, draft, name, columns, opts)
  table.insert(draft.indexes, { name = item.text(name), elements = columns, opts = opts or {} })
end

function apply.drop_index(_, draft, name)
  local _, at = find(draft.indexes, item.text(name))
  if not at then exc.raise("CommandError", "No such index: '%s'", tostring(name)) end
  table.remove(draft.indexes, at)
end

function apply.create_table_comment(_, draft, comment) draft.comment = comment end
function apply.drop_table_comment(_, draft) draft.comment = nil end

return batch_draft
