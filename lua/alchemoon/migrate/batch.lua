--- batch_alter_table: many changes of one table; where the database cannot alter, the table is made anew.
--
-- The new table gets the data, the indexes, the constraints and the triggers of the old one. Views stay as they are.
-- What it will be like is drafted in batch_draft.lua.
local am = require "alchemoon"
local batch_draft = require "alchemoon.migrate.batch_draft"
local column_order = require "alchemoon.migrate.column_order"
local core = require "alchemoon.core"
local exc = require "alchemoon.migrate.errors"
local item = require "alchemoon.schema.item"
local objects = require "alchemoon.migrate.schema_objects"
local options = require "alchemoon.options"
local types = require "alchemoon.types"

local batch = {}
local unpack = table.unpack or unpack -- luacheck: ignore 113

local OPTIONS = { schema = true, recreate = "auto", copy_from = true, table_args = true, table_kwargs = true,
  reflect_kwargs = true, naming_convention = true, partial_reordering = true, reflect_args = true }

-- Positional arguments of a batch operation that stand behind the table's name in the operation of `op`.
local RECORDED = { "add_column", "drop_column", "alter_column", "create_primary_key", "create_unique_constraint",
  "create_check_constraint", "create_foreign_key", "drop_constraint", "create_index", "drop_index",
  "create_table_comment", "drop_table_comment" }

-- --- recording -------------------------------------------------------------------------------------------

local Batch = { __name = "alchemoon.BatchOperations" }
local methods = {}
Batch.__index = require("alchemoon.migrate.calls").index(methods, "batch")

for _, name in ipairs(RECORDED) do
  methods[name] = function(self, ...)
    local n = select("#", ...)
    table.insert(self._list, { name = name, n = n, ... })
  end
end
--- Lets batches call an operation of one's own: its class must have a function batch_<name>(batch, ...).
function batch.register(name, cls)
  local fn = type(cls) == "table" and rawget(cls, "batch_" .. name)
  if fn then methods[name] = fn end
end

function methods.f(_, name) return am.conv(name) end
function methods.execute(self, ...) return self._op.execute(...) end
--- Does what an operation that is an object says; its table is the batch's.
---@param operation any
---@return any
function methods.invoke(self, operation)
  local implementations = require("alchemoon.migrate.operations").implementations
  return require("alchemoon.migrate.batch_invoke")(self, operation, implementations)
end
function methods.get_bind(self) return self._op.get_bind() end

-- --- directly --------------------------------------------------------------------------------------------

-- Where the table's name goes among the arguments: behind the constraint's name, or first.
local NAME_FIRST = { create_primary_key = true, create_unique_constraint = true, create_check_constraint = true,
  create_foreign_key = true, drop_constraint = true, create_index = true, drop_index = true }

-- An operation of the batch as an ALTER of its own.
local function direct(self, entry)
  local args = { n = entry.n, unpack(entry, 1, entry.n) }
  local op_options
  local last = args[args.n]
  if options.is_options(last) then
    op_options = {}
    for key, value in pairs(last) do op_options[key] = value end
    args.n = args.n - 1
  end
  op_options = op_options or {}
  local schema_key = entry.name == "create_foreign_key" and "source_schema" or "schema"
  op_options[schema_key] = self._opts.schema
  if op_options.insert_after or op_options.insert_before then
    exc.raise("CommandError", "Can't specify insert_before or insert_after when using ALTER; please specify " ..
      "recreate='always'")
  end
  if entry.name == "drop_index" then
    op_options.table_name = self._table
  elseif NAME_FIRST[entry.name] then
    table.insert(args, 2, self._table)
    args.n = args.n + 1
  else
    table.insert(args, 1, self._table)
    args.n = args.n + 1
  end
  if entry.name == "drop_constraint" and type(args[3]) == "string" then
    op_options.type_, args.n = args[3], 2
  end
  args.n = args.n + 1
  args[args.n] = op_options
  return self._op[entry.name](unpack(args, 1, args.n))
end

-- --- making the table anew -----------------------------------------------------------------------------------

local function build_constraint(table_, spec)
  local opts = { name = spec.name and am.conv(item.text(spec.name)), _table = table_ }
  for key, value in pairs(spec.opts) do
    if key ~= "schema" then opts[key] = value end
  end
  local args = { unpack(spec.columns) }
  args[#args + 1] = opts
  if spec.kind == item.PRIMARY_KEY then return am.PrimaryKeyConstraint(unpack(args)) end
  if spec.kind == item.UNIQUE then return am.UniqueConstraint(unpack(args)) end
  if spec.kind == item.CHECK then return am.CheckConstraint(spec.sqltext, opts) end
  return am.ForeignKeyConstraint(spec.columns, spec.refs, opts)
end

local function build(self, draft, name)
  local args = {}
  for i, entry in ipairs(draft.columns) do args[i] = entry.column end
  for _, extra in ipairs(self._opts.table_args or {}) do args[#args + 1] = extra end
  local opts = { schema = self._opts.schema }
  for key, value in pairs(draft.kwargs) do opts[key] = value end
  for key, value in pairs(self._opts.table_kwargs or {}) do opts[key] = value end
  args[#args + 1] = opts
  local metadata = am.MetaData()
  local table_ = am.Table(name, metadata, unpack(args))
  for _, spec in ipairs(draft.constraints) do build_constraint(table_, spec) end
  return objects.settle(table_)
end

local function triggers(self)
  local op = self._op
  if op._context.dialect_name ~= "sqlite" or op._context.as_sql then return {} end
  local list = {}
  local master = self._opts.schema and op._impl:quote(self._opts.schema) .. ".sqlite_master" or "sqlite_master"
  for _, row in ipairs(op._context.connection:exec_driver_sql("SELECT sql FROM " .. master ..
    " WHERE type = 'trigger' AND lower(tbl_name) = lower(?) ORDER BY rowid", { self._table }):all()) do
    list[#list + 1] = row[1]
  end
  return list
end

-- While foreign keys are enforced, DROP TABLE deletes the rows one by one, and what refers to them goes along.
local function check_enforcement(self)
  local context = self._op._context
  if context.dialect_name ~= "sqlite" or context.as_sql then return end
  if context.connection:exec_driver_sql("PRAGMA foreign_keys"):scalar() == 1 then
    exc.raise("CommandError", "batch_alter_table must make table '%s' anew, but foreign keys are enforced in this " ..
      "transaction, so that dropping the old table would touch the rows that refer to it. Run the migration through " ..
      "the command, or PRAGMA foreign_keys = OFF before the transaction", self._table)
  end
end

-- Columns that stay, under their new names; a column of another kind of type is cast.
local function copy_data(self, draft, temporary)
  local impl = self._op._impl
  local into, from = {}, {}
  for _, entry in ipairs(draft.columns) do
    if entry.from and not entry.computed then
      local name = impl:quote(entry.from)
      into[#into + 1] = impl:quote(entry.name)
      local source = impl:table_name(self._table, self._opts.schema) .. "." .. name
      if entry.cast and types.affinity(entry.cast) ~= types.affinity(entry.type) then -- another kind of value
        local cast = am.cast(am.literal_column(source), entry.cast):compile({ dialect = impl.dialect }).sql
        source = cast .. " AS " .. name
      end
      from[#from + 1] = source
    end
  end
  impl:run(("INSERT INTO %s (%s) SELECT %s \nFROM %s"):format(impl:table_name(temporary, self._opts.schema),
    table.concat(into, ", "), table.concat(from, ", "), impl:table_name(self._table, self._opts.schema)))
end

-- The names of keys and unique constraints are those of indexes in PostgreSQL: the old table gives them up first.
local function free_names(self, draft)
  local impl = self._op._impl
  if impl.dialect ~= "postgresql" then return end
  for _, spec in ipairs(draft.constraints) do
    if spec.name_there then impl:drop_constraint(spec.name_there, self._table, nil, self._opts.schema) end
  end
end

-- The table under a temporary name first: if that or the copy fails, the old one is untouched.
local function recreate(self, draft)
  local impl, schema = self._op._impl, self._opts.schema
  check_enforcement(self)
  local kept = triggers(self)
  local temporary = "_alembic_tmp_" .. self._table
  local table_ = build(self, draft, temporary)
  free_names(self, draft)
  impl:create_table(table_)
  copy_data(self, draft, temporary)
  local sqlite = impl.dialect == "sqlite"
  impl:run("DROP TABLE " .. impl:table_name(self._table, schema))
  -- views that name the table are not looked into while it is away
  if sqlite then impl:run("PRAGMA legacy_alter_table = ON") end
  impl:rename_table(temporary, self._table, schema)
  if sqlite then impl:run("PRAGMA legacy_alter_table = OFF") end
  for _, spec in ipairs(draft.indexes) do
    local index = objects.index(spec.name, self._table, schema, spec.elements, spec.opts)
    impl:execute(am.CreateIndex(index))
  end
  for _, sql in ipairs(kept) do impl:run(sql) end
end

-- --- what is needed ------------------------------------------------------------------------------------------

local SIMPLE = { create_index = true, drop_index = true, create_table_comment = true, drop_table_comment = true }

-- Does the column's type come with a CHECK?
local function has_check_of_type(column)
  local table_ = am.Table("t", am.MetaData(), column:copy { without_keys = true })
  for _, node in ipairs(core.node_get(table_, "constraints")) do
    if item.has(core.node_get(node, "options"), item.TYPE_BOUND) then return true end
  end
  return false
end

-- Can SQLite do it without a new table?
local function sqlite_can(entry)
  if SIMPLE[entry.name] then return true end
  if entry.name == "alter_column" then
    local opts = entry[2] or {}
    for key in pairs(opts) do
      if key ~= "new_column_name" and key ~= "comment" and not key:match "^existing_" then return false end
    end
    return true
  end
  if entry.name ~= "add_column" then return false end
  local column, opts = entry[1], entry[2]
  if opts and (opts.insert_after or opts.insert_before) then return false end
  local schema = core.node_get(column, "schema")
  if #core.node_get(schema, "foreign_keys") > 0 or column.unique or column.primary_key or column.computed
    or column.identity or #column.constraints > 0 then return false end
  if has_check_of_type(column) then return false end
  local default = column.server_default
  if default == nil then return column.nullable end
  return type(default.arg) == "string"
end

local function must_recreate(self)
  local wanted = self._opts.recreate
  if wanted == "always" or wanted == true then return true end
  if wanted == "never" or wanted == false then return false end
  if wanted ~= "auto" and type(wanted) ~= "function" then
    exc.raise("CommandError", "recreate may be one of 'auto', 'always', or 'never'.")
  end
  if self._op._context.dialect_name ~= "sqlite" then return false end
  for _, entry in ipairs(self._list) do
    if not sqlite_can(entry) then return true end
  end
  return false
end

-- Names for unnamed constraints from a naming convention.
local function convention(self)
  local given = self._opts.naming_convention
  if not given then return nil end
  local KEYS = { [item.UNIQUE] = "uq", [item.FOREIGN_KEY] = "fk", [item.CHECK] = "ck", [item.PRIMARY_KEY] = "pk" }
  return function(spec)
    local bare = { columns = self._draft.columns_for_names(), constraints = {}, kwargs = {} }
    local table_ = build(self, bare, self._table)
    table_.metadata.naming_convention = given
    local node = build_constraint(table_, { kind = spec.kind, columns = spec.columns, refs = spec.refs,
      sqltext = spec.sqltext, opts = {} })
    objects.settle(table_)
    return KEYS[spec.kind] and given[KEYS[spec.kind]] and item.text(node.name)
  end
end

local function with_new_name(value, old, new)
  if type(value) ~= "table" or core.node_tag(value) then return value end
  local out = {}
  for key, one in pairs(value) do
    local names_column = type(key) == "number" or key == "insert_after" or key == "insert_before"
    if names_column and one == old then one = new end
    out[key] = one
  end
  return out
end

-- SQLite renames a column in checks, indexes, triggers and views, too; so it is done first, and what was asked for
-- before it gets the new name.
local function rename_first(self)
  local context = self._op._context
  if context.dialect_name ~= "sqlite" or context.as_sql or self._opts.copy_from then return end
  for i, entry in ipairs(self._list) do
    local old, opts = entry[1], entry[2]
    local new = entry.name == "alter_column" and type(opts) == "table" and opts.new_column_name
    if new then
      self._op._impl:alter_column(self._table, old, { new_column_name = new, schema = self._opts.schema })
      for j = 1, i do
        local other = self._list[j]
        if other.name:match "_column$" and other[1] == old then other[1] = new end
        for k = 1, other.n do other[k] = with_new_name(other[k], old, new) end
      end
      entry[2].new_column_name = nil
    end
  end
end

-- Operations that are not run one by one are looked at here.
local function look_at(self)
  local guard = self._op._guard
  if not guard then return end
  for _, entry in ipairs(self._list) do
    local opts = entry[entry.n]
    opts = type(opts) == "table" and not core.node_tag(opts) and opts or {}
    if entry.name == "add_column" or entry.name == "drop_column" or entry.name == "alter_column" then
      guard(entry.name, self._table, entry[1], opts)
    end
  end
end

-- The table as it is; reflect_args are columns that say more than the database tells.
local function reflected(self, connection)
  local args = { unpack(self._opts.reflect_args or {}) }
  local opts = { autoload_with = connection, resolve_fks = false, schema = self._opts.schema }
  for key, value in pairs(self._opts.reflect_kwargs or {}) do opts[key] = value end
  args[#args + 1] = opts
  return am.Table(self._table, am.MetaData(), unpack(args))
end

local function reorder(self, draft)
  local wanted = self._opts.partial_reordering
  if not wanted then return end
  local orders = { unpack(wanted) }
  for _, order in ipairs(wanted) do
    for _, name in ipairs(order) do batch_draft.need_column(self, draft, name) end
  end
  for _, order in ipairs(draft.orders) do orders[#orders + 1] = order end
  draft.columns = column_order.apply(draft.columns, orders)
end

local function flush(self)
  if #self._list == 0 and self._opts.recreate ~= "always" then return end
  if not must_recreate(self) then
    for _, entry in ipairs(self._list) do direct(self, entry) end
    return
  end
  look_at(self)
  rename_first(self)
  local context = self._op._context
  local table_ = self._opts.copy_from
  if not table_ then
    if context.as_sql then
      exc.raise("CommandError", "This operation cannot proceed in --sql mode; batch mode with dialect %s requires a " ..
        "live database connection with which to reflect the table \"%s\". To generate a batch SQL migration script " ..
        "using table \"move and copy\", a complete Table object should be passed to the \"copy_from\" argument of " ..
        "the batch_alter_table() method so that table reflection can be skipped.", context.dialect_name, self._table)
    end
    table_ = reflected(self, context.connection)
  end
  local draft = batch_draft.of(table_)
  self._draft = draft
  draft.columns_for_names = function()
    local list = {}
    for i, entry in ipairs(draft.columns) do list[i] = { column = entry.column:copy { without_keys = true } } end
    return list
  end
  self._convention = convention(self)
  for _, entry in ipairs(self._list) do batch_draft.operations[entry.name](self, draft, unpack(entry, 1, entry.n)) end
  reorder(self, draft)
  recreate(self, draft)
end

--- Runs fn(batch), then the operations that it asked for.
function batch.run(op, table_name, opts, fn)
  opts = options.read("batch_alter_table", opts, OPTIONS)
  if type(fn) ~= "function" then
    exc.raise("ArgumentError", "batch_alter_table: a function that gets the batch is needed as last argument")
  end
  local self = setmetatable({ _op = op, _table = table_name, _opts = opts, _list = {} }, Batch)
  fn(self)
  flush(self)
end

return batch
