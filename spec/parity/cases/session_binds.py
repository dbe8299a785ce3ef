"""Sessions over two databases: binds by class and table, get_bind, bind arguments, commits over both."""
from parity import *
from sqlalchemy import Column, Integer, MetaData, String, Table, func, inspect, select, text
from sqlalchemy.orm import Session, declarative_base, sessionmaker

Base = declarative_base()


class Stored(Base):
    __abstract__ = True


class Customer(Base):
    __tablename__ = "customer"
    id = Column(Integer, primary_key=True)
    name = Column(String(50))


class Event(Stored):
    __tablename__ = "event"
    id = Column(Integer, primary_key=True)
    what = Column(String(50))


class Audit(Stored):
    __tablename__ = "audit"
    id = Column(Integer, primary_key=True)
    what = Column(String(50))


plain = Table("plain", MetaData(), Column("id", Integer, primary_key=True))
main = engine()
side = engine("sqlite://")
names = {main: "main", side: "side"}
Base.metadata.create_all(main)
Base.metadata.create_all(side)
plain.create(side)
forget()

step("binds by class, abstract base and table")
session = Session(bind=main, binds={Stored: side, plain: side})
say(names[session.get_bind(Customer)], names[session.get_bind(Event)], names[session.get_bind(Audit)])
say(names[session.get_bind(clause=select(plain))], names[session.get_bind(clause=Event.__table__.select())])
say(names[session.get_bind()], names[session.get_bind(mapper=inspect(Event))])
session.add_all([Customer(id=1, name="c"), Event(id=1, what="e"), Audit(id=1, what="a")])
session.flush()
sql()
session.commit()
say(session.scalar(select(func.count()).select_from(Event)))
say(session.execute(select(plain)).all())
say(session.connection(bind_arguments={"mapper": Event}).engine is side, session.connection().engine is main)
session.close()
for each in (main, side):
    with each.connect() as conn:
        say(conn.scalar(text("select count(*) from customer")), conn.scalar(text("select count(*) from event")))

step("bind arguments")
forget()
say(session.scalar(text("select count(*) from event"), bind_arguments={"bind": side}))
say(session.scalar(text("select count(*) from event"), bind_arguments={"mapper": Customer}))
say(session.execute(text("select count(*) from audit"), bind_arguments={"clause": Event.__table__}).scalar())
session.rollback()

step("bind_mapper and bind_table afterwards")
session = Session()
error(lambda: session.get_bind(Customer))
error(lambda: session.scalar(text("select 1")))
error(session.connection)
session.bind_mapper(Customer, main)
session.bind_table(Event.__table__, side)
say(names[session.get_bind(Customer)], names[session.get_bind(Event)])
error(lambda: session.get_bind(Audit))
session.add(Audit(what="nowhere"))
error(session.flush)
session.rollback()
session.close()

step("a failure rolls both back")
forget()
session = Session(binds={Customer: main, Event: side})
session.add_all([Customer(id=2, name="d"), Event(id=1, what="again")])
error(session.commit)
session.rollback()
say(session.scalars(select(Customer.id)).all(), session.scalars(select(Event.id)).all())
session.close()

step("savepoints on both")
factory = sessionmaker(binds={Customer: main, Stored: side})
with factory.begin() as s:
    s.add_all([Event(id=3, what="r"), Customer(id=3, name="r")])
with factory() as s:
    say(s.get(Event, 3).what, s.get(Customer, 3).name, s.get(Customer, 1).name, s.bind is None)
with factory() as s:
    event, customer = s.get(Event, 3), s.get(Customer, 3)
    event.what, customer.name = "s", "s"
    nested = s.begin_nested()
    event.what, customer.name = "t", "t"
    s.flush()
    nested.rollback()
    say(event.what, customer.name)
    s.commit()
sql()
