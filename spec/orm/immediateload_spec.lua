-- lazy = "immediate" and immediateload(): one lazy load per object, as soon as the objects are there.
local am = require "alchemoon"
local executed = require "support.executed"

describe("immediateload", function()
  local Base, User, Address, engine, session, log
  before_each(function()
    Base = am.declarative_base()
    User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
      addresses = am.relationship("Address", { back_populates = "user", lazy = "joined" }) })
    Address = Base:model("Address", { __tablename__ = "addresses", id = am.Column(am.Integer, { primary_key = true }),
      user_id = am.Column(am.ForeignKey "users.id"),
      user = am.relationship("User", { back_populates = "addresses", lazy = "immediate" }) })
    engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    session = am.Session(engine)
    session:add(User { id = 1, addresses = { Address { id = 1 } } })
    session:commit()
    session:close()
    log = executed.record(engine, { params = false })
  end)
  after_each(function()
    session:close()
    engine:dispose()
  end)

  it("takes from the identity map what it would go in a circle for", function()
    for _, lazy in ipairs { "joinedload", "selectinload", "subqueryload" } do
      session:expunge_all()
      log:take()
      local user = session:scalars(am.select(User):options(am[lazy](User.addresses))):unique():one()
      assert.equal(lazy == "joinedload" and 1 or 2, log:count(), lazy)
      assert.equal(user, am.inspect(user.addresses[1]).dict.user, lazy)
    end
  end)

  it("hands the options of the execution on to what its objects load at once", function()
    local Shop = Base:model("Shop", { __tablename__ = "shops", id = am.Column(am.Integer, { primary_key = true }),
      clerks = am.relationship "Clerk" })
    local Clerk = Base:model("Clerk", { __tablename__ = "clerks", id = am.Column(am.Integer, { primary_key = true }),
      shop_id = am.Column(am.ForeignKey "shops.id"), keys = am.relationship "Key" })
    local Key = Base:model("Key", { __tablename__ = "keys", id = am.Column(am.Integer, { primary_key = true }),
      clerk_id = am.Column(am.ForeignKey "clerks.id") })
    Base.metadata:create_all(engine)
    session:add(Shop { clerks = { Clerk { keys = { Key {} } } } })
    session:commit()
    session:close()
    local seen = {}
    am.event.listen(engine, "before_cursor_execute", function(_, _, _, _, context)
      seen[#seen + 1] = context.execution_options.who
    end)
    local options = am.immediateload(Shop.clerks):immediateload(Clerk.keys)
    session:scalars(am.select(Shop):options(options), nil, { execution_options = { who = "me" } }):all()
    assert.same({ "me", "me", "me" }, seen)
  end)

  it("asks for nothing in a circle that the identity map has not", function()
    local Node = Base:model("Node", { __tablename__ = "nodes", id = am.Column(am.Integer, { primary_key = true }),
      parent_id = am.Column(am.ForeignKey "nodes.id"),
      parent = am.relationship("Node", { remote_side = "Node.id", lazy = "immediate" }) })
    Base.metadata:create_all(engine)
    session:add(Node { id = 2, parent = Node { id = 1 } })
    session:commit()
    session:close()
    log:take()
    local child = session:scalars(am.select(Node):where(Node.id:eq(2))):one()
    assert.is_true(am.inspect(child).unloaded:contains("parent"))
    local parent = child.parent
    session:expire(child)
    log:take()
    session:scalars(am.select(Node):where(Node.id:eq(2))):one()
    assert.equal(1, log:count())
    assert.equal(parent, am.inspect(child).dict.parent)
  end)

  it("loads collections in a circle, too, as no key finds them in the identity map", function()
    local Node = Base:model("Node", { __tablename__ = "nodes", id = am.Column(am.Integer, { primary_key = true }),
      parent_id = am.Column(am.ForeignKey "nodes.id"), children = am.relationship("Node", { lazy = "immediate" }) })
    Base.metadata:create_all(engine)
    session:add(Node { id = 1, children = { Node { id = 2, children = { Node { id = 3 } } } } })
    session:commit()
    for _, lazy in ipairs { "joinedload", "selectinload", "subqueryload", "immediateload" } do
      session:close()
      log:take()
      local node = session:scalars(am.select(Node):where(Node.id:eq(1)):options(am[lazy](Node.children))):unique():one()
      assert.equal(lazy == "joinedload" and 3 or 4, log:count(), lazy)
      log:take()
      assert.equal(3, node.children[1].children[1].id)
      assert.equal(0, #node.children[1].children[1].children)
      assert.equal(0, log:count(), lazy)
    end
  end)

  it("loads nothing anew that is there, not even under populate_existing", function()
    local user = session:get(User, 1)
    local query = am.select(User):options(am.immediateload(User.addresses))
    log:take()
    session:scalars(query:execution_options { populate_existing = true }):one()
    assert.equal(1, log:count())
    session:expire(user)
    log:take()
    session:scalars(query):one()
    assert.equal(2, log:count())
  end)
end)
