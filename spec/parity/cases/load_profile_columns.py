# Columns loaded apart: load_only, defer, groups, raiseload, with_expression, and the refresh of what was left out.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Profile(Base):
    __tablename__ = "profile"
    id = Column(Integer, primary_key=True)
    nick = Column(String(20))
    city = Column(String(20))
    bio = deferred(Column(Text))
    cv = deferred(Column(Text), group="papers")
    letter = deferred(Column(Text), group="papers")
    secret = deferred(Column(String(20)), raiseload=True)
    rank = query_expression()
    level = query_expression(literal(0))
    pals = relationship("Pal", back_populates="profile", order_by="Pal.id")


class Pal(Base):
    __tablename__ = "pal"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    note = Column(String(20))
    profile_id = Column(ForeignKey("profile.id"))
    profile = relationship(Profile, back_populates="pals")


Profile.pal_count = column_property(
    select(func.count(Pal.id)).where(Pal.profile_id == Profile.id).correlate_except(Pal).scalar_subquery(),
        deferred=True
)

e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add(Profile(nick="ann", city="York", bio="b1", cv="c1", letter="l1", secret="s1",
        pals=[Pal(name="x", note="n"), Pal(name="y")]))
    s.commit()
    s.add(Profile(nick="bob", city="Bath", bio="b2", cv="c2", letter="l2", secret="s2"))
    s.commit()
forget()


def run(title, *options, read=()):
    step(title)
    with Session(e) as s:
        p = s.scalars(select(Profile).options(*options).order_by(Profile.id)).unique().first()
        say(sorted(inspect(p).unloaded))
        sql()
        for key in read:
            error(lambda: say(key, getattr(p, key)))
        say(sorted(inspect(p).unloaded))


run("as mapped", read=["bio", "cv", "letter", "secret", "pal_count", "rank", "level"])
run("load_only", load_only(Profile.nick), read=["city", "bio"])
run("load_only raising", load_only(Profile.nick, raiseload=True), read=["nick", "city", "pal_count"])
run("undefer", undefer(Profile.bio), undefer(Profile.secret), undefer(Profile.pal_count),
    read=["bio", "secret", "pal_count"])
run("undefer group", undefer_group("papers"), defer(Profile.city), read=["cv", "city"])
run("undefer all", undefer("*"), read=["secret"])
run("defer all", defer("*"), read=["nick", "bio"])
run("defer all but one", defer("*"), undefer(Profile.city), read=["city", "nick"])
run("defer raising", defer(Profile.city, raiseload=True), read=["city", "nick"])
run("expression", with_expression(Profile.rank, Profile.id * 10),
    with_expression(Profile.level, func.length(Profile.nick)), read=["rank", "level"])
run("below a relationship", selectinload(Profile.pals).load_only(Pal.name), read=[])
run("below a joined one", joinedload(Profile.pals).defer(Pal.note), load_only(Profile.city), read=["nick"])
step("the deferred column of a child")
with Session(e) as s:
    p = s.scalars(select(Profile).options(selectinload(Profile.pals).load_only(Pal.name)).order_by(Profile.id)).first()
    say([sorted(inspect(x).unloaded) for x in p.pals])
    sql()
    say([x.note for x in p.pals], p.pals[0].profile is p)
step("the parent's columns from a child")
with Session(e) as s:
    pal = s.scalars(select(Pal).options(joinedload(Pal.profile).load_only(Profile.nick)).order_by(Pal.id)).first()
    say(pal.profile.nick, sorted(inspect(pal.profile).unloaded))
    pal2 = s.scalars(select(Pal).options(defaultload(Pal.profile).undefer(Profile.bio)).where(Pal.id == 2)).one()
    say(pal2.profile.bio)
step("loading what is in the map")
with Session(e) as s:
    p = s.get(Profile, 1)
    say("bio" in inspect(p).unloaded)
    s.get(Profile, 1, options=[undefer(Profile.bio)])
    say("bio" in inspect(p).unloaded)
    s.scalars(select(Profile).where(Profile.id == 1).options(undefer(Profile.bio))).one()
    say("bio" in inspect(p).unloaded)
    p.nick = "changed"
    s.scalars(select(Profile).where(Profile.id == 1)
        .options(undefer(Profile.cv), with_expression(Profile.rank,
        literal(3))).execution_options(populate_existing=True)).one()
    say(p.nick, p.cv, p.rank)
step("writing what is not loaded")
with Session(e) as s:
    p = s.get(Profile, 2)
    p.bio = "new"
    say(inspect(p).attrs.bio.history, p.secret if "secret" not in inspect(p).unloaded else "kept away")
    p.cv = "newer"
    s.flush()
    s.commit()
    say(p.city, "bio" in inspect(p).unloaded)
    p.secret = "mine"
    s.commit()
    s.refresh(p, ["bio", "secret"])
    say(p.bio, p.secret, sorted(inspect(p).unloaded))
    s.refresh(p)
    say(sorted(inspect(p).unloaded))
    s.expire(p)
    say(p.nick, sorted(inspect(p).unloaded))
step("columns by name")
with Session(e) as s:
    say(s.execute(select(Profile.bio, Profile.secret, Profile.pal_count).order_by(Profile.id)).all())
    error(lambda: s.scalars(select(Profile).options(load_only(Pal.name))).all())
    error(lambda: s.scalars(select(Profile).options(defer("nick"))).all())
sql()
