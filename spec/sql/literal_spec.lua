-- Values written into the text of a statement.
local am = require "alchemoon"
local assert_sql = require("support.sql").assert_sql
local raises_exc = require("support.init").raises_exc

describe("literal_binds", function()
  local function literal(value, sql_type, text, dialect)
    assert_sql(am.literal(value, sql_type), text, { literal_binds = true, dialect = dialect })
  end

  it("spells texts so that nothing can escape from them", function()
    literal("it's", nil, "'it''s'")
    literal("a\\'b", nil, "'a\\''b'")
    literal("a\\'b", nil, "'a\\\\''b'", "mysql")
    literal("a\\'b", nil, "'a\\\\''b'", "postgresql")
    literal("a\\'b", nil, "'a\\''b'", "sqlite")
    literal("50%", nil, "'50%'")
    literal("50%", nil, "'50%%'", "mysql")
    literal("\1x\1", nil, "'\1x\1'")
    literal("x\0y", am.LargeBinary, "'x\0y'")
  end)

  it("spells numbers and truth values", function()
    literal(5, nil, "5")
    literal(-5, nil, "-5")
    literal(5.5, nil, "5.5")
    literal(1e300, nil, "1e+300")
    literal(am.decimal "1.10", nil, "1.10")
    literal(true, nil, "1")
    literal(true, nil, "true", "postgresql")
    literal(am.null, nil, "NULL")
    raises_exc("CompileError", function()
      return am.literal("5; drop table x", am.Integer):compile { literal_binds = true }
    end, "Could not render literal value")
    raises_exc("CompileError", function() return am.literal({}):compile { literal_binds = true } end, "literal")
  end)

  it("spells moments", function()
    literal(am.date(2020, 1, 2), nil, "'2020-01-02'")
    literal(am.datetime(2020, 1, 2, 3, 4, 5), nil, "'2020-01-02 03:04:05'")
    literal(am.datetime(2020, 1, 2, 3, 4, 5), nil, "'2020-01-02 03:04:05.000000'", "sqlite")
    literal(am.time(3, 4, 5), nil, "'03:04:05'")
    literal(am.timedelta { days = 1 }, nil, "make_interval(secs=>86400.0)", "postgresql")
  end)

  it("spells JSON, arrays, ranges, UUIDs", function()
    literal({ a = "it's" }, am.JSON, "'{\"a\": \"it''s\"}'", "postgresql")
    literal({ 1, 2, am.null }, am.ARRAY(am.Integer), "ARRAY[1, 2, NULL]", "postgresql")
    literal({ "a", "b'c" }, am.ARRAY(am.String), "ARRAY['a', 'b''c']", "postgresql")
    literal(am.Range(1, 5), am.INT4RANGE, "'[1,5)'", "postgresql")
    literal("0a8f-ff", am.Uuid, "'0a8fff'")
    literal("0a8f-ff", am.Uuid, "'0a8f-ff'", "postgresql")
  end)

  it("spells subscripts of JSON as each database takes them", function()
    local j = am.column("j", am.JSON)
    for dialect, texts in pairs {
      sqlite = { [[JSON_QUOTE(JSON_EXTRACT(j, '$."it''s"'))]], "JSON_QUOTE(JSON_EXTRACT(j, '$[2]'))",
        [[JSON_QUOTE(JSON_EXTRACT(j, '$."a"[1]."b c"'))]] },
      mysql = { [[JSON_EXTRACT(j, '$."it''s"')]], "JSON_EXTRACT(j, '$[2]')", [[JSON_EXTRACT(j, '$."a"[1]."b c"')]] },
      postgresql = { "j -> 'it''s'", "j -> 2", "j #> '{a, 1, b c}'" },
    } do
      local how = { literal_binds = true, dialect = dialect }
      assert_sql(j:at "it's", texts[1], how)
      assert_sql(j:at(2), texts[2], how)
      assert_sql(j:at("a", 1, "b c"), texts[3], how)
    end
  end)

  it("cuts what is behind the point of whole numbers", function()
    literal(2.5, am.Integer, "2")
    literal(-2.5, am.Integer, "-2")
    literal(am.decimal "1.90", am.Integer, "1")
    literal(2.5, am.Numeric, "2.5")
  end)

  it("doubles percent signs only for placeholders that begin with one", function()
    local s = am.column("s", am.String)
    for style, text in pairs { named = "s IN ('5%')", format = "s IN ('5%%')" } do
      assert_sql(s:in_ { "5%" }, text, { literal_binds = true, dialect = "mysql", paramstyle = style })
    end
  end)

  it("expands lists", function()
    local x = am.column("x", am.Integer)
    assert_sql(x:in_ { 1, 2 }, "x IN (1, 2)", { literal_binds = true })
    assert_sql(x:in_ {}, "x IN (NULL) AND (1 != 1)", { literal_binds = true })
    assert_sql(x:not_in {}, "(x NOT IN (NULL) OR (1 = 1))", { literal_binds = true })
    assert_sql(x:in_ { 1, am.null }, "x IN (1, NULL)", { literal_binds = true })
    local t = am.tuple_(x, am.column("s", am.String))
    assert_sql(t:in_ { { 1, "a" }, { 2, "b" } }, "(x, s) IN ((1, 'a'), (2, 'b'))", { literal_binds = true })
    assert_sql(t:in_ {}, "(x, s) IN ((NULL, NULL)) AND (1 != 1)", { literal_binds = true })
  end)
end)

describe("parameters of compile", function()
  local x, y = am.column("x", am.Integer), am.column("y", am.String)

  it("are named and ordered", function()
    local both = am.and_(x:eq(5), y:eq("a"), x:ne(6))
    assert_sql(both, "x = :x_1 AND y = :y_1 AND x != :x_2", {
      params = { x_1 = 5, y_1 = "a", x_2 = 6 }, positional = { "x_1", "y_1", "x_2" },
    })
    assert_sql(both, "x = ? AND y = ? AND x != ?", { dialect = "sqlite", positional = { "x_1", "y_1", "x_2" } })
    assert_sql(both, "x = $1 AND y = $2 AND x != $3", { dialect = "postgresql" })
    assert_sql(both, "x = %s AND y = %s AND x != %s", { dialect = "mysql" })
    assert_sql(both, "x = :x_1 AND y = :y_1 AND x != :x_2", { dialect = "mysql", paramstyle = "named" })
  end)

  it("expand on demand", function()
    assert_sql(x:in_ { 1, 2 }, "x IN (__[POSTCOMPILE_x_1])", { params = { x_1 = { 1, 2 } } })
    assert_sql(x:in_ { 1, 2 }, "x IN (:x_1_1, :x_1_2)", {
      render_postcompile = true, params = { x_1_1 = 1, x_1_2 = 2 }, positional = { "x_1_1", "x_1_2" },
    })
    assert_sql(x:in_ { 1, 2 }, "x IN ($1, $2)", { render_postcompile = true, dialect = "postgresql" })
    assert_sql(x:in_ {}, "x IN (NULL) AND (1 != 1)", { render_postcompile = true })
    local sqlite = { render_postcompile = true, dialect = "sqlite" }
    assert_sql(x:in_ {}, "x IN (SELECT 1 FROM (SELECT 1) WHERE 1!=1)", sqlite)
    assert_sql(x:not_in {}, "(x NOT IN (SELECT 1 FROM (SELECT 1) WHERE 1!=1))", sqlite)
    assert_sql(am.tuple_(x, x):in_ {}, "(x, x) IN (SELECT 1, 1 FROM (SELECT 1, 1) WHERE 1!=1)", sqlite)
    local ids = am.text "x in :ids":bindparams(am.bindparam("ids", { expanding = true, value = {} }))
    for dialect, set in pairs { postgresql = "SELECT CAST(NULL AS INTEGER) WHERE 1!=1",
      mysql = "SELECT _in_0 FROM (SELECT 1 AS _in_0) as _empty_set WHERE 1!=1" } do
      assert_sql(ids, "x in (" .. set .. ")", { render_postcompile = true, dialect = dialect })
    end
  end)

  it("keep false apart from NULL", function()
    local flag = am.column("flag", am.Boolean)
    local target = am.table("jobs", flag)
    local given = { params = { opt = false } }
    assert_sql(am.text "flag = :opt":bindparams { opt = false }, "flag = :opt", given)
    assert_sql(am.select(am.text "flag = :opt":bindparams { opt = false }), "SELECT flag = :opt", given)
    assert_sql(am.delete(target):filter_by { flag = false }, "DELETE FROM jobs WHERE jobs.flag = false",
      { dialect = "postgresql" })
    assert_sql(am.update(target):filter_by { flag = am.null }:values { flag = true },
      "UPDATE jobs SET flag=:flag WHERE jobs.flag IS NULL", { params = { flag = true } })
    local written = { dialect = "postgresql", literal_binds = true }
    assert_sql(am.array { true, false }, "ARRAY[true, false]", written)
    assert_sql(am.array { true, am.null }, "ARRAY[true, NULL]", written)
    assert_sql(am.column("flags", am.ARRAY(am.Boolean)):eq { true, false }, "flags = ARRAY[true, false]", written)
  end)

  it("do not change with the list that was given", function()
    local list, mixed = { 1, 2 }, { 1, am.null }
    local plain, other = x:in_(list), x:in_(mixed)
    list[3], mixed[3] = 3, 3
    assert_sql(plain, "x IN (1, 2)", { literal_binds = true })
    assert_sql(other, "x IN (1, NULL)", { literal_binds = true })
  end)

  it("keep the names given by the author", function()
    assert_sql(am.and_(x:eq(am.bindparam("a")), y:eq(am.bindparam("a"))), "x = :a AND y = :a",
      { params = { a = am.null }, positional = { "a", "a" } })
    assert_sql(x:eq(am.bindparam("a", 7)), "x = :a", { params = { a = 7 } })
    assert_sql(am.and_(x:eq(am.bindparam("a", 7)), x:ne(am.bindparam("a", 8))), "x = :a AND x != :a",
      { params = { a = 8 } })
    assert_sql(x:eq(am.bindparam("a", 7, { unique = true })), "x = :a_1", { params = { a_1 = 7 } })
    raises_exc("CompileError", function()
      return am.and_(x:eq(am.bindparam("x_1", 5)), x:eq(6)):compile()
    end, "conflicts with unique")
  end)

  it("change by params()", function()
    local stmt = x:eq(am.bindparam("a"))
    assert_sql(stmt:params { a = 12 }, "x = :a", { params = { a = 12 } })
    assert_sql(stmt, "x = :a", { params = { a = am.null } })
  end)
end)

describe("what is wrong at construction", function()
  local x = am.column("x", am.Integer)

  it("is said there, with the remedy", function()
    local cases = {
      { function() return am.and_(x:eq(1), x == 1) end, "write a:eq%(b%)" }, -- luacheck: ignore
      { function() return am.not_(false) end, "write a:eq%(b%)" },
      { function() return x < x end, "a:lt%(b%)" },
      { function() return x:like("a", { escap = "x" }) end, "did you mean 'escape'" },
      { function() return x.lik end, "did you mean 'like'" },
      { function() return am.and_("x = 1") end, "text%('x = 1'%)" },
      { function() return x:lt(nil) end,
        "is_not_distinct_from can be used with nil, true and false, got lt with NULL" },
      { function() return x:in_("abc") end, "IN expression list" },
      { function() return x:in_(am.column("y")) end, "IN expression list" },
      { function() return x:at(3) end, "getitem" },
      { function() return 5 + am.any_(x) end, "Only comparison operators" },
      { function() return x:eq(print) end, "function" },
      { function() return am.case() end, "at least one" },
      { function() return am.String(5, 6, 7) end, "takes 2" },
      { function() return am.ARRAY(am.ARRAY(am.Integer)) end, "Do not nest" },
      { function() return am.cast(x, "Integer") end, "am.Integer" },
      { function() return x:contains(am.literal("a"), { autoescape = true }) end, "autoescape" },
      { function() return am.func.count(x):over { rows = { 1, 2 }, range_ = { 1, 2 } } end, "only one of" },
      { function() return am.func.count(x):over { rows = { "a", 2 } } end,
        "over%(%): the limits of rows are integers or nil %(unbounded%), got 'a'" },
      { function() return am.func.count(x):over { range_ = 5 } end,
        "over%(%): range_ must be a pair { lower, upper } of integers or nil %(unbounded%), got 5" },
      { function() return am.values(x):data { { 1 }, { 2, 3 } } end,
        "^data%(%): row #2 has 2 elements for 1 columns: %(2, 3%)$" },
    }
    for i, case in ipairs(cases) do
      assert.is_false(pcall(case[1]), "case " .. i .. " raised nothing")
      raises_exc("ArgumentError", case[1], case[2])
    end
  end)

  it("and what a dialect cannot do, at compilation", function()
    local s = am.column("s", am.String)
    raises_exc("CompileError", function() return s:regexp_match("a"):compile { dialect = "default" } end, "default")
    raises_exc("CompileError", function()
      return s:regexp_replace("a", "b"):compile { dialect = "sqlite" }
    end, "sqlite")
    raises_exc("CompileError", function() return am.String():compile { dialect = "mysql" } end, "requires a length")
    raises_exc("CompileError", function()
      return am.extract("foo", s):compile { dialect = "sqlite" }
    end, "not a valid extract")
    raises_exc("UnsupportedCompilationError", function()
      return am.column("j", am.JSON):at("a"):compile { dialect = "default" }
    end, "json_getitem")
  end)
end)

describe("Lua's own operators", function()
  local a, b = am.column("a", am.Integer), am.column("b", am.String)

  it("take a literal on either side", function()
    assert_sql(5 + a, ":a_1 + a")
    assert_sql(a - 5, "a - :a_1")
    assert_sql(-(a * 2), "-(a * :a_1)")
    assert_sql(2 ^ a, "pow(:pow_1, a)")
    assert_sql(7 % a, ":a_1 % a")
    assert_sql(7 / a, ":a_1 / CAST(a AS NUMERIC)")
    assert_sql("x" .. b, ":b_1 || b")
  end)

  it("concatenate from the left, as SQL is read", function()
    assert_sql(b .. " " .. b, "b || :b_1 || b", { params = { b_1 = " " } })
    assert_sql(b .. " " .. b .. "!", "b || :b_1 || b || :param_1", { params = { b_1 = " ", param_1 = "!" } })
    assert_sql("<" .. b .. ">", ":b_1 || b || :param_1", { params = { b_1 = "<", param_1 = ">" } })
  end)

  it("have spellings as methods", function()
    assert_sql(a:bitwise_and(5), "a & :a_1")
    assert_sql(a:bitwise_xor(5), "a # $1", { dialect = "postgresql" })
    assert_sql(a:bitwise_xor(5), "((a | ?) - (a & ?))", { dialect = "sqlite", positional = { "a_1", "a_1" } })
    assert_sql(a:bitwise_lshift(1), "a << :a_1")
    assert_sql(a:bitwise_not(), "~a")
    assert_sql(a:floordiv(2), "a / :a_1")
    assert_sql(a:floordiv(2.5), "FLOOR(a / :a_1)")
    assert_sql(a:eq(1):and_(b:eq("x")):or_(a:eq(2)), "a = :a_1 AND b = :b_1 OR a = :a_2")
    assert_sql(a:eq(1):not_(), "a != :a_1")
  end)

  it("chain long without deep nesting", function()
    local sum, all = a, a:eq(0)
    for i = 1, 4000 do
      sum = sum + 1
      if i <= 500 then all = all:and_(a:eq(i)) end
    end
    assert.are.equal(4001, #sum.clauses)
    assert.is_true(#tostring(all) > 0)
  end)

  it("of parameters tell what they are", function()
    local out, plain = am.outparam("x", am.Integer), am.bindparam "y"
    assert.same({ true, false, false }, { out.isoutparam, out.required, out.unique })
    assert.same({ false, true }, { plain.isoutparam, plain.required })
    assert.is_true(am.bindparam("z", 1, { literal_execute = true }).literal_execute)
    local called = am.bindparam("z", nil, { callable_ = function() return 7 end })
    assert.equal(7, called.effective_value)
    assert.equal(7, called.callable())
    assert.equal(1, am.bindparam("z", 1).effective_value)
  end)

  it("of values that are rendered late have their column's name", function()
    local t = am.table("t", am.column("x", am.Integer))
    local function late(value) return am.literal(value, am.Integer, { literal_execute = true }) end
    assert_sql(am.insert(t):values { x = late(5) }, "INSERT INTO t (x) VALUES (__[POSTCOMPILE_x])",
      { params = { x = 5 } })
    assert_sql(am.insert(t):values { { x = late(5) }, { x = late(6) } },
      "INSERT INTO t (x) VALUES (__[POSTCOMPILE_x_m0]), (__[POSTCOMPILE_param_1])",
      { dialect = "string", params = { x_m0 = 5, param_1 = 6 } })
    assert_sql(am.update(t):values { x = late(5) }, "UPDATE t SET x=__[POSTCOMPILE_x]", { params = { x = 5 } })
  end)

  it("of type_coerce() are NULL or keep their name", function()
    local t = am.table("t", am.column("x", am.String))
    local Own = am.TypeDecorator { impl = am.String }
    assert_sql(t.c.x:eq(am.type_coerce(nil, Own)), "t.x = NULL")
    assert_sql(am.type_coerce(nil, am.JSON), ":param_1")
    assert_sql(am.insert(t):values { x = am.type_coerce(nil, Own) }, "INSERT INTO t (x) VALUES (NULL)")
    assert_sql(am.insert(t):values { x = am.type_coerce(am.literal "d", Own) }, "INSERT INTO t (x) VALUES (:param_1)",
      { params = { param_1 = "d" } })
    assert_sql(am.insert(t):values { x = am.type_coerce(am.bindparam "q", Own) }, "INSERT INTO t (x) VALUES (:q)")
  end)
end)
