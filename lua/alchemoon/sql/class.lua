--- Classes of nodes: which methods and properties the userdata of each node kind has.
--
-- A node is a userdata made by the C core; its kind (core.tags) selects a metatable built here. A lookup tries
-- methods, then properties (functions of the node), then the parent class; anything else is an
-- error that names the nearest attribute.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"

local class = {}
local node_get = core.node_get
local is_jit = rawget(_G, "jit") ~= nil

local METAMETHODS = {
  "__add", "__sub", "__mul", "__div", "__mod", "__pow", "__unm", "__idiv", "__band", "__bor", "__bxor",
  "__shl", "__shr", "__bnot", "__concat", "__lt", "__le", "__tostring", "__call", "__len", "__pairs", "__close",
  "__newindex",
}

local by_tag = {}      -- tag name → class that was defined for it
local extensions = {}  -- tag name → class.extend's spec

--- A property that is a field of the node.
---@param name string
---@return fun(node: userdata): any
function class.field(name)
  return function(node) return node_get(node, name) end
end

--- A class of nodes. `spec.tags`: names of node kinds it is for; `spec.parent`: class to inherit from.
-- Returns the class: `methods` and `properties` may be filled afterwards.
---@param name string
---@param spec {tags: string[]?, parent: table?, methods: table?, properties: table?, metamethods: table?}
---@return table
function class.define(name, spec)
  local parent = spec.parent
  local cls = {
    name = name, parent = parent,
    methods = setmetatable(spec.methods or {}, parent and { __index = parent.methods } or nil),
    properties = setmetatable(spec.properties or {}, parent and { __index = parent.properties } or nil),
  }
  local methods, properties = cls.methods, cls.properties
  local mt = { __name = name, class = cls }
  cls.metatable = mt
  local function missing(node, key) return class.missing(cls, node, key) end
  if is_jit then
    mt.__index = function(node, key)
      local method = methods[key]
      if method ~= nil then return method end
      local property = properties[key]
      if property then return property(node) end
      return missing(node, key)
    end
  else -- a call into C costs half of one into Lua there
    mt.__index = core.class_index(methods, properties, missing)
  end
  if parent then
    for _, event in ipairs(METAMETHODS) do mt[event] = parent.metatable[event] end
  end
  for event, fn in pairs(spec.metamethods or {}) do mt[event] = fn end
  for _, tag in ipairs(spec.tags or {}) do
    core.set_class(assert(core.tags[tag], tag), mt)
    by_tag[tag] = cls
    if extensions[tag] then class.extend(tag, extensions[tag]) end
  end
  return cls
end

local function assign(setters, cls)
  return function(node, key, value)
    local setter = setters[key]
    if not setter then
      exc.raise("ArgumentError", "%s object has no attribute '%s' that can be assigned%s", cls.name, tostring(key),
        options.hint(tostring(key), setters))
    end
    setter(node, value)
  end
end

--- A subclass of whatever class is (or will be) defined for one kind of node: what schema adds to columns and
-- tables, whose expression side belongs to other files. Independent of the order of loading.
---@param tag string
---@param spec {name: string?, methods: table?, properties: table?, setters: table?, metamethods: table?}
function class.extend(tag, spec)
  extensions[tag] = spec
  local parent = by_tag[tag]
  local cls = spec.class
  if not cls then
    cls = class.define(spec.name or parent and parent.name or tag, { parent = parent, methods = spec.methods,
      properties = spec.properties, metamethods = spec.metamethods })
    spec.class = cls
    if spec.setters then cls.metatable.__newindex = assign(spec.setters, cls) end
  elseif parent and cls.parent ~= parent then
    cls.parent = parent
    setmetatable(cls.methods, { __index = parent.methods })
    setmetatable(cls.properties, { __index = parent.properties })
    for _, event in ipairs(METAMETHODS) do
      if cls.metatable[event] == nil then cls.metatable[event] = parent.metatable[event] end
    end
  end
  core.set_class(assert(core.tags[tag], tag), cls.metatable)
  return cls
end

local function collect(into, cls)
  while cls do
    for _, set in ipairs { cls.methods, cls.properties } do
      for key in pairs(set) do
        if key:sub(1, 1) ~= "_" then into[key] = true end
      end
    end
    cls = cls.parent
  end
  return into
end

--- Called for an attribute that no class of the chain has. Private names are plainly absent. A class's
-- missing_words(node) begins the message in words of its own.
function class.missing(cls, node, key)
  if type(key) ~= "string" or key:sub(1, 1) == "_" then return nil end
  local c = cls
  while c do -- `fallback(node, key)` of a class or its parents may know more attributes; nil: it does not
    local value = c.fallback and c.fallback(node, key)
    if value ~= nil then return value end
    c = c.parent
  end
  local words = cls.missing_words and cls.missing_words(node) or cls.name .. " object has no"
  exc.raise("ArgumentError", "%s attribute '%s'%s", words, key, options.suggestion(key, collect({}, cls)))
end

--- The class of a node, or nil for any other value.
function class.of(value)
  if type(value) ~= "userdata" then return nil end
  local mt = getmetatable(value)
  return mt and mt.class or nil
end

--- Is `value` a node of class `cls` or of a class derived from it?
---@return boolean
function class.is(value, cls)
  local c = class.of(value)
  while c do
    if c == cls then return true end
    c = c.parent
  end
  return false
end

return class
