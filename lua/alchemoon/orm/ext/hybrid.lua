--- Hybrids: one function that is a method of objects and an SQL expression on classes.
--
-- On a class the function gets the class (or the aliased class) as `self`, so that `self.first .. " " .. self.last` is
-- SQL.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local coerce = require "alchemoon.sql.coerce"
local attr = require "alchemoon.orm.attr"
local comparators = require "alchemoon.orm.ext.hybrid_comparator"
local properties = require "alchemoon.orm.properties"
local symbols = require "alchemoon.orm.symbols"

local hybrid = { Comparator = comparators.Comparator }
local KIND = core.enums.ORM_ATTR_HYBRID
local HYBRID = symbols.HybridExtensionType

local function expect_function(what, value)
  if value ~= nil and type(value) ~= "function" then
    exc.raise("ArgumentError", "%s: a function is needed, got %s", what, type(value))
  end
  return value
end

-- --- hybrid_property -----------------------------------------------------------------------------------------------

local Property = { __name = "hybrid_property", is_descriptor = true, is_attribute = true }
Property.__index = Property

local OPTIONS = { setter = true, deleter = true, expression = true, update_expression = true, comparator = true,
  custom_comparator = true, inplace = true, info = true, doc = true }

--- am.hybrid_property(fn, { setter, expression, update_expression, comparator })
---@param fn fun(self:table):any   of an object, or of the class
---@param opts table?   setter, deleter, expression, update_expression, comparator
---@return any
function hybrid.hybrid_property(fn, opts)
  opts = options.read("hybrid_property", opts, OPTIONS)
  if type(fn) ~= "function" then
    exc.raise("ArgumentError", "hybrid_property: a function(self) is needed, got %s", type(fn))
  end
  for _, name in ipairs { "setter", "deleter", "expression", "update_expression" } do
    expect_function("hybrid_property: " .. name, opts[name])
  end
  return setmetatable({ fn = fn, setter_fn = opts.setter, deleter_fn = opts.deleter, expression_fn = opts.expression,
    update_fn = opts.update_expression, comparator_fn = opts.comparator or opts.custom_comparator,
    info = opts.info or {}, number = properties.next_number() }, Property)
end

local function changed(self, field)
  return function(_, fn)
    local fresh = setmetatable({}, Property)
    for key, value in pairs(self) do fresh[key] = value end
    fresh[field], fresh.number = fn, properties.next_number()
    return fresh
  end
end

-- hybrid:setter(fn) and its like give a changed copy, as Python's decorators do.
function Property.__index(self, key)
  if key == "setter" then return changed(self, "setter_fn") end
  if key == "getter" then return changed(self, "fn") end
  if key == "deleter" then return changed(self, "deleter_fn") end
  if key == "expression" then return changed(self, "expression_fn") end
  if key == "update_expression" then return changed(self, "update_fn") end
  if key == "comparator" then return changed(self, "comparator_fn") end
  if key == "extension_type" then return HYBRID.HYBRID_PROPERTY end
  if key == "overrides" then return self end
  return Property[key]
end

local function entity_of(owner)
  local element = coerce.element(owner)
  return element
end

-- What the function gave on the class was compared by Lua already.
local function refuse_boolean(owner, key, value)
  local entity = entity_of(owner)
  local class_name = entity and core.node_get(entity, "mapper").class_name or "?"
  coerce.compared(value, ("The expression of hybrid_property %s.%s"):format(class_name, key))
end

-- An expression under the hybrid's name; other values (comparators, literals) as they are.
local function named(self, owner, key, value)
  local node = coerce.element(value)
  if node == nil then
    if type(value) == "boolean" then refuse_boolean(owner, key, value) end
    if type(value) == "table" then return value end
    node = coerce.expr(value)
  end
  local entity = entity_of(owner)
  local tag = core.node_tag(node)
  if entity == nil or coerce.IS_SELECT[tag] or coerce.IS_FROM[tag] or tag == core.tags.ORM_ENTITY then return node end
  if tag == core.tags.ORM_ATTR and core.node_get(node, "kind") == core.enums.ORM_ATTR_RELATIONSHIP then return node end
  if core.node_tag(value) == nil and type(value) == "table" then return value end -- a comparator
  if tag == core.tags.ORM_ATTR then
    return core.node_with(node, { name = key, extra = self:face(key, core.node_get(node, "extra")) })
  end
  return core.node(core.tags.ORM_ATTR, { column = node, entity = entity, name = key, kind = KIND,
    extra = self:face(key) },
    core.node_type(node))
end

-- For update(): what the hybrid's update_expression assigns. A hybrid that shows another one has that one's.
local function updater(update_fn)
  return update_fn and function(_, node, value)
    return update_fn(core.node_get(core.node_get(node, "entity"), "mapper").class, value)
  end
end

--- What stands as the property behind the hybrid's attribute; the same table each time, for the key of statements.
function Property:face(key, behind)
  local faces = rawget(self, "faces")
  if not faces then
    faces = {}
    rawset(self, "faces", faces)
  end
  local id = behind or 1
  local face = faces[id]
  if not face then
    face = setmetatable({ hybrid = self, key = key, kind = behind and behind.kind or "hybrid", info = self.info,
      update_pairs = not behind and updater(self.update_fn) or nil, behind = behind and (behind.behind or behind) },
      { __index = behind, __tostring = behind and function() return tostring(behind) end or nil })
    faces[id] = face
  end
  return face
end

-- A comparator of this file stands for its expression under the hybrid's name.
local function with_name(self, owner, key, made)
  if comparators.is(made) and rawget(made, "key") == nil then
    local plain = made.__clause_element__
    rawset(made, "key", key)
    local entity = entity_of(owner)
    rawset(made, "owner_name", entity and core.node_get(entity, "mapper").class_name)
    rawset(made, "__clause_element__", function() return named(self, owner, key, plain(made)) end)
  end
  return made
end

local function comparator_of(self, owner, key)
  local given = self.comparator_fn
  if type(given) == "function" then return with_name(self, owner, key, given(owner)) end
  local made = given
  if type(made) == "table" then
    local base = (self.expression_fn or self.fn)(owner)
    return with_name(self, owner, key, made.methods and made(base) or hybrid.Comparator.extend(made)(base))
  end
  return exc.raise("ArgumentError", "hybrid_property: comparator must be a function(cls) or a table of methods")
end

--- What it is on a class that is still being mapped, for the functions of declared_attr.
function Property:of_class(class)
  local value = (self.expression_fn or self.fn)(class)
  return coerce.element(value) or value
end

--- Gives a class the hybrid; see mapper.attach_descriptor.
function Property:bind(_, key)
  self.__name__ = self.__name__ or key
  local setter, fn = self.setter_fn, self.fn
  return {
    hybrid = self, is_extension = "hybrid_property", delete = self.deleter_fn or false,
    get = fn,
    set = setter and function(obj, value) return setter(obj, value) end or nil,
    class_get = function(owner)
      if self.comparator_fn then return comparator_of(self, owner, key) end
      local value = (self.expression_fn or fn)(owner)
      if self.anonymous then return value end
      return named(self, owner, key, value)
    end,
    --- For update(): a list of { column, value } that sets the hybrid.
    update_values = function(owner, value)
      if self.update_fn then return self.update_fn(owner, value) end
      return { { (self.expression_fn or fn)(owner), value } }
    end,
  }
end

-- --- hybrid_method -------------------------------------------------------------------------------------------------

local Method = { __name = "hybrid_method", is_descriptor = true, is_attribute = true }

--- The same of a method.
function Method:of_class(class)
  local fn = self.expression_fn or self.fn
  return function(_, ...) return fn(class, ...) end
end

--- am.hybrid_method(fn, { expression })
---@param fn fun(self:table, ...):any
---@param opts table?   expression
---@return any
function hybrid.hybrid_method(fn, opts)
  opts = options.read("hybrid_method", opts, { expression = true, inplace = true })
  if type(fn) ~= "function" then
    exc.raise("ArgumentError", "hybrid_method: a function(self, …) is needed, got %s", type(fn))
  end
  expect_function("hybrid_method: expression", opts.expression)
  return setmetatable({ fn = fn, expression_fn = opts.expression, number = properties.next_number() }, Method)
end

function Method.__index(self, key)
  if key == "extension_type" then return HYBRID.HYBRID_METHOD end
  if key == "expression" then
    return function(_, fn)
      return setmetatable({ fn = self.fn, expression_fn = fn, number = properties.next_number() }, Method)
    end
  end
  return Method[key]
end

function Method:bind()
  local fn, expression = self.fn, self.expression_fn or self.fn
  return {
    hybrid = self, is_extension = "hybrid_method",
    get = function() return fn end,
    class_get = function() return expression end,
  }
end

attr.by_kind[KIND] = {}

-- What a subclass reads from the attribute of its base class to change a hybrid: `Base.name.overrides:expression(fn)`.
local OF_DESCRIPTOR = { overrides = true, getter = true, setter = true, deleter = true, update_expression = true }

function attr.Attribute.fallback(node, key)
  local of_hybrid = OF_DESCRIPTOR[key] and core.node_get(node, "extra").hybrid
  return of_hybrid and of_hybrid[key] or nil
end
return hybrid
