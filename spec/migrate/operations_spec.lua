-- Operations: texts per dialect, and batches that make a table anew with everything that it had.
local am = require "alchemoon"
local MigrationContext = require "alchemoon.migrate.context"
local Operations = require "alchemoon.migrate.operations"
local raises = require("support.init").raises_exc

local function script(dialect, fn)
  local buffer = {}
  local context = MigrationContext.configure(nil, { as_sql = true, dialect_name = dialect, output_buffer = buffer })
  fn(Operations.new(context))
  return (table.concat(buffer):gsub(" +\n", "\n"):gsub("\n\n$", ""))
end

local function texts(fn, expected)
  for dialect, text in pairs(expected) do assert.equal(text, script(dialect, fn)) end
end

describe("operations as texts", function()
  it("need no connection: the context takes its options alone", function()
    local buffer = {}
    local context = MigrationContext.configure { dialect_name = "postgresql",
      opts = { as_sql = true, output_buffer = buffer } }
    Operations.new(context):drop_table("t")
    assert.matches("^DROP TABLE t;", table.concat(buffer))
  end)

  it("name what has no name by the naming convention of the target", function()
    local buffer = {}
    local target = am.MetaData { naming_convention = { pk = "pk_%(table_name)s",
      ck = "ck_%(table_name)s_%(constraint_name)s",
      uq = "uq_%(table_name)s_%(column_0_name)s", fk = "fk_%(table_name)s_%(column_0_name)s",
      ix = "ix_%(table_name)s_%(column_0_name)s" } }
    local op = Operations.new(MigrationContext.configure { dialect_name = "postgresql",
      opts = { as_sql = true, output_buffer = buffer, target_metadata = target } })
    op.create_table("a", am.Column("id", am.Integer, { primary_key = true }))
    op.add_column("a", am.Column("b_id", am.Integer, am.ForeignKey "b.id"))
    op.create_unique_constraint(nil, "a", { "b_id" })
    op.create_check_constraint("low", "a", "b_id < 5")
    op.create_check_constraint(op.f "own", "a", "b_id < 5")
    op.create_index(nil, "a", { "b_id" })
    op.drop_constraint("low", "a", { type_ = "check" })
    op.drop_constraint(op.f "own", "a", { type_ = "check" })
    local names = {}
    for name in table.concat(buffer):gmatch "[%w]+_a[%w_]*" do names[#names + 1] = name end
    assert.same({ "pk_a", "fk_a_b_id", "uq_a_b_id", "ck_a_low", "ix_a_b_id", "ck_a_low" }, names)
    assert.matches("CONSTRAINT own ", table.concat(buffer))
  end)

  it("make and drop enumerations where a database has such types", function()
    local function run(op)
      op.create_enum("mood", { "glad", "it's" }, { schema = "app" })
      op.drop_enum("mood", { schema = "app", if_exists = true })
      op.drop_enum "Mood"
    end
    texts(run, { sqlite = "", mysql = "", postgresql = [[
CREATE TYPE app.mood AS ENUM ('glad', 'it''s');

DROP TYPE IF EXISTS app.mood;

DROP TYPE "Mood";]] })
    require("support.init").raises_exc("ArgumentError", function()
      script("postgresql", function(op) op.create_enum("mood", "glad") end)
    end, "second argument")
  end)

  it("make and drop tables", function()
    texts(function(op)
      op.create_table("a", am.Column("id", am.Integer, { primary_key = true }),
        am.Column("b_id", am.Integer, am.ForeignKey("b.id", { name = "fk_b" })), { comment = "it's" })
      op.rename_table("a", "c")
      op:drop_table("c")
    end, { postgresql = [[
CREATE TABLE a (
    id SERIAL NOT NULL,
    b_id INTEGER,
    PRIMARY KEY (id),
    CONSTRAINT fk_b FOREIGN KEY(b_id) REFERENCES b (id)
);

COMMENT ON TABLE a IS 'it''s';

ALTER TABLE a RENAME TO c;

DROP TABLE c;]], sqlite = [[
CREATE TABLE a (
    id INTEGER NOT NULL,
    b_id INTEGER,
    PRIMARY KEY (id),
    CONSTRAINT fk_b FOREIGN KEY(b_id) REFERENCES b (id)
);

ALTER TABLE a RENAME TO c;

DROP TABLE c;]] })
  end)

  it("have keys inline, types' checks where they are needed, sequences and EXCLUDE", function()
    texts(function(op)
      op.create_table("t", am.Column("id", am.Integer), { if_not_exists = true })
      op.add_column("t", am.Column("x", am.Integer, am.ForeignKey("u.id", { ondelete = "CASCADE" })),
        { inline_references = true })
      op.add_column("t", am.Column("k", am.Integer, { primary_key = true }), { inline_primary_key = true })
      op.add_column("t", am.Column("b", am.Boolean { create_constraint = true, name = "ck_b" }))
      op.alter_column("t", "b", { type_ = am.Integer, existing_type = am.Boolean { create_constraint = true,
        name = "ck_b" } })
      op.alter_column("t", "x", { server_default = am.Identity { always = true, start = 3 },
        existing_server_default = am.Identity { start = 1 } })
      op.alter_column("t", "x", { server_default = am.null, existing_server_default = am.Identity() })
      op.create_sequence("s", { start = 5, schema = "q" })
      op.alter_sequence("s", { increment = 2, maxvalue = false, cycle = true, restart = 9 })
      op.drop_sequence("s", { if_exists = true })
      op.create_exclude_constraint("ex", "t", { "r", "&&" }, { where = "r IS NOT NULL" })
    end, { postgresql = [[
CREATE TABLE IF NOT EXISTS t (
    id INTEGER
);

ALTER TABLE t ADD COLUMN x INTEGER REFERENCES u (id) ON DELETE CASCADE;

ALTER TABLE t ADD COLUMN k SERIAL NOT NULL PRIMARY KEY;

ALTER TABLE t ADD COLUMN b BOOLEAN;

ALTER TABLE t ALTER COLUMN b TYPE INTEGER;

ALTER TABLE t ALTER COLUMN x SET GENERATED ALWAYS SET START WITH 3;

ALTER TABLE t ALTER COLUMN x DROP IDENTITY;

CREATE SEQUENCE q.s START WITH 5;

ALTER SEQUENCE s INCREMENT BY 2 NO MAXVALUE CYCLE RESTART WITH 9;

DROP SEQUENCE IF EXISTS s;

ALTER TABLE t ADD CONSTRAINT ex EXCLUDE USING gist (r WITH &&) WHERE (r IS NOT NULL);]] })
    texts(function(op)
      op.alter_column("t", "b", { type_ = am.Boolean { create_constraint = true, name = "ck_b" },
        existing_type = am.Boolean { create_constraint = true, name = "ck_o" } })
      op.bulk_insert(am.table("t", am.column("b", am.Boolean)), { { b = true } })
    end, { mysql = [[
ALTER TABLE t DROP CHECK ck_o;

ALTER TABLE t MODIFY b BOOL NULL;

ALTER TABLE t ADD CONSTRAINT ck_b CHECK (b IN (0, 1));

INSERT INTO t (b) VALUES (true);]] })
  end)

  it("change columns", function()
    texts(function(op)
      op.add_column("t", am.Column("n", am.Integer, am.ForeignKey("u.id", { name = "fk" }), { comment = "x" }))
      op.alter_column("t", "n", { type_ = am.BigInteger, nullable = false, server_default = "5", comment = false,
        new_column_name = "order", postgresql_using = "n::bigint" })
      op.alter_column("t", "n", { server_default = false, nullable = true })
      op.drop_column("t", "n")
    end, { postgresql = [[
ALTER TABLE t ADD COLUMN n INTEGER;

ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY(n) REFERENCES u (id);

COMMENT ON COLUMN t.n IS 'x';

ALTER TABLE t ALTER COLUMN n TYPE BIGINT USING n::bigint;

ALTER TABLE t ALTER COLUMN n SET NOT NULL;

ALTER TABLE t ALTER COLUMN n SET DEFAULT '5';

COMMENT ON COLUMN t.n IS NULL;

ALTER TABLE t RENAME n TO "order";

ALTER TABLE t ALTER COLUMN n DROP NOT NULL;

ALTER TABLE t ALTER COLUMN n DROP DEFAULT;

ALTER TABLE t DROP COLUMN n;]] })
    texts(function(op)
      op.alter_column("t", "n", { type_ = am.BigInteger, existing_nullable = false, server_default = "5" })
      op.alter_column("t", "n", { new_column_name = "m", existing_type = am.Integer })
      op.alter_column("t", "n", { server_default = false })
    end, { mysql = [[
ALTER TABLE t MODIFY n BIGINT NOT NULL DEFAULT '5';

ALTER TABLE t CHANGE n m INTEGER NULL;

ALTER TABLE t ALTER COLUMN n DROP DEFAULT;]] })
  end)

  it("change constraints and indexes", function()
    texts(function(op)
      op.create_primary_key("pk", "t", { "a" })
      op.create_unique_constraint("uq", "t", { "a", "b" }, { schema = "s" })
      op.create_check_constraint("ck", "t", "a > 5")
      op.create_foreign_key("fk", "t", "u", { "a" }, { "b" }, { ondelete = "CASCADE", referent_schema = "s" })
      op.create_foreign_key(nil, "t", "t", { "a" }, { "b" })
      op.drop_constraint("fk", "t", "foreignkey")
      op.create_index("ix", "t", { "a", am.text "lower(b)" }, { unique = true, postgresql_concurrently = true })
      op.drop_index("ix", { table_name = "t", if_exists = true })
    end, { postgresql = [[
ALTER TABLE t ADD CONSTRAINT pk PRIMARY KEY (a);

ALTER TABLE s.t ADD CONSTRAINT uq UNIQUE (a, b);

ALTER TABLE t ADD CONSTRAINT ck CHECK (a > 5);

ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY(a) REFERENCES s.u (b) ON DELETE CASCADE;

ALTER TABLE t ADD FOREIGN KEY(a) REFERENCES t (b);

ALTER TABLE t DROP CONSTRAINT fk;

CREATE UNIQUE INDEX CONCURRENTLY ix ON t (a, lower(b));

DROP INDEX IF EXISTS ix;]] })
    assert.equal("ALTER TABLE t DROP FOREIGN KEY fk;",
      script("mysql", function(op) op.drop_constraint("fk", "t", { type_ = "foreignkey" }) end))
  end)

  it("change data", function()
    texts(function(op)
      op.bulk_insert(am.table("t", am.column("a"), am.column("b")), { { a = 1, b = "x'y" }, { a = 2, b = am.null } })
      op.execute("UPDATE t SET a = 2")
      op.execute(am.update(am.table("t", am.column("a"))):values { a = op.inline_literal("q'") })
    end, { postgresql = [[
INSERT INTO t (a, b) VALUES (1, 'x''y');

INSERT INTO t (a, b) VALUES (2, NULL);

UPDATE t SET a = 2;

UPDATE t SET a='q''';]] })
  end)

  it("leave the transaction for an autocommit block", function()
    assert.equal("BEGIN;\n\nCOMMIT;\n\nVACUUM;\n\nBEGIN;\n\nCOMMIT;", (function()
      local buffer = {}
      local context = MigrationContext.configure(nil, { as_sql = true, dialect_name = "postgresql",
        output_buffer = buffer })
      context:begin_transaction(function()
        Operations.new(context).autocommit_block(function() context.impl:run "VACUUM" end)
      end)
      return (table.concat(buffer):gsub("\n\n$", ""))
    end)())
  end)

  it("report what goes wrong after the function of an autocommit block, unless that went wrong itself", function()
    local engine = am.create_engine "sqlite://"
    engine:connect(function(conn)
      local context = MigrationContext.configure(conn)
      local function block(fn)
        conn.commit = function(self)
          self.commit = nil
          self:commit()
          error("the commit was lost", 0)
        end
        return pcall(function() Operations.new(context).autocommit_block(fn) end)
      end
      local _, e = block(function() context.impl:run "SELECT 1" end)
      assert.equal("the commit was lost", e)
      _, e = block(function()
        context.impl:run "SELECT 1"
        error("the function's own", 0)
      end)
      assert.equal("the function's own", e)
    end)
    engine:dispose()
  end)

  it("refuse what SQLite cannot do, and what does not exist", function()
    raises("NotSupportedError", function()
      script("sqlite", function(op) op.create_unique_constraint("u", "t", { "a" }) end)
    end, "batch mode")
    raises("NotSupportedError", function()
      script("sqlite", function(op) op.alter_column("t", "a", { nullable = false }) end)
    end, "batch mode")
    raises("ArgumentError", function() script("sqlite", function(op) op.ad_column("t") end) end,
      "did you mean 'add_column'")
    raises("ArgumentError", function() script("sqlite", function(op) op.add_column("t", "x", am.Integer()) end) end,
      "^add_column: the second argument must be a Column, got string$")
    raises("ArgumentError", function() MigrationContext:configure {} end, "configure is called with a dot")
    raises("ArgumentError", function() require("alchemoon.migrate").compare_metadata(am.MetaData()) end,
      "^a MigrationContext is needed before the MetaData, got userdata$")
    raises("ArgumentError", function()
      script("postgresql", function(op) op.alter_column("t", "c", { nulable = true }) end)
    end, "did you mean 'nullable'")
    raises("CommandError", function()
      script("sqlite", function(op) op.batch_alter_table("t", function(b) b.drop_column("x") end) end)
    end, "cannot proceed in %-%-sql mode")
  end)
end)

describe("batch_alter_table on SQLite", function()
  local engine, conn
  before_each(function()
    engine = am.create_engine("sqlite://", { poolclass = am.StaticPool })
    conn = engine:connect()
    for _, sql in ipairs {
      "CREATE TABLE u (id INTEGER PRIMARY KEY)",
      "CREATE TABLE log (x TEXT)",
      [[CREATE TABLE t (id INTEGER NOT NULL, name VARCHAR(20) DEFAULT 'n' NOT NULL, u_id INTEGER, n INTEGER,
        PRIMARY KEY (id), CONSTRAINT uq UNIQUE (name), CONSTRAINT fk FOREIGN KEY (u_id) REFERENCES u (id) ON DELETE
        CASCADE, CONSTRAINT ck CHECK (n > 0))]],
      "CREATE INDEX ix ON t (n)",
      "CREATE VIEW v AS SELECT name FROM t",
      "CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.name); END",
      "INSERT INTO u VALUES (1)", "INSERT INTO t VALUES (1, 'a', 1, 5), (2, 'b', NULL, 7)" } do
      conn:exec_driver_sql(sql)
    end
    conn:commit()
  end)
  after_each(function() engine:dispose() end)

  local function batch(fn, opts)
    local op = Operations.new(MigrationContext.configure(conn))
    op.batch_alter_table("t", opts or {}, fn)
  end
  local function scalar(sql) return conn:exec_driver_sql(sql):scalar() end

  it("keeps data, constraints, indexes, triggers and views", function()
    batch(function(b)
      b.alter_column("n", { type_ = am.String(10), nullable = false, new_column_name = "number" })
      b.add_column(am.Column("extra", am.Integer, am.ForeignKey("u.id", { name = "fk2" })), { insert_after = "id" })
    end)
    local i = am.inspect(conn)
    local names = {}
    for k, c in ipairs(i:get_columns "t") do names[k] = c.name end
    assert.same({ "id", "extra", "name", "u_id", "number" }, names)
    assert.equal("uq", i:get_unique_constraints("t")[1].name)
    assert.equal("CASCADE", i:get_foreign_keys("t")[1].options.ondelete or i:get_foreign_keys("t")[2].options.ondelete)
    assert.equal(2, #i:get_foreign_keys "t")
    assert.same({ "number" }, i:get_indexes("t")[1].column_names)
    assert.equal("5", scalar "SELECT number FROM t WHERE id = 1")
    assert.equal(2, scalar "SELECT count(*) FROM v")
    assert.equal("'n'", i:get_columns("t")[3].default)
    conn:exec_driver_sql "INSERT INTO t (id, name, number) VALUES (3, 'c', 1)"
    assert.equal("c", scalar "SELECT max(x) FROM log")
  end)

  it("casts only what becomes another kind of value", function()
    local copied
    am.event.listen(engine, "before_cursor_execute", function(_, _, text)
      copied = text:match "^INSERT INTO _alembic_tmp_t .*" or copied
    end)
    batch(function(b) b.alter_column("n", { type_ = am.BigInteger }) end)
    assert.is_nil(copied:find "CAST")
    batch(function(b) b.alter_column("n", { type_ = am.String }) end)
    assert.is_truthy(copied:find("CAST(t.n AS VARCHAR) AS n", 1, true), copied)
  end)

  it("drops columns and constraints", function()
    batch(function(b)
      b:drop_constraint("ck", "check")
      b:drop_column("n")
      b:drop_constraint("fk", { type_ = "foreignkey" })
      b:create_check_constraint("ck2", "length(name) > 0")
      b:create_unique_constraint("uq2", { "u_id" })
    end)
    local i = am.inspect(conn)
    assert.same({}, i:get_foreign_keys "t")
    assert.same({}, i:get_indexes "t")
    assert.equal("ck2", i:get_check_constraints("t")[1].name)
    assert.equal(2, #i:get_unique_constraints "t")
    assert.equal(2, scalar "SELECT count(*) FROM t")
  end)

  it("alters in place when SQLite can", function()
    local before = scalar "SELECT rootpage FROM sqlite_master WHERE name = 't'"
    batch(function(b)
      b.add_column(am.Column("z", am.Integer, { server_default = "3" }))
      b.alter_column("name", { new_column_name = "title" })
      b.create_index("ix2", { "z" })
    end)
    assert.equal(before, scalar "SELECT rootpage FROM sqlite_master WHERE name = 't'")
    assert.equal(3, scalar "SELECT z FROM t")
    batch(function() end, { recreate = "always" })
    assert.equal(2, scalar "SELECT count(*) FROM t")
  end)

  it("keeps the check that comes with a type, and puts a column where it is told to", function()
    batch(function(b)
      b.add_column(am.Column("ok", am.Boolean { create_constraint = true, name = "ck_ok" }), { insert_after = "id" })
    end, { recreate = "always" })
    assert.equal("ok", am.inspect(conn):get_columns("t")[2].name)
    batch(function(b) b.add_column(am.Column("fine", am.Boolean { create_constraint = true, name = "ck_fine" })) end)
    assert.is_false(pcall(conn.exec_driver_sql, conn, "UPDATE t SET fine = 7"))
    raises("CommandError", function()
      batch(function(b) b.add_column(am.Column("w", am.Integer), { insert_after = "id" }) end, { recreate = "never" })
    end, "Can't specify insert_before or insert_after when using ALTER; please specify recreate='always'")
  end)

  it("puts columns into the order of partial_reordering", function()
    local function names()
      local list = {}
      for i, column in ipairs(am.inspect(conn):get_columns "t") do list[i] = column.name end
      return list
    end
    batch(function() end, { recreate = "always", partial_reordering = { { "n", "id" }, { "u_id", "name" } } })
    assert.same({ "u_id", "n", "id", "name" }, names())
    batch(function(b) b.add_column(am.Column("x", am.Integer), { insert_after = "id" }) end,
      { recreate = "always", partial_reordering = { { "id", "n" } } })
    assert.same({ "u_id", "id", "name", "n", "x" }, names())
    assert.equal("a", scalar "SELECT name FROM t WHERE id = 1")
    raises("CommandError", function()
      batch(function() end, { recreate = "always", partial_reordering = { { "id", "n" }, { "n", "id" } } })
    end, "the orders contradict each other")
    raises("CommandError", function()
      batch(function() end, { recreate = "always", partial_reordering = { { "id", "nope" } } })
    end, 'No such column: "nope"')
  end)

  it("reflects the table as reflect_args and reflect_kwargs say", function()
    local seen = {}
    conn:exec_driver_sql "UPDATE t SET n = 1"
    batch(function(b) b.drop_column "u_id" end, { recreate = "always",
      reflect_args = { am.Column("n", am.Boolean { create_constraint = true, name = "n_is_bool" }) },
      reflect_kwargs = { listeners = { { "column_reflect", function(_, _, info) seen[#seen + 1] = info.name end } } } })
    assert.is_truthy(scalar("SELECT sql FROM sqlite_master WHERE name = 't'"):find "n_is_bool")
    assert.is_truthy(table.concat(seen, " "):find "name")
  end)

  it("says what is missing", function()
    raises("CommandError", function() batch(function(b) b.drop_column("nope") end) end, 'No such column: "nope"')
    raises("CommandError", function() batch(function(b) b.drop_constraint("nope") end) end,
      "No such constraint: 'nope'")
    conn:rollback()
    conn:execution_options { isolation_level = "AUTOCOMMIT" }
    conn:exec_driver_sql "PRAGMA foreign_keys = ON"
    raises("CommandError", function() batch(function(b) b.drop_column("n") end) end, "foreign keys are enforced")
  end)
end)
