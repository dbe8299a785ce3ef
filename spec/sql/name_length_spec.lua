-- How long names may be: label_length and max_identifier_length, of compile{} and of an engine.
local am = require "alchemoon"
local assert_sql = require("support.sql").assert_sql
local raises_exc = require("support.init").raises_exc

local t = am.table("some_large_named_table", am.column "this_is_the_primarykey_column",
  am.column "this_is_the_data_column")

describe("label_length", function()
  it("shortens the labels and binds that the compiler makes up", function()
    local inner = am.select(t):where(t.c.this_is_the_primarykey_column:eq(4)):alias "foo"
    assert_sql(am.select(inner), "SELECT foo.this_1, foo.this_2 FROM (SELECT "
      .. "some_large_named_table.this_is_the_primarykey_column AS this_1, "
      .. "some_large_named_table.this_is_the_data_column AS this_2 FROM some_large_named_table "
      .. "WHERE some_large_named_table.this_is_the_primarykey_column = :this_1) AS foo", { label_length = 10 })
  end)

  it("may be so short that nothing but a number is left", function()
    assert_sql(am.select(t.c.this_is_the_data_column):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT some_large_named_table.this_is_the_data_column AS _1 FROM some_large_named_table", { label_length = 4 })
  end)

  it("tells labels apart that differ behind hundreds of characters only", function()
    local long = ("k"):rep(700)
    local x, y = am.table(long .. "x", am.column "a"), am.table(long .. "y", am.column "a")
    local compiled = am.select(x, y):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL):compile { label_length = 10 }
    assert.matches("x%.a AS kkkk_1, .*y%.a AS kkkk_2", compiled.sql)
  end)

  it("is taken from the engine whose dialect is given", function()
    local engine = am.create_engine("sqlite://", { label_length = 10 })
    assert_sql(am.select(t.c.this_is_the_data_column):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT some_large_named_table.this_is_the_data_column AS some_1 FROM some_large_named_table",
      { dialect = engine.dialect })
    engine:dispose()
  end)

  it("beyond the longest identifier is refused by the first connection", function()
    local engine = am.create_engine("sqlite://", { label_length = 50, max_identifier_length = 40 })
    raises_exc("ArgumentError", function() engine:connect() end,
      "Label length of 50 is greater than this dialect's maximum identifier length of 40")
    raises_exc("ArgumentError", function() am.select(t):compile{ label_length = -1 } end, "label_length must be")
  end)
end)

describe("max_identifier_length", function()
  it("bounds names by convention, and refuses longer ones of the author's", function()
    local metadata = am.MetaData{ naming_convention = { ix = "index_of_%(table_name)s_and_%(column_0_name)s" } }
    local users = am.Table("users", metadata, am.Column("data", am.Integer, { index = true }))
    assert_sql(am.CreateIndex(users.indexes[1]), "CREATE INDEX index_o_9026 ON users (data)",
      { max_identifier_length = 15 })
    raises_exc("IdentifierError", function()
      am.CreateIndex(am.Index("a_long_name_of_mine", users.c.data)):compile{ max_identifier_length = 15 }
    end, "exceeds maximum length of 15 characters")
  end)
end)
