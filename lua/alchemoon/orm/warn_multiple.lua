--- Warns that several objects were found for an attribute that holds one; the first is taken.
local warn = require "alchemoon.orm.warn"

---@param prop table   the relationship
---@param when string  "eagerly" or "lazily"
return function(prop, when)
  warn("Multiple rows returned with uselist=false for %s-loaded attribute '%s' ", when, tostring(prop))
end
