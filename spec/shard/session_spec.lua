-- Sharded sessions over two databases: two SQLite files, SQLite and PostgreSQL, two schemas of PostgreSQL.
local am = require "alchemoon"
local backends = require "support.backends"
local executed = require "support.executed"
local shard = require "alchemoon.shard"
local raises_exc = require("support.init").raises_exc

local ASIA, EUROPE = "asia", "europe"
local BY_CONTINENT = { Asia = ASIA, Europe = EUROPE }

local function classes(schema)
  local Base = am.declarative_base()
  local made = {}
  local number = 0
  local function next_id()
    number = number + 1
    return number
  end
  made.City = Base:model("City", { __tablename__ = "shard_cities", __table_args__ = schema and { { schema = schema } },
    id = am.Column(am.Integer, { primary_key = true, default = next_id }),
    continent = am.Column(am.String(30)),
    name = am.deferred(am.Column(am.String(50))),
    reports = am.relationship("Report", { back_populates = "city", cascade = "all, delete-orphan" }) })
  made.Report = Base:model("Report", { __tablename__ = "shard_reports",
    __table_args__ = schema and { { schema = schema } },
    id = am.Column(am.Integer, { primary_key = true }),
    city_id = am.Column(am.ForeignKey((schema and schema .. "." or "") .. "shard_cities.id")),
    temperature = am.Column(am.Integer),
    city = am.relationship("City", { back_populates = "reports" }) })
  made.metadata = Base.metadata
  return made
end

local function choosers(C)
  local function of_instance(mapper, instance)
    if getmetatable(instance) == C.City then return BY_CONTINENT[instance.continent] end
    return of_instance(mapper, instance.city)
  end
  return {
    shard_chooser = of_instance,
    identity_chooser = function(_, _, opts)
      if opts.lazy_loaded_from then return { opts.lazy_loaded_from.identity_token } end
      return { ASIA, EUROPE }
    end,
    execute_chooser = function(orm_context)
      if orm_context.is_select then
        local from = orm_context.lazy_loaded_from
        if from then return { from.identity_token } end
        for _, found in ipairs(shard.comparisons(orm_context.statement)) do
          if found.name == "continent" and found.operator == "eq" then return { BY_CONTINENT[found.value] } end
        end
      end
      return { ASIA, EUROPE }
    end,
  }
end

local function names(list)
  local out = {}
  for i, city in ipairs(list) do out[i] = city.name end
  table.sort(out)
  return out
end

local function key_of(obj)
  local key = am.inspect(obj).identity_key
  return { key[1].__mapper__.class_name, key[2][1], key[3] }
end

-- Everything that holds whatever the two databases are. `open()` → engine of Asia, engine of Europe, schema.
local function behaves(open)
  local asia, europe, C, Factory, Session, at_asia, at_europe
  local sessions = {}

  before_each(function()
    local schema
    asia, europe, schema = open()
    C = classes(schema)
    for _, engine in ipairs { asia, europe } do
      C.metadata:drop_all(engine)
      C.metadata:create_all(engine)
    end
    local opts = choosers(C)
    opts.class_, opts.shards = shard.ShardedSession, { [ASIA] = asia, [EUROPE] = europe }
    Factory = am.sessionmaker(opts)
    Session = function()
      sessions[#sessions + 1] = Factory()
      return sessions[#sessions]
    end
    Factory:begin(function(session)
      session:add_all {
        C.City { continent = "Asia", name = "Tokyo", reports = { C.Report { id = 1, temperature = 30 } } },
        C.City { continent = "Europe", name = "London", reports = { C.Report { id = 1, temperature = 10 } } },
        C.City { continent = "Europe", name = "Dublin" } }
    end)
    at_asia, at_europe = executed.record(asia), executed.record(europe)
  end)
  after_each(function()
    for _ = 1, #sessions do table.remove(sessions):close() end
    for _, engine in ipairs { asia, europe } do
      C.metadata:drop_all(engine)
      engine:dispose()
    end
  end)
  local function counts() return { #at_asia:take(), #at_europe:take() } end

  it("writes every object to its shard, and shows the shard as its identity token", function()
    local session = Session()
    local count = am.select(am.func.count(C.City.id))
    assert.equal(1, session:scalar(count, nil, { bind_arguments = { shard_id = ASIA } }))
    assert.equal(2, session:scalar(count, nil, { bind_arguments = { shard_id = EUROPE } }))
    local london = session:get(C.City, 2)
    assert.same({ "City", 2, EUROPE }, key_of(london))
    assert.equal(EUROPE, am.inspect(london).identity_token)
    session:close()
    assert.equal(EUROPE, am.inspect(london).identity_token)
  end)

  it("keeps rows with the same primary key in two shards apart", function()
    local session = Session()
    local reports = session:scalars(am.select(C.Report):order_by(C.Report.temperature)):all()
    assert.same({ { "Report", 1, ASIA }, { "Report", 1, EUROPE } }, { key_of(reports[1]), key_of(reports[2]) })
    reports[1].temperature, reports[2].temperature = 31, 11
    session:commit()
    assert.same({ 31, 11 }, { reports[1].temperature, reports[2].temperature })
    session:close()
  end)

  it("merges the rows of several shards, or asks the one that the chooser names", function()
    local session = Session()
    assert.same({ "Dublin", "London", "Tokyo" }, names(session:scalars(am.select(C.City)):all()))
    counts()
    local cities = session:scalars(am.select(C.City):where(C.City.continent:eq("Asia"))):all()
    assert.equal(1, #cities)
    assert.same({ 1, 0 }, counts())
    assert.same({ "Asia", "Europe", "Europe" },
      session:scalars(am.select(C.City.continent):order_by(C.City.id)):all())
    session:close()
  end)

  it("gets an object from the identity map, whatever its token, else from all shards", function()
    local session = Session()
    local tokyo = session:get(C.City, 1)
    assert.same({ 1, 1 }, counts())
    assert.equal(tokyo, session:get(C.City, 1))
    assert.same({ 0, 0 }, counts())
    assert.is_nil(session:get(C.City, 99))
    counts()
    assert.is_nil(session:get(C.City, 2, { identity_token = ASIA }))
    assert.same({ 1, 0 }, counts())
    session:close()
  end)

  it("refuses a primary key that several shards have", function()
    local session = Session()
    raises_exc("MultipleResultsFound", function() session:get(C.Report, 1) end,
      "when exactly one was required")
    session:close()
  end)

  it("loads deferred and expired columns from the object's own shard", function()
    local session = Session()
    local tokyo = session:get(C.City, 1)
    counts()
    assert.equal("Tokyo", tokyo.name)
    session:expire(tokyo)
    assert.equal("Asia", tokyo.continent)
    session:refresh(tokyo)
    assert.same({ 3, 0 }, counts())
    session:close()
  end)

  it("loads relationships where the choosers say, with the object that wants them", function()
    local session = Session()
    local london = session:get(C.City, 2)
    counts()
    assert.equal(10, london.reports[1].temperature)
    assert.same({ 0, 1 }, counts())
    local report = london.reports[1]
    session:expire(report, { "city" })
    assert.equal(london, report.city)
    assert.same({ 0, 0 }, counts())
    session:close()
  end)

  it("loads eagerly across shards", function()
    for _, option in ipairs { am.selectinload, am.joinedload, am.subqueryload, am.immediateload } do
      local session = Session()
      local got = {}
      for _, city in ipairs(session:scalars(am.select(C.City):options(option(C.City.reports))
        :where(C.City.name:in_ { "Tokyo", "London" })):unique():all()) do
        got[city.name] = city.reports[1].temperature
      end
      assert.same({ Tokyo = 30, London = 10 }, got)
      session:close()
    end
  end)

  it("executes a statement on all shards before what follows is loaded", function()
    local session, seen = Session(), {}
    for _, engine in ipairs { asia, europe } do
      am.event.listen(engine, "before_cursor_execute", function(_, _, text)
        seen[#seen + 1] = text:match "^SELECT.*FROM .-(shard_%w+)"
      end)
    end
    session:scalars(am.select(C.City):options(am.selectinload(C.City.reports))):all()
    assert.same({ "shard_cities", "shard_cities", "shard_reports", "shard_reports" },
      { seen[1], seen[2], seen[3], seen[#seen] })
    session:close()
  end)

  it("set_shard_id limits a statement and what follows from it", function()
    local session = Session()
    local stmt = am.select(C.City):where(C.City.name:eq("London")):options(shard.set_shard_id(EUROPE))
    local london = session:scalars(stmt:options(am.selectinload(C.City.reports))):one()
    assert.equal(1, #london.reports)
    assert.same({ 0, 2 }, counts())
    assert.is_nil(session:scalars(am.select(C.City):where(C.City.name:eq("London"))
      :options(shard.set_shard_id(ASIA))):first())
    session:close()
  end)

  it("executes texts and Core statements on the shard that bind_arguments name", function()
    local session = Session()
    local table_name = C.City.__table__
    local rows = session:execute(am.select(table_name.c.name), nil, { bind_arguments = { shard_id = ASIA } }):all()
    assert.same({ "Tokyo" }, { rows[1][1] })
    assert.equal(3, #session:execute(am.select(table_name.c.name)):all())
    assert.equal(europe, session:connection { bind_arguments = { shard_id = EUROPE } }.engine)
    session:close()
  end)

  it("updates and deletes in all shards and brings the objects up to date", function()
    for _, how in ipairs { "auto", "evaluate", "fetch" } do
      local session = Session()
      local reports = session:scalars(am.select(C.Report):order_by(C.Report.temperature)):all()
      local result = session:execute(am.update(C.Report):where(C.Report.temperature:ge(5))
        :values { temperature = C.Report.temperature + 1 }:execution_options { synchronize_session = how })
      assert.equal(2, result.rowcount)
      counts()
      assert.same({ 31, 11 }, { reports[1].temperature, reports[2].temperature })
      assert.same({ 0, 0 }, counts())
      result = session:execute(am.delete(C.Report):where(C.Report.temperature:gt(20))
        :execution_options { synchronize_session = how })
      assert.equal(1, result.rowcount)
      assert.is_true(am.inspect(reports[1]).deleted)
      assert.is_false(am.inspect(reports[2]).deleted)
      session:rollback()
      session:close()
    end
  end)

  it("deletes objects from their shard, and brings them back after a rollback", function()
    local session = Session()
    local london = session:get(C.City, 2)
    session:delete(london)
    session:flush()
    assert.is_true(am.inspect(london).deleted)
    session:rollback()
    assert.same({ "City", 2, EUROPE }, key_of(london))
    assert.equal("London", london.name)
    session:delete(london)
    session:commit()
    assert.same({ "Dublin", "Tokyo" }, names(session:scalars(am.select(C.City)):all()))
    session:close()
  end)

  it("rolls all shards back when one of them refuses", function()
    local session = Session()
    session:add(C.City { continent = "Asia", name = "Nara" })
    session:add(C.City { id = 2, continent = "Europe", name = "twice" })
    raises_exc("IntegrityError", function() session:commit() end)
    session:rollback()
    assert.same({ "Dublin", "London", "Tokyo" }, names(session:scalars(am.select(C.City)):all()))
    session:close()
  end)

  it("the legacy query limits itself with set_shard", function()
    local session = Session()
    assert.is_nil(session:query(C.City):set_shard(EUROPE):where(C.City.id:eq(1)):first())
    assert.equal("Tokyo", session:query(C.City):set_shard(ASIA):where(C.City.id:eq(1)):first().name)
    assert.equal(2, session:query(C.City):set_shard(EUROPE):count())
    session:close()
  end)

  it("merges a detached object into its shard", function()
    local session = Session()
    local london = session:get(C.City, 2)
    session:close()
    london.name = "Londres"
    Factory:begin(function(other) other:merge(london) end)
    assert.equal("Londres", session:get(C.City, 2).name)
    session:close()
  end)
end

local function temporary(name)
  local path = os.tmpname()
  os.remove(path)
  return "sqlite:///" .. path .. name, path .. name
end

describe("a sharded session", function()
  describe("of two SQLite files", function()
    local paths = {}
    behaves(function()
      local url_a, path_a = temporary ".asia.db"
      local url_b, path_b = temporary ".europe.db"
      paths[#paths + 1], paths[#paths + 2] = path_a, path_b
      return am.create_engine(url_a), am.create_engine(url_b)
    end)
    teardown(function() for _, path in ipairs(paths) do os.remove(path) end end)
  end)

  local postgresql = backends.get "postgresql"
  if not postgresql then return end

  describe("of SQLite and PostgreSQL", function()
    behaves(function()
      local url, path = temporary ".asia.db"
      os.remove(path)
      return am.create_engine(url, { poolclass = am.StaticPool }), am.create_engine(postgresql.url)
    end)
  end)

  describe("of two schemas in PostgreSQL", function()
    local main
    setup(function()
      main = am.create_engine(postgresql.url)
      main:begin(function(conn)
        for _, name in ipairs { "am_asia", "am_europe" } do
          conn:exec_driver_sql("DROP SCHEMA IF EXISTS " .. name .. " CASCADE")
          conn:exec_driver_sql("CREATE SCHEMA " .. name)
        end
      end)
    end)
    teardown(function()
      main:begin(function(conn)
        conn:exec_driver_sql("DROP SCHEMA am_asia CASCADE")
        conn:exec_driver_sql("DROP SCHEMA am_europe CASCADE")
      end)
      main:dispose()
    end)
    behaves(function()
      return main:execution_options { schema_translate_map = { place = "am_asia" } },
        main:execution_options { schema_translate_map = { place = "am_europe" } }, "place"
    end)
  end)

  it("commits several PostgreSQL transactions in two phases", function()
    local first, second = am.create_engine(postgresql.url), am.create_engine(postgresql.url)
    local C = classes()
    C.metadata:drop_all(first)
    C.metadata:create_all(first)
    local opts = choosers(C)
    opts.shards, opts.twophase = { [ASIA] = first, [EUROPE] = second }, true
    local log = {}
    for name, engine in pairs { asia = first, europe = second } do
      am.event.listen(engine, "prepare_twophase", function() log[#log + 1] = "prepare " .. name end)
      am.event.listen(engine, "commit_twophase", function() log[#log + 1] = "commit " .. name end)
    end
    local session = shard.ShardedSession(opts)
    session:add_all { C.City { continent = "Asia", name = "Tokyo" }, C.City { continent = "Europe", name = "Rome" } }
    session:commit()
    assert.same({ "prepare asia", "prepare europe", "commit asia", "commit europe" }, log)
    session:close()
    C.metadata:drop_all(first)
    first:dispose()
    second:dispose()
  end)

  it("says what a chooser has to return, and that an option needs an id", function()
    local engine, C = am.create_engine "sqlite://", classes()
    local opts = choosers(C)
    opts.shards = { [ASIA] = engine }
    opts.execute_chooser = function() return ASIA end
    opts.identity_chooser = opts.execute_chooser
    local session = shard.ShardedSession(opts)
    raises_exc("InvalidRequestError", function() session:scalars(am.select(C.City)) end,
      "execute_chooser returned 'asia'; it returns a list of shard ids, such as { \"asia\" }")
    raises_exc("InvalidRequestError", function() session:get(C.City, 1) end, "identity_chooser returned 'asia'")
    raises_exc("ArgumentError", function() shard.set_shard_id() end, "needs the id of a shard")
    opts.shard_chooser = function() return { ASIA } end
    raises_exc("InvalidRequestError", function() shard.ShardedSession(opts):get_bind { mapper = C.City } end,
      "^shard_chooser must return the id of one shard, got %['asia'%]$")
    session:close()
    engine:dispose()
  end)
end)
