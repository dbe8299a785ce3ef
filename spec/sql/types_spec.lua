-- The names of types, on each database.
local am = require "alchemoon"
local raises_exc = require("support.init").raises_exc
local assert_sql = require("support.sql").assert_sql

describe("A bare type class", function()
  it("stands for its type without arguments", function()
    local json = am.JSON:with_variant(am.JSONB, "postgresql")
    assert.are.equal("JSONB", json:compile { dialect = "postgresql" })
    assert.are.equal("JSON", json:compile { dialect = "sqlite" })
    assert.are.equal("BIGINT", am.BigInteger:compile { dialect = "postgresql" })
  end)
end)

describe("A type as an argument", function()
  it("may be given by its name", function()
    for _, sql_type in ipairs { am.String, { type_ = am.String } } do
      assert_sql(am.literal_column("x", sql_type) + "y", "x || :x_1", { params = { x_1 = "y" } })
      assert_sql(am.cast(am.column "x", sql_type), "CAST(x AS VARCHAR)", {})
      assert_sql(am.column("x"):cast(sql_type), "CAST(x AS VARCHAR)", {})
      assert_sql(am.type_coerce(am.column "x", sql_type) + "y", "x || :param_1", { params = { param_1 = "y" } })
    end
    local ok, e = pcall(am.cast, am.column "x", { typ = am.String })
    assert.is_false(ok)
    assert.matches("cast: unknown option 'typ'; did you mean 'type_'", e.message, 1, true)
  end)
end)

describe("types", function()
  it("without the name that PostgreSQL needs are called by their own", function()
    for _, sql_type in ipairs { am.Enum("a"), am.postgresql.ENUM("a") } do
      local ok, e = pcall(function() return sql_type:compile { dialect = "postgresql" } end)
      assert.is_false(ok)
      assert.equal(("PostgreSQL %s type requires a name."):format(sql_type.kind == "ENUM" and "Enum" or "ENUM"),
        e.message)
    end
  end)

  it("of MySQL are refused by other databases, and shown by tostring", function()
    for _, sql_type in ipairs { am.mysql.TINYINT(), am.mysql.LONGTEXT(), am.mysql.SET("a"), am.mysql.YEAR() } do
      for _, dialect in ipairs { "default", "sqlite", "postgresql" } do
        local ok, e = pcall(function() return sql_type:compile { dialect = dialect } end)
        assert.is_false(ok)
        assert.equal("UnsupportedCompilationError", e.name)
      end
    end
    assert.equal("TINYINT", am.mysql.TINYINT():compile { dialect = "mariadb" })
    assert.equal("LONGTEXT", tostring(am.mysql.LONGTEXT()))
  end)

  it("of texts have the names of the standard", function()
    local opts = { dialect = "default" }
    assert_sql(am.String(50), "VARCHAR(50)", opts)
    assert_sql(am.String(), "VARCHAR", opts)
    assert_sql(am.Text(), "TEXT", opts)
    assert_sql(am.Unicode(20), "VARCHAR(20)", opts)
    assert_sql(am.VARCHAR(20), "VARCHAR(20)", opts)
    assert_sql(am.CHAR(5), "CHAR(5)", opts)
    assert_sql(am.NCHAR(5), "NCHAR(5)", opts)
    assert_sql(am.NVARCHAR(5), "NVARCHAR(5)", opts)
  end)

  it("of numbers have the names of the standard", function()
    local opts = { dialect = "default" }
    assert_sql(am.Integer(), "INTEGER", opts)
    assert_sql(am.SmallInteger(), "SMALLINT", opts)
    assert_sql(am.BigInteger(), "BIGINT", opts)
    assert_sql(am.Numeric(), "NUMERIC", opts)
    assert_sql(am.Numeric(10), "NUMERIC(10)", opts)
    assert_sql(am.Numeric(10, 2), "NUMERIC(10, 2)", opts)
    assert_sql(am.DECIMAL(10, 2), "DECIMAL(10, 2)", opts)
    assert_sql(am.Float(), "FLOAT", opts)
    assert_sql(am.Float(5), "FLOAT", opts)
    assert_sql(am.REAL(), "REAL", opts)
  end)

  it("of booleans and moments have the names of the standard", function()
    local opts = { dialect = "default" }
    assert_sql(am.Boolean(), "BOOLEAN", opts)
    assert_sql(am.Date(), "DATE", opts)
    assert_sql(am.DateTime(), "DATETIME", opts)
    assert_sql(am.Time(), "TIME", opts)
    assert_sql(am.TIMESTAMP(), "TIMESTAMP", opts)
    assert_sql(am.Interval(), "DATETIME", opts)
  end)

  it("of bytes have the names of the standard", function()
    local opts = { dialect = "default" }
    assert_sql(am.LargeBinary(), "BLOB", opts)
    assert_sql(am.LargeBinary(10), "BLOB", opts)
    assert_sql(am.BLOB(), "BLOB", opts)
    assert_sql(am.BINARY(10), "BINARY(10)", opts)
    assert_sql(am.VARBINARY(10), "VARBINARY(10)", opts)
  end)

  it("of enumerations are texts as long as the longest name", function()
    local opts = { dialect = "default" }
    assert_sql(am.Enum("a", "bbb"), "VARCHAR(3)", opts)
    assert_sql(am.Enum("a", "bbb", {length=20}), "VARCHAR(20)", opts)
    assert_sql(am.Enum("a", {name="x"}), "VARCHAR(1)", opts)
    assert_sql(am.Enum("a", "bbb", {length=am.null}), "VARCHAR", opts)
    assert.is_nil(am.Enum("a", {length=am.null}).length)
    assert_sql(am.String(am.null), "VARCHAR", opts)
    assert_sql(am.String({collation="foo"}), "VARCHAR COLLATE \"foo\"", opts)
    assert_sql(am.String(50):with_variant(am.mysql.LONGTEXT(), "mysql"), "VARCHAR(50)", opts)
  end)

  it("of texts and numbers have the names of PostgreSQL", function()
    local opts = { dialect = "postgresql" }
    assert_sql(am.String(50), "VARCHAR(50)", opts)
    assert_sql(am.String(), "VARCHAR", opts)
    assert_sql(am.Text(), "TEXT", opts)
    assert_sql(am.Integer(), "INTEGER", opts)
    assert_sql(am.Float(), "FLOAT", opts)
    assert_sql(am.Float(5), "FLOAT(5)", opts)
    assert_sql(am.Numeric(10, 2), "NUMERIC(10, 2)", opts)
  end)

  it("of moments and intervals say whether they have a zone", function()
    local opts = { dialect = "postgresql" }
    assert_sql(am.DateTime(), "TIMESTAMP WITHOUT TIME ZONE", opts)
    assert_sql(am.DateTime({timezone=true}), "TIMESTAMP WITH TIME ZONE", opts)
    assert_sql(am.Time(), "TIME WITHOUT TIME ZONE", opts)
    assert_sql(am.Time({timezone=true}), "TIME WITH TIME ZONE", opts)
    assert_sql(am.TIMESTAMP(), "TIMESTAMP WITHOUT TIME ZONE", opts)
    assert_sql(am.TIMESTAMP({timezone=true}), "TIMESTAMP WITH TIME ZONE", opts)
    assert_sql(am.postgresql.TIMESTAMP({precision=3}), "TIMESTAMP(3) WITHOUT TIME ZONE", opts)
    assert_sql(am.postgresql.TIME({precision=3, timezone=true}), "TIME(3) WITH TIME ZONE", opts)
    assert_sql(am.Interval(), "INTERVAL", opts)
    assert_sql(am.Interval({second_precision=3}), "INTERVAL (3)", opts)
    assert_sql(am.postgresql.INTERVAL({precision=3}), "INTERVAL (3)", opts)
    assert_sql(am.postgresql.INTERVAL({fields="YEAR TO MONTH"}), "INTERVAL YEAR TO MONTH", opts)
  end)

  it("of enumerations are known by name on PostgreSQL", function()
    local opts = { dialect = "postgresql" }
    assert_sql(am.LargeBinary(), "BYTEA", opts)
    assert_sql(am.Enum("a", "b", {name="foo"}), "foo", opts)
    assert_sql(am.Enum("a", "b", {name="foo", schema="s"}), "s.foo", opts)
    assert_sql(am.Enum("a", "bcd", {name="foo", native_enum=false}), "VARCHAR(3)", opts)
    assert_sql(am.postgresql.ENUM("a", "b", {name="Foo"}), "\"Foo\"", opts)
  end)

  it("of arrays and bits tell dimensions and lengths", function()
    local opts = { dialect = "postgresql" }
    assert_sql(am.ARRAY(am.Integer), "INTEGER[]", opts)
    assert_sql(am.ARRAY(am.Integer, {dimensions=2}), "INTEGER[][]", opts)
    assert_sql(am.ARRAY(am.String(30, {collation="en_US"})), "VARCHAR(30)[] COLLATE \"en_US\"", opts)
    assert_sql(am.postgresql.BIT(), "BIT(1)", opts)
    assert_sql(am.postgresql.BIT(5), "BIT(5)", opts)
    assert_sql(am.postgresql.BIT({varying=true}), "BIT VARYING", opts)
    assert_sql(am.postgresql.BIT(5, {varying=true}), "BIT VARYING(5)", opts)
  end)

  it("that only PostgreSQL has are called by its names", function()
    local opts = { dialect = "postgresql" }
    assert_sql(am.JSONB(), "JSONB", opts)
    assert_sql(am.JSON(), "JSON", opts)
    assert_sql(am.HSTORE(), "HSTORE", opts)
    assert_sql(am.INET(), "INET", opts)
    assert_sql(am.postgresql.MACADDR(), "MACADDR", opts)
    assert_sql(am.TSVECTOR(), "TSVECTOR", opts)
    assert_sql(am.postgresql.BYTEA(), "BYTEA", opts)
    assert_sql(am.postgresql.DOUBLE_PRECISION(), "DOUBLE PRECISION", opts)
    assert_sql(am.INT4RANGE(), "INT4RANGE", opts)
    assert_sql(am.postgresql.MONEY(), "MONEY", opts)
    assert_sql(am.postgresql.OID(), "OID", opts)
    assert_sql(am.postgresql.REGCLASS(), "REGCLASS", opts)
    assert_sql(am.Boolean(), "BOOLEAN", opts)
    assert_sql(am.BigInteger(), "BIGINT", opts)
    assert_sql(am.postgresql.UUID(), "UUID", opts)
  end)

  it("of integers say width, sign and zeros on MySQL", function()
    local opts = { dialect = "mysql" }
    assert_sql(am.String(50), "VARCHAR(50)", opts)
    assert_sql(am.Text(), "TEXT", opts)
    assert_sql(am.Text(100), "TEXT(100)", opts)
    assert_sql(am.Integer(), "INTEGER", opts)
    assert_sql(am.mysql.INTEGER({display_width=4}), "INTEGER(4)", opts)
    assert_sql(am.mysql.INTEGER({unsigned=true}), "INTEGER UNSIGNED", opts)
    assert_sql(am.mysql.INTEGER(4, {zerofill=true}), "INTEGER(4) ZEROFILL", opts)
    assert_sql(am.mysql.INTEGER(4, {unsigned=true, zerofill=true}), "INTEGER(4) UNSIGNED ZEROFILL", opts)
    assert_sql(am.mysql.TINYINT(), "TINYINT", opts)
    assert_sql(am.mysql.TINYINT(1), "TINYINT(1)", opts)
    assert_sql(am.mysql.MEDIUMINT(4, {unsigned=true}), "MEDIUMINT(4) UNSIGNED", opts)
    assert_sql(am.mysql.BIGINT({unsigned=true}), "BIGINT UNSIGNED", opts)
    assert_sql(am.mysql.SMALLINT({zerofill=true}), "SMALLINT ZEROFILL", opts)
    assert_sql(am.mysql.BIT(10), "BIT(10)", opts)
    assert_sql(am.mysql.BIT(), "BIT", opts)
    assert_sql(am.mysql.YEAR(), "YEAR", opts)
    assert_sql(am.mysql.YEAR({display_width=4}), "YEAR(4)", opts)
  end)

  it("of other numbers say precision and scale on MySQL", function()
    local opts = { dialect = "mysql" }
    assert_sql(am.mysql.NUMERIC({precision=10, scale=4}), "NUMERIC(10, 4)", opts)
    assert_sql(am.mysql.NUMERIC({precision=10, unsigned=true}), "NUMERIC(10) UNSIGNED", opts)
    assert_sql(am.mysql.DECIMAL(), "DECIMAL", opts)
    assert_sql(am.mysql.DECIMAL(12, 4, {zerofill=true}), "DECIMAL(12, 4) ZEROFILL", opts)
    assert_sql(am.mysql.DOUBLE(), "DOUBLE", opts)
    assert_sql(am.mysql.DOUBLE({precision=12, scale=4}), "DOUBLE(12, 4)", opts)
    assert_sql(am.mysql.DOUBLE({precision=12, scale=4, unsigned=true}), "DOUBLE(12, 4) UNSIGNED", opts)
    assert_sql(am.mysql.FLOAT(), "FLOAT", opts)
    assert_sql(am.mysql.FLOAT({precision=4}), "FLOAT(4)", opts)
    assert_sql(am.mysql.FLOAT({precision=8, scale=4, zerofill=true, unsigned=true}),
      "FLOAT(8, 4) UNSIGNED ZEROFILL", opts)
    assert_sql(am.mysql.REAL({precision=5, scale=3}), "REAL(5, 3)", opts)
  end)

  it("of moments say digits of the second on MySQL", function()
    local opts = { dialect = "mysql" }
    assert_sql(am.mysql.DATETIME({fsp=3}), "DATETIME(3)", opts)
    assert_sql(am.mysql.TIMESTAMP({fsp=3}), "TIMESTAMP(3)", opts)
    assert_sql(am.mysql.TIME({fsp=5}), "TIME(5)", opts)
    assert_sql(am.DateTime(), "DATETIME", opts)
    assert_sql(am.Date(), "DATE", opts)
    assert_sql(am.Time(), "TIME", opts)
    assert_sql(am.TIMESTAMP(), "TIMESTAMP", opts)
    assert_sql(am.Interval(), "DATETIME", opts)
  end)

  it("of bytes, booleans and numbers have the names of MySQL", function()
    local opts = { dialect = "mysql" }
    assert_sql(am.LargeBinary(), "BLOB", opts)
    assert_sql(am.LargeBinary(32), "BLOB(32)", opts)
    assert_sql(am.Boolean(), "BOOL", opts)
    assert_sql(am.Float(), "FLOAT", opts)
    assert_sql(am.Float(5), "FLOAT(5)", opts)
    assert_sql(am.Numeric(10, 2), "NUMERIC(10, 2)", opts)
  end)

  it("of enumerations and sets list their values on MySQL", function()
    local opts = { dialect = "mysql" }
    assert_sql(am.Enum("a", "b"), "ENUM('a','b')", opts)
    assert_sql(am.Enum("it's", "b", {native_enum=false}), "VARCHAR(4)", opts)
    assert_sql(am.mysql.ENUM("a'b", "c"), "ENUM('a''b','c')", opts)
    assert_sql(am.mysql.ENUM("a", "b", {charset="utf8"}), "ENUM('a','b') CHARACTER SET utf8", opts)
    assert_sql(am.mysql.SET("a", "b"), "SET('a','b')", opts)
  end)

  it("of texts say character set and collation on MySQL", function()
    local opts = { dialect = "mysql" }
    assert_sql(am.mysql.TINYTEXT(), "TINYTEXT", opts)
    assert_sql(am.mysql.MEDIUMTEXT({charset="utf8"}), "MEDIUMTEXT CHARACTER SET utf8", opts)
    assert_sql(am.mysql.LONGTEXT({ascii=true}), "LONGTEXT ASCII", opts)
    assert_sql(am.mysql.VARCHAR(20, {charset="utf8", collation="utf8_bin"}),
      "VARCHAR(20) CHARACTER SET utf8 COLLATE utf8_bin", opts)
    assert_sql(am.mysql.VARCHAR(20, {collation="utf8_bin"}), "VARCHAR(20) COLLATE utf8_bin", opts)
    assert_sql(am.mysql.VARCHAR(20, {binary=true}), "VARCHAR(20) BINARY", opts)
    assert_sql(am.mysql.VARCHAR(20, {unicode=true, binary=true}), "VARCHAR(20) UNICODE BINARY", opts)
    assert_sql(am.mysql.CHAR(1, {national=true}), "NATIONAL CHAR(1)", opts)
    assert_sql(am.mysql.NCHAR(5), "NATIONAL CHAR(5)", opts)
    assert_sql(am.mysql.NVARCHAR(5), "NATIONAL VARCHAR(5)", opts)
    assert_sql(am.mysql.NCHAR(2, {binary=true}), "NATIONAL CHAR(2) BINARY", opts)
    assert_sql(am.NVARCHAR(5), "NATIONAL VARCHAR(5)", opts)
    assert_sql(am.CHAR(), "CHAR", opts)
  end)

  it("with variants are the variant on MySQL", function()
    local opts = { dialect = "mysql" }
    assert_sql(am.mysql.LONGBLOB(), "LONGBLOB", opts)
    assert_sql(am.mysql.TINYBLOB(), "TINYBLOB", opts)
    assert_sql(am.BLOB(), "BLOB", opts)
    assert_sql(am.JSON(), "JSON", opts)
    assert_sql(am.String(50):with_variant(am.mysql.LONGTEXT(), "mysql"), "LONGTEXT", opts)
  end)

  it("have the names of the standard on SQLite", function()
    local opts = { dialect = "sqlite" }
    assert_sql(am.String(50), "VARCHAR(50)", opts)
    assert_sql(am.DateTime(), "DATETIME", opts)
    assert_sql(am.Date(), "DATE", opts)
    assert_sql(am.LargeBinary(), "BLOB", opts)
    assert_sql(am.Boolean(), "BOOLEAN", opts)
    assert_sql(am.JSON(), "JSON", opts)
    assert_sql(am.Enum("a", "b"), "VARCHAR(1)", opts)
    assert_sql(am.Interval(), "DATETIME", opts)
    assert_sql(am.Float(5), "FLOAT", opts)
    assert_sql(am.Text(), "TEXT", opts)
    assert_sql(am.Numeric(10, 2), "NUMERIC(10, 2)", opts)
  end)

  it("of one database are shown without it, too", function()
    local opts = { dialect = "string" }
    assert_sql(am.JSON(), "JSON", opts)
    assert_sql(am.ARRAY(am.Integer), "ARRAY", opts)
    assert_sql(am.NullType(), "NULL", opts)
    assert_sql(am.JSONB(), "JSONB", opts)
    assert_sql(am.postgresql.ENUM("a", "bbb", {name="x"}), "VARCHAR(3)", opts)
    assert_sql(am.Interval(), "DATETIME", opts)
    assert_sql(am.mysql.TINYINT(5), "TINYINT", opts)
  end)

  it("are compiled without a dialect as they are shown", function()
    assert.equal("JSONB", am.JSONB():compile())
    assert.equal("INT4RANGE", am.INT4RANGE():compile {})
    assert.equal("MEDIUMTEXT", am.mysql.MEDIUMTEXT:compile())
  end)

  it("lose their collation in a CAST of MySQL, unless they are MySQL's own", function()
    local function cast(type_) return am.cast(am.column "x", type_) end
    local opts = { dialect = "mysql" }
    assert_sql(cast(am.String(10, { collation = "utf8mb4_bin" })), "CAST(x AS CHAR(10))", opts)
    assert_sql(cast(am.mysql.VARCHAR(10, { collation = "utf8mb4_bin" })), "CAST(x AS CHAR(10) COLLATE utf8mb4_bin)",
      opts)
  end)

  it("of one database say what they can under another", function()
    local function each(given, texts)
      for dialect, text in pairs(texts) do assert_sql(given, text, { dialect = dialect }) end
    end
    each(am.TIME { precision = 4 }, { postgresql = "TIME(4) WITHOUT TIME ZONE", mysql = "TIME", sqlite = "TIME" })
    each(am.TIMESTAMP { precision = 4 }, { postgresql = "TIMESTAMP(4) WITHOUT TIME ZONE", mysql = "TIMESTAMP" })
    each(am.mysql.TIME { fsp = 3 }, { postgresql = "TIME WITHOUT TIME ZONE", mysql = "TIME(3)", mariadb = "TIME(3)" })
    each(am.mysql.TIMESTAMP { fsp = 6 }, { postgresql = "TIMESTAMP WITHOUT TIME ZONE", mysql = "TIMESTAMP(6)" })
    assert.equal(6, am.mysql.TIMESTAMP({ fsp = 6 }).fsp)
    each(am.sqlite.DATETIME(), { postgresql = "TIMESTAMP WITHOUT TIME ZONE", mysql = "DATETIME", sqlite = "DATETIME" })
    each(am.postgresql.BIT(), { postgresql = "BIT(1)", mysql = "BIT(1)" })
    each(am.postgresql.JSON(), { postgresql = "JSON", sqlite = "JSON", mysql = "JSON" })
    each(am.postgresql.ENUM("a", "b", { name = "e" }),
      { postgresql = "e", mysql = "ENUM('a','b')", sqlite = "VARCHAR(1)" })
    each(am.CLOB { length = 7, collation = "c" }, { postgresql = "CLOB", mysql = "CLOB", default = "CLOB" })
    each(am.mysql.LONGBLOB { length = 7 }, { mysql = "LONGBLOB" })
    each(am.mysql.INET6(), { mariadb = "INET6" })
    raises_exc("UnsupportedCompilationError", function()
      return am.mysql.INET6():compile { dialect = "mysql" }
    end)
  end)

  it("that MySQL does not have cannot be cast to there, not even without the CAST", function()
    local opts = { dialect = "mysql" }
    local function cast(type_) return am.cast(am.column "x", type_) end
    for _, foreign in ipairs { am.INET, am.HSTORE, am.TSVECTOR, am.INT4RANGE, am.postgresql.INTERVAL, am.OID } do
      raises_exc("UnsupportedCompilationError", function() return cast(foreign):compile(opts) end)
    end
    raises_exc("CompileError", function() return cast(am.NullType()):compile(opts) end)
    assert_sql(cast(am.Enum("a", "b", { native_enum = false })), "CAST(x AS CHAR(1))", opts)
    assert_sql(cast(am.BYTEA), "CAST(x AS BINARY)", opts)
    assert_sql(cast(am.CHAR(5, { collation = "c1" })), "CAST(x AS CHAR(5) COLLATE c1)", opts)
    assert_sql(cast(am.VARCHAR(5, { collation = "c1" })), "CAST(x AS CHAR(5))", opts)
  end)

  it("are called for visitors as SQLAlchemy calls them", function()
    for class, name in pairs { Integer = "integer", BigInteger = "big_integer", DateTime = "datetime", Uuid = "uuid",
      UnicodeText = "unicode_text", Interval = "type_decorator", JSON = "JSON", INTEGER = "INTEGER",
      DOUBLE_PRECISION = "DOUBLE_PRECISION", TIMESTAMP = "TIMESTAMP", JSONB = "JSONB" } do
      assert.equal(name, am[class].__visit_name__)
      assert.equal(name, am[class]().__visit_name__)
    end
    assert.equal("enum", am.Enum("a").__visit_name__)
  end)

  it("of an empty array are written for tostring(), too", function()
    assert_sql(am.select(am.postgresql.array({}, { type_ = am.Integer })), "SELECT ARRAY[]::INTEGER[] AS anon_1",
      { dialect = "string" })
    assert_sql(am.select(am.postgresql.array {}), "SELECT ARRAY[] AS anon_1", { dialect = "string" })
  end)
end)
