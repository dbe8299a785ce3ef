-- Composites: several columns as one value, in memory, in SQL and across flushes.
local am = require "alchemoon"
local raises = require("support.init").raises_exc

local Point = setmetatable({ __name = "Point" }, { __call = function(cls, x, y)
  return setmetatable({ x = x, y = y }, cls)
end })
Point.__index = Point
function Point:__composite_values__() return self.x, self.y end
Point.__eq = function(a, b) return a.x == b.x and a.y == b.y end

local function model()
  local Base = am.declarative_base()
  return Base:model("Line", { __tablename__ = "lines", id = am.Column(am.Integer, { primary_key = true }),
    x1 = am.Column(am.Integer), y1 = am.Column(am.Integer), from = am.composite(Point, "x1", "y1"),
    to = am.composite(Point, am.Column("x2", am.Integer), am.Column("y2", am.Integer)) }), Base
end

describe("composites", function()
  it("compare column by column", function()
    local Line = model()
    local function where(condition) return (tostring(am.select(Line.id):where(condition)):match("WHERE (.*)$")) end
    assert.equal("lines.x1 != :x1_1 AND lines.y1 != :y1_1", where(Line.from:ne(Point(1, 2))))
    assert.equal("lines.x1 > :x1_1 AND lines.y1 > :y1_1", where(Line.from:gt(Point(1, 2))))
    assert.equal("lines.x1 IS NULL AND lines.y1 IS NULL", where(Line.from:eq(nil)))
    assert.matches("ORDER BY lines.x1, lines.y1$", tostring(am.select(Line.id):order_by(Line.from)))
  end)

  it("are made anew after a flush, an expired part and an UPDATE", function()
    local Line, Base = model()
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    local session = am.Session(engine)
    local line = Line { from = Point(1, 2), to = Point(3, 4) }
    session:add(line)
    line.x1 = 9
    assert.equal(1, line.from.x)
    session:flush()
    assert.equal(9, line.from.x)
    session:commit()
    assert.is_false(am.inspect(line).unloaded:contains("id") == false)
    assert.equal(9, line.from.x)
    session:execute(am.update(Line):values { [Line.from] = Point(7, 8) })
    assert.is_true(line.from == Point(7, 8))
    session:expire(line, { "x1" })
    assert.is_true(line.from == Point(7, 8))
    line.from = nil
    assert.is_nil(line.from)
    session:flush()
    assert.is_nil(line.from.x)
  end)

  it("have a history without what was not deleted", function()
    local Line = model()
    local line = Line { from = Point(1, 2) }
    local history = am.get_history(line, "from")
    assert.equal(1, history.added[1].x)
    assert.is_nil(history.deleted[1].x)
  end)

  it("refuse what is no such value, and names that are not mapped", function()
    local Line = model()
    raises("InvalidRequestError", function() Line().from = "x" end,
      "Composite class Point is not a dataclass and does not define a __composite_values__%(%) method")
    assert.same({ "from", "to" }, { am.inspect(Line).composites:keys()[1], am.inspect(Line).composites:keys()[2] })
    assert.equal("y1", am.inspect(Line).attrs.from.props[2].key)
    local Base = am.declarative_base()
    local Bad = Base:model("Bad", { __tablename__ = "bad", id = am.Column(am.Integer, { primary_key = true }),
      c = am.composite(Point, "nope", "id") })
    raises("InvalidRequestError", function() return Bad() end, "has no property 'nope'%.  If this property was")
    Base.registry:dispose()
  end)
end)
