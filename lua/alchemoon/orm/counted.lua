--- `#` of collections that keep their items behind a metatable.
--
-- Lua 5.2 and later ask the metatable (__len). LuaJIT and Lua 5.1 count the positions of the table itself: there as
-- many of them as there are items hold false.
local counted = {}

--- Does `#` look at the table alone?
counted.is_raw = #setmetatable({}, { __len = function() return 1 end }) ~= 1

--- Makes `#` of an empty-handed table give `count`.
---@param collection table
---@param count integer
function counted.set(collection, count)
  local n = #collection
  for i = n + 1, count do rawset(collection, i, false) end
  for i = n, count + 1, -1 do rawset(collection, i, nil) end
end

return counted
