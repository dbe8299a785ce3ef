-- make meta
local interpreter = require "support.interpreter"
local shell = require "support.shell"

describe("what editors know of am", function()
  local text

  setup(function()
    text = shell.output(interpreter .. " tools/meta.lua") .. "\n"
  end)

  it("is what the annotations say: `make meta` writes it anew", function()
    local kept = shell.read "lua/alchemoon/meta.lua"
    assert.is_true(kept == text, "lua/alchemoon/meta.lua is not what `make meta` writes now")
  end)

  it("says of each function what it is for", function()
    local above
    for line in text:gmatch "[^\n]+" do
      if line:match "^function am%." and not above:match "^%-%-%-" then error(line .. " has no annotations") end
      above = line
    end
  end)

  it("names every function of am", function()
    local am = require "alchemoon"
    for name, value in pairs(am) do
      if type(value) == "function" and not name:match "^_" then
        assert.is_truthy(text:find("function am." .. name .. "(", 1, true)
          or text:find("\nam." .. name .. " = ", 1, true), name)
      end
    end
  end)
end)
