--- FROM elements: what tables, aliases, joins and VALUES have in common, and the functions that make them.
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local coerce = require "alchemoon.sql.coerce"
local columns = require "alchemoon.sql.columns"
local elements = require "alchemoon.sql.elements"
local exc = require "alchemoon.exc"
local named = require "alchemoon.named"
local options = require "alchemoon.options"
local roles = require "alchemoon.sql.roles"
local types = require "alchemoon.types"

local T, E = core.tags, core.enums
local node, node_get, node_tag = core.node, core.node_get, core.node_tag

local selectable = {}

---@class alchemoon.FromClause : alchemoon.ClauseElement
local methods = {}
local properties = {}

--- The class of everything that can stand in FROM.
local FromClause = class.define("FromClause", {
  parent = elements.ClauseElement, methods = methods, properties = properties,
})
selectable.FromClause = FromClause

-- --- aliases ---------------------------------------------------------------------------

--- An ALIAS node of some kind (a name of E.ALIAS_*).
function selectable.new_alias(element, kind, name, more)
  local fields = { element = element, kind = E["ALIAS_" .. kind], name = name }
  for key, value in pairs(more or {}) do fields[key] = value end
  return node(T.ALIAS, fields)
end
local new_alias = selectable.new_alias

local NAMED = { name = true, flat = false }
-- alias("x"), alias{ name = "x" }, alias()
local function name_of(fn_name, name, opts)
  if options.is_options(name) and opts == nil then name, opts = nil, name end
  if type(opts) == "boolean" then opts = { flat = opts } end
  opts = options.check(fn_name, opts, NAMED) or {}
  return name or opts.name, opts
end
selectable.name_of = name_of

-- A join with an alias for each of its sides: `alias_side(from, name)`.
local function join_of_aliases(join, name, alias_side)
  local left, right = node_get(join, "left"), node_get(join, "right")
  local function side(from)
    local tag = node_tag(from)
    if not name or tag == T.JOIN or tag == T.FROM_GROUPING then return alias_side(from, name) end -- of its own sides
    return alias_side(from, name .. "_" .. core.from_description(from))
  end
  local new_left, new_right = side(left), side(right)
  local on = core.adapt(core.adapt(node_get(join, "onclause"), new_left), new_right)
  return core.join(new_left, new_right, on, node_get(join, "outer") ~= 0, node_get(join, "full") ~= 0)
end

-- A join has no alias of its own: either its sides get one each, or it becomes a subquery.
local function alias_of_join(join, name, flat)
  if flat then
    return join_of_aliases(join, name, function(from, own) return from:alias(own, { flat = true }) end)
  end
  return require("alchemoon.sql.select").select(join):select_from(join)
    :set_label_style(E.LABEL_STYLE_TABLENAME_PLUS_COL):correlate(nil):subquery(name)
end

-- Kinds of ALIAS whose alias is of that kind again.
local KEEPS_KIND = { [E.ALIAS_CTE] = true, [E.ALIAS_TABLE_VALUED] = true }

--- An anonymous alias of a table, subquery or join of them, whose columns a name in ORDER BY does not mean: for joins
--- that the library makes itself.
function selectable.hidden_alias(from)
  local tag = node_tag(from)
  if tag == T.JOIN then return join_of_aliases(from, nil, selectable.hidden_alias) end
  if tag == T.FROM_GROUPING then return selectable.hidden_alias(node_get(from, "element")) end
  if tag ~= T.TABLE and (tag ~= T.ALIAS or KEEPS_KIND[node_get(from, "kind")]) then return from:alias() end
  return new_alias(from, "PLAIN", nil, { options = E.ALIAS_HIDES_NAMES })
end

--- Another name for the element; without a name one is made up.
---@param name string?
---@param opts table?
---@return any
function methods:alias(name, opts)
  name, opts = name_of("alias", name, opts)
  local tag = node_tag(self)
  if tag == T.JOIN then return alias_of_join(self, name, opts.flat) end
  if tag == T.FROM_GROUPING then return node_get(self, "element"):alias(name, opts) end
  return new_alias(self, "PLAIN", name)
end

--- LATERAL: a FROM element that may refer to those before it.
---@param name string?
---@return any
function methods:lateral(name)
  return new_alias(self, "LATERAL", (name_of("lateral", name)))
end

local SAMPLE = { name = true, seed = true }
--- TABLESAMPLE: `t:tablesample(10)`, `t:tablesample(am.func.bernoulli(1), { name = "x", seed = am.func.random() })`.
---@param sampling any   percent, or a function
---@param opts table?
---@return any
function methods:tablesample(sampling, opts)
  opts = options.check("tablesample", opts, SAMPLE) or {}
  local how = coerce.element(sampling)
  if how == nil or node_tag(how) ~= T.FUNCTION then
    how = elements.function_node("system", { coerce.expr(sampling, { name = "system" }) })
  end
  return new_alias(self, "TABLESAMPLE", opts.name, {
    sampling = how, seed = opts.seed ~= nil and coerce.expr(opts.seed) or false,
  })
end
methods.tablesample = named.method("tablesample", { "sampling", "name", "seed" }, 1, 1, methods.tablesample)

-- --- joins ------------------------------------------------------------------------------

local JOIN = { isouter = false, full = false, onclause = false }
local FULL = { full = false, onclause = false }

-- join(right [, onclause] [, options])
--- The ON clause of a join from what was given for it.
function selectable.onclause(value, fn_name)
  if type(value) == "string" then roles.refuse(roles.ON_CLAUSE, value) end
  return coerce.condition(value, fn_name .. "()", roles.ON_CLAUSE)
end

local function join_arguments(fn_name, valid, onclause, opts)
  if opts == nil and options.is_options(onclause) then onclause, opts = nil, onclause end
  opts = options.read(fn_name, opts, valid)
  if onclause == nil then onclause = opts.onclause or nil end
  if onclause ~= nil then
    local element = coerce.element(onclause)
    onclause = element and node_tag(element) == T.ORM_ATTR and element or selectable.onclause(onclause, fn_name)
  end
  return onclause, opts
end

--- Door: JOIN of entities, or along a relationship; orm/select_orm.lua.
selectable.orm_join = nil

local function joined(left, right, onclause, outer, full)
  left, right = coerce.from_clause(left), coerce.from_clause(right)
  if selectable.orm_join and (node_tag(left) == T.ORM_ENTITY or node_tag(right) == T.ORM_ENTITY
    or onclause and node_tag(onclause) == T.ORM_ATTR) then
    return selectable.orm_join(left, right, onclause, outer, full)
  end
  return core.join(left, right, onclause, outer, full)
end

--- left JOIN right ON condition; the condition is made from foreign keys when there is none.
-- Raises NoForeignKeysError or AmbiguousForeignKeysError without a condition.
---@param left any
---@param right any
---@param onclause any
---@param opts table?   isouter, full
---@return any
function selectable.join(left, right, onclause, opts)
  onclause, opts = join_arguments("join", JOIN, onclause, opts)
  return joined(left, right, onclause, opts.isouter, opts.full)
end

--- left LEFT OUTER JOIN right ON condition.
---@param left any
---@param right any
---@param onclause any
---@param opts table?
---@return any
function selectable.outerjoin(left, right, onclause, opts)
  onclause, opts = join_arguments("outerjoin", FULL, onclause, opts)
  return joined(left, right, onclause, true, opts.full)
end
selectable.join_arguments, selectable.JOIN, selectable.FULL = join_arguments, JOIN, FULL

methods.join = named.method("join", { "right", "onclause", "isouter", "full" }, 1, 2, selectable.join)
methods.outerjoin = named.method("outerjoin", { "right", "onclause", "full" }, 1, 2, selectable.outerjoin)
selectable.join = named.arguments("join", { "left", "right", "onclause", "isouter", "full" }, 2, 3, selectable.join)
selectable.outerjoin = named.arguments("outerjoin", { "left", "right", "onclause", "full" }, 2, 3, selectable.outerjoin)

-- --- what can be asked of a FROM element -------------------------------------------------

--- A SELECT of all of its columns.
---@return alchemoon.Select
function methods:select()
  if self == nil then exc.raise_not_a_method("select", "table", "") end
  local select = require("alchemoon.sql.select").select
  if node_tag(self) == T.JOIN then
    return select(node_get(self, "left"), node_get(self, "right")):select_from(self)
  end
  return select(self)
end

--- Is this element, or what it is made of, that other one?
---@param other any
---@return boolean
function methods:is_derived_from(other) return core.from_derived(self, coerce.from(other)) end

--- The column of this element that stands for another one.
---@param column any
---@param require_embedded boolean?
---@return any
function methods:corresponding_column(column, require_embedded)
  return core.corresponding_column(self, coerce.element(column), require_embedded)
end

--- A copy in which one FROM element and its columns are exchanged.
---@param old any
---@param alias any
---@return any
function methods:replace_selectable(old, alias) return core.replace_from(self, coerce.from(old), coerce.from(alias)) end

properties.c = function(self) return columns.collection(self) end
properties.columns, properties.exported_columns = properties.c, properties.c
properties.description = function(self) return core.from_description(self) end
properties.name = function(self)
  local tag = node_tag(self)
  if tag == T.TABLE or tag == T.ALIAS or tag == T.VALUES then return node_get(self, "name") end
  return nil
end
properties.named_with_column = function(self)
  local tag = node_tag(self)
  return tag == T.TABLE or tag == T.ALIAS or tag == T.VALUES and node_get(self, "name") ~= nil
end
properties.selectable = function(self) return self end

--- The columns that stand for primary key columns.
properties.primary_key = function(self)
  local found = {}
  for _, column in ipairs((core.from_columns(self))) do
    local facts = node_get(column, "schema")
    if facts and node_get(facts, "primary_key") ~= 0 then found[#found + 1] = column end
  end
  if node_tag(self) == T.JOIN then found = selectable.reduce(found, { node_get(self, "onclause") }) end
  return columns.list(found)
end

--- Foreign keys of the columns, as they stand in the tables.
properties.foreign_keys = function(self)
  local found, seen = {}, {}
  for _, column in ipairs((core.from_columns(self))) do
    local facts = node_get(column, "schema")
    for _, key in ipairs(facts and node_get(facts, "foreign_keys") or {}) do
      if not seen[key] then found[#found + 1] = key end
      seen[key] = true
    end
  end
  return columns.list(found)
end

-- The column itself, also of an attribute of a class; nil for other expressions.
local function column_of(part)
  if part ~= nil and node_tag(part) == T.ORM_ATTR then part = node_get(part, "column") end
  return part ~= nil and node_tag(part) == T.COLUMN and part or nil
end

local function equated(criteria, visit)
  local function walk(part)
    if node_tag(part) == T.BINARY and node_get(part, "op") == selectable.EQ then
      local left, right = column_of(node_get(part, "left")), column_of(node_get(part, "right"))
      if left and right then visit(left, right) end
    end
    for _, child in ipairs(core.node_children(part)) do walk(child) end
  end
  for _, part in ipairs(criteria) do walk(part) end
end

local function is_base_of(column, other)
  for _, proxy in ipairs(node_get(column, "proxies") or {}) do
    if proxy == other or (node_tag(proxy) == T.COLUMN and is_base_of(proxy, other)) then return true end
  end
  return false
end

-- Does `column` refer to `other` by a foreign key?
local function refers_to(column, other)
  local facts = node_get(column, "schema")
  for _, key in ipairs(facts and node_get(facts, "foreign_keys") or {}) do
    local ok, target = pcall(function() return key.column end)
    if ok and target and core.shares_lineage(target, other) then return true end
  end
  return false
end

--- Columns without those that say the same as another one: equated in a condition, or linked by a foreign key
-- (`only_synonyms`: only those of the same name).
function selectable.reduce(list, criteria, only_synonyms)
  local omitted = {} -- column → the one that says it; of a circle of foreign keys one column stays
  local function said_by(other, column)
    while omitted[other] do
      other = omitted[other]
      if other == column then return true end
    end
    return false
  end
  local function same_name(a, b) return not only_synonyms or a.name == b.name end
  for _, column in ipairs(list) do
    if node_tag(column) == T.COLUMN then
      for _, other in ipairs(list) do
        if other ~= column and node_tag(other) == T.COLUMN and refers_to(column, other)
          and same_name(column, other) and not said_by(other, column) then
          omitted[column] = other
          break
        end
      end
    end
  end
  local place = {}
  for i, column in ipairs(list) do place[column_of(column) or column] = i end
  equated(criteria, function(left, right)
    local a, b = place[left], place[right]
    if a and b and same_name(left, right) and not omitted[list[a]] and not omitted[list[b]] then
      omitted[list[math.max(a, b)]] = true
    end
  end)
  local kept = {}
  for _, column in ipairs(list) do
    if not omitted[column] then kept[#kept + 1] = column end
  end
  return kept
end
selectable.is_base_of = is_base_of
for _, info in ipairs(core.operators()) do
  if info.name == "eq" then selectable.EQ = info.id end
end

-- --- classes -----------------------------------------------------------------------------

local field = class.field

selectable.TableClause = class.define("TableClause", {
  tags = { "TABLE" }, parent = FromClause, properties = { schema = field "schema" },
})
selectable.Alias = class.define("Alias", {
  tags = { "ALIAS" }, parent = FromClause,
  properties = { element = field "element", original = field "element" },
})
selectable.Join = class.define("Join", {
  tags = { "JOIN" }, parent = FromClause,
  properties = {
    left = field "left", right = field "right", onclause = field "onclause",
    isouter = function(self) return node_get(self, "outer") ~= 0 end,
    full = function(self) return node_get(self, "full") ~= 0 end,
  },
})
selectable.FromGrouping = class.define("FromGrouping", {
  tags = { "FROM_GROUPING" }, parent = FromClause, properties = { element = field "element" },
})

-- --- functions of am -----------------------------------------------------------------------

local TABLE = { schema = true }
--- A table by name, with columns made by am.column().
---@param name string
---@param ... any
---@return any
function selectable.table(name, ...)
  local args, opts = options.split(...)
  opts = options.check("table", opts, TABLE) or {}
  local from = node(T.TABLE, { name = name, schema = opts.schema, kind = E.TABLE_LIGHT })
  for i = 1, args.n do
    local column = coerce.element(args[i])
    if node_tag(column) ~= T.COLUMN then
      exc.raise("ArgumentError", "table(): #%d must be a column() object, got %s", i, coerce.describe(args[i]))
    end
    if node_get(column, "table") ~= nil then
      exc.raise("ArgumentError", "column object '%s' already assigned to table '%s'", node_get(column, "name"),
        core.from_description(node_get(column, "table")))
    end
    core.node_own(from, "columns", column)
    core.node_set(column, "table", from)
    core.node_set(column, "position", i - 1)
    core.node_reseal(column)
  end
  core.node_reseal(from)
  return from
end

--- Another name for a FROM element, for a statement as a subquery.
---@param value any
---@param name string?
---@param opts table?
---@return any
function selectable.alias(value, name, opts)
  local from = coerce.from(value)
  return from:alias(name, opts)
end
selectable.alias = named.arguments("alias", { "selectable", "name", "flat" }, 1, 2, selectable.alias)

--- A statement as a FROM element that may refer to those before it.
---@param value any
---@param name string?
---@return any
function selectable.lateral(value, name)
  local from = coerce.from(value)
  if node_tag(from) == T.FUNCTION then return new_alias(from, "LATERAL", (name_of("lateral", name))) end
  return from:lateral(name)
end
selectable.lateral = named.arguments("lateral", { "selectable", "name" }, 1, 2, selectable.lateral)

--- A random part of a table's rows.
---@param value any
---@param sampling any
---@param opts table?   name, seed
---@return any
function selectable.tablesample(value, sampling, opts)
  return coerce.from(value):tablesample(sampling, opts)
end
selectable.tablesample = named.arguments("tablesample", { "selectable", "sampling", "name", "seed" }, 2, 2,
  selectable.tablesample)

--- The columns of a FROM element, mapped class, mapper, statement, collection, constraint or index, in order.
---@param value any
---@return any
function selectable.columns(value)
  local listed = value ~= nil and columns.listed(value)
  if listed then return listed end
  local from = columns.from_of(value) or coerce.element(value)
  if from == nil then
    exc.raise("ArgumentError", "columns() needs a FROM element or a statement, got %s", coerce.describe(value))
  end
  local tag = node_tag(from)
  if coerce.IS_SELECT[tag] then return columns.list(core.selected_columns(from)) end
  if tag == T.CONSTRAINT or tag == T.INDEX then return from.columns end
  return columns.list((core.from_columns(from)))
end

selectable.NULLTYPE = types.NULLTYPE

return selectable
