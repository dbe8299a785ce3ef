-- Loggers, levels, handlers.
local logging = require "alchemoon.logging"
local raises_exc = require("support.init").raises_exc

describe("logging", function()
  local records, before
  before_each(function()
    records = {}
    before = logging.set_handler(function(r) records[#records + 1] = r end)
  end)
  after_each(function()
    logging.set_handler(before)
    logging.set_level("t", nil)
  end)

  it("follows levels up the tree", function()
    local logger = logging.getLogger("t.a.b")
    logger:info("no")
    logging.set_level("t", logging.INFO)
    logger:info("%d%%", 5)
    assert.are.equal(1, #records)
    assert.are.equal("5%", records[1].message)
    assert.matches("^%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d,%d%d%d INFO t.a.b 5%%$", logging.format(records[1]))
  end)

  it("echo shows INFO or DEBUG for one instance only", function()
    logging.instance("t.x", true):info("100%")
    logging.instance("t.x", true):debug("hidden")
    logging.instance("t.x", "debug"):debug("shown")
    logging.instance("t.x", nil):info("hidden")
    assert.are.equal("100%", records[1].message)
    assert.are.equal("shown", records[2].message)
    assert.is_nil(records[3])
  end)

  it("checks its handler", function()
    raises_exc("ArgumentError", function() logging.set_handler(5) end)
  end)
end)
