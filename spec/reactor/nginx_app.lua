-- What runs inside nginx in the OpenResty specs.
-- luacheck: globals ngx
local am = require "alchemoon"
local openresty = require "alchemoon.openresty"
local cases = require "reactor.cases"

local app = {}
local url = os.getenv "ALCHEMOON_TEST_PG"

local host = { reactor = require "alchemoon.reactor.openresty", url = url,
  sleep = ngx.sleep, spawn = function(fn) assert(ngx.thread.spawn(fn)) end }

--- One shared case, by number.
function app.case()
  local case = cases[tonumber(ngx.var.arg_n)]
  local ok, e = xpcall(case.fn, function(e) return debug.traceback(tostring(e)) end, host)
  ngx.say(ok and "ok" or e)
end

--- A whole spec file: ?file=...
function app.specs()
  local passed, log = require("support.mini").run{ ngx.unescape_uri(ngx.var.arg_file) }
  ngx.say(passed, " passed, ", #log, " failed\n", table.concat(log, "\n"))
end

function app.engine() return openresty.engine(url, { pool_size = 5, max_overflow = 0, pool_timeout = 10 }, "main") end

--- Runs SQL: ?sql=...&n=times
function app.query()
  local sql, times = ngx.unescape_uri(ngx.var.arg_sql or "select 1"), tonumber(ngx.var.arg_n) or 1
  local answer
  openresty.connect(app.engine(), function(conn)
    for _ = 1, times do answer = conn:exec_driver_sql(sql):scalar() end
  end)
  ngx.say(tostring(answer))
end

--- The same, counted from before it begins.
function app.counted()
  ngx.shared.notes:incr("started", 1, 0)
  app.query()
end

--- As many connections as there are sleepers must not be all: an engine of its own for them.
function app.sleep()
  local engine = openresty.engine(url, { pool_size = 30 }, "slow")
  local seconds = tonumber(ngx.var.arg_s) or 1
  local ok, e = pcall(engine.connect, engine, function(conn)
    conn:exec_driver_sql("select pg_sleep($1::float8)", { seconds })
  end)
  ngx.say(ok and "slept" or tostring(e))
end

local function ask()
  return app.engine():connect(function(conn) return conn:exec_driver_sql("select 7"):scalar() end)
end

--- Asks in the running phase and notes the answer, or the error, under `name`.
function app.note(name)
  local ok, answer = pcall(ask)
  ngx.shared.notes:set(name, tostring(answer))
  return ok
end

function app.notes()
  local lines = {}
  for _, name in ipairs{ "init_worker", "rewrite", "access", "content", "timer", "set", "header_filter",
    "body_filter", "log", "started" } do
    lines[#lines + 1] = name .. "=" .. tostring(ngx.shared.notes:get(name))
  end
  ngx.print(table.concat(lines, "\n"))
end

--- A request whose other light thread ends it while it waits.
function app.exit_while_waiting()
  ngx.thread.spawn(function()
    ngx.sleep(0.05)
    ngx.exit(503)
  end)
  openresty.connect(app.engine(), function(conn) conn:exec_driver_sql("select pg_sleep(30) /* exit */") end)
end

--- A request that is killed between two statements, in a transaction.
function app.exit_in_transaction()
  ngx.thread.spawn(function()
    ngx.sleep(0.05)
    ngx.exit(503)
  end)
  openresty.begin(app.engine(), function(conn)
    conn:exec_driver_sql("select 1")
    ngx.sleep(30)
  end)
end

--- scoped_session: the same session in all coroutines of a request, another one in the next request.
local Scoped = am.scoped_session(am.sessionmaker())
local before
function app.scoped()
  local mine, other = Scoped(), nil
  ngx.thread.wait(ngx.thread.spawn(function() other = Scoped() end))
  ngx.say(tostring(mine == other), " ", tostring(mine ~= before))
  before = mine
end

function app.session()
  local answer = openresty.session(app.engine(), function(session)
    return session:execute(am.text("select 40 + 2")):scalar()
  end)
  local ok, e = pcall(openresty.session, am.sessionmaker(app.engine()), function(session)
    session:execute(am.text("select 1"))
    error("mine", 0)
  end)
  ngx.say(answer, " ", tostring(ok), " ", tostring(e), " ", app.engine().pool:checkedout())
end

--- An error that nobody catches, below one that somebody does.
function app.uncaught()
  pcall(openresty.connect, app.engine(), function(conn) conn:exec_driver_sql("select caught_one") end)
  openresty.session(app.engine(), function(session)
    session:execute(am.text("select nobodys_column"))
  end)
end

--- What nobody should do: one session for all requests. ?first=1: stays inside it for a while.
local everybodys
function app.one_session()
  everybodys = everybodys or am.Session(app.engine())
  local sql = ngx.var.arg_first and "select 1 from pg_sleep(0.4)" or "select 1"
  local ok, e = pcall(everybodys.execute, everybodys, am.text(sql))
  if ngx.var.arg_first then everybodys:close() end
  ngx.say(tostring(ok), " ", ok and "" or tostring(e))
end

--- openresty.engine called again: the same with the same options or none, an error with others.
function app.engines()
  local first = app.engine()
  local function problem(...)
    local ok, e = pcall(openresty.engine, ...)
    return ok and "none" or tostring(e)
  end
  ngx.say(tostring(first == openresty.engine(url, nil, "main")), "; ", problem(url, { pool_size = 6 }, "main"), "; ",
    problem("sqlite://", nil, "main"), "; ", problem(url, { pool_size = 30 }, "slow"))
end

--- The scope of scoped_session and that of alchemoon.openresty are one.
function app.scopes()
  local seen
  local Session = am.scoped_session(function()
    seen = openresty.scope()
    return am.Session()
  end)
  Session()
  ngx.say(tostring(seen == ngx.ctx), " ", tostring(next(Session.registry) == ngx.ctx))
end

return app
