--- LuaSQL by hand. It has no bound parameters: texts are escaped and put into the statement.
local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/../lib/?.lua;" .. package.path
local bench = require "bench"
local byhand = require "byhand"

local CHUNK = 500 -- rows per INSERT ... VALUES

local function connect(db, target)
  local conn
  if db == "sqlite" then
    conn = assert(require("luasql.sqlite3").sqlite3():connect(target))
    assert(conn:execute("PRAGMA synchronous=OFF"))
  else
    conn = assert(require("luasql.postgres").postgres():connect(target))
  end

  local driver = {}
  function driver.begin() assert(conn:execute("BEGIN")) end
  function driver.commit() assert(conn:execute("COMMIT")) end

  function driver.all(sql)
    local cursor = assert(conn:execute(sql))
    local list, n = {}, 0
    local row = cursor:fetch({}, "a")
    while row do
      n = n + 1
      list[n] = row
      row = cursor:fetch({}, "a")
    end
    return list
  end

  function driver.getter(sql)
    local head = sql:gsub("[?$]1?$", "")
    return function(key)
      local cursor = assert(conn:execute(head .. string.format("%d", key)))
      local row = cursor:fetch({}, "a")
      cursor:close()
      return row
    end
  end

  function driver.insert(list)
    for from = 1, #list, CHUNK do
      local values = {}
      for i = from, math.min(from + CHUNK - 1, #list) do
        local row = list[i]
        values[#values + 1] = "('" .. conn:escape(row.name) .. "','" .. conn:escape(row.description) .. "')"
      end
      assert(conn:execute("INSERT INTO customer (name, description) VALUES " .. table.concat(values, ",")))
    end
  end

  function driver.update(list)
    for i = 1, #list do
      local row = list[i]
      assert(conn:execute("UPDATE customer SET description = '" .. conn:escape(row.description)
        .. "' WHERE id = " .. row.id))
    end
  end

  return driver
end

bench.main(byhand(connect))
