"""What a SELECT of classes can take: entities, aliases, bundles, joins in every spelling, subqueries as classes."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, literal, select, text, union_all
from sqlalchemy.orm import Bundle, Session, aliased, declarative_base, join, relationship, with_parent

Base = declarative_base()
lines = Table(
    "lines", Base.metadata,
    Column("route_id", ForeignKey("routes.id"), primary_key=True),
    Column("stop_id", ForeignKey("stops.id"), primary_key=True),
)


class Driver(Base):
    __tablename__ = "drivers"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    depot = Column(String)
    phones = relationship("Phone", back_populates="driver")
    routes = relationship("Route")

    def __repr__(self):
        return f"{self.id} {self.name} {self.depot}"


class Phone(Base):
    __tablename__ = "phones"
    id = Column(Integer, primary_key=True)
    driver_id = Column(ForeignKey("drivers.id"))
    number = Column(String)
    driver = relationship("Driver", back_populates="phones")

    def __repr__(self):
        return f"{self.id} {self.number}"


class Route(Base):
    __tablename__ = "routes"
    id = Column(Integer, primary_key=True)
    driver_id = Column(ForeignKey("drivers.id"))
    stops = relationship("Stop", secondary=lines)


class Stop(Base):
    __tablename__ = "stops"
    id = Column(Integer, primary_key=True)
    label = Column(String)


e = engine()
Base.metadata.create_all(e)
session = Session(e)
for i, (name, depot, numbers) in enumerate([
    ("abe", "north", ["11"]), ("bea", "south", ["21", "22"]), ("cem", "north", ["31", "32"]), ("dot", None, ["41"]), ("eli", "east", []),
], 1):
    session.add(Driver(id=i, name=name, depot=depot))
    session.flush()
    for n in numbers:
        session.add(Phone(id=int(n), number=n, driver_id=i))
session.commit()
forget()

step("entities")
for d in session.execute(select(Driver).where(Driver.name == "abe")).scalars():
    say(d.name, d.depot)
say(session.execute(select(Driver).order_by(Driver.id)).all())
say([str(d) for d in session.scalars(select(Driver).order_by(Driver.id))])
for row in session.execute(select(Driver, Phone).join(Driver.phones).order_by(Driver.id, Phone.id)):
    say(row.Driver.name, row.Phone.number, list(row._mapping.keys()))
d_cls, p_cls = aliased(Driver, name="d_cls"), aliased(Phone, name="p")
row = session.execute(select(d_cls, p_cls).join(d_cls.phones.of_type(p_cls)).order_by(d_cls.id, p_cls.id)).first()
say(row.d_cls.name, row.p.number)
say(select(Driver).join(Driver.phones).add_columns(Phone).order_by(Driver.id, Phone.id))
for row in session.execute(select(Driver.name, Phone.number).join(Driver.phones).order_by(Driver.id, Phone.id)):
    say(row.name, row.number)
stmt = select(Bundle("driver", Driver.name, Driver.depot), Bundle("phone", Phone.number)).join_from(Driver, Phone).order_by(Phone.id)
for row in session.execute(stmt):
    say(row.driver.name, row.driver.depot, row.phone.number)
say(select(aliased(Driver)).order_by(Driver.id))
u1 = aliased(Driver, name="u1")
say(session.execute(select(u1).order_by(u1.id)).first().u1.name)

step("text and subqueries")
plain = text("SELECT id, name, depot FROM drivers ORDER BY id").columns(Driver.id, Driver.name, Driver.depot)
say([str(d) for d in session.execute(select(Driver).from_statement(plain)).scalars()])
orm_sub = aliased(Driver, plain.subquery())
say([str(d) for d in session.execute(select(orm_sub)).scalars()])
near = aliased(Driver, select(Driver).where(Driver.id < 3).order_by(Driver.id).subquery())
say([str(d) for d in session.execute(select(near).order_by(near.id)).scalars()])
made = select(literal(14).label("id"), literal("made").label("name"), literal("up").label("depot")).subquery()
made_cls = aliased(Driver, made, adapt_on_names=True)
say([str(d) for d in session.execute(select(made_cls)).scalars()])
u = union_all(select(Driver).where(Driver.id < 2), select(Driver).where(Driver.id == 3)).order_by(Driver.id)
say([str(d) for d in session.execute(select(Driver).from_statement(u)).scalars()])
ua = aliased(Driver, union_all(select(Driver).where(Driver.id < 2), select(Driver).where(Driver.id == 3)).subquery())
say([str(d) for d in session.execute(select(ua).order_by(ua.id)).scalars()])

step("joins")
say(select(Driver).join(Driver.routes).join(Route.stops))
say(select(Driver).join(Driver.routes).join(Route.stops).join(Driver.phones))
say(select(Driver).join(Phone))
error(lambda: str(select(Driver).join(Stop)))
say(select(Driver).join(Phone, Driver.id == Phone.driver_id))
say(select(Driver).join(Phone, Driver.phones))
say(session.execute(select(Driver.depot).join(Driver.phones.and_(Phone.number == "21"))).all())
a1, a2 = aliased(Phone), aliased(Phone)
say(select(Driver).join(a1, Driver.phones).where(a1.number == "1").join(a2, Driver.phones).where(a2.number == "2"))
say(select(Driver).join(Driver.phones.of_type(a1)).where(a1.number == "1").join(Driver.phones.of_type(a2)))
d1 = aliased(Driver)
say(select(d1.name).join(d1.phones))
sub = select(Phone).where(Phone.number == "31").subquery()
say(select(Driver).join(sub, Driver.id == sub.c.driver_id))
p_sub = aliased(Phone, sub, name="phone")
for row in session.execute(select(Driver, p_sub).join(p_sub)):
    say(str(row.Driver), str(row.phone))
for row in session.execute(select(Driver, p_sub).join(Driver.phones.of_type(p_sub))):
    say(str(row.Driver), str(row.phone))
both = (
    select(Driver.id, Driver.name, Driver.depot, Phone.id, Phone.number).join_from(Driver, Phone)
    .where(Phone.number.in_(["22", "32"])).subquery()
)
da, pa = aliased(Driver, both, name="driver"), aliased(Phone, both, name="phone")
say(select(da, pa).where(da.name == "bea"))
for row in session.execute(select(da, pa).where(da.name == "bea")):
    say(str(row.driver), str(row.phone))
say(select(Phone).join_from(Driver, Driver.phones).where(Driver.name == "bea"))
say(select(Phone).join_from(Driver, Phone).where(Driver.name == "bea"))
say(select(Phone).select_from(Driver).join(Phone).where(Driver.name == "bea"))
say(select(Phone).select_from(Driver).join(Phone.driver).where(Driver.name == "bea"))
dt, pt = Driver.__table__, Phone.__table__
say(select(pt).select_from(dt).select_from(pt.join(dt, dt.c.id == pt.c.driver_id)).where(dt.c.name == "bea"))
say(select(Driver).outerjoin(Driver.phones).outerjoin(Driver.routes))
say(select(Driver.name).select_from(join(Driver, Phone, Driver.phones)))
error(lambda: str(select(Driver).join(Phone.driver, Driver.phones)))

step("relationship operators")
say(session.execute(select(Driver.name).where(Driver.phones.any(Phone.number == "32"))).all())
say(session.execute(select(Driver.name).where(~Driver.phones.any())).all())
say(session.execute(select(Phone.number).where(Phone.driver.has(Driver.name == "bea")).order_by(Phone.id)).all())
session.expunge_all()
abe = session.get(Driver, 1)
say(select(Phone).where(Phone.driver == abe))
say(select(Phone).where(Phone.driver != abe))
say(select(Phone).where(Phone.driver == None), select(Phone).where(Phone.driver != None))
say(select(Driver).where(Driver.phones.contains(session.get(Phone, 11))))
say(select(Phone).where(with_parent(abe, Driver.phones)))
say([str(p) for p in session.scalars(select(Phone).where(with_parent(abe, Driver.phones)))])
pt1 = aliased(Phone)
say(select(pt1).where(with_parent(abe, Driver.phones.of_type(pt1))))
error(lambda: select(Phone).where(Driver.phones == abe))

step("options of execution")
abe.depot = "changed"
with session.no_autoflush:
    say(session.scalars(select(Driver).where(Driver.id == 1)).one().depot)
    say(session.scalars(select(Driver).where(Driver.id == 1), execution_options={"populate_existing": True}).one().depot)
abe.depot = "again"
say(session.scalar(select(Driver.depot).where(Driver.id == 1).execution_options(autoflush=False)))
say(session.scalar(select(Driver.depot).where(Driver.id == 1)))
for part in session.scalars(select(Driver).order_by(Driver.id).execution_options(yield_per=2)).partitions():
    say([d.name for d in part])
for part in session.scalars(select(Driver).order_by(Driver.id).execution_options(yield_per=2)).partitions(3):
    say([d.name for d in part])
session.rollback()
sql()
