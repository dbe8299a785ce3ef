# get() with options and locks, autobegin and autoflush, expiry and refresh, factories, binds and a scoped session.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Desk(Base):
    __tablename__ = "desk"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    stories = relationship("Story", back_populates="desk", order_by="Story.id")


class Story(Base):
    __tablename__ = "story"
    id = Column(Integer, primary_key=True)
    head = Column(String(20))
    words = Column(Integer)
    desk_id = Column(ForeignKey("desk.id"))
    desk = relationship(Desk, back_populates="stories")


e = engine()
Base.metadata.create_all(e)
forget()
Maker = sessionmaker(e, expire_on_commit=False, info={"who": "maker"})
with Maker.begin() as s:
    s.add(Desk(name="city", stories=[Story(head="rain", words=10), Story(head="fair", words=20)]))
    say(s.info, s.expire_on_commit)
step("factory")
with Maker(expire_on_commit=True, info={"x": 1}) as s:
    say(sorted(s.info.items()), s.in_transaction())
    desk = s.get(Desk, 1, options=[selectinload(Desk.stories)])
    say(s.in_transaction(), [x.head for x in desk.stories])
    step("from the map")
    say(s.get(Desk, 1) is desk, s.get(Desk, 2), s.get_one(Desk, 1) is desk)
    error(lambda: s.get_one(Desk, 5))
    say(s.get(Desk, 1, populate_existing=True) is desk)
    say(s.get(Story, 1, with_for_update=True).head)
    s.get(Desk, 1, with_for_update={"read": True, "nowait": True})
    step("autoflush")
    desk.name = "metro"
    say(s.scalar(select(Desk.name)), len(s.dirty))
    s.add(Story(head="late", desk=desk))
    with s.no_autoflush:
        say(s.scalar(select(func.count(Story.id))), len(s.new))
    say(s.scalar(select(func.count(Story.id))), len(s.new))
    s.autoflush = False
    desk.name = "held"
    say(s.scalar(select(Desk.name)))
    say(s.execute(select(Desk.name), execution_options={"autoflush": True}).scalar())
    s.rollback()
    step("expire and refresh")
    s.autoflush = True
    say(desk.name, len(desk.stories))
    rain = desk.stories[0]
    rain.words
    s.execute(text("update story set words = 99, head = 'storm' where id = 1"))
    say(rain.words, rain.head)
    s.expire(rain, ["words"])
    say(rain.words, rain.head)
    s.refresh(rain, ["head"])
    say(rain.head)
    rain.words = 5
    s.refresh(rain)
    say(rain.words)
    s.expire(desk, ["stories"])
    say(len(desk.stories))
    s.refresh(desk, attribute_names=["stories"])
    s.refresh(desk, with_for_update=True)
    s.expire_all()
    say(sorted(inspect(desk).unloaded), sorted(inspect(rain).expired_attributes))
    step("row gone")
    fair = s.get(Story, 2)
    s.expire(fair)
    s.execute(text("delete from story where id = 2"))
    error(lambda: fair.head)
    error(lambda: s.refresh(fair))
    say(s.get(Story, 2), fair in s)
step("after the block")
say(inspect(desk).detached)
error(lambda: desk.name)
say([k for k in ("id", "name", "stories") if k in inspect(desk).unloaded])
step("a session without its own engine")
lost = Session()
error(lambda: lost.get(Desk, 1))
bound = Session(binds={Desk: e, Story.__table__: e})
say(bound.get_bind(Desk) is e, bound.get_bind(Story) is e, bound.get(Desk, 1).name)
error(lambda: bound.get_bind())
bound.close()
step("scoped")
registry = scoped_session(Maker)
say(registry() is registry(), registry.registry.has())
registry.add(Desk(name="sport"))
registry.commit()
say(registry.scalars(select(Desk.name).order_by(Desk.id)).all(), len(registry.identity_map))
first = registry()
registry.remove()
say(registry.registry.has(), registry() is first)
error(lambda: registry(info={"late": 1}))
registry.remove()
step("begin by hand")
with Session(e) as s, s.begin():
    s.add(Desk(name="arts"))
    error(s.begin)
say(s.in_transaction())
with Session(e, autobegin=False) as s:
    error(lambda: s.get(Desk, 1))
    s.begin()
    say(s.get(Desk, 1).name)
    s.rollback()
    error(lambda: s.add(Desk()))
step("streams")
with Session(e) as s:
    for part in s.scalars(select(Desk).order_by(Desk.id), execution_options={"yield_per": 2}).partitions():
        say([d.name for d in part])
    say(s.connection().in_transaction(), s.connection() is s.connection())
sql()
