--- Paths: the way from an entity of a statement along relationships, for eager loaders that would run in circles.
--
-- { mapper, prop, parent, base, entity }: `prop` led from `parent` to `mapper`; the first one has neither, but may have
-- the `root_entity`. `base` is the path of the object whose loader made the statement. `entity`: what was loaded in the
-- mapper's place, that of of_type(alias) or the alias that the relationship names; else nil.
local aliased = require "alchemoon.orm.aliased"
local attr_info = require "alchemoon.orm.attr_info"

local path = {}

function path.root(mapper, base, entity) return { mapper = mapper, base = base, length = 0, root_entity = entity } end

function path.extend(parent, prop, mapper, entity)
  return { mapper = mapper, prop = prop, parent = parent, base = parent.base, length = parent.length + 1,
    entity = entity }
end

local PathList = { __name = "Path" }
function PathList.__tostring(list)
  local words = {}
  for i, step in ipairs(list) do words[i] = tostring(step) end
  return ("ORM Path[%s]"):format(table.concat(words, " -> "))
end

--- A path as listeners see it: { mapper, property, mapper, property }, down to the relationship that is loaded.
function path.as_list(self)
  local list = setmetatable({}, PathList)
  while self do
    if self.prop then
      table.insert(list, 1, self.prop)
      table.insert(list, 1, self.parent.mapper)
    end
    self = self.parent
  end
  return list
end

--- The whole way to what a statement loads, as listeners are told of it where the objects before came with options:
-- `before` (a list, of the statements before it) and then the path of its own statement.
function path.trail(before, self)
  local list, own = setmetatable({}, PathList), path.as_list(self)
  for _, part in ipairs { before, own } do
    for i = 1, #part do list[#list + 1] = part[i] end
  end
  return list
end

--- How many relationships it has, within its own statement.
function path.length(self) return self.length end

-- The class that stands on the path before a relationship: the one that has it. An alias of a class stands for that
-- class alone.
local function holder(at, prop)
  local entity = at.entity or at.root_entity
  if entity and attr_info.is_aliased(entity) and not aliased.mappers(entity)[2] then return at.mapper end
  return prop.parent
end

-- Second result: the relationship that leads from the first step.
local function goes_through(self, prop, target)
  local at = self
  while at do
    if holder(at, prop):isa(target) then return true end
    prop, at = at.prop or prop, at.parent
  end
  return false, prop
end

--- Does a path come back to the target of a relationship that goes on from it, within its own statement?
function path.contains(self, prop)
  return (goes_through(self, prop, prop.mapper))
end

--- The same two questions for the whole way, statements before it included.
function path.total_length(self)
  local count = 0
  while self do
    count = count + self.length
    self = self.base
  end
  return count
end

function path.contains_anywhere(self, prop)
  local target = prop.mapper
  while self do
    local found, first = goes_through(self, prop, target)
    if found then return true end
    self, prop = self.base, first
  end
  return false
end

--- The steps of the path in order, within its own statement: { prop, entity that it hangs on (nil: the class itself) }.
function path.steps(self)
  local list = {}
  local at = self
  while at and at.prop do
    table.insert(list, 1, { prop = at.prop, entity = at.parent.entity })
    at = at.parent
  end
  return list
end

return path
