--- immediate: the attribute is loaded for each object, one SELECT each, as soon as the objects are there.
local attribute_load = require "alchemoon.orm.attribute_load"

local immediate = {}

function immediate.load(session, objects, loader, ctx)
  for _, obj in ipairs(objects) do
    if ctx.populate_existing or rawget(obj, loader.prop.slot) == nil then
      attribute_load.lazy(session, obj, loader.prop, { child = loader.child, options = ctx.options,
        origin = ctx.origin })
    end
  end
end

return immediate
