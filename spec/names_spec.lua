-- Public names that no other spec calls: what SQLAlchemy's of the same name answer.
local am = require "alchemoon"

local function sql(element) return (tostring(element:compile{ dialect = "postgresql" }):gsub("%s+$", "")) end

describe("a name that is seldom used", function()
  it("of PostgreSQL renders", function()
    local x, pg = am.column("x", am.Text), am.postgresql
    assert.equal("SELECT ts_headline($1, x, $2) AS ts_headline_1", sql(am.select(pg.ts_headline("english", x, "q"))))
    assert.equal("SELECT phraseto_tsquery($1, $2) AS phraseto_tsquery_1",
      sql(am.select(pg.phraseto_tsquery("english", "q"))))
    assert.equal("SELECT websearch_to_tsquery($1, $2) AS websearch_to_tsquery_1",
      sql(am.select(pg.websearch_to_tsquery("english", "q"))))
    assert.equal("CREATE DOMAIN d AS INTEGER", sql(am.CreateDomainType(pg.DOMAIN("d", am.Integer))))
    assert.equal("DROP DOMAIN d", sql(am.DropDomainType(pg.DOMAIN("d", am.Integer))))
    assert.equal("DROP TYPE e", sql(am.DropEnumType(pg.ENUM("a", { name = "e" }))))
    for _, name in ipairs{ "CITEXT", "REGCONFIG", "INT4MULTIRANGE", "INT8MULTIRANGE", "INT8RANGE", "NUMMULTIRANGE",
      "TSMULTIRANGE", "DATEMULTIRANGE" } do
      assert.equal(name, tostring(pg[name]:compile{}))
    end
  end)

  it("of expressions and types renders", function()
    assert.equal("x NULLS FIRST", tostring(am.nullsfirst(am.column "x")))
    assert.equal("(VALUES (:param_1))", tostring(am.values(am.column("i", am.Integer)):data{ { 1 } }:scalar_values()))
    assert.is_true(am.JSON():evaluates_none().should_evaluate_none)
  end)

  it("of ordered lists counts", function()
    assert.equal(3, am.count_from_0(3, {}))
    assert.equal(4, am.count_from_1(3, {}))
    assert.equal(8, am.count_from_n_factory(5)(3, {}))
  end)

  it("of queries, mappers and inspectors answers", function()
    local Base = am.declarative_base()
    local Author = Base:model("Author", { __tablename__ = "authors",
      id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String) })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      session:add(Author{ name = "Ann" })
      session:flush()
      assert.matches("authors.id AS authors_id", tostring(session:query(Author.id):with_labels()), 1, true)
      assert.equal("Ann", session:query(Author):only_return_tuples(true):one()[1].name)
    end)
    local mappers = {}
    for mapper in Author.__mapper__:polymorphic_iterator() do mappers[#mappers + 1] = mapper end
    assert.equal(1, #mappers)
    assert.equal(Author.__mapper__, mappers[1])
    Author.__mapper__:add_properties{ other = Author.__table__.c.name }
    assert.equal("Author.other", tostring(Author.other))

    local inspector = am.inspect(engine)
    assert.equal(0, #inspector:get_temp_view_names())
    assert.is_false(inspector:has_type "x")
    local reflected = am.Table("authors", am.MetaData())
    inspector:reflect_table(reflected)
    assert.equal("authors.name", tostring(reflected.c.name))
    assert.is_nil(engine:clear_compiled_cache())
    engine:dispose()
  end)
end)
