--- A list that somebody changes behind its methods, against a copy of what was known of it.
local core = require "alchemoon.core"
local lists = require "alchemoon.lists"
local compiled = require "alchemoon.orm.compiled"

local raw_list = {}
local rawget, rawset, rawequal, next, type = rawget, rawset, rawequal, next, type

--- Are the same items in the same places?
---@param list table
---@param copy any[]
---@return boolean
function raw_list.in_step(list, copy)
  local n = #copy
  for i = 1, n do
    if not rawequal(rawget(list, i), copy[i]) then return false end
  end
  return rawget(list, n + 1) == nil
end

--- The items as a plain list.
---@param list table
---@return any[]
raw_list.copy = lists.copy

if not compiled.is_worth_it then raw_list.copy, raw_list.in_step = core.list_copy, core.list_in_step end

local function places_of(list)
  local places = {}
  for place in next, list do
    if type(place) == "number" and place >= 1 then places[#places + 1] = place end
  end
  table.sort(places)
  return places
end

--- The items by position; where one was set to nil, the others move up.
---@param list table
---@return any[]
function raw_list.items(list)
  local items = places_of(list)
  for i, place in ipairs(items) do items[i] = rawget(list, place) end
  return items
end

--- Gives the list these items, without asking its metatable.
---@param list table
---@param items any[]
function raw_list.write(list, items)
  for _, place in ipairs(places_of(list)) do rawset(list, place, nil) end
  for i = 1, #items do rawset(list, i, items[i]) end
end

--- The items of `a` that `b` lacks, as often as it lacks them: a list of { item, its place in `a` }.
---@param b any[]
---@param a any[]
---@return any[][]
function raw_list.missing_in(b, a)
  local count, out = {}, {}
  for i = 1, #b do count[b[i]] = (count[b[i]] or 0) + 1 end
  for i = 1, #a do
    local left = count[a[i]] or 0
    if left > 0 then count[a[i]] = left - 1 else out[#out + 1] = { a[i], i } end
  end
  return out
end

return raw_list
