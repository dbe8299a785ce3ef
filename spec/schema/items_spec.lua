-- Constraints, defaults, foreign keys, conventions: how items find their tables and what they know.
local am = require "alchemoon"
local raises = require("support.init").raises_text

describe("items of a schema", function()
  local md
  before_each(function() md = am.MetaData() end)

  it("attach themselves when their columns have a table", function()
    local a, b = am.Column("a", am.Integer), am.Column("b", am.Integer)
    local unique, index, check = am.UniqueConstraint(a, b), am.Index("ix", a, b), am.CheckConstraint(a:gt(5))
    local t = am.Table("t", md, a)
    assert.equal(0, #t.indexes)
    assert.equal(t, check.table)
    t:append_column(b)
    assert.equal(t, unique.table)
    assert.equal(t, index.table)
    assert.equal(3, #t.constraints)
    local other = am.Table("o", md, am.Column("x", am.Integer))
    raises("ArgumentError", function() am.Index("i", t.c.a, other.c.x) end,
      "Column(s) 'o.x' are not part of table 't'.")
  end)

  it("make an explicit primary key win", function()
    local warnings = {}
    local former = am.logging.set_handler(function(record) warnings[#warnings + 1] = record.message end)
    local t = am.Table("t", md, am.Column("x", am.Integer, { primary_key = true }), am.Column("q", am.Integer),
      am.Column("r", am.Integer, { nullable = true }), am.PrimaryKeyConstraint("q", "r", { name = "pk" }))
    am.logging.set_handler(former)
    assert.is_truthy(warnings[1]:find("not matching locally specified columns 'q', 'r'", 1, true))
    assert.same({ "q", "r" }, t.primary_key.columns:keys())
    assert.is_false(t.c.x.primary_key)
    assert.is_true(t.c.q.primary_key)
    assert.is_false(t.c.q.nullable)
    assert.is_true(t.c.r.nullable)
    assert.equal(2, #t.primary_key)
  end)

  it("let a foreign key name a Column that has no table yet", function()
    local target = am.Column("id", am.Integer, { primary_key = true })
    local key = am.ForeignKey(target)
    local child = am.Table("child", md, am.Column("x", key))
    assert.is_nil(key.target_fullname)
    local parent = am.Table("parent", md, target)
    assert.equal("parent.id", key.target_fullname)
    assert.equal(parent.c.id, key.column)
    assert.is_true(key:references(parent))
    assert.equal(parent, child.foreign_key_constraints[1].referred_table)
  end)

  it("know their defaults", function()
    local c = am.Table("t", md, am.Column("a", am.Integer, { default = 5 }),
      am.Column("b", am.Integer, { default = function() return 3 end }), am.Column("c", am.Integer, {
        default = am.func.f() }),
      am.Column("d", am.Integer, am.Sequence "x"), am.Column("e", am.Boolean, { default = false, onupdate = true }),
      am.Column("f", am.Integer, { server_default = am.FetchedValue(), server_onupdate = am.FetchedValue() })).c
    assert.is_true(c.a.default.is_scalar)
    assert.equal(5, c.a.default.arg)
    assert.is_true(c.b.default.is_callable)
    assert.equal(3, c.b.default.arg())
    assert.is_true(c.c.default.is_clause_element)
    assert.equal("x", c.d.default.name)
    assert.is_true(c.d.default.is_sequence)
    assert.is_false(c.e.default.arg)
    assert.is_true(c.e.onupdate.for_update)
    assert.is_true(c.f.server_default.is_server_default)
    assert.is_true(c.f.server_onupdate.for_update)
    assert.is_nil(c.a.onupdate)
  end)

  it("say which column counts", function()
    local function counter(...) return am.Table("t", am.MetaData(), ...)._autoincrement_column end
    local function key(type_, opts, ...)
      opts = opts or {}
      opts.primary_key = true
      return am.Column("id", type_, ..., opts)
    end
    assert.equal("id", counter(key(am.Integer)).name)
    assert.equal("id", counter(key(am.Numeric)).name)
    assert.is_nil(counter(key(am.String)))
    assert.is_nil(counter(key(am.Integer, { autoincrement = false })))
    assert.is_nil(counter(key(am.Integer, { default = 5 })))
    assert.is_nil(counter(key(am.Integer, { server_default = "5" })))
    assert.is_nil(counter(key(am.Integer, nil, am.ForeignKey "x.id")))
    assert.equal("id", counter(key(am.Integer, { autoincrement = "ignore_fk" }, am.ForeignKey "x.id")).name)
    assert.equal("id", counter(key(am.Integer, nil, am.Identity())).name)
    raises("ArgumentError", function() return counter(key(am.String(5), { autoincrement = true })) end,
      "Column type VARCHAR(5) on column 't.id' is not compatible with autoincrement=true")
    raises("ArgumentError", function()
      return counter(am.Column("a", am.Integer, { primary_key = true, autoincrement = true }),
        am.Column("b", am.Integer, { primary_key = true, autoincrement = true }))
    end, "Only one Column may be marked autoincrement=true, found both b and a.")
  end)

  it("keep info, doc, comment and take assignments", function()
    local t = am.Table("t", md, am.Column("x", am.Integer, { info = { a = 1 }, doc = "d", comment = "c" }),
      { info = { b = 2 } })
    t.info.c = 3
    assert.same({ b = 2, c = 3 }, t.info)
    assert.equal(1, t.c.x.info.a)
    assert.equal("d", t.c.x.doc)
    t.c.x.nullable, t.c.x.default, t.c.x.comment, t.comment = false, 7, "new", "tc"
    assert.is_false(t.c.x.nullable)
    assert.equal(7, t.c.x.default.arg)
    assert.equal("tc", t.comment)
    t.c.x.default = nil
    assert.is_nil(t.c.x.default)
    raises("ArgumentError", function() t.c.x.nulable = true end,
      "Column object has no attribute 'nulable' that can be assigned; did you mean 'nullable'?")
  end)

  it("refuse what excludes each other", function()
    raises("ArgumentError", function() am.Column("x", am.Integer, am.Computed "1", { server_default = "2" }) end,
      "A generated column cannot specify a server_default or a server_onupdate argument")
    raises("ArgumentError", function() am.Column("x", am.Integer, am.Identity(), { autoincrement = false }) end,
      "A column with an Identity object cannot specify autoincrement=false")
    raises("ArgumentError", function()
      am.Table("t", md, am.Column("x", am.Integer, am.Identity(), am.Sequence "s"))
    end, "An column cannot specify both Identity and Sequence.")
    raises("ArgumentError", function() am.ForeignKeyConstraint({ "a" }, { "x.a", "x.b" }) end,
      "ForeignKeyConstraint number of constrained columns must match the number of referenced columns.")
    raises("ArgumentError", function()
      am.Table("m", md, am.Column("a", am.Integer), am.Column("b", am.Integer),
        am.ForeignKeyConstraint({ "a", "b" }, { "x.a", "y.b" }))
    end, "ForeignKeyConstraint on m('a', 'b') refers to multiple remote tables: x and y")
    raises("ArgumentError", function() am.Column(am.Integer, { quote = true }) end,
      "Explicit 'name' is required when sending 'quote' argument")
    raises("ArgumentError", function() am.Column("x", am.Integer, { server_default = 5 }) end)
    raises("ArgumentError", function() am.Column("x", am.Integer, { index = "name" }) end)
    raises("ArgumentError", function() am.UniqueConstraint("a", { mysql_using = "x" }) end)
  end)

  it("sort tables, also those in a cycle", function()
    am.Table("c", md, am.Column("x", am.Integer, am.ForeignKey "b.x"))
    am.Table("b", md, am.Column("x", am.Integer, am.ForeignKey "a.x"))
    am.Table("a", md, am.Column("x", am.Integer), am.Column("y", am.Integer, am.ForeignKey "a.x"))
    local names = {}
    for i, t in ipairs(md.sorted_tables) do names[i] = t.name end
    assert.same({ "a", "b", "c" }, names)
    md.tables.a:append_column(am.Column("z", am.Integer, am.ForeignKey "c.x"))
    local order = am.schema.sort_tables_and_constraints(md.tables:values())
    assert.is_nil(order[4][1])
    assert.is_true(#order[4][2] >= 3)
    assert.equal(3, #md.sorted_tables)
  end)

  it("have a table view of a metadata", function()
    local m = am.MetaData { schema = "s" }
    local t = am.Table("t", m, am.Column("a", am.Integer, { key = "aa" }))
    assert.equal(t, m.tables["s.t"])
    assert.is_nil(m.tables.t)
    assert.same({ true, true, false }, { m:contains "s.t", m:contains(t), m:contains "t" })
    for _, value in ipairs { 5, true, t.c.aa, am.null, print } do
      raises("ArgumentError", function() m:contains(value) end,
        "MetaData.contains: a Table or its name is needed, got " .. type(value))
    end
    raises("ArgumentError", function() m:contains() end, "MetaData.contains: a Table or its name is needed, got nil")
    assert.same({ "s.t" }, m.tables:keys())
    assert.equal("a", t.c.aa.name)
    for key, entry in m.tables:items() do assert.equal(t, entry, key) end
    for key, entry in pairs(m.tables) do assert.equal("s.t", key); assert.equal(t, entry) end
    local blank = am.Table("t", m, am.Column("a", am.Integer), { schema = am.BLANK_SCHEMA })
    assert.equal("t", blank.fullname)
  end)

  it("belong to one column: a ForeignKey cannot be given to two", function()
    local key = am.ForeignKey "t.id"
    am.Column("x", am.Integer, key)
    raises("InvalidRequestError", function() am.Column("y", am.Integer, key) end,
      "This ForeignKey already has a parent !")
  end)

  it("refuse what is no column", function()
    raises("ArgumentError", function() am.Index("i", 5) end,
      "String column name or column expression for DDL constraint expected, got 5.")
    raises("ArgumentError", function() am.ForeignKey(5) end,
      "String column name or Column object for DDL foreign key constraint expected, got 5.")
    raises("ArgumentError", function() am.CheckConstraint(5) end,
      "SQL expression element for DDL constraint expected, got 5.")
    raises("ArgumentError", function() am.Column("x", am.Integer, "y") end,
      "'SchemaItem' object, such as a 'Column' or a 'Constraint' expected, got 'y'")
  end)

  it("fire events when they join", function()
    local log = {}
    local fn = am.event.listen(am.Column, "after_parent_attach", function(c, t) log[#log + 1] = c.name .. ">" ..
      t.name end)
    local other = am.event.listen(am.UniqueConstraint, "before_parent_attach", function(_, t) log[#log + 1] = "u>" ..
      t.name end)
    am.Table("t", md, am.Column("q", am.Integer, { unique = true }))
    am.event.remove(am.Column, "after_parent_attach", fn)
    am.event.remove(am.UniqueConstraint, "before_parent_attach", other)
    am.Table("t2", md, am.Column("q", am.Integer, { unique = true }))
    assert.same({ "u>t", "q>t" }, log)
  end)

  it("use tokens of one's own and shorten long names", function()
    local named = am.MetaData { naming_convention = {
      mine = function(const, t) return t.name .. #const.columns end, uq = "uq_%(mine)s",
      ix = "ix_%(column_0N_name)s", ck = "ck_%(constraint_name)s",
    } }
    local t = am.Table("t", named, am.Column("a", am.Integer), am.Column("b", am.Integer), am.UniqueConstraint("a",
      "b"))
    am.Index(nil, t.c.a, t.c.b)
    assert.equal("uq_t2", t.constraints[2].name)
    assert.equal("ix_ab", t.indexes[1].name)
    local flags = am.Table("f", named, am.Column("x", am.Boolean { create_constraint = true }))
    raises("InvalidRequestError", function() am.CreateTable(flags):compile { dialect = "sqlite" } end,
      "Naming convention including %(constraint_name)s token requires that constraint is explicitly named.")
    am.CreateTable(flags):compile { dialect = "postgresql" }
    local kinds = am.Table("k", am.MetaData { naming_convention = { ck = "ck_%(table_name)s_%(constraint_name)s" } },
      am.Column("x", am.Enum("a", "b", { name = am.conv "kinds", create_constraint = true })),
      am.Column("y", am.Enum("a", "b", { name = "others", create_constraint = true })))
    local sql = am.CreateTable(kinds):compile { dialect = "sqlite" }.sql
    assert.matches("CONSTRAINT kinds CHECK", sql, 1, true)
    assert.matches("CONSTRAINT ck_k_others CHECK", sql, 1, true)
  end)

  it("say what they are", function()
    local t = am.Table("t", md, am.Column("a", am.Integer, am.ForeignKey "u.a"), am.CheckConstraint "a > 1")
    assert.is_true(am.MetaData.is(md) and am.Table.is(t) and am.Column.is(t.c.a))
    assert.is_true(am.ForeignKey.is(t.foreign_keys[1]))
    assert.is_true(am.Index.is(am.Index("ix", t.c.a)) and am.Sequence.is(am.Sequence "s"))
    for _, each in ipairs(t.constraints) do assert.is_true(am.Constraint.is(each)) end
    local light = am.table("t", am.column "a")
    assert.is_true(am.TableClause.is(light) and am.ColumnClause.is(light.c.a))
    assert.is_false(am.Table.is(light) or am.Column.is(light.c.a) or am.Table.is "t" or am.Index.is(t.c.a))
  end)

  it("have the CHECK of a decorated Boolean or Enum", function()
    local Flag = am.TypeDecorator { impl = am.Boolean { create_constraint = true, name = "flag" }, cache_ok = true }
    local State = am.TypeDecorator { impl = am.Enum("on", "off", { create_constraint = true, native_enum = false,
      name = "state" }), cache_ok = true }
    local Twice = am.TypeDecorator { impl = State, cache_ok = true }
    local t = am.Table("t", md, am.Column("f", Flag), am.Column("s", State), am.Column("u", Twice))
    local function checks(dialect)
      local names = {}
      for name in am.CreateTable(t):compile { dialect = dialect }.sql:gmatch "CONSTRAINT (%w+) CHECK" do
        names[#names + 1] = name
      end
      return names
    end
    assert.same({ "flag", "state", "state" }, checks "sqlite")
    assert.same({ "state", "state" }, checks "postgresql")
    assert.equal(4, #t:to_metadata(am.MetaData()).constraints)
  end)
end)
