-- ORM-enabled statements, versions and events: returning, synchronize_session, upserts, listeners and arguments.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local relationship = am.relationship
local select, func, inspect, event = am.select, am.func, am.inspect, am.event
local insert, update, delete = am.insert, am.update, am.delete

local Base = am.declarative_base()

local Item = Base:model("Item", {
  __tablename__ = "items",
  id = Column(Integer, { primary_key = true }),
  code = Column(String(9), { unique = true }),
  stock = Column(Integer, { default = 1 }),
  version = Column(Integer, { nullable = false }),
  parts = relationship("Part", { back_populates = "item", cascade = "all, delete-orphan", order_by = "Part.id" }),
  __mapper_args__ = { version_id_col = "version" },
})

local Stamp = Base:model("Stamp", {
  __tablename__ = "stamps",
  id = Column(Integer, { primary_key = true }),
  word = Column(String(9)),
  mark = Column(String(9)),
  __mapper_args__ = { version_id_col = "mark", version_id_generator = function(v)
    return ("v%d"):format(tonumber((v or "v0"):sub(2)) + 1)
  end },
})

local Part = Base:model("Part", {
  __tablename__ = "parts",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(9)),
  item_id = Column(ForeignKey("items.id")),
  item = relationship(Item, { back_populates = "parts" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local upsert = p.is_postgresql and am.postgresql.insert or am.sqlite.insert
local s = am.Session(e)
step "insert"
local parts = s:scalars(insert(Part):returning(Part), { { name = "p1" }, { name = "p2" } }):all()
say(map(parts, function(x) return { x.id, x.name } end), s:contains(parts[1]), inspect(parts[1]).persistent)
say(s:execute(insert(Part):values{ name = "p3" }:returning(Part.id, Part.name)):all())
s:execute(insert(Part), { { name = "p4" }, { id = 9, name = "p9" } })
say(s:scalars(select(Part.id):order_by(Part.id)):all())
s:execute(insert(Item):values{ { code = "i1", version = 1 }, { code = "i2", version = 1 } })
step "update"
local held = s:scalars(select(Part):order_by(Part.id)):all()
s:execute(update(Part):where(Part.id:eq(1)):values{ name = "one" })
say(held[1].name)
say(s:execute(update(Part):where(Part.id:lt(3)):values{ name = Part.name .. "!" }:returning(Part.id, Part.name))
  :all()[1][1],
  held[2].name)
s:execute(update(Part), { { id = 1, name = "by key" }, { id = 2, name = "too" } })
say({ held[1].name, held[2].name })
for _, mode in ipairs{ "evaluate", "fetch", "auto", false } do
  local r = s:execute(update(Part):where(mode == "fetch" and func.length(Part.name):eq(2) or Part.name:eq("p3"))
    :values{ item_id = 1 }, nil, { execution_options = { synchronize_session = mode } })
  say(mode, r.rowcount, inspect(held[3]).unloaded, held[3].item_id)
end
p.error(function()
  return s:execute(update(Part):where(func.length(Part.name):eq(2)):values{ name = "x" }, nil,
    { execution_options = { synchronize_session = "evaluate" } })
end)
p.error(function()
  return s:execute(update(Part):values{ name = "x" }, nil,
    { execution_options = { synchronize_session = "sometimes" } })
end)
local r = s:connection():execute(update(Part.__table__):where(Part.__table__.c.id:eq(am.bindparam("k")))
  :values{ name = am.bindparam("n") }, { { k = 4, n = "four" } })
say(r.rowcount, held[4].name)
step "delete"
local last = held[#held]
say(s:execute(delete(Part):where(Part.id:eq(9))).rowcount, s:contains(last), inspect(last).deleted
  or inspect(last).detached)
say(s:execute(delete(Part):where(Part.id:eq(4)):returning(Part.name)):scalars():all(), s:contains(held[4]))
s:commit()
step "upsert"
local stmt = upsert(Item):values{ code = "i1", stock = 9, version = 1 }
stmt = stmt:on_conflict_do_update{ index_elements = { Item.code }, set_ = { stock = stmt.excluded.stock } }
  :returning(Item)
local it = s:scalars(stmt, nil, { execution_options = { populate_existing = true } }):one()
say(it.id, it.stock, s:contains(it))
s:execute(upsert(Item):values{ code = "i1", version = 1 }:on_conflict_do_nothing())
say(s:scalar(select(func.count(Item.id))))
s:commit()
step "versions"
it.stock = 10
s:commit()
say(it.version)
local s2 = am.Session(e)
s2:get(Item, it.id)
s:connection():execute(update(Item.__table__):values{ version = 50 })
it.stock = 11
p.error(function() s:flush() end)
s:rollback()
say(it.version)
s2:close()
local stamp = Stamp{ word = "a" }
s:add(stamp)
s:flush()
stamp.word = "b"
s:flush()
say(stamp.mark)
s:execute(update(Stamp):values{ word = "c" })
say(stamp.mark, stamp.word)
s:connection():execute(Stamp.__table__:delete())
s:delete(stamp)
p.error(function() s:flush() end)
s:rollback()
step "mapper and attribute events"
local log = {}
local function add(...) log[#log + 1] = p.list(...) end
for _, name in ipairs{ "before_insert", "after_insert", "before_update", "after_update", "before_delete",
  "after_delete" } do
  event.listen(Part, name, function(mapper, connection, target)
    add(name, mapper.class_.__name__, target.name, connection:in_transaction())
  end)
end
local function keys(map_)
  local out = {}
  for k in pairs(map_) do out[#out + 1] = k end
  return p.sorted(out)
end
event.listen(Part.name, "set", function(_, v) return v:upper() end, { retval = true })
event.listen(Part, "init", function(_, _, kwargs) add("init", keys(kwargs)) end)
event.listen(Part, "load", function(t) add("load", t.id) end)
event.listen(Part, "refresh", function(_, _, attrs) add("refresh", p.sorted(attrs or {})) end)
event.listen(Part, "expire", function(_, attrs) add("expire", attrs) end)
local part = Part{ name = "new" }
s:add(part)
s:flush()
part.name = "newer"
s:commit()
say(part.name)
s:delete(part)
s:commit()
for _, entry in ipairs(log) do say("  ", entry) end
log = {}
step "session events"
local Maker = am.sessionmaker(e)
for _, name in ipairs{ "before_flush", "after_flush", "after_flush_postexec", "before_commit", "after_commit",
  "after_rollback", "after_begin",
  "after_transaction_create", "after_transaction_end", "after_soft_rollback", "before_attach", "after_attach",
  "pending_to_persistent", "persistent_to_deleted", "transient_to_pending", "persistent_to_detached",
    "deleted_to_detached" } do
  event.listen(Maker, name, function(...)
    local models = {}
    for i = 1, _G.select("#", ...) do
      local arg = _G.select(i, ...)
      local name_ = type(arg) == "table" and getmetatable(arg).__name
      if name_ == "Part" then models[#models + 1] = name_ end
    end
    add(name, _G.select("#", ...), models)
  end)
end
event.listen(Maker, "do_orm_execute", function(state)
  add(state.is_select, state.is_orm_statement, state.bind_mapper.class_.__name__)
end)
event.listen(Maker, "after_bulk_update", function(ctx) add(ctx.values, ctx.result.rowcount) end)
event.listen(Maker, "after_bulk_delete", function(ctx) add("bulk delete", ctx.result.rowcount) end)
Maker(nil, function(t)
  local x = Part{ name = "ev" }
  t:add(x)
  t:commit()
  say(t:scalars(select(Part.name):where(Part.id:eq(x.id))):one())
  t:execute(update(Part):where(Part.id:eq(x.id)):values{ name = "bulk" })
  t:execute(delete(Part):where(Part.id:eq(-1)))
  t:rollback()
  t:delete(x)
  t:flush()
  t:rollback()
  t:delete(x)
  t:commit()
end)
for _, entry in ipairs(log) do say("  ", entry) end
sql()
