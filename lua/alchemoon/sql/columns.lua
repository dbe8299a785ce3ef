--- Column collections: `t.c`, and lists of schema items.
--
-- `columns.collection(from)` is the `.c` of anything whose node has OWNED columns. It holds the FROM element and looks
-- each column up when asked, so it costs one small table. In it a column's name wins over everything; `at` is its
-- only method. `columns.list(items)` is a Lua list that also answers `contains` and, where its items have keys, to
-- those.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"

local columns = {}
local FROM = {} -- the key under which a collection holds its FROM element

local function key_of(column) return core.node_get(column, "key_name") or core.node_get(column, "name") end

local function keys(from)
  local names = {}
  for i = 1, core.list_count(from, "columns") do names[i] = key_of(core.list_item(from, "columns", i)) end
  return names
end

local function no_such_column(from, key)
  local names = {}
  for _, name in ipairs(keys(from)) do names[name] = true end
  local near = options.nearest(tostring(key), names)
  exc.raise("ArgumentError", "%s", ("no column named '%s'%s"):format(tostring(key),
    near and ("; did you mean '%s'?"):format(near) or ""))
end

local function find(from, key)
  if type(key) == "number" then return core.list_item(from, "columns", key) end
  return core.column_find(from, key)
end

local function contains(self, column)
  local from = self[FROM]
  if type(column) == "string" then return core.column_find(from, column) ~= nil end
  for i = 1, core.list_count(from, "columns") do
    if core.list_item(from, "columns", i) == column then return true end
  end
  return false
end

-- at("a") is a column, at("a", "b") a list of columns, at(2) the second one.
local function at(self, ...)
  local from, n = self[FROM], select("#", ...)
  local found = {}
  for i = 1, n do
    local key = select(i, ...)
    found[i] = find(from, key) or no_such_column(from, key)
  end
  if n == 1 then return found[1] end
  return columns.list(found)
end

local collection = { __name = "ColumnCollection" }

function collection.__index(self, key)
  local from = rawget(self, FROM)
  if from == nil then return nil end
  if type(key) == "number" then return core.list_item(from, "columns", key) end
  if type(key) ~= "string" then return nil end
  local column = core.column_find(from, key)
  if column then return column end
  if key == "at" then return at end
  if key == "contains" then return contains end
  if key == "keys" then return function(c) return keys(c[FROM]) end end
  return no_such_column(from, key)
end

function collection.__newindex(_, key)
  exc.raise("ArgumentError", "a column collection is read-only (assignment to '%s')", tostring(key))
end

function collection.__len(self) return core.list_count(self[FROM], "columns") end

function collection.__tostring(self)
  return "ColumnCollection(" .. table.concat(keys(self[FROM]), ", ") .. ")"
end

function collection.__pairs(self)
  local i, from = 0, self[FROM]
  return function()
    i = i + 1
    local column = core.list_item(from, "columns", i)
    if column then return key_of(column), column end
  end
end

--- The `.c` of a FROM element whose node owns its columns.
function columns.collection(from) return setmetatable({ [FROM] = from }, collection) end

--- The FROM element of a collection, or nil for any other value.
function columns.from_of(value)
  return type(value) == "table" and getmetatable(value) == collection and value[FROM] or nil
end

--- All columns of a FROM element, in order, as a list.
function columns.all(from)
  local list = core.node_get(from, "columns")
  return columns.list(list)
end

local list_methods = {}
function list_methods.contains(self, item)
  for i = 1, #self do
    if self[i] == item then return true end
  end
  if type(item) == "string" then
    for i = 1, #self do
      if type(self[i]) == "userdata" and self[i].key == item then return true end
    end
  end
  return false
end
function list_methods.keys(self)
  local names = {}
  for i = 1, #self do names[i] = self[i].key end
  return names
end

local list_meta = { __name = "list" }
function list_meta.__index(self, key)
  local tag = type(key) == "string" and core.node_tag(rawget(self, 1)) or nil
  if tag == core.tags.COLUMN then
    for i = 1, #self do
      if key_of(self[i]) == key then return self[i] end
    end
  end
  return list_methods[key]
end

--- A list with `contains`; columns in it are also found by their keys.
function columns.list(items) return setmetatable(items, list_meta) end

return columns
