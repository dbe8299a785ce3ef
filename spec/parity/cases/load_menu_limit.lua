-- Joined loading under LIMIT, DISTINCT and GROUP BY, of a tree with its depth, along inner joins.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, func = p.say, p.step, am.select, am.func
local Column, String, Integer, ForeignKey = am.Column, am.String, am.Integer, am.ForeignKey

local Base = am.declarative_base()

local Dish = Base:model("Dish", {
  __tablename__ = "dish",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  price = Column(Integer),
  kind_id = Column(ForeignKey "kind.id", { nullable = false }),
  kind = am.relationship("Kind", { lazy = "joined", innerjoin = true }),
  steps = am.relationship("Step", { order_by = "Step.no", lazy = "joined" }),
  reviews = am.relationship("Review", { order_by = "Review.id:desc()" }),
})

local kind_id = Column(Integer, { primary_key = true })
local Kind = Base:model("Kind", {
  __tablename__ = "kind",
  id = kind_id,
  name = Column(String(20)),
  parent_id = Column(ForeignKey "kind.id"),
  children = am.relationship("Kind", { lazy = "joined", join_depth = 2, order_by = "Kind.id",
    backref = am.backref("parent", { remote_side = kind_id }) }),
})

local Step = Base:model("Step", {
  __tablename__ = "step",
  id = Column(Integer, { primary_key = true }),
  no = Column(Integer),
  dish_id = Column(ForeignKey "dish.id"),
})

local Review = Base:model("Review", {
  __tablename__ = "review",
  id = Column(Integer, { primary_key = true }),
  stars = Column(Integer),
  dish_id = Column(ForeignKey "dish.id"),
  author_id = Column(ForeignKey "author.id", { nullable = false }),
  author = am.relationship("Author", { innerjoin = true }),
})

local Author = Base:model("Author", {
  __tablename__ = "author",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
})

local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local food = Kind { name = "food", children = {
    Kind { name = "warm", children = { Kind { name = "soup", children = { Kind { name = "clear" } } } } },
    Kind { name = "cold" },
  } }
  s:add(food)
  s:flush()
  local warm, cold = food.children[1], food.children[2]
  local ann = Author { name = "Ann" }
  for i, name in ipairs { "stew", "tart", "cake", "fish" } do
    i = i - 1
    local steps = {}
    for k = 1, i % 3 do steps[k] = Step { no = 3 - k } end
    s:add(Dish { name = name, price = i, kind = i % 2 == 1 and warm or cold, steps = steps,
      reviews = i > 0 and { Review { stars = i, author = ann } } or {} })
    s:flush()
  end
  s:commit()
end)
p.forget()

local function run(title, stmt, show)
  show = show or function(d) return { d.name, d.kind.name, p.map(d.steps, function(x) return x.no end) } end
  step(title)
  am.Session(e, function(s) say(p.map(s:scalars(stmt):unique(), show)) end)
end

local no_kind, no_steps = am.lazyload(Dish.kind), am.lazyload(Dish.steps)
run("mapped strategies", select(Dish):order_by(Dish.id))
run("limit", select(Dish):order_by(Dish.price:desc()):limit(2))
run("limit and offset, many to one only", select(Dish):options(am.noload(Dish.steps)):order_by(Dish.id):limit(2)
  :offset(1))
run("distinct", select(Dish):distinct():order_by(Dish.name))
run("order by label", select(Dish):order_by(func.length(Dish.name), Dish.id:desc()):limit(3))
run("nested in a limit",
  select(Dish):options(no_kind, no_steps, am.joinedload(Dish.reviews)
    :joinedload(Review.author)):order_by(Dish.id):limit(3),
  function(d) return { d.name, p.map(d.reviews, function(r) return { r.stars, r.author.name } end) } end)
run("a join of the query is another one",
  select(Dish):join(Dish.reviews):where(Review.stars:gt(1)):options(no_kind, no_steps, am.joinedload(Dish.reviews))
    :order_by(Dish.id),
  function(d) return { d.name, p.map(d.reviews, function(r) return r.stars end) } end)
run("group by",
  select(Dish):options(no_kind, no_steps):join(Dish.reviews):group_by(Dish.id):having(func.count(Review.id):gt(0))
    :order_by(Dish.id),
  function(d) return d.name end)
step "depth of the tree"
am.Session(e, function(s)
  local top = s:scalars(select(Kind):where(Kind.name:eq "food")):unique():one()
  p.sql()
  say(top.name, p.map(top.children, function(a)
    return { a.name, p.map(a.children, function(b) return b.name end) }
  end))
  p.sql()
  say(top.children[1].children[1].children[1].name, top.children[1].parent.name)
end)
step "options go deeper"
am.Session(e, function(s)
  local deep = am.lazyload(Kind.children)
  local top = s:scalars(select(Kind):where(Kind.name:eq "food"):options(deep)):unique():one()
  say(p.map(top.children, function(k) return k.name end))
  s:expunge_all()
  local chain = am.selectinload(Kind.children, { recursion_depth = 3 })
  top = s:scalars(select(Kind):where(Kind.name:eq "food"):options(chain)):one()
  p.sql()
  say(top.children[1].children[1].children[1].name)
end)
step "scalar subquery and columns beside"
am.Session(e, function(s)
  local count = select(func.count(Step.id)):where(Step.dish_id:eq(Dish.id)):scalar_subquery()
  for row in s:execute(select(Dish, count:label "n"):options(no_steps, no_kind):order_by(Dish.id):limit(2)) do
    say(row.Dish.name, row.n)
  end
  p.sql()
  say(s:execute(select(Dish.name, Kind.name):join(Dish.kind):order_by(Dish.id)):all())
  say(s:scalar(select(func.count()):select_from(select(Dish):subquery())))
end)
step "legacy"
am.Session(e, function(s)
  local q = s:query(Dish):order_by(Dish.id)
  say(q:first().name, q:limit(1):one().name, q:slice(1, 3):all()[1].name, q:count(), s:query(Dish):get(4).name)
end)
p.sql()
