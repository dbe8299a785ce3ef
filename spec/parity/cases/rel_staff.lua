-- One table that refers to itself, twice; a network of friends; primaryjoins of one's own and views.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer, ForeignKey = am.Column, am.String, am.Integer, am.ForeignKey

local Base = am.declarative_base()

local friends = am.Table("friends", Base.metadata,
  Column("a_id", ForeignKey "person.id", { primary_key = true }),
  Column("b_id", ForeignKey "person.id", { primary_key = true }))

local id = Column(Integer, { primary_key = true })
local name = Column(String(20))
local boss_id = Column(ForeignKey "person.id")

local Person = Base:model("Person", {
  __tablename__ = "person",
  id = id,
  name = name,
  boss_id = boss_id,
  mentor_id = Column(ForeignKey "person.id"),
  active = Column(am.Boolean, { default = true }),
  boss = am.relationship("Person", { foreign_keys = { boss_id }, remote_side = { id }, back_populates = "team" }),
  team = am.relationship("Person", { foreign_keys = { boss_id }, back_populates = "boss", order_by = "Person.name" }),
  mentor = am.relationship("Person", { foreign_keys = "Person.mentor_id", remote_side = "Person.id" }),
  friends = am.relationship("Person", {
    secondary = friends,
    primaryjoin = id:eq(friends.c.a_id),
    secondaryjoin = id:eq(friends.c.b_id),
    backref = am.backref("liked_by", { order_by = id }),
    order_by = id,
  }),
  active_team = am.relationship("Person", {
    primaryjoin = "and_(Person.id:eq(foreign(Person.boss_id)), Person.active:eq(true))",
    viewonly = true,
    order_by = "Person.id",
  }),
  tasks = am.relationship("Task", { foreign_keys = "Task.owner_id", back_populates = "owner" }),
  reviews = am.relationship("Task", { foreign_keys = "Task.reviewer_id", back_populates = "reviewer" }),
})

local task_id, title = Column(Integer, { primary_key = true }), Column(String(20))
local owner_id, reviewer_id = Column(ForeignKey "person.id"), Column(ForeignKey "person.id")

local Task = Base:model("Task", {
  __tablename__ = "task",
  id = task_id,
  title = title,
  owner_id = owner_id,
  reviewer_id = reviewer_id,
  owner = am.relationship(Person, { foreign_keys = owner_id, back_populates = "tasks" }),
  reviewer = am.relationship(Person, { foreign_keys = reviewer_id, back_populates = "reviews" }),
})

local function names(items) return p.map(items, function(x) return x.name end) end
local function titles(items) return p.map(items, function(x) return x.title end) end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
say(Person.boss.property.direction.name, Person.team.property.direction.name, Person.friends.property.direction.name)
say(Person.team)
say(Person.friends)
am.Session(e, function(s)
  local ada = Person { name = "Ada" }
  local bo = Person { name = "Bo", boss = ada }
  local cy = Person { name = "Cy", boss = bo, mentor = ada, active = false }
  local di = Person { name = "Di", mentor = cy }
  ada.team:append(di)
  say(names(ada.team), di.boss == ada)
  s:add_all { di, cy, bo, ada }
  s:flush()
  cy.friends:append(di)
  s:flush()
  di.liked_by:append(ada)
  s:flush()
  step "flush order"
  local all = p.collect(s.identity_map:values(), function(x) return x end)
  table.sort(all, function(a, b) return a.id < b.id end)
  say(p.map(all, function(x) return { x.id, x.name } end))
  s:commit()
  step "walk"
  say(cy.boss.boss.name, names(ada.team), names(ada.active_team), names(bo.active_team))
  say(names(cy.friends), names(di.liked_by))
  step "joins"
  local boss = am.aliased(Person, { name = "boss" })
  say(s:execute(select(Person.name, boss.name):join(Person.boss:of_type(boss)):order_by(Person.id)):all())
  say(s:execute(select(Person.name, boss.name):outerjoin(boss, Person.boss):order_by(Person.name)):all())
  say(s:scalars(select(Person.name):where(Person.team:any { name = "Di" })):all())
  say(s:scalars(select(Person.name):where(Person.boss:has(Person.name:eq "Ada")):order_by(Person.name)):all())
  say(s:scalars(select(Person.name):where(Person.boss:eq(nil))):all())
  say(s:scalars(select(Person.name):where(Person.boss:ne(ada))):all())
  say(s:scalars(select(Person.name):where(Person.friends:contains(di)):order_by(Person.id)):all())
  step "two keys"
  local t = Task { title = "paint", owner = bo, reviewer = di }
  s:add(t)
  say(titles(bo.tasks), titles(di.reviews), titles(bo.reviews))
  s:flush()
  say(t.owner_id == bo.id, t.reviewer_id == di.id)
  t.reviewer, t.owner = t.owner, t.reviewer
  say(titles(bo.tasks), titles(bo.reviews))
  s:commit()
  step "wrong writes"
  ada.active_team:append(cy)
  s:commit()
  say(cy.boss.name, names(ada.active_team))
  step "delete the boss"
  s:delete(bo)
  s:flush()
  say(cy.boss_id, cy.boss)
  s:commit()
  say(s:execute(select(friends):order_by(friends.c.a_id, friends.c.b_id)):all())
end)
p.sql()

Base:model("Bad", {
  __tablename__ = "bad",
  id = Column(Integer, { primary_key = true }),
  one_id = Column(ForeignKey "person.id"),
  two_id = Column(ForeignKey "person.id"),
  person = am.relationship(Person),
})

p.error(am.configure_mappers)
