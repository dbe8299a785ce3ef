"""What a refresh, an expired attribute and get() select where a class brings columns of its subclasses along."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


def play(title, of_base, of_sub):
    class Base(DeclarativeBase):
        pass

    class Boat(Base):
        __tablename__ = "boat"
        id = mapped_column(Integer, primary_key=True)
        kind = mapped_column(String(10))
        name = mapped_column(String(10))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "boat", **of_base}

    class Sailboat(Boat):
        __tablename__ = "sailboat"
        id = mapped_column(ForeignKey("boat.id"), primary_key=True)
        masts = mapped_column(Integer)
        plan = deferred(mapped_column(String(10)))
        __mapper_args__ = {"polymorphic_identity": "sailboat", **of_sub}

    e = engine()
    Base.metadata.create_all(e)
    s = Session(e)
    s.add_all([Boat(id=1, name="a"), Sailboat(id=2, name="b", masts=2, plan="p")])
    s.commit()
    s.expunge_all()
    forget()
    for key in (1, 2):
        boat = s.get(Boat, key)
        step(title)
        sql()
        s.refresh(boat)
        sql()
        s.refresh(boat, ["name"])
        sql()
        s.expire(boat)
        say(boat.name)
        sql()
        s.expire(boat, ["name"])
        say(boat.name)
        sql()
        say(s.get(Boat, key, populate_existing=True).name)
        sql()
    s.close()
    Base.metadata.drop_all(e)
    forget()


play("plain", {}, {})
play("all", {"with_polymorphic": "*"}, {})
play("inline", {}, {"polymorphic_load": "inline"})
