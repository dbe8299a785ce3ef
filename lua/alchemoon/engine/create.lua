--- `am.create_engine`: reads the URL and the options, chooses dialect and pool, and makes the engine.
local core = require "alchemoon.core"
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local logging = require "alchemoon.logging"
local statement_cache = require "alchemoon.sql.cache"
local Dialect = require "alchemoon.engine.dialect"
local Engine = require "alchemoon.engine.engine"
local errors = require "alchemoon.engine.errors"
local engine_options = require "alchemoon.engine.engine_options"
local pools = require "alchemoon.engine.pool"
local targets = require "alchemoon.engine.targets"
local url_module = require "alchemoon.engine.url"
local wait = require "alchemoon.engine.wait"
local usage = require "alchemoon.usage"

local QUEUE_ONLY = { pool_size = true, max_overflow = true, pool_timeout = true, pool_use_lifo = true }

local function choose_pool(opts, dialect, url)
  local class = opts.poolclass
  if class == nil then
    if dialect.is_memory and dialect:is_memory(url) and not opts.shared then class = pools.SingletonThreadPool
    else class = pools.QueuePool end
  end
  if type(class) ~= "table" or not class.kind then
    exc.raise("ArgumentError", "create_engine: poolclass must be am.QueuePool, am.NullPool, am.StaticPool, "
      .. "am.SingletonThreadPool or am.AssertionPool, got %s", tostring(class))
  end
  for name in pairs(QUEUE_ONLY) do
    if opts[name] ~= nil and class ~= pools.QueuePool and not (name == "pool_size" and class.kind == "singleton") then
      exc.raise("ArgumentError", "Invalid argument(s) '%s' sent to create_engine(), using configuration %s/%s/Engine.  "
        .. "Please check that the options are appropriate for this combination of components.",
        name, dialect.name, class.class_name)
    end
  end
  return class
end

-- Seconds for connecting, nil if there is no limit. libpq itself looks at it in its blocking calls only.
local function connect_timeout(value)
  if value == nil then return nil end
  local timeout = tonumber(value)
  if not timeout or timeout ~= timeout then
    exc.raise("OperationalError", 'invalid integer value "%s" for connection option "connect_timeout"', tostring(value))
  end
  return timeout > 0 and timeout or nil
end

-- Opens a driver connection, waiting as the engine waits.
local function connect_driver(engine, driver, connect_options)
  local timeout = connect_timeout(connect_options.connect_timeout)
  engine._waiter.patience = timeout
  local dbconn = core.dbconn_open(driver, connect_options)
  local deadline = wait.deadline(timeout)
  local ok, step = pcall(function()
    return wait.drive(engine._waiter, dbconn, dbconn, dbconn.connect, dbconn:connect(), deadline)
  end)
  if ok and step == nil then
    ok, step = false, exc.OperationalError(("connecting took longer than connect_timeout (%g seconds)"):format(timeout))
  end
  if not ok then
    wait.close(engine._waiter, dbconn)
    error(step, 0)
  end
  return dbconn
end

local function ask_do_connect(engine, record, connect_options)
  local list = engine.dispatch.do_connect
  for i = 1, list and #list or 0 do
    local dbconn = list[i](engine.dialect, record, {}, connect_options)
    if dbconn ~= nil then return dbconn end
  end
end

-- The function with which the pool opens connections.
local function creator_of(engine, opts)
  local dialect, driver = engine.dialect, nil
  local function query(dbconn, sql, params) return wait.query(engine._waiter, dbconn, sql, params) end
  local function prepare(dbconn)
    if not dialect._initialized then
      dialect:initialize(query, dbconn)
      dialect:check_label_length()
      dialect._initialized = true
    end
    if engine._base_settings then dialect:set_characteristics(query, dbconn, engine._base_settings) end
    dialect:on_connect(query, dbconn)
  end
  return function(record)
    local dbconn
    if opts.creator then
      dbconn = opts.creator()
      if type(dbconn) ~= "userdata" and type(dbconn) ~= "table" then
        exc.raise("ArgumentError", "create_engine: creator must return a driver connection, got %s", type(dbconn))
      end
    else
      local connect_options = dialect:connect_options(engine.url, opts.connect_args or {})
      if engine._waiter.reactor and not engine.pool._shares then dialect:adapt_to_reactor(connect_options) end
      dbconn = ask_do_connect(engine, record, connect_options)
      if not dbconn then
        driver = driver or dialect:load_driver()
        dbconn = connect_driver(engine, driver, connect_options)
      end
    end
    local ok, e = pcall(prepare, dbconn)
    if not ok then
      wait.close(engine._waiter, dbconn)
      error(e, 0)
    end
    return dbconn
  end
end

-- A pool that is given is used as it is; options of pools are for one that is made here.
local function make_pool(engine, opts, url)
  if opts.pool ~= nil then
    if getmetatable(opts.pool) ~= pools.Pool then
      exc.raise("ArgumentError", "create_engine: pool must be the pool of an engine, got %s", type(opts.pool))
    end
    return opts.pool
  end
  local class = choose_pool(opts, engine.dialect, url)
  return pools.Pool.new(class, creator_of(engine, opts), {
    pool_size = opts.pool_size, max_overflow = opts.max_overflow, timeout = opts.pool_timeout,
    recycle = opts.pool_recycle, use_lifo = opts.pool_use_lifo, reset_on_return = opts.pool_reset_on_return,
    pre_ping = opts.pool_pre_ping, echo = opts.echo_pool, logging_name = opts.pool_logging_name, shared = opts.shared,
    shared_key = opts.shared and url:render_as_string{ hide_password = false } or nil, waiter = engine._waiter,
    dialect = engine.dialect, events = opts.pool_events,
  })
end

--- An engine for a database URL. Connects when it is first used.
---@param url string|userdata
---@param opts table?   pool_size, pool_pre_ping, echo, isolation_level, reactor ...: all are in docs/options.md
---@return alchemoon.Engine
local function create_engine(url, opts)
  url = url_module.make_url(url)
  opts = engine_options.read(opts)
  local backend = url:_resolve_driver()
  local dialect = Dialect.new(Dialect.class(backend), opts)
  dialect:check_url(url)
  if opts.json_serializer or opts.json_deserializer then
    dialect.json = { serialize = opts.json_serializer, deserialize = opts.json_deserializer }
  end
  dialect.label_length, dialect.max_identifier_length = opts.label_length, opts.max_identifier_length
  dialect.insertmanyvalues_page_size = opts.insertmanyvalues_page_size
  dialect.lints_froms = opts.enable_from_linting ~= false
  dialect.skip_autocommit_rollback = opts.skip_autocommit_rollback or false
  local name = "alchemoon.engine.Engine"
  if opts.logging_name then name = name .. "." .. opts.logging_name end
  local engine = setmetatable({
    url = url, dialect = dialect, name = dialect.name, driver = dialect.driver, echo = opts.echo or false,
    logger = logging.instance(name, opts.echo), logging_name = opts.logging_name,
    hide_parameters = opts.hide_parameters or false, dispatch = event.node{ { targets.engine_all, "all" } },
    _execution_options = {}, _shapes = {}, _shape_count = 0, _options = opts,
    _compiled_cache = statement_cache.new(opts.query_cache_size or 500),
    _no_prepare = opts.prepared_statements == false,
    _waiter = { reactor = wait.reactor(opts.reactor), strict_async = opts.strict_async or false,
      shared = opts.shared ~= nil },
  }, Engine)
  if opts.isolation_level ~= nil then
    engine._base_settings = { isolation_level = dialect:check_isolation_level(opts.isolation_level) }
  end
  engine.pool = make_pool(engine, opts, url)
  if opts.pool == nil then engine.pool._ping_failed = function(e) return errors.handle_ping(engine, e) end end
  engine.sync_engine = engine
  engine._family = setmetatable({ [engine] = true }, { __mode = "k" }) -- with its copies: all have the same pool
  if opts.execution_options then engine:_set_execution_options(opts.execution_options) end
  for _, listener in ipairs(opts.events or {}) do event.listen(engine, listener[2], listener[1]) end
  return engine
end

--- create_engine from a table with a prefix: { ["sqlalchemy.url"] = ..., ["sqlalchemy.echo"] = "true" }.
---@param config table
---@param prefix string?   "sqlalchemy." unless another one is given
---@param extra table?     further options, which win
---@return alchemoon.Engine
local function engine_from_config(config, prefix, extra)
  usage.check_arguments("engine_from_config", "table", config, "string?", prefix, "table?", extra)
  prefix = prefix or "sqlalchemy."
  local opts = {}
  for key, value in pairs(config) do
    if type(key) == "string" and key:sub(1, #prefix) == prefix then
      local name = key:sub(#prefix + 1)
      opts[name] = engine_options.from_text(name, value)
    end
  end
  for key, value in pairs(extra or {}) do opts[key] = value end
  local url = opts.url
  opts.url = nil
  if url == nil then exc.raise("ArgumentError", "engine_from_config: there is no key '%surl'", prefix) end
  return create_engine(url, opts)
end

return { create_engine = create_engine, create_async_engine = create_engine, engine_from_config = engine_from_config }
