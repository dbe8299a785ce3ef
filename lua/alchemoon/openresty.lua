--- For programs in OpenResty (nginx with ngx_http_lua): an engine per worker, a session or connection per request,
-- clean ends, numbers for a status page.
--
--   local openresty = require "alchemoon.openresty"
--   local engine = openresty.engine("postgresql://app@db/shop", { pool_size = 20 })
--   openresty.session(engine, function(session) ... end)      -- commits, or rolls back and raises again
--   log_by_lua_block { require("alchemoon.openresty").release() }
--
-- release() is for requests that are killed (client abort with lua_check_client_abort, ngx.exit in another light
-- thread): what they leave open is discarded at once and not only when the collector finds it.
local am = require "alchemoon"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"

local ngx = ngx -- luacheck: ignore
if not ngx then exc.raise("InvalidRequestError", "alchemoon.openresty works inside nginx with ngx_http_lua only") end

local host = require "alchemoon.reactor.openresty"

local openresty = {}
local engines, names = {}, {} -- of this worker, by name: { engine =, url =, opts = }; names in order

local function copy(value)
  if type(value) ~= "table" or getmetatable(value) then return value end
  local out = {}
  for key, item in pairs(value) do out[key] = copy(item) end
  return out
end

--- The engine of this worker for a URL, made at the first call. `name` (default: the URL without password) tells
-- engines apart in metrics and lets a program have two for one URL. nginx forks its workers: an engine made in
-- init_by_lua is inherited, its connections are not. A later call may leave the options out; other ones than the first
-- call's are an ArgumentError.
---@param url string
---@param opts table?    create_engine's
---@param name string?
---@return alchemoon.Engine
function openresty.engine(url, opts, name)
  local key = name or am.make_url(url):render_as_string{ hide_password = true }
  local known = engines[key]
  if not known then
    known = { engine = am.create_engine(url, opts), url = tostring(am.make_url(url)), opts = copy(opts or {}) }
    engines[key] = known
    names[#names + 1] = key
  elseif tostring(am.make_url(url)) ~= known.url then
    exc.raise("ArgumentError", "openresty.engine: the engine '%s' was made for another URL", key)
  elseif opts and not options.same(opts, known.opts) then
    exc.raise("ArgumentError", "openresty.engine: the engine '%s' was made with other options; give one of the two a "
      .. "name of its own", key)
  end
  return known.engine
end

-- What a request has open -------------------------------------------------------------------------

local LIST = "alchemoon.open"

local function note(thing)
  local ctx = host.scope()
  if not ctx then return end
  local open = ctx[LIST]
  if not open then
    open = {}
    ctx[LIST] = open
  end
  open[thing] = true
end

local function done(thing, ok, ...)
  local ctx = host.scope()
  if ctx and ctx[LIST] then ctx[LIST][thing] = nil end
  if ok then return ... end
  exc.rethrow((...))
end

local function noted(thing, fn)
  note(thing)
  return done(thing, pcall(fn, thing))
end

--- Calls fn(conn) with a connection of the engine and closes it; returns what fn returns.
---@param engine alchemoon.Engine
---@param fn function
function openresty.connect(engine, fn)
  return engine:connect(function(conn) return noted(conn, fn) end)
end

--- Calls fn(conn) in a transaction: commits after it, or rolls back and raises again.
---@param engine alchemoon.Engine
---@param fn function
function openresty.begin(engine, fn)
  return engine:begin(function(conn) return noted(conn, fn) end)
end

--- Calls fn(session) in a transaction of a new session, which is closed afterwards.
---@param source table   an engine, or a sessionmaker
---@param fn function
function openresty.session(source, fn)
  local function work(session)
    return noted(session, function() return session:begin(function() return fn(session) end) end)
  end
  if getmetatable(source) == am.Engine then return am.Session(source, work) end
  return source(work)
end

--- Discards what the request left open: for log_by_lua. Never waits. Returns how much there was.
---@return integer
function openresty.release()
  local ctx = ngx.ctx
  local open, count = ctx[LIST], 0
  ctx[LIST] = nil
  for thing in pairs(open or {}) do
    count = count + 1
    local ok, e = pcall(thing._orphaned, thing)
    if not ok then ngx.log(ngx.ERR, "alchemoon: a killed request left something open: ", tostring(e)) end
    pcall(thing.close, thing) -- discarded above; nobody is left to hear that a lost connection says so
  end
  return count
end

-- Numbers -----------------------------------------------------------------------------------------

--- Numbers of this worker: { waiting =, killed =, engines = { { name =, size =, idle =, used =, overflow =, queued =,
-- lost = }, ... } }.
---@return table
function openresty.metrics()
  local stats = host.stats()
  local out = { waiting = stats.waiting, killed = stats.killed, engines = {} }
  for i, name in ipairs(names) do
    local size, idle, used, overflow, queued, lost = engines[name].engine.pool._core:counts()
    out.engines[i] = { name = name, size = size, idle = idle, used = used, overflow = overflow, queued = queued,
      lost = tonumber(lost) }
  end
  return out
end

local GAUGES = { { "idle", "connections in the pool" }, { "used", "connections checked out" },
  { "queued", "coroutines that wait for a connection" }, { "lost", "connections whose holder vanished" } }

--- The same as text in Prometheus' format, labelled with the worker's number.
---@return string
function openresty.metrics_text()
  local metrics, lines = openresty.metrics(), {}
  local worker = ngx.worker.id() or 0
  local function add(format, ...) lines[#lines + 1] = format:format(...) end
  add('# HELP alchemoon_waiting coroutines that wait for the database\n# TYPE alchemoon_waiting gauge')
  add('alchemoon_waiting{worker="%d"} %d', worker, metrics.waiting)
  add('# HELP alchemoon_killed coroutines that were killed while they waited\n# TYPE alchemoon_killed counter')
  add('alchemoon_killed{worker="%d"} %d', worker, metrics.killed)
  for _, gauge in ipairs(GAUGES) do
    add('# HELP alchemoon_pool_%s %s\n# TYPE alchemoon_pool_%s gauge', gauge[1], gauge[2], gauge[1])
    for _, engine in ipairs(metrics.engines) do
      local label = engine.name:gsub('[\\"\n]', { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" })
      add('alchemoon_pool_%s{worker="%d",engine="%s"} %d', gauge[1], worker, label, engine[gauge[1]])
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

--- The scope of the running code: the request's ctx, for scoped_session and the like.
openresty.scope = host.scope

return openresty
