--- How changes of a schema are spelled per dialect, and where their texts go: to a connection or to a script.
local am = require "alchemoon"
local core = require "alchemoon.core"
local create = require "alchemoon.schema.create"
local base = require "alchemoon.types.base"
local exc = require "alchemoon.migrate.errors"
local item = require "alchemoon.schema.item"
local named_types = require "alchemoon.schema.named_types"
local null = require "alchemoon.null"

local Impl = {}
Impl.__index = Impl

local ALTERS = { postgresql = true, mysql = true, mariadb = true, default = true }

--- What stands in for a connection while a script is written.
local Recorder = {}
Recorder.__index = Recorder
function Recorder:execute(statement, params) return self._impl:execute(statement, params) end
function Recorder:exec_driver_sql(sql) return self._impl:run(sql) end
function Recorder._merge_options() return {} end
function Recorder.in_transaction() return true end

function Impl.new(context)
  local self = setmetatable({ context = context, dialect = context.dialect_name, as_sql = context.as_sql }, Impl)
  if self.as_sql then
    self.recorder = setmetatable({ dialect = { name = self.dialect }, _impl = self }, Recorder)
  end
  return self
end

--- The connection, or what stands in for it in a script.
function Impl:bind() return self.recorder or self.context.connection end

-- --- running and writing ------------------------------------------------------------------------------------

local function trim(text) return (text:gsub("^%s+", ""):gsub("%s+$", "")) end

--- Adds one statement to the script.
function Impl:static_output(text)
  self.context:write(trim(text):gsub("\t", "    ") .. ";\n\n")
end

--- Runs a text as it is.
function Impl:run(sql)
  if self.as_sql then return self:static_output(sql) end
  return self.context.connection:exec_driver_sql(sql)
end

--- Runs a statement or a text with `:name` parameters.
function Impl:execute(statement, params, execution_options)
  if type(statement) == "string" then statement = am.text(statement) end
  if not self.as_sql then
    return self.context.connection:execute(statement, params, execution_options)
  end
  if params ~= nil and next(params) ~= nil then
    exc.raise("CommandError", "Execution arguments not allowed with as_sql")
  end
  local is_ddl = core.node_tag(statement) == core.tags.DDL
  local text = statement:compile({ dialect = self.dialect, literal_binds = not is_ddl or nil }).sql
  self:static_output(text)
end

-- --- parts of texts -------------------------------------------------------------------------------------------

function Impl:quote(name) return am.column(name):compile({ dialect = self.dialect }).sql end

function Impl:table_name(name, schema)
  return am.table(name, { schema = schema }):compile({ dialect = self.dialect }).sql
end

function Impl:type_text(type_)
  local node = require("alchemoon.schema.types").coerce(type_)
  if not node then exc.raise("ArgumentError", "'%s' is no SQL type", tostring(type_)) end
  return node:compile({ dialect = self.dialect })
end

function Impl:literal(text)
  text = text:gsub("'", "''")
  if self.dialect == "mysql" or self.dialect == "mariadb" then text = text:gsub("\\", "\\\\") end
  return "'" .. text .. "'"
end

--- DEFAULT's value: a text is a literal, an expression is itself.
function Impl:default_text(value)
  if core.node_tag(value) == core.tags.DEFAULT then value = value.arg end
  if type(value) == "string" then return self:literal(value) end
  if type(value) == "table" and value.__clause_element__ then value = value:__clause_element__() end
  if not core.node_tag(value) then
    exc.raise("ArgumentError", "server_default: a text or an SQL expression is needed, got %s", type(value))
  end
  return value:compile({ dialect = self.dialect, literal_binds = true }).sql
end

-- Options of an identity: field, words, what stands for "as usual".
local IDENTITY_WORDS = { { "increment", "INCREMENT BY", "1" }, { "start", "START WITH", "1" },
  { "minvalue", "MINVALUE", "1" }, { "maxvalue", "MAXVALUE" }, { "cache", "CACHE", "1" }, { "cycle" } }

--- GENERATED … AS IDENTITY as it stands in a column's definition.
function Impl:identity_text(identity)
  local table_ = am.Table("t", am.MetaData(), am.Column("c", am.Integer, identity))
  return am.CreateColumn(table_.c.c):compile({ dialect = self.dialect }).sql:match "(GENERATED .- AS IDENTITY.*)$"
    :gsub(" NOT NULL$", "")
end

local function removed(value) return value == false or value == null end
Impl.removed = removed

-- --- tables --------------------------------------------------------------------------------------------------

-- Named types that are there already are not made again.
local function runner_for(self, table_)
  local runner = create.new_runner(self:bind(), false)
  if self.dialect == "postgresql" then
    self.context.made_types = self.context.made_types or {}
    for _, column in ipairs(core.node_get(table_, "columns")) do
      local type_, what = named_types.of(core.node_type(column))
      local name = type_ and core.node_get(type_, "name")
      if name then
        local schema = core.node_get(type_, "schema")
        local key = (schema or "") .. "." .. name
        local there = self.context.made_types[key]
        if not there and not self.as_sql then there = runner:inspector():_has_type_now(name, schema, what) end
        if there then runner.seen[key] = true end
        self.context.made_types[key] = true
      end
    end
  end
  return runner
end

-- Foreign keys of the table that are made with it; nil: all.
local function keys_within(table_, without)
  if not without then return nil end
  local keys = {}
  for _, node in ipairs(core.node_get(table_, "constraints")) do
    if core.node_get(node, "kind") == item.FOREIGN_KEY and not without[node] then keys[#keys + 1] = node end
  end
  return keys
end

--- `operation`: says whether the table's indexes stay away, and which of its foreign keys.
function Impl:create_table(table_, if_not_exists, operation)
  local runner, made = runner_for(self, table_), self.context.created_tables or {}
  self.context.created_tables = made
  if not if_not_exists then made[(table_.schema or "") .. "." .. table_.name] = true end
  runner.if_not_exists = if_not_exists
  runner.without_indexes = operation and operation.of_table_alone
  runner:create_table(table_, keys_within(table_, operation and operation.without))
end

local NATIVE_BOOLEAN = { postgresql = true, default = true }
local NATIVE_ENUM = { postgresql = true, mysql = true, mariadb = true }

--- Does the database need the constraint? A CHECK that belongs to a type is for those that lack the type.
function Impl:needs(constraint)
  if not item.has(core.node_get(constraint, "options"), item.TYPE_BOUND) then return true end
  local type_ = core.node_type(core.node_get(constraint, "columns")[1])
  if require("alchemoon.types").affinity(type_) == "BOOLEAN" then return not NATIVE_BOOLEAN[self.dialect] end
  return item.has(core.node_get(type_, "options"), base.BITS.no_native) or not NATIVE_ENUM[self.dialect]
end

--- Named types of a column that is added.
function Impl:create_types(table_)
  if self.dialect == "postgresql" then named_types.before_create(runner_for(self, table_), table_) end
end

function Impl:rename_table(old, new, schema)
  local made, prefix = self.context.created_tables, (schema or "") .. "."
  if made and made[prefix .. old] then made[prefix .. old], made[prefix .. new] = nil, true end
  if self.dialect == "mysql" or self.dialect == "mariadb" then
    return self:run(("ALTER TABLE %s RENAME TO %s"):format(self:table_name(old, schema), self:table_name(new, schema)))
  end
  self:run(("ALTER TABLE %s RENAME TO %s"):format(self:table_name(old, schema), self:quote(new)))
end

function Impl:alter_prefix(name, schema) return "ALTER TABLE " .. self:table_name(name, schema) .. " " end

function Impl:refuse_without_alter()
  if ALTERS[self.dialect] then return end
  exc.raise("NotSupportedError", "No support for ALTER of constraints in SQLite dialect. Please refer to the batch " ..
    "mode feature which allows for SQLite migrations using a copy-and-move strategy.")
end

-- --- columns -------------------------------------------------------------------------------------------------

-- REFERENCES as it stands in a column's definition.
function Impl:references_text(constraint)
  local spec = core.node_get(constraint, "elements")[1].target_fullname
  local before, column = spec:match "^(.*)%.([^.]+)$"
  local schema, name = before:match "^(.*)%.([^.]+)$"
  local text = ("REFERENCES %s (%s)"):format(self:table_name(name or before, schema), self:quote(column))
  if constraint.ondelete then text = text .. " ON DELETE " .. constraint.ondelete end
  if constraint.onupdate then text = text .. " ON UPDATE " .. constraint.onupdate end
  return text
end

--- more: if_not_exists, primary_key, references (a constraint that stands inline)
function Impl:add_column(column, more)
  local table_ = core.node_get(column, "table")
  local spec = am.CreateColumn(column):compile({ dialect = self.dialect }).sql
  if more.primary_key and column.primary_key then spec = spec .. " PRIMARY KEY" end
  if more.references then spec = spec .. " " .. self:references_text(more.references) end
  self:run(self:alter_prefix(table_.name, table_.schema) .. "ADD COLUMN " ..
    (more.if_not_exists and "IF NOT EXISTS " or "") .. spec)
end

function Impl:drop_column(name, column, schema, if_exists)
  self:run(self:alter_prefix(name, schema) .. "DROP COLUMN " .. (if_exists and "IF EXISTS " or "") ..
    self:quote(column))
end

-- MySQL says everything about a column again.
local function mysql_alter(self, name, column, opts)
  local schema = opts.schema
  if core.node_tag(opts.server_default) == core.tags.IDENTITY
    or core.node_tag(opts.existing_server_default) == core.tags.IDENTITY and opts.server_default ~= nil then
    exc.raise("CompileError", 'Adding, removing or modifying an "identity" construct, e.g. GENERATED AS IDENTITY, ' ..
      "to or from an existing column is not supported in this dialect.")
  end
  local type_ = opts.type_ or opts.existing_type
  if opts.server_default ~= nil and opts.nullable == nil and opts.type_ == nil and opts.new_column_name == nil
    and opts.comment == nil then
    return self:run(self:alter_prefix(name, schema) .. "ALTER COLUMN " .. self:quote(column) ..
      (removed(opts.server_default) and " DROP DEFAULT" or " SET DEFAULT " .. self:default_text(opts.server_default)))
  end
  if not type_ then
    exc.raise("CommandError", "All MySQL CHANGE/MODIFY COLUMN operations require the existing type.")
  end
  local verb = opts.new_column_name and "CHANGE " .. self:quote(column) .. " " .. self:quote(opts.new_column_name)
    or "MODIFY " .. self:quote(column)
  local parts = { verb .. " " .. self:type_text(type_) }
  local nullable = opts.nullable
  if nullable == nil then nullable = opts.existing_nullable end
  parts[#parts + 1] = nullable == false and "NOT NULL" or "NULL"
  if opts.autoincrement or opts.autoincrement == nil and opts.existing_autoincrement then
    parts[#parts + 1] = "AUTO_INCREMENT"
  end
  local default = opts.server_default
  if default == nil then default = opts.existing_server_default end
  if default ~= nil and not removed(default) then parts[#parts + 1] = "DEFAULT " .. self:default_text(default) end
  local comment = opts.comment
  if comment == nil then comment = opts.existing_comment end
  if comment ~= nil and not removed(comment) then parts[#parts + 1] = "COMMENT " .. self:literal(comment) end
  self:run(self:alter_prefix(name, schema) .. table.concat(parts, " "))
end

function Impl:column_comment(name, schema, column, comment)
  if self.dialect == "sqlite" then return end
  self:run(("COMMENT ON COLUMN %s.%s IS %s"):format(self:table_name(name, schema), self:quote(column),
    removed(comment) and "NULL" or self:literal(comment)))
end

local function sqlite_alter(self, name, column, opts)
  for _, key in ipairs { "type_", "nullable", "server_default", "autoincrement" } do
    if opts[key] ~= nil then
      exc.raise("NotSupportedError", "No support for ALTER of column '%s' (%s) in SQLite dialect. Please refer to " ..
        "the batch mode feature which allows for SQLite migrations using a copy-and-move strategy: " ..
        "op.batch_alter_table",
        column, (key:gsub("_$", "")))
    end
  end
  if opts.new_column_name then
    self:run(("%sRENAME COLUMN %s TO %s"):format(self:alter_prefix(name, opts.schema), self:quote(column),
      self:quote(opts.new_column_name)))
  end
end

-- GENERATED … AS IDENTITY: added, dropped, or its options changed.
local function alter_identity(self, alter, opts)
  local new, old = opts.server_default, opts.existing_server_default
  if removed(new) then return self:run(alter .. "DROP IDENTITY") end
  if core.node_tag(old) ~= core.tags.IDENTITY then return self:run(alter .. "ADD " .. self:identity_text(new)) end
  local parts = {}
  if (core.node_get(new, "always") == 1) ~= (core.node_get(old, "always") == 1) then
    parts[1] = "SET GENERATED " .. (core.node_get(new, "always") == 1 and "ALWAYS" or "BY DEFAULT")
  end
  for _, pair in ipairs(IDENTITY_WORDS) do
    local value = core.node_get(new, pair[1])
    if value ~= core.node_get(old, pair[1]) then
      if pair[1] == "cycle" then
        if value ~= 0 then parts[#parts + 1] = value == 1 and "SET CYCLE" or "SET NO CYCLE" end
      else
        value = value or pair[3]
        if value then parts[#parts + 1] = ("SET %s %s"):format(pair[2], value) end
      end
    end
  end
  if #parts > 0 then self:run(alter .. table.concat(parts, " ")) end
end

local function alter_default(self, alter, opts)
  local new, old = opts.server_default, opts.existing_server_default
  if core.node_tag(new) == core.tags.COMPUTED or core.node_tag(old) == core.tags.COMPUTED then
    exc.raise("NotSupportedError", 'Adding or removing a "computed" construct, e.g. GENERATED ALWAYS AS, to or from ' ..
      "an existing column is not supported.")
  end
  if core.node_tag(new) == core.tags.IDENTITY or core.node_tag(old) == core.tags.IDENTITY then
    return alter_identity(self, alter, opts)
  end
  self:run(alter .. (removed(new) and "DROP DEFAULT" or "SET DEFAULT " .. self:default_text(new)))
end

--- All that alter_column may change; see Operations.alter_column.
function Impl:alter_column(name, column, opts)
  if self.dialect == "sqlite" then return sqlite_alter(self, name, column, opts) end
  if self.dialect == "mysql" or self.dialect == "mariadb" then return mysql_alter(self, name, column, opts) end
  local prefix = self:alter_prefix(name, opts.schema)
  local alter = prefix .. "ALTER COLUMN " .. self:quote(column) .. " "
  if opts.postgresql_using and opts.type_ == nil then
    exc.raise("CommandError", "postgresql_using must be used with the type_ parameter")
  end
  if opts.type_ ~= nil then
    self:run(alter .. "TYPE " .. self:type_text(opts.type_) ..
      (opts.postgresql_using and " USING " .. opts.postgresql_using or ""))
  end
  if opts.nullable ~= nil then self:run(alter .. (opts.nullable and "DROP NOT NULL" or "SET NOT NULL")) end
  if opts.server_default ~= nil then alter_default(self, alter, opts) end
  if opts.comment ~= nil then self:column_comment(name, opts.schema, column, opts.comment) end
  if opts.new_column_name then
    self:run(prefix .. "RENAME " .. self:quote(column) .. " TO " .. self:quote(opts.new_column_name))
  end
end

-- --- constraints ---------------------------------------------------------------------------------------------

local MYSQL_DROP = { foreignkey = "FOREIGN KEY", unique = "INDEX" }

function Impl:drop_constraint(name, table_name, type_, schema, if_exists)
  self:refuse_without_alter("drop_constraint")
  local prefix = self:alter_prefix(table_name, schema)
  if self.dialect == "mysql" or self.dialect == "mariadb" then
    if type_ == "primary" then return self:run(prefix .. "DROP PRIMARY KEY ") end
    local word = type_ == "check" and (self.dialect == "mariadb" and "CONSTRAINT" or "CHECK") or MYSQL_DROP[type_]
    if not word then
      exc.raise("NotSupportedError", "No generic 'DROP CONSTRAINT' in MySQL - please specify constraint type")
    end
    return self:run(prefix .. "DROP " .. word .. " " .. self:quote(name))
  end
  self:run(prefix .. "DROP CONSTRAINT " .. (if_exists and "IF EXISTS " or "") .. self:quote(name))
end

return Impl
