-- The driver that answers nothing, for measuring.
local am = require "alchemoon"
local core = require "alchemoon.core"

local function null_engine(columns)
  return am.create_engine("sqlite://", { creator = function()
    local connection = core.dbconn_open(core.null_driver, { columns = columns })
    assert(connection:connect() == "done")
    return connection
  end })
end

describe("the null driver", function()
  it("answers a SELECT with the columns that it was told and no row", function()
    local connection = null_engine("id,name"):connect()
    local t = am.table("t", am.column("id"), am.column("name"))
    local result = connection:execute(am.select(t))
    assert.same({ "id", "name" }, { result:keys()[1], result:keys()[2] })
    assert.same({}, result:all())
    connection:close()
  end)

  it("knows whether a transaction is open", function()
    local connection = null_engine(""):connect()
    connection:execute(am.text("DELETE FROM t"))
    assert.equal("open", connection.raw:tx_status())
    connection:commit()
    assert.equal("idle", connection._fairy.dbapi_connection:tx_status())
    connection:close()
  end)

  it("refuses more columns than it has room for", function()
    assert.has_error(function() core.dbconn_open(core.null_driver, { columns = ("a,"):rep(64) .. "a" }) end)
  end)
end)
