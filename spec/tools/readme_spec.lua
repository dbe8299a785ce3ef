-- The README's program is the example that make examples runs.
local function read(path)
  local file = assert(io.open(path))
  local text = file:read("*a")
  file:close()
  return text
end

describe("README", function()
  it("shows the first example as it is", function()
    assert.equal(read "examples/00_first.lua", read("README.md"):match("```lua\n(.-)```"))
  end)
end)
