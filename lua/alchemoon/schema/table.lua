--- Table: `am.Table(name, metadata, column or constraint or index ..., { options })`.
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local columns = require "alchemoon.sql.columns"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local NULL = require "alchemoon.null"
local attach = require "alchemoon.schema.attach"
local column = require "alchemoon.schema.column"
local constraint = require "alchemoon.schema.constraint"
local default = require "alchemoon.schema.default"
local event = require "alchemoon.event"
local events = require "alchemoon.schema.events"
local item = require "alchemoon.schema.item"
local roles = require "alchemoon.sql.roles"
local usage = require "alchemoon.usage"

local tables = {}
local tags = core.tags
local unpack = table.unpack or unpack -- luacheck: ignore 113

local OPTIONS = {
  schema = true, extend_existing = true, keep_existing = true, must_exist = true, comment = true, info = true,
  prefixes = true, quote = true, quote_schema = true, listeners = true, autoload_with = true, autoload_replace = true,
  include_columns = true, exclude_columns = true, resolve_fks = true, implicit_returning = true, _extend_on = true,
}
local DIALECT = {
  sqlite_autoincrement = true, sqlite_with_rowid = true, sqlite_strict = true,
  postgresql_partition_by = true, postgresql_inherits = true, postgresql_tablespace = true,
  postgresql_with_oids = true, postgresql_on_commit = true, postgresql_using = true, postgresql_with = true,
  ["mysql_*"] = true, ["mariadb_*"] = true, ["mssql_*"] = true, ["oracle_*"] = true,
}

-- --- making one ------------------------------------------------------------------------------------

local function add_items(table_, items, replace)
  for _, value in ipairs(items) do
    local tag = core.node_tag(value)
    if tag == tags.COLUMN then attach.column(table_, value, replace)
    elseif tag == tags.CONSTRAINT then attach.constraint(table_, value)
    elseif tag == tags.INDEX then attach.index(table_, value)
    elseif type(value) == "function" then value(table_)
    else
      exc.raise("ArgumentError", "'SchemaItem' object, such as a 'Column' or a 'Constraint' expected, got %s",
        roles.describe(value))
    end
  end
end

local function set_options(table_, known, dialect)
  local extra = item.extra(table_)
  if known.info ~= nil then extra.info = known.info end
  if known.implicit_returning ~= nil then
    core.node_set(table_, "no_returning", known.implicit_returning and 0 or 1)
  end
  if known.comment ~= nil then core.node_set(table_, "comment", known.comment) end
  if dialect then
    local all = {}
    for key, value in pairs(extra.dialect or {}) do all[key] = value end
    for key, value in pairs(dialect) do all[key] = value end
    extra.dialect = all
    core.node_set(table_, "options", item.dialect_options(all))
  end
end

local function set_prefixes(table_, prefixes)
  local words = {}
  for i, prefix in ipairs(prefixes or {}) do
    words[i] = core.node_tag(prefix) and prefix or core.node(tags.WORD, { name = prefix })
  end
  core.node_set(table_, "prefixes", words)
end

local function autoload(table_, known, exclude)
  local inspector = require("alchemoon.inspection").inspect(known.autoload_with)
  inspector:reflect_table(table_, known.include_columns, exclude or known.exclude_columns, known.resolve_fks ~= false,
    known._extend_on)
end

local function init(table_, known, dialect, items)
  for _, pair in ipairs(known.listeners or {}) do event.listen(table_, pair[1], pair[2]) end
  set_prefixes(table_, known.prefixes)
  set_options(table_, known, dialect)
  core.node_internalise(table_, table_)
  constraint.PrimaryKeyConstraint { _implicit = true, _table = table_ }
  if known.autoload_with then autoload(table_, known) end
  add_items(table_, items, known.extend_existing or known.keep_existing or known.autoload_with ~= nil)
end

-- A table that fails to be made leaves no trace in its MetaData.
local function create(name, metadata, schema, known, dialect, items)
  local table_ = core.node(tags.TABLE, {
    name = item.quoted_name(name, known.quote), schema = schema and item.quoted_name(schema, known.quote_schema),
    kind = core.enums.TABLE_SCHEMA,
  })
  events.fire("before_parent_attach", table_, metadata)
  core.metadata_add(metadata, table_)
  local ok, err = pcall(init, table_, known, dialect, items)
  if not ok then
    core.metadata_remove(metadata, table_)
    error(err, 0)
  end
  events.fire("after_parent_attach", table_, metadata)
  return table_
end

local function extend(table_, known, dialect, items)
  if known.schema and item.text(known.schema) ~= core.node_get(table_, "schema") then
    exc.raise("ArgumentError", "Can't change schema of existing table from '%s' to '%s'",
      tostring(core.node_get(table_, "schema")), item.text(known.schema))
  end
  if known.quote ~= nil or known.quote_schema ~= nil then
    exc.raise("ArgumentError", "Can't redefine 'quote' or 'quote_schema' arguments")
  end
  if known.include_columns then
    local wanted = columns.list(known.include_columns)
    for _, member in ipairs(core.node_get(table_, "columns")) do
      if not wanted:contains(member.name) then core.table_drop(table_, "columns", member) end
    end
  end
  if known.autoload_with then
    local exclude = nil
    if known.autoload_replace == false then -- the database knows names, not keys
      exclude = {}
      for i, known_column in ipairs(columns.all(table_)) do exclude[i] = known_column.name end
    end
    autoload(table_, known, exclude)
  end
  set_options(table_, known, dialect)
  add_items(table_, items, true)
end

local function check_metadata(metadata)
  if core.node_tag(metadata) ~= tags.METADATA then
    exc.raise("ArgumentError", "Table: the second argument must be a MetaData, got %s",
      core.node_tag(metadata) and tostring(metadata) or type(metadata))
  end
end

--- am.Table(name, metadata, columns, constraints and indexes ..., { schema, autoload_with, extend_existing, ... })
---@param name string
---@param metadata any   a MetaData
---@param ... any
---@return any
local function make(name, metadata, ...)
  local args, opts = options.split(...)
  if not item.is_name(name) then exc.raise("ArgumentError", "Table: a name is needed, got %s", type(name)) end
  check_metadata(metadata)
  local known, dialect = item.read("Table", opts, OPTIONS, DIALECT)
  if known.keep_existing and known.extend_existing then
    exc.raise("ArgumentError", "keep_existing and extend_existing are mutually exclusive.")
  end
  local schema = known.schema
  if schema == default.BLANK_SCHEMA then schema = nil
  elseif schema == nil then schema = core.node_get(metadata, "schema") end
  local key = item.full_name(item.text(schema), item.text(name))
  local items = {}
  for i = 1, args.n do
    if args[i] == nil then
      exc.raise("ArgumentError", "Table '%s': argument #%d is nil; a Column, Constraint or Index is needed", key, i + 2)
    end
    items[i] = args[i]
  end
  local existing = core.metadata_table(metadata, key)
  if not existing then
    if known.must_exist then exc.raise("InvalidRequestError", "Table '%s' not defined", key) end
    return create(name, metadata, schema, known, dialect, items)
  end
  if not known.keep_existing and not known.extend_existing and #items > 0 then
    exc.raise("InvalidRequestError", "Table '%s' is already defined for this MetaData instance.  Specify " ..
      "'extend_existing=true' to redefine options and columns on an existing Table object.", key)
  end
  if known.extend_existing then extend(existing, known, dialect, items) end
  return existing
end

tables.Table = item.constructor("Table", make)

-- --- copying one to another metadata -----------------------------------------------------------------

local function referred_schema(source, key, schema, opts)
  local fk = core.node_get(key, "elements")[1]
  local own = fk and attach.foreign_key.tokens(fk.target_fullname)
  if opts.referred_schema_fn then return opts.referred_schema_fn(source, schema, key, own) end
  if own == core.node_get(source, "schema") then return schema end
  return nil
end

-- The expression with the columns of `fresh` in place of those of `source`; a column() that only has such a name stays.
local function copy_expression(expression, source, fresh)
  local function counterpart(node)
    if core.node_tag(node) ~= tags.COLUMN then return nil end
    local own = (source == nil or core.node_get(node, "table") == source) and core.column_find(fresh, node.key)
    return own or node
  end
  return counterpart(expression) or core.node_replace(expression, counterpart)
end

--- Options of a constraint as its constructor takes them.
local function constraint_options(node, table_)
  local opts = {}
  for key, value in pairs(item.dialect_kwargs(node)) do opts[key] = value end
  local bits = core.node_get(node, "options")
  local name = core.node_get(node, "name")
  opts.name = name and (item.has(bits, item.CONV) and item.conv(name) or name)
  opts.deferrable, opts.initially, opts.comment = node.deferrable, node.initially, node.comment
  local extra = item.peek(node)
  opts.info = item.copy_info(extra)
  opts._table = table_
  return opts
end

local copiers = {}
copiers[item.PRIMARY_KEY] = function(node, opts)
  local args = node.column_keys
  args[#args + 1] = opts
  return constraint.PrimaryKeyConstraint(unpack(args))
end
copiers[item.UNIQUE] = function(node, opts)
  local args, columns_given = node.column_keys, core.node_get(node, "columns")
  for i, member in ipairs(columns_given) do -- literal_column() is no column of the table
    if core.node_get(member, "table") == nil then args[i] = member end
  end
  args[#args + 1] = opts
  return constraint.UniqueConstraint(unpack(args))
end
copiers[item.CHECK] = function(node, opts, fresh)
  local text = core.node_get(node, "sqltext")
  return constraint.CheckConstraint(fresh and copy_expression(text, node.table, fresh) or text, opts)
end
-- The name of the copy, where the key refers to the table that is copied.
local function own_name(node, fk, fresh)
  local source = node.table
  if not fresh or not source then return nil end
  local schema, name = attach.foreign_key.tokens(fk.target_fullname)
  if item.full_name(schema or source.metadata.schema, name) ~= source.key then return nil end
  return core.node_get(fresh, "name")
end

copiers[item.FOREIGN_KEY] = function(node, opts, fresh, schema)
  opts.ondelete, opts.onupdate, opts.match = node.ondelete, node.onupdate, node.match
  opts.use_alter, opts.link_to_name = node.use_alter, node.link_to_name
  local specs = {}
  for i, fk in ipairs(core.node_get(node, "elements")) do
    specs[i] = attach.foreign_key.colspec_for(fk, schema, own_name(node, fk, fresh))
  end
  local copy = constraint.ForeignKeyConstraint(node.column_keys, specs, opts)
  local elements = core.node_get(copy, "elements")
  for i, fk in ipairs(core.node_get(node, "elements")) do
    local info = item.copy_info(item.peek(fk))
    if info then item.extra(elements[i]).info = info end
  end
  return copy
end
copiers[item.EXCLUDE] = function(node, opts, fresh)
  local args = {}
  opts.using, opts.ops = node.using, {}
  for i, option in ipairs(core.node_get(node, "elements")) do
    local expression = core.node_get(option, "value")
    args[i] = { fresh and copy_expression(expression, node.table, fresh) or expression,
      core.node_get(option, "name") }
    if core.node_tag(expression) == tags.COLUMN then opts.ops[expression.key] = core.node_get(option, "text") end
  end
  local where = core.node_get(node, "sqltext")
  opts.where = where and fresh and copy_expression(where, node.table, fresh) or where
  args[#args + 1] = opts
  return constraint.ExcludeConstraint(unpack(args))
end

--- A copy of a constraint; with opts.target_table it belongs to that one.
function constraint.copy(node, opts)
  usage.check_table("copy", opts, "a table of options")
  opts = opts or {}
  local fresh = opts.target_table
  return copiers[core.node_get(node, "kind")](node, constraint_options(node, fresh), fresh, opts.schema)
end

local function copy_index(node, fresh)
  local source, expressions = node.table, {}
  for i, expression in ipairs(core.node_get(node, "expressions")) do
    expressions[i] = copy_expression(expression, source, fresh)
  end
  local opts = {}
  for key, value in pairs(node.kwargs) do
    opts[key] = core.node_tag(value) and copy_expression(value, source, fresh) or value
  end
  opts.unique, opts._table = node.unique, fresh
  local name = node.name
  if name and item.has(core.node_get(node, "flags"), item.CONV) then name = item.conv(name) end
  attach.new_index(name, expressions, opts)
end

local function copy_items(source, fresh, schema, opts)
  for _, node in ipairs(core.node_get(source, "constraints")) do
    local kind, bits = core.node_get(node, "kind"), core.node_get(node, "options")
    local skip = item.has(bits, item.TYPE_BOUND) or item.has(bits, item.COLUMN_LEVEL) or item.has(bits, item.IMPLICIT)
    if kind == item.FOREIGN_KEY then
      constraint.copy(node, { schema = referred_schema(source, node, schema, opts), target_table = fresh })
    elseif not skip then
      constraint.copy(node, { target_table = fresh })
    elseif kind == item.PRIMARY_KEY then
      local info = item.copy_info(item.peek(node))
      if info then item.extra(core.node_get(fresh, "primary_key")).info = info end
    end
  end
  for _, node in ipairs(core.node_get(source, "indexes")) do
    if not item.has(core.node_get(node, "flags"), item.IMPLICIT) then copy_index(node, fresh) end
  end
end

--- The same table in another MetaData. `opts`: schema (am.null, false or BLANK_SCHEMA: that of the metadata), name,
-- referred_schema_fn.
local function to_metadata(source, metadata, opts)
  local none_given = opts and opts.schema == NULL
  opts = options.read("to_metadata", opts, { schema = true, name = true, referred_schema_fn = true })
  check_metadata(metadata)
  local name, schema = opts.name or core.node_get(source, "name"), opts.schema
  if none_given then schema = false end
  if schema == nil then schema = core.node_get(source, "schema") end
  if not schema or schema == default.BLANK_SCHEMA then schema = core.node_get(metadata, "schema") end
  local existing = core.metadata_table(metadata, item.full_name(schema, name))
  if existing then return existing end
  local extra = item.peek(source) or {}
  local args = {}
  for i, member in ipairs(core.node_get(source, "columns")) do
    args[i] = column.copy(member, { schema = schema, without_keys = true })
    local own = core.node_get(args[i], "schema")
    core.node_set(own, "foreign_keys", {}) -- they come with their constraints
  end
  local fresh_opts = { schema = schema or default.BLANK_SCHEMA, comment = core.node_get(source, "comment"),
    info = item.copy_info(extra), implicit_returning = source.implicit_returning }
  for key, value in pairs(extra.dialect or {}) do fresh_opts[key] = value end
  local words = {}
  for i, word in ipairs(core.node_get(source, "prefixes")) do words[i] = word end
  fresh_opts.prefixes = words
  args[#args + 1] = fresh_opts
  local fresh = make(name, metadata, unpack(args))
  copy_items(source, fresh, schema, opts)
  return fresh
end

-- --- what a table knows --------------------------------------------------------------------------------

local function list_field(name) return function(node) return columns.list(core.node_get(node, name)) end end

-- A CHECK inside a column belongs to that column.
local function own_constraints(node)
  local all = {}
  for _, entry in ipairs(core.node_get(node, "constraints")) do
    if not item.has(core.node_get(entry, "options"), item.COLUMN_LEVEL) then all[#all + 1] = entry end
  end
  return columns.list(all)
end

local function foreign_keys(node)
  local all = {}
  for _, member in ipairs(core.node_get(node, "columns")) do
    local schema = core.node_get(member, "schema")
    for _, fk in ipairs(schema and core.node_get(schema, "foreign_keys") or {}) do all[#all + 1] = fk end
  end
  return columns.list(all)
end

local function foreign_key_constraints(node)
  local all = {}
  for _, entry in ipairs(core.node_get(node, "constraints")) do
    if core.node_get(entry, "kind") == item.FOREIGN_KEY then all[#all + 1] = entry end
  end
  return columns.list(all)
end

local function fullname(node) return item.full_name(core.node_get(node, "schema"), core.node_get(node, "name")) end

local function append_column(node, value, opts)
  opts = options.read("append_column", opts, { replace_existing = true })
  if core.node_tag(value) ~= tags.COLUMN then add_items(node, { value }) end
  attach.column(node, value, opts.replace_existing, true)
end

function column.append_foreign_key(node, fk)
  local owner, schema = core.node_get(node, "table"), core.node_get(node, "schema")
  if owner then
    local cons = item.peek(fk) or {}
    local made = constraint.foreign_node(cons.opts or {}, cons.dialect, { fk })
    return attach.constraint(owner, made, { node })
  end
  local keys = core.node_get(schema, "foreign_keys")
  keys[#keys + 1] = fk
  core.node_set(schema, "foreign_keys", keys)
end

tables.methods = {
  append_column = append_column,
  append_constraint = function(node, value)
    if core.node_tag(value) == tags.INDEX then return attach.index(node, value) end
    if core.node_tag(value) ~= tags.CONSTRAINT then add_items(node, { value }) end
    attach.constraint(node, value)
  end,
  to_metadata = to_metadata, tometadata = to_metadata,
  add_is_dependent_on = function(node, other)
    local extra = item.extra(node)
    extra.depends = extra.depends or {}
    table.insert(extra.depends, other.key)
  end,
}

tables.properties = {
  name = function(node) return core.node_get(node, "name") end,
  description = function(node) return core.node_get(node, "name") end,
  schema = function(node) return core.node_get(node, "schema") end,
  metadata = function(node) return core.node_get(node, "metadata") end,
  key = fullname, fullname = fullname,
  c = columns.collection, columns = columns.collection,
  primary_key = function(node)
    if core.node_get(node, "kind") == 0 then return columns.list {} end
    return core.node_get(node, "primary_key")
  end,
  constraints = own_constraints, indexes = list_field "indexes",
  foreign_keys = foreign_keys, foreign_key_constraints = foreign_key_constraints,
  comment = function(node) return core.node_get(node, "comment") end,
  info = item.info,
  implicit_returning = function(node) return core.node_get(node, "no_returning") == 0 end,
  dialect_kwargs = item.dialect_kwargs, kwargs = item.dialect_kwargs, dialect_options = item.nested_options,
  _autoincrement_column = function(node) return core.table_autoincrement(node) end,
  autoincrement_column = function(node) return core.table_autoincrement(node) end,
}

class.extend("TABLE", {
  name = "Table", methods = tables.methods, properties = tables.properties,
  setters = {
    comment = function(node, value) core.node_set(node, "comment", value) end,
    info = item.set_info,
    implicit_returning = function(node, value) core.node_set(node, "no_returning", value and 0 or 1) end,
  },
  metamethods = { __tostring = fullname },
})

return tables
