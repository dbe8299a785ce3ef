-- People who follow people: a many-to-many of a table with itself, queried and loaded from both ends.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, map_rows, list = parity.say, parity.step, parity.map, parity.map_rows, parity.list
local unpack = table.unpack or unpack

local Base = am.declarative_base()
local follows = am.Table(
  "follows", Base.metadata, am.Column("follower_id", am.ForeignKey("people.id"), { primary_key = true }),
  am.Column("followed_id", am.ForeignKey("people.id"), { primary_key = true }),
  am.Column("since", am.Integer, { default = 2000 })
)
local id = am.Column(am.Integer, { primary_key = true })

local Person = Base:model("Person", {
  __tablename__ = "people",
  id = id,
  name = am.Column(am.String(30)),
  boss_id = am.Column(am.ForeignKey("people.id")),
  boss = am.relationship("Person", { remote_side = { id }, back_populates = "team" }),
  team = am.relationship("Person", { back_populates = "boss", order_by = "Person.id" }),
  following = am.relationship(
    "Person",
    {
      secondary = follows, primaryjoin = id:eq(follows.c.follower_id), secondaryjoin = id:eq(follows.c.followed_id),
      back_populates = "followers", order_by = id
    }
  ),
  followers = am.relationship(
    "Person",
    {
      secondary = follows, primaryjoin = id:eq(follows.c.followed_id), secondaryjoin = id:eq(follows.c.follower_id),
      back_populates = "following", order_by = id
    }
  ),
})

local e = parity.engine()
Base.metadata:create_all(e)

local function names(people)
  return map(people, function(p) return p.name end)
end
step "flush"
am.Session(e, function(s)
  local ann, bob = Person{ id = 1, name = "ann" }, Person{ id = 2, name = "bob" }
  local cid, dan = Person{ id = 3, name = "cid" }, Person{ id = 4, name = "dan" }
  ann.following = { bob, cid }
  ann.followers:append(dan)
  bob.followers:append(cid)
  cid.boss = ann
  bob.boss = ann
  dan.boss = bob
  s:add_all({ ann, bob, cid, dan })
  say(names(dan.following), names(cid.followers), names(ann.team))
  s:commit()
end)
parity.forget()
for _, each in ipairs(
  { { "selectin", am.selectinload }, { "joined", am.joinedload }, { "subquery", am.subqueryload } }
) do
  local name, loader = unpack(each)
  step(name)
  am.Session(e, function(s)
    local stmt = am.select(Person)
      :options(loader(Person.following):options(loader(Person.following), loader(Person.boss)))
    for p in s:scalars(stmt:order_by(Person.id)):unique() do
      say(p.name, map(p.following, function(q) return list(q.name, q.boss and q.boss.name, names(q.following)) end))
    end
  end)
end
step "any"
am.Session(e, function(s)
  say(names(s:scalars(am.select(Person):where(Person.following:any({ name = "bob" })):order_by(Person.id))))
  say(names(s:scalars(am.select(Person):where(am.not_(Person.followers:any())):order_by(Person.id))))
  say(names(s:scalars(am.select(Person):where(Person.boss:has(Person.name:eq("ann"))):order_by(Person.id))))
  local other = am.aliased(Person, { name = "other" })
  say(
    names(
      s:scalars(
        am.select(Person):where(Person.team:of_type(other):any(other.following:any({ name = "ann" })))
          :order_by(Person.id)
      )
    )
  )
  say(names(s:scalars(am.select(Person):where(Person.following:any(Person.following:any(Person.name:eq("bob")))))))
end)
step "contains"
am.Session(e, function(s)
  local bob = s:get(Person, 2)
  say(names(s:scalars(am.select(Person):where(Person.following:contains(bob)):order_by(Person.id))))
  say(names(s:scalars(am.select(Person):where(am.not_(Person.following:contains(bob))):order_by(Person.id))))
  say(
    names(
      s:scalars(
        am.select(Person):where(am.or_(Person.followers:contains(bob), Person.boss:eq(bob))):order_by(Person.id)
      )
    )
  )
  local alias = am.aliased(Person)
  say(names(s:scalars(am.select(alias):where(alias.following:contains(bob)):order_by(alias.id))))
end)
step "with_parent"
am.Session(e, function(s)
  local ann = s:get(Person, 1)
  say(names(s:scalars(am.select(Person):where(am.with_parent(ann, Person.following)):order_by(Person.id))))
  say(names(s:scalars(am.select(Person):where(am.with_parent(ann, Person.team)):order_by(Person.id:desc()))))
  local alias = am.aliased(Person, { name = "them" })
  say(names(s:scalars(am.select(alias):where(am.with_parent(ann, Person.followers:of_type(alias))))))
  local bob = s:get(Person, 2)
  say(names(s:scalars(am.select(Person):where(am.with_parent(bob, Person.boss)))))
end)
local a, b = am.aliased(Person, { name = "a" }), am.aliased(Person, { name = "b" })
step "joins"
am.Session(e, function(s)
  local stmt = am.select(Person.name, a.name, b.name):join(Person.following:of_type(a)):join(a.boss:of_type(b))
  say(s:execute(stmt:order_by(Person.id, a.id)):all())
  stmt = am.select(Person, am.func.count(a.id)):outerjoin(a, Person.followers):group_by(Person.id):order_by(Person.id)
  say(map_rows(s:execute(stmt), function(p, n) return list(p.name, n) end))
  stmt = am.select(Person.name, follows.c.since):join(follows, Person.id:eq(follows.c.follower_id))
    :order_by(Person.id, follows.c.followed_id)
  say(s:execute(stmt):all())
  stmt = am.select(Person):join(Person.boss:of_type(b)):options(am.contains_eager(Person.boss:of_type(b)))
    :order_by(b.name, Person.name)
  say(map(s:scalars(stmt), function(p) return list(p.name, p.boss.name) end))
end)
step "both ways from one row"
am.Session(e, function(s)
  local stmt = am.select(Person):join(a, Person.following):join(b, Person.followers)
    :options(am.contains_eager(Person.following:of_type(a)), am.contains_eager(Person.followers, { alias = b }))
    :order_by(Person.id, a.id, b.id)
  for p in s:scalars(stmt):unique() do
    say(p.name, names(p.following), names(p.followers))
  end
end)
step "changes on either side"
am.Session(e, function(s)
  local ann, dan = s:get(Person, 1), s:get(Person, 4)
  say(am.inspect(ann).attrs.following.history)
  ann.following:remove(s:get(Person, 3))
  ann.following:append(dan)
  say(names(dan.followers), names(s:get(Person, 3).followers))
  say(am.inspect(ann).attrs.following.history, am.inspect(dan).attrs.followers.history)
  s:commit()
  step "after"
  say(names(ann.following), names(dan.followers))
  dan.following:append(dan)
  s:delete(ann)
  s:flush()
  parity.forget()
  say(
    s:execute(
      am.select(follows.c.follower_id, follows.c.followed_id):order_by(follows.c.follower_id, follows.c.followed_id)
    ):all()
  )
  say(map(s:scalars(am.select(Person):order_by(Person.id)), function(p) return list(p.name, p.boss_id) end))
  s:rollback()
end)
step "end"
