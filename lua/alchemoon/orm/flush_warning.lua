--- What a listener does to objects while a flush executes: it works, and comes too late for this flush.
local warn = require "alchemoon.orm.warn"

local rawget = rawget

--- Warns of an operation if a flush of the session is at its statements.
---@param session alchemoon.Session?
---@param operation string
return function(session, operation)
  if not session or not rawget(session, "_warn_on_events") then return end
  warn("Usage of the '%s' operation is not currently supported within the execution stage of the flush process. "
    .. "Results may not be consistent.  Consider using alternative event listeners or connection-level operations "
    .. "instead.", operation)
end
