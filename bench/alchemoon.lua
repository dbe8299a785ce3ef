--- alchemoon as its users write it: the public API only, objects tracked, transactions committed.
-- `lua5.4 bench/alchemoon.lua {sqlite|pg} TARGET WORKLOAD` (or luajit) times itself and prints
-- `name seconds` lines; exit 3: the library does not offer what the workload needs. TARGET is a
-- file or a URL; tables that are missing are created and filled before the clock starts.
local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/lib/?.lua;" .. package.path
local bench = require "bench"
local size, emit, check = bench.size, bench.emit, bench.check
local am = require "alchemoon"
local core = require "alchemoon.core"
local execute = require "alchemoon.sql.execute" -- for the one figure that stops before execution

--- Exit 3 unless `am` has all the names.
local function needs(...)
  for _, name in ipairs({ ... }) do
    if am[name] == nil then bench.not_offered("am." .. name) end
  end
end

local function url_of(db, target)
  if target:find("://", 1, true) then return target end
  if db == "sqlite" then return "sqlite:///" .. target end
  local parts = {}
  for key, value in target:gmatch("(%w+)=(%S+)") do parts[#parts + 1] = key .. "=" .. value end
  return "postgresql://?" .. table.concat(parts, "&")
end

local function open(db, target)
  needs("create_engine")
  local engine = am.create_engine(url_of(db, target))
  if db == "sqlite" then
    am.event.listen(engine, "connect", function(connection) connection:execute("PRAGMA synchronous=OFF") end)
  end
  return engine
end

local metadata, customer, Customer, User
local function tables()
  needs("MetaData", "Table", "Column", "Integer", "String", "select")
  metadata = am.MetaData()
  customer = am.Table("customer", metadata,
    am.Column("id", am.Integer, { primary_key = true }),
    am.Column("name", am.String(255)),
    am.Column("description", am.String(255)))
end

local function models()
  needs("declarative_base", "relationship", "Session", "Column", "Integer", "String", "ForeignKey", "select")
  local Base = am.declarative_base()
  Customer = Base:model("Customer", {
    __tablename__ = "customer",
    id = am.Column(am.Integer, { primary_key = true }),
    name = am.Column(am.String(255)),
    description = am.Column(am.String(255)),
  })
  User = Base:model("User", {
    __tablename__ = "users",
    id = am.Column(am.Integer, { primary_key = true }),
    name = am.Column(am.String(255)),
    posts = am.relationship("Post", { back_populates = "user" }),
  })
  Base:model("Post", {
    __tablename__ = "posts",
    id = am.Column(am.Integer, { primary_key = true }),
    user_id = am.Column(am.Integer, am.ForeignKey("users.id")),
    title = am.Column(am.String(255)),
    user = am.relationship("User", { back_populates = "posts" }),
  })
  metadata = Base.metadata
  customer = Customer.__table__
  am.configure_mappers()
end

local NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO "
local FILL = {
  customer = { "rows", "customer (id, name, description) SELECT i, 'customer name ' || i, "
    .. "'customer description ' || i FROM n" },
  users = { "users", "users (id, name) SELECT i, 'user name ' || i FROM n" },
  posts = { "posts", "posts (id, user_id, title) SELECT i, (i - 1) / 20 + 1, 'post title ' || i FROM n" },
}

--- Makes the target hold what the workload expects: empty `customer`, or all rows. Untimed.
local function prepare(engine, kind, ...)
  local names = { ... }
  metadata:create_all(engine)
  engine:begin(function(conn)
    for _, name in ipairs(names) do
      local key, insert = FILL[name][1], FILL[name][2]
      local expected = key == "posts" and size.users * size.posts_per_user or size[key]
      local count = conn:execute(am.text("SELECT count(*) FROM " .. name)):scalar()
      if kind == "empty" then
        if count > 0 then conn:execute(am.text("DELETE FROM " .. name)) end
      elseif count == 0 then
        conn:execute(am.text(NUMBERS:format(expected) .. insert))
      elseif count ~= expected then
        error(("%s holds %d rows, not %d: set BENCH_ROWS or name an empty database"):format(name, count, expected))
      end
    end
  end)
end

--- Engine and clock, ready to measure: connected, mappers configured, garbage collected.
local function start(db, target, kind, ...)
  local engine = open(db, target)
  prepare(engine, kind, ...)
  collectgarbage()
  collectgarbage()
  return engine, bench.clock
end

--- Times a load and the reading of all its columns, and says what the result weighs.
local function measure_load(name, load)
  local clock, before = bench.clock, bench.rss_kb()
  local t0 = clock()
  local list = load()
  local t1 = clock()
  bench.touch(list)
  local t2 = clock()
  emit(name, t1 - t0)
  emit(name .. ".touched", t2 - t0)
  emit(name .. ".rss_peak_kb", bench.rss_peak_kb())
  collectgarbage()
  collectgarbage()
  emit(name .. ".bytes_per_row", (bench.rss_kb() - before) * 1024 / #list)
end

local work = {}

function work.orm_insert_100k(db, target)
  models()
  local engine, clock = start(db, target, "empty", "customer")
  local t0 = clock()
  local objects = {}
  for i = 1, size.rows do objects[i] = Customer(bench.customer(i)) end
  local t1 = clock()
  local session = am.Session(engine, { expire_on_commit = false })
  session:add_all(objects)
  session:commit()
  local t2 = clock()
  check(objects[1].id and objects[size.rows].id, "no id")
  emit("orm_insert_100k", t2 - t0)
  emit("orm_insert_100k.build", t1 - t0)
  check(session:scalar(am.select(am.func.count()):select_from(Customer)) == size.rows, "rows in the table")
  session:close()
end

function work.core_bulk_insert_100k(db, target)
  tables()
  local engine, clock = start(db, target, "empty", "customer")
  local list = {}
  for i = 1, size.rows do list[i] = bench.customer(i) end
  local t0 = clock()
  engine:begin(function(conn) conn:execute(am.insert(customer), list) end)
  emit("core_bulk_insert_100k", clock() - t0)
  engine:begin(function(conn)
    check(conn:scalar(am.select(am.func.count()):select_from(customer)) == size.rows, "rows in the table")
  end)
end

function work.orm_load_100k(db, target)
  models()
  local engine = start(db, target, "full", "customer")
  local session = am.Session(engine)
  session:scalars(am.select(Customer):limit(1)):all()
  session:rollback()
  session:expunge_all()
  measure_load("orm_load_100k", function() return session:scalars(am.select(Customer)):all() end)
  check(session:get(Customer, 1).name == bench.customer_name(1), "identity")
  session:close()
end

function work.core_rows_100k(db, target)
  tables()
  local engine = start(db, target, "full", "customer")
  local conn = engine:connect()
  conn:execute(am.select(customer):limit(1)):all()
  measure_load("core_rows_100k", function() return conn:execute(am.select(customer)):all() end)
  conn:close()
end

function work.get_by_pk_10k(db, target)
  models()
  local engine, clock = start(db, target, "full", "customer")
  local session = am.Session(engine)
  session:get(Customer, 1)
  session:expunge_all()
  local t0 = clock()
  for i = 1, size.gets do
    local key = bench.key(i, size.rows)
    if session:get(Customer, key).id ~= key then check(false, "key") end
  end
  emit("get_by_pk_10k", clock() - t0)
  session:close()
end

local function eager(name, loader, db, target)
  models()
  needs(loader)
  local engine, clock = start(db, target, "full", "users", "posts")
  local session = am.Session(engine)
  local statement = am.select(User):options(am[loader](User.posts))
  session:scalars(statement:where(User.id:lt(0))):unique():all()
  local t0 = clock()
  local users = session:scalars(am.select(User):options(am[loader](User.posts))):unique():all()
  emit(name, clock() - t0)
  check(#users == size.users and #users[#users].posts == size.posts_per_user, "posts")
  session:close()
end

function work.selectin_load(db, target) eager("selectin_load", "selectinload", db, target) end
function work.joined_load(db, target) eager("joined_load", "joinedload", db, target) end

function work.update_10k(db, target)
  models()
  local engine, clock = start(db, target, "full", "customer")
  local session = am.Session(engine)
  local t0 = clock()
  local objects = session:scalars(am.select(Customer):where(Customer.id:le(size.updates))):all()
  local t1 = clock()
  for i = 1, #objects do objects[i].description = "changed " .. i end
  local t2 = clock()
  session:commit()
  local t3 = clock()
  check(#objects == size.updates, "rows")
  emit("update_10k", t3 - t0)
  emit("update_10k.load", t1 - t0)
  emit("update_10k.modify", t2 - t1)
  emit("update_10k.commit", t3 - t2)
  check(session:scalar(am.select(am.func.count()):select_from(Customer)
    :where(Customer.description:like("changed %"))) == size.updates, "changed rows in the table")
  session:close()
end

function work.identity_hit_1M(db, target)
  models()
  local engine, clock = start(db, target, "full", "customer")
  local session = am.Session(engine)
  local held, found = math.min(1000, size.rows), 0
  local objects = session:scalars(am.select(Customer):where(Customer.id:le(held))):all()
  check(#objects == held, "rows")
  local t0 = clock()
  for i = 1, size.hits do
    if session:get(Customer, i % held + 1) then found = found + 1 end
  end
  emit("identity_hit_1M", (clock() - t0) * 1e6 / size.hits)
  check(found == size.hits, "hits")
  session:close()
end

function work.attr(db, target)
  models()
  local engine, clock = start(db, target, "full", "customer")
  local session = am.Session(engine)
  local objects = session:scalars(am.select(Customer)):all()
  local function per_million(t0, count) return (clock() - t0) * 1e6 / count end
  local t0 = clock()
  for i = 1, #objects do objects[i].description = "first" end
  emit("attr.first_write", per_million(t0, #objects))
  local few, n = {}, math.min(size.attr_objects, #objects)
  for i = 1, n do few[i] = objects[i] end
  local rounds, found = math.ceil(size.hits / n), 0
  t0 = clock()
  for _ = 1, rounds do
    for i = 1, n do if few[i].name then found = found + 1 end end
  end
  emit("attr.read", per_million(t0, rounds * n))
  check(found == rounds * n, "attributes")
  t0 = clock()
  for r = 1, rounds do
    local text = r % 2 == 0 and "even" or "odd"
    for i = 1, n do few[i].description = text end
  end
  emit("attr.write", per_million(t0, rounds * n))
  session:close()
end

-- An engine whose driver does nothing (csrc/engine/null_driver.c).
local function null_engine()
  return am.create_engine("sqlite://", { creator = function()
    local connection = core.dbconn_open(core.null_driver, { columns = "id,name,description" })
    check(connection:connect() == "done", "null driver")
    return connection
  end })
end

function work.compile_cached(db, target)
  tables()
  local engine, clock = start(db, target, "full", "customer")
  local select, id = am.select, customer.c.id
  local function measure(name, step)
    for i = 1, 200 do step(i) end
    collectgarbage() -- what the figure before has left
    collectgarbage()
    local t0 = clock()
    for i = 1, size.gets do step(i) end
    emit("compile_cached." .. name, (clock() - t0) * 1e4 / size.gets)
  end
  local function construct(i) return select(customer):where(id:eq(i)) end
  measure("construct", construct)
  local null = null_engine()
  local connection = null:connect()
  measure("construct+key+lookup+params", function(i)
    local statement = construct(i)
    local entry = execute.prepare(statement, connection)
    if core.params_value(entry.compiled, statement, entry.keys, nil, 1) ~= i then check(false, "parameters") end
  end)
  check(null._compiled_cache.misses == 1, "the cache was not used")
  measure("execute_null_driver", function(i) return connection:execute(construct(i)):all() end)
  connection:close()
  connection = engine:connect()
  measure("execute", function(i) return connection:execute(construct(i)):all() end)
  connection:close()
end

--- Growth only: a get and an autoflush check in a session that holds BENCH_HELD objects.
function work.held_session(db, target)
  models()
  local engine, clock = start(db, target, "full", "customer")
  local session = am.Session(engine)
  local objects = session:scalars(am.select(Customer):where(Customer.id:le(size.held))):all()
  check(#objects == size.held, "rows")
  local first = session:get(Customer, 1)
  collectgarbage()
  collectgarbage()
  local repeats = 100000
  local t0 = clock()
  for _ = 1, repeats do session:get(Customer, 1) end
  emit("held_session.get", (clock() - t0) / repeats)
  t0 = clock()
  for _ = 1, repeats do session:flush() end
  emit("held_session.autoflush", (clock() - t0) / repeats)
  check(first, "object")
  session:close()
end

bench.main(work)
