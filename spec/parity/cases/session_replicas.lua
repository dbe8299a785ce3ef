-- Several sessions on one database: isolation, locks, stale rows, objects that move, pools, merge between them.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local Base = am.declarative_base()
local Stock = Base:model("Stock", {
  __tablename__ = "stock",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  amount = am.Column(am.Integer, { nullable = false, default = 0 }),
  moves = am.relationship("Move", { back_populates = "stock", order_by = "Move.id", cascade = "all, delete-orphan" }),
})
local Move = Base:model("Move", {
  __tablename__ = "move",
  id = am.Column(am.Integer, { primary_key = true }),
  delta = am.Column(am.Integer),
  stock_id = am.Column(am.ForeignKey("stock.id")),
  stock = am.relationship("Stock", { back_populates = "moves" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local select, inspect, func, object_session = am.select, am.inspect, am.func, am.object_session
local Factory = am.sessionmaker(e)
local function deltas(stock) return p.map(stock.moves, function(m) return m.delta end) end

Factory:begin(function(s)
  s:add_all{ Stock{ id = 1, name = "nuts", amount = 5 }, Stock{ id = 2, name = "bolts", amount = 7 } }
end)

step "the other session's commit is seen after one's own"
local one, two = Factory(), Factory()
local a = one:get(Stock, 1)
say(a.amount)
one:commit()
local b = two:get(Stock, 1)
b.amount = 50
two:commit()
say(inspect(a).expired, a.amount, rawequal(a, b), a == b)
one:commit()

step "values in the database count"
a = one:get(Stock, 1)
say(a.amount)
one:execute(am.update(Stock):where(Stock.id:eq(1)):values{ amount = Stock.amount - 1 })
say(a.amount)
a.amount = Stock.amount + 10
one:commit()
say(a.amount)
local locked = one:scalars(select(Stock):where(Stock.id:eq(1)):with_for_update()):one()
say(locked == a)
one:rollback()

step "an object moves"
local m = Move{ delta = 1 }
a.moves:append(m)
say(object_session(m) == one, one:contains(m))
one:commit()
one:expunge(m)
say(object_session(m), deltas(a))
two:add(m)
say(object_session(m) == two, m.stock == a)
two:commit()
one:close()
two:close()
two:add(a)
say(two:contains(a), two:contains(m), object_session(a) == two)
two:close()

step "merge there and back"
local loaded
Factory(function(s)
  loaded = s:get(Stock, 1, { options = { am.selectinload(Stock.moves) } })
  s:expunge_all()
end)
loaded.amount = 99
loaded.moves:append(Move{ delta = 9 })
Factory(function(s)
  local merged = s:merge(loaded)
  say(merged == loaded, p.sorted(inspect(merged).unloaded), #merged.moves, #s.new, #s.dirty)
  s:commit()
  say(merged.amount, deltas(merged))
end)
say(inspect(loaded).detached, loaded.moves[2].id)

step "with_parent, aliases, the same object twice"
Factory(function(s)
  local stock = s:get(Stock, 1)
  say(s:scalars(select(Move.delta):where(am.with_parent(stock, Stock.moves)):order_by(Move.id)):all())
  local other = am.aliased(Stock)
  local row = s:execute(select(Stock, other):join(other, Stock.id:eq(other.id)):where(Stock.id:eq(1))):one()
  say(row[1] == row[2], row[1] == stock)
  local rows = s:execute(select(Stock, Move):join(Stock.moves):order_by(Move.id)):all()
  say(#rows, rows[1][1] == rows[2][1], rows[1].Stock == stock)
  local function id(x) return x.id end
  say(p.map(s:scalars(select(Stock):join(Stock.moves)):all(), id))
  say(p.map(s:scalars(select(Stock):join(Stock.moves)):unique():all(), id))
  stock.moves[1].delta = 100
  say(s:scalar(select(func.sum(Move.delta))), #s.dirty)
  s:rollback()
  say(s:scalar(select(func.sum(Move.delta))))
end)
p.sql()

step "session.info, objects without a session, deleted elsewhere"
one, two = Factory{ info = { who = 1 } }, Factory{ info = { who = 2 } }
local x = one:get(Stock, 2)
one:commit()
local y = two:get(Stock, 2)
two:delete(y)
two:commit()
say(inspect(y).detached, inspect(y).was_deleted, object_session(y))
error_of(function() return x.name end)
error_of(function() two:add(y) end)
say(one:get(Stock, 2), one:contains(x))
one:rollback()
error_of(function() one:refresh(x) end)
local x2 = Stock{ id = 2, name = "again" }
one:add(x2)
one:commit()
say(one:get(Stock, 2) == x2, object_session(x2).info, two:scalar(select(func.count(Stock.id))))
one:close()
two:close()
p.sql()
