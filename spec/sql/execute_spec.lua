-- Execution of compiled statements: the cache, parameters, batches, keys of inserted rows.
local am = require "alchemoon"
local backends = require "support.backends"
local raises_exc = require("support.init").raises_exc

local function new_table(conn)
  local metadata = am.MetaData()
  local t = am.Table("ex_items", metadata,
    am.Column("id", am.Integer, { primary_key = true }),
    am.Column("name", am.String(40)),
    am.Column("size", am.Integer, { default = function() return 5 end }),
    am.Column("kind", am.String(10), { default = "plain" }))
  metadata:create_all(conn, { checkfirst = false })
  return t, metadata
end

backends.each(function(backend)
  describe("execution on " .. backend.name, function()
    local engine, conn, t, metadata
    before_each(function()
      engine = am.create_engine(backend.url)
      conn = engine:connect()
      t, metadata = new_table(conn)
    end)
    it("takes options of a text, and a list of one row as no executemany", function()
      local s = am.text("select 1"):execution_options{ foo = "bar" }
      assert.equal("bar", s:get_execution_options().foo)
      local flags = {}
      am.event.listen(engine, "before_cursor_execute", function(_, _, _, _, context, many)
        flags[#flags + 1] = { many, context.execution_options.foo }
      end)
      conn:execute(s)
      conn:execute(t:insert(), { { name = "a" } })
      conn:execute(t:insert(), { { name = "b" }, { name = "c" } })
      assert.same({ { false, "bar" }, { false }, { true } }, flags)
    end)

    after_each(function()
      metadata:drop_all(conn, { checkfirst = false })
      conn:commit()
      conn:close()
      engine:dispose()
    end)

    it("finds a statement built anew in the cache, with its own values", function()
      conn:execute(am.insert(t), { { name = "a" }, { name = "b" } })
      local before = engine:compiled_cache_stats()
      for _, name in ipairs { "a", "b", "a" } do
        assert.are.equal(name, conn:scalar(am.select(t.c.name):where(t.c.name:eq(name))))
      end
      local after = engine:compiled_cache_stats()
      assert.are.equal(1, after.misses - before.misses)
      assert.are.equal(2, after.hits - before.hits)
    end)

    it("finds columns of aliases, subqueries and functions built anew in cached rows", function()
      conn:execute(am.insert(t), { { name = "a" }, { name = "b" } })
      for _ = 1, 3 do
        local x, y = am.alias(t), am.alias(t)
        local row = conn:execute(am.select(x.c.name, y.c.id):where(x.c.id:eq(y.c.id)):order_by(x.c.id)):first()
        assert.are.equal("a", row[x.c.name])
        assert.are.equal(1, row[y.c.id])
        local sub = am.select(t.c.name):subquery()
        assert.are.equal("a", conn:execute(am.select(sub):order_by(sub.c.name)):first()[sub.c.name])
        local count = am.func.count(t.c.id)
        assert.are.equal(2, conn:execute(am.select(count)):one()[count])
      end
    end)

    it("keeps no more statements than asked for", function()
      local small = am.create_engine("sqlite://", { query_cache_size = 10 })
      small:connect(function(c)
        for i = 1, 40 do c:execute(am.text("SELECT " .. i)):scalar() end
      end)
      local stats = small:compiled_cache_stats()
      assert.is_true(stats.count <= 15)
      assert.is_true(stats.evicted >= 25)
      small:dispose()
    end)

    it("runs defaults and tells keys", function()
      local result = conn:execute(am.insert(t):values { name = "a" })
      assert.are.equal(1, result.inserted_primary_key.id)
      assert.are.same({ 5, "plain" }, { conn:execute(am.select(t.c.size, t.c.kind)):one():unpack() })
      result = conn:execute(am.insert(t), { name = "b", id = 17, kind = am.null })
      assert.are.equal(17, result.inserted_primary_key[1])
      assert.is_nil(conn:scalar(am.select(t.c.kind):where(t.c.id:eq(17))))
    end)

    it("sends many rows, with and without RETURNING, in their order", function()
      local rows = {}
      for i = 1, 2500 do rows[i] = { name = "n" .. i, size = i } end
      assert.are.equal(2500, conn:execute(am.insert(t), rows).rowcount)
      local returned = conn:execute(am.insert(t):returning(t.c.id, t.c.name), rows):all()
      assert.are.equal(2500, #returned)
      for i = 1, 2500 do assert.are.equal("n" .. i, returned[i].name) end
      assert.are.equal(5000, conn:scalar(am.select(am.func.count()):select_from(t)))
      local changed = conn:execute(am.update(t):where(t.c.id:eq(am.bindparam("b_id"))),
        { { b_id = 1, name = "x" }, { b_id = 2, name = "y" } })
      assert.are.equal(2, changed.rowcount)
    end)

    it("expands lists, empty ones too", function()
      conn:execute(am.insert(t), { { name = "a" }, { name = "b" }, { name = "c" } })
      local function names(list)
        return conn:scalars(am.select(t.c.name):where(t.c.name:in_(list)):order_by(t.c.id)):all()
      end
      assert.are.same({ "a", "c" }, names { "a", "c" })
      assert.are.same({ "b" }, names { "b" })
      assert.are.same({}, names {})
      assert.are.same({ "a", "b", "c" },
        conn:scalars(am.select(t.c.name):where(t.c.name:not_in {}):order_by(t.c.id)):all())
      assert.are.same({ "b" }, conn:scalars(am.select(t.c.name):where(
        am.tuple_(t.c.id, t.c.name):in_ { { 2, "b" }, { 3, "x" } })):all())
    end)

    it("names a parameter that is missing, and its row", function()
      local stmt = am.select(t.c.id):where(t.c.name:eq(am.bindparam("wanted")))
      raises_exc("StatementError", function() conn:execute(stmt) end, "A value is required for bind parameter 'wanted'")
      raises_exc("StatementError", function()
        conn:execute(am.insert(t), { { name = "a", size = 1 }, { name = "b" } })
      end, "bind parameter 'size', in parameter group 1")
    end)

    it("refuses what a type does not take before the database sees it", function()
      local e = raises_exc("StatementError", function()
        conn:execute(am.select(am.cast(am.literal("x", am.Boolean), am.Boolean)))
      end, "Not a boolean value")
      assert.matches("SELECT", e.statement)
    end)

    it("refuses lists where each row of an executemany would need a text of its own", function()
      raises_exc("StatementError", function()
        conn:execute(am.delete(t):where(t.c.name:in_(am.bindparam("names", { expanding = true }))),
          { { names = { "a" } }, { names = { "b" } } })
      end, "'expanding' parameters can't be used with executemany")
    end)

    it("takes options of the call before the connection's, and these before the statement's", function()
      local seen = {}
      local function note(_, _, _, _, context)
        local options = context.execution_options
        seen[#seen + 1] = { options.foo, options.bar }
      end
      am.event.listen(engine, "before_cursor_execute", note)
      local asked = conn:execution_options{ foo = 1 }
      for _, stmt in ipairs{ am.select(1), am.text "SELECT 1" } do
        stmt = stmt:execution_options{ foo = 2, bar = 3 }
        asked:execute(stmt)
        asked:execute(stmt, nil, { foo = 5 })
      end
      local heard
      am.event.listen(engine, "before_execute", function(_, _, _, _, options) heard = options.bar end, { once = true })
      asked:execute(am.select(1):execution_options{ bar = 4 })
      assert.same({ { 1, 3 }, { 5, 3 }, { 1, 3 }, { 5, 3 }, { 1, 4 } }, seen)
      assert.equal(4, heard)
    end)

    it("finds the schema that a table is looked for in", function()
      assert.is_nil(conn:schema_for_object(t))
      conn:execution_options{ schema_translate_map = { [am.null] = "main", app = "app_2" } }
      assert.equal("main", conn:schema_for_object(t))
      assert.equal("app_2", conn:schema_for_object(am.Table("x", am.MetaData{ schema = "app" })))
      conn:execution_options{ schema_translate_map = {} }
    end)

    it("names the database's own schema where a schema is translated to none", function()
      local other = am.Table("translated", am.MetaData { schema = "app" }, am.Column("id", am.Integer))
      local mapped = conn:execution_options { schema_translate_map = { app = am.null } }
      local log = require("support.executed").record(engine)
      other:create(mapped)
      mapped:execute(am.select(other))
      other:drop(mapped)
      conn:execution_options { schema_translate_map = {} }
      local own = engine.name == "sqlite" and "main" or "public"
      local seen = table.concat(log:take(), "\n")
      for _, part in ipairs { "CREATE TABLE %s.translated", "FROM %s.translated", "DROP TABLE %s.translated" } do
        assert.is_truthy(seen:find(part:format(own), 1, true), seen)
      end
    end)

    it("a literal keeps its value when a parameter has the name of the column beside it", function()
      local function sizes() return conn:scalars(am.select(t.c.size):order_by(t.c.id)):all() end
      conn:execute(am.insert(t), { { id = 1, size = 10 }, { id = 2, size = 2000 } })
      local one = am.update(t):where(t.c.id:eq(am.bindparam "b_id"), t.c.size:lt(1000))
      conn:execute(one, { b_id = 1, size = 7 })
      assert.are.same({ 7, 2000 }, sizes())
      conn:execute(one, { { b_id = 1, size = 8 }, { b_id = 2, size = 9 } })
      assert.are.same({ 8, 2000 }, sizes())
      local upsert = (engine.name == "sqlite" and am.sqlite or am.postgresql).insert(t):on_conflict_do_update {
        index_elements = { "id" }, set_ = { size = t.c.size + 5 }, where = t.c.size:lt(1000) }
      conn:execute(upsert, { { id = 1, size = 1 }, { id = 2, size = 1 } })
      assert.are.same({ 13, 2000 }, sizes())
      assert.are.same({ 13, 2000 }, conn:scalars(am.select(t.c.size):where(t.c.size:gt(5)):order_by(t.c.id),
        { size = 5000 }):all())
      assert.are.same({}, conn:scalars(am.select(t.c.size):where(t.c.size:gt(5)), { size_1 = 5000 }):all())
    end)

    it("asks the function of a bind once, whoever listens", function()
      local calls, seen = 0, {}
      local bind = am.bindparam("n", nil, { type_ = am.Integer, callable_ = function()
        calls = calls + 1
        if calls < 3 then return calls end
      end })
      am.event.listen(engine, "before_cursor_execute", function(_, _, _, params)
        local value = params[1]
        seen[#seen + 1] = (value == nil or value == am.null) and "NULL" or value
      end)
      local got = {}
      for i = 1, 3 do got[i] = conn:scalar(am.select(bind)) or "NULL" end
      assert.same({ 1, 2, "NULL" }, got)
      assert.same(got, seen)
      assert.equal(3, calls)
      assert.equal(9, conn:scalar(am.select(bind), { n = 9 }))
      assert.equal(3, calls)
    end)

    it("inserts or updates, whatever is there", function()
      local insert = (engine.name == "sqlite" and am.sqlite or am.postgresql).insert(t)
      local stmt = insert:on_conflict_do_update { index_elements = { "id" }, set_ = { name = insert.excluded.name } }
      conn:execute(stmt, { id = 1, name = "a" })
      conn:execute(stmt, { id = 1, name = "b" })
      assert.are.equal("b", conn:scalar(am.select(t.c.name)))    end)

    it("takes what was compiled before", function()
      local insert = am.insert(t):compile(engine, { column_keys = { "id", "name" } })
      assert.same({ 1 }, { conn:execute(insert, { id = 1, name = "a" }).inserted_primary_key:unpack() })
      conn:execute(insert, { { id = 2, name = "b" }, { id = 3, name = "c" } })
      local select = am.select(t.c.name, t.c.size):where(t.c.id:in_(am.bindparam("ids", { expanding = true })))
        :order_by(t.c.id):compile(engine)
      for _, ids in ipairs { { 1, 2 }, { 3 } } do
        local rows = conn:execute(select, { ids = ids }):all()
        assert.equal(#ids, #rows)
        assert.equal(5, rows[1].size)
      end
      assert.equal("c", conn:scalar(select, { ids = { 3 } }))
      assert.same({ 7 }, conn:scalars(am.select(am.literal(7)):compile()):all())
      raises_exc("StatementError", function() conn:execute(insert, { id = 4 }) end, "bind parameter 'name'")
      raises_exc("ObjectNotExecutableError", function() conn:execute(t.c.id:compile(engine)) end, "ex_items.id")
      local other = am.Table("ex_other", metadata, am.Column("id", am.Integer))
      conn:execute(am.CreateTable(other):compile(engine))
      assert.is_true(am.inspect(conn):has_table "ex_other")
    end)

    it("gives the error of a missing value its short code", function()
      local err = raises_exc("StatementError", function() conn:execute(am.select(am.bindparam "q")) end)
      assert.same({ "cd3x", "cd3x", "InvalidRequestError" }, { err.code, err.orig.code, err.orig.name })
    end)
  end)
end)
