--- Which column of a row is meant: by position, label or column object. What a shape's keys are is said in
-- csrc/bind/row.h.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"

local row_keys = {}

local shape_anchor, shape_select = core.shape_anchor, core.shape_select

--- Raises the error for a key that no column has.
function row_keys.unknown(key)
  exc.raise("NoSuchColumnError", "Could not locate column in row for column '%s'", tostring(key))
end

--- Position of a column: an index from 1 (negative from the end), a label, or a column object.
---@param shape userdata
---@param key any
---@return integer
function row_keys.position_of(shape, key)
  if type(key) == "number" then
    local count = #shape
    local position = key < 0 and count + key + 1 or key
    if position < 1 or position > count or position % 1 ~= 0 then
      exc.raise("NoSuchColumnError", "column index %s is out of range: the row has %d columns", tostring(key), count)
    end
    return position
  end
  if key == nil then row_keys.unknown(key) end
  local anchor = shape_anchor(shape)
  local position = anchor.keys[key]
  if position == nil and anchor.fallback then position = anchor.fallback(key) end
  if position == false then
    exc.raise("InvalidRequestError", "Ambiguous column name '%s' in result set column descriptions", tostring(key))
  elseif not position then
    row_keys.unknown(key)
  end
  return position
end

--- The shape of only the columns that the first `n` of `keys` mean.
---@param shape userdata
---@param keys any[]
---@param n integer
---@return userdata
function row_keys.select_shape(shape, keys, n)
  local positions = {}
  for i = 1, n do positions[i] = row_keys.position_of(shape, keys[i]) end
  local selected = shape_select(shape, positions)
  if shape_anchor(shape).fallback then
    shape_anchor(selected).fallback = function(key)
      local found = shape_anchor(shape).fallback(key)
      for i, position in ipairs(positions) do
        if position == found then return i end
      end
    end
  end
  return selected
end

--- The shape of rows that have the columns of two shapes side by side. A key of both is ambiguous.
---@param left userdata
---@param right userdata
---@return userdata
function row_keys.joined_shape(left, right)
  local names, keys, count = {}, {}, #left
  for i = 1, count do names[i] = shape_anchor(left)[i] end
  for i = 1, #right do names[count + i] = shape_anchor(right)[i] end
  for key, position in pairs(shape_anchor(left).keys) do keys[key] = position end
  for key, position in pairs(shape_anchor(right).keys) do
    keys[key] = keys[key] == nil and position and position + count
  end
  return core.shape {
    names = names, keys = keys,
    fallback = function(key)
      for i, shape in ipairs { left, right } do
        local find = shape_anchor(shape).fallback
        local found = find and find(key)
        if found then return i == 1 and found or found + count end
      end
    end,
  }
end

-- The metatable of the lists of keys of a shape: contains(key) knows labels and the columns themselves.
local function list_class(anchor)
  local class = anchor.list_class
  if class then return class end
  class = { __index = {} }
  function class.__index.contains(_, key)
    if anchor.keys[key] ~= nil then return true end
    return anchor.fallback ~= nil and anchor.fallback(key) ~= nil
  end
  anchor.list_class = class
  return class
end

--- The labels of a shape in order, as a list that knows contains().
---@param shape userdata
---@return string[]
function row_keys.labels(shape)
  local anchor, list = shape_anchor(shape), {}
  for i = 1, #shape do
    if not core.shape_is_nameless(shape, i) then list[#list + 1] = anchor[i] end
  end
  return setmetatable(list, list_class(anchor))
end

return row_keys
