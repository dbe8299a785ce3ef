--- RowMapping: a row as a table label → value, which also answers to column objects.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local row_keys = require "alchemoon.engine.row_keys"

local row_mapping = {}

local labels, position_of = row_keys.labels, row_keys.position_of
local shape_anchor, row_shape, row_dict = core.shape_anchor, core.row_shape, core.row_dict

local methods = {}

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
  mt = { shape = shape, __name = "alchemoon.RowMapping" }
  anchor.mapping_class = mt
  function mt.__index(self, key)
    if type(key) == "string" and anchor.keys[key] then return nil end -- NULL
    if methods[key] then return methods[key] end
    if type(key) == "number" then row_keys.unknown(key) end
    return rawget(self, anchor[position_of(shape, key)])
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
function row_mapping.of_row(row, shape) return setmetatable(row_dict(row), row_mapping.class(shape)) end

--- row._mapping: the row as a table label → value, which also answers to column objects.
function core.row_methods:_mapping() return row_mapping.of_row(self, row_shape(self)) end

return row_mapping
