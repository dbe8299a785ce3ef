--- ShardedQuery: the legacy Query of a ShardedSession, with set_shard().
local Query = require("alchemoon.orm.query_legacy").Query

local query = {}

--- The same query, on one shard only, whatever the choosers say.
---@param shard_id any
local function set_shard(self, shard_id) return self:execution_options { _sa_shard_id = shard_id } end

---@class alchemoon.ShardedQuery
local ShardedQuery = Query.subclass { set_shard = set_shard }
ShardedQuery.__name = "ShardedQuery"
query.ShardedQuery = ShardedQuery

return query
