-- selectinload in chunks of 500, and of parents that share, lack or repeat their targets.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map = parity.say, parity.step, parity.map

local Base = am.declarative_base()

local Parent = Base:model("Parent", {
  __tablename__ = "parents",
  id = am.Column(am.Integer, { primary_key = true }),
  boss_id = am.Column(am.ForeignKey("bosses.id")),
  boss = am.relationship("Boss"),
  kids = am.relationship("Kid", { order_by = "Kid.id", back_populates = "parent" }),
})

local Boss = Base:model("Boss", {
  __tablename__ = "bosses",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
})

local Kid = Base:model("Kid", {
  __tablename__ = "kids",
  id = am.Column(am.Integer, { primary_key = true }),
  parent_id = am.Column(am.ForeignKey("parents.id")),
  parent = am.relationship("Parent", { back_populates = "kids" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
e:begin(function(conn)
  conn:execute(am.insert(Boss.__table__), { { id = 1, name = "b1" }, { id = 2, name = "b2" }, { id = 3, name = "b3" } })
  conn:execute(am.insert(Parent.__table__):from_select({ "id", "boss_id" }, am.select(Boss.id, Boss.id)))
  for _ = 0, 9 - 1 do
    conn:execute(
      am.insert(Parent.__table__):from_select(
        { "id", "boss_id" },
        am.select(
          Parent.id + am.func.coalesce(am.select(am.func.max(Parent.id)):scalar_subquery(), 0),
          Parent.boss_id
        )
      )
    )
  end
  conn:execute(am.insert(Kid.__table__):from_select({ "id", "parent_id" }, am.select(Parent.id, Parent.id)))
end)
parity.forget()
local counted = {}

am.event.listen(e, "before_cursor_execute", function()
  table.insert(counted, 1)
end)

step "collections"
local before = #counted
am.Session(e, function(s)
  local parents = s:scalars(am.select(Parent):options(am.selectinload(Parent.kids)):order_by(Parent.id)):all()
  say(#parents, #counted - before, #parents[1].kids, #parents[#parents].kids)
end)
parity.forget()
step "many to one"
before = #counted
am.Session(e, function(s)
  local parents = s:scalars(am.select(Parent):options(am.selectinload(Parent.boss)):order_by(Parent.id)):all()
  say(parents[1].boss.name, parents[#parents].boss.name, #counted - before)
end)
step "both ways"
am.Session(e, function(s)
  local parents = s
    :scalars(
      am.select(Parent)
        :where(Parent.id:le(4))
        :options(am.selectinload(Parent.kids):selectinload(Kid.parent):selectinload(Parent.boss))
        :order_by(Parent.id)
    )
    :all()
  say(map(parents, function(p) return p.kids[1].parent == p end), map(parents, function(p) return p.boss.name end))
end)
step "some of them are there already"
am.Session(e, function(s)
  local first = s:get(Parent, 1)
  say(#first.kids)
  local boss = s:get(Boss, 2)
  local parents = s
    :scalars(
      am.select(Parent)
        :where(Parent.id:le(3))
        :options(am.selectinload(Parent.kids), am.selectinload(Parent.boss))
        :order_by(Parent.id)
    )
    :all()
  say(map(parents, function(p) return #p.kids end), parents[2].boss == boss)
  parity.forget()
end)
step "nothing at all"
am.Session(e, function(s)
  say(s:scalars(am.select(Parent):where(Parent.id:lt(0)):options(am.selectinload(Parent.kids))):all())
  say(s:scalars(am.select(Parent):where(Parent.id:lt(0)):options(am.subqueryload(Parent.kids))):all())
  say(s:scalars(am.select(Parent):where(Parent.id:lt(0)):options(am.immediateload(Parent.boss))):all())
end)
step "null keys"
am.Session(e, function(s)
  s:add(Parent{ id = 100000 })
  s:flush()
  s:expire_all()
  local lone = s
    :scalars(
      am.select(Parent)
        :where(Parent.id:eq(100000))
        :options(am.selectinload(Parent.boss), am.selectinload(Parent.kids))
    )
    :one()
  say(lone.boss, lone.kids)
  local kid = Kid{ id = 200000 }
  s:add(kid)
  s:flush()
  say(kid.parent)
  say(s:scalars(am.select(Kid):where(Kid.id:eq(200000)):options(am.selectinload(Kid.parent))):one().parent)
  s:rollback()
end)
step "yield_per loads them part by part"
am.Session(e, function(s)
  local stmt = am.select(Parent)
    :where(Parent.id:le(6))
    :options(am.selectinload(Parent.kids))
    :order_by(Parent.id)
    :execution_options{ yield_per = 4 }
  for part in s:scalars(stmt):partitions() do
    say(map(part, function(p) return p.id end), map(part, function(p) return #p.kids end))
  end
end)
step "end"
