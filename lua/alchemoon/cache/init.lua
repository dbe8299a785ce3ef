--- `alchemoon.cache`: regions of cached values, and results of queries in them.
--
--   local cache = require "alchemoon.cache"
--   local region = cache.make_region():configure("memory", { expiration_time = 300 })
--   cache.ORMCache{ default = region }:listen_on_session(Session)
--   session:scalars(am.select(User):options(cache.FromCache "default")):all()
local core = require "alchemoon.core"
local orm = require "alchemoon.cache.orm"
local region = require "alchemoon.cache.region"
local namespace = require "alchemoon.namespace"

return namespace.close({
  NO_VALUE = require "alchemoon.cache.no_value",
  make_region = region.make_region,
  register_backend = region.register_backend,
  ORMCache = orm.ORMCache,
  FromCache = orm.FromCache,
  RelationshipCache = orm.RelationshipCache,
  --- A key_mangler: short names for long keys.
  md5_mangle_key = function(key) return core.md5(key) end,
  --- A key_mangler for keys longer than `length`: length_conditional_mangler(40, mangler).
  length_conditional_mangler = function(length, mangler)
    return function(key) return #key >= length and mangler(key) or key end
  end,
}, "alchemoon.cache")
