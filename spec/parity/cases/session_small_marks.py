"""Small things: marks of changes that failed, names in DML, objects of bulk operations, composites."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, bindparam, event, func, insert, inspect, select, update
from sqlalchemy.orm import Session, composite, declarative_base, relationship

Base = declarative_base()


class Team(Base):
    __tablename__ = "team"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    nick = Column("nick_name", String(20))
    players = relationship("Player", back_populates="team")
    guests = relationship("Player", secondary="guest", collection_class=set)


class Player(Base):
    __tablename__ = "player"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    team_id = Column(ForeignKey("team.id"))
    team = relationship("Team", back_populates="players")


class Guest(Base):
    __tablename__ = "guest"
    team_id = Column(ForeignKey("team.id"), primary_key=True)
    player_id = Column(ForeignKey("player.id"), primary_key=True)


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __composite_values__(self):
        return self.x, self.y


class Line(Base):
    __tablename__ = "line"
    id = Column(Integer, primary_key=True)
    x = Column(Integer)
    y = Column(Integer)
    start = composite(Point, "x", "y")


def looks(obj, *names):
    state = inspect(obj)
    say(state.modified, sorted(state.committed_state), obj in s.dirty)
    for name in names:
        say(name, state.attrs[name].history)


e = engine()
Base.metadata.create_all(e, checkfirst=False)
forget()
s = Session(e)
step("what is taken out and is not there")
team, player = Team(id=71, name="a"), Player(id=71, name="p")
s.add_all([team, player])
s.commit()
refused(lambda: team.players.remove(player))
looks(team, "players")
looks(player, "team")
s.commit()
refused(lambda: team.players.pop())
looks(team, "players")
s.commit()
refused(lambda: team.guests.remove(player))
looks(team, "guests")
refused(lambda: team.guests.pop())
looks(team, "guests")
fresh = Team(name="b")
refused(lambda: fresh.players.remove(player))
looks(fresh, "players")
s.rollback()
step("columns in DML")
team = s.get(Team, 71)
for options in {}, {"synchronize_session": "fetch"}, {"synchronize_session": False}:
    forget()
    error(lambda: s.execute(update(Team).where(Team.id == 71).values(nick_name="c"), execution_options=options))
    sql()
    say(team.nick)
error(lambda: s.execute(update(Team).where(Team.id == 71).values(nick="d")))
say(team.nick)
error(lambda: s.query(Team).filter_by(id=71).update({"nick_name": "e"}))
say(team.nick)
step("rows of a bulk INSERT")
error(lambda: s.execute(insert(Team), [{"nick": "g", "nobody": 1}, {"nick": "h", "nobody": 2}]))
error(lambda: s.execute(insert(Team), [{"nick_name": "i"}]))
error(lambda: s.execute(insert(Team).values(name=bindparam("x")), [{"nick": "j", "x": "y"}]))
say([tuple(row) for row in s.execute(select(Team.name, Team.nick).order_by(Team.id))])
s.rollback()
step("saved in bulk twice")
one, two = Player(name="one"), Player(name="two")
s.bulk_save_objects([one, two], return_defaults=True)
say(one.id is not None, inspect(one).detached, inspect(one).modified, inspect(one).attrs.name.history)
one.name = "eins"
s.bulk_save_objects([one, two], return_defaults=True)
step("and added")
s.add(one)
looks(one)
s.rollback()
step("composites")
for name in "refresh", "expire":
    event.listen(Line, name, lambda obj, *a, name=name: say(name, sorted(a[-1]) if a[-1] else None))
line = Line(id=1, start=Point(1, 2))
s.add(line)
s.flush()
say(line.start.x)
s.commit()
say(line.start.y)
s.expire(line, ["start"])
say(line.start.y)
line.start = Point(5, 6)
s.refresh(line, ["x"])
say(line.start.x, line.start.y)
line = Line(x=7, y=8)
say(line.start.x, line.start.y)
s.rollback()
step("merge and first values")
for name in "id", "name":
    event.listen(getattr(Player, name), "init_scalar", lambda obj, value, values, name=name: say("init_scalar", name))
merged = s.merge(Player(team_id=None))
looks(merged)
say(merged.name)
s.rollback()
step("what a statement is about")


@event.listens_for(s, "do_orm_execute")
def about(state):
    mappers = [m.class_.__name__ for m in state.all_mappers]
    say(mappers, sorted(state.bind_arguments), "autoflush" in state.execution_options)


s.execute(select(func.count()).select_from(Team.__table__)).all()
s.refresh(s.get(Team, 71), ["name"])
say(s.scalars(select(Team).options(sa.orm.selectinload(Team.guests))).all())
step("end")
