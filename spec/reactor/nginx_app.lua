-- What runs inside nginx in the OpenResty specs.
local am = require "alchemoon"
local cases = require "reactor.cases"

local app = {}
local url = os.getenv "ALCHEMOON_TEST_PG"

local host = { url = url, timers = true, sleep = ngx.sleep, spawn = function(fn) assert(ngx.thread.spawn(fn)) end }

--- One shared case, by number.
function app.case()
  local case = cases[tonumber(ngx.var.arg_n)]
  local ok, e = xpcall(case.fn, function(e) return debug.traceback(tostring(e)) end, host)
  ngx.say(ok and "ok" or e)
end

local engines = {}
function app.engine(opts)
  opts = opts or {}
  local key = tostring(opts.pool_size)
  engines[key] = engines[key] or am.create_engine(url, opts)
  return engines[key]
end

--- Runs SQL: ?sql=...&n=times
function app.query(opts)
  local sql, times = ngx.unescape_uri(ngx.var.arg_sql or "select 1"), tonumber(ngx.var.arg_n) or 1
  local answer
  app.engine(opts):connect(function(conn)
    for _ = 1, times do answer = conn:exec_driver_sql(sql):scalar() end
  end)
  ngx.say(tostring(answer))
end

return app
