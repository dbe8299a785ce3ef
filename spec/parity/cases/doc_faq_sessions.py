"""The questions about sessions: stale data, a rollback too few, counts and duplicates, foreign keys, walking a graph."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, func, inspect, select, text
from sqlalchemy.orm import Session, declarative_base, joinedload, object_mapper, outerjoin, reconstructor, relationship

Base = declarative_base()
calls = []


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    team_id = Column(ForeignKey("teams.id"))
    team = relationship("Team", back_populates="users")
    addresses = relationship("Address", back_populates="user", order_by="Address.id", cascade="all, delete-orphan")

    @reconstructor
    def loaded(self):
        calls.append("loaded")


event.listen(User, "init", lambda target, args, kwargs: calls.append("init"))


class Team(Base):
    __tablename__ = "teams"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    users = relationship("User", back_populates="team", passive_deletes=True, order_by="User.id")


class Address(Base):
    __tablename__ = "addresses"
    id = Column(Integer, primary_key=True)
    email = Column(String)
    user_id = Column(ForeignKey("users.id"))
    user = relationship("User", back_populates="addresses")


class Both(Base):
    __table__ = outerjoin(User.__table__, Address.__table__)
    id = User.__table__.c.id
    address_id = Address.__table__.c.id
    user_id = Address.__table__.c.user_id
    __mapper_args__ = {"confirm_deleted_rows": False}


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
session.add_all([
    Team(id=1, name="red"), Team(id=7, name="blue"),
    User(id=1, name="jack", addresses=[Address(id=1, email="a"), Address(id=2, email="b")]),
    User(id=2, name="ed"),
])
session.commit()
step("changes made elsewhere")
jack = session.get(User, 1)
say(jack.name, calls)
session.connection().execute(text("UPDATE users SET name = 'john' WHERE id = 1"))
say(session.scalars(select(User).where(User.name == "john")).one().name)
session.scalars(select(User).where(User.id == 1).execution_options(populate_existing=True)).one()
say(jack.name)
session.connection().execute(text("UPDATE users SET name = 'jack' WHERE id = 1"))
session.expire(jack)
say(jack.name)
session.connection().execute(text("UPDATE users SET name = 'jill' WHERE id = 1"))
session.refresh(jack)
say(jack.name)
session.commit()
say(jack.name, calls)
step("a rollback too few")
session.add_all([Team(id=1)])
error(session.commit)
x = error(session.commit)
say(session.is_active, session.in_transaction())
x = error(lambda: session.get(Team, 7))
say(x.code)
session.rollback()
say(session.is_active, len(session.new))
session.commit()
with_savepoint = []
for id in (1, 2, 7, 8):
    try:
        with session.begin_nested():
            session.merge(Team(id=id, name="merged")) if id == 8 else session.execute(Team.__table__.insert(), {"id": id})
    except sa.exc.IntegrityError as x:
        with_savepoint.append(id)
say(with_savepoint)
session.commit()
step("a count that is not the length")
q = session.query(User).outerjoin(User.addresses).filter(User.name == "jill")
say(q.count(), len(q.all()))
say(session.query(User.id, User.name).outerjoin(User.addresses).filter(User.name == "jill").all())
say(len(session.execute(q.statement).all()), len(session.scalars(q.statement).unique().all()))
q = session.query(User).options(joinedload(User.addresses)).order_by(User.id).limit(1)
say([len(u.addresses) for u in q])
step("a class over an outer join")
say([(b.id, b.address_id) for b in session.query(Both).order_by(Both.id, Both.address_id)])
say(inspect(Both).primary_key[0].table.name, len(inspect(Both).primary_key))
say(session.get(Both, (2, None)) is not None)
step("removed from a session, not from a list")
address = session.get(Address, 1)
say(address in jack.addresses)
session.delete(address)
say(address in jack.addresses)
session.flush()
say(address in jack.addresses)
session.commit()
say(len(jack.addresses))
jack.addresses.remove(jack.addresses[0])
session.commit()
say(session.scalar(select(func.count(Address.id))))
step("a foreign key by hand")
say(jack.team)
jack.team_id = 7
say(jack.team)
session.flush()
say(jack.team)
session.expire(jack, ["team"])
say(jack.team.name)
jack.team_id = 1
session.commit()
say(jack.team.name)
new = User(id=5, name="new", team_id=7)
say(new.team)
session.add(new)
session.flush()
say(new.team.name, [u.id for u in new.team.users])
free = User(id=6, name="free", team_id=1)
session.enable_relationship_loading(free)
say(free.team.name)
session.expunge(free)
say(inspect(jack).attrs.team.loaded_value is not None)
step("a walk over the graph")


def walk(obj):
    stack, seen = [obj], set()
    while stack:
        obj = stack.pop(0)
        if obj in seen:
            continue
        seen.add(obj)
        yield obj
        for relation in inspect(obj).mapper.relationships:
            value = getattr(obj, relation.key)
            if relation.uselist:
                stack.extend(value)
            elif value is not None:
                stack.append(value)


jack.addresses.append(Address(id=9, email="z"))
session.commit()
say(["%s %d" % (type(o).__name__, o.id) for o in walk(jack)])
step("get or create")


def get_or_create(cls, defaults, **by):
    found = session.query(cls).filter_by(**by).one_or_none()
    if found is not None:
        return found, False
    made = cls(**by, **defaults)
    session.add(made)
    return made, True


t, created = get_or_create(Team, {"id": 11}, name="green")
say(created, t.id)
t2, created = get_or_create(Team, {"id": 12}, name="green")
say(created, t2 is t)
say(object_mapper(t).class_, inspect(t).persistent)
session.close()
sql()
