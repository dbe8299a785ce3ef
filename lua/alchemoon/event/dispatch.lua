--- Dispatch nodes: who listens to what.
--
-- A node belongs to one target (an engine, a pool, a mapper, or "all engines") and one family. node[name] is
-- nil or the finished list of functions to call, parents' listeners first: firing costs one nil check
-- when nobody listens. Lists are never changed in place, so a listener may add or remove others.
-- A child takes all listeners of an "all" parent, and of a "propagate" parent (a base class) only those that were
-- registered with { propagate = true }; these stand among its own in the order in which all of them were registered.
-- Those of a "joined" parent (a connection's engine) come after its own.
-- The field `early` of a list is the set of its functions that a family's hook marked so (attributes use it). Nodes
-- hold their children weakly.
--
-- node.is_watched is true while anybody listens to what happens to a statement of a connection, which is what the short
-- ways of execution ask first of all.
local lists = require "alchemoon.lists"

local dispatch = {}

local OF_STATEMENTS = { "before_execute", "after_execute", "before_cursor_execute", "after_cursor_execute",
  "do_execute", "do_executemany", "do_execute_no_params", "handle_error" }

local function watches_statements(node)
  for _, name in ipairs(OF_STATEMENTS) do
    if node[name] then return true end
  end
  return false
end

local function weak_keys() return setmetatable({}, { __mode = "k" }) end

local registered = 0 -- how many entries were ever added

-- Where a new entry stands among those of bases and subclasses: behind all before it, or before them.
local function next_place(first)
  registered = registered + 1
  return first and -registered or registered
end

local function by_place(a, b) return a.place < b.place end

-- Each entry once, though a node may have it from several parents.
local function collect(node, name)
  local seen, all, own, joined = {}, {}, {}, {}
  local function take(list, into, only_propagated)
    for _, entry in ipairs(list or {}) do
      if not seen[entry] and (entry.propagate or not only_propagated) then
        seen[entry] = true
        into[#into + 1] = entry
      end
    end
  end
  local into = { all = all, joined = joined, propagate = own, own = own }
  for _, parent in ipairs(node._parents) do
    take(parent[1]._entries[name], into[parent[2]], parent[2] == "propagate")
  end
  take(node._own[name], own)
  table.sort(own, by_place)
  return lists.joined(lists.joined(all, own), joined)
end

-- Lists are made when somebody listens, so that firing is a loop over functions.
local function rebuild(node, name)
  local entries, calls = {}, {}
  for _, entry in ipairs(collect(node, name)) do
    local at = entry.ahead and 1 or #entries + 1 -- a room's own listener may come before everybody's
    table.insert(entries, at, entry)
    table.insert(calls, at, entry.call)
    if entry.early then
      calls.early = calls.early or {}
      calls.early[entry.call] = true
    end
  end
  node._entries[name] = entries
  node[name] = calls[1] and calls or nil
  node.is_watched = watches_statements(node)
  for child in pairs(node._children) do rebuild(child, name) end
end

--- A new node under `parents`: list of { node, "all" | "joined" | "propagate" | "own" }; an "own" one stands for the
-- node itself before it was made, or its listeners count as the node's own.
---@param parents table?
---@return table
function dispatch.node(parents)
  local node = { _own = {}, _entries = {}, _children = weak_keys(), _parents = parents or {}, is_watched = false }
  local names = {}
  for _, parent in ipairs(node._parents) do
    parent[1]._children[node] = true
    for name in pairs(parent[1]._entries) do names[name] = true end
  end
  for name in pairs(names) do rebuild(node, name) end
  return node
end

--- Adds an entry { fn =, call =, propagate = } to the node.
function dispatch.add(node, name, entry, first)
  local own = {}
  entry.place = next_place(first)
  for i, known in ipairs(node._own[name] or {}) do own[i] = known end
  table.insert(own, first and 1 or #own + 1, entry)
  node._own[name] = own
  rebuild(node, name)
end

--- Removes the entry whose function is `fn`; true if there was one. What was registered before the node was made (of a
-- class that was not mapped yet) stands in node._before.
function dispatch.remove(node, name, fn)
  local own, found = {}, false
  for _, entry in ipairs(node._own[name] or {}) do
    if not found and entry.fn == fn then found = true else own[#own + 1] = entry end
  end
  if found then
    node._own[name] = own
    rebuild(node, name)
  elseif node._before then
    return dispatch.remove(node._before, name, fn)
  end
  return found
end

--- Is `fn` registered at this very node?
function dispatch.contains(node, name, fn)
  for _, entry in ipairs(node._own[name] or {}) do
    if entry.fn == fn then return true end
  end
  return node._before ~= nil and dispatch.contains(node._before, name, fn)
end

return dispatch
