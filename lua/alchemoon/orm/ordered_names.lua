--- An ordered collection of named things: collection.name, collection["odd name"], keys, values, items, contains.
--
-- Reading a name that is not there is an error that says the nearest one.
local entries = require "alchemoon.entries"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local columns = require "alchemoon.sql.columns"

local ordered_names = {}
local known = entries.beside() -- collection → { title, order, by_name }

local methods = {}

--- Puts a thing under a name, after all others if the name is new.
function methods.add(self, name, value)
  local own, had = known[self], false
  if own.by_name[name] == nil then table.insert(own.order, name) end
  own.by_name[name] = value
  entries.show(self, function()
    if had then return nil end
    had = true
    return name, value
  end)
end

function methods.keys(self)
  local list = {}
  for i, name in ipairs(known[self].order) do list[i] = name end
  return columns.list(list)
end

function methods.values(self)
  local list = {}
  local own = known[self]
  for i, name in ipairs(own.order) do list[i] = own.by_name[name] end
  return columns.list(list)
end

--- An iterator of name and thing.
function methods.items(self)
  local i, own = 0, known[self]
  return function()
    i = i + 1
    local name = own.order[i]
    if name ~= nil then return name, own.by_name[name] end
  end
end

function methods.contains(self, name) return known[self].by_name[name] ~= nil end
function methods.get(self, name) return known[self].by_name[name] end

local meta = { __name = "Properties" }
function meta.__index(self, key)
  local by_name = known[self].by_name
  if by_name[key] ~= nil then return by_name[key] end
  if methods[key] then return methods[key] end
  if type(key) ~= "string" then return nil end
  return exc.raise("ArgumentError", "%s: there is no '%s'%s", known[self].title, key,
    options.suggestion(key, by_name))
end
function meta.__pairs(self) return methods.items(self) end
function meta.__len(self) return #known[self].order end

--- An empty collection; `title` names it in messages.
function ordered_names.new(title)
  local collection = setmetatable({}, meta)
  known[collection] = { title = title, order = {}, by_name = {} }
  return collection
end

return ordered_names
