"""Names that resolve late: targets, secondary, conditions, order, and mapper arguments as texts, classes, functions."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, and_, desc, func, inspect, join, outerjoin, select
from sqlalchemy.orm import (Session, aliased, backref, clear_mappers, column_property, configure_mappers,
                            declarative_base, foreign, registry, relationship, remote)

Base = declarative_base()


class Team(Base):
    __tablename__ = "teams"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "team"}
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    name = Column(String(20))
    parent_id = Column(ForeignKey("teams.id"))
    parent = relationship("Team", remote_side="Team.id", backref=backref("children", order_by="desc(Team.name)"))
    members = relationship("Member", primaryjoin="and_(Team.id == Member.team_id, Member.active == 1)",
                           order_by="Member.name, Member.id", viewonly=True)
    everyone = relationship(lambda: Member, back_populates="team", order_by=lambda: Member.id.desc())
    skills = relationship("Skill", secondary="join(Member, member_skills, Member.id == member_skills.c.member_id)",
                          primaryjoin="Team.id == Member.team_id",
                          secondaryjoin="Skill.id == member_skills.c.skill_id", viewonly=True,
                          order_by="Skill.id")


class Club(Team):
    __mapper_args__ = {"polymorphic_identity": "club"}
    motto = Column(String(20))


member_skills = Table("member_skills", Base.metadata,
                      Column("member_id", ForeignKey("members.id"), primary_key=True),
                      Column("skill_id", ForeignKey("skills.id"), primary_key=True))


class Member(Base):
    __tablename__ = "members"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    active = Column(Integer, default=1)
    team_id = Column(ForeignKey("teams.id"))
    mentor_id = Column(Integer)
    team = relationship("Team", back_populates="everyone")
    mentor = relationship("Member", primaryjoin="remote(Member.id) == foreign(Member.mentor_id)", uselist=False)
    pupils = relationship("Member", primaryjoin=lambda: Member.id == foreign(remote(Member.mentor_id)), viewonly=True,
                          order_by="Member.name")
    skills = relationship("Skill", secondary=lambda: member_skills, back_populates="members",
                          order_by="Skill.name.desc()")


class Skill(Base):
    __tablename__ = "skills"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    members = relationship("Member", secondary="member_skills", back_populates="skills",
                           order_by=lambda: [Member.name, Member.id])


configure_mappers()
say(inspect(Team).relationships.keys(), inspect(Member).relationships.keys())
for rel in [Team.parent, Team.members, Team.everyone, Team.skills, Member.mentor, Member.pupils, Member.skills]:
    say(rel.key, rel.property.direction.name, rel.property.mapper.class_, rel.property.uselist)
    say("  ", rel.property.primaryjoin, "|", rel.property.secondaryjoin)
e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
step("write")
root = Club(name="root", motto="all")
east, west = Team(name="east", parent=root), Team(name="west", parent=root)
lua, c = Skill(name="lua"), Skill(name="c")
ada = Member(name="ada", team=east, skills=[lua, c])
bob = Member(name="bob", team=east, active=0, skills=[c], mentor=ada)
cyd = Member(name="cyd", team=west, mentor=ada, skills=[])
session.add_all([root, east, west, ada, bob, cyd])
session.commit()
step("read")
say([t.name for t in root.children], [m.name for m in east.members], [m.name for m in east.everyone])
say([s.name for s in east.skills], [s.name for s in ada.skills], [m.name for m in c.members])
say(bob.mentor.name, [m.name for m in ada.pupils], ada.mentor)
step("joins of entities and tables")
say(session.execute(select(Team.name, Member.name).select_from(join(Team, Member, Team.id == Member.team_id))
                    .order_by(Member.id)).all())
say(session.execute(select(Team.name, func.count(Member.id)).select_from(outerjoin(Team, Member))
                    .group_by(Team.name).order_by(Team.name)).all())
boss = aliased(Member)
say(session.execute(select(Member.name, boss.name).select_from(outerjoin(Member, boss, Member.mentor_id == boss.id))
                    .order_by(Member.id)).all())
say(select(join(Team.__table__, member_skills, Team.id == member_skills.c.member_id)))
error(lambda: join(Team, Skill))
step("errors of names")
Other = declarative_base()
Lost = type("Lost", (Other,), dict(__tablename__="lost", id=Column(Integer, primary_key=True),
                                   friend=relationship("Nobody")))
error(configure_mappers)
error(lambda: Lost())
Other.registry.dispose()
Third = declarative_base()
near = type("Near", (Third,), dict(__tablename__="near", id=Column(Integer, primary_key=True), far_id=Column(Integer),
                            far=relationship("Far")))
far = type("Far", (Third,), dict(__tablename__="far", id=Column(Integer, primary_key=True)))
error(configure_mappers)
Third.registry.dispose()
step("a registry")
reg = registry()
box = Table("boxes", reg.metadata, Column("id", Integer, primary_key=True), Column("label", String(9)),
            Column("box_id", ForeignKey("boxes.id")))
class Box:
    def __init__(self, label=None):
        self.label = label
reg.map_imperatively(Box, box, properties={"inner": relationship(Box, order_by=box.c.id),
                                           "upper": column_property(func.upper(box.c.label))})
reg.metadata.create_all(e)
outer = Box("outer")
outer.inner = [Box("a"), Box("b")]
session.add(outer)
session.commit()
say(outer.upper, [b.upper for b in outer.inner])
sql()
