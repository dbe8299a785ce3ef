--- raiseload() meets objects that the session had already: those that lack the attribute may not load it from now on.
-- (New objects have the options of the statement in their context.)
local lower_entity = require "alchemoon.orm.lower_entity"
local option_tree = require "alchemoon.orm.option_tree"
local states = require "alchemoon.orm.states"
local unset = require "alchemoon.orm.unset"
local copy = require("alchemoon.keys").copy

local raise = {}
local rawget, rawset = rawget, rawset

-- A context like this one whose options forbid one attribute more, until a refresh goes back to those of the load; one
-- for all objects that had this one.
local function forbidding(session, context, prop, child)
  context.forbidding = context.forbidding or {}
  local by_prop = context.forbidding[child] or {} -- raiseload("*") is the option of many relationships
  context.forbidding[child] = by_prop
  local made = by_prop[prop]
  if not made then
    local tree = copy(context.options or option_tree.new { groups = {} })
    tree.rel = copy(tree.rel)
    tree.rel[prop] = child
    made = copy(context)
    made.options, made.forbidding, made.after_refresh, made.expired = tree, nil, nil, nil
    if made.options_of_load == nil then made.options_of_load = context.options or false end
    by_prop[prop] = states.load_context(session, made)
  end
  return made
end

function raise.load(session, objects, loader)
  local prop, child = loader.prop, loader.child
  for i = 1, #objects do
    local obj = objects[i]
    local context = rawget(obj, 1)
    local concerns = rawget(obj, prop.slot) == nil and context.session == session
    if concerns and (lower_entity.strategy(context.options, prop) ~= child.strategy or unset.was_expired(obj)) then
      rawset(obj, 1, forbidding(session, context, prop, child))
      unset.read_again(obj)
    end
  end
end

return raise
