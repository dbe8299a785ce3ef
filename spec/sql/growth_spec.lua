-- What is long is built and compiled in a time that grows with its length, not with the square of it.
local am = require "alchemoon"

describe("a long statement", function()
  -- CPU time of fn(n) and of fn(4 n), whose quotient is 4 where time grows with n and 16 where it grows with its square
  local function growth(n, fn)
    local function seconds(size)
      local best = math.huge
      for _ = 1, 2 do
        collectgarbage()
        local start = os.clock()
        fn(size)
        best = math.min(best, os.clock() - start)
      end
      return best
    end
    return seconds(4 * n) / seconds(n)
  end

  local function text_of(n)
    local parts = {}
    for i = 1, n do parts[i] = ":p" .. i end
    return am.text("select " .. table.concat(parts, " + "))
  end

  it("may be a text with many parameters", function()
    assert.is_true(growth(5000, function(n) return text_of(n):compile().sql end) < 9)
  end)

  it("may be a text that is given many parameters", function()
    assert.is_true(growth(1000, function(n)
      local set = {}
      for i = 1, n do set["p" .. i] = i end
      return text_of(n):bindparams(set)
    end) < 10)
  end)

  it("may be put together by many `..`", function()
    assert.is_true(growth(50, function(n)
      local whole = am.literal("x")
      for i = 1, n do whole = whole .. "y" .. i end
      return whole
    end) < 16) -- every node has a list of its operands: a square with a small factor
  end)
end)
