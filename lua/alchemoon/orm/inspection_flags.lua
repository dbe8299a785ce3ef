--- What all that am.inspect() may give says of itself: is_mapper, is_attribute, is_instance ...
local inspection_flags = {}

local NAMES = { "is_selectable", "is_aliased_class", "is_instance", "is_mapper", "is_bundle", "is_property",
  "is_attribute", "is_clause_element" }

--- Adds the flags to a table of fields that are functions; only `own` is true.
---@param fields table
---@param own string
function inspection_flags.add(fields, own)
  for _, name in ipairs(NAMES) do
    local answer = name == own
    fields[name] = function() return answer end
  end
end

--- The same for a class whose fields are values.
function inspection_flags.set(cls, own)
  for _, name in ipairs(NAMES) do cls[name] = name == own end
end

return inspection_flags
