-- Sequences in statements.
local am = require "alchemoon"
local assert_sql = require("support.sql").assert_sql
local raises_exc = require("support.init").raises_exc

describe("next_value", function()
  local plain, odd = am.Sequence("my_seq"), am.Sequence("Se'q", { schema = "sc" })

  it("is spelt by every dialect that has sequences", function()
    assert_sql(plain:next_value(), "nextval('my_seq')", { dialect = "postgresql" })
    assert_sql(odd:next_value(), "nextval('sc.\"Se''q\"')", { dialect = "postgresql" })
    assert_sql(am.func.next_value(plain), "nextval(my_seq)", { dialect = "mariadb" })
    assert_sql(plain:next_value(), "nextval(my_seq)", { dialect = "mysql" })
    assert.equal("INTEGER", tostring(plain:next_value().type))
    assert_sql(plain:next_value(), "<next sequence value: my_seq>", { dialect = "string" })
    assert_sql(am.select(plain:next_value()), "SELECT nextval('my_seq') AS next_value_1",
      { dialect = "postgresql" })
  end)

  it("is refused by the others", function()
    raises_exc("CompileError", function() return plain:next_value():compile { dialect = "sqlite" } end, "sequence")
    raises_exc("ArgumentError", function() return am.func.next_value("my_seq") end, "Sequence")
  end)
end)

require("support.backends").each(function(backend)
  it("of a sequence is executed by itself, and as a SELECT", function()
    local engine = am.create_engine(backend.url)
    engine:connect(function(conn)
      local sequence = am.Sequence("next_of", { start = 5 })
      sequence:create(conn)
      assert.same({ 5, 6, 7 }, { conn:scalar(sequence:next_value()), conn:scalar(sequence:next_value():select()),
        conn:execute(sequence:next_value()):scalar() })
    end)
    engine:dispose()
  end)
end, "sequences")
