-- Hybrids with expression, setter, update_expression and comparator, beside synonyms and column properties.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, func = p.say, p.step, am.select, am.func
local Column, String, Integer = am.Column, am.String, am.Integer

local Base = am.declarative_base()

local function NoCase(clause)
  return {
    __clause_element__ = function() return clause end,
    eq = function(_, other) return func.lower(clause):eq(func.lower(other)) end,
    in_ = function(_, others)
      return func.lower(clause):in_(p.map(others, function(o) return o:lower() end))
    end,
  }
end

local Entry = Base:model("Entry", {
  __tablename__ = "entry",
  id = Column(Integer, { primary_key = true }),
  account_id = Column(am.ForeignKey "account.id"),
  amount = Column(Integer, { nullable = false }),
})

local id = Column(Integer, { primary_key = true })
local first, last = Column(String(20)), Column(String(20))

local Account = Base:model("Account", {
  __tablename__ = "account",
  id = id,
  first = first,
  last = last,
  cents = Column(Integer, { default = 0 }),
  limit_ = Column("credit_limit", Integer, { default = 100 }),
  surname = am.synonym "last",
  entries = am.relationship(Entry, { order_by = Entry.id }),
  full = am.column_property(first .. " " .. last),
  total = am.column_property(select(func.coalesce(func.sum(Entry.amount), 0)):where(Entry.account_id:eq(id))
    :correlate_except(Entry):scalar_subquery()),
  euros = am.hybrid_property(function(self) return self.cents / 100 end, {
    setter = function(self, value) self.cents = value * 100 end,
    update_expression = function(cls, value) return { { cls.cents, value * 100 } } end,
  }),
  balance = am.hybrid_property(function(self)
    local sum = 0
    for _, x in ipairs(self.entries) do sum = sum + x.amount end
    return sum
  end, {
    expression = function(cls)
      return select(func.coalesce(func.sum(Entry.amount), 0)):where(Entry.account_id:eq(cls.id)):label "balance"
    end,
  }),
  name_nc = am.hybrid_property(function(self) return self.last:lower() end, {
    comparator = function(cls) return NoCase(cls.last) end,
  }),
  richer_than = am.hybrid_method(function(self, cents) return self.cents > cents end, {
    expression = function(cls, cents) return cls.cents:gt(cents) end,
  }),
  within = am.hybrid_method(function(self, low, high) return low <= self.cents and self.cents <= high end, {
    expression = function(cls, low, high) return cls.cents:between(low, high) end,
  }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
am.Session(e, function(s)
  local ann = Account { first = "Ann", last = "Lee", cents = 500,
    entries = { Entry { amount = 5 }, Entry { amount = 7 } } }
  local bob = Account { first = "Bob", surname = "Ray", cents = 50 }
  s:add_all { ann, bob }
  say(ann.surname, bob.last, ann.full, ann:richer_than(499), ann:within(1, 2), ann.balance)
  s:commit()
  step "read"
  say(ann.full, ann.total, bob.total)
  p.sql()
  say(ann.balance, ann.name_nc, ann.euros == 5)
  step "setter"
  ann.euros = 8
  say(ann.cents)
  bob.surname = "Roy"
  say(am.inspect(bob).attrs.last.history)
  s:commit()
  step "queries"
  say(s:scalars(select(Account.first):where(Account.surname:eq "Roy")):all())
  say(s:scalars(select(Account.first):where(Account.name_nc:eq "LEE")):all())
  say(s:scalars(select(Account.first):where(Account.name_nc:in_ { "ROY", "Lee" }):order_by(Account.full)):all())
  say(s:scalars(select(Account.first):where(Account:richer_than(100))):all())
  say(s:scalars(select(Account.first):where(Account:within(0, 60))):all())
  say(s:execute(select(Account.first, Account.balance):order_by(Account.balance:desc())):all())
  say(s:scalars(select(Account.first):where(Account.balance:gt(3))):all())
  say(s:execute(select(Account.full, Account.total):filter(Account.total:eq(0))):all())
  step "aliased"
  local other = am.aliased(Account, { name = "other" })
  say(select(other.full, other:within(1, 2), other.surname))
  say(s:scalars(select(other.first):where(other.name_nc:eq "roy")):all())
  step "bulk update"
  s:execute(am.update(Account):where(Account.first:eq "Bob"):values { [Account.euros] = 3 })
  say(bob.cents)
  s:execute(am.update(Account):values { [Account.surname] = "Kay" })
  say(s:scalars(select(Account.full):order_by(Account.id)):all())
  step "descriptors"
  say(p.sorted(am.inspect(Account).all_orm_descriptors:keys()))
  say(am.inspect(Account).synonyms:keys(), am.inspect(Account).column_attrs:keys())
end)
p.sql()
