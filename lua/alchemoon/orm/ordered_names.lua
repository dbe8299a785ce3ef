--- An ordered collection of named things: collection.name, collection["odd name"], keys, values, items, contains.
--
-- Reading a name that is not there is an error that says the nearest one.
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local columns = require "alchemoon.sql.columns"

local ordered_names = {}
local ORDER, BY_NAME, TITLE = {}, {}, {} -- keys that no name can be

local methods = {}

--- Puts a thing under a name, after all others if the name is new.
function methods.add(self, name, value)
  local by_name = rawget(self, BY_NAME)
  if by_name[name] == nil then table.insert(rawget(self, ORDER), name) end
  by_name[name] = value
end

function methods.keys(self)
  local list = {}
  for i, name in ipairs(rawget(self, ORDER)) do list[i] = name end
  return columns.list(list)
end

function methods.values(self)
  local list = {}
  for i, name in ipairs(rawget(self, ORDER)) do list[i] = rawget(self, BY_NAME)[name] end
  return columns.list(list)
end

--- An iterator of name and thing.
function methods.items(self)
  local i = 0
  return function()
    i = i + 1
    local name = rawget(self, ORDER)[i]
    if name ~= nil then return name, rawget(self, BY_NAME)[name] end
  end
end

function methods.contains(self, name) return rawget(self, BY_NAME)[name] ~= nil end
function methods.get(self, name) return rawget(self, BY_NAME)[name] end

local meta = { __name = "Properties" }
function meta.__index(self, key)
  local by_name = rawget(self, BY_NAME)
  if by_name[key] ~= nil then return by_name[key] end
  if methods[key] then return methods[key] end
  if type(key) ~= "string" then return nil end
  return exc.raise("ArgumentError", "%s: there is no '%s'%s", rawget(self, TITLE), key,
    options.suggestion(key, by_name))
end
function meta.__pairs(self) return methods.items(self) end
function meta.__len(self) return #rawget(self, ORDER) end

--- An empty collection; `title` names it in messages.
function ordered_names.new(title)
  return setmetatable({ [ORDER] = {}, [BY_NAME] = {}, [TITLE] = title }, meta)
end

return ordered_names
