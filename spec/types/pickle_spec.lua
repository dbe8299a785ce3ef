-- PickleType: values of a serializer that the program brings.
local am = require "alchemoon"
local backends = require "support.backends"
local raises = require("support.init").raises_exc
local unpack = table.unpack or unpack -- luacheck: ignore 113

local pickler = {
  dumps = function(value) return ("%d;%d\0"):format(value.x, value.y) end,
  loads = function(bytes)
    local x, y = bytes:match("^(%d+);(%d+)%z$")
    return { x = tonumber(x), y = tonumber(y) }
  end,
}

describe("PickleType", function()
  it("names the remedy when there is no serializer", function()
    raises("ArgumentError", function() am.PickleType() end, "Lua cannot serialize values by itself; give pickler = ")
  end)
end)

backends.each(function(backend)
  it("stores what the serializer makes, and NULL for nil", function()
    backend.reset()
    local engine = am.create_engine(backend.url, { poolclass = backend.dialect == "sqlite" and am.StaticPool or nil })
    local Base = am.declarative_base()
    local Spot = Base:model("Spot", { __tablename__ = "spots", id = am.Column(am.Integer, { primary_key = true }),
      at = am.Column(am.PickleType { pickler = pickler, comparator = function(a, b) return a.x == b.x end }) })
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      session:add_all { Spot { at = { x = 1, y = 2 } }, Spot {} }
      session:commit()
      local first, second = unpack(
        session:scalars(am.select(Spot):order_by(Spot.id)):all())
      assert.equal(2, first.at.y)
      assert.is_nil(second.at)
      first.at = { x = 1, y = 9 }
      assert.is_false(session:is_modified(first))
      first.at = { x = 2, y = 9 }
      assert.is_true(session:is_modified(first))
    end)
    engine:dispose()
  end)
end)
