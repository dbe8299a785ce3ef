-- RETURNING names its columns as SELECT does.
local am = require "alchemoon"
local assert_sql = require("support.sql").assert_sql

local Lower = am.TypeDecorator{ impl = am.String, column_expression = function(column)
  return am.func.lower(column)
end }
local metadata = am.MetaData()
local t = am.Table("t", metadata, am.Column("a", am.Integer, { primary_key = true }), am.Column("v", Lower))
local u = am.Table("u", metadata, am.Column("a", am.Integer, { primary_key = true }), am.Column("v", Lower))
local SQLITE = { dialect = "sqlite" }

describe("columns of RETURNING", function()
  it("that appear again get a number behind two underscores", function()
    assert_sql(am.insert(t):returning(t.c.a, t.c.a, t.c.a),
      "INSERT INTO t (a, v) VALUES (?, ?) RETURNING a, a AS a__1, a AS a__2", SQLITE)
    assert_sql(am.insert(t):returning(t.c.a, t.c.v, t.c.v),
      "INSERT INTO t (a, v) VALUES (?, ?) RETURNING a, lower(v) AS v, lower(v) AS v__1", SQLITE)
  end)

  it("that have the name of another column get a number behind one", function()
    assert_sql(am.update(t):values{ a = 1 }:where(t.c.a:eq(u.c.a)):returning(t.c.a, u.c.a, t.c.a, u.c.v, t.c.v),
      "UPDATE t SET a=? FROM u WHERE t.a = u.a RETURNING a, a AS a_1, a AS a__1, lower(v) AS v, lower(v) AS v_1",
      SQLITE)
  end)

  it("keep the name of what a cast is about, and text its own", function()
    assert_sql(am.insert(t):returning(am.cast(t.c.a, am.String), t.c.a, am.type_coerce(t.c.a, am.String), -t.c.a),
      "INSERT INTO t (a, v) VALUES (?, ?) RETURNING CAST(a AS VARCHAR) AS a, a AS a_1, a AS a__1, -a", SQLITE)
    assert_sql(am.insert(t):returning(t.c.a:label "a", am.text "a", am.literal_column "a"),
      "INSERT INTO t (a, v) VALUES (?, ?) RETURNING a AS a, a, a", SQLITE)
  end)

  it("are found in the row by the column", function()
    local engine = am.create_engine "sqlite://"
    metadata:create_all(engine)
    engine:begin(function(conn)
      local row = conn:execute(am.insert(t):values{ a = 7, v = "X" }:returning(t.c.a, t.c.v, t.c.v)):one()
      assert.equal(7, row[t.c.a])
      assert.equal("x", row[t.c.v])
      assert.equal("x", row.v__1)
    end)
    engine:dispose()
  end)
end)
