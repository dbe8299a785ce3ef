-- lazy = "auto": the first access to an attribute loads it for every object of the same result in one statement.
local am = require "alchemoon"
local backends = require "support.backends"
local raises_exc = require("support.init").raises_exc

backends.each(function(backend)
  describe("lazy = auto on " .. backend.name, function()
    local Base, engine, session, count
    local User, Profile, Post, Tag, Node, Order, Line, Person, Engineer, Clerk, Machine, Company

    local function key() return am.Column(am.Integer, { primary_key = true }) end

    setup(function()
      Base = am.declarative_base { default_lazy = "auto" }
      local tagged = am.Table("au_tagged", Base.metadata,
        am.Column("post_id", am.ForeignKey "au_posts.id", { primary_key = true }),
        am.Column("tag_id", am.ForeignKey "au_tags.id", { primary_key = true }))
      User = Base:model("User", { __tablename__ = "au_users", id = key(), name = am.Column(am.String(20)),
        posts = am.relationship("Post", { back_populates = "author", order_by = "Post.id.desc()" }),
        seen = am.relationship("Post", { viewonly = true, order_by = "Post.id" }),
        profile = am.relationship("Profile", { back_populates = "user", uselist = false }) })
      Profile = Base:model("Profile", { __tablename__ = "au_profiles", id = key(),
        user_id = am.Column(am.ForeignKey "au_users.id"),
        user = am.relationship("User", { back_populates = "profile" }) })
      Post = Base:model("Post", { __tablename__ = "au_posts", id = key(),
        author_id = am.Column(am.ForeignKey "au_users.id"),
        author = am.relationship("User", { back_populates = "posts" }),
        tags = am.relationship("Tag", { secondary = tagged, order_by = "Tag.id" }) })
      Tag = Base:model("Tag", { __tablename__ = "au_tags", id = key() })
      Node = Base:model("Node", { __tablename__ = "au_nodes", id = key(),
        parent_id = am.Column(am.ForeignKey "au_nodes.id"),
        children = am.relationship("Node", { back_populates = "parent", order_by = "Node.id" }),
        parent = am.relationship("Node", { back_populates = "children", remote_side = "Node.id" }) })
      Order = Base:model("Order", { __tablename__ = "au_orders", a = key(), b = key(),
        lines = am.relationship("Line", { back_populates = "order" }) })
      Line = Base:model("Line", { __tablename__ = "au_lines", id = key(), order_a = am.Column(am.Integer),
        order_b = am.Column(am.Integer), order = am.relationship("Order", { back_populates = "lines" }),
        __table_args__ = { am.ForeignKeyConstraint({ "order_a", "order_b" }, { "au_orders.a", "au_orders.b" }) } })
      Company = Base:model("Company", { __tablename__ = "au_companies", id = key(),
        people = am.relationship("Person", { back_populates = "company", order_by = "Person.id" }) })
      Person = Base:model("Person", { __tablename__ = "au_people", id = key(), kind = am.Column(am.String(10)),
        company_id = am.Column(am.ForeignKey "au_companies.id"),
        company = am.relationship("Company", { back_populates = "people" }),
        __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "person" } })
      Engineer = Base:model("Engineer", { __extends__ = Person, __tablename__ = "au_engineers",
        id = am.Column(am.ForeignKey "au_people.id", { primary_key = true }), machines = am.relationship("Machine"),
        tool = am.Column(am.String(10)),
        __mapper_args__ = { polymorphic_identity = "engineer" } })
      Clerk = Base:model("Clerk", { __extends__ = Person, desk = am.Column(am.Integer), -- a single-table subclass
        __mapper_args__ = { polymorphic_identity = "clerk" } })
      Machine = Base:model("Machine", { __tablename__ = "au_machines", id = key(),
        engineer_id = am.Column(am.ForeignKey "au_engineers.id") })
      engine = am.create_engine(backend.url)
      Base.metadata:drop_all(engine)
      Base.metadata:create_all(engine)
      am.event.listen(engine, "before_cursor_execute", function() count = count + 1 end)
    end)
    teardown(function()
      Base.metadata:drop_all(engine)
      engine:dispose()
    end)

    before_each(function()
      count = 0
      session = am.Session(engine)
      local t1, t2 = Tag { id = 1 }, Tag { id = 2 }
      for i = 1, 4 do
        local user = User { id = i, name = "u" .. i }
        if i % 2 == 1 then user.profile = Profile { id = i } end
        for k = 1, i do user.posts:append(Post { id = i * 10 + k, tags = { t1, t2 } }) end
        session:add(user)
      end
      session:add(Node { id = 1, children = { Node { id = 2, children = { Node { id = 4 }, Node { id = 5 } } },
        Node { id = 3, children = { Node { id = 6 } } } } })
      for a = 1, 2 do
        for b = 1, 2 do session:add(Order { a = a, b = b, lines = { Line { id = a * 10 + b } } }) end
      end
      session:add(Company { id = 1, people = { Engineer { id = 1, machines = { Machine { id = 1 } } },
        Engineer { id = 2, tool = "saw", machines = { Machine { id = 2 } } }, Person { id = 3 } } })
      session:add(Company { id = 2, people = { Engineer { id = 4 }, Clerk { id = 5, desk = 50 },
        Clerk { id = 6, desk = 60 }, Clerk { id = 7, desk = 70 } } })
      session:commit()
      session:expunge_all()
    end)
    after_each(function()
      session:rollback()
      for _, tbl in ipairs(Base.metadata.sorted_tables) do
        if tbl.name == "au_nodes" then session:execute(am.update(tbl):values { parent_id = am.null }) end
      end
      local tables = Base.metadata.sorted_tables
      for i = #tables, 1, -1 do session:execute(am.delete(tables[i])) end
      session:commit()
      session:close()
    end)

    local function all(class, ...)
      return session:scalars(am.select(class):options(...)):all()
    end

    local function statements(want, fn)
      count = 0
      fn()
      assert.equal(want, count)
    end

    local function each(class, fn, ...)
      for _, obj in ipairs(all(class, ...)) do fn(obj) end
    end

    it("takes one statement for a one-to-many, ordered as the relationship says, and for a view of it", function()
      statements(2, function()
        each(User, function(user)
          assert.equal(user.id, #user.posts)
          assert.equal(user.id * 10 + user.id, user.posts[1].id)
        end)
      end)
      session:expunge_all()
      statements(2, function()
        each(User, function(user) assert.equal(user.id * 10 + 1, user.seen[1].id) end)
      end)
    end)

    it("takes one for a many-to-one, none if the session knows the objects", function()
      local function check(post) assert.equal(math.floor(post.id / 10), post.author.id) end
      statements(2, function() each(Post, check) end)
      session:expunge_all()
      local kept = all(User)
      statements(1, function() each(Post, check) end)
      assert.equal(4, #kept)
    end)

    it("takes one for a many-to-many and for a one-to-one", function()
      statements(2, function() each(Post, function(post) assert.equal(2, #post.tags) end) end)
      statements(2, function()
        each(User, function(user) assert.equal(user.id % 2 == 1, user.profile ~= nil) end)
      end)
    end)

    it("takes one per level of a tree, down and up", function()
      local function go(node)
        for _, child in ipairs(node.children) do go(child) end
      end
      statements(4, function() go(session:get(Node, 1)) end)
      session:expunge_all()
      statements(3, function()
        local leaves = session:scalars(am.select(Node):where(Node.id:ge(4))):all()
        for _, node in ipairs(leaves) do
          while node.parent do node = node.parent end
          assert.equal(1, node.id)
        end
      end)
    end)

    it("takes one for composite keys, both ways", function()
      statements(2, function() each(Order, function(order) assert.equal(1, #order.lines) end) end)
      session:expunge_all()
      statements(2, function()
        each(Line, function(line) assert.equal(line.id, line.order.a * 10 + line.order.b) end)
      end)
    end)

    it("takes one for attributes of a base class and of a subclass", function()
      statements(2, function() each(Person, function(person) assert.truthy(person.company) end) end)
      session:expunge_all()
      statements(3, function()
        each(Company, function(company)
          for _, person in ipairs(company.people) do
            if person.kind == "engineer" then assert.truthy(#person.machines) end
          end
        end)
      end)
    end)

    it("takes one for the columns of a subclass that a statement of its base class left out", function()
      statements(3, function()
        local desks, tools = {}, {}
        for _, person in ipairs(session:scalars(am.select(Person):order_by(Person.id)):all()) do
          if person.kind == "clerk" then desks[#desks + 1] = person.desk end
          if person.kind == "engineer" then tools[#tools + 1] = tostring(person.tool) end
        end
        assert.same({ 50, 60, 70 }, desks)
        assert.same({ "nil", "saw", "nil" }, tools)
      end)
    end)

    it("goes on with what it loaded, and with what eager loaders loaded", function()
      local function read(user)
        for _, post in ipairs(user.posts) do assert.equal(2, #post.tags) end
      end
      statements(3, function() each(User, read) end)
      session:expunge_all()
      statements(3, function() each(User, read, am.selectinload(User.posts)) end)
      session:expunge_all()
      statements(2, function()
        for _, user in ipairs(session:scalars(am.select(User):options(am.joinedload(User.posts))):unique():all()) do
          read(user)
        end
      end)
    end)

    it("yields to an option of the statement", function()
      statements(5, function() each(User, function(user) assert.truthy(user.posts) end, am.lazyload(User.posts)) end)
      session:expunge_all()
      local user = all(User, am.raiseload(User.posts))[1]
      raises_exc("InvalidRequestError", function() return user.posts end)
    end)

    it("knows the keys of expired objects: one refresh, one load", function()
      local users = all(User)
      session:commit()
      statements(2, function()
        for _, user in ipairs(users) do assert.truthy(#user.posts > 0) end
      end)
      session:refresh(users[3])
      session:refresh(users[4])
      session:expire(users[3], { "posts" })
      session:expire(users[4], { "posts" })
      statements(1, function() assert.equal(7, #users[3].posts + #users[4].posts) end)
      local orders = all(Order)
      session:expire_all()
      statements(2, function()
        for _, order in ipairs(orders) do assert.equal(1, #order.lines) end
      end)
    end)

    it("counts the latest result that an object was in", function()
      local one, two = session:get(User, 1), session:get(User, 2)
      statements(2, function() each(User, function(user) assert.equal(user.id, #user.posts) end) end)
      session:expire_all()
      statements(2, function() each(User, function(user) assert.equal(user.id, #user.posts) end) end)
      assert.equal(3, one.id + two.id)
    end)

    it("leaves out objects that are gone, and loads for each alone what came alone", function()
      local users = all(User)
      users[2], users[3] = nil, nil
      collectgarbage()
      collectgarbage()
      statements(1, function()
        assert.equal(1, #users[1].posts)
        assert.equal(4, #users[4].posts)
      end)
      session:expunge_all()
      statements(8, function()
        for i = 1, 4 do assert.equal(i, #session:get(User, i).posts) end
      end)
    end)

    it("keeps what was changed before: values, collections, deleted and pending objects", function()
      local users = all(User)
      users[1].name = "changed"
      users[2].posts:append(Post { id = 99 })
      session:delete(users[3])
      session:add(User { id = 9, posts = { Post { id = 98 } } })
      session.autoflush = false
      assert.equal(3, #users[2].posts)
      assert.equal(1, #users[1].posts)
      assert.equal("changed", users[1].name)
      assert.equal(4, #users[4].posts)
    end)

    it("applies with_loader_criteria(), and reads rows, queries and streams alike", function()
      statements(2, function()
        each(User, function(user) assert.equal(user.id == 4 and 0 or user.id, #user.posts) end,
          am.with_loader_criteria(Post, Post.id:lt(40)))
      end)
      session:expunge_all()
      statements(3, function()
        for _, row in ipairs(session:execute(am.select(User, Post):join(User.posts)):all()) do
          assert.truthy(#row[1].posts > 0)
          assert.equal(2, #row[2].tags)
        end
      end)
      session:expunge_all()
      statements(2, function()
        for _, user in ipairs(session:query(User):all()) do assert.equal(user.id, #user.posts) end
      end)
      session:expunge_all()
      statements(3, function() -- one per chunk
        for user in session:scalars(am.select(User):execution_options { yield_per = 2 }) do
          assert.equal(user.id, #user.posts)
        end
      end)
    end)

    it("takes one statement per 500 objects of a big result", function()
      for i = 101, 1202 do session:add(User { id = i }) end
      session:flush()
      session:expunge_all()
      statements(4, function() each(User, function(user) assert.truthy(user.posts) end) end)
    end)

    it("raises for a detached object and serves the others", function()
      local users = all(User)
      session:expunge(users[1])
      raises_exc("DetachedInstanceError", function() return users[1].posts end)
      assert.equal(2, #users[2].posts)
    end)
  end)
end)
