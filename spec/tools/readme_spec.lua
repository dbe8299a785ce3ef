-- The README's programs are examples that make examples runs.
local read = require("support.shell").read

describe("README", function()
  it("shows the first two examples as they are", function()
    local shown = {}
    for program in read("README.md"):gmatch("```lua\n(.-)```") do shown[#shown + 1] = program end
    assert.same({ read "examples/00_first.lua", read "examples/00_objects.lua" }, shown)
  end)
end)
