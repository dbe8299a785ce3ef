-- What a statement says that it wrote: keys, defaults, counts.
local am = require "alchemoon"
local backends = require "support.backends"
local raises_exc = require("support.init").raises_exc

local function text_of(list)
  local texts = {}
  for i, item in ipairs(list) do texts[i] = tostring(item) end
  return table.concat(texts, " ")
end

backends.each(function(backend)
  describe("what a result tells about its INSERT or UPDATE", function()
    local engine, conn, t
    before_each(function()
      backend.reset()
      engine = am.create_engine(backend.url)
      conn = engine:connect()
      local md = am.MetaData()
      t = am.Table("written", md,
        am.Column("id", am.Integer, { primary_key = true }),
        am.Column("x", am.Integer, { default = 5 }),
        am.Column("y", am.Integer, { server_default = "7" }),
        am.Column("w", am.Integer, { default = function(context)
          return context:get_current_parameters().x or -1
        end }))
      md:drop_all(conn)
      md:create_all(conn)
    end)
    after_each(function()
      conn:close()
      engine:dispose()
    end)

    it("knows parameters, defaults that ran and defaults of the server", function()
      local result = conn:execute(t:insert(), { x = 1 })
      assert.same({ x = 1, w = 1 }, result:last_inserted_params())
      assert.equal("written.w", text_of(result:prefetch_cols()))
      assert.equal("written.y", text_of(result:postfetch_cols()))
      assert.is_true(result:lastrow_has_defaults())
      assert.is_true(result:supports_sane_rowcount())
      local expression = conn:execute(t:insert():values{ x = am.literal(2) + 3, y = 1 })
      assert.equal("written.w", text_of(expression:prefetch_cols()))
      assert.equal("written.x", text_of(expression:postfetch_cols()))
    end)

    it("without parameters only defaults are written", function()
      local result = conn:execute(t:insert())
      assert.same({ x = 5, w = 5 }, result:last_inserted_params())
      assert.equal("written.x written.w", text_of(result:prefetch_cols()))
      assert.equal(result.inserted_primary_key[1], conn:scalar(am.select(t.c.id)))
    end)

    it("a default function sees NULL for what comes after it, what expressions bind, and its column", function()
      local seen
      local md = am.MetaData()
      local u = am.Table("written2", md, am.Column("id", am.Integer, { primary_key = true }),
        am.Column("a", am.Integer, { default = 5 }),
        am.Column("b", am.Integer, { default = function(context)
          seen = context:get_current_parameters()
          seen.column = context.current_column.name
          seen.kind = context.isinsert and not context.isupdate and context.engine == conn.engine
          return 1
        end }),
        am.Column("c", am.Integer, { default = am.func.length "abc" }),
        am.Column("d", am.Integer, { default = 6 }), am.Column("e", am.Integer))
      md:drop_all(conn)
      md:create_all(conn)
      conn:execute(u:insert():values { e = 2 })
      assert.same({ a = 5, b = am.null, d = am.null, e = 2, length_1 = "abc", column = "b", kind = true }, seen)
      conn:execute(u:insert(), { { e = 3 }, { e = 4 } })
      assert.equal(4, seen.e)
      assert.equal(am.null, seen.d)
      local Model = am.declarative_base():model("Model", { __table__ = u })
      am.Session(conn, function(session)
        session:add(Model { e = 7 })
        session:flush()
      end)
      seen.id = nil -- of the database's own where it has no RETURNING
      assert.same({ a = 5, b = am.null, d = am.null, e = 7, column = "b", kind = true }, seen)
      md:drop_all(conn)
    end)

    it("a default function sees the values of its own row, wherever they stand", function()
      conn:execute(t:insert():values{ x = 2 })
      conn:execute(t:insert():values{ { x = 3 }, { x = 4 } })
      conn:execute(t:insert(), { { x = 6 }, { x = 7 } })
      local all = conn:execute(am.select(t.c.x, t.c.w):order_by(t.c.x)):all()
      local pairs_of = {}
      for i, row in ipairs(all) do pairs_of[i] = row[1] .. "=" .. row[2] end
      assert.equal("2=2 3=3 4=4 6=6 7=7", table.concat(pairs_of, " "))
    end)

    it("many parameter sets have many answers", function()
      local result = conn:execute(t:insert(), { { x = 1 }, { x = 2 } })
      assert.same({ { x = 1, w = 1 }, { x = 2, w = 2 } }, result:last_inserted_params())
      raises_exc("InvalidRequestError", function() return result.inserted_primary_key end, "executemany call")
      raises_exc("InvalidRequestError", function() return result.returned_defaults end, "returned_defaults_rows")
    end)

    it("nobody knows the keys of many VALUES, or those of an inline INSERT", function()
      assert.is_nil(conn:execute(t:insert():values{ { x = 1 }, { x = 2 } }).inserted_primary_key[1])
      assert.is_nil(conn:execute(t:insert():inline():values{ x = 1 }).inserted_primary_key[1])
    end)

    it("return_defaults() brings every column whose value is not known", function()
      local row = conn:execute(t:insert():return_defaults():values{ x = 3 }).returned_defaults
      assert.same({ "id", "y" }, { row:keys()[1], row:keys()[2] })
      assert.equal(7, row.y)
    end)

    it("supplemental columns come back besides, whoever gave their values", function()
      local insert = t:insert():return_defaults{ supplemental_cols = { t.c.x } }
      local result = conn:execute(insert, { x = 3 })
      assert.same({ "id", "x", "y" }, result.returned_defaults:keys())
      assert.equal(3, result.returned_defaults.x)
      assert.equal(result.returned_defaults.id, result.inserted_primary_key.id)
      local one = t:insert():return_defaults(t.c.y, { supplemental_cols = { t.c.x, am.func.abs(-4):label "four" } })
      local row = conn:execute(one:return_defaults(t.c.y, { supplemental_cols = { "w" } }), { x = 3 }).returned_defaults
      assert.same({ 3, 3, 4, 7 }, { row.x, row.w, row.four, row.y })
      assert.same({ 3, 7 }, { conn:execute(t:update():where(t.c.id:eq(row.id)):values{ x = 3, w = am.func.abs(-1) }
        :return_defaults(t.c.x, { supplemental_cols = { t.c.y } })).returned_defaults:unpack() })
    end)

    it("other statements have no such fields", function()
      local update, select = conn:execute(t:update():values{ x = 1 }), conn:execute(am.select(t.c.id))
      assert.same({ x = 1 }, update:last_updated_params())
      raises_exc("InvalidRequestError", function() return update.inserted_primary_key end,
        "Statement is not an insert%(%) expression construct.")
      raises_exc("InvalidRequestError", function() return select:last_updated_params() end,
        "Statement is not an update%(%) expression construct.")
      raises_exc("InvalidRequestError", function() return select:prefetch_cols() end, "insert%(%) or update%(%)")
      local returning = conn:execute(t:insert():values{ x = 1 }:returning(t.c.id))
      raises_exc("InvalidRequestError", function() return returning.inserted_primary_key end,
        "Can't call inserted_primary_key when returning%(%) is used.")
    end)

    it("a missing parameter is an error before the transaction begins, with what was given", function()
      conn:rollback()
      local begun = 0
      am.event.listen(conn, "begin", function() begun = begun + 1 end)
      am.event.listen(conn, "before_cursor_execute", function() begun = begun + 1 end)
      local e = raises_exc("StatementError", function() conn:execute(t:insert(), { { x = 1 }, { y = 2 } }) end,
        "A value is required for bind parameter 'x', in parameter group 1")
      assert.truthy(tostring(e):find("[parameters: [{'x': 1}, {'y': 2}]]", 1, true))
      assert.equal(0, begun)
    end)
  end)
end)
