-- States, histories and change tracking, with a stand-in for the session.
local am = require "alchemoon"
local raises = require("support.init").raises_exc

local Base = am.declarative_base()
local Point = setmetatable({}, { __call = function(cls, x, y) return setmetatable({ x = x, y = y }, cls) end })
Point.__index = Point
function Point:__composite_values__() return self.x, self.y end
local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
  x = am.Column(am.Integer), y = am.Column(am.Integer), p = am.composite(Point, "x", "y"), sx = am.synonym("x"),
  data = am.Column(am.JSON), bs = am.relationship("B", { back_populates = "a" }) })
local B = Base:model("B", { __tablename__ = "b", id = am.Column(am.Integer, { primary_key = true }),
  a_id = am.Column(am.ForeignKey("a.id")), a = am.relationship(A, { back_populates = "bs" }) })

-- What an object of a session looks like, without a session.
local function persistent(obj, id)
  local session = { modified = {}, cascaded = {}, _transaction = {} }
  function session._modified_first(_, o)
    session.modified[o] = {}
    return session.modified[o]
  end
  function session:_cascade_attr(child) table.insert(self.cascaded, child) end
  function session.expunge(_, o) rawset(o, 1, nil) end
  session._expunge_alone = session.expunge
  obj[1] = { session = session, lifecycle = "persistent" }
  obj[2] = id
  return obj, session
end

local function history(obj, key) return tostring(am.inspect(obj).attrs[key].history):gsub("<(%w+) at %S+>", "<%1>") end

describe("states", function()
  it("a transient object: a collection that was assigned counts as loaded, one that was looked at does not", function()
    local a = A()
    assert.equal(0, #a.bs)
    assert.is_true(am.inspect(a).unloaded:contains("bs"))
    a.bs = {}
    assert.is_false(am.inspect(a).unloaded:contains("bs"))
  end)

  it("a collection that was looked at has no loaded value", function()
    local attribute = am.inspect(A()).attrs.bs
    assert.equal(0, #attribute.value)
    assert.equal(am.NO_VALUE, attribute.loaded_value)
  end)

  it("an attribute of an alias belongs to the alias, however often one looks", function()
    local alias = am.aliased(A)
    assert.equal(am.inspect(alias), am.inspect(alias))
    assert.equal(am.inspect(alias), alias.x.parent)
    assert.not_equal(am.inspect(am.aliased(A)), alias.x.parent)
    assert.equal(am.inspect(A), A.x.parent)
  end)

  it("what inspect() gives says what it is, and what it is not", function()
    local flags = { "is_instance", "is_mapper", "is_attribute", "is_property", "is_aliased_class", "is_selectable" }
    local things = { am.inspect(A()), am.inspect(A), A.x, am.inspect(A).attrs.x, am.inspect(am.aliased(A)) }
    for i, thing in ipairs(things) do
      for k, flag in ipairs(flags) do assert.equal(i == k, thing[flag]) end
    end
    assert.equal(A.x, am.inspect(A).all_orm_descriptors.x)
    local attrs, order = am.inspect(A()).attrs, am.inspect(A).attrs:keys()
    for i, key in ipairs(attrs:keys()) do assert.same({ order[i], key }, { key, attrs:values()[i].key }) end
    local ways = { {}, {}, {}, {} }
    for attr in attrs do table.insert(ways[1], attr.key) end
    for _, attr in ipairs(attrs) do table.insert(ways[2], attr.key) end
    for key in attrs:items() do table.insert(ways[3], key) end
    for prop in am.inspect(A).attrs do table.insert(ways[4], prop.key) end
    for _, way in ipairs(ways) do assert.equal(table.concat(order, " "), table.concat(way, " ")) end
    assert.is_true(attrs:contains("x"))
    assert.is_false(attrs:contains("z"))
  end)

  it("a mapper goes along cascades", function()
    local a = A { bs = { B {} } }
    local found = {}
    for obj, mapper, state, dict in am.inspect(A):cascade_iterator("save-update", am.inspect(a)) do
      found[#found + 1] = obj
      assert.equal(obj, state.object)
      assert.equal(mapper, am.inspect(obj).mapper)
      assert.equal("table", type(dict))
    end
    assert.same({ a.bs[1], a }, found)
    assert.is_nil(am.inspect(A):cascade_iterator("delete", am.inspect(a))())
  end)

  it("a program may note what it likes about an object", function()
    local a = A()
    am.inspect(a).info.seen = true
    assert.is_true(am.inspect(a).info.seen)
    assert.is_nil(am.inspect(A()).info.seen)
  end)

  it("a transient object: what is set is new", function()
    local a = A()
    local state = am.inspect(a)
    assert.is_true(state.transient)
    assert.is_false(state.modified)
    assert.equal(0, #a.bs)
    assert.is_nil(a.x)
    assert.is_true(state.unloaded:contains("x"))
    a.x = 5
    assert.is_true(state.modified)
    assert.is_false(state.unloaded:contains("x"))
    assert.equal("History(added=[5], unchanged=[], deleted=[])", history(a, "x"))
    assert.equal("History(added=[], unchanged=[], deleted=[])", history(a, "y"))
    local b = B()
    a.bs:append(b)
    assert.equal("History(added=[<B>], unchanged=[], deleted=[])", history(a, "bs"))
    assert.equal("History(added=[<A>], unchanged=[], deleted=[])", history(b, "a"))
    b.a = nil
    assert.equal("History(added=[], unchanged=[], deleted=[])", history(a, "bs"))
    assert.equal("History(added=[NULL], unchanged=[], deleted=[])", history(b, "a"))
    assert.is_nil(state.identity)
  end)

  it("a persistent object remembers what it was", function()
    local a, session = persistent(A { id = 1, x = 5, y = am.null }, 1)
    local state = am.inspect(a)
    assert.is_true(state.persistent)
    assert.is_false(state.modified)
    assert.same({ 1 }, state.identity)
    a.x = 7
    assert.is_true(state.modified)
    assert.equal(5, session.modified[a][4])
    assert.equal("History(added=[7], unchanged=[], deleted=[5])", history(a, "x"))
    a.x = 5
    assert.equal("History(added=[], unchanged=[5], deleted=[])", history(a, "x"))
    a.y = nil
    assert.equal("History(added=[], unchanged=[NULL], deleted=[])", history(a, "y"))
    a.y = 3
    assert.equal("History(added=[3], unchanged=[], deleted=[NULL])", history(a, "y"))
    assert.is_false(state.unmodified:contains("x"))
    assert.is_true(state.unmodified:contains("id"))
  end)

  it("keeps what was added to and removed from a collection", function()
    local kept, gone, fresh = B(), B(), B()
    local a, session = persistent(A { id = 1, bs = { kept, gone } }, 1)
    a.bs:append(fresh)
    a.bs:remove(gone)
    assert.equal("History(added=[<B>], unchanged=[<B>], deleted=[<B>])", history(a, "bs"))
    local changes = am.get_history(a, "bs")
    assert.same({ fresh }, changes.added)
    assert.same({ gone }, changes.deleted)
    assert.same({ fresh }, session.cascaded)
    a.bs:append(gone)
    a.bs:remove(fresh)
    assert.is_false(am.get_history(a, "bs"):has_changes())
    a.bs = { fresh }
    assert.equal("History(added=[<B>], unchanged=[], deleted=[<B>, <B>])", history(a, "bs"))
    a.bs = { kept, gone, gone }
    assert.is_false(am.get_history(a, "bs"):has_changes())
  end)

  it("lets a change wait for a collection that is not loaded", function()
    local a, session = persistent(A { id = 1 }, 1)
    local loading = require "alchemoon.orm.loading"
    local before = loading.load
    loading.load = function(_, _, _, passive)
      assert.equal("no_fetch", passive)
      return am.NO_VALUE
    end
    local b = B { a = a }
    loading.load = before
    local prop = A.__mapper__.prop.bs
    assert.is_nil(rawget(a, prop.slot))
    assert.equal(b, session.modified[a][prop.slot].added[1])
    assert.equal("History(added=[], unchanged=[], deleted=[])", history(a, "bs"))
    local other = B()
    require("alchemoon.orm.attributes").adopt_collection(a, prop, { other })
    assert.equal(2, #a.bs)
    assert.equal(b, a.bs[2])
    assert.equal("History(added=[<B>], unchanged=[<B>], deleted=[])", history(a, "bs"))
  end)

  it("a synonym keeps its own name in expressions and rows", function()
    assert.equal("A.sx", tostring(A.sx))
    assert.equal("sx", A.sx.key)
    assert.equal("x", A.sx.property.key)
    assert.equal("sx", am.aliased(A).sx.key)
    assert.matches("UPDATE a SET x=:x", tostring(am.update(A):values { sx = 1 }))
  end)

  it("composites and synonyms", function()
    local a = A()
    assert.is_nil(a.p)
    a.p = Point(1, 2)
    assert.equal(1, a.x)
    assert.equal(2, a.y)
    a.sx = 9
    assert.equal(9, a.x)
    assert.equal(3, A { x = 3, y = 4 }.p.x)
    a.p = nil
    assert.is_nil(a.x)
    assert.equal("a.x = :x_1 AND a.y = :y_1", tostring(A.p:eq(Point(1, 2))))
    assert.equal("a.x = :x_1", tostring(A.sx:eq(1)))
  end)

  it("tells JSON null from NULL", function()
    local a = A { data = am.null }
    assert.equal(am.null, a.data)
    a.data = nil
    assert.is_nil(a.data)
    assert.equal(am.null, rawget(a, A.__mapper__.slot.data))
    a.data = { 1 }
    assert.same({ 1 }, a.data)
  end)

  it("a transient object: what was put there as committed is no change", function()
    local a, b = A { x = 1 }, B { id = 1 }
    am.set_committed_value(a, "y", 2)
    am.set_committed_value(a, "bs", { b })
    assert.same({ 2 }, am.inspect(a).attrs.y.history.unchanged)
    assert.same({ b }, am.inspect(a).attrs.bs.history.unchanged)
    assert.same({ 1 }, am.inspect(a).attrs.x.history.added)
  end)

  it("attributes are iterated in their order, and say which of them are unmodified", function()
    local state, keys = am.inspect(persistent(A { id = 1, x = 1 }, 1)), {}
    for _, attribute in ipairs(state.attrs) do keys[#keys + 1] = attribute.key end
    assert.equal(table.concat(state.attrs:keys(), " "), table.concat(keys, " "))
    state.object.x = 2
    assert.equal("id", table.concat(state:unmodified_intersection { "id", "x" }, " "))
  end)

  it("a history answers to names and to positions", function()
    local h = am.inspect(A { x = 1 }).attrs.x.history
    assert.same({ h.added, h.unchanged, h.deleted }, { h[1], h[2], h[3] })
    assert.equal(3, #h)
  end)

  it("a history may be asked for without loading", function()
    local a = persistent(A { id = 1 }, 1)
    rawset(a, A.__mapper__.slot.x, nil)
    assert.is_true(am.get_history(a, "x", am.PASSIVE_NO_INITIALIZE):empty())
    assert.is_true(am.get_history(a, "x", { passive = am.PASSIVE_NO_INITIALIZE }):empty())
    raises("ArgumentError", function() am.get_history(a, "x", { pasive = "off" }) end, "did you mean 'passive'")
    assert.equal(am.PASSIVE_NO_INITIALIZE, am.PassiveFlag.PASSIVE_NO_INITIALIZE)
    assert.equal(am.NO_VALUE, am.LoaderCallableStatus.NO_VALUE)
  end)

  it("identity keys are equal when they name the same row", function()
    local a = persistent(A { id = 1 }, 1)
    assert.is_true(am.inspect(a).key == am.identity_key(A, 1))
    assert.is_false(am.identity_key(A, 1) == am.identity_key(A, 2))
    assert.is_false(am.identity_key(A, 1) == am.identity_key(A, 1, { identity_token = "x" }))
    assert.is_false(am.identity_key(A, 1) == am.identity_key(B, 1))
  end)

  it("attribute functions change state as they say", function()
    local a, session = persistent(A { id = 1, x = 1, data = { 1 } }, 1)
    am.flag_modified(a, "data")
    assert.equal(am.NO_VALUE, session.modified[a][A.__mapper__.slot.data])
    raises("InvalidRequestError", function() am.flag_modified(a, "y") end, "it's not present in the object state")
    raises("InvalidRequestError", function() am.flag_modified(a, "datta") end, "did you mean 'data'")
    am.set_committed_value(a, "x", 8)
    assert.equal(8, a.x)
    assert.is_nil(session.modified[a][A.__mapper__.slot.x])
    assert.equal(session, am.object_session(a))
    assert.equal(A.__mapper__, am.object_mapper(a))
    assert.same({ 1 }, am.identity_key { instance = a }[2])
    assert.same({ 7 }, am.identity_key(A, { ident = { 7 } })[2])
    assert.same({ 7 }, am.Session.identity_key(A, 7)[2])
    assert.same({ 7 }, am.Session():identity_key(A, 7)[2])
    local scoped = am.scoped_session(am.sessionmaker())
    assert.same({ 7 }, scoped.identity_key(A, 7)[2])
    assert.same({ 7 }, scoped:identity_key(A, 7)[2])
    am.make_transient(a)
    assert.is_true(am.inspect(a).transient)
    am.make_transient_to_detached(a)
    assert.is_true(am.inspect(a).detached)
    raises("InvalidRequestError", function() am.make_transient_to_detached(a) end, "Given object must be transient")
    raises("UnmappedInstanceError", function() am.Session():add(nil) end, "Class 'nil' is not mapped")
    raises("NoInspectionAvailable", function() am.Session():get({}, 1) end, "type <class 'table'>")
    raises("NoInspectionAvailable", function() am.inspect(am.declarative_base()) end, "type <class 'type'>")
    raises("UnmappedInstanceError", function() am.object_session({}) end, "is not mapped")
    raises("UnmappedInstanceError", function() am.Session():add(nil) end, "Class 'nil' is not mapped")
    a.x = 12
    assert.equal("History(added=[12], unchanged=[], deleted=[8])", history(a, "x"))
  end)
end)
