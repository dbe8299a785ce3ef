-- Collections of relationships: what their methods give and what they refuse.
local am = require "alchemoon"
local raises = require("support.init").raises_exc

local function model(collection_class)
  local Base = am.declarative_base()
  local Parent = Base:model("Parent", { __tablename__ = "parent", id = am.Column(am.Integer, { primary_key = true }),
    children = am.relationship("Child", { back_populates = "parent", collection_class = collection_class }) })
  local Child = Base:model("Child", { __tablename__ = "child", id = am.Column(am.Integer, { primary_key = true }),
    name = am.Column(am.String(5)), parent_id = am.Column(am.ForeignKey "parent.id"),
    parent = am.relationship("Parent", { back_populates = "children" }) })
  return Parent, Child
end

describe("a list", function()
  it("refuses to pop what is not there, and stays its owner's", function()
    local Parent, Child = model()
    local parent, child = Parent(), Child()
    raises("InvalidRequestError", function() parent.children:pop() end, "pop from empty list")
    raises("InvalidRequestError", function() parent.children:pop(0) end, "index out of range")
    parent.children:append(child)
    assert.equal(parent, child.parent)
    raises("InvalidRequestError", function() parent.children:pop(0) end, "index out of range")
    raises("InvalidRequestError", function() parent.children:pop(-2) end, "index out of range")
    assert.equal(child, parent.children:pop(-1))
    assert.is_nil(child.parent)
  end)

  it("counts the place to insert at from the end, as Python does, when it is negative", function()
    local Parent, Child = model()
    local parent = Parent { children = { Child { name = "a" }, Child { name = "b" } } }
    parent.children:insert(-1, Child { name = "-1" })
    parent.children:insert(-9, Child { name = "-9" })
    parent.children:insert(9, Child { name = "9" })
    local names = {}
    for i, child in ipairs(parent.children) do names[i] = child.name end
    assert.same({ "-9", "a", "-1", "b", "9" }, names)
  end)
end)

describe("a keyed collection", function()
  it("gives up the item that was put in last", function()
    local Parent, Child = model(am.attribute_keyed_dict "name")
    local parent, a, b = Parent(), Child { name = "a" }, Child { name = "b" }
    parent.children.a = a
    parent.children.b = b
    local key, item = parent.children:popitem()
    assert.same({ "b", b }, { key, item })
    assert.is_nil(b.parent)
    assert.equal("a", (parent.children:popitem()))
    raises("InvalidRequestError", function() parent.children:popitem() end, "is empty")
  end)
end)

describe("what was added to a collection before it was loaded", function()
  it("stands there once more if its row was loaded, too, until the next flush", function()
    local Parent, Child = model()
    local engine = am.create_engine "sqlite://"
    Parent.__table__.metadata:create_all(engine)
    am.Session(engine, { autoflush = false }, function(session)
      local parent, child = Parent {}, Child {}
      parent.children:append(child)
      session:add(parent)
      session:commit()
      child.parent = nil
      child.parent = parent
      assert.equal(2, #parent.children)
      session:commit()
      assert.equal(1, #parent.children)
    end)
    engine:dispose()
  end)
end)
