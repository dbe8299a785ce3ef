-- Mutable values: JSON columns over a session, nil and am.null; how changes in place are noticed.
local am = require "alchemoon"
local garbage = require "support.garbage"
local raises = require("support.init").raises_exc
local unpack = table.unpack or unpack -- luacheck: ignore 113

describe("JSON columns in a session", function()
  local Base = am.declarative_base()
  local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
    data = am.Column(am.MutableDict.as_mutable(am.JSON)), list = am.Column(am.MutableList.as_mutable(am.JSON)),
    plain = am.Column(am.JSON) })
  local engine, session, a

  local function stored(column) return session:scalars(am.text("select " .. column .. " from a")):all()[1] end

  before_each(function()
    engine = am.create_engine("sqlite://")
    Base.metadata:create_all(engine)
    session = am.Session(engine)
    a = A { data = { x = 1 }, list = { 1, 2 }, plain = am.null }
    session:add(a)
    session:commit()
  end)
  after_each(function()
    session:close()
    engine:dispose()
  end)

  it("setdefault() counts as a change, even of a key that is there", function()
    a.data:setdefault("x", 9)
    assert.equal(1, a.data.x)
    assert.is_true(session.dirty:contains(a))
  end)

  it("what is changed in place is written", function()
    a.data.x = 5
    assert.is_true(session.dirty:contains(a))
    session:commit()
    assert.equal(5, a.data.x)
    a.data.y = { z = 1 }
    a.list[1] = 9
    session:commit()
    a.list:append(3)
    session:commit()
    assert.equal('{"x": 5, "y": {"z": 1}}', stored "data")
    assert.equal("[9, 2, 3]", stored "list")
  end)

  it("what is changed in a table inside is not noticed, but written with the next change of the whole", function()
    a.data.y = { z = 1 }
    session:commit()
    a.data.y.z = 2
    assert.is_false(session.dirty:contains(a))
    am.flag_modified(a, "data")
    session:commit()
    assert.equal('{"x": 1, "y": {"z": 2}}', stored "data")
  end)

  it("positions of a list count as Python's do, and are never holes", function()
    local list = am.MutableList{ "a", "b" }
    list:insert(99, "end")
    list:insert(-1, "before the end")
    list:insert(-99, "first")
    assert.same({ "first", "a", "b", "before the end", "end" }, { unpack(list) })
    assert.equal("before the end", list:pop(-2))
    assert.equal("end", list:pop())
    raises("InvalidRequestError", function() list:pop(4) end, "^pop from empty list or index out of range$")
    raises("InvalidRequestError", function() am.MutableList{}:pop() end, "^pop from empty list")
    raises("ArgumentError", function() list:insert("x", 1) end, "^insert: expected a position, got 'x'$")
    raises("ArgumentError", function() list:pop(1.5) end, "^pop: expected a position, got 1.5$")
    raises("ArgumentError", function() list:extend() end, "^extend: argument #1: expected table, got nil$")
  end)

  it("popitem() takes out what it gives", function()
    local key, value = a.data:popitem()
    assert.same({ "x", 1, false }, { key, value, a.data:contains "x" })
    assert.is_true(session.dirty:contains(a))
    raises("InvalidRequestError", function() a.data:popitem() end, "is empty")
  end)

  it("a list that has become empty stays a list", function()
    a.list:clear()
    session:commit()
    assert.equal("[]", stored "list")
    a.list = { 7 }
    session:commit()
    a.list:pop()
    session:commit()
    assert.equal("[]", stored "list")
  end)

  it("a change in place is told to listeners: at once by a method or of a new key, else when it is found", function()
    local heard = {}
    local function listener(obj, initiator) heard[#heard + 1] = obj == a and initiator.key end
    am.event.listen(A.data, "modified", listener)
    am.event.listen(A.list, "modified", listener)
    a.list:append(3)
    a.data.new = 1
    a.list[4] = 4
    a.list:insert(1, 0)
    assert.same({ "list", "data", "list", "list" }, heard)
    assert.same({ 0, 1, 2, 3, 4 }, { (table.unpack or unpack)(a.list) }) -- luacheck: ignore 143
    session:commit()
    a.data.x = 5
    session:commit()
    assert.equal(5, #heard)
    am.event.remove(A.data, "modified", listener)
    am.event.remove(A.list, "modified", listener)
  end)

  it("what is only read is not written", function()
    assert.equal(1, a.data.x)
    assert.equal(2, #a.list)
    assert.equal(0, #session.dirty)
    a.data.x = 2
    a.data.x = 1
    assert.equal(0, #session.dirty)
  end)

  it("nil is NULL, am.null is null", function()
    assert.equal("null", stored "plain")
    a.plain = am.null
    assert.equal(am.null, a.plain)
    a.plain, a.data = nil, nil
    session:commit()
    assert.equal(am.null, stored "plain")
    assert.is_nil(a.plain)
    a.plain = am.null
    session:commit()
    assert.equal("null", stored "plain")
  end)

  -- Adds objects besides the one with id 1, which nobody holds afterwards.
  local function crowd(count)
    for i = 2, count + 1 do session:add(A { id = i, data = { x = 1 } }) end
    session:commit()
    session:expunge_all()
    a = nil
  end

  it("what is changed in place is written though nobody holds its object", function()
    crowd(0)
    garbage.lose(function() session:get(A, 1).data.x = 2 end)
    garbage.collect()
    session:commit()
    assert.equal('{"x": 2}', stored "data")
    garbage.lose(function()
      local data = session:get(A, 1).data
      assert.equal(1, #session:scalars(am.select(A.id)):all()) -- an autoflush has looked at it
      data.x = 3
    end)
    garbage.collect()
    session:commit()
    assert.equal('{"x": 3}', stored "data")
  end)

  it("what is changed in place is written though nobody holds its object and many are read afterwards", function()
    crowd(1001)
    garbage.lose(function() session:get(A, 1).data.x = 2 end)
    for other in session:scalars(am.select(A):where(A.id:gt(1))) do assert.equal(1, other.data.x) end
    garbage.collect()
    session:commit()
    assert.equal(2, session:get(A, 1).data.x)
  end)

  it("an object whose value was read is held no longer than the transaction", function()
    local weak = setmetatable({}, { __mode = "v" })
    session.expire_on_commit = false
    crowd(0)
    garbage.lose(function()
      weak[1] = session:get(A, 1)
      assert.equal(1, weak[1].data.x)
    end)
    session:commit()
    garbage.collect()
    assert.is_nil(weak[1])
  end)

  it("a listener may read other values while changes are looked for", function()
    crowd(20)
    local objects, seen = session:scalars(am.select(A):order_by(A.id)):all(), {}
    for i = 1, 10 do objects[i].data.x = 2 end
    local function modified(target)
      seen[#seen + 1] = target.id
      for i = 11, 21 do assert.equal(1, objects[i].data.x) end
    end
    am.event.listen(A.data, "modified", modified)
    session:flush()
    am.event.remove(A.data, "modified", modified)
    assert.same({ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, seen)
  end)

  it("an empty list is written as a list: a MutableList's default, and am.json_array()", function()
    local B = am.declarative_base():model("B", { __tablename__ = "b",
      id = am.Column(am.Integer, { primary_key = true }),
      list = am.Column(am.MutableList.as_mutable(am.JSON), { default = function() return {} end }),
      map = am.Column(am.MutableDict.as_mutable(am.JSON), { default = function() return {} end }),
      plain = am.Column(am.JSON) })
    B.metadata:create_all(engine)
    session:add(B { plain = { x = am.json_array(), y = am.json_array { 1 } } })
    session:commit()
    local row = session:execute(am.text "select list, map, plain from b"):one()
    assert.same({ "[]", "{}", '{"x": [], "y": [1]}' }, { row:unpack() })
    local b = session:scalars(am.select(B)):one()
    b.list:append(5)
    session:commit()
    assert.equal("[5]", session:scalar(am.text "select list from b"))
  end)
end)

describe("values that change in place", function()
  local function id() return am.Column(am.Integer, { primary_key = true }) end
  local mutable = require "alchemoon.orm.ext.mutable"
  local Base = am.declarative_base()
  local Point = { __composite_values__ = function(self) return self.x, self.y end,
    changed = am.MutableComposite.changed }
  Point.__index = Point
  function Point.set(self, x)
    self.x = x
    self:changed()
  end
  local A = Base:model("A", { __tablename__ = "a", id = id(), data = am.Column(am.MutableDict.as_mutable(am.JSON)),
    tags = am.Column(am.MutableList.as_mutable(am.JSON)), px = am.Column(am.Integer), py = am.Column(am.Integer),
    p = am.composite(function(x, y) return setmetatable({ x = x, y = y }, Point) end, "px", "py") })

  local function persistent(values)
    local a = A(values)
    local session = { modified = {}, _transaction = {} }
    function session._modified_first(_, o)
      session.modified[o] = {}
      return session.modified[o]
    end
    a[1], a[2] = { session = session, lifecycle = "persistent" }, 1
    return a, session
  end

  it("are noticed by sweep", function()
    local a, session = persistent { id = 1, data = { k = 1 }, tags = { "x" } }
    assert.equal(1, a.data.k)
    mutable.sweep(session)
    assert.is_nil(session.modified[a])
    a.data.k = 2
    mutable.sweep(session)
    assert.is_not_nil(session.modified[a][A.__mapper__.slot.data])
    assert.is_nil(session.modified[a][A.__mapper__.slot.tags])
    a.tags[1] = "y"
    mutable.sweep(session)
    assert.is_not_nil(session.modified[a][A.__mapper__.slot.tags])
  end)

  it("of maps are counted", function()
    local a = A { data = { k = 1, l = 2 } }
    assert.equal(2, a.data:len())
    a.data.m = 3
    assert.equal(3, a.data:len())
    if #setmetatable({}, { __len = function() return 1 end }) == 1 then assert.equal(3, #a.data) end
  end)

  it("are noticed at once through their methods", function()
    local a, session = persistent { id = 1, data = { k = 1 }, tags = { "x" } }
    a.tags:append("z")
    assert.is_not_nil(session.modified[a][A.__mapper__.slot.tags])
    assert.equal(2, #a.tags)
    a.data:update { q = 1 }
    assert.is_not_nil(session.modified[a][A.__mapper__.slot.data])
    raises("ArgumentError", function() a.data = 5 end, "does not accept objects of type <class 'number'>")
  end)

  it("composites tell their parent", function()
    local a, session = persistent { id = 1, px = 1, py = 2 }
    a.p:set(7)
    assert.equal(7, a.px)
    assert.is_not_nil(session.modified[a][A.__mapper__.slot.px])
  end)
end)
