# Films and their ratings: entities beside aggregates, group by and having, aliased subqueries, correlated scalars.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select, func, case, and_, or_, exists, desc, literal
from sqlalchemy.orm import declarative_base, relationship, Session, aliased

Base = declarative_base()


class Film(Base):
    __tablename__ = "film"
    id = Column(Integer, primary_key=True)
    title = Column(String(40), nullable=False)
    year = Column(Integer)
    ratings = relationship("Rating", back_populates="film", order_by="Rating.id")


class Viewer(Base):
    __tablename__ = "viewer"
    id = Column(Integer, primary_key=True)
    name = Column(String(40))
    ratings = relationship("Rating", back_populates="viewer", order_by="Rating.id")


class Rating(Base):
    __tablename__ = "rating"
    id = Column(Integer, primary_key=True)
    film_id = Column(ForeignKey("film.id"), nullable=False)
    viewer_id = Column(ForeignKey("viewer.id"), nullable=False)
    stars = Column(Integer, nullable=False)
    film = relationship("Film", back_populates="ratings")
    viewer = relationship("Viewer", back_populates="ratings")


eng = engine()
Base.metadata.create_all(eng)
forget()
with Session(eng) as s:
    films = [Film(title=t, year=y) for t, y in [("Alien", 1979), ("Brazil", 1985), ("Cube", 1997), ("Dune", 1984)]]
    viewers = [Viewer(name=n) for n in ("ann", "bob", "cid")]
    s.add_all(films + viewers)
    s.flush()
    for f, v, n in [(0, 0, 5), (0, 1, 4), (1, 0, 3), (1, 2, 5), (2, 1, 2), (0, 2, 5)]:
        s.add(Rating(film=films[f], viewer=viewers[v], stars=n))
    s.commit()
step("stored")

with Session(eng) as s:
    average = func.avg(Rating.stars).label("average")
    q = select(Film, func.count(Rating.id).label("n"), func.sum(Rating.stars)).join(Film.ratings)
    q = q.group_by(Film.id, Film.title, Film.year).order_by(desc("n"), Film.title)
    for row in s.execute(q):
        say(row.Film.title, row.n, row[2], len(row))
    step("outer join and having")
    q = select(Film.title, func.count(Rating.id).label("votes")).outerjoin(Film.ratings).group_by(Film.title)
    say(s.execute(q.order_by(Film.title)).all())
    say(s.execute(q.having(func.count(Rating.id) > 1).order_by(Film.title)).all())
    say(s.execute(q.having(func.count(Rating.id) == 0)).one())
    step("subquery joined back")
    best = select(Rating.film_id, func.max(Rating.stars).label("best")).group_by(Rating.film_id).subquery("tops")
    q = select(Film.title, best.c.best).join(best, best.c.film_id == Film.id).order_by(best.c.best.desc(), Film.title)
    for title, n in s.execute(q):
        say(title, n)
    step("an entity over a subquery")
    recent = select(Film).where(Film.year > 1980).order_by(Film.year).limit(2).subquery()
    Recent = aliased(Film, recent)
    for film in s.scalars(select(Recent).order_by(Recent.title)):
        say(film.title, film.year, film in s)
    say(s.execute(select(Recent.title, Rating.stars).join(Recent.ratings).order_by(Rating.id)).all())
    step("correlated scalar subquery")
    count = select(func.count(Rating.id)).where(Rating.film_id == Film.id).correlate(Film).scalar_subquery()
    say(s.execute(select(Film.title, count.label("c")).order_by(count.desc(), Film.title)).all())
    say(s.scalars(select(Film.title).where(count >= 2).order_by(Film.title)).all())
    step("two aliases of one class")
    a, b = aliased(Rating, name="a"), aliased(Rating, name="b")
    q = select(Viewer.name, a.stars, b.stars).join(a, a.viewer_id == Viewer.id).join(
        b, and_(b.film_id == a.film_id, b.viewer_id != a.viewer_id, b.stars > a.stars))
    say(s.execute(q.order_by(Viewer.name, a.id, b.id)).all())
    step("case, exists and literal columns")
    grade = case((Rating.stars >= 5, "top"), (Rating.stars >= 3, "good"), else_="poor").label("grade")
    say(s.execute(select(grade, func.count()).group_by(grade).order_by(grade)).mappings().all())
    seen = exists().where(Rating.film_id == Film.id)
    say(s.scalars(select(Film.title).where(~seen)).all())
    say(s.execute(select(literal("x").label("l"), Film.id).where(or_(Film.year.is_(None), Film.id == 1))).one())
    step("expressions of select_from and distinct")
    q = select(func.count(Viewer.id.distinct())).select_from(Rating).join(Rating.viewer).where(Rating.stars == 5)
    say(s.scalar(q))
    say(s.scalars(select(Viewer.name).join(Rating).where(Rating.stars > 3).distinct().order_by(Viewer.name)).all())
    say(s.scalar(select(func.count()).select_from(select(Film.id).where(Film.year < 1990).subquery())))
    film = s.scalars(select(Film).filter_by(title="Brazil")).one()
    say([(r.viewer.name, r.stars) for r in film.ratings])
step("end")
