-- am.index_property: an attribute that is one key or position of a JSON or ARRAY column.
local am = require "alchemoon"
local raises = require("support.init").raises_exc

local function id() return am.Column(am.Integer, { primary_key = true }) end
local says = require("support.sql").says

describe("an index_property", function()
  it("reads one key", function()
    local A = am.declarative_base():model("A", { __tablename__ = "a", id = id(), data = am.Column(am.JSON),
      kind = am.index_property("data", "kind", { default = "none" }) })
    local a = A()
    assert.equal("none", a.kind)
    a.kind = "x"
    assert.same({ kind = "x" }, a.data)
    am.del_attribute(a, "kind")
    assert.same({ {}, "none" }, { a.data, a.kind })
    raises("ArgumentError", function() am.del_attribute(a, "kind") end, "^'data' has no 'kind'")
  end)

  it("refuses to read what is not there, unless it has a default", function()
    local A = am.declarative_base():model("A", { __tablename__ = "a", id = id(), data = am.Column(am.JSON),
      kind = am.index_property("data", "kind"), soft = am.index_property("data", "soft", { default = am.null }) })
    raises("ArgumentError", function() return A().kind end, "^'data' has no 'kind'")
    raises("ArgumentError", function() return A { data = {} }.kind end, "^'data' has no 'kind'")
    assert.is_nil(A().soft)
  end)

  it("counts positions from 1, the database as it does", function()
    local A = am.declarative_base():model("A", { __tablename__ = "a", id = id(),
      list = am.Column(am.ARRAY(am.Integer)), json = am.Column(am.JSON),
      second = am.index_property("list", 2), third = am.index_property("json", 3, { onebased = false }) })
    local a = A { second = 5, json = { 1, 2, 3 } }
    assert.same({ am.null, 5 }, a.list)
    a.third = 9
    assert.same({ 1, 2, 9 }, a.json)
    a.json = { 1 }
    raises("ArgumentError", function() a.third = 2 end, "^'json' has no position 3")
    local compiled = am.select(A.second, A.third):compile { dialect = "postgresql" }
    says("SELECT a.list[$1] AS anon_1, a.json -> $2 AS anon_2 FROM a", compiled)
    assert.same({ list_1 = 2, json_1 = 2 }, compiled.params)
  end)

  it("begins with what datatype makes", function()
    local A = am.declarative_base():model("A", { __tablename__ = "a", id = id(), data = am.Column(am.JSON),
      kind = am.index_property("data", "kind", { datatype = function() return { made = true } end }) })
    local a = A()
    a.kind = "x"
    assert.same({ made = true, kind = "x" }, a.data)
  end)
end)
