--- How operators build nodes: operands coerced, operators adapted to types, negations remembered.
local bits = require "alchemoon.bits"
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local types = require "alchemoon.types"
local coerce = require "alchemoon.sql.coerce"
local roles = require "alchemoon.sql.roles"
local adapt = require "alchemoon.sql.adapt"

local tags, node_tag, node_get, node_type = core.tags, core.node_tag, core.node_get, core.node_type
local BOOLEAN, NULLTYPE = types.BOOLEAN, types.NULLTYPE
local op = adapt.op
local BIND = coerce.BIND

local operators = { op = op }

local NEGATE = {}
for _, pair in ipairs {
  { "eq", "ne" }, { "lt", "ge" }, { "le", "gt" }, { "is_", "is_not" }, { "is_distinct_from", "is_not_distinct_from" },
  { "in_", "not_in" }, { "like", "not_like" }, { "ilike", "not_ilike" }, { "contains", "not_contains" },
  { "icontains", "not_icontains" }, { "startswith", "not_startswith" }, { "istartswith", "not_istartswith" },
  { "endswith", "not_endswith" }, { "iendswith", "not_iendswith" }, { "between", "not_between" },
  { "match", "not_match" }, { "regexp_match", "not_regexp_match" },
} do
  NEGATE[op[pair[1]]], NEGATE[op[pair[2]]] = op[pair[2]], op[pair[1]]
end
operators.NEGATE = NEGATE
operators.MIRROR = { [op.lt] = op.gt, [op.gt] = op.lt, [op.le] = op.ge, [op.ge] = op.le }
local ASSOCIATIVE = { [op.add] = true, [op.mul] = true, [op.concat] = true }

local CONSTANT = { [tags.NULL] = true, [tags.TRUE] = true, [tags.FALSE] = true }

local NULL, TRUE, FALSE
--- Makes the constants; called when the classes of their nodes are known, which a userdata takes when it is made.
function operators.make_constants()
  NULL = core.node(tags.NULL, {}, NULLTYPE)
  TRUE, FALSE = core.node(tags.TRUE, {}, BOOLEAN), core.node(tags.FALSE, {}, BOOLEAN)
  operators.NULL, operators.TRUE, operators.FALSE = NULL, TRUE, FALSE
end

--- nil, am.null, a boolean or one of the constructs null_(), true_(), false_(): the constant node, else nil. JSON null
-- is a value, but nothing that IS could be asked for.
local function constant_of(expr, operator, value)
  if value == nil then return NULL end
  if value == true then return TRUE end
  if value == false then return FALSE end
  if value == coerce.null then
    local own = node_type(expr)
    local is_test = operator == op.is_ or operator == op.is_not
    if own and not is_test and types.affinity(own) == "JSON" then return nil end
    return NULL
  end
  local tag = type(value) == "userdata" and node_tag(value)
  return tag and CONSTANT[tag] and value or nil
end

--- Does the type want Lua booleans as values (a decorator does)?
local function boolean_is_value(expr, value)
  if type(value) ~= "boolean" then return false end
  local own = node_type(expr)
  return own ~= nil and types.kind_key(own) == "DECORATOR"
end

-- Is NULL a value like others to the type (a decorator whose coerce_to_is_types is empty)?
local function null_is_value(expr, value)
  if value ~= nil and value ~= coerce.null then return false end
  local own = node_type(expr)
  if own == nil or types.kind_key(own) ~= "DECORATOR" then return false end
  local wanted = types.spec(own).coerce_to_is_types
  return wanted ~= nil and next(wanted) == nil
end

-- ANY (x), ALL (x): NOT of a comparison with one is said around it, because "= ANY" and "!= ANY" are no opposites.
local function is_aggregate(node)
  if node_tag(node) ~= tags.UNARY then return false end
  local own = node_get(node, "op")
  return own == op.any_ or own == op.all_
end
operators.is_aggregate = is_aggregate

local function compare_constant(expr, operator, constant, result_type, modifiers)
  local is_null = node_tag(constant) == tags.NULL
  if operator == op.is_distinct_from or operator == op.is_not_distinct_from
    or ((operator == op.eq or operator == op.ne) and not is_null) then
    return core.binary(expr, constant, operator, NEGATE[operator], result_type, modifiers)
  end
  if operator == op.eq or operator == op.is_ then
    return core.binary(expr, constant, op.is_, op.is_not, result_type)
  elseif operator == op.ne or operator == op.is_not then
    return core.binary(expr, constant, op.is_not, op.is_, result_type)
  end
  return exc.raise("ArgumentError", "Only the operators eq, ne, is_, is_not, is_distinct_from and is_not_distinct_from "
    .. "can be used with nil, true and false, got %s with %s", coerce.operator_names[operator], tostring(constant))
end

--- A comparison: `expr operator value` is a truth value and knows its opposite.
-- more: { modifiers =, reverse =, type =, custom =, negate = }
---@return userdata
function operators.compare(expr, operator, value, more)
  local result_type = more and more.type or BOOLEAN
  local modifiers = more and more.modifiers
  local constant = not (more and more.custom) and constant_of(expr, operator, value) or nil
  if constant and is_aggregate(expr) then return core.binary(constant, expr, operator, 0, result_type) end
  if constant and null_is_value(expr, value) then value = coerce.null
  elseif constant and not boolean_is_value(expr, value) then
    return compare_constant(expr, operator, constant, result_type, modifiers)
  end
  local other = coerce.operand(expr, operator, value)
  local negate = more and more.negate or NEGATE[operator] or 0
  if is_aggregate(other) or is_aggregate(expr) then negate = 0 end
  if more and more.reverse then
    return core.binary(other, expr, operator, negate, result_type, modifiers, more.custom)
  end
  return core.binary(expr, other, operator, negate, result_type, modifiers, more and more.custom)
end

--- The operands of an associative chain, for flattening.
local function chain_of(node, operator, sql_type)
  local tag = node_tag(node)
  if tag == tags.BINARY or tag == tags.CLAUSE_LIST then
    if node_get(node, "op") == operator and types.affinity(node_type(node) or NULLTYPE) == types.affinity(sql_type)
    then
      if tag == tags.CLAUSE_LIST then return node_get(node, "items") end
      return { node_get(node, "left"), node_get(node, "right") }
    end
  end
  return nil
end

local function combine(left, right, operator, result_type, modifiers, custom)
  if ASSOCIATIVE[operator] then
    if node_tag(left) == tags.CLAUSE_LIST and node_get(left, "op") == operator and node_type(left) == result_type
      and not chain_of(right, operator, result_type) then -- long chains grow by copying in C
      return core.node_append(left, "items", core.self_group(right, operator))
    end
    local l, r = chain_of(left, operator, result_type), chain_of(right, operator, result_type)
    if l or r then
      local items = l or { left }
      for _, item in ipairs(r or { right }) do items[#items + 1] = item end
      return core.clause_list(items, operator, result_type)
    end
  end
  return core.binary(left, right, operator, 0, result_type, modifiers, custom)
end

--- Arithmetic and other operators whose result has a type of its own.
-- more: { reverse =, type = (result), modifiers =, custom =, bind_type = }
---@return userdata
function operators.arith(expr, operator, value, more)
  local other = coerce.operand(expr, operator, value, more and more.bind_type)
  local left, right = expr, other
  if more and more.reverse then left, right = other, expr end
  local result_type = more and more.type
  if not result_type then
    operator, result_type = adapt.adapt(operator, node_type(left) or NULLTYPE, node_type(right) or NULLTYPE)
  end
  return combine(left, right, operator, result_type, more and more.modifiers, more and more.custom)
end

--- Modifiers of an operator as a node, nil if there are none. fields: escape, flags (texts), symmetric, options.
function operators.modifiers(fields)
  if next(fields) == nil then return nil end
  for _, key in ipairs { "escape", "flags", "replacement" } do
    if type(fields[key]) == "string" then fields[key] = core.node(tags.WORD, { name = fields[key] }) end
  end
  return core.node(tags.OP_MODIFIERS, fields)
end

-- As comparisons and subscripts have it in csrc/sql/operators.def.
operators.COMPARISON_PRECEDENCE, operators.SUBSCRIPT_PRECEDENCE = 5, 15
local E = core.enums
local COMPARISON = E.OPF_COMPARISON + E.OPF_BOOLEAN
local POSTGRESQL = E.OPF_NATURAL_SELF_PRECEDENT + E.OPF_EAGER

--- A custom operator: text, precedence, and whether it is a comparison. `grouping`: natural_self_precedent,
-- eager_grouping.
function operators.custom(text, precedence, is_comparison, return_type, grouping)
  local flags = is_comparison and COMPARISON or 0
  if grouping and grouping.natural_self_precedent then flags = flags + E.OPF_NATURAL_SELF_PRECEDENT end
  if grouping and grouping.eager_grouping then flags = flags + E.OPF_EAGER end
  return core.node(tags.CUSTOM_OP, { text = text, precedence = precedence or 0, flags = flags,
    return_type = return_type })
end

--- An operator of PostgreSQL: it groups with itself, and stands in parentheses inside other operators.
function operators.postgresql(text, precedence, is_comparison)
  return core.node(tags.CUSTOM_OP, { text = text, precedence = precedence,
    flags = POSTGRESQL + (is_comparison and COMPARISON or 0) })
end

-- What these give is no JSON, whatever they are applied to.
local TEXT_OF_JSON = { ["->>"] = true, ["#>>"] = true }

local function custom_type(expr, custom)
  local own = node_type(expr)
  if TEXT_OF_JSON[node_get(custom, "text")] and own and types.affinity(own) == "JSON" then return types.TEXT end
  return nil
end

--- `expr op value` with a custom operator node.
function operators.custom_operate(expr, custom, value, reverse, result_type)
  result_type = result_type or node_get(custom, "return_type") or custom_type(expr, custom)
  local comparison = bits.has(node_get(custom, "flags"), E.OPF_COMPARISON)
  if not result_type and comparison then result_type = BOOLEAN end
  return operators.arith(expr, op.custom_op, value, { reverse = reverse, type = result_type, custom = custom })
end

-- --- IN ---------------------------------------------------------------------------

local function is_list(value)
  return type(value) == "table" and getmetatable(value) == nil
end

local NO_IN_ITEM = { [tags.TEXT] = true, [tags.TYPE] = true, [tags.SEQUENCE] = true }
-- Only values can be items: of SELECTs those that scalar_subquery() made values.
local function is_in_item(node)
  local tag = node_tag(node)
  return not (coerce.IS_SELECT[tag] or coerce.IS_FROM[tag] or NO_IN_ITEM[tag] or coerce.is_bare_list(node))
end

local function in_list(expr, operator, list)
  local parts, mixed = {}, false
  local count = list.n or #list
  for i = 1, count do
    local value = list[i]
    local lua_type = type(value)
    local node = lua_type ~= "number" and lua_type ~= "string" and coerce.element(value) or nil
    if node then
      if not is_in_item(node) then return roles.refuse(roles.IN_LIST, list) end
      parts[i] = node
      mixed = true
    end
  end
  if not mixed then
    local own = node_type(expr) or NULLTYPE
    local sql_type
    if node_tag(expr) == tags.TUPLE then sql_type = own
    elseif count > 0 then sql_type = coerce.compared_type(own, operator, list[1])
    else sql_type = own end
    local own_list = {}
    for i = 1, count do
      local value = list[i]
      if value == nil then value = coerce.null end
      own_list[i] = value
    end
    return core.bind(core.literal_name(expr), own_list, BIND.UNIQUE + BIND.EXPANDING, sql_type, operator)
  end
  for i = 1, count do parts[i] = parts[i] or coerce.operand(expr, operator, list[i]) end
  return core.node(tags.GROUPING, { element = core.clause_list(parts, op.comma, NULLTYPE) }, NULLTYPE)
end

local IN_ELEMENT = {}
for _, name in ipairs { "TEXT", "SCALAR_SELECT", "CLAUSE_LIST", "TUPLE", "GROUPING" } do
  IN_ELEMENT[tags[name]] = true
end

local function in_operand(expr, operator, value)
  local node = coerce.element(value)
  if node == nil then
    if is_list(value) then return in_list(expr, operator, value) end
    roles.refuse(roles.IN_LIST, value)
  end
  local tag = node_tag(node)
  if tag == tags.BIND then
    local options = node_get(node, "options")
    if not types.has_bit(options, BIND.EXPANDING) then options = options + BIND.EXPANDING end
    local own = node_type(node)
    local untyped = own == nil or types.kind_key(own) == "NULLTYPE"
    return core.node_with(node, { options = options, expand_op = operator }, untyped and node_type(expr) or own)
  elseif coerce.IS_SELECT[tag] then return node:scalar_subquery()
  elseif tag == tags.VALUES then return node:scalar_values()
  elseif coerce.IS_FROM[tag] then
    if tag == tags.ALIAS or tag == tags.TABLE then return node:select():scalar_subquery() end
    roles.refuse(roles.IN_LIST, node)
  elseif tag == tags.FUNCTION then return node:select():scalar_subquery()
  elseif not IN_ELEMENT[tag] then roles.refuse(roles.IN_LIST, node) end
  return node
end

function operators.in_(expr, operator, value)
  local quick = core.in_list(expr, value, operator, NEGATE[operator], BOOLEAN)
  if quick then return quick end
  local other = in_operand(expr, operator, value)
  return core.binary(expr, other, operator, NEGATE[operator], BOOLEAN)
end

--- BETWEEN: symmetric is a flag of the operator. It has no type, as in SQLAlchemy: its value is the database's own.
function operators.between(expr, operator, low, high, symmetric)
  local list = core.node(tags.CLAUSE_LIST, {
    items = { coerce.operand(expr, op.and_, low), coerce.operand(expr, op.and_, high) }, op = op.and_, group = 0,
  }, NULLTYPE)
  return core.binary(expr, list, operator, NEGATE[operator], NULLTYPE,
    symmetric and operators.modifiers { symmetric = 1 } or nil)
end

-- --- negation ---------------------------------------------------------------------

local function negate_operand(right, negated, original)
  if node_tag(right) == tags.BIND and node_get(right, "expand_op") == original and original ~= 0 then
    return core.node_with(right, { expand_op = negated }) -- an empty list reads differently under NOT IN
  end
  return right
end

local function is_truth(node)
  local own = node_type(node)
  return own ~= nil and types.affinity(own) == "BOOLEAN"
end

local function plain_not(node)
  if is_truth(node) then return core.as_boolean(node, false) end
  return core.unary(core.self_group(node, op.inv), op.inv, 0, NULLTYPE)
end

local negate
local NOT = {
  [tags.TRUE] = function() return FALSE end,
  [tags.FALSE] = function() return TRUE end,
  [tags.BINARY] = function(node)
    local opposite = node_get(node, "negate")
    if opposite ~= 0 then
      local own = node_get(node, "op")
      return core.node_with(node, {
        op = opposite, negate = own, right = negate_operand(node_get(node, "right"), opposite, own),
      })
    end
    return plain_not(core.self_group(node, op.alone))
  end,
  -- without a type, as in SQLAlchemy: a database without booleans gives 0 or 1 for NOT (a OR b)
  [tags.CLAUSE_LIST] = function(node) return core.unary(node, op.inv, 0, NULLTYPE) end,
  [tags.UNARY] = function(node)
    local own = node_get(node, "op")
    if own == op.is_true or own == op.is_false then
      local inner = node_get(node, "element")
      if CONSTANT[node_tag(inner)] then return negate(inner) end
      return core.as_boolean(inner, own == op.is_false)
    end
    if is_truth(node) then return core.unary(node, op.inv, 0, BOOLEAN) end
    return plain_not(node)
  end,
  [tags.LABEL] = function(node)
    return core.node_with(node, { element = negate(node_get(node, "element")) })
  end,
  [tags.EXISTS] = function(node) return core.unary(node, op.inv, 0, BOOLEAN) end,
  [tags.ORM_ATTR] = function(node)
    local column = node_get(node, "column")
    if column == nil or node_tag(column) == tags.COLUMN then return plain_not(node) end
    return negate(column)
  end,
  [tags.ANNOTATED] = function(node)
    local opposite = node_get(node, "negation")
    return opposite and opposite() or negate(node_get(node, "element"))
  end,
}

--- NOT of an expression: comparisons turn into their opposite.
function operators.negate(node)
  local rule = NOT[node_tag(node)]
  return (rule or plain_not)(node)
end
negate = operators.negate

-- --- AND, OR ----------------------------------------------------------------------

--- Items joined by AND or OR: constants fold, a single one stands alone, nested lists of the same kind flatten.
---@param operator integer
---@param items userdata[]
---@return userdata
function operators.conjunction(operator, items) return core.conjunction(items, operator, BOOLEAN) end

return operators
