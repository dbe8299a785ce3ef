-- Streams many rows from each database and shows that the memory of the process stays the same.
--
--   make stream [ROWS=10000000] [LUA=lua5.4]
--
-- The first figure is taken after a fifth of the rows (by then the collector has found its pace), the last one after
-- all of them; more than 4 MB between the two is a failure.
local am = require "alchemoon"
local core = require "alchemoon.core"

local ROWS = tonumber(os.getenv "ROWS") or 10000000
local ALLOWED_KB = 4096

local function resident_kb()
  for line in io.lines "/proc/self/status" do
    local kb = line:match "^VmRSS:%s+(%d+)"
    if kb then return tonumber(kb) end
  end
end

local SQL = {
  sqlite = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows) "
    .. "SELECT i, 'row ' || i AS name, i * 0.5 AS half FROM n",
  postgresql = "SELECT i, 'row ' || i AS name, i * 0.5::float8 AS half FROM generate_series(1, :rows) AS i",
}

local WAYS = {
  { "rows", function(result, step)
    for row in result do step(1, row.i) end
  end },
  { "scalars", function(result, step)
    for i in result:scalars() do step(1, i) end
  end },
  { "partitions", function(result, step)
    for rows in result:yield_per(1000):partitions() do step(#rows, rows[#rows].i) end
  end },
}

local failed = false
for _, url in ipairs{ "sqlite://", os.getenv "ALCHEMOON_TEST_PG" } do
  local engine = am.create_engine(url)
  engine:connect(function(conn)
    for _, way in ipairs(WAYS) do
      local count, last, first_kb = 0, nil, nil
      local _, started = core.clock()
      local result = conn:execute(am.text(SQL[engine.name]), { rows = ROWS }, { stream_results = true })
      way[2](result, function(n, i)
        count, last = count + n, i
        if not first_kb and count >= ROWS / 5 then
          collectgarbage()
          first_kb = resident_kb()
        end
      end)
      local _, ended = core.clock()
      collectgarbage()
      local last_kb = resident_kb()
      local good = count == ROWS and last == ROWS and last_kb - first_kb <= ALLOWED_KB
      failed = failed or not good
      print(("%-10s %-10s %d rows in %.1f s, resident %.1f MB, then %.1f MB%s"):format(engine.name, way[1], count,
        ended - started, first_kb / 1024, last_kb / 1024, good and "" or "   FAIL"))
    end
  end)
  engine:dispose()
end
os.exit(failed and 1 or 0)
