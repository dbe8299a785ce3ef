-- core.topological_sort and its relatives.
local core = require "alchemoon.core"
local raises_exc = require("support.init").raises_exc

describe("topological sort", function()
  it("puts parents first and keeps the given order otherwise", function()
    assert.same({ 1, 2, 3 }, core.topological_sort(3, {}))
    assert.same({ 3, 5, 1, 2, 4 }, core.topological_sort(5, { { 5, 1 }, { 3, 2 }, { 1, 4 }, { 3, 2 } }))
  end)

  it("sorts nothing into nothing", function()
    assert.same({}, core.topological_sort(0, {}))
    assert.same({}, core.topological_levels(0, {}))
  end)

  it("gives levels: each needs only earlier ones", function()
    assert.same({ { 3, 5 }, { 1, 2 }, { 4 } }, core.topological_levels(5, { { 5, 1 }, { 3, 2 }, { 1, 4 } }))
  end)

  it("answers nil and the items in cycles", function()
    local order, cycle = core.topological_sort(5, { { 1, 2 }, { 2, 4 }, { 4, 2 }, { 4, 5 } })
    assert.is_nil(order)
    assert.same({ 2, 4 }, cycle)
    local levels, again = core.topological_levels(2, { { 1, 1 } })
    assert.is_nil(levels)
    assert.same({ 1 }, again)
  end)

  it("lists every cycle as a group", function()
    assert.same({ { 2, 4 }, { 3 } }, core.find_cycles(5, { { 1, 2 }, { 2, 4 }, { 4, 2 }, { 3, 3 }, { 4, 5 } }))
    assert.same({}, core.find_cycles(3, { { 1, 2 } }))
  end)

  it("refuses what is not a graph", function()
    raises_exc("ArgumentError", function() core.topological_sort(-1, {}) end, "number of items")
    raises_exc("ArgumentError", function() core.topological_sort(2, nil) end, "list of pairs")
    raises_exc("ArgumentError", function() core.topological_sort(2, { 1 }) end, "#1: expected a pair")
    raises_exc("ArgumentError", function() core.topological_sort(2, { { 1, 2 }, { 1, 3 } }) end, "#2")
    raises_exc("ArgumentError", function() core.find_cycles(2, { { 1, "x" } }) end, "from 1 to 2")
  end)

  it("sorts a chain of 100,000 pairs", function()
    local pairs_ = {}
    for i = 1, 100000 do pairs_[i] = { i + 1, i } end
    local order = core.topological_sort(100001, pairs_)
    assert.equal(100001, order[1])
    assert.equal(1, order[100001])
  end)
end)
