-- Optimistic locking in a bank: versions by number and by text, savepoints, a stale row, merge, bulk changes.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, Numeric, ForeignKey = am.Column, am.Integer, am.String, am.Numeric, am.ForeignKey
local select, func, inspect, relationship, update, decimal =
  am.select, am.func, am.inspect, am.relationship, am.update, am.decimal

local Base = am.declarative_base()
local Customer = Base:model("Customer", {
  __tablename__ = "customer",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
  accounts = relationship("Account", { back_populates = "owner", cascade = "save-update, merge",
    passive_deletes = "all", order_by = "Account.id" }),
})
local Account = Base:model("Account", {
  __tablename__ = "account",
  id = Column(Integer, { primary_key = true }),
  kind = Column(String(10)),
  owner_id = Column(ForeignKey("customer.id")),
  balance = Column(Numeric(10, 2), am.CheckConstraint("balance >= -100", { name = "ck_balance" }),
    { default = decimal("0") }),
  version = Column(Integer, { nullable = false }),
  owner = relationship(Customer, { back_populates = "accounts" }),
  entries = relationship("Entry", { back_populates = "account", order_by = "Entry.id", cascade = "all" }),
  __mapper_args__ = { version_id_col = "version", polymorphic_on = "kind", polymorphic_identity = "plain" },
})
local Savings = Base:model("Savings", {
  __extends__ = Account,
  __tablename__ = "savings",
  id = Column(ForeignKey("account.id"), { primary_key = true }),
  rate = Column(Numeric(4, 3), { default = decimal("0.025") }),
  __mapper_args__ = { polymorphic_identity = "savings" },
})
local Entry = Base:model("Entry", {
  __tablename__ = "entry",
  id = Column(Integer, { primary_key = true }),
  account_id = Column(ForeignKey("account.id"), { nullable = false }),
  amount = Column(Numeric(10, 2), { nullable = false }),
  text = Column(String(20)),
  account = relationship(Account, { back_populates = "entries" }),
  stamp = Column(String(36), { nullable = false }),
  __mapper_args__ = { version_id_col = "stamp",
    version_id_generator = function(v) return "v" .. (v and tonumber(v:sub(2)) + 1 or 1) end },
})
function Account:book(amount, text)
  self.balance = self.balance + amount
  self.entries:append(Entry{ amount = amount, text = text })
  return self
end
local function transfer(session, a, b, amount)
  return session:begin_nested(function(tx)
    a:book(-amount, "to " .. b.id)
    b:book(amount, "from " .. a.id)
    session:flush()
    if a.balance < decimal(0) then error("poor", 0) end
    return tx.nested
  end)
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local make = am.sessionmaker(e)
local s = make()
step "open"
local ann = Customer{ id = 1, name = "ann" }
local giro = Account{ id = 1, owner = ann, balance = decimal("100") }
local sav = Savings{ id = 2, balance = decimal("50.50") }
ann.accounts:append(sav)
s:add(ann)
say(giro.version, s.new:contains(giro), p.map(ann.accounts, function(a) return a.id end))
ann.accounts = { giro, sav }
s:commit()
say(giro.version, sav.version, giro.kind, sav.rate)
step "transfer"
say(transfer(s, giro, sav, decimal("30.25")))
say(giro.balance, sav.balance, giro.version, p.map(giro.entries, function(x) return { x.amount, x.text, x.stamp } end))
s:commit()
step "refused"
local ok, x = pcall(transfer, s, giro, sav, decimal("500"))
if not ok then
  if x == "poor" then say("poor") else say("other", x.name) end
end
say(giro.balance, #giro.entries, sav.version)
ok, x = pcall(transfer, s, giro, sav, decimal("100"))
if not ok and x == "poor" then say("poor", s:in_nested_transaction(), s:in_transaction()) end
say(giro.balance, p.map(giro.entries, function(y) return y.text end), s.new)
s:commit()
step "stale by another connection"
say(giro.balance, sav.rate)
local t = Account.__table__
s:connection():begin_nested(function()
  s:connection():execute(update(t):where(t.c.id:eq(1)):values{ version = t.c.version + 1 })
end)
giro.balance = decimal("1")
ok, x = pcall(s.flush, s)
if not ok and am.exc.is(x, am.exc.StaleDataError) then say("stale", x.name) end
s:rollback()
say(giro.balance, giro.version)
step "child table only"
sav.rate = decimal("0.030")
s:flush()
say(sav.version, inspect(sav).attrs.version.history)
step "entry versions"
local entry = giro.entries[1]
entry.text = "changed"
s:flush()
say(entry.stamp)
entry.stamp = "v1"
entry.text = "back"
p.error(function() s:flush() end)
s:rollback()
say(giro.entries[1].stamp, giro.entries[1].text)
step "savepoints by hand"
local sp1 = s:begin_nested()
giro:book(decimal("1"), "one")
local sp2 = s:begin_nested()
giro:book(decimal("2"), "two")
say(s:get_nested_transaction() == sp2, sp2.parent == sp1, sp1.is_active, sp2.is_active)
sp2:rollback()
say(giro.balance, #giro.entries, s:get_nested_transaction() == sp1)
sp1:commit()
p.error(function() sp1:commit() end)
say(giro.balance, giro.version)
s:rollback()
say(giro.balance, #giro.entries)
step "check constraint in a savepoint"
ok, x = pcall(s.begin_nested, s, function() sav.balance = decimal("-200") end)
if not ok then say(x.name) end
say(sav.balance, s.is_active)
step "merge an old copy"
s:commit()
local old = Savings{ id = 2, balance = decimal("7"), version = 1 }
p.error(function() s:merge(old) end)
s:rollback()
local fresh = Savings{ id = 2, balance = decimal("7"), version = sav.version }
local m = s:merge(fresh)
say(m == sav, s.dirty:contains(m), m.rate)
s:commit()
say(sav.version)
step "bulk versions"
s:execute(update(Account):where(Account.balance:gt(10)):values{ balance = Account.balance * 2 })
say(giro.balance, giro.version)
s:bulk_update_mappings(Account, { { id = 1, balance = decimal("5"), version = giro.version } })
s:commit()
say(giro.balance, giro.version)
step "get for update and refresh"
local giro2 = s:get(Account, 1, { with_for_update = true })
say(giro2 == giro)
s:refresh(giro, nil, { with_for_update = { nowait = true } })
say(s:get(Savings, 1), s:get(Savings, 2).rate)
step "delete"
s:delete(ann)
p.error(function() s:commit() end)
s:rollback()
s:delete(giro)
s:connection():execute(update(t):where(t.c.id:eq(1)):values{ version = 77 })
p.error(function() s:flush() end)
s:rollback()
s:delete(sav)
s:delete(giro)
s:delete(ann)
s:commit()
say(p.map({ ann, giro, sav }, function(y) return inspect(y).detached end), s:scalar(select(func.count(Entry.id))))
s:close()
p.sql()
