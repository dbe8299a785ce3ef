"""The example versioned_rows: an UPDATE becomes an INSERT, with relationships, a version id, an old row that is marked."""
from parity import *
from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, event, inspect, select
from sqlalchemy.orm import (attributes, backref, column_property, declarative_base, make_transient,
                            make_transient_to_detached, relationship, sessionmaker, with_loader_criteria)

Base = declarative_base()


class Versioned:
    def new_version(self, session):
        make_transient(self)
        self.id = None


class Example(Versioned, Base):
    __tablename__ = "example"
    id = Column(Integer, primary_key=True)
    data = Column(String)


class Parent(Base):
    __tablename__ = "parent"
    id = Column(Integer, primary_key=True)
    child_id = Column(Integer, ForeignKey("child.id"))
    child = relationship("Child", backref=backref("parent", uselist=False))


class Child(Versioned, Base):
    __tablename__ = "child"
    id = Column(Integer, primary_key=True)
    data = Column(String)

    def new_version(self, session):
        session.expire(self.parent, ["child"])
        Versioned.new_version(self, session)
        self.parent.child = self


class Counted(Base):
    """The version is half of the key; the version before stays and is no longer current."""

    __tablename__ = "counted"
    id = Column(Integer, primary_key=True, autoincrement=False)
    version_id = Column(Integer, primary_key=True, default=1)
    is_current_version = Column(Boolean, default=True)
    data = Column(String)
    title = column_property(data + ":" + sa.cast(version_id, String))

    def new_version(self, session):
        old = {"id": self.id, "version_id": self.version_id}
        session.execute(Counted.__table__.update().where(Counted.id == old["id"]).values(is_current_version=False))
        make_transient(self)
        self.version_id = old["version_id"] + 1
        self.is_current_version = True


sess = sessionmaker()
log = []


@event.listens_for(sess, "before_flush")
def before_flush(session, flush_context, instances):
    for instance in session.dirty:
        if not hasattr(instance, "new_version") or not session.is_modified(instance):
            continue
        if not attributes.instance_state(instance).has_identity:
            continue
        log.append("new version of %s" % type(instance).__name__)
        instance.new_version(session)
        session.add(instance)


@event.listens_for(sess, "do_orm_execute")
def current(state):
    if state.is_select and not state.execution_options.get("all_versions") and not state.is_column_load:
        state.statement = state.statement.options(
            with_loader_criteria(Counted, lambda cls: cls.is_current_version == True))


e = engine()
Base.metadata.create_all(e)
forget()
session = sess(bind=e)
step("an update is an insert")
e1 = Example(data="e1")
session.add(e1)
session.commit()
say(e1.id)
e1.data = "e2"
say(e1 in session.dirty, session.is_modified(e1))
session.commit()
say(e1.id, e1.data, inspect(e1).persistent, log)
say(session.query(Example.id, Example.data).order_by(Example.id).all())
e1.data = "e2"
session.commit()
say(session.query(Example).count())
step("the parent follows")
log.clear()
p1 = Parent(child=Child(data="c1"))
session.add(p1)
session.commit()
c1 = p1.child
say(p1.child_id, c1.parent is p1)
c1.data = "elvis is dead"
session.commit()
say(p1.child_id, p1.child is c1, c1.id, log)
say(session.query(Child.id, Child.data).order_by(Child.id).all())
step("a version in the key")
log.clear()
row = Counted(id=1, data="a")
session.add(row)
session.commit()
say(row.version_id, row.title)
row.data = "b"
session.commit()
say(row.version_id, row.title, inspect(row).identity, log)
row.data = "c"
session.commit()
say(row.version_id, row.is_current_version)
step("what is seen")
say(session.execute(select(Counted.version_id, Counted.data)).all())
say(session.scalars(select(Counted.version_id).order_by(Counted.version_id), execution_options={"all_versions": True}).all())
say(session.get(Counted, (1, 1)))
old = session.get(Counted, (1, 1), execution_options={"all_versions": True})
say(old.data, old.is_current_version)
step("back to an old one")
session.expunge(old)
make_transient(old)
say(inspect(old).transient, old.version_id)
old.version_id = 4
old.is_current_version = True
row.is_current_version = False
session.execute(Counted.__table__.update().values(is_current_version=False))
session.expunge(row)
session.add(old)
session.commit()
say([(c.version_id, c.data) for c in session.query(Counted)])
ghost = Counted(id=1, version_id=2)
make_transient_to_detached(ghost)
session.add(ghost)
say(inspect(ghost).persistent, sorted(inspect(ghost).unloaded))
say(ghost.data, ghost.title)
sql()
