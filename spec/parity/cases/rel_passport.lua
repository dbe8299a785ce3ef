-- One to one: replacing, orphans, single parents, and what the old partner keeps.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer, ForeignKey = am.Column, am.String, am.Integer, am.ForeignKey

local Base = am.declarative_base()

local Citizen = Base:model("Citizen", {
  __tablename__ = "citizen",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  passport = am.relationship("Passport", { back_populates = "citizen", uselist = false,
    cascade = "all, delete-orphan" }),
  locker = am.relationship("Locker", { back_populates = "citizen", uselist = false }),
  home_id = Column(ForeignKey "home.id"),
  home = am.relationship("Home", { cascade = "all, delete-orphan", single_parent = true,
    backref = am.backref("citizen", { uselist = false }) }),
})

local Passport = Base:model("Passport", {
  __tablename__ = "passport",
  id = Column(Integer, { primary_key = true }),
  no = Column(String(20)),
  citizen_id = Column(ForeignKey "citizen.id", { nullable = false }),
  citizen = am.relationship(Citizen, { back_populates = "passport" }),
})

local Locker = Base:model("Locker", {
  __tablename__ = "locker",
  id = Column(Integer, { primary_key = true }),
  citizen_id = Column(ForeignKey "citizen.id"),
  citizen = am.relationship(Citizen, { back_populates = "locker" }),
})

local Home = Base:model("Home", {
  __tablename__ = "home",
  id = Column(Integer, { primary_key = true }),
  street = Column(String(20)),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
am.Session(e, function(s)
  local ann = Citizen { name = "Ann", passport = Passport { no = "A1" }, locker = Locker(),
    home = Home { street = "Elm" } }
  local bob = Citizen { name = "Bob" }
  say(ann.passport.citizen == ann, ann.home.citizen == ann, bob.passport, bob.locker)
  s:add_all { ann, bob }
  s:commit()
  step "replace an owned one"
  local old = ann.passport
  ann.passport = Passport { no = "A2" }
  say(old.citizen, am.inspect(ann).attrs.passport.history.deleted[1] == old)
  say(s:contains(old), am.inspect(old).persistent, s:contains(ann.passport))
  s:flush()
  say(am.inspect(old).deleted, s:contains(old))
  s:commit()
  say(am.inspect(old).detached, ann.passport.no)
  step "replace from the other side"
  local new = Passport { no = "A3" }
  new.citizen = ann
  say(ann.passport.no, s:contains(new))
  s:add(new)
  s:commit()
  say(s:scalars(select(Passport.no)):all())
  step "one that is not owned"
  local first = ann.locker
  ann.locker = Locker()
  say(first.citizen, first.citizen_id)
  s:flush()
  say(first.citizen_id, s:contains(first), s:scalar(select(am.func.count(Locker.id))))
  step "pass it on"
  bob.locker = ann.locker
  say(ann.locker, bob.locker.citizen.name)
  s:commit()
  say(s:execute(select(Citizen.name, Locker.id):join(Citizen.locker):order_by(Locker.id)):all())
  step "taken away"
  bob.passport = ann.passport
  say(ann.passport, bob.passport.no)
  s:commit()
  say(ann.passport, bob.passport.no, s:scalar(select(am.func.count(Passport.id))))
  step "None"
  bob.passport = nil
  s:commit()
  say(bob.passport, s:scalar(select(am.func.count(Passport.id))))
  step "single parent"
  p.error(function() bob.home = ann.home end)
  local home = ann.home
  ann.home = nil
  bob.home = home
  s:commit()
  say(ann.home, bob.home.street, home.citizen.name)
  bob.home = nil
  s:commit()
  say(am.inspect(home).detached, s:scalar(select(am.func.count(Home.id))))
  step "None again"
  ann.passport = Passport { no = "A4" }
  s:commit()
  ann.passport = nil
  say(ann.passport, am.inspect(ann).attrs.passport.history)
  s:commit()
  say(s:scalar(select(am.func.count(Passport.id))))
  step "an orphan may not be saved"
  s:add(Passport { no = "A5" })
  p.error(function() s:flush() end)
  s:rollback()
  step "two rows for a scalar"
  s:execute(am.insert(Locker), { { citizen_id = ann.id }, { citizen_id = ann.id } })
  say(ann.locker ~= nil, ann.locker.citizen == ann)
  s:rollback()
  say(s:scalars(select(Locker.citizen_id):order_by(Locker.id)):all())
end)
p.sql()
