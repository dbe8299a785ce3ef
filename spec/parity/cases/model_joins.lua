-- Custom joins: primaryjoin, secondaryjoin, foreign and remote, composite keys, viewonly, order_by.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local select = am.select

local function map(list, fn)
  local out = {}
  for i, item in ipairs(list) do out[i] = fn(item) end
  return out
end
local function column_names(columns)
  local out = map(columns, function(c) return c.name end)
  table.sort(out)
  return out
end
local function street(a) return a.street end

local Base = am.declarative_base()
local Address, Visit
local User = Base:model("User", {
  __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  addresses = am.relationship("Address", { back_populates = "user", order_by = "desc(Address.id)" }),
  boston = am.relationship("Address", { viewonly = true, order_by = "Address.street",
    primaryjoin = "and_(User.id == Address.user_id, Address.city == 'Boston')" }),
  cities = am.relationship("City", { viewonly = true, secondary = "addresses",
    primaryjoin = "User.id == Address.user_id", secondaryjoin = "foreign(Address.city) == City.name",
    order_by = "City.name" }),
  visits = am.relationship("Visit", { primaryjoin = "foreign(Visit.who) == User.name",
    order_by = function() return Visit.id end }),
})
User.first_two = am.relationship("Address", { viewonly = true, primaryjoin = function()
  return am.and_(User.id:eq(Address.user_id), Address.id:lt(3))
end })
Address = Base:model("Address", {
  __tablename__ = "addresses",
  id = am.Column(am.Integer, { primary_key = true }),
  user_id = am.Column(am.ForeignKey("users.id")),
  street = am.Column(am.String(10)),
  city = am.Column(am.String(10)),
  user = am.relationship(User, { back_populates = "addresses" }),
})
local City = Base:model("City", {
  __tablename__ = "cities",
  name = am.Column(am.String(10), { primary_key = true }),
  big = am.Column(am.Integer),
})
local visit_id = am.Column(am.Integer, { primary_key = true })
local who = am.Column(am.String(10))
Visit = Base:model("Visit", {
  __tablename__ = "visits",
  id = visit_id,
  who = who,
  user = am.relationship(User, { primaryjoin = am.foreign(who):eq(am.remote(User.name)), overlaps = "visits" }),
})
local account, id = am.Column(am.Integer, { primary_key = true, autoincrement = false }),
  am.Column(am.Integer, { primary_key = true, autoincrement = false })
local Folder = Base:model("Folder", {
  __tablename__ = "folders",
  account = account,
  id = id,
  parent_id = am.Column(am.Integer),
  name = am.Column(am.String(10)),
  __table_args__ = { am.ForeignKeyConstraint({ "account", "parent_id" }, { "folders.account", "folders.id" }) },
  parent = am.relationship("Folder", { remote_side = { account, id }, backref = "children",
    overlaps = "parent,children" }),
})
local path = am.Column(am.String(20), { primary_key = true })
local Path = Base:model("Path", {
  __tablename__ = "paths",
  path = path,
  below = am.relationship("Path", { viewonly = true, order_by = path,
    primaryjoin = am.remote(am.foreign(path)):like(path:concat("/%")) }),
})
local A = Base:model("A", {
  __tablename__ = "a",
  id = am.Column(am.Integer, { primary_key = true }),
  b_id = am.Column(am.ForeignKey("b.id")),
  d = am.relationship("D", { viewonly = true, uselist = false, primaryjoin = "A.b_id == B.id",
    secondary = "join(B, C, C.b_id == B.id)", secondaryjoin = "D.c_id == C.id" }),
})
local B = Base:model("B", { __tablename__ = "b", id = am.Column(am.Integer, { primary_key = true }) })
local C = Base:model("C", {
  __tablename__ = "c",
  id = am.Column(am.Integer, { primary_key = true }),
  b_id = am.Column(am.ForeignKey("b.id")),
})
local D = Base:model("D", {
  __tablename__ = "d",
  id = am.Column(am.Integer, { primary_key = true }),
  c_id = am.Column(am.ForeignKey("c.id")),
})

am.configure_mappers()
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
for _, r in ipairs { User.addresses, User.boston, User.cities, User.visits, Visit.user, Folder.parent, Folder.children,
  Path.below, A.d } do
  local prop = r.property
  say(r, prop.direction.name, prop.viewonly, prop.primaryjoin, prop.secondaryjoin)
  say(column_names(prop.local_columns), column_names(prop.remote_side))
end
say(select(User):join(User.boston), select(User):join(User.cities))
say(select(User):where(User.boston:any{ street = "x" }))
say(select(Path):join(Path.below:of_type(am.aliased(Path))))
say(select(User):options(am.joinedload(User.boston), am.joinedload(User.first_two)))
local s = am.Session(e)
step "rows"
s:add_all{ City{ name = "Boston", big = 1 }, City{ name = "Rome", big = 0 } }
local ann = User{ name = "ann", addresses = { Address{ street = "b", city = "Boston" },
  Address{ street = "a", city = "Boston" }, Address{ street = "c", city = "Rome" } } }
s:add(ann)
s:commit()
step "lazy"
say(map(ann.addresses, function(a) return a.id end), map(ann.boston, street), map(ann.first_two, street),
  map(ann.cities, function(c) return c.name end))
step "viewonly does not write"
ann.boston:append(Address{ street = "z", city = "Boston" })
say(s.new, s:is_modified(ann))
s:flush()
s:expire(ann)
say(#ann.boston)
step "eager"
s:expunge_all()
ann = s:scalars(select(User):options(am.selectinload(User.boston), am.joinedload(User.cities))):unique():one()
say(map(ann.boston, street), map(ann.cities, function(c) return c.name end))
step "by a name"
ann.visits = { Visit{}, Visit{} }
s:flush()
say(map(ann.visits, function(v) return v.who end))
s:expire_all()
local v = s:get(Visit, 1)
say(v.user == ann)
v.user = nil
s:flush()
say(v.who)
step "composite tree"
local root = Folder{ account = 1, id = 1, name = "root" }
local kid = Folder{ account = 1, id = 2, name = "kid", parent = root }
s:add(kid)
s:commit()
say(kid.parent.name, map(root.children, function(f) return f.name end), kid.parent_id)
say(s:scalars(select(Folder.name):where(Folder.parent:eq(root))):all())
step "move to the top"
kid.parent_id = nil
s:commit()
say(kid.parent, root.children)
step "paths"
s:add_all{ Path{ path = "/a" }, Path{ path = "/a/b" }, Path{ path = "/a/b/c" }, Path{ path = "/d" } }
s:commit()
say(map(s:get(Path, "/a").below, function(x) return x.path end))
step "secondary join"
s:add_all{ B{ id = 1 }, B{ id = 2 } }
s:flush()
s:add_all{ C{ id = 1, b_id = 1 }, C{ id = 2, b_id = 2 } }
s:flush()
s:add_all{ A{ id = 1, b_id = 2 }, D{ id = 1, c_id = 1 }, D{ id = 2, c_id = 2 } }
s:commit()
say(s:get(A, 1).d.id)
s:expunge_all()
say(s:scalars(select(A):options(am.joinedload(A.d))):one().d.id)
say(s:scalars(select(A.id):where(A.d:has(D.id:eq(2)))):all())
p.sql()
s:close()
