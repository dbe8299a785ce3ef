-- Relationships to an aliased class, and to a class that is mapped to a subquery or CTE.
local am = require "alchemoon"
local raises_exc = require("support.init").raises_exc

describe("a relationship", function()
  local Base, A, B, C, part, engine, session
  before_each(function()
    Base = am.declarative_base()
    C = Base:model("C", { __tablename__ = "c", id = am.Column(am.Integer, { primary_key = true }),
      b_id = am.Column(am.ForeignKey "b.id") })
    B = Base:model("B", { __tablename__ = "b", id = am.Column(am.Integer, { primary_key = true }),
      a_id = am.Column(am.ForeignKey "a.id"), cs = am.relationship("C") })
    A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }) })
    part = am.aliased(B, am.select(B):where(B.id:lt(3)):subquery())
    A.first_bs = am.relationship(part, { primaryjoin = part.a_id:eq(A.id), viewonly = true })
    engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    session = am.Session(engine)
    session:add(A { id = 1 })
    for i = 1, 4 do session:add(B { id = i, a_id = 1, cs = { C {}, C {} } }) end
    session:commit()
  end)
  after_each(function()
    session:close()
    engine:dispose()
  end)

  it("to an aliased class goes on with attributes of the alias in loader options", function()
    local a = session:scalars(am.select(A):options(am.selectinload(A.first_bs):joinedload(part.cs))):one()
    assert.equal(2, #a.first_bs)
    assert.is_false(am.inspect(a.first_bs[1]).unloaded:contains("cs"))
    for _, first in ipairs { A.first_bs, A.first_bs:of_type(part) } do
      raises_exc("ArgumentError", function() am.selectinload(first):joinedload(B.cs) end,
        'attribute "B.cs" does not link from relationship "A.first_bs.of_type%(aliased%(B%)%)"')
    end
  end)

  it("to an aliased class may be limited by a column of its subquery that nobody maps", function()
    local numbered = am.select(B, am.func.row_number():over { partition_by = B.a_id, order_by = B.id }:label "nr")
      :subquery()
    local first = am.aliased(B, numbered)
    A.two_bs = am.relationship(first, { viewonly = true, order_by = first.id, foreign_keys = first.a_id,
      remote_side = first.a_id, primaryjoin = am.and_(first.a_id:eq(A.id), numbered.c.nr:lt(3)) })
    for _, loader in ipairs { "joinedload", "selectinload", "subqueryload", "lazyload" } do
      session:expunge_all()
      local a = session:scalars(am.select(A):options(am[loader](A.two_bs))):unique():one()
      assert.same({ 1, 2 }, { a.two_bs[1].id, a.two_bs[2].id })
      assert.equal(2, #a.two_bs)
    end
    assert.equal(2, #session:execute(am.select(A.id, first.id):join(A.two_bs)):all())
  end)

  it("to an aliased class tells which one it is", function()
    assert.equal(part, A.first_bs.entity)
    assert.equal(B.__mapper__, A.first_bs.mapper)
    local relationships = am.inspect(A).relationships
    assert.equal(part, relationships.first_bs.entity.entity)
    assert.is_true(relationships.first_bs.entity.is_aliased_class)
    assert.equal(1, #session:query(A):join(A.first_bs):filter(A.first_bs.entity.id:eq(2)):all())
  end)

  it("of a class that is mapped to a CTE finds the foreign key through it", function()
    for _, kind in ipairs { "cte", "subquery" } do
      local registry = am.registry()
      local tables = am.select(A.__table__)
      local Owner, Item = {}, {}
      registry:map_imperatively(Owner, tables[kind](tables), { properties = {
        items = am.relationship(function() return Item end, { backref = "owner", viewonly = true }) } })
      registry:map_imperatively(Item, B.__table__)
      local item = session:get(Item, 1)
      assert.equal(1, item.owner.id)
      assert.equal(4, #item.owner.items)
    end
  end)
end)
