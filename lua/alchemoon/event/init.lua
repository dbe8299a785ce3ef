--- Events: `am.event.listen(target, name, fn, options)`.
--
-- A target is a single thing (an engine, a pool, a mapped class, a session factory, a table ...) or the class of all of
-- them (am.Engine, am.Pool, am.Session, am.Mapper ...). The rooms that own those things register a resolver
-- for their family (event.register_target) and fire through dispatch nodes; see README.md.
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local dispatch = require "alchemoon.event.dispatch"
local families = require "alchemoon.event.events"

local event = {}
local resolvers = {}   -- family → list of function(target, create) → node or nil
local hooks = {}       -- family → function(event, target, fn, opts) → call, called when a listener is added

local LISTEN_OPTIONS = { once = true, retval = true, propagate = true, insert = true, named = true }
local unpack = table.unpack or unpack

--- A new dispatch node; `parents` is a list of { node, "all" | "joined" | "propagate" | "own" }.
event.node = dispatch.node

--- Tells that targets of `family` are found by `resolve(target, create)`: the node of the target, or nil if it is none
-- of this room's. With create = false a target without listeners may answer nil.
---@param family string
---@param resolve function
function event.register_target(family, resolve)
  assert(families[family], "no such event family: " .. tostring(family))
  resolvers[family] = resolvers[family] or {}
  table.insert(resolvers[family], resolve)
end

--- A family may adapt listeners: hook(def, target, fn, opts) returns the function to be called in its place, and
-- whether the room calls it "early" (dispatch.lua).
---@param family string
---@param hook function
function event.register_hook(family, hook)
  assert(families[family], "no such event family: " .. tostring(family))
  hooks[family] = hook
end

--- Calls every function of a list (node[name]; nil is allowed) with the same arguments.
---@param list function[]?
---@param ... any
function event.fire(list, ...)
  if list then
    for i = 1, #list do list[i](...) end
  end
end

local function show(target)
  if type(target) == "table" then
    local mt = getmetatable(target)
    if rawget(target, "__mro__") then return tostring(target) end -- a mapped class
    if rawget(target, "__name") then return tostring(rawget(target, "__name")) end
    if mt and not rawget(mt, "__tostring") and rawget(mt, "__name") then return tostring(rawget(mt, "__name")) end
  end
  return tostring(target)
end

local function no_such_event(target, name)
  local names = {}
  for _, family in ipairs(families.order) do
    for _, resolve in ipairs(resolvers[family] or {}) do
      if resolve(target, false) then
        for _, def in ipairs(families[family]) do names[def[1]] = true end
      end
    end
  end
  if next(names) == nil then names = families.by_name end
  local near = options.nearest(tostring(name), names)
  exc.raise("InvalidRequestError", "No such event '%s' for target '%s'%s", tostring(name), show(target),
    near and near ~= name and ("; did you mean '%s'?"):format(near) or "")
end

local function find(target, name, create)
  if target == nil then exc.raise("ArgumentError", "event.listen: the target is nil") end
  for _, def in ipairs(families.by_name[name] or {}) do
    for _, resolve in ipairs(resolvers[def.family] or {}) do
      local node = resolve(target, create)
      if node then return node, def end
    end
  end
  return no_such_event(target, name)
end

-- A listener that does not return the values that travel through lets them pass unchanged.
local function pass_through(call, def)
  local at = def.pass_at
  if #at == 1 then
    local first = at[1]
    return function(...)
      call(...)
      return (select(first, ...))
    end
  end
  return function(...)
    call(...)
    local out = {}
    for i, position in ipairs(at) do out[i] = select(position, ...) end
    return unpack(out, 1, #at)
  end
end

local function by_name(fn, def)
  return function(...)
    local named = {}
    for i, arg in ipairs(def.args) do named[arg] = select(i, ...) end
    return fn(named)
  end
end

--- Registers a listener; one that is registered already stays as it is. Options: once, retval, propagate, insert
-- (before the others), named (one table).
---@param target any
---@param name string
---@param fn function
---@param opts table?
---@return function fn
function event.listen(target, name, fn, opts)
  if type(name) ~= "string" then exc.raise("ArgumentError", "event.listen: the event's name must be a string") end
  local node, def = find(target, name, true)
  if type(fn) ~= "function" then
    local mt = getmetatable(fn)
    if not (mt and type(mt) == "table" and mt.__call) then
      exc.raise("ArgumentError", "event.listen: the listener for '%s' must be a function, got %s", name, type(fn))
    end
  end
  local valid = LISTEN_OPTIONS
  if families[def.family].options then
    valid = {}
    for key in pairs(LISTEN_OPTIONS) do valid[key] = true end
    for key in pairs(families[def.family].options) do valid[key] = true end
  end
  opts = options.read("event.listen", opts, valid)
  if opts.retval and not (def.passes or def.answers) and def.family ~= "mapper" and def.family ~= "attribute" then
    exc.raise("ArgumentError", "event.listen: '%s' takes no return value (retval)", name)
  end
  if dispatch.contains(node, name, fn) then return fn end -- once is enough
  local entry = { fn = fn, propagate = opts.propagate }
  if entry.propagate == nil then entry.propagate = families[def.family].propagate end
  local call = opts.named and by_name(fn, def) or fn
  if hooks[def.family] then
    local adapted, early = hooks[def.family](def, target, call, opts)
    call, entry.early = adapted or call, early
  end
  if opts.once then
    local inner, done = call, false
    call = function(...)
      if done then return end
      done = true
      dispatch.remove(node, name, fn)
      return inner(...)
    end
  end
  if def.passes and not opts.retval then call = pass_through(call, def)
  elseif entry.early and call == fn then call = function(...) return fn(...) end end
  entry.call = call
  dispatch.add(node, name, entry, opts.insert)
  return fn
end

--- listens_for(target, name, opts) returns a function that registers its argument and returns it.
---@param target any
---@param name string
---@param opts table?
---@return function
function event.listens_for(target, name, opts)
  find(target, name, true)
  return function(fn) return event.listen(target, name, fn, opts) end
end

--- Takes a listener away.
---@param target any
---@param name string
---@param fn function
function event.remove(target, name, fn)
  local node = find(target, name, true)
  if not dispatch.remove(node, name, fn) then
    exc.raise("InvalidRequestError", "No listeners found for event %s / '%s' / %s", show(target), tostring(name),
      tostring(fn))
  end
end

--- Is this function registered for that target and event?
---@param target any
---@param name string
---@param fn function
---@return boolean
function event.contains(target, name, fn)
  local node = find(target, name, true)
  return dispatch.contains(node, name, fn)
end

return event
