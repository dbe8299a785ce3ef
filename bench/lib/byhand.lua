--- The workloads as written by hand on a plain Lua driver: SQL text, name-keyed tables, no objects.
-- `byhand(connect)` returns the workload table; connect(db, target) returns a driver table:
--   begin() commit()   all(sql, ...) -> list of row tables   getter(sql) -> function(key) -> row
--   insert(list)   update(list)      sql texts carry ? (sqlite) or $n (pg)
-- orm_* and what needs an identity map are not offered: drivers have neither objects nor tracking.
local bench = require "bench"
local size, emit, check = bench.size, bench.emit, bench.check

local SELECT = "SELECT id, name, description FROM customer"
local PARAM = { sqlite = "?", pg = "$1" }

return function(connect)
  local byhand = {}

  function byhand.core_bulk_insert_100k(db, target)
    local driver, clock = connect(db, target), bench.clock
    local list = {}
    for i = 1, size.rows do list[i] = bench.customer(i) end
    local t0 = clock()
    driver.begin()
    driver.insert(list)
    driver.commit()
    emit("core_bulk_insert_100k", clock() - t0)
  end

  function byhand.core_rows_100k(db, target)
    local driver, clock = connect(db, target), bench.clock
    driver.all(SELECT .. " LIMIT 1")
    local before = bench.rss_kb()
    local t0 = clock()
    local list = driver.all(SELECT)
    local t1 = clock()
    bench.touch(list)
    local t2 = clock()
    emit("core_rows_100k", t1 - t0)
    emit("core_rows_100k.touched", t2 - t0)
    emit("core_rows_100k.rss_peak_kb", bench.rss_peak_kb())
    collectgarbage() collectgarbage()
    emit("core_rows_100k.bytes_per_row", (bench.rss_kb() - before) * 1024 / #list)
  end

  function byhand.get_by_pk_10k(db, target)
    local driver, clock = connect(db, target), bench.clock
    local get = driver.getter(SELECT .. " WHERE id = " .. PARAM[db])
    local function run()
      local t0 = clock()
      for i = 1, size.gets do
        local key = bench.key(i, size.rows)
        check(tonumber(get(key).id) == key, "key")
      end
      return clock() - t0
    end
    emit("get_by_pk_10k", run())
    driver.begin()
    emit("get_by_pk_10k.in_transaction", run())
    driver.commit()
  end

  function byhand.selectin_load(db, target)
    local driver, clock = connect(db, target), bench.clock
    driver.begin()
    local t0 = clock()
    local users = driver.all("SELECT id, name FROM users")
    local by_id = {}
    for i = 1, #users do
      by_id[users[i].id] = users[i]
      users[i].posts = {}
    end
    for from = 1, #users, 500 do
      local keys = {}
      for i = from, math.min(from + 499, #users) do keys[#keys + 1] = users[i].id end
      local posts = driver.all("SELECT id, user_id, title FROM posts WHERE user_id IN ("
        .. table.concat(keys, ",") .. ")")
      for i = 1, #posts do
        local list = by_id[posts[i].user_id].posts
        list[#list + 1] = posts[i]
      end
    end
    emit("selectin_load", clock() - t0)
    check(#users == size.users and #users[#users].posts == size.posts_per_user, "posts")
  end

  function byhand.joined_load(db, target)
    local driver, clock = connect(db, target), bench.clock
    driver.begin()
    local t0 = clock()
    local rows = driver.all("SELECT u.id AS u_id, u.name AS u_name, p.id, p.user_id, p.title FROM users u "
      .. "LEFT JOIN posts p ON p.user_id = u.id")
    local users, by_id = {}, {}
    for i = 1, #rows do
      local row = rows[i]
      local user = by_id[row.u_id]
      if not user then
        user = { id = row.u_id, name = row.u_name, posts = {} }
        by_id[user.id] = user
        users[#users + 1] = user
      end
      if row.id then
        user.posts[#user.posts + 1] = { id = row.id, user_id = row.user_id, title = row.title }
      end
    end
    emit("joined_load", clock() - t0)
    check(#users == size.users and #users[#users].posts == size.posts_per_user, "posts")
  end

  function byhand.update_10k(db, target)
    local driver, clock = connect(db, target), bench.clock
    local t0 = clock()
    driver.begin()
    local list = driver.all(SELECT .. " WHERE id <= " .. size.updates)
    local t1 = clock()
    for i = 1, #list do list[i].description = "changed " .. i end
    local t2 = clock()
    driver.update(list)
    driver.commit()
    local t3 = clock()
    check(#list == size.updates, "rows")
    emit("update_10k", t3 - t0)
    emit("update_10k.load", t1 - t0)
    emit("update_10k.modify", t2 - t1)
    emit("update_10k.commit", t3 - t2)
  end

  return byhand
end
