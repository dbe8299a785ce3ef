# Loads that are refused or repeated: raise, raise_on_sql, noload, detached objects, populate_existing.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Team(Base):
    __tablename__ = "team"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    players = relationship("Player", back_populates="team", order_by="Player.id")
    strict = relationship("Player", lazy="raise", viewonly=True)
    on_sql = relationship("Player", lazy="raise_on_sql", viewonly=True)
    none = relationship("Player", lazy="noload", viewonly=True)


class Player(Base):
    __tablename__ = "player"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    team_id = Column(ForeignKey("team.id"))
    team = relationship(Team, back_populates="players")
    team_strict = relationship(Team, lazy="raise", viewonly=True)
    team_on_sql = relationship(Team, lazy="raise_on_sql", viewonly=True)
    badges = relationship("Badge", lazy="selectin", order_by="Badge.id")


class Badge(Base):
    __tablename__ = "badge"
    id = Column(Integer, primary_key=True)
    word = Column(String(20))
    player_id = Column(ForeignKey("player.id"))


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add(Team(name="reds", players=[Player(name="Ann", badges=[Badge(word="gold")]), Player(name="Bob")]))
    s.commit()
    s.add(Team(name="blues", players=[Player(name="Cy")]))
    s.commit()
forget()
with Session(e) as s:
    step("mapped")
    reds = s.get(Team, 1)
    error(lambda: reds.strict)
    error(lambda: reds.on_sql)
    say(reds.none)
    ann = s.get(Player, 1)
    error(lambda: ann.team_strict)
    say(ann.team_on_sql is reds)
    cy = s.get(Player, 3)
    error(lambda: cy.team_on_sql)
    step("options overrule")
    t = s.scalars(select(Team).options(selectinload(Team.strict), lazyload(Team.on_sql),
        joinedload(Team.none).noload(Player.badges)).where(Team.id == 2)).unique().one()
    say(len(t.strict), len(t.on_sql), len(t.none))
step("raise by option")
with Session(e) as s:
    t = s.scalars(select(Team).options(raiseload(Team.players)).order_by(Team.id)).first()
    error(lambda: t.players)
    s.refresh(t, ["players"])
    say(len(t.players))
    s.expunge_all()
    t = s.scalars(select(Team).options(selectinload(Team.players).raiseload("*"), raiseload("*"))
        .order_by(Team.id)).first()
    say([p.name for p in t.players])
    error(lambda: t.players[0].badges)
    error(lambda: t.players[0].team)
    s.expunge_all()
    p = s.scalars(select(Player).options(raiseload("*", sql_only=True)).order_by(Player.id)).first()
    error(lambda: p.team)
    s.get(Team, 1)
    say(p.team.name)
step("writes without loading")
with Session(e) as s:
    t = s.scalars(select(Team).options(raiseload(Team.players)).where(Team.id == 1)).one()
    new = Player(name="Di", team=t)
    s.add(new)
    s.flush()
    say(new.team_id, "players" in inspect(t).unloaded)
    error(lambda: t.players.append(Player(name="no")))
    u = s.get(Team, 2)
    u.players.append(Player(name="Ed"))
    s.flush()
    say([p.name for p in u.players])
    s.rollback()
step("populate existing")
with Session(e) as s:
    t = s.scalars(select(Team).options(selectinload(Team.players)).where(Team.id == 1)).one()
    t.name = "pending"
    t.players[0].name = "pending too"
    t.players.append(Player(name="extra"))
    with s.no_autoflush:
        again = s.scalars(select(Team).options(selectinload(Team.players)).where(Team.id == 1)
            .execution_options(populate_existing=True)).one()
    say(again is t, t.name, [p.name for p in t.players], len(s.new), len(s.dirty))
    s.rollback()
step("a second query adds what is missing")
with Session(e) as s:
    t = s.get(Team, 1)
    say("players" in inspect(t).unloaded)
    s.scalars(select(Team).options(selectinload(Team.players))).all()
    say("players" in inspect(t).unloaded)
    t.players = t.players[:1]
    with s.no_autoflush:
        s.scalars(select(Team).options(selectinload(Team.players))).all()
    say(len(t.players))
    s.rollback()
step("expired collections")
with Session(e) as s:
    t = s.get(Team, 1)
    say(len(t.players), sorted(inspect(t.players[0]).unloaded))
    s.expire(t, ["players"])
    say(inspect(t).expired, inspect(t).attrs.players.loaded_value is sa.orm.base.NO_VALUE)
    p = t.players[0]
    s.expire(p)
    say([b.word for b in p.badges], p.name)
    s.refresh(t, ["name", "players"])
step("detached")
say(t.name, len(t.players))
error(lambda: t.players[1].badges)
loose = Team(id=1)
say(loose.players, loose.name)
with Session(e) as s:
    far = s.get(Player, 3)
    s.expunge(far)
    error(lambda: far.team)
    say(far.name, [b.word for b in far.badges])
    s.add(far)
    say(far.team.name)
step("pending objects do not load, unless asked")
with Session(e) as s:
    p = Player(name="Flo", team_id=2)
    s.add(p)
    say(p.team)
    s.enable_relationship_loading(p)
    q = Player(name="Gus", team_id=2)
    s.enable_relationship_loading(q)
    say(q.team.name, q in s.new)
    s.flush()
    say(p.team_id)
    s.rollback()
sql()
