--- The warning about two relationships that write the same foreign key column.
local warn = require "alchemoon.orm.warn"

local overlaps = {}

-- foreign column → list of { prop, source column }, per registry of all relationships; weak in the column.
local writers = setmetatable({}, { __mode = "k" })

-- Names are split at the first question and kept as a set.
local function named(prop, other)
  local list = prop.overlaps
  if not list then return false end
  if type(list) == "string" then
    local names = {}
    for name in list:gmatch("[^,%s]+") do names[name] = true end
    list = names
    prop.overlaps = names
  elseif list[1] then
    local names = {}
    for _, name in ipairs(list) do names[name] = true end
    list = names
    prop.overlaps = names
  end
  return list["*"] or list[other.key] or list["__*"]
end

-- Siblings of a hierarchy cannot meet in one object.
local function are_siblings(prop, other)
  for _, mine in ipairs { prop.parent, prop.mapper } do
    if mine:is_sibling(other.parent) or mine:is_sibling(other.mapper) then return true end
  end
  return false
end

-- Two relationships that may write the same column: one, two sides of one, one and its heir, or told so.
local function related(prop, other)
  if other == prop or named(prop, other) or named(other, prop) then return true end
  if prop.reverse_properties and prop.reverse_properties[other] then return true end
  if other.reverse_properties and other.reverse_properties[prop] then return true end
  if prop.key == other.key and prop.parent:common_parent(other.parent) then return true end
  return are_siblings(prop, other) or other.back_populates == prop.key and prop.back_populates == other.key
end

-- One warning names all other relationships that write the column.
local function check_pair(prop, from, to)
  local list = writers[to]
  if not list then
    list = {}
    writers[to] = list
  end
  local conflicts, keys, own = {}, {}, nil
  for _, entry in ipairs(list) do
    local other = entry.prop
    if other == prop then own = entry end
    if not other.parent.disposed and not related(prop, other) then
      keys[#keys + 1] = other.key
      conflicts[#conflicts + 1] = ("'%s' (copies %s to %s)"):format(tostring(other), tostring(entry.from), tostring(to))
    end
  end
  if #conflicts > 0 then
    table.sort(keys)
    table.sort(conflicts)
    warn(("relationship '%s' will copy column %s to column %s, which conflicts with relationship(s): %s. If this is " ..
      "not the intention, consider if these relationships should be linked with back_populates, or if viewonly=true " ..
      "should be applied to one or more if they are read-only. For the less common case that foreign key " ..
      "constraints are partially overlapping, the orm.foreign() annotation can be used to isolate the columns that " ..
      "should be written towards.   To silence this warning, add the parameter 'overlaps=\"%s\"' to the '%s' " ..
      "relationship."):format(tostring(prop), tostring(from), tostring(to), table.concat(conflicts, ", "),
      table.concat(keys, ","), tostring(prop)))
  end
  if own then own.from = from else list[#list + 1] = { prop = prop, from = from } end
end

--- Looks at a relationship that has just been configured.
function overlaps.check(prop)
  if prop.viewonly then return end
  for _, list in ipairs { prop.synchronize_pairs, prop.secondary_synchronize_pairs } do
    for _, pair in ipairs(list) do check_pair(prop, pair[1], pair[2]) end
  end
end

return overlaps
