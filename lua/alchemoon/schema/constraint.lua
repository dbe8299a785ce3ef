--- Constraints: PrimaryKeyConstraint, ForeignKeyConstraint, UniqueConstraint, CheckConstraint, ExcludeConstraint.
--
-- Before a constraint belongs to a table, its columns are kept as they were given (names or Columns) in its extras;
-- attach.constraint turns them into columns of the table.
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local columns = require "alchemoon.sql.columns"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local default = require "alchemoon.schema.default"
local foreign_key = require "alchemoon.schema.foreign_key"
local item = require "alchemoon.schema.item"
local roles = require "alchemoon.sql.roles"

local constraint = {}
local tags = core.tags

local COMMON = { name = true, deferrable = true, initially = true, info = true, comment = true, _table = true }
local DIALECT = {
  PrimaryKeyConstraint = { sqlite_on_conflict = true, postgresql_include = true, mysql_using = true,
    mariadb_using = true, ["mssql_*"] = true, ["oracle_*"] = true },
  UniqueConstraint = { sqlite_on_conflict = true, postgresql_include = true, postgresql_nulls_not_distinct = true,
    ["mssql_*"] = true, ["oracle_*"] = true },
  CheckConstraint = { sqlite_on_conflict = true, postgresql_not_valid = true },
  ForeignKeyConstraint = foreign_key.DIALECT,
  ExcludeConstraint = {},
}

local order = 0 -- constraints stand in CREATE TABLE in the order in which they were made

local function valid(more)
  local set = {}
  for key in pairs(COMMON) do set[key] = true end
  for key in pairs(more or {}) do set[key] = true end
  return set
end

--- A CONSTRAINT node with what all kinds share.
function constraint.node(what, kind, known, dialect, fields)
  fields = fields or {}
  local name = item.check_name(what, known.name)
  order = order + 1
  fields.kind, fields.name, fields.order = kind, name, order
  fields.options = (fields.options or 0) + (item.is_conv(name) and item.CONV or 0)
  fields.deferrable = default.flag(known.deferrable)
  fields.initially, fields.comment = known.initially, known.comment
  fields.dialect_options = item.dialect_options(dialect)
  local node = core.node(tags.CONSTRAINT, fields)
  if known.info or dialect then
    local extra = item.extra(node)
    extra.info, extra.dialect = known.info, item.plain(dialect)
  end
  return node
end

--- Columns as given: names or Columns (or things that stand for one).
function constraint.column_args(list, from, last)
  local out = {}
  for i = from or 1, last or #list do
    local value = list[i]
    local element = type(value) == "table" and not item.is_name(value) and value.__clause_element__
    if element then value = element(value) end
    if item.is_name(value) then value = item.text(value)
    elseif core.node_tag(value) == nil or core.node_tag(value) == tags.TABLE then
      roles.refuse(roles.DDL_COLUMN, value)
    end
    out[#out + 1] = value
  end
  return out
end

local function with_columns(what, kind, ...)
  local args, opts = options.split(...)
  local known, dialect = item.read(what, opts, valid { _implicit = true, use_existing_column = true }, DIALECT[what])
  local node = constraint.node(what, kind, known, dialect, known._implicit and { options = item.IMPLICIT } or nil)
  constraint.attach_pending(node, known._table, constraint.column_args(args, 1, args.n))
  return node
end

--- PrimaryKeyConstraint(column, ..., { name =, ... }): columns by name or as Columns.
---@param ... any
---@return any
local function primary_key(...) return with_columns("PrimaryKeyConstraint", item.PRIMARY_KEY, ...) end
--- UniqueConstraint(column, ..., { name =, deferrable =, initially =, ... })
---@param ... any
---@return any
local function unique(...) return with_columns("UniqueConstraint", item.UNIQUE, ...) end

--- All columns below an expression, in order, each once.
function constraint.columns_in(node)
  local found, seen = {}, {}
  local function walk(at)
    local tag = core.node_tag(at)
    if tag == tags.COLUMN then
      if not seen[at] then
        seen[at] = true
        found[#found + 1] = at
      end
      return
    end
    for _, child in ipairs(core.node_children(at)) do walk(child) end
  end
  walk(node)
  return found
end

--- CheckConstraint(condition, { name =, ... }): the condition as text or as an expression.
---@param sqltext any
---@param opts table?
---@return any
local function check(sqltext, opts)
  local known, dialect = item.read("CheckConstraint", opts, valid { table = true }, DIALECT.CheckConstraint)
  local text = default.expression(sqltext)
  local node = constraint.node("CheckConstraint", item.CHECK, known, dialect, { sqltext = text })
  constraint.attach_pending(node, known.table or known._table, constraint.columns_in(text))
  return node
end

--- A ForeignKeyConstraint given as lists of local columns and of what they refer to.
---@param local_columns any[]
---@param referred any[]   "table.column" texts or Columns
---@param opts table?   name, onupdate, ondelete, deferrable, initially, use_alter, match, link_to_name ...
---@return any
local function foreign(local_columns, referred, opts)
  if referred == nil and options.is_options(local_columns) then -- ForeignKeyConstraint{ columns =, refcolumns = }
    opts = {}
    for key, value in pairs(local_columns) do opts[key] = value end
    local_columns, referred, opts.columns, opts.refcolumns = opts.columns, opts.refcolumns, nil, nil
  end
  if type(local_columns) == "string" then local_columns = { local_columns } end
  if type(referred) == "string" then referred = { referred } end
  if type(local_columns) ~= "table" or type(referred) ~= "table" then
    exc.raise("ArgumentError", "ForeignKeyConstraint: two lists are needed: local columns and referred columns")
  end
  local known, dialect = item.read("ForeignKeyConstraint", opts,
    valid { onupdate = true, ondelete = true, match = true, use_alter = true, link_to_name = true, table = true },
      DIALECT.ForeignKeyConstraint)
  if #local_columns ~= #referred then
    exc.raise("ArgumentError",
      "ForeignKeyConstraint number of constrained columns must match the number of referenced columns.")
  end
  local pending = constraint.column_args(local_columns)
  local seen = {}
  for _, name in ipairs(pending) do
    if seen[name] then
      exc.raise("ArgumentError", "ForeignKeyConstraint with duplicate source column references are not supported.")
    end
    seen[name] = true
  end
  local elements = {}
  for i, spec in ipairs(referred) do elements[i] = foreign_key.node(spec, known.link_to_name) end
  local node = constraint.foreign_node(known, dialect, elements)
  constraint.attach_pending(node, known.table or known._table, pending)
  return node
end

--- The node of a foreign key constraint; also for the one that a ForeignKey makes.
function constraint.foreign_node(known, dialect, elements)
  return constraint.node("ForeignKeyConstraint", item.FOREIGN_KEY, known, dialect, {
    elements = elements, ondelete = known.ondelete, onupdate = known.onupdate, match = known.match,
    options = known.use_alter and item.USE_ALTER or 0,
  })
end

local EXCLUDE_OPTIONS = valid { using = true, where = true, ops = true }

--- ExcludeConstraint({column or expression, "operator"}, ..., {using=, where=, ops=})
---@param ... any
---@return any
local function exclude(...)
  local args, opts = options.split(...)
  local known, dialect = item.read("ExcludeConstraint", opts, EXCLUDE_OPTIONS, DIALECT.ExcludeConstraint)
  local elements, pending = {}, {}
  for i = 1, args.n do
    local pair = args[i]
    if type(pair) ~= "table" or pair[1] == nil or type(pair[2]) ~= "string" then
      exc.raise("ArgumentError", "ExcludeConstraint: argument #%d must be { column, operator }", i)
    end
    pending[i] = constraint.column_args(pair, 1, 1)[1]
    elements[i] = pair[2]
  end
  local where = known.where ~= nil and default.expression(known.where) or nil
  local node = constraint.node("ExcludeConstraint", item.EXCLUDE, known, dialect, {
    match = known.using or "gist", sqltext = where,
  })
  local extra = item.extra(node)
  extra.operators, extra.ops = elements, known.ops
  constraint.attach_pending(node, known._table, pending)
  return node
end

-- What am.compiles knows a class of constraints by.
local function of_kind(kind)
  return { compile_tags = { core.tags.CONSTRAINT }, is = function(value)
    return item.is_tag(value, "CONSTRAINT") and core.node_get(value, "kind") == kind
  end }
end

--- The kinds of constraints have this as their parent; it makes none itself.
constraint.Constraint = item.constructor("Constraint", function()
  exc.raise("ArgumentError", "Constraint is abstract; use one of its kinds, such as CheckConstraint")
end)
constraint.PrimaryKeyConstraint = item.constructor("PrimaryKeyConstraint", primary_key, of_kind(item.PRIMARY_KEY))
constraint.ForeignKeyConstraint = item.constructor("ForeignKeyConstraint", foreign, of_kind(item.FOREIGN_KEY))
constraint.UniqueConstraint = item.constructor("UniqueConstraint", unique, of_kind(item.UNIQUE))
constraint.CheckConstraint = item.constructor("CheckConstraint", check, of_kind(item.CHECK))
constraint.ExcludeConstraint = item.constructor("ExcludeConstraint", exclude, of_kind(item.EXCLUDE))

local NAMES = { [item.PRIMARY_KEY] = "PrimaryKeyConstraint", [item.FOREIGN_KEY] = "ForeignKeyConstraint",
  [item.UNIQUE] = "UniqueConstraint", [item.CHECK] = "CheckConstraint", [item.EXCLUDE] = "ExcludeConstraint" }

--- The class name of a constraint or index, for messages.
function constraint.class_name(node)
  if core.node_tag(node) == tags.INDEX then return "Index" end
  return NAMES[core.node_get(node, "kind")]
end

local field = class.field

local function referred_table(node)
  local first = core.node_get(node, "elements")[1]
  return first and core.node_get(core.foreign_key_column(first), "table")
end

local function pending_names(node)
  local extra, names = item.peek(node), {}
  for i, value in ipairs(extra and extra.pending or {}) do
    names[i] = type(value) == "string" and value or value.key
  end
  return names
end

local function column_list(node) return columns.list(core.node_get(node, "columns")) end

local function key_list(node)
  if core.node_get(node, "table") == nil then return columns.list(pending_names(node)) end
  return columns.list(column_list(node):keys())
end

local function set_name(node, name)
  item.check_name(constraint.class_name(node), name)
  core.node_set(node, "name", name)
  local bits = core.node_get(node, "options")
  if item.has(bits, item.CONV) ~= item.is_conv(name) then
    core.node_set(node, "options", bits + (item.is_conv(name) and item.CONV or -item.CONV))
  end
end

local function set_flag(name) return function(node, value) core.node_set(node, name, default.flag(value)) end end
local function set_field(name) return function(node, value) core.node_set(node, name, value) end end

local cls = class.define("Constraint", {
  tags = { "CONSTRAINT" },
  properties = {
    name = field "name", table = field "table", columns = column_list, c = column_list,
    column_keys = key_list,
    elements = function(node) return columns.list(core.node_get(node, "elements")) end,
    sqltext = field "sqltext", ondelete = field "ondelete", onupdate = field "onupdate", match = field "match",
    where = field "sqltext", using = field "match",
    initially = field "initially", comment = field "comment",
    deferrable = function(node) return default.flag_value(core.node_get(node, "deferrable")) end,
    use_alter = function(node) return item.has(core.node_get(node, "options"), item.USE_ALTER) end,
    link_to_name = function(node)
      local first = core.node_get(node, "elements")[1]
      return first ~= nil and first.link_to_name
    end,
    referred_table = referred_table,
    info = item.info,
    dialect_kwargs = item.dialect_kwargs,
    dialect_options = item.nested_options,
    kind = function(node) return constraint.class_name(node) end,
    _autoincrement_column = function(node)
      local table_ = core.node_get(node, "table")
      return table_ and core.table_autoincrement(table_) or nil
    end,
  },
  methods = {
    contains_column = function(node, column) return column_list(node):contains(column) end,
    contains = function(node, column) return column_list(node):contains(column) end,
    copy = function(node, opts) return constraint.copy(node, opts) end,
    _copy = function(node, opts) return constraint.copy(node, opts) end,
  },
  metamethods = {
    __tostring = function(node)
      return ("%s(%s)"):format(constraint.class_name(node), core.node_get(node, "name") or "")
    end,
    __len = function(node) return core.list_count(node, "columns") end,
  },
})

-- constraint[1] is its first column; `for column in constraint do`.
local attribute = cls.metatable.__index
cls.metatable.__index = function(node, key)
  if type(key) == "number" then return column_list(node)[key] end
  return attribute(node, key)
end
cls.metatable.__call = function(node, _, previous) return columns.after(column_list(node), previous) end
constraint.class = cls

local setters = { name = set_name, info = item.set_info, deferrable = set_flag "deferrable",
  initially = set_field "initially", comment = set_field "comment", ondelete = set_field "ondelete",
  onupdate = set_field "onupdate", match = set_field "match",
  use_alter = function(node, value)
    local bits = core.node_get(node, "options")
    if item.has(bits, item.USE_ALTER) ~= (value and true or false) then
      core.node_set(node, "options", bits + (value and item.USE_ALTER or -item.USE_ALTER))
    end
  end }
cls.metatable.__newindex = function(node, key, value)
  local setter = setters[key]
  if not setter then
    exc.raise("ArgumentError", "%s has no attribute '%s' that can be assigned%s", constraint.class_name(node),
      tostring(key), options.hint(tostring(key), setters))
  end
  setter(node, value)
end

return constraint
