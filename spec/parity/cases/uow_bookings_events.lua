-- before_flush as a place to work: soft deletes, copies of old versions, totals, and vetoes, over several flushes.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer = am.Column, am.String, am.Integer

local Base = am.declarative_base()

local Room = Base:model("Room", {
  __tablename__ = "room",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  total = Column(Integer, { default = 0 }),
  gone = Column(am.Boolean, { default = false }),
  stays = am.relationship("Stay", { back_populates = "room", cascade = "all, delete-orphan", order_by = "Stay.id" }),
})

local Stay = Base:model("Stay", {
  __tablename__ = "stay",
  id = Column(Integer, { primary_key = true }),
  guest = Column(String(20)),
  price = Column(Integer),
  room_id = Column(am.ForeignKey "room.id"),
  room = am.relationship(Room, { back_populates = "stays" }),
})

local Old = Base:model("Old", {
  __tablename__ = "old",
  id = Column(Integer, { primary_key = true }),
  kind = Column(String(20)),
  what = Column(String(50)),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)

local function is_a(obj, cls) return am.inspect(obj).mapper.class_ == cls end
local function of(list, cls) return p.collect(list, function(o) return is_a(o, cls) and o or nil end) end

local function note_changes(session, obj)
  local state = am.inspect(obj)
  local old, changed = {}, {}
  for _, a in ipairs(p.collect(state.mapper.column_attrs, function(a) return a end)) do
    local history = state.attrs[a.key].history
    if history:has_changes() then
      changed[#changed + 1] = a.key
      old[a.key] = history.deleted[1] == nil and am.null or history.deleted[1]
    end
  end
  if #changed == 0 then return end
  say(" changed", old)
  session:add(Old { kind = "stay", what = table.concat(changed, ",") })
end

local function recount(session)
  local rooms, seen = {}, {}
  for _, list in ipairs { of(session.new, Stay), of(session.dirty, Stay) } do
    for _, stay in ipairs(list) do
      local room = stay.room
      if room and not seen[room] then
        seen[room], rooms[#rooms + 1] = true, room
      end
    end
  end
  table.sort(rooms, function(a, b) return a.name < b.name end)
  for _, room in ipairs(rooms) do
    local total = 0
    for _, x in ipairs(room.stays) do total = total + (x.price or 0) end
    room.total = total
  end
end

am.event.listen(s, "before_flush", function(session)
  for _, obj in ipairs(of(session.deleted, Room)) do
    session:add(obj)
    obj.gone = true
    say(" kept", obj.name)
  end
  local dirty = of(session.dirty, Stay)
  table.sort(dirty, function(a, b) return a.id < b.id end)
  for _, obj in ipairs(dirty) do note_changes(session, obj) end
  for _, obj in ipairs(of(session.new, Stay)) do
    if obj.price and obj.price < 0 then error "no" end
  end
  recount(session)
end)

am.event.listen(s, "after_flush", function(session)
  say(" after", #session.new, #session.dirty, #session.deleted)
end)

local function guests(room) return p.map(room.stays, function(x) return x.guest end) end

local north = Room { name = "north", stays = { Stay { guest = "Ann", price = 10 }, Stay { guest = "Bob", price = 5 } } }
s:add(north)
s:commit()
step "totals follow"
say(north.total)
north.stays[1].price = 20
s:flush()
say(north.total)
north.stays:append(Stay { guest = "Cy", price = 1 })
s:commit()
say(north.total, s:execute(select(Old.kind, Old.what):order_by(Old.id)):all())
step "moved to another room"
local south = Room { name = "south" }
s:add(south)
s:flush()
local stay = north.stays[2]
stay.room = south
s:commit()
say(north.total, south.total, guests(south))
step "soft delete"
s:delete(south)
s:commit()
say(south.gone, am.inspect(south).persistent, guests(south))
step "veto"
local bad = Stay { guest = "Eve", price = -1, room = north }
s:add(bad)
p.error(function() s:flush() end)
say(s.is_active, s.new:contains(bad))
s:rollback()
say(s:contains(bad), bad.room == north, #north.stays)
step "work in after_insert"
am.event.listen(Stay, "after_insert", function(_, connection, target)
  connection:execute(am.insert(Old.__table__):values { kind = "sql", what = target.guest })
  target.guest = target.guest .. "!"
end)
s:add(Stay { guest = "Di", price = 2, room = north })
s:flush()
say(north.stays[#north.stays].guest, s.dirty:contains(north.stays[#north.stays]))
s:commit()
say(north.stays[#north.stays].guest)
step "after_flush_postexec makes another flush"
am.event.listen(s, "after_flush_postexec", function(session)
  if session:scalar(select(am.func.count(Old.id)):where(Old.kind:eq "last")) == 0 then
    session:add(Old { kind = "last", what = "one" })
    say(" more", #session.new)
  end
end)
north.name = "n"
s:commit()
say(s:scalars(select(Old.kind):order_by(Old.id)):all())
s:close()
p.sql()
