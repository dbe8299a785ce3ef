-- Events of attributes, instances and mappers; validators.
local am = require "alchemoon"
local raises = require("support.init").raises_exc

local function model()
  local Base = am.declarative_base()
  local User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
    name = am.Column(am.String(50)), posts = am.relationship("Post", { back_populates = "author" }),
    check = am.validates("name", function(_, _, value)
      if value == "" then error("no name") end
      return value and value:upper()
    end) })
  local Post = Base:model("Post", { __tablename__ = "posts", id = am.Column(am.Integer, { primary_key = true }),
    author_id = am.Column(am.ForeignKey("users.id")), author = am.relationship("User", { back_populates = "posts" }) })
  return User, Post, Base
end

describe("attribute events", function()
  it("set sees new and old value and may exchange it", function()
    local User = model()
    local seen = {}
    local function watch(target, value, old, initiator)
      table.insert(seen, { target, value, old, initiator.key })
    end
    am.event.listen(User.name, "set", watch)
    am.event.listen(User.name, "set", function(_, value) return value .. "!" end, { retval = true })
    local ann = User { name = "ann" }
    assert.equal("ANN!", ann.name)
    ann.name = "bob"
    assert.same({ ann, "ANN", am.NO_VALUE, "name" }, seen[1])
    assert.same({ ann, "BOB", "ANN!", "name" }, seen[2])
    am.event.remove(User.name, "set", watch)
    ann.name = "x"
    assert.equal(2, #seen)
    assert.is_true(am.event.contains(User.name, "set", watch) == false)
  end)

  it("append, remove and bulk_replace of collections", function()
    local User, Post = model()
    local log = {}
    am.event.listen(User.posts, "append", function(_, _, initiator) table.insert(log, "append " .. initiator.op) end)
    am.event.listen(User.posts, "remove", function(_, _, initiator) table.insert(log, "remove " .. initiator.op) end)
    am.event.listen(User.posts, "bulk_replace", function(_, values) table.insert(log, "bulk " .. #values) end)
    am.event.listen(Post.author, "set", function(_, value) table.insert(log, "set " .. (value and "user" or "nil")) end)
    local ann, one, two = User(), Post(), Post()
    ann.posts:append(one)
    ann.posts = { two }
    two.author = nil
    assert.same({ "set user", "append append", "bulk 1", "set user", "append bulk_replace", "set nil",
      "remove bulk_replace", "remove replace", "set nil" }, log)
  end)

  it("validators refuse, change, and see removals if they ask", function()
    local User = model()
    local ok, err = pcall(function() return User { name = "" } end)
    assert.is_false(ok)
    assert.matches("no name", tostring(err))
    assert.equal("ANN", User { name = "ann" }.name)
    local log = {}
    local Base = am.declarative_base()
    local Box = Base:model("Box", { __tablename__ = "boxes", id = am.Column(am.Integer, { primary_key = true }),
      items = am.relationship("Item"), v = am.validates("items", function(_, key, item, is_remove)
        table.insert(log, key .. (is_remove and " out" or " in"))
        return item
      end, { include_removes = true }) })
    local Item = Base:model("Item", { __tablename__ = "items", id = am.Column(am.Integer, { primary_key = true }),
      box_id = am.Column(am.ForeignKey("boxes.id")) })
    local box, item = Box(), Item()
    box.items:append(item)
    box.items:remove(item)
    box.items = { item }
    assert.same({ "items in", "items out", "items in" }, log)
  end)

  it("init_scalar gives defaults, init_collection is told of collections", function()
    local User = model()
    am.event.listen(User.name, "init_scalar", function() return "anon" end, { retval = true })
    local made = 0
    am.event.listen(User.posts, "init_collection", function() made = made + 1 end)
    local ann = User()
    assert.equal("anon", ann.name)
    assert.equal(0, #ann.posts)
    assert.equal(1, made)
  end)

  it("goes to subclasses only when it propagates", function()
    local Base = am.declarative_base()
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
      x = am.Column(am.Integer), y = am.Column(am.Integer) })
    local B = Base:model("B", { __extends__ = A })
    local log = {}
    am.event.listen(A.x, "set", function(_, value) table.insert(log, "x" .. value) end, { propagate = true })
    am.event.listen(A.y, "set", function(_, value) table.insert(log, "y" .. value) end)
    local C = Base:model("C", { __extends__ = A })
    B { x = 1 }
    B { y = 2 }
    C { x = 3 }
    A { y = 4 }
    assert.same({ "x1", "x3", "y4" }, log)
  end)
end)

describe("instance and mapper events", function()
  it("init, init_failure, first_init", function()
    local User = model()
    local log = {}
    am.event.listen(User, "first_init", function() table.insert(log, "first") end)
    am.event.listen(User, "init", function(_, _, kwargs) table.insert(log, "init " .. tostring(kwargs.name)) end)
    am.event.listen(User, "init_failure", function() table.insert(log, "failure") end)
    User { name = "a" }
    User { name = "b" }
    assert.is_false((pcall(function() return User { nam = "b" } end)))
    assert.same({ "first", "init a", "init b", "init nil", "failure" }, log)
  end)

  it("listeners of a base reach classes mapped later", function()
    local Base = am.declarative_base()
    local log = {}
    am.event.listen(Base, "instrument_class", function(_, cls) table.insert(log, cls.__name__) end,
      { propagate = true })
    am.event.listen(Base, "init", function(target) table.insert(log, "init " .. getmetatable(target).__name__) end,
      { propagate = true })
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }) })
    A()
    assert.same({ "A", "init A" }, log)
  end)

  it("configuration", function()
    local log = {}
    local function before() table.insert(log, "before") end
    local function after() table.insert(log, "after") end
    am.event.listen(am.Mapper, "before_configured", before)
    am.event.listen(am.Mapper, "after_configured", after)
    local Base = am.declarative_base()
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }) })
    am.event.listen(A, "mapper_configured", function(m, cls)
      assert.equal(A, cls)
      table.insert(log, tostring(m))
    end)
    am.configure_mappers()
    am.configure_mappers()
    am.event.remove(am.Mapper, "before_configured", before)
    am.event.remove(am.Mapper, "after_configured", after)
    assert.same({ "before", "Mapper[A(a)]", "after" }, log)
    raises("InvalidRequestError", function() am.event.listen(A, "before_inset", before) end, "did you mean " ..
      "'before_insert'")
  end)

  it("raw listeners get the state", function()
    local User = model()
    local got
    am.event.listen(User.name, "set", function(state) got = state end, { raw = true })
    local ann = User { name = "x" }
    assert.equal(ann, got.object)
  end)
end)
