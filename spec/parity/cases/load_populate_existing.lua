-- populate_existing: what it overwrites, in rows, loaders, refreshes, locks and with objects that have changed.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map = parity.say, parity.step, parity.map

local Base = am.declarative_base()

local Box = Base:model("Box", {
  __tablename__ = "boxes",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  note = am.deferred(am.Column(am.String(30))),
  items = am.relationship("Item", { back_populates = "box", order_by = "Item.id", cascade = "all, delete-orphan" }),
})

local Item = Base:model("Item", {
  __tablename__ = "items",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  box_id = am.Column(am.ForeignKey("boxes.id")),
  box = am.relationship(Box, { back_populates = "items" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
for _, name in ipairs({ "load", "refresh" }) do
  am.event.listen(Box, name, function(target, _, attrs)
    say(name, target.id, attrs and parity.sorted(attrs))
  end)
end
am.Session(e, function(s)
  s:add_all({
    Box{ id = 1, name = "one", note = "n", items = { Item{ id = 1, name = "a" }, Item{ id = 2, name = "b" } } },
    Box{ id = 2, name = "two" }
  })
  s:commit()
end)
parity.forget()
local again = { populate_existing = true }
local boxes = am.select(Box):order_by(Box.id)
step "a change that was not flushed"
am.Session(e, { autoflush = false }, function(s)
  local one = s:get(Box, 1)
  one.name = "changed"
  say(s:scalars(boxes):first().name, am.inspect(one).attrs.name.history)
  step "overwritten"
  say(
    s:scalars(boxes, nil, { execution_options = again }):first().name, am.inspect(one).attrs.name.history,
    s.dirty:contains(one)
  )
  s:commit()
end)
step "with autoflush it is written first"
am.Session(e, function(s)
  local one = s:get(Box, 1)
  one.name = "flushed"
  say(s:scalars(boxes, nil, { execution_options = again }):first().name)
  s:rollback()
  say(one.name)
end)
step "a deferred column that was loaded"
am.Session(e, function(s)
  local one = s:get(Box, 1)
  say(one.note)
  s:execute(am.text("UPDATE boxes SET note = 'other', name = 'uno' WHERE id = 1"))
  s:scalars(boxes, nil, { execution_options = again }):all()
  say(one.name, am.inspect(one).unloaded:contains("note"), one.note)
end)
step "a collection that was changed"
am.Session(e, { autoflush = false }, function(s)
  local one = s:get(Box, 1)
  one.items:append(Item{ id = 3, name = "c" })
  local first = one.items[1]
  one.items:remove(one.items[2])
  say(map(one.items, function(i) return i.name end), #s.new)
  s:scalars(boxes, nil, { execution_options = again }):all()
  say(am.inspect(one).unloaded:contains("items"))
  say(map(one.items, function(i) return i.name end), one.items[1] == first)
  say(map(s.new, function(i) return i.name end))
end)
for _, loader in ipairs({ am.selectinload, am.joinedload, am.subqueryload }) do
  step "a loader"
  am.Session(e, function(s)
    local one = s:get(Box, 1)
    say(map(one.items, function(i) return i.name end))
    s:execute(
      am.update(Item):where(Item.id:eq(2)):values({ name = "x" }):execution_options({ synchronize_session = false })
    )
    s:execute(Item.__table__:insert():values({ id = 7, name = "seven", box_id = 1 }))
    local stmt = boxes:options(loader(Box.items))
    say(map(s:scalars(stmt):unique(), function(b) return map(b.items, function(i) return i.name end) end))
    step "again"
    say(
      map(
        s:scalars(stmt, nil, { execution_options = again }):unique(),
        function(b) return map(b.items, function(i) return i.name end) end
      )
    )
  end)
end
step "contains_eager of a part, then all"
am.Session(e, function(s)
  local stmt = am.select(Box):join(Box.items):where(Item.name:eq("a")):options(am.contains_eager(Box.items))
  say(map(s:scalars(stmt):unique():one().items, function(i) return i.name end))
  local full = am.select(Box):join(Box.items):options(am.contains_eager(Box.items)):order_by(Item.id)
  say(map(s:scalars(full):unique():one().items, function(i) return i.name end))
  say(map(s:scalars(full, nil, { execution_options = again }):unique():one().items, function(i) return i.name end))
end)
step "get and refresh"
am.Session(e, function(s)
  local one = s:get(Box, 1)
  s:execute(am.text("UPDATE boxes SET name = 'other' WHERE id = 1"))
  say(s:get(Box, 1).name, s:get(Box, 1, { populate_existing = true }).name)
  one.name = "mine"
  say(s:get(Box, 1, { populate_existing = true }).name)
  s:execute(am.text("UPDATE boxes SET name = 'third' WHERE id = 1"))
  s:refresh(one, { "name" })
  say(one.name)
end)
step "load_only"
am.Session(e, function(s)
  local one = s:get(Box, 1)
  s:execute(am.text("UPDATE boxes SET name = 'fourth' WHERE id = 1"))
  s:scalars(boxes:options(am.load_only(Box.id)), nil, { execution_options = again }):all()
  say(am.inspect(one).unloaded:contains("name"), one.name)
end)
step "legacy"
am.Session(e, function(s)
  s:get(Box, 1)
  s:execute(am.text("UPDATE boxes SET name = 'fifth' WHERE id = 1"))
  say(
    s:query(Box):filter_by({ id = 1 }):one().name, s:query(Box):populate_existing():filter_by({ id = 1 }):one().name
  )
  say(s:query(Box):populate_existing():with_for_update():get(1).name)
end)
step "expired objects, deleted ones"
am.Session(e, function(s)
  local one, two = s:get(Box, 1), s:get(Box, 2)
  s:expire(one)
  s:delete(two)
  say(map(s:scalars(boxes, nil, { execution_options = again }), function(b) return b.name end))
  say(am.inspect(two).deleted, one.name)
  s:rollback()
end)
step "the session is told"
am.Session(e, function(s)
  say(map(s:scalars(boxes:execution_options({ populate_existing = true })), function(b) return b.name end))
  say(map(s:scalars(boxes:execution_options({ populate_existing = true })), function(b) return b.name end))
end)
step "end"
