-- dialect.identifier_preparer: how a dialect writes names.
local am = require "alchemoon"
local raises_exc = require("support.init").raises_exc

describe("identifier_preparer", function()
  local md = am.MetaData()
  local t = am.Table("some Table", md, am.Column("id", am.Integer), am.Column("Mixed", am.Integer),
    am.Column("plain", am.Integer, { quote = true }), { schema = "My S" })
  local u = am.Table("plain", md, am.Column("x", am.Integer))
  local pg = am.postgresql.dialect().identifier_preparer
  local my = am.mysql.dialect().identifier_preparer
  local lite = am.create_engine("sqlite://").dialect.identifier_preparer

  it("quotes what needs it, or all", function()
    local function all(p)
      local out = {}
      for i, name in ipairs { "abc", "Abc", "a b", "select", "1a", 'a"`b', "_x", "$x" } do out[i] = p:quote(name) end
      return table.concat(out, " ")
    end
    assert.equal('abc "Abc" "a b" "select" "1a" "a""`b" _x "$x"', all(pg))
    assert.equal(all(pg), all(lite))
    assert.equal('abc `Abc` `a b` `select` `1a` `a"``b` _x `$x`', all(my))
    assert.equal('"abc"', pg:quote_identifier "abc")
    assert.equal("`a``b`", my:quote_identifier "a`b")
    for _, method in ipairs { "quote_schema", "format_schema", "format_collation", "format_label_name",
      "format_savepoint" } do
      assert.equal('"A b"', pg[method](pg, "A b"))
    end
    assert.same({ "`", "`", "`", false }, { my.initial_quote, my.final_quote, my.escape_quote, my.omit_schema })
  end)

  it("writes tables and columns", function()
    assert.equal('"My S"."some Table"', pg:format_table(t))
    assert.equal('"some Table"', pg:format_table(t, { use_schema = false }))
    assert.equal('"My S".zz', pg:format_table(t, { name = "zz" }))
    assert.equal("plain", pg:format_table(u))
    assert.same({ '"My S"', '"some Table"' }, pg:format_table_seq(t))
    assert.same({ '"some Table"' }, pg:format_table_seq(t, { use_schema = false }))
    assert.equal('"Mixed"', pg:format_column(t.c.Mixed))
    assert.equal('"plain"', pg:format_column(t.c.plain))
    assert.equal('"some Table".id', pg:format_column(t.c.id, { use_table = true }))
    assert.equal('"My S"."some Table".id', pg:format_column(t.c.id, { use_table = true, use_schema = true }))
    assert.equal('"q q".z', pg:format_column(t.c.id, { use_table = true, table_name = "q q", name = "z" }))
    assert.equal("a b", pg:format_column(am.literal_column "a b"))
  end)

  it("writes what else has a name", function()
    assert.equal('"ix A"', pg:format_index(am.Index("ix A", u.c.x)))
    assert.equal("ix_plain_x", pg:format_index(am.Index(nil, u.c.x)))
    assert.equal('"uq b"', pg:format_constraint(am.UniqueConstraint(u.c.x, { name = "uq b" })))
    assert.equal('sch."a Seq"', pg:format_sequence(am.Sequence("a Seq", { schema = "sch" })))
    assert.equal('"a Seq"', pg:format_sequence(am.Sequence("a Seq", { schema = "sch" }), { use_schema = false }))
    assert.equal('"La b"', pg:format_label(t.c.id:label "La b"))
    assert.equal("x", pg:format_label(t.c.id:label "La b", "x"))
    assert.equal('"Al i"', pg:format_alias(t:alias "Al i"))
    assert.equal("zz", pg:format_alias(nil, "zz"))
    assert.equal('"S"."E n"', pg:format_type(am.Enum("a", { name = "E n", schema = "S" })))
    assert.equal("e", pg:format_type(am.Enum("a", { name = "e", schema = "S" }), { use_schema = false }))
    raises_exc("CompileError", function() pg:format_type(am.Enum "a") end, "type requires a name")
  end)

  it("takes names apart", function()
    assert.same({ "a", "b c", "d" }, pg:unformat_identifiers 'a."b c".d')
    assert.same({ 'x"y', "z" }, pg:unformat_identifiers '"x""y".z')
    assert.same({ "`a`", "b" }, pg:unformat_identifiers "`a`.b")
    assert.same({ "a", "b" }, my:unformat_identifiers "`a`.b")
  end)

  it("refuses names that are too long, and what is no name", function()
    local long = ("x"):rep(80)
    assert.equal(long, lite:truncate_and_render_index_name(long))
    raises_exc("IdentifierError", function() pg:truncate_and_render_index_name(long) end, "maximum length of 63")
    raises_exc("IdentifierError", function() pg:truncate_and_render_constraint_name(long) end, "maximum length of 63")
    raises_exc("ArgumentError", function() pg:quote(5) end, "identifier_preparer:quote: a name is needed, got 5")
    raises_exc("ArgumentError", function() pg:format_table "t" end, "an SQL element with a name is needed")
    raises_exc("ArgumentError", function() return pg.quot end, "no attribute 'quot'; did you mean 'quote'")
  end)

  it("is the preparer of compile functions, too", function()
    local Named = am.ColumnElement { inherit_cache = true, name = "Named" }
    am.compiles(Named, "default", function(_, compiler)
      return compiler.preparer:format_table(t) .. compiler.dialect.identifier_preparer:quote("A b")
    end)
    assert.equal('"My S"."some Table""A b"', tostring(Named()))
  end)
end)
