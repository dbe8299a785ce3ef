--- Column collections: `t.c`, and lists of schema items.
--
-- `columns.collection(from)` is the `.c` of any FROM element: a userdata (csrc/bind/select.c) that looks each column up
-- when asked, so that the columns of a subquery are made only when they are needed. In it a column's name wins over
-- everything; `at` is its only method. `columns.of(list, names)` is the same for the columns of a SELECT.
local core = require "alchemoon.core"
local entries = require "alchemoon.entries"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"

local columns = {}
local own_of = entries.beside() -- selection → { items, names, by_name }
local find_column = core.from_column

-- What a column is called in Lua: its key, if it has one besides its name.
local function key_of(column) return core.node_get(column, "key_name") or core.node_get(column, "name") end
columns.key_of = key_of

local function source_of(self)
  local from = core.collection_from(self) or self ~= nil and own_of[self]
  if from then return from end
  return exc.raise("ArgumentError", "the methods of a column collection are called with a colon: table.c:at(name)")
end

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
  key = tostring(key)
  exc.raise("ArgumentError", "no column named '%s'%s", key, options.suggestion(key, names))
end

local function find(from, key)
  if type(key) == "number" then return items(from)[key] end
  if type(key) ~= "string" then return nil end
  if type(from) == "table" then return from.by_name[key] end
  return find_column(from, key)
end

local function contains(self, column)
  local from = source_of(self)
  if type(column) == "string" then return find(from, column) ~= nil end
  for _, item in ipairs(items(from)) do
    if item == column then return true end
  end
  return false
end

-- at("a") is a column, at("a", "b") a list of columns, at(2) the second one.
local function at(self, ...)
  local from, n = source_of(self), select("#", ...)
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
  keys = function(self) return columns.list(keys(source_of(self))) end,
  -- without an error for a missing key
  _get = function(self, key) return find(source_of(self), key) end,
  get = function(self, key, default) return find(source_of(self), key) or default end,
}

local function missing(self, key)
  if type(key) ~= "string" then return nil end
  local method = METHODS[key]
  if method then return method end
  return no_such_column(source_of(self), key)
end

local function read_only(_, key)
  exc.raise("ArgumentError", "a column collection is read-only (assignment to '%s')", tostring(key))
end

local function print_names(self)
  return "ColumnCollection(" .. table.concat(keys(source_of(self)), ", ") .. ")"
end

local function each(self)
  local source = source_of(self)
  local i, list, names = 0, items(source), keys(source)
  return function()
    i = i + 1
    if list[i] then return names[i], list[i] end
  end
end

--- What follows `previous` (nil: the first) in a list.
function columns.after(list, previous)
  if previous == nil then return list[1] end
  for i, item in ipairs(list) do
    if item == previous then return list[i + 1] end
  end
  return nil
end

-- `for column in t.c do`
local function next_column(self, _, previous) return columns.after(items(source_of(self)), previous) end

core.set_collection_methods(missing, {
  __name = "ColumnCollection", __newindex = read_only, __tostring = print_names, __pairs = each, __call = next_column,
})

local selection = {
  __name = "ColumnCollection", __newindex = read_only, __tostring = print_names, __pairs = each, __call = next_column,
  __index = function(self, key) return own_of[self].by_name[key] or missing(self, key) end,
}

-- One collection per FROM element; it does not refer to the key.
local known = setmetatable({}, { __mode = "k" })

--- The `.c` of a FROM element.
function columns.collection(from)
  local found = known[from]
  if found == nil then
    found = core.collection(from)
    known[from] = found
  end
  return found
end

--- A collection of these columns under these names; the first of a name counts.
function columns.of(list, names)
  local by_name, made = {}, {}
  for i = #list, 1, -1 do by_name[names[i]] = list[i] end
  for i, column in ipairs(list) do made[i] = column end -- for `#` and ipairs of LuaJIT
  own_of[made] = { items = list, names = names, by_name = by_name }
  return setmetatable(made, selection)
end

--- The columns of a collection that columns.of() made, or of an object whose metatable has `__columns`, in order;
-- nil for any other value.
function columns.listed(value)
  local own = own_of[value]
  if own then return columns.list(own.items) end
  local meta = type(value) == "table" and getmetatable(value)
  local list = type(meta) == "table" and rawget(meta, "__columns")
  return list and list(value) or nil
end

--- The FROM element of a collection, or nil for any other value.
columns.from_of = core.collection_from

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

--- The columns that `t.c` or `t.c:at("a", "b")` stands for where columns are listed; nil for any other value.
function columns.inside(value)
  local from = columns.from_of(value)
  if from then return (core.from_columns(from)) end
  if getmetatable(value) == list_meta and core.node_tag(value[1]) == core.tags.COLUMN then return value end
  return nil
end

--- The columns of a bundle where expressions are listed, with those of bundles within it; nil for any other value.
function columns.of_bundle(value)
  local bundle = type(value) == "userdata" and value or nil
  if not bundle or core.node_tag(bundle) ~= core.tags.ORM_BUNDLE then return nil end
  local list = {}
  for _, column in ipairs(core.node_get(bundle, "columns")) do
    for _, inner in ipairs(columns.of_bundle(column) or { column }) do list[#list + 1] = inner end
  end
  return list
end

return columns
