-- Every call to the operating system fails once: no descriptor or thread left, a disk that cannot be read or written,
-- a connection reset. What a path needs is in system_fault_program.lua, which runs as a program of its own.
local backends = require "support.backends"
local system_faults = require "support.system_faults"

local function survives(path, url, functions)
  local ok, output = system_faults.run("spec/engine/system_fault_program.lua", path, functions, url)
  assert(ok, output)
end

describe("a failing call to the operating system", function()
  it("is told by what needs no database: threads, reactors, random bytes", function()
    survives("host", nil, "getrandom eventfd epoll_create1 epoll_ctl epoll_wait socket pthread_create")
  end)

  local sqlite, postgresql = backends.get "sqlite-file", backends.get "postgresql"
  if sqlite then
    teardown(sqlite.reset)
    it("fails a transaction on SQLite or does not, but never half of it", function()
      survives("blocking", sqlite.url, "open64 pread64 pwrite64 fdatasync")
      survives("thread", sqlite.url, "pthread_create eventfd pwrite64")
      survives("reactor", sqlite.url, "epoll_wait eventfd pwrite64")
    end)

    it("takes the memory of anybody on SQLite: Lua, the core, the library", function()
      if not system_faults.takes_memory then return end
      survives("blocking", sqlite.url, "malloc")
    end)
  end
  if postgresql then
    it("fails a transaction on PostgreSQL or does not, but never half of it", function()
      survives("blocking", postgresql.url, "socket connect fcntl fstat send recv poll")
      survives("reactor", postgresql.url, "epoll_ctl epoll_wait send recv")
    end)

    it("takes the memory of anybody on PostgreSQL: libpq does not wait for an answer it could not keep", function()
      if not system_faults.takes_memory then return end
      survives("blocking", postgresql.url, "malloc")
    end)

    it("while a statement is cancelled gives its connection up", function()
      survives("timeout", postgresql.url, "eventfd fcntl connect send")
    end)

    it("while somebody waits for the pool costs nobody else anything", function()
      survives("queue", postgresql.url, "eventfd poll")
    end)
  end
end)
