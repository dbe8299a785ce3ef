-- What a session knows of objects before their INSERT, of references never looked at, and in which order it goes on.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select
local event, get_history = am.event, am.get_history

local Base = am.declarative_base()
local Band = Base:model("Band", {
  __tablename__ = "band",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  rank = Column(Integer, { default = 7 }),
  plays = Column(Integer, { server_default = "5", onupdate = 99 }),
  label_id = Column(ForeignKey("label.id")),
  rival_id = Column(ForeignKey("band.id")),
  label = am.relationship("Label", { back_populates = "bands", post_update = true }),
  rival = am.relationship("Band", { remote_side = "Band.id", active_history = true }),
})
local Label = Base:model("Label", {
  __tablename__ = "label",
  id = Column(Integer, { primary_key = true }),
  kind = Column(String(20)),
  name = Column(String(20)),
  bands = am.relationship(Band, { back_populates = "label", order_by = Band.id }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "label" },
})
local Major = Base:model("Major", {
  __extends__ = Label,
  owned_by_id = Column(ForeignKey("label.id")),
  owned_by = am.relationship(Label, { remote_side = Label.id }),
  scouts = am.relationship("Scout", { cascade = "all, delete-orphan" }),
  __mapper_args__ = { polymorphic_identity = "major" },
})
Base:model("Scout", {
  __tablename__ = "scout",
  id = Column(Integer, { primary_key = true }),
  label_id = Column(ForeignKey("label.id")),
})

am.configure_mappers()
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)

local function old_of(value)
  if value == am.NO_VALUE then return "NO_VALUE" end
  return value == am.LoaderCallableStatus.PASSIVE_NO_RESULT and "PASSIVE_NO_RESULT" or p.fmt(value)
end

for _, attribute in ipairs { Band.rank, Band.label, Band.label_id, Band.rival, Band.rival_id } do
  event.listen(attribute, "set", function(_, value, old) say("  set", attribute.key, value, old_of(old)) end)
end
event.listen(s, "after_begin", function() say("  after_begin") end)
event.listen(Band, "refresh", function(_, _, names) say("  refresh", p.sorted(names or {})) end)

step "None before the INSERT, where a default waits"
local band = Band{ name = "Arc" }
say(am.inspect(band).modified, get_history(band, "rank"))
band.rank = nil
say(am.inspect(band).modified, am.inspect(band).unloaded:contains("rank"), get_history(band, "rank"))
band.rank = 3
band.rank = nil
s:add(band)
s:flush()
say(band.rank, get_history(band, "rank"))
s:commit()

step "a reference whose key was never set, and one that was expired"
local other = Band{ name = "Bow" }
s:add(other)
s:flush()
other.label = nil
s:commit()
other.label = nil
s:flush()

step "a reference with active history, set to None before the INSERT"
local third = Band{ name = "Cob", rival = am.null }
say(get_history(third, "rival"))
s:add(third)
s:flush()
say(am.inspect(third).unloaded:contains("rival_id"))
s:commit()

step "a post-update leaves to onupdate what the database made"
local label = Major{ name = "Big", bands = { Band{ name = "Dot" } } }
s:add(label)
s:flush()
say(label.bands[1].plays)
s:commit()

step "a query refreshes what was expired, but for what was set since"
band.name = "Ark"
for found in s:scalars(select(Band):where(Band.id:eq(1)):execution_options{ autoflush = false }) do
  say(found.name)
end
s:rollback()

step "a subclass's own relationships are deleted along first"
s:delete(label)
s:commit()
p.sql()
