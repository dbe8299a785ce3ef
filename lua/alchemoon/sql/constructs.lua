--- The functions of `am` that make scalar expressions: literal, bindparam, case, cast, and_, tuple_ and so on.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local named = require "alchemoon.named"
local options = require "alchemoon.options"
local are_pairs, sorted_keys = require("alchemoon.keys").are_pairs, require("alchemoon.keys").sorted
local types = require "alchemoon.types"
local coerce = require "alchemoon.sql.coerce"
local elements = require "alchemoon.sql.elements"
local operators = require "alchemoon.sql.operators"
local roles = require "alchemoon.sql.roles"

local tags, node_tag = core.tags, core.node_tag
local op, BIND = operators.op, coerce.BIND

local C = {}

-- --- columns, literals, parameters ---------------------------------------------------

local COLUMN = { is_literal = true, type_ = true, _selectable = true }
--- A column by name only, without a table.
---@param name string
---@param sql_type any
---@param opts table?   is_literal
---@return alchemoon.ColumnElement
function C.column(name, sql_type, opts)
  if options.is_options(sql_type) and opts == nil and not types.is_type(sql_type) then
    sql_type, opts = nil, sql_type
  end
  opts = options.check("column", opts, COLUMN) or {}
  return core.node(tags.COLUMN, { name = name, literal = opts.is_literal and 1 or 0 },
    types.coerce(sql_type or opts.type_))
end
C.column = named.arguments("column", { "text", "type_", "is_literal" }, 1, 2, C.column)

--- Text that is rendered as it is, in the place of a column.
---@param text string
---@param sql_type any
---@return alchemoon.ColumnElement
function C.literal_column(text, sql_type)
  if type(text) ~= "string" then
    exc.raise("ArgumentError", "literal_column() needs the text of the column, got %s", type(text))
  end
  return core.node(tags.COLUMN, { name = text, literal = 1 }, types.argument("literal_column", sql_type))
end
C.literal_column = named.arguments("literal_column", { "text", "type_" }, 1, 2, C.literal_column)

local LITERAL = { type_ = true, literal_execute = false }
--- A value as a bound parameter.
---@param value any
---@param sql_type any
---@param opts table?   literal_execute
---@return alchemoon.ColumnElement
function C.literal(value, sql_type, opts)
  if options.is_options(sql_type) and opts == nil then sql_type, opts = nil, sql_type end
  opts = options.read("literal", opts, LITERAL)
  sql_type = sql_type or opts.type_
  local bits = BIND.UNIQUE + (opts.literal_execute and BIND.LITERAL_EXECUTE or 0)
  if value == coerce.null then value = nil end
  if value ~= nil and coerce.is_expression(value) then
    exc.raise("ArgumentError", "Literal value expected, got %s.", coerce.describe(value))
  end
  if type(value) == "table" then coerce.refuse_object(value, "Literal value") end
  return core.bind(nil, value, bits, sql_type and types.coerce(sql_type) or types.of(value))
end
C.literal = named.arguments("literal", { "value", "type_", "literal_execute" }, 1, 2, C.literal)

local BINDPARAM = { key = false,
  type_ = true, value = true, unique = false, required = true, quote = true, callable_ = true, expanding = false,
  isoutparam = false, literal_execute = false,
}
-- bindparam(key, value, type, unique, required, ...): what stands behind the type.
local PLACES = { [3] = "unique", [4] = "required", [5] = "quote", [6] = "callable_", [7] = "expanding",
  [8] = "isoutparam", [9] = "literal_execute" }
local function by_place(args, opts)
  local out = {}
  for key, value in pairs(opts or {}) do out[key] = value end
  for i = 3, args.n do
    if args[i] ~= nil and PLACES[i] then out[PLACES[i]] = args[i] end
  end
  return out
end

--- A named parameter: bindparam("name", value, type, {...}). Without a value one must be given at execution.
---@param key string?
---@param ... any
---@return alchemoon.ColumnElement
function C.bindparam(key, ...)
  local args, opts = options.split(...)
  if opts == nil and options.is_options(key) then key, opts = key.key, key end -- bindparam{ key = "x" }
  if args.n > 2 then opts = by_place(args, opts) end
  opts = options.read("bindparam", opts, BINDPARAM)
  local value, sql_type = args[1], args[2] or opts.type_
  local given = args.n >= 1 and (args[1] ~= nil or args.n == 1)
  if args.n >= 1 and types.is_type(args[1]) and args[2] == nil then -- bindparam("x", am.Integer)
    value, sql_type, given = nil, args[1], false
  end
  if opts.value ~= nil then value, given = opts.value, true end
  local bits = 0
  if opts.unique or key == nil then bits = bits + BIND.UNIQUE end -- without a name it is like no other
  if key == nil and not opts.unique then bits = bits + BIND.NAMELESS end
  if opts.required == true or opts.required == nil and not given and opts.callable_ == nil then
    bits = bits + BIND.REQUIRED
  end
  if opts.expanding then bits = bits + BIND.EXPANDING end
  if opts.literal_execute then bits = bits + BIND.LITERAL_EXECUTE end
  if opts.isoutparam then bits = bits + BIND.OUT end
  if value == coerce.null then value = nil end
  local sample = value
  if opts.expanding and type(value) == "table" then sample = value[1] end
  local node = core.bind(key, value, bits, sql_type and types.coerce(sql_type)
    or (sample ~= nil and types.of(sample) or types.NULLTYPE))
  if opts.callable_ then node = core.node_with(node, { callable = opts.callable_ }) end
  return node
end

--- A parameter through which a procedure returns a value.
---@param key string
---@param sql_type any
---@return alchemoon.ColumnElement
function C.outparam(key, sql_type) return C.bindparam(key, nil, sql_type, { required = false, isoutparam = true }) end

C.custom_op = require("alchemoon.sql.custom_op").custom_op

--- A statement from a function. Statements are found in the cache by their shape, so there is nothing to gain by
--- the function; it is here for programs that were ported.
---@param fn function
---@return userdata statement
function C.lambda_stmt(fn)
  if type(fn) ~= "function" then
    exc.raise("ArgumentError", "lambda_stmt() needs a function that returns a statement, got %s", type(fn))
  end
  return coerce.statement(fn())
end

--- NULL
---@return alchemoon.ColumnElement
function C.null_() return operators.NULL end

--- true, or 1 = 1 where a database has no such word.
---@return alchemoon.ColumnElement
function C.true_() return operators.TRUE end

--- false, or 0 = 1 where a database has no such word.
---@return alchemoon.ColumnElement
function C.false_() return operators.FALSE end

-- --- conditions ------------------------------------------------------------------------

local function conjunction(name)
  local own = op[name]
  --- The conditions, joined by AND or OR.
  ---@param ... any
  ---@return alchemoon.ColumnElement
  return function(...)
    local count = select("#", ...)
    if count == 0 then -- a condition that is not there
      return core.node(tags.CLAUSE_LIST, { items = {}, op = own, group = 1 }, types.public.Boolean())
    end
    local items = {}
    for i = 1, count do items[i] = coerce.condition((select(i, ...)), name .. "()") end
    return operators.conjunction(own, items)
  end
end
C.and_, C.or_ = conjunction "and_", conjunction "or_"
elements.and_, elements.or_ = C.and_, C.or_

--- NOT value; a comparison by its opposite.
---@param value any
---@return alchemoon.ColumnElement
function C.not_(value)
  if type(value) == "boolean" then coerce.compared(value, "not_()") end
  return operators.negate(coerce.expr(value))
end

-- --- operators as functions -----------------------------------------------------------

local function as_function(name)
  --- The expression's method of that name as a function; a string is the name of a label.
  ---@param value any
  ---@param ... any
  ---@return alchemoon.ColumnElement
  return function(value, ...)
    local node = type(value) == "string" and elements.label_reference(value)
      or coerce.column(value, name .. "()", name ~= "distinct" and roles.BY_OR_OF or nil)
    return node[name](node, ...)
  end
end
for _, name in ipairs { "asc", "desc", "nulls_first", "nulls_last", "nullsfirst", "nullslast", "distinct" } do
  C[name] = as_function(name)
end
local function between(value, ...)
  local node = coerce.expr(value)
  return node:between(...)
end
--- value BETWEEN lower AND upper
---@param value any
---@param ... any   lower, upper, { symmetric = true }
---@return alchemoon.ColumnElement
function C.between(value, ...)
  if select("#", ...) == 0 and options.is_options(value) and value.expr ~= nil then -- all by name
    return between(value.expr, value.lower_bound, value.upper_bound, { symmetric = value.symmetric })
  end
  return between(value, ...)
end
for _, name in ipairs { "any_", "all_", "bitwise_not" } do
  --- The expression's method of that name as a function.
  ---@param value any
  ---@param ... any
  ---@return alchemoon.ColumnElement
  C[name] = function(value, ...)
    local node = coerce.expr(value)
    return node[name](node, ...)
  end
end

--- value COLLATE name
---@param value any
---@param name string
---@return alchemoon.ColumnElement
function C.collate(value, name) return coerce.expr(value):collate(name) end
C.collate = named.arguments("collate", { "expression", "collation" }, 2, 2, C.collate)

local LABEL = { type_ = true }
--- An expression with a name.
---@param name string?
---@param value any
---@param opts table?   type_: what the label counts as
---@return alchemoon.ColumnElement
function C.label(name, value, opts)
  local label = coerce.column(value, "label()"):label(name)
  opts = options.check("label", opts, LABEL)
  return opts and opts.type_ and core.node_with(label, {}, types.coerce(opts.type_)) or label
end
C.label = named.arguments("label", { "name", "element", "type_" }, 2, 2, C.label)

-- --- case, cast, extract ----------------------------------------------------------------

local CAST = { "expression", "type_" }
C.cast = named.arguments("cast", CAST, 2, 2, elements.cast)
C.try_cast = named.arguments("try_cast", CAST, 2, 2, elements.try_cast)

--- An expression that counts as another type, without a word of SQL.
---@param value any
---@param sql_type any
---@return alchemoon.ColumnElement
function C.type_coerce(value, sql_type)
  sql_type = types.argument("type_coerce", sql_type)
  local node = coerce.element(value)
  if node == nil then
    local is_null = value == nil or value == coerce.null
    local is_value = sql_type.should_evaluate_none or types.affinity(sql_type) == "JSON" and not sql_type.none_as_null
    if is_null and not is_value then return core.node(tags.TYPE_COERCE, { element = C.null_() }, sql_type) end
    return core.bind(nil, value, BIND.UNIQUE + BIND.NAMELESS, sql_type)
  end
  node = coerce.scalar(node)
  if node_tag(node) == tags.BIND then -- in VALUES it keeps its name, as what is wrapped does
    local bits = core.node_get(node, "options")
    return core.node_with(node, { options = types.has_bit(bits, BIND.NAMELESS) and bits or bits + BIND.NAMELESS },
      sql_type)
  end
  return core.node(tags.TYPE_COERCE, { element = node }, sql_type)
end
C.type_coerce = named.arguments("type_coerce", CAST, 2, 2, C.type_coerce)

--- EXTRACT(field FROM value)
---@param field string
---@param value any
---@return alchemoon.ColumnElement
function C.extract(field, value)
  return core.node(tags.EXTRACT, { field = field, element = coerce.expr(value) }, types.INTEGER)
end

elements.extract = C.extract
C.extract = named.arguments("extract", { "field", "expr" }, 2, 2, C.extract)

local CASE = { value = true, else_ = true }

-- A table condition → result: strings or expressions as keys, and numbers where they are compared with a value.
local function is_map(value, takes_numbers)
  if type(value) ~= "table" or getmetatable(value) ~= nil or next(value) == nil then return false end
  for key in pairs(value) do
    local kind = type(key)
    if kind ~= "string" and core.node_tag(key) == nil and not (kind == "number" and takes_numbers) then return false end
  end
  return not takes_numbers or #value ~= 2 -- { 1, "one" } is a pair
end

local function sorted_pairs(map)
  local numbers, rest, out = {}, {}, {}
  for key, result in pairs(map) do
    if type(key) == "number" then numbers[#numbers + 1] = key else rest[key] = result end
  end
  table.sort(numbers)
  for i, key in ipairs(numbers) do out[i] = { key, map[key] } end
  for _, key in ipairs(sorted_keys(rest)) do out[#out + 1] = { key, map[key] } end
  return out
end

local function has_only_options(map)
  for key in pairs(map) do
    if CASE[key] == nil then return false end
  end
  return true
end

--- `case({cond, v}, ..., { else_ = x })`; with `value =` the conditions are values to compare with, also
--- given as one table { [value] = result } or, in an order, { { value, result }, ... }.
---@param ... any
---@return alchemoon.ColumnElement
function C.case(...)
  local count = select("#", ...)
  local args, opts = { n = count, ... }, nil
  if count > 0 and options.is_options(args[count]) and has_only_options(args[count]) then
    opts = args[count]
    args[count], args.n = nil, count - 1
  end
  opts = opts or {}
  if opts.value == coerce.null then opts = { else_ = opts.else_ } end
  local first = args[1]
  local pairs_given = args.n == 1 and type(first) == "table" and getmetatable(first) == nil and are_pairs(first)
  if pairs_given and opts.value == nil then
    exc.raise("ArgumentError", 'The "whens" argument to case(), when referring to a sequence of items, is now passed '
      .. "as a series of positional elements, rather than as a list. ")
  end
  local list = args
  if pairs_given then -- an ordered dictionary of values
    list = args[1]
  elseif args.n == 1 and is_map(args[1], opts.value ~= nil) then
    list = sorted_pairs(args[1])
  end
  if #list == 0 then exc.raise("ArgumentError", "case() requires at least one when/then pair") end
  local value = opts.value ~= nil and coerce.expr(opts.value) or nil
  local whens = {}
  for i, pair in ipairs(list) do
    if type(pair) ~= "table" or coerce.element(pair) ~= nil or pair[1] == nil then
      exc.raise("ArgumentError", "case(): #%d must be a pair { condition, result }", i)
    end
    if type(pair[1]) == "boolean" and not value then coerce.compared(pair[1], "case()") end
    local condition = coerce.expr(pair[1])
    local result = coerce.expr(pair[2])
    local own = core.node_type(result) or types.NULLTYPE
    whens[#whens + 1] = core.self_group(condition, op.alone)
    whens[#whens + 1] = result
    if i == 1 or types.kind_key(own) ~= "NULLTYPE" then whens.type = own end
  end
  local else_ = opts.else_ ~= nil and opts.else_ ~= coerce.null and coerce.expr(opts.else_) or nil
  local sql_type = whens.type
  whens.type = nil
  if types.kind_key(sql_type) == "NULLTYPE" and else_ then sql_type = core.node_type(else_) end
  return core.node(tags.CASE, { value = value or false, whens = whens, else_ = else_ or false }, sql_type)
end

-- --- collections ------------------------------------------------------------------------

local TUPLE = { types = true }

--- (a, b, ...): to be compared with other tuples.
---@param ... any
---@return alchemoon.ColumnElement
function C.tuple_(...)
  local args, opts = options.split(...)
  opts = options.check("tuple_", opts, TUPLE) or {}
  local items, item_types = {}, {}
  for i = 1, args.n do
    local own = opts.types and opts.types[i] and types.coerce(opts.types[i])
    items[i] = core.self_group(coerce.expr(args[i], { type = own }), op.comma)
    item_types[i] = own or core.node_type(items[i]) or types.NULLTYPE
  end
  return core.node(tags.TUPLE, { items = items, types = item_types }, C.tuple_type(item_types))
end

--- The type of a tuple: one that carries the types of its parts.
function C.tuple_type(parts)
  return core.node(tags.TYPE, { kind = types.kind_ids.TUPLETYPE, length = -1, precision = -1, scale = -1,
    values = parts })
end

--- A part of an ARRAY or JSON value, for col:at().
---@param start integer?
---@param stop integer?
---@param step integer?
---@return any
function C.slice(start, stop, step)
  local function part(value)
    if value == nil then return false end
    return coerce.element(value) or core.bind(nil, value, BIND.UNIQUE, types.INTEGER)
  end
  return core.node(tags.SLICE, { start = part(start), stop = part(stop), step = part(step) }, types.NULLTYPE)
end

local ARRAY = { type_ = true }
--- A PostgreSQL array literal: array{1, 2, col}.
---@param list any[]
---@param opts table?   type_
---@return alchemoon.ColumnElement
function C.array(list, opts)
  opts = options.check("array", opts, ARRAY) or {}
  if type(list) ~= "table" then exc.raise("ArgumentError", "array() needs a list, got %s", type(list)) end
  local items, item_type = {}, opts.type_ and types.coerce(opts.type_)
  for i = 1, list.n or #list do
    local item = list[i]
    if item == coerce.null then item = nil end
    items[i] = coerce.element(item) or coerce.expr(item, { type = item_type })
  end
  local dimensions = 1
  if items[1] and node_tag(items[1]) == tags.ARRAY then
    local inner = core.node_type(items[1])
    item_type = item_type or core.node_get(inner, "item")
    dimensions = core.node_get(items[1], "dimensions") + 1
  end
  item_type = item_type or items[1] and core.node_type(items[1]) or types.NULLTYPE
  local sql_type
  if types.kind_key(item_type) == "ARRAY" then sql_type = item_type
  else sql_type = types.public.ARRAY(item_type, dimensions > 1 and { dimensions = dimensions } or nil) end
  return core.node(tags.ARRAY, { items = items, dimensions = dimensions }, sql_type)
end
elements.array = C.array

--- hstore(key, value) or hstore(keys, values) of PostgreSQL.
---@param ... any
---@return alchemoon.ColumnElement
function C.hstore(...)
  local args = {}
  for i = 1, select("#", ...) do args[i] = coerce.expr((select(i, ...)), { name = "hstore" }) end
  return elements.function_node("hstore", args, types.coerce(types.public.HSTORE))
end

--- PostgreSQL: the argument of an aggregate with ORDER BY inside the parentheses.
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function C.aggregate_order_by(value, ...)
  local node = coerce.expr(value)
  local order_by = {}
  for i, item in ipairs { ... } do order_by[i] = core.self_group(coerce.expr(item), op.comma) end
  if #order_by == 0 then exc.raise("ArgumentError", "at least one ORDER BY element is required") end
  return core.node(tags.AGGREGATE_ORDER_BY, { element = core.self_group(node, op.comma), order_by = order_by },
    core.node_type(node))
end


return C
