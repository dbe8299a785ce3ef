--- The dialects' own name spaces: am.postgresql, am.mysql, am.mariadb, am.sqlite. Rooms add their names.
local types = require "alchemoon.types"

local function copy(from)
  local out = {}
  for name, value in pairs(from) do out[name] = value end
  return out
end

return {
  postgresql = copy(types.postgresql), mysql = copy(types.mysql), mariadb = copy(types.mysql),
  sqlite = copy(types.sqlite),
}
