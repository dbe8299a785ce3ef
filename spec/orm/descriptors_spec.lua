-- mapper.all_orm_descriptors: attributes and extensions of a class.
local am = require "alchemoon"

local function id() return am.Column(am.Integer, { primary_key = true }) end
local unpack = table.unpack or unpack -- luacheck: ignore 113

describe("the descriptors of a mapper", function()
  it("tell attributes from extensions", function()
    local A = am.declarative_base():model("A", { __tablename__ = "a", id = id(), data = am.Column(am.JSON),
      kind = am.index_property("data", "kind"), kinds = am.association_proxy("data", "x") })
    local all = am.inspect(A).all_orm_descriptors
    assert.equal(am.NotExtension.NOT_EXTENSION, all.data.extension_type)
    assert.equal(am.HybridExtensionType.HYBRID_PROPERTY, all.kind.extension_type)
    assert.equal(am.AssociationProxyExtensionType.ASSOCIATION_PROXY, all.kinds.extension_type)
    assert.equal("ASSOCIATION_PROXY", all.kinds.extension_type.name)
  end)

  it("come as they were written: its own, then its mixins', then its base's", function()
    local Base = am.declarative_base()
    local function show(self) return self.id end
    local Mixin = { extra = am.Column(am.Integer), mixed = am.hybrid_property(show) }
    local A = Base:model("A", { __tablename__ = "a", __mixins__ = { Mixin }, bs = am.relationship "B",
      shown = am.hybrid_property(show), id = id(), ids = am.association_proxy("bs", "id") })
    local B = Base:model("B", { __extends__ = A, __tablename__ = "b", shown = am.hybrid_property(show),
      id = am.Column(am.ForeignKey "a.id", { primary_key = true }), also = am.hybrid_property(show) })
    assert.same({ "bs", "shown", "id", "ids", "extra", "mixed" }, { unpack(am.inspect(A).all_orm_descriptors:keys()) })
    assert.same({ "also", "bs", "shown", "id", "ids", "extra", "mixed" },
      { unpack(am.inspect(B).all_orm_descriptors:keys()) })
  end)
end)

it("a synonym keeps its comparator under an alias, and a relationship's decides over what it has", function()
  local A = am.declarative_base():model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
    name = am.Column(am.String), folded = am.synonym("name", { comparator_factory = {
      eq = function(self, other) return am.func.lower(self:__clause_element__()):eq(am.func.lower(other)) end,
    } }), a_id = am.Column(am.ForeignKey "a.id"), parent = am.relationship("A", { remote_side = "A.id",
      comparator_factory = { eq = function(_, other) return am.func.same(other.id):eq(1) end } }) })
  assert.equal("same(:same_1) = :same_2", tostring(A.parent:eq(A { id = 5 })))
  assert.equal("lower(a.name) = lower(:lower_1)", tostring(A.folded:eq "X"))
  assert.equal("lower(a_1.name) = lower(:lower_1)", tostring(am.aliased(A).folded:eq "X"))
end)
