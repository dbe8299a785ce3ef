-- alchemoon.keys
local keys = require "alchemoon.keys"

describe("keys", function()
  it("come sorted by value, numbers before texts", function()
    local map = { ["10"] = 1, ["9"] = 1, b = 1, [10] = 1, [9] = 1, [-1.5] = 1, a = 1 }
    assert.are.same({ -1.5, 9, 10, "10", "9", "a", "b" }, keys.sorted(map))
    assert.are.same({}, keys.sorted {})
  end)

  it("of any mixture have one order, however many there are", function()
    local map = { [true] = 1, [false] = 1 }
    for i = 1, 300 do
      map[i], map[tostring(i)], map[i + .5] = 1, 1, 1
    end
    local list = keys.sorted(map)
    assert.are.equal(902, #list)
    assert.are.same({ false, true, 1, 1.5, 2 }, { list[1], list[2], list[3], list[4], list[5] })
    assert.are.equal("99", list[902])
  end)

  it("are copied with their values", function()
    local inner = {}
    local map = { a = inner, [1] = false }
    local copy = keys.copy(map)
    assert.are.same(map, copy)
    assert.is_true(copy.a == inner and copy ~= map)
    assert.are.same({}, keys.copy(nil))
  end)
end)
