--- Twins: parameters at the same place of equal expressions, of which PostgreSQL must know that they are the same.
--
-- `select(t.c.n + 5):group_by(t.c.n + 5)` has two parameters; with $1 and $2 the server refuses it, because one might
-- be 5 and the other 6. The compiler says which parameters stand for each other (csrc/compile/twin.h). An execution in
-- which they have the same values runs another text, in which they are one; it is made once and kept beside the entry.
local core = require "alchemoon.core"

local twins = {}

local params_value = core.params_value
local math_type = math.type or type
local VARIANTS_KEPT = 16 -- texts per statement: most have one

--- The groups of twins among compiled binds: lists of their indexes; nil if there are none.
---@param binds table[]   compiled:binds()
---@return integer[][]?
function twins.groups(binds)
  local groups, by_number = nil, {}
  for index, bind in ipairs(binds) do
    if bind.twins then
      groups = groups or {}
      local group = by_number[bind.twins]
      if not group then
        group = {}
        by_number[bind.twins], groups[#groups + 1] = group, group
      end
      group[#group + 1] = index
    end
  end
  return groups
end

-- Do both values reach the server as the same parameter? 1 and 1.0 do not.
local function is_same(a, b)
  if rawequal(a, b) then return math_type(a) == math_type(b) end
  if type(a) ~= type(b) or type(a) == "number" or type(a) == "string" then return false end
  if type(a) ~= "table" or getmetatable(a) then return getmetatable(a) == getmetatable(b) and a == b end
  if getmetatable(b) then return false end
  for key, value in pairs(a) do
    if not is_same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

-- Which parameter of the group an earlier one can stand for: adds to `same_as`.
local function match_group(entry, stmt, set, group, same_as)
  local values, found = {}, false
  for at, index in ipairs(group) do
    local ok, value = pcall(params_value, entry.compiled, stmt, entry.keys, set, index)
    if not ok then return found end -- a missing one is refused where the statement starts
    values[at] = value
    for before = 1, at - 1 do
      if is_same(values[before], value) then
        same_as[index], found = same_as[group[before]] or group[before], true
        break
      end
    end
  end
  return found
end

local function pattern_of(same_as, count)
  local parts = {}
  for index = 1, count do
    if same_as[index] then parts[#parts + 1] = index .. "=" .. same_as[index] end
  end
  return table.concat(parts, ";")
end

local function make_variant(entry, same_as)
  local compiled = entry.compiled:merge(same_as)
  -- what the pipeline has prepared for the other text is not this one's
  return setmetatable({ compiled = compiled, text = compiled:text(), positions = compiled:positions(), twins = false,
    info_metatable = false, shape_was_checked = false }, { __index = entry })
end

--- The entry for an execution with the values at hand: the same one, or that of the text in which equal twins are one.
---@param entry table
---@param stmt userdata
---@param set table?
---@return table entry
function twins.entry(entry, stmt, set)
  local same_as, found = {}, false
  for _, group in ipairs(entry.twins) do found = match_group(entry, stmt, set, group, same_as) or found end
  if not found then return entry end
  local pattern, variants = pattern_of(same_as, #entry.binds), entry.variants
  if not variants or variants.count == VARIANTS_KEPT then
    variants = { count = 0 }
    entry.variants = variants
  end
  if not variants[pattern] then
    variants[pattern], variants.count = make_variant(entry, same_as), variants.count + 1
  end
  return variants[pattern]
end

return twins
