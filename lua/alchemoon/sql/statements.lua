--- What SELECT, UNION and text().columns() have in common: they can become FROM elements, values, CTEs.
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local coerce = require "alchemoon.sql.coerce"
local columns = require "alchemoon.sql.columns"
local elements = require "alchemoon.sql.elements"
local exc = require "alchemoon.exc"
local named = require "alchemoon.named"
local options = require "alchemoon.options"
local roles = require "alchemoon.sql.roles"
local selectable = require "alchemoon.sql.selectable"
local statement = require "alchemoon.sql.statement"
local types = require "alchemoon.types"

local T, E = core.tags, core.enums
local node, node_get, node_tag, node_with = core.node, core.node_get, core.node_tag, core.node_with
local node_append = core.node_append
local quick_order_by, quick_limit = core.select_order_by, core.select_limit
local unpack = table.unpack or unpack -- luacheck: ignore 113

local statements = {}

-- --- CTEs: what also INSERT, UPDATE and DELETE can do ------------------------------------

local HasCTE = {}
statements.HasCTE = HasCTE

local CTE = { name = true, recursive = false, nesting = false }
--- A common table expression: cte("name", { recursive =, nesting = }).
---@param name string?
---@param opts table?
---@return any
function HasCTE:cte(name, opts)
  if options.is_options(name) and opts == nil then name, opts = nil, name end
  opts = options.read("cte", opts, CTE)
  local bits = (opts.recursive and E.ALIAS_RECURSIVE or 0) + (opts.nesting and E.ALIAS_NESTING or 0)
  return selectable.new_alias(self, "CTE", name or opts.name, { options = bits })
end

local ADD_CTE = { nest_here = false }
--- CTEs that are written although nothing refers to them.
---@param ... any
---@return any
function HasCTE:add_cte(...)
  local args, opts = options.split(...)
  opts = options.read("add_cte", opts, ADD_CTE)
  local list = {}
  for i = 1, args.n do
    local cte = coerce.element(args[i])
    if node_tag(cte) ~= T.ALIAS or node_get(cte, "kind") ~= E.ALIAS_CTE then
      exc.raise("ArgumentError", "add_cte() needs CTEs, got %s", coerce.describe(args[i]))
    end
    list[i] = opts.nest_here and node(T.PAIR, { key = cte }) or cte
  end
  if #list == 0 then return self end
  return node_append(self, "ctes", unpack(list))
end

-- --- statements that return rows ------------------------------------------------------------

---@class alchemoon.SelectBase : alchemoon.ClauseElement
local methods = { cte = HasCTE.cte, add_cte = HasCTE.add_cte }
local properties = {}
for _, name in ipairs { "compare", "get_children", "params", "unique_params" } do
  methods[name] = elements.ClauseElement.methods[name]
end

statements.SelectBase = class.define("SelectBase", {
  parent = statement.Executable, methods = methods, properties = properties,
})

local function selected_names(self)
  if node_tag(self) == T.SELECT and node_get(self, "label_style") == E.LABEL_STYLE_NONE then
    return node_with(self, { label_style = E.LABEL_STYLE_DISAMBIGUATE_ONLY })
  end
  return self
end

--- The statement as a FROM element.
---@param name string?
---@return any
function methods:subquery(name)
  return selectable.new_alias(selected_names(self), "SUBQUERY", (selectable.name_of("subquery", name)))
end

--- The statement as a FROM element: the older name of subquery().
---@param name string?
---@param opts table?
---@return any
function methods:alias(name, opts)
  name = selectable.name_of("alias", name, opts)
  return methods.subquery(self, name)
end

--- A LATERAL subquery: it may refer to the FROM elements before it.
---@param name string?
---@return any
function methods:lateral(name)
  return selectable.new_alias(selected_names(self), "LATERAL", (selectable.name_of("lateral", name)))
end

-- A value has one column; its type is that column's.
local function scalar_type(self)
  local first = core.selected_columns(self)[1]
  return first and core.node_type(first) or types.NULLTYPE
end

-- Where nobody sees the names of a SELECT's columns, they need no labels to be told apart.
local function unlabelled(self)
  if core.node_tag(self) ~= T.SELECT or core.node_get(self, "label_style") == E.LABEL_STYLE_NONE then return self end
  return core.node_with(self, { label_style = E.LABEL_STYLE_NONE })
end

--- The statement as a value: one column, at most one row.
---@return alchemoon.ColumnElement
function methods:scalar_subquery()
  self = unlabelled(self)
  return node(T.SCALAR_SELECT, { element = self }, scalar_type(self))
end
methods.as_scalar = methods.scalar_subquery

--- The statement as a value with a name.
---@param name string?
---@return alchemoon.ColumnElement
function methods:label(name) return methods.scalar_subquery(self):label(name) end

--- EXISTS (statement)
---@return alchemoon.ColumnElement
function methods:exists() return node(T.EXISTS, { element = unlabelled(self) }, types.BOOLEAN) end

--- A SELECT from the statement as a subquery.
---@param ... any
---@return alchemoon.Select
function methods:select(...) return methods.subquery(self):select(...) end

--- The statement with one FROM element exchanged for another.
---@param old any
---@param alias any
---@return any
function methods:replace_selectable(old, alias)
  alias = coerce.from(alias)
  local replaced = core.replace_from(self, coerce.from(old), alias)
  -- the columns of a join are those of its sides: nothing but FROM names it
  if core.node_tag(alias) ~= T.JOIN or core.node_tag(replaced) ~= T.SELECT then return replaced end
  for _, from in ipairs(core.node_get(replaced, "froms")) do
    if from == alias then return replaced end
  end
  return core.node_append(replaced, "froms", alias)
end

methods.corresponding_column = selectable.FromClause.methods.corresponding_column
methods.is_derived_from = selectable.FromClause.methods.is_derived_from
function methods:self_group() return node(T.SELECT_GROUPING, { element = self }) end

--- What is selected, by key; text() is left out.
properties.selected_columns = function(self)
  local list, keys = core.selected_columns(self), core.selected_keys(self)
  local items, names = {}, {}
  for i, column in ipairs(list) do
    if keys[i] then
      items[#items + 1] = column
      names[#names + 1] = keys[i]
    end
  end
  return columns.of(items, names)
end
properties.exported_columns = properties.selected_columns
properties.inner_columns = function(self) return columns.list(core.selected_columns(self)) end
properties.selectable = function(self) return self end
properties.c = function(self)
  exc.raise("ArgumentError", "%s", "a SELECT has no `.c`; use .subquery().c for the columns of a subquery, or "
    .. ".selected_columns for what is selected" .. (self and "" or ""))
end
properties.columns = properties.c

--- One description per column: { name, type, expr }.
properties.column_descriptions = function(self)
  local list, keys, out = core.selected_columns(self), core.selected_keys(self), {}
  for i, column in ipairs(list) do
    out[i] = { name = keys[i] or nil, type = core.node_type(column), expr = column }
  end
  return out
end

-- --- order, limits: SELECT and UNION alike -----------------------------------------------------

---@class alchemoon.SelectBase
local generative = {}
statements.generative = generative

--- An item of ORDER BY or GROUP BY: names are looked up among the labels of the columns clause.
local function by_item(value, where, keep_label)
  if type(value) == "string" then return elements.label_reference(value) end
  local item = coerce.column(value, where, where == "group_by()" and roles.GROUP_BY or roles.ORDER_BY)
  if not keep_label then return item end
  local inner = item
  while node_tag(inner) == T.UNARY and statements.ORDERINGS[node_get(inner, "modifier")] do
    inner = node_get(inner, "element")
  end
  if node_tag(inner) == T.ORM_ATTR then inner = node_get(inner, "column") end
  if node_tag(inner) == T.LABEL then
    return node(T.LABEL_REFERENCE, { element = item }, core.node_type(item))
  end
  return item
end
local ORDERING_NAMES = { desc = true, asc = true, nulls_first = true, nulls_last = true }
statements.ORDERINGS = {}
for _, info in ipairs(core.operators()) do
  if ORDERING_NAMES[info.name] then statements.ORDERINGS[info.id] = true end
  if info.name == "comma" then statements.COMMA = info.id end
end

local function by_items(fn_name, keep_label, ...)
  local list = {}
  for i = 1, select("#", ...) do
    local value = select(i, ...)
    local from = coerce.element(value)
    local tag = node_tag(from)
    if tag == T.ORM_ENTITY then from, tag = core.node_get(from, "from"), T.TABLE end
    local inside = columns.inside(value) or columns.of_bundle(from)
    if tag and coerce.IS_FROM[tag] and not keep_label then inside = core.from_columns(from) end
    if inside then
      for _, column in ipairs(inside) do list[#list + 1] = column end
    else
      list[#list + 1] = core.self_group(by_item(value, fn_name .. "()", keep_label), statements.COMMA)
    end
  end
  return list
end

--- ORDER BY; more calls add to it, order_by(nil) takes all away.
---@param ... any
---@return any
function generative:order_by(...)
  local count = select("#", ...)
  if count == 0 then return coerce.itself(self, "order_by") end
  local first = ...
  if count == 1 then
    local quick = quick_order_by(self, first)
    if quick then return quick end
    if first == nil or first == coerce.null or first == false then return node_with(self, { order_by = false }) end
  end
  return node_append(self, "order_by", unpack(by_items("order_by", true, ...)))
end

--- GROUP BY; more calls add to it, group_by(nil) takes all away.
---@param ... any
---@return any
function generative:group_by(...)
  local count = select("#", ...)
  if count == 0 then return coerce.itself(self, "group_by") end
  local first = ...
  if count == 1 and (first == nil or first == coerce.null or first == false) then
    return node_with(self, { group_by = false })
  end
  return node_append(self, "group_by", unpack(by_items("group_by", false, ...)))
end

-- A number becomes a parameter, so that all pages share one text.
local function limit_of(fn_name, value)
  if value == nil or value == coerce.null then return false end
  local element = coerce.element(value)
  if element then return coerce.scalar(element) end
  -- as it comes from a URL
  if type(value) == "string" and value:match("^%s*%-?%d+%s*$") then value = tonumber(value) end
  if type(value) ~= "number" or value % 1 ~= 0 then
    exc.raise("ArgumentError", "%s() needs an integer or an SQL expression, got %s", fn_name, coerce.describe(value))
  end
  return core.bind(nil, value, coerce.BIND.UNIQUE, types.INTEGER)
end

--- LIMIT: so many rows at most.
---@param count any   an integer, an expression, or nil
---@return any
function generative:limit(count)
  return quick_limit(self, count, false, types.INTEGER)
    or node_with(self, { limit = limit_of("limit", count), fetch = false, fetch_options = 0 })
end

--- OFFSET: without the first rows.
---@param count any   an integer, an expression, or nil
---@return any
function generative:offset(count)
  return quick_limit(self, count, true, types.INTEGER) or node_with(self, { offset = limit_of("offset", count) })
end

local FETCH = { oracle_fetch_approximate = true, with_ties = false, percent = false }
--- FETCH FIRST count ROWS; with_ties, percent.
---@param count any
---@param opts table?   with_ties, percent
---@return any
function generative:fetch(count, opts)
  opts = options.read("fetch", opts, FETCH)
  local fetch = limit_of("fetch", count)
  local bits = (opts.with_ties and E.FETCH_WITH_TIES or 0) + (opts.percent and E.FETCH_PERCENT or 0)
  return node_with(self, { limit = false, fetch = fetch, fetch_options = fetch and bits or 0 })
end
generative.fetch = named.method("fetch", { "count", "with_ties", "percent" }, 1, 1, generative.fetch)

local function number_in(self, field)
  local bind = node_get(self, field)
  if bind == nil then return nil end
  return node_tag(bind) == T.BIND and node_get(bind, "value") or nil
end

-- The offset as it stands, moved by `start`: a number, an expression, or nil for none.
local function moved_offset(self, start)
  local offset = number_in(self, "offset") or node_get(self, "offset") or 0
  if start == 0 then return offset ~= 0 and offset or nil end
  if offset == 0 then return start end
  return offset + start
end

local function slice_limit(value)
  if value ~= nil and type(value) ~= "number" and not node_tag(value) then
    exc.raise("ArgumentError", "slice() needs integers, got %s", coerce.describe(value))
  end
end

--- Rows from `start` (counted from 0) up to, not including, `stop`.
---@param start integer?
---@param stop integer?
---@return any
function generative:slice(start, stop)
  slice_limit(start)
  slice_limit(stop)
  if start ~= nil then
    local offset = moved_offset(self, start)
    if stop ~= nil then self = generative.limit(self, stop - start) end
    return generative.offset(self, offset)
  end
  return stop ~= nil and generative.limit(self, stop) or self
end

local LOCK = { nowait = false, read = false, of = true, skip_locked = false, key_share = false }
--- FOR UPDATE and its relatives.
---@param opts table?   of, nowait, read, skip_locked, key_share
---@return any
function generative:with_for_update(opts)
  opts = options.read("with_for_update", opts, LOCK)
  local of
  if opts.of ~= nil then
    local given = opts.of
    if coerce.element(given) ~= nil or type(given) ~= "table" then given = { given } end
    of = {}
    for i, item in ipairs(given) do
      of[i] = coerce.element(item)
        or exc.raise("ArgumentError", "with_for_update(): of needs tables or columns, got %s", coerce.describe(item))
    end
  end
  return node_with(self, { for_update = node(T.FOR_UPDATE, {
    nowait = opts.nowait and 1 or 0, read = opts.read and 1 or 0, skip_locked = opts.skip_locked and 1 or 0,
    key_share = opts.key_share and 1 or 0, of = of,
  }) })
end

--- How columns are named: am.LABEL_STYLE_TABLENAME_PLUS_COL and others.
---@param style integer   one of am.LABEL_STYLE_*
---@return any
function generative:set_label_style(style)
  if type(style) ~= "number" then
    exc.raise("ArgumentError", "set_label_style() needs one of am.LABEL_STYLE_..., got %s", type(style))
  end
  return node_with(self, { label_style = style })
end

--- The style in force: am.LABEL_STYLE_*.
---@return integer
function generative:get_label_style() return node_get(self, "label_style") end

-- --- compounds ------------------------------------------------------------------------------------

local KINDS = { union = E.COMPOUND_UNION, union_all = E.COMPOUND_UNION_ALL, except_ = E.COMPOUND_EXCEPT,
  except_all = E.COMPOUND_EXCEPT_ALL, intersect = E.COMPOUND_INTERSECT, intersect_all = E.COMPOUND_INTERSECT_ALL }

-- An element stands in parentheses if it has an order or a limit, or is itself a compound.
local function compound_element(value, kind, index)
  local item = coerce.element(value)
  local tag = node_tag(item)
  if tag == nil or not coerce.IS_SELECT[tag] then
    local subquery = tag == T.ALIAS and node_get(item, "kind") == E.ALIAS_SUBQUERY
    return roles.refuse(roles.SET_MEMBER, item or value,
      subquery and "Use the plain select() object without calling .subquery() or .alias()."
      or coerce.IS_FROM[tag] and "To SELECT from any FROM clause, use the .select() method." or nil)
  end
  if tag == T.SELECT then
    local plain = #node_get(item, "order_by") == 0 and node_get(item, "limit") == nil
      and node_get(item, "offset") == nil and node_get(item, "fetch") == nil
    if plain then return item end
  elseif tag ~= T.COMPOUND then
    return item
  end
  assert(kind and index)
  return node(T.SELECT_GROUPING, { element = item })
end

--- SELECTs joined by UNION or the like.
function statements.compound(kind, ...)
  local list, count = {}, select("#", ...)
  if count == 1 and type(...) == "table" and coerce.element((...)) == nil then
    return statements.compound(kind, unpack((...)))
  end
  for i = 1, count do list[i] = compound_element((select(i, ...)), kind, i) end
  if #list == 0 then exc.raise("ArgumentError", "%s() needs at least one SELECT", kind) end
  return node(T.COMPOUND, { kind = KINDS[kind], selects = list })
end
for name in pairs(KINDS) do
  methods[name] = function(self, ...) return statements.compound(name, self, ...) end
end
statements.KINDS = KINDS

statements.CompoundSelect = class.define("CompoundSelect", {
  tags = { "COMPOUND" }, parent = statements.SelectBase,
  properties = {
    selects = function(self) return node_get(self, "selects") end,
  },
})
for name, fn in pairs(generative) do statements.CompoundSelect.methods[name] = fn end

class.define("SelectStatementGrouping", {
  tags = { "SELECT_GROUPING" }, parent = statements.SelectBase,
  properties = { element = function(self) return node_get(self, "element") end },
})

return statements
