"""An audit trail by events: who changed what, in the same transaction: objects, collections, bulk statements."""
from parity import *
from sqlalchemy import (JSON, Column, ForeignKey, Integer, String, Table, delete, event, func, inspect, insert,
                        select, update)
from sqlalchemy.orm import attributes, declarative_base, relationship, sessionmaker
from sqlalchemy.orm.attributes import PASSIVE_NO_INITIALIZE, get_history

Base = declarative_base()


class Audit(Base):
    __tablename__ = "audit"
    id = Column(Integer, primary_key=True)
    who = Column(String(10))
    action = Column(String(10))
    what = Column(String(20))
    changes = Column(JSON)


class Audited:
    __audit_skip__ = ()


member_roles = Table("member_role", Base.metadata,
                     Column("member_id", ForeignKey("member.id"), primary_key=True),
                     Column("role_id", ForeignKey("role.id"), primary_key=True))


class Team(Audited, Base):
    __tablename__ = "team"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    members = relationship("Member", back_populates="team", order_by="Member.id")


class Member(Audited, Base):
    __tablename__ = "member"
    __audit_skip__ = ("secret",)
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    secret = Column(String(20))
    team_id = Column(ForeignKey("team.id"))
    team = relationship(Team, back_populates="members")
    roles = relationship("Role", secondary=member_roles, order_by="Role.id")


class Role(Base):
    __tablename__ = "role"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


def name_of(obj):
    return "%s %s" % (type(obj).__name__, inspect(obj).identity[0] if inspect(obj).identity else "new")


def changes(obj):
    state, out = inspect(obj), {}
    for attr in state.mapper.column_attrs:
        if attr.key in obj.__audit_skip__:
            continue
        h = state.attrs[attr.key].history
        if h.has_changes():
            out[attr.key] = [h.deleted[0] if h.deleted else None, h.added[0] if h.added else None]
    return out


def write(connection, obj, action, found):
    who = inspect(obj).session.info.get("user", "nobody")
    connection.execute(insert(Audit), {"who": who, "action": action, "what": "%s %s" % (type(obj).__name__, obj.id),
                                       "changes": found})


@event.listens_for(Audited, "after_insert", propagate=True)
def inserted(mapper, connection, target):
    write(connection, target, "insert", {k: v[1] for k, v in changes(target).items() if v[1] is not None})


@event.listens_for(Audited, "before_update", propagate=True)
def updated(mapper, connection, target):
    found = changes(target)
    if found:
        write(connection, target, "update", found)


@event.listens_for(Audited, "after_delete", propagate=True)
def deleted(mapper, connection, target):
    write(connection, target, "delete", None)


Maker = sessionmaker()
told = []


@event.listens_for(Maker, "after_flush")
def collections(session, context):
    for obj in session.dirty:
        for rel in inspect(type(obj)).relationships:
            h = get_history(obj, rel.key, PASSIVE_NO_INITIALIZE)
            if rel.uselist and h.has_changes():
                told.append((name_of(obj), rel.key, [name_of(x) for x in h.added], [name_of(x) for x in h.deleted]))


@event.listens_for(Maker, "do_orm_execute")
def bulk(state):
    if state.is_update or state.is_delete:
        if state.bind_mapper is None:
            return
        cls = state.bind_mapper.class_
        told.append(("bulk", cls.__name__, state.is_update, state.is_delete))
        if issubclass(cls, Audited) and not state.execution_options.get("unaudited"):
            state.session.execute(insert(Audit), [{"who": state.session.info.get("user"), "action": "bulk",
                                                   "what": cls.__name__}])


@event.listens_for(Maker, "after_commit")
def after_commit(session):
    say("committed", told)
    told.clear()


@event.listens_for(Maker, "after_rollback")
def after_rollback(session):
    say("rolled back", len(told))
    told.clear()


def trail(session):
    for a in session.execute(select(Audit.who, Audit.action, Audit.what, Audit.changes).order_by(Audit.id)):
        say("  |", a.who, a.action, a.what, a.changes)
    session.execute(delete(Audit.__table__))
    session.commit()


e = engine()
Base.metadata.create_all(e)
forget()
s = Maker(bind=e, info={"user": "root"})
step("insert")
red = Team(name="red")
ann = Member(name="ann", secret="x", team=red)
s.add_all([red, ann, Role(name="cook"), Role(name="pilot")])
s.commit()
trail(s)
step("update")
s.info["user"] = "eve"
ann.name = "anna"
ann.secret = "y"
red.name = "red"
s.commit()
trail(s)
step("secret alone")
ann.secret = "z"
s.commit()
trail(s)
step("collections")
cook, pilot = s.scalars(select(Role).order_by(Role.id))
ann.roles = [cook]
bob = Member(name="bob")
red.members.append(bob)
s.commit()
ann.roles.append(pilot)
ann.roles.remove(cook)
ann.team = None
s.commit()
trail(s)
step("rolled back")
bob.name = "rob"
s.flush()
say(s.scalar(select(func.count(Audit.id))))
s.rollback()
say(s.scalar(select(func.count(Audit.id))), bob.name)
step("a savepoint rolled back")
with s.begin_nested() as nested:
    ann.name = "lost"
    s.flush()
    nested.rollback()
bob.name = "bobby"
s.commit()
trail(s)
step("bulk")
s.execute(update(Member).where(Member.name.like("b%")).values(name=func.upper(Member.name)))
s.execute(delete(Member).where(Member.id > 99))
s.execute(update(Role).values(name=Role.name + "!"), execution_options={"unaudited": True})
say(bob.name, [r.name for r in ann.roles])
s.commit()
trail(s)
step("bulk by primary key")
s.execute(update(Member), [{"id": 1, "name": "a1"}, {"id": 2, "name": "b2"}])
s.execute(insert(Member), [{"name": "cid"}, {"name": "dan"}])
s.commit()
trail(s)
step("delete")
s.delete(red)
s.commit()
s.delete(bob)
s.commit()
trail(s)
step("a listener goes")
event.remove(Audited, "after_insert", inserted)
say(event.contains(Maker, "after_commit", after_commit), event.contains(Audited, "after_insert", inserted))
s.add(Team(name="blue"))
s.commit()
trail(s)
s.close()
sql()
