"""History kept by a before_flush listener that any class may have by a mixin: tables made from a class's own columns."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, UniqueConstraint, and_, event, func, inspect, select
from sqlalchemy.orm import Session, attributes, configure_mappers, declarative_base, object_mapper, relationship, sessionmaker

Base = declarative_base()
histories = {}


class Versioned:
    version = Column(Integer, default=1, nullable=False)


@event.listens_for(Versioned, "instrument_class", propagate=True)
def make_history(mapper, cls):
    if mapper.local_table is None or cls in histories:
        return
    table = mapper.local_table
    columns = [Column(c.name, c.type, primary_key=c.primary_key) for c in table.c if c.name != "version"]
    columns += [Column("version", Integer, primary_key=True), Column("why", String(9))]
    histories[cls] = Table(table.name + "_history", table.metadata, *columns)


class Ware(Versioned, Base):
    __tablename__ = "wares"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    price = Column(Integer)
    shop_id = Column(Integer, ForeignKey("shops.id"))
    shop = relationship("Shop", back_populates="wares")


class Shop(Versioned, Base):
    __tablename__ = "shops"
    id = Column(Integer, primary_key=True)
    town = Column("city", String(20))
    wares = relationship(Ware, back_populates="shop", cascade="all", order_by=Ware.id)


class Plain(Base):
    __tablename__ = "plains"
    id = Column(Integer, primary_key=True)
    word = Column(String(9))


def write_history(obj, session, why):
    mapper, state = object_mapper(obj), inspect(obj)
    if mapper.class_ not in histories:
        return
    values, changed = {}, why == "deleted"
    for prop in mapper.column_attrs:
        history = attributes.get_history(obj, prop.key, attributes.PASSIVE_OFF)
        if history.deleted:
            values[prop.columns[0].name], changed = history.deleted[0], True
        elif history.unchanged:
            values[prop.columns[0].name] = history.unchanged[0]
        elif history.added:
            changed = True
    for prop in mapper.relationships:
        if prop.direction.name == "MANYTOONE" and state.attrs[prop.key].history.has_changes():
            changed = True
    if not changed:
        return
    values["why"] = why
    session.connection().execute(histories[mapper.class_].insert().values(**values))
    if why == "changed":
        obj.version += 1


def watch(factory):
    @event.listens_for(factory, "before_flush")
    def before_flush(session, context, instances):
        for obj in [o for o in session.dirty if session.is_modified(o)]:
            write_history(obj, session, "changed")
        for obj in session.deleted:
            write_history(obj, session, "deleted")


configure_mappers()
e = engine()
Base.metadata.create_all(e)
forget()
say(sorted(Base.metadata.tables), [c.name for c in histories[Ware].primary_key], [c.name for c in histories[Shop].c])
Maker = sessionmaker(e)
watch(Maker)
session = Maker()
step("first versions")
shop = Shop(town="oslo")
tea = Ware(name="tea", price=3, shop=shop)
session.add(tea)
session.commit()
say(tea.version, shop.version)


def past(cls):
    table = histories[cls]
    return [tuple(v for v in row) for row in session.execute(select(table).order_by(table.c.id, table.c.version))]


step("a price changes")
tea.price = 4
session.commit()
say(tea.version, past(Ware), past(Shop))
step("nothing changes")
tea.price = 4
session.commit()
tea.price = 5
tea.price = 4
session.commit()
say(tea.version, past(Ware))
step("more than once")
tea.price, tea.name = 6, "green tea"
session.flush()
tea.price = 7
session.commit()
say(tea.version, past(Ware))
step("a reference changes")
tea.shop = Shop(town="rome")
session.commit()
say(tea.version, past(Ware)[-1], tea.shop.version)
step("expired attributes")
session.expire(shop)
shop.town = "bergen"
session.commit()
say(past(Shop), shop.version)
step("rolled back")
tea.name = "coffee"
session.flush()
say(tea.version)
session.rollback()
say(tea.version, len(past(Ware)))
step("without history")
plain = Plain(word="a")
session.add(plain)
session.commit()
plain.word = "b"
session.commit()
step("back to an old price")
old = session.execute(select(histories[Ware]).where(histories[Ware].c.version == 1)).one()
tea.price, tea.name = old.price, old.name
session.commit()
say(tea.price, tea.name, tea.version)
step("deleted")
session.delete(tea)
session.commit()
say(past(Ware)[-1], session.scalar(select(func.count(Ware.id))))
sql()
