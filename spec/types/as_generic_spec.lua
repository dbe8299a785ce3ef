-- type:as_generic(): what a database's own type is in general.
local am = require "alchemoon"
local raises_exc = require("support.init").raises_exc

describe("as_generic", function()
  it("keeps the arguments", function()
    assert.equal("STRING", am.VARCHAR(20):as_generic().kind)
    assert.equal(20, am.VARCHAR(20):as_generic().length)
    local numeric = am.DECIMAL(10, 2):as_generic()
    assert.same({ "NUMERIC", 10, 2 }, { numeric.kind, numeric.precision, numeric.scale })
    assert.is_true(am.TIMESTAMP{ timezone = true }:as_generic().timezone)
    assert.same({ "a", "b" }, am.postgresql.ENUM("a", "b", { name = "ab" }):as_generic().enums)
  end)

  it("knows the types of every database", function()
    assert.equal("JSON", am.JSONB():as_generic().kind)
    assert.equal("LARGEBINARY", am.BYTEA():as_generic().kind)
    assert.equal("INTEGER", am.mysql.TINYINT(1):as_generic():compile())
    assert.equal("STRING", am.mysql.LONGTEXT():as_generic().kind)
    assert.equal("INTEGER", am.Integer():as_generic().kind)
    assert.equal("INTEGER", am.mysql.TINYINT:as_generic().kind) -- a bare class
  end)

  it("refuses what only one database has, or gives NullType", function()
    raises_exc("InvalidRequestError", function() am.INET():as_generic() end, "unsuccessful for INET")
    assert.equal("NULLTYPE", am.INET():as_generic{ allow_nulltype = true }.kind)
  end)
end)
