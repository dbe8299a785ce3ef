-- PostgreSQL has types for parameters and results that a statement's author does not think of.
local am = require "alchemoon"
local assert_sql = require("support.sql").assert_sql
local backends = require "support.backends"

backends.each(function(backend)
  if backend.dialect ~= "postgresql" then return end
  describe("a statement that says nothing about types", function()
    local engine, conn, t
    local f = am.func
    before_each(function()
      backend.reset()
      engine = am.create_engine(backend.url)
      conn = engine:connect()
      local metadata = am.MetaData()
      t = am.Table("visit", metadata, am.Column("id", am.Integer, { primary_key = true }),
        am.Column("big", am.BigInteger), am.Column("at", am.DateTime), am.Column("data", am.JSONB),
        am.Column("kind", am.Enum("new", "old", { name = "kind" })))
      metadata:create_all(conn)
      conn:execute(am.insert(t), {
        { id = 1, big = 5, at = am.datetime(2024, 1, 2, 3), data = { k = "x" } },
        { id = 2, big = 6, at = am.datetime(2024, 2, 2), data = {} },
      })
    end)
    after_each(function()
      conn:close()
      engine:dispose()
    end)

    local function ids(condition)
      return table.concat(conn:scalars(am.select(t.c.id):where(condition):order_by(t.c.id)):all(), " ")
    end
    local function text(sql, params) return tostring(conn:execute(am.text(sql), params):one()) end

    it("keeps integers whole that are read as Numeric", function()
      local stmt = am.select(f.greatest(t.c.id, 5, { type_ = am.Numeric })):where(t.c.id:eq(1))
      assert.equal("5", tostring(conn:scalar(stmt)))
      assert.equal("x", conn:scalar(am.select(t.c.data:op("->>")("k")):where(t.c.id:eq(1))))
    end)

    it("compares a function's value with text as the server reads it", function()
      assert.equal("1", ids(f.date(t.c.at):eq("2024-01-02")))
      assert.equal("2", ids(f.date(t.c.at):in_ { "2024-02-02", "2024-02-03" }))
      assert.equal("1", ids(f.date(t.c.at):between("2024-01-01", "2024-01-31")))
      assert.equal("1 2", ids(am.literal_column("visit.at"):gt("2024-01-01")))
    end)

    it("gives functions text as they want it", function()
      assert.equal(3, #conn:scalars(am.select(f.generate_series(am.datetime(2024, 1, 1), am.datetime(2024, 1, 3),
        "1 day"))):all())
      assert.equal("y", conn:scalar(am.select(f.jsonb_set(t.c.data, "{k}", '"y"')):where(t.c.id:eq(1))).k)
      conn:execute(am.text "create sequence s")
      assert.equal(1, conn:scalar(am.select(f.nextval("s"))))
    end)

    it("mixes text with values of other types in CASE, UNION and INSERT", function()
      conn:execute(am.insert(t):from_select({ "id", "kind", "at" },
        am.select(t.c.id + 10, am.literal("old"), am.literal("2024-03-04"):label("at"))))
      local kind = am.case({ t.c.id:eq(11), "new" }, { else_ = t.c.kind })
      assert.same({ "new", "old" }, conn:scalars(am.select(kind):where(t.c.id:gt(10)):order_by(t.c.id)):all())
      assert.same({ "new", "old", "old" }, conn:scalars(am.union_all(am.select(t.c.kind):where(t.c.id:gt(10)),
        am.select(am.literal("new"))):order_by("kind")):all())
      local letter = am.case({ { "new", "N" }, { "old", "O" } }, { value = t.c.kind })
      assert.same({ "O", "O" }, conn:scalars(am.select(letter):where(t.c.id:gt(10))):all())
      assert.equal("x", conn:scalar(am.select(am.literal("x"))))
    end)

    it("gives text to functions that take anything", function()
      assert.equal("a1x", conn:scalar(am.select(f.concat("a", 1, "x"))))
      assert.equal("x", conn:scalar(am.select(f.json_build_object("k", "x"))).k)
      assert.equal("character varying", conn:scalar(am.select(f.pg_typeof("x"):cast(am.String))))
    end)

    it("may use one text in places of either kind", function()
      local day = am.literal("2024-01-02")
      assert.equal("2024-01-02|2024-01-02", conn:scalar(am.select(f.concat(day, "|", f.lower(day)))))
    end)

    it("gives an integer of a text to functions that take no bigint", function()
      assert.equal("('ab', 2.35)", text("select left('abc', :n), round(2.345, :n)", { n = 2 }))
      assert.equal("(4294967296,)", text("select :n", { n = 4294967296 }))
      assert.equal("(2024-01-03,)", text("select date '2024-01-01' + :n", { n = 2 }))
    end)

    it("gives a list of a text as an array", function()
      assert.equal("(True, True)", text("select 2 = any(:list), 'b' = any(:names)",
        { list = { 1, 2 }, names = { "a", "b" } }))
      assert.equal("(True,)", text("select 1 <> all(:list)", { list = {} }))
      assert.equal("(True,)", text("select :list = array[1.5, null, 3]",
        { list = { am.decimal "1.5", am.null, am.decimal "3" } }))
    end)

    it("may ask whether a parameter is NULL", function()
      local function q() return am.bindparam "q" end
      local sizes = am.select(t.c.id):where(am.or_(q():is_(nil), t.c.big:eq(q()))):order_by(t.c.id)
      for value, count in pairs { [am.null] = 2, [5] = 1, [7] = 0 } do
        assert.equal(count, #conn:execute(sizes, { q = value }):all())
      end
      local later = am.select(t.c.id):where(am.or_(q():is_(nil), t.c.at:gt(q())))
      assert.equal(2, #conn:execute(later, { q = am.null }):all())
      assert.equal(1, #conn:execute(later, { q = am.datetime(2024, 2, 1) }):all())
      assert.equal("(False,)", text("select :q is not  null and 'a' = :q", { q = am.null }))
      assert.equal("(True,)", text("select :q IS NULL or 'a' = :q", { q = "a" }))
      assert.is_true(conn:scalar(am.select(am.literal(nil):is_(nil))))
    end)

    it("refuses a table that is no list", function()
      local ok, e = pcall(text, "select :data", { data = { a = 1 } })
      assert.is_false(ok)
      assert.matches("a parameter of type table cannot be bound: give a list", tostring(e), 1, true)
    end)

    it("gives numbers where the server computes with numeric", function()
      assert.equal(2024, conn:scalar(am.select(am.extract("year", t.c.at)):where(t.c.id:eq(1))))
      assert.equal(11, conn:scalar(am.select(f.sum(t.c.big))))
      local sums = am.select(f.sum(t.c.big):label("total")):subquery()
      assert.equal(11, conn:scalar(am.select(sums.c.total)))
      local seconds = conn:scalar(am.select(am.extract("second", am.cast("00:00:01.5", am.Time))))
      assert.equal(am.decimal "1.500000", seconds)
      assert.is_nil(conn:execute(am.select(f.sum(t.c.big)):where(t.c.id:eq(0))):one()[1])
    end)

    it("gives an attribute numbers, too", function()
      local Base = am.declarative_base()
      local Visit = Base:model("Visit", { __table__ = t })
      Visit.year = am.column_property(am.extract("year", t.c.at))
      local session = am.Session(conn)
      assert.equal(2024, session:get(Visit, 1).year)
      assert.equal(11, session:scalar(am.select(f.sum(Visit.big))))
      assert.equal(2024, session:execute(am.select(Visit, am.extract("year", Visit.at))):first()[2])
      session:close()
    end)
  end)
end)

describe("a slice of what a function returns", function()
  it("has bounds without the function's name, which an index has", function()
    local both = am.func.array_cat(am.column "a", am.column "b", { type_ = am.ARRAY(am.Integer) })
    assert_sql(both:at(am.slice(2, 5)), "(array_cat(a, b))[:param_1::param_2]",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(both:at(3), "(array_cat(a, b))[:array_cat_1]", { dialect = "postgresql", paramstyle = "named" })
  end)
end)
