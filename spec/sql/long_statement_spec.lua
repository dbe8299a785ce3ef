-- Statements so long that a step which looks at all others would be noticed by everybody who runs this file.
local am = require "alchemoon"

describe("a long statement", function()
  local function text_of(n)
    local parts = {}
    for i = 1, n do parts[i] = ":p" .. i end
    return am.text("select " .. table.concat(parts, " + "))
  end

  it("may be a text with 20,000 parameters", function()
    local compiled = text_of(20000):compile()
    assert.are.equal(20000, #compiled.positional)
    assert.are.equal("p20000", compiled.positional[20000])
    assert.are.equal(" + :p20000", compiled.sql:sub(-10))
  end)

  it("may be a text that is given 4,000 parameters", function()
    local set = {}
    for i = 1, 4000 do set["p" .. i] = i end
    local params = text_of(4000):bindparams(set):compile().params
    assert.same(set, params)
  end)

  it("may be put together by 1,000 `..`", function()
    local whole = am.literal("x")
    for i = 1, 1000 do whole = whole .. ("y" .. i) end
    local _, count = whole:compile().sql:gsub("||", "")
    assert.are.equal(1000, count)
  end)
end)
