-- Several sessions and engines at once: what each sees, objects handed over, joined outer transactions, events of each.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer = am.Column, am.String, am.Integer

local Base = am.declarative_base()

local Crate = Base:model("Crate", {
  __tablename__ = "crate",
  id = Column(Integer, { primary_key = true }),
  label = Column(String(20), { unique = true }),
  weight = Column(Integer, { default = 1 }),
  items = am.relationship("Item", { back_populates = "crate", cascade = "all, delete-orphan", order_by = "Item.id" }),
})

local Item = Base:model("Item", {
  __tablename__ = "item",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  crate_id = Column(am.ForeignKey "crate.id"),
  crate = am.relationship(Crate, { back_populates = "items" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local Factory = am.sessionmaker(e)
local log = p.list()
for _, name in ipairs { "pending_to_persistent", "persistent_to_deleted", "deleted_to_detached",
  "persistent_to_detached", "detached_to_persistent", "transient_to_pending", "pending_to_transient",
  "persistent_to_transient", "deleted_to_persistent" } do
  am.event.listen(Factory, name, function(_, obj)
    log.n = log.n + 1
    log[log.n] = name .. " " .. am.inspect(obj).mapper.class_.__name__
  end)
end

local function shown()
  say(p.sorted(log))
  log = p.list()
end

Factory(function(s)
  step "one life"
  local crate = Crate { label = "a", items = { Item { name = "x" } } }
  s:add(crate)
  shown()
  s:flush()
  shown()
  s:commit()
  s:delete(crate)
  s:flush()
  shown()
  s:rollback()
  shown()
  s:delete(crate)
  s:commit()
  shown()
  am.make_transient(crate)
  crate = Crate { label = "a", items = { Item { name = "x" } } }
  s:add(crate)
  s:expunge(crate)
  shown()
  s:add(crate)
  s:commit()
  log = p.list()
  step "handed over"
  local item = crate.items[1]
  s:expunge(crate)
  shown()
  Factory(function(t)
    t:add(crate)
    shown()
    crate.label = "b"
    p.error(function() s:add(item) end)
    t:commit()
    say(crate.label)
  end)
  shown()
  step "two sessions, one row"
  local one, two = Factory(), Factory()
  local mine = one:get(Crate, crate.id)
  one:rollback()
  local theirs = two:get(Crate, crate.id)
  two:rollback()
  say(mine == theirs, mine.label == theirs.label)
  one:commit()
  two:commit()
  mine.weight = 5
  one:commit()
  say(theirs.weight)
  one:close()
  two:close()
  log = p.list()
end)
step "in a transaction of the program's own"
local conn = e:connect()
local outer = conn:begin()
am.Session(conn, { join_transaction_mode = "create_savepoint" }, function(s)
  s:add(Crate { label = "inner" })
  s:commit()
  s:add(Crate { label = "lost" })
  s:flush()
  s:rollback()
  say(s:scalars(select(Crate.label):order_by(Crate.id)):all())
  s:commit()
end)
say(outer.is_active, conn:in_transaction())
outer:rollback()
conn:close()
step "rollback only"
conn = e:connect()
outer = conn:begin()
am.Session(conn, { join_transaction_mode = "rollback_only" }, function(s)
  s:add(Crate { label = "kept" })
  s:commit()
  say(outer.is_active)
  s:add(Crate { label = "kept" })
  p.error(function() s:flush() end)
  s:rollback()
  say(outer.is_active)
end)
outer:rollback()
conn:close()
step "conditional savepoint"
e:connect(function(c)
  c:begin()
  local sp = c:begin_nested()
  am.Session(c, function(s)
    s:add(Crate { label = "cond" })
    s:commit()
    s:rollback()
  end)
  say(sp.is_active, c:in_transaction(), c:scalar(select(am.func.count(Crate.id))))
  c:rollback()
end)
step "after all"
am.Session(e, function(s) say(s:scalars(select(Crate.label):order_by(Crate.id)):all()) end)
p.sql()
