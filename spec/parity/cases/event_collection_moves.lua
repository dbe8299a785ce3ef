-- Attribute events on collections and scalars as objects move: append, remove, set, bulk_replace, init and dispose.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of, map = p.say, p.step, p.error, p.map
local inspect, listen = am.inspect, am.event.listen

local Base = am.declarative_base()
local liking = am.Table("liking", Base.metadata, am.Column("l", am.ForeignKey("child.id"), { primary_key = true }),
  am.Column("r", am.ForeignKey("toy.id"), { primary_key = true }))

local Parent = Base:model("Parent", {
  __tablename__ = "parent",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  children = am.relationship("Child", { back_populates = "parent", order_by = "Child.id",
    cascade = "all, delete-orphan" }),
  toys = am.relationship("Toy", { collection_class = am.attribute_keyed_dict("name"), back_populates = "owner" }),
})
local Child = Base:model("Child", {
  __tablename__ = "child",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  parent_id = am.Column(am.ForeignKey("parent.id")),
  parent = am.relationship(Parent, { back_populates = "children" }),
  likes = am.relationship("Toy", { secondary = liking, collection_class = "set", back_populates = "liked_by" }),
  check = am.validates("name", function(_, key, value)
    say("  validate", key, value)
    if value == "bad" then error "bad name" end
    return (value:gsub("^%s+", ""):gsub("%s+$", ""))
  end),
})
local Toy = Base:model("Toy", {
  __tablename__ = "toy",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  owner_id = am.Column(am.ForeignKey("parent.id")),
  owner = am.relationship(Parent, { back_populates = "toys" }),
  liked_by = am.relationship(Child, { secondary = liking, back_populates = "likes" }),
})

local function n(o)
  if o == am.NO_VALUE then return "NO_VALUE" end
  if o == nil or o == am.null then return nil end
  return type(o) == "string" and o or inspect(o).dict.name
end

local function f(...)
  local args = p.list(...)
  for i = 2, args.n do args[i] = p.fmt(args[i]) end
  say((string.format((table.unpack or unpack)(args, 1, args.n))))
end

local function size(collection)
  if not collection.items then return #collection end
  local count = 0
  for _ in collection:items() do count = count + 1 end
  return count
end

for _, attr in ipairs{ Parent.children, Parent.toys, Child.likes, Toy.liked_by } do
  listen(attr, "append", function(t, v, i) f("  append %s.%s %s by %s", n(t), attr.key, n(v), i.key) end)
  listen(attr, "remove", function(t, v, i) f("  remove %s.%s %s by %s", n(t), attr.key, n(v), i.key) end)
  listen(attr, "bulk_replace", function(t, v) f("  bulk_replace %s.%s %s", n(t), attr.key, p.sorted(map(v, n))) end)
  listen(attr, "init_collection", function(t, c) f("  init_collection %s.%s %s", n(t), attr.key, size(c)) end)
  listen(attr, "dispose_collection", function(t, c) f("  dispose_collection %s.%s %s", n(t), attr.key, size(c)) end)
end
for _, attr in ipairs{ Child.parent, Toy.owner } do
  listen(attr, "remove", function(_, v) f("  remove %s %s", attr.key, n(v)) end)
end
for _, attr in ipairs{ Child.parent, Child.name, Toy.owner, Parent.name } do
  listen(attr, "set", function(_, v, o, i) f("  set %s %s from %s by %s", attr.key, n(v), n(o), i.key) end)
end

local function names(list) return map(list, function(x) return x.name end) end

local function keys(dict)
  local out = {}
  for key in dict:items() do out[#out + 1] = key end
  return p.sorted(out)
end

step "constructing"
local P = Parent{ name = "p" }
local Q = Parent{ name = "q" }
local a, b, c = Child{ name = " a " }, Child{ name = "b" }, Child{ name = "c" }
step "assigning"
P.children = { a, b }
step "appending"
P.children:append(c)
step "moving by append"
Q.children:append(a)
say(names(P.children), a.parent.name)
step "moving by set"
b.parent = Q
say(names(P.children), names(Q.children))
step "set None"
b.parent = nil
step "replacing"
Q.children = { b, c }
say(a.parent, names(P.children), c.parent.name)
step "same again"
Q.children = { b, c }
step "pop from the front"
Q.children:pop(1)
step "pop, clear, extend, insert"
Q.children:pop()
Q.children:extend{ a, b }
Q.children:insert(1, c)
Q.children:clear()

step "dicts"
local bear, doll = Toy{ name = "bear" }, Toy{ name = "doll" }
P.toys = { bear = bear }
P.toys.doll = doll
local other = Toy{ name = "bear" }
P.toys.bear = other
say(bear.owner, other.owner.name, keys(P.toys))
P.toys.doll = nil
doll.owner = P
say(keys(P.toys))
P.toys:pop("doll")
say(doll.owner)
error_of(function() P.toys = { wrong = doll } end)
P.toys = { doll = doll }
P.toys:clear()

step "sets"
a.likes:add(bear)
a.likes:add(bear)
a.likes:discard(bear)
a.likes:discard(bear)
bear.liked_by:append(b)
a.likes = { doll }
a.likes = {}
say(#bear.liked_by, #b.likes)

step "validators"
a.name = "x"
error_of(function() a.name = "bad" end)
say(a.name)
error_of(function() Child{ name = "bad" } end)

step "from the database"
local db = p.engine()
Base.metadata:create_all(db)
p.forget()
am.Session(db, function(s)
  s:begin(function()
    local k, l = Child{ name = "k" }, Child{ name = "l" }
    k.id, l.id = 1, 2
    local one = Parent{ name = "one" }
    one.id = 1
    one.children = { k, l }
    s:add(one)
  end)
end)
step "loading"
am.Session(db, function(s)
  local one = s:get(Parent, 1)
  say(names(one.children))
  local k = one.children[1]
  step "unloaded other side"
  s:expire(one, { "children" })
  k.parent = nil
  say(inspect(one).dict.children ~= nil)
  local new = Child{ name = "m" }
  new.parent = one
  say(inspect(one).dict.children ~= nil)
  say(names(one.children))
  step "expire disposes"
  s:expire(one)
  step "end"
end)
