"""Loading, a cinema: lazy, selectin, joined with LIMIT, subquery, immediate, raise, raise_on_sql, noload on the
mapping and as options, chains, wildcards, statements of each, what is loaded afterwards, and the errors of forbidden
loads."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Film(Base):
    __tablename__ = "films"
    id = mapped_column(Integer, primary_key=True)
    title = mapped_column(String(20))
    studio_id = mapped_column(ForeignKey("studios.id"))
    studio = relationship("Studio", back_populates="films", lazy="joined", innerjoin=True)
    shows = relationship("Show", back_populates="film", order_by="Show.id")
    reviews = relationship("Review", lazy="selectin", order_by="Review.id")
    trailers = relationship("Trailer", lazy="raise", order_by="Trailer.id")


class Studio(Base):
    __tablename__ = "studios"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    films = relationship(Film, back_populates="studio", order_by=Film.id, lazy="raise_on_sql")


class Show(Base):
    __tablename__ = "shows"
    id = mapped_column(Integer, primary_key=True)
    film_id = mapped_column(ForeignKey("films.id"))
    hall_id = mapped_column(ForeignKey("halls.id"))
    film = relationship(Film, back_populates="shows")
    hall = relationship("Hall")
    tickets = relationship("Ticket", order_by="Ticket.id")


class Hall(Base):
    __tablename__ = "halls"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))


class Ticket(Base):
    __tablename__ = "tickets"
    id = mapped_column(Integer, primary_key=True)
    show_id = mapped_column(ForeignKey("shows.id"))
    seat = mapped_column(Integer)


class Review(Base):
    __tablename__ = "reviews"
    id = mapped_column(Integer, primary_key=True)
    film_id = mapped_column(ForeignKey("films.id"))
    stars = mapped_column(Integer)


class Trailer(Base):
    __tablename__ = "trailers"
    id = mapped_column(Integer, primary_key=True)
    film_id = mapped_column(ForeignKey("films.id"))


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    halls = [Hall(id=1, name="red"), Hall(id=2, name="blue")]
    studio = Studio(id=1, name="Ufa")
    for n in range(1, 4):
        f = Film(id=n, title="film%d" % n, studio=studio, reviews=[Review(id=n, stars=n)], trailers=[Trailer(id=n)])
        for k in range(2):
            f.shows.append(Show(id=n * 10 + k, hall=halls[k], tickets=[Ticket(id=n * 100 + k * 10 + j, seat=j)
                                                                       for j in range(n - 1)]))
        s.add(f)
    s.commit()
forget()


def show(title, *options, stmt=None, session=None):
    step(title)
    with session or Session(e) as s:
        result = s.scalars((select(Film).order_by(Film.id) if stmt is None else stmt).options(*options))
        films = result.unique().all()
        sql()
        for f in films:
            say(f.id, sorted(inspect(f).unloaded))
        say([[(x.id, x.hall.name, len(x.tickets)) for x in f.shows] for f in films])
        sql()
    forget()


show("mapped defaults")
show("selectin chain", selectinload(Film.shows).selectinload(Show.tickets),
    selectinload(Film.shows).joinedload(Show.hall),
     lazyload(Film.reviews))
show("joined chain", joinedload(Film.shows).options(joinedload(Show.hall), joinedload(Show.tickets)),
    lazyload(Film.reviews))
show("joined limit", joinedload(Film.shows).selectinload(Show.hall), lazyload(Film.reviews),
    stmt=select(Film).order_by(Film.title.desc()).limit(2))
show("subquery", subqueryload(Film.shows).subqueryload(Show.tickets), lazyload(Film.studio), lazyload(Film.reviews))
show("subquery limit", subqueryload(Film.shows).immediateload(Show.hall), lazyload(Film.reviews),
    stmt=select(Film).order_by(Film.id).limit(1).offset(1))
show("immediate", immediateload(Film.shows), noload(Film.reviews), lazyload(Film.studio))
show("inner", joinedload(Film.shows, innerjoin=True).joinedload(Show.hall, innerjoin=True))
step("forbidden")
with Session(e) as s:
    f = s.get(Film, 1)
    error(lambda: f.trailers)
    error(lambda: f.studio.films)
    say(f.studio.name, [r.stars for r in f.reviews])
    g = s.scalars(select(Film).options(raiseload("*"), selectinload(Film.trailers)).where(Film.id == 2)).one()
    say([t.id for t in g.trailers])
    error(lambda: g.shows)
    error(lambda: g.studio.name)
    h = s.scalars(select(Show).options(raiseload(Show.film, sql_only=True),
        raiseload(Show.hall)).where(Show.id == 10)).one()
    say(h.film is f)
    error(lambda: h.hall)
    s.expire(f)
    say(f.title)
    error(lambda: f.trailers)
    sql()
step("default of an entity")
with Session(e) as s:
    t = s.scalars(select(Show).options(defaultload(Show.film).options(lazyload(Film.studio), load_only(Film.title)),
                                       joinedload(Show.tickets), Load(Show).selectinload(Show.hall)).order_by(
        Show.id)).unique().all()
    sql()
    say(t[0].film.title, sorted(inspect(t[0].film).unloaded), t[0].hall.name)
    sql()
step("contains eager")
with Session(e) as s:
    q = select(Film).join(Film.shows).join(Show.hall).where(Hall.name == "blue").order_by(Film.id).options(
        contains_eager(Film.shows).contains_eager(Show.hall), lazyload(Film.studio), lazyload(Film.reviews))
    films = s.scalars(q).unique().all()
    say([[(x.id, x.hall.name) for x in f.shows] for f in films])
    error(lambda: s.scalars(select(Film).options(joinedload(Film.shows))).all())
    films = s.scalars(q.execution_options(populate_existing=True).where(Film.id > 1)).unique().all()
    say([len(f.shows) for f in films], s.get(Film, 1).shows[0].id)
    sql()
step("wrong options")
with Session(e) as s:
    error(lambda: s.scalars(select(Film).options(joinedload(Show.tickets))).unique().all())
    error(lambda: s.scalars(select(Film).options(joinedload(Film.title))).all())
    error(lambda: s.scalars(select(Film).options(selectinload(Film.shows).joinedload(Film.reviews))).all())
    error(lambda: s.scalars(select(Film.id).options(selectinload(Film.shows))).all())
