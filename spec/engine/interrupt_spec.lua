-- Ctrl-C while a program waits for the database: the interpreter's error comes at once, the connection that had a
-- statement under way is given up, the pool is sound.
local am = require "alchemoon"
local backends = require "support.backends"
local interpreter = require "support.interpreter"
local shell = require "support.shell"

local backend = backends.get "postgresql"

local PROGRAM = [[
  local am = require "alchemoon"
  local engine = am.create_engine(os.getenv "ALCHEMOON_TEST_PG", { pool_size = 1, max_overflow = 0 })
  local conn = engine:connect()
  conn:exec_driver_sql "create table interrupted (x integer)"
  local ok, e = pcall(conn.exec_driver_sql, conn, "select pg_sleep(600), 'Ctrl-C'")
  print(ok, tostring(e):match "interrupted!")
  print(conn.invalidated, select(2, pcall(conn.exec_driver_sql, conn, "select 1")))
  conn:rollback()
  print(conn:scalar(am.text "select to_regclass('interrupted') is null"))
  conn:close()
  print(engine.pool:checkedout(), engine.pool:checkedin())
]]

describe("Ctrl-C", function()
  if not backend then return pending "ALCHEMOON_TEST_PG is not set" end

  it("ends a query that the program waits for, and the pool is sound", function()
    local path, engine = os.tmpname(), am.create_engine(backend.url)
    local out, pid = path .. ".out", path .. ".pid"
    shell.write(path, PROGRAM)
    shell.write(path .. ".sh", ("echo $$ >%s\nexec env %s %s\n"):format(pid, interpreter, path))
    os.execute(("(sh %s.sh; echo over) >%s 2>&1 &"):format(path, out))
    engine:connect(function(conn)
      conn:execution_options{ isolation_level = "AUTOCOMMIT" }
      local asleep = "select count(*) from pg_stat_activity where query like 'select pg_sleep(600), ''Ctrl%' "
        .. "and datname = current_database() and state = 'active'"
      local function await(condition)
        for _ = 1, 6000 do
          if condition() then return end
          shell.run "sleep 0.01"
        end
        error("it did not come: " .. shell.read(out))
      end
      await(function() return shell.read(out) ~= "" or conn:exec_driver_sql(asleep):scalar() == 1 end)
      os.execute("kill -INT " .. shell.read(pid))
      await(function() return shell.read(out):match "over" end)
      await(function() return conn:exec_driver_sql(asleep):scalar() == 0 end) -- the server has given up, too
    end)
    assert.equal("false\tinterrupted!\n"
      .. "true\tCan't reconnect until invalid transaction is rolled back.  Please rollback() fully before proceeding\n"
      .. "true\n0\t1\nover\n", shell.read(out))
    engine:dispose()
    for _, suffix in ipairs{ "", ".sh", ".out", ".pid" } do os.remove(path .. suffix) end
  end)
end)
