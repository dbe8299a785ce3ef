-- What runs inside nginx in hosts_spec.lua: one case of host_cases.lua, by number.
-- luacheck: globals ngx
local cases = require "cache.host_cases"

local app = {}

function app.case()
  local host = { url = os.getenv "ALCHEMOON_TEST_PG", redis = ngx.var.arg_redis, sleep = ngx.sleep,
    spawn = function(fn) assert(ngx.thread.spawn(fn)) end }
  local case = cases[tonumber(ngx.var.arg_n)]
  local ok, e = xpcall(case.fn, function(e) return debug.traceback(tostring(e)) end, host)
  ngx.say(ok and "ok" or e)
end

return app
