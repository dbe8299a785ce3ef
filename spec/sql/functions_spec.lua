-- func.name(...): names, windows, filters, and the operators of values that functions give.
local am = require "alchemoon"
local assert_sql = require("support.sql").assert_sql

describe("A function in the columns clause", function()
  local t = am.table("t", am.column "a", am.column "b")
  local function sql(stmt) return (tostring(stmt):gsub("%s+", " ")) end

  it("does not take the name of a label in ORDER BY", function()
    assert.are.equal("SELECT t.a AS x, x(t.b) AS x_1 FROM t ORDER BY x",
      sql(am.select(t.c.a:label "x", am.func.x(t.c.b)):order_by "x"))
    local label = (t.c.a + 12):label "foo"
    assert.are.equal("SELECT t.a + :a_1 AS foo, foo(t.a + :a_1) AS foo_1 FROM t ORDER BY foo, foo(t.a + :a_1)",
      sql(am.select(label, am.func.foo(label)):order_by(label, am.func.foo(label))))
  end)

  it("cannot be named in ORDER BY", function()
    require("support.init").raises_exc("CompileError", function()
      return tostring(am.select(am.func.foo(t.c.a)):order_by "foo")
    end, "Can't resolve label reference")
  end)
end)

describe("functions_and_collections", function()
  local x = am.column("x", am.Integer)
  local y = am.column("y", am.Integer)
  local s = am.column("s", am.String)
  local b = am.column("b", am.Boolean)
  local j = am.column("j", am.JSON)
  local pj = am.column("pj", am.postgresql.JSON)
  local jb = am.column("jb", am.JSONB)
  local ar = am.column("ar", am.ARRAY(am.Integer))
  local ar2 = am.column("ar2", am.ARRAY(am.Integer, {dimensions=2}))
  local hs = am.column("hs", am.HSTORE)
  local rg = am.column("rg", am.INT4RANGE)
  local e = am.column("e", am.Enum("a", "b", {name="ee"}))

  it("are spelled as they were asked for, the standard's own without parentheses", function()
    local opts = { dialect = "default" }
    assert_sql(am.func.now(), "now()", opts)
    assert_sql(am.func.NOW(), "now()", opts)
    assert_sql(am.func.current_date(), "CURRENT_DATE", opts)
    assert_sql(am.func.CURRENT_DATE(), "CURRENT_DATE", opts)
    assert_sql(am.func.current_timestamp(5), "CURRENT_TIMESTAMP(:current_timestamp_1)", opts)
    assert_sql(am.func.current_user(), "CURRENT_USER", opts)
    assert_sql(am.func.sysdate(), "sysdate", opts)
    assert_sql(am.func.localtime(), "LOCALTIME", opts)
  end)

  it("count everything, a column or a constant", function()
    local opts = { dialect = "default" }
    assert_sql(am.func.count(), "count(*)", opts)
    assert_sql(am.func.count(x), "count(x)", opts)
    assert_sql(am.func.count("foo"), "count(:count_1)", opts)
  end)

  it("take constants, NULL, booleans and conditions", function()
    local opts = { dialect = "default" }
    assert_sql(am.func.foo("a", 5, x), "foo(:foo_1, :foo_2, x)", opts)
    assert_sql(am.func.foo(nil), "foo(NULL)", opts)
    assert_sql(am.func.foo(true), "foo(:foo_1)", opts)
    assert_sql(am.func.foo((x + y), x:eq(y)), "foo(x + y, x = y)", opts)
  end)

  it("have packages, and an underscore where Lua has a word", function()
    local opts = { dialect = "default" }
    assert_sql(am.func.mypkg.foo(x), "mypkg.foo(x)", opts)
    assert_sql(am.func.mypkg.sub.foo(x, 5), "mypkg.sub.foo(x, :foo_1)", opts)
    assert_sql(am.func.if_(x), "if(x)", opts)
  end)

  it("have names that every database knows", function()
    local opts = { dialect = "default" }
    assert_sql(am.func.char_length(s), "char_length(s)", opts)
    assert_sql(am.func.concat(s, "a", "b"), "concat(s, :concat_1, :concat_2)", opts)
  end)

  it("give their type to what they are calculated with", function()
    local opts = { dialect = "default" }
    assert_sql((am.func.max(x) + 5), "max(x) + :max_1", opts)
    assert_sql((am.func.max(s) + "a"), "max(s) || :max_1", opts)
    assert_sql(am.func.sum(x):gt(5), "sum(x) > :sum_1", opts)
    assert_sql((am.func.coalesce(s, "x") + "y"), "coalesce(s, :coalesce_1) || :coalesce_2", opts)
    assert_sql(am.func.lower(s):eq("a"), "lower(s) = :lower_1", opts)
  end)

  it("CUBE, ROLLUP and GROUPING SETS are in upper case", function()
    local opts = { dialect = "default" }
    assert_sql(am.func.random(), "random()", opts)
    assert_sql(am.func.cube(x, y), "CUBE(x, y)", opts)
    assert_sql(am.func.rollup(x, y), "ROLLUP(x, y)", opts)
    assert_sql(am.func.grouping_sets(x, y), "GROUPING SETS(x, y)", opts)
    assert_sql(am.func.grouping_sets(am.tuple_(x, y), y), "GROUPING SETS((x, y), y)", opts)
  end)

  it("over windows have partitions and orders", function()
    local opts = { dialect = "default" }
    assert_sql(am.func.rank():over({order_by=x}), "rank() OVER (ORDER BY x)", opts)
    assert_sql(am.func.count(x):over({partition_by=y}), "count(x) OVER (PARTITION BY y)", opts)
    assert_sql(am.func.count(x):over({partition_by={y, s}, order_by={x, s:desc()}}),
      "count(x) OVER (PARTITION BY y, s ORDER BY x, s DESC)", opts)
  end)

  it("over windows have rows and ranges, to either side and without end", function()
    local opts = { dialect = "default" }
    assert_sql(am.func.count(x):over({partition_by=y, order_by=x, rows={am.null, 0}}),
      "count(x) OVER (PARTITION BY y ORDER BY x ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)", opts)
    assert_sql(am.func.count(x):over({order_by=x, range_={(-(5)), 10}}),
      "count(x) OVER (ORDER BY x RANGE BETWEEN :param_1 PRECEDING AND :param_2 FOLLOWING)", opts)
    assert_sql(am.func.count(x):over({order_by=x, range_={am.null, am.null}}),
      "count(x) OVER (ORDER BY x RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)", opts)
    assert_sql(am.func.count(x):over({order_by=x, rows={2, am.null}}),
      "count(x) OVER (ORDER BY x ROWS BETWEEN :param_1 FOLLOWING AND UNBOUNDED FOLLOWING)", opts)
    assert_sql(am.func.count(x):over({order_by=x, rows={0, 10}}),
      "count(x) OVER (ORDER BY x ROWS BETWEEN CURRENT ROW AND :param_1 FOLLOWING)", opts)
  end)

  it("over nothing, over expressions, and labelled ones that are calculated with", function()
    local opts = { dialect = "default" }
    assert_sql(am.func.count(x):over(), "count(x) OVER ()", opts)
    assert_sql(am.over(am.func.count(x), {partition_by=y}), "count(x) OVER (PARTITION BY y)", opts)
    assert_sql(am.func.count(x):over({order_by=(x + y)}), "count(x) OVER (ORDER BY x + y)", opts)
    assert_sql((am.func.count(x):over({order_by=x}):label("z") + 5), "count(x) OVER (ORDER BY x) + :param_1", opts)
  end)

  it("are filtered by conditions, which join", function()
    local opts = { dialect = "default" }
    assert_sql(am.func.count(x):filter(x:gt(5)), "count(x) FILTER (WHERE x > :x_1)", opts)
    assert_sql(am.func.count(x):filter(x:gt(5), y:lt(3)), "count(x) FILTER (WHERE x > :x_1 AND y < :y_1)", opts)
    assert_sql(am.func.count(x):filter(x:gt(5)):filter(y:lt(3)),
      "count(x) FILTER (WHERE x > :x_1 AND y < :y_1)", opts)
    assert_sql(am.func.count(x):filter(b), "count(x) FILTER (WHERE b)", opts)
  end)

  it("with filters are parted from operators and compared", function()
    local opts = { dialect = "default" }
    assert_sql(am.func.count(x):filter(x:gt(5)):over({partition_by=y}),
      "count(x) FILTER (WHERE x > :x_1) OVER (PARTITION BY y)", opts)
    assert_sql((am.func.count(x):filter(x:gt(5)) + 7), "(count(x) FILTER (WHERE x > :x_1)) + :param_1", opts)
    assert_sql(am.func.count(x):filter(x:gt(5)):eq(7), "count(x) FILTER (WHERE x > :x_1) = :param_1", opts)
    assert_sql(am.and_(am.func.count(x):filter(x:gt(5)):eq(7), b),
      "count(x) FILTER (WHERE x > :x_1) = :param_1 AND b = 1", opts)
    assert_sql(am.funcfilter(am.func.count(1), x:ne("name")), "count(:count_1) FILTER (WHERE x != :x_1)", opts)
  end)

  it("within groups have orders, windows and operators", function()
    local opts = { dialect = "default" }
    assert_sql(am.func.percentile_cont(0.5):within_group(x),
      "percentile_cont(:percentile_cont_1) WITHIN GROUP (ORDER BY x)", opts)
    assert_sql(am.func.percentile_cont(0.5):within_group(x:desc(), y),
      "percentile_cont(:percentile_cont_1) WITHIN GROUP (ORDER BY x DESC, y)", opts)
    assert_sql(am.func.percentile_cont(0.5):within_group(x:desc()):over({partition_by=y}),
      "percentile_cont(:percentile_cont_1) WITHIN GROUP (ORDER BY x DESC) OVER (PARTITION BY y)", opts)
    assert_sql((am.func.mode():within_group(x:desc()) + 5), "mode() WITHIN GROUP (ORDER BY x DESC) + :param_1", opts)
  end)

  it("gather arrays", function()
    local opts = { dialect = "default" }
    assert_sql(am.func.array_agg(x), "array_agg(x)", opts)
  end)

  it("enumerations are compared and joined as texts", function()
    local opts = { dialect = "default" }
    assert_sql(e:eq("a"), "e = :e_1", opts)
    assert_sql(e + "x", "e || :e_1", opts)
  end)

  it("literal columns are written as they are", function()
    local opts = { dialect = "default" }
    assert_sql(am.literal_column("foo"), "foo", opts)
    assert_sql(am.literal_column("foo"):eq(5), "foo = :foo_1", opts)
    assert_sql(am.literal_column("a%b"), "a%b", opts)
  end)

  it("column names are quoted where they need it", function()
    local opts = { dialect = "default" }
    assert_sql(am.column("Foo Bar"), "\"Foo Bar\"", opts)
    assert_sql(am.column("select"), "\"select\"", opts)
    assert_sql(am.column("a%b"), "\"a%b\"", opts)
    assert_sql(am.column("x.y"), "\"x.y\"", opts)
  end)

  it("parameters have the names that they are given, labels vanish outside of columns", function()
    local opts = { dialect = "default" }
    assert_sql(am.bindparam("foo", {unique=true}), ":foo_1", opts)
    assert_sql(am.and_(x:eq(am.bindparam("foo")), y:eq(am.bindparam("foo"))), "x = :foo AND y = :foo", opts)
    assert_sql(x:eq(am.bindparam("x", 5, {unique=true})), "x = :x_1", opts)
    assert_sql(am.literal("5", am.String), ":param_1", opts)
    assert_sql(x:label("foo"), "x", opts)
  end)

  it("MySQL has words of its own for them", function()
    local opts = { dialect = "mysql" }
    assert_sql(am.func.random(), "rand()", opts)
    assert_sql(am.func.sysdate(), "SYSDATE()", opts)
    assert_sql(am.func.now(), "now()", opts)
    assert_sql(am.func.rollup(x, y), "x, y WITH ROLLUP", opts)
  end)

  it("JSON paths on MySQL give typed values", function()
    local opts = { dialect = "mysql" }
    assert_sql(j:at("a"), "JSON_EXTRACT(j, %s)", opts)
    assert_sql(j:at("a"):as_integer(),
      "CASE JSON_EXTRACT(j, %s) WHEN 'null' THEN NULL ELSE CAST(JSON_EXTRACT(j, %s) AS SIGNED INTEGER) END", opts)
    assert_sql(j:at("a"):as_string(),
      "CASE JSON_EXTRACT(j, %s) WHEN 'null' THEN NULL ELSE JSON_UNQUOTE(JSON_EXTRACT(j, %s)) END", opts)
    assert_sql(j:at("a"):as_float(),
      "CASE JSON_EXTRACT(j, %s) WHEN 'null' THEN NULL ELSE JSON_EXTRACT(j, %s)+0.0000000000000000000000 END", opts)
    assert_sql(j:at("a"):as_numeric(10, 2),
      "CASE JSON_EXTRACT(j, %s) WHEN 'null' THEN NULL ELSE CAST(JSON_EXTRACT(j, %s) AS DECIMAL(10, 2)) END", opts)
    assert_sql(j:at("a"):as_boolean(),
      "CASE JSON_EXTRACT(j, %s) WHEN 'null' THEN NULL WHEN true THEN true ELSE false END", opts)
  end)

  it("are joined, divided and matched the way of MySQL", function()
    local opts = { dialect = "mysql" }
    assert_sql((am.func.concat(s, "a") + "b"), "concat(concat(s, %s), %s)", opts)
    assert_sql(x / 5, "x / %s", opts)
    assert_sql(x:match("a"):and_(x:match("b")),
      "MATCH (x) AGAINST (%s IN BOOLEAN MODE) AND MATCH (x) AGAINST (%s IN BOOLEAN MODE)", opts)
  end)

  it("names on MySQL stand in its quotes, percent signs doubled", function()
    local opts = { dialect = "mysql" }
    assert_sql(am.literal_column("a%b"), "a%%b", opts)
    assert_sql(am.column("select"), "`select`", opts)
    assert_sql(am.column("a%b"), "`a%%b`", opts)
  end)

  it("SQLite has words of its own for them", function()
    local opts = { dialect = "sqlite" }
    assert_sql(am.func.now(), "CURRENT_TIMESTAMP", opts)
    assert_sql(am.func.char_length(s), "length(s)", opts)
    assert_sql(am.func.localtimestamp(), "DATETIME(CURRENT_TIMESTAMP, 'localtime')", opts)
  end)

  it("JSON paths on SQLite", function()
    local opts = { dialect = "sqlite" }
    assert_sql(j:at("a"), "JSON_QUOTE(JSON_EXTRACT(j, ?))", opts)
    assert_sql(j:at("a"):as_integer(), "JSON_EXTRACT(j, ?)", opts)
    assert_sql(j:at("a", 1), "JSON_QUOTE(JSON_EXTRACT(j, ?))", opts)
    assert_sql(j:at("a"):at("b"), "JSON_QUOTE(JSON_EXTRACT(JSON_QUOTE(JSON_EXTRACT(j, ?)), ?))", opts)
  end)

  it("aggregates on PostgreSQL have orders and subscripts", function()
    local opts = { dialect = "postgresql" }
    assert_sql(am.func.array_agg(x):at(1), "(array_agg(x))[$1]", opts)
    assert_sql(am.func.array_agg(am.aggregate_order_by(x, y:desc())), "array_agg(x ORDER BY y DESC)", opts)
    assert_sql(am.func.string_agg(am.aggregate_order_by(s, ",", s)), "string_agg(s ORDER BY $1, s)", opts)
    assert_sql(am.func.string_agg(s, am.aggregate_order_by(am.literal_column("','"), s)),
      "string_agg(s, ',' ORDER BY s)", opts)
  end)

  it("JSON paths on PostgreSQL give JSON or text", function()
    local opts = { dialect = "postgresql" }
    assert_sql(pj:at("bar"), "pj -> $1", opts)
    assert_sql(pj:at("bar"):eq(nil), "(pj -> $1) IS NULL", opts)
    assert_sql(pj:at("a", "b"), "pj #> $1", opts)
    assert_sql(pj:at("bar").astext:eq("x"), "(pj ->> $1) = $2", opts)
    assert_sql(pj:at("a", "b").astext:eq("x"), "(pj #>> $1) = $2", opts)
    assert_sql(pj:at("bar").astext, "pj ->> $1", opts)
    assert_sql(pj:at("bar").astext:cast(am.Integer), "CAST(pj ->> $1 AS INTEGER)", opts)
  end)

  it("JSON paths on PostgreSQL give typed values, of classes too", function()
    local opts = { dialect = "postgresql" }
    assert_sql(pj:at("bar"):as_integer(), "CAST(pj ->> $1 AS INTEGER)", opts)
    assert_sql(pj:at("bar"):as_integer():eq(5), "CAST((pj ->> $1) AS INTEGER) = $2", opts)
    local Person = am.declarative_base():model("Person", { __tablename__ = "person", j = am.Column(am.JSON),
      id = am.Column(am.Integer, { primary_key = true }), name = am.index_property("j", "name"),
      age = am.hybrid_property(function(self) return self.j.age end,
        { expression = function(cls) return cls.j:at("age") end }) })
    assert_sql(Person.name:as_string(), "CAST(person.j ->> $1 AS VARCHAR)", opts)
    assert_sql(Person.age:as_integer(), "CAST(person.j ->> $1 AS INTEGER)", opts)
    assert_sql(pj:at("bar"):as_string(), "CAST(pj ->> $1 AS VARCHAR)", opts)
    assert_sql(pj:at("bar"):as_float():gt(5.5), "CAST((pj ->> $1) AS FLOAT) > $2", opts)
    assert_sql(pj:at("bar"):as_boolean(), "CAST(pj ->> $1 AS BOOLEAN)", opts)
    assert_sql(pj:at("bar"):as_numeric(10, 4):eq(5), "CAST((pj ->> $1) AS NUMERIC(10, 4)) = $2", opts)
  end)

  it("JSON paths on PostgreSQL take paths and expressions", function()
    local opts = { dialect = "postgresql" }
    assert_sql(pj:at("bar"):at("baz"), "(pj -> $1) -> $2", opts)
    assert_sql(pj:at("bar"):at("baz"):eq(nil), "((pj -> $1) -> $2) IS NULL", opts)
    assert_sql(pj:at(5), "pj -> $1", opts)
    assert_sql(pj:at(x), "pj -> x", opts)
    assert_sql(pj:at((x + 8)), "pj -> (x + $1)", opts)
    assert_sql(pj:at((x + 8)):ne(nil), "(pj -> (x + $1)) IS NOT NULL", opts)
    assert_sql(am.cast(pj:at("bar"), am.Integer):eq(5), "CAST((pj -> $1) AS INTEGER) = $2", opts)
  end)

  it("JSONB has subscripts and is compared as text", function()
    local opts = { dialect = "postgresql" }
    assert_sql(jb:at("bar"), "jb[$1]", opts)
    assert_sql(jb:at("bar").astext:eq("x"), "(jb ->> $1) = $2", opts)
    assert_sql((jb:at("bar") + " "), "jb[$1] || $2", opts)
  end)

  it("JSONB knows what it contains", function()
    local opts = { dialect = "postgresql" }
    assert_sql(jb:has_key("foo"), "jb ? $1", opts)
    assert_sql(jb:has_all(am.array({"name", "a"})), "jb ?& ARRAY[$1, $2]", opts)
    assert_sql(jb:has_any(am.array({"name", "a"})), "jb ?| ARRAY[$1, $2]", opts)
    assert_sql(jb:contains({["k1"]="r1"}), "jb @> $1", opts)
    assert_sql(jb:contained_by({["foo"]="1"}), "jb <@ $1", opts)
    assert_sql(am.not_(jb:has_key("foo")), "NOT (jb ? $1)", opts)
    assert_sql(jb:has_key("foo"):and_(b), "(jb ? $1) AND b", opts)
  end)

  it("arrays have elements and slices", function()
    local opts = { dialect = "postgresql" }
    assert_sql(ar:at(5), "ar[$1]", opts)
    assert_sql(ar:at(am.slice(5, 6)), "ar[$1:$2]", opts)
    assert_sql(ar:at(am.slice(5, 6)):at(am.slice(3, 4)), "ar[$1:$2][$3:$4]", opts)
    assert_sql(ar2:at(5):at(6), "ar2[$1][$2]", opts)
    assert_sql(ar:at((x + 5)), "ar[(x + $1)]", opts)
  end)

  it("arrays are compared, contained and joined", function()
    local opts = { dialect = "postgresql" }
    assert_sql(ar:eq({1, 2}), "ar = $1", opts)
    assert_sql(ar:any(5), "$1 = ANY (ar)", opts)
    assert_sql(ar:all(5), "$1 = ALL (ar)", opts)
    assert_sql(am.not_(ar:any(5)), "NOT ($1 = ANY (ar))", opts)
    assert_sql(ar:contains({1}), "ar @> $1", opts)
    assert_sql(ar:contained_by({1}), "ar <@ $1", opts)
    assert_sql(ar:overlap({1}), "ar && $1", opts)
    assert_sql(ar + {1}, "ar || $1", opts)
    assert_sql(ar:at(5):eq(7), "ar[$1] = $2", opts)
    assert_sql((ar + am.array({1, 2})), "ar || ARRAY[$1, $2]", opts)
  end)

  it("arrays are made of expressions", function()
    local opts = { dialect = "postgresql" }
    assert_sql(am.array({1, 2, x}), "ARRAY[$1, $2, x]", opts)
    assert_sql(am.array({1, 2}):at(1), "(ARRAY[$1, $2])[$3]", opts)
    assert_sql((am.array({1, 2}) + am.array({3, 4})), "ARRAY[$1, $2] || ARRAY[$3, $4]", opts)
    assert_sql(am.array({am.array({1, 2}), am.array({3, 4})}), "ARRAY[ARRAY[$1, $2], ARRAY[$3, $4]]", opts)
    assert_sql(am.array({}), "ARRAY[]", opts)
    assert_sql(am.array({}, {type_=am.Integer}), "ARRAY[]::INTEGER[]", opts)
    assert_sql(am.any_(am.array({1, 2})):eq(5), "$1 = ANY (ARRAY[$2, $3])", opts)
    assert_sql(am.func.array_cat(am.array({1, 2}), am.array({3})), "array_cat(ARRAY[$1, $2], ARRAY[$3])", opts)
    assert_sql(am.cast(am.array({1, 2}), am.ARRAY(am.Integer)), "CAST(ARRAY[$1, $2] AS INTEGER[])", opts)
  end)

  it("hstore has keys and knows what it contains", function()
    local opts = { dialect = "postgresql" }
    assert_sql(hs:at("foo"), "hs -> $1", opts)
    assert_sql(hs:at("foo"):eq(nil), "(hs -> $1) IS NULL", opts)
    assert_sql(hs:has_key("foo"), "hs ? $1", opts)
    assert_sql(hs:has_any(am.array({"1"})), "hs ?| ARRAY[$1]", opts)
    assert_sql(hs:contains({["a"]="b"}), "hs @> $1", opts)
  end)

  it("hstore has the functions of the extension", function()
    local opts = { dialect = "postgresql" }
    assert_sql(hs:contained_by({["a"]="b"}), "hs <@ $1", opts)
    assert_sql(hs:keys(), "akeys(hs)", opts)
    assert_sql(hs:vals(), "avals(hs)", opts)
    assert_sql(hs:slice(am.array({"1", "2"})), "slice(hs, ARRAY[$1, $2])", opts)
    assert_sql(hs:delete("k"), "delete(hs, $1)", opts)
    assert_sql(hs:defined("k"), "defined(hs, $1)", opts)
    assert_sql(hs:matrix(), "hstore_to_matrix(hs)", opts)
    assert_sql(hs:array(), "hstore_to_array(hs)", opts)
    assert_sql((hs:at("foo") + "x"), "(hs -> $1) || $2", opts)
    assert_sql(hs:concat(am.hstore("a", "b")), "hs || hstore($1, $2)", opts)
    assert_sql(hs:at("a"):eq("b"), "(hs -> $1) = $2", opts)
  end)

  it("ranges have the operators of PostgreSQL", function()
    local opts = { dialect = "postgresql" }
    assert_sql(rg:contains(5), "rg @> $1", opts)
    assert_sql(rg:contained_by(rg), "rg <@ rg", opts)
    assert_sql(rg:overlaps(rg), "rg && rg", opts)
    assert_sql(rg:bitwise_lshift(rg), "rg << rg", opts)
    assert_sql(rg:bitwise_rshift(rg), "rg >> rg", opts)
    assert_sql(rg:strictly_left_of(rg), "rg << rg", opts)
    assert_sql(rg:not_extend_left_of(rg), "rg &> rg", opts)
    assert_sql(rg:adjacent_to(rg), "rg -|- rg", opts)
    assert_sql(rg + rg, "rg + rg", opts)
    assert_sql(rg * rg, "rg * rg", opts)
    assert_sql(rg - rg, "rg - rg", opts)
  end)

  it("words of PostgreSQL are quoted", function()
    local opts = { dialect = "postgresql" }
    assert_sql(am.column("user"), "\"user\"", opts)
  end)

  it("subscripts without a database are brackets", function()
    local opts = { dialect = "string" }
    assert_sql(j:at("a"), "j[:j_1]", opts)
  end)

  it("constants may be written into the text", function()
    local opts = { dialect = "default", literal_binds = true }
    assert_sql(e:eq("a"), "e = 'a'", opts)
    assert_sql(am.cast("a", am.String), "CAST('a' AS VARCHAR)", opts)
    assert_sql(am.func.foo("a", 5, nil), "foo('a', 5, NULL)", opts)
    assert_sql(am.func.count(x):over({rows={(-(1)), 5}, order_by=x}),
      "count(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND 5 FOLLOWING)", opts)
    assert_sql(am.case({x:eq(5), "a"}, {else_="b"}), "CASE WHEN (x = 5) THEN 'a' ELSE 'b' END", opts)
  end)

end)

describe("A function by itself", function()
  it("keeps its name on every database: pow", function()
    for _, dialect in ipairs { "default", "sqlite", "postgresql", "mysql" } do
      assert.is_truthy(tostring(am.func.pow(2, 3):compile { dialect = dialect }):find("^pow%("), dialect)
    end
  end)

  it("numbers the parameters of a window's frame before those of its ordering", function()
    local a, b = am.column("a", am.Integer), am.column("b", am.Integer)
    assert_sql(am.func.f():over { partition_by = a + 5, order_by = b + 6, rows = { -2, 3 } },
      "f() OVER (PARTITION BY a + $3 ORDER BY b + $4 ROWS BETWEEN $1 PRECEDING AND $2 FOLLOWING)",
      { dialect = "postgresql" })
  end)

  it("is executed as its SELECT", function()
    local engine = am.create_engine("sqlite://")
    engine:connect(function(conn)
      assert.equal(5, conn:scalar(am.func.abs(-5)))
      assert.equal("ab", conn:execute(am.func.lower(am.bindparam "x"), { x = "AB" }):scalar())
    end)
    am.Session(engine, function(session) assert.equal(3, session:scalar(am.func.max(1, 3))) end)
  end)
end)

describe("the execution options of a function", function()
  it("are those of its SELECT", function()
    local called = am.func.lower("A"):execution_options { colour = "red" }
    assert.equal("red", called:get_execution_options().colour)
    assert.equal("red", called:select():get_execution_options().colour)
    am.create_engine("sqlite://"):connect(function(conn)
      assert.equal("red", conn:execute(called).context.execution_options.colour)
    end)
  end)
end)
