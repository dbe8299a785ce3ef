-- Autogenerate: a run right after the upgrade finds nothing, the downgrade leads back, data stays.
local am = require "alchemoon"
local autogenerate = require "alchemoon.migrate.autogenerate"
local backends = require "support.backends"
local migrate = require "alchemoon.migrate"
local migrations = require "support.migrations"
local raises = require("support.init").raises_exc
local unpack = table.unpack or unpack -- luacheck: ignore 113

local function first_models()
  local md = am.MetaData()
  am.Table("users", md, am.Column("id", am.Integer, { primary_key = true }),
    am.Column("name", am.String(50), { nullable = false, unique = true, server_default = "it's" }),
    am.Column("kind", am.Enum("a", "b", { name = "kind" })),
    am.Column("n", am.Numeric(10, 2), { server_default = am.text "1 + 1" }),
    am.Column("at", am.DateTime(true), { server_default = am.func.now() }), am.Column("gone", am.Boolean),
    am.CheckConstraint("n > 0", { name = "ck_n" }))
  am.Table("posts", md, am.Column("id", am.Integer, { primary_key = true }),
    am.Column("user_id", am.Integer, am.ForeignKey "users.id"), am.Column("body", am.Text, { index = true }),
    am.UniqueConstraint("user_id", "body", { name = "uq_x" }))
  am.Table("old", md, am.Column("u", am.ForeignKey "users.id", { primary_key = true }),
    am.Column("ok", am.Enum("q", { name = "oldk" }), { index = true }))
  return md
end

local function second_models()
  local md = am.MetaData()
  am.Table("users", md, am.Column("id", am.Integer, { primary_key = true }),
    am.Column("title", am.String(80), { nullable = true, unique = true, server_default = "other",
      info = { renamed_from = "name" } }),
    am.Column("kind", am.Enum("a", "c", "b", { name = "kind" })),
    am.Column("n", am.Numeric(10, 2), { index = true, comment = "cc" }),
    am.Column("at", am.DateTime(true), { server_default = am.func.now() }),
    am.Column("new", am.BigInteger, am.ForeignKey("users.id", { name = "fk_new" })))
  am.Table("articles", md, am.Column("id", am.Integer, { primary_key = true }),
    am.Column("user_id", am.Integer, am.ForeignKey("users.id", { ondelete = "CASCADE" })), am.Column("body", am.Text),
    am.UniqueConstraint("user_id", { name = "uq_x" }), { info = { renamed_from = "posts" } })
  am.Table("tags", md, am.Column("a", am.Integer, { primary_key = true }),
    am.Column("k", am.Enum("x", "y", { name = "tk" })), { comment = "tc" })
  return md
end

local function compile(id, down, up, back)
  local text = ("local am = require 'alchemoon' return { revision = %q, down_revision = %s, upgrade = function(op)\n" ..
    "%s\nend, downgrade = function(op)\n%s\nend }"):format(id, down and ("%q"):format(down) or "nil", up, back)
  return assert((loadstring or load)(text))() -- luacheck: ignore 113
end

backends.each(function(backend)
  local pg = backend.dialect == "postgresql"
  describe("autogenerate", function()
    local engine, list
    before_each(function()
      list = {}
      engine = backends.empty_engine(backend)
    end)
    after_each(function() engine:dispose() end)

    local function with_context(fn, opts) return migrations.with_context(engine, fn, opts) end
    local function generate(md, id, down)
      return with_context(function(context)
        local found = migrate.produce_migrations(context, md)
        local up, back = autogenerate.render(context, found)
        list[#list + 1] = compile(id, down, up, back)
        return up, back
      end)
    end
    local function differences(md, opts)
      return with_context(function(context)
        return autogenerate.lines(migrate.produce_migrations(context, md))
      end, opts)
    end
    local function config() return migrate.Config.new { engine = engine, migrations = list, lint = false } end
    local function scalar(sql)
      return engine:connect(function(conn) return conn:exec_driver_sql(sql):scalar() end)
    end

    it("goes there and back again with the data", function()
      generate(first_models(), "a1")
      migrate.command.upgrade(config(), "head")
      assert.same({}, differences(first_models()))
      engine:begin(function(conn)
        conn:exec_driver_sql "INSERT INTO users (id, name, kind, n) VALUES (1, 'x', 'a', 5)"
        conn:exec_driver_sql "INSERT INTO posts VALUES (1, 1, 'b')"
      end)
      generate(second_models(), "b2", "a1")
      migrate.command.upgrade(config(), "head")
      assert.same({}, differences(second_models()))
      assert.equal("x", scalar "SELECT title FROM users")
      assert.equal("b", scalar "SELECT body FROM articles")
      migrate.command.downgrade(config(), "a1")
      assert.same({}, differences(first_models()))
      assert.equal("x", scalar "SELECT name FROM users")
      migrate.command.downgrade(config(), "base")
      assert.same({}, differences(am.MetaData()))
      if pg then assert.equal(0, scalar "SELECT count(*) FROM pg_type WHERE typtype = 'e'") end
      migrate.command.upgrade(config(), "head")
      assert.same({}, differences(second_models()))
    end)

    it("finds nothing for every type after the upgrade", function()
      local md = am.MetaData()
      local types = { am.Integer, am.SmallInteger, am.BigInteger, am.String, am.String(20), am.Text, am.Unicode(5),
        am.UnicodeText, am.Boolean, am.Float, am.Float(20), am.Float(53), am.Double, am.Numeric, am.Numeric(8),
        am.Numeric(8, 3), am.Date, am.Time, am.DateTime, am.DateTime(true), am.Interval, am.LargeBinary, am.JSON,
        am.Uuid, am.Enum("p", "q", { name = "pq" }), am.CHAR(3), am.VARCHAR(7), am.DECIMAL(5, 2), am.REAL,
        am.TIMESTAMP, am.Enum("p", "q", { native_enum = false, length = 9 }),
        am.Enum("p", "q", { native_enum = false, length = am.null }) }
      if pg then
        for _, one in ipairs { am.ARRAY(am.Integer), am.ARRAY(am.String(5)), am.JSONB, am.INET, am.CIDR, am.MACADDR,
          am.TSVECTOR, am.BYTEA, am.BIT(4), am.MONEY, am.OID, am.INT4RANGE, am.TSTZRANGE, am.NUMRANGE,
          am.TIME(true), am.TIMESTAMP(true), am.postgresql.INTERVAL } do types[#types + 1] = one end
      end
      local columns = { am.Column("id", am.Integer, { primary_key = true }) }
      for i, one in ipairs(types) do columns[#columns + 1] = am.Column("c" .. i, one) end
      am.Table("t", md, unpack(columns))
      generate(md, "a1")
      migrate.command.upgrade(config(), "head")
      assert.same({}, differences(md))
    end)

    it("finds nothing for defaults that the database writes in its own way", function()
      local md = am.MetaData()
      am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }),
        am.Column("a", am.Integer, { server_default = "5" }),
        am.Column("b", am.Boolean, { server_default = am.true_() }),
        am.Column("c", am.DateTime, { server_default = am.text "CURRENT_TIMESTAMP" }),
        am.Column("d", am.String(9), { server_default = "" }),
        am.Column("e", am.Numeric(4, 1), { server_default = am.text "-1.5" }),
        am.Column("f", am.Date, { server_default = "2020-01-01" }), am.Column("g", am.Integer, am.Computed "a + 1"))
      am.Index("ix_lower", am.func.lower(md.tables.t.c.d))
      generate(md, "a1")
      migrate.command.upgrade(config(), "head")
      assert.same({}, differences(md))
    end)

    it("lists differences as tuples, and asks the hooks", function()
      engine:begin(function(conn) conn:exec_driver_sql "CREATE TABLE t (id INTEGER NOT NULL, x VARCHAR(5))" end)
      local md = am.MetaData()
      am.Table("t", md, am.Column("id", am.Integer, { autoincrement = false }), am.Column("y", am.Integer))
      local diffs = with_context(function(context) return migrate.compare_metadata(context, md) end)
      assert.equal("add_column", diffs[1][1])
      assert.equal("y", diffs[1][4].name)
      assert.equal("modify_nullable", diffs[2][1][1])
      assert.is_false(diffs[2][1][6])
      assert.equal("remove_column", diffs[3][1])
      assert.same({ "+ column t.y INTEGER", "~ column t.id: NOT NULL -> NULL", "- column t.x" }, differences(md))
      assert.same({}, differences(am.MetaData(), { include_name = function(name) return name ~= "t" end }))
      assert.same({ "+ column t.y INTEGER", "~ column t.id: NOT NULL -> NULL" }, differences(md, {
        include_object = function(_, name, type_, reflected)
          return not (type_ == "column" and reflected) or name ~= "x"
        end,
      }))
      local other = am.MetaData()
      am.Table("t", other, am.Column("id", am.BigInteger, { nullable = false }), am.Column("x", am.String(9)))
      assert.same({ "~ column t.id: type INTEGER -> BIGINT",
        "~ column t.x: type VARCHAR(5) -> VARCHAR(9)" }, differences(other))
      assert.same({}, differences(other, { compare_type = false }))
      assert.same({ "~ column t.x: type VARCHAR(5) -> VARCHAR(9)" }, differences(other, {
        compare_type = function(_, _, column) if column.name == "id" then return false end end }))
    end)

    it("is what check and revision use", function()
      local md = first_models()
      local c = migrate.Config.new({ engine = engine, migrations = {}, target_metadata = function() return md end },
        { stdout = function() end })
      local e = raises("AutogenerateDiffsDetected", function() migrate.command.check(c) end)
      assert.equal("New upgrade operations detected:\n  + table users\n  + table old\n  + index ix_old_ok on old\n" ..
        "  + table posts\n  + index ix_posts_body on posts", e.message)
      md:create_all(engine)
      migrate.command.check(c)
      local none = migrate.Config.new { engine = engine, migrations = {} }
      raises("CommandError", function() migrate.command.check(none) end, "set 'target_metadata'")
      local behind = migrate.Config.new { engine = engine, target_metadata = md,
        migrations = { { revision = "a1", upgrade = function() end } } }
      raises("CommandError", function() migrate.command.check(behind) end, "Target database is not up to date.")
    end)
  end)
end)
