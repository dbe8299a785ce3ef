-- Warnings of the compiler: primary keys that nobody gives a value.
local am = require "alchemoon"

describe("An INSERT without a value for a primary key column", function()
  local md = am.MetaData()
  local pair = am.Table("pair", md, am.Column("a", am.Integer, { primary_key = true }),
    am.Column("b", am.Integer, { primary_key = true }), am.Column("c", am.Integer))
  local word = am.Table("word", md, am.Column("w", am.String, { primary_key = true }), am.Column("c", am.Integer))
  local engine, seen, handler

  setup(function()
    engine = am.create_engine "sqlite://"
    md:create_all(engine)
    handler = am.logging.set_handler(function(record) seen[#seen + 1] = record.message end)
  end)
  teardown(function()
    am.logging.set_handler(handler)
    engine:dispose()
  end)

  local function columns_warned(stmt, params)
    seen = {}
    engine:connect(function(conn) pcall(conn.execute, conn, stmt, params) end)
    local list = {}
    for i, text in ipairs(seen) do list[i] = text:match "^Column '([%w.]+)' is part of the primary" end
    return list
  end

  it("is warned about, once per column and compilation", function()
    assert.same({ "pair.a", "pair.b" }, columns_warned(pair:insert(), { c = 1 }))
    assert.matches("key of several columns", seen[1])
    assert.same({}, columns_warned(pair:insert(), { c = 2 }))
    assert.same({ "pair.b" }, columns_warned(pair:insert(), { { a = 1 }, { a = 2 } }))
    assert.same({ "word.w" }, columns_warned(word:insert(), { c = 1 }))
    assert.not_matches("key of several columns", seen[1])
    assert.same({ "word.w" }, columns_warned(word:insert():inline(), { c = 1 }))
    assert.same({ "word.w" }, columns_warned(word:insert():returning(word.c.c), { c = 1 }))
  end)

  it("is not when something makes one", function()
    local other = am.MetaData()
    local counted = am.Table("counted", other, am.Column("id", am.Integer, { primary_key = true }),
      am.Column("c", am.Integer))
    local made = am.Table("made", other,
      am.Column("a", am.String, { primary_key = true, default = function() return "x" end }),
      am.Column("b", am.String, { primary_key = true, server_default = "y" }), am.Column("c", am.Integer))
    other:create_all(engine)
    assert.same({}, columns_warned(counted:insert(), { c = 1 }))
    assert.same({}, columns_warned(made:insert(), { c = 1 }))
  end)
end)
