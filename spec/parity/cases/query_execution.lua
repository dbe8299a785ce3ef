-- Execution options and do_orm_execute: where they come from, who sees them, what a listener can change.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map = parity.say, parity.step, parity.map

local Base = am.declarative_base()

local Item = Base:model("Item", {
  __tablename__ = "items",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  note = am.deferred(am.Column(am.String(30))),
  parts = am.relationship("Part", { order_by = "Part.id", back_populates = "item" }),
})

local Part = Base:model("Part", {
  __tablename__ = "parts",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  item_id = am.Column(am.ForeignKey("items.id")),
  item = am.relationship("Item", { back_populates = "parts" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{
    Item{ id = 1, name = "i1", note = "n", parts = { Part{ id = 1, name = "p1" }, Part{ id = 2, name = "p2" } } },
    Item{ id = 2, name = "i2" }
  }
  s:commit()
end)
parity.forget()
local Maker = am.sessionmaker(e)

am.event.listen(Maker, "do_orm_execute", function(state)
  say(
    "  orm",
    state.is_select,
    state.is_insert,
    state.is_update,
    state.is_delete,
    state.is_column_load,
    state.is_relationship_load,
    state.is_orm_statement,
    state.is_from_statement,
    state.is_executemany,
    state.execution_options.tag,
    state.is_select and state.is_relationship_load and state.lazy_loaded_from ~= nil
  )
  if state.execution_options.swap then
    return state:invoke_statement(am.select(Item):where(Item.id:eq(2)))
  end
  if state.execution_options.more then
    state:update_execution_options{ populate_existing = true }
    return state:invoke_statement{ params = { n = "i2" } }
  end
end)

step "who comes by"
Maker(function(s)
  local item = s:scalars(am.select(Item):order_by(Item.id)):first()
  say(item.note)
  say(map(item.parts, function(p) return p.name end))
  say(s:get(Item, 2).name, s:get(Item, 1) == item)
  say(s:execute(am.text("SELECT count(*) FROM items")):scalar())
  say(s:execute(am.select(am.func.count()):select_from(Item.__table__)):scalar())
  s:refresh(item)
  s:expire(item)
  say(item.name)
end)
step "loaders"
Maker(function(s)
  local items = s
    :scalars(
      am.select(Item):options(am.selectinload(Item.parts)):order_by(Item.id),
      nil,
      { execution_options = { tag = "t" } }
    )
    :all()
  say(map(items, function(i) return #i.parts end))
end)
step "writes"
Maker(function(s)
  s:execute(am.insert(Item), { { id = 3, name = "i3" }, { id = 4, name = "i4" } })
  s:execute(am.update(Item):where(Item.id:eq(3)):values{ name = "i3!" })
  s:execute(am.delete(Item):where(Item.id:eq(am.bindparam("which"))), { which = 4 })
  s:add(Item{ id = 5, name = "i5" })
  s:flush()
  say(s:scalars(am.select(Item.name):order_by(Item.id)):all())
  s:rollback()
end)
step "another statement"
Maker(function(s)
  say(
    map(
      s:scalars(am.select(Item):where(Item.id:eq(1)), nil, { execution_options = { swap = true } }),
      function(i) return i.name end
    )
  )
  say(
    map(
      s:scalars(am.select(Item):where(Item.name:eq(am.bindparam("n"))), { n = "i1" }, {
        execution_options = { more = true }
      }),
      function(i) return i.name end
    )
  )
end)
step "options of a statement"
local stmt = am.select(Item):execution_options{ tag = "s", other = 1 }
say(stmt:get_execution_options())
say(stmt:execution_options{ other = 2 }:get_execution_options(), stmt:get_execution_options())
Maker(function(s)
  say(#s:scalars(stmt):all())
  say(#s:scalars(stmt, nil, { execution_options = { tag = "call" } }):all())
  say(s:query(Item):execution_options{ tag = "q" }:count())
end)
step "a listener of one session"
am.Session(e, function(s)
  local seen = {}
  am.event.listen(s, "do_orm_execute", function(state) return table.insert(seen, state.is_select) end)
  say(#s:scalars(am.select(Item)):all(), seen)
  say(s:execute(am.select(Item.id):order_by(Item.id)):all(), seen)
end)
step "autoflush"
am.Session(e, function(s)
  s:add(Item{ id = 7, name = "i7" })
  say(s:scalars(am.select(am.func.count(Item.id)), nil, { execution_options = { autoflush = false } }):one())
  say(s:scalars(am.select(am.func.count(Item.id))):one())
  s:rollback()
  s:no_autoflush(function()
    s:add(Item{ id = 8, name = "i8" })
    say(s:scalars(am.select(am.func.count(Item.id))):one())
  end)
  s:rollback()
end)
step "parameters"
am.Session(e, function(s)
  local by_name = am.select(Item.name):where(Item.name:eq(am.bindparam("n")))
  say(s:scalars(by_name, { n = "i1" }):all(), s:scalar(by_name:params{ n = "i2" }))
  parity.error(function() return s:scalars(by_name):all() end)
  local many = am.select(Item.name)
    :where(Item.id:in_(am.bindparam("ids", { expanding = true })))
    :order_by(Item.id)
  say(s:scalars(many, { ids = { 1, 2 } }):all(), s:scalars(many, { ids = {} }):all())
end)
step "plain"
am.Session(e, function(s)
  say(s:scalars(am.select(Item.name):order_by(Item.id)):all())
end)
step "end"
