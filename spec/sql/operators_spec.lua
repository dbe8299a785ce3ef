-- Operators: their text, parentheses and negation, on each database.
local am = require "alchemoon"
local assert_sql = require("support.sql").assert_sql

describe("operators", function()
  local x = am.column("x", am.Integer)
  local y = am.column("y", am.Integer)
  local s = am.column("s", am.String)
  local n = am.column("n")
  local b = am.column("b", am.Boolean)
  local d = am.column("d", am.Date)
  local dt = am.column("dt", am.DateTime)
  local f = am.column("f")

  it("between two types of one family have the type of the right side", function()
    local long, short = am.column("a", am.Numeric(12, 3)), am.column("b", am.Numeric(6, 2))
    for _, name in ipairs { "add", "sub", "mul", "truediv" } do
      assert.equal(2, long[name](long, short).type.scale)
      assert.equal(3, short[name](short, long).type.scale)
    end
    assert.equal(3, (long * am.column("i", am.Integer)).type.scale)
    assert.equal("BIGINT", tostring((am.column("i", am.Integer) + am.column("j", am.BigInteger)).type))
  end)

  it("give NOT of a conjunction no type, as in SQLAlchemy, but compare it as a condition", function()
    local either = am.or_(am.column("p", am.Boolean), am.column("q", am.Boolean))
    assert.equal("NULL", tostring(am.not_(either).type))
    assert.equal("BOOLEAN", tostring(am.not_(either):eq(true).type))
    assert.equal("NOT (NOT (p OR q))", tostring(am.not_(am.not_(either))))
  end)

  it("compare, with NULL by IS", function()
    local opts = { dialect = "default" }
    assert_sql(x:eq(5), "x = :x_1", opts)
    assert_sql(x:ne(nil), "x IS NOT NULL", opts)
    assert_sql(x:eq(nil), "x IS NULL", opts)
  end)

  it("compare with booleans as numbers where a database has none", function()
    local opts = { dialect = "default" }
    assert_sql(x:eq(am.true_()), "x = 1", opts)
    assert_sql(x:eq(true), "x = 1", opts)
    assert_sql(x:ne(false), "x != 0", opts)
  end)

  it("IS and IS DISTINCT FROM take NULL and booleans", function()
    local opts = { dialect = "default" }
    assert_sql(x:is_(nil), "x IS NULL", opts)
    assert_sql(x:is_(true), "x IS 1", opts)
    assert_sql(x:is_not(false), "x IS NOT 0", opts)
    assert_sql(x:is_distinct_from(nil), "x IS DISTINCT FROM NULL", opts)
    assert_sql(x:is_distinct_from(true), "x IS DISTINCT FROM 1", opts)
  end)

  it("calculate, with the parentheses that the order of the tree needs", function()
    local opts = { dialect = "default" }
    assert_sql(x:gt(5), "x > :x_1", opts)
    assert_sql(x + 5, "x + :x_1", opts)
    assert_sql(5 + x, ":x_1 + x", opts)
    assert_sql(5 - x, ":x_1 - x", opts)
    assert_sql(((x * y) + 3), "x * y + :param_1", opts)
    assert_sql(((x + y) * 3), "(x + y) * :param_1", opts)
    assert_sql((x - (y - 3)), "x - (y - :y_1)", opts)
    assert_sql(((x - y) - 3), "(x - y) - :param_1", opts)
    assert_sql(x % 5, "x % :x_1", opts)
    assert_sql(-x, "-x", opts)
    assert_sql((-((x + y))), "-(x + y)", opts)
  end)

  it("join conditions by AND and OR", function()
    local opts = { dialect = "default" }
    assert_sql(am.not_(x), "NOT x", opts)
    assert_sql(am.not_(b), "b = 0", opts)
    assert_sql(am.not_(am.not_(b)), "b = 1", opts)
    assert_sql(b:and_(b), "b = 1 AND b = 1", opts)
    assert_sql(b:or_(x:eq(5)), "b = 1 OR x = :x_1", opts)
    assert_sql(am.and_(b), "b = 1", opts)
    assert_sql(am.or_(b, x:eq(3)), "b = 1 OR x = :x_1", opts)
    assert_sql(am.and_(x:eq(5), am.or_(y:eq(3), y:eq(4))), "x = :x_1 AND (y = :y_1 OR y = :y_2)", opts)
    assert_sql(am.and_(am.or_(x:eq(5)), am.or_(x:eq(7))), "x = :x_1 AND x = :x_2", opts)
  end)

  it("negate AND and OR as a whole", function()
    local opts = { dialect = "default" }
    assert_sql(am.not_(am.and_(x:eq(5), y:eq(6))), "NOT (x = :x_1 AND y = :y_1)", opts)
    assert_sql(am.not_(am.or_(x:eq(5), y:eq(6))), "NOT (x = :x_1 OR y = :y_1)", opts)
  end)

  it("negate a comparison by the opposite one", function()
    local opts = { dialect = "default" }
    assert_sql(am.not_(x:eq(5)), "x != :x_1", opts)
    assert_sql(am.not_(x:gt(5)), "x <= :x_1", opts)
    assert_sql(am.not_(x:between(1, 2)), "x NOT BETWEEN :x_1 AND :x_2", opts)
    assert_sql(am.not_(x:like("a")), "x NOT LIKE :x_1", opts)
    assert_sql(am.not_(s:contains("a")), "s NOT LIKE '%' || :s_1 || '%'", opts)
    assert_sql(am.not_(x:in_({1, 2})), "(x NOT IN (__[POSTCOMPILE_x_1]))", opts)
    assert_sql(am.not_(x:match("foo")), "NOT x MATCH :x_1", opts)
    assert_sql(am.not_(x:is_(nil)), "x IS NOT NULL", opts)
  end)

  it("take what is always true or false out of conditions", function()
    local opts = { dialect = "default" }
    assert_sql(am.not_(am.true_()), "0", opts)
    assert_sql(am.and_(am.true_(), x:eq(7), am.true_(), x:eq(9)), "x = :x_1 AND x = :x_2", opts)
    assert_sql(am.or_(am.false_(), x:eq(7), am.false_(), x:eq(9)), "x = :x_1 OR x = :x_2", opts)
    assert_sql(am.and_(x:eq(7), x:eq(9), am.false_(), x:eq(5)), "0 = 1", opts)
    assert_sql(am.or_(am.true_(), x:eq(7)), "1 = 1", opts)
    assert_sql(am.and_(nil, nil), "NULL AND NULL", opts)
    assert_sql(am.not_(am.and_(nil, nil)), "NOT (NULL AND NULL)", opts)
    assert_sql(am.not_(am.null_()), "NOT NULL", opts)
    assert_sql(am.and_(am.false_(), am.true_()), "0 = 1", opts)
    assert_sql(am.or_(am.false_(), am.true_()), "1 = 1", opts)
  end)

  it("join texts by ||, if the column is a text or untyped and so is the other side", function()
    local opts = { dialect = "default" }
    assert_sql(s + "a", "s || :s_1", opts)
    assert_sql(s + s, "s || s", opts)
    assert_sql(s + 5, "s + :s_1", opts)
    assert_sql("a" + s, ":s_1 || s", opts)
    assert_sql(((s + s) + s), "s || s || s", opts)
    assert_sql(((s + "a") + "b"), "s || :s_1 || :param_1", opts)
    assert_sql(s:concat("b"), "s || :s_1", opts)
    assert_sql(s:concat("b"):concat("c"), "s || :s_1 || :param_1", opts)
    assert_sql(n + "a", "n || :n_1", opts)
    assert_sql(n + 5, "n + :n_1", opts)
    assert_sql(n:eq("x"), "n = :n_1", opts)
  end)

  it("compare texts with patterns, escaped if asked to", function()
    local opts = { dialect = "default" }
    assert_sql(s:like("a", {escape="\\"}), "s LIKE :s_1 ESCAPE '\\'", opts)
    assert_sql(s:ilike("a"), "lower(s) LIKE lower(:s_1)", opts)
    assert_sql(s:notilike("a"), "lower(s) NOT LIKE lower(:s_1)", opts)
    assert_sql(s:startswith("a"), "s LIKE :s_1 || '%'", opts)
    assert_sql(s:endswith("a"), "s LIKE '%' || :s_1", opts)
    assert_sql(s:contains("a%b_c/d", {autoescape=true}), "s LIKE '%' || :s_1 || '%' ESCAPE '/'", opts)
    assert_sql(s:startswith("a%b_c/d^e", {autoescape=true, escape="^"}), "s LIKE :s_1 || '%' ESCAPE '^'", opts)
    assert_sql(s:contains((s + "a")), "s LIKE '%' || s || :s_1 || '%'", opts)
    assert_sql(s:contains(s:eq("a")), "s LIKE '%' || (s = :s_1) || '%'", opts)
  end)

  it("put a pattern in parentheses wherever it stands in something", function()
    local opts = { dialect = "default" }
    assert_sql(am.and_(s:contains("a"), x:eq(5)), "(s LIKE '%' || :s_1 || '%') AND x = :x_1", opts)
    assert_sql(am.and_(s:contains("a")), "(s LIKE '%' || :s_1 || '%')", opts)
    assert_sql(s:contains("a"):label("q"), "(s LIKE '%' || :s_1 || '%')", opts)
    assert_sql(am.func.foo(s:contains("a")), "foo((s LIKE '%' || :s_1 || '%'))", opts)
  end)

  it("collate a side of a comparison", function()
    local opts = { dialect = "default" }
    assert_sql(s:collate("utf-8"):eq("foo"), "(s COLLATE \"utf-8\") = :param_1", opts)
    assert_sql(s:eq(am.literal("foo")):collate("utf-8"), "s = :param_1 COLLATE \"utf-8\"", opts)
    assert_sql(s:eq(am.literal("foo"):collate("utf-8")), "s = (:param_1 COLLATE \"utf-8\")", opts)
    assert_sql(s:collate("utf-8"):desc():nulls_last(), "s COLLATE \"utf-8\" DESC NULLS LAST", opts)
  end)

  it("order, with the place of NULLs", function()
    local opts = { dialect = "default" }
    assert_sql(x:desc(), "x DESC", opts)
    assert_sql(x:asc():nulls_first(), "x ASC NULLS FIRST", opts)
    assert_sql(am.desc(x), "x DESC", opts)
    assert_sql(am.asc((x + 5)), "x + :x_1 ASC", opts)
  end)

  it("take DISTINCT", function()
    local opts = { dialect = "default" }
    assert_sql(x:distinct(), "DISTINCT x", opts)
    assert_sql(am.distinct(x), "DISTINCT x", opts)
    assert_sql(am.func.count(am.distinct(x)), "count(DISTINCT x)", opts)
    assert_sql(am.func.count(x:distinct()), "count(DISTINCT x)", opts)
  end)

  it("BETWEEN may be symmetric and compare conditions", function()
    local opts = { dialect = "default" }
    assert_sql(x:between(1, 2, {symmetric=true}), "x BETWEEN SYMMETRIC :x_1 AND :x_2", opts)
    assert_sql(x:eq(y):between(false, true), "(x = y) BETWEEN :param_1 AND :param_2", opts)
  end)

  it("compare conditions with one another and with NULL", function()
    local opts = { dialect = "default" }
    assert_sql(x:match(y):is_(nil), "(x MATCH y) IS NULL", opts)
    assert_sql(x:eq(y):eq(nil), "(x = y) IS NULL", opts)
    assert_sql(x:eq(5):eq(y:eq(6)), "(x = :x_1) = (y = :y_1)", opts)
    assert_sql(s:eq(am.null_()):ne(n:eq(am.null_())), "(s IS NULL) != (n IS NULL)", opts)
    assert_sql(am.not_(n):eq(5), "(NOT n) = :param_1", opts)
  end)

  it("of the user's own have a precedence", function()
    local opts = { dialect = "default" }
    assert_sql(x:op("hoho")(12):eq(14), "(x hoho :x_1) = :param_1", opts)
    assert_sql(am.func.foo(x:op("hoho")(12)), "foo(x hoho :x_1)", opts)
    assert_sql(x:op("hoho", {precedence=5})(5):op("lala", {precedence=4})(4), "x hoho :x_1 lala :param_1", opts)
    assert_sql(x:op("hoho", {precedence=5})(5):op("lala", {precedence=6})(4), "(x hoho :x_1) lala :param_1", opts)
  end)

  it("of the user's own may be comparisons", function()
    local opts = { dialect = "default" }
    assert_sql(x:op("$", {is_comparison=true})(5):and_(b), "(x $ :x_1) AND b = 1", opts)
    assert_sql(am.not_(x:op("$", {is_comparison=true})(5)), "NOT (x $ :x_1)", opts)
    assert_sql(am.not_(x:op("$")(5)), "NOT (x $ :x_1)", opts)
    assert_sql(x:bool_op("@@")(5), "x @@ :x_1", opts)
  end)

  it("that do not associate keep their parentheses, labelled or not", function()
    local opts = { dialect = "default" }
    assert_sql(((f - f) - f), "(f - f) - f", opts)
    assert_sql((f - (f - f)), "f - (f - f)", opts)
    assert_sql((f - ((f - f)):label("foo")), "f - (f - f)", opts)
    assert_sql((((f - f)):label("foo") - f), "(f - f) - f", opts)
    assert_sql(f:eq(f):eq(f), "(f = f) = f", opts)
  end)

  it("IN takes lists of values, expressions and NULL", function()
    local opts = { dialect = "default" }
    assert_sql(x:in_({1, 2, 3}), "x IN (__[POSTCOMPILE_x_1])", opts)
    assert_sql(x:in_({}), "x IN (__[POSTCOMPILE_x_1])", opts)
    assert_sql(x:in_({am.literal(1), 2}), "x IN (:param_1, :x_1)", opts)
    assert_sql(x:in_({x, 2, am.null}), "x IN (x, :x_1, :x_2)", opts)
    assert_sql(x:in_({am.null}), "x IN (__[POSTCOMPILE_x_1])", opts)
    assert_sql(x:in_({(am.literal(1) + "a")}), "x IN (:param_1 + :param_2)", opts)
    assert_sql(x:in_({am.literal("a"):lt("b")}), "x IN (:param_1 < :param_2)", opts)
  end)

  it("tuples are compared and are in lists of tuples", function()
    local opts = { dialect = "default" }
    assert_sql(am.tuple_(x, s):in_({{1, "a"}, {2, "b"}}), "(x, s) IN (__[POSTCOMPILE_param_1])", opts)
    assert_sql(am.tuple_(x, s):eq({1, "a"}), "(x, s) = (:param_1, :param_2)", opts)
    assert_sql(am.tuple_(1, 2, 3), "(:param_1, :param_2, :param_3)", opts)
  end)

  it("IN takes a parameter", function()
    local opts = { dialect = "default" }
    assert_sql(x:in_(am.bindparam("foo", {expanding=true})), "x IN (__[POSTCOMPILE_foo])", opts)
    assert_sql(x:in_(am.bindparam("foo")), "x IN (__[POSTCOMPILE_foo])", opts)
  end)

  it("constants and parameters take part", function()
    local opts = { dialect = "default" }
    assert_sql((am.literal(5) + 3), ":param_1 + :param_2", opts)
    assert_sql((am.literal("a") + (am.literal("b") * am.literal("c"))), ":param_1 || :param_2 * :param_3", opts)
    assert_sql(x:eq(am.bindparam("y")), "x = :y", opts)
    assert_sql(am.bindparam("y", 5), ":y", opts)
    assert_sql((am.bindparam("y", {type_=am.String}) + "x"), ":y || :param_1", opts)
    assert_sql(am.literal(nil), ":param_1", opts)
  end)

  it("CASE compares a value or conditions", function()
    local opts = { dialect = "default" }
    assert_sql(am.case({x:eq(5), "a"}, {x:eq(6), "b"}, {else_="c"}),
      "CASE WHEN (x = :x_1) THEN :param_1 WHEN (x = :x_2) THEN :param_2 ELSE :param_3 END", opts)
    assert_sql(am.case({x:eq(5), y}, {else_=x}), "CASE WHEN (x = :x_1) THEN y ELSE x END", opts)
    assert_sql(am.case({x:eq(5), y}, {else_=am.null}), "CASE WHEN (x = :x_1) THEN y END", opts)
    assert_sql(am.case({[1]="a", [2]="b"}, {value=x, else_="z"}),
      "CASE x WHEN :param_1 THEN :param_2 ELSE :param_3 END", opts)
    assert_sql(am.case({b, 1}, {else_=0}), "CASE WHEN b THEN :param_1 ELSE :param_2 END", opts)
    assert_sql(am.case({x:gt(5), am.null_()}), "CASE WHEN (x > :x_1) THEN NULL END", opts)
  end)

  it("CAST names the type of its database", function()
    local opts = { dialect = "default" }
    assert_sql(am.cast(x, am.String), "CAST(x AS VARCHAR)", opts)
    assert_sql(am.cast(x, am.String(50)), "CAST(x AS VARCHAR(50))", opts)
    assert_sql(am.cast("5", am.Integer), "CAST(:param_1 AS INTEGER)", opts)
    assert_sql(am.cast(x, am.Numeric(10, 2)), "CAST(x AS NUMERIC(10, 2))", opts)
    assert_sql(am.cast(x, am.Numeric(10)), "CAST(x AS NUMERIC(10))", opts)
    assert_sql(am.cast(s, am.String({collation="utf8"})), "CAST(s AS VARCHAR) COLLATE \"utf8\"", opts)
    assert_sql(am.cast(x, am.Float), "CAST(x AS FLOAT)", opts)
    assert_sql(am.cast(x, am.DateTime), "CAST(x AS DATETIME)", opts)
  end)

  it("type_coerce changes the operators, not the text", function()
    local opts = { dialect = "default" }
    assert_sql((am.type_coerce(x, am.String) + "a"), "x || :param_1", opts)
    assert_sql(am.type_coerce("x", am.Integer), ":param_1", opts)
    assert_sql((am.type_coerce((x + y), am.String) * 5), "(x + y) * :param_1", opts)
  end)

  it("EXTRACT is compared", function()
    local opts = { dialect = "default" }
    assert_sql(am.extract("year", d), "EXTRACT(year FROM d)", opts)
    assert_sql(am.extract("year", d):eq(5), "EXTRACT(year FROM d) = :param_1", opts)
  end)

  it("dates are subtracted, integers divided as numbers", function()
    local opts = { dialect = "default" }
    assert_sql(d - d, "d - d", opts)
    assert_sql(((d - d) + 5), "(d - d) + :param_1", opts)
    assert_sql(dt - dt, "dt - dt", opts)
    assert_sql(x / 5, "x / CAST(:x_1 AS NUMERIC)", opts)
  end)

  it("ANY and ALL stand on the right side", function()
    local opts = { dialect = "default" }
    assert_sql(am.any_(x):eq(5), ":param_1 = ANY (x)", opts)
    assert_sql(am.any_(x):lt(5), ":param_1 > ANY (x)", opts)
    assert_sql(x:gt(am.all_(y)), "x > ALL (y)", opts)
    assert_sql((x + am.all_(y)), "x + ALL (y)", opts)
    assert_sql(x:any_():eq(5), ":param_1 = ANY (x)", opts)
    assert_sql(am.not_(x:is_distinct_from(5)), "x IS NOT DISTINCT FROM :x_1", opts)
  end)

  it("MySQL joins texts by concat()", function()
    local opts = { dialect = "mysql" }
    assert_sql(x % 5, "x %% %s", opts)
    assert_sql(s + "a", "concat(s, %s)", opts)
    assert_sql(((s + "a") + "b"), "concat(s, %s, %s)", opts)
    assert_sql(s:concat("b"):concat(s), "concat(s, %s, s)", opts)
    assert_sql(s:contains("y"), "s LIKE concat('%%', %s, '%%')", opts)
    assert_sql(s:startswith("y"), "s LIKE concat(%s, '%%')", opts)
    assert_sql(x:op("%")(5), "x %% %s", opts)
  end)

  it("CAST on MySQL knows few types", function()
    local opts = { dialect = "mysql" }
    assert_sql(am.cast(x, am.String), "CAST(x AS CHAR)", opts)
    assert_sql(am.cast(x, am.String(32)), "CAST(x AS CHAR(32))", opts)
    assert_sql(am.cast(x, am.Integer), "CAST(x AS SIGNED INTEGER)", opts)
    assert_sql(am.cast(x, am.Float), "x", opts)
    assert_sql(am.cast(x, am.Numeric(8, 3)), "CAST(x AS DECIMAL(8, 3))", opts)
    assert_sql(am.cast(x, am.Boolean), "x", opts)
    assert_sql(am.cast(x, am.mysql.BIGINT({unsigned=true})), "CAST(x AS UNSIGNED INTEGER)", opts)
    assert_sql(am.cast((x + y), am.mysql.ENUM("a", "b")), "(x + y)", opts)
    assert_sql(am.cast(x, am.mysql.ENUM("a", "b")), "x", opts)
    assert_sql(am.cast(x, am.mysql.TIMESTAMP), "CAST(x AS DATETIME)", opts)
    assert_sql(am.cast(x, am.Date), "CAST(x AS DATE)", opts)
    assert_sql(am.cast(x, am.LargeBinary), "CAST(x AS BINARY)", opts)
    assert_sql(am.cast(x, am.mysql.CHAR(20, {charset="utf8"})), "CAST(x AS CHAR(20) CHARACTER SET utf8)", opts)
    assert_sql(am.cast(x, am.mysql.VARCHAR(20, {collation="utf8_bin"})), "CAST(x AS CHAR(20) COLLATE utf8_bin)", opts)
    assert_sql(am.cast(x, am.UnicodeText), "CAST(x AS CHAR)", opts)
    assert_sql(am.cast(x, am.mysql.NCHAR(5)), "CAST(x AS CHAR(5))", opts)
    assert_sql(am.cast(x, am.mysql.CHAR({ascii=true})), "CAST(x AS CHAR ASCII)", opts)
    assert_sql(am.cast(x, am.mysql.CHAR({binary=true})), "CAST(x AS CHAR BINARY)", opts)
    assert_sql(am.cast(x, am.mysql.CHAR({unicode=true})), "CAST(x AS CHAR UNICODE)", opts)
  end)

  it("EXTRACT and IS DISTINCT FROM have words of MySQL", function()
    local opts = { dialect = "mysql" }
    assert_sql(am.extract("milliseconds", d), "EXTRACT(millisecond FROM d)", opts)
    assert_sql(x:is_distinct_from(5), "NOT (x <=> %s)", opts)
    assert_sql(x:isnot_distinct_from(5), "x <=> %s", opts)
    assert_sql(am.not_(x:is_distinct_from(5)), "x <=> %s", opts)
  end)

  it("MySQL has true and false", function()
    local opts = { dialect = "mysql" }
    assert_sql(x:eq(true), "x = true", opts)
    assert_sql(x:is_(false), "x IS false", opts)
    assert_sql(am.not_(b), "b = 0", opts)
  end)

  it("MySQL has regular expressions and full text", function()
    local opts = { dialect = "mysql" }
    assert_sql(s:regexp_match("p"), "s REGEXP %s", opts)
    assert_sql(am.not_(s:regexp_match("p")), "s NOT REGEXP %s", opts)
    assert_sql(s:regexp_replace("p", "r"), "REGEXP_REPLACE(s, %s, %s)", opts)
    assert_sql(x:match("foo"), "MATCH (x) AGAINST (%s IN BOOLEAN MODE)", opts)
    assert_sql(am.not_(x:match("foo")), "NOT MATCH (x) AGAINST (%s IN BOOLEAN MODE)", opts)
  end)

  it("PostgreSQL has ILIKE, time zones and booleans", function()
    local opts = { dialect = "postgresql" }
    assert_sql(s:ilike("a", {escape="\\"}), "s ILIKE $1 ESCAPE '\\\\'", opts)
    assert_sql(am.cast(x, am.DateTime), "CAST(x AS TIMESTAMP WITHOUT TIME ZONE)", opts)
    assert_sql(am.cast(x, am.DateTime({timezone=true})), "CAST(x AS TIMESTAMP WITH TIME ZONE)", opts)
    assert_sql(am.not_(b), "NOT b", opts)
    assert_sql(x:eq(true), "x = true", opts)
  end)

  it("PostgreSQL has regular expressions and full text", function()
    local opts = { dialect = "postgresql" }
    assert_sql(s:regexp_match("p"), "s ~ $1", opts)
    assert_sql(am.not_(s:regexp_match("p")), "s !~ $1", opts)
    assert_sql(s:regexp_match("p", {flags="i"}), "s ~* $1", opts)
    assert_sql(am.not_(s:regexp_match("p", {flags="i"})), "s !~* $1", opts)
    assert_sql(s:regexp_replace("p", "r"), "REGEXP_REPLACE(s, $1, $2)", opts)
    assert_sql(x:match("foo"), "x @@ plainto_tsquery($1)", opts)
  end)

  it("SQLite has words of its own for them", function()
    local opts = { dialect = "sqlite" }
    assert_sql(am.extract("month", d), "CAST(STRFTIME('%m', d) AS INTEGER)", opts)
    assert_sql(x:is_distinct_from(5), "x IS NOT ?", opts)
    assert_sql(x:eq(true), "x = 1", opts)
    assert_sql(am.not_(b), "b = 0", opts)
    assert_sql(s:regexp_match("p"), "s REGEXP ?", opts)
    assert_sql(am.not_(s:regexp_match("p")), "s NOT REGEXP ?", opts)
    assert_sql(x:match("foo"), "x MATCH ?", opts)
  end)

  it("regular expressions are shown without a database", function()
    local opts = { dialect = "string" }
    assert_sql(s:regexp_match("p"), "s <regexp> :s_1", opts)
    assert_sql(am.not_(s:regexp_match("p")), "s <not regexp> :s_1", opts)
    assert_sql(s:regexp_replace("p", "r", {flags="ig"}), "<regexp replace>(s, :s_1, :s_2)", opts)
    assert_sql(am.and_(x:match("foo"), x:regexp_replace("xx", "yy")),
      "x MATCH :x_1 AND <regexp replace>(x, :x_2, :x_3)", opts)
    assert_sql((x + x:regexp_match("xx")), "x + (x <regexp> :x_1)", opts)
    assert_sql((x + x:regexp_replace("xx", "yy")), "x + (<regexp replace>(x, :x_1, :x_2))", opts)
  end)

  it("constants may be written into the text", function()
    local opts = { dialect = "default", literal_binds = true }
    assert_sql(s:eq("it's"), "s = 'it''s'", opts)
    assert_sql(x:eq(5), "x = 5", opts)
    assert_sql(x:in_({1, 2, 3}), "x IN (1, 2, 3)", opts)
    assert_sql(s:in_({"a", "b'c"}), "s IN ('a', 'b''c')", opts)
    assert_sql(x:in_({}), "x IN (NULL) AND (1 != 1)", opts)
    assert_sql(am.not_(x:in_({})), "(x NOT IN (NULL) OR (1 = 1))", opts)
    assert_sql(x:not_in({}), "(x NOT IN (NULL) OR (1 = 1))", opts)
    assert_sql(am.tuple_(x, s):in_({{1, "a"}, {2, "b"}}), "(x, s) IN ((1, 'a'), (2, 'b'))", opts)
    assert_sql(s:eq("50%"), "s = '50%'", opts)
    assert_sql(am.literal(5.5), "5.5", opts)
    assert_sql(am.literal(true), "1", opts)
    assert_sql(x:eq(am.null_()), "x IS NULL", opts)
    assert_sql(s:contains("a'b"), "s LIKE '%' || 'a''b' || '%'", opts)
    assert_sql(am.bindparam("x", 5), "5", opts)
    assert_sql(am.bindparam("x"), "NULL", opts)
  end)

  it("constants in the text of SQLite", function()
    local opts = { dialect = "sqlite", literal_binds = true }
    assert_sql(am.tuple_(x, s):in_({{1, "a"}, {2, "b"}}), "(x, s) IN (VALUES (1, 'a'), (2, 'b'))", opts)
    assert_sql(am.literal(true), "1", opts)
  end)

  it("constants in the text of MySQL have backslashes and percent signs doubled", function()
    local opts = { dialect = "mysql", literal_binds = true }
    assert_sql(s:eq("a\\b'c%d"), "s = 'a\\\\b''c%%d'", opts)
  end)

  it("constants in the text of PostgreSQL have backslashes doubled", function()
    local opts = { dialect = "postgresql", literal_binds = true }
    assert_sql(s:eq("a\\b'c"), "s = 'a\\\\b''c'", opts)
    assert_sql(am.literal(true), "true", opts)
  end)

  it("subscripts of JSONB stand behind one pair of brackets", function()
    local opts = { dialect = "postgresql" }
    local jb = am.column("jb", am.JSONB)
    assert_sql(jb:delete_path({ "a" }):at("k"), "(jb #- CAST(ARRAY[$1] AS TEXT[]))[$2]", opts)
    assert_sql(am.cast(s, am.JSONB):at("k"), "(CAST(s AS JSONB))[$1]", opts)
    assert_sql(am.func.f(s, { type_ = am.JSONB }):at("k"), "(f(s))[$1]", opts)
    assert_sql(jb:at("k"):at("z"), "jb[$1][$2]", opts)
  end)
  it("functions stand in brackets before a subscript only where they give an array", function()
    local opts = { dialect = "postgresql" }
    local document = am.func.f(s, { type_ = am.JSON })
    assert.equal("f(s)[:f_1]", tostring(document:at("k")))
    assert_sql(document:at("k"):at("j"), "(f(s) -> $1) -> $2", opts)
    assert_sql(document:at("k"), "JSON_QUOTE(JSON_EXTRACT(f(s), ?))", { dialect = "sqlite" })
    assert_sql(am.func.f(s, { type_ = am.ARRAY(am.Integer) }):at(1), "(f(s))[$1]", opts)
  end)
  it("PostgreSQL's comparisons are negated by NOT everywhere; those of containment keep their parentheses", function()
    local a, j, r = am.column("a", am.ARRAY(am.Integer)), am.column("j", am.JSONB), am.column("r", am.INT4RANGE)
    assert_sql(am.not_(a:contains { 1 }), "NOT (a @> :a_1)")
    assert_sql(am.not_(j:has_key "k"), "NOT (j ? :j_1)")
    assert_sql(am.and_(a:contains { 1 }, b), "(a @> $1) AND b", { dialect = "postgresql" })
    assert_sql(am.and_(a:overlap { 1 }, b), "a && $1 AND b", { dialect = "postgresql" })
    assert_sql(am.and_(r:adjacent_to(am.Range(1, 5)), b), "r -|- $1 AND b", { dialect = "postgresql" })
    assert_sql(r:overlaps(am.Range(1, 5)):eq(true), "(r && $1) = true", { dialect = "postgresql" })
  end)
  it("subscripts stand in parentheses inside of operators, not of / % LIKE, nor of IS NOT on SQLite", function()
    local j, pg = am.column("j", am.JSON), { dialect = "postgresql" }
    local number = j:at("k"):as_integer()
    assert_sql(number + 5, "CAST((j ->> $1) AS INTEGER) + $2", pg)
    assert_sql(number % 5, "CAST(j ->> $1 AS INTEGER) % $2", pg)
    assert_sql(x / number, "x / CAST(CAST(j ->> $1 AS INTEGER) AS NUMERIC)", pg)
    assert_sql(j:at("k"):as_string():like "x", "CAST(j ->> $1 AS VARCHAR) LIKE $2", pg)
    assert_sql(j:at("k"):is_distinct_from(5), "(j -> $1) IS DISTINCT FROM $2", pg)
    assert_sql(x:is_distinct_from(am.column("a", am.JSONB):at("k").astext), "x IS NOT a ->> ?", { dialect = "sqlite" })
  end)
  it("texts put together join the percent signs of a pattern", function()
    assert_sql(s:startswith(s .. "a"), "s LIKE s || :s_1 || '%'")
    assert_sql(s:contains(s .. "a"), "s LIKE concat('%', s, :s_1, '%')", { dialect = "mysql", paramstyle = "named" })
    assert_sql(s:contains(x + 1), "s LIKE '%' || (x + :x_1) || '%'")
  end)
  it("patterns stand in parentheses in a row of values", function()
    assert_sql(am.tuple_(s:contains "a", x):in_ { { true, 1 } }, "((s LIKE '%' || :s_1 || '%'), x) IN "
      .. "(__[POSTCOMPILE_param_1])")
  end)
  it("BETWEEN and regular expressions have no type", function()
    for _, expression in ipairs { x:between(1, 2), s:regexp_match "a", s:regexp_replace("a", "b") } do
      assert.equal("NULL", tostring(expression.type))
    end
  end)
  it("words that match a text vector are no vector", function()
    local match = am.func.to_tsvector("the cat"):match("cat")
    assert.equal("VARCHAR", tostring(match.right.type))
    assert_sql(match, "to_tsvector($1) @@ plainto_tsquery($2)", { dialect = "postgresql" })
  end)
end)
