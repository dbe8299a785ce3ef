-- The page of options knows what the code takes: a name of one is a row of the other.
local function sections()
  local found, title = {}, nil
  for line in io.lines "docs/options.md" do
    title = line:match "^## (.+)" or title
    if title and line:match "^| `" then
      found[title] = found[title] or {}
      for name in line:match("^| (.-) |"):gmatch "`([%w_]+)`" do found[title][name] = true end
    end
  end
  return found
end

local KNOWN = {
  create_engine = require("alchemoon.engine.engine_options").NAMES,
  ["Execution options"] = require("alchemoon.execution_options").CHECKS,
  Column = require("alchemoon.schema.column").OPTIONS,
  relationship = require("alchemoon.orm.relationship").OPTIONS,
  Mapper = require("alchemoon.orm.mapper").ARGS,
  Session = require("alchemoon.orm.session").VALID,
}

-- Names of the code's own and names that the code reads where they are used.
local function is_private(name) return name:match "^_" ~= nil end
local UNCHECKED = { ["Execution options"] = true }

describe("docs/options.md", function()
  local pages = sections()
  for title, names in pairs(KNOWN) do
    it("has a row for each option of " .. title, function()
      local missing = {}
      for name in pairs(names) do
        if not is_private(name) and not pages[title][name] then missing[#missing + 1] = name end
      end
      assert.same({}, missing)
    end)

    it("names no option that " .. title .. " refuses", function()
      local unknown = {}
      for name in pairs(pages[title]) do
        if names[name] == nil and not UNCHECKED[title] then unknown[#unknown + 1] = name end
      end
      assert.same({}, unknown)
    end)
  end
end)
