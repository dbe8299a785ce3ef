-- What was created reflects as it was declared, on every database.
local am = require "alchemoon"
local backends = require "support.backends"

local function names(list)
  local out = {}
  for i, entry in ipairs(list) do out[i] = entry.name or false end
  return out
end

local function find(list, name)
  for _, entry in ipairs(list) do
    if entry.name == name then return entry end
  end
end

local function ddl_of(metadata, dialect)
  local out = {}
  for _, t in ipairs(metadata.sorted_tables) do
    out[#out + 1] = tostring(am.CreateTable(t):compile { dialect = dialect })
    local indexes = {}
    for i, index in ipairs(t.indexes) do indexes[i] = tostring(am.CreateIndex(index):compile { dialect = dialect }) end
    table.sort(indexes)
    for _, text in ipairs(indexes) do out[#out + 1] = text end
  end
  return table.concat(out, "\n")
end

backends.each(function(backend)
  describe("the inspector", function()
    local engine, md
    local pg = backend.dialect == "postgresql"

    setup(function()
      engine = backends.empty_engine(backend)
      md = am.MetaData()
      am.Table("users", md, am.Column("id", am.Integer, { primary_key = true }),
        am.Column("name", am.String(50), { nullable = false, unique = true, server_default = "it's" }),
        am.Column("age", am.SmallInteger), am.Column("big", am.BigInteger), am.Column("n", am.Numeric(10, 2)),
        am.Column("f", am.Float), am.Column("ok", am.Boolean), am.Column("day", am.Date),
        am.Column("at", am.DateTime), am.Column("doc", am.Text),
        am.Column("twice", am.Integer, am.Computed("age * 2", { persisted = true })),
        am.CheckConstraint("length(name) > 1", { name = "ck_name" }), am.UniqueConstraint("age", "big", {
          name = "uq_ab" }))
      am.Table("posts", md, am.Column("id", am.Integer, { primary_key = true }),
        am.Column("user_id", am.ForeignKey("users.id", { ondelete = "CASCADE", name = "fk_user" }), { index = true }),
        am.Column("a", am.Integer), am.Column("b", am.BigInteger),
        am.ForeignKeyConstraint({ "a", "b" }, { "users.age", "users.big" }, { name = "fk_ab", onupdate = "SET NULL",
          deferrable = true, initially = "DEFERRED" }))
      am.Index("ix_low", am.func.lower(md.tables.users.c.name), { unique = true })
      am.Index("ix_part", md.tables.users.c.age, { sqlite_where = md.tables.users.c.age:gt(5),
        postgresql_where = md.tables.users.c.age:gt(5) })
      am.Index("ix_desc", md.tables.users.c.age:desc(), md.tables.users.c.big)
      md:create_all(engine)
      engine:begin(function(conn) conn:exec_driver_sql("CREATE VIEW v_users AS SELECT id, name FROM users") end)
    end)
    teardown(function()
      engine:begin(function(conn) conn:exec_driver_sql("DROP VIEW v_users") end)
      md:drop_all(engine)
      assert.same({}, am.inspect(engine):get_table_names())
      engine:dispose()
    end)

    it("lists tables, views and schemas", function()
      local insp = am.inspect(engine)
      assert.same({ "posts", "users" }, insp:get_table_names())
      assert.same({ "v_users" }, insp:get_view_names())
      assert.is_truthy(insp:get_view_definition("v_users"):find("SELECT"))
      assert.is_true(insp:has_table("users"))
      assert.is_true(insp:has_table("v_users"))
      assert.is_false(insp:has_table("nothing"))
      assert.is_true(insp:has_index("posts", "ix_posts_user_id"))
      assert.is_false(insp:has_index("posts", "nothing"))
      assert.equal(pg and "public" or "main", insp.default_schema_name)
      assert.is_true(insp:has_schema(insp.default_schema_name))
      assert.is_false(insp:has_schema("nothing"))
      assert.same({}, insp:get_sequence_names { schema = pg and "information_schema" or nil })
    end)

    it("describes columns", function()
      local columns = am.inspect(engine):get_columns("users")
      assert.same({ "id", "name", "age", "big", "n", "f", "ok", "day", "at", "doc", "twice" }, names(columns))
      assert.equal("VARCHAR(50)", tostring(columns[2].type))
      assert.is_false(columns[2].nullable)
      assert.equal(pg and "'it''s'::character varying" or "'it''s'", columns[2].default)
      assert.equal("NUMERIC(10, 2)", tostring(columns[5].type))
      assert.is_true(columns[11].computed.persisted)
      assert.is_truthy(columns[11].computed.sqltext:find("age * 2", 1, true))
    end)

    it("describes constraints and indexes", function()
      local insp = am.inspect(engine)
      assert.same({ "id" }, insp:get_pk_constraint("users").constrained_columns)
      local user = find(insp:get_foreign_keys("posts"), "fk_user")
      assert.same({ name = "fk_user", constrained_columns = { "user_id" }, referred_table = "users",
        referred_columns = { "id" }, options = { ondelete = "CASCADE" } }, user)
      local both = find(insp:get_foreign_keys("posts"), "fk_ab")
      assert.same({ "a", "b" }, both.constrained_columns)
      assert.same({ onupdate = "SET NULL", deferrable = true, initially = "DEFERRED" }, both.options)
      assert.same({ "age", "big" }, find(insp:get_unique_constraints("users"), "uq_ab").column_names)
      assert.is_truthy(find(insp:get_check_constraints("users"), "ck_name").sqltext:find("length(name", 1, true))
      local low = find(insp:get_indexes("users"), "ix_low")
      assert.is_true(low.unique)
      assert.is_truthy(low.expressions[1]:find("lower(name", 1, true))
      local part = find(insp:get_indexes("users"), "ix_part")
      assert.is_truthy(part.dialect_options[backend.dialect .. "_where"]:find("age > 5", 1, true))
      assert.same({ age = { "desc" } }, find(insp:get_indexes("users"), "ix_desc").column_sorting)
      assert.same({ "id" }, insp:get_multi_pk_constraint()["users"].constrained_columns)
      local order = insp:get_sorted_table_and_fkc_names()
      assert.equal("users", order[1][1])
      table.sort(order[2][2], function(a, b) return a[2] < b[2] end)
      assert.same({ "posts", { { "posts", "fk_ab" }, { "posts", "fk_user" } } }, order[2])
      assert.same({ nil, {} }, order[3])
      local tables = insp:sort_tables_on_foreign_key_dependency{ consider_schemas = { am.null } }
      assert.same({ am.null, "users" }, tables[1][1])
      assert.same({ am.null, "posts" }, tables[2][2][1][1])
    end)

    it("keeps what it was told until clear_cache", function()
      local insp = am.inspect(engine)
      assert.is_false(insp:has_table("late"))
      engine:begin(function(conn) conn:exec_driver_sql("CREATE TABLE late (id INTEGER)") end)
      assert.is_false(insp:has_table("late"))
      insp:clear_cache()
      assert.is_true(insp:has_table("late"))
      engine:begin(function(conn) conn:exec_driver_sql("DROP TABLE late") end)
    end)

    it("knows no missing table", function()
      local insp = am.inspect(engine)
      for _, method in ipairs { "get_columns", "get_pk_constraint", "get_foreign_keys", "get_indexes",
        "get_unique_constraints", "get_check_constraints", "get_table_options" } do
        local ok, e = pcall(insp[method], insp, "nothing")
        assert.is_false(ok)
        assert.equal("NoSuchTableError", e.name)
        assert.equal("nothing", tostring(e))
      end
      local ok, e = pcall(am.Table, "nothing", am.MetaData(), { autoload_with = engine })
      assert.is_false(ok)
      assert.equal("NoSuchTableError", e.name)
    end)

    it("reflects what creates the same tables again", function()
      local first = am.MetaData()
      first:reflect(engine)
      assert.equal(2, #first.sorted_tables)
      local again = am.create_engine(backend.url, { poolclass = am.StaticPool })
      if backend.name ~= "sqlite-memory" then
        engine:begin(function(conn) conn:exec_driver_sql("DROP VIEW v_users") end)
        md:drop_all(engine)
      end
      first:create_all(again)
      local second = am.MetaData()
      second:reflect(again)
      assert.equal(ddl_of(first, backend.dialect), ddl_of(second, backend.dialect))
      if backend.name ~= "sqlite-memory" then
        again:begin(function(conn) conn:exec_driver_sql("CREATE VIEW v_users AS SELECT id, name FROM users") end)
      end
      again:dispose()
    end)

    it("reflects single tables, parts of them, and follows foreign keys", function()
      local other = am.MetaData()
      local posts = am.Table("posts", other, { autoload_with = engine })
      assert.equal(other.tables.users.c.id, posts.c.user_id.foreign_keys[1].column)
      local part = am.Table("users", am.MetaData(), { autoload_with = engine, include_columns = { "id", "name" } })
      assert.same({ "id", "name" }, part.columns:keys())
      local alone = am.MetaData()
      am.Table("posts", alone, { autoload_with = engine, resolve_fks = false })
      assert.is_nil(alone.tables.users)
      local own = am.Table("users", am.MetaData(), am.Column("name", am.Text, { key = "title" }),
        { autoload_with = engine })
      assert.equal("TEXT", tostring(own.c.title.type))
    end)

    it("fires column_reflect", function()
      local other = am.MetaData()
      am.event.listen(other, "column_reflect", function(_, _, info)
        if info.name == "name" then info.key = "title" end
      end)
      local t = am.Table("users", other, { autoload_with = engine })
      assert.equal("name", t.c.title.name)
    end)

    it("reflects chosen tables", function()
      local some = am.MetaData()
      some:reflect(engine, { only = { "users" } })
      assert.is_nil(some.tables.posts)
      local ok, e = pcall(some.reflect, some, engine, { only = { "nix" } })
      assert.is_false(ok)
      assert.equal("InvalidRequestError", e.name)
      local views = am.MetaData()
      views:reflect(engine, { views = true, only = function(name) return name:match "^v_" ~= nil end })
      assert.same({ "id", "name" }, views.tables.v_users.columns:keys())
    end)
  end)

  describe("create_all and drop_all", function()
    local engine
    local pg = backend.dialect == "postgresql"
    before_each(function()
      backend.reset()
      engine = am.create_engine(backend.url, { poolclass = am.StaticPool })
    end)
    after_each(function() engine:dispose() end)

    it("skip what is there and break cycles of foreign keys", function()
      local md = am.MetaData()
      am.Table("a", md, am.Column("id", am.Integer, { primary_key = true }),
        am.Column("b_id", am.ForeignKey("b.id", { name = "fk_a" })))
      am.Table("b", md, am.Column("id", am.Integer, { primary_key = true }),
        am.Column("a_id", am.ForeignKey("a.id", { name = "fk_b", use_alter = true })))
      md:create_all(engine)
      md:create_all(engine)
      assert.equal("fk_b", am.inspect(engine):get_foreign_keys("b")[1].name)
      md:drop_all(engine)
      assert.same({}, am.inspect(engine):get_table_names())
      md:drop_all(engine)
    end)

    it("call listeners around and run DDL elements", function()
      local md, log = am.MetaData(), {}
      local t = am.Table("t", md, am.Column("id", am.Integer))
      am.event.listen(md, "before_create", function(_, _, kw) log[#log + 1] = "all " .. #kw.tables end)
      am.event.listen(t, "after_create", function(target) log[#log + 1] = "after " .. target.name end)
      am.event.listen(t, "after_create", am.DDL("INSERT INTO %(fullname)s VALUES (7)"):execute_if {
        dialect = backend.dialect })
      am.event.listen(t, "after_create", am.DDL("nonsense"):execute_if { dialect = "oracle" })
      am.event.listen(t, "after_create", am.DDL("nonsense"):execute_if { callable_ = function(_, target, _, kw)
        log[#log + 1] = target.name .. " " .. tostring(kw.checkfirst)
        return false
      end })
      am.event.listen(t, "before_drop", function() log[#log + 1] = "drop" end)
      md:create_all(engine)
      engine:connect(function(conn) assert.equal(7, conn:exec_driver_sql("SELECT id FROM t"):scalar()) end)
      t:drop(engine)
      assert.same({ "all 1", "after t", "t true", "drop" }, log)
    end)

    it("create single tables and indexes", function()
      local t = am.Table("t", am.MetaData(), am.Column("id", am.Integer), am.Column("x", am.Integer))
      t:create(engine)
      t:create(engine, { checkfirst = true })
      assert.is_false((pcall(t.create, t, engine)))
      local i = am.Index("ix_x", t.c.x)
      i:create(engine)
      i:create(engine, { checkfirst = true })
      assert.is_true(am.inspect(engine):has_index("t", "ix_x"))
      i:drop(engine)
      engine:begin(function(conn) conn:execute(am.CreateIndex(i)) end)
      t:drop(engine)
      t:drop(engine, { checkfirst = true })
    end)

    if pg then
      it("create and drop named types, sequences and comments", function()
        local md = am.MetaData()
        am.Table("t", md, am.Column("id", am.Integer, am.Sequence("t_seq", { start = 5 }), { primary_key = true }),
          am.Column("e", am.Enum("x", "y z", { name = "my_enum" })), am.Column("es", am.ARRAY(am.Enum("x", "y z",
          { name = "my_enum" }))), am.Column("d", am.DOMAIN("my_domain", am.Integer, { check = "VALUE > 3",
          not_null = true })), am.Column("i", am.Integer, am.Identity { always = true, start = 3 }, {
            comment = "it's" }),
          { comment = "a table" })
        am.Sequence("alone", { metadata = md })
        md:create_all(engine)
        md:create_all(engine)
        local insp = am.inspect(engine)
        assert.same({ "alone", "t_i_seq", "t_seq" }, insp:get_sequence_names())
        local enum = insp:get_enums()[1]
        assert.same({ name = "my_enum", schema = "public", visible = true, labels = { "x", "y z" } }, enum)
        assert.equal("VALUE > 3", insp:get_domains()[1].constraints[1].check)
        assert.equal("a table", insp:get_table_comment("t").text)
        local columns = insp:get_columns("t")
        assert.is_false(columns[4].nullable)
        assert.equal("it's", columns[5].comment)
        assert.is_true(columns[5].identity.always)
        assert.equal(3, columns[5].identity.start)
        local t = am.Table("t", am.MetaData(), { autoload_with = engine })
        assert.is_truthy(tostring(am.CreateTable(t):compile { dialect = "postgresql" }):find("es my_enum[]", 1, true))
        assert.equal("a table", t.comment)
        md:drop_all(engine)
        insp:clear_cache()
        assert.same({}, insp:get_sequence_names())
        assert.same({}, insp:get_enums())
        assert.same({}, insp:get_domains())
      end)

      it("work in schemas", function()
        engine:begin(function(conn) conn:execute(am.CreateSchema "other") end)
        local md = am.MetaData { schema = "other" }
        am.Table("p", md, am.Column("id", am.Integer, { primary_key = true }))
        am.Table("c", md, am.Column("id", am.ForeignKey("p.id"), { primary_key = true }))
        md:create_all(engine)
        local insp = am.inspect(engine)
        assert.same({ "c", "p" }, insp:get_table_names { schema = "other" })
        assert.same({}, insp:get_table_names())
        assert.equal("other", insp:get_foreign_keys("c", { schema = "other" })[1].referred_schema)
        local back = am.MetaData()
        back:reflect(engine, { schema = "other" })
        assert.equal(back.tables["other.p"].c.id, back.tables["other.c"].c.id.foreign_keys[1].column)
        md:drop_all(engine)
        engine:begin(function(conn) conn:execute(am.DropSchema("other", { cascade = true })) end)
      end)
    end
  end)
end)

describe("am.inspect", function()
  it("refuses what it does not know", function()
    local ok, e = pcall(am.inspect, 5)
    assert.is_false(ok)
    assert.equal("NoInspectionAvailable", e.name)
    assert.is_nil(am.inspect(5, { raiseerr = false }))
  end)
end)
