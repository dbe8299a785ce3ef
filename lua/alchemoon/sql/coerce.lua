--- From what a user writes to a node: expressions, literals, statements.
--
-- Things that are no nodes but stand for one (attributes of mapped classes, hybrid results) have a method
-- `__clause_element__`. A plain Lua value becomes a bound parameter.
local bits = require "alchemoon.bits"
local columns = require "alchemoon.sql.columns"
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local logging = require "alchemoon.logging"
local roles = require "alchemoon.sql.roles"
local types = require "alchemoon.types"

local tags = core.tags
local node_tag, node_type = core.node_tag, core.node_type

local coerce = {}

--- Options of a BIND node; csrc/compile/bind.h.
local BIND = { UNIQUE = 1, REQUIRED = 2, EXPANDING = 4, LITERAL_EXECUTE = 8, OUT = 16, FROM_NAMES = 32,
  NAMELESS = 128, OF_VALUES = 256 }
coerce.BIND = BIND

--- SQL NULL as a light userdata: `am.null`.
coerce.null = require "alchemoon.null"

local IS_FROM, IS_SELECT = {}, {}
for _, name in ipairs { "TABLE", "ALIAS", "JOIN", "VALUES", "FROM_GROUPING" } do IS_FROM[tags[name]] = true end
for _, name in ipairs { "SELECT", "COMPOUND", "TEXTUAL_SELECT", "SELECT_GROUPING" } do IS_SELECT[tags[name]] = true end
coerce.IS_FROM, coerce.IS_SELECT = IS_FROM, IS_SELECT

local NO_STATEMENT = { [tags.TABLE] = true, [tags.ALIAS] = true, [tags.JOIN] = true, [tags.TYPE] = true,
  [tags.ORM_ENTITY] = true, [tags.ORM_ATTR] = true, [tags.ORM_OPTION] = true }

--- The statement itself, from a method that was given nothing to add: what stands there is something else if the method
-- was called with a dot, `stmt.order_by(User.id)`.
---@param self any
---@param name string   of the method
---@return any self
function coerce.itself(self, name)
  local tag = node_tag(self)
  if tag == nil or NO_STATEMENT[tag] or core.node_type(self) ~= nil then exc.raise_not_a_method(name, "stmt") end
  return self
end

--- The node that a value is or stands for; nil for literals.
---@param value any
---@return userdata?
function coerce.element(value)
  local lua_type = type(value)
  if lua_type == "userdata" then
    if node_tag(value) then return value end
    local mt = getmetatable(value)
    if type(mt) ~= "table" or not mt.__clause_element__ then return nil end
    return value:__clause_element__()
  elseif lua_type == "table" then
    local method = value.__clause_element__
    if type(method) == "function" then return method(value) end
    if node_tag(method) then return method end
  end
  return nil
end
local element = coerce.element

--- NULL that stands inside a Lua table.
local function is_null(value) return value == nil or value == coerce.null end
coerce.is_null = is_null

coerce.describe = roles.describe

--- Text where SQL is expected: text() must be said.
local function textual(value, what)
  local quoted = roles.quoted(value)
  exc.raise("ArgumentError", "%s", ("Textual %s %s should be explicitly declared as text(%s)"):format(
    what or "SQL expression", quoted, quoted))
end
coerce.textual = textual

--- A boolean where a condition is expected: `==` was written.
local function compared(value, where)
  exc.raise("ArgumentError", "%s",
    ("%s got the Lua boolean %s where an SQL expression is needed. In Lua, `a == b` compares at once and gives a " ..
    "boolean; write a:eq(b) (likewise :ne, :lt, :le, :gt, :ge). For the SQL constants use am.true_() and am.false_()")
    :format(where, tostring(value)))
end
coerce.compared = compared

--- A SELECT used as a value.
function coerce.scalar(node)
  if IS_SELECT[node_tag(node)] then return node:scalar_subquery() end
  return node
end

--- The SELECT that a node is used as a value for; nil when it is no such thing. A subquery stands for its SELECT.
local function implied_scalar(node, tag)
  if tag == tags.ALIAS and core.node_get(node, "kind") == core.enums.ALIAS_SUBQUERY then
    node = core.node_get(node, "element")
    tag = node_tag(node)
  end
  if not IS_SELECT[tag] then return nil end
  logging.getLogger("alchemoon.sql"):warning("implicitly coercing SELECT object to scalar subquery; please use the "
    .. ".scalar_subquery() method to produce a scalar subquery.")
  return node:scalar_subquery()
end

-- What is built like an expression and is none: it can stand in DDL, in ORDER BY, in FROM.
local function is_no_value(tag)
  return IS_FROM[tag] or IS_SELECT[tag] or tag == tags.TYPE or tag == tags.SEQUENCE or tag == tags.ORM_ENTITY
    or tag == tags.METADATA or tag == tags.DEFAULT
end

local ENTITY_ADVICE = "A class stands for its table here; name one of its attributes."
local OBJECT_ADVICE = "Objects are compared by a relationship, such as Post.author:eq(ann), or by attributes."

--- Refuses an object of a mapped class where a literal is expected.
---@param value any
---@param role string
function coerce.refuse_object(value, role)
  local mt = getmetatable(value)
  if type(mt) == "table" and rawget(mt, "__mapper__") then roles.refuse(role, value, OBJECT_ADVICE) end
end

--- Is it a list of expressions, no condition and no value?
function coerce.is_bare_list(node)
  return node_tag(node) == tags.CLAUSE_LIST and coerce.operator_names[core.node_get(node, "op")] == "comma"
end

local FROM_ADVICE = "To create a column expression from a FROM clause row as a whole, use the .table_valued() method."
local VALUES_ADVICE = "To create a column expression from a VALUES clause, use the .scalar_values() method."

-- A SELECT as a value; the error for what else is_no_value().
local function value_of(node, tag, role, value)
  if tag == tags.ORM_ENTITY then roles.refuse(role, value, ENTITY_ADVICE) end
  return implied_scalar(node, tag)
    or roles.refuse(role, node, tag == tags.VALUES and VALUES_ADVICE or IS_FROM[tag] and FROM_ADVICE or nil)
end

--- A scalar expression from anything; a literal becomes a unique bound parameter, nil becomes NULL.
-- opts: type (of the literal), name (of the parameter), where (for messages).
---@param value any
---@param opts {type: userdata?, name: string?, where: string?}?
---@return userdata
function coerce.expr(value, opts)
  local node = element(value)
  if node then
    local tag = node_tag(node)
    if is_no_value(tag) then return value_of(node, tag, roles.ELEMENT, value) end
    return node
  end
  local sql_type = opts and opts.type
  if is_null(value) and not (sql_type and sql_type.should_evaluate_none) then
    return core.node(tags.NULL, {}, types.NULLTYPE)
  end
  if type(value) == "function" or type(value) == "thread" then
    roles.refuse(roles.ELEMENT, value)
  end
  if type(value) == "table" then coerce.refuse_object(value, roles.ELEMENT) end
  if columns.inside(value) then
    exc.raise("ArgumentError", "SQL expression element expected, got several columns; unpack() them")
  end
  return core.bind(opts and opts.name, value, BIND.UNIQUE, sql_type or types.of(value))
end

--- What a function gives for a place of a statement; SQLAlchemy takes lambdas there.
---@param fn function
---@param role string
---@return any
function coerce.called(fn, role)
  local given = fn()
  if given ~= nil and type(given) ~= "function" then return given end
  return roles.refuse(role, given, "A function in this place is called at once and must return what belongs there.")
end

--- An expression that must be one already: a literal is an error (where, having, on ...).
---@param value any
---@param where string   for messages about booleans: "where()"
---@param role string?   what is expected, if no condition of WHERE
---@return userdata
function coerce.condition(value, where, role)
  local node = element(value)
  if node then
    local tag = node_tag(node)
    if tag == tags.ORM_ATTR then return coerce.relationship(node) or node end
    local scalar = implied_scalar(node, tag)
    if scalar then return scalar end
    if not is_no_value(tag) and not coerce.is_bare_list(node) then return node end
  elseif type(value) == "boolean" then compared(value, where)
  elseif type(value) == "string" then textual(value)
  elseif type(value) == "function" then
    return coerce.condition(coerce.called(value, role or roles.CONDITION), where, role)
  elseif value == coerce.null or value == nil then return core.node(tags.NULL, {}, types.NULLTYPE) end
  local has_names = type(value) == "table" and getmetatable(value) == nil and type(next(value)) == "string"
  local is_entity = node and node_tag(node) == tags.ORM_ENTITY
  return roles.refuse(role or roles.CONDITION, not is_entity and node or value, is_entity and ENTITY_ADVICE
    or has_names and "Names and values are for filter_by{ name = value }" or nil)
end

--- A column expression of DISTINCT ON, RETURNING and the like; strings are refused.
-- role: what is expected where a plain value cannot stand; without one it becomes a parameter.
function coerce.column(value, where, role)
  local node = element(value)
  if node then
    if role and node_tag(node) == tags.ORM_ENTITY then roles.refuse(role, value, ENTITY_ADVICE) end
    local tag = role and node_tag(node)
    if role and (tag == tags.SEQUENCE or tag == tags.DEFAULT or IS_FROM[tag]) then roles.refuse(role, node) end
    return node_tag(node) == tags.ORM_ATTR and coerce.relationship(node) or coerce.scalar(node)
  end
  if type(value) == "string" then textual(value, "column expression") end
  if type(value) == "boolean" then compared(value, where or "a column expression") end
  if value == nil or value == coerce.null then return core.node(tags.NULL, {}, types.NULLTYPE) end
  if type(value) == "function" and (role == roles.ORDER_BY or role == roles.GROUP_BY) then
    return coerce.column(coerce.called(value, role), where, role)
  end
  if role then roles.refuse(role, value) end
  return coerce.expr(value)
end

--- The FROM element that a value is or stands for.
function coerce.from(value)
  local node = element(value)
  if node == nil or not IS_FROM[node_tag(node)] and not IS_SELECT[node_tag(node)] then
    if node ~= nil and (node_tag(node) == tags.ORM_ENTITY or node_tag(node) == tags.TEXT
      or node_tag(node) == tags.FUNCTION) then
      return node
    end
    if node == nil and type(value) == "string" then textual(value) end
    roles.refuse(roles.FROM, node or value)
  end
  return node
end

--- The same where a SELECT must be a subquery; it becomes one, with a warning.
function coerce.from_clause(value)
  local from = coerce.from(value)
  if not IS_SELECT[node_tag(from)] then return from end
  logging.getLogger("alchemoon.sql"):warning("Implicit coercion of SELECT and textual SELECT constructs into FROM "
    .. "clauses is deprecated; please call .subquery() on any Core select or ORM Query object in order to produce a "
    .. "subquery object.")
  return from:subquery()
end

--- A statement that can be executed.
function coerce.statement(value)
  local node = element(value)
  if node == nil then
    if type(value) == "string" then textual(value) end
    roles.refuse(roles.STATEMENT, value)
  end
  return node
end

local IS_WRITE = { [tags.INSERT] = true, [tags.UPDATE] = true, [tags.DELETE] = true }

--- A statement whose rows are wanted: SELECT or text; with `others` also functions, and what writes with RETURNING.
---@param value any
---@param others boolean?
---@return userdata
function coerce.row_statement(value, others)
  local node = element(value)
  local tag = node and node_tag(node)
  if tag and (IS_SELECT[tag] or tag == tags.TEXT) then return node end
  if others and tag and (IS_WRITE[tag] or tag == tags.FUNCTION) then return node end
  if type(value) == "string" then textual(value) end
  return roles.refuse(others and roles.ROWS or roles.SELECT_STATEMENT, node or value)
end

--- The type of the parameter made of a literal compared with something of type `sql_type`.
---@param sql_type userdata
---@param op integer
---@param value any
---@return userdata
function coerce.compared_type(sql_type, op, value)
  local kind = types.kind_key(sql_type)
  if kind == "DECORATOR" or kind == "USERDEFINED" then
    local spec = types.spec(sql_type)
    if spec and spec.coerce_compared_value then
      return types.coerce(spec.coerce_compared_value(coerce.operator_names[op], value, sql_type))
    end
    return sql_type
  end
  local resolved = types.of(value)
  if resolved == types.NULLTYPE then return sql_type end
  local mine, other = types.affinity(sql_type), types.affinity(resolved)
  if kind == "TSVECTOR" and coerce.operator_names[op] == "match" then return resolved end -- words, not a vector
  if kind == "ENUM" and coerce.is_pattern_operator(op) then return types.public.String() end -- no member of it
  if mine == other then return sql_type end
  -- In Lua a date, a UUID or an address may be given as text, and a moment as a number.
  if type(value) == "string" and coerce.TEXT_KEEPS[mine] then return sql_type end
  if type(value) == "number" and coerce.NUMBER_KEEPS[mine] and coerce.COMPARISONS[op] then return sql_type end
  return resolved
end

-- Does the operator take a pattern or a part of a text?
function coerce.is_pattern_operator(op)
  local name = coerce.operator_names[op]
  return name:find "like" ~= nil or name:find "regexp" ~= nil or name:find "with" ~= nil or name:find "contains" ~= nil
    or name:find "concat" ~= nil
end

coerce.TEXT_KEEPS = { DATE = true, TIME = true, DATETIME = true, INTERVAL = true, UUID = true, BINARY = true,
  NETWORK = true, RANGE = true }
coerce.NUMBER_KEEPS = { DATE = true, TIME = true, DATETIME = true }
coerce.COMPARISONS, coerce.operator_names = {}, {}
for _, info in ipairs(core.operators()) do
  coerce.operator_names[info.id] = info.name
  if bits.has(info.flags, core.enums.OPF_COMPARISON) then coerce.COMPARISONS[info.id] = true end
end

--- A bound parameter named after `expr` for a literal that stands beside it.
function coerce.bind_for(expr, op, value, sql_type)
  return core.bind(core.literal_name(expr), value, BIND.UNIQUE,
    sql_type or coerce.compared_type(node_type(expr) or types.NULLTYPE, op, value))
end

--- The other operand of `expr op value`.
function coerce.operand(expr, op, value, sql_type)
  local node = element(value)
  if node == nil then
    if type(value) == "function" then
      roles.refuse(roles.OPERAND, value)
    end
    local mine = node_type(expr)
    if type(value) == "table" then
      if getmetatable(value) == nil then
        local tag = node_tag(expr)
        if tag == tags.TUPLE then return coerce.tuple_of(expr, op, value) end
        if tag == tags.ARRAY and coerce.operator_names[op] ~= "getitem" then return coerce.array_of(value) end
      else
        coerce.refuse_object(value, roles.OPERAND)
      end
    end
    if value == coerce.null and not (mine and types.affinity(mine) == "JSON") then value = nil end
    return coerce.bind_for(expr, op, value, sql_type)
  end
  local tag = node_tag(node)
  if is_no_value(tag) then return value_of(node, tag, roles.OPERAND, value) end
  if tag == tags.BIND then -- an untyped parameter takes the type of what it is compared with
    local own, mine = node_type(node), node_type(expr)
    if (own == nil or types.kind_key(own) == "NULLTYPE") and (sql_type or mine) then
      return core.node_with(node, {}, sql_type or mine)
    end
  end
  return node
end

--- An array literal of parameters for a list beside an array literal.
function coerce.array_of(list)
  local items = {}
  for i = 1, list.n or #list do
    items[i] = element(list[i]) or core.bind(nil, list[i], BIND.UNIQUE, types.of(list[i]))
  end
  local item_type = items[1] and node_type(items[1]) or types.NULLTYPE
  return core.node(tags.ARRAY, { items = items, dimensions = 1 }, types.public.ARRAY(item_type))
end

--- A tuple of parameters for a list compared with a tuple.
function coerce.tuple_of(expr, op, list)
  local items, own = {}, core.node_get(expr, "types")
  for i = 1, #list do
    local sql_type = own[i] and coerce.compared_type(own[i], op, list[i])
    items[i] = element(list[i]) or core.bind(nil, list[i], BIND.UNIQUE, sql_type or types.of(list[i]))
  end
  return core.node(tags.TUPLE, { items = items, types = own }, types.NULLTYPE)
end

--- Is it a node, or does it stand for one?
function coerce.is_expression(value) return element(value) ~= nil end
coerce.is_null_type = types.is_unknown
coerce.type_of = types.of
function coerce.scalar_subquery(node) return node:scalar_subquery() end

--- Column expressions from arguments; a FROM element stands for its columns.
---@param args any[]
---@return userdata[]
function coerce.columns(args)
  local out = {}
  for i = 1, args.n or #args do
    local node = element(args[i])
    local inside = columns.inside(args[i])
    if inside then
      for _, column in ipairs(inside) do out[#out + 1] = column end
    elseif node and IS_FROM[node_tag(node)] then
      local own = core.from_columns and core.from_columns(node) or core.node_get(node, "columns")
      for _, column in ipairs(own) do
        local schema = node_tag(column) == tags.COLUMN and core.node_get(column, "schema")
        if not schema or core.node_get(schema, "omit") == 0 then out[#out + 1] = column end
      end
    else
      out[#out + 1] = coerce.column(args[i], "a column list")
    end
  end
  return out
end

return coerce
