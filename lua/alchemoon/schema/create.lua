--- create_all and drop_all: what is run, in which order, with which events.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local logging = require "alchemoon.logging"
local options = require "alchemoon.options"
local ddl = require "alchemoon.schema.ddl"
local events = require "alchemoon.schema.events"
local inspection = require "alchemoon.inspection"
local item = require "alchemoon.schema.item"
local sort = require "alchemoon.schema.sort"
local named_types = require "alchemoon.schema.named_types"
local NULL = require "alchemoon.null"

local create = {}
local make = ddl.constructors
local COLUMN_SEQUENCE = 1 -- SEQUENCE.options: it belongs to a column

-- What each database can do; the rest of the world has neither ALTER nor sequences here.
local FEATURES = {
  sqlite = { alter = false, sequences = false, comments = false },
  postgresql = { alter = true, sequences = true, optional_sequences = true, comments = true },
  mysql = { alter = true, sequences = false, comments = true, inline_comments = true },
  mariadb = { alter = true, sequences = true, comments = true, inline_comments = true },
}

local Runner = {}
Runner.__index = Runner

local function new_runner(conn, checkfirst, more)
  if conn._is_mock then checkfirst = false end -- nothing is there to look at
  local runner = setmetatable({ conn = conn, checkfirst = checkfirst, dialect = conn.dialect,
    can = FEATURES[conn.dialect.name] or FEATURES.sqlite, seen = {} }, Runner)
  for key, value in pairs(more or {}) do runner[key] = value end
  return runner
end

function Runner:inspector()
  if not self._inspector then self._inspector = inspection.inspect(self.conn) end
  return self._inspector
end

function Runner:run(element) return self.conn:execute(element) end

-- The schema that a table has on this connection (schema_translate_map).
function Runner:schema_of(node)
  local schema = core.node_get(node, "schema")
  local map = self.conn:_merge_options(nil, nil).schema_translate_map
  if not map then return schema end
  local target = map[schema or NULL]
  if target == nil and schema == nil then target = map[""] end
  if target == nil then return schema end
  if target == NULL then return nil end
  return target
end

function Runner:has_table(table_)
  return self:inspector():_has_table_now(core.node_get(table_, "name"), self:schema_of(table_))
end

function Runner:has_sequence(seq)
  return self:inspector():_has_sequence_now(core.node_get(seq, "name"), self:schema_of(seq))
end

-- Events around a piece of work.
function Runner:with_events(verb, target, kw, work)
  kw.checkfirst, kw._ddl_runner = self.checkfirst, self
  events.fire("before_" .. verb, target, self.conn, kw)
  if verb == "create" then named_types.before_create(self, target, kw) end
  work()
  if verb == "drop" then named_types.after_drop(self, target, kw) end
  events.fire("after_" .. verb, target, self.conn, kw)
end

-- --- creating ------------------------------------------------------------------------------------------

function Runner:may_create_sequence(seq)
  if not self.can.sequences then return false end
  if self.can.optional_sequences and core.node_get(seq, "optional") == 1 then return false end
  return not self.checkfirst or not self:has_sequence(seq)
end

function Runner:create_sequence(seq)
  self:with_events("create", seq, {}, function() self:run(make.CreateSequence(seq)) end)
end

-- Sequences of a table's columns.
local function column_sequences(table_)
  local found = {}
  for _, column in ipairs(core.node_get(table_, "columns")) do
    local value = core.node_get(core.node_get(column, "schema"), "default_")
    if value and core.node_get(value, "kind") == item.SEQUENCE then found[#found + 1] = core.node_get(value, "arg") end
  end
  return found
end

function Runner:comments(table_)
  if not self.can.comments or self.can.inline_comments then return end
  if core.node_get(table_, "comment") then self:run(make.SetTableComment(table_)) end
  for _, column in ipairs(core.node_get(table_, "columns")) do
    if column.comment then self:run(make.SetColumnComment(column)) end
  end
  for _, node in ipairs(core.node_get(table_, "constraints")) do
    if core.node_get(node, "comment") then self:run(make.SetConstraintComment(node)) end
  end
end

function Runner:create_index(index)
  if not ddl.wanted(index, self) then return end
  self:with_events("create", index, {}, function() self:run(make.CreateIndex(index)) end)
end

-- Constraints whose ddl_if function says no stay out of CREATE TABLE while `work` runs.
function Runner:without_refused(table_, work)
  local refused = {}
  for _, node in ipairs(core.node_get(table_, "constraints")) do
    local bits = core.node_get(node, "options")
    if not item.has(bits, item.ISOLATED) and not ddl.wanted(node, self) then
      refused[#refused + 1] = { node, bits }
      core.node_set(node, "options", bits + item.ISOLATED)
    end
  end
  local ok, err = pcall(work)
  for _, pair in ipairs(refused) do core.node_set(pair[1], "options", pair[2]) end
  if not ok then error(err, 0) end
end

function Runner:create_table(table_, keys, kw)
  self:with_events("create", table_, kw or {}, function()
    for _, seq in ipairs(column_sequences(table_)) do
      if self:may_create_sequence(seq) then self:create_sequence(seq) end
    end
    local include = self.can.alter and keys or nil
    self:without_refused(table_, function()
      self:run(make.CreateTable(table_, { include_foreign_key_constraints = include,
        if_not_exists = self.if_not_exists }))
    end)
    for _, index in ipairs(self.without_indexes and {} or core.node_get(table_, "indexes")) do
      self:create_index(index)
    end
    self:comments(table_)
  end)
end

function Runner:add_foreign_key(node)
  if self.can.alter then self:run(make.AddConstraint(node, { isolate_from_table = false })) end
end

local function chosen_tables(metadata, opts)
  if not opts.tables then return core.node_get(metadata, "tables") end
  for i, table_ in ipairs(opts.tables) do
    if core.node_tag(table_) ~= core.tags.TABLE then
      exc.raise("ArgumentError", "tables: a list of Tables is needed, #%d is a %s", i, type(table_))
    end
  end
  return opts.tables
end

local function filtered(list, keep)
  local kept = {}
  for _, entry in ipairs(list) do
    if keep(entry) then kept[#kept + 1] = entry end
  end
  return kept
end

local function only_tables(collection)
  local list = {}
  for _, pair in ipairs(collection) do
    if pair[1] then list[#list + 1] = pair[1] end
  end
  return list
end

-- Sequences first, then tables in their order, then the foreign keys of cycles.
local function create_all(runner, metadata, opts)
  local tables = filtered(chosen_tables(metadata, opts), function(table_)
    return not runner.checkfirst or not runner:has_table(table_)
  end)
  local collection = sort.sort_tables_and_constraints(tables)
  local sequences = filtered(core.node_get(metadata, "sequences"), function(seq)
    return core.node_get(seq, "options") ~= COLUMN_SEQUENCE and runner:may_create_sequence(seq)
  end)
  runner.in_metadata = true
  runner:with_events("create", metadata, { tables = only_tables(collection) }, function()
    for _, seq in ipairs(sequences) do runner:create_sequence(seq) end
    for _, pair in ipairs(collection) do
      if pair[1] then
        runner:create_table(pair[1], pair[2], { _is_metadata_operation = true })
      else
        for _, node in ipairs(pair[2]) do runner:add_foreign_key(node) end
      end
    end
  end)
end

-- --- dropping ---------------------------------------------------------------------------------------------

function Runner:may_drop_sequence(seq)
  if not self.can.sequences then return false end
  if self.can.optional_sequences and core.node_get(seq, "optional") == 1 then return false end
  return not self.checkfirst or self:has_sequence(seq)
end

function Runner:drop_sequence(seq)
  self:with_events("drop", seq, {}, function() self:run(make.DropSequence(seq)) end)
end

function Runner:drop_table(table_, kw, handled)
  self:with_events("drop", table_, kw or {}, function()
    self:run(make.DropTable(table_))
    for _, seq in ipairs(column_sequences(table_)) do
      if not (handled and handled[seq]) and self:may_drop_sequence(seq) then self:drop_sequence(seq) end
    end
  end)
end

local UNSORTABLE = "Can't sort tables for DROP; an unresolvable foreign key dependency exists between tables: %s"

-- The order of creation, backwards; a cycle needs keys that have names.
local function drop_order(runner, tables)
  local collection, cycle = sort.with_constraints(tables, function(node)
    if not runner.can.alter or core.node_get(node, "name") == nil then return false end
    return nil
  end)
  if collection then
    local reversed = {}
    for i = #collection, 1, -1 do reversed[#reversed + 1] = collection[i] end
    return reversed
  end
  if runner.can.alter then
    sort.circular(tables, cycle, UNSORTABLE .. ".  Please ensure that the ForeignKey and ForeignKeyConstraint " ..
      "objects involved in the cycle have names so that they can be dropped using DROP CONSTRAINT.")
  end
  local names = {}
  for i, at in ipairs(cycle) do names[i] = tables[at] end
  logging.getLogger("alchemoon.schema"):warning("%s", (UNSORTABLE .. "; and backend does not support ALTER. To " ..
    "restore at least a partial sort, apply use_alter=true to ForeignKey and ForeignKeyConstraint objects involved " ..
    "in the cycle to mark these as known cycles that will be ignored."):format(sort.named(names)))
  local plain = {}
  for i, table_ in ipairs(tables) do plain[i] = { table_, {} } end
  return plain
end

-- Foreign keys of cycles go before any table.
local function drop_all(runner, metadata, opts)
  local tables = filtered(chosen_tables(metadata, opts), function(table_)
    return not runner.checkfirst or runner:has_table(table_)
  end)
  local collection = drop_order(runner, tables)
  local sequences = filtered(core.node_get(metadata, "sequences"),
    function(seq) return runner:may_drop_sequence(seq) end)
  local handled = {}
  for _, seq in ipairs(sequences) do handled[seq] = true end
  runner.in_metadata = true
  runner:with_events("drop", metadata, { tables = only_tables(collection) }, function()
    for _, pair in ipairs(collection) do
      if pair[1] then
        runner:drop_table(pair[1], { _is_metadata_operation = true }, handled)
      elseif runner.can.alter then
        for _, node in ipairs(pair[2]) do runner:run(make.DropConstraint(node, { isolate_from_table = false })) end
      end
    end
    for _, seq in ipairs(sequences) do runner:drop_sequence(seq) end
  end)
end

-- --- the calls of users -------------------------------------------------------------------------------------

--- Calls fn(connection) on an engine (in a transaction that is committed) or on a connection.
function create.with_connection(what, bind, fn)
  local kind = type(bind)
  if (kind == "table" or kind == "userdata" and bind ~= NULL) and bind.dialect then
    if bind.engine then return fn(bind) end
    if bind.begin then return bind:begin(fn) end
  end
  return exc.raise("ArgumentError", "%s: an Engine or a Connection is needed, got %s", what, kind)
end

local function checkfirst_of(opts, absent)
  if opts.checkfirst == nil then return absent end
  return opts.checkfirst and true or false
end

local function on_metadata(name, work)
  return function(metadata, bind, opts)
    opts = options.read(name, opts, { tables = true, checkfirst = true })
    create.with_connection(name, bind, function(conn)
      work(new_runner(conn, checkfirst_of(opts, true)), metadata, opts)
    end)
  end
end
create.create_all, create.drop_all = on_metadata("create_all", create_all), on_metadata("drop_all", drop_all)

local function on_item(name, absent, work)
  return function(node, bind, opts)
    opts = options.read(name, opts, { checkfirst = true })
    create.with_connection(name, bind, function(conn) work(new_runner(conn, checkfirst_of(opts, absent)), node) end)
  end
end

--- Is the table there?
function create.table_exists(table_, bind)
  return create.with_connection("Table.exists", bind, function(conn) return new_runner(conn,
    true):has_table(table_) end)
end

create.create_table = on_item("Table.create", false, function(runner, table_)
  if runner.checkfirst and runner:has_table(table_) then return end
  runner:create_table(table_, nil)
end)
create.drop_table = on_item("Table.drop", false, function(runner, table_)
  if runner.checkfirst and not runner:has_table(table_) then return end
  runner:drop_table(table_)
end)
create.create_sequence = on_item("Sequence.create", true, function(runner, seq)
  if runner:may_create_sequence(seq) then runner:create_sequence(seq) end
end)
create.drop_sequence = on_item("Sequence.drop", true, function(runner, seq)
  if runner:may_drop_sequence(seq) then runner:drop_sequence(seq) end
end)

local function has_index(runner, index)
  local table_ = core.node_get(index, "table")
  return runner:inspector():has_index(core.node_get(table_, "name"), core.node_get(index, "name"),
    { schema = runner:schema_of(table_) })
end

local function check_index(index)
  if core.node_get(index, "table") == nil then
    exc.raise("CompileError", "Index '%s' is not associated with any table.", tostring(core.node_get(index, "name")))
  end
end

create.create_index = on_item("Index.create", false, function(runner, index)
  check_index(index)
  if not (runner.checkfirst and has_index(runner, index)) then runner:create_index(index) end
end)
create.drop_index = on_item("Index.drop", false, function(runner, index)
  check_index(index)
  if runner.checkfirst and not has_index(runner, index) then return end
  runner:with_events("drop", index, {}, function() runner:run(make.DropIndex(index)) end)
end)

create.new_runner = new_runner
return create
