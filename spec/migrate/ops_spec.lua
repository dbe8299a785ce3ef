-- Operations as objects: what autogenerate gives, what hooks may do with it, and operations of one's own.
local am = require "alchemoon"
local autogenerate = require "alchemoon.migrate.autogenerate"
local backends = require "support.backends"
local migrate = require "alchemoon.migrate"
local migrations = require "support.migrations"
local raises = require("support.init").raises_exc
local ops = migrate.ops

local unpack = table.unpack or unpack -- luacheck: ignore 113

backends.each(function(backend)
  if backend.name == "sqlite-file" then return end
  local pg = backend.dialect == "postgresql"
  describe("autogenerate as operations", function()
    local engine
    before_each(function()
      engine = backends.empty_engine(backend)
    end)
    after_each(function() engine:dispose() end)

    local function with_context(fn, opts) return migrations.with_context(engine, fn, opts) end
    local function lines(md, opts)
      return with_context(function(c) return autogenerate.lines(migrate.produce_migrations(c, md)) end, opts)
    end
    local function execute(sql) engine:begin(function(conn) conn:exec_driver_sql(sql) end) end
    local function run(text) migrations.run_text(engine, text) end
    -- Upgrades by what autogenerate writes, looks again, goes back and looks again.
    local function there_and_back(before, after, expected, opts)
      local up, down = with_context(function(c)
        local script = migrate.produce_migrations(c, after)
        assert.same(expected, autogenerate.lines(script))
        return autogenerate.render(c, script)
      end, opts)
      run(up)
      assert.same({}, lines(after, opts))
      run(down)
      assert.same({}, lines(before, opts))
      run(up)
      return up, down
    end
    local function metadata(fn)
      local md = am.MetaData()
      fn(md)
      return md
    end

    it("is Alembic's tree of directives", function()
      execute "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, x INTEGER)"
      local md = metadata(function(md)
        am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }), am.Column("y", am.Integer))
        am.Table("u", md, am.Column("id", am.Integer, { primary_key = true, index = true }))
      end)
      with_context(function(c)
        local script = migrate.produce_migrations(c, md)
        assert.is_true(ops.is(script, ops.MigrationScript))
        local list = script.upgrade_ops.ops
        assert.is_true(ops.is(list[1], ops.CreateTableOp))
        assert.equal("u", list[1].table_name)
        assert.is_true(ops.is(list[2], ops.ModifyTableOps))
        assert.is_true(ops.is(list[2].ops[1], ops.CreateIndexOp))
        assert.equal("t", list[3].table_name)
        assert.equal("y", list[3].ops[1].column.name)
        assert.equal("x", list[3].ops[2].column_name)
        local back = script.downgrade_ops.ops
        assert.is_true(ops.is(back[1].ops[1], ops.AddColumnOp))
        assert.is_true(ops.is(back[#back], ops.DropTableOp))
        assert.is_false(script.upgrade_ops:is_empty())
        assert.equal("CREATE TABLE u", (tostring(am.CreateTable(list[1]:to_table())):match "CREATE TABLE u"))
        assert.equal(4, #script.upgrade_ops:as_diffs())
        assert.matches("op.create_table%(\"u\"", migrate.render_python_code(script.upgrade_ops))
      end)
    end)

    it("compares primary keys and the texts of named checks", function()
      local function keys(...)
        local names = { ... }
        return metadata(function(md)
          am.Table("t", md, am.Column("a", am.Integer, { nullable = false }),
            am.Column("b", am.Integer, { nullable = false }), am.PrimaryKeyConstraint(unpack(names)),
            am.CheckConstraint("a > " .. #names, { name = "ck_a" }))
        end)
      end
      keys("a"):create_all(engine)
      there_and_back(keys "a", keys("a", "b"), { pg and "- primary key t_pkey (a) on t" or "- primary key (a) on t",
        "- check constraint ck_a on t", "+ primary key (a, b) on t", "+ check constraint ck_a on t" })
    end)

    it("takes a check without a name for the one that the database named", function()
      local md = metadata(function(md)
        am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }), am.Column("s", am.String(9)),
          am.CheckConstraint("length(s) > 3 AND s IN ('a', 'b')"), am.CheckConstraint("s <> 'q'", { name = "named" }))
      end)
      md:create_all(engine)
      assert.same({}, lines(md))
    end)

    it("looks at what include_object and include_name want, with their arguments", function()
      execute "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, x INTEGER)"
      execute "CREATE INDEX ix_t ON t (x)"
      execute "CREATE TABLE gone (id INTEGER NOT NULL PRIMARY KEY)"
      local md = metadata(function(md)
        am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }), am.Column("x", am.Integer),
          am.UniqueConstraint("x", { name = "uq_x" }))
      end)
      local objects, names = {}, {}
      lines(md, { include_object = function(object, name, type_, reflected, compare_to)
        assert.is_not_nil(object)
        objects[#objects + 1] = ("%s %s %s %s"):format(type_, name, tostring(reflected), tostring(compare_to ~= nil))
        return true
      end, include_name = function(name, type_, parent_names)
        names[#names + 1] = ("%s %s %s"):format(type_, tostring(name), tostring(parent_names.table_name))
        return true
      end })
      table.sort(objects)
      assert.same({ "column id false true", "column x false true", "index ix_t true false", "table gone true false",
        "table t false true", "unique_constraint uq_x false false" }, objects)
      table.sort(names)
      local wanted = { "column id t", "column x t", "index ix_t t", "schema nil nil", "table gone nil", "table t nil" }
      if pg then table.insert(wanted, 4, "primary_key t_pkey t") end
      for _, one in ipairs(wanted) do
        local there = one:match "^primary_key"
        for _, name in ipairs(names) do there = there or name == one end
        assert.truthy(there, one)
      end
      assert.same({ "+ unique constraint uq_x (x) on t" }, lines(md, {
        include_name = function(name, type_) return type_ ~= "index" and name ~= "gone" end }))
    end)

    it("is rewritten by process_revision_directives and by Rewriters in a chain", function()
      execute "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY)"
      local md = metadata(function(md)
        am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }), am.Column("x", am.Integer))
      end)
      local first, second = migrate.Rewriter(), migrate.Rewriter()
      first:rewrites(ops.AddColumnOp, function(context, revision, op)
        assert.equal(migrate.MigrationContext, getmetatable(context))
        assert.same({}, revision)
        return { op, ops.CreateIndexOp("ix_new", op.table_name, { op.column.name }) }
      end)
      second:rewrites(ops.CreateIndexOp, function(_, _, op)
        return { op, ops.ExecuteSQLOp "SELECT 1" }
      end)
      second:rewrites(ops.DropColumnOp, function() return {} end)
      local folder = os.tmpname()
      os.remove(folder)
      migrate.ScriptDirectory.init(folder)
      local function config(hook)
        return migrate.Config.new({ engine = engine, script_location = folder, target_metadata = md,
          process_revision_directives = hook }, { stdout = function() end })
      end
      local none = migrate.command.revision(config(function(_, _, directives)
        assert.equal("m", directives[1].message)
        directives[1] = nil
      end), { autogenerate = true, message = "m" })
      assert.is_nil(none)
      local node = migrate.command.revision(config(first:chain(second)), { autogenerate = true, message = "m" })
      local text = require("alchemoon.migrate.files").read(node.path)
      assert.matches("add_column%(.-create_index%(\"ix_new\".-execute%(\"SELECT 1\"%)", text)
      assert.is_nil(text:find("drop_column", 1, true))
      raises("CommandError", function() migrate.command.upgrade(config(nil), "nope") end, "Can't locate")
      migrate.command.upgrade(config(nil), "head")
      assert.equal("ix_new", am.inspect(engine):get_indexes("t")[1].name)
      os.execute("rm -rf " .. folder)
    end)

    it("has operations of one's own: run, undone, compared, written", function()
      local CreateViewOp = ops.MigrateOperation:extend "CreateViewOp"
      local DropViewOp = ops.MigrateOperation:extend "DropViewOp"
      function CreateViewOp:init(name, sql) self.name, self.sql = name, sql end
      function CreateViewOp.create_view(op, name, sql) return op.invoke(CreateViewOp(name, sql)) end
      function CreateViewOp:reverse() return DropViewOp(self.name, self.sql) end
      function CreateViewOp:to_diff_tuple() return { "add_view", self.name } end
      DropViewOp.init = CreateViewOp.init
      function DropViewOp.drop_view(op, name) return op.invoke(DropViewOp(name)) end
      migrate.Operations.register_operation("create_view", CreateViewOp)
      migrate.Operations.register_operation("drop_view", DropViewOp)
      migrate.Operations.implementation_for(CreateViewOp, function(op, o)
        op.execute(("CREATE VIEW %s AS %s"):format(o.name, o.sql))
      end)
      migrate.Operations.implementation_for(DropViewOp, function(op, o) op.execute("DROP VIEW " .. o.name) end)
      migrate.renderers.dispatch_for(CreateViewOp, function(_, o)
        return ("op.create_view(%q, %q)"):format(o.name, o.sql)
      end)
      migrate.renderers.dispatch_for(DropViewOp, function(_, o) return ("op.drop_view(%q)"):format(o.name) end)
      local wanted = true
      migrate.comparators.dispatch_for("schema", function(autogen_context, upgrade_ops)
        if wanted and #autogen_context.inspector:get_view_names() == 0 then
          upgrade_ops.ops[#upgrade_ops.ops + 1] = CreateViewOp("v", "SELECT 1 AS one")
        end
      end)
      local up, down = with_context(function(c)
        assert.same({ { "add_view", "v" } }, migrate.compare_metadata(c, am.MetaData()))
        return autogenerate.render(c, migrate.produce_migrations(c, am.MetaData()))
      end)
      run(up)
      assert.same({ "v" }, am.inspect(engine):get_view_names())
      assert.same({}, lines(am.MetaData()))
      run(down)
      wanted = false
      assert.same({}, am.inspect(engine):get_view_names())
      raises("ArgumentError", function()
        with_context(function(c) migrate.Operations(c).invoke {} end)
      end, "op.invoke: an operation")
    end)

    it("runs operations that are objects", function()
      engine:begin(function(conn)
        local op = migrate.Operations(migrate.MigrationContext.configure(conn))
        op.invoke(ops.CreateTableOp("t", { am.Column("id", am.Integer, { primary_key = true }),
          am.Column("x", am.Integer) }))
        op.invoke(ops.AddColumnOp("t", am.Column("y", am.Integer)))
        op.invoke(ops.CreateIndexOp("ix", "t", { "x", "y" }, { unique = true }))
        op.invoke(ops.BulkInsertOp(am.table("t", am.column "x"), { { x = 1 } }))
        op.invoke(ops.DropIndexOp("ix", { table_name = "t" }))
        op.invoke(ops.ModifyTableOps("t", { ops.RenameTableOp("t", "u"), ops.ExecuteSQLOp "DELETE FROM u" }))
        op.invoke("add_column", "u", am.Column("z", am.Integer))
        if pg then
          op.invoke(ops.AlterColumnOp("u", "x", { modify_type = am.BigInteger(), modify_nullable = false }))
          op.invoke(ops.CreateUniqueConstraintOp("uq", "u", { "x" }))
          op.invoke(ops.DropConstraintOp("uq", "u", { type_ = "unique" }))
        end
      end)
      assert.same({ "u" }, am.inspect(engine):get_table_names())
      assert.equal(4, #am.inspect(engine):get_columns "u")
    end)

    if not pg then return end

    it("makes, changes and drops sequences, and leaves those of columns alone", function()
      local function sequences(fn)
        return metadata(function(md)
          am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }),
            am.Column("n", am.BigInteger, am.Identity()))
          fn(md)
        end)
      end
      local none = sequences(function() end)
      none:create_all(engine)
      assert.same({}, lines(none))
      local one = sequences(function(md) am.Sequence("numbers", { start = 5, increment = 2, metadata = md }) end)
      local two = sequences(function(md)
        am.Sequence("numbers", { start = 5, increment = 3, cycle = true, maxvalue = 90, metadata = md })
      end)
      there_and_back(none, one, { "+ sequence numbers" })
      there_and_back(one, two, { "~ sequence numbers: increment 2 -> 3, maxvalue 9223372036854775807 -> 90, " ..
        "cycle false -> true" })
      there_and_back(two, none, { "- sequence numbers" })
      assert.same({}, lines(two, { include_object = function(_, _, type_) return type_ ~= "sequence" end }))
    end)

    it("changes identities, and warns of computed columns", function()
      local function with(item_)
        return metadata(function(md)
          am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }), am.Column("n", am.Integer, item_,
            { nullable = false }))
        end)
      end
      local a, b = with(am.Identity { start = 3 }), with(am.Identity { always = true, start = 3, increment = 5 })
      a:create_all(engine)
      local up = there_and_back(a, b, { "~ column t.n: default " .. tostring(a.tables.t.c.n.identity) .. " -> " ..
        tostring(b.tables.t.c.n.identity) })
      assert.matches("server_default = am.Identity%({ always = true, start = 3, increment = 5 }%)", up)
      b:drop_all(engine)
      local c, d = with(am.Computed("id + 1", { persisted = true })), with(am.Computed("id + 2", { persisted = true }))
      c:create_all(engine)
      with_context(function(context)
        local script = migrate.produce_migrations(context, d)
        assert.same({}, autogenerate.lines(script))
        assert.same({ "Computed default on t.n cannot be modified" }, script.warnings)
      end)
    end)

    it("compares indexes in the server's words", function()
      local function index(fn)
        return metadata(function(md)
          local t = am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }),
            am.Column("s", am.String(20)), am.Column("n", am.Integer))
          fn(t.c)
        end)
      end
      local forms = {
        function(c) am.Index("ix", c.s) end,
        function(c) am.Index("ix", am.func.lower(c.s), { postgresql_where = c.n:gt(5) }) end,
        function(c) am.Index("ix", am.func.lower(c.s), { postgresql_where = c.n:gt(6) }) end,
        function(c) am.Index("ix", c.s:desc(), c.n) end,
        function(c) am.Index("ix", c.s, { postgresql_using = "hash" }) end,
        function(c) am.Index("ix", c.s, { postgresql_ops = { s = "varchar_pattern_ops" } }) end,
        function(c) am.Index("ix", c.s, { postgresql_include = { "n" }, unique = true }) end,
        function(c) am.Index("ix", c.s, { postgresql_with = { fillfactor = 50 } }) end,
      }
      index(forms[1]):create_all(engine)
      for i = 1, #forms do
        if i > 1 then
          there_and_back(index(forms[i - 1]), index(forms[i]), { "- index ix on t", "+ index ix on t" })
        end
        assert.same({}, lines(index(forms[i])))
      end
    end)

    it("compares EXCLUDE, and defaults that differ on each call", function()
      local function with(operator)
        return metadata(function(md)
          am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }), am.Column("r", am.INT4RANGE),
            am.Column("u", am.Uuid, { server_default = am.text "gen_random_uuid()" }),
            am.ExcludeConstraint({ "r", operator }, { name = "ex" }))
        end)
      end
      with("&&"):create_all(engine)
      assert.same({}, lines(with "&&"))
      there_and_back(with "&&", with "-|-", { "- exclude constraint ex (r) on t", "+ exclude constraint ex (r) on t" })
    end)

    it("looks at other schemas when it is told to", function()
      local options = { include_schemas = true }
      execute "CREATE SCHEMA app"
      local empty = am.MetaData()
      local md = metadata(function(md)
        am.Table("a", md, am.Column("id", am.Integer, { primary_key = true }),
          am.Column("k", am.Enum("x", "y", { name = "kind", schema = "app" })), { schema = "app", comment = "of app" })
        am.Table("b", md, am.Column("id", am.Integer, { primary_key = true }),
          am.Column("a_id", am.ForeignKey "app.a.id", { index = true }), { schema = "public" })
        am.Sequence("s", { metadata = md, schema = "app" })
      end)
      there_and_back(empty, md, { "+ sequence app.s", "+ table app.a", "+ table public.b",
        "+ index ix_public_b_a_id on public.b" }, options)
      local more = metadata(function(m)
        am.Table("a", m, am.Column("id", am.BigInteger, { primary_key = true }), am.Column("n", am.Integer),
          am.Column("k", am.Enum("x", "z", "y", { name = "kind", schema = "app" })), { schema = "app" })
        am.Table("b", m, am.Column("id", am.Integer, { primary_key = true }),
          am.Column("a_id", am.ForeignKey("app.a.id", { ondelete = "CASCADE" }), { index = true }))
        am.Sequence("s", { metadata = m, schema = "app" })
      end)
      with_context(function(c)
        local found = autogenerate.lines(migrate.produce_migrations(c, more))
        assert.equal("~ enum app.kind: (x, y) -> (x, z, y)", found[1])
        assert.matches("; ~ comment of table app.a: 'of app' %-> none; ", table.concat(found, "; "))
      end, options)
      assert.same({ "+ table app.a", "- table b" }, (function()
        local found = lines(metadata(function(m)
          am.Table("a", m, am.Column("id", am.Integer, { primary_key = true }), { schema = "app" })
        end), { include_object = function(_, _, type_) return type_ == "table" end })
        return found
      end)())
    end)
  end)
end)

describe("operations as objects", function()
  it("say of which class they are", function()
    local op = ops.DropTableOp "t"
    assert.equal("DropTableOp", op.__class__.__name__)
    assert.is_true(ops.DropTableOp.is(op) and ops.MigrateOperation.is(op))
    assert.is_false(ops.CreateTableOp.is(op) or ops.DropTableOp.is "t")
  end)
end)

describe("the folder of migrations from Lua", function()
  it("has Alembic's questions", function()
    local function rev(id, down) return { revision = id, down_revision = down, upgrade = function() end } end
    local script = migrate.ScriptDirectory.new { migrations = { rev "a1", rev("b2", "a1"), rev("c3", "b2") } }
    local function ids(list)
      local out = {}
      for i, node in ipairs(list) do out[i] = node.revision end
      return table.concat(out, " ")
    end
    assert.equal("c3", script:get_current_head())
    assert.same({ "c3" }, script:get_heads())
    assert.equal("a1", script:get_base())
    assert.equal("b2", script:get_revision("b").revision)
    assert.equal("c3 b2 a1", ids(script:walk_revisions()))
    assert.equal("c3 b2", ids(script:iterate_revisions("head", "a1")))
    assert.equal("b2 a1", ids(script:iterate_revisions("b2", "base")))
    assert.equal("c3", script:as_revision_number "head")
    local seen = {}
    for node in script:walk_revisions() do seen[#seen + 1] = node.revision end
    assert.same({ "c3", "b2", "a1" }, seen)
  end)
end)
