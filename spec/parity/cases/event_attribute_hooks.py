# Attribute events: set, append, remove, bulk_replace, init_scalar, init_collection, dispose_collection, modified.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey
from sqlalchemy.orm import declarative_base, relationship, Session, attributes
from sqlalchemy.orm.attributes import set_committed_value, flag_modified, NO_VALUE

Base = declarative_base()


class Team(Base):
    __tablename__ = "team"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    score = Column(Integer, default=10)
    motto = Column(String(20))
    players = relationship("Player", back_populates="team", order_by="Player.id")


class Player(Base):
    __tablename__ = "player"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    team_id = Column(ForeignKey("team.id"))
    team = relationship("Team", back_populates="players", active_history=True)


class Squad(Team):
    pass


def shown(v):
    if v is NO_VALUE:
        return "NO_VALUE"
    return v.name if isinstance(v, (Team, Player)) else v


event.listen(Team.name, "set", lambda t, v, old, i: say("  . name", shown(v), shown(old), i.key), propagate=True)
event.listen(Team.motto, "set", lambda t, v, old, i: say("  . motto", v, shown(old)), active_history=True)
event.listen(Player.team, "set", lambda t, v, old, i: say("  . team", shown(v), shown(old)))
event.listen(Team.players, "append", lambda t, v, i: say("  . append", t.name, v.name))
event.listen(Team.players, "remove", lambda t, v, i: say("  . remove", t.name, v.name))
event.listen(Team.players, "bulk_replace", lambda t, vs, i: say("  . bulk_replace", [v.name for v in vs]))
event.listen(Team.players, "init_collection", lambda t, c, a: say("  . init_collection", len(c)))
event.listen(Team.players, "dispose_collection", lambda t, c, a: say("  . dispose_collection", len(c)))
event.listen(Team.score, "modified", lambda t, i: say("  . modified", i.key))


@event.listens_for(Team.name, "set", retval=True)
def clean(target, value, old, initiator):
    return value.strip().lower()


@event.listens_for(Team.score, "init_scalar", retval=True, propagate=True)
def score(target, value, dict_):
    dict_["score"] = 10
    return 10


eng = engine()
Base.metadata.create_all(eng)
forget()
s = Session(eng)
step("scalars")
t = Team(name=" Reds ")
say(t.name, t.score, sorted(k for k in t.__dict__ if k[0] != "_"))
t.motto = "win"
t.motto = "play"
flag_modified(t, "score")
step("collections")
t.players.append(Player(name="a"))
b = Player(name="b", team=t)
say([p.name for p in t.players])
t.players = [b, Player(name="c")]
say([p.name for p in t.players])
t.players.remove(b)
say(b.team)
s.add(t)
s.commit()
step("loaded objects")
t.name = "Blues"
t.motto = "win"
say(attributes.get_history(t, "name"))
c = t.players[0]
other = Team(name="Other")
c.team = other
say(len(t.players), len(other.players))
c.team = None
say(len(other.players), attributes.get_history(c, "team").deleted[0].name)
step("a value that goes around the events")
set_committed_value(t, "motto", "set")
say(t.motto, attributes.get_history(t, "motto"), sa.inspect(t).attrs.motto.history.has_changes())
set_committed_value(t, "players", [b])
say([p.name for p in t.players], b.team)
step("no value")
s.commit()
say(t.score)
t.score = None
say(t.score, attributes.get_history(t, "score"))
s.commit()
say(t.score)
step("replaced while expired")
s.expire(t)
t.name = "Greens"
t.motto = "up"
t.players = []
s.commit()
step("a subclass")
q = Squad(name=" Up ")
say(q.name)
step("a listener that refuses")


def refuse(target, value, old, initiator):
    if value == "bad":
        raise ValueError("bad")


event.listen(Team.name, "set", refuse)
refused(lambda: setattr(t, "name", "bad"))
say(t.name, t in s.dirty)
event.remove(Team.name, "set", refuse)
t.name = "bad"
say(t.name)
step("end")
s.close()
