-- Collections that are no lists: sets, dictionaries by an attribute, classes of one's own.
local am = require "alchemoon"
local raises = require("support.init").raises_exc

local function id() return am.Column(am.Integer, { primary_key = true }) end

describe("collections of other kinds", function()
  local function parent(collection_class)
    local Base = am.declarative_base()
    local P = Base:model("P", { __tablename__ = "p", id = id(), items = am.relationship("C", {
      collection_class = collection_class, back_populates = "p" }), names = am.association_proxy("items", "value",
        { creator = function(k, v) return Base.registry.class_registry.C { name = k, value = v } end }) })
    local C = Base:model("C", { __tablename__ = "c", id = id(), p_id = am.Column(am.ForeignKey("p.id")),
      name = am.Column(am.String), value = am.Column(am.String), p = am.relationship(P, { back_populates = "items" }) })
    return P, C
  end

  it("keep one of each in a set", function()
    local P, C = parent("set")
    local p, a, b = P(), C(), C()
    p.items:add(a)
    p.items:add(a)
    p.items:add(b)
    assert.equal(2, #p.items)
    assert.is_true(p.items:contains(a))
    p.items:discard(a)
    assert.is_nil(a.p)
    a.p = p
    assert.equal(a, p.items[2])
    p.items = { b }
    assert.is_nil(a.p)
    raises("InvalidRequestError", function() p.items:remove(a) end, "x not in set")
  end)

  it("are dictionaries whose keys an attribute gives", function()
    local P, C = parent(am.attribute_keyed_dict("name"))
    local p, a, b = P(), C { name = "a" }, C { name = "b" }
    p.items:set(a)
    p.items.b = b
    assert.equal(a, p.items.a)
    assert.equal(p, b.p)
    local seen = {}
    for key, item in p.items:items() do seen[#seen + 1] = key .. tostring(item == p.items[key]) end
    assert.same({ "atrue", "btrue" }, seen)
    local c = C { name = "a" }
    p.items.a = c
    assert.is_nil(a.p)
    p.items:remove(c)
    assert.is_nil(p.items.a)
    p.items = { a = a }
    assert.is_nil(b.p)
    p.items = { x = a } -- the key that counts is the item's own
    assert.equal(a, p.items.a)
    assert.is_nil(p.items.x)
    raises("ArgumentError", function() p.items = { a } end, "list is not dict%-like")
    raises("InvalidRequestError", function() p.items:set(C()) end, "key derived from <C at .* is not populated")
    raises("InvalidRequestError", function() C().p = p end, "can't populate value in keyed collection")
    local other = C { name = "a" }
    raises("InvalidRequestError", function() p.items:remove(other) end, "Can not remove '.*': collection holds")
    p.names.z = "zed"
    assert.equal("zed", p.items.z.value)
    p.names.z = "zoo"
    assert.equal("zoo", p.items.z.value)
    assert.equal("zoo", p.names.z)
    C { name = "q", p = p }
    assert.is_not_nil(p.items.q)
  end)

  it("may be classes of one's own", function()
    local Bag = {}
    Bag.__index = Bag
    function Bag:append(item) table.insert(self.data, item) end
    function Bag:remove(item)
      for i, other in ipairs(self.data) do
        if other == item then return table.remove(self.data, i) end
      end
    end
    function Bag:iterate() return self.data end
    local P, C = parent(function() return setmetatable({ data = {} }, Bag) end)
    local p, a = P(), C()
    p.items:append(a)
    assert.equal(p, a.p)
    assert.equal(a, p.items.data[1])
    a.p = nil
    assert.equal(0, #p.items.data)
    p.items = { a, C() }
    assert.equal(2, #p.items.data)
  end)

  it("are given, when keyed, what a validator makes objects of", function()
    local Base = am.declarative_base()
    local C
    local P = Base:model("P", { __tablename__ = "p", id = id(), items = am.relationship("C", {
      collection_class = am.attribute_keyed_dict "name" }), make = am.validates("items", function(_, _, value)
        return type(value) == "string" and C { name = value } or value
      end) })
    C = Base:model("C", { __tablename__ = "c", id = id(), name = am.Column(am.String), p_id =
      am.Column(am.ForeignKey("p.id")) })
    local p = P { items = { a = "a" } }
    p.items.b = "b"
    assert.equal("a", p.items.a.name)
    assert.equal("b", p.items.b.name)
    local Q = Base:model("Q", { __tablename__ = "q", id = id(), items = am.relationship("D", {
      collection_class = am.attribute_keyed_dict "id" }) })
    Base:model("D", { __tablename__ = "d", id = id(), q_id = am.Column(am.ForeignKey("q.id")) })
    raises("ArgumentError", function() return Q { items = { a = "a" } } end, "cannot be part of 'Q.items'")
  end)

  it("are refused by what collection_class may be", function()
    local P = parent("lst")
    raises("ArgumentError", function() P() end, "must be \"list\", \"set\"")
    P.__mapper__.registry:dispose()
  end)
end)

it("keyed collections tell a key that nobody set from one that is NULL", function()
  for kind, given in pairs { attribute_keyed_dict = "alias", column_keyed_dict = "name" } do
    local Base = am.declarative_base()
    local C = Base:model("C", { __tablename__ = "c", id = id(), p_id = am.Column(am.ForeignKey("p.id")),
      name = am.Column(am.String), alias = am.synonym "name" })
    local P = Base:model("P", { __tablename__ = "p", id = id(), items = am.relationship(C, { backref = "p",
      collection_class = am[kind](kind == "column_keyed_dict" and C[given] or given) }) })
    raises("InvalidRequestError", function() return C { p = P() } end,
      "In event triggered from population of attribute 'C.p'")
  end
end)

-- P with items of C by name, and a proxy of their values.
local function keyed_with_proxy()
  local Base = am.declarative_base()
  local C
  local P = Base:model("P", { __tablename__ = "p", id = id(), items = am.relationship("C", {
    collection_class = am.attribute_keyed_dict "name" }), values = am.association_proxy("items", "value",
    { creator = function(key, value) return C { name = key, value = value } end }) })
  C = Base:model("C", { __tablename__ = "c", id = id(), p_id = am.Column(am.ForeignKey("p.id")),
    name = am.Column(am.String), value = am.Column(am.String) })
  return P, C
end

it("keyed collections and proxies of them take a list of pairs in its order", function()
  local P, C = keyed_with_proxy()
  local p = P {}
  p.items:update { { "b", C { name = "b", value = "1" } } }
  p.values:update { { "z", "2" }, { "a", "3" } }
  assert.same({ "b", "z", "a" }, p.values:keys())
  assert.same({ "1", "2", "3" }, p.values:values())
  assert.equal(P, P.values.owning_class)
end)

it("keyed collections and proxies of them are counted by #", function()
  local P, C = keyed_with_proxy()
  local p = P {}
  local held = p.values
  assert.same({}, held:keys())
  local function counts(n) assert.same({ n, n, n, n }, { #p.items, #p.values, #held, p.items:len() }) end
  counts(0)
  p.items.a = C { name = "a" }
  p.items:set(C { name = "b" })
  counts(2)
  p.items.a = C { name = "a" }
  p.values.c = "x"
  counts(3)
  p.items.a = nil
  counts(2)
  assert.equal("x", p.values:pop "c")
  counts(1)
  p.items = { x = C { name = "x" }, y = C { name = "y" }, z = C { name = "z" } }
  assert.same({ 3, 3, 3 }, { #p.items, #p.values, p.items:len() })
  p.items:clear()
  assert.same({ 0, 0 }, { #p.items, #p.values })
  assert.is_nil(p.items[1])
end)

it("keyed collections whose keys are numbers answer to these", function()
  local Base = am.declarative_base()
  local C = Base:model("C", { __tablename__ = "c", id = id(), p_id = am.Column(am.ForeignKey("p.id")),
    place = am.Column(am.Integer) })
  local P = Base:model("P", { __tablename__ = "p", id = id(), items = am.relationship(C, {
    collection_class = am.attribute_keyed_dict "place" }) })
  local p, one, two = P {}, C { place = 2 }, C { place = 1 }
  p.items[2] = one
  assert.is_nil(p.items[1])
  p.items[1] = two
  assert.equal(two, p.items[1])
  assert.equal(2, p.items:len())
  p.items[1] = nil
  assert.same({ one }, p.items:values())
end)
