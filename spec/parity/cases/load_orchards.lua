-- Loaders nested in loaders: selectin, joined and subquery mixed, wildcards and raiseload below them.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey

local Base = am.declarative_base()
local pairs_ = am.Table("tree_sort", Base.metadata, Column("tree_id", ForeignKey "tree.id", { primary_key = true }),
  Column("sort_id", ForeignKey "sort.id", { primary_key = true }))

local Orchard = Base:model("Orchard", {
  __tablename__ = "orchard",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  rows = am.relationship("Row", { back_populates = "orchard", order_by = "Row.id" }),
  gates = am.relationship("Gate", { order_by = "Gate.id" }),
})

local Row = Base:model("Row", {
  __tablename__ = "row_",
  id = Column(Integer, { primary_key = true }),
  orchard_id = Column(ForeignKey "orchard.id"),
  orchard = am.relationship(Orchard, { back_populates = "rows" }),
  trees = am.relationship("Tree", { back_populates = "row", order_by = "Tree.id.desc()" }),
})

local Tree = Base:model("Tree", {
  __tablename__ = "tree",
  id = Column(Integer, { primary_key = true }),
  height = Column(Integer),
  row_id = Column(ForeignKey "row_.id"),
  row = am.relationship(Row, { back_populates = "trees" }),
  sorts = am.relationship("Sort", { secondary = pairs_, order_by = "Sort.name" }),
})

local Sort = Base:model("Sort", {
  __tablename__ = "sort",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
})

local Gate = Base:model("Gate", {
  __tablename__ = "gate",
  id = Column(Integer, { primary_key = true }),
  orchard_id = Column(ForeignKey "orchard.id"),
})

local function ids(items) return p.map(items, function(x) return x.id end) end
local function names(items) return p.map(items, function(x) return x.name end) end

local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local gala, boskoop = Sort{ id = 1, name = "gala" }, Sort{ id = 2, name = "boskoop" }
  s:add_all{
    Orchard{ id = 1, name = "north", gates = { Gate{ id = 1 }, Gate{ id = 2 } }, rows = {
      Row{ id = 1, trees = { Tree{ id = 1, height = 3, sorts = { gala, boskoop } }, Tree{ id = 2, height = 5 } } },
      Row{ id = 2 } } },
    Orchard{ id = 2, name = "south", rows = { Row{ id = 3, trees = { Tree{ id = 3, height = 4,
      sorts = { boskoop } } } } } },
    Orchard{ id = 3, name = "fallow" } }
  s:commit()
end)
p.forget()
local stmt = select(Orchard):order_by(Orchard.id)

local function shape(o)
  return { o.name, p.map(o.rows, function(r)
    return { r.id, p.map(r.trees, function(t) return { t.id, names(t.sorts) } end) }
  end) }
end

local function show(title, ...)
  step(title)
  local options = { ... }
  am.Session(e, function(s)
    for o in s:scalars(stmt:options((table.unpack or unpack)(options))):unique() do say(shape(o)) end
  end)
end

show("selectin, joined, subquery", am.selectinload(Orchard.rows):joinedload(Row.trees):subqueryload(Tree.sorts))
show("joined, selectin, joined", am.joinedload(Orchard.rows):selectinload(Row.trees):joinedload(Tree.sorts))
show("subquery, subquery, selectin", am.subqueryload(Orchard.rows):subqueryload(Row.trees):selectinload(Tree.sorts))
show("joined throughout", am.joinedload(Orchard.rows):joinedload(Row.trees):joinedload(Tree.sorts))
show("immediate, then joined", am.immediateload(Orchard.rows):joinedload(Row.trees), am.defaultload(Orchard.rows)
  :defaultload(Row.trees):selectinload(Tree.sorts))

step "a wildcard below a path"
am.Session(e, function(s)
  local below = stmt:options(am.selectinload(Orchard.rows):selectinload(Row.trees),
    am.selectinload(Orchard.rows):raiseload("*"))
  for o in s:scalars(below) do
    say(o.name, #o.gates, p.map(o.rows, function(r) return ids(r.trees) end))
    for _, r in ipairs(o.rows) do p.error(function() return r.orchard end) end
  end
  local tree = s:get(Tree, 1)
  say(tree.row.id, names(tree.sorts))
end)
step "a wildcard over everything, named ones excepted"
am.Session(e, function(s)
  local o = s:scalars(stmt:options(am.raiseload("*"), am.joinedload(Orchard.rows)):limit(1)):unique():one()
  say(ids(o.rows))
  p.error(function() return o.gates end)
  p.error(function() return o.rows[1].trees end)
  say(p.sorted(am.inspect(o).unloaded), p.sorted(am.inspect(o.rows[1]).unloaded))
end)
step "a wildcard of one entity"
am.Session(e, function(s)
  local both = select(Orchard, Tree):join(Orchard.rows):join(Row.trees):order_by(Tree.id)
    :options(am.Load(Orchard):raiseload("*"), am.Load(Tree):selectinload("*"))
  for row in s:execute(both) do
    local o, t = row:unpack()
    p.error(function() return o.rows end)
    say(t.row.id, names(t.sorts))
  end
end)
step "selectin for all, noload and lazy for some"
am.Session(e, function(s)
  for o in s:scalars(stmt:options(am.selectinload("*"), am.noload(Orchard.gates), am.lazyload(Orchard.rows))) do
    say(o.name, o.gates, not am.inspect(o).unloaded:contains("rows"), #o.rows)
  end
end)
step "raise on sql only"
am.Session(e, function(s)
  local t = s:scalars(select(Tree):where(Tree.id:eq(2)):options(am.raiseload(Tree.row, { sql_only = true }),
    am.raiseload(Tree.sorts))):one()
  p.error(function() return t.row end)
  local row = s:get(Row, 1)
  say(t.row == row)
  p.error(function() return t.sorts end)
  s:refresh(t, { "sorts" })
  say(t.sorts)
end)
p.sql()
