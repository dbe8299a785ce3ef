"""Results of entities cut into shapes: unique by a function, partitions, mappings, columns, merged, closed, frozen."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, select, text
from sqlalchemy.orm import Bundle, Session, declarative_base, joinedload, relationship, selectinload

Base = declarative_base()


class City(Base):
    __tablename__ = "cities"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    country = Column(String(10))
    streets = relationship("Street", back_populates="city", order_by="Street.id")


class Street(Base):
    __tablename__ = "streets"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    city_id = Column(ForeignKey("cities.id"))
    city = relationship(City, back_populates="streets")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([City(id=1, name="rome", country="it", streets=[Street(id=1, name="a"), Street(id=2, name="b")]),
               City(id=2, name="oslo", country="no", streets=[Street(id=3, name="c")]),
               City(id=3, name="pisa", country="it"), City(id=4, name="bonn", country="de")])
    s.commit()
forget()
s = Session(e)
cities = select(City).order_by(City.id)
joined = cities.options(joinedload(City.streets))

step("unique by a function")
say([c.name for c in s.scalars(cities).unique(lambda c: c.country)])
say([c.name for c in s.execute(cities).unique(lambda c: c.country).scalars()])
say(s.execute(select(City.country, City.name).order_by(City.id)).unique(lambda r: r.country).all())
say([r.name for r in s.execute(select(City.country, City.name).order_by(City.id)).unique(lambda r: r[0]).columns(1)])
say(s.execute(select(City.country, City.name).order_by(City.id)).scalars().unique().all())
step("unique before and after scalars")
say([c.name for c in s.execute(joined).unique().scalars()])
say([c.name for c in s.execute(joined).scalars().unique()])
say([[c.name, len(c.streets)] for c in s.execute(joined).unique().scalars().fetchmany(2)])
say([m["City"].name for m in s.execute(joined).unique().mappings()])
say(s.scalars(joined).unique().first().name)
say([[row[0].name for row in part] for part in s.execute(joined).unique().partitions(3)])
step("several entities")
both = select(City, Street).join(City.streets).order_by(Street.id)
for part in s.execute(both).partitions(2):
    say([[row.City.name, row.Street.name] for row in part])
say([[c.name for c in s.execute(both).scalars().unique()], [x.name for x in s.execute(both).scalars(1)]])
say([x.name for x in s.execute(both).scalars("Street")], [x.name for x in s.execute(both).scalars(Street)])
say([[row[0].name, row[1].name] for row in s.execute(both).columns(1, 0)])
say([list(row._mapping.keys()) for row in s.execute(both).columns("Street").fetchmany(1)])
error(lambda: s.execute(both).one())
say(s.execute(both).scalar().name)
error(lambda: s.execute(both).scalar_one())
step("one of them")
say(s.execute(joined.where(City.id == 1)).unique().scalar_one().name,
    s.scalars(joined.where(City.id == 1)).unique().one_or_none().name,
    s.execute(joined.where(City.id == 9)).unique().scalar_one_or_none())
error(lambda: s.execute(joined.where(City.id == 1)).scalar_one())
step("iteration by hand")
r = s.scalars(cities)
say(next(r).name, next(r).name, [c.name for c in r.fetchmany(1)], [c.name for c in r], r.all())
r = s.execute(cities)
say(r.fetchone()[0].name, [row[0].name for row in r.fetchmany(5)], r.fetchone(), r.fetchmany())
step("closed")
r = s.scalars(cities)
r.close()
error(lambda: r.all())
error(lambda: r.first())
error(lambda: next(r))
r = s.execute(cities)
say(r.closed)
r.first()
say(r.closed)
error(lambda: r.fetchone())
r = s.execute(cities)
r.all()
say(r.closed, r.all())
with s.execute(cities) as r:
    say(next(r)[0].name)
error(lambda: r.fetchall())
step("a view of a closed result")
r = s.execute(cities)
m = r.mappings()
r.close()
error(lambda: m.all())
step("merge and freeze")
parts = [s.execute(select(City.id, City.name).where(City.id == i)) for i in (3, 1, 4)]
say(parts[0].merge(*parts[1:]).all())
frozen = s.execute(select(City, City.name).order_by(City.id)).freeze()
say([[c.name, n] for c, n in frozen()], frozen().columns(1).all()[0], len(frozen().all()))
step("yield_per in parts with a loader each")
s.expunge_all()
for part in s.scalars(cities.options(selectinload(City.streets)), execution_options={"yield_per": 2}).partitions():
    say([[c.name, [x.name for x in c.streets]] for c in part])
r = s.scalars(cities.execution_options(yield_per=3))
say([c.name for c in r.fetchmany()], [c.name for c in r.fetchmany()])
step("bundles and labels")
b = Bundle("where", City.name, City.country)
for row in s.execute(select(b, func.count(Street.id).label("n")).outerjoin(City.streets).group_by(City.id, City.name,
        City.country).order_by(City.id)).mappings():
    say(row["where"].name, row["where"].country, row["n"])
say(s.scalars(select(b).order_by(City.id)).all()[0])
step("tuples, keys, counts")
r = s.execute(select(City.id, City.name.label("city"), func.upper(City.country)).where(City.id == 1))
say(list(r.keys()))
row = r.one()
say(row._asdict(), list(row._mapping.keys()), len(row), row[2])
step("two results at once")
r1, r2 = s.scalars(cities), s.scalars(select(Street).order_by(Street.id))
say([[next(r1).name, next(r2).name] for _ in range(3)])
step("end")
