-- What holds under every reactor. A host runs each case in one of its coroutines:
--
--   h.option              what create_engine gets as `reactor`
--   h.reactor             the table behind it
--   h.spawn(fn)           starts another coroutine
--   h.sleep(seconds)      suspends the running one
--
-- A case raises when something is wrong; it works in nginx too, where there is no busted.
local am = require "alchemoon"
local core = require "alchemoon.core"

local cases = {}
local function case(name, fn) cases[#cases + 1] = { name = name, fn = fn } end

local function equal(expected, got, what)
  if expected ~= got then
    error(("%s: expected %s, got %s"):format(what or "value", tostring(expected), tostring(got)), 2)
  end
end

local function is(e, class, pattern)
  if not am.exc.is(e, am.exc[class]) then error(("expected %s, got %s"):format(class, tostring(e)), 2) end
  if pattern and not tostring(e):find(pattern) then error(("expected '%s' in: %s"):format(pattern, tostring(e)), 2) end
end

-- Runs the functions side by side; returns { { ok, value or error } ... }.
local function all(h, list)
  local results, left = {}, #list
  for i, fn in ipairs(list) do
    h.spawn(function()
      results[i] = { pcall(fn, i) }
      left = left - 1
    end)
  end
  local _, start = core.clock()
  while left > 0 do
    h.sleep(0.002)
    local _, now = core.clock()
    assert(now - start < 60, "the coroutines do not end")
  end
  return results
end

local function each(n, fn)
  local list = {}
  for i = 1, n do list[i] = fn end
  return list
end

local function succeed(results)
  for _, result in ipairs(results) do
    if not result[1] then error(result[2], 0) end
  end
  return results
end

local function with_engine(h, opts, fn)
  opts.reactor = h.option
  local engine = am.create_engine(h.url, opts)
  local result = fn(engine)
  equal(0, engine.pool:checkedout(), "connections out")
  engine:dispose()
  return result
end

local function seconds(fn)
  local _, start = core.clock()
  fn()
  local _, now = core.clock()
  return now - start
end

case("a hundred coroutines share five connections, every answer to its question", function(h)
  with_engine(h, { pool_size = 5, max_overflow = 0 }, function(engine)
    succeed(all(h, each(100, function(i)
      for j = 1, 4 do
        engine:connect(function(conn)
          equal(i * 1000 + j, conn:exec_driver_sql("select $1::int * 1000 + $2::int", { i, j }):scalar())
        end)
      end
    end)))
  end)
end)

case("waits of several coroutines overlap", function(h)
  with_engine(h, { pool_size = 10 }, function(engine)
    local took = seconds(function()
      succeed(all(h, each(8, function()
        engine:connect(function(conn) conn:exec_driver_sql("select pg_sleep(0.2)") end)
      end)))
    end)
    assert(took < 1.2, ("eight waits of 0.2 s took %.2f s"):format(took))
  end)
end)

case("the pool serves those who wait in order", function(h)
  with_engine(h, { pool_size = 1, max_overflow = 0, pool_timeout = 20 }, function(engine)
    local order, conn, asked = {}, engine:connect(), 0
    for _ = 1, 50 do
      h.spawn(function() -- hosts start them in any order
        asked = asked + 1
        local i = asked
        engine:connect(function(c)
          order[#order + 1] = i
          c:exec_driver_sql("select 1")
        end)
      end)
    end
    h.sleep(0.01)
    equal(0, #order)
    conn:close()
    while #order < 50 or engine.pool:checkedout() > 0 do h.sleep(0.005) end
    for i = 1, 50 do equal(i, order[i]) end
  end)
end)

case("pool_timeout ends a wait; the others go on", function(h)
  with_engine(h, { pool_size = 1, max_overflow = 0, pool_timeout = 0.05 }, function(engine)
    local conn = engine:connect()
    local results = all(h, each(5, function() engine:connect():close() end))
    for i = 1, 5 do is(results[i][2], "TimeoutError", "connection timed out") end
    conn:close()
    succeed(all(h, each(5, function() engine:connect():close() end)))
  end)
end)

case("a wait of no time looks and goes on", function(h)
  local reactor, socket = h.reactor, assert(core.socket_idle())
  equal(false, reactor.wait(socket:fd(), "r", 0) or false)
  if reactor.forget then reactor.forget(socket:fd()) end
  socket:close()
end)

case("who is parked without limit waits until somebody unparks him", function(h)
  local reactor, ticket, answer = h.reactor, nil, nil
  if not reactor.park then return end
  h.spawn(function()
    ticket = reactor.ticket()
    answer = { reactor.park(ticket) }
  end)
  h.sleep(0.05)
  assert(ticket and not answer, "nobody waits")
  equal(true, reactor.unpark(ticket))
  while not answer do h.sleep(0.002) end
  assert(answer[1])
end)

case("an error reaches the coroutine that caused it", function(h)
  with_engine(h, { pool_size = 4 }, function(engine)
    local results = all(h, each(20, function(i)
      return engine:connect(function(conn)
        if i % 5 == 0 then conn:exec_driver_sql("select 1 / 0") end
        return conn:exec_driver_sql("select " .. i):scalar()
      end)
    end))
    for i = 1, 20 do
      if i % 5 == 0 then is(results[i][2], "DBAPIError", "division by zero") else equal(i, results[i][2]) end
    end
  end)
end)

case("a statement's timeout cancels it at the server; the connection stays", function(h)
  with_engine(h, { pool_size = 2 }, function(engine)
    local results = all(h, {
      function()
        engine:connect(function(conn)
          local pid = conn:exec_driver_sql("select pg_backend_pid()"):scalar()
          local ok, e = pcall(conn.exec_driver_sql, conn, "select pg_sleep(30)", nil, { statement_timeout = 0.1 })
          assert(not ok)
          is(e, "OperationalError", "cancelled after its timeout of 0.1 seconds")
          assert(not conn.invalidated, "the connection was thrown away")
          conn:rollback()
          equal(pid, conn:exec_driver_sql("select pg_backend_pid()"):scalar())
        end)
      end,
      function()
        for _ = 1, 20 do
          engine:connect(function(conn) equal(7, conn:exec_driver_sql("select 7"):scalar()) end)
          h.sleep(0.005)
        end
      end,
    })
    succeed(results)
  end)
end)

case("a second coroutine in a connection is refused and harms nobody", function(h)
  with_engine(h, {}, function(engine)
    local conn = engine:connect()
    local trans = conn:begin()
    local result
    h.spawn(function()
      result = { pcall(function() return conn:exec_driver_sql("select pg_sleep(0.2), 5"):first()[2] end) }
    end)
    h.sleep(0.02)
    for _, attempt in ipairs{
      function() conn:exec_driver_sql("select 1") end, function() trans:commit() end, function() conn:rollback() end,
      function() conn:begin_nested() end, function() conn:close() end,
    } do
      local ok, e = pcall(attempt)
      assert(not ok, "a second coroutine was let in")
      is(e, "InvalidRequestError", "in use by another coroutine")
    end
    while not result do h.sleep(0.01) end
    assert(result[1], tostring(result[2]))
    equal(5, result[2])
    equal(6, conn:exec_driver_sql("select 6"):scalar())
    trans:commit()
    conn:close()
  end)
end)

case("a second coroutine in a session is refused, with the names and places of both calls", function(h)
  with_engine(h, {}, function(engine)
    am.Session(engine, function(session)
      local result
      h.spawn(function()
        result = { pcall(function() return session:execute(am.text "select 5 from pg_sleep(0.2)"):scalar() end) }
      end)
      h.sleep(0.05)
      local ok, e = pcall(session.commit, session)
      assert(not ok, "a second coroutine was let in")
      is(e, "InvalidRequestError", "Method 'commit%(%)' can't be called here %([^ ]*cases.lua:%d+%); method "
        .. "'execute%(%)' is already in progress in another coroutine %([^ ]*cases.lua:%d+%)")
      while not result do h.sleep(0.01) end
      assert(result[1], tostring(result[2]))
      equal(5, result[2])
      equal(6, session:scalar(am.text "select 6"))
    end)
  end)
end)

case("the server ends the connections of all who wait", function(h)
  with_engine(h, { pool_size = 20 }, function(engine)
    local mark = "/* fate " .. tostring(engine):gsub("%W", "") .. tostring({}):gsub("%W", "") .. " */"
    local has_ended = false
    h.spawn(function()
      engine:connect(function(conn)
        repeat
          conn:rollback() -- within a transaction the view does not change
          h.sleep(0.02)
          local waiting = conn:exec_driver_sql("select count(*) from pg_stat_activity where state = 'active' "
            .. "and query = $1", { "select pg_sleep(60) " .. mark }):scalar()
        until waiting == 12
        conn:exec_driver_sql("select pg_terminate_backend(pid) from pg_stat_activity where state = 'active' "
            .. "and query = $1", { "select pg_sleep(60) " .. mark }):all()
      end)
      has_ended = true
    end)
    local results = all(h, each(12, function()
      engine:connect(function(conn) conn:exec_driver_sql("select pg_sleep(60) " .. mark) end)
    end))
    for i = 1, 12 do
      is(results[i][2], "DBAPIError", "terminating connection")
      equal(true, results[i][2].connection_invalidated)
    end
    while not has_ended do h.sleep(0.01) end -- its answer may come after those of the others
    equal(9, engine:connect(function(conn) return conn:exec_driver_sql("select 9"):scalar() end))
  end)
end)

case("calls wait inside pcall, iterators, metamethods, listeners", function(h)
  with_engine(h, { strict_async = true }, function(engine)
    local function ask(n)
      return engine:connect(function(conn) return conn:exec_driver_sql("select $1::int", { n }):scalar() end)
    end
    local object = setmetatable({}, {
      __index = function(_, key) return ask(key) end, __newindex = function(_, _, value) ask(value) end,
      __call = function(_, n) return ask(n) end, __concat = function(_, n) return ask(n) end,
      __eq = function() return ask(1) == 1 end,
    })
    local function numbers(_, n) if n < 3 then return ask(n + 1) end end
    succeed(all(h, each(3, function()
      local ok, value = pcall(ask, 1)
      assert(ok and value == 1)
      ok, value = xpcall(function() return ask(2) end, function(e) return e end)
      assert(ok and value == 2, tostring(value))
      local sum = 0
      for n in numbers, nil, 0 do sum = sum + n end
      equal(6, sum)
      equal(4, object[4])
      equal(5, object(5))
      equal(6, object .. 6)
      object[7] = 7
      equal(true, object == setmetatable({}, getmetatable(object)))
    end)))
    local heard = 0
    am.event.listen(engine, "before_cursor_execute", function(conn, _, sql)
      if sql == "select 41 + 1" then heard = heard + conn:exec_driver_sql("select 1"):scalar() end
    end)
    equal(42, engine:connect(function(conn) return conn:exec_driver_sql("select 41 + 1"):scalar() end))
    equal(1, heard)
  end)
end)

case("strict_async names line, cause and remedy; the connection is unharmed", function(h)
  with_engine(h, { strict_async = true }, function(engine)
    engine:connect(function(conn)
      local function less(a, b) return conn:exec_driver_sql("select $1::int < $2::int", { a, b }):scalar() end
      local ok, e = pcall(table.sort, { 3, 1, 2 }, less)
      assert(not ok)
      is(e, "InvalidRequestError", "strict_async: a database call at [^ ]*cases.lua:%d+ would block")
      is(e, "InvalidRequestError", "cannot be suspended inside table.sort; load what the comparator reads before")
      ok, e = pcall(string.gsub, "abc", "%w", function(c) return conn:exec_driver_sql("select 'x'"):scalar() .. c end)
      assert(not ok)
      is(e, "InvalidRequestError", "inside string.gsub; collect the matches first")
      equal(3, conn:exec_driver_sql("select 3"):scalar())
    end)
  end)
end)

case("without strict_async the same blocks and works", function(h)
  with_engine(h, {}, function(engine)
    local list = { 3, 1, 2 }
    engine:connect(function(conn)
      table.sort(list, function(a, b) return conn:exec_driver_sql("select $1::int < $2::int", { a, b }):scalar() end)
    end)
    equal("1 2 3", table.concat(list, " "))
  end)
end)

case("transactions of several coroutines are apart", function(h)
  with_engine(h, { pool_size = 4 }, function(engine)
    local name = "reactor_" .. tostring({}):gsub("%W", "")
    engine:begin(function(conn) conn:exec_driver_sql("create table " .. name .. " (x int)") end)
    local results = all(h, each(8, function(i)
      engine:begin(function(conn)
        conn:exec_driver_sql("insert into " .. name .. " values ($1)", { i })
        h.sleep(0.005)
        if i % 2 == 0 then error("no", 0) end
      end)
    end))
    for i = 1, 8 do equal(i % 2 == 1, results[i][1]) end
    equal("1,3,5,7", engine:connect(function(conn)
      return conn:exec_driver_sql("select string_agg(x::text, ',' order by x) from " .. name):scalar()
    end))
    engine:begin(function(conn) conn:exec_driver_sql("drop table " .. name) end)
  end)
end)

case("rows stream while others work", function(h)
  with_engine(h, { pool_size = 4 }, function(engine)
    succeed(all(h, each(4, function()
      engine:connect(function(conn)
        local sum = 0
        local result = conn:exec_driver_sql("select i from generate_series(1, 3000) as i", nil, { yield_per = 100 })
        for row in result do sum = sum + row[1] end
        equal(3000 * 3001 / 2, sum)
      end)
    end)))
  end)
end)

case("a large parameter and a large result", function(h)
  with_engine(h, { pool_size = 2 }, function(engine)
    local big = ("x"):rep(3000000)
    succeed(all(h, each(2, function()
      engine:connect(function(conn)
        assert(conn:exec_driver_sql("select $1::text", { big }):scalar() == big, "the text changed")
      end)
    end)))
  end)
end)

case("a failed connect fails everybody who tries, and leaks nothing", function(h)
  local url = h.url:gsub("^postgresql://[^@]*@", "postgresql://nobody_of_that_name@")
  local engine = am.create_engine(url, { reactor = h.option, pool_size = 2, max_overflow = 0, pool_timeout = 20 })
  local results = all(h, each(6, function() engine:connect():close() end))
  for i = 1, 6 do is(results[i][2], "DBAPIError", "does not exist") end
  equal(0, engine.pool:checkedout())
end)

return cases
