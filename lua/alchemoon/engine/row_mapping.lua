--- RowMapping: a row as a table label → value, which also answers to column objects.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local row_keys = require "alchemoon.engine.row_keys"

local row_mapping = {}

local labels, position_of = row_keys.labels, row_keys.position_of
local shape_anchor, row_shape, row_dict = core.shape_anchor, core.row_shape, core.row_dict

local NAME = "alchemoon.RowMapping"
local methods = {}
local rows = setmetatable({}, { __mode = "k" }) -- mapping → its row, where several columns have one label

local function value_at(self, position)
  local row = rows[self]
  if row then return row[position] end
  return rawget(self, shape_anchor(getmetatable(self).shape)[position])
end

function methods:keys() return labels(getmetatable(self).shape) end

function methods:values()
  local list = {}
  for i, label in ipairs(methods.keys(self)) do list[i] = rawget(self, label) end
  return list
end

--- for label, value in mapping:items() do: in the order of the columns.
function methods:items()
  local names, i = labels(getmetatable(self).shape), 0
  return function()
    i = i + 1
    if names[i] ~= nil then return names[i], rawget(self, names[i]) end
  end
end

--- Is there such a key: a label, or the column itself?
function methods:contains(key) return methods.keys(self):contains(key) end

function methods:get(key, default)
  local ok, value = pcall(function() return self[key] end)
  if ok and value ~= nil then return value end
  return default
end

--- The metatable of the mappings of a shape, kept with the shape.
---@param shape userdata
---@return table
function row_mapping.class(shape)
  local anchor = shape_anchor(shape)
  local mt = anchor.mapping_class
  if mt then return mt end
  mt = { shape = shape, __name = NAME }
  anchor.mapping_class = mt
  for i = 1, #shape do mt.has_twins = mt.has_twins or anchor.keys[anchor[i]] ~= i end
  function mt.__index(self, key)
    if type(key) == "string" and anchor.keys[key] then return nil end -- NULL
    if methods[key] then return methods[key] end
    if type(key) == "number" then row_keys.unknown(key) end
    return value_at(self, position_of(shape, key))
  end
  function mt.__newindex() exc.raise("InvalidRequestError", "RowMapping objects are read-only") end
  function mt.__tostring(self)
    local parts = {}
    for label, value in methods.items(self) do
      parts[#parts + 1] = exc.show_value(label) .. ": " .. exc.show_value(value)
    end
    return "{" .. table.concat(parts, ", ") .. "}"
  end
  return mt
end

---@param row alchemoon.Row
---@param shape userdata
---@return table
function row_mapping.of_row(row, shape)
  local class = row_mapping.class(shape)
  local mapping = setmetatable(row_dict(row), class)
  if class.has_twins then rows[mapping] = row end
  return mapping
end

--- A mapping as a plain table label → value, with am.null for NULL; nil for anything else.
---@param value any
---@return table?
function row_mapping.plain(value)
  local class = getmetatable(value)
  if type(class) ~= "table" or class.__name ~= NAME then return nil end
  local set = {}
  for _, label in ipairs(methods.keys(value)) do
    local item = value[label]
    if item == nil then item = core.null end
    set[label] = item
  end
  return set
end

--- row._mapping: the row as a table label → value, which also answers to column objects.
function core.row_methods:_mapping() return row_mapping.of_row(self, row_shape(self)) end

return row_mapping
