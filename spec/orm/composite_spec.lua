-- Composites: several columns as one value, in memory, in SQL and across flushes.
local am = require "alchemoon"
local raises = require("support.init").raises_exc
local unpack = table.unpack or unpack -- luacheck: ignore 113

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

-- fn(session, line, Line) with a line of a session that has not been flushed.
local function with_line(fn)
  local Line, Base = model()
  local engine = am.create_engine "sqlite://"
  Base.metadata:create_all(engine)
  am.Session(engine, function(session)
    local line = Line { from = Point(1, 2), to = Point(3, 4) }
    session:add(line)
    fn(session, line, Line)
  end)
  engine:dispose()
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

  it("leave their columns where the body has them", function()
    local x, y = am.Column(am.Integer), am.Column(am.Integer)
    local Dot = am.declarative_base():model("Dot", { __tablename__ = "dot", x = x, y = y,
      id = am.Column(am.Integer, { primary_key = true }), at = am.composite(Point, x, y) })
    assert.equal("SELECT dot.x, dot.y, dot.id FROM dot", (tostring(am.select(Dot)):gsub("%s+", " ")))
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

  it("are not loaded after a flush, and made of what the columns hold then", function()
    local Line, Base = model()
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    local session = am.Session(engine)
    local line = Line{ from = Point(1, 2), to = Point(3, 4) }
    local state = am.inspect(line)
    local function unloaded(...)
      local names = { unpack(state.unloaded) }
      table.sort(names)
      assert.same({ ... }, names)
    end
    session:add(line)
    session:flush()
    unloaded("from", "to")
    assert.equal(Point(1, 2), line.from)
    unloaded "to"
    line.from = Point(5, 6)
    session:flush()
    unloaded("from", "to")
    line.x1 = 9
    unloaded("from", "to")
    assert.equal(Point(9, 6), line.from)

    local old
    am.event.listen(Line.from, "set", function(_, _, before) old = before end)
    session:flush()
    line.from = Point(7, 7)
    assert.equal(am.NO_VALUE, old)
    session:commit()
    assert.equal(7, line.x1)
    unloaded()
    line.from = Point(8, 8)
    assert.equal(Point(7, 7), old)
    session:flush()
    session:refresh(line)
    unloaded()
    session:expire(line, { "from" })
    unloaded "from"
    assert.same({}, { unpack(state.expired_attributes) })
    assert.equal(Point(8, 8), line.from)
    session:expire(line, { "x1" })
    unloaded("from", "x1")
    assert.equal(8, line.x1)
    unloaded()
    session:close()
    engine:dispose()
  end)

  it("have a history of all their columns, whatever may be loaded", function()
    with_line(function(session, line)
      session:commit()
      local history = am.get_history(line, "from", am.PASSIVE_NO_INITIALIZE)
      assert.is_true(history.unchanged[1] == Point(1, 2))
      session:expire(line)
      assert.is_true(am.inspect(line).attrs.to.history.unchanged[1] == Point(3, 4))
    end)
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

  local function stored(Base, ...)
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    local session = am.Session(engine)
    session:add_all { ... }
    session:commit()
    session:expunge_all()
    return session
  end

  local function unloaded(obj)
    local list = {}
    for i, name in ipairs(am.inspect(obj).unloaded) do list[i] = name end
    table.sort(list)
    return table.concat(list, " ")
  end

  it("are an identity where they lie over the primary key", function()
    local Base = am.declarative_base()
    local Cell = Base:model("Cell", { __tablename__ = "cells", x = am.Column(am.Integer, { primary_key = true }),
      y = am.Column(am.Integer, { primary_key = true }), at = am.composite(Point, "x", "y") })
    local session = stored(Base, Cell { at = Point(1, 2) })
    assert.equal(2, session:get(Cell, Point(1, 2)).y)
    assert.is_nil(session:get(Cell, Point(2, 2)))
  end)

  it("defer, undefer and load their parts", function()
    local Base = am.declarative_base()
    local Far = Base:model("Far", { __tablename__ = "far", id = am.Column(am.Integer, { primary_key = true }),
      x = am.Column(am.Integer), y = am.Column(am.Integer), at = am.composite(Point, "x", "y", { deferred = true,
        group = "place" }) })
    local session = stored(Base, Far { at = Point(1, 2) })
    local function one(option)
      session:expunge_all()
      return session:scalars(am.select(Far):options(option)):one()
    end
    assert.equal("SELECT far.id FROM far", (tostring(am.select(Far)):gsub("%s+", " ")))
    assert.equal("", unloaded(one(am.undefer(Far.at))))
    assert.equal("", unloaded(one(am.undefer_group "place")))
    assert.equal("", unloaded(one(am.load_only(Far.at))))
    assert.equal("at x y", unloaded(one(am.defer(Far.at))))
    assert.equal(2, one(am.defer(Far.at)).at.y)
  end)

  it("stand in rows of INSERT and under labels", function()
    local Line, Base = model()
    local session = stored(Base)
    session:execute(am.insert(Line), { { from = Point(1, 2), to = Point(3, 4) }, { from = Point(5, 6) } })
    assert.equal(6, session:execute(am.select(Line.from:label("start")):order_by(Line.id)):all()[2].start.y)
    session:execute(am.insert(Line):values { from = Point(7, 8) })
    assert.equal(8, session:scalars(am.select(Line.from):where(Line.x1:eq(7))):one().y)
  end)

  it("leave the defaults of parts without a value to fire", function()
    local Base = am.declarative_base()
    local Half = Base:model("Half", { __tablename__ = "half", id = am.Column(am.Integer, { primary_key = true }),
      x = am.Column(am.Integer, { default = 9 }), y = am.Column(am.Integer), at = am.composite(Point, "x", "y") })
    local session = stored(Base, Half { at = Point(nil, 2) })
    assert.equal(9, session:scalars(am.select(Half)):one().at.x)
  end)

  it("may have an object of a relationship as a part", function()
    local Base = am.declarative_base()
    local B = Base:model("B", { __tablename__ = "b", id = am.Column(am.Integer, { primary_key = true }) })
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
      n = am.Column(am.Integer), b_id = am.Column(am.ForeignKey "b.id"), b = am.relationship("B"),
      both = am.composite(Point, "n", "b") })
    local session = stored(Base, A { both = Point(4, B {}) })
    local a = session:scalars(am.select(A)):one()
    assert.equal(4, a.both.x)
    assert.equal(a.b, a.both.y)
    local text = tostring(am.select(A.id):where(A.both:eq(Point(4, a.b)))):gsub("%s+", " ")
    assert.matches("WHERE a.n = :n_1 AND :param_1 = a.b_id$", text)
  end)

  it("are forgotten by del_attribute, with a remove event", function()
    local Line = model()
    local line, seen = Line { from = Point(1, 2) }, {}
    am.event.listen(Line.from, "remove", function(_, value, initiator)
      seen[#seen + 1] = ("%s %d"):format(initiator.key, value.y)
    end)
    am.del_attribute(line, "from")
    assert.same({ "from 2" }, seen)
    assert.is_nil(line.x1)
  end)

  it("are made of what was loaded, even when a part has changed before the first look", function()
    local Line, Base = model()
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    local session, seen = am.Session(engine), {}
    session:add(Line { from = Point(1, 2), to = Point(3, 4) })
    session:commit()
    am.event.listen(Line.from, "set", function(_, value, former) seen[#seen + 1] = former.x .. ">" .. value.x end)
    session:expunge_all()
    local line = session:get(Line, 1)
    line.x1 = 9
    assert.equal(1, line.from.x)
    line.from = Point(5, 6)
    assert.same({ "1>5" }, seen)
    session:expire(line, { "y2" })
    line.x2 = 11
    assert.equal(11, line.to.x) -- a part was not loaded: made of what is there now
    am.del_attribute(line, "to")
    assert.is_nil(line.to.x)
    session:close()
    engine:dispose()
  end)

  it("of a row of columns are objects, even if all parts are NULL", function()
    local Line, Base = model()
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      session:add(Line())
      local row = session:execute(am.select(Line.from)):one()
      assert.equal(Point, getmetatable(row[1]))
      assert.is_nil(row[1].x)
    end)
    engine:dispose()
  end)

  it("that change in place make objects of what is assigned, or refuse it", function()
    local Mutable = setmetatable({ changed = am.MutableComposite.changed }, { __call = function(cls, x, y)
      return setmetatable({ x = x, y = y }, cls)
    end })
    Mutable.__index = Mutable
    function Mutable:__composite_values__() return self.x, self.y end
    local Dot = am.declarative_base():model("Dot", { __tablename__ = "dot", at = am.composite(Mutable, "x", "y"),
      id = am.Column(am.Integer, { primary_key = true }), x = am.Column(am.Integer), y = am.Column(am.Integer) })
    raises("ArgumentError", function() return Dot { at = { 1, 2 } } end, "'at' does not accept objects of type")
    function Mutable.coerce(key, value)
      if type(value) == "table" and value[1] then return Mutable(value[1], value[2]) end
      return am.MutableComposite.coerce(key, value)
    end
    local dot = Dot { at = { 1, 2 } }
    assert.equal(2, dot.y)
    assert.equal(Mutable, getmetatable(dot.at))
    raises("ArgumentError", function() dot.at = {} end, "'at' does not accept objects of type <class 'table'>")
    dot.at = nil
    assert.is_nil(dot.x)
  end)

  it("of an UPDATE with rows are their parts", function()
    with_line(function(session, line, Line)
      session:flush()
      assert.is_true(line.from == Point(1, 2))
      session:execute(am.update(Line), { { id = line.id, from = Point(5, 6) } })
      session:refresh(line)
      assert.is_true(line.from == Point(5, 6))
      assert.same({ 5, 6, 3, 4 }, { session:execute(am.select(Line.from.clauses, Line.to.clauses)):one():unpack() })
      raises("ArgumentError", function() am.update(Line):values { [Line.from] = 5 } end,
        "Can't UPDATE composite attribute Line.from to 5")
    end)
  end)

  it("with active_history look up what they replace", function()
    local Base = am.declarative_base()
    local Dot = Base:model("Dot", { __tablename__ = "dot", id = am.Column(am.Integer, { primary_key = true }),
      at = am.composite(Point, am.Column("x", am.Integer), am.Column("y", am.Integer), { active_history = true }) })
    local engine, seen, removed = am.create_engine "sqlite://", {}, {}
    Base.metadata:create_all(engine)
    am.event.listen(Dot.at, "set", function(_, _, old) seen[#seen + 1] = old or "nothing" end)
    am.event.listen(Dot.at, "remove", function(_, old) removed[#removed + 1] = old end)
    am.Session(engine, function(session)
      local dot = Dot { at = Point(1, 2) }
      session:add(dot)
      session:commit()
      dot.at = Point(3, 4)
      assert.is_true(seen[2] == Point(1, 2))
      assert.equal("nothing", seen[1])
      assert.is_true(am.inspect(dot).attrs.at.history.deleted[1] == Point(1, 2))
      session:commit()
      am.del_attribute(dot, "at")
      assert.is_true(removed[1] == Point(3, 4))
      assert.is_true(am.inspect(dot).attrs.at.history.deleted[1] == Point(3, 4))
    end)
    engine:dispose()
  end)

  it("are made anew after a flush, also of an object that came back with a relationship after a commit", function()
    local Base = am.declarative_base()
    local Plane = Base:model("Plane", { __tablename__ = "plane", id = am.Column(am.Integer, { primary_key = true }),
      dots = am.relationship "Dot" })
    local Dot = Base:model("Dot", { __tablename__ = "dot", id = am.Column(am.Integer, { primary_key = true }),
      plane_id = am.Column(am.ForeignKey "plane.id"), x = am.Column(am.Integer), y = am.Column(am.Integer),
      at = am.composite(Point, "x", "y") })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      local plane = Plane { dots = { Dot { at = Point(1, 2) } } }
      session:add(plane)
      session:commit()
      local dot = plane.dots[1]
      dot.at = Point(3, 4)
      session:flush()
      dot.x = 5
      assert.is_true(dot.at == Point(5, 4))
      session:commit()
      assert.is_true(plane.dots[1].at == Point(5, 4))
    end)
    engine:dispose()
  end)
end)
