-- An adjacency list as a file manager has it: folders keyed by name, cascades, eager depth, moves, counting queries.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, func, inspect, selectinload = am.select, am.func, am.inspect, am.selectinload

local Base = am.declarative_base()

local id = Column(Integer, { primary_key = true })
local parent_id = Column(ForeignKey(id))
local name = Column(String(30), { nullable = false })
local Folder = Base:model("Folder", {
  __tablename__ = "folders",
  __table_args__ = { am.UniqueConstraint("parent_id", "name") },
  id = id,
  parent_id = parent_id,
  name = name,
  size = Column(Integer, { default = 0 }),
  children = am.relationship("Folder", { cascade = "all, delete-orphan",
    collection_class = am.attribute_keyed_dict("name"),
    backref = am.backref("parent", { remote_side = id }), order_by = name }),
  __init__ = function(self, folder_name, opts)
    self.name = folder_name
    self.parent = opts and opts.parent
    self.size = opts and opts.size or 0
  end,
})

local function keys(items)
  local out = {}
  for k in items:items() do out[#out + 1] = k end
  return p.sorted(out)
end

function Folder:lines(depth)
  depth = depth or 0
  local out = { ("  "):rep(depth) .. self.name }
  for _, child in ipairs(keys(self.children)) do
    for _, line in ipairs(self.children[child]:lines(depth + 1)) do out[#out + 1] = line end
  end
  return out
end
function Folder:path() return (self.parent and self.parent:path() or "") .. "/" .. self.name end

local function show(folder)
  for _, line in ipairs(folder:lines()) do say("   |" .. line) end
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
step "grow"
local root = Folder("home")
local docs = Folder("docs", { parent = root, size = 3 })
Folder("tax", { parent = docs, size = 9 })
Folder("cv", { parent = docs, size = 2 })
root.children.music = Folder("music")
Folder("jazz", { parent = root.children.music, size = 40 })
show(root)
say(keys(root.children), docs.children.tax:path(), inspect(docs).transient, docs.parent == root)
session:add(root)
say(#session.new)
session:flush()
sql()
session:commit()
step "lazily"
show(root)
step "remove a subtree"
local music = root.children.music
root.children.music = nil
say(music.parent, inspect(root).attrs.children.history.deleted, session.deleted:contains(music))
root.children.video = Folder("video", { size = 7 })
session:flush()
sql()
say(inspect(music).deleted, keys(root.children))
session:commit()
say(inspect(music).detached)
step "moves"
local tax = root.children.docs.children.tax
tax.parent = root
say(keys(root.children), keys(docs.children), inspect(tax).attrs.parent.history.deleted[1].name)
session:commit()
say(tax:path(), keys(docs.children))
step "a name is the key"
docs.name = "papers"
say(keys(root.children), root.children:contains("papers"))
session:commit()
say(keys(root.children), root.children:contains("papers"))
p.error(function()
  session:add(Folder("papers", { parent = root }))
  session:flush()
end)
session:rollback()
show(root)
step "eager to a depth"
session:expunge_all()
local stmt = select(Folder):where(Folder.parent_id:is_(nil)):options(
  am.joinedload(Folder.children):joinedload(Folder.children):raiseload(Folder.children))
local top = session:scalars(stmt):unique():one()
sql()
say(keys(top.children.papers.children))
p.error(function() return top.children.papers.children.cv.children end)
session:expunge_all()
top = session:scalars(select(Folder):where(Folder.parent_id:eq(nil)):options(
  selectinload(Folder.children, { recursion_depth = -1 }))):one()
sql()
show(top)
session:expunge_all()
top = session:scalars(select(Folder):where(am.not_(Folder.parent:has())):options(
  selectinload(Folder.children, { recursion_depth = 1 }))):one()
sql()
say(map(keys(top.children), function(n) return { n, #keys(top.children[n].children) } end))
step "queries"
local up = am.aliased(Folder, { name = "up" })
say(session:execute(select(Folder.name, up.name):join(Folder.parent:of_type(up)):order_by(Folder.name)):all())
say(session:scalars(select(Folder.name):where(Folder.children:any(Folder.size:gt(5))):order_by(Folder.id)):all())
say(session:scalars(select(Folder.name):where(am.not_(Folder.children:any())):order_by(Folder.name)):all())
local tree = select(Folder.id, am.cast(Folder.name, am.Text):label("path"), am.literal(0):label("depth"))
  :where(Folder.parent_id:is_(nil)):cte("tree", { recursive = true })
tree = tree:union_all(select(Folder.id, am.cast(tree.c.path .. "/" .. Folder.name, am.Text), tree.c.depth + 1)
  :where(Folder.parent_id:eq(tree.c.id)))
say(session:execute(select(tree.c.path, tree.c.depth):order_by(tree.c.path)):all())
say(session:execute(select(func.max(tree.c.depth), func.count())):all())
step "all of it goes"
session:delete(top)
session:commit()
say(session:scalar(select(func.count(Folder.id))))
sql()
