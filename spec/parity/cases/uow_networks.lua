-- What one flush does with a network: a tree turned round, moved children, one-to-one swaps, m2m both ways, cycles.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_of, map = p.say, p.step, p.sql, p.error, p.map
local inspect, select = am.inspect, am.select

local Base = am.declarative_base()
local friends = am.Table("friends", Base.metadata,
  am.Column("a_id", am.ForeignKey("person.id"), { primary_key = true }),
  am.Column("b_id", am.ForeignKey("person.id"), { primary_key = true }))
local member = am.Table("member", Base.metadata,
  am.Column("person_id", am.ForeignKey("person.id"), { primary_key = true }),
  am.Column("club_id", am.ForeignKey("club.id"), { primary_key = true }))

local id = am.Column(am.Integer, { primary_key = true })
local Person = Base:model("Person", {
  __tablename__ = "person",
  id = id,
  name = am.Column(am.String(20)),
  boss_id = am.Column(am.ForeignKey("person.id")),
  favourite_id = am.Column(am.ForeignKey("club.id", { use_alter = true, name = "fk_favourite" })),
  reports = am.relationship("Person", { backref = am.backref("boss", { remote_side = id }), order_by = "Person.id" }),
  friends = am.relationship("Person", { secondary = friends, primaryjoin = id:eq(friends.c.a_id),
    secondaryjoin = id:eq(friends.c.b_id), backref = "friend_of", order_by = "Person.id" }),
  clubs = am.relationship("Club", { secondary = member, back_populates = "members", order_by = "Club.id" }),
  favourite = am.relationship("Club", { foreign_keys = "Person.favourite_id", post_update = true }),
  badge = am.relationship("Badge", { uselist = false, back_populates = "person", cascade = "all, delete-orphan" }),
})
local Club = Base:model("Club", {
  __tablename__ = "club",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  chair_id = am.Column(am.ForeignKey("person.id")),
  chair = am.relationship(Person, { foreign_keys = "Club.chair_id" }),
  members = am.relationship(Person, { secondary = member, back_populates = "clubs", order_by = Person.id }),
})
local Badge = Base:model("Badge", {
  __tablename__ = "badge",
  id = am.Column(am.Integer, { primary_key = true }),
  text = am.Column(am.String(20)),
  person_id = am.Column(am.ForeignKey("person.id"), { nullable = false }),
  person = am.relationship(Person, { back_populates = "badge" }),
})

local db = p.engine()
Base.metadata:create_all(db)
p.forget()
local session = am.Session(db)

local function flush(title)
  step(title)
  session:flush()
  sql()
end

local function names(objects) return map(objects, function(o) return o.name end) end
local function pairs_of(objects, key) return map(objects, function(o) return p.list(o.name, o[key]) end) end

p.forget()
local ann, bob = Person{ name = "ann" }, Person{ name = "bob" }
local cyd, dan = Person{ name = "cyd" }, Person{ name = "dan" }
ann.reports = { bob, cyd }
cyd.reports = { dan }
session:add(dan)
flush "from the leaf"
say(map({ ann, bob, cyd, dan }, function(o) return p.list(o.id, o.name, o.boss_id) end))

dan.boss = nil
dan.reports:append(ann)
flush "turned round"
say(pairs_of({ ann, bob, cyd, dan }, "boss_id"))

local chess, golf = Club{ name = "chess", chair = ann }, Club{ name = "golf", chair = bob }
ann.favourite = golf
bob.favourite = chess
chess.members = { ann, bob }
cyd.clubs:append(golf)
session:add(chess)
session:flush()
flush "clubs with chairs, people with favourites"
say(pairs_of({ ann, bob }, "favourite_id"), pairs_of({ chess, golf }, "chair_id"))

chess.members:remove(ann)
session:flush()
chess.members:append(cyd)
session:flush()
cyd.clubs:remove(golf)
golf.members:extend{ ann, dan }
flush "memberships from both sides"
say(names(cyd.clubs), names(chess.members), names(golf.members))

ann.friends = { bob, cyd }
bob.friends = { ann }
dan.friend_of = { ann, dan }
flush "friends"
say(names(ann.friends), names(dan.friends), names(ann.friend_of))
ann.friends = { cyd, dan }
flush "friends replaced"

ann.badge = Badge{ text = "A" }
session:flush()
bob.badge = Badge{ text = "B" }
flush "badges"
local first = ann.badge
ann.badge = Badge{ text = "A2" }
say(inspect(first).attrs.person.history, session.deleted:contains(first))
flush "a badge replaced"
say(inspect(first).deleted, first.person)
ann.badge.text = "new A"
bob.badge.text = "new B"
cyd.badge = Badge{ text = "C" }
if dan.badge then session:delete(dan.badge) else say("dan has none") end
flush "updates before inserts of one table"
local moved = bob.badge
bob.badge = nil
dan.badge = moved
flush "a badge that moves"
say(moved.person.name, inspect(moved).persistent)
session:commit()

step "keys given and keys made"
p.forget()
session:add_all{ Person{ id = 50, name = "x" }, Person{ name = "y" }, Person{ id = 40, name = "z" }, Club{ name = "q" },
  Person{ name = "w" } }
flush "mixed"
session:rollback()

step "nothing to do"
p.forget()
ann.name = ann.name
bob.reports = bob.reports
session:add(ann)
session:flush()
say(session.dirty, session:is_modified(ann), session:is_modified(bob))
ann.name = "other"
ann.name = "ann"
say(names(session.dirty), session:is_modified(ann))
session:flush()
sql()

step "a cycle of rows"
p.forget()
local e, f = Person{ name = "e" }, Person{ name = "f" }
e.boss = f
f.boss = e
session:add(e)
error_of(function() session:flush() end)
session:rollback()

step "deleting everything"
p.forget()
for _, person in ipairs(session:scalars(select(Person):order_by(Person.id)):all()) do person.favourite = nil end
session:flush()
sql()
for _, each in ipairs{ chess, golf, ann, bob, cyd, dan } do session:delete(each) end
p.forget()
session:flush()
sql()
session:rollback()

step "a part only"
ann.name = "ann 2"
bob.name = "bob 2"
p.forget()
session:flush{ ann }
sql()
say(session.dirty:contains(bob), session.dirty:contains(ann))
session:rollback()
