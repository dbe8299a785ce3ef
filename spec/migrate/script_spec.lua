-- Scripts, their graph and what stands around them, asked from Lua: every answer is Alembic's.
local am = require "alchemoon"
local migrate = require "alchemoon.migrate"
local raises = require("support.init").raises_exc
local ops = migrate.ops

local function revision(id, down, depends_on, label)
  return { revision = id, down_revision = down, depends_on = depends_on, branch_labels = label, message = id,
    upgrade = function() end, downgrade = function() end }
end

local function sorted(list)
  local out = {}
  for i, item in ipairs(list) do out[i] = type(item) == "table" and item.revision or item end
  table.sort(out)
  return out
end

local function ids(list)
  local out = {}
  for i, script in ipairs(list) do out[i] = script.revision end
  return out
end

describe("a ScriptDirectory", function()
  local scripts = migrate.ScriptDirectory.new { migrations = {
    revision("a1"), revision("b1", "a1"), revision("b2", "a1", nil, { "side" }), revision("c1", "b1"),
    revision("d1", nil, "c1", { "other" }), revision("m1", { "c1", "b2" }),
  } }

  it("knows heads and bases", function()
    assert.same({ "d1", "m1" }, sorted(scripts:get_heads()))
    assert.same({ "d1", "m1" }, sorted(scripts:get_real_heads()))
    assert.same({ "a1", "d1" }, sorted(scripts:get_bases()))
    raises("CommandError", function() scripts:get_current_head() end, "has multiple heads")
    raises("CommandError", function() scripts:get_base() end, "has multiple bases")
    local line = migrate.ScriptDirectory.new { migrations = { revision("x"), revision("y", "x"),
      revision("z", nil, "y") } }
    assert.same({ "z" }, line:get_real_heads())
    assert.same({ "y", "z" }, sorted(line:get_heads()))
  end)

  it("finds revisions", function()
    assert.same({ "d1", "m1" }, sorted(scripts:get_revisions "heads"))
    assert.same({ "a1", "b1" }, ids(scripts:get_revisions { "a1", "b1" }))
    assert.same({}, scripts:get_revisions "base")
    assert.equal("d1", scripts:get_revision("other@head").revision)
    assert.equal("m1", scripts:as_revision_number "m1")
    assert.same({ "d1", "m1" }, sorted(scripts:as_revision_number "heads"))
    assert.is_nil(scripts:as_revision_number "base")
    raises("CommandError", function() scripts:get_revision "zz" end, "Can't locate revision identified by 'zz'")
    raises("CommandError", function() scripts:get_revision "head" end, "Multiple head revisions are present")
  end)

  it("walks", function()
    assert.same({ "a1", "b1", "b2", "c1", "d1", "m1" }, sorted(scripts:walk_revisions()))
    assert.same({ "m1", "c1", "b1", "b2", "a1" }, ids(scripts:walk_revisions("base", "m1")))
    assert.same({ "m1", "c1", "b1", "b2" }, ids(scripts:iterate_revisions("m1", "a1")))
    assert.same({ "c1", "b1", "a1" }, ids(scripts:iterate_revisions("c1", "base")))
  end)

  it("tells where a revision stands", function()
    local function place(id)
      local script = scripts:get_revision(id)
      return { script.is_base, script.is_head, script.is_branch_point, script.is_merge_point }
    end
    assert.same({ true, false, true, false }, place "a1")
    assert.same({ false, true, false, true }, place "m1")
    assert.same({ true, true, false, false }, place "d1")
    assert.equal("c1", scripts:get_revision("d1").dependencies)
    assert.same({ "c1", "b2" }, scripts:get_revision("m1").down_revision)
  end)

  it("has a map that knows ancestors, descendants and tips", function()
    local map = scripts:map()
    assert.same({ "d1", "m1" }, sorted(map:real_heads()))
    assert.is_true(map:is_branch_point "a1")
    assert.is_true(map:is_merge_point "m1")
    assert.is_true(map:related("m1", "a1"))
    assert.is_false(map:related("b1", "b2"))
    raises("CommandError", function() map:current_head() end, "Multiple head revisions")
    assert.equal("d1", map:current_head "other")
  end)
end)

describe("operations", function()
  local function named(column, name) assert.equal(name, column.name) end

  it("become what they are about", function()
    local t = am.Table("t", am.MetaData(), am.Column("id", am.Integer), am.Column("x", am.String(5)),
      am.UniqueConstraint("x", { name = "uq_x" }), am.Index("ix_x", "x"), { schema = "s" })
    assert.equal(t, ops.CreateTableOp.from_table(t):to_table())
    assert.equal(t, ops.DropTableOp.from_table(t):to_table())
    assert.equal(t.c.x, ops.AddColumnOp.from_column_and_tablename("s", "t", t.c.x):to_column())
    assert.equal(t.c.x, ops.DropColumnOp.from_column_and_tablename("s", "t", t.c.x):to_column())
    local index = t.indexes[1]
    assert.equal(index, ops.CreateIndexOp.from_index(index):to_index())
    assert.equal(index, ops.DropIndexOp.from_index(index):to_index())
    local made = ops.CreateUniqueConstraintOp("uq", "t", { "x" }, { schema = "s" })
    named(made:to_constraint(), "uq")
    assert.same({ "remove_constraint", made:to_constraint() }, made:reverse():to_diff_tuple())
  end)

  it("that know no more than a name become that", function()
    local table_ = ops.DropTableOp("gone", { schema = "s" }):to_table()
    assert.same({ "gone", "s", 0 }, { table_.name, table_.schema, #am.columns(table_) })
    named(ops.DropColumnOp("t", "gone"):to_column(), "gone")
    named(ops.DropIndexOp("ix_gone", { table_name = "t" }):to_index(), "ix_gone")
    raises("CommandError", function() ops.DropConstraintOp("ck", "t"):to_constraint() end,
      "constraint cannot be produced; original constraint is not present")
  end)

  it("pass through a Rewriter by its method, too", function()
    local writer, seen = migrate.Rewriter(), {}
    writer:rewrites(ops.AddColumnOp, function(_, _, op)
      seen[#seen + 1] = op.column.name
      return {}
    end)
    local upgrade = ops.UpgradeOps { ops.AddColumnOp("t", am.Column("a", am.Integer)), ops.DropTableOp("u") }
    local script = ops.MigrationScript("r1", upgrade, ops.DowngradeOps {})
    writer:process_revision_directives(nil, nil, { script })
    assert.same({ "a" }, seen)
    assert.equal(1, #script.upgrade_ops.ops)
  end)
end)

describe("a context and a configuration", function()
  it("run migrations from Lua and lend their connection", function()
    local engine = am.create_engine("sqlite://", { poolclass = am.StaticPool })
    local config = migrate.Config.new({ migrations = {}, engine = engine })
    assert.equal(3, config:with_connection(function(conn) return conn:scalar(am.text "select 3") end))
    engine:connect(function(conn)
      assert.equal(4, migrate.Config.new({ migrations = {}, engine = conn }):with_connection(function(lent)
        assert.equal(conn, lent)
        return 4
      end))
    end)
    migrate.command.ensure_version(config)
    engine:connect(function(conn)
      assert.is_true(am.inspect(conn):has_table "alembic_version")
      local context, told = migrate.MigrationContext.configure(conn), nil
      context:run_migrations(function(heads)
        told = heads
        return { { stamp = true, gone = {}, come = { "r1" } } }
      end)
      assert.same({}, told)
      assert.same({ "r1" }, context:get_current_heads())
      assert.equal("r1", context:get_current_revision())
    end)
    engine:dispose()
  end)
end)
