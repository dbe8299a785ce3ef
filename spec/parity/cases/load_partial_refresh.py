"""The refresh event of objects that were there already, when a row of another's refresh or load brings them again."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, select
from sqlalchemy.orm import Session, declarative_base, joinedload, relationship

Base = declarative_base()


class Team(Base):
    __tablename__ = "teams"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    players = relationship("Player", lazy="joined", order_by="Player.id")


class Player(Base):
    __tablename__ = "players"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    team_id = Column(ForeignKey("teams.id"))
    team = relationship("Team", overlaps="players")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add(Team(id=1, name="reds", players=[Player(id=1, name="ann"), Player(id=2, name="bob")]))
    s.commit()
forget()
event.listen(Player, "refresh", lambda target, _, names: say("refresh", target.id, sorted(names) if names else None))

with Session(e) as s:
    team = s.get(Team, 1)
    step("the team is expired alone")
    s.expire(team)
    say(team.name)
    step("refreshed")
    s.refresh(team)
    step("selected again")
    say(s.scalars(select(Team)).unique().one() is team)
    step("a player that lacks a column")
    s.expire(team.players[0], ["name"])
    s.expire(team)
    say(team.name)
    say(team.players[0].name)
    step("nothing is missing")
    say([p.team is team for p in team.players])
    s.expire(team, ["name"])
    say(team.name)
    s.refresh(team)
step("end")
