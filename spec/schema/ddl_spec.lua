-- The text of DDL on all dialects.
local am = require "alchemoon"
local unpack = table.unpack or unpack -- luacheck: ignore 113

local function text(node, dialect, opts)
  opts = opts or {}
  opts.dialect = dialect or "default"
  return (tostring(node:compile(opts)):gsub("[\n\t]", ""))
end

local function create(dialect, ...)
  local args = { ... }
  local t = am.Table("t", am.MetaData(), unpack(args))
  return text(am.CreateTable(t), dialect)
end

describe("CREATE TABLE", function()
  it("lists columns, the primary key, then constraints as they were made", function()
    local md = am.MetaData()
    am.Table("users", md, am.Column("id", am.Integer, { primary_key = true }))
    local t = am.Table("posts", md, am.Column("id", am.Integer, { primary_key = true }),
      am.Column("user_id", am.ForeignKey("users.id", { ondelete = "CASCADE", name = "fk_u" })),
      am.Column("title", am.String(50), { nullable = false, unique = true, server_default = "it's" }),
      am.CheckConstraint("length(title) > 3", { name = "ck" }), { prefixes = { "TEMPORARY" } })
    assert.equal("CREATE TEMPORARY TABLE posts (id INTEGER NOT NULL, user_id INTEGER, " ..
      "title VARCHAR(50) DEFAULT 'it''s' NOT NULL, PRIMARY KEY (id), CONSTRAINT ck CHECK (length(title) > 3), " ..
      "CONSTRAINT fk_u FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, UNIQUE (title))",
      text(am.CreateTable(t)))
    assert.equal("DROP TABLE IF EXISTS posts", text(am.DropTable(t, { if_exists = true })))
    assert.equal("id INTEGER NOT NULL", text(am.CreateColumn(t.c.id)))
  end)

  it("spells counters per database", function()
    local function counter(type_) return am.Column("id", type_, { primary_key = true }) end
    assert.equal("CREATE TABLE t (id SERIAL NOT NULL, PRIMARY KEY (id))", create("postgresql", counter(am.Integer)))
    assert.equal("CREATE TABLE t (id BIGSERIAL NOT NULL, PRIMARY KEY (id))", create("postgresql",
      counter(am.BigInteger)))
    assert.equal("CREATE TABLE t (id SMALLSERIAL NOT NULL, PRIMARY KEY (id))",
      create("postgresql", counter(am.SmallInteger)))
    assert.equal("CREATE TABLE t (id INTEGER NOT NULL AUTO_INCREMENT, PRIMARY KEY (id))",
      create("mysql", counter(am.Integer)))
    assert.equal("CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT)",
      create("sqlite", counter(am.Integer), { sqlite_autoincrement = true }))
    assert.equal("CREATE TABLE t (id INTEGER NOT NULL, PRIMARY KEY (id))", create("postgresql",
      am.Column("id", am.Integer, { primary_key = true, autoincrement = false })))
    assert.equal("CREATE TABLE t (a INTEGER NOT NULL, b SERIAL NOT NULL, PRIMARY KEY (b, a))", create("postgresql",
      am.Column("a", am.Integer, { primary_key = true }),
      am.Column("b", am.Integer, { primary_key = true, autoincrement = true })))
  end)

  it("writes identity and computed columns", function()
    local function identity() return am.Column("id", am.Integer, am.Identity { always = true, start = 5,
      cycle = false }) end
    assert.equal("CREATE TABLE t (id INTEGER GENERATED ALWAYS AS IDENTITY (START WITH 5 NO CYCLE))",
      create("postgresql", identity()))
    assert.equal("CREATE TABLE t (id INTEGER NOT NULL)", create("sqlite", identity()))
    local function computed(persisted)
      return am.Column("x", am.Integer, am.Computed("a + 1", { persisted = persisted }))
    end
    assert.equal("CREATE TABLE t (x INTEGER GENERATED ALWAYS AS (a + 1) STORED)", create("default", computed(true)))
    assert.equal("CREATE TABLE t (x INTEGER GENERATED ALWAYS AS (a + 1) VIRTUAL)", create("sqlite", computed(false)))
    assert.equal("CREATE TABLE t (x INTEGER GENERATED ALWAYS AS (a + 1) STORED)", create("postgresql", computed()))
    assert.has_error(function() create("postgresql", computed(false)) end)
  end)

  it("adds CHECK for types that a database lacks", function()
    local function columns()
      return am.Column("f", am.Boolean { create_constraint = true }),
        am.Column("e", am.Enum("a", "b'", { name = "en", create_constraint = true }))
    end
    local f, e = columns()
    assert.equal("CREATE TABLE t (f BOOLEAN, e VARCHAR(2), CHECK (f IN (0, 1)), CONSTRAINT en CHECK (e IN ('a', " ..
      "'b''')))",
      create("sqlite", f, e))
  end)

  it("writes dialect options", function()
    local function id() return am.Column("id", am.Integer) end
    assert.equal("CREATE TABLE t (id INTEGER) INHERITS ( a, b ) PARTITION BY RANGE (id) TABLESPACE sp",
      create("postgresql", id(), { postgresql_inherits = { "a", "b" }, postgresql_partition_by = "RANGE (id)",
        postgresql_tablespace = "sp" }))
    assert.equal("CREATE TABLE t (id INTEGER) WITHOUT ROWID, STRICT",
      create("sqlite", id(), { sqlite_with_rowid = false, sqlite_strict = true }))
    assert.equal("CREATE TABLE t (id INTEGER)ENGINE=InnoDB DEFAULT CHARSET=utf8 COMMENT='c'",
      create("mysql", id(), { mysql_engine = "InnoDB", mysql_default_charset = "utf8", comment = "c" }))
    assert.equal("CREATE TABLE t (id INTEGER NOT NULL ON CONFLICT FAIL)", create("sqlite",
      am.Column("id", am.Integer, { nullable = false, sqlite_on_conflict_not_null = "FAIL" })))
  end)

  it("shows a column without a type, and refuses it on a database", function()
    local ddl = am.CreateTable(am.Table("u", am.MetaData(), am.Column "a"))
    assert.is_truthy(tostring(ddl):find("a NULL", 1, true))
    assert.has_error(function() text(ddl, "sqlite") end)
  end)

  it("quotes names and schemas", function()
    local t = am.Table("Order", am.MetaData { schema = "my app" }, am.Column("a b", am.Integer),
      am.Column("x", am.Integer, { quote = true }))
    assert.equal('CREATE TABLE "my app"."Order" ("a b" INTEGER, "x" INTEGER)', text(am.CreateTable(t)))
    assert.equal("CREATE TABLE `my app`.`Order` (`a b` INTEGER, `x` INTEGER)", text(am.CreateTable(t), "mysql"))
  end)

  it("refuses counters that cannot count, and two of them", function()
    local function refused(message, ...)
      local t = am.Table("t", am.MetaData(), ...)
      for _, dialect in ipairs { "default", "sqlite", "mysql", "postgresql" } do
        local ok, e = pcall(text, am.CreateTable(t), dialect)
        if dialect ~= "sqlite" or not message:find "^Only one" then
          assert.is_false(ok)
          assert.equal(message, tostring(e))
        end
      end
    end
    refused("Column type VARCHAR(5) on column 't.x' is not compatible with autoincrement=true",
      am.Column("x", am.String(5), { primary_key = true, autoincrement = true }))
    refused("Only one Column may be marked autoincrement=true, found both y and x.",
      am.Column("x", am.Integer, { primary_key = true, autoincrement = true }),
      am.Column("y", am.Integer, { primary_key = true, autoincrement = true }))
  end)

  it("refuses to add a constraint that has no table", function()
    local ok, e = pcall(text, am.AddConstraint(am.CheckConstraint "x > 1"))
    assert.is_false(ok)
    assert.equal("InvalidRequestError: This constraint is not bound to a table.  Did you mean to call "
      .. "table.append_constraint(constraint) ?", e.name .. ": " .. tostring(e))
  end)

  it("names the column of an error", function()
    local t = am.Table("t", am.MetaData(), am.Column("x"))
    local ok, e = pcall(function() return am.CreateTable(t):compile { dialect = "sqlite" } end)
    assert.is_false(ok)
    assert.equal("(in table 't', column 'x'): Can't generate DDL for NullType(); did you forget to specify a type on "
      ..
      "this Column?", tostring(e))
  end)

  it("leaves out system columns and isolated constraints", function()
    local t = am.Table("t", am.MetaData(), am.Column("xmin", am.Integer, { system = true }), am.Column("a", am.Integer),
      am.UniqueConstraint("a", { name = "u" }), am.CheckConstraint("a > 1",
        { name = "pg" }):ddl_if { dialect = "postgresql" })
    assert.equal("ALTER TABLE t ADD CONSTRAINT u UNIQUE (a)", text(am.AddConstraint(t.constraints[2])))
    assert.equal("CREATE TABLE t (a INTEGER)", text(am.CreateTable(t)))
    assert.equal("CREATE TABLE t (a INTEGER, CONSTRAINT pg CHECK (a > 1))", text(am.CreateTable(t), "postgresql"))
    assert.equal("ALTER TABLE t DROP CONSTRAINT u CASCADE",
      text(am.DropConstraint(t.constraints[2], { cascade = true })))
    assert.equal("ALTER TABLE t DROP INDEX u", text(am.DropConstraint(t.constraints[2]), "mysql"))
  end)

  it("leaves out an index of another database", function()
    local engine = am.create_engine "sqlite://"
    local md = am.MetaData()
    am.Table("t", md, am.Column("a", am.Integer), am.Index("pg", "a"):ddl_if { dialect = "postgresql" },
      am.Index("lite", "a"):ddl_if { dialect = "sqlite" })
    md:create_all(engine)
    local found = am.inspect(engine):get_indexes "t"
    assert.same({ "lite" }, { found[1].name, found[2] and found[2].name })
    engine:dispose()
  end)

  it("keeps the default of SQLite in parentheses when it is an expression", function()
    assert.equal("CREATE TABLE t (x INTEGER DEFAULT 5, y INTEGER DEFAULT (1 + 2), z VARCHAR DEFAULT 'a b')",
      create("sqlite", am.Column("x", am.Integer, { server_default = am.literal_column "5" }),
        am.Column("y", am.Integer, { server_default = am.literal_column "1 + 2" }),
        am.Column("z", am.String, { server_default = "a b" })))
  end)
end)

describe("indexes", function()
  local t
  before_each(function()
    t = am.Table("t", am.MetaData { schema = "s" }, am.Column("a", am.Integer), am.Column("b", am.String))
  end)

  it("are written per database", function()
    local i = am.Index("ix", t.c.a, t.c.b, { unique = true, sqlite_where = "a > 1", mysql_length = { b = 10 },
      postgresql_where = "a > 2", postgresql_using = "GIN", postgresql_include = { "b" },
      postgresql_ops = { b = "text_pattern_ops" }, postgresql_with = { fillfactor = 50 },
      postgresql_nulls_not_distinct = true, postgresql_concurrently = true })
    assert.equal("CREATE UNIQUE INDEX ix ON s.t (a, b)", text(am.CreateIndex(i)))
    assert.equal("CREATE UNIQUE INDEX s.ix ON t (a, b) WHERE a > 1", text(am.CreateIndex(i), "sqlite"))
    assert.equal("CREATE UNIQUE INDEX IF NOT EXISTS ix ON s.t (a, b(10))",
      text(am.CreateIndex(i, { if_not_exists = true }), "mysql"))
    local quoted = am.Table("q", am.MetaData(), am.Column("some a", am.String(20)))
    assert.equal("CREATE INDEX iq ON q (`some a`(10))",
      text(am.CreateIndex(am.Index("iq", quoted.c["some a"], { mysql_length = { ["`some a`"] = 10 } })), "mysql"))
    assert.equal("CREATE UNIQUE INDEX CONCURRENTLY ix ON s.t USING gin (a, b text_pattern_ops) INCLUDE (b) " ..
      "NULLS NOT DISTINCT WITH (fillfactor = 50) WHERE a > 2", text(am.CreateIndex(i), "postgresql"))
    assert.equal("DROP INDEX s.ix", text(am.DropIndex(i)))
    assert.equal("DROP INDEX CONCURRENTLY IF EXISTS s.ix", text(am.DropIndex(i, { if_exists = true }), "postgresql"))
    assert.equal("DROP INDEX ix ON s.t", text(am.DropIndex(i), "mysql"))
  end)

  it("refuse what is incomplete", function()
    assert.has_error(function() text(am.CreateIndex(am.Index("x", "a"))) end)
  end)

  it("shorten a conventional name and refuse another that is too long", function()
    local long = ("n"):rep(70)
    local u = am.Table(long, am.MetaData(), am.Column("c", am.Integer, { index = true }), am.Column("d", am.Integer))
    assert.equal("CREATE INDEX ix_" .. ("n"):rep(52) .. "_0f6f ON " .. long .. " (c)",
      (text(am.CreateIndex(u.indexes[1]), "postgresql"):gsub("_%x%x%x%x ON", "_0f6f ON")))
    local i = am.Index(long, u.c.d)
    local ok, e = pcall(text, am.CreateIndex(i), "postgresql")
    assert.is_false(ok)
    assert.equal("IdentifierError", e.name)
  end)
end)

describe("other DDL", function()
  it("is written as in SQLAlchemy", function()
    assert.equal("CREATE SCHEMA IF NOT EXISTS x", text(am.CreateSchema("x", { if_not_exists = true })))
    assert.equal("DROP SCHEMA x CASCADE", text(am.DropSchema("x", { cascade = true })))
    local s = am.Sequence("s", { start = 1, increment = 2, minvalue = 0, nomaxvalue = true, cache = 5, cycle = true })
    assert.equal("CREATE SEQUENCE s INCREMENT BY 2 START WITH 1 MINVALUE 0 NO MAXVALUE CACHE 5 CYCLE",
      text(am.CreateSequence(s)))
    assert.equal("DROP SEQUENCE s", text(am.DropSequence(s)))
    local t = am.Table("t", am.MetaData(), am.Column("a", am.Integer, { comment = "col" }), { comment = "it's" })
    assert.equal("COMMENT ON TABLE t IS 'it''s'", text(am.SetTableComment(t)))
    assert.equal("COMMENT ON TABLE t IS NULL", text(am.DropTableComment(t)))
    assert.equal("COMMENT ON COLUMN t.a IS 'col'", text(am.SetColumnComment(t.c.a)))
    assert.equal("ALTER TABLE t CHANGE a a INTEGER COMMENT 'col'", text(am.SetColumnComment(t.c.a), "mysql"))
    assert.equal("CREATE TYPE s.e AS ENUM ('a', 'b')",
      text(am.CreateEnumType(am.ENUM("a", "b", { name = "e", schema = "s" })), "postgresql"))
    assert.equal("ALTER TABLE t ADD 50% x", text(am.DDL("ALTER TABLE %(fullname)s ADD 50%% %(c)s",
      { c = "x" }):against(t)))
  end)

  it("takes options that are am.null for options that were not given", function()
    local t = am.Table("t", am.MetaData(), am.Column("a", am.Integer, { key = am.null, index = am.null }),
      am.Column("b", am.Integer, am.Computed("a + 1", { persisted = am.null })),
      am.Column("c", am.String(5, { collation = am.null })), { schema = am.null, comment = am.null })
    assert.equal("CREATE TABLE t (a INTEGER, b INTEGER GENERATED ALWAYS AS (a + 1), c VARCHAR(5))",
      text(am.CreateTable(t)))
  end)

  it("says NOCYCLE on MySQL and MariaDB", function()
    local made = am.CreateSequence(am.Sequence("s", { cycle = false }))
    assert.equal("CREATE SEQUENCE s NO CYCLE", text(made))
    assert.equal("CREATE SEQUENCE s NOCYCLE", text(made, "mariadb"))
    assert.equal("CREATE SEQUENCE s NOCYCLE", text(made, "mysql"))
  end)

  it("heeds mysql_using and mysql_with_parser on MariaDB, where its own are not given", function()
    local t = am.Table("t", am.MetaData(), am.Column("a", am.String(9)),
      am.PrimaryKeyConstraint("a", { mysql_using = "btree" }))
    assert.equal("CREATE TABLE t (a VARCHAR(9) NOT NULL, PRIMARY KEY (a) USING btree)",
      text(am.CreateTable(t), "mariadb"))
    local i = am.Index("i", t.c.a, { mysql_using = "hash", mysql_with_parser = "ngram", mysql_length = 4 })
    assert.equal("CREATE INDEX i ON t (a) WITH PARSER ngram USING hash", text(am.CreateIndex(i), "mariadb"))
    i = am.Index("j", t.c.a, { mysql_using = "hash", mariadb_using = "btree" })
    assert.equal("CREATE INDEX j ON t (a) USING btree", text(am.CreateIndex(i), "mariadb"))
  end)

  it("has EXCLUDE on PostgreSQL only, and in tostring()", function()
    local t = am.Table("t", am.MetaData(), am.Column("room", am.Integer), am.Column("during", am.TSRANGE),
      am.ExcludeConstraint({ "room", "=" }, { am.column "during", "&&" }, { name = "ex", where = "room > 3",
        ops = { room = "my_ops" } }))
    assert.equal("ALTER TABLE t ADD CONSTRAINT ex EXCLUDE USING gist (room my_ops WITH =, during WITH &&) " ..
      "WHERE (room > 3)", text(am.AddConstraint(t.constraints[2]), "postgresql"))
    assert.matches("EXCLUDE USING gist %(room my_ops WITH =", tostring(am.AddConstraint(t.constraints[2])))
    assert.has_error(function() text(am.AddConstraint(t.constraints[2]), "sqlite") end)
  end)
end)

describe("what a type brings to its table", function()
  local function ddl(type_, dialect)
    local t = am.Table("t", am.MetaData(), am.Column("x", type_))
    return (am.CreateTable(t):compile { dialect = dialect }.sql:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
  end

  it("is the CHECK of the dialect's variant", function()
    local words = am.Enum("a", "b", { name = "word", create_constraint = true, native_enum = false })
    local check = "CREATE TABLE t ( x VARCHAR(1), CONSTRAINT word CHECK (x IN ('a', 'b')) )"
    assert.equal("CREATE TABLE t ( x VARCHAR(10) )", ddl(words:with_variant(am.String(10), "postgresql"), "postgresql"))
    assert.equal(check, ddl(words:with_variant(am.String(10), "postgresql"), "sqlite"))
    assert.equal(check, ddl(am.String(10):with_variant(words, "postgresql", "mysql"), "postgresql"))
    assert.equal("CREATE TABLE t ( x VARCHAR(10) )", ddl(am.String(10):with_variant(words, "postgresql"), "sqlite"))
    local other = am.Enum("c", "dd", { name = "other", create_constraint = true, native_enum = false })
    assert.equal("CREATE TABLE t ( x VARCHAR(2), CONSTRAINT other CHECK (x IN ('c', 'dd')) )",
      ddl(words:with_variant(other, "sqlite"), "sqlite"))
    local flag = am.Boolean { create_constraint = true, name = "flag" }
    assert.equal("CREATE TABLE t ( x INTEGER )", ddl(flag:with_variant(am.Integer(), "sqlite"), "sqlite"))
  end)

  it("is no length of 0, except on MySQL", function()
    assert.equal("CREATE TABLE t ( x CHAR )", ddl(am.CHAR(0), "postgresql"))
    assert.equal("CREATE TABLE t ( x VARCHAR )", ddl(am.String(0), "sqlite"))
    assert.equal("CREATE TABLE t ( x VARCHAR(0) )", ddl(am.String(0), "mysql"))
  end)
end)

describe("Identity()", function()
  it("takes `always` and `on_null` by place", function()
    local t = am.Table("t", am.MetaData(), am.Column("x", am.Integer, am.Identity(true, { start = 3 })))
    assert.truthy(am.CreateTable(t):compile { dialect = "postgresql" }.sql
      :find("GENERATED ALWAYS AS IDENTITY (START WITH 3)", 1, true))
    assert.has_error(function() am.Identity(true, { always = true }) end)
  end)
end)

describe("DDL() with a context", function()
  it("takes names of any length", function()
    local name = ("n"):rep(300)
    local statement = am.DDL("ALTER %(" .. name .. ")s", { context = { [name] = "it" } })
    assert.equal("ALTER it", tostring(statement:compile()))
  end)
end)
