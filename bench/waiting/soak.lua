-- 100,000 faults, one after the other: lua5.4 bench/waiting/soak.lua [ROUNDS], with ALCHEMOON_TEST_PG set. Prints
-- descriptors and memory ten times.
package.path = "spec/?.lua;" .. package.path
local faults = require "support.waiting_faults"
local rounds = tonumber(arg[1]) or 100000
local url = assert(os.getenv "ALCHEMOON_TEST_PG", "ALCHEMOON_TEST_PG is not set")
local first_fds, first_rss, last_fds, last_rss = faults.run(url, rounds, function(round, fds, rss)
  print(("%7d rounds  %3d descriptors  %6d kB"):format(round, fds, rss))
  io.flush()
end)
print(("%d rounds: descriptors %d -> %d, memory %d -> %d kB"):format(rounds, first_fds, last_fds, first_rss, last_rss))
os.exit(last_fds <= first_fds + 5)
