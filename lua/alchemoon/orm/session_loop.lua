--- `for obj in session do`: the new objects, then those with an identity.
--
-- The session itself is the iterator, so the place of the loop is kept in it (`session._loop`). That list is the one
-- of the loop that began last; an outer loop makes its own anew and finds its place by the object it had. The list is
-- weak: a loop that was left with `break` keeps nothing alive, and objects that were collected meanwhile are skipped.
local session_loop = {}
local WEAK = { __mode = "v" }

local function start(session)
  local objects, count = setmetatable({}, WEAK), 0
  for _, list in ipairs { session.new, session.identity_map:values() } do
    for _, obj in ipairs(list) do
      count = count + 1
      objects[count] = obj
    end
  end
  return { objects = objects, count = count, at = 0 }
end

local function place_of(loop, obj)
  if loop.objects[loop.at] == obj then return loop.at end
  for i = 1, loop.count do
    if loop.objects[i] == obj then return i end
  end
  return loop.count
end

--- The object after `previous` (nil: the first); nil at the end. This is the `__call` of a session.
function session_loop.next_object(session, _, previous)
  local loop = rawget(session, "_loop")
  if previous == nil or not loop then
    loop = start(session)
    rawset(session, "_loop", loop)
  end
  if previous ~= nil then loop.at = place_of(loop, previous) end
  repeat
    loop.at = loop.at + 1
    local obj = loop.objects[loop.at]
    if obj ~= nil then return obj end
  until loop.at > loop.count
  rawset(session, "_loop", nil)
  return nil
end

return session_loop
