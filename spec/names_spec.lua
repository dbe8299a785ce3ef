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

  it("of collections' adapters fires, or does not", function()
    local Base = am.declarative_base()
    local Item = Base:model("Item", { __tablename__ = "items", id = am.Column(am.Integer, { primary_key = true }),
      box_id = am.Column(am.ForeignKey "boxes.id") })
    local Box = Base:model("Box", { __tablename__ = "boxes", id = am.Column(am.Integer, { primary_key = true }),
      items = am.relationship(Item) })
    local heard = {}
    am.event.listen(Box.items, "append", function() heard[#heard + 1] = "append" end)
    am.event.listen(Box.items, "remove", function() heard[#heard + 1] = "remove" end)
    local box, a, b = Box {}, Item {}, Item {}
    local adapter = am.collection_adapter(box.items)
    adapter:append_multiple_without_event { a, b }
    assert.equal(2, #box.items)
    adapter:remove_without_event(a)
    assert.same({}, heard)
    adapter:append_with_event(a)
    adapter:clear_with_event()
    assert.same({ "append", "remove", "remove" }, heard)
    assert.equal(0, #box.items)
  end)

  it("of sessions and connections streams and closes", function()
    local engine = am.create_engine "sqlite://"
    engine:connect(function(conn)
      assert.same({ 1 }, conn:stream_scalars(am.select(am.literal(1))):all())
    end)
    local session = am.Session(engine)
    assert.same({ 2 }, session:stream_scalars(am.select(am.literal(2))):all())
    assert.is_true(session:in_transaction())
    session:aclose()
    assert.is_false(session:in_transaction())
    session:execute(am.select(am.literal(3)))
    am.close_all_sessions()
    assert.is_false(session:in_transaction())
    engine:dispose()
  end)

  it("of registries maps", function()
    local registry = am.registry()
    local mapper = registry:map_declaratively { __name__ = "Plain", __tablename__ = "plain",
      id = am.Column(am.Integer, { primary_key = true }) }
    assert.equal("plain", mapper.local_table.name)
    local Named = registry:mapped("Named", { __tablename__ = "named",
      id = am.Column(am.Integer, { primary_key = true }) })
    assert.equal("named", Named.__table__.name)
  end)

  it("of elements and compilers answers", function()
    local t = am.table("t", am.column("x", am.Integer))
    assert.equal(2, #t.c.x:eq(5):get_children())
    assert.equal("t.x IS NOT DISTINCT FROM :x_1", tostring(t.c.x:is_not_distinct_from(5)))
    assert.is_true(t.c.x:shares_lineage(am.select(t):subquery().c.x))
    local Shown = am.ColumnElement { inherit_cache = true, name = "Shown" }
    am.compiles(Shown, "default", function(_, compiler)
      return compiler:render_literal_value("it's", am.String) .. " "
        .. compiler:get_column_specification(am.Column("c", am.Integer, { nullable = false }))
    end)
    assert.equal("'it''s' c INTEGER NOT NULL", tostring(Shown()))
  end)

  it("of sharded sessions lends the connection of a shard", function()
    local shard = require "alchemoon.shard"
    local one, two = am.create_engine "sqlite://", am.create_engine "sqlite://"
    local session = shard.ShardedSession { shards = { a = one }, shard_chooser = function() return "b" end,
      identity_chooser = function() return { "a", "b" } end, execute_chooser = function() return { "a", "b" } end }
    session:bind_shard("b", two)
    local Base = am.declarative_base()
    local Thing = Base:model("Thing", { __tablename__ = "things", id = am.Column(am.Integer, { primary_key = true }) })
    assert.equal(two, session:connection_callable(Thing.__mapper__, Thing {}).engine)
    assert.equal(one, session:connection_callable(Thing.__mapper__, nil, "a").engine)
    session:close()
    one:dispose()
    two:dispose()
  end)
end)
