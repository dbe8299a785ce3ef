-- Writes to what is not known before: references that nobody looked at, sets that hold an item already.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, inspect = am.Column, am.Integer, am.String, am.ForeignKey, am.inspect
local relationship = am.relationship

local Base = am.declarative_base()
local Team = Base:model("Team", {
  __tablename__ = "team",
  code = Column(String(10), { primary_key = true }),
  name = Column(String(20)),
  lead_id = Column(ForeignKey("member.id", { name = "fk_lead" })),
  lead = relationship("Member", { foreign_keys = "Team.lead_id", post_update = true }),
  members = relationship("Member", { foreign_keys = "Member.team_code", back_populates = "team" }),
  fans = relationship("Fan", { secondary = "fan_team", collection_class = "set", back_populates = "teams" }),
})
local Member = Base:model("Member", {
  __tablename__ = "member",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  team_code = Column(ForeignKey("team.code", { name = "fk_team" })),
  team = relationship(Team, { foreign_keys = "Member.team_code", back_populates = "members" }),
})
Base:model("Link", {
  __tablename__ = "fan_team",
  fan_id = Column(ForeignKey("fan.id", { name = "fk_fan" }), { primary_key = true }),
  team_code = Column(ForeignKey("team.code", { name = "fk_fan_team" }), { primary_key = true }),
})
local Fan = Base:model("Fan", {
  __tablename__ = "fan",
  id = Column(Integer, { primary_key = true }),
  teams = relationship(Team, { secondary = "fan_team", back_populates = "fans" }),
})

local e = p.engine()
Base.metadata:create_all(e, { checkfirst = false })
p.forget()
local s = am.Session(e, { autoflush = false, expire_on_commit = false })

step "a reference that nobody looked at is deleted"
local team = Team { code = "a", name = "first" }
local member = Member { id = 1, name = "ann" }
s:add_all { team, member }
s:commit()
am.del_attribute(member, "team")
member.name = "anna"
s:commit()
member.team_code = "a"
am.del_attribute(member, "team")
s:commit()
say(member.team_code)
s:expire(member)
am.del_attribute(member, "team")
member.name = "anne"
s:commit()
say(member.team_code)
s:expire(member)
say(member.name)
am.del_attribute(member, "team")
s:commit()
say(member.team_code)
step "a reference whose column was set is replaced"
am.event.listen(Member.team, "set", function(_, value, old)
  say("set", value and value.code, getmetatable(old) == Team and old.code or nil)
end)
local loose = Member { id = 2, name = "bob" }
s:add(loose)
s:commit()
loose.team_code = "a"
local away = Team { code = "b", members = { loose } }
s:add(away)
s:commit()
say(loose.team_code)
step "what is in a set already is not appended again"
am.event.listen(Team.fans, "append", function(_, value) say("fan", value.id) end)
am.event.listen(Fan.teams, "append", function(_, value) say("team", value.code) end)
local fan = Fan { id = 1 }
team.fans:add(fan)
fan.teams:append(team)
say(#team.fans, #fan.teams)
s:expunge_all()
step "marked twice, changed, and taken back by a savepoint"
member = s:get(Member, 2)
member.name = "lost"
s:delete(member)
s:flush()
local savepoint = s:begin_nested()
s:delete(member)
savepoint:rollback()
say(inspect(member).persistent, inspect(member).dict.name ~= nil)
s:rollback()
say(member.name)
step "end"
