# contains_eager over joins of one's own, aliases and of_type, and criteria for every loader of an entity.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Trip(Base):
    __tablename__ = "trip"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    stops = relationship("Stop", back_populates="trip", order_by="Stop.id")


class Stop(Base):
    __tablename__ = "stop"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    town = Column(String(20))
    hidden = Column(Boolean, default=False)
    trip_id = Column(ForeignKey("trip.id"))
    trip = relationship(Trip, back_populates="stops")
    photos = relationship("Photo", order_by="Photo.id")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "stop"}


class Night(Stop):
    hotel = Column(String(20))
    __mapper_args__ = {"polymorphic_identity": "night"}


class Photo(Base):
    __tablename__ = "photo"
    id = Column(Integer, primary_key=True)
    file = Column(String(20))
    hidden = Column(Boolean, default=False)
    stop_id = Column(ForeignKey("stop.id"))


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add(
        Trip(
            name="north",
            stops=[
                Stop(town="York", photos=[Photo(file="y1"), Photo(file="y2", hidden=True)]),
                Night(town="Oban", hotel="Inn", photos=[Photo(file="o1")]),
                Stop(town="Wick", hidden=True),
            ],
        )
    )
    s.flush()
    s.add(Trip(name="south", stops=[Night(town="Bath", hotel="Spa"), Night(town="Hove", hidden=True, hotel="Pier")]))
    s.flush()
    s.add(Trip(name="none"))
    s.commit()
forget()


def show(trips):
    return [(t.name, [(x.town, [p.file for p in x.photos]) for x in t.stops]) for t in trips]


def run(title, stmt):
    step(title)
    with Session(e) as s:
        found = s.scalars(stmt).unique().all()
        sql()
        say(show(found))


run("contains eager", select(Trip).join(Trip.stops).where(Stop.town < "P").options(contains_eager(Trip.stops))
    .order_by(Trip.id, Stop.id))
run("outer", select(Trip).outerjoin(Trip.stops).options(contains_eager(Trip.stops)).order_by(Trip.id, Stop.town.desc()))
st = aliased(Stop, name="st")
ph = aliased(Photo, name="ph")
run(
    "aliased, two levels",
    select(Trip).join(Trip.stops.of_type(st)).outerjoin(st.photos.of_type(ph))
    .options(contains_eager(Trip.stops.of_type(st)).contains_eager(st.photos.of_type(ph)))
    .order_by(Trip.id, st.id, ph.id.desc()),
)
run("contains, then selectin", select(Trip).join(Trip.stops)
    .options(contains_eager(Trip.stops).selectinload(Stop.photos)).where(Stop.hidden == False).order_by(Trip.id,
    Stop.id))
run("of type", select(Trip).join(Trip.stops.of_type(Night)).where(Night.hotel != "Spa")
    .options(contains_eager(Trip.stops.of_type(Night))).order_by(Trip.id, Night.id))
run("selectin of type", select(Trip).options(selectinload(Trip.stops.of_type(Night)).selectinload(Night.photos))
    .order_by(Trip.id))
run("criteria on lazy loads", select(Trip).options(with_loader_criteria(Stop, Stop.hidden == False)).order_by(Trip.id))
run("criteria on joined", select(Trip).options(joinedload(Trip.stops).joinedload(Stop.photos),
    with_loader_criteria(Photo, lambda cls: cls.hidden == False)).order_by(Trip.id))
run("criteria on selectin", select(Trip).options(selectinload(Trip.stops).selectinload(Stop.photos),
    with_loader_criteria(Photo, Photo.hidden == True), with_loader_criteria(Stop, Stop.town > "C")).order_by(Trip.id))
run("criteria on a subclass", select(Trip).options(selectinload(Trip.stops),
    with_loader_criteria(Night, Night.hotel == "Inn")).order_by(Trip.id))
step("criteria in the statement itself")
with Session(e) as s:
    hide = with_loader_criteria(Stop, Stop.hidden == False, include_aliases=True)
    say(s.scalars(select(Stop.town).options(hide).order_by(Stop.id)).all())
    say(s.scalars(select(st.town).options(hide).order_by(st.id)).all())
    say(s.scalars(select(Night.town).options(hide).order_by(Night.id)).all())
    say(s.execute(select(Trip.name, func.count(Stop.id)).outerjoin(Trip.stops).options(hide).group_by(Trip.name)
        .order_by(Trip.name)).all())
    say(s.scalars(select(Trip.name).where(Trip.stops.any()).options(hide).order_by(Trip.id)).all())
    say(s.get(Stop, 3, options=[hide]))
step("for every statement of a session")
with Session(e) as s:

    @event.listens_for(s, "do_orm_execute")
    def soft(state):
        if state.is_select and not state.is_column_load and not state.is_relationship_load:
            state.statement = state.statement.options(with_loader_criteria(Stop, Stop.hidden == False))

    trips = s.scalars(select(Trip).order_by(Trip.id)).all()
    say([[x.town for x in t.stops] for t in trips])
    s.expire_all()
    say([[x.town for x in t.stops] for t in trips])
    say(s.execute(update(Stop).where(Stop.town == "Wick").values(town="Wik")).rowcount)
    say(s.scalars(select(Stop.town).order_by(Stop.id)).all())
step("without propagation")
with Session(e) as s:
    once = with_loader_criteria(Stop, Stop.hidden == False, propagate_to_loaders=False)
    say([[x.town for x in t.stops] for t in s.scalars(select(Trip).options(once).order_by(Trip.id))])
sql()
