--- Events of the legacy Query: before_compile, before_compile_update, before_compile_delete.
--
-- The target is am.Query: listeners hear of every query, and may give back another one in its place.
local event = require "alchemoon.event"

local query_events = {}
local node = event.node()

--- Declares the class of queries that is the target.
function query_events.class(Query)
  event.register_target("query", function(target)
    if target == Query then return node end
    return nil
  end)
end

--- The query as the listeners of before_compile leave it.
function query_events.compiled(query)
  for _, listener in ipairs(node.before_compile or {}) do query = listener(query) or query end
  return query
end

--- The query of an UPDATE or DELETE; `context.query` is what the listeners make of it.
function query_events.bulk(name, context)
  for _, listener in ipairs(node[name] or {}) do context.query = listener(context.query, context) or context.query end
  return context.query
end

return query_events
