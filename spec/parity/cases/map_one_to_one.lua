-- One-to-one in all its forms: both sides, replaced, swapped, orphaned, a shared key, null again, and wrong use.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of, map = p.say, p.step, p.error, p.map
local select = am.select

local function refused(fn) say(pcall(fn) and "no error" or "refused") end
local Base = am.declarative_base()
local User = Base:model("User", {
  __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  profile = am.relationship("Profile", { back_populates = "user", uselist = false, cascade = "all, delete-orphan" }),
  desk = am.relationship("Desk", { back_populates = "user", uselist = false }),
  badge = am.relationship("Badge", { back_populates = "user", uselist = false, passive_deletes = true,
    cascade = "all, delete-orphan" }),
  spouse_id = am.Column(am.ForeignKey("users.id")),
  spouse = am.relationship("User", { remote_side = "User.id", uselist = false, post_update = true,
    foreign_keys = "User.spouse_id" }),
})
local Profile = Base:model("Profile", {
  __tablename__ = "profile",
  id = am.Column(am.ForeignKey("users.id"), { primary_key = true }),
  bio = am.Column(am.String(10)),
  user = am.relationship(User, { back_populates = "profile" }),
})
local Desk = Base:model("Desk", {
  __tablename__ = "desk",
  id = am.Column(am.Integer, { primary_key = true }),
  user_id = am.Column(am.ForeignKey("users.id"), { unique = true }),
  user = am.relationship(User, { back_populates = "desk" }),
})
local Badge = Base:model("Badge", {
  __tablename__ = "badge",
  id = am.Column(am.Integer, { primary_key = true }),
  user_id = am.Column(am.ForeignKey("users.id", { ondelete = "CASCADE" }), { nullable = false }),
  user = am.relationship(User, { back_populates = "badge", single_parent = true }),
  color = am.relationship("Color", { back_populates = "badge", cascade = "all, delete-orphan", single_parent = true }),
  color_id = am.Column(am.ForeignKey("color.id")),
})
local Color = Base:model("Color", {
  __tablename__ = "color",
  id = am.Column(am.Integer, { primary_key = true }),
  badge = am.relationship(Badge, { back_populates = "color", uselist = false }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local function of(value, key)
  return type(value) == "table" and am.inspect(value, false) and value[key] or "none"
end
am.event.listen(User.desk, "set", function(t, v, o) say("  set desk", t.name, v and v.id, of(o, "id")) end)
am.event.listen(Desk.user, "set", function(t, v, o) say("  set user", t.id, v and v.name, of(o, "name")) end)
local s = am.Session(e)
step "both sides"
local ann, bob = User{ id = 1, name = "ann" }, User{ id = 2, name = "bob" }
local d1, d2 = Desk{ id = 1 }, Desk{ id = 2 }
say(ann.desk, d1.user)
ann.desk = d1
say(d1.user.name)
d2.user = ann
say(ann.desk.id, d1.user)
bob.desk = d1
ann.profile = Profile{ bio = "x" }
ann.badge = Badge{ color = Color{} }
s:add_all{ ann, bob }
say(p.sorted(map(s.new, function(o) return o.__class__.__name__ end)))
s:commit()
step "replace"
ann.profile = Profile{ bio = "y" }
say(am.inspect(ann).attrs.profile.history, #s.deleted)
error_of(function() s:flush() end)
s:rollback()
say(ann.profile.bio)
step "swap"
local first, second = ann.desk, bob.desk
ann.desk = second
bob.desk = first
say(ann.desk.id, bob.desk.id, d1.user.name, d2.user.name)
error_of(function() s:flush() end)
s:rollback()
say(ann.desk.id, bob.desk.id, d1.user.name)
step "take away"
bob.desk = nil
say(d1.user, am.inspect(d1).attrs.user.history)
s:flush()
say(d1.user_id, bob.desk)
step "move"
s:expire_all()
d2.user = bob
say(p.sorted(am.inspect(ann).unloaded), bob.desk.id)
s:flush()
say(ann.desk, bob.desk.id)
s:commit()
step "orphan"
local pr = ann.profile
ann.profile = nil
say(s.deleted:contains(pr), am.inspect(pr).attrs.user.history)
s:flush()
say(am.inspect(pr).deleted, ann.profile)
s:rollback()
say(rawequal(ann.profile, pr))
local color = ann.badge.color
ann.badge.color = nil
s:flush()
say(am.inspect(color).deleted)
s:rollback()
error_of(function() Badge{ user = bob }.color = color end)
s:rollback()
step "spouse"
ann.spouse = bob
s:flush()
bob.spouse = ann
s:commit()
say(ann.spouse.name, rawequal(bob.spouse.spouse, bob))
ann.spouse = nil
s:flush()
step "delete"
bob.spouse = nil
s:delete(ann)
s:flush()
say(s:scalars(select(Badge.id)):all(), s:scalars(select(Profile.id)):all(),
  s:scalars(select(Desk.user_id):order_by(Desk.id)):all())
s:rollback()
step "load"
s:expunge_all()
for u in s:scalars(select(User):options(am.joinedload(User.desk), am.joinedload(User.profile),
  am.selectinload(User.badge):joinedload(Badge.color)):order_by(User.id)) do
  say(u.name, u.desk and u.desk.id, u.profile and u.profile.bio, u.badge and u.badge.color.id)
end
s:expunge_all()
local u = s:get(User, 2)
say(u.profile, rawequal(u.desk.user, u))
step "queries"
say(select(User):where(User.profile:eq(nil)))
say(select(User):where(User.profile:ne(nil)))
say(select(User):where(User.profile:has{ bio = "x" }))
say(select(Profile):where(Profile.user:eq(u)))
say(select(User):where(User.desk:eq(u.desk)))
say(select(User):where(am.not_(User.desk:has())))
say(s:scalars(select(User.name):where(User.profile:eq(nil))):all())
say(s:scalars(select(User.name):join(User.desk):where(Desk.id:eq(2))):all())
step "wrong"
refused(function() u.desk = { Desk{} } end)
refused(function() u.desk = Profile{} end)
error_of(function() return select(User):where(User.desk:any()) end)
s:rollback()
s:add(Badge{ id = 9 })
error_of(function() s:flush() end)
s:rollback()
p.sql()
