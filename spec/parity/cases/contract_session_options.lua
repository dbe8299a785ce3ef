-- Options and fields of sessions, sessionmaker and scoped_session: autoflush, expiry, binds, two phases, join modes.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String = am.Column, am.Integer, am.String
local select, func, inspect, event = am.select, am.func, am.inspect, am.event

local Base = am.declarative_base()

local Note = Base:model("Note", {
  __tablename__ = "notes",
  id = Column(Integer, { primary_key = true }),
  text = Column(String(30)),
})

local Audit = Base:model("Audit", {
  __tablename__ = "audits",
  id = Column(Integer, { primary_key = true }),
  what = Column(String(20)),
})

local e = p.engine()
local other = p.engine(nil, "sqlite://")
Base.metadata:create_all(e)
Base.metadata:create_all(other)
p.forget()

local function count(session, cls) return session:scalar(select(func.count((cls or Note).id))) end

step "autoflush"
local s = am.Session(e, { autoflush = false })
s:add(Note{ text = "a" })
say(s.autoflush, count(s), #s.new)
s.autoflush = true
say(count(s), #s.new)
s:rollback()
step "expire_on_commit"
for _, flag in ipairs{ true, false } do
  s = am.Session{ bind = e, expire_on_commit = flag, info = { flag = flag } }
  local n = Note{ text = "n" }
  s:add(n)
  s:commit()
  say(s.expire_on_commit, p.sorted(inspect(n).unloaded), s.info, s.bind == e)
  s:close()
end
step "sessionmaker"
local Maker = am.sessionmaker(e, { expire_on_commit = false, info = { app = 1 } })
Maker:begin(function(t)
  t:add(Note{ text = "made" })
  say(t.info, t.expire_on_commit)
end)
Maker({ info = { req = 2 }, autoflush = false }, function(t) say(t.info, t.autoflush, count(t)) end)
Maker:configure{ autoflush = false, info = { app = 3 } }
s = Maker()
say(s.autoflush, s.info, Maker.kw.autoflush, Maker().bind == e)
s:close()
local ok = pcall(function()
  Maker:begin(function(t)
    t:add(Note{ text = "undone" })
    t:flush()
    error("stop")
  end)
end)
if not ok then say(count(Maker())) end
local Tagged = am.Session.subclass{ tag = function(self) return ("tagged %d"):format(#self.new) end }
local Custom = am.sessionmaker{ class_ = Tagged, bind = e }
say(Custom():tag())
step "events on the factory"
local log = {}
local function after_begin(_, transaction) log[#log + 1] = { "begin", transaction.nested } end
event.listen(Maker, "after_begin", after_begin)
event.listen(Maker, "before_commit", function() log[#log + 1] = "commit" end, { once = true })
Maker:begin(function(t) t:add(Note{ text = "heard" }) end)
Maker:begin(function(t) count(t) end)
say(log, event.contains(Maker, "after_begin", after_begin))
event.remove(Maker, "after_begin", after_begin)
Maker:begin(function(t) count(t) end)
say(#log)
step "binds"
s = am.Session{ binds = { [Note] = e, [Audit] = other } }
say(s:get_bind(Note) == e, s:get_bind(Audit) == other, s:get_bind{ clause = select(Audit) } == other)
s:add_all{ Note{ text = "here" }, Audit{ what = "there" } }
s:commit()
say(count(s), count(s, Audit), s:connection{ bind_arguments = { mapper = Audit } }.engine == other)
s:rollback()
p.error(function() return s:get_bind() end)
p.error(function() return s:execute(am.text("select 1")) end)
s:close()
s = am.Session(e, { binds = { [Audit.__table__] = other } })
s:bind_mapper(Note, other)
say(count(s), s:get_bind(Audit) == other, s:get_bind() == e)
s:bind_table(Note.__table__, e)
s:close()
p.error(function() return am.Session():execute(select(Note)) end)
step "scoped_session"
local current = "a"
local registry = am.scoped_session(Maker, { scopefunc = function() return current end })
local first = registry()
say(registry() == first, registry.registry:has())
registry:add(Note{ text = "scoped" })
say(#registry.new, registry.is_active, registry.bind == e, registry.autoflush)
current = "b"
say(registry() == first, #registry.new)
registry:remove()
current = "a"
p.error(function() return registry{ autoflush = true } end)
registry:commit()
say(map(registry:scalars(select(Note):order_by(Note.id:desc()):limit(1)), function(n) return n.text end),
  registry:get(Note, 0))
say(registry:execute(registry:query(Note):filter_by{ text = "scoped" }.statement):scalar_one().id ~= nil)
registry:remove()
say(registry() == first)
registry:configure{ expire_on_commit = true }
registry:remove()
say(registry().expire_on_commit)
Note.query = registry:query_property()
say(Note.query:filter(Note.text:eq("made")):count())
registry:remove()
step "query_cls"
local Short = am.Query.subclass{
  texts = function(self) return map(self:order_by(Note.id):limit(2), function(n) return n.text end) end,
}
s = am.Session(e, { query_cls = Short })
say(s:query(Note):texts(), s:query(Note):filter(Note.id:gt(1)):texts())
s:close()
step "join modes"
for _, mode in ipairs{ "conditional_savepoint", "rollback_only", "control_fully", "create_savepoint" } do
  e:connect(function(conn)
    local outer = conn:begin()
    local t = am.Session(conn, { join_transaction_mode = mode })
    t:add(Note{ text = mode })
    t:commit()
    say(mode, outer.is_active, conn:in_transaction())
    t:add(Note{ text = "again" })
    t:flush()
    t:rollback()
    say(outer.is_active)
    t:close()
    if outer.is_active then outer:rollback() end
    sql()
  end)
  s = am.Session(e)
  say(count(s))
  s:execute(am.delete(Note):where(Note.text:eq(mode)))
  s:commit()
  p.forget()
end
p.error(function() return am.Session(e, { join_transaction_mode = "sometimes" }) end)
step "two phases"
if p.is_postgresql then
  s = am.Session(e, { twophase = true })
  s:add(Note{ text = "2p" })
  s:flush()
  p.error(function() s:prepare() end)
  s:rollback()
end
p.forget()
step "wrong use"
p.refused(function() return am.Session(e, { autoflsh = true }) end)
s = am.Session(e, { autobegin = false })
p.error(function() s:add(Note{ text = "x" }) end)
p.error(function() return count(s) end)
s:begin()
say(count(s) > 1)
p.error(function() s:begin() end)
s:rollback()
p.forget()
