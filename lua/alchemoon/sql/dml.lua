--- INSERT, UPDATE and DELETE: statements that write.
--
-- All three are immutable: every method returns a new statement. A value given for a column becomes a bind named
-- after the column; which columns a statement finally writes is decided at compile time (csrc/compile/crud.c),
-- because parameter names and defaults take part.
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local coerce = require "alchemoon.sql.coerce"
local elements = require "alchemoon.sql.elements"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local roles = require "alchemoon.sql.roles"

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
Statement.methods.cte, Statement.methods.add_cte = HasCTE.cte, HasCTE.add_cte

-- The table of a mapped class or an alias of one. A concrete class that is read from a UNION has none of its own.
local function table_of_class(cls)
  if rawget(cls, "is_aliased_class") then return node_get(cls.__entity__, "from") end
  local mapper = cls.__mapper__
  local from = mapper.selectable
  local is_subquery = node_tag(from) == T.ALIAS and node_get(from, "kind") == E.ALIAS_SUBQUERY
  if is_subquery and mapper.persist_selectable == mapper.local_table then roles.refuse(roles.DML_TABLE, from) end
  return mapper.local_table
end

--- The table that a statement is about, from a Table, a mapped class or anything with a table behind it.
local function target(value, fn_name)
  if type(value) == "table" and rawget(value, "__mapper__") then return table_of_class(value), value end
  if node_tag(value) == T.TABLE then return value end
  if node_tag(value) == T.ALIAS and node_get(value, "kind") == E.ALIAS_PLAIN then return value end
  if node_tag(value) == T.JOIN and fn_name == "update" then return value end
  if node_tag(value) == T.ORM_ENTITY then return node_get(value, "from"), value end
  if type(value) == "table" and value.__clause_element__ then
    return target(value:__clause_element__(), fn_name)
  end
  return roles.refuse(roles.DML_TABLE, value)
end

local function find_column(tbl, key)
  if node_tag(tbl) ~= T.TABLE then return nil end
  return core.column_find(tbl, key)
end

--- The left side of an assignment: a column of the table, or the name as it was given.
local function assignment_key(tbl, key, entity)
  if type(key) == "string" then
    if entity then -- a mapped class: names are those of attributes
      local mapper = entity.__mapper__
      local column = mapper and mapper:column_of(key)
      local adapt = rawget(entity, "adapt_column") -- of an aliased class
      if column and node_tag(column) == T.COLUMN then return adapt and adapt(column) or column end
    end
    return find_column(tbl, key) or node(T.WORD, { name = key })
  end
  if type(key) == "table" and key.__clause_element__ then key = key:__clause_element__() end
  local tag = node_tag(key)
  if tag == T.ORM_ATTR then return node_get(key, "column") end
  if tag == T.COLUMN then return key end
  if tag and not coerce.IS_FROM[tag] and not coerce.IS_SELECT[tag] then return key end -- data[5] = ...
  return roles.refuse(roles.DML_COLUMN, key)
end

--- The right side: a bind named after the column for plain values, expressions as they are.
local function assignment_value(key, value, suffix)
  local tag = node_tag(value)
  if tag == nil and type(value) == "table" and coerce.is_expression(value) then
    value = coerce.expr(value)
    tag = node_tag(value)
  end
  local column_type = node_tag(key) == T.COLUMN and core.node_type(key) or nil
  if tag ~= nil then
    if tag == T.BIND and column_type and coerce.is_null_type(core.node_type(value)) then
      return node_with(value, {}, column_type)
    end
    if tag == T.SELECT or tag == T.COMPOUND then return coerce.scalar_subquery(value) end
    if tag == T.SEQUENCE then return roles.refuse(roles.ELEMENT, value) end
    return value
  end
  if node_tag(key) ~= T.COLUMN and node_tag(key) ~= T.WORD then
    return coerce.expr(value, { type = core.node_type(key) })
  end
  local name = tag == nil and (node_tag(key) == T.WORD and node_get(key, "name") or key.key)
  if value == NULL then
    -- an explicit NULL: node() cannot tell an absent field from nil, so the value travels as the NULL pointer
    return node(T.BIND, { name = name .. (suffix or ""), value = NULL, options = E.BIND_FROM_NAMES },
      column_type or coerce.type_of(value))
  end
  return node(T.BIND, { name = name .. (suffix or ""), value = value, options = E.BIND_FROM_NAMES },
    column_type or coerce.type_of(value))
end

local function sorted_keys(tbl, values)
  -- columns in table order first, then names in alphabetical order: hash order never reaches SQL
  local named, columns, position = {}, {}, {}
  if node_tag(tbl) == T.TABLE then
    for i, column in ipairs(node_get(tbl, "columns")) do position[column.key] = i end
  end
  for key in pairs(values) do
    if type(key) == "string" then named[#named + 1] = key else columns[#columns + 1] = key end
  end
  table.sort(named, function(a, b)
    local pa, pb = position[a], position[b]
    if pa and pb then return pa < pb end
    if pa or pb then return pa ~= nil end
    return a < b
  end)
  table.sort(columns, function(a, b) return tostring(a) < tostring(b) end)
  for _, key in ipairs(columns) do named[#named + 1] = key end
  return named
end

--- PAIR nodes for one table of values; `suffix` distinguishes rows.
local function pairs_of(stmt, values, suffix)
  local tbl, entity = node_get(stmt, "table"), node_get(stmt, "orm")
  local list = {}
  if values[1] ~= nil or (next(values) == nil and values.n) then -- by position
    local columns = node_get(tbl, "columns")
    for i = 1, values.n or #values do
      if not columns[i] then
        exc.raise("ArgumentError", "values(): %d values for the %d columns of %s", #values, #columns, tostring(tbl))
      end
      list[i] = node(T.PAIR, { key = columns[i], value = assignment_value(columns[i], values[i], suffix) })
    end
    return list
  end
  for _, key in ipairs(sorted_keys(tbl, values)) do
    local value = values[key]
    local mapper = type(key) == "string" and entity and entity.__mapper__
    local descriptor = mapper and mapper.descriptor[key]
    if descriptor and (descriptor.hybrid or mapper.composites:contains(key)) then key = entity[key] end
    -- a hybrid or a composite stands for several columns
    local extra = node_tag(key) == T.ORM_ATTR and node_get(key, "extra")
    local expand = extra and extra.update_pairs
    for _, pair in ipairs(expand and expand(extra, key, value) or { { key, value } }) do
      local column = assignment_key(tbl, pair[1], entity)
      list[#list + 1] = node(T.PAIR, { key = column, value = assignment_value(column, pair[2], suffix) })
    end
  end
  return list
end

local function same_key(a, b)
  if a == b then return true end
  return node_tag(a) == T.WORD and node_tag(b) == T.WORD and node_get(a, "name") == node_get(b, "name")
end

--- Later values replace earlier ones for the same column.
local function merge(old, new)
  local list = {}
  for _, pair in ipairs(old) do
    local replaced = false
    for _, other in ipairs(new) do
      if same_key(node_get(pair, "key"), node_get(other, "key")) then replaced = true end
    end
    if not replaced then list[#list + 1] = pair end
  end
  for _, pair in ipairs(new) do list[#list + 1] = pair end
  return list
end

local function is_list_of_rows(values)
  return type(values) == "table" and type(values[1]) == "table" and node_tag(values[1]) == nil
    and not coerce.is_expression(values[1])
end

-- A list of pairs {column, value} as the table that it stands for; nil for anything else.
local function table_of_pairs(list)
  if not is_list_of_rows(list) then return nil end
  local values = {}
  for _, pair in ipairs(list) do
    local key = type(pair) == "table" and pair[1]
    local is_key = type(key) == "string" or node_tag(key) ~= nil or coerce.is_expression(key)
    if not is_key or #pair > 2 then return nil end
    if pair[2] == nil then values[key] = NULL else values[key] = pair[2] end
  end
  return values
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
  local list = node_get(self, "returning")
  for _, column in ipairs(coerce.columns(args)) do list[#list + 1] = column end
  local fields = { returning = list }
  if opts.sort_by_parameter_order then fields.sort_by_parameter_order = 1 end
  return node_with(self, fields)
end

--- Fetch server-made values of the row: with RETURNING where there is one, else afterwards.
---@param ... any
---@return any
function Statement.methods:return_defaults(...)
  local args, opts = read_returning(self, "return_defaults", ...)
  local columns = {}
  for _, column in ipairs(opts.supplemental_cols or {}) do args[#args + 1] = column end
  for i, column in ipairs(args) do
    columns[i] = type(column) == "string" and find_column(node_get(self, "table"), column) or coerce.expr(column)
  end
  return node_with(self, { return_options = E.RETURN_DEFAULTS, return_columns = columns })
end

--- A text for one table and dialect ("*": all), as the dialect places hints.
---@param text string
---@param selectable any
---@param dialect string?
---@return any
function Statement.methods:with_hint(text, selectable, dialect)
  if options.is_options(selectable) then
    local opts = options.check("with_hint", selectable, { selectable = true, dialect_name = true })
    selectable, dialect = opts.selectable, opts.dialect_name
  end
  if type(selectable) == "string" then selectable, dialect = nil, selectable end
  return node_append(self, "hints", node(T.HINT, {
    text = node(T.TEXT, { text = text }), dialect = dialect or "*",
    table = selectable or node_get(self, "table"),
  }))
end

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
  return require("alchemoon.sql.columns").of(items, names)
end
Statement.properties.table = function(self) return node_get(self, "table") end
Statement.properties.entity_description = function(self)
  local entity = core.node_get(self, "orm")
  local tbl = node_get(self, "table")
  local what = entity or tbl
  return { name = entity and entity.__name or tbl.name, type = what, expr = what, entity = entity, table = tbl }
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
    list[#list + 1] = node(T.TUPLE, { items = pairs_of(self, row, "_m" .. #list) })
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
  if is_list_of_rows(values) then return insert_rows(self, values) end
  if #node_get(self, "rows") > 0 then
    exc.raise("InvalidRequestError", MIXED_VALUES)
  end
  local fresh = pairs_of(self, values)
  return node_with(self, { values = merge(node_get(self, "values"), fresh), has_values = 1 })
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
  if #node_get(self, "values") > 0 then
    exc.raise("InvalidRequestError", "This construct already inserts value expressions")
  end
  local tbl, list = node_get(self, "table"), {}
  for i, name in ipairs(names) do list[i] = assignment_key(tbl, name) end
  return node_with(self, {
    names = list, from_select = select_of(selectable), inline_ = 1,
    include_defaults = opts.include_defaults and 1 or 0,
  })
end

-- Tables that stand for the row of an INSERT (`excluded`, `inserted`).
local ROW_OF_INSERT = setmetatable({}, { __mode = "k" })

local function conflict_elements(tbl, elements_list)
  local list = {}
  if node_tag(elements_list) == T.CONSTRAINT then elements_list = elements_list.columns end
  for i, element in ipairs(elements_list or {}) do
    list[i] = type(element) == "string" and node(T.WORD, { name = element }) or coerce.expr(element)
    if node_tag(list[i]) == T.ORM_ATTR then list[i] = node_get(list[i], "column") end
  end
  return list, tbl
end

-- An INSERT has one way to go on when a row is there already.
local function check_single(self, words)
  if node_get(self, "on_conflict") then
    exc.raise("InvalidRequestError", "This Insert construct already has an ON %s", words)
  end
end

local function conflict_target(self, fields, opts)
  local constraint = opts.constraint
  if constraint ~= nil and type(constraint) ~= "string" then
    -- a constraint or index object: its name, or else what it is about
    local name = constraint.name
    if name and node_tag(constraint) == T.CONSTRAINT then
      fields.constraint, fields.name_bits = name, node_get(constraint, "options")
    else
      local columns
      if node_tag(constraint) == T.CONSTRAINT then
        columns = {}
        for i, column in ipairs(constraint.columns) do columns[i] = column end
        if not opts.index_where and node_get(constraint, "sqltext") then
          fields.where_target = node_get(constraint, "sqltext")
        end
      else
        columns = constraint.expressions
        if #columns == 0 then columns = node_get(constraint, "extra").pending end -- of a light table
        local where = constraint.kwargs.postgresql_where or constraint.kwargs.sqlite_where
        if where and not opts.index_where then fields.where_target = coerce.expr(where) end
      end
      fields.elements = conflict_elements(nil, columns)
    end
  elseif constraint then
    fields.constraint = constraint
  end
  if opts.index_elements then fields.elements = conflict_elements(node_get(self, "table"), opts.index_elements) end
  if opts.index_where ~= nil then fields.where_target = coerce.condition(opts.index_where, "index_where") end
  return fields
end

--- ON CONFLICT DO NOTHING (PostgreSQL, SQLite).
---@param opts {constraint: any, index_elements: any[], index_where: any}?
function Insert.methods:on_conflict_do_nothing(opts)
  check_single(self, "CONFLICT clause established")
  opts = options.read("on_conflict_do_nothing", opts,
    { constraint = false, index_elements = false, index_where = false })
  local fields = conflict_target(self, { kind = E.CONFLICT_NOTHING }, {
    constraint = opts.constraint or nil, index_elements = opts.index_elements or nil,
    index_where = opts.index_where or nil,
  })
  return node_with(self, { on_conflict = node(T.ON_CONFLICT, fields) })
end

-- The row that was to be inserted, as a table of its columns: `set_ = stmt.excluded`.
local function excluded_columns(tbl, excluded)
  local set = {}
  for _, column in ipairs(node_get(tbl, "columns")) do
    local key = column.key
    set[key] = excluded[key]
  end
  return set
end

-- What an upsert sets; `what` names it in errors.
local function conflict_set(tbl, set, what)
  local list = {}
  if type(set) == "table" and ROW_OF_INSERT[set] then set = excluded_columns(tbl, set) end
  if type(set) ~= "table" then
    exc.raise("ArgumentError", "%s parameter must be a non-empty table { column = value } or a ColumnCollection such "
      .. "as the `.c` collection of a Table object, got %s", what, coerce.describe(set))
  end
  if next(set) == nil then exc.raise("ArgumentError", "%s parameter table must not be empty", what) end
  local function add(key, value)
    local column = assignment_key(tbl, key)
    local tag = node_tag(value)
    local fresh
    if tag == nil and not (type(value) == "table" and coerce.is_expression(value)) then
      local own = node_tag(column) == T.COLUMN and core.node_type(column) or nil
      if value == NULL then fresh = core.bind(nil, nil, coerce.BIND.UNIQUE, own or coerce.type_of(nil))
      else fresh = coerce.expr(value, { type = own }) end
    else
      fresh = assignment_value(column, value)
    end
    list[#list + 1] = node(T.PAIR, { key = column, value = fresh })
  end
  local ordered = type(set[1]) == "table" and node_tag(set[1]) == nil
  if ordered then
    for _, pair in ipairs(set) do add(pair[1], pair[2]) end
  else
    for _, key in ipairs(sorted_keys(tbl, set)) do add(key, set[key]) end
  end
  return list, ordered
end

--- ON CONFLICT DO UPDATE SET (PostgreSQL, SQLite); `stmt.excluded` is the row that was to be inserted. SQLite alone can
-- do without a constraint and index_elements: the compiler refuses that elsewhere.
---@param opts {constraint: any, index_elements: any[], index_where: any, set_: table, where: any}
function Insert.methods:on_conflict_do_update(opts)
  check_single(self, "CONFLICT clause established")
  opts = options.read("on_conflict_do_update", opts,
    { constraint = false, index_elements = false, index_where = false, set_ = false, where = false })
  if opts.constraint and opts.index_elements then
    exc.raise("ArgumentError", "'constraint' and 'index_elements' are mutually exclusive")
  end
  local tbl = node_get(self, "table")
  local fields = conflict_target(self, { kind = E.CONFLICT_UPDATE }, {
    constraint = opts.constraint or nil, index_elements = opts.index_elements or nil,
    index_where = opts.index_where or nil,
  })
  local ordered
  fields.set, ordered = conflict_set(tbl, opts.set_ or nil, "set")
  fields.ordered = ordered and 1 or 0
  if opts.where then fields.where = coerce.condition(opts.where, "where") end
  return node_with(self, { on_conflict = node(T.ON_CONFLICT, fields) })
end

--- ON DUPLICATE KEY UPDATE (MySQL): a table, a list of pairs, or both.
---@param set any
---@return alchemoon.Insert
function Insert.methods:on_duplicate_key_update(set)
  check_single(self, "DUPLICATE KEY clause present")
  local list, ordered = conflict_set(node_get(self, "table"), set or {}, "update")
  return node_with(self, { on_conflict = node(T.ON_CONFLICT, {
    kind = E.CONFLICT_DUPLICATE_KEY, set = list, ordered = ordered and 1 or 0,
  }) })
end

local function values_of(self, alias)
  local tbl = node_get(self, "table")
  local row = {}
  ROW_OF_INSERT[row] = true
  return setmetatable(row, { __index = function(_, key)
    if key == "c" or key == "columns" then return values_of(self, alias) end
    local column = find_column(tbl, key)
    if not column then
      exc.raise("ArgumentError", "%s has no column '%s'", tostring(tbl), tostring(key))
    end
    return node(T.VALUES_OF, { column = column, alias = alias }, core.node_type(column))
  end })
end

Insert.properties.excluded = function(self) return values_of(self, "excluded") end
Insert.properties.inserted = function(self) return values_of(self, "new") end

class.define("ValuesOf", { tags = { "VALUES_OF" }, parent = elements.ColumnElement })

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

--- WHERE by names of the table's columns.
---@param values table<string, any>
---@return any
function Filtered.methods:filter_by(values)
  local tbl, conditions = node_get(self, "table"), {}
  for _, key in ipairs(sorted_keys(tbl, values)) do
    local column = find_column(tbl, key)
    if not column then
      exc.raise("InvalidRequestError", 'Entity namespace for "%s" has no property "%s"', tostring(tbl), key)
    end
    conditions[#conditions + 1] = column:eq(values[key] ~= NULL and values[key] or nil)
  end
  return self:where(unpack(conditions))
end

--- What one dialect offers beyond the others.
---@param opts table   names begin with the dialect's: mysql_limit ...
---@return any
function Filtered.methods:with_dialect_options(opts)
  local fields = {}
  for name, value in pairs(opts or {}) do
    if name == "mysql_limit" or name == "mariadb_limit" then
      local count = tonumber(value)
      if count == nil or count % 1 ~= 0 then
        exc.raise("ArgumentError", "%s needs a whole number, got %s", name, coerce.describe(value))
      end
      fields.limit = core.node(T.COLUMN, { name = ("%d"):format(count), literal = 1 },
        require("alchemoon.types").NULLTYPE)
    else
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
  values = table_of_pairs(values) or values
  if values == nil then values = {} end
  if type(values) ~= "table" or node_tag(values) ~= nil then
    exc.raise("ArgumentError", "values() needs a table { column = value }, got %s", type(values))
  end
  if is_list_of_rows(values) then
    exc.raise("InvalidRequestError", "UPDATE construct does not support multiple parameter sets.")
  end
  if node_get(self, "ordered") ~= 0 then
    exc.raise("InvalidRequestError", "This statement already has ordered values present")
  end
  local fresh = pairs_of(self, values)
  return node_with(self, { values = merge(node_get(self, "values"), fresh), has_values = 1 })
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
    local key = assignment_key(tbl, pair[1], entity)
    list[i] = node(T.PAIR, { key = key, value = assignment_value(key, pair[2]) })
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
