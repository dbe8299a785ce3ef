-- Dangerous operations stop an upgrade unless the migration is assured.
local am = require "alchemoon"
local backends = require "support.backends"
local migrate = require "alchemoon.migrate"
local raises = require("support.init").raises_exc

backends.each(function(backend)
  local pg = backend.dialect == "postgresql"
  describe("the lint", function()
    local engine, logged
    before_each(function()
      logged = {}
      engine = backends.empty_engine(backend)
      engine:begin(function(conn)
        conn:exec_driver_sql "CREATE TABLE t (id INTEGER PRIMARY KEY, x VARCHAR(5))"
        conn:exec_driver_sql "CREATE TABLE empty (id INTEGER PRIMARY KEY, x VARCHAR(5))"
        conn:exec_driver_sql "INSERT INTO t VALUES (1, 'a')"
      end)
    end)
    after_each(function() engine:dispose() end)

    local number = 0
    local function run(fn, more, options)
      number = number + 1
      local node = { revision = "r" .. number, upgrade = fn }
      for key, value in pairs(more or {}) do node[key] = value end
      local given = { engine = engine, migrations = { node }, version_table = "v" .. number }
      for key, value in pairs(options or {}) do given[key] = value end
      local config = migrate.Config.new(given, { log = function(t) logged[#logged + 1] = t end })
      return migrate.command.upgrade(config, "head")
    end
    local function stops(pattern, fn)
      local e = raises("UnsafeOperation", function() run(fn) end, pattern)
      assert.matches("Safe way: ", e.message)
      assert.matches("assured = true", e.message)
    end

    it("stops where rows would break the change", function()
      stops("add_column on table 't' adds column 'n' that must not be null", function(op)
        op.add_column("t", am.Column("n", am.Integer, { nullable = false }))
      end)
      run(function(op) op.add_column("t", am.Column("n", am.Integer, { nullable = false, server_default = "1" })) end)
    end)

    it("stops where models still need what is dropped", function()
      local md = am.MetaData()
      am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }), am.Column("x", am.String(5)))
      raises("UnsafeOperation", function()
        run(function(op) op.drop_column("t", "x") end, nil, { target_metadata = md })
      end, "drops column 'x', which the models still have")
      run(function(op) op.drop_column("t", "x") end, { assured = { "drop_column" } }, { target_metadata = md })
    end)

    it("lets operations of op.assured pass, has levels, and leaves tables of the same run alone", function()
      local column = am.Column("n", am.Integer, { nullable = false })
      local function add(op) op.add_column("t", column:copy()) end
      raises("ArgumentError", function() run(add, nil, { lint = "loud" }) end, "lint: 'error', 'warn' or 'off'")
      run(function(op) op.execute "DELETE FROM t" end)
      run(function(op)
        local t = op.create_table("fresh", am.Column("id", am.Integer, { primary_key = true }))
        op.bulk_insert(t, { { id = 1 } })
        op.create_index("ix_fresh", "fresh", { "id" })
        op.rename_table("fresh", "fresher")
        op.add_column("fresher", am.Column("n", am.Integer, { nullable = false, server_default = "1" }))
      end)
      run(function(op) op.assured(function() add(op) end) end)
      run(function(op) op.drop_column("t", "n") end, nil, { lint = "off" })
    end)

    it("stops where a batch makes a table anew", function()
      stops("add_column on table 't' adds column 'n' that must not be null", function(op)
        op.batch_alter_table("t", { recreate = not pg and "always" or "never" }, function(batch)
          batch.add_column(am.Column("n", am.Integer, { nullable = false }))
        end)
      end)
    end)

    it("stops where models still have the old name", function()
      local md = am.MetaData()
      am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }), am.Column("x", am.String(5)))
      raises("UnsafeOperation", function()
        run(function(op) op.alter_column("t", "x", { new_column_name = "y" }) end, nil, { target_metadata = md })
      end, "renames column 'x', which the models still have")
      raises("UnsafeOperation", function()
        run(function(op) op.rename_table("t", "u") end, nil, { target_metadata = md })
      end, "renames a table that the models still have")
    end)

    if pg then
      it("stops at what locks a table, unless it is empty, new or assured", function()
        local function index(op) op.create_index("ix", "t", { "x" }) end
        stops("create_index on table 't' locks the table against writes", index)
        stops("create_foreign_key", function(op) op.create_foreign_key("fk", "t", "empty", { "id" }, { "id" }) end)
        stops("create_unique_constraint", function(op) op.create_unique_constraint("u", "t", { "x" }) end)
        stops("create_check_constraint", function(op) op.create_check_constraint("c", "t", "id > 0") end)
        stops("rewrites the table", function(op) op.alter_column("t", "x", { type_ = am.Integer }) end)
        stops("set 'x' NOT NULL", function(op) op.alter_column("t", "x", { nullable = false }) end)
        run(function(op)
          op.alter_column("t", "x", { existing_type = am.String(5), type_ = am.String(50) })
          op.create_index("ix2", "empty", { "x" })
          op.create_check_constraint("c", "t", "id > 0", { postgresql_not_valid = true })
          op.autocommit_block(function() op.create_index("ix3", "t", { "x" }, { postgresql_concurrently = true }) end)
        end)
        run(index, { assured = true })
        run(function(op) op.create_index("ix4", "t", { "x" }) end, nil, { lint = "warn" })
        assert.matches("create_index on table 't' locks", logged[#logged])
        run(function(op) op.create_index("ix5", "t", { "x" }) end, nil, { lint = false })
      end)

      it("knows what rewrites a table and what does not", function()
        stops("has the default gen_random_uuid%(%)", function(op)
          op.add_column("t", am.Column("u", am.Uuid, { server_default = am.text "gen_random_uuid()" }))
        end)
        stops("counts every row anew", function(op) op.add_column("t", am.Column("k", am.Integer, am.Identity())) end)
        stops("computes and writes every row anew", function(op)
          op.add_column("t", am.Column("k", am.Integer, am.Computed("id + 1", { persisted = true })))
        end)
        stops("with a unique constraint", function(op) op.add_column("t", am.Column("k", am.Integer,
          { unique = true })) end)
        stops("create_primary_key on table 't' locks", function(op) op.create_primary_key("pk", "t", { "x" }) end)
        stops("rewrites the table", function(op) op.alter_column("t", "x", { type_ = am.String(2) }) end)
        run(function(op)
          op.alter_column("t", "x", { type_ = am.String(9) })
          op.alter_column("t", "x", { type_ = am.Text })
          op.add_column("t", am.Column("d", am.DateTime, { server_default = am.func.now() }))
        end)
        run(function(op)
          op.create_check_constraint("nn", "t", "x IS NOT NULL", { postgresql_not_valid = true })
          op.execute "ALTER TABLE t VALIDATE CONSTRAINT nn"
          op.alter_column("t", "x", { nullable = false })
        end)
      end)

      it("knows enumerations and indexes that cannot stand in a transaction", function()
        engine:begin(function(conn)
          conn:exec_driver_sql "CREATE TYPE e AS ENUM ('a', 'b')"
          conn:exec_driver_sql "ALTER TABLE t ADD COLUMN e e"
        end)
        local options = { existing_values = { "a", "b" }, columns = { { "t", "e" } } }
        stops("uses the value 'c' in the transaction that adds it", function(op)
          op.alter_enum("e", { "a", "b", "c" }, options)
          op.execute "UPDATE t SET e = 'c'"
        end)
        stops("to take values from enumeration 'e'", function(op) op.alter_enum("e", { "b", "a" }, options) end)
        stops("is built concurrently, which cannot happen in a transaction", function(op)
          op.create_index("ix", "t", { "x" }, { postgresql_concurrently = true })
        end)
      end)

      it("says once that lock_timeout is missing", function()
        run(function(op)
          op.alter_column("t", "x", { nullable = true })
          op.drop_column("t", "x")
        end)
        local said = 0
        for _, text in ipairs(logged) do
          if text:find "No lock_timeout is set" then said = said + 1 end
        end
        assert.equal(1, said)
        logged = {}
        run(function(op) op.add_column("t", am.Column("x", am.Integer)) end, nil, { lock_timeout = 5 })
        assert.is_nil(table.concat(logged):find "No lock_timeout")
      end)
    end
  end)
end)
