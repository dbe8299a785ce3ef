--- `func.anything(...)`: SQL functions, known ones with their types, and what can be said of a call.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local named = require "alchemoon.named"
local options = require "alchemoon.options"
local types = require "alchemoon.types"
local class = require "alchemoon.sql.class"
local coerce = require "alchemoon.sql.coerce"
local columns = require "alchemoon.sql.columns"
local elements = require "alchemoon.sql.elements"
local operators = require "alchemoon.sql.operators"
local roles = require "alchemoon.sql.roles"
local statement = require "alchemoon.sql.statement"

local tags, node_get, node_type = core.tags, core.node_get, core.node_type
local op = operators.op

local func = {}

--- The function is a known one (its name may be spelt otherwise); ANSI: no parentheses when without arguments.
local KNOWN, ANSI = core.enums.FUNC_KNOWN, core.enums.FUNC_ANSI

local function first_type(args)
  for _, arg in ipairs(args) do
    local own = node_type(arg)
    if own and types.kind_key(own) ~= "NULLTYPE" then return own end
  end
  return types.NULLTYPE
end

local function array_of(args)
  local own = first_type(args)
  if types.kind_key(own) == "ARRAY" then return own end
  return types.public.ARRAY(own, { dimensions = 1 })
end

local function fixed(sql_type) return { type = sql_type, generic = KNOWN } end
local function ansi(sql_type) return { type = sql_type, generic = ANSI } end
local STAR = core.node(tags.COLUMN, { name = "*", literal = 1 }, types.NULLTYPE)

--- Functions with a known result: type is a TYPE or a function of the arguments.
local KNOWN_FUNCTIONS = {
  now = fixed(types.DATETIME), concat = fixed(types.STRING),
  char_length = { type = types.INTEGER, generic = KNOWN, arguments = 1 },
  random = fixed(types.NULLTYPE),
  count = { type = types.INTEGER, generic = KNOWN, default = function() return { STAR } end },
  coalesce = fixed(first_type), max = fixed(first_type), min = fixed(first_type), sum = fixed(first_type),
  current_date = ansi(types.DATE), current_time = ansi(types.TIME), current_timestamp = ansi(types.DATETIME),
  current_user = ansi(types.STRING), localtime = ansi(types.DATETIME), localtimestamp = ansi(types.DATETIME),
  session_user = ansi(types.STRING), sysdate = ansi(types.DATETIME), user = ansi(types.STRING),
  array_agg = fixed(array_of),
  mode = fixed(types.NULLTYPE), percentile_cont = fixed(types.NULLTYPE), percentile_disc = fixed(types.NULLTYPE),
  rank = fixed(types.INTEGER), dense_rank = fixed(types.INTEGER), percent_rank = fixed(types.NUMERIC),
  cume_dist = fixed(types.NUMERIC), cube = fixed(types.NULLTYPE), rollup = fixed(types.NULLTYPE),
  grouping_sets = fixed(types.NULLTYPE), aggregate_strings = fixed(types.STRING),
  -- PostgreSQL text search: the first argument is a configuration when there are two
  to_tsvector = fixed(types.coerce(types.public.TSVECTOR)), ts_headline = fixed(types.TEXT),
  to_tsquery = fixed(types.coerce(types.public.TSQUERY)), plainto_tsquery = fixed(types.coerce(types.public.TSQUERY)),
  phraseto_tsquery = fixed(types.coerce(types.public.TSQUERY)),
  websearch_to_tsquery = fixed(types.coerce(types.public.TSQUERY)),
}
func.known = KNOWN_FUNCTIONS

-- Functions with a class of their own (am.GenericFunction): package → lower-case identifier → class.
local registered = {}

--- Makes `func.identifier(...)`, or `func.package.identifier(...)`, an element of that class.
function func.register(cls, identifier, package)
  package = package or ""
  registered[package] = registered[package] or {}
  registered[package][identifier:lower()] = cls
end

local function registered_class(path)
  local package = registered[#path == 1 and "" or #path == 2 and path[1]]
  return package and package[path[#path]:lower()]
end

-- Which aggregates take the type of what they are ordered by; true: an array of it for several fractions.
local ORDERED_SET = { mode = 1, percentile_cont = 2, percentile_disc = 2 }

--- A FUNCTION node from coerced arguments.
---@param name string
---@param args userdata[]
---@param sql_type userdata?
---@param more table?   further fields of the node
function elements.function_node(name, args, sql_type, more)
  local clauses = {}
  for i, arg in ipairs(args) do clauses[i] = core.self_group(arg, op.comma) end
  local fields = { name = name, clauses = clauses }
  for key, value in pairs(more or {}) do fields[key] = value end
  return core.node(tags.FUNCTION, fields, sql_type or types.NULLTYPE)
end
local function_node = elements.function_node

local CALL = { type_ = true }

local function is_call_options(value)
  if not options.is_options(value) or next(value) == nil then return false end
  for key in pairs(value) do
    if CALL[key] == nil then return false end
  end
  return true
end

local REGCONFIG = { to_tsvector = true, to_tsquery = true, plainto_tsquery = true, phraseto_tsquery = true,
  websearch_to_tsquery = true, ts_headline = true }

-- What is written func.name(...) and is no function of SQL.
local function special_form(lower, given)
  if lower == "next_value" then return func.next_value(given[1]) end
  if lower == "cast" then return elements.cast(given[1], given[2]) end
  if lower == "extract" then return elements.extract(given[1], given[2]) end
  return nil
end

local function arguments(name, lower, known, given, count)
  if known and known.arguments and known.arguments ~= count then
    exc.raise("ArgumentError", "%s() takes %d argument, got %d", lower, known.arguments, count)
  end
  if known and known.default and count == 0 then return known.default() end
  local args, stem = {}, known and lower or name
  if lower == "array_agg" then stem = nil end
  for i = 1, count do
    local literal_type
    if i == 1 and known and REGCONFIG[lower] and count > 1 and type(given[1]) == "string" then
      literal_type = types.coerce(types.public.REGCONFIG)
    end
    args[i] = coerce.expr(given[i], { name = stem, type = literal_type })
  end
  return args
end

-- pkg.sub.name: the names before the last one, as nodes.
local function packages(path)
  if #path == 1 then return nil end
  local words = {}
  for i = 1, #path - 1 do words[i] = core.node(tags.WORD, { name = path[i] }) end
  return words
end

local function call(path, ...)
  local own = next(registered) and registered_class(path)
  if own then return own(...) end
  local count = select("#", ...)
  local given, opts = { ... }, {}
  if count > 0 and is_call_options(given[count]) then
    opts = given[count]
    count = count - 1
  end
  local name = path[#path]
  local lower = name:lower()
  local special = #path == 1 and special_form(lower, given)
  if special then return special end
  local known = #path == 1 and KNOWN_FUNCTIONS[lower] or nil
  local args = arguments(name, lower, known, given, count)
  local sql_type = opts.type_ and types.coerce(opts.type_)
  if not sql_type and known then
    sql_type = known.type
    if type(sql_type) == "function" then sql_type = sql_type(args) end
  end
  return function_node(known and lower or name, args, sql_type,
    { generic = known and known.generic or nil, packages = packages(path) })
end

-- --- the generator -------------------------------------------------------------------

-- A generator is a table whose [1] is the list of names so far; the one without names remembers what it made.
local generator, root = {}, {}

local function is_generator(value)
  local mt = getmetatable(value)
  return mt == generator or mt == root
end

local function extended(path, name)
  if type(name) ~= "string" then
    exc.raise("ArgumentError", "func: a function is named by a string, got %s", type(name))
  end
  local longer = {}
  for i, part in ipairs(path) do longer[i] = part end
  if #name > 1 and name:sub(-1) == "_" then name = name:sub(1, -2) end -- if_, and_: Lua's words
  longer[#longer + 1] = name
  return setmetatable({ longer }, generator)
end

generator.__index = function(self, name) return extended(rawget(self, 1), name) end
--- The function with these arguments; options last: type_, and what one function has.
---@param ... any
---@return alchemoon.Function
generator.__call = function(self, ...)
  local path = rawget(self, 1)
  if #path == 0 then exc.raise("ArgumentError", "func needs the name of a function: func.count(x)") end
  if is_generator((...)) then
    exc.raise("ArgumentError", "%s is called with a dot: %s(...)", tostring(self), tostring(self))
  end
  return call(path, ...)
end
generator.__tostring = function(self) return "func." .. table.concat(rawget(self, 1), ".") end
generator.__newindex = function() exc.raise("ArgumentError", "func cannot be assigned to") end

root.__call, root.__tostring, root.__newindex = generator.__call, generator.__tostring, generator.__newindex
root.__index = function(self, name)
  local made = extended({}, name)
  rawset(self, name, made)
  return made
end
func.func = setmetatable({ {} }, root)

--- The next value of a sequence, as an expression.
---@param sequence any
---@return alchemoon.ColumnElement
function func.next_value(sequence)
  local node = coerce.element(sequence)
  if core.node_tag(node) ~= tags.SEQUENCE then
    exc.raise("ArgumentError", "next_value() needs a Sequence, got %s", coerce.describe(sequence))
  end
  return core.node(tags.NEXT_VALUE, { sequence = node }, node_get(node, "data_type") or types.INTEGER)
end

-- --- what can be said of a call --------------------------------------------------------

local function by_list(value, where)
  if value == nil then return nil end
  local list = value
  if coerce.element(value) ~= nil or type(value) ~= "table" then list = { value } end
  local out = {}
  for _, item in ipairs(list) do
    if type(item) == "string" then out[#out + 1] = elements.label_reference(item)
    else
      for _, inner in ipairs(columns.of_bundle(coerce.element(item)) or { item }) do
        out[#out + 1] = core.self_group(coerce.column(inner, where, roles.BY_OR_OF), op.comma)
      end
    end
  end
  return out
end

--- A name that may be that of a label of the columns clause.
function elements.label_reference(text)
  return core.node(tags.LABEL_REFERENCE, { name = text }, types.NULLTYPE)
end

local UNBOUNDED, CURRENT = core.enums.FRAME_UNBOUNDED, core.enums.FRAME_CURRENT
local PRECEDING, FOLLOWING = core.enums.FRAME_PRECEDING, core.enums.FRAME_FOLLOWING

local function bound(value, option)
  if value == nil or value == coerce.null then return UNBOUNDED, nil end
  if type(value) ~= "number" or value % 1 ~= 0 then
    exc.raise("ArgumentError", "over(): the limits of %s are integers or nil (unbounded), got %s", option,
      coerce.describe(value))
  end
  if value == 0 then return CURRENT, nil end
  local bind = core.bind(nil, math.abs(value), coerce.BIND.UNIQUE, types.INTEGER)
  return value < 0 and PRECEDING or FOLLOWING, bind
end

local function frame(opts, option)
  local pair = opts[option]
  if not pair then return nil end
  if type(pair) ~= "table" then
    exc.raise("ArgumentError", "over(): %s must be a pair { lower, upper } of integers or nil (unbounded), got %s",
      option, coerce.describe(pair))
  end
  local lower_kind, lower = bound(pair[1], option)
  local upper_kind, upper = bound(pair[2], option)
  return core.node(tags.FRAME, { lower_kind = lower_kind, lower = lower or false, upper_kind = upper_kind,
    upper = upper or false })
end

local OVER = { partition_by = true, order_by = true, rows = true, range_ = true, groups = true }

--- A window over an aggregate: over(element, { partition_by =, order_by =, rows = {-1, 0}, range_ =, groups = }).
---@param value any
---@param opts table?   partition_by, order_by, rows, range_, groups
---@return alchemoon.ColumnElement
function func.over(value, opts)
  local node = coerce.expr(value)
  opts = options.check("over", opts, OVER) or {}
  local count = (opts.rows and 1 or 0) + (opts.range_ and 1 or 0) + (opts.groups and 1 or 0)
  if count > 1 then exc.raise("ArgumentError", "only one of 'rows', 'range_', or 'groups' may be provided") end
  return core.node(tags.OVER, {
    element = node, partition_by = by_list(opts.partition_by, "partition_by"),
    order_by = by_list(opts.order_by, "order_by"),
    rows = frame(opts, "rows"), range = frame(opts, "range_"), groups = frame(opts, "groups"),
  }, node_type(node))
end
func.over = named.arguments("over", { "element", "partition_by", "order_by", "range_", "rows", "groups" }, 1, 1,
  func.over)

--- An aggregate over the rows that fulfil the conditions.
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function func.funcfilter(value, ...)
  local node = coerce.expr(value)
  local items = {}
  if core.node_tag(node) == tags.FUNC_FILTER then
    items[1] = node_get(node, "criterion")
    node = node_get(node, "element")
  end
  for i = 1, select("#", ...) do items[#items + 1] = coerce.condition((select(i, ...)), "filter()") end
  if #items == 0 then return node end
  return core.node(tags.FUNC_FILTER, {
    element = node, criterion = #items == 1 and items[1] or operators.conjunction(op.and_, items),
  }, node_type(node))
end

local function within_group_type(node, order_by)
  local name = core.node_tag(node) == tags.FUNCTION and node_get(node, "name")
  local rule = name and ORDERED_SET[name:lower()]
  local first = order_by[1] and node_type(order_by[1])
  if not rule or not first then return node_type(node) end
  if rule == 2 and #node_get(node, "clauses") > 1 then return types.public.ARRAY(first) end
  return first
end

--- An ordered-set aggregate: within_group(func.percentile_cont(0.5), t.c.x:desc()).
---@param value any
---@param ... any
---@return alchemoon.ColumnElement
function func.within_group(value, ...)
  local node = coerce.expr(value)
  local order_by = by_list({ ... }, "within_group()")
  return core.node(tags.WITHIN_GROUP, { element = node, order_by = order_by }, within_group_type(node, order_by))
end

---@class alchemoon.Function : alchemoon.ColumnElement
local methods = {}

--- The function as a window: function OVER (...)
---@param opts table?   partition_by, order_by, rows, range_, groups
---@return alchemoon.ColumnElement
function methods.over(self, opts)
  if self == nil then exc.raise_not_a_method("over", "func") end
  return func.over(self, opts)
end

--- The aggregate over the rows that fulfil the conditions.
---@param ... any
---@return alchemoon.ColumnElement
function methods.filter(self, ...) return func.funcfilter(self, ...) end

--- The ordered-set aggregate: function WITHIN GROUP (ORDER BY ...)
---@param ... any
---@return alchemoon.ColumnElement
function methods.within_group(self, ...) return func.within_group(self, ...) end

--- A function that compares two of its arguments, for join conditions: positions count from 1.
---@param left_index integer   counted from 1
---@param right_index integer
---@return alchemoon.ColumnElement
function methods.as_comparison(self, left_index, right_index)
  return core.node(tags.FUNCTION_AS_BINARY, {
    ["function"] = self, left_index = left_index, right_index = right_index,
  }, types.BOOLEAN)
end

local field = class.field
local function element_name(self) return node_get(self, "element").name end

--- A function is executed as its SELECT: conn:scalar(func.now()).
function methods:_execute_on(conn, params, opts) return self:select():_execute_on(conn, params, opts) end

methods.execution_options = statement.Executable.methods.execution_options
methods.get_execution_options = statement.Executable.methods.get_execution_options

elements.Function = class.define("Function", {
  tags = { "FUNCTION" }, parent = elements.ColumnElement, methods = methods,
  properties = {
    name = field "name", key = field "name", clauses = field "clauses",
    packagenames = function(self)
      local out = {}
      for i, word in ipairs(node_get(self, "packages")) do out[i] = node_get(word, "name") end
      return out
    end,
  },
})
elements.FunctionAsBinary = class.define("FunctionAsBinary", {
  tags = { "FUNCTION_AS_BINARY" }, parent = elements.ColumnElement,
  properties = {
    left = function(self) return node_get(node_get(self, "function"), "clauses")[node_get(self, "left_index")] end,
    right = function(self) return node_get(node_get(self, "function"), "clauses")[node_get(self, "right_index")] end,
  },
})
elements.Over = class.define("Over", {
  tags = { "OVER" }, parent = elements.ColumnElement,
  properties = { element = field "element", partition_by = field "partition_by", order_by = field "order_by",
    name = element_name },
})
elements.WithinGroup = class.define("WithinGroup", {
  tags = { "WITHIN_GROUP" }, parent = elements.ColumnElement,
  methods = { over = methods.over, filter = methods.filter },
  properties = { element = field "element", order_by = field "order_by", name = element_name },
})
elements.FunctionFilter = class.define("FunctionFilter", {
  tags = { "FUNC_FILTER" }, parent = elements.ColumnElement,
  methods = { over = methods.over, filter = methods.filter, within_group = methods.within_group },
  properties = { element = field "element", criterion = field "criterion", name = element_name },
})
elements.NextValue = class.define("NextValue", {
  tags = { "NEXT_VALUE" }, parent = elements.ColumnElement, properties = { sequence = field "sequence" },
  methods = {
    _execute_on = methods._execute_on,
    select = function(self) return require("alchemoon.sql.select").select(self) end,
  },
})

return func
