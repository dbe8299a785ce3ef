--- MigrationContext: one database (or one script) that migrations run on; it keeps the version table true.
--
-- A migration and the change of the version table stand in one transaction wherever the database can do that, so that
-- the version table never claims what did not happen.
local am = require "alchemoon"
local core = require "alchemoon.core"
local exc = require "alchemoon.migrate.errors"
local Impl = require "alchemoon.migrate.impl"
local options = require "alchemoon.options"
local usage = require "alchemoon.usage"
local unpack = table.unpack or unpack -- luacheck: ignore 113

---@class alchemoon.MigrationContext
---@field connection table?
---@field dialect_name string
local MigrationContext = { __name = "alchemoon.MigrationContext" }
MigrationContext.__index = MigrationContext

local OPTIONS = {
  as_sql = true, output_buffer = true, transactional_ddl = true, transaction_per_migration = true,
  version_table = "alembic_version", version_table_schema = true, version_table_pk = options.TRUE,
  starting_rev = true, compare_type = options.TRUE, compare_server_default = true, include_object = true,
  include_name = true, include_schemas = true, target_metadata = true, render_as_batch = true, render_item = true,
  on_version_apply = true, process_revision_directives = true, script = true, dialect_name = true, opts = true,
  log = true, lint = true, lock = options.TRUE, lock_timeout = true, statement_timeout = true, tag = true,
  compare_comments = options.TRUE, on_step = true, x = true, literal_binds = true,
}
MigrationContext.OPTIONS = OPTIONS

local function seconds_now() return (select(2, core.clock())) end

local NOT_TRANSACTIONAL = { mysql = true, mariadb = true }

local function dialect_of(connection, opts)
  if connection then
    if type(connection) ~= "table" or not (connection.dialect and connection.in_transaction) then
      exc.raise("ArgumentError", "MigrationContext.configure: expected a connection, got %s",
        require("alchemoon.sql.coerce").describe(connection))
    end
    return connection.dialect.name
  end
  if opts.dialect_name then return opts.dialect_name end
  return exc.raise("CommandError", "MigrationContext.configure: a connection or dialect_name is needed")
end

--- A context for a connection; without one (as_sql) `dialect_name` says how texts are spelled.
---@param connection table?
---@param given table?   options, flat or below `opts`
function MigrationContext.configure(connection, given)
  if connection == MigrationContext then
    exc.raise("ArgumentError", "MigrationContext.configure is called with a dot, for there is no context yet")
  end
  if given == nil and type(connection) == "table" and getmetatable(connection) == nil then -- options alone
    connection, given = connection.connection, connection
  end
  local flat = {}
  for key, value in pairs(given or {}) do flat[key] = value end
  for key, value in pairs(flat.opts or {}) do flat[key] = value end
  local opts = options.read("MigrationContext.configure", flat, OPTIONS)
  local self = setmetatable({ connection = connection, opts = opts, as_sql = opts.as_sql and true or false },
    MigrationContext)
  if not connection and not self.as_sql and not opts.dialect_name then
    exc.raise("CommandError", "MigrationContext.configure: a connection is needed, or as_sql with dialect_name")
  end
  self.dialect_name = dialect_of(connection, opts)
  self.transactional_ddl = opts.transactional_ddl
  if self.transactional_ddl == nil then self.transactional_ddl = not NOT_TRANSACTIONAL[self.dialect_name] end
  self.version_table, self.version_table_schema = opts.version_table, opts.version_table_schema
  self.external = connection ~= nil and connection:in_transaction()
  self.impl = Impl.new(self)
  self.heads_offline = opts.starting_rev
  return self
end

--- Tells the program what is done.
---@param text string
function MigrationContext:log(text)
  if self.opts.log then self.opts.log(text) end
end

--- The -x arguments of the command line as a list, or with { as_dictionary = true } as a table.
---@param opts table?   as_dictionary
---@return table
function MigrationContext:get_x_argument(opts)
  opts = options.read("get_x_argument", opts, { as_dictionary = true })
  local list = self.opts.x or {}
  return opts.as_dictionary and require("alchemoon.migrate.config").x_dictionary(list) or list
end

--- The --tag of the command line.
---@return string?
function MigrationContext:get_tag_argument() return self.opts.tag end

--- Adds text to the script.
---@param text string
function MigrationContext:write(text)
  local buffer = self.opts.output_buffer
  if buffer == nil then io.stdout:write(text)
  elseif type(buffer) == "function" then buffer(text)
  elseif type(buffer) == "table" and not buffer.write then buffer[#buffer + 1] = text
  else buffer:write(text) end
end

-- --- transactions --------------------------------------------------------------------------------------------

local function begin(self)
  if self.as_sql then
    self:write("BEGIN;\n\n")
  else
    self.transaction = self.connection:begin()
    -- SQLite: whoever migrates keeps other writers out from the beginning, so that nobody reads versions that are about
    -- to change
    if self.dialect_name == "sqlite" and self.opts.lock then self.connection:exec_driver_sql("BEGIN IMMEDIATE") end
  end
  self.inside = true
end

local function commit(self)
  self.inside, self.new_enum_values = false, nil
  if self.as_sql then return self:write("COMMIT;\n\n") end
  local transaction = self.transaction
  self.transaction = nil
  transaction:commit()
end

local function rollback(self)
  self.inside = false
  local transaction = self.transaction
  self.transaction = nil
  if transaction then pcall(transaction.rollback, transaction) end -- the migration's error is the one that counts
end

-- What must be done after a failure, too; the first error is the one that counts.
local function afterwards(ok, e, fn, ...)
  local done, why = pcall(fn, ...)
  if ok and not done then return false, why end
  return ok, e
end

--- Runs fn in a transaction, unless there is one or the database cannot roll back changes of the schema.
---@param fn function
---@return any
function MigrationContext:begin_transaction(fn)
  if self.inside or self.external or not self.transactional_ddl then return fn() end
  begin(self)
  local ok, e = pcall(fn)
  if ok then
    ok, e = pcall(commit, self)
  elseif not self.as_sql then
    rollback(self)
  end
  if not ok then error(e, 0) end
end

--- Runs fn outside of any transaction: what came before is committed, a new transaction is begun behind it.
---@param fn function
---@return any
function MigrationContext:autocommit_block(fn)
  if self.external then
    exc.raise("CommandError", "autocommit_block: the connection is in a transaction that was begun outside of the " ..
      "migration; commit it first")
  end
  local was_inside = self.inside
  if was_inside then commit(self) end
  if self.as_sql then
    fn()
    if was_inside then begin(self) end
    return
  end
  local conn = self.connection
  local former = conn:get_isolation_level()
  if conn:in_transaction() then conn:rollback() end
  conn:execution_options { isolation_level = "AUTOCOMMIT" }
  local ok, e = pcall(fn)
  if conn:in_transaction() then ok, e = afterwards(ok, e, conn.commit, conn) end
  conn:execution_options { isolation_level = former }
  if was_inside then begin(self) end
  if not ok then error(e, 0) end
end

-- --- the version table ---------------------------------------------------------------------------------------

local function version_table(self)
  if not self._version then
    local args = { am.Column("version_num", am.String(32), { nullable = false }) }
    if self.opts.version_table_pk then
      args[2] = am.PrimaryKeyConstraint("version_num", { name = self.version_table .. "_pkc" })
    end
    args[#args + 1] = { schema = self.version_table_schema }
    self._version = am.Table(self.version_table, am.MetaData(), unpack(args))
  end
  return self._version
end

local function has_version_table(self)
  return am.inspect(self.connection):_has_table_now(self.version_table, self.version_table_schema)
end

--- Makes the version table if it is not there.
function MigrationContext:ensure_version_table()
  if self.as_sql then return self.impl:create_table(version_table(self)) end
  if not has_version_table(self) then version_table(self):create(self.connection) end
end

local function full_name(self) return self.impl:table_name(self.version_table, self.version_table_schema) end

--- Ids in the version table.
---@return string[]
function MigrationContext:get_current_heads()
  if self.as_sql then
    local start = self.heads_offline
    if start == nil or start == "base" then return {} end
    return type(start) == "table" and start or { start }
  end
  local conn, heads = self.connection, {}
  local was_in = conn:in_transaction()
  if has_version_table(self) then
    for _, row in ipairs(conn:exec_driver_sql("SELECT version_num FROM " .. full_name(self)):all()) do
      heads[#heads + 1] = row[1]
    end
  end
  if not was_in and conn:in_transaction() then conn:rollback() end
  table.sort(heads)
  return heads
end

--- The one id in the version table, or nil; several are an error.
---@return string?
function MigrationContext:get_current_revision()
  local heads = self:get_current_heads()
  if #heads > 1 then
    exc.raise("CommandError", "Version table '%s' has more than one head present; please use get_current_heads()",
      self.version_table)
  end
  return heads[1]
end

local function count_matched(self, result, text, ...)
  if not self.as_sql and result.rowcount ~= 1 then
    exc.raise("CommandError", text, ...)
  end
end

-- Changes the rows: as few statements as possible.
local function write_versions(self, gone, come)
  local name = full_name(self)
  local where = ("WHERE %s.version_num = "):format(name)
  local literal = function(id) return self.impl:literal(id) end
  local at = 1
  for i = 1, math.min(#gone, #come) do
    local result = self.impl:run(("UPDATE %s SET version_num=%s %s%s"):format(name, literal(come[i]), where,
      literal(gone[i])))
    count_matched(self, result, "Online migration expected to match one row when updating '%s' to '%s' in '%s'; " ..
      "%d found; another deployment may have changed it", gone[i], come[i], self.version_table,
      result and result.rowcount or 0)
    at = i + 1
  end
  for i = at, #gone do
    local result = self.impl:run(("DELETE FROM %s %s%s"):format(name, where, literal(gone[i])))
    count_matched(self, result, "Online migration expected to match one row when deleting '%s' in '%s'; %d found; " ..
      "another deployment may have changed it", gone[i], self.version_table, result and result.rowcount or 0)
  end
  for i = at, #come do
    self.impl:run(("INSERT INTO %s (version_num) VALUES (%s)"):format(name, literal(come[i])))
  end
end

-- --- the lock ------------------------------------------------------------------------------------------------

local LOCK = 4242008117 -- one number for all programs that migrate with alchemoon

local function lock(self)
  if not self.opts.lock or self.as_sql or self.external then return end
  if self.dialect_name == "postgresql" and not self.locked then
    local free = self.connection:exec_driver_sql(("SELECT pg_try_advisory_lock(%d)"):format(LOCK)):scalar()
    if not free then
      self:log("Waiting for another migration to finish")
      self.connection:exec_driver_sql(("SELECT pg_advisory_lock(%d)"):format(LOCK))
    end
    self.locked = true
    self.connection:commit()
  end
end

local function unlock(self)
  if not self.locked then return end
  self.locked = false
  if self.connection.closed or self.connection.invalidated then return end
  if self.connection:in_transaction() then self.connection:rollback() end
  self.connection:exec_driver_sql(("SELECT pg_advisory_unlock(%d)"):format(LOCK))
  self.connection:commit()
end

local function timeouts(self)
  if self.dialect_name ~= "postgresql" then return end
  for _, name in ipairs { "lock_timeout", "statement_timeout" } do
    local value = self.opts[name]
    if value ~= nil then
      self.impl:run(("SET LOCAL %s = %s"):format(name, type(value) == "number" and ("%d"):format(value * 1000)
        or self.impl:literal(value)))
    end
  end
end

-- A table that is made anew must not take rows of others along: SQLite's DROP TABLE deletes row by row while foreign
-- keys are enforced. They cannot be switched inside a transaction.
local function foreign_keys_off(self)
  if self.dialect_name ~= "sqlite" or self.as_sql or self.external then return false end
  local conn = self.connection
  if conn:in_transaction() then conn:rollback() end
  local level = conn:get_isolation_level()
  conn:execution_options { isolation_level = "AUTOCOMMIT" }
  local on = conn:exec_driver_sql("PRAGMA foreign_keys"):scalar() == 1
  if on then conn:exec_driver_sql("PRAGMA foreign_keys = OFF") end
  if conn:in_transaction() then conn:commit() end
  conn:execution_options { isolation_level = level }
  return on
end

local function foreign_keys_on(self)
  local conn = self.connection
  if conn:in_transaction() then conn:rollback() end
  local level = conn:get_isolation_level()
  conn:execution_options { isolation_level = "AUTOCOMMIT" }
  conn:exec_driver_sql("PRAGMA foreign_keys = ON")
  if conn:in_transaction() then conn:commit() end
  conn:execution_options { isolation_level = level }
end

local function check_foreign_keys(self)
  if not self.keys_were_on then return end
  local row = self.connection:exec_driver_sql("PRAGMA foreign_key_check"):first()
  if row then
    exc.raise("CommandError", "The migration leaves rows in table '%s' that refer to rows of '%s' which do not " ..
      "exist; correct the data in the migration", tostring(row[1]), tostring(row[3]))
  end
end

-- --- running -------------------------------------------------------------------------------------------------

local function joined(list) return table.concat(list, ", ") end

local function step_text(step)
  if step.stamp then return ("Running stamp_revision %s -> %s"):format(joined(step.gone), joined(step.come)) end
  local node = step.node
  local text = step.up and ("Running upgrade %s -> %s"):format(joined(node.down), node.revision)
    or ("Running downgrade %s -> %s"):format(node.revision, joined(node.down))
  if node.message and node.message ~= "" then text = text .. ", " .. node.message end
  return text
end

local function apply(self, step)
  if step.run then
    local Operations = require "alchemoon.migrate.operations"
    local op = Operations.new(self, { assured = step.node.assured, revision = step.up and step.node.revision or nil })
    step.run(op)
  end
  write_versions(self, step.gone, step.come)
  if self.opts.on_version_apply then
    local list = self.opts.on_version_apply
    for _, fn in ipairs(type(list) == "table" and list or { list }) do fn { ctx = self, step = step } end
  end
end

local function without_message(text, step)
  local message = step.node and step.node.message
  if message and message ~= "" then return (text:sub(1, #text - #message - 2)) end
  return text
end

local function run_step(self, step, per_migration)
  local started = seconds_now()
  self:log(step_text(step))
  local function work()
    if per_migration and not self.as_sql then timeouts(self) end
    if self.as_sql then self:write("-- " .. without_message(step_text(step), step) .. "\n\n") end
    apply(self, step)
    if per_migration then check_foreign_keys(self) end
  end
  if per_migration then self:begin_transaction(work) else work() end
  step.seconds = seconds_now() - started
  if self.opts.on_step then self.opts.on_step(step) end
end

-- Steps of a path with the rows that each of them changes.
local function run_all(self, steps_fn)
  local heads = self:get_current_heads()
  local steps = steps_fn(heads)
  for _, step in ipairs(steps) do
    if not step.stamp then
      local map = self.opts.script:map()
      local change = step.up and map.after_upgrade or map.after_downgrade
      step.gone, step.come = change(map, heads, step.node.revision)
    end
    local gone, left = {}, {}
    for _, id in ipairs(step.gone) do gone[id] = true end
    for _, id in ipairs(heads) do
      if not gone[id] then left[#left + 1] = id end
    end
    for _, id in ipairs(step.come) do left[#left + 1] = id end
    table.sort(left)
    heads = left
    run_step(self, step, self.opts.transaction_per_migration)
  end
  if #heads == 0 and self.as_sql and #steps > 0 then
    self.impl:run("DROP TABLE " .. full_name(self))
  end
  return steps
end

--- Runs what steps_fn(heads) returns: a list of { node =, up =, run = function(op) } or
-- { stamp = true, gone =, come = }.
---@param steps_fn fun(heads:string[]):table[]
function MigrationContext:run_migrations(steps_fn)
  if self.as_sql then self:log "Generating static SQL" end
  lock(self)
  self.keys_were_on = foreign_keys_off(self)
  local result
  local ok, e = pcall(function()
    local function all()
      local heads = self:get_current_heads()
      if #heads == 0 or not self.as_sql then
        if self.opts.transaction_per_migration and not self.as_sql then
          self:begin_transaction(function() self:ensure_version_table() end)
        else
          self:ensure_version_table()
        end
      end
      if not self.opts.transaction_per_migration and not self.as_sql then timeouts(self) end
      result = run_all(self, steps_fn)
      if not self.opts.transaction_per_migration then check_foreign_keys(self) end
    end
    if self.opts.transaction_per_migration then all() else self:begin_transaction(all) end
    -- a database without transactions for its schema still has one for its rows
    if not self.as_sql and not self.external and self.connection:in_transaction() then self.connection:commit() end
  end)
  if not ok and not self.as_sql and not self.external and self.connection:in_transaction() then
    pcall(self.connection.rollback, self.connection)
  end
  if self.keys_were_on then ok, e = afterwards(ok, e, foreign_keys_on, self) end
  ok, e = afterwards(ok, e, unlock, self)
  if not ok then error(e, 0) end
  return result
end

usage.check_receivers(MigrationContext, "context", usage.receiver_of(MigrationContext), { configure = true })

usage.close_class(MigrationContext, "MigrationContext", { connection = true, opts = true, impl = true,
  version_table = true, version_table_schema = true,
  external = true, heads_offline = true, inside = true, keys_were_on = true, locked = true, new_enum_values = true,
  transaction = true, transactional_ddl = true, created_tables = true, made_types = true,
  warned_of_timeout = true }, true)

return MigrationContext
