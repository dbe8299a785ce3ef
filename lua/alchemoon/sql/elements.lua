--- Scalar expressions: ColumnElement with every operator.
--
-- `elements.ColumnElement` is the parent class of everything that can be an operand. Methods that belong to one SQL
-- type (JSON, ARRAY ...) come from comparators.lua and are found by the type of the expression. What one kind of
-- expression has besides (a binary one's `left`, a parameter's `value`) is in plain_nodes.lua.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local named = require "alchemoon.named"
local options = require "alchemoon.options"
local types = require "alchemoon.types"
local class = require "alchemoon.sql.class"
local coerce = require "alchemoon.sql.coerce"
local custom_op = require "alchemoon.sql.custom_op"
local operators = require "alchemoon.sql.operators"
local structure = require "alchemoon.sql.comparison"
local compiled = require "alchemoon.sql.compiled"
local comparators = require "alchemoon.sql.comparators"
local plain_nodes = require "alchemoon.sql.plain_nodes"

local tags, node_tag, node_get, node_type = core.tags, core.node_tag, core.node_get, core.node_type
local op, BOOLEAN, NULLTYPE = operators.op, types.BOOLEAN, types.NULLTYPE
local compare, arith = operators.compare, operators.arith
local fast_arithmetic = core.arithmetic

local elements = {}

-- --- everything that can be compiled ------------------------------------------------

---@class alchemoon.ClauseElement
local clause = {}

--- The statement or expression as text with its parameters; see alchemoon.sql.compiled.
-- Raises CompileError where the dialect has no words for it.
---@param opts table?   dialect, literal_binds, render_postcompile, schema_translate_map, column_keys ...; or an engine
---                      or connection that gives the dialect, with the options behind it
---@return alchemoon.Compiled
function clause.compile(self, opts, more) return compiled.compile(self, opts, more) end

--- Do two constructs have the same structure, and the same values for their parameters?
---@param other any
---@return boolean
function clause.compare(self, other) return structure.compare(self, other) end

--- What the construct is made of.
---@return any[]
function clause.get_children(self) return core.node_children(self) end

---@param against any   an operator
---@return any the construct, in parentheses if it needs them
function clause.self_group(self, against) return core.self_group(self, op[against or "alone"] or op.alone) end

local function set_params(self, values, name)
  if type(values) ~= "table" then
    exc.raise("ArgumentError", "%s() needs a table of parameter names and values, got %s", name, type(values))
  end
  return core.node_replace(self, function(node)
    if node_tag(node) ~= tags.BIND then return nil end
    local key = node_get(node, "name")
    local value = key and values[key]
    if value == nil then return nil end
    local bits = node_get(node, "options")
    if types.has_bit(bits, coerce.BIND.REQUIRED) then bits = bits - coerce.BIND.REQUIRED end
    return core.node_with(node, { value = value, options = bits })
  end)
end

--- A copy with other values for its named parameters.
---@param values table<string, any>
---@return any
function clause.params(self, values) return set_params(self, values, "params") end

--- The same with new parameters of its own.
---@param values table<string, any>
---@return any
function clause.unique_params(self, values)
  return core.node_replace(set_params(self, values, "unique_params"), function(node)
    if node_tag(node) ~= tags.BIND then return nil end
    local bits = node_get(node, "options")
    if types.has_bit(bits, coerce.BIND.UNIQUE) then return nil end
    return core.node_with(node, { options = bits + coerce.BIND.UNIQUE })
  end)
end

elements.ClauseElement = class.define("ClauseElement", {
  methods = clause,
  metamethods = { __tostring = function(self) return tostring(compiled.compile(self)) end },
})

-- --- operators ----------------------------------------------------------------------

---@class alchemoon.ColumnElement : alchemoon.ClauseElement
local M = {}
-- `any_(x) > y` is said by SQL as `y < any (x)`.
local is_aggregate = operators.is_aggregate

local function comparison(name)
  local own = op[name]
  local opposite = operators.NEGATE[own]
  local function general(self, other)
    if is_aggregate(self) then
      return compare(self, operators.MIRROR[own] or own, other, { reverse = true })
    end
    return comparators.operate(self, name, own, other) or compare(self, own, other)
  end
  return core.comparison(own, opposite, BOOLEAN, general)
end
for _, name in ipairs { "eq", "ne", "lt", "le", "gt", "ge" } do M[name] = comparison(name) end

local function refuse_aggregate(self)
  if is_aggregate(self) then
    exc.raise("ArgumentError", "Only comparison operators may be used with ANY/ALL")
  end
end

local function arithmetic(name)
  local own = op[name]
  return function(self, other)
    local quick = fast_arithmetic(self, other, own)
    if quick then return quick end
    refuse_aggregate(self)
    return comparators.operate(self, name, own, other) or arith(self, own, other)
  end
end
for _, name in ipairs {
  "add", "sub", "mul", "truediv", "floordiv", "mod", "concat", "bitwise_and", "bitwise_or", "bitwise_xor",
  "bitwise_lshift", "bitwise_rshift",
} do
  M[name] = arithmetic(name)
end
M.div = M.truediv

local function power(base, exponent)
  return elements.function_node("pow", { coerce.expr(base, { name = "pow" }), coerce.expr(exponent, { name = "pow" }) },
    node_type(coerce.element(base) or exponent))
end

--- self to the power of other.
---@param other any
---@return alchemoon.ColumnElement
function M.pow(self, other) return power(self, other) end

--- ~self
---@return alchemoon.ColumnElement
function M.bitwise_not(self) return core.unary(self, op.bitwise_not, 0, node_type(self)) end

--- -self
---@return alchemoon.ColumnElement
function M.neg(self)
  refuse_aggregate(self)
  return core.unary(self, op.neg, 0, node_type(self))
end

--- self IS other
---@param other any
---@return alchemoon.ColumnElement
function M.is_(self, other) return compare(self, op.is_, other) end

--- self IS NOT other
---@param other any
---@return alchemoon.ColumnElement
function M.is_not(self, other) return compare(self, op.is_not, other) end
M.isnot = M.is_not

--- self IS DISTINCT FROM other: NULL is equal to NULL.
---@param other any
---@return alchemoon.ColumnElement
function M.is_distinct_from(self, other) return compare(self, op.is_distinct_from, other) end

--- self IS NOT DISTINCT FROM other
---@param other any
---@return alchemoon.ColumnElement
function M.is_not_distinct_from(self, other) return compare(self, op.is_not_distinct_from, other) end
M.isnot_distinct_from = M.is_not_distinct_from

--- self IN (...)
---@param ... any   a list of values, a SELECT, or a parameter with expanding = true
---@return alchemoon.ColumnElement
function M.in_(self, ...) return operators.in_(self, op.in_, ...) end

--- self NOT IN (...)
---@param ... any
---@return alchemoon.ColumnElement
function M.not_in(self, ...) return operators.in_(self, op.not_in, ...) end
M.notin_ = M.not_in

local BETWEEN = { symmetric = false }
local function between(self, operator, low, ...)
  if select("#", ...) == 0 then
    if options.is_options(low) and low.cleft ~= nil and low.cright ~= nil then -- all three by name
      return between(self, operator, low.cleft, low.cright, { symmetric = low.symmetric })
    end
    exc.raise("ArgumentError", "between: two values are needed, a lower and an upper one, got %s",
      low == nil and "none" or "one")
  end
  local high, opts = ...
  if type(opts) == "boolean" then opts = { symmetric = opts } end
  opts = options.read("between", opts, BETWEEN)
  return operators.between(self, operator, low, high, opts.symmetric)
end

--- self BETWEEN low AND high
---@param low any
---@param ... any   high, { symmetric = true }
---@return alchemoon.ColumnElement
function M.between(self, low, ...) return between(self, op.between, low, ...) end

--- self NOT BETWEEN low AND high
---@param low any
---@param ... any   high, { symmetric = true }
---@return alchemoon.ColumnElement
function M.not_between(self, low, ...) return between(self, op.not_between, low, ...) end

-- --- patterns -----------------------------------------------------------------------

local LIKE = { escape = true }
for _, name in ipairs { "like", "not_like", "ilike", "not_ilike" } do
  local own = op[name]
  M[name] = function(self, other, opts)
    if type(opts) == "string" then opts = { escape = opts } end
    opts = options.check(name, opts, LIKE)
    return compare(self, own, other, { modifiers = operators.modifiers { escape = opts and opts.escape } })
  end
  M[name] = named.method(name, { "other", "escape" }, 1, 1, M[name])
end
M.notlike, M.notilike = M.not_like, M.not_ilike

local SUBSTRING = { escape = true, autoescape = true }
for _, name in ipairs { "contains", "startswith", "endswith", "icontains", "istartswith", "iendswith" } do
  local own = op[name]
  M[name] = function(self, other, opts)
    opts = options.check(name, opts, SUBSTRING) or {}
    local special = not next(opts) and comparators.operate(self, name, own, other)
    if special then return special end
    local escape = opts.escape
    if opts.autoescape then
      if type(other) ~= "string" then
        exc.raise("ArgumentError", "String value expected when autoescape=true, got %s", type(other))
      end
      escape = escape or "/"
      if escape ~= "%" and escape ~= "_" then
        other = other:gsub(escape:gsub("%W", "%%%0"), function(ch) return ch .. ch end)
      end
      other = other:gsub("[%%_]", function(ch) return escape .. ch end)
    end
    return compare(self, own, other, {
      modifiers = operators.modifiers { escape = escape, options = opts.autoescape and 1 or nil },
    })
  end
  if not name:find("contains", 1, true) then -- whose argument may be a table of the database's
    M[name] = named.method(name, { "other", "escape", "autoescape" }, 1, 1, M[name])
  end
end

--- Full text search; options are the dialect's own (postgresql_regconfig, mysql_boolean_mode ...).
local MATCH = { postgresql_regconfig = true, mysql_boolean_mode = true, mysql_natural_language = true,
  mysql_query_expansion = true, fulltext_expression = true }

--- Full-text search in the words of the database.
---@param other any
---@param opts table?   what the dialect offers
---@return alchemoon.ColumnElement
function M.match(self, other, opts)
  opts = options.check("match", opts, MATCH) or {}
  local fields = {}
  if opts.postgresql_regconfig then fields.flags = opts.postgresql_regconfig end
  local bits = (opts.mysql_boolean_mode == false and 1 or 0) + (opts.mysql_natural_language and 2 or 0)
    + (opts.mysql_query_expansion and 4 or 0)
  if bits > 0 then fields.options = bits end
  return compare(self, op.match, other, { type = types.MATCHTYPE, modifiers = operators.modifiers(fields) })
end

local FLAGS = { flags = true }

--- Does the text match a regular expression of the database?
---@param pattern any
---@param opts table?   flags
---@return alchemoon.ColumnElement
function M.regexp_match(self, pattern, opts)
  if type(opts) == "string" then opts = { flags = opts } end
  opts = options.check("regexp_match", opts, FLAGS) or {}
  return compare(self, op.regexp_match, pattern,
    { modifiers = operators.modifiers { flags = opts.flags }, type = NULLTYPE })
end
M.regexp_match = named.method("regexp_match", { "pattern", "flags" }, 1, 1, M.regexp_match)

--- The text with what matches the pattern replaced.
---@param pattern any
---@param replacement any
---@param opts table?   flags
---@return alchemoon.ColumnElement
function M.regexp_replace(self, pattern, replacement, opts)
  if type(opts) == "string" then opts = { flags = opts } end
  opts = options.check("regexp_replace", opts, FLAGS) or {}
  local right = core.node(tags.CLAUSE_LIST, {
    items = { coerce.operand(self, op.comma, pattern), coerce.operand(self, op.comma, replacement) }, op = op.comma,
  }, NULLTYPE)
  return core.binary(self, right, op.regexp_replace, 0, NULLTYPE,
    operators.modifiers { flags = opts.flags })
end
M.regexp_replace = named.method("regexp_replace", { "pattern", "replacement", "flags" }, 2, 2, M.regexp_replace)

-- --- custom operators ---------------------------------------------------------------

local OP = { precedence = 0, is_comparison = false, return_type = true, python_impl = true }
--- `col:op("@@")(other)`: any operator the database has; `precedence` decides parentheses.
---@param text string
---@param opts table?   precedence, is_comparison, return_type
---@return fun(other:any):alchemoon.ColumnElement
function M.op(self, text, opts)
  opts = options.read("op", opts, OP)
  local operator = custom_op.new(text, opts)
  return function(other) return custom_op.apply(operator, self, other) end
end
M.op = named.method("op", { "opstring", "precedence", "is_comparison", "return_type", "python_impl" }, 1, 1, M.op)

--- An operator whose result is true or false.
---@param text string
---@param opts table?   precedence
---@return fun(other:any):alchemoon.ColumnElement
function M.bool_op(self, text, opts)
  opts = options.read("bool_op", opts, OP)
  opts.is_comparison = true
  local operator = custom_op.new(text, opts)
  return function(other) return custom_op.apply(operator, self, other) end
end
M.bool_op = named.method("bool_op", { "opstring", "precedence", "python_impl" }, 1, 1, M.bool_op)
M.dot_op = M.op

-- --- conditions ---------------------------------------------------------------------

--- self AND other
---@param other any
---@return alchemoon.ColumnElement
function M.and_(self, other)
  local own = comparators.operate(self, "and_", op.and_, other)
  if own then return own end
  return operators.conjunction(op.and_, { self, coerce.condition(other, "and_()") })
end

--- self OR other
---@param other any
---@return alchemoon.ColumnElement
function M.or_(self, other)
  local own = comparators.operate(self, "or_", op.or_, other)
  if own then return own end
  return operators.conjunction(op.or_, { self, coerce.condition(other, "or_()") })
end

--- NOT self; a comparison by its opposite.
---@return alchemoon.ColumnElement
function M.not_(self) return operators.negate(self) end

-- --- ordering, marking, naming ------------------------------------------------------

local function modifier(name)
  return function(self) return core.unary(self, 0, op[name], node_type(self)) end
end
M.desc, M.asc = modifier "desc", modifier "asc"
M.nulls_first, M.nulls_last = modifier "nulls_first", modifier "nulls_last"
M.nullsfirst, M.nullslast = M.nulls_first, M.nulls_last

--- DISTINCT self, inside of an aggregate.
---@return alchemoon.ColumnElement
function M.distinct(self) return core.unary(self, op.distinct, 0, node_type(self)) end

local function aggregate(name)
  return function(self)
    local own = node_type(self)
    if own and types.kind_key(own) == "ARRAY" then own = node_get(own, "item") end
    return core.unary(core.self_group(self, op[name]), op[name], 0, own)
  end
end
M.any_, M.all_ = aggregate "any_", aggregate "all_"

--- self COLLATE name
---@param name string
---@return alchemoon.ColumnElement
function M.collate(self, name)
  local collation = core.node(tags.COLLATION, { name = name }, types.STRING)
  return core.binary(self, collation, op.collate, 0, node_type(self))
end
M.collate = named.method("collate", { "collation" }, 1, 1, M.collate)

local LABEL = { name = true }
--- A name for the expression; without one it is made up by the compiler.
---@param name string?   or { name = }
---@return alchemoon.ColumnElement
function M.label(self, name)
  if options.is_options(name) then name = options.check("label", name, LABEL).name end
  local element = core.self_group(elements.unlabelled(self), op.as)
  local fields = { name = name, stem = name == nil and elements.stem(self) or nil, element = element }
  return core.node(tags.LABEL, fields, node_type(self))
end

--- CAST(self AS type)
---@param sql_type any
---@return alchemoon.ColumnElement
function M.cast(self, sql_type)
  if types.is_type(self) then exc.raise_not_a_method("cast", "column", "type") end
  return elements.cast(self, sql_type)
end
M.cast = named.method("cast", { "type_" }, 1, 1, M.cast)

--- An element of a JSON or ARRAY value, or a slice: `col:at("a", "b")`, `col:at(1)`, `col:at(am.slice(2, 5))`.
---@param ... any
---@return alchemoon.ColumnElement
function M.at(self, ...) return comparators.getitem(self, ...) end

--- A label's element; other things as they are.
function elements.unlabelled(node)
  if node_tag(node) == tags.LABEL then return node_get(node, "element") end
  return node
end

--- The beginning of the made-up name of an expression.
function elements.stem(node)
  local tag = node_tag(node)
  if tag == tags.COLUMN then return node_get(node, "name") end
  if tag == tags.LABEL or tag == tags.FUNCTION then return node_get(node, "name") or "anon" end
  return "anon"
end

local P = {}
P.type = function(self) return node_type(self) or NULLTYPE end
P.key = function() return nil end
P.name = P.key
P.table = P.key
P.base_columns = function(self) return { self } end
P.comparator = function(self) return self end
P.expression = function(self) return self end
P.expr = P.expression -- as a comparator calls it

local function plain_column(node)
  if node_tag(node) == tags.ORM_ATTR then return node_get(node, "column") end
  return node
end

--- Does the column come from the same table column as the other, through whatever aliases and subqueries?
---@param other any
---@return boolean
function M.shares_lineage(self, other)
  local mine, theirs = plain_column(self), plain_column(coerce.element(other))
  if mine == nil or theirs == nil then return false end
  return mine == theirs or core.shares_lineage(mine, theirs)
end

--- The operator of that name, or one of am.operators: operate("eq", 5) is eq(5).
---@param name string|table
---@param ... any
---@return alchemoon.ColumnElement
function M.operate(self, name, ...)
  if type(name) == "table" and name.__name__ then return name(self, ...) end
  local method = op[name] and M[name]
  if not method then exc.raise("ArgumentError", "operate(): there is no operator '%s'", tostring(name)) end
  return method(self, ...)
end

--- The operator with the operand on its left: reverse_operate("sub", 5) is 5 - expression.
---@param name string|table
---@param other any
---@return alchemoon.ColumnElement
function M.reverse_operate(self, name, other)
  if custom_op.is(name) then return custom_op.apply(name, self, other, true) end
  if type(name) == "table" then name = name.method end
  if not op[name] then exc.raise("ArgumentError", "reverse_operate(): there is no operator '%s'", tostring(name)) end
  refuse_aggregate(self)
  return comparators.operate(self, name, op[name], other, true) or arith(self, op[name], other, { reverse = true })
end

local function both(method, name)
  return function(a, b)
    local left = coerce.element(a)
    if left then return M[method](left, b) end
    local right = coerce.element(b)
    refuse_aggregate(right)
    return comparators.operate(right, name, op[name], a, true) or arith(right, op[name], a, { reverse = true })
  end
end

local CONCAT_LITERAL = 128 -- a parameter made by `..`: belongs to the operand on its left

-- Lua groups `a .. "x" .. b` from the right; SQL's text is made from the left, as Python does.
local function concat_operands(node, out)
  if node_tag(node) == tags.BINARY and node_get(node, "op") == op.concat then
    for _, key in ipairs { "left", "right" } do
      local item = node_get(node, key)
      local literal = node_tag(item) == tags.BIND and types.has_bit(node_get(item, "options"), CONCAT_LITERAL)
      out[#out + 1] = literal and { value = node_get(item, "value") } or { node = item }
    end
  elseif node_tag(node) == tags.CLAUSE_LIST and node_get(node, "op") == op.concat then
    for _, item in ipairs(node_get(node, "items")) do
      local literal = node_tag(item) == tags.BIND and types.has_bit(node_get(item, "options"), CONCAT_LITERAL)
      out[#out + 1] = literal and { value = node_get(item, "value") } or { node = item }
    end
  else
    out[#out + 1] = { node = node }
  end
end

local function mark_literal(bind)
  return core.node_with(bind, { options = node_get(bind, "options") + CONCAT_LITERAL })
end

-- The operands of `..` on its right: their own, if it is a text put together by `..`.
local function operands_of(value)
  local node, parts = coerce.element(value), {}
  if node then concat_operands(node, parts) else parts[1] = { value = value } end
  return parts
end

local function concat(a, b)
  local left = coerce.element(a)
  local made = comparators.by_hook(left or coerce.element(b), "concat", left == nil, left and b or a)
  if made ~= nil then return made end
  local parts, result = operands_of(b), left
  if not left then -- a literal at the front is named after what follows it
    local first = parts[1].node or coerce.expr(parts[1].value)
    result = mark_literal(coerce.bind_for(first, op.concat, a))
  end
  for _, part in ipairs(parts) do
    local right = part.node or mark_literal(coerce.bind_for(result, op.concat, part.value))
    result = arith(result, op.concat, right)
  end
  return result
end

comparators.hear(M, { "like", "ilike", "not_like", "not_ilike", "in_", "not_in", "is_", "is_not", "is_distinct_from",
  "is_not_distinct_from", "between", "startswith", "endswith", "contains", "icontains", "istartswith", "iendswith",
  "match", "regexp_match", "regexp_replace", "collate", "asc", "desc", "nulls_first", "nulls_last", "distinct", "neg" })

elements.ColumnElement = class.define("ColumnElement", {
  parent = elements.ClauseElement, methods = M, properties = P,
  metamethods = {
    __add = both("add", "add"), __sub = both("sub", "sub"), __mul = both("mul", "mul"),
    __div = both("truediv", "truediv"), __mod = both("mod", "mod"), __idiv = both("floordiv", "floordiv"),
    __pow = power, __unm = function(a) return M.neg(a) end,
    __concat = core.concat_guard(concat),
    __shl = both("bitwise_lshift", "bitwise_lshift"), __shr = both("bitwise_rshift", "bitwise_rshift"),
    __band = function(a, b)
      local left = coerce.element(a)
      if left and left.and_ then return left:and_(b) end
      return operators.conjunction(op.and_, { coerce.condition(a, "&"), coerce.condition(b, "&") })
    end,
    __bor = function(a, b)
      local left = coerce.element(a)
      if left and left.or_ then return left:or_(b) end
      return operators.conjunction(op.or_, { coerce.condition(a, "|"), coerce.condition(b, "|") })
    end,
    __bnot = function(a) return operators.negate(a) end,
    __lt = function()
      exc.raise("ArgumentError", "Lua compares with `<` at once; write a:lt(b), a:le(b), a:gt(b) or a:ge(b)")
    end,
    __le = function()
      exc.raise("ArgumentError", "Lua compares with `<=` at once; write a:lt(b), a:le(b), a:gt(b) or a:ge(b)")
    end,
  },
})
-- Attributes that the type of the expression brings: `data.astext`, `tags:overlap(...)`.
elements.ColumnElement.fallback = function(node, key)
  return comparators.attribute(node, key)
end
comparators.setup(elements)
plain_nodes.define(elements)

local function cast_node(safe)
  --- CAST(value AS type); try_cast: NULL instead of an error, where the database has it.
  ---@param value any
  ---@param sql_type any
  ---@return alchemoon.ColumnElement
  return function(value, sql_type)
    sql_type = types.argument("cast", sql_type)
    local node = coerce.expr(value, { type = sql_type })
    return core.node(tags.CAST, { element = node, safe = safe, to_type = sql_type }, sql_type)
  end
end
elements.cast, elements.try_cast = cast_node(0), cast_node(1)

return elements
