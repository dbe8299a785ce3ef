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

--- Makes objects whose `#` asks the metatable everywhere: tables, or a userdata where tables are not asked.
---@param meta table
---@return fun():any new   an object without fields of its own
---@return table meta   the metatable that its objects have
function counted.maker(meta)
  if not counted.is_raw then return function() return setmetatable({}, meta) end, meta end
  local prototype = newproxy(true) -- luacheck: ignore 113
  local own = getmetatable(prototype)
  for name, value in next, meta do own[name] = value end
  return function() return newproxy(prototype) end, own -- luacheck: ignore 113
end

return counted
