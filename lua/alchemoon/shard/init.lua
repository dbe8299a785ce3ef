--- `alchemoon.shard`: sessions whose rows lie in several databases.
--
--   local shard = require "alchemoon.shard"
--   local Session = am.sessionmaker{ class_ = shard.ShardedSession, shards = { asia = engine_1, europe = engine_2 },
--     shard_chooser = …, identity_chooser = …, execute_chooser = … }
--
-- README.md says who is asked when.
local session = require "alchemoon.shard.session"
local query = require "alchemoon.shard.query"
local namespace = require "alchemoon.namespace"

return namespace.close({
  ShardedSession = session.ShardedSession,
  ShardedQuery = query.ShardedQuery,
  set_shard_id = require("alchemoon.shard.option").set_shard_id,
  comparisons = require("alchemoon.shard.comparisons").of,
}, "alchemoon.shard")
