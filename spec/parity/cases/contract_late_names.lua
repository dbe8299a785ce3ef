-- Names that resolve late: targets, secondary, conditions, order, and mapper arguments as texts, classes, functions.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local relationship = am.relationship
local select, func, inspect = am.select, am.func, am.inspect

local Base = am.declarative_base()
local Member, member_skills

local Team = Base:model("Team", {
  __tablename__ = "teams",
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "team" },
  id = Column(Integer, { primary_key = true }),
  kind = Column(String(10)),
  name = Column(String(20)),
  parent_id = Column(ForeignKey("teams.id")),
  parent = relationship("Team", { remote_side = "Team.id",
    backref = am.backref("children", { order_by = "desc(Team.name)" }) }),
  members = relationship("Member", { primaryjoin = "and_(Team.id == Member.team_id, Member.active == 1)",
    order_by = "Member.name, Member.id", viewonly = true }),
  everyone = relationship(function() return Member end, { back_populates = "team",
    order_by = function() return Member.id:desc() end }),
  skills = relationship("Skill", { secondary = "join(Member, member_skills, Member.id == member_skills.c.member_id)",
    primaryjoin = "Team.id == Member.team_id", secondaryjoin = "Skill.id == member_skills.c.skill_id", viewonly = true,
    order_by = "Skill.id" }),
})

local Club = Base:model("Club", {
  __extends__ = Team,
  __mapper_args__ = { polymorphic_identity = "club" },
  motto = Column(String(20)),
})

member_skills = am.Table("member_skills", Base.metadata,
  Column("member_id", ForeignKey("members.id"), { primary_key = true }),
  Column("skill_id", ForeignKey("skills.id"), { primary_key = true }))

Member = Base:model("Member", {
  __tablename__ = "members",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  active = Column(Integer, { default = 1 }),
  team_id = Column(ForeignKey("teams.id")),
  mentor_id = Column(Integer),
  team = relationship("Team", { back_populates = "everyone" }),
  mentor = relationship("Member", { primaryjoin = "remote(Member.id) == foreign(Member.mentor_id)", uselist = false }),
  pupils = relationship("Member", {
    primaryjoin = function() return Member.id:eq(am.foreign(am.remote(Member.mentor_id))) end, viewonly = true,
    order_by = "Member.name" }),
  skills = relationship("Skill", { secondary = function() return member_skills end, back_populates = "members",
    order_by = "Skill.name.desc()" }),
})

local Skill = Base:model("Skill", {
  __tablename__ = "skills",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  members = relationship("Member", { secondary = "member_skills", back_populates = "skills",
    order_by = function() return { Member.name, Member.id } end }),
})

am.configure_mappers()
say(inspect(Team).relationships:keys(), inspect(Member).relationships:keys())
for _, rel in ipairs{ Team.parent, Team.members, Team.everyone, Team.skills, Member.mentor, Member.pupils,
  Member.skills } do
  say(rel.key, rel.property.direction.name, rel.property.mapper.class_, rel.property.uselist)
  say("  ", rel.property.primaryjoin, "|", rel.property.secondaryjoin)
end
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local function name(x) return x.name end
step "write"
local root = Club{ name = "root", motto = "all" }
local east, west = Team{ name = "east", parent = root }, Team{ name = "west", parent = root }
local lua, c = Skill{ name = "lua" }, Skill{ name = "c" }
local ada = Member{ name = "ada", team = east, skills = { lua, c } }
local bob = Member{ name = "bob", team = east, active = 0, skills = { c }, mentor = ada }
local cyd = Member{ name = "cyd", team = west, mentor = ada, skills = {} }
session:add_all{ root, east, west, ada, bob, cyd }
session:commit()
step "read"
say(map(root.children, name), map(east.members, name), map(east.everyone, name))
say(map(east.skills, name), map(ada.skills, name), map(c.members, name))
say(bob.mentor.name, map(ada.pupils, name), ada.mentor)
step "joins of entities and tables"
say(session:execute(select(Team.name, Member.name):select_from(am.join(Team, Member, Team.id:eq(Member.team_id)))
  :order_by(Member.id)):all())
say(session:execute(select(Team.name, func.count(Member.id)):select_from(am.outerjoin(Team, Member))
  :group_by(Team.name):order_by(Team.name)):all())
local boss = am.aliased(Member)
say(session:execute(select(Member.name, boss.name):select_from(am.outerjoin(Member, boss, Member.mentor_id:eq(boss.id)))
  :order_by(Member.id)):all())
say(select(am.join(Team.__table__, member_skills, Team.id:eq(member_skills.c.member_id))))
p.error(function() return am.join(Team, Skill) end)
step "errors of names"
local Other = am.declarative_base()
local Lost = Other:model("Lost", { __tablename__ = "lost", id = Column(Integer, { primary_key = true }),
  friend = relationship("Nobody") })
p.error(am.configure_mappers)
p.error(function() return Lost() end)
Other.registry:dispose()
local Third = am.declarative_base()
Third:model("Near", { __tablename__ = "near", id = Column(Integer, { primary_key = true }), far_id = Column(Integer),
  far = relationship("Far") })
Third:model("Far", { __tablename__ = "far", id = Column(Integer, { primary_key = true }) })
p.error(am.configure_mappers)
Third.registry:dispose()
step "a registry"
local reg = am.registry()
local box = am.Table("boxes", reg.metadata, Column("id", Integer, { primary_key = true }), Column("label", String(9)),
  Column("box_id", ForeignKey("boxes.id")))
local Box = {}
reg:map_imperatively(Box, box, { properties = {
  inner = relationship(Box, { order_by = box.c.id }),
  upper = am.column_property(func.upper(box.c.label)),
} })
reg.metadata:create_all(e)
local outer = Box{ label = "outer" }
outer.inner = { Box{ label = "a" }, Box{ label = "b" } }
session:add(outer)
session:commit()
say(outer.upper, map(outer.inner, function(b) return b.upper end))
sql()
