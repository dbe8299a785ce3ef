---@meta _
--- What editors know of the names of alchemoon.dialects in `am`.

---@class alchemoon
local am = {}


--- The function with these arguments; options last: type_, and what one function has.
---@param ... any
---@return alchemoon.Function
function am.array_agg(...) end

return am
