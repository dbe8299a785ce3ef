-- Sessions and connections used at the wrong moment: closed, committed, nested, in listeners, in the middle of a flush.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, err = p.say, p.step, p.sql, p.error
local Column, Integer, String, select, func, text = am.Column, am.Integer, am.String, am.select, am.func, am.text

local Base = am.declarative_base()
local Doc = Base:model("Doc", {
  __tablename__ = "doc",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10), { unique = true }),
})
local e = p.engine()
Base.metadata:create_all(e)
p.forget()

local function count()
  am.Session(e, function(s)
    say("rows", s:scalar(select(func.count(Doc.id))))
    s:execute(Doc.__table__:delete())
    s:commit()
  end)
  p.forget()
end
local function body(title, fn, opts)
  step(title)
  local s = am.Session(e, opts)
  err(function() fn(s) end)
  sql()
  say(s.is_active, s:in_transaction(), s:in_nested_transaction(), #s.new)
  s:close()
  sql()
  count()
end
local function block(stop)
  return function(s)
    s:begin(function(_, t)
      s:add(Doc{ name = "a" })
      s:flush()
      err(function() stop(s, t) end)
      say(t.is_active, s:in_transaction(), s.is_active)
      err(function() s:execute(select(1)):all() end)
      err(function() s:add(Doc{ name = "b" }) end)
    end)
    say "left"
  end
end
local function nested(stop)
  return function(s)
    s:begin_nested(function(t)
      s:add(Doc{ name = "a" })
      err(function() stop(s, t) end)
      say(t.is_active, s:in_nested_transaction(), s.is_active)
      err(function() s:execute(select(1)):all() end)
    end)
    say "left"
    s:commit()
  end
end
local ends = {
  { "commit", function(s) s:commit() end },
  { "rollback", function(s) s:rollback() end },
  { "t commit", function(_, t) t:commit() end },
  { "t rollback", function(_, t) t:rollback() end },
  { "close", function(s) s:close() end },
  { "t close", function(_, t) t:close() end },
  { "begin", function(s) s:begin() end },
  { "nested", function(s) s:begin_nested() end },
  { "failed", function(s) s:execute(text "select * from nowhere") end },
  { "prepare", function(s) s:prepare() end },
  { "expunge", function(s) s:expunge_all() end },
  { "reset", function(s) s:reset() end },
  { "t twice", function(_, t)
    t:commit()
    t:commit()
  end },
  { "raise", function() error "x" end },
}
for _, stop in ipairs(ends) do
  body("block: " .. stop[1], block(stop[2]))
  body("savepoint: " .. stop[1], nested(stop[2]))
end
local function out(s, after)
  s:begin(function()
    s:add(Doc{ name = "a" })
    after()
  end)
end
body("raised out of the block", function(s) out(s, function() error "x" end) end)
body("failed out of the block", function(s)
  out(s, function() s:execute(text "select * from nowhere") end)
end)
body("begin twice", function(s)
  s:begin()
  err(function() s:begin() end)
  local n = s:begin_nested()
  local m = s:begin_nested()
  say(s:get_transaction() ~= nil, s:get_nested_transaction() == m, m.parent == n)
  s:add(Doc{ name = "x" })
  err(function() n:commit() end)
  say(m.is_active, n.is_active)
  err(function() m:commit() end)
  err(function() m:rollback() end)
  s:commit()
  err(function() n:rollback() end)
end)
body("outer first", function(s)
  local n = s:begin_nested()
  s:add(Doc{ name = "x" })
  local m = s:begin_nested()
  s:add(Doc{ name = "y" })
  s:flush()
  err(function() n:rollback() end)
  say(m.is_active, s:in_nested_transaction(), #s.new)
  err(function() m:commit() end)
  s:commit()
end)
local function closed(s)
  s:close()
  s:add(Doc{ name = "again" })
  s:commit()
end
body("closed", closed)
body("closed for good", closed, { close_resets_only = false })
body("no autobegin", function(s) s:add(Doc()) end, { autobegin = false })
body("no autobegin, execute", function(s) s:execute(select(1)) end, { autobegin = false })
body("unbound", function() am.Session():execute(select(1)) end)
body("unbound get", function() am.Session():get(Doc, 1) end)
body("flush unbound", function()
  local u = am.Session()
  u:add(Doc())
  u:flush()
end)
local in_flush = {
  { "flush", function(s) s:flush() end },
  { "commit", function(s) s:commit() end },
  { "rollback", function(s) s:rollback() end },
  { "close", function(s) s:close() end },
  { "execute", function(s) s:scalar(select(func.count(Doc.id))) end },
  { "query", function(s) s:query(Doc):count() end },
  { "nested", function(s) s:begin_nested():commit() end },
  { "add", function(s) s:add(Doc{ name = "late" }) end },
  { "get", function(s) s:get(Doc, 4) end },
}
local left_out = { ["before_commit commit"] = true, ["after_flush_postexec flush"] = true,
  ["after_flush_postexec commit"] = true, ["before_commit rollback"] = true, ["after_begin rollback"] = true,
  ["after_begin close"] = true, ["after_begin commit"] = true }
for _, name in ipairs { "before_flush", "before_insert", "after_insert", "after_flush", "after_flush_postexec",
  "before_commit", "after_commit", "after_begin" } do
  for _, act in ipairs(in_flush) do
    local title = name .. " " .. act[1]
    if not left_out[title] then
      local busy, current = false, nil
      local function hook()
        if not busy then
          busy = true
          act[2](current)
        end
      end
      local target = (name == "before_insert" or name == "after_insert") and Doc or am.Session
      am.event.listen(target, name, hook)
      body(title, function(s)
        current = s
        s:add(Doc{ name = "d" })
        s:commit()
      end)
      busy = true
      am.event.remove(target, name, hook)
    end
  end
end
step "results"
local s = am.Session(e)
s:add_all{ Doc{ name = "a" }, Doc{ name = "b" } }
s:commit()
local r = s:execute(select(Doc.name):order_by(Doc.name))
say(r:first())
for _, name in ipairs { "first", "all", "fetchone", "one", "scalar" } do
  err(function() return r[name](r) end)
end
r = s:execute(am.insert(Doc):values{ name = "c" })
err(function() r:all() end)
err(function() r:first() end)
say(r.returns_rows)
s:close()
err(function() s:execute(select(Doc.name)):one() end)
err(function() s:execute(select(Doc.name)):scalar_one() end)
err(function() s:execute(select(Doc.name):where(Doc.id:lt(0))):scalar_one() end)
err(function() s:execute(select(Doc.name)):one_or_none() end)
say(s:execute(select(Doc.name):where(Doc.id:lt(0))):one_or_none())
s:close()
local c = e:connect()
c:close()
for _, fn in ipairs {
  function() c:execute(select(1)) end,
  function() c:begin() end,
  function() c:commit() end,
  function() c:rollback() end,
  function() c:close() end,
  function() return c.closed end,
} do
  err(fn)
end
c = e:connect()
local t = c:begin()
err(function() c:begin() end)
local n = c:begin_nested()
err(function() t:commit() end)
say(n.is_active, t.is_active, c:in_transaction())
err(function() c:execute(select(1)) end)
err(function() n:commit() end)
err(function() n:rollback() end)
t:close()
c:close()
