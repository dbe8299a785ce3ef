-- A booking system: free rooms, overlaps refused before the flush, stays, cancellations, moves to another room.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, func, inspect, date, and_ = am.select, am.func, am.inspect, am.date, am.and_

local Base = am.declarative_base()
local Hotel = Base:model("Hotel", {
  __tablename__ = "hotel",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  check_in = Column(am.Time, { default = am.time(15, 0) }),
  rooms = am.relationship("Room",
    { back_populates = "hotel", order_by = "Room.number", cascade = "all, delete-orphan" }),
})
local Booking
local Room = Base:model("Room", {
  __tablename__ = "room",
  hotel_id = Column(ForeignKey("hotel.id"), { primary_key = true }),
  number = Column(Integer, { primary_key = true, autoincrement = false }),
  beds = Column(Integer, { nullable = false }),
  hotel = am.relationship(Hotel, { back_populates = "rooms" }),
  bookings = am.relationship("Booking", { back_populates = "room", order_by = "Booking.arrives" }),
  free = am.hybrid_method(function(self, first, last)
    for _, b in ipairs(self.bookings) do
      if b:overlaps(first, last) then return false end
    end
    return true
  end, {
    expression = function(cls, first, last) return am.not_(cls.bookings:any(Booking:overlaps(first, last))) end,
  }),
})
Booking = Base:model("Booking", {
  __tablename__ = "booking",
  __table_args__ = {
    am.ForeignKeyConstraint({ "hotel_id", "room_number" }, { "room.hotel_id", "room.number" }),
    am.CheckConstraint("leaves > arrives", { name = "ck_days" }),
  },
  id = Column(Integer, { primary_key = true }),
  hotel_id = Column(Integer, { nullable = false }),
  room_number = Column(Integer, { nullable = false }),
  guest_id = Column(ForeignKey("guest.id"), { nullable = false }),
  arrives = Column(am.Date, { nullable = false }),
  leaves = Column(am.Date, { nullable = false }),
  cancelled = Column(am.DateTime),
  stay = Column(am.Interval, { default = function(ctx)
    local now = ctx:get_current_parameters()
    return now.leaves - now.arrives
  end }),
  room = am.relationship(Room, { back_populates = "bookings" }),
  guest = am.relationship("Guest", { back_populates = "bookings" }),
  active = am.hybrid_property(function(self) return self.cancelled == nil end,
    { expression = function(cls) return cls.cancelled:is_(nil) end }),
  overlaps = am.hybrid_method(function(self, first, last)
    return self.active and self.arrives < last and first < self.leaves
  end, {
    expression = function(cls, first, last) return and_(cls.active, cls.arrives:lt(last), cls.leaves:gt(first)) end,
  }),
  as_date = am.validates("arrives", "leaves", function(_, _, value)
    return type(value) == "string" and am.date.parse(value) or value
  end),
})
local Guest
Guest = Base:model("Guest", {
  __tablename__ = "guest",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  bookings = am.relationship(Booking, { back_populates = "guest", order_by = Booking.arrives, cascade = "all" }),
  next_booking = am.relationship(Booking, { viewonly = true, uselist = false, primaryjoin = function()
    return and_(Guest.id:eq(Booking.guest_id), Booking.cancelled:is_(nil), Booking.arrives:ge(date(2026, 6, 1)))
  end }),
})

local Maker = am.sessionmaker()
am.event.listen(Maker, "before_flush", function(session)
  for _, b in ipairs(session.new) do
    if inspect(b).class_ == Booking and b.room ~= nil then
      local other = session:scalars(select(Booking):where(
        Booking.hotel_id:eq(b.room.hotel_id), Booking.room_number:eq(b.room.number),
        Booking:overlaps(b.arrives, b.leaves))):first()
      if other then error({ taken = ("room %d"):format(b.room.number) }, 0) end
    end
  end
end)

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = Maker{ bind = e, expire_on_commit = false }
step "hotel"
local hotel = Hotel{ name = "grand", rooms = { Room{ number = 101, beds = 1 }, Room{ number = 102, beds = 2 },
  Room{ number = 201, beds = 2 } } }
local ann, bob = Guest{ name = "ann" }, Guest{ name = "bob" }
s:add_all{ hotel, ann, bob }
s:commit()
local one, two, three = hotel.rooms[1], hotel.rooms[2], hotel.rooms[3]
say(hotel.check_in, p.map(hotel.rooms, function(r) return r.number end))
step "book"
local b1 = Booking{ room = one, guest = ann, arrives = "2026-05-01", leaves = "2026-05-04" }
local b2 = Booking{ room = two, guest = bob, arrives = date(2026, 6, 10), leaves = date(2026, 6, 12) }
s:add_all{ b1, b2 }
s:commit()
say(b1.arrives, b1.stay, b2.stay, b1.active, one:free(date(2026, 5, 3), date(2026, 5, 5)),
  one:free(date(2026, 5, 4), date(2026, 5, 5)))
step "taken"
s:add(Booking{ room = one, guest = bob, arrives = "2026-05-03", leaves = "2026-05-06" })
local ok, x = pcall(s.commit, s)
if not ok then say("refused", x.taken) end
say(#s.new, s:in_transaction())
s:rollback()
say(#s.new, #one.bookings, #bob.bookings)
step "free rooms"
local first, last = date(2026, 5, 2), date(2026, 5, 3)
say(s:scalars(select(Room.number):where(Room:free(first, last), Room.beds:ge(1)):order_by(Room.number)):all())
local busy = am.aliased(Booking)
say(s:execute(select(Room.number, busy.id):outerjoin(busy, and_(busy.room_number:eq(Room.number),
  busy:overlaps(first, last))):order_by(Room.number)):all())
say(s:scalars(select(Hotel.name):where(Hotel.rooms:any(and_(Room.beds:eq(2), Room:free(first, last))))):all())
step "wrong days"
s:add(Booking{ room = three, guest = ann, arrives = "2026-07-02", leaves = "2026-07-01" })
p.error(function() s:commit() end)
s:rollback()
if not pcall(Booking, { arrives = "soon" }) then say "not a date" end
step "cancel and book again"
b1.cancelled = am.datetime(2026, 4, 1, 9, 30)
s:flush()
local b3 = Booking{ room = one, guest = bob, arrives = "2026-05-03", leaves = "2026-05-06" }
s:add(b3)
s:commit()
say(p.map(one.bookings, function(b) return { b.guest.name, b.active } end))
step "next booking"
s:expunge_all()
for g in s:scalars(select(Guest):order_by(Guest.id):options(am.selectinload(Guest.next_booking))) do
  say(g.name, g.next_booking and g.next_booking.arrives)
end
step "calendar"
local days = am.values(am.column("day", am.Date), { name = "days" })
  :data{ { date(2026, 5, 3) }, { date(2026, 5, 5) }, { date(2026, 5, 6) } }
local q = select(days.c.day, func.count(Booking.id)):select_from(days)
  :outerjoin(Booking, and_(Booking.active, Booking.arrives:le(days.c.day), Booking.leaves:gt(days.c.day)))
  :group_by(days.c.day):order_by(days.c.day)
if p.is_postgresql then say(s:execute(q):all()) end
say(s:execute(select(func.min(Booking.arrives), func.max(Booking.leaves)):where(Booking.active)):one())
say(s:scalars(select(Booking.id):where(Booking.stay:ge(am.timedelta{ days = 3 })):order_by(Booking.id)):all())
step "move to another room"
b2 = s:get(Booking, 2)
b2.room = s:get(Room, { hotel_id = 1, number = 201 })
say(inspect(b2).attrs.room.history, b2.room_number)
s:flush()
say(b2.room_number, inspect(b2).attrs.room_number.history)
s:commit()
step "the room is torn down"
local room = s:get(Room, { 1, 201 })
s:delete(room)
p.error(function() s:commit() end)
s:rollback()
say(inspect(room).persistent, p.map(room.bookings, function(b) return b.id end))
step "a guest goes"
s:delete(s:scalars(select(Guest):filter_by{ name = "bob" }):one())
s:commit()
say(s:execute(select(Room.number, func.count(am.distinct(Booking.guest_id))):outerjoin(Room.bookings)
  :group_by(Room.number):order_by(Room.number)):all())
s:close()
p.sql()
