-- core.attribute_reader: the __index of mapped classes where Lua is interpreted and C may call what waits.
local core = require "alchemoon.core"
local null = require "alchemoon.null"
local refuses = require("support.init").refuses

if not core.attribute_reader then return end

local function object(slots, parts)
  parts = parts or {}
  local index = core.attribute_reader(parts.read_slot or { id = 3, name = 4 }, parts.descriptor or {},
    parts.members or {}, parts.others or function() return "others" end)
  return setmetatable(slots, { __index = index })
end

describe("the reader of attributes in C", function()
  it("reads slots, NULL as nil, and false", function()
    local obj = object({ {}, 1, 7, null })
    assert.are.equal(7, obj.id)
    assert.is_nil(obj.name)
    assert.is_false(object({ {}, 1, 7, false }).name)
  end)

  it("asks descriptors before members, and others for what is left", function()
    local asked = {}
    local obj = object({ nil, nil, 7 }, {
      descriptor = { posts = { get = function(self, key) asked[1], asked[2] = self, key return "got" end } },
      members = setmetatable({ posts = "hidden", own = "own" }, { __index = { inherited = "inherited" } }),
      others = function(self, key) return self, key end })
    assert.are.equal("got", obj.posts)
    assert.are.equal(obj, asked[1])
    assert.are.equal("posts", asked[2])
    assert.are.equal("own", obj.own)
    assert.are.equal("inherited", obj.inherited)
    assert.are.equal(obj, obj.missing)
    assert.are.equal(obj, obj.name) -- its slot is empty
    assert.is_nil(obj[1])           -- no context
  end)

  it("sees names that come later", function()
    local slots = { id = 3 }
    local obj = object({ nil, nil, 7, "x" }, { read_slot = slots })
    assert.are.equal("others", obj.name)
    slots.name = 4
    assert.are.equal("x", obj.name)
  end)

  it("lets others and descriptors wait, and passes their errors on", function()
    local obj = object({}, { others = function(_, key) return coroutine.yield(key) end,
      descriptor = { waits = { get = function(_, key) return coroutine.yield(key) end } } })
    local resume = coroutine.wrap(function() return obj.name .. obj.waits end)
    assert.are.equal("name", resume())
    assert.are.equal("waits", resume "a")
    assert.are.equal("ab", resume "b")
    local failing = object({}, { others = function() error("no such thing", 0) end })
    local ok, e = pcall(function() return failing.name end)
    assert.is_false(ok)
    assert.are.equal("no such thing", e)
  end)

  refuses("the reader's arguments", {
    { "ArgumentError", "attribute_reader: argument #1: expected table, got number",
      function() core.attribute_reader(1, {}, {}, print) end },
    { "ArgumentError", "attribute_reader: argument #3: expected table, got no value",
      function() core.attribute_reader({}, {}) end },
    { "ArgumentError", "attribute_reader: argument #4: expected function, got no value",
      function() core.attribute_reader({}, {}, {}) end },
  })
end)
