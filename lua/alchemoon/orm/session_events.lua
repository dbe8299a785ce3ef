--- Targets of the session family: all sessions, a factory, one session.
--
-- A session uses its factory's node until somebody listens to that session alone: making a session costs no tables.
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"

local session_events = { all = event.node() }
local classes = {}      -- class table → node
local kinds = setmetatable({}, { __mode = "k" })

--- Declares a class of sessions (am.Session and what is derived from it).
function session_events.class(cls, node) classes[cls] = node or session_events.all end

--- Declares a metatable: "session" or "maker".
function session_events.instances(metatable, kind) kinds[metatable] = kind end

--- The node of a new factory. It makes a class of its own in SQLAlchemy, so listeners of the class and of the factory
-- stand in the order in which they came; those of one session come last.
function session_events.maker_node(class_node) return event.node { { class_node or session_events.all, "own" } } end

--- The node of a class derived from Session.
session_events.class_node = session_events.maker_node

-- A single session gets a node of its own at its first listener; until then it shares its class's.
local function resolve(target, create)
  if type(target) ~= "table" then return nil end
  if classes[target] then return classes[target] end
  local kind = kinds[getmetatable(target)]
  if kind == "maker" then return target.dispatch end
  if kind == "scoped" then
    local node = resolve(target.session_factory, create)
    if node then return node end
    exc.raise("ArgumentError", "Session event listen on a scoped_session requires that its creation callable is "
      .. "associated with the Session class.")
  end
  if kind == "session" then
    local node = target.dispatch
    if create and not target._own_dispatch then
      node = event.node { { node, "all" } }
      target.dispatch, target._own_dispatch = node, true
    end
    return node
  end
  return nil
end

event.register_target("session", resolve)

return session_events
