--- The floor: a hand-written C module (bench/floor) that makes one name-keyed table per row.
-- No tracking, no identity map, no types: what remains when everything a toolkit does is left out.
local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/../lib/?.lua;" .. package.path
local bench = require "bench"
local size, emit, check = bench.size, bench.emit, bench.check

local SELECT = "SELECT id, name, description FROM customer"
local floor = {}

local function connect(db, target)
  local conn
  if db == "sqlite" then
    conn = require("floor_sqlite").open(target)
    conn:exec("PRAGMA synchronous=OFF")
  else
    conn = require("floor_pg").open(target)
  end
  return conn, bench.clock
end

local INSERT = {
  sqlite = "INSERT INTO customer (name, description) VALUES (?, ?)",
  pg = "INSERT INTO customer (name, description) SELECT * FROM unnest($1::text[], $2::text[]) RETURNING id",
}
local UPDATE = {
  sqlite = "UPDATE customer SET description = ? WHERE id = ?",
  pg = "UPDATE customer SET description = d.d FROM unnest($1::text[], $2::int8[]) AS d (d, id) "
    .. "WHERE customer.id = d.id",
}
local PARAM = { sqlite = "?", pg = "$1" }

local function build()
  local list = {}
  for i = 1, size.rows do
    list[i] = bench.customer(i)
  end
  return list
end

function floor.orm_insert_100k(db, target)
  local conn, clock = connect(db, target)
  local t0 = clock()
  local list = build()
  local t1 = clock()
  conn:exec("BEGIN")
  conn:prepare(INSERT[db]):each(list, "id", "name", "description")
  conn:exec("COMMIT")
  local t2 = clock()
  check(list[size.rows].id, "no id")
  emit("orm_insert_100k", t2 - t0)
  emit("orm_insert_100k.build", t1 - t0)
end

function floor.core_bulk_insert_100k(db, target)
  local conn, clock = connect(db, target)
  local list = build()
  local t0 = clock()
  conn:exec("BEGIN")
  conn:prepare((INSERT[db]:gsub(" RETURNING id", ""))):each(list, false, "name", "description")
  conn:exec("COMMIT")
  emit("core_bulk_insert_100k", clock() - t0)
end

local function load_rows(name, db, target)
  local conn, clock = connect(db, target)
  conn:prepare(SELECT .. " LIMIT 1"):all()
  local before = bench.rss_kb()
  local t0 = clock()
  local list = conn:prepare(SELECT):all()
  local t1 = clock()
  bench.touch(list)
  local t2 = clock()
  emit(name, t1 - t0)
  emit(name .. ".touched", t2 - t0)
  emit(name .. ".rss_peak_kb", bench.rss_peak_kb())
  collectgarbage() collectgarbage()
  emit(name .. ".bytes_per_row", (bench.rss_kb() - before) * 1024 / #list)
end

function floor.orm_load_100k(db, target) load_rows("orm_load_100k", db, target) end
function floor.core_rows_100k(db, target) load_rows("core_rows_100k", db, target) end

function floor.get_by_pk_10k(db, target)
  local conn, clock = connect(db, target)
  local get = conn:prepare(SELECT .. " WHERE id = " .. PARAM[db])
  local function run()
    local t0 = clock()
    for i = 1, size.gets do
      local key = bench.key(i, size.rows)
      check(get:one(key).id == key, "key")
    end
    return clock() - t0
  end
  emit("get_by_pk_10k", run())
  conn:exec("BEGIN")
  emit("get_by_pk_10k.in_transaction", run())
  conn:exec("COMMIT")
end

function floor.selectin_load(db, target)
  local conn, clock = connect(db, target)
  conn:exec("BEGIN")
  local t0 = clock()
  local users = conn:prepare("SELECT id, name FROM users"):all()
  local by_id = {}
  for i = 1, #users do
    by_id[users[i].id] = users[i]
    users[i].posts = {}
  end
  for from = 1, #users, 500 do
    local keys = {}
    for i = from, math.min(from + 499, #users) do keys[#keys + 1] = users[i].id end
    local posts = conn:prepare("SELECT id, user_id, title FROM posts WHERE user_id IN ("
      .. table.concat(keys, ",") .. ")"):all()
    for i = 1, #posts do
      local list = by_id[posts[i].user_id].posts
      list[#list + 1] = posts[i]
    end
  end
  emit("selectin_load", clock() - t0)
  check(#users == size.users and #users[#users].posts == size.posts_per_user, "posts")
end

function floor.joined_load(db, target)
  local conn, clock = connect(db, target)
  conn:exec("BEGIN")
  local t0 = clock()
  local rows = conn:prepare("SELECT u.id AS u_id, u.name AS u_name, p.id, p.user_id, p.title FROM users u "
    .. "LEFT JOIN posts p ON p.user_id = u.id"):all()
  local users, by_id = {}, {}
  for i = 1, #rows do
    local row = rows[i]
    local user = by_id[row.u_id]
    if not user then
      user = { id = row.u_id, name = row.u_name, posts = {} }
      by_id[user.id] = user
      users[#users + 1] = user
    end
    if row.id then user.posts[#user.posts + 1] = { id = row.id, user_id = row.user_id, title = row.title } end
  end
  emit("joined_load", clock() - t0)
  check(#users == size.users and #users[#users].posts == size.posts_per_user, "posts")
end

function floor.update_10k(db, target)
  local conn, clock = connect(db, target)
  local t0 = clock()
  conn:exec("BEGIN")
  local list = conn:prepare(SELECT .. " WHERE id <= " .. PARAM[db]):all(size.updates)
  local t1 = clock()
  for i = 1, #list do list[i].description = "changed " .. i end
  local t2 = clock()
  conn:prepare(UPDATE[db]):each(list, false, "description", "id")
  conn:exec("COMMIT")
  local t3 = clock()
  check(#list == size.updates, "rows")
  emit("update_10k", t3 - t0)
  emit("update_10k.load", t1 - t0)
  emit("update_10k.modify", t2 - t1)
  emit("update_10k.commit", t3 - t2)
end

function floor.identity_hit_1M(db, target)
  local conn, clock = connect(db, target)
  local map, n = {}, math.min(1000, size.rows)
  for _, row in ipairs(conn:prepare(SELECT .. " WHERE id <= " .. PARAM[db]):all(n)) do map[row.id] = row end
  local found = 0
  local t0 = clock()
  for i = 1, size.hits do
    if map[i % n + 1] then found = found + 1 end
  end
  emit("identity_hit_1M", (clock() - t0) * 1e6 / size.hits)
  check(found == size.hits, "hits")
end

function floor.attr(db, target)
  local conn, clock = connect(db, target)
  local list = conn:prepare(SELECT):all()
  local objects, n = {}, math.min(size.attr_objects, #list)
  for i = 1, n do objects[i] = list[i] end
  local rounds = math.ceil(size.hits / n)
  local function per_million(t0, count) return (clock() - t0) * 1e6 / count end
  local t0 = clock()
  for i = 1, #list do list[i].description = "first" end
  emit("attr.first_write", per_million(t0, #list))
  local found = 0
  t0 = clock()
  for _ = 1, rounds do
    for i = 1, n do if objects[i].name then found = found + 1 end end
  end
  emit("attr.read", per_million(t0, rounds * n))
  t0 = clock()
  for r = 1, rounds do
    local text = r % 2 == 0 and "even" or "odd"
    for i = 1, n do objects[i].description = text end
  end
  emit("attr.write", per_million(t0, rounds * n))
  check(found == rounds * n, "attributes")
end

bench.main(floor)
