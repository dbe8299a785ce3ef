-- Transactions of sessions: savepoints, isolation levels, events, and a session inside a transaction of others.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, Session = p.say, p.step, am.select, am.Session

local Base = am.declarative_base()
local Item = Base:model("Item", {
  __tablename__ = "items",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String),
})
local e = p.is_postgresql and p.engine() or p.engine{ poolclass = am.StaticPool }
Base.metadata:create_all(e)
p.forget()
local make = am.sessionmaker(e)
local function names(session) return session:scalars(select(Item.name):order_by(Item.id)):all() end

step "phases"
local session = make()
say(session:in_transaction(), session:get_transaction())
session:add(Item{ id = 1, name = "a" })
say(session:in_transaction(), session:get_transaction() ~= nil)
session:flush()
local conn = session:connection()
say(conn:in_transaction(), session:connection() == conn)
session:commit()
say(session:in_transaction(), conn.closed)
session:rollback()
say(names(session))
session:close()

step "begin"
local t = session:begin()
say(t.is_active, session:get_transaction() == t)
p.error(function() session:begin() end)
session:add(Item{ id = 2, name = "b" })
t:commit()
say(t.is_active, session:in_transaction())
session:begin(function(trans)
  session:add(Item{ id = 3, name = "c" })
  trans:rollback()
end)
say(names(session))
session:commit()
local manual = Session(e, { autobegin = false })
p.error(function()
  manual:add(Item{ id = 9 })
  manual:flush()
end)
manual:begin(function() say(names(manual)) end)
p.error(function() names(manual) end)
manual:close()

step "savepoints"
session:begin()
session:add(Item{ id = 4, name = "d" })
local nested = session:begin_nested()
session:add(Item{ id = 5, name = "e" })
say(session:in_nested_transaction(), session:get_nested_transaction() == nested)
nested:rollback()
say(session:in_nested_transaction(), nested.is_active)
session:commit()
say(names(session))
for _, row in ipairs{ { 1, "x" }, { 6, "f" }, { 6, "g" }, { 7, "h" } } do
  local ok, err = pcall(function()
    session:begin_nested(function() session:add(Item{ id = row[1], name = row[2] }) end)
  end)
  if not ok then say(err.name, row[1], row[2]) end
end
session:commit()
say(names(session))
local one = session:get(Item, 1)
one.name = "changed"
local sp = session:begin_nested()
one.name = "changed twice"
session:flush()
sp:rollback()
say(one.name)
session:rollback()
say(one.name)
local inner = session:begin_nested()
local deeper = session:begin_nested()
session:commit()
say(session:in_transaction(), inner.is_active, deeper.is_active)
session:close()

step "isolation"
local level = p.is_postgresql and "REPEATABLE READ" or "READ UNCOMMITTED"
session:connection{ execution_options = { isolation_level = level } }
say(session:connection():get_isolation_level() == level)
session:commit()
say(session:connection():get_isolation_level() == level)
session:rollback()
if p.is_postgresql then
  local auto = Session(e:execution_options{ isolation_level = "AUTOCOMMIT" })
  auto:add(Item{ id = 20, name = "auto" })
  auto:flush()
  auto:rollback()
  say(names(auto))
  auto:close()
end
session:close()

step "events"
for _, name in ipairs{ "after_begin", "after_transaction_create", "after_transaction_end", "before_commit",
  "after_commit", "before_flush", "after_flush", "after_flush_postexec", "after_rollback" } do
  am.event.listen(session, name, function() say(name) end)
end
am.event.listen(session, "after_soft_rollback", function(_, trans) say("after_soft_rollback", trans.nested) end)
session:add(Item{ id = 30, name = "n" })
session:commit()
session:begin_nested(function() session:add(Item{ id = 31, name = "m" }) end)
session:rollback()
session:close()

local function suite(mode)
  step("inside a transaction of others: " .. mode)
  local c = e:connect()
  local trans = c:begin()
  local s = Session{ bind = c, join_transaction_mode = mode }
  s:add(Item{ id = 40, name = mode })
  s:commit()
  say(trans.is_active)
  s:add(Item{ id = 41, name = mode })
  s:rollback()
  say(trans.is_active, s:in_transaction())
  s:close()
  say(trans.is_active)
  if trans.is_active then
    say(c:scalars(select(Item.name):where(Item.id:ge(40)):order_by(Item.id)):all())
    trans:rollback()
  end
  c:close()
end
for _, mode in ipairs{ "conditional_savepoint", "create_savepoint", "rollback_only", "control_fully" } do
  suite(mode)
  e:begin(function(c) c:execute(am.text("DELETE FROM items WHERE id >= 40")) end)
end
step "conditional_savepoint over a savepoint"
conn = e:connect()
local trans = conn:begin()
inner = conn:begin_nested()
local s = Session{ bind = conn }
s:add(Item{ id = 50, name = "in" })
s:rollback()
say(trans.is_active, inner.is_active)
s:add(Item{ id = 51, name = "in" })
s:commit()
s:close()
trans:rollback()
conn:close()
p.error(function() Session(e, { join_transaction_mode = "no" }) end)

step "two databases and binds"
local e2 = p.engine({ poolclass = am.StaticPool }, "sqlite://")
Base.metadata:create_all(e2)
p.forget()
local both = am.sessionmaker{ binds = { [Item] = e2 } }
both(function(s3)
  say(s3:get_bind(Item) == e2, s3:get_bind{ clause = Item.__table__ } == e2)
  p.error(function() s3:execute(am.text("select 1")) end)
  say(s3:scalar(am.text("select 1"), nil, { bind_arguments = { bind = e2 } }), names(s3))
end)
am.Session(function(s3) p.error(function() names(s3) end) end)
session:close()
p.sql()
