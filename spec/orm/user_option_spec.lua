-- User-defined options, re-executed statements, frozen results: what caches of one's own are made of.
local am = require "alchemoon"
local executed = require "support.executed"

describe("a listener of do_orm_execute", function()
  local engine, Session, User, Post, log

  before_each(function()
    engine = am.create_engine "sqlite://"
    local Base = am.declarative_base()
    User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String(20)), posts = am.relationship("Post", { back_populates = "author" }) })
    Post = Base:model("Post", { __tablename__ = "posts", id = am.Column(am.Integer, { primary_key = true }),
      author_id = am.Column(am.ForeignKey("users.id")),
      author = am.relationship("User", { back_populates = "posts" }) })
    Base.metadata:create_all(engine)
    Session = am.sessionmaker(engine)
    Session:begin(function(session)
      session:add_all { User { name = "ann", posts = { Post {}, Post {} } }, User { name = "bob" } }
    end)
    log = executed.record(engine)
  end)
  after_each(function() engine:dispose() end)

  it("sees user-defined options, and those that propagate in lazy loads too", function()
    local seen = {}
    am.event.listen(Session, "do_orm_execute", function(context)
      local payloads = {}
      for i, option in ipairs(context.user_defined_options) do payloads[i] = option.payload end
      local path = context.loader_strategy_path -- empty when attributes of the object itself are loaded
      local is_nested = path and #path > 0
      seen[#seen + 1] = table.concat(payloads, ",") .. (is_nested and " " .. tostring(path[#path]) or "")
      if is_nested then
        assert.equal(("ORM Path[%s -> %s]"):format(tostring(path[1]), tostring(path[2])), tostring(path))
      end
    end)
    Session(function(session)
      local user = session:scalars(am.select(User):order_by(User.id):options(am.UserDefinedOption "here",
        am.UserDefinedOption("everywhere", { propagate_to_loaders = true }))):first()
      assert.equal(2, #user.posts)
      session:expire(user)
      assert.equal("ann", user.name)
    end)
    assert.same({ "here,everywhere", "everywhere User.posts", "everywhere" }, seen)
  end)

  it("classes of options of one's own keep their fields", function()
    local Quota = am.UserDefinedOption.subclass "Quota"
    local found
    am.event.listen(Session, "do_orm_execute", function(context) found = context.user_defined_options[1] end)
    Session(function(session) session:execute(am.select(User):options(Quota.new { most = 5 })) end)
    assert.equal(5, found.most)
    assert.equal(Quota, getmetatable(found))
  end)

  it("may execute a statement itself, freeze the result and give it to another session", function()
    local kept = {}
    am.event.listen(Session, "do_orm_execute", function(context)
      local key = tostring(context.statement) .. tostring((context.parameters or {}).lazy_1)
        .. tostring(((context.parameters or {}).primary_keys or {})[1])
      kept[key] = kept[key] or context:invoke_statement():freeze()
      return am.merge_frozen_result(context.session, context.statement, kept[key], { load = false })()
    end, { retval = true })
    local function read(option)
      local names = {}
      Session(function(session)
        for i, user in ipairs(session:scalars(am.select(User):order_by(User.id):options(option)):unique():all()) do
          names[i] = user.name .. #user.posts
        end
      end)
      return table.concat(names, " ")
    end
    for _, option in ipairs { am.lazyload(User.posts), am.selectinload(User.posts), am.joinedload(User.posts) } do
      kept = {}
      assert.equal("ann2 bob0", read(option))
      log:take()
      assert.equal("ann2 bob0", read(option))
      assert.same({}, log:take())
    end
  end)

  it("lazy_loaded_from is the state of the object that loads", function()
    local from
    am.event.listen(Session, "do_orm_execute", function(context)
      if context.is_relationship_load then from = context.lazy_loaded_from end
    end)
    Session(function(session)
      local user = session:get(User, 1)
      local _ = #user.posts
      assert.equal(user, from.object)
      assert.equal(user, from:obj())
      assert.is_nil(from.identity_token)
    end)
  end)
end)

describe("a class of options of your own", function()
  it("is called with what the option carries, and has its own defaults", function()
    local Hint = am.UserDefinedOption.subclass { propagate_to_loaders = true }
    assert.same({ "h", true }, { Hint("h").payload, Hint("h").propagate_to_loaders })
    assert.is_false(Hint("h", { propagate_to_loaders = false }).propagate_to_loaders)
    local engine = am.create_engine "sqlite://"
    am.Session(engine, function(session)
      local seen
      am.event.listen(session, "do_orm_execute", function(state) seen = state.user_defined_options[1] end)
      session:execute(am.select(am.literal(1)):options(Hint "x"))
      assert.equal("x", seen.payload)
    end)
    engine:dispose()
  end)
end)

describe("an identity token", function()
  it("given to a statement makes objects of their own, which refresh and get under it", function()
    local engine = am.create_engine "sqlite://"
    local Base = am.declarative_base()
    local User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String(20)) })
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      session:add(User { name = "ann" })
      session:commit()
      local plain = session:get(User, 1)
      local other = session:scalars(am.select(User):execution_options { identity_token = "x" }):one()
      assert.is_true(plain ~= other)
      assert.same({ 1, "x" }, { am.inspect(other).identity_key[2][1], am.inspect(other).identity_token })
      assert.equal(other, session:get(User, 1, { identity_token = "x" }))
      session:expire(other)
      assert.equal("ann", other.name)
      assert.equal(other, session.identity_map:get(am.identity_key(User, 1, { identity_token = "x" })))
      assert.equal("x", am.identity_key { instance = other }[3])
      other.name = "anna"
      session:commit()
      assert.equal("anna", session:get(User, 1).name)
      local copy = am.Session(engine):merge(other)
      assert.equal("x", am.inspect(copy).identity_token)
      am.make_transient(other)
      assert.equal("x", am.inspect(other).identity_token)
    end)
    engine:dispose()
  end)
end)
