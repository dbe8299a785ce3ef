-- The order in which events of engines, connections and pools come.
local am = require "alchemoon"
local raises_exc = require("support.init").raises_exc

describe("engine events", function()
  local engine, log

  local function listen(names, target)
    for _, name in ipairs(names) do
      am.event.listen(target or engine, name, function() log[#log + 1] = name end)
    end
  end

  before_each(function()
    engine = am.create_engine("sqlite://")
    engine:begin(function(c) c:exec_driver_sql("create table t (x integer primary key)") end)
    log = {}
  end)

  it("come in SQLAlchemy's order", function()
    listen{ "before_cursor_execute", "after_cursor_execute", "engine_connect", "begin", "commit", "rollback",
      "savepoint", "rollback_savepoint", "release_savepoint", "engine_disposed" }
    engine:begin(function(conn)
      conn:exec_driver_sql("insert into t values (1)")
      conn:begin_nested(function() end)
      conn:begin_nested():rollback()
    end)
    local cursor = { "before_cursor_execute", "after_cursor_execute" }
    assert.same({ "engine_connect", "begin", cursor[1], cursor[2], "savepoint", cursor[1], cursor[2],
      "release_savepoint", cursor[1], cursor[2], "savepoint", cursor[1], cursor[2], "rollback_savepoint", cursor[1],
      cursor[2], "commit" }, log)
    log = {}
    engine:connect(function(conn) conn:exec_driver_sql("select 1") end)
    assert.same({ "engine_connect", "begin", cursor[1], cursor[2], "rollback" }, log)
    log = {}
    engine:dispose()
    assert.same({ "engine_disposed" }, log)
  end)

  it("savepoints are statements that execute listeners see", function()
    am.event.listen(engine, "before_execute", function(_, stmt) log[#log + 1] = "before " .. tostring(stmt) end)
    am.event.listen(engine, "after_execute", function(_, stmt) log[#log + 1] = "after " .. tostring(stmt) end)
    engine:begin(function(conn) conn:begin_nested():rollback() end)
    assert.same({ "before SAVEPOINT sa_savepoint_1", "after SAVEPOINT sa_savepoint_1",
      "before ROLLBACK TO SAVEPOINT sa_savepoint_1", "after ROLLBACK TO SAVEPOINT sa_savepoint_1" }, log)
  end)

  it("a second user of SingletonThreadPool's connection joins the first in silence", function()
    listen({ "checkout", "reset", "checkin" }, engine.pool)
    local first = engine:connect()
    first:exec_driver_sql("insert into t values (7)")
    engine:connect():close()
    first:commit()
    assert.equal(7, first:exec_driver_sql("select x from t"):scalar())
    first:close()
    assert.same({ "checkout", "reset", "checkin" }, log)
  end)

  it("before_cursor_execute gets everything and may change text and parameters", function()
    local got
    am.event.listen(engine, "before_cursor_execute", function(conn, cursor, statement, parameters, context, many)
      got = { statement = statement, parameters = parameters, many = many }
      assert.are.equal(conn, context.connection)
      assert.are.equal(statement, context.statement)
      assert.are.equal(cursor, context.cursor)
      return statement:gsub("1", "2"), { 41 }
    end, { retval = true })
    engine:connect(function(conn)
      assert.same({ 2, 41 }, { conn:exec_driver_sql("select 1, ?", { 5 }):one():unpack() })
    end)
    assert.same({ statement = "select 1, ?", parameters = { 5 }, many = false }, got)
  end)

  it("listeners are told what kind of statement it is", function()
    local seen = {}
    am.event.listen(engine, "before_execute", function() end) -- on whose way DDL is executed too
    am.event.listen(engine, "before_cursor_execute", function(_, _, _, _, context)
      local words = {}
      for _, name in ipairs { "isinsert", "isupdate", "isdelete", "isddl", "is_text", "is_crud" } do
        assert.equal("boolean", type(context[name]))
        if context[name] then words[#words + 1] = name end
      end
      seen[#seen + 1] = table.concat(words, " ")
    end)
    local t = am.Table("kinds", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }))
    t:create(engine, { checkfirst = false })
    engine:begin(function(conn)
      conn:execute(am.insert(t), { id = 1 })
      conn:execute(am.update(t):values { id = 2 })
      conn:execute(am.delete(t))
      conn:execute(am.select(t))
      conn:execute(am.text "select 1")
    end)
    assert.same({ "isddl", "isinsert is_crud", "isupdate is_crud", "isdelete is_crud", "", "is_text" }, seen)
  end)

  it("after_cursor_execute can time a statement", function()
    local times = {}
    am.event.listen(engine, "before_cursor_execute", function(_, _, _, _, context) context.start = os.clock() end)
    am.event.listen(engine, "after_cursor_execute", function(conn, _, statement, _, context)
      times[statement] = os.clock() - context.start
      conn.info.seen = true
    end)
    engine:connect(function(conn) conn:exec_driver_sql("select 7") end)
    assert.is_number(times["select 7"])
  end)

  it("a listener may use the connection", function()
    am.event.listen(engine, "before_cursor_execute", function(conn, _, statement)
      if statement:find("^insert") then conn:exec_driver_sql("select 'from the listener'") end
    end)
    listen{ "after_cursor_execute" }
    engine:begin(function(conn) conn:exec_driver_sql("insert into t values (1)") end)
    assert.are.equal(2, #log)
  end)

  it("listeners of one connection are its own", function()
    local conn, other = engine:connect(), engine:connect()
    listen({ "before_cursor_execute" }, conn)
    listen({ "commit" }, engine)
    other:exec_driver_sql("select 1")
    assert.same({}, log)
    conn:exec_driver_sql("select 1")
    conn:commit()
    assert.same({ "before_cursor_execute", "commit" }, log)
    conn:close()
    other:close()
  end)

  it("am.Engine and am.Pool stand for all", function()
    local function on_begin() log[#log + 1] = "begin" end
    local function on_checkout() log[#log + 1] = "checkout" end
    am.event.listen(am.Engine, "begin", on_begin)
    am.event.listen(am.Pool, "checkout", on_checkout)
    local other = am.create_engine("sqlite://")
    other:connect(function(conn) conn:exec_driver_sql("select 1") end)
    am.event.remove(am.Engine, "begin", on_begin)
    am.event.remove(am.Pool, "checkout", on_checkout)
    other:connect(function(conn) conn:exec_driver_sql("select 1") end)
    assert.same({ "checkout", "begin" }, log)
  end)

  it("an engine with options hears its parent's listeners", function()
    local copy = engine:execution_options{ a = 1 }
    listen{ "begin" }
    listen({ "commit" }, copy)
    copy:begin(function() end)
    engine:begin(function() end)
    assert.same({ "begin", "commit", "begin" }, log)
  end)

  it("options are announced", function()
    am.event.listen(engine, "set_connection_execution_options", function(conn, opts)
      log[#log + 1] = opts.a
      assert.is_truthy(conn)
    end)
    am.event.listen(engine, "set_engine_execution_options", function(e, opts)
      log[#log + 1] = opts.b
      assert.is_truthy(e)
    end)
    engine:connect():execution_options{ a = 1 }:close()
    engine:execution_options{ b = 2 }
    assert.same({ 1, 2 }, log)
  end)

  it("handle_error sees the error and may replace it", function()
    local seen
    local function handler(context)
      seen = context
      return nil
    end
    am.event.listen(engine, "handle_error", handler)
    engine:connect(function(conn)
      local e = raises_exc("OperationalError", function() conn:exec_driver_sql("select * from nope", { 1 }) end)
      assert.are.equal(e, seen.sqlalchemy_exception)
      assert.are.equal("no such table: nope", seen.original_exception.message)
      assert.are.equal("select * from nope", seen.statement)
      assert.same({ 1 }, seen.parameters)
      assert.are.equal(conn, seen.connection)
      assert.are.equal(engine, seen.engine)
      assert.is_false(seen.is_disconnect)
    end)
    am.event.remove(engine, "handle_error", handler)
    am.event.listen(engine, "handle_error", function() return "mine" end)
    local ok, e = pcall(engine.connect, engine, function(conn) conn:exec_driver_sql("nonsense") end)
    assert.is_false(ok)
    assert.are.equal("mine", e)
  end)

  it("handle_error sees the StatementError of a missing parameter", function()
    local seen
    am.event.listen(engine, "handle_error", function(context) seen = context end)
    raises_exc("StatementError", function()
      engine:connect(function(conn) conn:execute(am.text "select :x") end)
    end)
    assert.equal("StatementError", seen.sqlalchemy_exception.name)
    assert.equal("InvalidRequestError", seen.original_exception.name)
    assert.same({}, seen.parameters)
    assert.is_nil(seen.execution_context)
  end)

  it("handle_error may declare a disconnect", function()
    am.event.listen(engine, "handle_error", function(context) context.is_disconnect = true end)
    local conn = engine:connect()
    local e = raises_exc("OperationalError", function() conn:exec_driver_sql("nonsense") end)
    assert.is_true(e.connection_invalidated)
    assert.is_true(conn.invalidated)
    conn:close()
    assert.are.equal(0, engine.pool:checkedout())
  end)

  it("do_execute may take the place of the driver", function()
    am.event.listen(engine, "do_execute", function(cursor, statement, _, context)
      assert.are.equal(statement, context.statement)
      if statement == "select 1" then
        cursor:start("select 'replaced'")
        return true
      end
    end)
    engine:connect(function(conn)
      assert.are.equal("replaced", conn:exec_driver_sql("select 1"):scalar())
      assert.are.equal(2, conn:exec_driver_sql("select 2"):scalar())
    end)
  end)

  it("before_execute and after_execute surround statement objects", function()
    local stmt = { _execute_on = function(_, conn, params) return conn:exec_driver_sql("select ?", { params.x }) end }
    am.event.listen(engine, "before_execute", function(conn, element, multiparams, params, options)
      log[#log + 1] = { element == stmt, #multiparams, params.x, type(options), conn ~= nil }
      return element, multiparams, { x = 9 }
    end, { retval = true })
    am.event.listen(engine, "after_execute", function(_, element, _, params, _, result)
      log[#log + 1] = { element == stmt, params.x, result.returns_rows }
    end)
    engine:connect(function(conn) assert.are.equal(9, conn:execute(stmt, { x = 5 }):scalar()) end)
    assert.same({ { true, 0, 5, "table", true }, { true, 9, true } }, log)
  end)

  it("what a before_execute listener returns must be something to execute, with tables of parameters", function()
    local answer
    am.event.listen(engine, "before_execute", function(_, element)
      if answer == "params" then return element, 1, {} end
      if answer == "both" then return element, { { x = 1 } }, { x = 2 } end
      return answer
    end, { retval = true })
    engine:connect(function(conn)
      for _, wrong in ipairs{ { 1 }, "select 1", 5 } do
        answer = wrong
        raises_exc("ObjectNotExecutableError", function() conn:execute(am.text("select 1")) end,
          "^Not an executable object: ")
      end
      answer = "params"
      raises_exc("ArgumentError", function() conn:execute(am.text("select 1")) end,
        "multiparams must be a table, got 1")
      answer = "both"
      raises_exc("InvalidRequestError", function() conn:execute(am.text("select 1")) end,
        "non%-empty multiparams and params at the same time")
    end)
  end)

  it("the begin event may begin on its own", function()
    am.event.listen(engine, "begin", function(conn) conn:exec_driver_sql("BEGIN IMMEDIATE") end)
    listen{ "before_cursor_execute" }
    engine:begin(function(conn)
      conn:exec_driver_sql("insert into t values (5)")
      assert.are.equal("open", conn.raw:tx_status())
    end)
    assert.are.equal(2, #log)
  end)

  it("come to a connection's and an optioned engine's own listeners first", function()
    local function note(target, text)
      am.event.listen(target, "before_cursor_execute", function() log[#log + 1] = text end)
    end
    local optioned = engine:execution_options { logging_token = "x" }
    local conn = optioned:connect()
    note(engine, "engine")
    note(optioned, "optioned")
    note(conn, "connection")
    note(engine, "engine again")
    conn:exec_driver_sql("select 1")
    conn:close()
    assert.same({ "connection", "optioned", "engine", "engine again" }, log)
  end)

  it("unknown names and targets are refused", function()
    raises_exc("InvalidRequestError", function() am.event.listen(engine, "befor_execute", print) end,
      "No such event 'befor_execute' for target 'Engine%(sqlite://%)'; did you mean 'before_execute'")
    raises_exc("InvalidRequestError", function() am.event.listen(engine, "before_flush", print) end, "No such event")
    raises_exc("ArgumentError", function() am.event.listen(engine, "begin", print, { retval = true }) end, "retval")
  end)
end)
