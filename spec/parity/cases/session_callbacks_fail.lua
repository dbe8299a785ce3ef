-- Errors thrown by validators, listeners, defaults, type decorators and hybrids in a flush, a savepoint, a commit; the
-- state afterwards.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, err = p.say, p.step, p.sql, p.error
local Column, Integer, String, select, func = am.Column, am.Integer, am.String, am.select, am.func
local listen = am.event.listen

local Base = am.declarative_base()
local trap = {}
local function maybe(name)
  if trap[name] then error(name) end
end

local Code = am.TypeDecorator{
  impl = String(10),
  cache_ok = true,
  process_result_value = function(value)
    maybe "result"
    return value
  end,
}

local Box = Base:model("Box", {
  __tablename__ = "box",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
  code = Column(Code),
  size = Column(Integer, { default = 7, onupdate = 8 }),
  items = am.relationship("Item", { back_populates = "box", order_by = "Item.id", cascade = "all, delete-orphan" }),
  check = am.validates("name", function(_, _, value)
    maybe "validate"
    return value
  end),
  check_items = am.validates("items", function(_, _, value)
    maybe "validate items"
    return value
  end),
  loud = am.hybrid_property(function(self)
    maybe "hybrid"
    return self.name .. "!"
  end, {
    setter = function(self, value)
      maybe "setter"
      self.name = value
    end,
    expression = function(cls)
      maybe "expression"
      return cls.name .. "!"
    end,
  }),
})

local Item = Base:model("Item", {
  __tablename__ = "item",
  id = Column(Integer, { primary_key = true }),
  word = Column(String(10)),
  box_id = Column(am.ForeignKey("box.id")),
  box = am.relationship("Box", { back_populates = "items" }),
})

for _, name in ipairs { "before_insert", "after_insert", "before_update", "after_update", "before_delete",
  "after_delete", "load", "refresh", "init" } do
  listen(Box, name, function() maybe(name) end)
end
listen(Box.size, "set", function() maybe "set" end)
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
for _, name in ipairs { "before_flush", "after_flush", "after_flush_postexec", "before_commit", "after_commit",
  "before_attach", "after_attach", "pending_to_persistent", "persistent_to_deleted", "transient_to_pending",
  "after_begin", "after_soft_rollback", "after_rollback" } do
  listen(am.Session, name, function() maybe(name) end)
end

local function state(o)
  local i = am.inspect(o)
  return p.collect({ "transient", "pending", "persistent", "deleted", "detached" },
    function(n) return i[n] and n or nil end)
end

local function life(s)
  local a = Box{ name = "a", code = "x", items = { Item{ word = "one" } } }
  s:add(a)
  s:flush()
  a.loud = "b"
  a.items:append(Item{ word = "two" })
  s:flush()
  s:expire(a)
  say(a.name, a.loud, p.map(a.items, function(i) return i.word end))
  say(s:scalars(select(Box):where(Box.loud:eq("b!"))):all())
  a.size = 9
  a.items:remove(a.items[1])
  s:flush()
  s:delete(a)
  s:flush()
end

local function look(s, mine)
  say("active", s.is_active, s:in_transaction(), s:in_nested_transaction(), #s.new, #s.dirty, #s.deleted,
    #s.identity_map:keys())
  say(state(mine), am.inspect(mine).key ~= nil, am.inspect(mine).dict.name)
end

for _, name in ipairs { "validate", "validate items", "setter", "hybrid", "expression", "result", "init",
  "set", "load", "refresh", "before_insert", "after_insert", "before_update", "after_update",
  "before_delete", "after_delete", "before_flush", "after_flush", "after_flush_postexec", "before_attach",
  "after_attach", "transient_to_pending", "persistent_to_deleted", "after_begin",
  "before_commit", "after_commit", "after_rollback", "after_soft_rollback" } do
  step(name)
  local s = am.Session(e)
  local mine = Box{ name = "keep", code = "k" }
  s:add(mine)
  s:flush()
  local n = s:begin_nested()
  p.forget()
  trap[name] = true
  err(function() life(s) end)
  trap[name] = nil
  sql()
  look(s, mine)
  say("nested", n.is_active)
  err(function() s:execute(select(func.count(Box.id))):scalar() end)
  if n.is_active then err(function() n:rollback() end) end
  look(s, mine)
  trap[name] = true
  err(function() s:commit() end)
  trap[name] = nil
  say("after commit", s.is_active, s:in_transaction())
  err(function() s:rollback() end)
  look(s, mine)
  err(function()
    say(s:execute(select(func.count(Box.id))):scalar(), s:execute(select(func.count(Item.id))):scalar())
  end)
  err(function() s:close() end)
  e:begin(function(c)
    c:execute(Item.__table__:delete())
    c:execute(Box.__table__:delete())
  end)
  p.forget()
end
