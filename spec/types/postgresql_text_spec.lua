-- PostgreSQL's array and hstore texts as values of Lua, malformed ones too.
local null = require "alchemoon.null"
local text = require "alchemoon.types.postgresql_text"
local raises_exc = require("support.init").raises_exc

describe("an array literal", function()
  it("becomes lists: nesting, quotes, backslashes, NULL, bounds", function()
    local function same(word) return word end
    assert.same({ "1", null, "a b", 'say "x"' }, text.array('{1,NULL,"a b","say \\"x\\""}', same))
    assert.same({ { "1" }, {} }, text.array("[0:1]={{1},{}}", same))
    assert.same({ 1, 2 }, text.array("{1,2}", tonumber))
  end)

  it("is refused where it ends too early", function()
    for _, bad in ipairs{ "", "{1", '{"a', "{{1}2}" } do
      raises_exc("DataError", function() text.array(bad, tostring) end, "malformed array: ")
    end
  end)
end)

describe("an hstore literal", function()
  it("becomes a table, NULL inside of it am.null", function()
    assert.same({ a = "1", ['b"'] = null }, text.hstore('"a"=>"1", "b\\""=>NULL'))
    assert.same({}, text.hstore "")
    assert.is_nil(text.hstore(nil))
  end)

  it("is refused where an arrow or a quote is missing", function()
    for _, bad in ipairs{ '"a"', '"a"=>"1' } do
      raises_exc("DataError", function() text.hstore(bad) end, "malformed hstore: ")
    end
  end)
end)
