--- Which line of the program is at work: the nearest caller outside of alchemoon, in the running coroutine.
local call_site = {}

-- The folder of the library, as Lua names it in debug information.
local here = debug.getinfo(1, "S").source
local root = here:match("^(.*)testing/call_site%.lua$") or here:match("^(.*)testing\\call_site%.lua$") or here

--- "file:line", or "?" when nothing of the program is on the stack.
---@return string
function call_site.find()
  local level = 2
  while true do
    local info = debug.getinfo(level, "Sl")
    if not info then return "?" end
    if info.what ~= "C" and info.currentline > 0 and info.source:sub(1, #root) ~= root then
      return ("%s:%d"):format(info.short_src, info.currentline)
    end
    level = level + 1
  end
end

return call_site
