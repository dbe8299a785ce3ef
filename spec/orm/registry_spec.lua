-- Registries that refer to each other: configured and disposed of alone or together.
local am = require "alchemoon"
local raises = require("support.init").raises_exc

-- A refers to B, B to C, each in a registry of its own.
local function chain()
  local bases = { am.declarative_base(), am.declarative_base(), am.declarative_base() }
  local A = bases[1]:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }) })
  local B = bases[2]:model("B", { __tablename__ = "b", id = am.Column(am.Integer, { primary_key = true }),
    a_id = am.Column(am.ForeignKey(A.__table__.c.id)) })
  local C = bases[3]:model("C", { __tablename__ = "c", id = am.Column(am.Integer, { primary_key = true }),
    b_id = am.Column(am.ForeignKey(B.__table__.c.id)) })
  A.b = am.relationship(B)
  B.c = am.relationship(C)
  return { A.__mapper__, B.__mapper__, C.__mapper__ }, bases[1].registry, bases[2].registry, bases[3].registry
end

local function configured(mappers)
  local list = {}
  for i, m in ipairs(mappers) do list[i] = m.configured end
  return list
end

describe("registries that depend on others", function()
  after_each(function() am.clear_mappers() end)

  it("are configured together if asked to, else refused", function()
    local _, alone = chain()
    raises("InvalidRequestError", function() alone:configure() end,
      "^configure was called with cascade=False but additional registries remain")
    local mappers, first = chain()
    first:configure { cascade = true }
    assert.same({ true, true, true }, configured(mappers))
    first:configure() -- nothing waits any more
  end)

  it("are left alone by those that they depend on", function()
    for _, cascade in ipairs { true, false } do
      local mappers, first, _, third = chain()
      third:configure { cascade = cascade }
      assert.same({ false, false, true }, configured(mappers))
      first:configure { cascade = true }
      assert.same({ true, true, true }, configured(mappers))
    end
  end)

  it("keep what they depend on when they are disposed of", function()
    for _, cascade in ipairs { true, false } do
      local _, first, second, third = chain()
      am.configure_mappers()
      first:dispose { cascade = cascade }
      assert.same({ 0, 1, 1 }, { #first.mappers, #second.mappers, #third.mappers })
    end
  end)

  it("go with what they depend on if that is asked for, else that stays", function()
    local _, first, second, third = chain()
    am.configure_mappers()
    raises("InvalidRequestError", function() third:dispose() end,
      "^Registry has dependent registries that are not disposed")
    assert.equal(1, #third.mappers)
    third:dispose { cascade = true }
    assert.same({ 0, 0, 0 }, { #first.mappers, #second.mappers, #third.mappers })
  end)

  it("wait for their own use after another was configured", function()
    local mappers, _, _, third = chain()
    third:configure()
    assert.truthy(tostring(am.select(mappers[1].class):join(mappers[1].class.b)):find("JOIN b", 1, true))
    assert.same({ true, true, true }, configured(mappers))
  end)
end)
