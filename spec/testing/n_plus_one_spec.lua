-- The N+1 detector: what it reports, with which line and remedy, and what it leaves alone.
local am = require "alchemoon"
local raises_exc = require("support.init").raises_exc

local detect = am.testing.detect_n_plus_one

describe("the N+1 detector", function()
  local engine, Session, User, Post, Tag

  before_each(function()
    engine = am.create_engine "sqlite://"
    local Base = am.declarative_base()
    User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String(20)), bio = am.deferred(am.Column(am.Text)),
      posts = am.relationship("Post", { back_populates = "author" }) })
    Post = Base:model("Post", { __tablename__ = "posts", id = am.Column(am.Integer, { primary_key = true }),
      author_id = am.Column(am.ForeignKey("users.id")), author = am.relationship("User", { back_populates = "posts" }),
      tags = am.relationship("Tag") })
    Tag = Base:model("Tag", { __tablename__ = "tags", id = am.Column(am.Integer, { primary_key = true }),
      post_id = am.Column(am.ForeignKey("posts.id")) })
    Base.metadata:create_all(engine)
    Session = am.sessionmaker(engine)
    Session:begin(function(session)
      for _ = 1, 5 do session:add(User { name = "x", posts = { Post { tags = { Tag {} } } } }) end
    end)
  end)
  after_each(function() engine:dispose() end)

  local function read_posts(session, ...)
    for _, user in ipairs(session:scalars(am.select(User):options(...)):all()) do local _ = #user.posts end
  end
  local LINE = 30 -- of the loop above

  it("reports a lazy load over the objects of one result, with its line and remedy", function()
    local reports = Session(function(session) return (detect(session, {}, function() read_posts(session) end)) end)
    assert.equal(1, #reports)
    local report = reports[1]
    assert.equal("User.posts", report.attribute)
    assert.equal(5, report.count)
    assert.matches("n_plus_one_spec%.lua:" .. LINE .. "$", report.where)
    assert.matches("n_plus_one_spec%.lua:" .. LINE .. "$", report.statement_where)
    assert.equal(":options(am.selectinload(User.posts))", report.remedy)
    assert.matches("N%+1: User%.posts was loaded one by one for 5 objects at .*; add :options%(.*%) to the statement",
      tostring(report))
  end)

  it("is content with the remedy", function()
    Session(function(session)
      local reports = detect(session, nil, function()
        read_posts(session, am.selectinload(User.posts))
        session:expunge_all()
        read_posts(session, am.autoload(User.posts))
      end)
      assert.same({}, reports)
    end)
  end)

  it("sees loads of loads, and names the whole chain", function()
    Session(function(session)
      local reports = detect(session, { threshold = 2 }, function()
        for _, user in ipairs(session:scalars(am.select(User)):all()) do
          for _, post in ipairs(user.posts) do local _ = #post.tags end
        end
      end)
      assert.equal(2, #reports)
      assert.equal(":options(am.selectinload(User.posts):selectinload(Post.tags))", reports[2].remedy)
      assert.equal(5, reports[2].count)
    end)
  end)

  it("recommends a joined load for many-to-one, and counts statements, not reads", function()
    Session(function(session)
      local reports = detect(session, nil, function()
        for _, post in ipairs(session:scalars(am.select(Post)):all()) do local _ = post.author and post.author end
      end)
      assert.same({ "Post.author", 5, ":options(am.joinedload(Post.author))" },
        { reports[1].attribute, reports[1].count, reports[1].remedy })
      session:expunge_all()
      session:scalars(am.select(User)):all()
      local users = session:scalars(am.select(User)):all()
      assert.same({}, (detect(session, nil, function()
        for _, post in ipairs(session:scalars(am.select(Post)):all()) do local _ = post.author end
      end)))
      assert.equal(5, #users)
    end)
  end)

  it("sees deferred columns and objects that are refreshed one by one", function()
    Session(function(session)
      local users
      local reports = detect(session, nil, function()
        users = session:scalars(am.select(User)):all()
        for _, user in ipairs(users) do local _ = user.bio end
        session:commit()
        for _, user in ipairs(users) do local _ = user.name end
      end)
      assert.same({ "User.bio", ":options(am.undefer(User.bio))" }, { reports[1].attribute, reports[1].remedy })
      assert.equal("User", reports[2].attribute)
      assert.matches("expire_on_commit = false", reports[2].remedy)
    end)
  end)

  it("sees columns of subclasses that a statement of the base class leaves out", function()
    local Base = am.declarative_base()
    local Firm = Base:model("Firm", { __tablename__ = "firm", id = am.Column(am.Integer, { primary_key = true }),
      staff = am.relationship("Person") })
    local Person = Base:model("Person", { __tablename__ = "person", id = am.Column(am.Integer, { primary_key = true }),
      kind = am.Column(am.String), firm_id = am.Column(am.ForeignKey "firm.id"),
      __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "person" } })
    local Clerk = Base:model("Clerk", { __extends__ = Person, desk = am.Column(am.Integer),
      __mapper_args__ = { polymorphic_identity = "clerk" } })
    Base.metadata:create_all(engine)
    Session:begin(function(session)
      session:add(Firm { staff = { Clerk { desk = 1 }, Clerk { desk = 2 }, Clerk { desk = 3 } } })
    end)
    Session(function(session)
      local reports = detect(session, nil, function()
        for _, person in ipairs(session:scalars(am.select(Person)):all()) do local _ = person.desk end
      end)
      assert.same({ "Clerk.desk", ":options(am.selectin_polymorphic(Person, { Clerk }))" },
        { reports[1].attribute, reports[1].remedy })
    end)
    Session(function(session)
      local reports = detect(session, nil, function()
        local firm = session:scalars(am.select(Firm):options(am.selectinload(Firm.staff))):one()
        for _, person in ipairs(firm.staff) do local _ = person.desk end
      end)
      assert.equal("Clerk.desk", reports[1].attribute)
    end)
  end)

  it("sees objects that were in the session already: expired ones, and those that a statement brings again", function()
    Session(function(session)
      local kept = session:scalars(am.select(User)):all()
      local reports = detect(session, {}, function()
        session:expire_all()
        for user in session:scalars(am.select(User)) do local _ = #user.posts end
      end)
      assert.equal(1, #reports)
      assert.equal("User.posts", reports[1].attribute)
      assert.equal(5, reports[1].count)
      for _, user in ipairs(kept) do session:expire(user, { "posts" }) end
      assert.equal(1, #detect(session, {}, function() read_posts(session) end))
    end)
  end)

  it("does not take loads of unrelated objects for one", function()
    Session(function(session)
      assert.same({}, (detect(session, nil, function()
        for id = 1, 5 do local _ = #session:get(User, id).posts end
      end)))
    end)
  end)

  it("raises at the load that is one too many, or tells a function", function()
    Session(function(session)
      raises_exc("InvalidRequestError", function()
        detect(session, { raise = true }, function() read_posts(session) end)
      end, "N%+1: User%.posts was loaded one by one for 3 objects")
      session:expunge_all()
      local told = {}
      detect(session, { on_report = function(report) told[#told + 1] = report.count end, threshold = 4 }, function()
        read_posts(session)
      end)
      assert.same({ 4 }, told)
    end)
  end)

  it("watches a session, a factory, an engine, or everything, until it is stopped", function()
    local other = am.create_engine "sqlite://"
    for _, target in ipairs { Session, engine, "all", other } do
      local detector = detect(target ~= "all" and target or nil, { on_report = function() end })
      Session(read_posts)
      assert.equal(target == other and 0 or 1, #detector:reports())
      if target ~= other then assert.has_error(function() detector:assert_none() end) end
      detector:stop()
      detector:stop()
      Session(read_posts)
      assert.is_true(#detector:reports() <= 1)
    end
    assert.is_nil(Session.dispatch.do_orm_execute)
    other:dispose()
  end)

  it("finds the line inside of coroutines", function()
    local reports
    local co = coroutine.create(function()
      Session(function(session) reports = detect(session, nil, function() read_posts(session) end) end)
    end)
    assert(coroutine.resume(co))
    assert.matches(":" .. LINE .. "$", reports[1].where)
    local reactor = am.reactor()
    reactor:run(function()
      Session(function(session) reports = detect(session, nil, function() read_posts(session) end) end)
    end)
    assert.matches(":" .. LINE .. "$", reports[1].where)
  end)

  it("refuses a threshold that makes no sense", function()
    raises_exc("ArgumentError", function() detect(nil, { threshold = 1 }) end, "threshold")
    raises_exc("ArgumentError", function() detect(nil, { treshold = 3 }) end, "did you mean 'threshold'")
  end)
end)
