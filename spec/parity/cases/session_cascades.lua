-- Cascades: save-update off, delete with and without orphans, moves, single_parent, expunge, refresh-expire.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local Base = am.declarative_base()
local key = { primary_key = true }
local member = am.Table("member", Base.metadata, am.Column("club_id", am.ForeignKey("club.id"), key),
  am.Column("person_id", am.ForeignKey("person.id"), key))
local Club = Base:model("Club", {
  __tablename__ = "club",
  id = am.Column(am.Integer, key),
  name = am.Column(am.String(20)),
  people = am.relationship("Person", {
    secondary = member, back_populates = "clubs", cascade = "all", order_by = "Person.id",
  }),
  rooms = am.relationship("Room", { back_populates = "club", cascade = "all, delete-orphan", order_by = "Room.id" }),
  rules = am.relationship("Rule", { back_populates = "club", cascade = "", order_by = "Rule.id" }),
  bills = am.relationship("Bill", {
    primaryjoin = "Club.id == foreign(Bill.club_id)", passive_deletes = "all", order_by = "Bill.id",
  }),
  logs = am.relationship("Log", { passive_deletes = true, cascade = "all, delete", order_by = "Log.id" }),
})
local Person = Base:model("Person", {
  __tablename__ = "person",
  id = am.Column(am.Integer, key),
  name = am.Column(am.String(20)),
  clubs = am.relationship("Club", { secondary = member, back_populates = "people", order_by = "Club.id" }),
  card = am.relationship("Card", { uselist = false, back_populates = "person", cascade = "all, delete-orphan" }),
})
local Card = Base:model("Card", {
  __tablename__ = "card",
  id = am.Column(am.Integer, key),
  person_id = am.Column(am.ForeignKey("person.id")),
  person = am.relationship("Person", { back_populates = "card" }),
})
local Room = Base:model("Room", {
  __tablename__ = "room",
  id = am.Column(am.Integer, key),
  name = am.Column(am.String(20)),
  club_id = am.Column(am.ForeignKey("club.id")),
  club = am.relationship("Club", { back_populates = "rooms" }),
})
local Rule = Base:model("Rule", {
  __tablename__ = "rule",
  id = am.Column(am.Integer, key),
  club_id = am.Column(am.ForeignKey("club.id")),
  club = am.relationship("Club", { back_populates = "rules" }),
})
local Bill = Base:model("Bill", {
  __tablename__ = "bill",
  id = am.Column(am.Integer, key),
  club_id = am.Column(am.Integer),
})
local Log = Base:model("Log", {
  __tablename__ = "log",
  id = am.Column(am.Integer, key),
  club_id = am.Column(am.ForeignKey("club.id", { ondelete = "CASCADE" })),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local select, inspect = am.select, am.inspect

local function state(...)
  local list = {}
  for i, o in ipairs { ... } do
    for _, name in ipairs { "transient", "pending", "persistent", "deleted", "detached" } do
      if inspect(o)[name] then list[i] = name end
    end
  end
  say(list)
end

local function names(objects)
  local list = {}
  for i, o in ipairs(objects) do list[i] = o.name end
  return list
end

step "what add() takes along"
local club = Club{
  name = "chess", people = { Person{ name = "p", card = Card() } }, rooms = { Room{ name = "r" } }, rules = { Rule() },
}
session:add(club)
state(club, club.people[1], club.people[1].card, club.rooms[1], club.rules[1])
session:flush()
state(club.rules[1])
local rule = club.rules[1]
session:add(rule)
session:commit()
say(#club.rules, #session:scalars(select(Rule)):all())
p.forget()

step "orphans"
local room = club.rooms[1]
local other = Club{ name = "go" }
session:add(other)
other.rooms:append(room)
say(#club.rooms, room.club == other)
session:flush()
state(room)
room.club = nil
session:flush()
state(room)
session:commit()
state(room)
local loose = Room{ name = "loose" }
session:add(loose)
error_of(function() session:flush() end)
session:rollback()
local pending = Room{ name = "pending" }
club.rooms:append(pending)
state(pending)
club.rooms:remove(pending)
state(pending)
session:commit()
p.forget()

step "one to one"
local person = club.people[1]
local old = person.card
person.card = Card()
session:flush()
state(old, person.card)
person.card = nil
session:commit()
say(#session:scalars(select(Card)):all())

step "expunge and refresh-expire"
club.rooms:append(Room{ name = "x" })
session:commit()
local rooms = {}
for i, each in ipairs(club.rooms) do rooms[i] = each end
say(club.name, rooms[1].name)
session:expire(club)
say(p.sorted(inspect(rooms[1]).unloaded), p.sorted(inspect(club).unloaded))
say(club.name, names(club.rooms))
session:expunge(club)
state(club, rooms[1], person, rule)
session:add(club)
state(club, rooms[1], person, rule)

step "delete"
session:add_all{ Bill{ club_id = club.id }, Log{ club_id = club.id } }
club.people:append(Person{ name = "shared", clubs = { other } })
session:commit()
say(names(club.people), #club.logs, #club.bills, #club.rules)
p.forget()
local clubs = {}
for i, each in ipairs(club.people) do clubs[i] = names(each.clubs) end
say(clubs)
p.forget()
session:delete(club)
say(#session.deleted, session.deleted:contains(person), session.deleted:contains(rule))
session:flush()
p.sql()
state(club, person, rule)
say(rule.club_id, names(other.people), session:scalars(select(Bill.club_id)):all())
session:rollback()
state(club, person, rule)

step "wrong cascades"
local Other = am.declarative_base()
local Parent = Other:model("Parent", {
  __tablename__ = "parent",
  id = am.Column(am.Integer, key),
  child_id = am.Column(am.ForeignKey("child.id")),
  child = am.relationship("Child", { cascade = "all, delete-orphan" }),
})
Other:model("Child", { __tablename__ = "child", id = am.Column(am.Integer, key) })
error_of(am.configure_mappers)
error_of(Parent)
error_of(function() am.relationship("Child", { cascade = "all, nonsense" }) end)
Other.registry:dispose()
local Third = am.declarative_base()
local Owner = Third:model("Owner", {
  __tablename__ = "owner",
  id = am.Column(am.Integer, key),
  pet_id = am.Column(am.ForeignKey("pet.id")),
  pet = am.relationship("Pet", { cascade = "all, delete-orphan", single_parent = true }),
})
local Pet = Third:model("Pet", { __tablename__ = "pet", id = am.Column(am.Integer, key) })
local pet = Pet()
local first = Owner{ pet = pet }
error_of(function() Owner{ pet = pet } end)
first.pet = nil
say(Owner{ pet = pet }.pet == pet)
session:close()
