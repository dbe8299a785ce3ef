--- batch_alter_table: many changes of one table; where the database cannot alter, the table is made anew.
--
-- The new table gets the data, the indexes, the constraints and the triggers of the old one. Views stay as they are.
local am = require "alchemoon"
local column_order = require "alchemoon.migrate.column_order"
local core = require "alchemoon.core"
local exc = require "alchemoon.migrate.errors"
local item = require "alchemoon.schema.item"
local null = require "alchemoon.null"
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
function methods.get_bind(self) return self._op.get_bind() end

-- --- directly --------------------------------------------------------------------------------------------

-- Where the table's name goes among the arguments: behind the constraint's name, or first.
local NAME_FIRST = { create_primary_key = true, create_unique_constraint = true, create_check_constraint = true,
  create_foreign_key = true, drop_constraint = true, create_index = true, drop_index = true }

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

-- --- the table as a draft ------------------------------------------------------------------------------------

local function names_of(list)
  local out = {}
  for i, column in ipairs(list) do out[i] = core.node_get(column, "name") end
  return out
end

local function constraint_spec(node)
  local kind = core.node_get(node, "kind")
  local spec = { kind = kind, name = core.node_get(node, "name"), columns = names_of(core.node_get(node, "columns")),
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

local function draft_of(table_)
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

local function need_column(self, draft, name)
  local entry, at = find(draft.columns, name)
  if not entry then
    exc.raise("CommandError", "No such column: \"%s\" in table \"%s\"", tostring(name), self._table)
  end
  return entry, at
end

-- --- the operations on a draft ------------------------------------------------------------------------------

local apply = {}

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

local function uses(list, name)
  for _, one in ipairs(list) do
    if one == name then return true end
  end
  return false
end

function apply.drop_column(self, draft, name)
  local _, at = need_column(self, draft, name)
  table.remove(draft.columns, at)
  for i = #draft.constraints, 1, -1 do
    if uses(draft.constraints[i].columns, name) then
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
    if uses(draft.indexes[i].elements, name) then table.remove(draft.indexes, i) end
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
  for _, spec in ipairs(draft.constraints) do
    if spec.kind == item.FOREIGN_KEY then
      local copy = {}
      for key, value in pairs(spec) do copy[key] = value end
      build_constraint(table_, copy)
    else
      build_constraint(table_, spec)
    end
  end
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

local function recreate(self, draft)
  local impl, schema = self._op._impl, self._opts.schema
  check_enforcement(self)
  local kept = triggers(self)
  local temporary = "_alembic_tmp_" .. self._table
  local table_ = build(self, draft, temporary)
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
    for _, name in ipairs(order) do need_column(self, draft, name) end
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
  local draft = draft_of(table_)
  self._draft = draft
  draft.columns_for_names = function()
    local list = {}
    for i, entry in ipairs(draft.columns) do list[i] = { column = entry.column:copy { without_keys = true } } end
    return list
  end
  self._convention = convention(self)
  for _, entry in ipairs(self._list) do apply[entry.name](self, draft, unpack(entry, 1, entry.n)) end
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
