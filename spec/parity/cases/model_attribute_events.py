"""Attribute events: set, append, remove, modified, init_scalar; retval, active_history, propagate, initiators."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect
from sqlalchemy.orm import Session, column_property, declarative_base, relationship
from sqlalchemy.orm.attributes import NO_VALUE, flag_modified

Base = declarative_base()


class Team(Base):
    __tablename__ = "teams"
    id = Column(Integer, primary_key=True)
    name = column_property(Column(String(10)), active_history=True)
    city = Column(String(10))
    players = relationship("Player", back_populates="team", order_by="Player.id", foreign_keys="Player.team_id")
    captain_id = Column(ForeignKey("players.id", use_alter=True, name="fk_captain"))
    captain = relationship("Player", foreign_keys=captain_id, active_history=True)


class Player(Base):
    __tablename__ = "players"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    name = Column(String(10))
    team_id = Column(ForeignKey("teams.id"))
    team = relationship("Team", back_populates="players", foreign_keys=team_id)
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "player"}


class Keeper(Player):
    __mapper_args__ = {"polymorphic_identity": "keeper"}


e = engine()
Base.metadata.create_all(e)
forget()


def show(value):
    return "NO_VALUE" if value is NO_VALUE else getattr(value, "name", None) if hasattr(value, "team_id") else value


def listen(attr, *names, **options):
    def on(name):
        if name in ("append", "remove"):
            return lambda t, v, i: say(name, attr.key, show(v), i.key if i is not None else None)
        if name == "set":
            return lambda t, v, o, i: say(name, attr.key, show(v), show(o), i.key)
        return lambda t, i: say(name, attr.key, i.key if i is not None else None)
    for name in names:
        event.listen(attr, name, on(name), **options)


listen(Team.name, "set", "modified")
listen(Team.city, "set")
listen(Team.captain, "set")
listen(Team.players, "append", "remove")
listen(Player.name, "set", propagate=True)
listen(Player.team, "set", propagate=True)
event.listen(Team.city, "set", lambda t, v, o, i: v.upper() if v else v, retval=True)
step("scalars")
t = Team(city="oslo")
say(t.city)
t.name = "a"
t.name = "b"
t.city = None
say(t.name)
step("both sides")
x, k = Player(name="x"), Keeper(name="k")
t.players.append(x)
k.team = t
say([p.name for p in t.players])
t.players.remove(x)
k.team = None
say(len(t.players))
t.players = [x, k]
t.players = [k]
step("one object to another list")
u = Team()
u.players.append(k)
say(len(t.players), k.team is u)
s = Session(e)
step("flush")
u.name = "u"
u.city = "rome"
s.add_all([t, u, x])
s.commit()
step("old values of expired attributes")
u.city = "bonn"
u.name = "v"
sql()
u.captain = k
sql()
s.commit()
u.captain = None
sql()
say(inspect(u).attrs.name.history, inspect(u).attrs.captain.history.deleted[0].name)
step("flag_modified")
say(u.name)
flag_modified(u, "name")
s.rollback()
step("init_scalar")


@event.listens_for(Player.name, "init_scalar", retval=True, propagate=True)
def init(target, value, dict_):
    say("init_scalar", value is NO_VALUE or value is None)
    dict_["name"] = "anon"
    return "anon"


p = Player()
say(p.name, p.name)
s.add(p)
s.flush()
step("removed listeners are silent")
fn = lambda *a: say("never")
event.listen(Team.name, "set", fn)
event.remove(Team.name, "set", fn)
say(event.contains(Team.name, "set", fn))
t.name = "end"
once = lambda t, v, o, i: say("once", v)
event.listen(Team.city, "set", once, once=True)
t.city = "a"
t.city = "b"
s.rollback()
sql()
s.close()
