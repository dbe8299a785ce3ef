--- am.inspect(thing): what alchemoon knows about it. Rooms register what they can inspect.
local exc = require "alchemoon.exc"

local inspection = {}
local handlers = {}

--- Handler `fn(value)` for every value for which `predicate(value)` is true; the first that answers non-nil counts.
---@param predicate function
---@param fn function
function inspection.register(predicate, fn) table.insert(handlers, { predicate, fn }) end

--- The inspector of an engine or connection, the mapper of a class, the state of an object ...
---@param value any
---@param opts {raiseerr: boolean?}?
function inspection.inspect(value, opts)
  for _, handler in ipairs(handlers) do
    if handler[1](value) then
      local found = handler[2](value)
      if found ~= nil then return found end
    end
  end
  if opts == false or type(opts) == "table" and opts.raiseerr == false then return nil end
  local mt = type(value) == "table" and getmetatable(value)
  local name = type(mt) == "table" and rawget(mt, "__name") or type(value)
  if name == "class" then name = "type" end -- of a class that is not mapped
  return exc.raise("NoInspectionAvailable", "No inspection system is available for object of type <class '%s'>",
    tostring(name))
end

return inspection
