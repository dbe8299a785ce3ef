-- The order of what autogenerate finds, which is Alembic's where the database takes it, and batches that run it.
local am = require "alchemoon"
local backends = require "support.backends"
local migrate = require "alchemoon.migrate"
local ops = migrate.ops

local function id() return am.Column("id", am.Integer, { primary_key = true }) end

-- "add_index ix_users_email", …: what is done to what.
local function lines(diffs)
  local out = {}
  for i, diff in ipairs(diffs) do
    local one = type(diff[1]) == "table" and diff[1] or diff
    local what = one[4] or one[2]
    out[i] = one[1] .. " " .. (type(what) == "string" and what or what.name)
  end
  return out
end

backends.each(function(backend)
  if backend.name == "sqlite-file" then return end
  local pg = backend.dialect == "postgresql"

  describe("autogenerate", function()
    local engine
    before_each(function()
      engine = backends.empty_engine(backend)
    end)
    after_each(function() engine:dispose() end)

    local function metadata(fn)
      local md = am.MetaData()
      fn(md)
      return md
    end
    local function with_context(fn, opts)
      return engine:begin(function(conn) return fn(migrate.MigrationContext.configure(conn, opts)) end)
    end
    local function differences(md, opts)
      return with_context(function(context) return lines(migrate.compare_metadata(context, md)) end, opts)
    end
    -- Carries out what was found, table by table in batches, and looks again.
    local function carry_out(md)
      with_context(function(context)
        local op = migrate.Operations(context)
        for _, operation in ipairs(migrate.produce_migrations(context, md).upgrade_ops.ops) do
          if ops.is(operation, ops.ModifyTableOps) then
            op:batch_alter_table(operation.table_name, function(batch)
              for _, one in ipairs(operation.ops) do batch:invoke(one) end
            end)
          else
            op:invoke(operation)
          end
        end
      end)
      assert.same({}, differences(md))
    end

    it("names new tables, tables that go, and then columns, indexes, keys and what goes of each table", function()
      metadata(function(md)
        am.Table("crew", md, id(), am.Column("name", am.String(20)))
        am.Table("legacy", md, id())
        am.Table("users", md, id(), am.Column("age", am.Integer, { index = true }), am.Column("old", am.String(5)),
          am.Column("crew_id", am.Integer))
      end):create_all(engine)
      local wanted = metadata(function(md)
        am.Table("crew", md, id(), am.Column("name", am.String(20), { nullable = false }))
        am.Table("users", md, id(), am.Column("age", am.Integer, { nullable = false }),
          am.Column("crew_id", am.Integer, am.ForeignKey("crew.id", { name = "fk_crew" })),
          am.Column("email", am.String(30)), am.UniqueConstraint("email", { name = "uq_email" }),
          am.Index("ix_users_email", "email"))
        am.Table("ship", md, id(), am.Column("name", am.String(10), { index = true }))
      end)
      assert.same({ "add_table ship", "add_index ix_ship_name", "remove_table legacy", "modify_nullable name",
        "add_column email", "modify_nullable age", "remove_index ix_users_age", "add_index ix_users_email",
        "add_constraint uq_email", "add_fk fk_crew", "remove_column old" }, differences(wanted))
      carry_out(wanted)
    end)

    it("takes keys out of that order where the database would refuse them", function()
      local before = metadata(function(md)
        am.Table("gone", md, id())
        am.Table("z", md, id(), am.Column("g", am.Integer, am.ForeignKey("gone.id", { name = "fk_gone" })),
          am.Column("code", am.Integer))
        am.Table("a", md, id(), am.Column("code", am.Integer))
      end)
      before:create_all(engine)
      local wanted = metadata(function(md)
        am.Table("z", md, id(), am.Column("g", am.Integer), am.Column("code", am.Integer),
          am.UniqueConstraint("code", { name = "uq_code" }))
        am.Table("a", md, id(), am.Column("code", am.Integer, am.ForeignKey("z.code", { name = "fk_code" })))
      end)
      if pg then
        assert.same({ "remove_fk fk_gone", "remove_table gone", "add_constraint uq_code", "add_fk fk_code" },
          differences(wanted))
      else
        assert.same({ "add_fk fk_code", "add_constraint uq_code", "remove_fk fk_gone", "remove_table gone" },
          differences(wanted))
      end
      carry_out(wanted)
      carry_out(before)
    end)

    it("compares server defaults when it is asked to", function()
      metadata(function(md) am.Table("t", md, id(), am.Column("n", am.Integer)) end):create_all(engine)
      local wanted = metadata(function(md)
        am.Table("t", md, id(), am.Column("n", am.Integer, { server_default = "5" }))
      end)
      assert.same({}, differences(wanted))
      assert.same({}, differences(wanted, { compare_server_default = false }))
      assert.same({ "modify_default n" }, differences(wanted, { compare_server_default = true }))
    end)
  end)

  describe("batch_alter_table on PostgreSQL", function()
    if not pg then return end
    it("makes a table anew whose key and constraints have names", function()
      backend.reset()
      local engine = am.create_engine(backend.url)
      local md = am.MetaData()
      am.Table("t", md, id(), am.Column("x", am.Integer), am.UniqueConstraint("x", { name = "uq_x" }))
      md:create_all(engine)
      engine:begin(function(conn)
        conn:execute(md.tables.t:insert(), { x = 3 })
        local op = migrate.Operations(migrate.MigrationContext.configure(conn))
        op:batch_alter_table("t", { recreate = "always" }, function(batch)
          batch:add_column(am.Column("y", am.Integer, { server_default = "7" }))
        end)
        assert.same({ 1, 3, 7 }, { conn:execute(am.text "SELECT id, x, y FROM t"):one():unpack() })
        assert.equal("uq_x", am.inspect(conn):get_unique_constraints("t")[1].name)
      end)
      engine:dispose()
    end)
  end)
end)

describe("operations from schema objects", function()
  it("have Alembic's fields and tuples", function()
    local md = am.MetaData()
    am.Table("crew", md, id(), { schema = "sea" })
    local users = am.Table("users", md, id(), am.Column("crew_id", am.Integer), am.Index("ix_crew", "crew_id"),
      am.ForeignKeyConstraint({ "crew_id" }, { "sea.crew.id" }, { name = "fk_crew" }))
    local key
    for _, constraint in ipairs(users.constraints) do
      if constraint.name == "fk_crew" then key = ops.AddConstraintOp.from_constraint(constraint) end
    end
    assert.same({ "users", "crew", "sea", { "crew_id" }, { "id" } },
      { key.source_table, key.referent_table, key.referent_schema, key.local_cols, key.remote_cols })
    assert.equal("add_fk", key:to_diff_tuple()[1])
    assert.equal("remove_fk", key:reverse():to_diff_tuple()[1])
    local index = ops.CreateIndexOp.from_index(users.indexes[1])
    assert.equal("crew_id", index.columns[1].name)
    assert.equal("add_index", index:to_diff_tuple()[1])
    local change = ops.AlterColumnOp("users", "crew_id", { modify_nullable = false, existing_type = am.Integer })
    local tuple = change:to_diff_tuple()[1]
    assert.equal("modify_nullable", tuple[1])
    assert.is_false(tuple[5].existing_server_default)
  end)
end)
