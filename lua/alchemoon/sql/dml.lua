--- INSERT, UPDATE and DELETE: statements that write.
--
-- All three are immutable: every method returns a new statement. A value given for a column becomes a bind named
-- after the column; which columns a statement finally writes is decided at compile time (csrc/compile/crud.c),
-- because parameter names and defaults take part.
local core = require "alchemoon.core"
local assignments = require "alchemoon.sql.assignments"
local class = require "alchemoon.sql.class"
local coerce = require "alchemoon.sql.coerce"
local column_lists = require "alchemoon.sql.columns"
local elements = require "alchemoon.sql.elements"
local exc = require "alchemoon.exc"
local lists = require "alchemoon.lists"
local named = require "alchemoon.named"
local options = require "alchemoon.options"
local roles = require "alchemoon.sql.roles"
local usage = require "alchemoon.usage"

local T, E = core.tags, core.enums
local node, node_get, node_with, node_append = core.node, core.node_get, core.node_with, core.node_append
local node_tag = core.node_tag
local NULL = require("alchemoon.null")
local unpack = table.unpack or unpack -- luacheck: ignore 113

local dml = {}

-- What all three share: `Select` and these have the same words for it.
local Statement = class.define("UpdateBase", { parent = require("alchemoon.sql.statement").Executable })
--- Parameters are given to a SELECT; what is written is said with values().
function Statement.methods.params()
  exc.raise("InvalidRequestError", "params() is not supported for INSERT/UPDATE/DELETE statements. To set the values "
    .. "for an INSERT or UPDATE statement, use stmt:values{ name = value }.")
end

local HasCTE = require("alchemoon.sql.statements").HasCTE
Statement.methods.add_cte = HasCTE.add_cte

-- All columns of what an entity is selected from.
local function entity_columns(entity)
  local is_aliased = node_get(entity, "aliased") == 1
  return (core.from_columns(is_aliased and node_get(entity, "from") or node_get(entity, "mapper").selectable))
end

--- The statement with RETURNING of entities replaced by all columns of what they are selected from: what it returns
-- to those who do not make objects of it.
---@param statement userdata
---@return userdata
function dml.with_flat_returning(statement)
  local list, found = {}, false
  for _, item in ipairs(node_get(statement, "returning")) do
    if node_tag(item) == T.ORM_ENTITY then
      found = true
      for _, column in ipairs(entity_columns(item)) do list[#list + 1] = column end
    elseif node_tag(item) == T.ORM_BUNDLE then
      found = true
      for _, column in ipairs(column_lists.of_bundle(item)) do list[#list + 1] = column end
    else
      list[#list + 1] = item
    end
  end
  return found and node_with(statement, { returning = list }) or statement
end

--- The statement as a common table expression; an entity in RETURNING is all its columns.
---@param ... any
---@return any
function Statement.methods:cte(...) return HasCTE.cte(dml.with_flat_returning(self), ...) end

-- The table of a mapped class or an alias of one. A concrete class that is read from a UNION has none of its own.
local function table_of_class(cls)
  if rawget(cls, "is_aliased_class") then return node_get(cls.__entity__, "from") end
  local mapper = cls.__mapper__
  local from = mapper.selectable
  local is_subquery = node_tag(from) == T.ALIAS and node_get(from, "kind") == E.ALIAS_SUBQUERY
  if is_subquery and mapper.persist_selectable == mapper.local_table then roles.refuse(roles.DML_TABLE, from) end
  return mapper.local_table
end

-- Kinds of ALIAS whose rows can be changed.
local MODIFIED = { [E.ALIAS_PLAIN] = true, [E.ALIAS_CTE] = true }

--- The table that a statement is about, from a Table, a mapped class or anything with a table behind it.
local function target(value, fn_name)
  if type(value) == "table" and rawget(value, "__mapper__") then return table_of_class(value), value end
  if node_tag(value) == T.TABLE then return value end
  if node_tag(value) == T.ALIAS and MODIFIED[node_get(value, "kind")] then return value end
  if node_tag(value) == T.JOIN and fn_name == "update" then return value end
  if node_tag(value) == T.ORM_ENTITY then return node_get(value, "from"), value end
  if type(value) == "table" and value.__clause_element__ then
    return target(value:__clause_element__(), fn_name)
  end
  return roles.refuse(roles.DML_TABLE, value)
end

-- --- shared methods ------------------------------------------------------------------

-- RETURNING and return_defaults() take the same options, and exclude each other.
local function read_returning(self, fn_name, ...)
  local args, opts = options.split(...)
  opts = options.check(fn_name, opts, { sort_by_parameter_order = true, supplemental_cols = true }) or {}
  if opts.sort_by_parameter_order and node_tag(self) ~= T.INSERT then
    exc.raise("ArgumentError", "The 'sort_by_parameter_order' argument to %s() only applies to INSERT statements",
      fn_name)
  end
  return args, opts
end

--- RETURNING: columns, expressions, tables or mapped classes that come back per row.
---@return table statement
function Statement.methods:returning(...)
  local args, opts = read_returning(self, "returning", ...)
  if node_get(self, "return_options") == E.RETURN_DEFAULTS then
    exc.raise("InvalidRequestError", "return_defaults() is already configured on this statement")
  end
  for i = 1, args.n do
    if args[i] == "*" then args[i] = node(T.TEXT, { text = "*" }) end
  end
  local list = node_get(self, "returning")
  for _, column in ipairs(coerce.columns(args)) do list[#list + 1] = column end
  local fields = { returning = list }
  if opts.sort_by_parameter_order then fields.sort_by_parameter_order = 1 end
  return node_with(self, fields)
end

local function returned_columns(self, list)
  local columns = {}
  for _, column in ipairs(list) do
    if type(column) == "string" then
      columns[#columns + 1] = assignments.find_column(node_get(self, "table"), column)
    else
      for _, each in ipairs(coerce.columns{ column }) do columns[#columns + 1] = each end
    end
  end
  return columns
end

--- Fetch server-made values of the row: with RETURNING where there is one, else afterwards. `supplemental_cols` come
-- back besides, server-made or not.
---@param ... any
---@return any
function Statement.methods:return_defaults(...)
  local args, opts = read_returning(self, "return_defaults", ...)
  local columns = returned_columns(self, args)
  if node_get(self, "return_options") == E.RETURN_DEFAULTS then -- no columns at all mean all of them
    local before = node_get(self, "return_columns")
    columns = #before > 0 and #columns > 0 and lists.joined(before, columns) or {}
  end
  local also = lists.joined(node_get(self, "return_also"), returned_columns(self, opts.supplemental_cols or {}))
  local fields = { return_options = E.RETURN_DEFAULTS, return_columns = columns, return_also = also }
  if opts.sort_by_parameter_order then fields.sort_by_parameter_order = 1 end
  return node_with(self, fields)
end

--- A text for one table and dialect ("*": all), as the dialect places hints.
---@param text string
---@param selectable any
---@param dialect string?
---@return any
function Statement.methods:with_hint(text, selectable, dialect)
  usage.check_type("with_hint", "string", text)
  if type(selectable) == "string" then selectable, dialect = nil, selectable end
  return node_append(self, "hints", node(T.HINT, {
    text = node(T.TEXT, { text = text }), dialect = dialect or "*",
    table = selectable and coerce.from(selectable) or node_get(self, "table"),
  }))
end
Statement.methods.with_hint = named.method("with_hint", { "text", "selectable", "dialect_name" }, 1, 3,
  Statement.methods.with_hint)

--- Words behind INSERT, UPDATE or DELETE.
---@param ... any
---@return any
function Statement.methods:prefix_with(...)
  local args, opts = options.split(...)
  options.check("prefix_with", opts, { dialect = true })
  local result = self
  for _, prefix in ipairs(args) do
    result = node_append(result, "prefixes", node(T.HINT, {
      text = type(prefix) == "string" and node(T.TEXT, { text = prefix }) or coerce.expr(prefix),
      dialect = opts and opts.dialect or "*",
    }))
  end
  return result
end

--- Server-made values are not fetched: defaults are part of the statement.
---@return any
function Statement.methods:inline() return node_with(self, { inline_ = 1 }) end

--- What comes back, by key.
Statement.properties.exported_columns = function(self)
  local items, names = {}, {}
  for i, column in ipairs(node_get(self, "returning")) do
    items[i], names[i] = column, column.key or column.name or ("_no_label" .. (i > 1 and "_" .. i or ""))
  end
  return column_lists.of(items, names)
end
Statement.properties.table = function(self) return node_get(self, "table") end
Statement.properties.entity_description = function(self)
  local entity = core.node_get(self, "orm")
  local tbl = node_get(self, "table")
  if not entity then return { name = tbl.name, table = tbl } end
  return { name = entity.__name, type = entity, expr = entity, entity = entity, table = tbl }
end
Statement.properties.returning_column_descriptions = function(self)
  local list = {}
  for i, column in ipairs(node_get(self, "returning")) do
    list[i] = { name = column.key or column.name, type = core.node_type(column), expr = column }
  end
  return list
end
Statement.properties.is_dml = function() return true end

-- --- INSERT ----------------------------------------------------------------------------

local Insert = class.define("Insert", { tags = { "INSERT" }, parent = Statement })

local MIXED_VALUES = "Can't mix single and multiple VALUES formats in one INSERT statement; one style appends to a "
  .. "list while the other replaces values, so the intent is ambiguous."

local function insert_rows(self, rows)
  if #node_get(self, "values") > 0 then
    exc.raise("InvalidRequestError", MIXED_VALUES)
  end
  local list = node_get(self, "rows")
  for _, row in ipairs(rows) do
    list[#list + 1] = node(T.TUPLE, { items = assignments.pairs(self, row, "_m" .. #list) })
  end
  return node_with(self, { rows = list })
end

--- VALUES: one table of column = value (or values by position), or a list of such tables.
---@param values table
---@return table statement
function Insert.methods:values(values, ...)
  if values == nil then values = {} end
  if node_tag(values) ~= nil or type(values) ~= "table" then
    exc.raise("ArgumentError", "values() needs a table { column = value } or a list of such tables, got %s",
      type(values))
  end
  if select("#", ...) > 0 then
    exc.raise("ArgumentError",
      "values() takes one table, a row { column = value } or a list of rows; got %d arguments", select("#", ...) + 1)
  end
  if #node_get(self, "names") > 0 then
    exc.raise("InvalidRequestError", "This construct already inserts from a SELECT")
  end
  if assignments.is_list_of_rows(values) then return insert_rows(self, values) end
  if #node_get(self, "rows") > 0 then
    exc.raise("InvalidRequestError", MIXED_VALUES)
  end
  local fresh = assignments.pairs(self, values)
  return node_with(self, { values = assignments.merge(node_get(self, "values"), fresh), has_values = 1 })
end

--- What INSERT reads from: a SELECT, or all of a table's or subquery's rows.
local function select_of(value)
  local found = coerce.statement(value)
  if coerce.IS_FROM[node_tag(found)] or node_tag(found) == T.ORM_ENTITY then return found:select() end
  return found
end

--- INSERT INTO t (names) SELECT ...
---@param names any[]   column names or columns
---@param selectable table
---@param opts {include_defaults: boolean}?
function Insert.methods:from_select(names, selectable, opts)
  opts = options.read("from_select", opts, { include_defaults = options.TRUE })
  names = column_lists.inside(names) or names
  usage.check_type("from_select", "table", names)
  if #node_get(self, "values") > 0 then
    exc.raise("InvalidRequestError", "This construct already inserts value expressions")
  end
  local tbl, list = node_get(self, "table"), {}
  for i, name in ipairs(names) do list[i] = assignments.key(tbl, name) end
  return node_with(self, {
    names = list, from_select = select_of(selectable), inline_ = 1,
    include_defaults = opts.include_defaults and 1 or 0,
  })
end
Insert.methods.from_select = named.method("from_select", { "names", "select", "include_defaults" }, 2, 2,
  Insert.methods.from_select)

require("alchemoon.sql.upsert").install(Insert)

-- --- UPDATE and DELETE ---------------------------------------------------------------------

local Filtered = class.define("FilteredUpdateBase", { parent = Statement })

--- WHERE: conditions joined by AND, with those given before.
---@param ... any
---@return any
function Filtered.methods:where(...)
  local conditions = {}
  for i = 1, select("#", ...) do
    conditions[i] = coerce.condition((select(i, ...)), "where")
  end
  return node_append(self, "where", unpack(conditions))
end
Filtered.methods.filter = Filtered.methods.where

--- WHERE by names of the table's columns, of a class by names of its attributes.
---@param values table<string, any>
---@return any
function Filtered.methods:filter_by(values)
  usage.check_type("filter_by", "table", values)
  local tbl, conditions = node_get(self, "table"), {}
  local namespace = coerce.element(node_get(self, "orm")) or tbl
  for _, key in ipairs(assignments.sorted_keys(tbl, values)) do
    local column = require("alchemoon.sql.select").entity_attribute(namespace, key)
    if not column then
      exc.raise("InvalidRequestError", 'Entity namespace for "%s" has no property "%s"', tostring(tbl), key)
    end
    local value = values[key]
    if value == NULL then value = nil end
    conditions[#conditions + 1] = column:eq(value)
  end
  return self:where(unpack(conditions))
end

--- What one dialect offers beyond the others.
---@param opts table   names begin with the dialect's: mysql_limit ...
---@return any
function Filtered.methods:with_dialect_options(opts)
  usage.check_table("with_dialect_options", opts, "a table of options")
  local fields = {}
  for name, value in pairs(opts or {}) do
    if value ~= NULL and (name == "mysql_limit" or name == "mariadb_limit") then
      local count = tonumber(value)
      if count == nil or count % 1 ~= 0 then
        exc.raise("ArgumentError", "%s needs a whole number, got %s", name, coerce.describe(value))
      end
      fields.limit = core.node(T.COLUMN, { name = ("%d"):format(count), literal = 1 },
        require("alchemoon.types").NULLTYPE)
    elseif value ~= NULL then
      exc.raise("ArgumentError", "unknown dialect option '%s'", tostring(name))
    end
  end
  return node_with(self, fields)
end

Filtered.properties.whereclause = function(self)
  local where = node_get(self, "where")
  if #where == 0 then return nil end
  if #where == 1 then return where[1] end
  return elements.and_(unpack(where))
end

local Update = class.define("Update", { tags = { "UPDATE" }, parent = Filtered })

--- SET: a table of column = value, or a list of pairs {column, value}; their order is that of the table's columns.
---@param values table
---@return alchemoon.Update
function Update.methods:values(values)
  values = assignments.table_of_pairs(values) or values
  if values == nil then values = {} end
  if type(values) ~= "table" or node_tag(values) ~= nil then
    exc.raise("ArgumentError", "values() needs a table { column = value }, got %s", type(values))
  end
  if assignments.is_list_of_rows(values) then
    exc.raise("InvalidRequestError", "UPDATE construct does not support multiple parameter sets.")
  end
  if node_get(self, "ordered") ~= 0 then
    exc.raise("InvalidRequestError", "This statement already has ordered values present")
  end
  local fresh = assignments.pairs(self, values)
  return node_with(self, { values = assignments.merge(node_get(self, "values"), fresh), has_values = 1 })
end

--- SET in exactly this order: pairs {column, value}.
---@param ... any
---@return alchemoon.Update
function Update.methods:ordered_values(...)
  if #node_get(self, "values") > 0 then
    exc.raise("ArgumentError", "This statement already has %svalues present",
      node_get(self, "ordered") ~= 0 and "ordered " or "")
  end
  local list, tbl, entity = {}, node_get(self, "table"), node_get(self, "orm")
  for i, pair in ipairs({ ... }) do
    usage.check_type("ordered_values", "table", pair)
    local key, by_column = assignments.key(tbl, pair[1], entity)
    list[i] = node(T.PAIR, { key = key, value = assignments.value(key, pair[2]), by_column = by_column })
  end
  return node_with(self, { values = list, ordered = 1 })
end

class.define("Delete", { tags = { "DELETE" }, parent = Filtered })

-- --- constructors -------------------------------------------------------------------------------

--- INSERT into a Table or mapped class.
---@param into table
---@return table statement
function dml.insert(into)
  local tbl, entity = target(into, "insert")
  return node(T.INSERT, { table = tbl, orm = entity })
end

--- UPDATE of a Table or mapped class.
---@param what any
---@return alchemoon.Update
function dml.update(what)
  local tbl, entity = target(what, "update")
  return node(T.UPDATE, { table = tbl, orm = entity })
end

--- DELETE from a Table or mapped class.
---@param from any
---@return alchemoon.Delete
function dml.delete(from)
  local tbl, entity = target(from, "delete")
  return node(T.DELETE, { table = tbl, orm = entity })
end

-- The same as methods of a Table.
local TableClause = require("alchemoon.sql.selectable").TableClause
for _, name in ipairs { "insert", "update", "delete" } do
  TableClause.methods[name] = function(self) return dml[name](self) end
end

return dml
