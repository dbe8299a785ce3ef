--- What every Lua contender shares: arguments, sizes, clock, memory, output, exit codes.
-- A contender is called as `COMMAND {sqlite|pg} TARGET WORKLOAD`; it times itself and prints
-- `name seconds` lines; exit 3 means "not offered", any other non-zero exit is a failure.
local bench = {}

local here = (arg and arg[0] or ""):match("^(.*)/[^/]*$") or "."
bench.jit = rawget(_G, "jit") ~= nil
bench.lua = bench.jit and "luajit" or "lua" .. _VERSION:match("%d+%.%d+")
bench.root = here:match("/contenders$") and here .. "/../.." or here .. "/.."

package.path = bench.root .. "/lua/?.lua;" .. bench.root .. "/lua/?/init.lua;"
  .. bench.root .. "/bench/lib/?.lua;" .. package.path
package.cpath = bench.root .. "/build/" .. bench.lua .. "/?.so;"
  .. bench.root .. "/build/bench/" .. bench.lua .. "/?.so;" .. package.cpath

--- Ends the process with "not offered".
function bench.not_offered(why)
  io.stderr:write("not offered: ", tostring(why), "\n")
  os.exit(3)
end

--- Optional module or nil.
function bench.try(name)
  local ok, module = pcall(require, name)
  return ok and module or nil
end

local function find_clock()
  if os.getenv("BENCH_CPU") then return os.clock end -- seconds that this process has computed
  local clock = bench.try(os.getenv("BENCH_CLOCK") or "bench_clock") -- bench_steps: see bench/instructions
  if clock then return clock end
  local socket = bench.try("socket")
  if socket then return socket.gettime end
  local am = bench.try("alchemoon")
  if am and am.datetime then return function() return am.datetime.now():timestamp() end end
  error("no wall clock: build bench/floor or install lua-socket")
end

local rows = tonumber(os.getenv("BENCH_ROWS") or "") or 100000
--- One knob, BENCH_ROWS, scales every workload; the default gives the sizes in the workloads' names.
bench.size = {
  rows = rows,
  users = math.max(1, math.floor(rows / 100)),
  posts_per_user = 20,
  gets = math.max(1, math.floor(rows / 10)),
  updates = math.max(1, math.floor(rows / 10)),
  hits = rows * 10,
  attr_objects = 100,
  held = tonumber(os.getenv("BENCH_HELD") or "") or 0,
}

--- Prints one figure.
function bench.emit(name, value) io.stdout:write(string.format("%s %.9f\n", name, value)) end

local function status_kb(key)
  local file = io.open("/proc/self/status")
  if not file then return nil end
  local text = file:read("*a")
  file:close()
  return tonumber(text:match(key .. ":%s*(%d+)"))
end
function bench.rss_kb() return status_kb("VmRSS") end
function bench.rss_peak_kb() return status_kb("VmHWM") end

--- The i-th key of a walk over 1..n that is neither sequential nor random: the same for all.
function bench.key(i, n) return (i * 7919) % n + 1 end

function bench.customer_name(i) return "customer name " .. i end
function bench.customer_description(i) return "customer description " .. i end

function bench.customer(i) return { name = bench.customer_name(i), description = bench.customer_description(i) } end

--- Stops a contender that returned too little or the wrong thing: a fast wrong answer is no answer.
function bench.check(condition, what)
  if not condition then error("wrong result: " .. what, 2) end
end

--- Reads all columns of the loaded customers.
function bench.touch(list)
  local n = 0
  for i = 1, #list do
    local row = list[i]
    if row.id and row.name and row.description then n = n + 1 end
  end
  bench.check(n == bench.size.rows, "rows")
end

--- Runs `workloads[name](db, target)`; a missing entry is "not offered".
function bench.main(workloads)
  local db, target, name = arg[1], arg[2], arg[3]
  if (db ~= "sqlite" and db ~= "pg") or not name then
    io.stderr:write("usage: ", arg[0], " {sqlite|pg} TARGET WORKLOAD\n")
    os.exit(2)
  end
  local run = workloads[name]
  if not run then bench.not_offered(name) end
  bench.clock = find_clock()
  run(db, target)
  io.stdout:flush()
end

return bench
