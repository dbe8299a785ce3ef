-- What loader options said of an object when it was loaded: how long it holds, and where it goes with the object.
local am = require "alchemoon"
local raises = require("support.init").raises_exc

local Base = am.declarative_base()
local Team = Base:model("Team", { __tablename__ = "team", id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String), men = am.relationship("Man", { order_by = "Man.id" }) })
local Man = Base:model("Man", { __tablename__ = "man", id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String), team_id = am.Column(am.ForeignKey "team.id") })

describe("the loader options of an object", function()
  local engine, session
  before_each(function()
    engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    session = am.Session(engine)
    session:add(Team { id = 1, name = "t", men = { Man { id = 1, name = "a" }, Man { id = 2, name = "b" } } })
    session:commit()
  end)
  after_each(function()
    session:close()
    engine:dispose()
  end)

  local function loaded(...)
    session:expunge_all()
    return session:scalars(am.select(Team):options(...)):one()
  end
  local only_a = am.with_loader_criteria(Man, Man.name:eq "a")

  it("go with it into another session, detached or merged", function()
    local team, other = loaded(only_a), am.Session(engine)
    session:expunge(team)
    other:add(team)
    assert.equal(1, #team.men)
    other:close()
    team = loaded(only_a)
    local merged = other:merge(team)
    assert.equal(1, #merged.men)
    other:rollback()
    assert.equal(merged, other:get(Team, 1))
    assert.equal(1, #merged.men)
    other:close()
    merged = other:merge(team, { load = false })
    assert.equal(1, #merged.men)
    other:close()
  end)

  it("forbid what a statement forbids to an object that its session has just stored", function()
    local function stored()
      session:rollback()
      local team = Team { name = "new" }
      session:add(team)
      session:scalars(am.select(Team):options(am.raiseload(Team.men))):all()
      session:execute(am.text "UPDATE team SET name = 'other'")
      return team
    end
    local team = stored()
    raises("InvalidRequestError", function() return team.men end, "is not available due to lazy=")
    session:expire(team)
    assert.equal("other", team.name)
    assert.equal(0, #team.men)
    team = stored()
    session:commit()
    assert.equal("other", team.name)
    assert.equal(0, #team.men)
    local nameless = Team {}
    session:add(nameless)
    session:scalars(am.select(Team):options(am.raiseload(Team.men))):all()
    session:execute(am.text "UPDATE team SET name = 'third'")
    assert.is_nil(nameless.name) -- its INSERT left it out, and it stays known
    session:expire_all()
    assert.equal("third", nameless.name)
  end)

  it("forbid nothing to an object that is expired as a whole", function()
    for _, option in ipairs { am.raiseload(Team.men), am.raiseload "*", am.raiseload(Team.men, { sql_only = true }) } do
      local team = loaded(option)
      raises("InvalidRequestError", function() return team.men end, "is not available due to lazy=")
      session:expire(team)
      assert.equal(2, #team.men)
      team = loaded(option)
      session:commit()
      assert.equal(2, #team.men)
    end
  end)

  it("forbid again what they name once the object was loaded again", function()
    local team = loaded(am.raiseload(Team.men))
    session:expire(team)
    assert.equal("t", team.name)
    raises("InvalidRequestError", function() return team.men end, "is not available due to lazy='raise'")
    team = loaded(am.raiseload "*")
    session:expire(team)
    assert.equal("t", team.name)
    assert.equal(2, #team.men)
  end)

  it("say nothing of an attribute that is expired by itself, except that it may not be loaded", function()
    local team = loaded(am.noload(Team.men))
    assert.equal(0, #team.men)
    session:expire(team, { "men" })
    assert.equal(2, #team.men)
    team = loaded(am.raiseload "*")
    session:expire(team, { "men" })
    raises("InvalidRequestError", function() return team.men end, "is not available due to lazy='raise'")
  end)

  it("are forgotten once a query brings the object back that had been expired", function()
    for _, option in ipairs { am.raiseload(Team.men), am.noload(Team.men) } do
      local team = loaded(option)
      session:expire(team)
      session:scalars(am.select(Team)):all()
      assert.equal(2, #team.men)
    end
    local team = loaded(am.noload(Team.men))
    session:commit()
    assert.equal(0, #team.men) -- a refresh of its own keeps them
  end)

  it("reach objects that the session had already, until these are refreshed", function()
    for _, option in ipairs { am.raiseload(Team.men), am.raiseload "*", am.raiseload(Team.men, { sql_only = true }) } do
      session:expunge_all()
      local team = session:get(Team, 1)
      session:scalars(am.select(Team):options(option)):all()
      raises("InvalidRequestError", function() return team.men end, "is not available due to lazy=")
      session:expire(team)
      assert.equal("t", team.name)
      assert.equal(2, #team.men)
      session:scalars(am.select(Team):options(option)):all()
      assert.equal(2, #team.men) -- it is there already
    end
  end)

  it("do not include those that name no class: what is loaded anew is loaded as the class says", function()
    local Eager = am.declarative_base()
    local Wing = Eager:model("Wing", { __tablename__ = "wing", id = am.Column(am.Integer, { primary_key = true }),
      bird_id = am.Column(am.ForeignKey "bird.id") })
    local Bird = Eager:model("Bird", { __tablename__ = "bird", id = am.Column(am.Integer, { primary_key = true }),
      wings = am.relationship(Wing, { lazy = "joined" }) })
    Eager.metadata:create_all(engine)
    session:add(Bird { id = 1, wings = { Wing {}, Wing {} } })
    session:commit()
    for _, option in ipairs { "lazyload", "raiseload", "noload" } do
      session:expunge_all()
      local bird = session:get(Bird, 1, { options = { am[option] "*" } })
      session:refresh(bird)
      assert.is_false(am.inspect(bird).unloaded:contains "wings")
      assert.equal(2, #bird.wings)
    end
    session:expunge_all()
    local bird = session:get(Bird, 1, { options = { am.defer "*" } })
    assert.is_true(am.inspect(bird.wings[1]).unloaded:contains "bird_id") -- said of what is loaded along, too
  end)

  it("leave nothing behind of noload('*')", function()
    local team = loaded(am.noload "*")
    assert.equal(0, #team.men)
    session:refresh(team)
    assert.equal(2, #team.men)
  end)
end)
