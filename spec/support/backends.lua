-- The databases on which behavioural specs run.
--
--   backends.each(function(backend)             -- a describe block per database
--     it("...", function() local engine = am.create_engine(backend.url) ... end)
--   end)
--
-- A backend has name, dialect ("sqlite" or "postgresql"), url, capabilities (a set) and reset(), which
-- leaves an empty database. PostgreSQL comes from ALCHEMOON_TEST_PG, which make test sets; without it
-- the list has SQLite only. ALCHEMOON_BACKENDS narrows the list to names that are in it.
local backends = {}

local function set(names)
  local result = {}
  for name in names:gmatch("%S+") do result[name] = true end
  return result
end

local SQLITE = "returning savepoint upsert cte window check foreign_keys"
local POSTGRESQL = SQLITE .. " schemas sequences arrays enums two_phase server_cursor alter comments ranges"

local path -- of the SQLite file, made on first use

local function sqlite_path()
  if not path then
    path = os.tmpname()
    os.remove(path)
    path = path .. ".db"
  end
  return path
end

local function remove_sqlite_file()
  for _, suffix in ipairs { "", "-wal", "-shm", "-journal" } do os.remove(sqlite_path() .. suffix) end
end

-- Locks: transactions that a spec left open may wait for the collector, so it is called when one is in the way.
local LOCK_TIMEOUT, LAST_LOCK_TIMEOUT = "2s", "30s"

local function drop_schemas(engine, lock_timeout)
  engine:begin(function(conn)
    conn:exec_driver_sql("SET LOCAL lock_timeout = '" .. lock_timeout .. "'")
    local schemas = conn:exec_driver_sql(
      "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"):scalars():all()
    for _, name in ipairs(schemas) do
      conn:exec_driver_sql(('DROP SCHEMA "%s" CASCADE'):format((name:gsub('"', '""'))))
    end
    conn:exec_driver_sql("CREATE SCHEMA public")
  end)
end

--- What the connections to the database of an engine do, a line each.
---@param engine table
---@return string
function backends.activity(engine)
  return engine:connect(function(conn)
    local lines = conn:exec_driver_sql([[select format('%s %s, since %s, waits for %s %s, blocked by %s: %s', pid,
      state, now() - state_change, wait_event_type, wait_event, pg_blocking_pids(pid), left(query, 200))
      from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() order by pid]])
    return table.concat(lines:scalars():all(), "\n")
  end)
end

local function drop_all_of_postgresql(url)
  local am = require "alchemoon"
  local engine = am.create_engine(url, { poolclass = am.NullPool })
  local ok, e = pcall(drop_schemas, engine, LOCK_TIMEOUT)
  if not ok and am.exc.is(e, am.exc.OperationalError) and e.sqlstate == "55P03" then
    require("support.garbage").collect()
    ok, e = pcall(drop_schemas, engine, LAST_LOCK_TIMEOUT)
    if not ok then e = tostring(e) .. "\n" .. backends.activity(engine) end
  end
  engine:dispose()
  if not ok then error(e, 0) end
end

--- All databases, in a fixed order.
---@return table[]
function backends.list()
  local list = {
    { name = "sqlite-memory", dialect = "sqlite", url = "sqlite://", capabilities = set(SQLITE),
      reset = function() end },
    { name = "sqlite-file", dialect = "sqlite", url = "sqlite:///" .. sqlite_path(), capabilities = set(SQLITE),
      reset = remove_sqlite_file },
  }
  local url = os.getenv "ALCHEMOON_TEST_PG"
  if url and url ~= "" then
    list[#list + 1] = { name = "postgresql", dialect = "postgresql", url = url, capabilities = set(POSTGRESQL),
      reset = function() drop_all_of_postgresql(url) end }
  end
  local wanted = os.getenv "ALCHEMOON_BACKENDS"
  for i = wanted and #list or 0, 1, -1 do
    if not wanted:find(list[i].name, 1, true) then table.remove(list, i) end
  end
  return list
end

--- The backend of that name, or nil if it is not there.
---@param name string
---@return table?
function backends.get(name)
  for _, backend in ipairs(backends.list()) do
    if backend.name == name then return backend end
  end
end

--- An engine on the database of a backend, emptied before; a database in memory lies in one connection.
---@param backend table
---@return table
function backends.empty_engine(backend)
  local am = require "alchemoon"
  backend.reset()
  return am.create_engine(backend.url, { poolclass = backend.name == "sqlite-memory" and am.StaticPool or nil })
end

--- Ends what runs this statement in the database of a PostgreSQL engine: statements whose connection was given up
-- without a word to the server go on there, and whoever waits for old transactions waits for them.
---@param engine table
---@param text string
function backends.end_statements(engine, text)
  engine:connect(function(conn)
    conn:exec_driver_sql([[select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and query = $1 and pid <> pg_backend_pid()]], { text })
  end)
end

--- Runs fn(backend) inside a describe block per database; `capability` leaves out those without it.
---@param fn function
---@param capability string?
function backends.each(fn, capability)
  local describe = require("busted").describe
  local teardown = require("busted").teardown
  for _, backend in ipairs(backends.list()) do
    if not capability or backend.capabilities[capability] then
      describe("on " .. backend.name, function()
        if backend.name == "sqlite-file" then teardown(remove_sqlite_file) end
        fn(backend)
      end)
    end
  end
end

return backends
