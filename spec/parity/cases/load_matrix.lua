-- Every loading strategy across every kind of relationship: plain, with LIMIT, with objects already there, with
-- populate_existing; the statements of each.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, forget = p.say, p.step, p.sql, p.forget
local Column, Integer, String, ForeignKey, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select
local relationship = am.relationship

local Base = am.declarative_base()
local links = am.Table("links", Base.metadata, Column("a_id", ForeignKey("a.id"), { primary_key = true }),
  Column("t_id", ForeignKey("t.id"), { primary_key = true }))
local A = Base:model("A", {
  __tablename__ = "a",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
  up_id = Column(ForeignKey("a.id")),
  many = relationship("B", { back_populates = "one", order_by = "B.id" }),
  tags = relationship("T", { secondary = links, order_by = "T.id", back_populates = "owners" }),
  only = relationship("P", { uselist = false, back_populates = "a" }),
  subs = relationship("A", { order_by = "A.id", back_populates = "up" }),
  up = relationship("A", { remote_side = "A.id", back_populates = "subs" }),
})
local B = Base:model("B", {
  __tablename__ = "b",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
  a_id = Column(ForeignKey("a.id")),
  one = relationship("A", { back_populates = "many" }),
  leaves = relationship("C", { order_by = "C.id" }),
})
local C = Base:model("C", {
  __tablename__ = "c",
  id = Column(Integer, { primary_key = true }),
  b_id = Column(ForeignKey("b.id")),
})
local P = Base:model("P", {
  __tablename__ = "p",
  id = Column(Integer, { primary_key = true }),
  a_id = Column(ForeignKey("a.id")),
  a = relationship("A", { back_populates = "only" }),
})
local T = Base:model("T", {
  __tablename__ = "t",
  id = Column(Integer, { primary_key = true }),
  word = Column(String(10)),
  owners = relationship("A", { secondary = links, order_by = "A.id", back_populates = "tags" }),
})

local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local t1, t2 = T{ id = 1, word = "x" }, T{ id = 2, word = "y" }
  s:add_all{
    A{ id = 1, name = "a1", tags = { t1, t2 }, only = P{ id = 1 },
      many = { B{ id = 1, name = "b1", leaves = { C{ id = 1 }, C{ id = 2 } } }, B{ id = 2, name = "b2" } } },
    A{ id = 2, name = "a2", tags = { t2 }, many = { B{ id = 3, name = "b3", leaves = { C{ id = 3 } } } } },
    A{ id = 3, name = "a3", only = P{ id = 2 } },
    B{ id = 4, name = "b4" },
  }
  s:flush()
  s:get(A, 2).up_id = 1
  s:get(A, 3).up_id = 1
  s:commit()
end)
forget()

local lists = { many = true, tags = true, subs = true, owners = true, leaves = true }
local function show(objects, key)
  say(p.map(objects, function(o)
    local loaded = not am.inspect(o).unloaded:contains(key)
    local id = o.id
    local ok, value = pcall(function() return o[key] end)
    if not ok then
      value = value.name
    elseif lists[key] and value ~= nil then
      value = p.map(value, function(x) return x.id end)
    else
      value = value and value.id
    end
    return p.list(id, loaded, value)
  end))
end

local strategies = { "lazyload", "selectinload", "joinedload", "subqueryload", "immediateload", "raiseload", "noload" }
local relations = { { A, "many" }, { A, "tags" }, { A, "only" }, { A, "subs" }, { A, "up" }, { B, "one" }, { P, "a" },
  { T, "owners" } }
local existing = { execution_options = { populate_existing = true } }
for _, word in ipairs(strategies) do
  for _, relation in ipairs(relations) do
    local cls, key = relation[1], relation[2]
    step(word .. " " .. cls.__name__ .. "." .. key)
    local s = am.Session(e)
    local option = am[word](cls[key])
    local stmt = select(cls):order_by(cls.id):options(option)
    show(s:scalars(stmt):unique():all(), key)
    sql()
    s:close()
    show(s:scalars(stmt:limit(2):offset(1)):unique():all(), key)
    sql()
    s:close()
    local first = s:scalars(select(cls):order_by(cls.id)):all()
    forget()
    show(s:scalars(stmt):unique():all(), key)
    sql()
    s:scalars(stmt, nil, existing):unique():all()
    show(first, key)
    s:close()
    forget()
    local o = s:get(cls, 1, { options = { option } })
    show({ o }, key)
    sql()
    s:refresh(o)
    show({ o }, key)
    sql()
    s:expire(o)
    show({ o }, key)
    sql()
    s:close()
    forget()
  end
end
for i = 1, 5 do
  for k = 1, 6 do
    local outer, inner = am[strategies[i]], am[strategies[k]]
    step(strategies[i] .. " then " .. strategies[k])
    local s = am.Session(e)
    local found = s:scalars(select(A):order_by(A.id):options(outer(A.many),
      outer(A.many):options(inner(B.leaves)))):unique():all()
    local all = {}
    for _, a in ipairs(found) do
      for _, b in ipairs(a.many) do all[#all + 1] = b end
    end
    show(all, "leaves")
    sql()
    s:close()
    s:scalars(select(C):order_by(C.id)):all()
    found = s:scalars(select(B):order_by(B.id:desc()):limit(2):options(outer(B.one):options(inner(A.tags))))
      :unique():all()
    show(p.collect(found, function(b) return b.one end), "tags")
    s:close()
    sql()
  end
end
