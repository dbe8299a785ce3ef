--- Column: what `am.Column(...)` makes, and what a column of a Table knows beyond being an expression.
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local columns = require "alchemoon.sql.columns"
local exc = require "alchemoon.exc"
local null = require "alchemoon.null"
local options = require "alchemoon.options"
local default = require "alchemoon.schema.default"
local foreign_key = require "alchemoon.schema.foreign_key"
local item = require "alchemoon.schema.item"
local types = require "alchemoon.schema.types"
local roles = require "alchemoon.sql.roles"
local usage = require "alchemoon.usage"

local column = {}
local tags = core.tags

column.OPTIONS = {
  name = true, type_ = true, quote = true, key = true, primary_key = true, nullable = true, default = true,
  server_default = true, server_onupdate = true, onupdate = true, index = true, unique = true, system = true,
  doc = true, autoincrement = true, comment = true, info = true, insert_sentinel = true, _omit_from_statements = true,
  -- what only the ORM reads; see Column.orm_options
  deferred = true, deferred_group = true, deferred_raiseload = true, active_history = true, sort_order = true,
  insert_default = true, use_existing_column = true, init = true, repr = true, compare = true, kw_only = true,
}
column.ORM_OPTIONS = { "deferred", "deferred_group", "deferred_raiseload", "active_history", "sort_order",
  "insert_default", "use_existing_column" }
local DIALECT = { sqlite_on_conflict_not_null = true, sqlite_on_conflict_primary_key = true,
  sqlite_on_conflict_unique = true, ["mssql_*"] = true, ["oracle_*"] = true }
local AUTOINCREMENT = { auto = 2, ignore_fk = 3 }

local function bad_item(value)
  exc.raise("ArgumentError", "'SchemaItem' object, such as a 'Column' or a 'Constraint' expected, got %s",
    roles.describe(value))
end

local function take_default(fields, node)
  if core.node_get(node, "kind") >= item.FETCHED then
    fields[core.node_get(node, "for_update") == 1 and "server_onupdate" or "server_default"] = node
  else
    fields[core.node_get(node, "for_update") == 1 and "onupdate" or "default_"] = node
  end
end

-- One positional item behind name and type.
local function take_item(fields, extra, value)
  local tag = core.node_tag(value)
  if tag == tags.FOREIGN_KEY then table.insert(fields.foreign_keys, foreign_key.given_away(value))
  elseif tag == tags.SEQUENCE then fields.default_ = default.column_default(value)
  elseif tag == tags.DEFAULT then take_default(fields, value)
  elseif tag == tags.COMPUTED then fields.computed, fields.server_default, fields.server_onupdate = value, value, value
  elseif tag == tags.IDENTITY then fields.identity, fields.server_default = value, value
  elseif tag == tags.CONSTRAINT then
    extra.constraints = extra.constraints or {}
    table.insert(extra.constraints, value)
  else bad_item(value) end
end

local function autoincrement_of(value)
  if value == nil then return 2 end
  if type(value) == "boolean" then return value and 1 or 0 end
  return AUTOINCREMENT[value] or exc.raise("ArgumentError",
    "Column: autoincrement must be true, false, \"auto\" or \"ignore_fk\", got %s", tostring(value))
end

local function check_boolean(name, value)
  if value ~= nil and type(value) ~= "boolean" then
    exc.raise("ArgumentError", "The '%s' option of Column is boolean only. To create %s with a specific " ..
      "name, create an explicit %s object external to the Table.", name,
      name == "index" and "indexes" or "unique constraints or indexes",
        name == "index" and "Index" or "UniqueConstraint")
  end
end

local function read_defaults(fields, known)
  local given = known.insert_default -- a dataclass may have a `default` of its own
  if given == nil then given = known.default end
  if given ~= nil then fields.default_ = default.column_default(given) end
  if known.onupdate ~= nil then fields.onupdate = default.column_default(known.onupdate, true) end
  for _, key in ipairs { "server_default", "server_onupdate" } do
    local value = known[key]
    local tag = core.node_tag(value)
    if tag == tags.COMPUTED or tag == tags.IDENTITY then take_item(fields, {}, value)
    elseif value ~= nil then fields[key] = default.clause(value, key == "server_onupdate") end
  end
end

local function is_kind(value, tag) return value == nil or core.node_tag(value) == tag end

-- What the database makes by itself excludes other values made by the server.
local function check_generated(fields, known)
  local computed, identity = fields.computed, fields.identity
  if computed and (identity or not is_kind(known.server_default, tags.COMPUTED)
    or not is_kind(known.server_onupdate, tags.COMPUTED)) then
    exc.raise("ArgumentError", "A generated column cannot specify a server_default or a server_onupdate argument")
  end
  if identity and (not is_kind(known.server_default, tags.IDENTITY) or known.server_onupdate ~= nil) then
    exc.raise("ArgumentError", "A column with an Identity object cannot specify a server_default or a " ..
      "server_onupdate argument")
  end
  if identity and known.autoincrement == false then
    exc.raise("ArgumentError", "A column with an Identity object cannot specify autoincrement=false")
  end
end

local function schema_node(known, items, dialect)
  check_boolean("index", known.index)
  check_boolean("unique", known.unique)
  local primary_key = known.primary_key and true or false
  local nullable = known.nullable
  if nullable == nil then nullable = not primary_key end
  local fields = {
    primary_key = primary_key and 1 or 0, nullable = nullable and 1 or 0,
    nullable_given = known.nullable ~= nil and 1 or 0, autoincrement = autoincrement_of(known.autoincrement),
    unique = known.unique and 1 or 0, index = known.index and 1 or 0, system = known.system and 1 or 0,
    comment = known.comment, sentinel = known.insert_sentinel and 1 or 0, foreign_keys = {},
    omit = known._omit_from_statements and 1 or 0,
    options = item.dialect_options(dialect),
  }
  local extra = { info = known.info, doc = known.doc, dialect = item.plain(dialect), index = known.index,
    unique = known.unique,
    number = item.next_number() }
  for _, value in ipairs(items) do take_item(fields, extra, value) end
  check_generated(fields, known)
  read_defaults(fields, known)
  if fields.identity and known.nullable == nil then fields.nullable = 0 end
  local orm
  for _, key in ipairs(column.ORM_OPTIONS) do
    if known[key] ~= nil then
      orm = orm or {}
      orm[key] = known[key]
    end
  end
  extra.orm = orm
  local node = core.node(tags.COLUMN_SCHEMA, fields)
  if next(extra) then core.node_set(node, "extra", extra) end
  return node
end

local SCHEMA_TAGS = { [tags.FOREIGN_KEY] = true, [tags.SEQUENCE] = true, [tags.DEFAULT] = true, [tags.COMPUTED] = true,
  [tags.IDENTITY] = true, [tags.CONSTRAINT] = true }

-- Takes name and type from the front of the arguments; the rest are items.
local function read_arguments(args, known)
  local at, name, type_ = 1, known.name, known.type_
  if item.is_name(args[1]) or args[1] == nil and args.n > 1 then
    if name ~= nil and args[1] ~= nil then
      exc.raise("ArgumentError", "May not pass name positionally and as a keyword.")
    end
    name, at = args[1] or name, 2
  end
  local value = args[at]
  if value ~= nil and not SCHEMA_TAGS[core.node_tag(value) or -1] then
    local node = types.coerce(value)
    if not node then bad_item(value) end
    if type_ ~= nil then exc.raise("ArgumentError", "May not pass type_ positionally and as a keyword.") end
    type_, at = node, at + 1
  elseif value == nil and at <= args.n then
    -- a key's column takes its type; else it is a name that `am` does not have
    if type_ == nil and args[at + 1] == nil then
      exc.raise("ArgumentError", "Column%s: the type is nil; is its name misspelt? A column without a type takes no "
        .. "argument in its place", name and (" '%s'"):format(tostring(name)) or "")
    end
    at = at + 1
  end
  local items = {}
  for i = at, args.n do
    if args[i] ~= nil then items[#items + 1] = args[i] end
  end
  if type_ ~= nil then
    type_ = types.coerce(type_) or exc.raise("ArgumentError", "Column: '%s' is no SQL type", tostring(type_))
  end
  return name, type_, items
end

--- am.Column([name,] [type,] ForeignKey ..., { primary_key, nullable, unique, index, default, server_default, ... })
---@param ... any
---@return any
local function make(...)
  local args, opts = options.split(...)
  local known, dialect = item.read("Column", opts, column.OPTIONS, DIALECT)
  if known.server_default == null then known.server_default = nil end -- None; to op.alter_column it means more
  if known.server_onupdate == null then known.server_onupdate = nil end
  local name, type_, items = read_arguments(args, known)
  if name == nil and known.quote ~= nil then
    exc.raise("ArgumentError", "Explicit 'name' is required when sending 'quote' argument")
  end
  if name ~= nil then name = item.quoted_name(name, known.quote) end
  local key = known.key and item.text(known.key)
  return core.node(tags.COLUMN, { name = name, key_name = key, schema = schema_node(known, items, dialect) }, type_)
end

column.Column = item.constructor("Column", make)

-- --- copies ------------------------------------------------------------------------------------

local function copy_default(fields, schema, field)
  fields[field] = core.node_get(schema, field)
end

--- A column with the same meaning and no table. `opts.schema` moves its foreign keys.
function column.copy(node, opts)
  usage.check_table("copy", opts, "a table of options")
  local schema = core.node_get(node, "schema")
  local fields = {}
  for _, key in ipairs { "nullable", "primary_key", "autoincrement", "unique", "index", "system", "comment",
    "sentinel", "nullable_given", "omit" } do
    fields[key] = core.node_get(schema, key)
  end
  for _, key in ipairs { "default_", "onupdate", "server_default", "server_onupdate", "computed", "identity" } do
    copy_default(fields, schema, key)
  end
  local former = core.node_get(schema, "extra") or {}
  local extra = { info = item.copy_info(former), doc = former.doc, dialect = former.dialect, orm = former.orm,
    number = former.number,
    unique = former.unique, index = former.index }
  fields.options = item.dialect_options(former.dialect)
  fields.foreign_keys = {}
  for _, fk in ipairs(core.node_get(schema, "foreign_keys")) do
    local owner = core.node_get(fk, "constraint")
    -- members of a composite constraint are copied with it
    if owner == nil or core.list_count(owner, "elements") == 1 and not (opts and opts.without_keys) then
      fields.foreign_keys[#fields.foreign_keys + 1] = foreign_key.copy(fk, opts and opts.schema)
    end
  end
  local checks = former.constraints or {}
  for _, value in ipairs(core.node_get(schema, "options")) do
    if core.node_tag(value) == tags.CONSTRAINT then checks[#checks + 1] = value end
  end
  for i, value in ipairs(checks) do
    extra.constraints = extra.constraints or {}
    extra.constraints[i] = value:copy()
  end
  local fresh = core.node(tags.COLUMN_SCHEMA, fields)
  if next(extra) then core.node_set(fresh, "extra", extra) end
  local quote = core.node_quote(node, "name")
  local name = opts and opts.name or core.node_get(node, "name")
  return core.node(tags.COLUMN, { name = name and item.quoted_name(name, quote), key_name = core.node_get(node,
    "key_name"),
    schema = fresh }, core.node_type(node))
end

-- --- what a column knows -------------------------------------------------------------------------

local function from_schema(read)
  return function(node)
    local schema = core.node_get(node, "schema")
    if schema == nil then return nil end
    return read(schema)
  end
end
local function flag(field) return from_schema(function(schema) return core.node_get(schema, field) == 1 end) end
local function value(field) return from_schema(function(schema) return core.node_get(schema, field) end) end
local function extra_value(field)
  return from_schema(function(schema)
    local extra = core.node_get(schema, "extra")
    return extra and extra[field]
  end)
end

local function default_of(field)
  return from_schema(function(schema)
    local node = core.node_get(schema, field)
    if node and core.node_tag(node) == tags.DEFAULT and core.node_get(node, "kind") == item.SEQUENCE then
      return core.node_get(node, "arg")
    end
    return node
  end)
end

local AUTO = { [0] = false, true, "auto", "ignore_fk" }

local properties = {
  name = function(node) return core.node_get(node, "name") end,
  key = function(node) return core.node_get(node, "key_name") or core.node_get(node, "name") end,
  type = function(node) return core.node_type(node) or types.null() end,
  table = function(node) return core.node_get(node, "table") end,
  primary_key = flag "primary_key", nullable = flag "nullable", system = flag "system",
  unique = extra_value "unique", index = extra_value "index", doc = extra_value "doc",
  orm_options = extra_value "orm",
  comment = value "comment", computed = value "computed", identity = value "identity",
  default = default_of "default_", onupdate = default_of "onupdate",
  server_default = value "server_default", server_onupdate = value "server_onupdate",
  _insert_sentinel = flag "sentinel", _omit_from_statements = flag "omit",
  autoincrement = from_schema(function(schema) return AUTO[core.node_get(schema, "autoincrement")] end),
  foreign_keys = function(node)
    local schema = core.node_get(node, "schema")
    return columns.list(schema and core.node_get(schema, "foreign_keys") or {})
  end,
  constraints = from_schema(function(schema)
    local list = {}
    for _, entry in ipairs(core.node_get(schema, "options")) do
      if core.node_tag(entry) == tags.CONSTRAINT then list[#list + 1] = entry end
    end
    return columns.list(list)
  end),
  info = function(node)
    if core.node_get(node, "schema") == nil then return {} end
    return item.info(node)
  end,
  dialect_kwargs = item.dialect_kwargs, dialect_options = item.nested_options,
}

local methods = {
  --- Does a foreign key of this column refer to `other`?
  references = function(node, other)
    local schema = core.node_get(node, "schema")
    for _, fk in ipairs(schema and core.node_get(schema, "foreign_keys") or {}) do
      if core.foreign_key_column(fk) == other then return true end
    end
    return false
  end,
  append_foreign_key = function(node, fk)
    if core.node_tag(fk) ~= tags.FOREIGN_KEY then bad_item(fk) end
    column.append_foreign_key(node, fk)
  end,
  copy = column.copy,
  --- For a column of another table: what its table's constraints say (foreign keys) stays there.
  _copy = function(node, opts)
    opts = opts and { name = opts.name, schema = opts.schema } or {}
    opts.without_keys = true
    return column.copy(node, opts)
  end,
}

local function schema_setter(field, convert)
  return function(node, given)
    local schema = core.node_get(node, "schema")
    if schema == nil then exc.raise("ArgumentError", "Column: '%s' can be set on a Table's column only", field) end
    core.node_set(schema, field, convert and convert(given) or given)
  end
end
local function extra_setter(field) return function(node, given) item.extra(node)[field] = given end end
local function bit(given) return given and 1 or 0 end

local function detached_only(node, what)
  if core.node_get(node, "table") then
    exc.raise("InvalidRequestError", "Can't change the %s of column '%s', which belongs to a table", what,
      tostring(core.node_get(node, "name")))
  end
end

local setters = {
  name = function(node, given)
    detached_only(node, "name")
    core.node_set(node, "name", item.check_name("Column", given))
    core.node_reseal(node)
  end,
  key = function(node, given)
    detached_only(node, "key")
    core.node_set(node, "key_name", given)
    core.node_reseal(node)
  end,
  type = function(node, given)
    core.node_set_type(node, types.coerce(given) or exc.raise("ArgumentError", "Column: no SQL type"))
    core.node_reseal(node)
  end,
  nullable = function(node, given)
    local schema = core.node_get(node, "schema")
    core.node_set(schema, "nullable", bit(given))
    core.node_set(schema, "nullable_given", 1)
  end,
  primary_key = function(node, given)
    detached_only(node, "primary_key flag")
    schema_setter("primary_key", bit)(node, given)
  end,
  autoincrement = schema_setter("autoincrement", autoincrement_of),
  comment = schema_setter("comment"),
  default = schema_setter("default_", default.column_default),
  onupdate = schema_setter("onupdate", function(given) return default.column_default(given, true) end),
  server_default = schema_setter("server_default", default.clause),
  server_onupdate = schema_setter("server_onupdate", function(given) return default.clause(given, true) end),
  system = schema_setter("system", bit),
  info = item.set_info, doc = extra_setter "doc", unique = extra_setter "unique", index = extra_setter "index",
}
local unset = {}
for _, field in ipairs { "default", "onupdate", "server_default", "server_onupdate" } do
  unset[field] = setters[field]
  setters[field] = function(node, given)
    if given ~= nil then return unset[field](node, given) end
    core.node_set(core.node_get(node, "schema"), field == "default" and "default_" or field, nil)
  end
end

-- Is it a column of a Table, or one that stands for it further out?
local function is_of_table(node)
  while core.node_get(node, "schema") == nil do
    local proxies = core.node_get(node, "proxies")
    node = proxies and proxies[1]
    if node == nil or core.node_tag(node) ~= core.tags.COLUMN then return false end
  end
  return true
end

local DESCRIBED = { [core.enums.ALIAS_PLAIN] = true, [core.enums.ALIAS_LATERAL] = true,
  [core.enums.ALIAS_TABLESAMPLE] = true }

-- What messages call a FROM element.
local function description(from)
  local tag = core.node_tag(from)
  local name = (tag == core.tags.TABLE or tag == core.tags.ALIAS) and core.node_get(from, "name")
  if name or tag == core.tags.TABLE then return name end
  if tag ~= core.tags.ALIAS or not DESCRIBED[core.node_get(from, "kind")] then return "anon_1" end
  return "Anonymous alias of " .. description(core.node_get(from, "element"))
end

class.extend("COLUMN", { name = "Column", properties = properties, methods = methods, setters = setters,
  metamethods = {
    __tostring = function(node)
      local name, from = core.node_get(node, "name"), core.node_get(node, "table")
      if not is_of_table(node) then return require("alchemoon.sql.compiled").text(node) end
      if name == nil then return "(no name)" end
      if from == nil then return name end
      return description(from) .. "." .. name
    end,
  } })

return column
