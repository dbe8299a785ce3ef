"""The page on version counters: integers, identifiers, own generators, the program's own versions, the server's."""
from parity import *
from sqlalchemy import Column, FetchedValue, ForeignKey, Integer, String, inspect, update
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class User(Base):
    __tablename__ = "user"
    id = Column(Integer, primary_key=True)
    version_id = Column(Integer, nullable=False)
    name = Column(String(50), nullable=False)
    pets = relationship("Pet", cascade="all, delete-orphan", order_by="Pet.id")
    __mapper_args__ = {"version_id_col": version_id}


class Pet(Base):
    __tablename__ = "pet"
    id = Column(Integer, primary_key=True)
    owner_id = Column(ForeignKey("user.id"))
    kind = Column(String, nullable=False)
    version = Column(String(10), nullable=False)
    __mapper_args__ = {
        "version_id_col": version, "version_id_generator": lambda v: "v%d" % (int(v[1:]) + 1 if v else 1),
        "polymorphic_on": kind, "polymorphic_identity": "pet",
    }


class Dog(Pet):
    __tablename__ = "dog"
    id = Column(ForeignKey("pet.id"), primary_key=True)
    tricks = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "dog"}


class Own(Base):
    __tablename__ = "own"
    id = Column(Integer, primary_key=True)
    token = Column(String(32), nullable=False)
    name = Column(String(50))
    __mapper_args__ = {"version_id_col": token, "version_id_generator": False}


class Served(Base):
    __tablename__ = "served"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    stamp = Column(Integer, nullable=False, server_default="1", server_onupdate=FetchedValue())
    __mapper_args__ = {"version_id_col": stamp, "version_id_generator": False}


e = engine()
Base.metadata.create_all(e)
with e.begin() as conn:
    if is_postgresql:
        conn.exec_driver_sql("CREATE FUNCTION bump() RETURNS trigger AS $$ BEGIN NEW.stamp := OLD.stamp + 10; RETURN NEW; END $$ LANGUAGE plpgsql")
        conn.exec_driver_sql("CREATE TRIGGER bump BEFORE UPDATE ON served FOR EACH ROW EXECUTE FUNCTION bump()")
    else:
        conn.exec_driver_sql("CREATE TRIGGER bump AFTER UPDATE OF name ON served BEGIN UPDATE served SET stamp = OLD.stamp + 10 WHERE id = NEW.id; END")
forget()


def behind(table, **values):
    """A change by somebody else."""
    session.connection().execute(table.update().values(**values))


session = Session(e)
step("a counter")
ed = User(id=1, name="ed", pets=[Dog(id=1, tricks=1), Pet(id=2)])
session.add(ed)
session.commit()
say(ed.version_id, [p.version for p in ed.pets])
ed.name = "edward"
session.commit()
say(ed.version_id)
ed.name = "edward"
session.commit()
ed.pets[0].tricks = 2
session.commit()
say(ed.version_id, ed.pets[0].version)
step("stale")
ed.name = "eddie"
behind(User.__table__, version_id=9)
x = error(session.flush)
say(str(x).split(";")[0])
session.rollback()
say(ed.name, ed.version_id)
behind(Pet.__table__, version="v9")
ed.pets[0].tricks = 5
error(session.flush)
session.rollback()
say([p.version for p in ed.pets])
step("stale at delete")
pet = ed.pets[1]
behind(Pet.__table__, version="v8")
session.delete(pet)
x = error(session.flush)
session.rollback()
say(inspect(pet).persistent)
step("the collection leaves")
ed.pets.remove(pet)
session.commit()
say(inspect(pet).detached, ed.version_id)
step("merge")
stale = User(id=1, name="merged", version_id=1)
x = error(lambda: session.merge(stale))
session.rollback()
session.merge(User(id=1, name="merged", version_id=2))
session.commit()
say(ed.name, ed.version_id)
session.merge(User(id=1, name="merged again"))
session.commit()
say(ed.name, ed.version_id)
step("statements do not look")
session.execute(update(User).where(User.id == 1).values(name="direct"))
say(ed.name, ed.version_id)
session.execute(update(User), [{"id": 1, "name": "bulk", "version_id": 4}])
session.commit()
say(ed.name, ed.version_id)
step("locks of a row")
session.refresh(ed, with_for_update=True)
say(ed.version_id)
session.commit()
say(session.get(User, 1, with_for_update={"read": True}).version_id)
session.commit()
step("the program's own")
own = Own(id=1, name="u1", token="a")
session.add(own)
session.commit()
own.name = "u2"
own.token = "b"
session.commit()
own.name = "u3"
session.commit()
say(own.token)
own.name = "u4"
behind(Own.__table__, token="z")
error(session.flush)
session.rollback()
say(own.name, own.token)
session.delete(own)
session.commit()
error(lambda: (session.add(Own(id=2, name="none")), session.flush()))
session.rollback()
step("the server's")
served = Served(id=1, name="a")
session.add(served)
session.flush()
say(served.stamp)
session.commit()
if is_postgresql:
    served.name = "b"
    session.flush()
    say(served.stamp)
    served.name = "c"
    session.flush()
    say(served.stamp)
    session.commit()
    served.name = "d"
    behind(Served.__table__, name="x")
    error(session.flush)
    session.rollback()
    say(served.name, served.stamp)
sql()
