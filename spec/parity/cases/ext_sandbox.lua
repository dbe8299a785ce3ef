-- A test suite's sandbox: a session joined to an outer transaction, its commits, rollbacks and savepoints; N+1 counted.
local am = require "alchemoon"
local parity = require "parity"
local say, step, error_, map = parity.say, parity.step, parity.error, parity.map
local select, func = am.select, am.func

local Base = am.declarative_base()
local Box = Base:model("Box", {
  __tablename__ = "box",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20), { unique = true }),
  things = am.relationship("Thing", { back_populates = "box", order_by = "Thing.id" }),
})
local Thing = Base:model("Thing", {
  __tablename__ = "thing",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  box_id = am.Column(am.ForeignKey("box.id")),
  box = am.relationship("Box", { back_populates = "things" }),
})

local eng = parity.engine()
Base.metadata:create_all(eng)
am.Session(eng, function(s)
  for i = 0, 2 do
    s:add(Box{ name = "b" .. i, things = { Thing{ name = "t" .. i .. 0 }, Thing{ name = "t" .. i .. 1 } } })
  end
  s:commit()
end)
parity.forget()

local function count_in(s) return s:scalar(select(func.count(Box.id))) end
local function count() return am.Session(eng, count_in) end

local function sandbox(mode, fn)
  local conn = eng:connect()
  local outer = conn:begin()
  local s = am.Session(conn, { join_transaction_mode = mode })
  fn(s)
  s:close()
  say("  outer active", outer.is_active, conn:in_transaction())
  outer:rollback()
  conn:close()
end

step("commits inside do not last")
sandbox("create_savepoint", function(s)
  s:add(Box{ name = "new" })
  s:commit()
  s:add(Box{ name = "newer" })
  s:commit()
  say(count_in(s))
end)
say(count())
step("rollbacks inside undo only what came after")
sandbox("create_savepoint", function(s)
  s:add(Box{ name = "kept" })
  s:commit()
  s:add(Box{ name = "dropped" })
  s:flush()
  s:rollback()
  say(s:scalars(select(Box.name):order_by(Box.id)):all())
  s:add(Box{ name = "kept" })
  error_(function() s:commit() end)
  s:rollback()
  say(count_in(s))
  s:begin_nested(function() s:add(Box{ name = "nested" }) end)
  s:commit()
  say(count_in(s))
end)
say(count())
local function only(s)
  s:add(Box{ name = "more" .. count_in(s) })
  s:commit()
  say(count_in(s))
end
step("rollback_only")
sandbox("rollback_only", only)
say(count())
step("rollback_only, rolled back")
sandbox("rollback_only", function(s)
  s:add(Box{ name = "one" })
  s:flush()
  s:rollback()
end)
step("control_fully")
sandbox("control_fully", only)
say(count())
step("conditional_savepoint")
sandbox("conditional_savepoint", only)
say(count())
local calls = 0
am.event.listen(eng, "before_cursor_execute", function() calls = calls + 1 end)

local function counted(title, q, walk)
  calls = 0
  local seen
  am.Session(eng, function(s) seen = map(s:scalars(q):unique(), walk) end)
  say(title, calls, seen)
end

step("how many statements")
local function by_box(b) return map(b.things, function(t) return t.name end) end
local function up(t) return t.box.name end
local q = select(Box):order_by(Box.id)
counted("lazy", q, by_box)
counted("selectin", q:options(am.selectinload(Box.things)), by_box)
counted("joined", q:options(am.joinedload(Box.things)), by_box)
counted("subquery", q:options(am.subqueryload(Box.things)), by_box)
counted("up", select(Thing):order_by(Thing.id), up)
counted("up joined", select(Thing):options(am.joinedload(Thing.box)):order_by(Thing.id), up)
parity.forget()
am.Session(eng, function(s)
  local b = s:scalars(q:options(am.raiseload("*"))):first()
  error_(function() return b.things end)
end)
step("end")
