--- Column collections: `t.c`, and lists of schema items.
--
-- `columns.collection(from)` is the `.c` of any FROM element. It holds the element and looks each column up when asked,
-- so it costs one small table, and the columns of a subquery are made only when they are needed. In it a column's name
-- wins over everything; `at` is its only method.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"

local columns = {}
local FROM = {} -- the key under which a collection holds its FROM element, or its own list
local find_column = core.from_column

local function key_of(column) return core.node_get(column, "key_name") or core.node_get(column, "name") end

local function keys(from)
  if type(from) == "table" then
    local copy = {}
    for i, name in ipairs(from.names) do copy[i] = name end
    return copy
  end
  local _, names = core.from_columns(from)
  return names
end

local function items(from)
  if type(from) == "table" then return from.items end
  return (core.from_columns(from))
end

local function no_such_column(from, key)
  local names = {}
  for _, name in ipairs(keys(from)) do names[name] = true end
  local near = options.nearest(tostring(key), names)
  exc.raise("ArgumentError", "%s", ("no column named '%s'%s"):format(tostring(key),
    near and ("; did you mean '%s'?"):format(near) or ""))
end

local function find(from, key)
  if type(key) == "number" then return items(from)[key] end
  if type(key) ~= "string" then return nil end
  if type(from) == "table" then return from.by_name[key] end
  return find_column(from, key)
end

local function contains(self, column)
  local from = self[FROM]
  if type(column) == "string" then return find(from, column) ~= nil end
  for _, item in ipairs(items(from)) do
    if item == column then return true end
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

local METHODS = {
  at = at, contains = contains,
  keys = function(self) return columns.list(keys(self[FROM])) end,
  -- without an error for a missing key
  _get = function(self, key) return find(self[FROM], key) end,
  get = function(self, key, default) return find(self[FROM], key) or default end,
}

local collection = { __name = "ColumnCollection" }

function collection.__index(self, key)
  local from = rawget(self, FROM)
  if type(key) == "string" then
    local column
    if type(from) == "table" then column = from.by_name[key] else column = find_column(from, key) end
    if column then return column end
    return METHODS[key] or no_such_column(from, key)
  end
  if type(key) == "number" then return items(from)[key] end
  return nil
end

function collection.__newindex(_, key)
  exc.raise("ArgumentError", "a column collection is read-only (assignment to '%s')", tostring(key))
end

function collection.__len(self) return #items(self[FROM]) end

function collection.__tostring(self)
  return "ColumnCollection(" .. table.concat(keys(self[FROM]), ", ") .. ")"
end

function collection.__pairs(self)
  local i, list, names = 0, items(self[FROM]), keys(self[FROM])
  return function()
    i = i + 1
    if list[i] then return names[i], list[i] end
  end
end

--- The `.c` of a FROM element.
function columns.collection(from) return setmetatable({ [FROM] = from }, collection) end

--- A collection of these columns under these names; the first of a name counts.
function columns.of(list, names)
  local by_name = {}
  for i = #list, 1, -1 do by_name[names[i]] = list[i] end
  return setmetatable({ [FROM] = { items = list, names = names, by_name = by_name } }, collection)
end

--- The FROM element of a collection, or nil for any other value.
function columns.from_of(value)
  local from = type(value) == "table" and getmetatable(value) == collection and rawget(value, FROM)
  return type(from) == "userdata" and from or nil
end

--- All columns of a FROM element, in order, as a list.
function columns.all(from) return columns.list((core.from_columns(from))) end

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
function columns.list(list) return setmetatable(list, list_meta) end

return columns
