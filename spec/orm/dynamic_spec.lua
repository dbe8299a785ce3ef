-- Collections that are never loaded as a whole (lazy = "dynamic", "write_only"): what a flush makes of their changes.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"
local executed = require "support.executed"
local raises_exc = require("support.init").raises_exc

backends.each(function(backend)
  local function with(fn)
    blog.with(backend, nil, function(env)
      local s = env.session()
      fn(env, s)
      s:close()
    end, function()
      local Base = am.declarative_base()
      local group_members = am.Table("group_members", Base.metadata,
        am.Column("group_id", am.ForeignKey("groups.id"), { primary_key = true }),
        am.Column("member_id", am.ForeignKey("members.id"), { primary_key = true }))
      local Group = Base:model("Group", { __tablename__ = "groups", id = am.Column(am.Integer, { primary_key = true }),
        members = am.relationship("Member", { secondary = group_members, lazy = "dynamic", single_parent = true,
          cascade = "all, delete-orphan" }) })
      local Member = Base:model("Member", { __tablename__ = "members",
        id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(20)) })
      return { Base = Base, Group = Group, Member = Member }
    end)
  end

  describe("a dynamic collection", function()
    it("keeps what waits in it when a rollback takes the row of its owner", function()
      with(function(env, s)
        local group, member = env.Group {}, env.Member { name = "m" }
        s:add(group)
        s:flush()
        group.members:append(member)
        s:rollback()
        assert.is_true(am.inspect(group).modified)
        assert.equal(member, am.inspect(group).attrs.members.history.added[1])
        s:add(group)
        s:commit()
        assert.equal(member, group.members:one())
      end)
    end)

    it("over an association table holds each member once, whatever other rows that table has", function()
      with(function(env, s)
        local first, second = env.Group {}, env.Group {}
        for i = 1, 3 do (i < 3 and first or second).members:append(env.Member { name = "m" .. i }) end
        s:add_all { first, second }
        s:commit()
        assert.equal(2, first.members:count())
        assert.equal(2, #first.members:all())
        env.log:take()
        assert.equal("m3", second.members:one().name)
        local log = env.log:take()
        assert.matches("FROM members, group_members WHERE %S+ = group_members.group_id AND members.id = "
          .. "group_members.member_id", log[#log])
      end)
    end)

    it("of an owner without a session knows what was appended, and is no query", function()
      with(function(env)
        local group = env.Group {}
        assert.is_nil(group.members:one_or_none())
        group.members:append(env.Member { name = "ann" })
        assert.equal(1, group.members:count())
        assert.equal("ann", group.members:one().name)
        local ok, e = pcall(function() return group.members:filter(env.Member.name:eq("ann")):all() end)
        assert.is_false(ok)
        assert.equal("DetachedInstanceError", e.name)
        assert.matches("no contextual session is established", e.message)
      end)
    end)

    it("of a new owner remembers what was taken out of it, though it was not there", function()
      local Base = am.declarative_base()
      local Node = Base:model("Node", { __tablename__ = "removal_nodes",
        id = am.Column(am.Integer, { primary_key = true }), up_id = am.Column(am.ForeignKey("removal_nodes.id")),
        nodes = am.relationship("Node", { lazy = "dynamic" }) })
      blog.with(backend, nil, function(env)
        local s, owner, node = env.session(), Node {}, Node {}
        owner.nodes:append(node)
        s:add(owner)
        s:commit()
        local other = Node {}
        other.nodes:remove(node)
        assert.same({ node }, am.get_history(other, "nodes").deleted)
        s:add(other)
        s:commit()
        assert.is_nil(node.up_id)
        local itself = Node {}
        itself.nodes:remove(itself)
        s:add(itself)
        assert.error(function() s:flush() end)
        s:close()
      end, function() return { Base = Base } end)
    end)

    it("gives an item by its position, as a query does", function()
      with(function(env, s)
        local group = env.Group {}
        for i = 1, 3 do group.members:append(env.Member { name = "m" .. i }) end
        assert.equal("m2", group.members[2].name)
        s:add(group)
        s:commit()
        assert.equal("m2", group.members:order_by(env.Member.id)[2].name)
        assert.is_table(group.members[1])
        env.log:take()
        assert.equal("m3", s:query(env.Member):order_by(env.Member.id)[3].name)
        assert.matches("LIMIT", env.log:take()[1])
        assert.is_nil(s:query(env.Member)[4])
      end)
    end)

    it("flushes a pending owner when it is read", function()
      with(function(env, s)
        local group = env.Group {}
        group.members:append(env.Member { name = "ann" })
        s:add(group)
        assert.equal("ann", group.members:filter(env.Member.name:eq("ann")):one().name)
        assert.is_true(am.inspect(group).persistent)
      end)
    end)

    it("is flushed before it is exchanged", function()
      with(function(env, s)
        local group = env.Group {}
        s:add(group)
        s:commit()
        local ann, bob, eve = env.Member { name = "ann" }, env.Member { name = "bob" }, env.Member { name = "eve" }
        group.members = { ann, bob }
        group.members = { bob, eve }
        s.autoflush = false
        local history = am.get_history(group, "members")
        assert.same({ eve, bob, ann }, { history.added[1], history.unchanged[1], history.deleted[1] })
      end)
    end)

    it("refuses to be a reference, whatever uselist says", function()
      for _, lazy in ipairs { "dynamic", "write_only" } do
        local Base = am.declarative_base()
        Base:model("Part", { __tablename__ = "parts", id = am.Column(am.Integer, { primary_key = true }),
          car_id = am.Column(am.ForeignKey "cars.id"), car = am.relationship("Car", { lazy = lazy, uselist = true }) })
        Base:model("Car", { __tablename__ = "cars", id = am.Column(am.Integer, { primary_key = true }) })
        raises_exc("InvalidRequestError", function() am.configure_mappers() end)
        Base.registry:dispose()
      end
    end)

    it("has the history that other attributes have, with its sums", function()
      with(function(env, s)
        local group = env.Group {}
        group.members:append(env.Member { name = "new" })
        assert.same({ 1, 1, 0 }, { #am.get_history(group, "members"):sum(),
          #am.inspect(group).attrs.members.history:non_deleted(), #am.get_history(group, "members"):non_added() })
        s:add(group)
        s:commit()
        assert.is_true(am.inspect(group).attrs.members.history:empty())
      end)
    end)

    it("has a history that knows what is stored already", function()
      with(function(env, s)
        local group, ann, bob = env.Group {}, env.Member { name = "ann" }, env.Member { name = "bob" }
        group.members:append(ann)
        s:add(group)
        s:flush()
        group.members:append(ann)
        group.members:append(bob)
        local history = am.get_history(group, "members")
        assert.same({ "bob" }, { history.added[1].name, history.added[2] })
        assert.equal(ann, history.unchanged[1])
      end)
    end)

    it("is replaced by merge()", function()
      with(function(env, s)
        local group = env.Group { id = 1 }
        group.members:extend { env.Member { id = 1, name = "ann" }, env.Member { id = 2, name = "bob" } }
        s:add(group)
        s:commit()
        local merged = s:merge(env.Group { id = 1, members = { env.Member { id = 2, name = "bob" } } })
        s:flush()
        assert.equal(group, merged)
        assert.equal("bob", merged.members:one().name)
      end)
    end)

    it("that is only written inserts rows of an owner that the autoflush stores", function()
      blog.with(backend, nil, function(env)
        local s = env.session()
        local owner = env.Owner {}
        s:add(owner)
        local item = s:scalars(owner.items:insert():returning(env.Item), { { name = "x" } }):one()
        assert.equal(owner.id, item.owner_id)
        assert.is_not_nil(item.owner_id)
        s:close()
      end, function()
        local Base = am.declarative_base()
        local Owner = Base:model("Owner", { __tablename__ = "owners",
          id = am.Column(am.Integer, { primary_key = true }),
          items = am.relationship("Item", { lazy = "write_only" }) })
        local Item = Base:model("Item", { __tablename__ = "owned", id = am.Column(am.Integer, { primary_key = true }),
          name = am.Column(am.String(10)), owner_id = am.Column(am.ForeignKey "owners.id") })
        return { Base = Base, Owner = Owner, Item = Item }
      end)
    end)

    it("that was filled before its owner was stored loses items afterwards", function()
      with(function(env, s)
        local group, ann = env.Group {}, env.Member { name = "ann" }
        group.members:append(ann)
        s:add(group)
        s:flush()
        assert.equal("ann", group.members:one().name)
        group.members:remove(ann)
        s:flush()
        assert.is_true(am.inspect(ann).deleted)
        assert.equal(0, group.members:count())
      end)
    end)
  end)
end)

describe("a collection that is never loaded as a whole", function()
  it("executes the statement whose option would fill it, and refuses its rows", function()
    for _, lazy in ipairs { "dynamic", "write_only" } do
      local Base = am.declarative_base()
      local Owner = Base:model("Owner", { __tablename__ = "owners", id = am.Column(am.Integer, { primary_key = true }),
        items = am.relationship("Item", { lazy = lazy }) })
      Base:model("Item", { __tablename__ = "items", id = am.Column(am.Integer, { primary_key = true }),
        owner_id = am.Column(am.ForeignKey "owners.id") })
      local engine = am.create_engine "sqlite://"
      Base.metadata:create_all(engine)
      local log = executed.record(engine, { params = false })
      local session = am.Session(engine)
      for _, name in ipairs { "joinedload", "selectinload", "subqueryload", "contains_eager" } do
        for _, option in ipairs { am[name](Owner.items), name ~= "contains_eager" and am[name]("*") or nil } do
          log:take()
          local ok, e = pcall(session.scalars, session,
            am.select(Owner):outerjoin(Owner.items):options(option))
          assert.is_false(ok)
          assert.equal("'Owner.items' does not support object population - eager loading cannot be applied.", e.message)
          assert.equal(1, log:count(), name)
        end
      end
      for _, option in ipairs { am.noload "*", am.noload(Owner.items), am.lazyload(Owner.items), am.raiseload "*" } do
        assert.same({}, session:scalars(am.select(Owner):options(option)):all())
      end
      raises_exc("InvalidRequestError", function() am.set_committed_value(Owner {}, "items", {}) end,
        "Dynamic attributes don't support collection population%.")
      session:close()
      engine:dispose()
    end
  end)
end)

describe("a write_only collection", function()
  it("makes statements whose parameters are its own", function()
    local Base = am.declarative_base()
    local Owner = Base:model("Owner", { __tablename__ = "owners", id = am.Column(am.Integer, { primary_key = true }),
      items = am.relationship("Item", { lazy = "write_only" }) })
    Base:model("Item", { __tablename__ = "items", id = am.Column(am.Integer, { primary_key = true }),
      owner_id = am.Column(am.ForeignKey "owners.id") })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      local owner = Owner { id = 5 }
      session:add(owner)
      session:flush()
      for _, name in ipairs { "append", "extend" } do -- a dynamic one has these
        assert.matches("no attribute '" .. name, select(2, pcall(function() return owner.items[name] end)).message)
      end
      local compiled = owner.items:insert():compile()
      assert.equal("INSERT INTO items (owner_id) VALUES (:param_1)", compiled.sql)
      assert.same({ param_1 = 5 }, compiled.params)
      for _, read in ipairs { function() return owner.items[1] end, function() return owner.items() end,
        function() return #owner.items end } do
        assert.matches("don't support iteration in%-place", select(2, pcall(read)).message)
      end
      assert.is_false((pcall(function() for _ in ipairs(owner.items) do error "an item" end end)))
      assert.equal(owner, owner.items.instance)
    end)
    engine:dispose()
  end)

  it("cannot be taken apart when its owner is deleted, unless the database does that", function()
    for _, passive in ipairs { false, true } do
      local Base = am.declarative_base()
      local Owner = Base:model("Owner", { __tablename__ = "owners", id = am.Column(am.Integer, { primary_key = true }),
        items = am.relationship("Item", { lazy = "write_only", passive_deletes = passive }) })
      Base:model("Item", { __tablename__ = "items", id = am.Column(am.Integer, { primary_key = true }),
        owner_id = am.Column(am.ForeignKey "owners.id") })
      local engine = am.create_engine "sqlite://"
      Base.metadata:create_all(engine)
      am.Session(engine, function(session)
        local owner = Owner { id = 5 }
        session:add(owner)
        session:commit()
        session:delete(owner)
        local ok, e = pcall(session.flush, session)
        assert.equal(passive, ok)
        assert.is_true(ok or e.message:find("configure passive_deletes=true", 1, true) ~= nil)
        if not ok then session:rollback() end
      end)
      engine:dispose()
    end
  end)
end)
