-- States, histories and expired attributes of objects after a rollback, make_transient() and expunge_all().
local am = require "alchemoon"

local Base = am.declarative_base()
local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
  x = am.Column(am.Integer), bs = am.relationship("B", { back_populates = "a", cascade = "all" }) })
local B = Base:model("B", { __tablename__ = "b", id = am.Column(am.Integer, { primary_key = true }),
  a_id = am.Column(am.ForeignKey("a.id")), a = am.relationship(A, { back_populates = "bs" }) })
local Node = Base:model("Node", { __tablename__ = "node", id = am.Column(am.Integer, { primary_key = true }),
  parent_id = am.Column(am.ForeignKey("node.id")), children = am.relationship("Node", { back_populates = "parent" }),
  parent = am.relationship("Node", { remote_side = "Node.id", back_populates = "children" }) })

local function history(obj, key)
  local h = am.inspect(obj).attrs[key].history
  return ("+%d =%d -%d"):format(#h.added, #h.unchanged, #h.deleted)
end

local function state(obj)
  local s = am.inspect(obj)
  for _, name in ipairs { "transient", "pending", "persistent", "deleted", "detached" } do
    if s[name] then return name end
  end
end

local engine, session

-- Each test of the block has a session over a database of its own.
local function use_a_session(prepare)
  before_each(function()
    engine = am.create_engine("sqlite://")
    Base.metadata:create_all(engine)
    session = am.Session(engine)
    if prepare then prepare() end
  end)
  after_each(function()
    session:close()
    engine:dispose()
  end)
end

describe("objects after a rollback", function()
  use_a_session()

  it("that came, went and were marked for deletion again by a flush that failed stay transient", function()
    local a = A { x = 1 }
    session:add(a)
    session:flush()
    session:delete(a)
    session:flush()
    session:delete(a)
    session:add_all { A { id = 98 }, A { id = 98 } }
    assert.is_false((pcall(session.flush, session)))
    assert.equal("transient", state(a))
    session:add(a)
    session:rollback()
    assert.equal("transient", state(a))
    session:add(a)
    session:commit()
    assert.equal("persistent", state(a))
  end)

  it("whose key was expired are not stored again, as their values are lost", function()
    local a, b = A { x = 1 }, A { x = 2 }
    session:add_all { a, b }
    session:flush()
    session:expire_all()
    session:rollback()
    session:add(a)
    local ok, err = pcall(session.flush, session)
    assert.is_false(ok)
    assert.equal("InvalidRequestError", err.name)
    assert.truthy(tostring(err):find("cannot be refreshed", 1, true))
    session:rollback()
    b.id, b.x = 7, 3 -- all of it is known again
    am.make_transient(a)
    session:add_all { a, b }
    session:commit()
    assert.same({ 3 }, session:scalars(am.select(A.x):where(A.id:eq(7))):all())
    assert.equal("persistent", state(a))
  end)

  it("that were stored are transient and unmodified: what they hold was known to the database", function()
    local a = A { x = 1, bs = { B {} } }
    session:add(a)
    session:flush()
    session:rollback()
    assert.equal("transient", state(a))
    assert.is_false(am.inspect(a).modified)
    assert.is_false(session:is_modified(a))
    assert.equal("+0 =1 -0", history(a, "x"))
    assert.equal("+0 =1 -0", history(a, "bs"))
    assert.equal("+0 =1 -0", history(a.bs[1], "a"))
    a.x = 2
    a.bs:append(B {})
    assert.is_true(am.inspect(a).modified)
    assert.is_true(session:is_modified(a))
    assert.equal("+1 =0 -1", history(a, "x"))
    assert.equal("+1 =1 -0", history(a, "bs"))
    session:add(a)
    assert.equal("+1 =0 -1", history(a, "x"))
  end)

  it("that were never stored stay modified", function()
    local a = A { x = 1 }
    session:add(a)
    session:rollback()
    assert.is_true(am.inspect(a).modified)
    assert.equal("+1 =0 -0", history(a, "x"))
  end)

  it("that were expired before cannot be asked for what is not there, unless they are made transient", function()
    local a = A { x = 1 }
    session:add(a)
    session:flush()
    session:expire(a)
    session:rollback()
    local ok, e = pcall(function() return a.x end)
    assert.is_false(ok)
    assert.equal("DetachedInstanceError", e.name)
    assert.is_false((pcall(session.merge, session, a)))
    assert.equal(0, #a.bs) -- a collection begins anew
    am.make_transient(a)
    assert.is_nil(a.x)
    assert.is_nil(a.id)
  end)

  it("that were expired and are added again want a key before they are looked up", function()
    local a = A { x = 1 }
    session:add(a)
    session:flush()
    session:expire(a)
    session:rollback()
    session:add(a)
    local ok, e = pcall(function() return a.x end)
    assert.is_false(ok)
    assert.equal("InvalidRequestError", e.name)
    a.x = 2
    assert.equal(2, a.x)
  end)

  it("that were stored and deleted before are said to have been deleted", function()
    local a, told = A { x = 1 }, {}
    am.event.listen(session, "deleted_to_detached", function(_, obj)
      told = { state(obj), am.inspect(obj).was_deleted }
    end)
    session:add(a)
    session:flush()
    session:delete(a)
    session:flush()
    session:rollback()
    assert.same({ "transient", true }, told)
    assert.is_true(am.was_deleted(a))
    am.make_transient(a)
    assert.is_false(am.was_deleted(a))
  end)

  it("that were stored and got another key are detached under the first one", function()
    local a = A { id = 6, x = 1 }
    session:add(a)
    session:flush()
    a.id = 7
    session:flush()
    session:rollback()
    assert.equal("detached", state(a))
    assert.same({ 6 }, am.inspect(a).identity)
  end)

  it("that were stored and left the session are told of as well", function()
    local told = {}
    for _, name in ipairs { "persistent_to_detached", "persistent_to_transient" } do
      am.event.listen(session, name, function() told[#told + 1] = name end)
    end
    local a = A { x = 1 }
    session:add(a)
    session:flush()
    session:expunge(a)
    session:rollback()
    assert.same({ "persistent_to_detached", "persistent_to_transient" }, told)
    assert.equal("transient", state(a))
  end)

  it("leave the session although a listener of pending_to_persistent raised", function()
    local a, warned = A { id = 1 }, false
    am.event.listen(session, "pending_to_persistent", function() error "refused" end)
    session:add(a)
    am.logging.set_handler(function() warned = true end)
    assert.has_error(function() session:flush() end)
    am.logging.set_handler(nil)
    assert.same({ "transient", 0, false }, { state(a), #session.new, warned })
    session:flush() -- nothing left to do
    session:rollback()
  end)

  it("that a failed flush sent back already are told of again", function()
    local told = {}
    am.event.listen(session, "pending_to_transient", function(_, obj) told[#told + 1] = obj.x or "other" end)
    local a = A { id = 1, x = 1 }
    session:add(a)
    session:flush()
    session:add(A { id = 1, x = 2 })
    assert.is_false((pcall(session.flush, session)))
    assert.same({ 2 }, told)
    session:add(A { x = 3 })
    session:rollback()
    table.sort(told)
    assert.same({ 1, 2, 3 }, told)
  end)

  it("that were only marked for deletion are told of as no longer deleted", function()
    local told = 0
    am.event.listen(session, "deleted_to_persistent", function() told = told + 1 end)
    local a = A { x = 1 }
    session:add(a)
    session:commit()
    session:delete(a)
    session:rollback()
    assert.equal(1, told)
    assert.equal("persistent", state(a))
  end)
end)

describe("objects added again after a rollback", function()
  local Local = am.declarative_base()
  local link = am.Table("link", Local.metadata, am.Column("l", am.ForeignKey "l.id", { primary_key = true }),
    am.Column("r", am.ForeignKey "r.id", { primary_key = true }))
  local R = Local:model("R", { __tablename__ = "r", id = am.Column(am.Integer, { primary_key = true }) })
  local L = Local:model("L", { __tablename__ = "l", id = am.Column(am.Integer, { primary_key = true }),
    rs = am.relationship(R, { secondary = link }) })

  it("write no association again that the database had, only what came since", function()
    Local.metadata:create_all(engine)
    local left = L { rs = { R {} } }
    session:add(left)
    session:flush()
    session:rollback()
    left.rs:append(R {})
    session:add(left)
    session:commit()
    assert.equal(1, session:scalar(am.select(am.func.count()):select_from(link)))
  end)
end)

describe("what an object knows of itself", function()
  local a
  use_a_session(function()
    a = A { id = 1, x = 1 }
    session:add(a)
    session:commit()
  end)

  it("a deleted object stays deleted after expunge_all(), until its transaction ends", function()
    session:delete(a)
    session:flush()
    session:expunge_all()
    assert.equal("deleted", state(a))
    session:rollback()
    assert.equal("persistent", state(a))
    assert.is_true(session:contains(a))
    session:delete(a)
    session:flush()
    session:expunge_all()
    session:commit()
    assert.equal("detached", state(a))
    assert.is_true(am.inspect(a).was_deleted)
  end)

  it("a deleted object that is marked once more leaves with expunge_all()", function()
    session:delete(a)
    session:commit()
    session:delete(a)
    a.x = 2
    assert.equal("+1 =0 -1", history(a, "x"))
    session:expunge_all()
    assert.equal("detached", state(a))
    assert.is_nil(am.object_session(a))
    assert.is_true(am.was_deleted(a))
  end)

  it("make_transient_to_detached() and merge(load = false) tell what they expire", function()
    local told = {}
    local function listener(_, names)
      table.sort(names)
      told[#told + 1] = table.concat(names, ",")
    end
    am.event.listen(A, "expire", listener)
    local b = A { id = 5 }
    am.make_transient_to_detached(b)
    assert.same({ "bs,x" }, told)
    session:merge(b, { load = false })
    am.event.remove(A, "expire", listener)
    assert.same({ "bs,x", "x" }, told)
  end)

  it("a relationship that is expired by its name is no expired attribute", function()
    assert.equal(0, #a.bs)
    session:expire(a, { "bs", "x" })
    assert.same({ "x" }, { am.inspect(a).expired_attributes[1] })
    assert.is_true(am.inspect(a).unloaded:contains("bs"))
  end)

  it("make_transient() takes nobody along", function()
    local b = B { a = a }
    session:add(b)
    session:commit()
    assert.equal(b, a.bs[1])
    am.make_transient(a)
    assert.equal("transient", state(a))
    assert.equal("persistent", state(b))
  end)

  it("make_transient(), and no key: the copy takes along what its collections hold", function()
    local old, child = a.id, B {}
    a.bs:append(child)
    session:commit()
    assert.equal(child, a.bs[#a.bs])
    am.make_transient(a)
    a.id = nil
    session:add(a)
    session:flush()
    assert.are_not.equal(old, a.id)
    assert.equal(a.id, child.a_id)
  end)

  it("make_transient() keeps values as known", function()
    assert.equal(1, a.x)
    am.make_transient(a)
    assert.is_false(am.inspect(a).modified)
    assert.equal("+0 =1 -0", history(a, "x"))
  end)

  it("a deleted attribute has no new value in its history", function()
    assert.equal(1, a.x)
    am.del_attribute(a, "x")
    assert.equal("+0 =0 -1", history(a, "x"))
    a.x = 5
    assert.equal("+1 =0 -1", history(a, "x"))
    session:rollback()
    local b = B { a = a }
    session:add(b)
    session:commit()
    assert.equal(a, b.a)
    am.del_attribute(b, "a")
    assert.equal("+0 =0 -1", history(b, "a"))
    session:flush()
    assert.is_nil(b.a_id)
  end)

  it("refresh() leaves relationships expired, a read of an expired object does not", function()
    session:refresh(a)
    assert.same({ "bs" }, { am.inspect(a).expired_attributes[1] })
    session:expire(a)
    assert.equal(1, a.x)
    assert.equal(0, #am.inspect(a).expired_attributes)
  end)

  it("an expired attribute that was loaded by name is not expired any more, one that was set still is", function()
    session:expire(a)
    session:refresh(a, { "x" })
    assert.same({ "id", "bs" }, { am.inspect(a).expired_attributes[1], am.inspect(a).expired_attributes[2] })
    session:expire(a)
    a.x = 7
    assert.is_true(am.inspect(a).expired_attributes:contains("x"))
  end)

  it("a flush asks for the key of an expired object that it wrote nothing for", function()
    local b = B { id = 1 }
    session:add(b)
    session:commit()
    A {}.bs:append(b)
    session:flush()
    assert.equal(0, #am.inspect(b).unloaded)
  end)

  it("refresh() of an object that the autoflush deletes fails and leaves what it knew", function()
    assert.equal(0, #a.bs)
    session:delete(a)
    local ok, e = pcall(session.refresh, session, a)
    assert.is_false(ok)
    assert.matches("Could not refresh instance", e.message)
    assert.equal("deleted", state(a))
    assert.equal(1, a.x)
  end)
end)

describe("objects that were deleted in the transaction of their INSERT", function()
  use_a_session()

  it("are loaded whole when they are stored again after a rollback", function()
    local a = A { id = 1, x = 5 }
    session:add(a)
    session:flush()
    session:delete(a)
    session:flush()
    session:rollback()
    session:add(a)
    session:commit()
    assert.equal(5, a.x)
  end)

  it("are loaded whole when they are stored again after make_transient()", function()
    local a = A { id = 1, x = 5 }
    session:add(a)
    session:flush()
    session:delete(a)
    session:commit()
    am.make_transient(a)
    session:add(a)
    session:commit()
    assert.equal(5, a.x)
  end)
end)

describe("references that nobody set", function()
  use_a_session()

  it("stay unloaded when their object is deleted", function()
    local node = Node {}
    session:add(node)
    session:flush()
    session:delete(node)
    session:flush()
    assert.is_true(am.inspect(node).unloaded:contains("parent"))
  end)

  it("of an object outside the session are not written along a collection that is not loaded", function()
    local parent = Node {}
    session:add(parent)
    session:commit()
    local child = Node { parent = parent }
    session:flush()
    assert.is_nil(child.parent_id)
    assert.equal("transient", state(child))
  end)
end)

describe("objects deleted in a savepoint", function()
  use_a_session()

  it("are expired by its rollback if they had changed before", function()
    local parent = Node { children = { Node {} } }
    session:add(parent)
    session:commit()
    local child = parent.children[1]
    local savepoint = session:begin_nested()
    parent.children:remove(child)
    session:delete(child)
    session:flush()
    assert.is_nil(child.parent)
    savepoint:rollback()
    assert.equal("persistent", state(child))
    assert.equal(parent, child.parent)
  end)

  it("are expired by its rollback if they were written to afterwards", function()
    local a = A { x = 5 }
    session:add(a)
    session:commit()
    local savepoint = session:begin_nested()
    session:delete(a)
    session:flush()
    a.x = 6
    savepoint:rollback()
    assert.equal(5, a.x)
  end)
end)

describe("an object deleted and committed", function()
  use_a_session()

  it("is persistent after the rollback of another deletion", function()
    local a = A {}
    session:add(a)
    session:commit()
    session:delete(a)
    session:commit()
    session:delete(a)
    session:flush()
    assert.equal("deleted", state(a))
    session:rollback()
    assert.equal("persistent", state(a))
  end)
end)

describe("a key of values that cannot be read from it", function()
  local Night = Base:model("Night", { __tablename__ = "night", room = am.Column(am.Integer, { primary_key = true }),
    day = am.Column(am.Date, { primary_key = true }) })
  use_a_session()

  local function identity(obj)
    local key = am.inspect(obj).identity
    return ("%d %s"):format(key[1], key[2]:isoformat())
  end

  it("is the old one after a rollback, also of several savepoints", function()
    local night = Night { room = 1, day = am.date(2026, 1, 1) }
    session:add(night)
    session:commit()
    night.room = 2
    session:flush()
    local savepoint = session:begin_nested()
    night.room, night.day = 3, am.date(2026, 1, 3)
    session:flush()
    session:begin_nested(function()
      night.room = 4
    end)
    assert.equal("4 2026-01-03", identity(night))
    savepoint:rollback()
    assert.equal("2 2026-01-01", identity(night))
    assert.equal(2, night.room)
    session:rollback()
    assert.equal("1 2026-01-01", identity(night))
    assert.equal(1, night.room)
    assert.equal(night, session:get(Night, { 1, am.date(2026, 1, 1) }))
  end)

  it("is not given back to an object that was made transient", function()
    local night, other = Night { room = 1, day = am.date(2026, 1, 1) }, Night { room = 7, day = am.date(2026, 1, 1) }
    session:add_all { night, other }
    session:commit()
    night.room, other.room = 2, 8
    session:flush()
    am.make_transient(night)
    session:rollback()
    assert.equal("transient", state(night))
    assert.equal("7 2026-01-01", identity(other))
    assert.equal(1, session:get(Night, { 1, am.date(2026, 1, 1) }).room)
  end)
end)
