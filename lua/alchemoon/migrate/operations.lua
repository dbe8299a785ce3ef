--- Operations: what a migration's upgrade(op) and downgrade(op) call. `op.add_column(...)` and `op:add_column(...)` are
-- the same.
local am = require "alchemoon"
local codec = require "alchemoon.types.codec"
local core = require "alchemoon.core"
local exc = require "alchemoon.migrate.errors"
local item = require "alchemoon.schema.item"
local objects = require "alchemoon.migrate.schema_objects"
local options = require "alchemoon.options"

local Operations = { __name = "alchemoon.Operations" }
---@class alchemoon.Operations
local methods = {}

Operations.__index = require("alchemoon.migrate.calls").index(methods, "op")

--- Operations on a context.
function Operations.new(context, more)
  if getmetatable(context) ~= require("alchemoon.migrate.context") then
    exc.raise("ArgumentError", "Operations: a MigrationContext is needed, got %s", type(context))
  end
  local lint = require "alchemoon.migrate.lint"
  return setmetatable({ _context = context, _impl = context.impl, _guard = lint.guard(context, more or {}) or false },
    Operations)
end

Operations.methods = methods

-- Names the operation for the guard against dangerous changes.
local function guard(self, name, ...)
  if self._guard then self._guard(name, ...) end
end

local function need_name(what, value, which)
  if not item.is_name(value) then
    exc.raise("ArgumentError", "%s: %s must be a name, got %s", what, which, type(value))
  end
  return value
end

local function need_list(what, value, which)
  if type(value) ~= "table" or core.node_tag(value) then
    exc.raise("ArgumentError", "%s: %s must be a list of names, got %s", what, which, type(value))
  end
  return value
end

-- An empty MetaData with the naming convention of the one that the migrations aim at.
local function new_metadata(self)
  local target = self._context.opts.target_metadata
  if type(target) == "function" then target = target() end
  if type(target) == "table" then target = target[1] end
  local is_metadata = am.MetaData.is(target) -- what is none is refused by autogenerate, which needs it
  return am.MetaData { naming_convention = is_metadata and target.naming_convention or nil }
end

-- --- context ---------------------------------------------------------------------------------------------------

--- The connection; in a script what stands in for it.
---@return alchemoon.Connection|any
function methods.get_bind(self) return self._impl:bind() end

--- The context that the operations work in.
---@return alchemoon.MigrationContext
function methods.get_context(self) return self._context end
--- A name to which no naming convention is applied.
---@param name string
---@return any
function methods.f(_, name) return am.conv(name) end

--- A literal that is written into the text, also in a script.
---@param value any
---@param type_ any
---@return any
function methods.inline_literal(self, value, type_)
  local node = type_ and require("alchemoon.schema.types").coerce(type_) or require("alchemoon.types").of(value)
  return am.literal_column(codec.literal(node, value, self._context.dialect_name), node)
end

--- Runs a statement; a string may have `:name` parameters.
---@param statement any
---@param params table?
---@param opts table?   execution_options
function methods.execute(self, statement, params, opts)
  guard(self, "execute", statement)
  return self._impl:execute(statement, params, opts)
end

--- Runs a function with the connection (of a script: its stand-in).
---@param fn fun(connection:any, ...):any
---@param ... any
---@return any
function methods.run(self, fn, ...) return fn(self._impl:bind(), ...) end

--- Runs fn without looking for dangerous operations.
---@param fn function
---@return any
function methods.assured(self, fn)
  if type(fn) ~= "function" then exc.raise("ArgumentError", "assured: a function is needed") end
  local former = self._guard
  self._guard = false
  local ok, e = pcall(fn)
  self._guard = former
  if not ok then error(e, 0) end
end

--- Runs fn outside of the transaction, e.g. for CREATE INDEX CONCURRENTLY.
---@param fn function
---@return any
function methods.autocommit_block(self, fn)
  if type(fn) ~= "function" then exc.raise("ArgumentError", "autocommit_block: a function is needed") end
  return self._context:autocommit_block(fn)
end

--- Runs an operation: an object (migrate.ops.CreateTableOp …), or one by name with its arguments.
---@param what any
---@param ... any
---@return any
function methods.invoke(self, what, ...)
  if type(what) == "string" then return self[what](...) end
  return require("alchemoon.migrate.invoke")(self, what, Operations.implementations)
end

-- --- operations of one's own -----------------------------------------------------------------------------------

Operations.implementations = {}

--- Adds an operation: op.<name>(...) calls cls.<name or classmethod>(op, ...), which makes an operation and gives it
-- to op.invoke. With a function instead of a class the function is called.
---@param name string
---@param cls table
---@param classmethod string?
function Operations.register_operation(name, cls, classmethod)
  local fn = type(cls) == "function" and cls or rawget(cls, classmethod or name)
  if type(fn) ~= "function" then
    exc.raise("ArgumentError", "register_operation('%s'): the class has no function '%s'", tostring(name),
      tostring(classmethod or name))
  end
  methods[name] = fn
  require("alchemoon.migrate.batch").register(name, cls)
  return cls
end

--- Says how operations of a class are run: fn(op, operation).
---@param cls table
---@param fn function
function Operations.implementation_for(cls, fn)
  Operations.implementations[cls] = fn
  return fn
end

-- --- tables --------------------------------------------------------------------------------------------------

--- Makes a table: name, columns and constraints, options as of am.Table. Returns the Table.
---@param name string
---@param ... any
---@return any the Table
function methods.create_table(self, name, ...)
  need_name("create_table", name, "the first argument")
  local items, opts = options.split(...)
  opts = opts or {}
  local own, rest = objects.split("create_table", opts, { if_not_exists = true })
  local table_ = objects.table(name, rest, items, new_metadata(self))
  self._impl:create_table(table_, own.if_not_exists)
  return table_
end

local function drop_table_statement(self, name, opts)
  local own, rest = objects.split("drop_table", opts, { if_exists = true, schema = true, cascade = true },
    { comment = true, info = true })
  rest.schema = own.schema
  local table_ = am.Table(name, am.MetaData(), rest)
  self._impl:execute(am.DropTable(table_, { if_exists = own.if_exists }))
end

--- Drops a table.
---@param name string
---@param opts table?   schema, if_exists
function methods.drop_table(self, name, opts)
  need_name("drop_table", name, "the first argument")
  guard(self, "drop_table", name, opts or {})
  drop_table_statement(self, name, opts)
end

--- Gives a table another name.
---@param old string
---@param new string
---@param opts table?   schema
function methods.rename_table(self, old, new, opts)
  opts = options.read("rename_table", opts, { schema = true })
  need_name("rename_table", old, "the first argument")
  need_name("rename_table", new, "the second argument")
  guard(self, "rename_table", old, new, opts)
  self._impl:rename_table(old, new, opts.schema)
end

--- Sets a table's comment.
---@param name string
---@param comment string
---@param opts table?   existing_comment, schema
function methods.create_table_comment(self, name, comment, opts)
  opts = options.read("create_table_comment", opts, { schema = true, existing_comment = true })
  if self._context.dialect_name == "sqlite" then return end
  local table_ = am.Table(name, am.MetaData(), { schema = opts.schema, comment = comment })
  self._impl:execute(am.SetTableComment(table_))
end

--- Takes a table's comment away.
---@param name string
---@param opts table?   existing_comment, schema
function methods.drop_table_comment(self, name, opts)
  opts = options.read("drop_table_comment", opts, { schema = true, existing_comment = true })
  if self._context.dialect_name == "sqlite" then return end
  self._impl:execute(am.DropTableComment(am.Table(name, am.MetaData(), { schema = opts.schema })))
end

-- --- columns -------------------------------------------------------------------------------------------------

-- Constraints that do not stand in the column's definition.
local function constraints_behind(self, table_, inline)
  local list = {}
  for _, constraint in ipairs(core.node_get(table_, "constraints")) do
    local kind, bits = core.node_get(constraint, "kind"), core.node_get(constraint, "options")
    if kind ~= item.PRIMARY_KEY and not item.has(bits, item.COLUMN_LEVEL) and constraint ~= inline
      and self._impl:needs(constraint) then
      local bound = item.has(bits, item.TYPE_BOUND)
      if bound and self._context.dialect_name == "sqlite" then
        self._context:log("Skipping unsupported ALTER for creation of implicit constraint. Please refer to the " ..
          "batch mode feature which allows for SQLite migrations using a copy-and-move strategy.")
      else
        list[#list + 1] = constraint
      end
    end
  end
  return list
end

-- The one foreign key of one column.
local function inline_key(table_)
  local found
  for _, constraint in ipairs(core.node_get(table_, "constraints")) do
    if core.node_get(constraint, "kind") == item.FOREIGN_KEY then
      if found or core.list_count(constraint, "columns") ~= 1 then return nil end
      found = constraint
    end
  end
  return found
end

--- Adds a column.
---@param table_name string
---@param column any
---@param opts table?   schema, if_not_exists
function methods.add_column(self, table_name, column, opts)
  need_name("add_column", table_name, "the first argument")
  if core.node_tag(column) ~= core.tags.COLUMN then
    exc.raise("ArgumentError", "add_column: the second argument must be a Column, got %s", type(column))
  end
  opts = options.read("add_column", opts, { schema = true, if_not_exists = true, inline_references = true,
    inline_primary_key = true })
  guard(self, "add_column", table_name, column, opts)
  local impl = self._impl
  local table_ = objects.table(table_name, { schema = opts.schema }, { column }, new_metadata(self))
  column = core.node_get(table_, "columns")[1]
  local inline = opts.inline_references and inline_key(table_) or nil
  local behind = constraints_behind(self, table_, inline)
  if #behind > 0 then impl:refuse_without_alter() end
  impl:create_types(table_)
  impl:add_column(column, { if_not_exists = opts.if_not_exists, primary_key = opts.inline_primary_key,
    references = inline })
  for _, constraint in ipairs(behind) do impl:execute(am.AddConstraint(constraint)) end
  for _, index in ipairs(table_.indexes) do impl:execute(am.CreateIndex(index)) end
  if column.comment and self._context.dialect_name == "postgresql" then
    impl:column_comment(table_name, opts.schema, column.name, column.comment)
  end
end

--- Drops a column.
---@param table_name string
---@param column string
---@param opts table?   schema, if_exists
function methods.drop_column(self, table_name, column, opts)
  need_name("drop_column", table_name, "the first argument")
  need_name("drop_column", column, "the second argument")
  opts = options.read("drop_column", opts, { schema = true, if_exists = true, mssql_drop_check = true,
    mssql_drop_default = true, mssql_drop_foreign_key = true })
  guard(self, "drop_column", table_name, column, opts)
  self._impl:drop_column(table_name, column, opts.schema, opts.if_exists)
end

local ALTER = { nullable = true, type_ = true, server_default = true, comment = true, new_column_name = true,
  autoincrement = true, existing_type = true, existing_server_default = true, existing_nullable = true,
  existing_comment = true, existing_autoincrement = true, schema = true, postgresql_using = true }
Operations.ALTER = ALTER

-- CHECK constraints that come with a type.
local function checks_of_type(self, table_name, column, type_, schema)
  local list = {}
  if self._context.dialect_name == "sqlite" then return list end
  local table_ = am.Table(table_name, am.MetaData(), am.Column(column, { type_ = type_ }), { schema = schema })
  for _, constraint in ipairs(core.node_get(table_, "constraints")) do
    if core.node_get(constraint, "kind") == item.CHECK and constraint.name and self._impl:needs(constraint) then
      list[#list + 1] = constraint
    end
  end
  return list
end

--- Changes a column: nullable, type_, server_default (false removes it), comment (false removes it), new_column_name.
---@param table_name string
---@param column string
---@param opts table?
function methods.alter_column(self, table_name, column, opts)
  need_name("alter_column", table_name, "the first argument")
  need_name("alter_column", column, "the second argument")
  opts = options.read("alter_column", opts, ALTER)
  guard(self, "alter_column", table_name, column, opts)
  local impl = self._impl
  if opts.type_ ~= nil and opts.existing_type ~= nil then
    for _, constraint in ipairs(checks_of_type(self, table_name, column, opts.existing_type, opts.schema)) do
      impl:drop_constraint(constraint.name, table_name, "check", opts.schema)
    end
  end
  impl:alter_column(table_name, column, opts)
  if opts.type_ ~= nil then
    local name = opts.new_column_name or column
    for _, constraint in ipairs(checks_of_type(self, table_name, name, opts.type_, opts.schema)) do
      impl:execute(am.AddConstraint(constraint))
    end
  end
end

-- --- constraints ---------------------------------------------------------------------------------------------

local CONSTRAINT = { deferrable = true, initially = true, info = true, comment = true }
local FOREIGN = { deferrable = true, initially = true, info = true, comment = true, onupdate = true, ondelete = true,
  match = true, link_to_name = true, use_alter = true }

--- Adds a primary key.
---@param name string?
---@param table_name string
---@param columns string[]
---@param opts table?   schema
function methods.create_primary_key(self, name, table_name, columns, opts)
  need_list("create_primary_key", columns, "the third argument")
  local own, rest = objects.split("create_primary_key", opts, { schema = true }, CONSTRAINT)
  self._impl:refuse_without_alter("create_primary_key")
  guard(self, "create_primary_key", name, table_name, opts or {})
  self._impl:execute(am.AddConstraint(objects.primary_key(name, table_name, own.schema, columns, rest,
    new_metadata(self))))
end

--- Adds a UNIQUE constraint.
---@param name string?
---@param table_name string
---@param columns string[]
---@param opts table?   schema, deferrable, initially
function methods.create_unique_constraint(self, name, table_name, columns, opts)
  need_list("create_unique_constraint", columns, "the third argument")
  local own, rest = objects.split("create_unique_constraint", opts, { schema = true }, CONSTRAINT)
  self._impl:refuse_without_alter("create_unique_constraint")
  guard(self, "create_unique_constraint", name, table_name, opts or {})
  self._impl:execute(am.AddConstraint(objects.unique(name, table_name, own.schema, columns, rest,
    new_metadata(self))))
end

--- Adds a CHECK constraint.
---@param name string?
---@param table_name string
---@param condition any
---@param opts table?   schema
function methods.create_check_constraint(self, name, table_name, condition, opts)
  local own, rest = objects.split("create_check_constraint", opts, { schema = true }, CONSTRAINT)
  self._impl:refuse_without_alter("create_check_constraint")
  guard(self, "create_check_constraint", name, table_name, opts or {})
  self._impl:execute(am.AddConstraint(objects.check(name, table_name, own.schema, condition, rest,
    new_metadata(self))))
end

--- Adds a foreign key.
---@param name string?
---@param source string
---@param referent string
---@param local_columns string[]
---@param remote_columns string[]
---@param opts table?   onupdate, ondelete, deferrable, initially, match, source_schema, referent_schema
function methods.create_foreign_key(self, name, source, referent, local_columns, remote_columns, opts)
  need_list("create_foreign_key", local_columns, "the fourth argument")
  need_list("create_foreign_key", remote_columns, "the fifth argument")
  local own, rest = objects.split("create_foreign_key", opts, { source_schema = true, referent_schema = true }, FOREIGN)
  self._impl:refuse_without_alter("create_foreign_key")
  guard(self, "create_foreign_key", name, source, opts or {})
  self._impl:execute(am.AddConstraint(objects.foreign_key(name, source, own.source_schema, referent,
    own.referent_schema, local_columns, remote_columns, rest, new_metadata(self))))
end

--- Adds an EXCLUDE constraint of PostgreSQL.
---@param name string?
---@param table_name string
---@param ... any
function methods.create_exclude_constraint(self, name, table_name, ...)
  local elements, opts = options.split(...)
  elements.n = nil
  local own, rest = objects.split("create_exclude_constraint", opts, { schema = true },
    { deferrable = true, initially = true, info = true, using = true, where = true, ops = true })
  self._impl:refuse_without_alter("create_exclude_constraint")
  guard(self, "create_exclude_constraint", name, table_name, opts or {})
  self._impl:execute(am.AddConstraint(objects.exclude(name, table_name, own.schema, elements, rest,
    new_metadata(self))))
end

local ASK = { foreignkey = "get_foreign_keys", unique = "get_unique_constraints" }
local SUFFIX = { foreignkey = "_fkey", unique = "_key" }

-- The name that the database gave to a constraint: asked for, or as PostgreSQL forms it when a script is written.
local function name_of_unnamed(self, table_name, opts)
  if opts.type_ == "primary" then
    if self._context.as_sql then return table_name .. "_pkey" end
    local key = am.inspect(self._context.connection):get_pk_constraint(table_name, opts.schema)
    return key.name or exc.raise("CommandError", "No such constraint: primary key of table '%s'", table_name)
  end
  local method = ASK[opts.type_]
  if not method or not opts.columns then
    exc.raise("CommandError", "drop_constraint: a constraint without a name is found by columns and type_ " ..
      "(foreignkey or unique)")
  end
  local wanted = table.concat(opts.columns, "_")
  if self._context.as_sql then return table_name .. "_" .. wanted .. SUFFIX[opts.type_] end
  local inspector = am.inspect(self._context.connection)
  for _, info in ipairs(inspector[method](inspector, table_name, opts.schema)) do
    local columns = info.constrained_columns or info.column_names
    if table.concat(columns, "_") == wanted and info.name then return info.name end
  end
  return exc.raise("CommandError", "No such constraint: %s (%s) of table '%s'", opts.type_,
    table.concat(opts.columns, ", "), table_name)
end

--- Drops a constraint by name; name nil with { type_ = "foreignkey", columns = {...} } finds one without a given name.
---@param name string?
---@param table_name string
---@param opts table?   type_, schema, if_exists
function methods.drop_constraint(self, name, table_name, opts)
  if type(opts) == "string" then opts = { type_ = opts } end
  need_name("drop_constraint", table_name, "the second argument")
  opts = options.read("drop_constraint", opts, { type_ = true, schema = true, if_exists = true, columns = true })
  if name == nil then
    self._impl:refuse_without_alter("drop_constraint")
    name = name_of_unnamed(self, table_name, opts)
  end
  need_name("drop_constraint", name, "the first argument")
  if opts.type_ == "check" then
    name = objects.check(name, table_name, opts.schema, "1 = 1", {}, new_metadata(self)).name
  end
  self._impl:drop_constraint(name, table_name, opts.type_, opts.schema, opts.if_exists)
end

-- --- indexes -------------------------------------------------------------------------------------------------

--- Makes an index; columns are names or expressions (am.text "lower(x)").
---@param name string?
---@param table_name string
---@param columns any[]
---@param opts table?   unique, schema, if_not_exists, options of the dialects
function methods.create_index(self, name, table_name, columns, opts)
  need_name("create_index", table_name, "the second argument")
  need_list("create_index", columns, "the third argument")
  local own, rest = objects.split("create_index", opts, { schema = true, if_not_exists = true },
    { unique = true, quote = true, info = true })
  guard(self, "create_index", name, table_name, opts or {})
  local index = objects.index(name, table_name, own.schema, columns, rest, new_metadata(self))
  self._impl:execute(am.CreateIndex(index, { if_not_exists = own.if_not_exists }))
end

--- Drops an index.
---@param name string?
---@param opts table?   table_name, schema, if_exists
function methods.drop_index(self, name, opts)
  if type(opts) == "string" then opts = { table_name = opts } end
  need_name("drop_index", name, "the first argument")
  local own, rest = objects.split("drop_index", opts, { schema = true, if_exists = true, table_name = true },
    { unique = true, info = true })
  guard(self, "drop_index", name, opts or {})
  local index = objects.index(name, own.table_name or "no_table", own.schema, { "x" }, rest)
  self._impl:execute(am.DropIndex(index, { if_exists = own.if_exists }))
end

-- --- data ----------------------------------------------------------------------------------------------------

--- Inserts rows into a Table (what create_table returned, or am.table with columns).
---@param table_ any
---@param rows table[]
---@param opts table?   multiinsert
function methods.bulk_insert(self, table_, rows, opts)
  opts = options.read("bulk_insert", opts, { multiinsert = options.TRUE })
  if type(rows) ~= "table" then exc.raise("ArgumentError", "bulk_insert: a list of rows is needed") end
  for i, row in ipairs(rows) do
    if type(row) ~= "table" then
      exc.raise("ArgumentError", "bulk_insert: row #%d must be a table of values, got %s", i, type(row))
    end
  end
  if #rows == 0 then return end
  local insert = am.insert(table_)
  if not self._context.as_sql and opts.multiinsert then
    self._impl:execute(insert, rows)
    return
  end
  for _, row in ipairs(rows) do
    if self._context.as_sql then self._impl:execute(insert:values(row))
    else self._impl:execute(insert, row) end
  end
end

-- --- batches -------------------------------------------------------------------------------------------------

--- Changes of one table together; on SQLite the table is made anew with its data when that is needed.
---@param table_name string
---@param ... any
---@return any
function methods.batch_alter_table(self, table_name, ...)
  need_name("batch_alter_table", table_name, "the first argument")
  local _, opts, fn = options.split_scope(0, ...)
  return require("alchemoon.migrate.batch").run(self, table_name, opts, fn)
end

require("alchemoon.migrate.operations_named")(methods, need_list)

return Operations
