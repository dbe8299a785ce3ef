-- Commands: the version table tells the truth whatever happens, on every database.
local am = require "alchemoon"
local backends = require "support.backends"
local migrate = require "alchemoon.migrate"
local raises = require("support.init").raises_exc
local command = migrate.command

local function table_migration(id, down, name, more)
  local node = { revision = id, down_revision = down, message = "make " .. name,
    upgrade = function(op)
      op.create_table(name, am.Column("id", am.Integer, { primary_key = true }), am.Column("x", am.String(10)))
    end,
    downgrade = function(op) op.drop_table(name) end }
  for key, value in pairs(more or {}) do node[key] = value end
  return node
end

backends.each(function(backend)
  describe("commands", function()
    local engine, lines, logged
    before_each(function()
      engine = backends.empty_engine(backend)
      lines, logged = {}, {}
    end)
    after_each(function() engine:dispose() end)

    local function config(migrations, more)
      local given = { migrations = migrations, engine = engine }
      for key, value in pairs(more or {}) do given[key] = value end
      return migrate.Config.new(given, { stdout = function(text) lines[#lines + 1] = text end,
        log = function(text) logged[#logged + 1] = text end })
    end
    local function versions()
      return engine:connect(function(conn)
        return migrate.MigrationContext.configure(conn):get_current_heads()
      end)
    end
    local function tables() return am.inspect(engine):get_table_names() end
    local function output()
      local text = table.concat(lines)
      lines = {}
      return text
    end

    it("move up and down", function()
      local c = config { table_migration("a1", nil, "t1"), table_migration("b2", "a1", "t2"),
        table_migration("c3", "b2", "t3") }
      command.upgrade(c, "+2")
      assert.same({ "b2" }, versions())
      assert.same({ "Running upgrade  -> a1, make t1", "Running upgrade a1 -> b2, make t2" }, logged)
      command.upgrade(c, "head")
      command.upgrade(c, "head")
      assert.same({ "c3" }, versions())
      command.downgrade(c, "-1")
      assert.same({ "b2" }, versions())
      command.downgrade(c, "base")
      assert.same({}, versions())
      assert.same({ "alembic_version" }, tables())
      command.stamp(c, "b2")
      assert.same({ "b2" }, versions())
      command.stamp(c, "base")
      assert.same({}, versions())
    end)

    it("run branches, merge points and dependencies", function()
      local c = config { table_migration("a1", nil, "t1"), table_migration("b1", "a1", "t2"),
        table_migration("c1", "a1", "t3", { branch_labels = { "left" } }),
        { revision = "m1", down_revision = { "b1", "c1" }, upgrade = function() end, downgrade = function() end },
        table_migration("z1", nil, "t9", { depends_on = "a1" }) }
      command.upgrade(c, "left@c1")
      command.upgrade(c, "b1")
      assert.same({ "b1", "c1" }, versions())
      command.upgrade(c, "m1")
      assert.same({ "m1" }, versions())
      command.upgrade(c, "heads")
      assert.same({ "m1", "z1" }, versions())
      command.downgrade(c, "c1")
      assert.same({ "b1", "c1", "z1" }, versions())
      raises("MultipleHeads", function() command.upgrade(c, "head") end, "Multiple head revisions are present")
      command.downgrade(c, "base")
      assert.same({}, versions())
    end)

    it("leave nothing half-applied when a migration fails", function()
      local broken = { revision = "b2", down_revision = "a1", upgrade = function(op)
        op.create_table("half", am.Column("id", am.Integer, { primary_key = true }))
        op.execute("INSERT INTO nowhere VALUES (1)")
      end, downgrade = function() end }
      local list = { table_migration("a1", nil, "t1"), broken }
      assert.is_false(pcall(command.upgrade, config(list), "head"))
      assert.same({}, versions())
      assert.same({}, tables())
      assert.is_false(pcall(command.upgrade, config(list, { transaction_per_migration = true }), "head"))
      assert.same({ "a1" }, versions())
      assert.same({ "alembic_version", "t1" }, tables())
      broken.upgrade = function() end
      command.upgrade(config(list), "head")
      assert.same({ "b2" }, versions())
    end)

    it("name what is wrong", function()
      local c = config { table_migration("a1", nil, "t1") }
      raises("ResolutionError", function() command.upgrade(c, "zz") end, "Can't locate revision identified by 'zz'")
      command.upgrade(c, "head")
      raises("RevisionError", function() command.downgrade(c, "-2") end,
        "Relative revision %-2 didn't produce 2 migrations")
      local older = config { table_migration("x1", nil, "t1") }
      raises("CommandError", function() command.upgrade(older, "head") end, "the database is ahead of this folder")
      raises("CommandError", function() command.current(older) end, "Can't locate revision identified by 'a1'")
      command.stamp(older, "head", { purge = true })
      assert.same({ "x1" }, versions())
      raises("CommandError", function() command.upgrade(c, "a:b") end, "Range revision not allowed")
    end)

    it("write scripts", function()
      local c = config({ table_migration("a1", nil, "t1"), table_migration("b2", "a1", "t2") },
        { version_table = "v", dialect_name = backend.dialect })
      command.upgrade(c, "a1:head", { sql = true })
      local id = backend.dialect == "postgresql" and "id SERIAL" or "id INTEGER"
      assert.equal("BEGIN;\n\n-- Running upgrade a1 -> b2\n\nCREATE TABLE t2 (\n    " .. id ..
        " NOT NULL, \n" ..
        "    x VARCHAR(10), \n    PRIMARY KEY (id)\n);\n\nUPDATE v SET version_num='b2' WHERE v.version_num = 'a1';" ..
        "\n\nCOMMIT;\n\n", output())
      command.upgrade(c, "head", { sql = true })
      local script = output()
      engine:connect(function(conn)
        for statement in script:gmatch "(.-);%s*\n" do
          if not statement:match "^%s*BEGIN" and not statement:match "^%s*COMMIT" then
            conn:exec_driver_sql((statement:gsub("%-%-[^\n]*\n", "")))
          end
        end
        conn:commit()
      end)
      assert.same({ "t1", "t2", "v" }, tables())
      command.current(c)
      assert.equal("b2 (head)\n", output())
      command.downgrade(c, "b2:a1", { sql = true })
      assert.matches("DROP TABLE t2;", output())
      raises("CommandError", function() command.downgrade(c, "a1", { sql = true }) end, "<fromrev>:<torev>")
    end)

    it("show history and heads", function()
      local c = config { table_migration("a1", nil, "t1"), table_migration("b2", "a1", "t2") }
      command.upgrade(c, "a1")
      command.history(c, { indicate_current = true })
      assert.equal("a1 -> b2 (head), make t2\n<base> -> a1 (current), make t1\n", output())
      command.history(c, { rev_range = "current:" })
      assert.equal("a1 -> b2 (head), make t2\n<base> -> a1, make t1\n", output())
      command.heads(c)
      assert.equal("b2 (head)\n", output())
      command.show(c, "a1")
      assert.matches("^Rev: a1\nParent: <base>\n\n    make t1\n", output())
      raises("CommandError", function() command.current(c, { check_heads = true }) end, "not on all head revisions")
    end)

    it("run blocks outside of the transaction", function()
      local c = config { table_migration("a1", nil, "t1"), { revision = "b2", down_revision = "a1",
        upgrade = function(op)
          op.autocommit_block(function()
            op.create_index("ix", "t1", { "x" }, { postgresql_concurrently = true })
          end)
        end, downgrade = function(op) op.drop_index("ix", { table_name = "t1" }) end } }
      command.upgrade(c, "head")
      assert.same({ "b2" }, versions())
      assert.equal("ix", am.inspect(engine):get_indexes("t1")[1].name)
      command.downgrade(c, "a1")
      assert.same({}, am.inspect(engine):get_indexes("t1"))
    end)
  end)
end)

describe("the Lua interface", function()
  it("has its names, and takes plain tables as configuration", function()
    assert.equal(migrate.MigrationContext, am.MigrationContext)
    assert.is_false((pcall(function() return am.NoSuchName end)))
    local engine = am.create_engine("sqlite://", { poolclass = am.StaticPool })
    migrate.command.upgrade({ engine = engine, migrations = { table_migration("a1", nil, "t") } }, "head")
    assert.same({ "alembic_version", "t" }, am.inspect(engine):get_table_names())
    raises("ArgumentError", function() migrate.command.upgrade({ migration = {} }, "head") end,
      "did you mean 'migrations'")
    engine:dispose()
  end)
end)

describe("batches in migrations", function()
  it("keep rows of other tables although foreign keys are enforced", function()
    local engine = am.create_engine("sqlite://", { poolclass = am.StaticPool })
    engine:connect(function(conn)
      conn:execution_options { isolation_level = "AUTOCOMMIT" }
      conn:exec_driver_sql "CREATE TABLE p (id INTEGER PRIMARY KEY, n INTEGER)"
      conn:exec_driver_sql "CREATE TABLE c (p_id INTEGER REFERENCES p (id) ON DELETE CASCADE)"
      conn:exec_driver_sql "INSERT INTO p VALUES (1, 2)"
      conn:exec_driver_sql "INSERT INTO c VALUES (1)"
      conn:exec_driver_sql "PRAGMA foreign_keys = ON"
    end)
    local function run(list)
      migrate.command.upgrade(migrate.Config.new { engine = engine, migrations = list }, "head")
    end
    local function scalar(sql)
      return engine:connect(function(conn) return conn:exec_driver_sql(sql):scalar() end)
    end
    local first = { revision = "a", upgrade = function(op)
      op.batch_alter_table("p", function(b) b.drop_column("n") end)
    end }
    run { first }
    assert.equal(1, scalar "SELECT count(*) FROM c")
    assert.equal(1, scalar "PRAGMA foreign_keys")
    raises("CommandError", function()
      run { first, { revision = "b", down_revision = "a", upgrade = function(op) op.execute "DELETE FROM p" end } }
    end, "refer to rows of 'p' which do not exist")
    assert.equal(1, scalar "SELECT count(*) FROM p")
    engine:dispose()
  end)
end)
