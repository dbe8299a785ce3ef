--- set_shard_id: a statement option that limits a statement, and the loads that follow from it, to one shard.
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local user_option = require "alchemoon.orm.user_option"

local option = {}

---@class alchemoon.set_shard_id : alchemoon.UserDefinedOption
---@field shard_id any
local ShardId = user_option.UserDefinedOption.subclass("set_shard_id", { internal = true })

--- The option: select(City):options(shard.set_shard_id("asia")). Without propagation the lazy loads of the objects
-- go where the choosers of the session send them.
---@param shard_id any
---@param opts {propagate_to_loaders: boolean?}?
---@return alchemoon.set_shard_id
function option.set_shard_id(shard_id, opts)
  if shard_id == nil then exc.raise("ArgumentError", "set_shard_id() needs the id of a shard") end
  opts = options.read("set_shard_id", opts, { propagate_to_loaders = options.TRUE })
  return ShardId.new { shard_id = shard_id, propagate_to_loaders = opts.propagate_to_loaders }
end

--- The shard that the options of a statement name; nil if none does.
---@param statement userdata
function option.shard_of(statement)
  for _, each in ipairs(user_option.all(statement)) do
    if getmetatable(each) == ShardId then return each.shard_id end
  end
  return nil
end

return option
