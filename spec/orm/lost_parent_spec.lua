-- delete-orphan, when the parent of a child is an object that nobody holds any more.
local am = require "alchemoon"
local garbage = require "support.garbage"
local raises_exc = require("support.init").raises_exc

describe("a child whose parent is garbage", function()
  local User, Post, engine, session

  before_each(function()
    local Base = am.declarative_base()
    User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
      posts = am.relationship("Post", { cascade = "all, delete-orphan" }) })
    Post = Base:model("Post", { __tablename__ = "posts", id = am.Column(am.Integer, { primary_key = true }),
      user_id = am.Column(am.ForeignKey("users.id")) })
    engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    session = am.Session(engine, { expire_on_commit = false })
  end)
  after_each(function()
    session:close()
    engine:dispose()
  end)

  it("has one nevertheless", function()
    local post = Post()
    assert.is_false(am.has_parent(User, post, "posts"))
    garbage.lose(function() User { posts = { post } } end)
    garbage.collect()
    assert.is_true(am.has_parent(User, post, "posts"))
    session:add(post)
    session:commit()
    assert.is_true(session:contains(post))
  end)

  it("is not deleted when a former one, who has not heard of that, lets go of it", function()
    local former, post = User { id = 1 }, Post { id = 1 }
    former.posts = { post }
    garbage.lose(function()
      local latter = User { id = 2 }
      session:add_all { former, latter }
      session:commit()
      latter.posts:append(post)
      session:commit()
    end)
    garbage.collect()
    assert.equal(2, post.user_id)
    raises_exc("StaleDataError", function() former.posts:remove(post) end,
      "^Removing state <Post at .*> from parent state <User at .*> along attribute 'posts', but the parent record " ..
      "has gone stale, can't be sure this is the most recent parent%.$")
    session:rollback()
    assert.same({ 2 }, session:scalars(am.select(Post.user_id)):all())
  end)

  it("is deleted when that parent, loaded again, lets go of it", function()
    local post = Post { id = 1 }
    garbage.lose(function()
      local user = User { id = 1 }
      session:add(user)
      session:commit()
      user.posts:append(post)
      session:commit()
    end)
    garbage.collect()
    session:get(User, 1).posts:remove(post)
    session:commit()
    assert.same({}, session:scalars(am.select(Post.id)):all())
  end)
end)
