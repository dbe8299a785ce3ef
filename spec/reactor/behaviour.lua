-- The specs of the ORM that behaviour_spec.lua and nginx_spec.lua run under every host: those that wait for a server,
-- or with ALCHEMOON_BEHAVIOUR=all (`make hosts`) everything.
local lfs = require "lfs"

local names = { "bulk", "flush", "flush_errors", "from_statement", "get_again", "json_null", "loaders", "merge",
  "natural_key", "orm_dml", "refresh", "scoped", "session", "session_events", "version" }

if os.getenv "ALCHEMOON_BEHAVIOUR" == "all" then
  names = {}
  for file in lfs.dir "spec/orm" do names[#names + 1] = file:match "^(.*)_spec%.lua$" end
  table.sort(names)
end

return names
