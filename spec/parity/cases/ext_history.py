"""Versioned history: history rows written by before_flush, rows that become new rows, and a version counter."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect, select
from sqlalchemy.orm import attributes, declarative_base, make_transient, object_mapper, relationship, sessionmaker

Base = declarative_base()


class Page(Base):
    __tablename__ = "page"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    body = Column(String(50), default="empty")
    owner_id = Column(ForeignKey("owner.id"))
    version = Column(Integer, default=1, nullable=False)
    owner = relationship("Owner")
    __mapper_args__ = {"version_id_col": version}


class PageHistory(Base):
    __tablename__ = "page_history"
    id = Column(Integer, primary_key=True, autoincrement=False)
    version = Column(Integer, primary_key=True, autoincrement=False)
    title = Column(String(20))
    body = Column(String(50))
    owner_id = Column(Integer)


class Owner(Base):
    __tablename__ = "owner"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


def keep(obj, session, deleted=False):
    mapper = object_mapper(obj)
    state = inspect(obj)
    changed, row = deleted, {}
    for prop in mapper.column_attrs:
        added, unchanged, removed = attributes.get_history(obj, prop.key)
        if removed:
            row[prop.key] = removed[0]
            changed = True
        elif unchanged:
            row[prop.key] = unchanged[0]
        elif added:
            changed = True
    for prop in mapper.relationships:
        h = attributes.get_history(obj, prop.key, passive=attributes.PASSIVE_NO_INITIALIZE)
        if h.has_changes():
            say("relationship changed", prop.key, h)
            changed = True
            for col in prop.local_columns:
                row[mapper.get_property_by_column(col).key] = (h.deleted and h.deleted[0].id) if h.deleted else None
    if changed:
        say("keep", row)
        session.add(PageHistory(**row))


def versioned(Maker):
    @event.listens_for(Maker, "before_flush")
    def before_flush(session, context, instances):
        for obj in session.dirty:
            if isinstance(obj, Page):
                keep(obj, session)
        for obj in session.deleted:
            if isinstance(obj, Page):
                keep(obj, session, deleted=True)


e = engine()
Base.metadata.create_all(e)
forget()
Maker = sessionmaker(e)
versioned(Maker)
s = Maker()
p = Page(title="t1")
s.add(p)
s.commit()
say(p.version)
step("change")
p.title = "t2"
s.commit()
step("change one of two")
p.body = "text"
p.title = "t2"
s.commit()
say(p.version)
step("no change")
p.body = "text"
say(p in s.dirty, s.is_modified(p))
s.commit()
step("relationship")
p.owner = Owner(name="ann")
s.commit()
p.owner = None
s.commit()
say(p.version, p.owner_id)
step("delete")
s.delete(p)
s.commit()
for h in s.scalars(select(PageHistory).order_by(PageHistory.version)):
    say(h.id, h.version, h.title, h.body, h.owner_id)
step("stale")
p = Page(title="x")
s.add(p)
s.commit()
with e.begin() as c:
    c.execute(Page.__table__.update().values(version=7))
p.title = "y"
error(s.commit)
s.rollback()
s.refresh(p)
say(p.version)
s.delete(p)
s.commit()
s.close()
forget()
step("rows that become new rows")


class Config(Base):
    __tablename__ = "config"
    id = Column(Integer, primary_key=True)
    items = relationship("Item", backref="config", order_by="Item.id", cascade="all")


class Item(Base):
    __tablename__ = "item"
    id = Column(Integer, primary_key=True)
    config_id = Column(ForeignKey("config.id"))
    name = Column(String(20))
    value = Column(String(20))

    def new_version(self, session):
        make_transient(self)
        self.id = None


Base.metadata.create_all(e)
forget()
V = sessionmaker(e)


@event.listens_for(V, "before_flush")
def renew(session, context, instances):
    for obj in list(session.dirty):
        if isinstance(obj, Item) and session.is_modified(obj) and inspect(obj).persistent:
            obj.new_version(session)
            session.add(obj)


s = V()
c = Config(items=[Item(name="a", value="1"), Item(name="b", value="2")])
s.add(c)
s.commit()
a = c.items[0]
forget()
a.value = "3"
s.commit()
sql()
say(s.execute(select(Item.id, Item.name, Item.value).order_by(Item.id)).all())
say(a.id, a.value)
sql()
