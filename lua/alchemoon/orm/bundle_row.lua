--- Rows with bundles and composites: several columns of the result become one value.
local core = require "alchemoon.core"

local bundle_row = {}
local unpack = table.unpack or unpack

local shapes = setmetatable({}, { __mode = "k" })

-- Made once per item: rows of one result share it.
local function shape_of(item)
  local shape = shapes[item]
  if not shape then
    local names, keys, objects = {}, {}, {}
    for i, member in ipairs(item.items) do
      names[i] = member.label or "column_" .. i
      keys[member.node] = i
      objects[i] = member.node
    end
    shape = core.shape { names = names, keys = keys, columns = objects }
    shapes[item] = shape
  end
  return shape
end

local take

-- A bundle of the user's may make something else of its values than a row.
local function bundle_value(item, values, at)
  local list
  list, at = take(item.items, values, at)
  local extra = item.bundle
  local make = type(extra) == "table" and extra.create_row_processor
  if make then
    if not item.process then
      local labels = {}
      for i, member in ipairs(item.items) do labels[i] = member.label end
      item.process = make(item.node, labels)
    end
    return item.process(list), at
  end
  return core.row(shape_of(item), list), at
end

local function composite_value(item, values, at)
  local list
  list, at = take(item.items, values, at)
  return item.prop.make(unpack(list, 1, #item.items)), at
end

-- Also says where it stopped, as bundles may stand in bundles.
function take(items, values, at)
  local out = {}
  for i, item in ipairs(items) do
    if item.kind == "bundle" then
      out[i], at = bundle_value(item, values, at)
    elseif item.kind == "composite" then
      out[i], at = composite_value(item, values, at)
    else
      out[i] = values[at]
      at = at + 1
    end
  end
  return out, at
end

--- The values of a row as its items want them.
function bundle_row.row(items, values)
  return (take(items, values, 1))
end

return bundle_row
