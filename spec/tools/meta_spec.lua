-- make meta
local interpreter = require "support.interpreter"
local shell = require "support.shell"

describe("what editors know of am", function()
  local folder, text = nil, ""

  local function names_in(where)
    local names = {}
    for name in shell.output("ls " .. where):gmatch "[%w_]+%.lua" do names[#names + 1] = name end
    return names
  end

  setup(function()
    folder = shell.output "mktemp -d"
    shell.output(interpreter .. " tools/meta.lua " .. folder)
    for _, name in ipairs(names_in(folder)) do text = text .. shell.read(folder .. "/" .. name) end
  end)

  teardown(function() shell.run("rm -r " .. folder) end)

  it("is what the annotations say: `make meta` writes it anew", function()
    local kept = "lua/alchemoon/meta"
    assert.same(names_in(folder), names_in(kept))
    for _, name in ipairs(names_in(folder)) do
      assert.is_true(shell.read(kept .. "/" .. name) == shell.read(folder .. "/" .. name),
        kept .. "/" .. name .. " is not what `make meta` writes now")
    end
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
