-- Keys: natural, composite, of sequences and functions; identity, computed columns, and what a constructor may do.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer, ForeignKey = am.Column, am.String, am.Integer, am.ForeignKey

local Base = am.declarative_base()
local serial = 0

local Ward = Base:model("Ward", {
  __tablename__ = "ward",
  code = Column(String(5), { primary_key = true, default = function()
    serial = serial + 1
    return "W" .. serial
  end }),
  name = Column(String(20)),
  beds = am.relationship("Bed", { back_populates = "ward", cascade = "all, delete-orphan", order_by = "Bed.no" }),
})

local Bed = Base:model("Bed", {
  __tablename__ = "bed",
  ward_code = Column(ForeignKey "ward.code", { primary_key = true }),
  no = Column(Integer, { primary_key = true }),
  ward = am.relationship(Ward, { back_populates = "beds" }),
  nights = am.relationship("Night", { back_populates = "bed", order_by = "Night.day",
    cascade = "all, delete-orphan" }),
})

local Night = Base:model("Night", {
  __tablename__ = "night",
  ward_code = Column(String(5), { primary_key = true }),
  bed_no = Column(Integer, { primary_key = true }),
  day = Column(am.Date, { primary_key = true }),
  guest = Column(String(20)),
  bed = am.relationship(Bed, { back_populates = "nights" }),
  __table_args__ = { am.ForeignKeyConstraint({ "ward_code", "bed_no" }, { "bed.ward_code", "bed.no" }) },
})

local Bill = Base:model("Bill", {
  __tablename__ = "bill",
  id = Column(Integer, am.Identity { start = 10 }, { primary_key = true }),
  net = Column(Integer),
  gross = Column(Integer, am.Computed "net * 2"),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local d = am.date
local function guests(bed) return p.map(bed.nights, function(n) return n.guest end) end
am.Session(e, function(s)
  local ward = Ward { name = "north" }
  ward.beds = { Bed { no = 2 }, Bed { no = 1 } }
  ward.beds[2].nights:append(Night { day = d(2026, 1, 1), guest = "Ann" })
  s:add(ward)
  s:flush()
  step "keys handed down three levels"
  say(ward.code, p.map(ward.beds, function(b) return b.ward_code end), ward.beds[2].nights[1].ward_code,
    ward.beds[2].nights[1].bed_no)
  say(am.inspect(ward.beds[2].nights[1]).identity)
  s:commit()
  step "get by each form"
  say(s:get(Bed, { "W1", 1 }).no, s:get(Bed, { no = 2, ward_code = "W1" }).no)
  say(s:get(Night, { "W1", 1, d(2026, 1, 1) }).guest)
  p.error(function() s:get(Bed, { "W1" }) end)
  p.error(function() s:get(Bed, { no = 1 }) end)
  p.error(function() s:get(Ward, { nr = 1 }) end)
  step "in a tuple"
  local pairs_of = am.tuple_(Bed.ward_code, Bed.no):in_ { { "W1", 1 }, { "W1", 5 } }
  say(p.map(s:scalars(select(Bed):where(pairs_of)), function(b) return b.no end))
  step "eager along composite keys"
  local w
  for _, option in ipairs { am.selectinload, am.joinedload } do
    s:expunge_all()
    w = s:scalars(select(Ward):options(option(Ward.beds):options(option(Bed.nights)))):unique():one()
    say(p.map(w.beds, function(b) return { b.no, guests(b) } end))
  end
  step "moving a child changes its key"
  local other = Ward { name = "south", beds = { Bed { no = 7 } } }
  s:add(other)
  s:flush()
  local night = w.beds[1].nights[1]
  night.bed = other.beds[1]
  s:flush()
  say(am.inspect(night).identity, s:get(Night, { "W1", 1, d(2026, 1, 1) }), guests(other.beds[1]))
  s:rollback()
  say(am.inspect(night).identity, night.bed.no)
  step "a child without its key part"
  s:add(Bed { no = 3 })
  p.error(function() s:flush() end)
  s:rollback()
  step "blanking out a key"
  w.beds[1].nights[1].bed = nil
  s:flush()
  say(s:scalar(select(am.func.count()):select_from(Night)))
  s:rollback()
  step "constructor, identity, computed"
  local bill = Bill { net = 4 }
  say(bill.net, bill.gross)
  s:add(bill)
  s:commit()
  say(bill.gross)
  bill.net = 5
  s:flush()
  say(bill.gross)
  bill.gross = 1
  p.error(function() s:flush() end)
  s:rollback()
  say(s:scalars(select(Bill)):one() == bill)
  step "identity keys"
  say(am.inspect(Bed):identity_key_from_primary_key({ "W1", 1 })[2],
    am.inspect(Bed):primary_key_from_instance(w.beds[2]))
  say(am.inspect(Ward).primary_key, p.map(am.inspect(Night).primary_key, function(c) return c.name end),
    am.inspect(Bed).local_table.name)
end)
p.sql()
