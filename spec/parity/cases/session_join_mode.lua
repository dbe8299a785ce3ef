-- join_transaction_mode: what a session in another's transaction does to it, in each of the four modes.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local Base = am.declarative_base()
local Item = Base:model("Item", {
  __tablename__ = "item",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(50)),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()

local function count(conn) return conn:scalar(am.select(am.func.count()):select_from(Item.__table__)) end

local MODES = { "conditional_savepoint", "rollback_only", "control_fully", "create_savepoint" }
for _, mode in ipairs(MODES) do
  for _, ending in ipairs { "commit", "rollback", "close" } do
    step(mode .. ": " .. ending)
    local conn = e:connect()
    local trans = conn:begin()
    local session = am.Session(conn, { join_transaction_mode = mode })
    session:add(Item{ name = "x" })
    session:flush()
    session[ending](session)
    say(trans.is_active, conn:in_transaction(), conn:in_nested_transaction())
    if trans.is_active then
      say(count(conn))
      session:add(Item{ name = "again" })
      session:commit()
      session:close()
      say(count(conn), trans.is_active)
      trans:rollback()
    end
    conn:close()
  end
end

for _, mode in ipairs(MODES) do
  step(mode .. " within a savepoint of the connection")
  local conn = e:connect()
  local trans = conn:begin()
  local savepoint = conn:begin_nested()
  local session = am.Session{ bind = conn, join_transaction_mode = mode }
  session:add(Item{ name = "y" })
  session:commit()
  say(savepoint.is_active, trans.is_active)
  session:add(Item{ name = "z" })
  session:flush()
  session:rollback()
  say(savepoint.is_active, trans.is_active)
  if trans.is_active then say(count(conn)) end
  session:close()
  conn:close()
end

step "a test suite's fixture"
local conn = e:connect()
local trans = conn:begin()
local factory = am.sessionmaker{ bind = conn, join_transaction_mode = "create_savepoint" }
factory:begin(function(session) session:add(Item{ name = "one" }) end)
factory(function(session)
  session:add(Item{ name = "two" })
  session:flush()
  session:rollback()
  session:add(Item{ name = "three" })
  session:begin_nested(function() session:add(Item{ name = "four" }) end)
  session:commit()
end)
factory(function(session) say(session:scalars(am.select(Item.name):order_by(Item.id)):all()) end)
trans:rollback()
conn:close()
am.Session(e, function(session)
  say(session:scalars(am.select(Item.name)):all())
  local names = {}
  for i in session:scalars(am.select(Item)) do names[#names + 1] = i.name end
  say(p.sorted(names))
end)
p.sql()
error_of(function() am.Session(e, { join_transaction_mode = "nonsense" }) end)
