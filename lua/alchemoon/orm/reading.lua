--- Public names of the reading half of the ORM, and the doors that it fills.
local loader_options = require "alchemoon.orm.loader_options"
local loading = require "alchemoon.orm.loading"
local lower_criteria = require "alchemoon.orm.lower_criteria"

require "alchemoon.orm.select_orm"
require "alchemoon.orm.load_handler"
require "alchemoon.orm.attribute_load"
require "alchemoon.orm.write_only"
require "alchemoon.orm.query_results"
require "alchemoon.orm.query_bulk"
local object_load = require "alchemoon.orm.object_load"
local query_baked = require "alchemoon.orm.query_baked"
local query_legacy = require "alchemoon.orm.query_legacy"
local usage = require "alchemoon.usage"

require("alchemoon.orm.template").set_plain_get_bind(require("alchemoon.orm.session").methods.get_bind)
loading.get_plain = object_load.get_plain
loading.by_identity, loading.refresh = object_load.by_identity, object_load.refresh

usage.check_receivers(query_legacy.Query.methods, "query", query_legacy.is_query) -- all parts are there now

local public = {}
public.merge_frozen_result = require("alchemoon.orm.frozen_result").merge
public.UserDefinedOption = require("alchemoon.orm.user_option").UserDefinedOption
for _, names in ipairs { loader_options.public, lower_criteria.public, query_legacy.public, query_baked.public } do
  for name, value in pairs(names) do public[name] = value end
end
return public
