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
      backend.reset()
      logged = {}
      engine = am.create_engine(backend.url, { poolclass = backend.name == "sqlite-memory" and am.StaticPool or nil })
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
    end
  end)
end)
