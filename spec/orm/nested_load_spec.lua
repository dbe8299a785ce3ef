-- Eager loaders below eager loaders: rows, repetitions, and the values of each execution.
local am = require "alchemoon"
local backends = require "support.backends"

backends.each(function(backend)
  describe("a loader below another one on " .. backend.name, function()
    local Base, A, B, C, engine, session
    local function id() return am.Column(am.Integer, { primary_key = true }) end
    before_each(function()
      Base = am.declarative_base()
      A = Base:model("A", { __tablename__ = "nl_a", id = id(), bs = am.relationship("B", { order_by = "B.id" }) })
      B = Base:model("B", { __tablename__ = "nl_b", id = id(), a_id = am.Column(am.ForeignKey "nl_a.id"),
        cs = am.relationship("C", { order_by = "C.id" }) })
      C = Base:model("C", { __tablename__ = "nl_c", id = id(), b_id = am.Column(am.ForeignKey "nl_b.id") })
      engine = am.create_engine(backend.url)
      Base.metadata:drop_all(engine)
      Base.metadata:create_all(engine)
      session = am.Session(engine)
      session:add(A { id = 1, bs = { B { id = 1, cs = { C { id = 1 }, C { id = 2 } } }, B { id = 2 } } })
      session:commit()
      session:expunge_all()
    end)
    after_each(function()
      session:close()
      Base.metadata:drop_all(engine)
      engine:dispose()
    end)

    local LOADERS = { "selectinload", "joinedload", "subqueryload" }
    for _, outer in ipairs(LOADERS) do
      for _, inner in ipairs(LOADERS) do
        it(("takes the values of each execution: %s(), %s()"):format(outer, inner), function()
          for least = 0, 2 do
            session:expunge_all()
            local a = session:scalars(am.select(A):where(A.id:lt(least + 2)):options(
              am[outer](A.bs):options(am[inner](B.cs:and_(C.id:gt(least)))))):unique():one()
            assert.same({ 2, 2 - least }, { #a.bs, #a.bs[1].cs })
          end
        end)
      end
    end

    it("brings each object once, though the statement's join repeats its owner", function()
      for _, inner in ipairs { "selectinload", "subqueryload" } do
        session:expunge_all()
        local list = session:scalars(am.select(A):join(A.bs):join(B.cs):options(
          am.subqueryload(A.bs):options(am[inner](B.cs)))):all()
        assert.equal(2, #list)
        assert.same({ 2, 2 }, { #list[1].bs, #list[1].bs[1].cs })
      end
    end)
  end)
end)
