-- with_expression(): attributes that get their expression from a loader option.
local am = require "alchemoon"
local backends = require "support.backends"
local executed = require "support.executed"

backends.each(function(backend)
  describe("with_expression() on " .. backend.name, function()
    local Base, User, Post, engine, session
    before_each(function()
      Base = am.declarative_base()
      User = Base:model("User", { __tablename__ = "we_users", id = am.Column(am.Integer, { primary_key = true }),
        name = am.Column(am.String(20)), more = am.query_expression(),
        posts = am.relationship("Post", { order_by = "Post.id" }) })
      Post = Base:model("Post", { __tablename__ = "we_posts", id = am.Column(am.Integer, { primary_key = true }),
        user_id = am.Column(am.ForeignKey "we_users.id"), more = am.query_expression() })
      engine = am.create_engine(backend.url)
      Base.metadata:drop_all(engine)
      Base.metadata:create_all(engine)
      session = am.Session(engine)
      session:add(User { id = 1, name = "ann", posts = { Post { id = 1 }, Post { id = 2 } } })
      session:commit()
      session:expunge_all()
    end)
    after_each(function()
      session:close()
      Base.metadata:drop_all(engine)
      engine:dispose()
    end)

    it("has a default that load_only() leaves out", function()
      local Note = Base:model("Note", { __tablename__ = "we_users", __table_args__ = { extend_existing = true },
        id = am.Column(am.Integer, { primary_key = true }), always = am.query_expression(am.literal(7)) })
      local note = session:scalars(am.select(Note)):one()
      assert.equal(7, note.always)
      session:expunge_all()
      note = session:scalars(am.select(Note):options(am.load_only(Note.id))):one()
      assert.is_true(am.inspect(note).unloaded:contains "always")
    end)

    it("holds when the object is refreshed or expired", function()
      for _, n in ipairs { 10, 20 } do
        session:expunge_all()
        local user = session:scalars(am.select(User):options(am.with_expression(User.more, User.id + n))):one()
        assert.equal(1 + n, user.more)
        session:refresh(user)
        assert.equal(1 + n, user.more)
        session:commit()
        assert.is_nil(user.more)
        assert.equal("ann", user.name)
        assert.equal(1 + n, user.more)
      end
    end)

    it("may have an expression of its own, given as an option or alone", function()
      local Both = Base:model("Both", { __table__ = User.__table__, one = am.query_expression(am.literal(1)),
        two = am.query_expression { default_expr = am.literal(2) } })
      local both = session:scalars(am.select(Both)):one()
      assert.same({ 1, 2 }, { both.one, both.two })
    end)

    it("comes with the whole object, its default too", function()
      local Both = Base:model("Both", { __table__ = User.__table__, one = am.query_expression(am.literal(1)) })
      local both = session:scalars(am.select(Both)):one()
      both.name = "bob"
      session:flush()
      assert.is_nil(both.one)
      assert.is_true(am.inspect(both).unloaded:contains "one")
      assert.is_false(am.inspect(both).expired_attributes:contains "one")
      session:refresh(both)
      assert.equal(1, both.one)
      session:expire(both, { "one", "name" })
      assert.equal("bob", both.name)
      assert.is_nil(both.one)
    end)

    it("is not brought back by single columns", function()
      local user = session:scalars(am.select(User):options(am.with_expression(User.more, User.id + 1))):one()
      session:expire(user, { "name", "more" })
      assert.equal("ann", user.name)
      assert.is_nil(user.more)
    end)

    for _, loader in ipairs { "selectinload", "joinedload", "subqueryload", "immediateload", "lazyload" } do
      it("below " .. loader .. "() takes the values of each execution", function()
        for _, n in ipairs { 10, 20 } do
          session:expunge_all()
          local user = session:scalars(am.select(User):options(am[loader](User.posts):options(
            am.with_expression(Post.more, Post.id + n)))):unique():one()
          assert.same({ 1 + n, 2 + n }, { user.posts[1].more, user.posts[2].more })
        end
      end)
    end

    it("is told apart from an attribute that is deferred or undeferred", function()
      local Both = Base:model("Both", { __table__ = User.__table__, none = am.query_expression(),
        one = am.query_expression(am.literal(1)) })
      local log = executed.record(engine, { params = false })
      local function columns(option)
        session:expunge_all()
        log:take()
        local both = session:scalars(am.select(Both):options(option)):one()
        local text = log:take()[1]:match "SELECT (.-) FROM"
        return text:gsub("we_users%.", ""), both
      end
      local both = select(2, columns(am.load_only(Both.name)))
      assert.same({}, log:take())
      assert.equal(1, both.one)
      assert.same({ "SELECT ? AS anon_1 FROM we_users WHERE we_users.id = ?" }, log:take())
      assert.equal("id, name", (columns(am.load_only(Both.name))))
      assert.equal("id", (columns(am.defer "*")))
      assert.equal("NULL AS anon_1, ? AS anon_2, id, name", (columns(am.undefer "*")))
    end)

    it("does not select a column twice", function()
      local log = executed.record(engine, { params = false })
      local user = session:scalars(am.select(User):options(am.with_expression(User.more, User.name))):one()
      assert.equal("ann", user.more)
      assert.same({ "SELECT we_users.name, we_users.id FROM we_users" }, log:take())
    end)

    it("does not mix up subqueries that a relationship option loads from", function()
      for _, n in ipairs { 2, 10 } do
        session:expunge_all()
        local some = am.aliased(Post, am.select(Post):where(Post.id:lt(n)):subquery())
        local user = session:scalars(am.select(User):options(am.selectinload(User.posts:of_type(some)))):one()
        assert.equal(n == 2 and 1 or 2, #user.posts)
      end
    end)
  end)
end)
