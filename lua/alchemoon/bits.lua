--- Sets of flags in one number, for Luas without bit operators: each flag is a power of two.
local bits = {}

--- Is the flag in the set?
---@param set integer
---@param flag integer
---@return boolean
function bits.has(set, flag) return math.floor(set / flag) % 2 == 1 end

--- The set with the flag.
---@param set integer
---@param flag integer
---@return integer
function bits.with(set, flag) return bits.has(set, flag) and set or set + flag end

return bits
