-- How rows travel: inserts and updates gathered by their columns, expressions apart, counts checked, keys in order.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer = am.Column, am.String, am.Integer

local Base = am.declarative_base()

local Cell = Base:model("Cell", {
  __tablename__ = "cell",
  id = Column(Integer, { primary_key = true }),
  a = Column(Integer),
  b = Column(Integer),
  c = Column(Integer, { server_default = "7" }),
  tag = Column(String(5)),
})

local Pair = Base:model("Pair", {
  __tablename__ = "pair",
  x = Column(Integer, { primary_key = true, autoincrement = false }),
  y = Column(Integer, { primary_key = true, autoincrement = false }),
  v = Column(String(5)),
})

local counts = {}
local e = p.engine()
am.event.listen(e, "after_cursor_execute", function(_, _, statement) counts[#counts + 1] = statement:match "^%S+" end)

local function taken()
  local result = { n = 0 }
  for _, verb in ipairs(counts) do
    if verb == "INSERT" or verb == "UPDATE" or verb == "DELETE" then
      result.n = result.n + 1
      result[result.n] = verb
    end
  end
  counts = {}
  return result
end

Base.metadata:create_all(e)
p.forget()
taken()
am.Session(e, function(s)
  step "one shape"
  local cells = {}
  for i = 0, 5 do cells[#cells + 1] = Cell { a = i, b = i * 2 } end
  s:add_all(cells)
  s:flush()
  say(taken().n, p.map(cells, function(c) return c.id end))
  say { cells[1].c, cells[2].c }
  step "mixed shapes keep their order"
  local mixed = { Cell { a = 1 }, Cell { a = 2, tag = "x" }, Cell { a = 3, tag = "y" }, Cell { b = 4 }, Cell { a = 5 },
    Cell { a = 6, c = 1 } }
  s:add_all(mixed)
  s:flush()
  say(taken(), p.map(mixed, function(c) return c.id end))
  step "expression in an insert"
  s:add_all { Cell { a = 1 }, Cell { a = am.literal(2) + 3 }, Cell { a = 3 } }
  s:flush()
  say(taken())
  say(s:scalars(select(Cell.a):where(Cell.id:gt(12)):order_by(Cell.id)):all())
  step "updates by column set"
  for i, c in ipairs(cells) do
    if (i - 1) % 2 == 1 then c.a = i + 99 else c.b = i + 199 end
  end
  s:flush()
  say(taken())
  step "neighbours of one set travel together"
  for i, c in ipairs(cells) do
    c.a = i - 1
    if i > 3 then c.b = i - 1 end
  end
  s:flush()
  say(taken())
  step "expression in an update"
  cells[1].a = Cell.a + 1
  cells[2].a = 50
  cells[3].a = Cell.b * 2
  s:flush()
  say(taken(), cells[1].a, cells[2].a, cells[3].a)
  step "None and back"
  cells[4].tag = nil
  cells[5].tag = "t"
  cells[5].tag = nil
  s:flush()
  say(taken())
  step "deletes"
  for i = 1, 3 do s:delete(cells[i]) end
  s:flush()
  say(taken())
  s:commit()
  step "composite keys"
  s:add_all { Pair { x = 2, y = 1, v = "a" }, Pair { x = 1, y = 2, v = "b" }, Pair { x = 1, y = 1 } }
  s:flush()
  say(taken(), s:execute(select(Pair.x, Pair.y):order_by(Pair.x, Pair.y)):all())
  local a = s:get(Pair, { 1, 1 })
  local q = s:get(Pair, { 1, 2 })
  step "keys change places through a third"
  a.y = 9
  s:flush()
  q.y = 1
  s:flush()
  a.y = 2
  s:flush()
  say(s:execute(select(Pair.x, Pair.y, Pair.v):order_by(Pair.x, Pair.y)):all())
  step "row switch"
  s:delete(a)
  local new = Pair { x = 1, y = 2, v = "new" }
  s:add(new)
  s:flush()
  say(am.inspect(a).deleted, s:contains(a), s:contains(new), s:get(Pair, { 1, 2 }) == new)
  s:commit()
  step "a key missing"
  s:add(Pair { x = 1 })
  p.error(function() s:flush() end)
  s:rollback()
  s:add(Pair { x = 1, y = 1 })
  p.error(function() s:flush() end)
  s:rollback()
  step "same key twice in the session"
  s:add_all { Pair { x = 7, y = 7, v = "1" }, Pair { x = 7, y = 7, v = "2" } }
  p.error(function() s:flush() end)
  s:rollback()
  say(s:scalar(select(am.func.count()):select_from(Pair)))
  step "row vanished"
  q = s:get(Pair, { 1, 1 })
  s:execute(am.text "delete from pair where x = 1 and y = 1")
  q.v = "late"
  p.error(function() s:flush() end)
  s:rollback()
  say(s:get(Pair, { 1, 1 }).v, #s.dirty)
end)
p.sql()
