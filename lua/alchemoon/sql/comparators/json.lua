--- JSON, JSONB and HSTORE: subscripts, casts of an element, containment.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local types = require "alchemoon.types"
local adapt = require "alchemoon.sql.adapt"
local coerce = require "alchemoon.sql.coerce"
local comparators = require "alchemoon.sql.comparators"
local operators = require "alchemoon.sql.operators"

local tags, node_tag, node_get, node_type = core.tags, core.node_tag, core.node_get, core.node_type
local op = adapt.op

local function kind_type(key)
  return core.node(tags.TYPE, { kind = types.kind_ids[key], length = -1, precision = -1, scale = -1 })
end
local INDEX, STRING_INDEX, PATH = kind_type "INTINDEXTYPE", kind_type "STRINDEXTYPE", kind_type "PATHTYPE"
local JSONPATH = types.coerce(types.postgresql.JSONPATH)

local function subscript(text) return operators.postgresql(text, operators.SUBSCRIPT_PRECEDENCE) end
local function operator(text) return operators.postgresql(text, operators.COMPARISON_PRECEDENCE, true) end
local ASTEXT, PATH_ASTEXT, GETITEM = subscript "->>", subscript "#>>", subscript "->"
local HAS_KEY, HAS_ALL, HAS_ANY = operator "?", operator "?&", operator "?|"
local CONTAINS, CONTAINED_BY = operator "@>", operator "<@"
local DELETE_PATH, PATH_EXISTS, PATH_MATCH = subscript "#-", operator "@?", operator "@@"

local function truth(custom, bind_type)
  return function(self, other)
    if bind_type and not coerce.element(other) then
      other = coerce.expr(other, { type = bind_type, name = core.literal_name(self) })
    end
    return operators.custom_operate(self, custom, other, false, types.BOOLEAN)
  end
end

local function getitem(self, ...)
  local count = select("#", ...)
  local index = ...
  local path = count > 1 and { ... } or nil
  local plain = type(index) == "table" and getmetatable(index) == nil and not coerce.element(index)
  if not path and plain then path = index end
  if path then
    local right = core.bind(core.literal_name(self), path, coerce.BIND.UNIQUE, PATH)
    return core.binary(self, right, op.json_path_getitem, 0, node_type(self))
  end
  local right = coerce.operand(self, op.json_getitem, index, type(index) == "number" and INDEX or STRING_INDEX)
  return core.binary(self, right, op.json_getitem, 0, node_type(self))
end

-- The index expression that this is, or that an attribute of a class stands for; else nil.
local function element_of(self)
  local tag = node_tag(self)
  if tag == tags.ORM_ATTR then return element_of(node_get(self, "column")) end
  if tag == tags.ANNOTATED then return element_of(node_get(self, "element")) end
  if tag ~= tags.BINARY then return nil end
  local own = node_get(self, "op")
  return (own == op.json_getitem or own == op.json_path_getitem) and self or nil
end

local function as_type(name, sql_type)
  return function(self, ...)
    local element = element_of(self)
    if not element then
      exc.raise("InvalidRequestError",
        "The JSON cast operator JSON.%s() only works with a JSON index expression e.g. col:at('q'):%s()", name, name)
    end
    return core.node_with(element, {}, type(sql_type) == "function" and sql_type(...) or sql_type)
  end
end

local NUMERIC = { asdecimal = true }
local JSON = {
  getitem = getitem,
  methods = {
    as_string = as_type("as_string", types.coerce(types.public.Unicode)),
    as_integer = as_type("as_integer", types.INTEGER), as_float = as_type("as_float", types.FLOAT),
    as_boolean = as_type("as_boolean", types.BOOLEAN),
    as_numeric = as_type("as_numeric", function(precision, scale, opts)
      opts = options.read("as_numeric", opts, NUMERIC)
      return types.public.Numeric(precision, scale, { asdecimal = opts.asdecimal })
    end),
    as_json = function(self)
      return element_of(self) or as_type("as_json")(self)
    end,
  },
  properties = {
    astext = function(self)
      local text_type = node_get(types.impl(node_type(self)), "item") or types.TEXT
      local element = element_of(self)
      if not element then
        exc.raise("InvalidRequestError", "astext needs a JSON index expression, as col:at('key').astext")
      end
      local custom = node_get(element, "op") == op.json_path_getitem and PATH_ASTEXT or ASTEXT
      return core.binary(node_get(element, "left"), node_get(element, "right"), op.custom_op, 0, text_type, nil, custom)
    end,
  },
}
comparators.define({ "JSON", "PG_JSON" }, JSON)

-- The operator `contains` of JSONB, arrays and ranges: @>.
local function contains(self, _, other)
  return operators.custom_operate(self, CONTAINS, other, false, types.BOOLEAN)
end

local methods = {
  has_key = truth(HAS_KEY), has_all = truth(HAS_ALL), has_any = truth(HAS_ANY),
  contained_by = truth(CONTAINED_BY),
  path_exists = truth(PATH_EXISTS, JSONPATH), path_match = truth(PATH_MATCH, JSONPATH),
  delete_path = function(self, path)
    local elements = comparators.elements
    if not coerce.element(path) then path = elements.array(path) end
    local right = elements.cast(path, types.public.ARRAY(types.public.TEXT))
    return operators.custom_operate(self, DELETE_PATH, right, false, types.coerce(types.public.JSONB))
  end,
}
local JSONB = {
  getitem = getitem, methods = setmetatable(methods, { __index = JSON.methods }), properties = JSON.properties,
  operate = { contains = contains },
}
comparators.define({ "JSONB" }, JSONB)

local function text_type(self)
  local extra = node_get(types.impl(node_type(self)), "extra")
  return extra and extra.text_type or types.TEXT
end
local function hstore_function(name, sql_type)
  return function(self, ...)
    local args = { self }
    for i = 1, select("#", ...) do args[i + 1] = coerce.expr((select(i, ...)), { name = name }) end
    return comparators.elements.function_node(name, args, type(sql_type) == "function" and sql_type(self) or sql_type)
  end
end
local TEXT_ARRAY = types.public.ARRAY(types.public.Text)
local HSTORE_TYPE = types.coerce(types.public.HSTORE)
comparators.define({ "HSTORE" }, {
  getitem = function(self, index)
    return operators.custom_operate(self, GETITEM, coerce.operand(self, op.getitem, index, types.TEXT), false,
      types.coerce(text_type(self)))
  end,
  operate = JSONB.operate,
  methods = {
    has_key = truth(HAS_KEY), has_all = truth(HAS_ALL), has_any = truth(HAS_ANY), contained_by = truth(CONTAINED_BY),
    defined = hstore_function("defined", types.BOOLEAN),
    delete = hstore_function("delete", HSTORE_TYPE),
    slice = hstore_function("slice", HSTORE_TYPE),
    keys = hstore_function("akeys", TEXT_ARRAY), vals = hstore_function("avals", TEXT_ARRAY),
    array = hstore_function("hstore_to_array", TEXT_ARRAY),
    matrix = hstore_function("hstore_to_matrix", types.public.ARRAY(types.public.Text, { dimensions = 2 })),
  },
})

return { CONTAINED_BY = CONTAINED_BY, contains = contains, truth = truth }
