"""update() and delete() of the ORM against objects in the session: evaluate, fetch, auto, what each one leaves behind."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, and_, delete, func, inspect, select, update
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class Team(Base):
    __tablename__ = "team"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    players = relationship("Player", back_populates="team", order_by="Player.id")


class Player(Base):
    __tablename__ = "player"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    score = Column(Integer)
    bonus = Column(Integer, server_default="0")
    team_id = Column(ForeignKey("team.id"))
    team = relationship(Team, back_populates="players")


db = engine()
Base.metadata.create_all(db)
forget()
with Session(db) as s, s.begin():
    s.add_all([Team(id=1, name="red", players=[Player(id=1, name="ann", score=10), Player(id=2, name="bob", score=20)]),
               Team(id=2, name="blue", players=[Player(id=3, name="cyd", score=None), Player(id=4, name="dan", score=40)])])
session = Session(db)


def load():
    session.rollback()
    session.expunge_all()
    players = session.scalars(select(Player).order_by(Player.id)).all()
    forget()
    return players


def look(players):
    for p in players:
        i = inspect(p)
        say(p.__dict__.get("name"), p.__dict__.get("score"), sorted(i.expired_attributes), i.modified, i.persistent,
            i.deleted, i.detached)


for sync in ("auto", "evaluate", "fetch", False):
    step("update, %s" % sync)
    players = load()
    result = session.execute(update(Player).where(Player.score > 10).values(score=Player.score + 1),
                             execution_options={"synchronize_session": sync})
    say(result.rowcount)
    look(players)
    sql()
    say([p.score for p in players])
    step("delete, %s" % sync)
    players = load()
    say(session.execute(delete(Player).where(Player.score.is_(None)).execution_options(
        synchronize_session=sync)).rowcount)
    look(players)
    say(players[2] in session, players[2] in session.deleted)

step("what cannot be evaluated")
players = load()
statement = update(Player).where(Player.team_id.in_(select(Team.id).where(Team.name == "red"))).values(score=0)
error(lambda: session.execute(statement, execution_options={"synchronize_session": "evaluate"}))
session.execute(statement)
sql()
look(players)
players = load()
session.execute(update(Player).where(Player.id == 1).values(score=func.abs(-3), name="X" + Player.name))
look(players[:1])
say(players[0].score, players[0].name)
sql()
error(lambda: session.execute(update(Player).values(score=1), execution_options={"synchronize_session": "wrong"}))

step("pending and dirty objects")
players = load()
session.add(Player(id=9, name="new", score=99))
players[0].score = 50
session.execute(update(Player).where(Player.score > 45).values(name=Player.name + "!"))
sql()
say([p.name for p in session.scalars(select(Player).order_by(Player.id))], players[0].score)
players = load()
with session.no_autoflush:
    players[0].score = 50
    session.execute(update(Player).where(Player.score > 45).values(name="hit"))
    say(players[0].name, players[0].score, inspect(players[0]).attrs.name.history)
    session.execute(update(Player).where(Player.id == 1).values(score=7))
    say(players[0].score, inspect(players[0]).attrs.score.history, session.is_modified(players[0]))

step("criteria of many kinds")
players = load()
session.execute(update(Player).where(and_(Player.name.in_(["ann", "bob"]), ~(Player.score == 20))).values(score=1))
session.execute(update(Player).where(Player.name.startswith("d") | (Player.score.is_(None))).values(score=2))
session.execute(update(Player).where(Player.name.between("b", "c")).values(bonus=Player.score * 2))
sql()
say([(p.name, p.score, p.bonus) for p in players])
session.execute(update(Player).values(team_id=1).where(Player.team_id == 2))
say([p.team.name for p in players], len(session.get(Team, 1).players))
session.execute(update(Player).where(Player.team.has(name="red")).values(score=100))
say([p.score for p in players])
session.execute(update(Player).where(Player.team_id == Team.id, Team.name == "red").values(name=Team.name),
                execution_options={"synchronize_session": "fetch"})
sql()
say([p.name for p in players])

step("RETURNING")
players = load()
rows = session.execute(update(Player).where(Player.id < 3).values(score=Player.score * 2).returning(Player.id, Player.score))
say(sorted(tuple(r) for r in rows))
look(players[:2])
got = session.scalars(update(Player).where(Player.id == 3).values(name="CYD").returning(Player)).all()
say(got[0] is players[2], got[0].name)
gone = session.scalars(delete(Player).where(Player.id == 4).returning(Player.name)).all()
say(gone, inspect(players[3]).detached, inspect(players[3]).deleted, players[3] in session)
sql()

step("objects that were deleted")
players = load()
session.execute(delete(Player))
say([inspect(p).persistent for p in players], len(session.identity_map))
session.rollback()
say([inspect(p).persistent for p in players], [p in session for p in players])

step("through Query")
players = load()
say(session.query(Player).filter(Player.score >= 20).update({"score": Player.score - 5}))
say(session.query(Player).filter_by(name="ann").delete(), session.query(Player).filter(Player.id > 2).update(
    {Player.bonus: 3}, synchronize_session="fetch"))
look(players)
sql()
error(lambda: session.query(Player).limit(1).update({"score": 1}))
error(lambda: session.query(Player).join(Team).delete())
session.close()
