--- SELECT: `am.select(t.c.a):where(t.c.b:eq(1))`.
--
-- A statement is immutable: every method returns a new one. Which tables it lists in FROM, and how columns are named,
-- is decided when it is compiled (csrc/compile/froms.c, csrc/sql/naming.c).
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local coerce = require "alchemoon.sql.coerce"
local columns = require "alchemoon.sql.columns"
local exc = require "alchemoon.exc"
local named = require "alchemoon.named"
local operators = require "alchemoon.sql.operators"
local options = require "alchemoon.options"
local selectable = require "alchemoon.sql.selectable"
local roles = require "alchemoon.sql.roles"
local statements = require "alchemoon.sql.statements"
local types = require "alchemoon.types"
local usage = require "alchemoon.usage"
local visitors = require "alchemoon.sql.visitors"

local T, E = core.tags, core.enums
local node, node_get, node_tag, node_with = core.node, core.node_get, core.node_tag, core.node_with
local node_append = core.node_append
local unpack = table.unpack or unpack -- luacheck: ignore 113

local module = {}

-- --- the columns clause -------------------------------------------------------------------

local function textual_column(text)
  if text == "*" then return node(T.COLUMN, { name = "*", literal = 1 }, types.NULLTYPE) end
  local plain = text:match("^%w%S*$") ~= nil
  return exc.raise("ArgumentError", "Textual column expression '%s' should be explicitly declared with text('%s'), " ..
    "or use %s('%s') for more specificity", text, text, plain and "column" or "literal_column", text)
end

--- What may stand in a columns clause: expressions, FROM elements, entities.
local column_of
function column_of(value)
  local item = coerce.element(value)
  if item then
    local tag = node_tag(item)
    if coerce.IS_SELECT[tag] then
      return roles.refuse(roles.COLUMNS_CLAUSE, item,
        "To create a FROM clause from a Select object, use the .subquery() method.")
    end
    if tag == T.TYPE or tag == T.SEQUENCE or tag == T.DEFAULT then
      return roles.refuse(roles.COLUMNS_CLAUSE, item)
    end
    return item
  end
  local kind = type(value)
  if kind == "string" then return textual_column(value) end
  if kind == "function" then return column_of(coerce.called(value, roles.COLUMNS_CLAUSE)) end
  if kind == "number" then
    local text = value % 1 == 0 and math.abs(value) < 2 ^ 53 and ("%d"):format(value) or tostring(value)
    return node(T.COLUMN, { name = text, literal = 1 }, types.NULLTYPE)
  end
  if kind == "boolean" then return value and operators.TRUE or operators.FALSE end
  if value == nil or value == coerce.null then return operators.NULL end
  local list = kind == "table" and getmetatable(value) == nil and #value > 0
  return roles.refuse(roles.COLUMNS_CLAUSE, value,
    list and ("Did you mean to say select(%s)?"):format(roles.describe(value):sub(2, -2)) or nil)
end

local function column_list(...)
  local list = {}
  for i = 1, select("#", ...) do
    local value = (select(i, ...))
    local own = columns.inside(value)
    if own then
      for _, column in ipairs(own) do list[#list + 1] = column end
    else
      list[#list + 1] = column_of(value)
    end
  end
  if #list == 1 and type(...) == "table" and node_tag(list[1]) == nil then list = {} end
  return list
end

--- A SELECT of columns, FROM elements (all of their columns), mapped classes.
module.select = core.select_function(function(...) return node(T.SELECT, { columns = column_list(...) }) end)

-- --- conditions -----------------------------------------------------------------------------

---@class alchemoon.Select : alchemoon.SelectBase
local methods = {}
local properties = {}
for name, fn in pairs(statements.generative) do methods[name] = fn end

local condition = coerce.condition
methods.where = core.where_method(function(self, first, ...)
  local list = { condition(first, "where()") }
  for i = 1, select("#", ...) do list[i + 1] = condition((select(i, ...)), "where()") end
  return node_append(self, "where", unpack(list))
end)
methods.filter = methods.where

--- HAVING: conditions joined by AND, with those given before.
---@param ... any
---@return alchemoon.Select
function methods:having(...)
  local list = {}
  for i = 1, select("#", ...) do list[i] = condition((select(i, ...)), "having()") end
  if #list == 0 then return coerce.itself(self, "having") end
  return node_append(self, "having", unpack(list))
end

-- Whose columns or attributes the names of filter_by() are when an item stands first in the columns clause.
local function namespace_of(item)
  for element in visitors.iterate(item) do
    local tag = node_tag(element)
    if coerce.IS_FROM[tag] or tag == T.ORM_ENTITY or tag == T.ORM_ATTR then return element end
  end
  return core.from_objects(item)[1]
end

-- What a SELECT without FROM elements is called by filter_by(): its first column.
local function described(self)
  local first = node_get(self, "columns")[1]
  return first and tostring(first) or "select"
end

-- The FROM element that filter_by() speaks about: the last one joined, else the first.
local function filter_by_target(self)
  local joins = node_get(self, "joins")
  if #joins > 0 then return node_get(joins[#joins], "target") end
  local froms = node_get(self, "froms")
  if #froms > 0 then
    local first = froms[1]
    return first
  end
  for _, item in ipairs(node_get(self, "columns")) do
    local target = namespace_of(item)
    if target then return target end
  end
  return nil
end

-- What an error calls it: without FROM elements given, it is the first thing selected, as it was written.
local function spoken_of(self, target)
  if not target or (#node_get(self, "joins") == 0 and #node_get(self, "froms") == 0) then return described(self) end
  return core.from_description(target)
end

--- Conditions on the columns of the last FROM element: filter_by{ name = "ann" }.
---@param criteria table<string, any>
---@return alchemoon.Select
function methods:filter_by(criteria)
  if criteria == nil then return coerce.itself(self, "filter_by") end
  if not options.is_options(criteria) then
    exc.raise("ArgumentError", "filter_by() needs a table of column names and values")
  end
  local target = filter_by_target(self)
  local names = {}
  for name in pairs(criteria) do names[#names + 1] = name end
  table.sort(names)
  local list = {}
  for i, name in ipairs(names) do
    local column = target and module.entity_attribute(target, name)
    if column == nil then
      exc.raise("InvalidRequestError", "Entity namespace for \"%s\" has no property \"%s\"",
        spoken_of(self, target), name)
    end
    list[i] = column:eq(criteria[name])
  end
  if #list == 0 then return self end
  return node_append(self, "where", unpack(list))
end

--- The attribute of an entity by name; the ORM replaces this for its entities.
function module.entity_attribute(target, name)
  if node_tag(target) == T.JOIN then target = node_get(target, "left") end
  return core.from_column(target, name)
end

--- DISTINCT; with expressions PostgreSQL's DISTINCT ON.
---@param ... any
---@return alchemoon.Select
function methods:distinct(...)
  local count = select("#", ...)
  if count == 0 then return node_with(self, { distinct = 1 }) end
  local list = {}
  for i = 1, count do
    local value = select(i, ...)
    list[i] = type(value) == "string" and require("alchemoon.sql.elements").label_reference(value)
      or coerce.column(value, "distinct()", roles.BY_OR_OF)
  end
  return node_append(node_with(self, { distinct = 1 }), "distinct_on", unpack(list))
end

-- --- FROM --------------------------------------------------------------------------------------

local function from_of(value)
  return columns.from_of(value) or coerce.from(value)
end

--- FROM elements besides those that the columns bring along.
---@param ... any
---@return alchemoon.Select
function methods:select_from(...)
  local list = {}
  for i = 1, select("#", ...) do
    list[i] = coerce.from_clause(from_of((select(i, ...))))
  end
  if #list == 0 then return coerce.itself(self, "select_from") end
  return node_append(self, "froms", unpack(list))
end

local function add_join(self, fn_name, left, target, onclause, opts, outer)
  onclause, opts = selectable.join_arguments(fn_name, outer and selectable.FULL or selectable.JOIN, onclause, opts)
  return node_append(self, "joins", node(T.JOIN_SPEC, {
    target = from_of(target), onclause = onclause or false, left = left or false,
    outer = (outer or opts.isouter) and 1 or 0, full = opts.full and 1 or 0,
  }))
end

--- JOIN with what was selected or joined before: join(target [, onclause] [, { isouter =, full = }]).
---@param target any   FROM element, entity or relationship
---@param onclause any
---@param opts table?   isouter, full
---@return alchemoon.Select
function methods:join(target, onclause, opts) return module.join_spec(self, "join", nil, target, onclause, opts) end
methods.join = named.method("join", { "target", "onclause", "isouter", "full" }, 1, 2, methods.join)

--- join() as a LEFT OUTER JOIN.
---@param target any
---@param onclause any
---@param opts table?   full
---@return alchemoon.Select
function methods:outerjoin(target, onclause, opts)
  return module.join_spec(self, "outerjoin", nil, target, onclause, opts, true)
end
methods.outerjoin = named.method("outerjoin", { "target", "onclause", "full" }, 1, 2, methods.outerjoin)

--- The same with the left side named.
---@param from any
---@param target any
---@param onclause any
---@param opts table?
---@return alchemoon.Select
function methods:join_from(from, target, onclause, opts)
  return module.join_spec(self, "join_from", from_of(from), target, onclause, opts)
end
methods.join_from = named.method("join_from", { "from_", "target", "onclause", "isouter", "full" }, 2, 3,
  methods.join_from)

--- join_from() as a LEFT OUTER JOIN.
---@param from any
---@param target any
---@param onclause any
---@param opts table?
---@return alchemoon.Select
function methods:outerjoin_from(from, target, onclause, opts)
  return module.join_spec(self, "outerjoin_from", from_of(from), target, onclause, opts, true)
end
methods.outerjoin_from = named.method("outerjoin_from", { "from_", "target", "onclause", "full" }, 2, 3,
  methods.outerjoin_from)

--- Adds one join; the ORM puts its own here, which understands relationships.
module.join_spec = add_join

-- --- correlation ---------------------------------------------------------------------------------

local function from_list(...)
  local list = {}
  for i = 1, select("#", ...) do list[i] = from_of((select(i, ...))) end
  return list
end

local function none_given(...)
  local first = ...
  return select("#", ...) == 0 or (select("#", ...) == 1 and (first == nil or first == coerce.null or first == false))
end

-- nil in front of FROM elements says two things at once.
local function check_none(fn_name, ...)
  local first = ...
  if select("#", ...) > 1 and (first == nil or first == coerce.null or first == false) then
    exc.raise("ArgumentError", "additional FROM objects not accepted when passing nil/false to %s()", fn_name)
  end
end

local has = require("alchemoon.bits").has

--- The enclosing SELECT provides these FROM elements; correlate(nil): it provides none.
---@param ... any
---@return alchemoon.Select
function methods:correlate(...)
  check_none("correlate", ...)
  local mode = node_get(self, "correlate_mode")
  if not has(mode, E.CORRELATE_EXPLICIT) then mode = mode + E.CORRELATE_EXPLICIT end
  if none_given(...) then return node_with(self, { correlate_mode = mode, correlate = false }) end
  return node_append(node_with(self, { correlate_mode = mode }), "correlate", unpack(from_list(...)))
end

--- The enclosing SELECT provides all FROM elements but these.
---@param ... any
---@return alchemoon.Select
function methods:correlate_except(...)
  check_none("correlate_except", ...)
  local mode = E.CORRELATE_EXPLICIT + E.CORRELATE_EXCEPT
  if none_given(...) then return node_with(self, { correlate_mode = mode, correlate_except = false }) end
  return node_append(node_with(self, { correlate_mode = mode }), "correlate_except", unpack(from_list(...)))
end

-- --- prefixes, hints ---------------------------------------------------------------------------------

local PREFIX = { dialect = true }
-- Texts of prefix_with() and suffix_with() as HINT nodes.
function module.hints(fn_name, ...)
  local args, opts = options.split(...)
  opts = options.check(fn_name, opts, PREFIX) or {}
  local list = {}
  for i = 1, args.n do
    local item = coerce.element(args[i])
    if item == nil and type(args[i]) == "string" then item = require("alchemoon.sql.text").text(args[i]) end
    if item == nil then
      roles.refuse(roles.PART, args[i])
    end
    list[i] = node(T.HINT, { text = item, dialect = opts.dialect })
  end
  return list
end

--- Words behind SELECT: prefix_with("SQL_NO_CACHE", { dialect = "mysql" }).
---@param ... any
---@return alchemoon.Select
function methods:prefix_with(...) return node_append(self, "prefixes", unpack(module.hints("prefix_with", ...))) end
--- Words at the end of the statement.
---@param ... any
---@return alchemoon.Select
function methods:suffix_with(...) return node_append(self, "suffixes", unpack(module.hints("suffix_with", ...))) end

--- A hint beside a table; %(name)s in it is the table's name. Without a table it is one of the statement.
---@param from any?
---@param text string
---@param dialect string?
---@return alchemoon.Select
function methods:with_hint(from, text, dialect)
  usage.check_type("with_hint", "string", text)
  if from == nil or from == coerce.null then return self:with_statement_hint(text, dialect) end
  return node_append(self, "hints", node(T.HINT, {
    text = node(T.WORD, { name = text }), table = from_of(from), dialect = dialect or "*",
  }))
end
methods.with_hint = named.method("with_hint", { "selectable", "text", "dialect_name" }, 2, 3, methods.with_hint)

--- A hint at the end of the statement.
---@param text string
---@param dialect string?
---@return alchemoon.Select
function methods:with_statement_hint(text, dialect)
  usage.check_type("with_statement_hint", "string", text)
  return node_append(self, "hints", node(T.HINT, {
    text = node(T.WORD, { name = text }), dialect = dialect or "*",
  }))
end
methods.with_statement_hint = named.method("with_statement_hint", { "text", "dialect_name" }, 1, 2,
  methods.with_statement_hint)

-- --- the list of columns ---------------------------------------------------------------------------------

--- More columns or entities.
---@param ... any
---@return alchemoon.Select
function methods:add_columns(...) return node_append(self, "columns", unpack(column_list(...))) end
methods.column = methods.add_columns

local ONLY = { maintain_column_froms = false }
--- The same statement about other columns; maintain_column_froms keeps the tables of the former ones in FROM.
---@param ... any
---@return alchemoon.Select
function methods:with_only_columns(...)
  local args, opts = options.split(...)
  opts = options.read("with_only_columns", opts, ONLY)
  if args.n == 1 and type(args[1]) == "table" and coerce.element(args[1]) == nil and #args[1] > 0 then
    exc.raise("ArgumentError", 'The "entities" argument to Select.with_only_columns(), when referring to a sequence of '
      .. "items, is now passed as a series of positional elements, rather than as a list. ")
  end
  local list = {}
  for i = 1, args.n do list[i] = column_of(args[i]) end
  if opts.maintain_column_froms then
    self = node_with(self, { froms = module.kept_froms(self) })
  end
  return node_with(module.memoize_columns(self), { columns = list })
end

--- Joins made and options given so far keep the columns that they were meant for.
function module.memoize_columns(self)
  local joins = node_get(self, "joins")
  if #joins == 0 and #node_get(self, "options") == 0 then return self end
  local before = node(T.SELECT, { columns = node_get(self, "columns"), joins = joins })
  return node_append(node_with(self, { joins = false }), "memoized", before)
end

local REDUCE = { only_synonyms = options.TRUE }
--- Without columns that say the same as another one.
---@param opts table?
---@return alchemoon.Select
function methods:reduce_columns(opts)
  if type(opts) == "boolean" then opts = { only_synonyms = opts } end
  opts = options.read("reduce_columns", opts, REDUCE)
  local criteria = node_get(self, "where")
  for _, from in ipairs(node_get(self, "froms")) do criteria[#criteria + 1] = from end
  local kept = selectable.reduce(core.selected_columns(self), criteria, opts.only_synonyms)
  return node_with(self, { columns = kept })
end

--- Only the ORM can do that: replaced by it.
function methods.from_statement()
  exc.raise("InvalidRequestError", "from_statement() needs a SELECT of mapped classes")
end

-- --- what can be asked --------------------------------------------------------------------------------------

properties.whereclause = function(self)
  local list = node_get(self, "where")
  if #list == 0 then return nil end
  if #list == 1 then return list[1] end
  return operators.conjunction(operators.op.and_, list)
end

local function without_hidden(found)
  local hidden, kept, seen = {}, {}, {}
  for _, from in ipairs(found) do
    for _, inner in ipairs(core.from_hidden(from)) do hidden[inner] = true end
  end
  for _, from in ipairs(found) do
    if not hidden[from] and not seen[from] then
      kept[#kept + 1] = from
      seen[from] = true
    end
  end
  return kept
end

--- FROM elements of the columns clause alone.
properties.columns_clause_froms = function(self)
  local found = {}
  for _, column in ipairs(node_get(self, "columns")) do
    for _, from in ipairs(core.from_objects(column)) do found[#found + 1] = from end
  end
  return without_hidden(found)
end

-- FROM as it was given, then what the columns bring along: a class as itself, so that its conditions go with it.
function module.kept_froms(self)
  local froms = node_get(self, "froms")
  local function add(from)
    for _, other in ipairs(froms) do
      if other == from then return end
    end
    froms[#froms + 1] = from
  end
  for _, column in ipairs(node_get(self, "columns")) do
    local tag = node_tag(column)
    local entity = tag == T.ORM_ENTITY and column or tag == T.ORM_ATTR and node_get(column, "entity")
    if entity then add(entity)
    else
      for _, from in ipairs(without_hidden(core.from_objects(column))) do add(from) end
    end
  end
  return froms
end

--- FROM elements as they will be listed, joins included, before correlation.
---@return any[]
function methods:get_final_froms() return core.select_froms(self) end
properties.froms = methods.get_final_froms
properties._raw_columns = function(self) return node_get(self, "columns") end

module.Select = class.define("Select", {
  tags = { "SELECT" }, parent = statements.SelectBase, methods = methods, properties = properties,
})
statements.Select = module.Select

-- --- values made of a SELECT -----------------------------------------------------------------------------------

local elements = require "alchemoon.sql.elements"

local function on_element(name)
  return function(self, ...)
    local inner = node_get(self, "element")
    if node_tag(inner) ~= T.SELECT then
      exc.raise("InvalidRequestError", "Can only apply this operation to a plain SELECT construct")
    end
    local changed = inner[name](inner, ...)
    return node_with(self, { element = changed })
  end
end

local function no_columns()
  exc.raise("InvalidRequestError", "Scalar Select expression has no columns; use this object directly within a " ..
    "column-level expression.")
end

-- What a scalar subquery does not know, its SELECT may.
local function of_element(self, key)
  local inner = node_get(self, "element")
  local cls = class.of(inner)
  if not (cls and (cls.methods[key] or cls.properties[key])) then return nil end
  local value = inner[key]
  if type(value) ~= "function" then return value end
  return function(_, ...) return value(inner, ...) end
end

module.ScalarSelect = class.define("ScalarSelect", {
  tags = { "SCALAR_SELECT" }, parent = elements.ColumnElement,
  methods = {
    where = on_element "where", correlate = on_element "correlate", correlate_except = on_element "correlate_except",
  },
  properties = { element = function(self) return node_get(self, "element") end, c = no_columns, columns = no_columns },
})
module.ScalarSelect.fallback = of_element
module.ScalarSelect.methods.self_group = function(self) return self end

module.Exists = class.define("Exists", {
  tags = { "EXISTS" }, parent = elements.ColumnElement,
  methods = {
    where = on_element "where", correlate = on_element "correlate", correlate_except = on_element "correlate_except",
    select_from = on_element "select_from",
    --- SELECT EXISTS (...)
    select = function(self) return module.select(self) end,
  },
  properties = { element = function(self) return node_get(self, "element") end },
})

--- EXISTS (SELECT ...): of a SELECT, a scalar subquery, or of columns as for select().
---@param ... any
---@return alchemoon.ColumnElement
function module.exists(...)
  local first = coerce.element((...))
  local tag = node_tag(first)
  local inner
  if select("#", ...) == 0 then
    inner = node(T.SELECT, { columns = { node(T.COLUMN, { name = "*", literal = 1 }, types.NULLTYPE) } })
  elseif tag and coerce.IS_SELECT[tag] then inner = first
  elseif tag == T.SCALAR_SELECT then inner = node_get(first, "element")
  elseif tag == T.ALIAS and node_get(first, "kind") == E.ALIAS_SUBQUERY then inner = node_get(first, "element")
  else inner = module.select(...) end
  return inner:exists()
end

return module
