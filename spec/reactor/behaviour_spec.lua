-- Specs of the ORM, as they are, under every host: a busted of its own for each (support/hosted.lua). On
-- PostgreSQL, which is waited for; `make hosts` takes all databases.
local behaviour = require "reactor.behaviour"
local hosts = require "support.hosts"

local files = {}
for i, name in ipairs(behaviour) do files[i] = ("spec/orm/%s_spec.lua"):format(name) end
local narrow = os.getenv "ALCHEMOON_BEHAVIOUR" == "all" and "" or "ALCHEMOON_BACKENDS=postgresql "

local read = require("support.shell").read

describe("the specs of the ORM", function()
  if not os.getenv "ALCHEMOON_TEST_PG" then
    pending("ALCHEMOON_TEST_PG is not set", function() end)
    return
  end
  local lua = require "support.interpreter"
  local found = io.popen("command -v busted")
  local busted = found:read("*l")
  found:close()

  for _, name in ipairs(hosts.NAMES) do
    local host, missing = hosts.get(name)
    if not host then
      pending(missing, function() end)
    else
      host.close()
      it("hold under " .. name, function()
        local log, count = os.tmpname(), os.tmpname()
        os.execute((narrow .. "ALCHEMOON_REACTOR=%s ALCHEMOON_REACTOR_COUNT=%s "
          .. "%s %s --lang=en -o plainTerminal --helper=spec/support/init.lua %s >%s 2>&1")
          :format(name, count, lua, busted, table.concat(files, " "), log))
        local text, waits = read(log), tonumber(read(count))
        os.remove(log)
        os.remove(count)
        local passed, failed, broken = text:match("(%d+) success%w* / (%d+) failures? / (%d+) errors?")
        assert.is_truthy(passed, text)
        assert.are.equal("0 0", failed .. " " .. broken, text)
        assert.is_true(tonumber(passed) > 90, text)
        assert.is_true(waits > 2000, "only " .. tostring(waits) .. " waits went through " .. name)
      end)
    end
  end
end)
