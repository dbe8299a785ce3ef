---@meta _
--- What editors know of the names of alchemoon.reactor in `am`.

---@class alchemoon
local am = {}


--- A reactor. Options: on_error = function(error, task, traceback) (default: am.logging), poller = "epoll" or "poll".
---@param opts table?
---@return alchemoon.Reactor
function am.reactor(opts) end

return am
