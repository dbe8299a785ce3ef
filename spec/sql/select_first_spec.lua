local am = require "alchemoon"

describe("a first SELECT", function()
  local t = am.table("t", am.column("a", am.Integer), am.column("b", am.String))

  it("names columns with their table and binds literals", function()
    local compiled = am.select(t.c.a, t.c.b):where(t.c.a:eq(5)):order_by(t.c.b):limit(3):compile()
    assert.equal("SELECT t.a, t.b \nFROM t \nWHERE t.a = :a_1 ORDER BY t.b\n LIMIT :param_1", compiled.sql)
    assert.same({ a_1 = 5, param_1 = 3 }, compiled.params)
  end)

  it("fills the result map", function()
    local columns = am.select(t.c.a, t.c.a):compile { dialect = "sqlite" }.raw:columns()
    assert.equal("a", columns[1].key)
    assert.equal("a__1", columns[2].key)
    assert.is_true(columns[1].objects[1] == t.c.a)
    assert.equal(0, #columns[2].objects)
  end)
end)
