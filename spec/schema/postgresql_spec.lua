-- What only PostgreSQL has: it is created, reflects as it was declared, and goes.
local am = require "alchemoon"
local backends = require "support.backends"
local raises_exc = require("support.init").raises_exc
local backend = backends.get "postgresql"
local unpack = table.unpack or unpack -- luacheck: ignore 113
if not backend then return end

describe("on PostgreSQL", function()
  local engine
  before_each(function()
    backend.reset()
    engine = am.create_engine(backend.url, { poolclass = am.NullPool })
  end)
  after_each(function() engine:dispose() end)

  local function ddl(t)
    local out = { tostring(am.CreateTable(t):compile { dialect = "postgresql" }) }
    for _, index in ipairs(t.indexes) do out[#out + 1] = tostring(am.CreateIndex(index):compile {
      dialect = "postgresql" }) end
    return (table.concat(out, "\n"):gsub("[\t]", ""))
  end

  it("a type of a metadata outlives its tables, and one that tables leave alone is made by hand", function()
    local md = am.MetaData()
    local color = am.Enum("red", "green", { name = "color", metadata = md })
    local one = am.Table("one", md, am.Column("c", color))
    am.Table("two", md, am.Column("c", color))
    local function types()
      local names = {}
      for _, each in ipairs(am.inspect(engine):get_enums()) do names[#names + 1] = each.name end
      return names
    end
    md:create_all(engine)
    one:drop(engine)
    assert.same({ "color" }, types())
    one:create(engine)
    md:drop_all(engine)
    assert.same({}, types())
    raises_exc("ProgrammingError", function() one:create(engine) end, 'type "color" does not exist')
    one:create(engine, { checkfirst = true })
    one:drop(engine)
    color:drop(engine)
    local size = am.postgresql.ENUM("s", "m", { name = "size", create_type = false })
    local three = am.Table("three", am.MetaData(), am.Column("s", size))
    raises_exc("ProgrammingError", function() three:create(engine) end, 'type "size" does not exist')
    size:create(engine)
    three:create(engine)
    three:drop(engine)
    assert.same({ "size" }, types())
    size:drop(engine)
    assert.same({}, types())
  end)

  it("every type reflects as it was declared", function()
    local given = { am.SmallInteger, am.BigInteger, am.Numeric(10, 3), am.Numeric, am.REAL, am.String(10), am.String,
      am.Text, am.CHAR(3), am.Boolean, am.Date, am.Time, am.Time { timezone = true }, am.DateTime,
      am.DateTime { timezone = true }, am.TIMESTAMP { timezone = true, precision = 3 }, am.Interval,
      am.postgresql.INTERVAL { fields = "DAY TO SECOND", precision = 3 }, am.LargeBinary, am.JSON, am.JSONB, am.Uuid,
      am.ARRAY(am.Integer), am.ARRAY(am.String(5)), am.INET, am.CIDR, am.MACADDR, am.MACADDR8, am.TSVECTOR, am.TSQUERY,
      am.BIT(5), am.BIT { length = 7, varying = true }, am.MONEY, am.INT4RANGE, am.TSTZMULTIRANGE, am.OID, am.REGCLASS,
      am.Enum("x", "y z", { name = "e1" }), am.ARRAY(am.Enum("x", "y z", { name = "e1" })), am.JSONPATH,
      am.String { collation = "C" }, am.DOMAIN("d1", am.Numeric(5, 1), { check = "VALUE > 3" }) }
    local md, columns = am.MetaData(), {}
    for i, type_ in ipairs(given) do columns[i] = am.Column("c" .. i, type_) end
    local t = am.Table("types", md, unpack(columns))
    md:create_all(engine)
    local back = am.Table("types", am.MetaData(), { autoload_with = engine })
    assert.equal(ddl(t), ddl(back))
    md:drop_all(engine)
  end)

  it("constraints and indexes with options", function()
    engine:begin(function(conn) conn:exec_driver_sql("CREATE EXTENSION btree_gist") end)
    local md = am.MetaData()
    local u = am.Table("u", md, am.Column("id", am.Integer), am.Column("r", am.TSRANGE), am.Column("v", am.Integer),
      am.ExcludeConstraint({ "id", "=" }, { "r", "&&" }, { name = "ex", using = "gist", where = "id > 3" }),
      am.PrimaryKeyConstraint("id", "v", { name = "mypk", deferrable = true, initially = "DEFERRED" }),
      am.UniqueConstraint("v", "r", { name = "uu", postgresql_nulls_not_distinct = true }),
      am.UniqueConstraint("v", { name = "ui", postgresql_include = { "r" }, comment = "uc" }))
    am.Index("i1", u.c.v, { postgresql_using = "hash" })
    am.Index("i2", u.c.v:desc():nullslast(), (u.c.id + u.c.v):desc(), { unique = true,
      postgresql_with = { fillfactor = 50 }, postgresql_include = { "r" } })
    md:create_all(engine)
    local text = ddl(am.Table("u", am.MetaData(), { autoload_with = engine }))
    for _, part in ipairs {
      "CONSTRAINT mypk PRIMARY KEY (id, v) DEFERRABLE INITIALLY DEFERRED",
      "CONSTRAINT ui UNIQUE NULLS DISTINCT (v) INCLUDE (r)",
      "CONSTRAINT uu UNIQUE NULLS NOT DISTINCT (v, r)",
      "CONSTRAINT ex EXCLUDE USING gist (id WITH =, r WITH &&) WHERE (id > 3)", "CREATE INDEX i1 ON u USING hash (v)",
      "CREATE UNIQUE INDEX i2 ON u (v DESC NULLS LAST, (id + v) DESC) INCLUDE (r) WITH (fillfactor = 50)",
    } do
      assert.is_truthy(text:find(part, 1, true), part .. "\n" .. text)
    end
    assert.equal("uc", am.inspect(engine):get_unique_constraints("u")[1].comment)
    md:drop_all(engine)
  end)

  it("partitions and inherited tables", function()
    local md = am.MetaData()
    am.Table("part", md, am.Column("k", am.Integer), { postgresql_partition_by = "RANGE (k)" })
    local base = am.Table("base", md, am.Column("id", am.Integer))
    am.Table("child", md, am.Column("extra", am.Integer), { postgresql_inherits = "base" }):add_is_dependent_on(base)
    md:create_all(engine)
    local back = am.MetaData()
    back:reflect(engine)
    assert.is_truthy(ddl(back.tables.part):find("PARTITION BY RANGE (k)", 1, true))
    assert.is_truthy(ddl(back.tables.child):find("INHERITS ( base )", 1, true))
    md:drop_all(engine)
  end)

  it("named types in schemas, of a metadata, and by themselves", function()
    engine:begin(function(conn) conn:execute(am.CreateSchema "zz") end)
    local md = am.MetaData()
    am.Table("t", md, am.Column("x", am.Enum("a", { name = "en", inherit_schema = true })), { schema = "zz" })
    local unused = am.Enum("m", "n", { name = "unused", metadata = md })
    assert.equal(md, unused.metadata)
    md:create_all(engine)
    local found = am.inspect(engine):get_enums "*"
    assert.same({ "public.unused", "zz.en" }, { found[1].schema .. "." .. found[1].name,
      found[2].schema .. "." .. found[2].name })
    md:drop_all(engine)
    assert.same({}, am.inspect(engine):get_enums "*")
    local own = am.Enum("q", { name = "own" })
    own:create(engine)
    own:create(engine)
    assert.equal(1, #am.inspect(engine):get_enums())
    own:drop(engine)
    assert.equal(0, #am.inspect(engine):get_enums())
    local t = am.Table("single", am.MetaData(), am.Column("x", am.Enum("a", { name = "en" })))
    t:create(engine)
    t:drop(engine)
    assert.equal(0, #am.inspect(engine):get_enums())
  end)

  it("schema_translate_map in create_all", function()
    engine:begin(function(conn) conn:execute(am.CreateSchema "zz") end)
    local md = am.MetaData()
    am.Table("t", md, am.Column("id", am.Integer, am.Sequence "sq", { primary_key = true }),
      am.Column("x", am.Enum("a", { name = "en" })), am.Column("p", am.ForeignKey "t.id"))
    local translated = engine:execution_options { schema_translate_map = { [am.null] = "zz" } }
    md:create_all(translated)
    md:create_all(translated)
    assert.same({ "t" }, am.inspect(engine):get_table_names "zz")
    assert.same({}, am.inspect(engine):get_table_names())
    assert.same({ "sq" }, am.inspect(engine):get_sequence_names "zz")
    md:drop_all(translated)
    assert.same({}, am.inspect(engine):get_table_names "zz")
    assert.same({}, am.inspect(engine):get_enums "zz")
  end)

  it("sequences give values", function()
    local seq = am.Sequence("s9", { start = 9 })
    seq:create(engine)
    engine:connect(function(conn)
      local log = require("support.executed").record(engine)
      assert.equal(9, conn:scalar(seq))
      assert.same({ "select nextval('s9')" }, log:take())
      assert.equal(10, conn:scalar(am.select(seq:next_value())))
    end)
    seq:drop(engine)
    assert.is_false(am.inspect(engine):has_sequence "s9")
  end)

  it("a key that counts nothing, an index over an expression, the number of a table", function()
    local md = am.MetaData()
    am.Table("plain", md, am.Column("id", am.Integer, { primary_key = true, autoincrement = false }),
      am.Column("name", am.String), am.UniqueConstraint("name"))
    am.Index("ix_plain_lower", am.func.lower(md.tables.plain.c.name))
    md:create_all(engine)
    local inspector = am.inspect(engine)
    assert.same({ postgresql_include = {} }, inspector:get_pk_constraint("plain").dialect_options)
    assert.is_false(inspector:get_unique_constraints("plain")[1].dialect_options.postgresql_nulls_not_distinct)
    assert.is_true(inspector:get_table_oid("plain") > 0)
    raises_exc("NoSuchTableError", function() inspector:get_table_oid("nope") end)
    local found = am.Table("plain", am.MetaData(), { autoload_with = engine })
    assert.matches("id INTEGER NOT NULL", am.CreateTable(found):compile { dialect = "postgresql" }.sql)
    assert.equal(1, #found.indexes)
    local some = am.Table("plain", am.MetaData(), { autoload_with = engine, include_columns = { "name" } })
    assert.equal(0, #some.indexes)
    md:drop_all(engine)
  end)
end)
