-- SQL constructs of a user's own, and texts of a user's own for the library's constructs: am.compiles.
local am = require "alchemoon"
local raises_exc = require("support.init").raises_exc
local unpack = table.unpack or unpack -- luacheck: ignore 113

local function sql(stmt, dialect)
  local compiled = stmt:compile { dialect = dialect or "default" }
  return (compiled.sql:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")), compiled
end

local t = am.table("t", am.column("a", am.Integer), am.column("b", am.Integer))

describe("A function class of one's own", function()
  local greatest = am.FunctionElement { name = "greatest", type = am.Numeric, inherit_cache = true }
  am.compiles(greatest, function(element, compiler, kw) return compiler:visit_function(element, kw) end)
  am.compiles(greatest, "sqlite", "mysql", function(element, compiler, kw)
    return "max(" .. compiler:process(element.clauses, kw) .. ")"
  end)

  it("has a text per dialect, with the parameters of its arguments", function()
    local stmt = am.select(greatest(t.c.a, 5), t.c.b)
    assert.are.equal("SELECT greatest(t.a, :greatest_2) AS greatest_1, t.b FROM t", sql(stmt))
    local text, compiled = sql(stmt, "sqlite")
    assert.are.equal("SELECT max(t.a, ?) AS greatest_1, t.b FROM t", text)
    assert.are.equal(5, compiled.params.greatest_2)
    assert.are.equal("SELECT max(t.a, %s) AS greatest_1, t.b FROM t", (sql(stmt, "mysql")))
  end)

  it("is an expression with a type, in windows and conditions too", function()
    assert.are.equal("NUMERIC", tostring(greatest(1).type))
    assert.are.equal("t.a > greatest(t.b)", (sql(t.c.a:gt(greatest(t.c.b)))))
    assert.are.equal("greatest(t.a) OVER (ORDER BY t.b)", (sql(greatest(t.c.a):over { order_by = t.c.b })))
    assert.is_true(greatest.is(greatest(1)))
    assert.is_false(greatest.is(am.func.greatest(1)))
  end)

  it("runs, and its statements share a place in the cache", function()
    local engine = am.create_engine "sqlite://"
    engine:begin(function(conn)
      assert.are.equal("7", tostring(conn:scalar(am.select(am.type_coerce(greatest(1, 7), am.Integer)))))
      local before = engine:compiled_cache_stats().misses
      assert.are.equal("9", tostring(conn:scalar(am.select(am.type_coerce(greatest(9, 2), am.Integer)))))
      assert.are.equal(before, engine:compiled_cache_stats().misses)
    end)
    engine:dispose()
  end)

  it("takes the text of the class that it extends, until it has one itself", function()
    local base = am.FunctionElement { name = "base" }
    am.compiles(base, function(element) return element.name end)
    local one, two = am.FunctionElement { extends = base, name = "sub1" }, am.FunctionElement { extends = base,
      name = "sub2" }
    assert.are.equal("SELECT sub1 AS sub1_1, sub2 AS sub2_1", (sql(am.select(one(), two()))))
    am.compiles(one, function(element) return "FOO" .. element.name end)
    assert.are.equal("SELECT FOOsub1 AS sub1_1, sub2 AS sub2_1", (sql(am.select(one(), two()))))
  end)

  it("without a name is anonymous", function()
    local utcnow = am.FunctionElement { type = am.DateTime }
    am.compiles(utcnow, function() return "utcnow()" end)
    assert.are.equal("SELECT utcnow() AS anon_1", (sql(am.select(utcnow()))))
  end)
end)

describe("A generic function", function()
  it("is found in func by its identifier, whatever the case, and in its package", function()
    am.GenericFunction { name = "as_utc", type = am.DateTime, inherit_cache = true }
    am.GenericFunction { name = "BufferOne", identifier = "buf1", package = "geo" }
    assert.are.equal("DATETIME", tostring(am.func.as_utc(t.c.a).type))
    assert.are.equal("SELECT as_utc(t.a) AS as_utc_1 FROM t", (sql(am.select(am.func.AS_UTC(t.c.a)))))
    assert.are.equal("BufferOne()", (sql(am.func.geo.buf1())))
    assert.are.equal("buf1()", (sql(am.func.buf1())))
  end)

  it("may change its arguments, and take its type from them", function()
    am.GenericFunction { name = "my_three", init = function(_, ...)
      local args = { ... }
      args[#args + 1] = 3
      return unpack(args)
    end }
    assert.are.equal("my_three(:my_three_1, :my_three_2)", (sql(am.func.my_three(1))))
    am.ReturnTypeFromArgs { name = "first_of" }
    assert.are.equal("INTEGER", tostring(am.func.first_of(t.c.a).type))
    am.AnsiFunction { name = "current_catalog_of_mine", type = am.String }
    assert.are.equal("current_catalog_of_mine", (sql(am.func.current_catalog_of_mine())))
  end)
end)

describe("An element of one's own", function()
  local Stamp = am.ColumnElement { identifier = "Stamp", type = am.Integer,
    init = function(self, value) self.value = value end }
  am.compiles(Stamp, function(element, compiler, kw)
    return "stamp <" .. compiler:process(am.literal(element.value), kw) .. ">"
  end)

  it("keeps what its constructor stored, apart from equal ones", function()
    local _, compiled = sql(am.select(Stamp(3)):where(Stamp(4):eq(t.c.a)))
    assert.are.equal("SELECT stamp <:param_1> AS anon_1 FROM t WHERE stamp <:param_2> = t.a",
      (compiled.sql:gsub("%s+", " ")))
    assert.are.same({ param_1 = 3, param_2 = 4 }, compiled.params)
    local engine = am.create_engine "sqlite://"
    local Value = am.ColumnElement { identifier = "Value", type = am.Integer,
      init = function(self, value) self.value = value end }
    am.compiles(Value, function(element) return tostring(element.value) end)
    engine:connect(function(conn)
      assert.are.equal(3, conn:scalar(am.select(Value(3))))
      assert.are.equal(4, conn:scalar(am.select(Value(4))))
    end)
    engine:dispose()
  end)

  it("may be a statement", function()
    local InsertFromSelect = am.Executable { identifier = "InsertFromSelect",
      init = function(self, table_, query) self.table, self.query = table_, query end }
    am.compiles(InsertFromSelect, function(element, compiler, kw)
      return ("INSERT INTO %s %s"):format(compiler:process(element.table, { asfrom = true }),
        compiler:process(element.query, kw))
    end)
    local md = am.MetaData()
    local x = am.Table("x", md, am.Column("id", am.Integer, { primary_key = true }))
    local engine = am.create_engine "sqlite://"
    engine:begin(function(conn)
      md:create_all(conn)
      assert.are.equal(1, conn:execute(InsertFromSelect(x, am.select(am.literal(5)))).rowcount)
      assert.are.equal(5, conn:scalar(am.select(x.c.id)))
    end)
    engine:dispose()
  end)

  it("may return rows that the SELECT inside it does not describe", function()
    local Explain = am.Executable { identifier = "Explain", init = function(self, stmt) self.stmt = stmt end }
    am.compiles(Explain, function(element, compiler, kw)
      return "EXPLAIN QUERY PLAN " .. compiler:process(element.stmt, kw)
    end)
    local engine = am.create_engine "sqlite://"
    engine:connect(function(conn)
      local row = conn:execute(Explain(am.select(am.literal(1):label "id"))):first()
      assert.are.equal("string", type(row.detail))
    end)
    engine:dispose()
  end)

  it("may be DDL", function()
    local AddThing = am.ExecutableDDLElement { identifier = "AddThing",
      init = function(self, name) self.thing = name end }
    am.compiles(AddThing, function(element, compiler) return "ADD " .. compiler.preparer:quote(element.thing) end)
    am.compiles(AddThing, "sqlite", function(element) return "CREATE TABLE " .. element.thing .. " (a integer)" end)
    assert.are.equal('ADD "order"', tostring(AddThing "order"))
    local engine = am.create_engine "sqlite://"
    engine:begin(function(conn)
      conn:execute(AddThing "thing")
      assert.is_true(am.inspect(conn):has_table "thing")
      local ddl = AddThing("other"):execute_if { dialect = "postgresql" }
      assert.are.equal("CREATE TABLE other (a integer)", (sql(ddl, "sqlite")))
    end)
    engine:dispose()
  end)

  it("without a text for the dialect cannot be rendered", function()
    local Thing = am.ClauseElement { identifier = "Thing" }
    am.compiles(Thing, "postgresql", function() return "thing" end)
    assert.are.equal("thing", (sql(Thing(), "postgresql")))
    raises_exc("UnsupportedCompilationError", function() return tostring(Thing()) end,
      "<class 'Thing'> construct has no default compilation handler")
  end)
end)

describe("A construct of the library", function()
  it("can be given another text, everywhere or on one dialect", function()
    am.compiles(am.Select, "sqlite", function() return "OVERRIDE" end)
    am.compiles(am.Insert, function(element, compiler, kw)
      return compiler:visit_insert(element:prefix_with "OR IGNORE", kw)
    end)
    assert.are.equal("OVERRIDE", (sql(am.select(t), "sqlite")))
    assert.are.equal("SELECT t.a, t.b FROM t", (sql(am.select(t))))
    assert.are.equal("INSERT OR IGNORE INTO t (a) VALUES (:a)", (sql(am.insert(t):values { a = 1 })))
    am.deregister(am.Select)
    am.deregister(am.Insert)
    assert.are.equal("SELECT t.a, t.b FROM t", (sql(am.select(t), "sqlite")))
    assert.are.equal("INSERT INTO t (a) VALUES (:a)", (sql(am.insert(t):values { a = 1 })))
  end)

  it("keeps its text when many rows are inserted, which go one by one", function()
    am.compiles(am.Insert, function(element, compiler, kw)
      return "/* mine */ " .. compiler:visit_insert(element, kw)
    end)
    local engine = am.create_engine "sqlite://"
    local many = am.Table("many", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }),
      am.Column("x", am.Integer))
    many:create(engine)
    local texts = {}
    am.event.listen(engine, "before_cursor_execute", function(_, _, text)
      if text:find "INSERT" then texts[text] = (texts[text] or 0) + 1 end
    end)
    engine:begin(function(conn)
      local rows = {}
      for i = 1, 200 do rows[i] = { x = i } end
      conn:execute(many:insert(), rows)
      assert.same(200, #conn:execute(many:insert():returning(many.c.id), rows):all())
      assert.same(400, conn:scalar(am.select(am.func.count()):select_from(many)))
    end)
    am.deregister(am.Insert)
    engine:dispose()
    assert.same({ ["/* mine */ INSERT INTO many (x) VALUES (?)"] = 1,
      ["/* mine */ INSERT INTO many (x) VALUES (?) RETURNING id"] = 200 }, texts)
  end)

  it("may be a parameter", function()
    am.compiles(am.BindParameter, function(element, compiler, kw)
      return "BIND(" .. compiler:visit_bindparam(element, kw) .. ")"
    end)
    assert.are.equal("SELECT t.a FROM t WHERE t.b = BIND(:b_1)", (sql(am.select(t.c.a):where(t.c.b:eq(5)))))
    am.deregister(am.BindParameter)
  end)

  it("may be a type, a column, a constraint, or a DDL statement", function()
    local md = am.MetaData()
    local x = am.Table("x", md, am.Column("id", am.BigInteger, { primary_key = true }), am.Column("j", am.JSONB),
      am.Column("xmin", am.Integer), am.CheckConstraint "id > 0")
    am.compiles(am.BigInteger, "sqlite", function() return "INTEGER" end)
    am.compiles(am.JSONB, "sqlite", function(element, compiler) return compiler:visit_JSON(element) end)
    am.compiles(am.CreateColumn, function(element, compiler, kw)
      if element.element.name == "xmin" then return nil end
      return compiler:visit_create_column(element, kw)
    end)
    am.compiles(am.CheckConstraint, function(element, compiler, kw)
      return compiler:visit_check_constraint(element, kw) .. " NOT VALID"
    end)
    am.compiles(am.DropTable, "postgresql", function(element, compiler, kw)
      return compiler:visit_drop_table(element, kw) .. " CASCADE"
    end)
    assert.are.equal("CREATE TABLE x ( id INTEGER NOT NULL, j JSON, PRIMARY KEY (id), CHECK (id > 0) NOT VALID )",
      (sql(am.CreateTable(x), "sqlite")))
    assert.are.equal("DROP TABLE x CASCADE", (sql(am.DropTable(x), "postgresql")))
    assert.are.equal("DROP TABLE x", (sql(am.DropTable(x), "sqlite")))
    for _, cls in ipairs { am.BigInteger, am.JSONB, am.CreateColumn, am.CheckConstraint, am.DropTable } do
      am.deregister(cls)
    end
    assert.are.equal("CREATE TABLE x ( id BIGINT NOT NULL, xmin INTEGER, PRIMARY KEY (id), CHECK (id > 0) )",
      (sql(am.CreateTable(am.Table("x", am.MetaData(), am.Column("id", am.BigInteger, { primary_key = true }),
        am.Column("xmin", am.Integer), am.CheckConstraint "id > 0")), "sqlite")))
  end)
end)

describe("A function given to compiles()", function()
  it("keeps what it writes on the compiler for one compilation", function()
    local Count = am.ColumnElement { identifier = "Count" }
    am.compiles(Count, function(_, compiler)
      compiler.counter = (compiler.counter or 0) + 1
      return tostring(compiler.counter)
    end)
    assert.are.equal("SELECT 1 AS anon_1, 2 AS anon_2", (sql(am.select(Count(), Count()))))
    assert.are.equal("SELECT 1 AS anon_1", (sql(am.select(Count()))))
  end)

  it("has a compiler that goes on after constructs inside it, and after another statement, were compiled", function()
    local inner, outer = am.FunctionElement { name = "inner" }, am.FunctionElement { name = "outer" }
    am.compiles(inner, function(element, compiler, kw)
      compiler.count = (compiler.count or 0) + 1
      return "i" .. compiler.count .. "(" .. compiler:process(element.clauses, kw) .. ")"
    end)
    am.compiles(outer, function(_, compiler, kw)
      local first = compiler:process(inner(1), kw)
      local other = tostring(am.select(inner(2)))
      assert.matches("^SELECT i1", other)
      return first .. " + " .. compiler:process(inner(3), kw) .. " + " .. compiler.count
    end)
    assert.are.equal("SELECT i1(:inner_1) + i2(:inner_2) + 2 AS outer_1", (sql(am.select(outer()))))
    am.deregister(inner)
    am.deregister(outer)
  end)

  it("fails with its own error, and its compiler is closed afterwards", function()
    local Bad = am.ColumnElement { identifier = "Bad" }
    local kept
    local problem = { "mine" }
    am.compiles(Bad, function(_, compiler)
      kept = compiler
      error(problem)
    end)
    local ok, err = pcall(function() return sql(am.select(Bad())) end)
    assert.is_false(ok)
    assert.are.equal(problem, err)
    raises_exc("InvalidRequestError", function() return kept:process(t.c.a) end, "closed")
    am.compiles(Bad, function() return 5 end)
    raises_exc("CompileError", function() return sql(am.select(Bad())) end, "returns a string")
  end)

  it("has to be a function, for a class that can have one", function()
    raises_exc("ArgumentError", function() am.compiles(am.Insert, "sqlite") end, "function as its last argument")
    raises_exc("ArgumentError", function() am.compiles({}, function() end) end, "needs a class of SQL elements")
    raises_exc("ArgumentError", function() am.FunctionElement { extends = am.Select } end, "extends must be a class")
  end)

  it("has a name or type of its own where it is no expression", function()
    local CreateView = am.DDLElement { init = function(self, name, type) self.name, self.type = name, type end }
    am.compiles(CreateView, function(element) return "CREATE " .. element.type .. " VIEW " .. element.name end)
    assert.are.equal("CREATE fast VIEW v", (sql(CreateView("v", "fast"))))
  end)

  it("names what is compared after a ColumnClause, not after a FunctionElement", function()
    local Plain = am.ColumnClause { identifier = "Plain" }
    am.compiles(Plain, "mysql", function(element) return "[" .. element.name .. "]" end)
    assert.are.equal("x = :x_1", (sql(Plain("x"):eq(5))))
    local low = am.FunctionElement { name = "low", type = am.Integer }
    am.compiles(low, function(element, compiler) return compiler:visit_function(element) end)
    assert.are.equal("low(:low_1) > :param_1", (sql(low(1):gt(2))))
  end)
end)
