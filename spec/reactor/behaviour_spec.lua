-- Specs of the engine and of the ORM, as they are, under every host: a busted of its own for each (support/hosted.lua).
local lfs = require "lfs"

local FILES = { "spec/orm/session_spec.lua", "spec/orm/flush_spec.lua", "spec/orm/from_statement_spec.lua" }
local MODULES = { builtin = "alchemoon", cqueues = "cqueues", luv = "luv", copas = "copas" }

local function read(path)
  local file = assert(io.open(path))
  local text = file:read("*a")
  file:close()
  return text
end

describe("the specs of the ORM", function()
  if not os.getenv "ALCHEMOON_TEST_PG" then
    pending("ALCHEMOON_TEST_PG is not set", function() end)
    return
  end
  local lua = lfs.symlinkattributes("/proc/self/exe", "target")
  local found = io.popen("command -v busted")
  local busted = found:read("*l")
  found:close()

  for _, host in ipairs{ "builtin", "cqueues", "luv", "copas" } do
    local there = os.execute(("%s -e 'require [[%s]]' >/dev/null 2>&1"):format(lua, MODULES[host]))
    if there ~= true and there ~= 0 then
      pending(host .. " is not installed", function() end)
    else
      it("hold under " .. host, function()
        local log, count = os.tmpname(), os.tmpname()
        os.execute(("ALCHEMOON_REACTOR=%s ALCHEMOON_REACTOR_COUNT=%s %s %s --lang=en -o plainTerminal "
          .. "--helper=spec/support/init.lua %s >%s 2>&1")
          :format(host, count, lua, busted, table.concat(FILES, " "), log))
        local text, waits = read(log), tonumber(read(count))
        os.remove(log)
        os.remove(count)
        local passed, failed, broken = text:match("(%d+) success%w* / (%d+) failures? / (%d+) errors?")
        assert.is_truthy(passed, text)
        assert.are.equal("0 0", failed .. " " .. broken, text)
        assert.is_true(tonumber(passed) > 60, text)
        assert.is_true(waits > 500, "only " .. tostring(waits) .. " waits went through " .. host)
      end)
    end
  end
end)
