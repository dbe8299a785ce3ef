--- What pairs() shows of our collections of named things.
--
-- Lua 5.2 and later ask the metatable (__pairs). LuaJIT and Lua 5.1 go over the table itself: there the entries must
-- stand in it, and nothing else may, so that what a collection knows of itself is kept beside it.
local entries = {}

local function asks_metatable()
  local asked = false
  local probe = setmetatable({}, { __pairs = function(self)
    asked = true
    return next, self
  end })
  for _ in pairs(probe) do asked = true end
  return asked
end
local ASKS = asks_metatable()

--- A table of what collections know of themselves: collection → anything. It keeps no collection alive.
---@return table
function entries.beside() return setmetatable({}, { __mode = "k" }) end

--- Puts names and things into a collection where pairs() needs them there; gives it back.
---@param collection table
---@param items function   an iterator of name and thing
---@return table
function entries.show(collection, items)
  if not ASKS then
    for name, thing in items do rawset(collection, name, thing) end
  end
  return collection
end

return entries
