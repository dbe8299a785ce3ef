# before_flush as a place to work: soft deletes, copies of old versions, totals, and vetoes, over several flushes.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Room(Base):
    __tablename__ = "room"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    total = Column(Integer, default=0)
    gone = Column(Boolean, default=False)
    stays = relationship("Stay", back_populates="room", cascade="all, delete-orphan", order_by="Stay.id")


class Stay(Base):
    __tablename__ = "stay"
    id = Column(Integer, primary_key=True)
    guest = Column(String(20))
    price = Column(Integer)
    room_id = Column(ForeignKey("room.id"))
    room = relationship(Room, back_populates="stays")


class Old(Base):
    __tablename__ = "old"
    id = Column(Integer, primary_key=True)
    kind = Column(String(20))
    what = Column(String(50))


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)


@event.listens_for(s, "before_flush")
def work(session, context, instances):
    for obj in list(session.deleted):
        if isinstance(obj, Room):
            session.add(obj)
            obj.gone = True
            say(" kept", obj.name)
    for obj in sorted((o for o in session.dirty if isinstance(o, Stay)), key=lambda o: o.id):
        state = inspect(obj)
        changed = [a.key for a in state.mapper.column_attrs if state.attrs[a.key].history.has_changes()]
        if changed:
            old = {k: state.attrs[k].history.deleted[0] if state.attrs[k].history.deleted else None for k in changed}
            say(" changed", old)
            session.add(Old(kind="stay", what=",".join(changed)))
    for obj in session.new:
        if isinstance(obj, Stay) and obj.price is not None and obj.price < 0:
            raise ValueError("no")
    rooms = {o.room for o in list(session.new) + list(session.dirty) if isinstance(o, Stay) and o.room is not None}
    for room in sorted(rooms, key=lambda r: r.name):
        room.total = sum(x.price or 0 for x in room.stays)


@event.listens_for(s, "after_flush")
def after(session, context):
    say(" after", len(session.new), len(session.dirty), len(session.deleted))


north = Room(name="north", stays=[Stay(guest="Ann", price=10), Stay(guest="Bob", price=5)])
s.add(north)
s.commit()
step("totals follow")
say(north.total)
north.stays[0].price = 20
s.flush()
say(north.total)
north.stays.append(Stay(guest="Cy", price=1))
s.commit()
say(north.total, s.execute(select(Old.kind, Old.what).order_by(Old.id)).all())
step("moved to another room")
south = Room(name="south")
s.add(south)
s.flush()
stay = north.stays[1]
stay.room = south
s.commit()
say(north.total, south.total, [x.guest for x in south.stays])
step("soft delete")
s.delete(south)
s.commit()
say(south.gone, inspect(south).persistent, [x.guest for x in south.stays])
step("veto")
bad = Stay(guest="Eve", price=-1, room=north)
s.add(bad)
error(s.flush)
say(s.is_active, bad in s.new)
s.rollback()
say(bad in s, bad.room is north, len(north.stays))
step("work in after_insert")


@event.listens_for(Stay, "after_insert")
def greet(mapper, connection, target):
    connection.execute(insert(Old.__table__).values(kind="sql", what=target.guest))
    target.guest = target.guest + "!"


s.add(Stay(guest="Di", price=2, room=north))
s.flush()
say(north.stays[-1].guest, north.stays[-1] in s.dirty)
s.commit()
say(north.stays[-1].guest)
step("after_flush_postexec makes another flush")


@event.listens_for(s, "after_flush_postexec")
def more(session, context):
    if not session.scalar(select(func.count(Old.id)).where(Old.kind == "last")):
        session.add(Old(kind="last", what="one"))
        say(" more", len(session.new))


north.name = "n"
s.commit()
say(s.scalars(select(Old.kind).order_by(Old.id)).all())
s.close()
sql()
