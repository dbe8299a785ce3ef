-- Trailing tables of options.
local options = require "alchemoon.options"
local raises_exc = require("support.init").raises_exc

describe("options", function()
  it("fills defaults and keeps false", function()
    local valid = { a = true, b = 5, c = options.TRUE, d = false }
    assert.same({ b = 5, c = true, d = false }, options.read("f", nil, valid))
    local given = { a = 1, b = false, c = false, d = 2 }
    assert.same(given, options.read("f", given, valid))
  end)

  it("that are am.null were not given, unless they are values of the database", function()
    local null = require "alchemoon.null"
    local valid = { a = true, b = 5, c = options.TRUE, value = true }
    assert.same({ b = 5, c = false, value = null },
      options.read("f", { a = null, b = null, c = null, value = null }, valid))
    local given = { a = null, value = null, b = 1 }
    assert.same({ value = null, b = 1 }, options.check("f", given, valid))
    assert.equal(null, given.a)
  end)

  it("names the unknown key, the function and the nearest valid key", function()
    raises_exc("ArgumentError", function() options.read("create_engine", { pool_sise = 3 }, { pool_size = true }) end,
      "^create_engine: unknown option 'pool_sise'; did you mean 'pool_size'%?")
    raises_exc("ArgumentError", function() options.read("f", { zzzzzzzz = 3 }, { pool_size = true, echo = true }) end,
      "valid keys are echo, pool_size")
    raises_exc("ArgumentError", function() options.read("f", { zzzzzzzz = 3 }, { echo = true, _table = true }) end,
      "valid keys are echo$")
    raises_exc("ArgumentError", function() options.read("f", { 1 }, { a = true }) end, "number key")
    raises_exc("ArgumentError", function() options.read("f", "x", { a = true }) end, "must be a table, got string")
    raises_exc("ArgumentError", function() options.check("f", { x = 1 }, { y = true }) end)
  end)

  it("splits varargs", function()
    local args, opts = options.split(1, nil, { a = 1 })
    assert.are.equal(2, args.n)
    assert.same({ a = 1 }, opts)
    args, opts = options.split(1, { 2 })
    assert.are.equal(2, args.n)
    assert.is_nil(opts)
    args, opts = options.split_after(1, { a = 1 })
    assert.same({ { a = 1 }, n = 1 }, args)
    assert.is_nil(opts)
    args, opts = options.split(setmetatable({}, {}))
    assert.are.equal(1, args.n)
    assert.is_nil(opts)
    local a, o, fn = options.split_scope(0, { x = 1 }, print)
    assert.are.equal(0, a.n)
    assert.same({ x = 1 }, o)
    assert.are.equal(print, fn)
  end)

  it("measures how far a name is from what was meant: letters left out count least", function()
    assert.equal(0, options.distance("echo", "echo"))
    assert.equal(1, options.distance("echoo", "echo"))
    assert.equal(1, options.distance("ecko", "echo"))
    assert.is_true(options.distance("ehco", "echo") < 1)
    assert.is_true(options.distance("eco", "echo") < 1)
    local names = { pool = true, pool_size = true, pool_timeout = true, poolclass = true, isolation_level = true }
    assert.equal("pool_size", options.nearest("pool_sz", names))
    assert.equal("pool", options.nearest("pol", names))
    assert.equal("isolation_level", options.nearest("isolation", names))
    assert.equal("poolclass", options.nearest("pool_class", names))
    assert.is_nil(options.nearest("colour", names))
    assert.is_nil(options.nearest("set", { cte = true }))
  end)

  it("are the same when they say the same: plain tables by content, objects by identity", function()
    local object = setmetatable({}, {})
    assert.is_true(options.same({ a = { 1, 2 }, o = object }, { a = { 1, 2 }, o = object }))
    assert.is_false(options.same({ a = { 1, 2 } }, { a = { 1 } }))
    assert.is_false(options.same({ a = { 1 } }, { a = { 1, 2 } }))
    assert.is_false(options.same({ o = object }, { o = setmetatable({}, getmetatable(object)) }))
    assert.is_false(options.same({}, nil))
  end)
end)
