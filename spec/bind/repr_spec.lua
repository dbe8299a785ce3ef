-- Values as rows, echo and error messages show them (csrc/bind/repr.c).
local am = require "alchemoon"
local repr = require("alchemoon.core").repr

describe("a value that is shown", function()
  it("looks as in Python, scalars and objects", function()
    assert.equal("None", repr(nil))
    assert.equal("None", repr(am.null))
    assert.equal("True", repr(true))
    assert.equal("5", repr(5))
    assert.equal("1.5", repr(1.5))
    assert.equal("'a'", repr "a")
    assert.equal([["it's\n"]], repr "it's\n")
    assert.equal([['\'"\x00']], repr "'\"\0")
    assert.equal("1.50", repr(am.decimal "1.50"))
  end)

  it("looks as in Python, lists and maps, whose keys are sorted", function()
    assert.equal("[1, None, ['x']]", repr { 1, am.null, { "x" } })
    assert.equal("{'a': {'c': [True]}, 'b': 2}", repr { b = 2, a = { c = { true } } })
    assert.equal("{}", repr {})
    assert.equal("{'d': 1}", repr { d = 1 })
  end)

  it("may be an object of a model, also in a row", function()
    local User = am.declarative_base():model("User", { __tablename__ = "u",
      id = am.mapped_column(am.Integer, { primary_key = true }) })
    assert.matches("User object", repr(User { id = 1 }), 1, true)
    assert.matches("User object", repr { User {} }, 1, true)
  end)

  it("may hold itself", function()
    local list = {}
    list[1] = list
    assert.matches("^%[+%.%.%.%]+$", repr(list))
  end)

  it("stands in rows and beside the statements of errors", function()
    local engine = am.create_engine "sqlite://"
    engine:begin(function(conn)
      local t = am.Table("t", am.MetaData(), am.Column("data", am.JSON))
      t:create(conn)
      conn:execute(t:insert(), { data = { k = { 1, am.null }, empty = {} } })
      conn:execute(am.text("insert into t values ('[]')"))
      local rows = conn:execute(am.select(t)):all()
      assert.matches("^%({'empty': .., 'k': %[1, None%]},%)$", tostring(rows[1]))
      assert.equal("([],)", tostring(rows[2]))
      local _, e = pcall(conn.execute, conn, t:insert(), { { data = {} }, { date = { 1, 2 } } })
      assert.matches("'date': [1, 2]", tostring(e), 1, true)
    end)
    engine:dispose()
  end)
end)
