-- Types of the user's own that decorate others.
local am = require "alchemoon"
local assert_sql = require("support.sql").assert_sql
local raises_exc = require("support.init").raises_exc

describe("types written in Lua", function()
  it("decorate another type", function()
    local T = am.TypeDecorator { impl = am.String, process_bind_param = function(v) return "<" .. v .. ">" end }
    local c = am.column("c", T)
    assert_sql(c:eq("a"), "c = :c_1", { params = { c_1 = "a" } })
    assert_sql(c .. "x", "c || :c_1")
    assert_sql(am.cast(c, T(20)), "CAST(c AS VARCHAR(20))")
    assert_sql(c:eq("a"), "c = '<a>'", { literal_binds = true })
    assert_sql(c:in_ { "a", "b" }, "c IN ('<a>', '<b>')", { literal_binds = true })
    assert.are.equal("VARCHAR(50)", tostring(T(50)))
  end)

  it("have the arguments of what they decorate", function()
    local T = am.TypeDecorator { impl = am.String }
    assert.are.equal(40, T(40).length)
    assert.is_nil(T().length)
    assert.is_true(am.TypeDecorator { impl = am.DateTime { timezone = true } }().timezone)
    assert.same({ "a", "b" }, am.TypeDecorator { impl = am.Enum("a", "b") }().enums)
  end)

  it("prefer process_literal_param for literals", function()
    local T = am.TypeDecorator { impl = am.String, process_literal_param = function(v) return "lit " .. v end }
    assert_sql(am.column("c", T):eq("a"), "c = 'lit a'", { literal_binds = true })
  end)

  it("compare with NULL by IS, or as with any value where coerce_to_is_types is empty", function()
    local function hook(value) return value == nil and "none" or value end
    local plain = am.column("c", am.TypeDecorator { impl = am.String, process_bind_param = hook })
    local c = am.column("c", am.TypeDecorator { impl = am.String, process_bind_param = hook, coerce_to_is_types = {} })
    assert_sql(plain:eq(nil), "c IS NULL")
    assert_sql(c:eq(nil), "c = 'none'", { literal_binds = true })
    assert_sql(c:ne(am.null), "c != 'none'", { literal_binds = true })
    assert_sql(c:eq(am.null_()), "c IS NULL")
  end)

  it("run their hook once, before listeners see the parameter", function()
    local runs, seen = 0, nil
    local Loud = am.TypeDecorator { impl = am.String, process_bind_param = function(v)
      runs = runs + 1
      return v and v:upper()
    end }
    local engine = am.create_engine("sqlite://")
    local t = am.Table("t", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }),
      am.Column("name", Loud), am.Column("data", am.JSON), am.Column("on", am.Boolean),
      am.Column("at", am.DateTime))
    t.metadata:create_all(engine)
    am.event.listen(engine, "before_cursor_execute", function(_, _, _, params) seen = params end)
    engine:begin(function(conn)
      conn:execute(t:insert(), { id = 1, name = "ann", data = { a = { 1 } }, on = true,
        at = am.datetime(2026, 1, 2, 3, 4, 5) })
      assert.same({ 1, "ANN", '{"a": [1]}', 1, "2026-01-02 03:04:05.000000", n = 5 }, seen)
      assert.equal(1, runs)
      assert.equal("ANN", conn:scalar(am.text("select name from t")))
    end)
    local begun = false
    am.event.listen(engine, "begin", function() begun = true end)
    raises_exc("StatementError", function()
      engine:connect(function(conn) conn:execute(t:insert(), { id = 2, on = "x" }) end)
    end, "Not a boolean value")
    assert.is_false(begun)
  end)

  it("give a row one value, however often it is read", function()
    local engine = am.create_engine("sqlite://")
    local row = engine:connect():execute(am.text("select '{\"a\": 1}' as data"):columns{ data = am.JSON }):one()
    assert.equal(row.data, row.data)
    row.data.a = 2
    assert.equal(2, row[1].a)
  end)

  it("choose another type per dialect", function()
    local D = am.TypeDecorator {
      impl = am.String,
      load_dialect_impl = function(dialect)
        return dialect.name == "postgresql" and dialect:type_descriptor(am.JSONB) or am.Text()
      end,
    }
    assert.are.equal("JSONB", D():compile { dialect = "postgresql" })
    assert.are.equal("TEXT", D():compile { dialect = "mysql" })
    assert.are.equal("LONGTEXT", am.String(5):with_variant(am.mysql.LONGTEXT(), "mysql", "mariadb")
      :compile { dialect = "mariadb" })
    raises_exc("ArgumentError", function() return am.String():with_variant(am.Text) end, "dialect name")
  end)

  it("wrap parameters into expressions", function()
    local B = am.TypeDecorator { impl = am.String, bind_expression = function(b) return am.func.lower(b) end }
    local d = am.column("d", B)
    assert_sql(d:eq("HI"), "d = lower(:d_1)")
    assert_sql(d:in_ { "a", "b" }, "d IN (__[POSTCOMPILE_d_1~~lower(~~REPL~~)~~])")
    assert_sql(d:in_ { "a", "b" }, "d IN (lower(:d_1_1), lower(:d_1_2))", { render_postcompile = true })
    assert_sql(d:in_ { "a", "b" }, "d IN (lower('a'), lower('b'))", { literal_binds = true })
  end)

  it("wrap columns where they are selected", function()
    local MyString = am.TypeDecorator {
      impl = am.String, bind_expression = function(b) return am.func.lower(b) end,
      column_expression = function(c) return am.func.lower(c) end,
    }
    local t = am.table("t", am.column("x", am.String), am.column("y", MyString))
    assert_sql(am.select(t), "SELECT t.x, lower(t.y) AS y FROM t")
    assert_sql(am.select(am.cast(t.c.y, am.String)), "SELECT CAST(t.y AS VARCHAR) AS y FROM t")
    assert_sql(am.insert(t), "INSERT INTO t (x, y) VALUES (:x, lower(:y))")
    local Outer = am.TypeDecorator { impl = MyString }
    assert_sql(am.column("z", Outer):eq("a"), "z = lower(:z_1)")
    local Both = am.TypeDecorator {
      impl = MyString, bind_expression = function(b, own) return am.func.outside(own.impl:bind_expression(b)) end,
    }
    assert_sql(am.column("z", Both):eq("a"), "z = outside(lower(:z_1))")
    local variant = am.String(30):with_variant(MyString, "sqlite")
    assert_sql(am.column("v", variant):eq("a"), "v = lower(?)", { dialect = "sqlite" })
    assert_sql(am.column("v", variant):eq("a"), "v = :v_1")
  end)

  it("decide the type of what they are compared with", function()
    local I = am.TypeDecorator {
      impl = am.Integer, coerce_compared_value = function(op) return op == "eq" and am.String or am.Integer end,
    }
    assert.are.equal("STRING", am.column("i", I):eq(5).right.type.kind)
    assert.are.equal("INTEGER", (am.column("i", I) + 5).right.type.kind)
  end)

  it("are defined anew", function()
    local U = am.UserDefinedType { get_col_spec = function(self) return "MYTYPE(" .. (self[1] or 0) .. ")" end }
    assert.are.equal("MYTYPE(5)", tostring(U(5)))
    assert_sql(am.cast(am.column("x"), U(7)), "CAST(x AS MYTYPE(7))")
    raises_exc("ArgumentError", function() return am.UserDefinedType { get_colspec = true } end, "get_col_spec")
    raises_exc("ArgumentError", function() return am.TypeDecorator {} end, "impl")
  end)

  it("bring operators and methods of their own", function()
    local MyInteger = am.TypeDecorator {
      impl = am.Integer,
      comparator_factory = {
        add = function(self, other) return self:op("goofy")(other) end,
        and_ = function(self, other) return self:op("goofy_and")(other) end,
        foob = function(self, other) return self.expr:op("foob")(other) end, -- as a Comparator has it
      },
    }
    local x = am.column("x", MyInteger)
    assert_sql(x + 5, "x goofy :x_1")
    assert_sql((x - 6) + 5, "x - :x_1 goofy :param_1")
    assert_sql(x:and_(am.text("5")), "x goofy_and 5")
    assert_sql(x:foob(5), "x foob :x_1")
    assert_sql(am.column("y", am.TypeDecorator { impl = MyInteger }) + 5, "y goofy :y_1")
    local Indexed = am.UserDefinedType {
      get_col_spec = function() return "X" end,
      comparator_factory = { at = function(self, index) return self:op("->")(index) end },
    }
    assert_sql(am.column("x", Indexed):at(5), "x -> :x_1")
  end)

  it("keep the operators of what they decorate", function()
    local J = am.TypeDecorator { impl = am.JSON }
    assert_sql(am.column("j", J):at("a"):as_integer(), "CAST(j ->> $1 AS INTEGER)", { dialect = "postgresql" })
  end)

  it("wrap the columns of RETURNING as those of SELECT", function()
    local T = am.TypeDecorator { impl = am.String, column_expression = function(c) return am.func.upper(c) end }
    local t = am.Table("t", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }), am.Column("c", T))
    assert_sql(t:update():values { c = "x" }:returning(t.c.c, t.c.id),
      "UPDATE t SET c=? RETURNING upper(c) AS c, id", { dialect = "sqlite" })
  end)

  it("have no literals unless they say how", function()
    local spec = { get_col_spec = function() return "X" end, bind_processor = function()
      return function(v) return v end
    end }
    raises_exc("CompileError", function()
      return am.column("c", am.UserDefinedType(spec)):eq(7):compile { literal_binds = true }
    end, '^No literal value renderer is available for literal value "7" with datatype X$')
    spec.literal_processor = function(_, dialect) return function(v) return dialect.name .. v end end
    assert_sql(am.column("c", am.UserDefinedType(spec)):eq(7), "c = sqlite7",
      { dialect = "sqlite", literal_binds = true })
  end)
end)
