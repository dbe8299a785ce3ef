--- What sets can be asked about others: union, difference and their like. Every set of the ORM has these methods.
--
-- The operands are anything with positions; a result is a plain list with `contains`, not a collection. What changes
-- the set itself goes through its own add() and discard(), which tell whoever listens.
local copied = require("alchemoon.lists").copy
local exc = require "alchemoon.exc"

local algebra = {}

local Result = { __name = "set" }
Result.__index = Result

--- Is the value in the set?
function Result:contains(value)
  for i = 1, #self do
    if self[i] == value then return true end
  end
  return false
end

function Result:__tostring()
  local parts = {}
  for i = 1, #self do parts[i] = tostring(self[i]) end
  return "[" .. table.concat(parts, ", ") .. "]"
end

local function as_members(items)
  local members = {}
  for i = 1, #items do members[items[i]] = true end
  return members
end

-- The items of a list of lists for which wanted(item) holds, each once.
local function chosen(lists, wanted)
  local result, seen = setmetatable({}, Result), {}
  for _, list in ipairs(lists) do
    for i = 1, #list do
      local item = list[i]
      if not seen[item] and wanted(item) then
        seen[item] = true
        result[#result + 1] = item
      end
    end
  end
  return result
end

--- What is in either.
function algebra.union(self, other)
  return chosen({ self, other }, function() return true end)
end

--- What is in both.
function algebra.intersection(self, other)
  local members = as_members(other)
  return chosen({ self }, function(item) return members[item] end)
end

--- What is in this one alone.
function algebra.difference(self, other)
  local members = as_members(other)
  return chosen({ self }, function(item) return not members[item] end)
end

--- What is in one of them and not in both.
function algebra.symmetric_difference(self, other)
  local mine, theirs = as_members(self), as_members(other)
  return chosen({ self, other }, function(item) return not (mine[item] and theirs[item]) end)
end

--- Takes all these items out, as far as they are there.
function algebra.difference_update(self, other)
  for _, item in ipairs(copied(other)) do self:discard(item) end
end

--- Takes out what is not among these items.
function algebra.intersection_update(self, other)
  for _, item in ipairs(algebra.difference(self, other)) do self:discard(item) end
end

--- Takes out which of these items are there, puts in the others.
function algebra.symmetric_difference_update(self, other)
  local added, removed = algebra.difference(other, self), algebra.intersection(other, self)
  for _, item in ipairs(removed) do self:discard(item) end
  for _, item in ipairs(added) do self:add(item) end
end

--- Is everything of this one in the other?
function algebra.issubset(self, other) return #algebra.difference(self, other) == 0 end

--- Is everything of the other in this one?
function algebra.issuperset(self, other) return #algebra.difference(other, self) == 0 end

--- Do they have nothing in common?
function algebra.isdisjoint(self, other) return #algebra.intersection(self, other) == 0 end

for name, fn in pairs(algebra) do
  algebra[name] = function(self, other)
    if type(other) ~= "table" then
      exc.raise("ArgumentError", "set:%s: expected a list or a set, got %s", name, type(other))
    end
    return fn(self, other)
  end
end

return algebra
