-- Association proxies: over objects, scalars, dicts, sets and chains; what they create, remove and ask the database.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error
local select = am.select

local function map(list, fn)
  local out = {}
  for i, item in ipairs(list) do out[i] = fn(item) end
  return out
end
local function sorted(list)
  local out = map(list, function(x) return x end)
  table.sort(out)
  return out
end
local function items(dict)
  local out = {}
  for k, v in dict:items() do out[#out + 1] = { k, v } end
  table.sort(out, function(a, b) return a[1] < b[1] end)
  return out
end
local function name(o) return o.name end

-- A refusal for which Python has a class of its own, ValueError and the like.
local function refused(fn) say(pcall(fn) and "no error" or "refused") end

local Base = am.declarative_base()
local user_tag = am.Table("user_tag", Base.metadata,
  am.Column("user_id", am.ForeignKey("users.id"), { primary_key = true }),
  am.Column("tag_id", am.ForeignKey("tags.id"), { primary_key = true }))
local Membership, Note, Tag, Mark, Profile

local User = Base:model("User", {
  __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  tag_objects = am.relationship("Tag", { secondary = user_tag, order_by = "Tag.name" }),
  tags = am.association_proxy("tag_objects", "name", { creator = function(v) return Tag{ name = v } end }),
  memberships = am.relationship("Membership", { back_populates = "user", cascade = "all, delete-orphan",
    order_by = "Membership.id" }),
  groups = am.association_proxy("memberships", "group", { creator = function(group)
    return Membership{ group = group, role = "new" }
  end }),
  group_names = am.association_proxy("memberships", "group_name"),
  notes = am.relationship("Note", { collection_class = am.attribute_keyed_dict("key"),
    cascade = "all, delete-orphan" }),
  note_texts = am.association_proxy("notes", "text", { creator = function(k, v) return Note{ key = k, text = v } end }),
  marks = am.relationship("Mark", { collection_class = "set", cascade = "all, delete-orphan" }),
  mark_values = am.association_proxy("marks", "value", { creator = function(v) return Mark{ value = v } end }),
  profile = am.relationship("Profile", { uselist = false, back_populates = "user", cascade = "all, delete-orphan" }),
  city = am.association_proxy("profile", "city", { creator = function(v) return Profile{ city = v } end }),
})
Tag = Base:model("Tag", {
  __tablename__ = "tags",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
})
local Group = Base:model("Group", {
  __tablename__ = "groups",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
})
Membership = Base:model("Membership", {
  __tablename__ = "memberships",
  id = am.Column(am.Integer, { primary_key = true }),
  user_id = am.Column(am.ForeignKey("users.id")),
  group_id = am.Column(am.ForeignKey("groups.id")),
  role = am.Column(am.String(10)),
  user = am.relationship(User, { back_populates = "memberships" }),
  group = am.relationship(Group, { backref = "memberships" }),
  user_name = am.association_proxy("user", "name"),
  group_name = am.association_proxy("group", "name"),
})
Note = Base:model("Note", {
  __tablename__ = "notes",
  id = am.Column(am.Integer, { primary_key = true }),
  user_id = am.Column(am.ForeignKey("users.id")),
  key = am.Column(am.String(10)),
  text = am.Column(am.String(20)),
})
Mark = Base:model("Mark", {
  __tablename__ = "marks",
  id = am.Column(am.Integer, { primary_key = true }),
  user_id = am.Column(am.ForeignKey("users.id")),
  value = am.Column(am.String(5)),
})
Profile = Base:model("Profile", {
  __tablename__ = "profiles",
  id = am.Column(am.Integer, { primary_key = true }),
  user_id = am.Column(am.ForeignKey("users.id")),
  city = am.Column(am.String(20)),
  user = am.relationship(User, { back_populates = "profile" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local ann = User{ name = "ann" }
say(ann.tags, #ann.tags, ann.city, ann.groups)
ann.tags:append("red")
ann.tags:extend{ "blue", "green" }
say(ann.tags, map(ann.tag_objects, name), ann.tags:contains("blue"), ann.tags[1], #ann.tags)
ann.tags:remove("blue")
ann.tags:insert(1, "first")
say(ann.tags, ann.tags:pop(), map(ann.tag_objects, name))
ann.tags[1] = "renamed"
say(ann.tags, ann.tag_objects[1].name)
ann.tags = { "a", "b" }
say(ann.tags, #ann.tag_objects)
ann.groups:append(Group{ name = "staff" })
say(ann.groups[1].name, ann.memberships[1].role, ann.memberships[1].user == ann, ann.memberships[1].user_name)
say(sorted(ann.group_names))
ann.note_texts.k = "v"
ann.note_texts.m = "w"
say(items(ann.note_texts), ann.notes.k.text, ann.note_texts:contains("k"), ann.note_texts:get("x", "none"))
ann.note_texts.k = "changed"
ann.note_texts.m = nil
say(items(ann.note_texts), sorted(ann.notes:keys()))
ann.mark_values:add("x")
ann.mark_values:add("x")
ann.mark_values:add("y")
say(sorted(ann.mark_values), #ann.mark_values, #ann.marks, ann.mark_values:contains("y"))
ann.mark_values:discard("y")
ann.mark_values:discard("zz")
say(sorted(ann.mark_values))
refused(function() ann.mark_values:remove("zz") end)
ann.city = "Rome"
say(ann.profile.city, ann.city)
ann.city = "Oslo"
say(ann.profile.city)
local s = am.Session(e)
step "flush"
s:add(ann)
s:commit()
step "read"
say(sorted(ann.tags), ann.city, sorted(ann.group_names), items(ann.note_texts), sorted(ann.mark_values))
step "queries"
say(select(User):where(User.tags:eq("a")))
say(select(User):where(User.tags:contains("a")))
say(select(User):where(User.tags:like("a%")))
say(select(User):where(User.city:eq("Oslo")))
say(select(User):where(User.city:eq(nil)))
say(select(User):where(User.city:ne("Oslo")))
say(select(User):where(User.groups:any(Group.name:eq("staff"))))
error_of(function() return select(User):where(User.group_names:eq("staff")) end)
say(select(User):where(User.memberships:any(Membership.group_name:eq("staff"))))
say(select(Membership):where(Membership.user_name:eq("ann")))
say(select(User):where(User.groups:contains(ann.groups[1])))
say(select(User):where(User.profile:has(Profile.city:in_{ "Oslo" })), select(User):where(User.city:in_{ "Oslo" }))
step "run"
say(s:scalars(select(User.name):where(User.tags:eq("a"), User.city:eq("Oslo"))):all())
say(s:scalars(select(User.name):where(User.groups:any{ name = "staff" })):all())
step "change"
ann.tags:remove("a")
ann.groups:remove(ann.groups[1])
ann.note_texts:clear()
ann.mark_values:clear()
s:flush()
say(ann.memberships, ann.notes, #ann.marks)
step "assign in bulk"
ann.note_texts = { p = "1", q = "2" }
ann.mark_values = { "m" }
s:flush()
ann.note_texts = { q = "3" }
s:flush()
step "end"
say(User.tags.target_class, User.tags.value_attr, User.tags.scalar, User.city.scalar)
s:rollback()
p.forget()
refused(function() return User{ nothing = 1 } end)
s:close()
