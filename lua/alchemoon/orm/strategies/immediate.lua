--- immediate: the attribute is loaded for each object, one SELECT each, as soon as the objects are there.
local attribute_load = require "alchemoon.orm.attribute_load"
local selectin = require "alchemoon.orm.strategies.selectin"

local immediate = {}

-- What the options say about the relationship, with a tree for the loaded objects that a recursive option goes on in.
local function child_of(loader)
  local child = loader.child
  if not child or not (child.opts and child.opts.recursion_depth) then return child end
  if not loader.recursive_child then
    local copy = {}
    for name, value in pairs(child) do copy[name] = value end
    copy.tree, copy.lazy_templates = selectin.tree_for(loader), nil
    loader.recursive_child = copy
  end
  return loader.recursive_child
end

--- Loads a relationship of the objects that lack it, also under populate_existing: a lazy load writes over nothing.
function immediate.load(session, objects, loader, ctx)
  local child = child_of(loader)
  for _, obj in ipairs(objects) do
    if rawget(obj, loader.prop.slot) == nil then
      if loader.known_only then attribute_load.from_identity_map(session, obj, loader.prop)
      else
        attribute_load.lazy(session, obj, loader.prop, { child = child, options = ctx.options, origin = ctx.origin,
          queue = ctx.queue })
      end
    end
  end
end

return immediate
