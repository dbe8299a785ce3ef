-- Driver connections and cursors as Lua sees them.
local core = require "alchemoon.core"
local raises_exc = require("support.init").raises_exc
local rawconn = require "support.rawconn"

local function open() return rawconn.open("sqlite", { database = ":memory:" }) end

describe("bind.dbconn", function()
  it("steps a statement without ever waiting", function()
    local conn = open()
    local cursor = conn:cursor()
    assert.equal("rows", cursor:start("SELECT 1 UNION ALL SELECT 2"))
    assert.same({ 1 }, cursor:fetchone())
    assert.same({ 2 }, cursor:fetchone())
    assert.is_nil(cursor:fetchone())
    assert.equal("done", cursor:step())
    assert.equal("done", cursor:start("CREATE TABLE t (x)"))
    assert.equal("done", cursor:start("INSERT INTO t VALUES (?)", { { 1 }, { 2 } }))
    assert.equal(2, cursor:summary().row_count)
  end)

  it("fetches one, some and all", function()
    local cursor = open():execute("SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4")
    assert.same({ 1 }, cursor:fetchone())
    assert.same({ { 2 }, { 3 } }, (cursor:fetchmany(2)))
    assert.same({ { 4 } }, (cursor:fetchall()))
    assert.same({}, (cursor:fetchall()))
    assert.is_nil(cursor:fetchone())
  end)

  it("is what a connect listener expects", function()
    local conn = open()
    local cursor = conn:cursor()
    cursor:execute("PRAGMA foreign_keys=ON")
    cursor:close()
    assert.same({ 1 }, rawconn.row(conn, "PRAGMA foreign_keys"))
    conn:execute("BEGIN")
    conn:execute("CREATE TABLE t (x)")
    conn:rollback()
    assert.same({ 0 }, rawconn.row(conn, "SELECT count(*) FROM sqlite_master"))
    assert.equal("userdata", type(conn:native()))
    assert.is_nil(cursor.rowcount ~= -1 or nil)
    assert.is_nil(conn:execute("SELECT 1").lastrowid)
  end)

  it("keeps a connection alive while a cursor needs it", function()
    local cursor = open():execute("SELECT 1 UNION ALL SELECT 2")
    collectgarbage()
    collectgarbage()
    assert.same({ { 1 }, { 2 } }, (cursor:fetchall()))
  end)

  it("is collected in any order", function()
    for _ = 1, 50 do
      local conn = open()
      local cursors = {}
      for i = 1, 5 do cursors[i] = conn:execute("SELECT 1 UNION SELECT 2") end
      cursors[2]:close()
      cursors, conn = nil, nil -- luacheck: ignore
    end
    collectgarbage()
    collectgarbage()
  end)

  it("refuses what is not its own", function()
    local conn = open()
    raises_exc("ArgumentError", function() conn.execute({}, "SELECT 1") end, "dbconn:execute")
    raises_exc("ArgumentError", function() conn.fd(io.stdout) end)
    raises_exc("ArgumentError", function() conn:execute("SELECT 1", "no list") end, "list")
    raises_exc("ArgumentError", function() conn:execute("SELECT ?", { 1 }, { hints = { "nothing" } }) end, "nothing")
    raises_exc("ArgumentError", function() core.dbconn_open(nil, {}) end, "driver")
    raises_exc("ArgumentError", function() core.dbconn_open(require "alchemoon.driver.sqlite", { [1] = "x" }) end)
    raises_exc("ArgumentError", function() open():on_notice(5) end)
  end)

  it("polls descriptors with a time limit", function()
    raises_exc("ArgumentError", function() core.poll(-1, "r", 0) end)
    raises_exc("ArgumentError", function() core.poll(1, "x", 0) end)
    assert.is_true(core.poll(1, "w", 1) or true)
  end)
end)
