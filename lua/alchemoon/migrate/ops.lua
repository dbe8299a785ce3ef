--- Operations as objects: what autogenerate finds, what process_revision_directives may change, what is written into
-- a migration. Names and fields are Alembic's; `op` of a class says which operation it is.
--
-- An operation on an index, a constraint or a column holds that schema object (`index`, `constraint`, `column`), so
-- that it can be turned round: `op:reverse()`.
local core = require "alchemoon.core"
local am = require "alchemoon"
local exc = require "alchemoon.migrate.errors"
local item = require "alchemoon.schema.item"
local objects = require "alchemoon.migrate.schema_objects"

local ops = {}

-- --- classes ---------------------------------------------------------------------------------------------------

local classes = {}

-- A class of operations; calling it makes one.
local function new_class(name, parent, fields)
  local cls = fields or {}
  cls.__name, cls.parent = name, parent
  cls.__class__, cls.__name__ = cls, name
  cls.__index = cls
  cls.is = function(value) return ops.is(value, cls) end
  cls.__tostring = function(self) return ("%s(%s)"):format(name, tostring(self.table_name or self.name or "")) end
  setmetatable(cls, { __index = parent, __name = "class", __tostring = function() return name end,
    __call = function(_, ...)
      local self = setmetatable({}, cls)
      if cls.init then cls.init(self, ...) end
      return self
    end })
  classes[cls] = true
  return cls
end

local function define(name, parent, fields)
  ops[name] = new_class(name, parent, fields)
  return ops[name]
end

local MigrateOperation = define("MigrateOperation", nil, {})

--- A class of operations of your own, with MigrateOperation (or another class) above it.
---@param parent table
---@param name string
---@param fields table?
---@return table
function MigrateOperation.extend(parent, name, fields) return new_class(name, parent, fields) end

--- Is it an operation (of that class)?
---@param value any
---@param cls table?
---@return boolean
function ops.is(value, cls)
  local at = type(value) == "table" and getmetatable(value)
  while at and classes[at] do
    if cls == nil or at == cls then return true end
    at = at.parent
  end
  return false
end

--- The class of an operation and those above it, nearest first.
function ops.classes_of(value)
  local list, at = {}, getmetatable(value)
  while at and classes[at] do
    list[#list + 1] = at
    at = at.parent
  end
  return list
end

--- What undoes the operation; an error where nothing can.
---@return any
function MigrateOperation:reverse()
  exc.raise("CommandError", "%s can't be reversed", getmetatable(self).__name)
end

--- The operation as compare_metadata lists it: a tuple, or a list of tuples for changes of one column. nil: it is no
-- difference of its own.
---@return any
function MigrateOperation:to_diff_tuple() return require("alchemoon.migrate.differences").tuple(self) end

-- An operation of class `cls` on the same things.
local function turned(cls, self, more)
  local other = setmetatable({}, cls)
  for key, value in pairs(self) do other[key] = value end
  for key, value in pairs(more or {}) do other[key] = value end
  other._mutations = nil
  return other
end

local function split_options(opts, own)
  local mine, rest = {}, {}
  for key, value in pairs(opts or {}) do
    if own[key] then mine[key] = value else rest[key] = value end
  end
  return mine, rest
end

-- --- containers ------------------------------------------------------------------------------------------------

local OpContainer = define("OpContainer", MigrateOperation, { op = "container" })
function OpContainer:init(list) self.ops = list or {} end

--- Is there nothing to do?
---@return boolean
function OpContainer:is_empty() return #self.ops == 0 end

--- All operations in their order, without containers.
---@return any[]
function OpContainer:flat()
  local list = {}
  for _, one in ipairs(self.ops) do
    if ops.is(one, OpContainer) then
      for _, inner in ipairs(one:flat()) do list[#list + 1] = inner end
    else
      list[#list + 1] = one
    end
  end
  return list
end

--- Differences as a list of tuples; changes of one column are a list of tuples.
---@return any[]
function OpContainer:as_diffs() return require("alchemoon.migrate.differences").as_diffs(self:flat()) end

function OpContainer:_reversed()
  local list = {}
  for i = #self.ops, 1, -1 do list[#list + 1] = self.ops[i]:reverse() end
  return list
end

--- Operations on one table: (table_name, { ops }, { schema = }).
local ModifyTableOps = define("ModifyTableOps", OpContainer, { op = "modify_table" })
function ModifyTableOps:init(table_name, list, opts)
  self.table_name, self.ops, self.schema = table_name, list or {}, opts and opts.schema
  self.of_new_table = opts and opts.of_new_table
end
function ModifyTableOps:reverse()
  local back = turned(ModifyTableOps, self, { ops = self:_reversed() })
  return back
end

local DowngradeOps
local UpgradeOps = define("UpgradeOps", OpContainer, { op = "upgrade" })
function UpgradeOps:init(list, opts)
  self.ops, self.upgrade_token = list or {}, opts and opts.upgrade_token or "upgrades"
end
--- Fills a DowngradeOps with what undoes these operations.
---@param downgrade any
---@return any
function UpgradeOps:reverse_into(downgrade)
  downgrade.ops = self:_reversed()
  return downgrade
end
function UpgradeOps:reverse() return self:reverse_into(DowngradeOps()) end

DowngradeOps = define("DowngradeOps", OpContainer, { op = "downgrade" })
function DowngradeOps:init(list, opts)
  self.ops, self.downgrade_token = list or {}, opts and opts.downgrade_token or "downgrades"
end
function DowngradeOps:reverse() return UpgradeOps(self:_reversed()) end

--- One migration file to be: rev_id, message, upgrade_ops, downgrade_ops, head, splice, branch_label, version_path,
-- depends_on.
local MigrationScript = define("MigrationScript", MigrateOperation, { op = "script" })
function MigrationScript:init(rev_id, upgrade_ops, downgrade_ops, opts)
  for key, value in pairs(opts or {}) do self[key] = value end
  self.rev_id, self.upgrade_ops, self.downgrade_ops = rev_id, upgrade_ops, downgrade_ops
  self.imports = self.imports or {}
end

-- --- tables ----------------------------------------------------------------------------------------------------

local DropTableOp
local CreateTableOp = define("CreateTableOp", MigrateOperation, { op = "create_table" })
--- (name, { columns and constraints }, options of the table)
function CreateTableOp:init(name, items, opts)
  local own, rest = split_options(opts, { if_not_exists = true })
  self.if_not_exists = own.if_not_exists
  CreateTableOp._take(self, objects.table(name, rest, items or {}))
end
function CreateTableOp:_take(table_)
  self.table, self.table_name, self.schema = table_, table_.name, table_.schema
end
function CreateTableOp.from_table(table_)
  local self = setmetatable({ of_table_alone = true }, CreateTableOp) -- its indexes are operations of their own
  CreateTableOp._take(self, table_)
  return self
end
function CreateTableOp:to_table() return self.table end
function CreateTableOp:reverse() return turned(DropTableOp, self) end

DropTableOp = define("DropTableOp", MigrateOperation, { op = "drop_table" })
function DropTableOp:init(name, opts)
  self.table_name, self.schema, self.if_exists = name, opts and opts.schema, opts and opts.if_exists
end
function DropTableOp.from_table(table_)
  return turned(DropTableOp, { table = table_, table_name = table_.name, schema = table_.schema,
    of_table_alone = true })
end
-- What is dropped may be known by its name alone: then it has nothing but that.
function DropTableOp:to_table() return self.table or objects.table(self.table_name, { schema = self.schema }, {}) end
function DropTableOp:reverse()
  if not self.table then exc.raise("CommandError", "table of drop_table('%s') is unknown", self.table_name) end
  return turned(CreateTableOp, self)
end

local RenameTableOp = define("RenameTableOp", MigrateOperation, { op = "rename_table" })
function RenameTableOp:init(old, new, opts)
  self.table_name, self.new_table_name, self.schema = old, new, opts and opts.schema
end
function RenameTableOp:reverse()
  return RenameTableOp(self.new_table_name, self.table_name, { schema = self.schema })
end

local DropTableCommentOp
local CreateTableCommentOp = define("CreateTableCommentOp", MigrateOperation, { op = "create_table_comment" })
function CreateTableCommentOp:init(name, comment, opts)
  self.table_name, self.comment = name, comment
  self.schema, self.existing_comment = opts and opts.schema, opts and opts.existing_comment
end
function CreateTableCommentOp:reverse()
  if self.existing_comment == nil then
    return DropTableCommentOp(self.table_name, { schema = self.schema, existing_comment = self.comment })
  end
  return CreateTableCommentOp(self.table_name, self.existing_comment, { schema = self.schema,
    existing_comment = self.comment })
end

DropTableCommentOp = define("DropTableCommentOp", MigrateOperation, { op = "drop_table_comment" })
function DropTableCommentOp:init(name, opts)
  self.table_name, self.schema = name, opts and opts.schema
  self.existing_comment = opts and opts.existing_comment
end
function DropTableCommentOp:reverse()
  return CreateTableCommentOp(self.table_name, self.existing_comment, { schema = self.schema })
end

-- --- columns ---------------------------------------------------------------------------------------------------

local DropColumnOp
local AddColumnOp = define("AddColumnOp", MigrateOperation, { op = "add_column" })
function AddColumnOp:init(table_name, column, opts)
  self.table_name, self.column, self.schema = table_name, column, opts and opts.schema
  self.if_not_exists = opts and opts.if_not_exists
  self.inline_references, self.inline_primary_key = opts and opts.inline_references, opts and opts.inline_primary_key
end
function AddColumnOp.from_column_and_tablename(schema, table_name, column)
  return AddColumnOp(table_name, column, { schema = schema })
end
function AddColumnOp:to_column() return self.column end
function AddColumnOp:reverse()
  return turned(DropColumnOp, self, { column_name = self.column.name })
end

DropColumnOp = define("DropColumnOp", MigrateOperation, { op = "drop_column" })
function DropColumnOp:init(table_name, column_name, opts)
  self.table_name, self.column_name, self.schema = table_name, column_name, opts and opts.schema
  self.if_exists = opts and opts.if_exists
end
function DropColumnOp.from_column_and_tablename(schema, table_name, column)
  local self = DropColumnOp(table_name, column.name, { schema = schema })
  self.column = column
  return self
end
function DropColumnOp:to_column() return self.column or am.Column(self.column_name, am.NullType()) end
function DropColumnOp:reverse()
  if not self.column then
    exc.raise("CommandError", "column of drop_column('%s', '%s') is unknown", self.table_name, self.column_name)
  end
  return turned(AddColumnOp, self)
end

-- A change stands under modify_<name>, what was there under existing_<name>. modify_server_default and
-- modify_comment are false when there is to be none.
local AlterColumnOp = define("AlterColumnOp", MigrateOperation, { op = "alter_column" })
local CHANGES = { "type", "nullable", "server_default", "comment", "name" }

function AlterColumnOp:init(table_name, column_name, opts)
  self.table_name, self.column_name, self.kw = table_name, column_name, {}
  for key, value in pairs(opts or {}) do
    if key == "schema" or key:match "^existing_" or key:match "^modify_" then self[key] = value
    else self.kw[key] = value end
  end
end

---@return boolean
function AlterColumnOp:has_changes()
  for _, name in ipairs(CHANGES) do
    if self["modify_" .. name] ~= nil then return true end
  end
  return false
end

local function former(self, name)
  local value = self["existing_" .. name]
  if value == nil and (name == "server_default" or name == "comment") then return false end
  return value
end

-- What was given as existing is what the way back restores.
function AlterColumnOp:reverse()
  local back = AlterColumnOp(self.modify_name or self.column_name, nil, {})
  back.table_name, back.column_name, back.schema = self.table_name, self.modify_name or self.column_name, self.schema
  if self.modify_name then back.modify_name = self.column_name end
  for _, name in ipairs { "type", "nullable", "server_default", "comment" } do
    local changed = self["modify_" .. name]
    if changed ~= nil then
      back["modify_" .. name] = former(self, name)
      if changed then back["existing_" .. name] = changed
      elseif name == "nullable" then back.existing_nullable = false end
    else
      back["existing_" .. name] = self["existing_" .. name]
    end
  end
  for key, value in pairs(self.kw) do back.kw[key] = value end
  back.kw.postgresql_using, back.kw.reverse_using = self.kw.reverse_using, self.kw.postgresql_using
  return back
end

-- --- indexes ---------------------------------------------------------------------------------------------------

local DropIndexOp
local function take_index(self, index)
  local table_ = core.node_get(index, "table")
  self.index, self.index_name = index, index.name
  self.table_name, self.schema, self.unique = table_.name, table_.schema, index.unique
  self.columns = core.node_get(index, "expressions")
  return self
end

local CreateIndexOp = define("CreateIndexOp", MigrateOperation, { op = "create_index" })
function CreateIndexOp:init(name, table_name, columns, opts)
  local own, rest = split_options(opts, { schema = true, if_not_exists = true })
  take_index(self, objects.index(name, table_name, own.schema, columns, rest))
  self.columns, self.if_not_exists = columns, own.if_not_exists
end
function CreateIndexOp.from_index(index) return take_index(setmetatable({}, CreateIndexOp), index) end
function CreateIndexOp:to_index() return self.index end
function CreateIndexOp:reverse() return turned(DropIndexOp, self, { if_not_exists = nil }) end

DropIndexOp = define("DropIndexOp", MigrateOperation, { op = "drop_index" })
function DropIndexOp:init(name, opts)
  opts = type(opts) == "string" and { table_name = opts } or opts or {}
  self.index_name, self.table_name, self.schema = name, opts.table_name, opts.schema
  self.if_exists = opts.if_exists
end
function DropIndexOp.from_index(index) return take_index(setmetatable({}, DropIndexOp), index) end
function DropIndexOp:to_index()
  return self.index or objects.index(self.index_name, self.table_name or "no_table", self.schema, { "x" }, {})
end
function DropIndexOp:reverse()
  if not self.index then
    exc.raise("CommandError", "index of drop_index('%s') is unknown", tostring(self.index_name))
  end
  return turned(CreateIndexOp, self, { if_exists = nil })
end

-- --- constraints ---------------------------------------------------------------------------------------------

local AddConstraintOp = define("AddConstraintOp", MigrateOperation, { op = "add_constraint" })
local DropConstraintOp
local KINDS = {} -- kind of the constraint → class

-- A foreign key says from where to where, under Alembic's names.
local function take_reference(self, node)
  self.source_table, self.local_cols, self.remote_cols = self.table_name, self.columns, {}
  for i, spec in ipairs(require("alchemoon.migrate.render").foreign_specs(node)) do
    local path, column = spec:match "^(.*)%.([^.]+)$"
    self.remote_cols[i] = column
    self.referent_schema, self.referent_table = path:match "^(.*)%.([^.]+)$"
    self.referent_table = self.referent_table or path
  end
end

local function take_constraint(self, node)
  local table_ = core.node_get(node, "table")
  self.constraint, self.constraint_name = node, core.node_get(node, "name")
  self.table_name, self.schema = table_.name, table_.schema
  self.columns = objects.names_of(core.node_get(node, "columns"))
  self.constraint_type = ops.CONSTRAINT_TYPES[core.node_get(node, "kind")]
  if self.constraint_type == "foreignkey" then take_reference(self, node) end
  return self
end

ops.CONSTRAINT_TYPES = { [item.UNIQUE] = "unique", [item.CHECK] = "check", [item.FOREIGN_KEY] = "foreignkey",
  [item.PRIMARY_KEY] = "primary", [item.EXCLUDE] = "exclude" }

--- The operation that adds a constraint.
function AddConstraintOp.from_constraint(node)
  local cls = KINDS[core.node_get(node, "kind")]
  return take_constraint(setmetatable({}, cls or AddConstraintOp), node)
end
function AddConstraintOp:to_constraint() return self.constraint end
function AddConstraintOp:reverse() return turned(DropConstraintOp, self) end

local function constraint_class(name, kind, make)
  local cls = define(name, AddConstraintOp, {})
  KINDS[kind] = cls
  function cls.init(self, ...) take_constraint(self, make(...)) end
end
local function schema_and_rest(opts, key)
  local own, rest = split_options(opts, { [key or "schema"] = true, referent_schema = true })
  return own, rest
end
constraint_class("CreatePrimaryKeyOp", item.PRIMARY_KEY, function(name, table_name, columns, opts)
  local own, rest = schema_and_rest(opts)
  return objects.primary_key(name, table_name, own.schema, columns, rest)
end)
constraint_class("CreateUniqueConstraintOp", item.UNIQUE, function(name, table_name, columns, opts)
  local own, rest = schema_and_rest(opts)
  return objects.unique(name, table_name, own.schema, columns, rest)
end)
constraint_class("CreateCheckConstraintOp", item.CHECK, function(name, table_name, condition, opts)
  local own, rest = schema_and_rest(opts)
  return objects.check(name, table_name, own.schema, condition, rest)
end)
constraint_class("CreateForeignKeyOp", item.FOREIGN_KEY, function(name, source, referent, columns, remote, opts)
  local own, rest = schema_and_rest(opts, "source_schema")
  return objects.foreign_key(name, source, own.source_schema, referent, own.referent_schema, columns, remote, rest)
end)
constraint_class("CreateExcludeConstraintOp", item.EXCLUDE, function(name, table_name, elements, opts)
  local own, rest = schema_and_rest(opts)
  return objects.exclude(name, table_name, own.schema, elements, rest)
end)

DropConstraintOp = define("DropConstraintOp", MigrateOperation, { op = "drop_constraint" })
function DropConstraintOp:init(name, table_name, opts)
  opts = type(opts) == "string" and { type_ = opts } or opts or {}
  self.constraint_name, self.table_name, self.schema = name, table_name, opts.schema
  self.constraint_type, self.if_exists = opts.type_, opts.if_exists
end
function DropConstraintOp.from_constraint(node) return take_constraint(setmetatable({}, DropConstraintOp), node) end
function DropConstraintOp:to_constraint()
  if self.constraint then return self.constraint end
  return exc.raise("CommandError", "constraint cannot be produced; original constraint is not present")
end
function DropConstraintOp:reverse()
  if not self.constraint then
    exc.raise("CommandError", "constraint of drop_constraint('%s') is unknown", tostring(self.constraint_name))
  end
  return turned(KINDS[core.node_get(self.constraint, "kind")] or AddConstraintOp, self, { if_exists = nil })
end

-- --- named types and sequences -------------------------------------------------------------------------------

local DropEnumOp
local CreateEnumOp = define("CreateEnumOp", MigrateOperation, { op = "create_enum" })
function CreateEnumOp:init(name, values, opts)
  self.name, self.values, self.schema = name, values, opts and opts.schema
end
function CreateEnumOp:reverse() return turned(DropEnumOp, self) end

-- Made together with the first table or column that uses it: nothing to do upwards, but a DROP TYPE downwards.
local ImplicitEnumOp = define("ImplicitEnumOp", CreateEnumOp, { op = "implicit_enum" })
function ImplicitEnumOp:reverse() return turned(DropEnumOp, self) end

DropEnumOp = define("DropEnumOp", MigrateOperation, { op = "drop_enum" })
DropEnumOp.init = CreateEnumOp.init
-- The way back makes the type together with the table or column that uses it.
function DropEnumOp:reverse() return turned(ImplicitEnumOp, self) end

--- existing_values: what it has; columns: { table, column, default = } that use it.
local AlterEnumOp = define("AlterEnumOp", MigrateOperation, { op = "alter_enum" })
function AlterEnumOp:init(name, values, opts)
  self.name, self.values = name, values
  for key, value in pairs(opts or {}) do self[key] = value end
end
function AlterEnumOp:reverse()
  return turned(AlterEnumOp, self, { values = self.existing_values, existing_values = self.values })
end

local DropSequenceOp
local CreateSequenceOp = define("CreateSequenceOp", MigrateOperation, { op = "create_sequence" })
--- (name, options of am.Sequence)
function CreateSequenceOp:init(name, opts)
  self.name, self.options = name, {}
  for key, value in pairs(opts or {}) do
    if key == "schema" then self.schema = value else self.options[key] = value end
  end
end
function CreateSequenceOp:reverse() return turned(DropSequenceOp, self) end
DropSequenceOp = define("DropSequenceOp", MigrateOperation, { op = "drop_sequence" })
DropSequenceOp.init = CreateSequenceOp.init
function DropSequenceOp:reverse() return turned(CreateSequenceOp, self) end

--- (name, options, { existing = options })
local AlterSequenceOp = define("AlterSequenceOp", MigrateOperation, { op = "alter_sequence" })
function AlterSequenceOp:init(name, opts, more)
  CreateSequenceOp.init(self, name, opts)
  self.existing_options = more and more.existing or {}
end
function AlterSequenceOp:reverse()
  return turned(AlterSequenceOp, self, { options = self.existing_options, existing_options = self.options })
end

-- --- texts and rows ------------------------------------------------------------------------------------------

local ExecuteSQLOp = define("ExecuteSQLOp", MigrateOperation, { op = "execute" })
function ExecuteSQLOp:init(sqltext) self.sqltext = sqltext end

local BulkInsertOp = define("BulkInsertOp", MigrateOperation, { op = "bulk_insert" })
function BulkInsertOp:init(table_, rows, opts)
  self.table, self.rows, self.multiinsert = table_, rows, not (opts and opts.multiinsert == false)
end

return ops
