"""A booking system: free rooms, overlaps refused before the flush, stays, cancellations, moves to another room."""
import datetime
from datetime import date, timedelta

from parity import *
from sqlalchemy import (CheckConstraint, Column, Date, DateTime, ForeignKey, Integer, Interval, String, Time, and_,
                        distinct, event, func, inspect, select, values)
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import aliased, declarative_base, relationship, selectinload, sessionmaker, validates

Base = declarative_base()


class Hotel(Base):
    __tablename__ = "hotel"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    check_in = Column(Time, default=datetime.time(15, 0))
    rooms = relationship("Room", back_populates="hotel", order_by="Room.number", cascade="all, delete-orphan")


class Room(Base):
    __tablename__ = "room"
    hotel_id = Column(ForeignKey("hotel.id"), primary_key=True)
    number = Column(Integer, primary_key=True, autoincrement=False)
    beds = Column(Integer, nullable=False)
    hotel = relationship(Hotel, back_populates="rooms")
    bookings = relationship("Booking", back_populates="room", order_by="Booking.arrives")

    @hybrid_method
    def free(self, first, last):
        return not any(b.overlaps(first, last) for b in self.bookings)

    @free.inplace.expression
    @classmethod
    def _free(cls, first, last):
        return ~cls.bookings.any(Booking.overlaps(first, last))


class Booking(Base):
    __tablename__ = "booking"
    __table_args__ = (sa.ForeignKeyConstraint(["hotel_id", "room_number"], ["room.hotel_id", "room.number"]),
                      CheckConstraint("leaves > arrives", name="ck_days"))
    id = Column(Integer, primary_key=True)
    hotel_id = Column(Integer, nullable=False)
    room_number = Column(Integer, nullable=False)
    guest_id = Column(ForeignKey("guest.id"), nullable=False)
    arrives = Column(Date, nullable=False)
    leaves = Column(Date, nullable=False)
    cancelled = Column(DateTime)
    stay = Column(Interval, default=lambda ctx: ctx.get_current_parameters()["leaves"]
                  - ctx.get_current_parameters()["arrives"])
    room = relationship(Room, back_populates="bookings")
    guest = relationship("Guest", back_populates="bookings")

    @hybrid_property
    def active(self):
        return self.cancelled is None

    @active.inplace.expression
    @classmethod
    def _active(cls):
        return cls.cancelled.is_(None)

    @hybrid_method
    def overlaps(self, first, last):
        return self.active and self.arrives < last and first < self.leaves

    @overlaps.inplace.expression
    @classmethod
    def _overlaps(cls, first, last):
        return and_(cls.active, cls.arrives < last, cls.leaves > first)

    @validates("arrives", "leaves")
    def as_date(self, key, value):
        return date.fromisoformat(value) if isinstance(value, str) else value


class Guest(Base):
    __tablename__ = "guest"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    bookings = relationship(Booking, back_populates="guest", order_by=Booking.arrives, cascade="all")
    next_booking = relationship(Booking, viewonly=True, uselist=False, primaryjoin=and_(
        id == Booking.guest_id, Booking.cancelled.is_(None), Booking.arrives >= date(2026, 6, 1)))


class Taken(Exception):
    pass


Maker = sessionmaker()


@event.listens_for(Maker, "before_flush")
def no_overlap(session, context, instances):
    for b in session.new:
        if isinstance(b, Booking) and b.room is not None:
            other = session.scalars(select(Booking).where(
                Booking.hotel_id == b.room.hotel_id, Booking.room_number == b.room.number,
                Booking.overlaps(b.arrives, b.leaves))).first()
            if other is not None:
                raise Taken("room %s" % b.room.number)


e = engine()
Base.metadata.create_all(e)
forget()
s = Maker(bind=e, expire_on_commit=False)
step("hotel")
hotel = Hotel(name="grand", rooms=[Room(number=n, beds=b) for n, b in ((101, 1), (102, 2), (201, 2))])
ann, bob = Guest(name="ann"), Guest(name="bob")
s.add_all([hotel, ann, bob])
s.commit()
one, two, three = hotel.rooms
say(hotel.check_in, [r.number for r in hotel.rooms])
step("book")
b1 = Booking(room=one, guest=ann, arrives="2026-05-01", leaves="2026-05-04")
b2 = Booking(room=two, guest=bob, arrives=date(2026, 6, 10), leaves=date(2026, 6, 12))
s.add_all([b1, b2])
s.commit()
say(b1.arrives, b1.stay, b2.stay, b1.active, one.free(date(2026, 5, 3), date(2026, 5, 5)),
    one.free(date(2026, 5, 4), date(2026, 5, 5)))
step("taken")
s.add(Booking(room=one, guest=bob, arrives="2026-05-03", leaves="2026-05-06"))
try:
    s.commit()
except Taken as x:
    say("refused", str(x))
say(len(list(s.new)), s.in_transaction())
s.rollback()
say(len(list(s.new)), len(one.bookings), len(bob.bookings))
step("free rooms")
first, last = date(2026, 5, 2), date(2026, 5, 3)
say(s.scalars(select(Room.number).where(Room.free(first, last), Room.beds >= 1).order_by(Room.number)).all())
busy = aliased(Booking)
say(s.execute(select(Room.number, busy.id)
              .outerjoin(busy, and_(busy.room_number == Room.number, busy.overlaps(first, last)))
              .order_by(Room.number)).all())
say(s.scalars(select(Hotel.name).where(Hotel.rooms.any(and_(Room.beds == 2, Room.free(first, last))))).all())
step("wrong days")
s.add(Booking(room=three, guest=ann, arrives="2026-07-02", leaves="2026-07-01"))
error(s.commit)
s.rollback()
try:
    Booking(arrives="soon")
except ValueError:
    say("not a date")
step("cancel and book again")
b1.cancelled = datetime.datetime(2026, 4, 1, 9, 30)
s.flush()
b3 = Booking(room=one, guest=bob, arrives="2026-05-03", leaves="2026-05-06")
s.add(b3)
s.commit()
say([(b.guest.name, b.active) for b in one.bookings])
step("next booking")
s.expunge_all()
for g in s.scalars(select(Guest).order_by(Guest.id).options(selectinload(Guest.next_booking))):
    say(g.name, g.next_booking.arrives if g.next_booking else None)
step("calendar")
days = values(sa.column("day", Date), name="days").data(
    [(date(2026, 5, d),) for d in (3, 5, 6)])
q = (select(days.c.day, func.count(Booking.id)).select_from(days)
     .outerjoin(Booking, and_(Booking.active, Booking.arrives <= days.c.day, Booking.leaves > days.c.day))
     .group_by(days.c.day).order_by(days.c.day))
if is_postgresql:
    say(s.execute(q).all())
say(s.execute(select(func.min(Booking.arrives), func.max(Booking.leaves)).where(Booking.active)).one())
say(s.scalars(select(Booking.id).where(Booking.stay >= timedelta(days=3)).order_by(Booking.id)).all())
step("move to another room")
b2 = s.get(Booking, 2)
b2.room = s.get(Room, {"hotel_id": 1, "number": 201})
say(inspect(b2).attrs.room.history, b2.room_number)
s.flush()
say(b2.room_number, inspect(b2).attrs.room_number.history)
s.commit()
step("the room is torn down")
room = s.get(Room, (1, 201))
s.delete(room)
error(s.commit)
s.rollback()
say(inspect(room).persistent, [b.id for b in room.bookings])
step("a guest goes")
s.delete(s.scalars(select(Guest).filter_by(name="bob")).one())
s.commit()
say(s.execute(select(Room.number, func.count(distinct(Booking.guest_id))).outerjoin(Room.bookings)
              .group_by(Room.number).order_by(Room.number)).all())
s.close()
sql()
