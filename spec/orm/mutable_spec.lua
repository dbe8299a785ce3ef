-- JSON columns over a session: changes in place, nil and am.null.
local am = require "alchemoon"

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
    a.data.y.z = 2
    a.list:append(3)
    session:commit()
    assert.equal('{"x": 5, "y": {"z": 2}}', stored "data")
    assert.equal("[9, 2, 3]", stored "list")
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

  it("a change in place is told to listeners: at once by a method, else when it is found", function()
    local heard = {}
    local function listener(obj, initiator) heard[#heard + 1] = obj == a and initiator.key end
    am.event.listen(A.data, "modified", listener)
    am.event.listen(A.list, "modified", listener)
    a.list:append(3)
    assert.same({ "list" }, heard)
    a.data.x = 5
    session:commit()
    assert.same({ "list", "data" }, heard)
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
end)
