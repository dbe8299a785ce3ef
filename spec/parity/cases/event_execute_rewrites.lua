-- do_orm_execute: results that are replaced or run again, statements that are changed, loads that follow; merges and
-- refreshes seen.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, refused, forget, map = p.say, p.step, p.sql, p.refused, p.forget, p.map
local Column, Integer, String, FK, select, event = am.Column, am.Integer, am.String, am.ForeignKey, am.select, am.event
local func, text, insert, update, delete = am.func, am.text, am.insert, am.update, am.delete

local Base = am.declarative_base()
local id, kind = Column(Integer, { primary_key = true }), Column(String(5))
local Animal = Base:model("Animal", {
  __tablename__ = "animal",
  id = id,
  kind = kind,
  name = Column(String(10)),
  gone = Column(Integer, { default = 0 }),
  note = am.deferred(Column(String(10))),
  mother_id = Column(FK("animal.id")),
  young = am.relationship("Animal", { order_by = "Animal.id", back_populates = "mother" }),
  mother = am.relationship("Animal", { remote_side = id, back_populates = "young" }),
  __mapper_args__ = { polymorphic_on = kind, polymorphic_identity = "any" },
})
local Cat = Base:model("Cat", {
  __extends__ = Animal,
  __tablename__ = "cat",
  id = Column(FK("animal.id"), { primary_key = true }),
  lives = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "cat" },
})
local e = p.engine()
Base.metadata:create_all(e)
forget()
local A = am.aliased(Animal)
local Maker = am.sessionmaker(e)
Maker:begin(function(s)
  s:add(Cat{ id = 1, name = "mog", lives = 9, note = "x", young = { Cat{ id = 2, name = "kit", lives = 9 },
    Cat{ id = 3, name = "tom", lives = 7, gone = 1 } } })
  s:add(Animal{ id = 4, name = "dog", gone = 1 })
end)
forget()
local function name(a) return a.name end
local function seen(state)
  local kinds = p.list()
  for _, w in ipairs { "is_select", "is_insert", "is_update", "is_delete", "is_from_statement", "is_orm_statement",
    "is_executemany", "is_column_load", "is_relationship_load" } do
    if state[w] then
      kinds.n = kinds.n + 1
      kinds[kinds.n] = w
    end
  end
  local params = state.parameters
  if state.is_column_load or state.is_relationship_load then params = nil end
  say("  seen", kinds, state.bind_mapper and state.bind_mapper.class_.__name__,
    map(state.all_mappers, function(m) return m.class_.__name__ end), state.execution_options.tag, params)
end
event.listen(Maker, "do_orm_execute", seen)
local s = Maker()
step "kinds"
local mog = s:get(Animal, 1)
say(mog.lives, #mog.young, mog.note, mog.mother)
s:refresh(mog)
s:refresh(mog, { "note" })
s:expire(mog, { "name" })
say(mog.name)
s:scalars(select(Cat.name, A.id):join(A, A.id:eq(Cat.mother_id)), nil, { tag = "ab" }):all()
s:execute(select(Animal.__table__.c.id)):all()
s:execute(text("select 1")):all()
s:scalars(select(Animal):from_statement(text("select * from animal where id = :i")), { i = 4 }):all()
s:execute(insert(Animal), { { id = 10, name = "a", kind = "any" }, { id = 11, name = "b", kind = "any" } })
s:execute(update(Animal):where(Animal.id:gt(9)):values{ name = "c" })
s:execute(update(Animal), { { id = 10, name = "d" } })
s:execute(delete(Animal):where(Animal.id:gt(9)))
s:query(Animal):filter_by{ name = "dog" }:first()
s:query(Cat):count()
s:merge(Cat{ id = 1, name = "mog", lives = 8 })
say(s:merge(Animal{ id = 4, name = "hund" }).name)
s:rollback()
s:connection():execute(select(Animal)):all()
s:rollback()
forget()
step "criteria for all, not for refreshes"
local function hide(state)
  if state.is_select and not state.is_column_load and not state.is_relationship_load
    and not state.execution_options.all then
    state.statement = state.statement:options(am.with_loader_criteria(Animal, function(cls) return cls.gone:eq(0) end,
      { include_aliases = true }))
  end
end
event.listen(Maker, "do_orm_execute", hide)
event.remove(Maker, "do_orm_execute", seen)
s:expunge_all()
say(map(s:scalars(select(Animal):order_by(Animal.id)), name), map(s:scalars(select(Cat):order_by(Cat.id)), name))
say(map(s:get(Cat, 1).young, name), s:get(Animal, 4))
say(s:execute(select(Animal.name, A.name):join(A, Animal.young):order_by(A.id)):all())
say(s:scalar(select(func.count(Cat.id))), s:scalar(select(func.count(Cat.id)), nil, { all = true }))
say(map(s:scalars(select(Cat):options(am.selectinload(Cat.young)):where(Cat.id:eq(1))):one().young, name))
sql()
event.remove(Maker, "do_orm_execute", hide)
step "results of one's own"
s:close()
local cache = {}
local function cached(state)
  local key = state.execution_options.key
  if key then
    cache[key] = cache[key] or state:invoke_statement():freeze()
    return cache[key]()
  end
end
event.listen(s, "do_orm_execute", cached)
for _ = 1, 2 do
  say(s:execute(select(Animal.name):order_by(Animal.id), nil, { key = "names" }):scalars():all())
end
sql()
event.remove(s, "do_orm_execute", cached)
local function twice(state)
  if state.is_select and state.parameters and state.parameters.n then
    return state:invoke_statement{ params = { n = state.parameters.n + 1 }, execution_options = { again = true } }
  end
end
event.listen(s, "do_orm_execute", twice)
say(s:scalars(select(Animal.name):where(Animal.id:eq(am.bindparam("n"))), { n = 1 }):all())
event.remove(s, "do_orm_execute", twice)
local order = {}
event.listen(s, "do_orm_execute", function() order[#order + 1] = "first" end)
event.listen(s, "do_orm_execute", function() order[#order + 1] = "before" end, { insert = true })
event.listen(s, "do_orm_execute", function() order[#order + 1] = "once" end, { once = true })
s:scalars(select(Animal.id)):all()
s:scalars(select(Animal.id)):all()
say(order)
local function change(state)
  if state.is_update then state.statement = state.statement:where(Animal.gone:eq(0)) end
  if state.is_select and state.is_orm_statement then state:update_execution_options{ populate_existing = true } end
end
event.listen(s, "do_orm_execute", change)
local tom = s:get(Animal, 3)
tom.name = "TOM"
say(s:execute(update(Animal):values{ name = "upd" }).rowcount)
say(map(s:scalars(select(Animal):order_by(Animal.id)), name))
sql()
local function stop() error "no" end
event.listen(s, "do_orm_execute", stop)
refused(function() s:scalars(select(Animal)):all() end)
refused(function() return tom.lives end)
s:rollback()
refused(function() return tom.name end)
event.remove(s, "do_orm_execute", stop)
say(tom.name)
