-- Driver connections without an engine, for the specs of the drivers.
local core = require "alchemoon.core"
require "alchemoon.exc"

local rawconn = {}

--- An open connection of that driver; blocks.
---@param driver string   "sqlite" or "postgresql"
---@param options table
function rawconn.open(driver, options)
  local conn = core.dbconn_open(require("alchemoon.driver." .. driver), options)
  local step = conn:connect()
  while step ~= "done" do
    assert(core.poll(conn:fd(), step, 10), "no connection within 10 seconds")
    step = conn:connect()
  end
  return conn
end

--- Options of the PostgreSQL of the specs (ALCHEMOON_TEST_PG), or nil if there is none.
---@param more table?   merged into them
function rawconn.postgresql_options(more)
  local url = os.getenv "ALCHEMOON_TEST_PG"
  if not url or url == "" then return nil end
  local options = {}
  local user, dbname, query = url:match("^postgresql://([^@:/]*)@?/([^?]*)%??(.*)$")
  assert(user, "ALCHEMOON_TEST_PG is not understood: " .. url)
  options.user, options.dbname = user, dbname
  for key, value in query:gmatch("([^=&]+)=([^&]*)") do options[key] = value end
  for key, value in pairs(more or {}) do options[key] = value end
  return options
end

--- The first row of a statement, unpacked by hand: rows have nil for NULL.
function rawconn.row(conn, sql, params, opts)
  local cursor = conn:execute(sql, params, opts)
  local row = cursor:fetchone()
  cursor:close()
  return row
end

--- Steps a started cursor until it is done, waiting by poll; returns all rows.
function rawconn.drain(conn, cursor, step)
  local rows = {}
  while true do
    if step == "rows" then
      local row = cursor:fetchone()
      while row do
        rows[#rows + 1] = row
        row = cursor:fetchone()
      end
    elseif step == "done" then
      return rows
    else
      assert(core.poll(conn:fd(), step, 20), "no answer within 20 seconds")
    end
    step = cursor:step()
  end
end

return rawconn
