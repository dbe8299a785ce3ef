--- What a mapper shows of itself: attrs, column_attrs, relationships, all_orm_descriptors, identity keys.
local core = require "alchemoon.core"
local entries = require "alchemoon.entries"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local columns = require "alchemoon.sql.columns"
local cascade = require "alchemoon.orm.cascade"
local identity = require "alchemoon.orm.identity"
local inheritance = require "alchemoon.orm.inheritance"
local inspection_flags = require "alchemoon.orm.inspection_flags"
local instance = require "alchemoon.orm.instance"
local mapper = require "alchemoon.orm.mapper"
local select_columns = require "alchemoon.orm.select_columns"
local usage = require "alchemoon.usage"

local Mapper, computed = mapper.Mapper, mapper.computed

local known = entries.beside() -- view → { names, by_name, owner }

-- An ordered set of named things: view.name, view[i], #, ipairs, keys(), values(), contains(), items().
local view_methods = {}
function view_methods.keys(self)
  local list = {}
  for i, name in ipairs(known[self].names) do list[i] = name end
  return columns.list(list)
end
function view_methods.values(self)
  local list = {}
  for i = 1, #self do list[i] = self[i] end
  return columns.list(list)
end
function view_methods.items(self)
  local i = 0
  return function()
    i = i + 1
    local name = known[self].names[i]
    if name then return name, self[i] end
  end
end
function view_methods.contains(self, key)
  if known[self].by_name[key] ~= nil then return true end
  for i = 1, #self do
    if self[i] == key then return true end
  end
  return false
end
function view_methods.get(self, key) return known[self].by_name[key] end

local view = { __name = "PropertyView" }
function view.__index(self, key)
  local found = known[self].by_name[key]
  if found ~= nil then return found end
  if view_methods[key] then return view_methods[key] end
  if type(key) ~= "string" then return nil end
  return exc.raise("ArgumentError", "%s has no attribute '%s'%s", known[self].owner, key,
    options.hint(key, known[self].by_name))
end
function view.__pairs(self) return view_methods.items(self) end
view.__columns = view_methods.values -- am.columns(mapper.c)
-- `for prop in mapper.attrs do`
function view.__call(self, _, previous) return columns.after(self, previous) end

local function new_view(self)
  local made = setmetatable({}, view)
  known[made] = { names = {}, by_name = {}, owner = tostring(self) }
  return made
end

local function add(made, name, value)
  local own = known[made]
  local i = #own.names + 1
  rawset(made, i, value)
  own.names[i], own.by_name[name] = name, value
end

local function make_view(self, wanted)
  instance.configure(self)
  local made = new_view(self)
  for _, prop in ipairs(select_columns.ordered(self)) do
    if wanted(prop) then add(made, prop.key, prop) end
  end
  return made
end

local function of_kind(kind)
  return function(self) return make_view(self, function(prop) return prop.kind == kind end) end
end
computed.attrs = function(self)
  local made = make_view(self, function() return true end)
  for _, prop in ipairs(self.refused_props or {}) do -- of a base, not of this class
    if not self.prop[prop.key] then add(made, prop.key, prop) end
  end
  return made
end
computed.column_attrs, computed.relationships = of_kind "column", of_kind "relationship"
computed.synonyms, computed.composites = of_kind "synonym", of_kind "composite"

-- The names of a class's attributes and extensions: as they were written, then those that the mapper found by itself.
local function names_of(self)
  local names, more = {}, {}
  for i, key in ipairs(self.written) do names[i] = key end
  for _, key in ipairs(self.attrs:keys()) do names[#names + 1] = key end
  for key, descriptor in pairs(self.descriptor) do
    if descriptor.is_extension then more[#more + 1] = key end
  end
  table.sort(more)
  for _, key in ipairs(more) do names[#names + 1] = key end
  return names
end

local function orm_descriptor(self, key)
  local prop, descriptor = self.prop[key], self.descriptor[key]
  if prop and not prop.uninstrumented then return self.class[key] end
  if descriptor and descriptor.refused then return descriptor.refused end
  if not (descriptor and descriptor.is_extension) then return nil end
  return descriptor.hybrid or descriptor.association or descriptor
end

--- All attributes and extensions: those of the class itself first, then those of its base; what both have counts there.
computed.all_orm_descriptors = function(self)
  local made, at = new_view(self), self
  while at do
    local base = at.inherits
    for _, key in ipairs(names_of(at)) do
      local is_new = known[made].by_name[key] == nil and not (base and orm_descriptor(base, key))
      local value = is_new and orm_descriptor(self, key)
      if value then add(made, key, value) end
    end
    at = base
  end
  return made
end
computed.iterate_properties = function(self) return make_view(self, function() return true end):values() end

--- mapper.c / mapper.columns by attribute name; iteration in the order of the attributes.
computed.c = function(self)
  local made = new_view(self)
  for _, prop in ipairs(select_columns.ordered(self)) do
    if prop.kind == "column" then add(made, prop.key, prop.columns[1]) end
  end
  return made
end

computed.columns = computed.c
--- am.columns(mapper): not those of siblings that share its table.
function Mapper.__columns(self) return self.c:values() end
inspection_flags.add(computed, "is_mapper")
computed.mapped_table = function(self) return self.persist_selectable end
computed.selectable = function(self)
  instance.configure(self)
  return inheritance.selectable(self)
end
--- The mappers that a select of the class loads along, itself included; none without with_polymorphic.
computed.with_polymorphic_mappers = function(self)
  local list = inheritance.with_polymorphic_mappers(self)
  return columns.list((self.with_polymorphic or #list > 1) and list or {})
end
computed.entity_class = function(self) return self.class end
computed.class_manager = function(self) return self end

--- What an operation on an object reaches along its relationships: an iterator of object, mapper, state and dict.
---@param name string   "save-update", "delete", "merge", "expunge" or "refresh-expire"
---@param state table   am.inspect(obj)
---@param halt_on function?   function(state): do not go on from there
---@return function
function Mapper.cascade_iterator(_, name, state, halt_on)
  usage.check_arguments("cascade_iterator", "string", name, "table", state, "function?", halt_on)
  local inspect = require("alchemoon.inspection").inspect
  local halt = halt_on and function(item) return halt_on(inspect(item)) end
  local list, i = cascade.collect(state.object, (name:gsub("-", "_")), halt), 0
  return function()
    i = i + 1
    local item = list[i]
    if item == nil then return nil end
    local found = inspect(item)
    return item, found.mapper, found, found.dict
  end
end

--- The identity key of an object, of primary key values, or of a row.
---@param obj table
---@return any[]
function Mapper:identity_key_from_instance(obj)
  return identity.shown(self, self:primary_key_from_instance(obj), identity.token(obj))
end

--- The identity key of primary key values.
---@param values any[]
---@param token any   identity token
---@return any[]
function Mapper:identity_key_from_primary_key(values, token)
  if type(values) ~= "table" then values = { values } end
  return identity.shown(self, values, token)
end

--- The identity key of a row that has the primary key's columns.
---@param row any
---@param token any   identity token
---@return any[]
function Mapper:identity_key_from_row(row, token)
  if type(row) ~= "table" and type(row) ~= "userdata" then
    exc.raise("ArgumentError", "identity_key_from_row: argument #1: expected a row, got %s", type(row))
  end
  local values = {}
  for i, column in ipairs(self.primary_key) do values[i] = row[column] end
  return identity.shown(self, values, token)
end

--- Is this another branch of the same hierarchy?
---@param other alchemoon.Mapper
---@return boolean
function Mapper:is_sibling(other)
  usage.check_arguments("is_sibling", "table", other)
  return self.base_mapper == other.base_mapper and not self:isa(other) and not other:isa(self)
end

--- mapper:add_property(key, prop), mapper:add_properties{ … }
---@param key string
---@param prop any
function Mapper:add_property(key, prop)
  usage.check_arguments("add_property", "string", key, "any", prop)
  local properties = require "alchemoon.orm.properties"
  if core.node_tag(prop) then prop = properties.column({ prop }) end
  require("alchemoon.orm.mapper_checks").warn_of_existing(self, key, prop)
  if prop.kind == "synonym" and prop.map_column then -- the column of its name goes under the name that it stands for
    self:_configure_property(prop.name, properties.column({ self:_column_behind(key, prop) }))
  end
  self:_configure_property(key, prop)
  require("alchemoon.orm.classes").forget(self.class, key)
end

--- Several at once.
---@param list table<string, any>
function Mapper:add_properties(list)
  usage.check_arguments("add_properties", "table", list)
  local names = {}
  for key in pairs(list) do names[#names + 1] = key end
  table.sort(names)
  for _, key in ipairs(names) do self:add_property(key, list[key]) end
end

-- All methods are there now; isa is called for every object of a flush.
usage.check_receivers(Mapper, "mapper", usage.receiver_of(Mapper), { isa = true })

return Mapper
