--- Peers: the objects of one result, for lazy = "auto", which loads an attribute for all of them at once.
--
-- The context of objects that a statement made holds the list (weak values). An object that was in the session already
-- keeps its context, because its options are those of the statement that loaded it; the session remembers its latest
-- list instead.
local peers = {}
local WEAK_KEYS = { __mode = "k" }
local rawget, rawset, getmetatable = rawget, rawset, getmetatable

--- The objects of a result know each other; those of former results belong to this one from now on.
---@param session table
---@param context table     the context that new objects of the result got
---@param objects table     all of them
function peers.remember(session, context, objects)
  local list, later = context.peers, session._later_peers
  for k, obj in ipairs(objects) do
    list[k] = obj
    if rawget(obj, 1) ~= context then
      if not later then
        later = setmetatable({}, WEAK_KEYS)
        rawset(session, "_later_peers", later)
      end
      later[obj] = list
    elseif later then
      later[obj] = nil
    end
  end
end

-- Were two objects loaded under the same conditions?
local function same_conditions(context, other)
  return other == context or other ~= nil and other.session == context.session and other.lifecycle == "persistent"
    and other.options == context.options and other.criteria_nodes == context.criteria_nodes
end

--- The other objects of the latest result that an object was in which lack an attribute too; nil when there are none.
function peers.lacking(obj, prop)
  local context = rawget(obj, 1)
  local later = context.session and context.session._later_peers
  local all = later and later[obj] or context.peers
  local list = {}
  for _, other in pairs(all or list) do
    if other ~= obj and rawget(other, prop.slot) == nil and same_conditions(context, rawget(other, 1))
      and rawget(getmetatable(other), "__mapper__").prop[prop.key] == prop then
      list[#list + 1] = other
    end
  end
  return #list > 0 and list or nil
end

return peers
