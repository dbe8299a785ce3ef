-- Table{ implicit_returning = false }: keys and defaults never come back by a RETURNING that the author did not write.
local am = require "alchemoon"
local backends = require "support.backends"

local function record(engine)
  local seen = {}
  am.event.listen(engine, "before_cursor_execute", function(_, _, sql)
    seen[#seen + 1] = (sql:gsub("%s+", " "):gsub("%$%d+", "?"))
  end)
  return seen
end

backends.each(function(backend)
  describe("return_defaults()", function()
    it("shows the database's number as the column's type does", function()
      backend.reset()
      local engine, metadata = am.create_engine(backend.url), am.MetaData()
      local Shifted = am.TypeDecorator { impl = am.Integer, cache_ok = true,
        process_bind_param = function(value) return value and value - 10 end,
        process_result_value = function(value) return value + 10 end }
      local t = am.Table("shifted", metadata, am.Column("id", Shifted, { primary_key = true, autoincrement = true }),
        am.Column("x", am.Integer))
      metadata:create_all(engine)
      engine:begin(function(conn)
        local key = conn:execute(t:insert(), { x = 1 }).inserted_primary_key[1]
        assert.equal(11, key)
        assert.equal(1, conn:scalar(am.select(t.c.x):where(t.c.id:eq(key))))
      end)
      engine:dispose()
    end)

    it("brings a number along that was given as a parameter, where NULL makes a new one", function()
      backend.reset()
      local engine, metadata = am.create_engine(backend.url), am.MetaData()
      local numbered = am.Table("numbered", metadata, am.Column("id", am.Integer, { primary_key = true }),
        am.Column("bar", am.String(30), { server_default = "hi" }))
      metadata:create_all(engine)
      engine:begin(function(conn)
        local seen = record(engine)
        local stmt = am.insert(numbered):return_defaults(numbered.c.bar)
        local result = conn:execute(stmt, { id = 7 })
        assert.matches(backend.name == "postgresql" and "RETURNING numbered.bar$" or "RETURNING id, bar$", seen[1])
        assert.equal("hi", result.returned_defaults.bar)
        assert.equal(7, result.inserted_primary_key[1])
        conn:execute(am.insert(numbered):values { id = 8 }:return_defaults(numbered.c.bar))
        assert.is_nil(seen[2]:find("RETURNING id", 1, true))
        local deleted = conn:execute(am.delete(numbered):where(numbered.c.id:eq(7)):return_defaults(numbered.c.bar))
        assert.equal("('hi',)", tostring(deleted.returned_defaults))
        assert.equal(1, deleted.rowcount)
        assert.is_nil(conn:execute(am.delete(numbered):return_defaults()).returned_defaults)
      end)
      metadata:drop_all(engine)
      engine:dispose()
    end)
  end)

  describe("rows without values", function()
    local engine, metadata, numbered, named
    before_each(function()
      backend.reset()
      engine, metadata = am.create_engine(backend.url), am.MetaData()
      numbered = am.Table("numbered", metadata, am.Column("id", am.Integer, { primary_key = true }))
      named = am.Table("named", metadata, am.Column("word", am.String(9), { server_default = "hi" }),
        am.Column("id", am.Integer, { primary_key = true }))
      metadata:create_all(engine)
    end)
    after_each(function()
      metadata:drop_all(engine)
      engine:dispose()
    end)

    it("go together by naming one column, where its default can be asked for", function()
      local word = backend.name == "postgresql" and "DEFAULT" or "NULL"
      engine:begin(function(conn)
        local seen = record(engine)
        assert.same({ 1, 2 }, conn:execute(am.insert(numbered):returning(numbered.c.id), { {}, {} }):scalars():all())
        local text = ("INSERT INTO numbered (id) VALUES (%s), (%s) RETURNING"):format(word, word)
        assert.equal(text, seen[1]:sub(1, #text))
        conn:execute(am.insert(numbered), { {}, {} })
        assert.equal(4, conn:scalar(am.select(am.func.count(numbered.c.id))))
        local words = conn:execute(am.insert(named):returning(named.c.word), { {}, {} }):scalars():all()
        assert.same({ "hi", "hi" }, words)
      end)
    end)

    it("bring the keys of many objects back", function()
      local Base = am.declarative_base { metadata = metadata }
      local Thing = Base:model("Thing", { __table__ = numbered })
      local session, list = am.Session(engine), {}
      for i = 1, 50 do list[i] = Thing {} end
      session:add_all(list)
      session:flush()
      for i = 1, 50 do assert.equal(i, list[i].id) end
      session:close()
    end)
  end)

  describe("a table without implicit RETURNING", function()
    local engine, metadata, numbered, sequenced, serial_key, named_key
    before_each(function()
      backend.reset()
      engine, metadata = am.create_engine(backend.url), am.MetaData()
      local without = { implicit_returning = false }
      numbered = am.Table("numbered", metadata, am.Column("id", am.Integer, { primary_key = true }),
        am.Column("foo", am.String(30)), am.Column("bar", am.String(30), { server_default = "hi" }), without)
      sequenced = am.Table("sequenced", metadata,
        am.Column("id", am.Integer, am.Sequence("own_seq"), { primary_key = true }), am.Column("foo", am.String(30)),
        without)
      metadata:create_all(engine)
      serial_key = backend.name == "postgresql" and "select nextval('numbered_id_seq')" or nil
      named_key = backend.name == "postgresql" and "select nextval('own_seq')" or nil
    end)
    after_each(function()
      metadata:drop_all(engine)
      engine:dispose()
    end)

    local function insert_text(name)
      return serial_key and ("INSERT INTO %s (id, foo) VALUES (?, ?)"):format(name)
        or ("INSERT INTO %s (foo) VALUES (?)"):format(name)
    end
    local function expected(...)
      local list = {}
      for i = 1, select("#", ...) do list[#list + 1] = (select(i, ...)) end
      return list
    end

    it("asks for the number before the INSERT, or for the last row id after it", function()
      engine:begin(function(conn)
        local seen = record(engine)
        local result = conn:execute(numbered:insert(), { foo = "a" })
        assert.equal(1, result.inserted_primary_key[1])
        assert.equal("bar", result:postfetch_cols()[1].name)
        assert.equal(1, conn:execute(sequenced:insert(), { foo = "a" }).inserted_primary_key[1])
        assert.same(expected(serial_key, insert_text "numbered", named_key, insert_text "sequenced"),
          serial_key and seen or { seen[1], seen[2] })
      end)
    end)

    it("ignores return_defaults()", function()
      engine:begin(function(conn)
        assert.is_nil(conn:execute(numbered:insert():values{ foo = "a" }:return_defaults()).returned_defaults)
        local seen = record(engine)
        local changed = numbered:update():where(numbered.c.id:eq(1)):values{ foo = am.func.lower("B") }
        assert.is_nil(conn:execute(changed:return_defaults()).returned_defaults)
        assert.is_nil(seen[1]:find("RETURNING", 1, true))
      end)
    end)

    it("inserts objects one by one and reads their defaults later", function()
      local Base = am.declarative_base{ metadata = metadata }
      local Thing = Base:model("Thing", { __table__ = numbered })
      local session = am.Session(engine)
      local one, two = Thing{ foo = "one" }, Thing{ foo = "two" }
      session:add_all{ one, two }
      local seen = record(engine)
      session:flush()
      for _, sql in ipairs(seen) do assert.is_nil(sql:find("RETURNING", 1, true), sql) end
      assert.same({ 1, 2 }, { one.id, two.id })
      assert.equal("hi", one.bar)
      session:rollback()
      session:close()
    end)

    it("is asked by its field, which may be set", function()
      assert.is_false(numbered.implicit_returning)
      local copy = numbered:to_metadata(am.MetaData())
      assert.is_false(copy.implicit_returning)
      copy.implicit_returning = true
      assert.is_true(copy.implicit_returning)
      local text = copy:insert():values{ foo = "x" }:compile{ dialect = "postgresql" }.sql
      assert.is_truthy(text:find("RETURNING", 1, true))
    end)
  end)
end)
