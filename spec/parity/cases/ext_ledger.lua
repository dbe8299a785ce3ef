-- An accounting ledger: composite keys, entries that must balance and never change, running balances.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, Numeric, ForeignKey = am.Column, am.Integer, am.String, am.Numeric, am.ForeignKey
local select, func, decimal = am.select, am.func, am.decimal

local Base = am.declarative_base()

local Money = {}
Money.__index = Money
Money.__eq = function(a, b) return a.amount == b.amount and a.currency == b.currency end
setmetatable(Money, {
  __call = function(_, amount, currency) return setmetatable({ amount = amount, currency = currency }, Money) end,
})
function Money:__composite_values__() return self.amount, self.currency end

local Account = Base:model("Account", {
  __tablename__ = "account",
  book = Column(String(5), { primary_key = true }),
  number = Column(Integer, { primary_key = true, autoincrement = false }),
  name = Column(String(20), { nullable = false }),
  postings = am.relationship("Posting",
    { back_populates = "account", order_by = "Posting.entry_id, Posting.line", passive_deletes = "all" }),
})
local Entry = Base:model("Entry", {
  __tablename__ = "entry",
  id = Column(Integer, { primary_key = true }),
  day = Column(am.Date, { nullable = false }),
  note = Column(String(30)),
  reverses_id = Column(ForeignKey("entry.id")),
  postings = am.relationship("Posting",
    { back_populates = "entry", order_by = "Posting.line", cascade = "all, delete-orphan" }),
  reverses = am.relationship("Entry", { remote_side = "Entry.id", back_populates = "reversed_by" }),
  reversed_by = am.relationship("Entry", { back_populates = "reverses", uselist = false }),
})
local Posting = Base:model("Posting", {
  __tablename__ = "posting",
  __table_args__ = { am.ForeignKeyConstraint({ "book", "number" }, { "account.book", "account.number" }) },
  entry_id = Column(ForeignKey("entry.id"), { primary_key = true }),
  line = Column(Integer, { primary_key = true }),
  book = Column(String(5), { nullable = false }),
  number = Column(Integer, { nullable = false }),
  amount = Column(Numeric(12, 2), { nullable = false }),
  currency = Column(String(3), { nullable = false }),
  money = am.composite(Money, "amount", "currency"),
  account = am.relationship(Account, { back_populates = "postings" }),
  entry = am.relationship(Entry, { back_populates = "postings" }),
})

function Entry:post(account, amount)
  self.postings:append(Posting{ line = #self.postings + 1, account = account, money = Money(decimal(amount), "EUR") })
  return self
end

function Entry:reversal(day)
  local twin = Entry{ day = day, note = "reversal", reverses = self }
  for _, posting in ipairs(self.postings) do twin:post(posting.account, -posting.amount) end
  return twin
end

Account.balance = am.column_property(
  select(func.coalesce(func.sum(Posting.amount), 0))
    :where(Posting.book:eq(Account.book), Posting.number:eq(Account.number))
    :correlate_except(Posting):scalar_subquery(), { deferred = true })

local Maker = am.sessionmaker()
am.event.listen(Maker, "before_flush", function(session)
  for _, obj in ipairs(session.new) do
    if am.inspect(obj).class_ == Entry then
      local total = decimal("0")
      for _, x in ipairs(obj.postings) do total = total + x.amount end
      say("check", obj.note, #obj.postings, total)
      if total ~= decimal("0") then error({ unbalanced = obj.note }, 0) end
    end
  end
end)
am.event.listen(Posting, "before_update", function(_, _, target)
  local state = am.inspect(target)
  local changed = p.collect(state.mapper.column_attrs, function(a)
    return state.attrs[a.key].history:has_changes() and a.key or nil
  end)
  say("update", changed)
  if state.session:is_modified(target, { include_collections = false }) then
    error({ unbalanced = "postings do not change" }, 0)
  end
end)
local function refused(fn)
  local ok, x = pcall(fn)
  if not ok then say("refused", x.unbalanced) end
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = Maker{ bind = e, expire_on_commit = false }
step "accounts"
local cash = Account{ book = "main", number = 1000, name = "cash" }
local bank = Account{ book = "main", number = 1200, name = "bank" }
local sales = Account{ book = "main", number = 4000, name = "sales" }
s:add_all{ cash, bank, sales }
s:commit()
step "entries"
local one = Entry{ day = am.date(2026, 1, 15), note = "sale" }:post(cash, "100.00"):post(sales, "-100.00")
local two = Entry{ day = am.date(2026, 2, 1), note = "deposit" }:post(bank, "60.50"):post(cash, "-60.50")
s:add_all{ one, two }
s:commit()
say(one.id, p.map(one.postings, function(x) return { x.line, x.number, x.amount, x.money.currency } end))
step "unbalanced"
local bad = Entry{ day = am.date(2026, 2, 2), note = "bad" }:post(cash, "1"):post(bank, "1")
s:add(bad)
refused(function() s:commit() end)
say(s.new:contains(bad), s.is_active)
s:rollback()
say(am.inspect(bad).transient, p.map(bad.postings, function(x) return x.entry == bad end),
  am.inspect(bad.postings[1]).transient)
step "unchangeable"
local line = s:get(Posting, { 1, 2 })
line.money = Money(decimal("-99.00"), "EUR")
say(line.amount, am.inspect(line).attrs.amount.history, am.inspect(line).attrs.money.history:has_changes())
refused(function() s:flush() end)
s:rollback()
say(line.amount, line.money == Money(decimal("-100.00"), "EUR"))
step "balance"
s:expire_all()
say(p.map(s:scalars(select(Account):order_by(Account.number)), function(a) return { a.name, a.balance } end))
say(s:execute(select(Account.name, Account.balance):where(Account.balance:gt(0)):order_by(Account.balance)):all())
step "running balance"
local running = func.sum(Posting.amount):over{ partition_by = { Posting.book, Posting.number },
  order_by = { Entry.day, Posting.line }, rows = { nil, 0 } }
for row in s:execute(select(Account.name, Entry.day, Posting.amount, running:label("running"))
    :join(Posting.account):join(Posting.entry):order_by(Account.name, Entry.day)) do
  say(row)
end
step "trial balance"
local debit = func.sum(am.case({ Posting.amount:gt(0), Posting.amount }, { else_ = 0 })):label("debit")
local credit = func.sum(am.case({ Posting.amount:lt(0), -Posting.amount }, { else_ = 0 })):label("credit")
local per = select(Account.name:label("name"), debit, credit):join(Account.postings):group_by(Account.name)
local total = select(am.literal("total"), debit, credit)
for row in s:execute(am.union_all(per, total):order_by("name")) do say(row) end
step "reversal"
local back = one:reversal(am.date(2026, 2, 28))
s:add(back)
s:commit()
say(back.reverses == one, one.reversed_by == back, p.map(back.postings, function(x) return x.amount end))
say(s:scalars(select(Entry.id):where(Entry.reversed_by:has()):order_by(Entry.id)):all(),
  s:scalars(select(Entry.id):where(am.not_(Entry.reversed_by:has()), Entry.reverses:eq(nil))):all())
step "periods"
local month = am.extract("month", Entry.day):label("month")
for row in s:execute(select(month, func.count(Entry.id)):group_by(month):order_by(month)) do say(row.month, row[2]) end
say(s:scalars(select(Entry.note):where(am.between(Entry.day, am.date(2026, 2, 1), am.date(2026, 2, 28)))
  :order_by(Entry.day)):all())
step "keys in pairs"
say(s:scalars(select(Account.name)
  :where(am.tuple_(Account.book, Account.number):in_({ { "main", 1000 }, { "main", 4000 } }))
  :order_by(Account.name)):all())
say(s:scalars(select(Posting.entry_id):where(Posting.money:eq(Money(decimal("60.50"), "EUR")))):all())
say(s:scalars(select(Posting.entry_id):where(Posting.account:eq(bank))):all())
step "an account with postings stays"
s:delete(cash)
if p.is_postgresql then p.error(function() s:flush() end) else s:expunge(cash) end
s:rollback()
step "one line of two taken away"
two = s:get(Entry, 2, { options = { am.selectinload(Entry.postings) } })
two.postings:pop()
s:flush()
say(am.inspect(two).attrs.postings.history, s:scalar(select(func.count()):select_from(Posting)))
s:rollback()
say(#two.postings)
s:close()
p.sql()
