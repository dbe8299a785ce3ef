-- Discriminators that are expressions, single tables with relationships of their own, and what wrong mappings and
-- uses say.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_, forget, map = p.say, p.step, p.sql, p.error, p.forget, p.map
local Column, Integer, String, FK, select, inspect = am.Column, am.Integer, am.String, am.ForeignKey, am.select,
  am.inspect
local relationship, update = am.relationship, am.update

local Base = am.declarative_base()
local function class(obj) return inspect(obj).mapper.class_.__name__ end
local function unloaded(obj) return p.sorted(inspect(obj).unloaded) end
local id, amount, owner_id = Column(Integer, { primary_key = true }), Column(Integer, { nullable = false }),
  Column(FK("owner.id"))
local Account = Base:model("Account", {
  __tablename__ = "account",
  id = id, amount = amount, owner_id = owner_id,
  owner = relationship("Owner", { back_populates = "accounts", foreign_keys = owner_id }),
  entries = relationship("Entry", { back_populates = "account", order_by = "Entry.id",
    cascade = "all, delete-orphan" }),
  __mapper_args__ = { polymorphic_on = am.case({ amount:lt(0), "debt" }, { amount:gt(100), "rich" },
    { else_ = "plain" }),
    polymorphic_identity = "plain" },
  check = am.validates("amount", function(self, key, value)
    say("  check", class(self), key, value)
    return value
  end),
})
local Debt = Base:model("Debt", {
  __extends__ = Account,
  limit = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "debt" },
})
local perk, advisor_id = Column(String(10)), Column(FK("owner.id"))
local Rich = Base:model("Rich", {
  __extends__ = Account,
  perk = perk, advisor_id = advisor_id,
  advisor = relationship("Owner", { foreign_keys = advisor_id, back_populates = "advises" }),
  __mapper_args__ = { polymorphic_identity = "rich" },
})
local Owner = Base:model("Owner", {
  __tablename__ = "owner",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
  accounts = relationship(Account, { back_populates = "owner", foreign_keys = Account.owner_id,
    order_by = Account.id }),
  advises = relationship(Rich, { back_populates = "advisor", foreign_keys = Rich.advisor_id, order_by = Rich.id }),
})
local Entry = Base:model("Entry", {
  __tablename__ = "entry",
  id = Column(Integer, { primary_key = true }),
  text = Column(String(10)),
  account_id = Column(FK("account.id")),
  account = relationship(Account, { back_populates = "entries" }),
})
local e = p.engine()
Base.metadata:create_all(e)
forget()
local s = am.Session(e)
step "make"
local ann, bob = Owner{ id = 1, name = "ann" }, Owner{ id = 2, name = "bob" }
s:add_all{ ann, bob }
s:add_all{
  Account{ id = 1, amount = 50, owner = ann, entries = { Entry{ id = 1, text = "a" } } },
  Debt{ id = 2, amount = -5, limit = 9, owner = ann },
  Rich{ id = 3, amount = 500, perk = "car", owner = bob, advisor = ann, entries = { Entry{ id = 2, text = "b" },
    Entry{ id = 3, text = "c" } } },
}
s:commit()
sql()
say(map(ann.accounts, function(a) return { class(a), a.amount } end), map(ann.advises, function(a) return a.perk end))
sql()
step "queries by class"
s:expunge_all()
say(map(s:scalars(select(Account):order_by(Account.id)), function(a) return { class(a), a.id } end))
say(s:scalars(select(Debt.limit)):all(), s:scalars(select(Rich.perk):where(Rich.amount:gt(1))):all())
local function owners(cond) say(s:scalars(select(Owner.name):where(cond)):all()) end
owners(Owner.accounts:of_type(Debt):any())
owners(Owner.accounts:of_type(Rich):any(Rich.perk:eq("car")))
owners(Owner.advises:any{ perk = "car" })
say(s:scalars(select(Entry.text):where(Entry.account:of_type(Rich):has(Rich.perk:like("c%"))):order_by(Entry.id))
  :all())
local ra = am.aliased(Rich)
say(s:execute(select(Owner.name, ra.perk):join(ra, Owner.advises)):all())
say(s:execute(select(Owner.name, Account.amount):join(Owner.accounts:of_type(Debt)):order_by(Account.id)):all())
local wp = am.with_polymorphic(Account, { Debt, Rich })
say(map(s:scalars(select(wp):where(am.or_(wp.Debt.limit:eq(9), wp.Rich.perk:eq("car"))):order_by(wp.id)),
  function(a) return a.id end))
sql()
step "loads along"
s:expunge_all()
for o in s:scalars(select(Owner):options(am.selectinload(Owner.accounts:of_type(Rich)):joinedload(Rich.advisor),
  am.joinedload(Owner.advises)):order_by(Owner.id)):unique() do
  say(o.name, map(o.accounts, function(a) return { class(a), unloaded(a) } end), #o.advises)
end
sql()
step "changes of the value that tells"
local a = s:get(Account, 1)
a.amount = 900
s:commit()
say(class(a), a.amount)
s:expunge_all()
say(class(s:get(Account, 1)), s:get(Debt, 1), class(s:get(Rich, 1)))
s:expunge_all()
say(s:execute(update(Rich):values{ perk = "boat" }).rowcount, s:execute(am.delete(Debt)).rowcount,
  s:scalar(select(am.func.count(Account.id))))
sql()
s:rollback()
step "wrong"
error_(function() return s:get(Debt, 3).limit end)
error_(function() s:execute(select(Owner):join(Owner.accounts:of_type(Owner))) end)
error_(function() s:execute(select(Owner):options(am.joinedload(Owner.accounts:of_type(Entry)))) end)
error_(function() s:scalars(select(Owner):options(am.joinedload(Account.entries))):all() end)
error_(function() am.with_polymorphic(Account, { Owner }) end)
error_(function() s:execute(update(Account):values{ perk = "x" }) end)
error_(function() s:execute(update(Account):values{ nothing = "x" }) end)
s:expunge_all()
s:add(Rich{ id = 20, amount = 1, advisor = s:get(Owner, 1) })
s:flush()
say(s:scalars(select(Rich.amount):order_by(Rich.id)):all())
s:rollback()
s:add(Account{ id = 9 })
error_(function() s:flush() end)
s:rollback()

local function config(kw)
  local B = am.declarative_base()
  local P = B:model("P", { __tablename__ = "p", id = Column(Integer, { primary_key = true }), type = Column(String(5)),
    __mapper_args__ = kw.P or { polymorphic_on = "type", polymorphic_identity = "p" } })
  local body = { __extends__ = P, extra = Column(Integer), __mapper_args__ = kw.C or { polymorphic_identity = "c" } }
  for key, value in pairs(kw.more or {}) do body[key] = value end
  local C = B:model("C", body)
  am.configure_mappers()
  return C{ extra = 1 }.type
end
local function try(kw) error_(function() say(config(kw)) end) end
try {}
try { P = { polymorphic_on = "kind" } }
try { C = { polymorphic_identity = "p" } }
try { C = { polymorphic_on = "extra" } }
try { C = { version_id_col = "extra" } }
try { C = { inherits = Owner } }
try { more = { __tablename__ = "c" } }
try { more = { __tablename__ = "c", id = Column(Integer, { primary_key = true }) } }
try { more = { type = Column(String(9)) } }
try { more = { id = Column(Integer) } }
