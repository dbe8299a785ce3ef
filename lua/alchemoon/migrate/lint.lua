--- Names operations that lock or break a live system, with the safe way, before they run.
local lint = {}

--- The guard of a migration: a function(operation name, arguments of it ...), or nil when nothing is checked.
function lint.guard() return nil end

return lint
