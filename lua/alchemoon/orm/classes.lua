--- Classes as Lua tables: a class is the metatable of its instances, and has a metatable of its own, made here.
--
-- Raw keys of a class: metamethods, `__mapper__`, `__table__`, `__mro__` (mixins and bases, nearest first) and
-- `__members`, the table of methods and constants that the user wrote, which inherits from those of the mixins and
-- bases. Mapped attributes are never raw keys: reading one reaches `read_class`.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local instance = require "alchemoon.orm.instance"
local properties = require "alchemoon.orm.properties"

local classes = {}
local lookup = instance.lookup

local METAMETHODS = {
  __tostring = true, __eq = true, __lt = true, __le = true, __len = true, __call = true, __concat = true, __add = true,
  __sub = true, __mul = true, __div = true, __mod = true, __pow = true, __unm = true, __idiv = true, __band = true,
  __bor = true, __bxor = true, __shl = true, __shr = true, __bnot = true, __close = true, __pairs = true,
}

--- Doors: what a class answers for a mapped attribute, and what an assignment of a declared thing means.
classes.attribute = nil       -- function(mapper, key, prop) → ORM_ATTR node; attr.lua
classes.add_declared = nil    -- function(cls, key, value); declarative.lua
classes.model = nil           -- function(base, name, body); declarative.lua
classes.mistaken = {}         -- private key → function that raises for the call that reads it from a class

--- Is it a class made here (base, abstract or mapped)?
function classes.is(value)
  return type(value) == "table" and rawget(value, "__mro__") ~= nil
end

--- The mapper of a class, or nil.
function classes.mapper_of(value)
  if type(value) ~= "table" then return nil end
  return rawget(value, "__mapper__")
end

local function unknown_attribute(cls, mapper, key)
  exc.raise("ArgumentError", "type object '%s' has no attribute '%s'%s", rawget(cls, "__name"), key,
    options.suggestion(key, instance.names(mapper)))
end

local function not_mapped(cls)
  local refuse = rawget(cls, "__unmapped_yet") -- what a class says that will be mapped later
  if refuse then refuse(cls) end
  exc.raise("UnmappedClassError", "Class '%s' is not mapped", tostring(rawget(cls, "__name")))
end

local function has_concrete(mapper)
  for _, sub in ipairs(mapper.self_and_descendants) do
    if sub.concrete then return true end
  end
  return false
end

-- A statement may be built over a class whose relationships cannot be resolved yet: lowering configures it.
-- Concrete classes need their union at once.
local function clause_element(cls)
  local mapper = rawget(cls, "__mapper__")
  if instance.pending.any and has_concrete(mapper) then instance.configure(mapper) end
  return mapper.entity
end

-- What `Class.key` is when the class has no raw key of that name.
local function read_class(cls, attrs, key)
  local mapper = rawget(cls, "__mapper__")
  if mapper then
    local prop = mapper.prop[key]
    if prop and not prop.uninstrumented then
      local value = classes.attribute(mapper, key, prop)
      if prop.kind ~= "synonym" then attrs[key] = value end
      return value
    end
    local descriptor = mapper.descriptor[key]
    if descriptor and descriptor.class_get then return descriptor.class_get(cls, key) end
    if key == "__clause_element__" then return clause_element end
  elseif rawget(cls, "__scan") and type(key) == "string" then
    local value = rawget(cls, "__scan"):peek(key)
    if value ~= nil then return value end
  end
  if key == "__clause_element__" and rawget(cls, "__unmapped_yet") then not_mapped(cls) end
  local value = lookup(cls, key)
  if value ~= nil then
    if properties.is_declared_attr(value) then return value.fn(cls) end
    return value
  end
  if key == "model" then return classes.model end
  if key == "__init__" then return instance.assign end -- for constructors that go on to the default one
  if classes.mistaken[key] then classes.mistaken[key]() end
  if not mapper or type(key) ~= "string" or key:sub(1, 1) == "_" then return nil end
  if instance.configure(mapper) then return cls[key] end
  return unknown_attribute(cls, mapper, key)
end

-- What a class or a plain table itself has under a name.
local function own_value(from, name)
  local members = rawget(from, "__members")
  local value = members and rawget(members, name)
  if value == nil then value = rawget(from, name) end
  return value
end
classes.own_value = own_value

--- What a class has under a name by itself or from what is not mapped: mixins, abstract bases.
function classes.immediate(cls, name)
  local value = own_value(cls, name)
  if value ~= nil then return value end
  for _, base in ipairs(rawget(cls, "__mro__")) do
    if not rawget(base, "__mapper__") then value = own_value(base, name) end
    if value ~= nil then return value end
  end
  return nil
end

-- Metamethods are looked up raw by Lua, so a class copies those of its bases.
local function inherit_metamethods(cls)
  for _, base in ipairs(rawget(cls, "__mro__")) do
    for name in pairs(METAMETHODS) do
      local value = rawget(base, name)
      if value ~= nil and value ~= instance.show and rawget(cls, name) == nil then rawset(cls, name, value) end
    end
  end
  if rawget(cls, "__tostring") == nil then rawset(cls, "__tostring", instance.show) end
end

local function hand_down(cls, name, value)
  for _, sub in ipairs(rawget(cls, "__subclasses")) do
    if rawget(sub, name) == nil then
      rawset(sub, name, value)
      hand_down(sub, name, value)
    end
  end
end

-- An assignment to a class may map, hand down a metamethod, or be a plain member.
local function write_class(cls, attrs, key, value)
  if classes.add_declared and classes.add_declared(cls, key, value) then
    attrs[key] = nil
    return
  end
  if METAMETHODS[key] then
    rawset(cls, key, value)
    return hand_down(cls, key, value)
  end
  local mapper = rawget(cls, "__mapper__")
  if value == nil and mapper and mapper.prop[key] then
    exc.raise("InvalidRequestError", "Can't un-map individual mapped attributes on a mapped class.")
  end
  rawget(cls, "__members")[key] = value
  if key == "__init__" and mapper then
    for _, sub in ipairs(mapper.self_and_descendants) do instance.hooks_changed(sub) end
  end
end

--- Puts what a body says into a class: metamethods beside it, everything else among its members.
function classes.put(cls, key, value)
  if METAMETHODS[key] then rawset(cls, key, value) else rawget(cls, "__members")[key] = value end
end

-- What a mapped class keeps beside its members.
local KEPT = { __mapper__ = true, __mixins__ = true, __mro__ = true, __name__ = true, __table__ = true }

-- Of a class that is mapped as it is: methods and constants, `__init__` and other names of that form among them.
local function is_member(key)
  return type(key) == "string" and (key:sub(1, 2) ~= "__" or key:match("^__.+__$") and not KEPT[key])
end

-- The table in which methods and constants are found: own ones, then those of mixins and bases in order.
local function new_members(cls, mro)
  local members = rawget(cls, "__members") or {}
  for key, value in next, cls do
    if is_member(key) then members[key] = value end
  end
  for key in next, members do rawset(cls, key, nil) end
  if #mro == 1 and rawget(mro[1], "__members") then
    return setmetatable(members, { __index = rawget(mro[1], "__members") })
  end
  local direct = {}
  for i, base in ipairs(mro) do direct[i] = base end
  return setmetatable(members, { __index = function(_, key)
    for i = 1, #direct do
      local value = own_value(direct[i], key)
      if value ~= nil then return value end
    end
    return nil
  end })
end

-- Mixins with their own mixins, nearest first.
local function flatten(mixins, into, seen)
  for i, mixin in ipairs(mixins or {}) do
    if type(mixin) ~= "table" then
      exc.raise("ArgumentError", "__mixins__[%d] must be a table, got %s", i, type(mixin))
    end
    if not seen[mixin] then
      seen[mixin] = true
      into[#into + 1] = mixin
      if classes.is(mixin) then
        flatten(rawget(mixin, "__mro__"), into, seen)
      else
        flatten(rawget(mixin, "__mixins__"), into, seen)
      end
    end
  end
  return into
end

--- A new class, not mapped yet. `parent` may be nil.
function classes.new(name, parent, mixins, cls)
  cls = cls or {}
  local seen = {}
  local mro = flatten(mixins, {}, seen)
  if parent then
    if not seen[parent] then
      mro[#mro + 1] = parent
      seen[parent] = true
    end
    for _, base in ipairs(rawget(parent, "__mro__")) do
      if not seen[base] then
        seen[base] = true
        mro[#mro + 1] = base
      end
    end
    table.insert(rawget(parent, "__subclasses"), cls)
  end
  local members = new_members(cls, mro)
  members.__class__, members.__name__ = cls, name -- of an object's own class, not of a base
  rawset(cls, "__members", members)
  rawset(cls, "__name", name)
  rawset(cls, "__name__", name)
  rawset(cls, "__mro__", mro)
  rawset(cls, "__subclasses", {})
  rawset(cls, "__parent", parent)
  inherit_metamethods(cls)
  local attrs = {}
  local meta = { __name = "class", attrs = attrs, __call = not_mapped }
  meta.__index = function(c, key)
    local value = attrs[key]
    if value ~= nil then return value end
    return read_class(c, attrs, key)
  end
  meta.__newindex = function(c, key, value) return write_class(c, attrs, key, value) end
  meta.__tostring = function(c) return ("<class '%s'>"):format(rawget(c, "__name")) end
  return setmetatable(cls, meta)
end

--- Gives a class its constructor once it is mapped.
function classes.set_constructor(cls, construct) getmetatable(cls).__call = construct end

--- Forgets what class attributes were handed out (a property was exchanged).
function classes.forget(cls, key)
  getmetatable(cls).attrs[key] = nil
  for _, sub in ipairs(rawget(cls, "__subclasses")) do classes.forget(sub, key) end
end

--- The class that a value stands for: a class, an aliased class, a mapper or an instance's class; nil else.
function classes.of(value)
  if type(value) ~= "table" then return nil end
  if rawget(value, "__mapper__") and not rawget(value, "is_aliased_class") then return value end
  if rawget(value, "is_mapper") then return value.class end
  return nil
end

classes.tags = core.tags
return classes
