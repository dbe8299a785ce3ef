--- Upserts: what an INSERT does with rows that are there already (ON CONFLICT, ON DUPLICATE KEY).
local core = require "alchemoon.core"
local assignments = require "alchemoon.sql.assignments"
local class = require "alchemoon.sql.class"
local coerce = require "alchemoon.sql.coerce"
local columns = require "alchemoon.sql.columns"
local elements = require "alchemoon.sql.elements"
local exc = require "alchemoon.exc"
local logging = require "alchemoon.logging"
local options = require "alchemoon.options"

local upsert = {}
local T, E = core.tags, core.enums
local node, node_get, node_with, node_tag = core.node, core.node_get, core.node_with, core.node_tag
local NULL = require "alchemoon.null"

---@class alchemoon.Insert
local methods = {}
local properties = {}

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
      local indexed
      if node_tag(constraint) == T.CONSTRAINT then
        indexed = {}
        for i, column in ipairs(constraint.columns) do indexed[i] = column end
        if not opts.index_where and node_get(constraint, "sqltext") then
          fields.where_target = node_get(constraint, "sqltext")
        end
      else
        indexed = constraint.expressions
        if #indexed == 0 then indexed = node_get(constraint, "extra").pending end -- of a light table
        local where = constraint.kwargs.postgresql_where or constraint.kwargs.sqlite_where
        if where and not opts.index_where then fields.where_target = coerce.expr(where) end
      end
      fields.elements = conflict_elements(nil, indexed)
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
function methods:on_conflict_do_nothing(opts)
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

local function warn_of_unknown(tbl, names)
  if #names == 0 then return end
  logging.getLogger("alchemoon.sql"):warning("Additional column names not matching any column keys in table '%s': %s",
    node_get(tbl, "name"), table.concat(names, ", "))
end

-- What an upsert sets; `what` names it in errors.
local function conflict_set(tbl, set, what)
  local list, unknown = {}, {}
  if type(set) == "table" and ROW_OF_INSERT[set] then set = excluded_columns(tbl, set) end
  if type(set) ~= "table" then
    exc.raise("ArgumentError", "%s parameter must be a non-empty table { column = value } or a ColumnCollection such "
      .. "as the `.c` collection of a Table object, got %s", what, coerce.describe(set))
  end
  if next(set) == nil then exc.raise("ArgumentError", "%s parameter table must not be empty", what) end
  local function add(key, value)
    local column = assignments.key(tbl, key)
    if node_tag(column) == T.WORD then unknown[#unknown + 1] = "'" .. key .. "'" end
    local tag = node_tag(value)
    local fresh
    if tag == nil and not (type(value) == "table" and coerce.is_expression(value)) then
      local own = node_tag(column) == T.COLUMN and core.node_type(column) or nil
      if value == NULL then fresh = core.bind(nil, nil, coerce.BIND.UNIQUE, own or coerce.type_of(nil))
      else fresh = coerce.expr(value, { type = own }) end
    else
      fresh = assignments.value(column, value)
    end
    list[#list + 1] = node(T.PAIR, { key = column, value = fresh })
  end
  local ordered = type(set[1]) == "table" and node_tag(set[1]) == nil
  if ordered then
    for _, pair in ipairs(set) do add(pair[1], pair[2]) end
  else
    for _, key in ipairs(assignments.sorted_keys(tbl, set)) do add(key, set[key]) end
  end
  warn_of_unknown(tbl, unknown)
  return list, ordered
end

--- ON CONFLICT DO UPDATE SET (PostgreSQL, SQLite); `stmt.excluded` is the row that was to be inserted. SQLite alone can
-- do without a constraint and index_elements: the compiler refuses that elsewhere.
---@param opts {constraint: any, index_elements: any[], index_where: any, set_: table, where: any}
function methods:on_conflict_do_update(opts)
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
  fields.set = conflict_set(tbl, opts.set_ or nil, "set")
  fields.ordered = 0 -- a list of pairs, too, is written in the order of the table; MySQL alone keeps the author's
  if opts.where then fields.where = coerce.condition(opts.where, "where") end
  return node_with(self, { on_conflict = node(T.ON_CONFLICT, fields) })
end

--- ON DUPLICATE KEY UPDATE (MySQL): a table, a list of pairs, or both.
---@param set any
---@return alchemoon.Insert
function methods:on_duplicate_key_update(set)
  check_single(self, "DUPLICATE KEY clause present")
  local list, ordered = conflict_set(node_get(self, "table"), set or {}, "update")
  return node_with(self, { on_conflict = node(T.ON_CONFLICT, {
    kind = E.CONFLICT_DUPLICATE_KEY, set = list, ordered = ordered and 1 or 0,
  }) })
end

local function values_of(self, alias)
  local list, names = {}, {}
  for i, column in ipairs(node_get(node_get(self, "table"), "columns")) do
    list[i] = node(T.VALUES_OF, { column = column, alias = alias }, core.node_type(column))
    names[i] = column.key
  end
  local row = columns.of(list, names)
  ROW_OF_INSERT[row] = true
  return row
end

properties.excluded = function(self) return values_of(self, "excluded") end
properties.inserted = function(self) return values_of(self, "new") end

-- What the column says of itself.
local of_column = {}
for _, name in ipairs { "name", "key", "autoincrement", "default", "info", "nullable", "onupdate", "primary_key",
  "server_default", "server_onupdate", "unique" } do
  of_column[name] = function(self) return node_get(self, "column")[name] end
end

class.define("ValuesOf", { tags = { "VALUES_OF" }, parent = elements.ColumnElement, properties = of_column })

--- The class of INSERT gets what stands here.
function upsert.install(insert)
  for name, method in pairs(methods) do insert.methods[name] = method end
  for name, property in pairs(properties) do insert.properties[name] = property end
end

return upsert
