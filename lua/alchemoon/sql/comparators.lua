--- Operators and methods that a type brings: JSON, ARRAY, HSTORE, ranges, text search, networks.
--
-- A family is a table { methods =, properties =, operate = { name = fn(self, op, other, reverse) }, getitem = fn }
-- for some kinds of types; a decorated type has the family of what it decorates. Families stand one per file, below
-- comparators/; this file only finds them.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local types = require "alchemoon.types"
local decorator = require "alchemoon.types.decorator"

local node_type = core.node_type

local comparators = { families = {} }

--- Declares the family of these kinds (keys of types.def).
---@param kinds string[]
---@param family table
function comparators.define(kinds, family)
  family.methods, family.properties = family.methods or {}, family.properties or {}
  family.operate = family.operate or {}
  for _, kind in ipairs(kinds) do comparators.families[kind] = family end
end

local families = comparators.families

--- The family of an expression's type, or nil.
function comparators.family(node)
  local sql_type = node_type(node)
  if sql_type == nil then return nil end
  return families[types.kind_key(types.impl(sql_type))]
end
local family_of = comparators.family

-- `comparator_factory` of a type written in Lua: { add = function(expr, other) ... end, method = ... }.
local function custom(self, name)
  local sql_type = node_type(self)
  while sql_type do
    local kind = types.kind_key(sql_type)
    if kind ~= "DECORATOR" and kind ~= "USERDEFINED" then return nil end
    local spec = types.spec(sql_type)
    local factory = spec and spec.comparator_factory
    if factory and factory[name] then return factory[name] end
    sql_type = core.node_get(sql_type, "item")
  end
  return nil
end

-- Inside operate() the same operator means what the library makes of it.
local operating

local function operate_by_hook(self, name, reverse, ...)
  if operating or not decorator.has_operate_hooks() then return nil end
  local hook = custom(self, reverse and "reverse_operate" or "operate")
  if not hook then return nil end
  operating = true
  local ok, made = pcall(hook, self, name, ...)
  operating = nil
  if not ok then error(made, 0) end
  return made
end

comparators.by_hook = operate_by_hook

--- Lets the hooks hear of operators that have no types' meanings otherwise: `methods[name]` is asked last.
function comparators.hear(methods, names)
  for _, name in ipairs(names) do
    local plain = assert(methods[name], name)
    methods[name] = function(self, ...)
      local made = operate_by_hook(self, name, false, ...)
      if made ~= nil then return made end
      return plain(self, ...)
    end
  end
end

--- The type's own meaning of an operator; nil: it has none. A factory's operate(expr, name, other) and
-- reverse_operate() hear of all operators; what they return nil for stays as it is.
function comparators.operate(self, name, operator, other, reverse)
  local own = custom(self, name)
  if own then return own(self, other, reverse) end
  local made = operate_by_hook(self, name, reverse, other)
  if made ~= nil then return made end
  local family = family_of(self)
  local rule = family and family.operate[name]
  if rule then return rule(self, operator, other, reverse) end
  return nil
end

--- A method or property that only this type's expressions have; nil if it has none of that name.
function comparators.attribute(self, key)
  local own = custom(self, key)
  if own then return own end
  local family = family_of(self)
  if family == nil then return nil end
  local method = family.methods[key]
  if method then return method end
  local property = family.properties[key]
  if property then return property(self) end
  return nil
end

--- More attributes of a binary expression: those of a construct that is one (MySQL's match()).
function comparators.binary_attribute(self, key)
  local construct = comparators.constructs[core.node_get(self, "options")]
  return construct and construct[key] or nil
end
comparators.constructs = {}

--- Subscripts.
function comparators.getitem(self, ...)
  local own = custom(self, "at")
  if own then return own(self, ...) end
  local family = family_of(self)
  if not family or not family.getitem then
    exc.raise("ArgumentError", "Operator 'getitem' is not supported on this expression (its type is %s)",
      types.kinds[core.node_get(node_type(self) or types.NULLTYPE, "kind")].name)
  end
  return family.getitem(self, ...)
end

--- Called once by elements.lua, when all classes of expressions can be used by the families.
function comparators.setup(elements)
  comparators.elements = elements
  for _, name in ipairs { "json", "array", "range", "network" } do require("alchemoon.sql.comparators." .. name) end
end

return comparators
