-- Columns loaded apart: load_only, defer, groups, raiseload, with_expression, and the refresh of what was left out.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, func = p.say, p.step, am.select, am.func
local Column, String, Integer, Text = am.Column, am.String, am.Integer, am.Text

local Base = am.declarative_base()

local Profile = Base:model("Profile", {
  __tablename__ = "profile",
  id = Column(Integer, { primary_key = true }),
  nick = Column(String(20)),
  city = Column(String(20)),
  bio = am.deferred(Column(Text)),
  cv = am.deferred(Column(Text), { group = "papers" }),
  letter = am.deferred(Column(Text), { group = "papers" }),
  secret = am.deferred(Column(String(20)), { raiseload = true }),
  rank = am.query_expression(),
  level = am.query_expression(am.literal(0)),
  pals = am.relationship("Pal", { back_populates = "profile", order_by = "Pal.id" }),
})

local Pal = Base:model("Pal", {
  __tablename__ = "pal",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  note = Column(String(20)),
  profile_id = Column(am.ForeignKey "profile.id"),
  profile = am.relationship(Profile, { back_populates = "pals" }),
})

Profile.pal_count = am.column_property(select(func.count(Pal.id)):where(Pal.profile_id:eq(Profile.id))
  :correlate_except(Pal):scalar_subquery(), { deferred = true })

local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add(Profile { nick = "ann", city = "York", bio = "b1", cv = "c1", letter = "l1", secret = "s1",
    pals = { Pal { name = "x", note = "n" }, Pal { name = "y" } } })
  s:commit()
  s:add(Profile { nick = "bob", city = "Bath", bio = "b2", cv = "c2", letter = "l2", secret = "s2" })
  s:commit()
end)
p.forget()

local function unloaded(obj) return p.sorted(am.inspect(obj).unloaded) end

local function run(title, options, read)
  step(title)
  am.Session(e, function(s)
    local x = s:scalars(select(Profile):options((table.unpack or unpack)(options))
      :order_by(Profile.id)):unique():first()
    say(unloaded(x))
    p.sql()
    for _, key in ipairs(read) do
      p.error(function() say(key, x[key]) end)
    end
    say(unloaded(x))
  end)
end

run("as mapped", {}, { "bio", "cv", "letter", "secret", "pal_count", "rank", "level" })
run("load_only", { am.load_only(Profile.nick) }, { "city", "bio" })
run("load_only raising", { am.load_only(Profile.nick, { raiseload = true }) }, { "nick", "city", "pal_count" })
run("undefer", { am.undefer(Profile.bio), am.undefer(Profile.secret), am.undefer(Profile.pal_count) },
  { "bio", "secret", "pal_count" })
run("undefer group", { am.undefer_group "papers", am.defer(Profile.city) }, { "cv", "city" })
run("undefer all", { am.undefer "*" }, { "secret" })
run("defer all", { am.defer "*" }, { "nick", "bio" })
run("defer all but one", { am.defer "*", am.undefer(Profile.city) }, { "city", "nick" })
run("defer raising", { am.defer(Profile.city, { raiseload = true }) }, { "city", "nick" })
run("expression", { am.with_expression(Profile.rank, Profile.id * 10),
  am.with_expression(Profile.level, func.length(Profile.nick)) }, { "rank", "level" })
run("below a relationship", { am.selectinload(Profile.pals):load_only(Pal.name) }, {})
run("below a joined one", { am.joinedload(Profile.pals):defer(Pal.note), am.load_only(Profile.city) }, { "nick" })
step "the deferred column of a child"
am.Session(e, function(s)
  local x = s:scalars(select(Profile):options(am.selectinload(Profile.pals):load_only(Pal.name))
    :order_by(Profile.id)):first()
  say(p.map(x.pals, unloaded))
  p.sql()
  say(p.map(x.pals, function(pal) return pal.note end), x.pals[1].profile == x)
end)
step "the parent's columns from a child"
am.Session(e, function(s)
  local pal = s:scalars(select(Pal):options(am.joinedload(Pal.profile):load_only(Profile.nick))
    :order_by(Pal.id)):first()
  say(pal.profile.nick, unloaded(pal.profile))
  local pal2 = s:scalars(select(Pal):options(am.defaultload(Pal.profile):undefer(Profile.bio))
    :where(Pal.id:eq(2))):one()
  say(pal2.profile.bio)
end)
step "loading what is in the map"
am.Session(e, function(s)
  local x = s:get(Profile, 1)
  say(am.inspect(x).unloaded:contains "bio")
  s:get(Profile, 1, { options = { am.undefer(Profile.bio) } })
  say(am.inspect(x).unloaded:contains "bio")
  s:scalars(select(Profile):where(Profile.id:eq(1)):options(am.undefer(Profile.bio))):one()
  say(am.inspect(x).unloaded:contains "bio")
  x.nick = "changed"
  s:scalars(select(Profile):where(Profile.id:eq(1)):options(am.undefer(Profile.cv),
    am.with_expression(Profile.rank, am.literal(3))):execution_options { populate_existing = true }):one()
  say(x.nick, x.cv, x.rank)
end)
step "writing what is not loaded"
am.Session(e, function(s)
  local x = s:get(Profile, 2)
  x.bio = "new"
  say(am.inspect(x).attrs.bio.history, am.inspect(x).unloaded:contains "secret" and "kept away" or x.secret)
  x.cv = "newer"
  s:flush()
  s:commit()
  say(x.city, am.inspect(x).unloaded:contains "bio")
  x.secret = "mine"
  s:commit()
  s:refresh(x, { "bio", "secret" })
  say(x.bio, x.secret, unloaded(x))
  s:refresh(x)
  say(unloaded(x))
  s:expire(x)
  say(x.nick, unloaded(x))
end)
step "columns by name"
am.Session(e, function(s)
  say(s:execute(select(Profile.bio, Profile.secret, Profile.pal_count):order_by(Profile.id)):all())
  p.error(function() s:scalars(select(Profile):options(am.load_only(Pal.name))):all() end)
  p.error(function() s:scalars(select(Profile):options(am.defer "nick")):all() end)
end)
p.sql()
