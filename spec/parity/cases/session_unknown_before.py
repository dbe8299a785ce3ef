"""Writes to what is not known before: references that nobody looked at, sets that hold an item already."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class Team(Base):
    __tablename__ = "team"
    code = Column(String(10), primary_key=True)
    name = Column(String(20))
    lead_id = Column(ForeignKey("member.id", name="fk_lead"))
    lead = relationship("Member", foreign_keys=lead_id, post_update=True)
    members = relationship("Member", foreign_keys="Member.team_code", back_populates="team")
    fans = relationship("Fan", secondary="fan_team", collection_class=set, back_populates="teams")


class Member(Base):
    __tablename__ = "member"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    team_code = Column(ForeignKey("team.code", name="fk_team"))
    team = relationship(Team, foreign_keys=team_code, back_populates="members")


class Link(Base):
    __tablename__ = "fan_team"
    fan_id = Column(ForeignKey("fan.id", name="fk_fan"), primary_key=True)
    team_code = Column(ForeignKey("team.code", name="fk_fan_team"), primary_key=True)


class Fan(Base):
    __tablename__ = "fan"
    id = Column(Integer, primary_key=True)
    teams = relationship(Team, secondary="fan_team", back_populates="fans")


e = engine()
Base.metadata.create_all(e, checkfirst=False)
forget()
s = Session(e, autoflush=False, expire_on_commit=False)

step("a reference that nobody looked at is deleted")
team = Team(code="a", name="first")
member = Member(id=1, name="ann")
s.add_all([team, member])
s.commit()
del member.team
member.name = "anna"
s.commit()
member.team_code = "a"
del member.team
s.commit()
say(member.team_code)
s.expire(member)
del member.team
member.name = "anne"
s.commit()
say(member.team_code)
s.expire(member)
say(member.name)
del member.team
s.commit()
say(member.team_code)
step("a reference whose column was set is replaced")
event.listen(Member.team, "set", lambda target, value, old, initiator: say("set", value and value.code,
                                                                           getattr(old, "code", None)))
loose = Member(id=2, name="bob")
s.add(loose)
s.commit()
loose.team_code = "a"
away = Team(code="b", members=[loose])
s.add(away)
s.commit()
say(loose.team_code)
step("what is in a set already is not appended again")
event.listen(Team.fans, "append", lambda target, value, initiator: say("fan", value.id))
event.listen(Fan.teams, "append", lambda target, value, initiator: say("team", value.code))
fan = Fan(id=1)
team.fans.add(fan)
fan.teams.append(team)
say(len(team.fans), len(fan.teams))
s.expunge_all()
step("marked twice, changed, and taken back by a savepoint")
member = s.get(Member, 2)
member.name = "lost"
s.delete(member)
s.flush()
savepoint = s.begin_nested()
s.delete(member)
savepoint.rollback()
say(inspect(member).persistent, "name" in inspect(member).dict)
s.rollback()
say(member.name)
step("end")
