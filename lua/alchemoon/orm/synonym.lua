--- Synonyms: another name for an attribute.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local properties = require "alchemoon.orm.properties"

local Synonym = properties.SynonymProperty

local function user_descriptor(self)
  local given = self.user_descriptor
  if given == nil then return nil end
  if properties.is_descriptor(given) then return given end
  if type(given) == "table" and (given.get or given.set) then return given end
  return exc.raise("ArgumentError", "synonym '%s': the descriptor needs get and set", tostring(self.key))
end

-- A descriptor without set is as a property without setter.
local function read_only(self)
  return function(obj)
    exc.raise("ArgumentError", "can't set attribute '%s' of '%s'", tostring(self.key), obj.__mapper__.class_name)
  end
end

--- Gives instances access; called by the mapper.
function Synonym:attach_to(m, key)
  local name = self.name
  local given = user_descriptor(self)
  if self.comparator_factory then require("alchemoon.orm.attr").no_fast_path() end
  if given and properties.is_descriptor(given) then given = given:bind(m, key) end
  m.read_slot[key], m.write_slot[key] = nil, nil
  m.descriptor[key] = {
    prop = self,
    get = given and given.get or function(obj) return obj[name] end,
    set = given and (given.set or read_only(self)) or function(obj, value) obj[name] = value end,
  }
end

--- An attribute under the synonym's name.
function Synonym:named(node)
  if core.node_tag(node) ~= core.tags.ORM_ATTR then return node end
  local fields = { name = self.key }
  if self.comparator_factory then
    fields.extra = setmetatable({ comparator_factory = self.comparator_factory },
      { __index = core.node_get(node, "extra") })
  end
  return core.node_with(node, fields, core.node_type(node))
end

--- What `Class.key` is: the attribute that is meant.
function Synonym:class_attribute(owner)
  local m = owner.__mapper__
  if not m.prop[self.name] and not m.descriptor[self.name] then
    exc.raise("InvalidRequestError", "synonym '%s' on %s refers to '%s', which is not mapped%s", tostring(self.key),
      tostring(m), self.name, options.hint(self.name, m.prop))
  end
  return self:named(owner[self.name])
end

return Synonym
