-- What nginx runs in bench/waiting/nginx.
-- luacheck: globals ngx
local am = require "alchemoon"
local core = require "alchemoon.core"
local openresty = require "alchemoon.openresty"

local app = {}
local url = os.getenv "ALCHEMOON_TEST_PG"
local sql = "select relname from pg_class where oid = $1"
local raw -- one connection of the driver, blocking: what a program without alchemoon's waiting has

function app.engine(times)
  local engine = openresty.engine(url, { pool_size = 10, isolation_level = "AUTOCOMMIT" }, "bench")
  local name
  engine:connect(function(conn)
    for _ = 1, times do name = conn:exec_driver_sql(sql, { 1259 }):scalar() end
  end)
  ngx.say(name)
end

function app.blocking(times)
  raw = raw or am.create_engine(url, { reactor = false, isolation_level = "AUTOCOMMIT" }):raw_connection()
  local name
  for _ = 1, times do
    local cursor = raw.dbapi_connection:execute(sql, { 1259 })
    name = cursor:fetchone()[1]
    cursor:close()
  end
  ngx.say(name)
end

function app.sleep()
  openresty.engine(url, { pool_size = 25, isolation_level = "AUTOCOMMIT" }, "slow"):connect(function(conn)
    conn:exec_driver_sql("select pg_sleep(1)")
  end)
  ngx.say(core and "slept")
end

return app
