-- Each program of cases/ prints what its twin in SQLAlchemy printed when expected/ was recorded.
local lfs = require "lfs"
local lua = require "support.interpreter"
local shell = require "support.shell"

local here = lfs.currentdir() .. "/spec/parity"
local databases = { { "sqlite", "sqlite://" } }
local server = os.getenv "ALCHEMOON_TEST_PG"
if server and server ~= "" then databases[2] = { "postgresql", server } end

local cases = {}
for name in lfs.dir(here .. "/cases") do cases[#cases + 1] = name:match("^(.*)%.lua$") end
table.sort(cases)

describe("the twin of a SQLAlchemy program", function()
  for _, case in ipairs(cases) do
    for _, database in ipairs(databases) do
      it(case .. " prints the same on " .. database[1], function()
        local expected = shell.read(("%s/expected/%s.%s.txt"):format(here, case, database[1]))
        assert.not_equal("", expected, "not recorded: spec/parity/compare --record " .. case)
        local path = os.tmpname()
        os.execute(("PARITY_URL='%s' LUA_PATH='%s/?.lua;%s' %s %s/cases/%s.lua >%s 2>&1"):format(
          database[2], here, package.path, lua, here, case, path))
        local printed = shell.read(path)
        os.remove(path)
        assert.equal(expected, printed)
      end)
    end
  end
end)
