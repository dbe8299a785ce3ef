-- ORM INSERT, UPDATE and DELETE with RETURNING, against every synchronize_session and what the session holds.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, func = p.say, p.step, am.select, am.func
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local insert, update, delete, inspect = am.insert, am.update, am.delete, am.inspect

local Base = am.declarative_base()
local Team = Base:model("Team", {
  __tablename__ = "team",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  runners = am.relationship("Runner", { back_populates = "team", order_by = "Runner.id" }),
})

local Runner = Base:model("Runner", {
  __tablename__ = "runner",
  id = Column(Integer, { primary_key = true }),
  nick = Column("nick_name", String(20), { unique = true }),
  laps = Column(Integer, { default = 0 }),
  state = Column(String(10), { server_default = "new" }),
  team_id = Column(ForeignKey "team.id"),
  team = am.relationship(Team, { back_populates = "runners" }),
})

local function each(items, key) return p.map(items, function(x) return x[key] end) end
local function sync(how) return { execution_options = { synchronize_session = how } } end

local e = p.engine()
Base.metadata:create_all(e)
local s = am.Session(e)
step "insert many, returning objects in order"
for _, row in ipairs { { nick = "c" }, { nick = "a", laps = 5 }, { nick = "b", state = "old" } } do
  local r = s:scalars(insert(Runner):returning(Runner), { row }):one()
  say(r.id, r.nick, r.laps, r.state, s:contains(r), inspect(r).persistent)
end
local out = s:scalars(insert(Runner):returning(Runner, { sort_by_parameter_order = true }),
  p.map({ 3, 1, 2 }, function(i) return { nick = "z" .. i, laps = i } end)):all()
say(p.map(out, function(r) return { r.nick, r.laps } end))
say(s:execute(insert(Team):returning(Team.id, func.upper(Team.name):label("big")), { { id = 1,
  name = "red" } }):one())
say(s:scalar(insert(Runner):values{ nick = func.lower("QQ"), laps = 2 + 2 }:returning(Runner.nick)))
say(s:execute(insert(Runner):values{ { nick = "v1" }, { nick = "v2" } }:returning(Runner.nick, Runner.laps)):all())
local src = select(func.upper(Runner.nick), Runner.laps):where(Runner.nick:eq("a"))
say(s:execute(insert(Runner):from_select({ "nick_name", "laps" }, src):returning(Runner.nick, Runner.laps)):all())
s:commit()
p.forget()
step "update returning objects"
local a = s:scalars(select(Runner):where(Runner.nick:eq("a"))):one()
local got = s:scalars(update(Runner):where(Runner.nick:eq("a")):values{ laps = Runner.laps + 1 }
  :returning(Runner)):one()
say(got == a, a.laps)
for _, how in ipairs { "evaluate", "fetch", "auto", false } do
  step("update, synchronize_session " .. p.fmt(how))
  a = s:get(Runner, a.id)
  say(a.laps)
  local stmt = update(Runner):where(Runner.nick:eq("a")):values{ laps = Runner.laps * 2 }
  if how ~= "evaluate" then
    stmt = update(Runner):where(Runner.nick:in_{ "a", "b" })
      :values{ laps = am.case({ Runner.laps:gt(3), 100 }, { else_ = Runner.laps + 7 }) }
  end
  say(s:execute(stmt, nil, sync(how)).rowcount)
  p.sql()
  say(a.laps, inspect(a).modified, not inspect(a).unloaded:contains("laps"))
  s:rollback()
end
step "evaluate that cannot"
a = s:get(Runner, a.id)
local lower = update(Runner):where(func.lower(Runner.nick):eq("a")):values{ laps = 1 }
p.error(function() s:execute(lower, nil, sync("evaluate")) end)
s:execute(lower)
say(a.laps)
p.error(function() s:execute(update(Runner):values{ laps = 1 }, nil, sync("other")) end)
s:rollback()
step "update with a pending change"
a = s:get(Runner, a.id)
a.nick = "aa"
s:no_autoflush(function()
  s:execute(update(Runner):where(Runner.nick:eq("a")):values{ laps = 77 }
    :execution_options{ synchronize_session = "fetch" })
  say(a.nick, a.laps, inspect(a).attrs.nick.history)
end)
s:flush()
say(a.nick, a.laps)
s:rollback()
step "update by primary key, many rows"
s:execute(update(Runner), { { id = 1, laps = 11 }, { id = 2, laps = 12, nick = "a2" } })
say(s:get(Runner, 1).laps, a.nick, a.laps)
p.error(function() s:execute(update(Runner), { { laps = 11 } }) end)
p.error(function() s:execute(update(Runner):where(Runner.laps:gt(1)), { { id = 1, laps = 11 } }) end)
s:rollback()
s:connection():execute(update(Runner):where(Runner.id:eq(am.bindparam("key"))):values{ laps = am.bindparam("n") },
  { { key = 1, n = 5 }, { key = 3, n = 6 } })
say(s:scalars(select(Runner.laps):where(Runner.id:lt(4)):order_by(Runner.id)):all())
s:rollback()
for _, how in ipairs { "evaluate", "fetch", "auto", false } do
  step("delete, synchronize_session " .. p.fmt(how))
  local b
  a, b = s:get(Runner, 2), s:get(Runner, 3)
  local res = s:execute(delete(Runner):where(Runner.nick:eq("a")):execution_options{ synchronize_session = how })
  say(res.rowcount, s:contains(a), s:contains(b), inspect(a).deleted, inspect(a).persistent)
  s:rollback()
  say(s:contains(a), inspect(a).persistent, a.nick)
end
step "delete returning"
local gone = s:execute(delete(Runner):where(Runner.laps:eq(0)):returning(Runner.nick, Runner.state)):all()
say(p.sorted(gone))
say(s:scalars(select(Runner.nick):order_by(Runner.nick)):all())
local obj = s:scalars(delete(Runner):where(Runner.nick:eq("qq")):returning(Runner)):one()
say(obj.nick, obj.laps)
s:rollback()
step "returning with options and columns of others"
out = s:scalars(update(Runner):where(Runner.id:in_{ 1, 2 }):values{ team_id = 1 }:returning(Runner)
  :options(am.selectinload(Runner.team)):execution_options{ populate_existing = true }):all()
say(p.sorted(p.map(out, function(r) return { r.nick, r.team.name, r.laps } end)))
say(each(s:get(Team, 1).runners, "nick"))
say(s:execute(update(Runner):where(Runner.team_id:eq(Team.id), Team.name:eq("red"), Runner.id:eq(1))
  :values{ laps = 9 }
  :returning(Runner.nick, Runner.laps)):all())
local up = update(Runner):where(Runner.id:eq(2)):values{ state = "done" }:returning(Runner)
say(p.map(s:scalars(select(Runner):from_statement(up):execution_options{ populate_existing = true }), function(r)
  return { r.state, r.laps }
end))
p.error(function() s:execute(insert(Runner), { { wrong = 1 } }) end)
s:rollback()
s:close()
p.sql()
