-- What alchemoon logs while a function runs: the messages, in their order. The handler from before is put back.
local am = require "alchemoon"

---@param fn function
---@return string[]
return function(fn)
  local messages = {}
  local before = am.logging.set_handler(function(record) messages[#messages + 1] = record.message end)
  local ok, e = pcall(fn)
  am.logging.set_handler(before)
  if not ok then error(e, 0) end
  return messages
end
