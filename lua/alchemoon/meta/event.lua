---@meta _
--- What editors know of am.event.

---@class alchemoon
local am = {}


am.event = {}

--- Is this function registered for that target and event?
---@param target any
---@param name string
---@param fn function
---@return boolean
function am.event.contains(target, name, fn) end

--- Calls every function of a list (node[name]; nil is allowed) with the same arguments.
---@param list function[]?
---@param ... any
function am.event.fire(list, ...) end

--- Registers a listener; one that is registered already stays as it is. Options: once, retval, propagate, insert
--- (before the others), named (one table).
---@param target any
---@param name string
---@param fn function
---@param opts table?
---@return function fn
function am.event.listen(target, name, fn, opts) end

--- listens_for(target, name, opts) returns a function that registers its argument and returns it.
---@param target any
---@param name string
---@param opts table?
---@return function
function am.event.listens_for(target, name, opts) end

--- A new node under `parents`: list of { node, "all" | "joined" | "propagate" | "own" }; an "own" one stands for the
--- node itself before it was made, or its listeners count as the node's own.
---@param parents table?
---@return table
function am.event.node(parents) end

--- A family may adapt listeners: hook(def, target, fn, opts) returns the function to be called in its place, and
--- whether the room calls it "early" (dispatch.lua).
---@param family string
---@param hook function
function am.event.register_hook(family, hook) end

--- Tells that targets of `family` are found by `resolve(target, create)`: the node of the target, or nil if it is none
--- of this room's. With create = false a target without listeners may answer nil.
---@param family string
---@param resolve function
function am.event.register_target(family, resolve) end

--- Takes a listener away.
---@param target any
---@param name string
---@param fn function
function am.event.remove(target, name, fn) end

return am
