--- LuaDBI by hand: prepared statements, one execution per row.
local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/../lib/?.lua;" .. package.path
local bench = require "bench"
local byhand = require "byhand"

local INSERT = {
  sqlite = "INSERT INTO customer (name, description) VALUES (?, ?)",
  pg = "INSERT INTO customer (name, description) VALUES ($1, $2)",
}
local UPDATE = {
  sqlite = "UPDATE customer SET description = ? WHERE id = ?",
  pg = "UPDATE customer SET description = $1 WHERE id = $2",
}

local function connect(db, target)
  local DBI = require "DBI"
  local conn = assert(DBI.Connect(db == "sqlite" and "SQLite3" or "PostgreSQL", target))
  conn:autocommit(true)
  if db == "sqlite" then assert(DBI.Do(conn, "PRAGMA synchronous=OFF")) end

  local driver = {}
  function driver.begin() conn:autocommit(false) end
  function driver.commit()
    assert(conn:commit())
    conn:autocommit(true)
  end

  function driver.all(sql)
    local statement = assert(conn:prepare(sql))
    assert(statement:execute())
    local list, n = {}, 0
    for row in statement:rows(true) do
      n = n + 1
      list[n] = row
    end
    statement:close()
    return list
  end

  function driver.getter(sql)
    local statement = assert(conn:prepare(sql))
    return function(key)
      assert(statement:execute(key))
      return statement:fetch(true)
    end
  end

  function driver.insert(list)
    local statement = assert(conn:prepare(INSERT[db]))
    for i = 1, #list do
      local row = list[i]
      assert(statement:execute(row.name, row.description))
    end
  end

  function driver.update(list)
    local statement = assert(conn:prepare(UPDATE[db]))
    for i = 1, #list do
      local row = list[i]
      assert(statement:execute(row.description, row.id))
    end
  end

  return driver
end

bench.main(byhand(connect))
