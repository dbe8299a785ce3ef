"""Inheritance, media in one table: single-table hierarchies with shared columns, discriminators by expression and
hybrid, abstract intermediates, polymorphic_load inline, bulk statements, mixins with declared_attr, __mapper_args__
inherited."""
from sqlalchemy import *
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Timed:
    @declared_attr
    def minutes(cls):
        return mapped_column(Integer, use_existing_column=True)


class Medium(Base):
    __tablename__ = "media"
    id = mapped_column(Integer, primary_key=True)
    kind = mapped_column(String(10), nullable=False)
    title = mapped_column(String(20))
    shelf_id = mapped_column(ForeignKey("shelves.id"))
    shelf = relationship("Shelf", back_populates="media")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_abstract": True}

    @hybrid_property
    def shout(self):
        return self.title + "!"


class Book(Medium):
    pages = mapped_column(Integer)
    __mapper_args__ = {"polymorphic_identity": "book"}

    @validates("pages")
    def check(self, key, value):
        if value < 1:
            raise ValueError("pages")
        return value


class Novel(Book):
    hero = mapped_column(String(10))
    __mapper_args__ = {"polymorphic_identity": "novel"}


class Film(Timed, Medium):
    director = mapped_column(String(10))
    __mapper_args__ = {"polymorphic_identity": "film", "polymorphic_load": "inline"}


class Album(Timed, Medium):
    songs = relationship("Song", back_populates="album", order_by="Song.id")
    __mapper_args__ = {"polymorphic_identity": "album", "polymorphic_load": "inline"}


class Song(Base):
    __tablename__ = "songs"
    id = mapped_column(Integer, primary_key=True)
    album_id = mapped_column(ForeignKey("media.id"))
    album = relationship(Album, back_populates="songs")


class Shelf(Base):
    __tablename__ = "shelves"
    id = mapped_column(Integer, primary_key=True)
    media = relationship(Medium, back_populates="shelf", order_by=Medium.id)
    books = relationship(Book, viewonly=True, order_by=Book.id)


class Shape(Base):
    __tablename__ = "shapes"
    id = mapped_column(Integer, primary_key=True)
    sides = mapped_column(Integer)
    __mapper_args__ = {"polymorphic_on": case((sides == 3, "triangle"), (sides == 4, "quad"), else_="shape"),
                       "polymorphic_identity": "shape"}


class Triangle(Shape):
    __mapper_args__ = {"polymorphic_identity": "triangle"}


class Quad(Shape):
    __mapper_args__ = {"polymorphic_identity": "quad"}


e = engine()
Base.metadata.create_all(e)
say(list(Medium.__table__.c.keys()))
say([m.class_.__name__ for m in inspect(Medium).self_and_descendants], inspect(Novel).inherits.class_,
    inspect(Novel).single)
say(sorted(inspect(Medium).polymorphic_map), inspect(Film).polymorphic_identity,
    [a.key for a in inspect(Film).column_attrs])
forget()
s = Session(e)
step("insert")
s.add(Shelf(id=1, media=[Book(id=1, title="b", pages=5), Novel(id=2, title="n", pages=9, hero="h"), Film(
    id=3, title="f", minutes=90, director="d"), Album(id=4, title="a", minutes=40, songs=[Song(id=1), Song(id=2)])]))
s.commit()
sql()
error(lambda: Medium(title="x"))
refused(lambda: Book(hero="x"))
error(lambda: Novel(pages=0))


def show(title, stmt, shape):
    step(title)
    s.expunge_all()
    found = s.scalars(stmt).all()
    sql()
    say([shape(x) for x in found], [sorted(inspect(x).unloaded) for x in found if isinstance(x, Base)])
    sql()


show("all", select(Medium).order_by(Medium.id), lambda x: (type(x).__name__, x.kind, x.shout))
show("book", select(Book).order_by(Book.id), lambda x: (type(x).__name__, x.pages, getattr(x, "hero", None)))
show("novel", select(Novel).where(Novel.hero == "h"), lambda x: (x.title, x.pages))
show("film", select(Film).where(Film.minutes > 60), lambda x: x.director)
show("columns", select(Album.minutes), str)
show("alias", select(aliased(Novel)), lambda x: x.title)
show("poly", select(with_polymorphic(Medium, [Book, Novel])).order_by(text("1")),
    lambda x: (type(x).__name__, getattr(x, "pages", 0)))
show("shelf", select(Shelf).options(selectinload(Shelf.media)), lambda x: (
    [type(m).__name__ for m in x.media], [b.pages for b in x.books]))
show("any", select(Shelf).where(Shelf.media.of_type(Film).any(Film.director == "d")), lambda x: x.id)
show("join", select(Song).join(Song.album).where(Album.minutes == 40).order_by(Song.id), lambda x: x.album.title)
show("count", select(func.count(Film.id)), str)
other = aliased(Film)
show("join of two", select(Book.title).join(Shelf,
    Book.shelf_id == Shelf.id).join(Shelf.media.of_type(other)).order_by(Book.id), str)
step("get")
s.expunge_all()
say(s.get(Medium, 2).hero, s.get(Film, 1), s.get(Book, 2).hero, type(s.get(Medium, 4)).__name__)
sql()
step("dml")
n = s.get(Novel, 2)
r = s.execute(update(Book).where(Book.pages > 5).values(title="long"))
say(r.rowcount, n.title)
r = s.execute(update(Novel).values(hero="new"))
say(r.rowcount, n.hero)
r = s.execute(delete(Film))
say(r.rowcount, s.scalar(select(func.count()).select_from(Medium)))
s.execute(insert(Novel), [{"id": 20, "title": "bulk", "pages": 3, "hero": "z"}])
say(type(s.get(Medium, 20)).__name__)
sql()
n.kind = "book"
s.flush()
sql()
s.expunge_all()
say(type(s.get(Medium, 2)).__name__)
s.rollback()
forget()
step("shapes")
s.add_all([Shape(id=1, sides=7), Triangle(id=2, sides=3), Quad(id=3, sides=4), Shape(id=4, sides=3)])
s.commit()
s.expunge_all()
sql()
say([type(x).__name__ for x in s.scalars(select(Shape).order_by(Shape.id))], s.scalars(select(Triangle.id).order_by(
    Triangle.id)).all(), s.scalars(select(Quad)).one().sides)
sql()
s.get(Shape, 2).sides = 4
s.commit()
s.expunge_all()
say(type(s.get(Shape, 2)).__name__)
forget()
step("moves")
shelf = s.get(Shelf, 1)
film = s.scalars(select(Film)).one()
shelf.media.remove(film)
s.flush()
sql()
refused(lambda: shelf.media.append(Song()))
refused(lambda: (setattr(s.get(Song, 1), "album", film), s.flush()))
s.rollback()
s.delete(s.get(Album, 4))
s.commit()
sql()
