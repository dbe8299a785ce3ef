-- Expiry and refresh: what is loaded again, by which statement, and what listeners are told.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"
local raises = require("support.init").raises_exc
local unpack = table.unpack or unpack -- luacheck: ignore 113

local function classes()
  local Base = am.declarative_base()
  local User = Base:model("User", { __tablename__ = "users",
    id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(50)), age = am.Column(am.Integer),
    bio = am.deferred(am.Column(am.String(50))),
    posts = am.relationship("Post", { order_by = "Post.id", back_populates = "author" }),
    tags = am.relationship("Tag", { lazy = "joined", order_by = "Tag.id" }) })
  local Post = Base:model("Post", { __tablename__ = "posts",
    id = am.Column(am.Integer, { primary_key = true }), user_id = am.Column(am.ForeignKey("users.id")),
    author = am.relationship("User", { back_populates = "posts", lazy = "raise" }) })
  local Tag = Base:model("Tag", { __tablename__ = "tags",
    id = am.Column(am.Integer, { primary_key = true }), user_id = am.Column(am.ForeignKey("users.id")) })
  return { Base = Base, User = User, Post = Post, Tag = Tag }
end

local function with(backend, fn)
  blog.with(backend, nil, function(env)
    local s = env.session()
    local user = env.User { id = 1, name = "ann", age = 30, bio = "b" }
    user.posts, user.tags = { env.Post { id = 1 } }, { env.Tag { id = 1 } }
    s:add(user)
    s:commit()
    local told = {}
    for _, name in ipairs { "expire", "refresh" } do
      am.event.listen(env.User, name, function(_, a, b)
        local names = a
        if name == "refresh" then names = b end
        if type(names) == "table" then
          table.sort(names)
          names = table.concat(names, " ")
        end
        told[#told + 1] = name .. " " .. tostring(names)
      end)
    end
    local function events()
      local list = told
      told = {}
      return list
    end
    local function loaded()
      local list = {}
      for key in pairs(am.inspect(user).dict) do list[#list + 1] = key end
      table.sort(list)
      return table.concat(list, " ")
    end
    env.log:take()
    fn(env, s, user, events, loaded)
    s:close()
  end, classes)
end

local JOIN = "FROM users LEFT OUTER JOIN tags AS tags_1 ON users.id = tags_1.user_id WHERE users.id = ? "
  .. "ORDER BY tags_1.id [1]"

backends.each(function(backend)
  describe("an expired object", function()
    it("comes back with its eager relationships, whatever is read first", function()
      with(backend, function(env, s, user, events, loaded)
        assert.equal(1, #user.tags)
        assert.same({ "SELECT users.id AS users_id, users.name AS users_name, users.age AS users_age, tags_1.id AS "
          .. "tags_1_id, tags_1.user_id AS tags_1_user_id " .. JOIN }, env.log:take())
        assert.equal("age id name tags", loaded())
        assert.same({ "refresh age id name posts tags" }, events())
        s:expire(user)
        assert.equal(1, #user.posts)
        assert.equal(2, #env.log:take())
      end)
    end)

    it("of which some columns were expired loads just these", function()
      with(backend, function(env, s, user, events, loaded)
        assert.equal("ann", user.name)
        env.log:take()
        events()
        s:expire(user, { "name", "tags" })
        assert.equal("ann", user.name)
        assert.same({ "SELECT users.name AS users_name FROM users WHERE users.id = ? [1]" }, env.log:take())
        assert.equal("age id name", loaded())
        assert.same({ "expire name tags", "refresh name" }, events())
        s:expire(user, { attribute_names = { "age" } })
        assert.equal("id name", loaded())
      end)
    end)

    it("stays among the dirty ones when its change was expired", function()
      with(backend, function(_, s, user)
        user.name = "other"
        s:expire(user, { "name" })
        assert.is_true(s.dirty:contains(user))
        s:flush()
        assert.equal("ann", user.name)
      end)
    end)
  end)

  describe("refresh()", function()
    it("of relationships loads the key along", function()
      with(backend, function(env, s, user, events)
        s:refresh(user, { "posts" })
        assert.same({ "SELECT users.id FROM users WHERE users.id = ? [1]",
          "SELECT posts.id AS posts_id, posts.user_id AS posts_user_id FROM posts WHERE ? = posts.user_id "
          .. "ORDER BY posts.id [1]" }, env.log:take())
        assert.same({ "expire posts", "refresh id posts" }, events())
        s:refresh(user, { "tags" })
        assert.same({ "SELECT users.id, tags_1.id AS id_1, tags_1.user_id " .. JOIN }, env.log:take())
        s:refresh(user)
        assert.equal("refresh nil", events()[4])
      end)
    end)

    it("refuses to lose a changed key", function()
      with(backend, function(_, s, user)
        assert.equal(1, user.id)
        s.autoflush = false
        user.id = 25
        raises("InvalidRequestError", function() s:refresh(user, { "name" }) end,
          "Please flush pending primary key changes on attributes {'id'} for mapper Mapper.User.users.. before "
          .. "proceeding with a refresh")
        s:rollback()
      end)
    end)
  end)

  describe("a `refresh` listener", function()
    it("is told which attributes were missing when an object comes along again", function()
      with(backend, function(env, s, user, events)
        s:scalars(am.select(env.User)):unique():all()
        assert.same({ "refresh age bio id name posts tags" }, events())
        s:scalars(am.select(env.User)):unique():all()
        assert.same({ "refresh bio posts" }, events())
        s:expire(user, { "age" })
        events()
        s:scalars(am.select(env.User)):unique():all()
        assert.same({ "refresh age bio posts" }, events())
        assert.equal("ann", user.name)
      end)
    end)
  end)

  describe("refresh() of an object with a pending child", function()
    it("flushes the child: only delete-orphan gives it up", function()
      for cascade, stored in pairs { all = 1, ["all, delete-orphan"] = 0 } do
        blog.with(backend, { posts = { back_populates = "author", cascade = cascade } }, function(env)
          local s, ann = env.session(), env.User { name = "ann" }
          s:add(ann)
          s:commit()
          ann.posts:append(env.Post { title = "p" })
          s:refresh(ann)
          assert.equal(stored, #ann.posts)
          s:commit()
          assert.equal(stored, #env.rows "select * from posts")
        end)
      end
    end)
  end)

  describe("a deferred column with raiseload", function()
    it("raises after it was expired, too", function()
      blog.with(backend, nil, function(env)
        local s, thing = env.session(), env.Thing { id = 1, secret = "x" }
        s:add(thing)
        s:commit()
        for _, names in ipairs { { "secret" }, false } do
          s:expire(thing, names or nil)
          raises("InvalidRequestError", function() return thing.secret end, "not available due to raiseload=true")
        end
      end, function()
        local Base = am.declarative_base()
        return { Base = Base, Thing = Base:model("Thing", { __tablename__ = "things",
          id = am.Column(am.Integer, { primary_key = true }),
          secret = am.deferred(am.Column(am.String(10)), { raiseload = true }) }) }
      end)
    end)
  end)

  describe("options of a load with populate_existing", function()
    it("hold for what is loaded again later", function()
      blog.with(backend, nil, function(env)
        local s, ann = env.session(), env.User { name = "ann", posts = { env.Post { title = "p" } } }
        s:add(ann)
        s:commit()
        local stmt = am.select(env.User):options(am.joinedload(env.User.posts))
        s:scalars(stmt:execution_options { populate_existing = true }):unique():all()
        s:expire(ann)
        env.log:take()
        assert.equal("ann", ann.name)
        local log = env.log:take()
        assert.equal(1, #log)
        assert.matches("FROM users LEFT OUTER JOIN posts", log[1])
      end)
    end)
  end)

  describe("a class that shares its parent's table", function()
    it("is loaded again with its discriminator", function()
      blog.with(backend, nil, function(env)
        local s, child = env.session(), env.Child { id = 1, name = "c" }
        s:add(child)
        s:commit()
        local load = "SELECT %s FROM parents WHERE parents.id = ? AND parents.kind IN (?) [1, child]"
        env.log:take()
        assert.equal("c", child.name)
        assert.same({ load:format(
          "parents.id AS parents_id, parents.kind AS parents_kind, parents.name AS parents_name") }, env.log:take())
        s:refresh(child)
        assert.same({ load:format("parents.id, parents.kind, parents.name") }, env.log:take())
      end, function()
        local Base = am.declarative_base()
        local Parent = Base:model("Parent", { __tablename__ = "parents",
          id = am.Column(am.Integer, { primary_key = true }), kind = am.Column(am.String(10)),
          name = am.Column(am.String(10)),
          __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "parent" } })
        local Child = Base:model("Child", { __extends__ = Parent,
          __mapper_args__ = { polymorphic_identity = "child" } })
        return { Base = Base, Parent = Parent, Child = Child }
      end)
    end)
  end)

  describe("populate_existing", function()
    it("forgets changes of what does not come with the rows", function()
      with(backend, function(env, s, user)
        assert.equal("b 1", user.bio .. " " .. #user.posts)
        s.autoflush = false
        user.bio, user.age = "changed", 31
        user.posts:append(env.Post { id = 2 })
        local again = s:scalars(am.select(env.User), nil, { populate_existing = true }):unique():one()
        assert.equal(user, again)
        assert.equal("b 30 1", ("%s %d %d"):format(user.bio, user.age, #user.posts))
        assert.is_false(s.dirty:contains(user))
      end)
    end)

    it("leaves columns alone that an option keeps out of the statement", function()
      with(backend, function(env, s, user)
        assert.equal(30, user.age)
        local stmt = am.select(env.User):options(am.load_only(env.User.name), am.lazyload(env.User.tags))
        s:scalars(stmt, nil, { populate_existing = true }):all()
        env.log:take()
        assert.equal(30, user.age)
        assert.equal(0, #env.log:take())
      end)
    end)
  end)

  describe("an object whose relationship came with contains_eager()", function()
    it("is loaded again without it", function()
      with(backend, function(env, s)
        local stmt = am.select(env.Post):join(env.Post.author):options(
          am.contains_eager(env.Post.author):options(am.joinedload(env.User.posts)))
        local post = s:scalars(stmt):unique():one()
        s:expire(post)
        env.log:take()
        assert.equal(1, post.user_id)
        assert.is_nil(env.log:take()[1]:find("users"))
      end)
    end)
  end)

  describe("a deferred column", function()
    it("that was expired by name still comes by itself", function()
      with(backend, function(env, s, user)
        assert.equal("b 30", user.bio .. " " .. user.age)
        s:expire(user, { "bio", "age" })
        env.log:take()
        assert.equal("30 b", user.age .. " " .. user.bio)
        assert.equal(2, #env.log:take())
      end)
    end)

    it("comes with the others once it was expired, if just an option deferred it", function()
      with(backend, function(env, s)
        for _, option in ipairs { am.defer(env.User.age), am.defer(env.User.age, { raiseload = true }) } do
          for _, names in ipairs { { "age", "name" }, false } do
            s:expunge_all()
            local user = s:scalars(am.select(env.User):where(env.User.age:eq(30)):options(option)):first()
            s:expire(user, names or nil)
            env.log:take()
            assert.is_string(user.name)
            assert.equal(30, user.age)
            assert.equal(1, #env.log:take())
          end
        end
      end)
    end)

    it("that an option brought is deferred again once the object was expired", function()
      with(backend, function(env, s)
        for _, option in ipairs { am.undefer(env.User.bio), am.undefer("*") } do
          s:expunge_all()
          local user = s:scalars(am.select(env.User):where(env.User.age:eq(30)):options(option)):first()
          assert.is_false(am.inspect(user).unloaded:contains("bio"))
          s:commit()
          assert.equal(30, user.age)
          assert.is_true(am.inspect(user).unloaded:contains("bio"))
        end
      end)
    end)
  end)

  describe("lazy = 'raise'", function()
    it("does not stop cascades, flush and merge", function()
      with(backend, function(env, s)
        local post = s:get(env.Post, 1)
        raises("InvalidRequestError", function() return post.author end, "not available due to lazy='raise'")
        s:delete(post)
        s:flush()
        s:rollback()
        local merged = s:merge(env.Post { id = 1, author = env.User { id = 1, name = "ann" } })
        assert.equal("ann", merged.author.name)
      end)
    end)
  end)

  describe("get()", function()
    it("takes an empty list of options", function()
      with(backend, function(env, s, user) assert.equal(user, s:get(env.User, 1, { options = {} })) end)
    end)

    it("with an empty list of names means the whole object", function()
      with(backend, function(_, s, user, _, loaded)
        user.name = "changed"
        s:refresh(user, {})
        assert.equal("ann", user.name)
        s:expire(user, {})
        assert.equal("", loaded())
      end)
    end)

    it("tells which attributes are expired still", function()
      with(backend, function(env, s, user)
        local function expired()
          local list = { unpack(am.inspect(user).expired_attributes) }
          table.sort(list)
          return table.concat(list, " ")
        end
        assert.equal("age bio id name posts tags", expired()) -- the commit of all
        s:scalars(am.select(env.User)):unique():all()
        assert.equal("bio posts", expired()) -- which the rows did not bring
        assert.equal("b", user.bio)
        assert.equal("", expired()) -- a column was read
        s:refresh(user)
        assert.equal("bio posts", expired())
        s:expire(user, { "age" })
        user.age = 5
        assert.equal("age bio posts", expired())
        s:expunge(user)
        assert.equal("age bio posts", expired())
        am.make_transient(user)
        assert.equal("", expired())
      end)
    end)

    it("locks the row of a known object and leaves its changes alone", function()
      with(backend, function(env, s, user)
        local plain = { with_for_update = true, options = { am.lazyload "*" } }
        user.name = "changed"
        s:no_autoflush(function() assert.equal(user, s:get(env.User, 1, plain)) end)
        assert.equal("changed", user.name)
        assert.is_true(am.inspect(user).modified)
      end)
    end)

    it("takes with_for_update = false for none", function()
      with(backend, function(env, s, user)
        assert.equal("ann", user.name)
        env.log:take()
        assert.equal(user, s:get(env.User, 1, { with_for_update = false }))
        assert.same({}, env.log:take())
      end)
    end)
  end)
end)
