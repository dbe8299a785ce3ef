-- The page of events lists what can be listened to: each event of the code with its arguments, and no other.
local families = require "alchemoon.event.events"

-- Family, in lower case → event → arguments, as the tables of the page say.
local function listed()
  local found, family = {}, nil
  for line in io.lines "docs/events.md" do
    local title = line:match "^%*%*(%w+)%*%*, target:"
    if title then
      family = {}
      found[title:lower()] = family
    end
    local args, names = line:match "^| `?([%w_, ]-)`? | (`.+`) |$"
    if family and args then
      for name in names:gmatch "`([%w_]+)`" do family[name] = args end
    end
  end
  return found
end

describe("docs/events.md", function()
  local page = listed()
  for _, family in ipairs(families.order) do
    if family ~= "instrumentation" then -- for extensions of the instrumentation alone
      it("lists the events of " .. family, function()
        local events = {}
        for _, def in ipairs(families[family]) do
          events[def[1]] = #def[2] > 0 and table.concat(def[2], ", ") or "none"
        end
        assert.same(events, page[family])
      end)
    end
  end
end)
