--- The strategy "noload": the attribute is there, with nothing in it, and no statement asks for more.
local attribute_load = require "alchemoon.orm.attribute_load"

local noload = {}
local rawset = rawset

function noload.load(_, objects, loader, ctx)
  local prop = loader.prop
  for i = 1, #objects do
    if ctx.populate_existing then rawset(objects[i], prop.slot, nil) end
    attribute_load.store(objects[i], prop, nil)
  end
end

return noload
