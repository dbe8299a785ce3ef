-- Two-phase commit on PostgreSQL: prepare, commit, rollback, savepoints and the connection's own calls.
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
for _, name in ipairs { "begin_twophase", "prepare_twophase" } do
  am.event.listen(e, name, function() say("  *", name) end)
end
for _, name in ipairs { "commit_twophase", "rollback_twophase" } do
  am.event.listen(e, name, function(_, _, prepared) say("  *", name, prepared) end)
end

local function waiting()
  return e:connect(function(conn)
    return conn:scalar(am.text("select count(*) from pg_prepared_xacts where database = current_database()"))
  end)
end

local function names()
  return am.Session(e, function(session) return session:scalars(am.select(Item.name):order_by(Item.id)):all() end)
end

local function recovered()
  return e:connect(function(conn) return conn:recover_twophase() end)
end

if p.is_postgresql then
  step "commit prepares by itself"
  local session = am.Session(e, { twophase = true })
  session:add(Item{ name = "a" })
  session:commit()
  say(names())
  step "prepare, then commit"
  session:add(Item{ name = "b" })
  session:prepare()
  say(waiting(), names())
  error_of(function() session:scalars(am.select(Item)) end)
  session:commit()
  say(waiting(), names())
  step "prepare, then rollback"
  session:add(Item{ name = "c" })
  session:prepare()
  session:rollback()
  say(waiting(), names())
  step "rollback without prepare"
  session:add(Item{ name = "d" })
  session:flush()
  session:rollback()
  step "savepoint inside"
  session:add(Item{ name = "e" })
  session:begin_nested(function() session:add(Item{ name = "f" }) end)
  session:commit()
  say(names())
  step "an error before the prepare"
  session:add(Item{ id = 1, name = "dup" })
  error_of(function() session:prepare() end)
  session:rollback()
  session:close()
  say(waiting())
  step "the connection's own calls"
  local xid = "left_behind"
  e:connect(function(conn)
    local trans = conn:begin_twophase("alchemy_pair")
    conn:execute(Item.__table__:insert(), { name = "g" })
    trans:prepare()
    say(trans.xid, recovered(), trans.is_active)
    trans:commit()
    say(recovered(), trans.is_active)
    trans = conn:begin_twophase("other_pair")
    conn:execute(Item.__table__:insert(), { name = "h" })
    trans:prepare()
    trans:rollback()
    trans = conn:begin_twophase(xid)
    conn:execute(Item.__table__:insert(), { name = "i" })
    trans:prepare()
    conn:invalidate()
  end)
  e:connect(function(conn)
    say(conn:recover_twophase())
    conn:commit_prepared(xid, { recover = true })
    say(conn:recover_twophase())
  end)
  say(names())
end
p.forget()
error_of(function() am.Session(e):prepare() end)
am.Session(e, function(session)
  session:add(Item{ name = "z" })
  session:flush()
  error_of(function() session:prepare() end)
end)
