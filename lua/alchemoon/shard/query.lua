--- ShardedQuery: the legacy Query of a ShardedSession, with set_shard().
local Query = require("alchemoon.orm.query_legacy").Query

local query = {}

---@class alchemoon.ShardedQuery
local ShardedQuery = {}
for name, value in pairs(Query) do ShardedQuery[name] = value end
ShardedQuery.__name = "ShardedQuery"
query.ShardedQuery = ShardedQuery

--- The same query, on one shard only, whatever the choosers say.
---@param shard_id any
local function set_shard(self, shard_id) return self:execution_options { _sa_shard_id = shard_id } end

ShardedQuery.__index = function(self, key)
  if key == "set_shard" then return set_shard end
  return Query.__index(self, key)
end

--- A query over entities and columns, for a session.
---@param session alchemoon.ShardedSession
---@param ... any
---@return alchemoon.ShardedQuery
function ShardedQuery.new(session, ...) return setmetatable(Query.new(session, ...), ShardedQuery) end

return query
