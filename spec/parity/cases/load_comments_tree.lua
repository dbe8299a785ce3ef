-- A tree: join_depth and recursion_depth, aliases of parents and children, contains_eager over two levels, recursive
-- CTEs with entities, eager chains along themselves and loops back to the root.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, map_rows = parity.say, parity.step, parity.map, parity.map_rows
local unpack = table.unpack or unpack

local Base = am.declarative_base()

local Author = Base:model("Author", {
  __tablename__ = "author",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  name = am.mapped_column(am.String(20)),
  comments = am.relationship("Comment", { back_populates = "author", order_by = "Comment.id" }),
})
local id = am.mapped_column(am.Integer, { primary_key = true })

local Comment = Base:model("Comment", {
  __tablename__ = "comment",
  id = id,
  text = am.mapped_column(am.String(20)),
  parent_id = am.mapped_column(am.ForeignKey("comment.id")),
  author_id = am.mapped_column(am.ForeignKey("author.id")),
  author = am.relationship(Author, { back_populates = "comments" }),
  replies = am.relationship("Comment", { back_populates = "parent", order_by = "Comment.id" }),
  parent = am.relationship("Comment", { back_populates = "replies", remote_side = id }),
  deep = am.relationship(
    "Comment",
    { viewonly = true, lazy = "joined", join_depth = 2, order_by = "Comment.id", overlaps = "replies,parent" }
  ),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local a = { Author{ id = 1, name = "ann" }, Author{ id = 2, name = "bob" } }
  s:add_all(a)
  s:flush()
  for _, each in ipairs({ { 1, nil }, { 2, 1 }, { 3, 1 }, { 4, 2 }, { 5, 4 }, { 6, nil }, { 7, 6 }, { 8, 5 } }) do
    local i, parent = unpack(each)
    s:add(Comment{ id = i, text = ("c%d"):format(i), parent_id = parent, author_id = 1 + (i % 2) })
    s:flush()
  end
  s:commit()
end)
parity.forget()

local function loaded(c, depth)
  depth = depth or 0
  local st = am.inspect(c)
  say(("%s%s"):format((".."):rep(depth), c.text), parity.sorted(st.unloaded))
  if not st.unloaded:contains("replies") and depth < 6 then
    for _, r in ipairs(c.replies) do
      loaded(r, depth + 1)
    end
  end
end
local roots = am.select(Comment):where(Comment.parent_id:is_(nil)):order_by(Comment.id)

local function show(title, stmt, ...)
  local options = { n = select("#", ...), ... }
  step(title)
  am.Session(e, function(s)
    local got = s:scalars((stmt or roots):options(unpack(options, 1, options.n))):unique():all()
    parity.sql()
    for _, c in ipairs(got) do
      loaded(c)
    end
    parity.sql()
  end)
  parity.forget()
end
local no = am.lazyload(Comment.deep)
show("join depth", nil)
show("off", nil, no)
show("selectin once", nil, am.selectinload(Comment.replies), am.lazyload("*"))
show("selectin depth", nil, am.selectinload(Comment.replies, { recursion_depth = 2 }), no)
show("selectin for ever", nil, am.selectinload(Comment.replies, { recursion_depth = -1 }), no)
show("immediate depth", nil, am.immediateload(Comment.replies, { recursion_depth = 1 }), no)
show("joined chain", nil, am.joinedload(Comment.replies):joinedload(Comment.replies), no)
show("mixed chain", nil, am.joinedload(Comment.replies):selectinload(Comment.replies), no)
show(
  "up", am.select(Comment):where(Comment.id:in_({ 5, 8 })):order_by(Comment.id),
  am.joinedload(Comment.parent):joinedload(Comment.parent), no
)
show("there and back", nil, am.selectinload(Comment.replies):joinedload(Comment.parent), no)
show("through authors", nil, am.selectinload(Comment.author):selectinload(Author.comments), no)
show("limit", roots:limit(1):offset(1), am.joinedload(Comment.replies):joinedload(Comment.author), no)
local r1 = am.aliased(Comment, { name = "r1" })
local r2 = am.aliased(Comment, { name = "r2" })
show(
  "contains eager two levels",
  roots:outerjoin(Comment.replies:of_type(r1)):outerjoin(r1.replies:of_type(r2)):order_by(r1.id, r2.id),
  am.contains_eager(Comment.replies:of_type(r1)):contains_eager(r1.replies:of_type(r2)), no
)
show(
  "contains eager then selectin",
  am.select(Comment):join(Comment.replies:of_type(r1)):where(r1.id:gt(2)):order_by(Comment.id, r1.id),
  am.contains_eager(Comment.replies:of_type(r1)):selectinload(r1.replies), no
)
step "joins"
am.Session(e, function(s)
  local p = am.aliased(Comment)
  local g = am.aliased(Comment)
  say(s:execute(am.select(Comment.text, p.text):join(Comment.parent:of_type(p)):order_by(Comment.id)):all())
  say(
    s:execute(
      am.select(Comment.text, p.text, g.text):join(p, Comment.parent):outerjoin(g, p.parent):order_by(Comment.id)
    ):all()
  )
  say(s:execute(am.select(p.text, am.func.count(Comment.id)):join(p.replies):group_by(p.text):order_by(p.text)):all())
  say(
    s:scalars(am.select(Comment.text):where(Comment.replies:any(Comment.author_id:eq(1))):order_by(Comment.id)):all()
  )
  say(s:scalars(am.select(Comment.text):where(am.not_(Comment.replies:any())):order_by(Comment.id)):all())
  say(s:scalars(am.select(Comment.text):where(Comment.parent:has(Comment.parent:eq(nil))):order_by(Comment.id)):all())
  say(s:scalars(am.select(p.text):where(p.parent:has(Comment.text:eq("c2")))):all())
  local c4 = s:get(Comment, 4, { options = { no } })
  say(s:scalars(am.select(Comment.text):where(am.with_parent(c4, Comment.replies))):all())
  say(s:scalars(am.select(p.text):where(p.replies:contains(c4))):all())
  say(s:scalars(am.select(Comment.text):where(Comment.parent:eq(c4))):all())
  parity.sql()
end)
step "recursive"
am.Session(e, function(s)
  local tree = am.select(Comment.id, am.literal(0):label("level")):where(Comment.id:eq(1))
    :cte("tree", { recursive = true })
  tree = tree:union_all(am.select(Comment.id, tree.c.level + 1):join(tree, Comment.parent_id:eq(tree.c.id)))
  say(
    map_rows(
      s:execute(
        am.select(Comment, tree.c.level):join(tree, tree.c.id:eq(Comment.id)):options(no)
          :order_by(tree.c.level, Comment.id)
      ),
      function(c, n) return { c.text, n } end
    )
  )
  parity.sql()
  local up = am.select(Comment):where(Comment.id:eq(8)):cte("up", { recursive = true })
  local pa = am.aliased(Comment)
  up = up:union(am.select(pa):join(up, up.c.parent_id:eq(pa.id)))
  local top = am.aliased(Comment, up)
  say(
    map(
      s:scalars(am.select(top):order_by(top.id):options(am.lazyload(top.deep), am.joinedload(top.author))):unique(),
      function(c) return c.text end
    )
  )
  parity.sql()
end)
step "moving"
am.Session(e, function(s)
  local c1 = s:scalars(am.select(Comment):where(Comment.id:eq(1)):options(am.selectinload(Comment.replies), no)):one()
  local c6 = s:get(Comment, 6)
  c1.replies[1].parent = c6
  say(
    map(c1.replies, function(r) return r.id end), map(c6.replies, function(r) return r.id end),
    map(c6.deep, function(r) return r.id end)
  )
  s:flush()
  s:refresh(c6)
  say(map(c6.replies, function(r) return r.id end), map(c6.deep, function(r) return r.id end))
  s:rollback()
  say(map(c1.replies, function(r) return r.id end))
  parity.forget()
end)
