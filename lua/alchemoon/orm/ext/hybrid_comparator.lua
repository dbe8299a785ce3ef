--- am.Comparator: what stands for a hybrid in SQL when its operators mean something of their own.
--
-- `am.Comparator.extend{ eq = function(self, other) … end }` is a class; called with an expression it gives a
-- comparator. A method that the class lacks is the expression's; `operate(self, name, …)` hears of all operators, and
-- `am.operators[name](a, b)` applies what it heard of to something else. `init(self, expression, …)` gets what the
-- class is called with.
local adapt = require "alchemoon.sql.adapt"
local coerce = require "alchemoon.sql.coerce"
local exc = require "alchemoon.exc"

local comparator = {}

-- Lua's operators and the names under which expressions have them.
local METAMETHODS = { __add = "add", __sub = "sub", __mul = "mul", __div = "truediv", __mod = "mod", __pow = "pow",
  __concat = "concat", __unm = "neg", __idiv = "floordiv", __band = "and_", __bor = "or_", __bnot = "not_",
  __shl = "bitwise_lshift", __shr = "bitwise_rshift" }

local function own_expression(self)
  local expression = rawget(self, "expression")
  return coerce.element(expression) or coerce.expr(expression)
end

-- The key of a comparator: a method of its class, an operator told to operate(), or what its expression has there.
local function attribute(methods, self, key)
  local method = methods[key]
  if method ~= nil then return method end
  if key == "__clause_element__" then return own_expression end
  if type(key) ~= "string" or key:sub(1, 1) == "_" then return nil end
  local operate = methods.operate
  if operate and adapt.op[key] then
    return function(me, ...) return operate(me, key, ...) end
  end
  local expression = self:__clause_element__()
  local value = expression[key]
  if type(value) ~= "function" then return value end
  return function(_, ...) return value(expression, ...) end
end

local new_class

local function is_comparator(value)
  local mt = type(value) == "table" and getmetatable(value)
  return type(mt) == "table" and rawget(mt, "is_comparator") == true
end
comparator.is = is_comparator

-- The comparator may stand on the right: then its expression takes its place.
local function operator(name)
  return function(a, b)
    if is_comparator(a) then return a[name](a, b) end
    b = b:__clause_element__()
    local left = coerce.element(a)
    if left then return left[name](left, b) end
    return b:reverse_operate(name, a)
  end
end

local function show(self)
  local owner, key = rawget(self, "owner_name"), rawget(self, "key")
  return owner and ("%s.%s"):format(owner, key) or tostring(self:__clause_element__())
end

-- A table with a metatable of its own, as operators of Lua are looked up there alone.
function new_class(methods, parent)
  local cls = { methods = setmetatable(methods or {}, { __index = parent and parent.methods }) }
  local meta = { __name = "Comparator", is_comparator = true, __tostring = show }
  function meta.__index(self, key) return attribute(cls.methods, self, key) end
  for metamethod, name in pairs(METAMETHODS) do meta[metamethod] = operator(name) end
  --- A class derived from this one: `am.Comparator.extend{ eq = function(self, other) … end }`.
  function cls.extend(more, also) -- with a colon as well
    if rawequal(more, cls) then more = also end
    return new_class(more, cls)
  end
  --- A comparator over an expression: what stands for a hybrid in SQL. More arguments are the class's `init()`'s.
  ---@param expression any
  ---@param ... any
  ---@return table
  local function new(_, expression, ...)
    local made, init = setmetatable({ expression = expression }, meta), cls.methods.init
    if init then init(made, expression, ...)
    elseif select("#", ...) > 0 then
      exc.raise("ArgumentError", "Comparator takes one expression, got %d arguments; a class with a method " ..
        "init(self, expression, ...) takes more", 1 + select("#", ...))
    end
    return made
  end
  return setmetatable(cls, { __name = "Comparator", __call = new })
end
comparator.Comparator = new_class {}

return comparator
