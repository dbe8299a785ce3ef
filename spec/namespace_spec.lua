-- A public name that is not there is an error with the nearest one.
local am = require "alchemoon"
local raises_text = require("support.init").raises_text

describe("a public name that is not there", function()
  it("is refused with the nearest one", function()
    raises_text("ArgumentError", function() return am.selct end, "am has no 'selct'; did you mean 'select'?")
    raises_text("ArgumentError", function() return am.Column("age", am.Integr) end,
      "am has no 'Integr'; did you mean 'Integer'?")
    raises_text("ArgumentError", function() return am.exc.is({}, am.exc.IntegritError) end,
      "am.exc has no 'IntegritError'; did you mean 'IntegrityError'?")
    raises_text("ArgumentError", function() return am.event.listn end,
      "am.event has no 'listn'; did you mean 'listen'?")
  end)

  it("is nil where it may be asked for what a table is", function()
    assert.is_nil(am.__name)
    assert.is_nil(am[1])
  end)

  it("is looked for among what is loaded late", function()
    assert.equal(require "alchemoon.testing", am.testing)
    assert.equal(require("alchemoon.shard").ShardedSession, am.ShardedSession)
  end)
end)
