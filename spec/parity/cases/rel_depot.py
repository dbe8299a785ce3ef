# Composite foreign keys, keys that change, and deletes left to the database.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Depot(Base):
    __tablename__ = "depot"
    country = Column(String(2), primary_key=True)
    code = Column(String(5), primary_key=True)
    trucks = relationship("Truck", back_populates="depot", order_by="Truck.id", passive_updates=False)
    bins = relationship("Bin", cascade="all, delete", passive_deletes=True, order_by="Bin.id")
    guards = relationship("Guard", passive_deletes="all")


class Truck(Base):
    __tablename__ = "truck"
    id = Column(Integer, primary_key=True)
    country = Column(String(2))
    code = Column(String(5))
    plate = Column(String(10))
    depot = relationship(Depot, back_populates="trucks")
    __table_args__ = (ForeignKeyConstraint(["country", "code"], ["depot.country", "depot.code"], onupdate="CASCADE"),)


class Bin(Base):
    __tablename__ = "bin"
    id = Column(Integer, primary_key=True)
    country = Column(String(2))
    code = Column(String(5))
    __table_args__ = (
        ForeignKeyConstraint(["country", "code"], [Depot.country, Depot.code], ondelete="CASCADE", onupdate="CASCADE"),
    )


class Guard(Base):
    __tablename__ = "guard"
    id = Column(Integer, primary_key=True)
    country = Column(String(2))
    code = Column(String(5))
    __table_args__ = (
        ForeignKeyConstraint(["country", "code"], ["depot.country", "depot.code"], ondelete="SET NULL",
            onupdate="CASCADE"),
    )


e = engine()
if e.dialect.name == "sqlite":

    @event.listens_for(e, "connect")
    def pragma(dbapi_connection, record):
        dbapi_connection.execute("PRAGMA foreign_keys=ON")


Base.metadata.create_all(e)
forget()
with Session(e) as s:
    york = Depot(country="UK", code="YRK")
    bonn = Depot(country="DE", code="BNN")
    york.trucks = [Truck(plate="y1"), Truck(plate="y2")]
    york.bins = [Bin(), Bin(), Bin()]
    york.guards = [Guard()]
    bonn.bins = [Bin()]
    s.add_all([york, bonn])
    s.commit()
    step("composite join")
    say(select(Truck).join(Truck.depot))
    say(s.scalars(select(Truck.plate).where(Truck.depot == york).order_by(Truck.id)).all())
    say(s.scalars(select(Depot.code).where(Depot.trucks.any(plate="y2"))).all())
    t = york.trucks[0]
    s.expire(t)
    step("many to one by identity")
    say(t.depot is york)
    step("both columns move")
    t.depot = bonn
    s.flush()
    say(t.country, t.code)
    t.depot = None
    s.flush()
    say(t.country, t.code)
    t.depot = york
    s.commit()
    step("the key changes")
    york.code = "YKX"
    s.flush()
    say(inspect(york).identity, [(x.plate, x.code) for x in york.trucks])
    s.commit()
    say(s.scalars(select(Bin.code).order_by(Bin.id)).all(), s.scalars(select(Guard.code)).all())
    say(s.get(Depot, ("UK", "YRK")), s.get(Depot, ("UK", "YKX")) is york)
    step("key change undone")
    york.code = "ZZZ"
    s.flush()
    s.rollback()
    say(york.code, inspect(york).identity)
    step("deletes left to the database")
    york.trucks = []
    s.flush()
    s.expire(york, ["bins"])
    s.delete(york)
    s.flush()
    s.commit()
    say(s.scalar(select(func.count(Bin.id))), s.scalars(select(Guard.code)).all())
    say(s.scalars(select(Truck.country).order_by(Truck.id)).all())
    step("loaded children are deleted one by one")
    say(len(bonn.bins))
    s.delete(bonn)
    s.commit()
    say(s.scalar(select(func.count(Bin.id))))
    step("no such parent")
    s.add(Truck(country="FR", code="PAR"))
    error(s.flush)
    s.rollback()
    s.add(Truck(country="FR"))
    s.commit()
    say(s.scalars(select(Truck).where(Truck.country == "FR")).one().depot)
sql()
