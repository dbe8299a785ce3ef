-- Lists and sets that are changed with Lua's own means: nothing is lost, events and cascades follow at the next flush.
local am = require "alchemoon"
local backends = require "support.backends"
local executed = require "support.executed"
local garbage = require "support.garbage"
local raises_exc = require("support.init").raises_exc

backends.each(function(backend)
  describe("a collection changed behind its methods", function()
    local Base, User, Post, Tag, engine, session, user, log

    setup(function()
      backend.reset()
      Base = am.declarative_base()
      User = Base:model("User", {
        __tablename__ = "users",
        id = am.Column(am.Integer, { primary_key = true }),
        posts = am.relationship("Post", { back_populates = "user", cascade = "all, delete-orphan",
          order_by = "Post.id" }),
        tags = am.relationship("Tag", { collection_class = "set", order_by = "Tag.name" }),
      })
      Post = Base:model("Post", {
        __tablename__ = "posts",
        id = am.Column(am.Integer, { primary_key = true }),
        title = am.Column(am.Text),
        user_id = am.Column(am.ForeignKey("users.id")),
        user = am.relationship("User", { back_populates = "posts" }),
      })
      Tag = Base:model("Tag", {
        __tablename__ = "tags",
        name = am.Column(am.String(10), { primary_key = true }),
        user_id = am.Column(am.ForeignKey("users.id")),
      })
      User.titles = am.association_proxy("posts", "title", {
        creator = function(title) return Post{ title = title } end })
      engine = am.create_engine(backend.url)
      Base.metadata:create_all(engine)
    end)
    teardown(function() engine:dispose() end)

    before_each(function()
      session = am.Session(engine)
      user = User{ posts = { Post{ title = "a" }, Post{ title = "b" } }, tags = { Tag{ name = "x" } } }
      session:add(user)
      session:commit()
      log = executed.record(engine)
    end)
    after_each(function()
      session:rollback()
      session:delete(user)
      for _, tag in ipairs(session:scalars(am.select(Tag)):all()) do session:delete(tag) end
      session:commit()
      session:close()
    end)

    local function titles()
      local list = {}
      for _, title in ipairs(session:scalars(am.select(Post.title):order_by(Post.title)):all()) do
        list[#list + 1] = title
      end
      return table.concat(list, " ")
    end

    it("takes table.insert and table.remove, at the end and at the front", function()
      table.insert(user.posts, Post{ title = "c" })
      session:commit()
      assert.equal("a b c", titles())
      table.insert(user.posts, 1, Post{ title = "d" })
      session:commit()
      assert.equal("a b c d", titles())
      assert.equal("a", table.remove(user.posts, 1).title)
      session:commit()
      assert.equal("b c d", titles())
      table.remove(user.posts)
      session:commit()
      assert.equal(2, #user.posts)
    end)

    it("takes an assignment over an item, and of nil", function()
      local old, new = user.posts[1], Post{ title = "z" }
      user.posts[1] = new
      session:flush()
      assert.equal(user, new.user)
      assert.is_true(am.inspect(old).deleted)
      assert.equal("b z", titles())
      user.posts[2] = nil
      session:flush()
      assert.equal("z", titles())
      assert.equal(new, user.posts[1])
    end)

    it("goes together with the methods, called before anybody has looked", function()
      rawset(user.posts, 3, Post{ title = "c" }) -- as table.insert does in LuaJIT
      rawset(user.posts, 4, Post{ title = "d" })
      user.posts:set(4, Post{ title = "e" })
      user.posts:insert(5, Post{ title = "f" })
      user.posts:append(Post{ title = "g" })
      session:commit()
      assert.equal("a b c e f g", titles())
      assert.equal(6, #user.posts)
    end)

    it("goes together with another list, assigned before anybody has looked", function()
      local c = Post{ title = "c" }
      rawset(user.posts, 3, c)
      user.posts = { user.posts[1], c }
      session:commit()
      assert.equal("a c", titles())
      assert.same({ user, 2 }, { c.user, #user.posts })
    end)

    it("keeps the order that the program gave", function()
      table.insert(user.posts, 1, Post{ title = "first" })
      table.sort(user.posts, function(a, b) return a.title > b.title end)
      session:flush()
      assert.same({ "first", "b", "a" }, { user.posts[1].title, user.posts[2].title, user.posts[3].title })
    end)

    it("tells listeners, history and session.dirty", function()
      local seen = {}
      local function appended(_, item) seen[#seen + 1] = "append " .. item.title end
      local function removed(_, item) seen[#seen + 1] = "remove " .. item.title end
      am.event.listen(User.posts, "append", appended)
      am.event.listen(User.posts, "remove", removed)
      local post = Post{ title = "y" }
      user.posts[2] = post
      local history = am.inspect(user).attrs.posts.history
      assert.same({ { post }, 1, 1 }, { history.added, #history.unchanged, #history.deleted })
      assert.is_true(session.dirty:contains(user))
      assert.is_true(session:is_modified(user))
      assert.same({ "remove b", "append y" }, seen)
      am.event.remove(User.posts, "append", appended)
      am.event.remove(User.posts, "remove", removed)
    end)

    it("is seen by the next query's autoflush", function()
      table.insert(user.posts, Post{ title = "c" })
      assert.equal("a b c", titles())
    end)

    it("is not lost with its object", function()
      local id = user.id
      session:expunge_all()
      table.insert(session:get(User, id).posts, Post{ title = "c" })
      collectgarbage()
      collectgarbage()
      session:commit()
      assert.equal("a b c", titles())
      user = session:get(User, id)
    end)

    it("is not lost with its object when a query has looked at the collection before", function()
      local id = user.id
      session:expunge_all()
      garbage.lose(function()
        local posts = session:get(User, id).posts
        assert.equal("a b", titles())
        posts[1] = Post{ title = "c" }
      end)
      garbage.collect()
      session:commit()
      assert.equal("b c", titles())
      user = session:get(User, id)
    end)

    it("is not lost with its object when many others are read afterwards", function()
      local id, others = user.id, {}
      for i = 1, 1001 do others[i] = User{} end
      session:add_all(others)
      session:commit()
      session:expunge_all()
      others = session:scalars(am.select(User):where(User.id:ne(id)):options(am.selectinload(User.posts))):all()
      garbage.lose(function()
        local posts = session:get(User, id).posts
        assert.equal("a b", titles())
        posts[1] = Post{ title = "c" }
      end)
      for _, other in ipairs(others) do assert.equal(0, #other.posts) end
      session:flush()
      garbage.collect()
      session:commit()
      assert.equal("b c", titles())
      session:execute(am.delete(User):where(User.id:ne(id)))
      session:commit()
      user = session:get(User, id)
    end)

    it("holds no object longer than the transaction", function()
      local weak = setmetatable({}, { __mode = "v" })
      session.expire_on_commit = false
      garbage.lose(function()
        assert.equal(2, #user.posts)
        session:flush()
        weak[1], user = user, nil
      end)
      session:commit()
      garbage.collect()
      assert.is_nil(weak[1])
      user = session:scalars(am.select(User)):first()
    end)

    it("is found where the program kept the collection", function()
      local posts = user.posts
      titles() -- an autoflush has looked at it
      table.insert(posts, Post{ title = "c" })
      session:commit()
      assert.equal("a b c", titles())
    end)

    it("takes what happened before the object entered the session", function()
      local other = User{}
      local posts = other.posts
      table.insert(posts, Post{ title = "n" })
      session:add(other)
      assert.equal(other, posts[1].user)
      table.insert(posts, Post{ title = "o" })
      session:commit()
      assert.equal(2, #other.posts)
      session:delete(other)
      session:commit()
    end)

    it("raises for what is no object of the class, once, and keeps the rest", function()
      raises_exc("ArgumentError", function()
        table.insert(user.posts, Tag{ name = "wrong" }) -- Lua 5.4 asks the list for a new place
        session:flush()
      end, "Tag")
      session:rollback()
      assert.equal("a b", titles())
      assert.equal(2, #user.posts)
    end)

    it("is forgotten with the session's objects", function()
      assert.equal(2, #user.posts)
      session:close()
      local weak = setmetatable({}, { __mode = "v" })
      garbage.lose(function() weak[1], user = user, nil end)
      garbage.collect()
      assert.is_nil(weak[1])
      user = session:scalars(am.select(User)):first()
    end)

    it("works in a set", function()
      table.insert(user.tags, Tag{ name = "y" })
      session:flush()
      assert.is_true(user.tags:contains(session:get(Tag, "y")))
      table.remove(user.tags, 1)
      session:commit()
      assert.is_nil(session:get(Tag, "x").user_id)
      assert.equal(1, #user.tags)
    end)

    it("works through an association proxy", function()
      table.insert(user.titles, "c")
      session:flush()
      assert.equal("a b c", titles())
      assert.equal("c", table.remove(user.titles))
      user.titles:append("d")
      session:flush()
      assert.equal("a b d", titles())
      assert.is_true(user.titles:contains("d"))
    end)

    it("shows pairs() its items alone, where Lua lets it", function()
      if _VERSION == "Lua 5.1" then return end
      local seen = {}
      for i, item in pairs(user.posts) do seen[i] = item.title end
      for _, item in pairs(user.tags) do seen[#seen + 1] = item.name end
      for _, title in pairs(user.titles) do seen[#seen + 1] = title end
      assert.same({ "a", "b", "x", "a", "b" }, seen)
    end)

    it("works in a class of the program's own", function()
      local Shelf = {}
      function Shelf:first() return self[1] end
      function Shelf:remove(item)
        for i = #self, 1, -1 do
          if self[i] == item then table.remove(self, i) end
        end
      end
      local Own = am.declarative_base()
      local Box = Own:model("Box", { __tablename__ = "boxes", id = am.Column(am.Integer, { primary_key = true }),
        items = am.relationship("Item", { collection_class = Shelf, back_populates = "box" }) })
      local Item = Own:model("Item", { __tablename__ = "items", id = am.Column(am.Integer, { primary_key = true }),
        box_id = am.Column(am.ForeignKey("boxes.id")), box = am.relationship("Box", { back_populates = "items" }) })
      Own.metadata:create_all(engine)
      am.Session(engine, function(s)
        local box = Box{ items = { Item{}, Item{} } }
        s:add(box)
        s:commit()
        local first, new = box.items:first(), Item{}
        table.insert(box.items, new)
        box.items:remove(first)
        assert.equal(box, new.box)
        assert.is_nil(first.box)
        s:commit()
        assert.equal(2, #box.items)
        assert.is_nil(first.box_id)
      end)
      Own.metadata:drop_all(engine)
    end)

    it("costs no statement when nothing happened", function()
      local _ = #user.posts + #user.tags
      log:take()
      session:flush()
      assert.same({}, log:take())
    end)
  end)
end)
