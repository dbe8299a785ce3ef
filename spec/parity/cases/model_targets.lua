-- Relationships to an aliased class (a join, a window function); properties added to mapped classes.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local select, func = am.select, am.func

local function map(list, fn)
  local out = {}
  for i, item in ipairs(list) do out[i] = fn(item) end
  return out
end
local function sorted(list)
  table.sort(list)
  return list
end
local function id(o) return o.id end

local Base = am.declarative_base()
local A = Base:model("A", {
  __tablename__ = "a",
  id = am.Column(am.Integer, { primary_key = true }),
  b_id = am.Column(am.ForeignKey("b.id")),
})
local B = Base:model("B", {
  __tablename__ = "b",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(5)),
})
local C = Base:model("C", {
  __tablename__ = "c",
  id = am.Column(am.Integer, { primary_key = true }),
  a_id = am.Column(am.ForeignKey("a.id")),
  b_id = am.Column(am.ForeignKey("b.id")),
  rank = am.Column(am.Integer),
})

local j = am.join(B, C, C.b_id:eq(B.id))
local B_via_c = am.aliased(B, j, { flat = true })
A.bs = am.relationship(B_via_c, { primaryjoin = A.id:eq(j.c.c_a_id), viewonly = true, order_by = B_via_c.id })
local part = select(C, func.row_number():over{ order_by = C.rank:desc(), partition_by = C.a_id }:label("index")):alias()
local top = am.aliased(C, part)
A.top = am.relationship(top, { primaryjoin = am.and_(top.a_id:eq(A.id), part.c.index:lt(3)), viewonly = true,
  order_by = part.c.index })
A.b = am.relationship(B)
B.loud = am.column_property(func.upper(B.name))
B.title = am.synonym("name")
am.inspect(C):add_property("a", am.relationship(A, { backref = "cs" }))
am.configure_mappers()
say(sorted(am.inspect(A).attrs:keys()), sorted(am.inspect(B).attrs:keys()), sorted(am.inspect(C).attrs:keys()))
say(A.bs.property.direction.name, A.bs.property.mapper.class_, A.top.property.entity.is_aliased_class)
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "rows"
s:add_all{ B{ id = 1, name = "one" }, B{ id = 2, name = "two" }, B{ id = 3, name = "three" } }
s:flush()
s:add_all{ A{ id = 1, b_id = 1 }, A{ id = 2 } }
s:flush()
for i = 1, 6 do s:add(C{ id = i, a_id = 1 + i % 2, b_id = 1 + i % 3, rank = (i * 7) % 11 }) end
s:commit()
step "lazy"
local a = s:get(A, 2)
say(map(a.bs, function(b) return b.name end), map(a.top, id), a.b)
step "selectin"
s:expunge_all()
for found in s:scalars(select(A):options(am.selectinload(A.top)):order_by(A.id)) do
  say(found.id, map(found.top, id), map(found.bs, function(b) return b.loud end))
end
step "joined"
s:expunge_all()
for found in s:scalars(select(A):options(am.joinedload(A.top)):order_by(A.id)):unique() do
  say(found.id, map(found.top, function(c) return c.rank end))
end
step "join and exists"
say(s:execute(select(A.id, top.id):join(A.top:of_type(top)):order_by(A.id, top.id)):all())
say(s:scalars(select(A.id):where(A.bs:any(B_via_c.name:eq("three"))):order_by(A.id)):all())
step "added properties"
say(s:scalars(select(B.title):where(B.loud:eq("TWO"))):all())
say(sorted(map(s:get(A, 1).cs, id)), s:get(C, 1).a.id)
step "set a synonym"
s:get(B, 1).title = "uno"
s:flush()
say(s:get(B, 1).name, s:get(B, 1).loud)
s:rollback()
p.sql()
s:close()
