--- The door to loading: what happens when the slot of a persistent or detached object is read and empty.
--
-- `loading.missing(obj, mapper, slot, passive)` loads the attribute, fills the slot and returns the value (nil for
-- NULL). With `passive` other than nil or "off" it may refuse and return symbols.NO_VALUE. The loaders put their
-- function here.
local exc = require "alchemoon.exc"

local loading = {}

---@diagnostic disable-next-line: unused-local
function loading.missing(obj, mapper, slot, passive)
  return loading.load(obj, mapper, slot, passive)
end

--- Set by the loaders.
function loading.load(_, mapper, slot)
  exc.raise("InvalidRequestError", "attribute '%s.%s' cannot be loaded: no loader is present", mapper.class_name,
    tostring(mapper.name_of[slot]))
end

--- is_key_unset(obj, prop): was a column that refers to the target of a reference left out by the INSERT of its object?
-- Set by the loaders.
function loading.is_key_unset() return false end

return loading
