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
    -- listeners that came before the mapper was configured come before the validator
    assert.same({ ann, "ann", am.NO_VALUE, "name" }, seen[1])
    assert.same({ ann, "bob", "ANN!", "name" }, seen[2])
    am.event.listen(User.name, "set", function(_, value) table.insert(seen, value) end)
    ann.name = "joe"
    assert.same({ ann, "joe", "BOB!", "name" }, seen[3])
    assert.equal("JOE!", seen[4])
    am.event.remove(User.name, "set", watch)
    ann.name = "x"
    assert.equal(5, #seen)
    assert.is_true(am.event.contains(User.name, "set", watch) == false)
  end)

  it("a listener that comes late hears of changes to what was changed before", function()
    local Base = am.declarative_base()
    local Item = Base:model("Item", { __tablename__ = "items", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String(50)) })
    local engine = am.create_engine("sqlite://")
    Base.metadata:create_all(engine)
    local session = am.Session(engine)
    local item = Item { name = "a" }
    session:add(item)
    session:commit()
    local seen = {}
    local function watch(_, value, old) table.insert(seen, old .. ">" .. value) end
    assert.equal("a", item.name)
    for _, name in ipairs { "b", "c" } do item.name = name end
    am.event.listen(Item.name, "set", watch)
    item.name = "d"
    am.event.remove(Item.name, "set", watch)
    item.name = "e"
    assert.same({ "c>d" }, seen)
    assert.same({ "a" }, am.inspect(item).attrs.name.history.deleted)
    session:commit()
    assert.equal("e", session:scalar(am.select(Item.name)))
    session:close()
    engine:dispose()
  end)

  it("append, remove and bulk_replace of collections", function()
    local User, Post = model()
    local log = {}
    for _, name in ipairs { "append", "remove" } do
      am.event.listen(User.posts, name, function(_, _, token) table.insert(log, name .. " " .. token.op.name) end)
    end
    am.event.listen(User.posts, "bulk_replace", function(_, values) table.insert(log, "bulk " .. #values) end)
    am.event.listen(Post.author, "set", function(_, value) table.insert(log, "set " .. (value and "user" or "nil")) end)
    local ann, one, two = User(), Post(), Post()
    ann.posts:append(one)
    ann.posts = { two }
    two.author = nil
    assert.same({ "append APPEND", "set user", "bulk 1", "append BULK_REPLACE", "set user", "remove BULK_REPLACE",
      "set nil", "remove REPLACE", "set nil", "remove REPLACE" }, log)
  end)

  it("every listener of remove hears of the item, whatever the ones before it return", function()
    local User, Post = model()
    local heard, ann, one = {}, User(), Post()
    for i = 1, 3 do
      am.event.listen(User.posts, "remove", function(_, post) heard[i] = post == one end)
    end
    am.event.listen(User.posts, "remove", function() return Post() end, { retval = true })
    am.event.listen(User.posts, "remove", function(_, post) heard[4] = post == one end)
    ann.posts = { one }
    ann.posts:remove(one)
    assert.same({ true, true, true, true }, heard)
    one.author = ann
    heard = {}
    one.author = nil
    assert.same({ true, true, true, true }, heard)
  end)

  it("listeners that come after configuration hear of a change after the other side has followed", function()
    local User, Post = model()
    am.configure_mappers()
    local log = {}
    am.event.listen(User.posts, "append", function(_, post) table.insert(log, post.author and "late" or "early") end)
    User().posts:append(Post())
    am.event.listen(User.posts, "append", function(_, post) table.insert(log, post.author and "late" or "early") end,
      { insert = true })
    User().posts:append(Post())
    assert.same({ "late", "early", "late" }, log)
  end)

  it("append_wo_mutation tells of items that are there already, include_key of their place", function()
    local User, Post = model()
    local log, ann, one, two = {}, User(), Post(), Post()
    ann.posts = { one }
    local function note(name)
      return function(_, _, _, where) table.insert(log, name .. " " .. tostring(where.key)) end
    end
    for _, name in ipairs { "append", "append_wo_mutation", "remove" } do
      am.event.listen(User.posts, name, note(name), { include_key = true })
    end
    ann.posts = { two, one }
    ann.posts:insert(1, Post())
    ann.posts:pop(1)
    assert.same({ "append EventConstants.NO_KEY", "append_wo_mutation EventConstants.NO_KEY", "append 1", "remove 1" },
      log)
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

  it("two validators of one attribute are refused", function()
    local Base = am.declarative_base()
    local function check(_, _, value) return value end
    local body = { __tablename__ = "d", id = am.Column(am.Integer, { primary_key = true }), q = am.Column(am.Integer),
      one = am.validates("q", check), two = am.validates("q", check) }
    raises("InvalidRequestError", function() Base:model("D", body) end,
      "A validation function for mapped attribute 'q' on mapper Mapper%[D%(d%)%] already exists")
    local E = Base:model("E", { __tablename__ = "e", id = am.Column(am.Integer, { primary_key = true }),
      q = am.Column(am.Integer), one = am.validates("q", check) })
    raises("InvalidRequestError", function()
      Base:model("F", { __extends__ = E, two = am.validates("q", check) })
    end, "mapped attribute 'q' on mapper Mapper%[F%(e%)%]")
    Base:model("G", { __extends__ = E, one = am.validates("q", check) })
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
    raises("ArgumentError", function() ann.posts = 5 end)
    assert.equal(2, made) -- before the value is looked at, as in Python
  end)

  it("init_scalar is told of references to objects, too", function()
    local User, Post = model()
    local told = {}
    am.event.listen(Post.author, "init_scalar", function(post, value) told[#told + 1] = { post, value } end)
    local post = Post {}
    assert.is_nil(post.author)
    assert.same({ { post } }, told)
    local ann = User { name = "ann" }
    post.author = ann
    assert.equal(ann, post.author)
    assert.equal(1, #told)
  end)

  it("what init_scalar puts into the values is no change, but is stored", function()
    local User = model()
    am.event.listen(User.name, "init_scalar", function(_, _, values)
      values.name = "anon"
      return "anon"
    end, { retval = true })
    local ann = User()
    assert.equal("anon", ann.name)
    assert.same({ "anon" }, am.inspect(ann).attrs.name.history.unchanged)
    assert.is_false(am.inspect(ann).modified)
    assert.equal("anon", am.inspect(ann).dict.name)
  end)

  it("init_scalar is told of a column that the INSERT left out, and what it puts there is not stored", function()
    local User, _, Base = model()
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    local told = 0
    am.event.listen(User.name, "init_scalar", function(_, _, values)
      told, values.name = told + 1, "anon"
      return "anon"
    end, { retval = true })
    am.Session(engine, function(session)
      local ann = User()
      session:add(ann)
      session:flush()
      assert.equal(0, told)
      assert.equal("anon", ann.name)
      assert.equal("anon", ann.name)
      assert.equal(1, told)
      assert.is_false(session:is_modified(ann))
      session:commit()
      assert.is_nil(ann.name)
      assert.equal(1, told)
    end)
    engine:dispose()
  end)

  it("instrumentation is heard of for every class below, and for every attribute once it is configured", function()
    local Base, log = am.declarative_base(), {}
    am.event.listen(Base, "class_instrument", function(cls) log[#log + 1] = tostring(cls) end)
    am.event.listen(Base, "class_uninstrument", function(cls) log[#log + 1] = "not " .. tostring(cls) end)
    am.event.listen(Base, "attribute_instrument", function(cls, key, attribute)
      log[#log + 1] = tostring(attribute)
      assert.equal(cls[key], attribute)
    end)
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }) })
    am.event.listen(A, "class_instrument", function() log[#log + 1] = "below A" end)
    Base:model("B", { __extends__ = A, x = am.Column(am.Integer) })
    am.configure_mappers()
    assert.same({ "<class 'A'>", "<class 'B'>", "below A", "A.id", "B.id", "B.x" }, log)
    Base.registry:dispose()
    assert.equal("not <class 'A'>", log[7])
  end)

  it("attributes are heard of in the order of the mapper, for later subclasses too", function()
    local Base, log = am.declarative_base(), {}
    am.event.listen(Base, "attribute_instrument", function(cls, key) log[#log + 1] = cls.__name__ .. "." .. key end,
      { propagate = true })
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
      b_id = am.Column(am.ForeignKey "b.id"), b = am.relationship("B", { backref = "all_a" }) })
    Base:model("B", { __tablename__ = "b", id = am.Column(am.Integer, { primary_key = true }) })
    am.configure_mappers()
    assert.equal("B.all_a A.b A.id A.b_id B.id", table.concat(log, " "))
    Base:model("C", { __extends__ = A })
    am.configure_mappers()
    assert.equal("C.b C.id C.b_id", table.concat(log, " ", 6))
  end)

  it("a mixin stands for all classes that use it", function()
    local Base, log = am.declarative_base(), {}
    local Watched = {}
    local function note(name, options)
      am.event.listen(Watched, name, function(target) log[#log + 1] = name .. " " .. target.__mapper__.class_name end,
        options)
    end
    am.event.listen(Watched, "mapper_configured", function(_, cls) log[#log + 1] = "mapper " .. cls.__name__ end,
      { propagate = true })
    note("init", { propagate = true })
    local A = Base:model("A", { __tablename__ = "a", __mixins__ = { Watched },
      id = am.Column(am.Integer, { primary_key = true }) })
    note("init_failure")
    note("init")
    Base:model("B", { __tablename__ = "b", id = am.Column(am.Integer, { primary_key = true }) }) {}
    A {}
    assert.same({ "mapper A", "init A" }, log)
    am.event.listen(Watched, "init", function() log[#log + 1] = "late" end, { propagate = true })
    A {}
    assert.same({ "init A", "late" }, { log[3], log[4] })
  end)

  it("an attribute may be named by its property", function()
    local User = model()
    local seen = {}
    local function listener(_, value) seen[#seen + 1] = value end
    am.event.listen(am.inspect(User).attrs.name, "set", listener)
    User { name = "ann" }
    assert.is_true(am.event.contains(User.name, "set", listener))
    assert.same({ "ANN" }, seen)
  end)

  it("tells where a change began, which set_attribute() hands on", function()
    local Base = am.declarative_base()
    local function id() return am.Column(am.Integer, { primary_key = true }) end
    local A = Base:model("A", { __tablename__ = "a", id = id(), x = am.Column(am.Integer) })
    local B = Base:model("B", { __tablename__ = "b", id = id(), y = am.Column(am.Integer),
      c = am.relationship("C"), c_id = am.Column(am.ForeignKey "c.id") })
    local C = Base:model("C", { __tablename__ = "c", id = id() })
    local a, b, c, log = A {}, B {}, C {}, {}
    am.event.listen(A.x, "set", function(_, value, _, initiator)
      if initiator.parent_token.parent.class == A then am.set_attribute(b, "y", value, initiator) end
      log[#log + 1] = "x " .. initiator.parent_token.key
    end)
    am.event.listen(B.y, "set", function(_, value, _, initiator)
      if initiator.parent_token.parent.class == B then am.set_attribute(a, "x", value, initiator) end
      if value == 3 then am.set_attribute(b, "c", c, initiator) end
      log[#log + 1] = "y " .. initiator.parent_token.key
    end)
    am.event.listen(B.c, "set", function(_, _, _, initiator) log[#log + 1] = "c " .. initiator.parent_token.key end)
    a.x = 1
    assert.equal(1, b.y)
    b.y = 2
    assert.equal(2, a.x)
    b.y = 3
    assert.equal(c, b.c)
    assert.same({ "y x", "x x", "x y", "y y", "x y", "c y", "y y" }, log)
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
    local D = Base:model("D", { __extends__ = C })
    B { x = 1 }
    B { y = 2 }
    C { x = 3 }
    A { y = 4 }
    D { x = 5, y = 6 }
    assert.same({ "x1", "x3", "y4", "x5" }, log)
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

  it("a listener of a class that was mapped afterwards is known, and can be taken away", function()
    local reg, Late, heard = am.registry(), { __name = "Late" }, 0
    local function count() heard = heard + 1 end
    for _, name in ipairs { "init", "instrument_class", "before_insert" } do
      am.event.listen(Late, name, count, { propagate = name == "before_insert" })
    end
    reg:map_imperatively(Late, am.Table("late", reg.metadata, am.Column("id", am.Integer, { primary_key = true })))
    assert.equal(1, heard)
    for _, name in ipairs { "init", "instrument_class", "before_insert" } do
      assert.is_true(am.event.contains(Late, name, count))
      am.event.listen(Late, name, count) -- once is enough
      am.event.remove(Late, name, count)
      assert.is_false(am.event.contains(Late, name, count))
    end
    Late {}
    assert.equal(1, heard)
    reg:dispose()
  end)

  it("listeners of a base and of a class are called in the order in which they were registered", function()
    local Base, log = am.declarative_base(), {}
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }) })
    local B = Base:model("B", { __extends__ = A })
    local function note(name) return function() table.insert(log, name) end end
    am.event.listen(A, "init", note "base 1", { propagate = true })
    am.event.listen(B, "init", note "own")
    am.event.listen(A, "init", note "base 2", { propagate = true })
    am.event.listen(A, "init", note "base first", { propagate = true, insert = true })
    B {}
    assert.same({ "base first", "base 1", "own", "base 2" }, log)
  end)

  it("a listener of mapper_configured may add to the mapper, and hears of it once", function()
    local Base, heard = am.declarative_base(), 0
    local function id() return am.Column(am.Integer, { primary_key = true }) end
    local Like = Base:model("Like", { __tablename__ = "likes", id = id(), song_id = am.Column(am.Integer) })
    local Song = Base:model("Song", { __tablename__ = "songs", id = id() })
    am.event.listen(Song, "mapper_configured", function()
      heard = heard + 1
      Song.likes = am.relationship(Like, { primaryjoin = Song.id:eq(am.foreign(Like.song_id)), backref = "song" })
    end)
    am.configure_mappers()
    local like = Like {}
    local song = Song { likes = { like } }
    assert.equal(song, like.song)
    assert.equal(1, heard)
  end)

  it("configuration is heard of before and after", function()
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

  it("expire comes for the objects of a session class by class, as they came, and by key", function()
    local User, Post, Base = model()
    local engine, told = am.create_engine("sqlite://"), {}
    Base.metadata:create_all(engine)
    for _, cls in ipairs { User, Post } do
      am.event.listen(cls, "expire", function(obj)
        table.insert(told, getmetatable(obj).__name .. am.inspect(obj).identity[1])
      end)
    end
    am.Session(engine, function(session)
      local kept = {}
      for _, id in ipairs { 4000, 3, 700, 11, 5 } do
        for _, cls in ipairs { User, Post } do table.insert(kept, cls { id = id }) end
      end
      session:add_all(kept)
      session:commit()
    end)
    assert.equal("User3 User5 User11 User700 User4000 Post3 Post5 Post11 Post700 Post4000", table.concat(told, " "))
  end)

  it("raw listeners get the state", function()
    local User = model()
    local got
    am.event.listen(User.name, "set", function(state) got = state end, { raw = true })
    local ann = User { name = "x" }
    assert.equal(ann, got.object)
  end)

  it("of the configuration of all mappers belong to am.Mapper: elsewhere there is a warning", function()
    local Thing = am.declarative_base():model("Thing", { __tablename__ = "thing",
      id = am.Column(am.Integer, { primary_key = true }) })
    local said = {}
    am.logging.set_handler(function(record) said[#said + 1] = record.message end)
    local function listener() end
    am.event.listen(Thing, "after_configured", listener)
    am.event.listen(am.Mapper, "after_configured", listener)
    am.event.remove(am.Mapper, "after_configured", listener)
    am.logging.set_handler(nil)
    assert.equal(1, #said)
    assert.truthy(said[1]:find("only invoke with the Mapper class", 1, true))
  end)
end)
