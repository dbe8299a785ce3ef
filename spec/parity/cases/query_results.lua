-- Results: all, one, first, unique, mappings, scalars, columns, partitions, freeze, yield_per; what they refuse.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, list = parity.say, parity.step, parity.map, parity.list

local Base = am.declarative_base()

local Box = Base:model("Box", {
  __tablename__ = "boxes",
  id = am.Column(am.Integer, { primary_key = true }),
  color = am.Column(am.String(30)),
  items = am.relationship("Item", { back_populates = "box", order_by = "Item.id" }),
})

local Item = Base:model("Item", {
  __tablename__ = "items",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  box_id = am.Column(am.ForeignKey("boxes.id")),
  box = am.relationship("Box", { back_populates = "items" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{
    Box{ id = 1, color = "red", items = { Item{ id = 1, name = "a" }, Item{ id = 2, name = "b" } } },
    Box{ id = 2, color = "red", items = { Item{ id = 3, name = "c" } } },
    Box{ id = 3, color = "blue" },
    Box{ id = 4, color = am.null },
    Box{ id = 5, color = "green" }
  }
  s:commit()
end)
parity.forget()
local s = am.Session(e)
local stmt = am.select(Box.id, Box.color):order_by(Box.id)
local boxes = am.select(Box):order_by(Box.id)
local nothing = am.select(Box):where(Box.id:eq(99))

step "one and first"
say(s:execute(stmt):first(), s:execute(nothing):first(), s:scalars(nothing):first())
for _, found in ipairs { boxes, nothing, am.select(Box.color):where(Box.id:eq(4)) } do
  parity.error(function() say(s:execute(found):one()) end)
  parity.error(function() say(s:execute(found):one_or_none()) end)
  parity.error(function() say(s:execute(found):scalar_one()) end)
  parity.error(function() say(s:execute(found):scalar_one_or_none()) end)
  parity.error(function() say(s:execute(found):scalar()) end)
  parity.error(function() say(s:scalars(found):one()) end)
  parity.error(function() say(s:scalars(found):one_or_none()) end)
  parity.error(function() say(s:scalars(found):first()) end)
end
step "fetching"
local r = s:execute(stmt)
say(r:fetchone(), r:fetchmany(2), r:fetchall(), r:fetchone(), r:fetchall(), r.closed)
r = s:execute(stmt)
r:close()
parity.error(function() return r:fetchone() end)
say(r.closed)
r = s:execute(stmt)
say(r:fetchone(), r:fetchone())
say(map(r, function(row) return row.id end))
step "keys"
say(s:execute(stmt):keys(), s:execute(boxes):keys())
step "mappings"
local m = s:execute(stmt):mappings()
say(m:first().color)
say(map(s:execute(stmt:limit(2)):mappings(), function(x) return x end))
say(s:execute(stmt):mappings():fetchmany(1))
say(s:execute(am.select(Box, Box.color):where(Box.id:eq(1))):mappings():one().Box.id)
say(s:execute(stmt):mappings():keys())
step "columns"
say(s:execute(stmt):columns(2):all())
say(s:execute(stmt):columns("color", "id"):first())
say(s:execute(stmt):columns(Box.color):all())
step "scalars"
say(s:execute(stmt):scalars():all(), s:execute(stmt):scalars(2):all(), s:execute(stmt):scalars("color"):all())
say(s:scalars(am.select(Box.color):order_by(Box.id)):fetchmany(2))
step "unique"
say(s:scalars(am.select(Box.color):order_by(Box.color:is_(nil), Box.color)):unique():all())
say(s:execute(am.select(Box.color):order_by(Box.id)):unique():all())
say(map(s:execute(stmt):unique(function(row) return row.color end), function(x) return x[2] end))
say(s:execute(stmt):unique(function(row) return row.color == nil end):mappings():all())
say(#s:scalars(am.select(Box):join(Box.items):order_by(Item.id)):unique():all())
parity.error(function() return s:scalars(am.select(Box):join(Box.items):where(Box.id:eq(1))):one() end)
say(s:scalars(am.select(Box):join(Box.items):where(Box.id:eq(1))):unique():one().id)
step "partitions"
for part in s:execute(stmt):partitions(2) do
  say(part)
end
for part in s:scalars(am.select(Box.id):order_by(Box.id)):partitions(3) do
  say(part)
end
for part in s:execute(stmt):mappings():partitions(4) do
  say(#part)
end
step "yield_per"
for part in s:scalars(boxes:execution_options{ yield_per = 2 }):partitions() do
  say(map(part, function(b) return b.id end))
end
say(map(s:scalars(boxes):yield_per(2), function(b) return b.id end))
step "yield_per and loaders"
am.Session(e, function(t)
  say(
    map(
      t:scalars(boxes:options(am.selectinload(Box.items)):execution_options{ yield_per = 2 }),
      function(b) return list(b.id, #b.items) end
    )
  )
end)
am.Session(e, function(t)
  parity.error(function()
    return t:scalars(boxes:options(am.joinedload(Box.items)):execution_options{ yield_per = 2 }):unique():all()
  end)
end)
am.Session(e, function(t)
  parity.error(function()
    return t:scalars(boxes:options(am.subqueryload(Box.items)):execution_options{ yield_per = 2 }):all()
  end)
end)
am.Session(e, function(t)
  say(
    map(
      t:scalars(
        am.select(Item):options(am.joinedload(Item.box)):order_by(Item.id):execution_options{ yield_per = 2 }
      ),
      function(i) return i.box.id end
    )
  )
end)
step "freeze"
local frozen = s:execute(stmt:limit(2)):freeze()
say(frozen():all(), frozen():scalars():all(), frozen():mappings():first().color)
step "merge_frozen_result"
frozen = s:execute(boxes:limit(2)):freeze()
am.Session(e, function(t)
  local merged = am.merge_frozen_result(t, boxes, frozen, { load = false })()
  say(map(merged:scalars(), function(b) return b.color end))
end)
step "merge"
local r1, r2 = s:execute(stmt:limit(1)), s:execute(am.select(Box.id, Box.color):where(Box.id:eq(3)))
say(r1:merge(r2):all())
step "rows"
local row = s:execute(stmt):first()
local a, b = row:unpack()
say(a, b, #row, row:as_dict(), row[1])
step "a result without rows"
r = s:execute(am.text("UPDATE boxes SET color = 'x' WHERE id = 5"))
say(r.rowcount, r.returns_rows)
parity.error(function() return r:all() end)
parity.error(function() return r:first() end)
r = s:execute(am.text("SELECT 1 AS one, 2 AS two"))
say(r.returns_rows, r:all())
say(s:execute(am.text("SELECT 1 AS one")):scalar(), s:scalar(am.select(am.func.count()):select_from(Box)))
step "used up"
r = s:scalars(boxes)
say(#r:all(), r:all())
r = s:execute(boxes)
local sc = r:scalars()
say(sc:first().id)
parity.error(function() return sc:all() end)
step "end"
