"""expire, refresh, populate_existing and get between the loaders: which statement comes when."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect, select, text, update
from sqlalchemy.orm import Session, attributes, declarative_base, joinedload, relationship, selectinload, load_only, raiseload

Base = declarative_base()


class Team(Base):
    __tablename__ = "teams"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    players = relationship("Player", back_populates="team", order_by="Player.id")
    badges = relationship("Badge", lazy="selectin", order_by="Badge.id")
    city_id = Column(ForeignKey("cities.id"))
    city = relationship("City")


class City(Base):
    __tablename__ = "cities"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))


class Player(Base):
    __tablename__ = "players"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    team_id = Column(ForeignKey("teams.id"))
    team = relationship("Team", back_populates="players")


class Badge(Base):
    __tablename__ = "badges"
    id = Column(Integer, primary_key=True)
    label = Column(String(30))
    team_id = Column(ForeignKey("teams.id"))


kept = []


def loaded(target, _):
    kept.append(target)
    say("load", target)


for cls in (Team, Player, City, Badge):
    event.listen(cls, "load", loaded)
    event.listen(cls, "refresh", lambda target, _, attrs: say("refresh", target, sorted(attrs) if attrs else None))
event.listen(Team, "expire", lambda target, attrs: say("expire", target, sorted(attrs) if attrs else None))

e = engine()
Base.metadata.create_all(e)
with Session(e, expire_on_commit=False) as s:
    s.add_all([Team(id=1, name="reds", city=City(id=1, name="rome"), players=[Player(id=1, name="ann"), Player(id=2,
        name="bob")],
                    badges=[Badge(id=1, label="gold")]), Team(id=2, name="blues")])
    s.commit()
forget()


def unloaded(o):
    return sorted(inspect(o).unloaded), sorted(inspect(o).expired_attributes)


s = Session(e)
step("get loads eagerly")
reds = s.get(Team, 1)
say(unloaded(reds))
step("get again")
say(s.get(Team, 1) is reds)
step("expire all of it")
s.expire(reds)
say(unloaded(reds), reds in s)
step("a column brings the row and the eager loaders")
say(reds.name)
say(unloaded(reds))
step("expire two names")
s.expire(reds, ["name", "badges"])
say(unloaded(reds))
step("the collection is loaded alone")
say([b.label for b in reds.badges])
step("the column alone")
say(reds.name)
step("refresh")
s.refresh(reds)
say(unloaded(reds))
step("refresh a lazy collection by name")
s.refresh(reds, ["players"])
say(unloaded(reds))
step("refresh names of both kinds")
s.refresh(reds, ["name", "badges"])
step("refresh of what changed")
reds.name = "changed"
say(inspect(reds).modified)
s.refresh(reds, ["name"])
say(reds.name, inspect(reds).modified)
step("autoflush before refresh")
reds.name = "flushed"
s.refresh(reds)
say(reds.name)
step("another connection's change stays unseen")
s.execute(update(Team.__table__).where(Team.__table__.c.id == 1).values(name="hidden"))
say(s.scalars(select(Team).where(Team.id == 1)).one().name)
step("populate_existing")
reds.city = None
say(s.scalars(select(Team).where(Team.id == 1).execution_options(populate_existing=True)).one().name, reds.city)
step("populate_existing with get")
reds.name = "local"
with s.no_autoflush:
    say(s.get(Team, 1, populate_existing=True).name)
step("get with options and with_for_update")
say(len(s.get(Team, 1, options=[joinedload(Team.city)], populate_existing=True).badges))
say(s.get(Team, 2, with_for_update={"of": Team}).name)
say(s.get(Team, 2, with_for_update={"of": Team, "read": True}).name)
s.expire(reds, ["city"])
s.refresh(reds, ["name"], with_for_update={"nowait": True})
s.refresh(reds, with_for_update={"of": Team})
step("get of nothing")
say(s.get(Team, 99))
error(lambda: s.get_one(Team, 99))
error(lambda: s.get(Team, (1, 2)))
step("commit expires")
s.commit()
say(unloaded(reds))
say([p.name for p in reds.players])
step("options are kept for the refresh")
s.commit()
with Session(e) as other:
    team = other.scalars(select(Team).options(joinedload(Team.city)).where(Team.id == 1)).one()
    other.expire(team)
    step("touch")
    say(team.name)
    say(unloaded(team))
with Session(e) as other:
    team = other.scalars(select(Team).options(load_only(Team.name)).where(Team.id == 1)).one()
    say(unloaded(team))
    other.expire(team)
    step("touch load_only")
    say(team.name, unloaded(team))
with Session(e) as other:
    team = other.scalars(select(Team).options(raiseload(Team.players)).where(Team.id == 1)).one()
    error(lambda: team.players)
    other.expire(team)
    error(lambda: team.players)
    other.refresh(team, ["players"])
    say(len(team.players))
step("an object that is gone")
ann = reds.players[0]
s.execute(text("UPDATE players SET team_id = NULL WHERE id = 2"))
s.execute(text("DELETE FROM players WHERE id = 1"))
s.expire(ann)
error(lambda: ann.name)
error(lambda: s.refresh(ann))
s.expire(reds, ["players"])
say([p.name for p in reds.players])
step("detached")
s.expunge(reds)
error(lambda: s.refresh(reds))
error(lambda: s.expire(reds))
s.rollback()
s.close()
step("expire of a pending object")
with Session(e) as last:
    new = Team(name="new")
    last.add(new)
    error(lambda: last.expire(new))
    error(lambda: last.refresh(new))
step("pending changes and an expired attribute")
with Session(e) as last:
    team = last.get(Team, 1)
    last.expire(team, ["name"])
    team.name = "blind"
    say(inspect(team).attrs.name.history)
    last.flush()
    say(inspect(team).attrs.name.history)
    last.expire_all()
    say(team.name)
step("end")
