"""Wildcards and nested options: "*" of every loader, Load(X) with options, column wildcards, undefer of groups, load_only
with raiseload, and what is loaded afterwards."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Aviary(Base):
    __tablename__ = "aviary"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    size = mapped_column(Integer, deferred=True)
    plan = deferred(mapped_column(Text), group="papers")
    permit = deferred(mapped_column(Text), group="papers")
    birds = relationship("Bird", back_populates="aviary", order_by="Bird.id")
    keeper_id = mapped_column(ForeignKey("keeper.id"))
    keeper = relationship("Keeper", back_populates="aviaries")


class Keeper(Base):
    __tablename__ = "keeper"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    note = deferred(mapped_column(Text))
    aviaries = relationship(Aviary, back_populates="keeper", order_by=Aviary.id)
    badges = relationship("Badge", order_by="Badge.id")


class Badge(Base):
    __tablename__ = "badge"
    id = mapped_column(Integer, primary_key=True)
    keeper_id = mapped_column(ForeignKey("keeper.id"))
    text = mapped_column(String(20))


class Bird(Base):
    __tablename__ = "bird"
    id = mapped_column(Integer, primary_key=True)
    aviary_id = mapped_column(ForeignKey("aviary.id"))
    name = mapped_column(String(20))
    song = deferred(mapped_column(Text))
    aviary = relationship(Aviary, back_populates="birds")
    rings = relationship("Ring", order_by="Ring.id")


class Ring(Base):
    __tablename__ = "ring"
    id = mapped_column(Integer, primary_key=True)
    bird_id = mapped_column(ForeignKey("bird.id"))
    code = mapped_column(String(20))


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    k1 = Keeper(id=1, name="Kim", note="early", badges=[Badge(id=1, text="a"), Badge(id=2, text="b")])
    k2 = Keeper(id=2, name="Lou", note="late")
    s.add_all([Aviary(id=1, name="north", size=10, plan="p1", permit="x1", keeper=k1),
               Aviary(id=2, name="south", size=20, plan="p2", permit="x2", keeper=k2),
               Aviary(id=3, name="east", size=30, plan="p3", permit="x3")])
    s.add_all([Bird(id=1, aviary_id=1, name="owl", song="hu", rings=[Ring(id=1, code="r1"), Ring(id=2, code="r2")]),
               Bird(id=2, aviary_id=1, name="jay", song="kr"), Bird(id=3, aviary_id=2, name="tit", song="zi")])
    s.commit()
forget()


def state(o):
    return sorted(inspect(o).unloaded)


def run(title, *options):
    step(title)
    with Session(e) as s:
        rows = s.scalars(select(Aviary).order_by(Aviary.id).options(*options)).unique().all()
        sql()
        for a in rows:
            say(a.name, state(a))
            if "birds" not in state(a):
                for b in a.birds:
                    say("bird", b.name, state(b))
            if "keeper" not in state(a) and a.keeper is not None:
                say("keeper", a.keeper.name, state(a.keeper))
    forget()


run("selectin all", selectinload("*"))
run("joined all", joinedload("*"))
run("subquery all", subqueryload("*"))
run("immediate all", immediateload("*"))
run("noload all", noload("*"))
run("selectin all but one", selectinload("*"), lazyload(Aviary.keeper))
run("only of one class", Load(Aviary).selectinload("*"))
run("nested wildcard", selectinload(Aviary.birds).selectinload("*"))
run("joined then wildcard", joinedload(Aviary.keeper).joinedload("*"))
run("later option goes deeper", selectinload(Aviary.birds), defaultload(Aviary.birds).undefer(Bird.song))
run("lazy wildcard below", selectinload(Aviary.birds), defaultload(Aviary.keeper).selectinload("*"))
run("undefer all", undefer("*"))
run("undefer group", undefer_group("papers"))
run("nested undefer", selectinload(Aviary.birds).undefer(Bird.song), joinedload(Aviary.keeper).undefer("*"))
run("defer all", defer("*"))
run("defer all but", defer("*"), undefer(Aviary.name))
run("load only", load_only(Aviary.plan))
run("load only nested", joinedload(Aviary.keeper).load_only(Keeper.note), selectinload(Aviary.birds).load_only(Bird.song))
run("options of options", selectinload(Aviary.birds).options(undefer(Bird.song), selectinload(Bird.rings)),
    joinedload(Aviary.keeper).options(joinedload(Keeper.badges), undefer(Keeper.note)))
run("selectin of one, lazy of all", selectinload(Aviary.keeper), lazyload("*"))
run("group and one", undefer_group("papers"), defer(Aviary.permit))
step("raise by columns")
with Session(e) as s:
    a = s.scalars(select(Aviary).options(load_only(Aviary.name, raiseload=True)).where(Aviary.id == 1)).one()
    error(lambda: a.size)
    error(lambda: a.keeper_id)
    error(lambda: a.keeper)
    b = s.scalars(select(Aviary).options(defer(Aviary.name, raiseload=True), raiseload("*")).where(Aviary.id == 2)).one()
    error(lambda: b.name)
    error(lambda: b.birds)
    say(b.size)
    s.refresh(b, ["name"])
    say(b.name)
    sql()
    s.expire(b)
    say(b.keeper_id, state(b))
    error(lambda: b.name)
    sql()
step("group loads together")
with Session(e) as s:
    a = s.get(Aviary, 3)
    say(state(a))
    say(a.permit, state(a))
    a = s.get(Aviary, 2, options=[undefer(Aviary.size), joinedload(Aviary.keeper).selectinload(Keeper.badges)])
    say(state(a), state(a.keeper))
    sql()
step("wrong")
with Session(e) as s:
    error(lambda: s.scalars(select(Aviary).options(defaultload(Aviary.birds).selectinload("*"), selectinload(Aviary.birds))).all())
    error(lambda: s.scalars(select(Aviary).options(lazyload(Aviary.keeper), joinedload(Aviary.keeper))).all())
    error(lambda: s.scalars(select(Aviary).options(joinedload(Aviary.birds), selectinload(Aviary.birds))).all())
    error(lambda: s.scalars(select(Bird).options(Load(Aviary).selectinload("*"))).all())
    error(lambda: s.scalars(select(Bird).options(undefer("sung"))).all())
    error(lambda: s.scalars(select(Bird).options(selectinload("rings"))).all())
    error(lambda: s.scalars(select(Bird).options(undefer(Bird.rings))).all())
    error(lambda: s.scalars(select(Bird).options(selectinload(Bird.name))).all())
    error(lambda: s.scalars(select(Bird).options(load_only("*"))).all())
    error(lambda: s.scalars(select(Bird).options(selectinload(Bird.aviary).defer(Bird.song))).all())
    sql()
