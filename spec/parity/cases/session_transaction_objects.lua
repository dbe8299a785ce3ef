-- SessionTransaction: parent, nested, origin, is_active, get_transaction, blocks, misuse, what may be called when.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_of = p.say, p.step, p.sql, p.error
local select, Session = am.select, am.Session

local Base = am.declarative_base()
local Row = Base:model("Row", {
  __tablename__ = "r",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20), { unique = true }),
})

local db = p.engine()
Base.metadata:create_all(db)
p.forget()

local function names(session) return session:scalars(select(Row.name):order_by(Row.id)):all() end

local function where(session)
  local t, n = session:get_transaction(), session:get_nested_transaction()
  say(session:in_transaction(), session:in_nested_transaction(), t ~= nil, n ~= nil,
    t and { t.nested, t.is_active, t.parent == nil, t.origin.name },
    n and { n.nested, n.is_active, n.parent == t, n.origin.name })
end

step "autobegin"
local session = Session(db)
where(session)
session:add(Row{ name = "a" })
where(session)
session:commit()
where(session)
local t = session:begin()
where(session)
say(session:get_transaction() == t, t.session == session)
error_of(function() session:begin() end)
session:rollback()
sql()

step "begin as a block"
session:begin(function()
  t = session:get_transaction()
  where(session)
  session:add(Row{ name = "b" })
end)
where(session)
say(t.is_active)
local ok = pcall(session.begin, session, function()
  session:add(Row{ name = "c" })
  session:flush()
  error "stop"
end)
if not ok then say("stopped", names(session)) end
session:rollback()
sql()

step "commit in the block"
session:begin(function()
  session:add(Row{ name = "d" })
  session:commit()
  error_of(function()
    session:add(Row{ name = "e" })
    session:flush()
  end)
end)
where(session)
say(names(session))
session:close()
session:begin(function()
  session:rollback()
  error_of(function() names(session) end)
end)
session:close()

step "nested in nested"
p.forget()
session:begin(function()
  local outer, one = session:get_transaction(), nil
  session:begin_nested(function(opened)
    one = opened
    session:add(Row{ name = "n1" })
    local two
    session:begin_nested(function(inner)
      two = inner
      where(session)
      say(two.parent == one, one.parent == outer, session:get_nested_transaction() == two)
      session:add(Row{ name = "n2" })
      two:rollback()
    end)
    where(session)
    say(two.is_active, one.is_active)
    session:add(Row{ name = "n3" })
  end)
  say(one.is_active, names(session))
end)
sql()

step "inner commit closes what is inside"
local one = session:begin_nested()
session:add(Row{ name = "m1" })
local two = session:begin_nested()
session:add(Row{ name = "m2" })
one:commit()
say(one.is_active, two.is_active, session:in_nested_transaction())
error_of(function() two:commit() end)
error_of(function() one:rollback() end)
session:rollback()
sql()
say(names(session))

step "a failed flush in a savepoint"
local nested = session:begin_nested()
session:add(Row{ name = "a" })
error_of(function() session:flush() end)
where(session)
error_of(function() names(session) end)
error_of(function() session:commit() end)
nested:rollback()
where(session)
say(names(session))
session:add(Row{ name = "f" })
session:commit()
say(names(session))

step "a failed flush without one"
session:add(Row{ name = "a" })
error_of(function() session:flush() end)
say(session.is_active, session:in_transaction())
error_of(function() session:begin_nested() end)
error_of(function() session:get(Row, 1) end)
session:rollback()
say(session.is_active)
where(session)

step "rollback of all levels"
session:begin_nested()
session:begin_nested()
session:add(Row{ name = "g" })
session:flush()
session:rollback()
where(session)
if session:in_transaction() then session:get_transaction():rollback() else say("none") end
session:rollback()
where(session)

step "close and reset in a transaction"
session:add(Row{ name = "h" })
session:flush()
t = session:get_transaction()
session:close()
say(t.is_active, session:in_transaction(), names(session))
session:reset()
say(session:in_transaction())
local closing = Session(db, { close_resets_only = false })
closing:add(Row{ name = "i" })
closing:close()
error_of(function() names(closing) end)
closing:reset()
error_of(function() names(closing) end)

step "autobegin off"
local manual = Session(db, { autobegin = false })
error_of(function() names(manual) end)
error_of(function() manual:add(Row{ name = "j" }) end)
manual:begin()
say(names(manual))
manual:commit()
error_of(function() names(manual) end)
manual:begin(function() manual:add(Row{ name = "k" }) end)
error_of(function() manual:connection() end)
say(manual:in_transaction())
manual:close()

step "options of the connection"
Session(db, function(s)
  local c = s:connection{ execution_options = { logging_token = "x" } }
  say(c:get_execution_options().logging_token, s:connection() == c, s:get_transaction() ~= nil)
end)
am.sessionmaker(db):begin(function(s) say(s:in_transaction(), names(s)) end)
