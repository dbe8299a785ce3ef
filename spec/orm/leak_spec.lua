-- What an application does again and again leaves nothing behind, neither in Lua nor in C.
local am = require "alchemoon"
local resources = require "support.resources"

describe("again and again", function()
  local engine, session, User, Post
  setup(function()
    engine = am.create_engine("sqlite://")
    local Base = am.declarative_base()
    User = Base:model("User", {
      __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(50)),
      posts = am.relationship("Post", { back_populates = "author", cascade = "all, delete-orphan" }),
    })
    Post = Base:model("Post", {
      __tablename__ = "posts", id = am.Column(am.Integer, { primary_key = true }), title = am.Column(am.String(50)),
      author_id = am.Column(am.ForeignKey("users.id")),
      author = am.relationship("User", { back_populates = "posts" }),
    })
    Base.metadata:create_all(engine)
    session = am.Session(engine)
    session:add(User{ id = 1, name = "ann", posts = { Post{ title = "one" } } })
    session:commit()
  end)
  teardown(function()
    session:close()
    engine:dispose()
  end)

  local function grows_not(fn) resources.assert_no_growth(fn, { rounds = 300, process = 400, lua = 8 }) end

  for _, name in ipairs{ "selectinload", "joinedload", "subqueryload", "lazyload", "raiseload" } do
    it(name, function()
      grows_not(function() session:scalars(am.select(User):options(am[name](User.posts))):unique():all() end)
    end)
  end

  it("with_loader_criteria, options of one's own", function()
    grows_not(function()
      session:scalars(am.select(User):options(am.selectinload(User.posts), am.with_loader_criteria(Post, function(cls)
        return cls.title:ne("two")
      end), am.UserDefinedOption("mine"))):all()
    end)
  end)

  it("aliases, subqueries, bundles", function()
    grows_not(function()
      local alias = am.aliased(User)
      session:scalars(am.select(alias):where(alias.name:eq("ann"))):all()
      session:execute(am.select(am.Bundle("b", User.id, User.name))):all()
      local sub = am.select(User):cte("q")
      session:execute(am.select(sub.c.id)):all()
    end)
  end)

  it("a session closed over changes that refer to each other", function()
    grows_not(function()
      local other = am.Session(engine)
      local user = other:get(User, 1)
      assert(user.posts[1].author == user)
      user.posts:append(Post{ title = "two" })
      other:close()
    end)
  end)

  it("flush, expire, delete, roll back", function()
    grows_not(function()
      local user = User{ name = "bob" }
      session:add(user)
      user.posts:append(Post{ title = "two" })
      session:flush()
      session:expire(user)
      assert(user.name == "bob")
      session:delete(user)
      session:flush()
      session:rollback()
    end)
  end)
end)
