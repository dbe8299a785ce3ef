-- The programs of the page about hybrid attributes: lengths of intervals, names with setters, inplace and update
-- expressions, correlated relationships, comparators, value objects, currency conversion.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map


local Base = am.declarative_base()

local Interval = Base:model("Interval", {
  __tablename__ = "interval",
  id = am.Column(am.Integer, { primary_key = true }),
  start = am.Column(am.Integer),
  ["end"] = am.Column(am.Integer),
  length = am.hybrid_property(function(self) return self["end"] - self.start end, {
    setter = function(self, value) self["end"] = self.start + value end,
  }),
  contains = am.hybrid_method(function(self, point)
    return am.and_(self.start:le(point), self["end"]:ge(point))
  end),
  intersects = am.hybrid_method(function(self, other)
    return am.or_(self:contains(other.start), self:contains(other["end"]))
  end),
  radius = am.hybrid_property(function(self) return math.abs(self.length) / 2 end, {
    expression = function(cls) return am.func.abs(cls.length) / 2 end,
  }),
})

local Person = Base:model("Person", {
  __tablename__ = "person",
  id = am.Column(am.Integer, { primary_key = true }),
  first_name = am.Column(am.String(20)),
  last_name = am.Column(am.String(20)),
  name = am.hybrid_property(function(self) return self.first_name .. " " .. self.last_name end, {
    update_expression = function(cls, value)
      local f, l = value:match("^(%S+) (.*)$")
      return { { cls.first_name, f }, { cls.last_name, l } }
    end,
    setter = function(self, value) self.first_name, self.last_name = value:match("^(%S+) (.*)$") end,
  }),
})

local Account = Base:model("Account", {
  __tablename__ = "account",
  id = am.Column(am.Integer, { primary_key = true }),
  user_id = am.Column(am.ForeignKey("user_.id")),
  balance = am.Column(am.Numeric(15, 5)),
  owner = am.relationship("User", { back_populates = "accounts" }),
})

local User = Base:model("User", {
  __tablename__ = "user_",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(100), { nullable = false }),
  accounts = am.relationship(Account, { back_populates = "owner", lazy = "selectin", order_by = Account.id }),
  balance = am.hybrid_property(function(self) return #self.accounts > 0 and self.accounts[1].balance or nil end, {
    setter = function(self, value)
      local account = self.accounts[1] or Account{ owner = self }
      account.balance = value
    end,
    expression = function() return Account.balance end,
  }),
  total = am.hybrid_property(function(self)
    local sum = am.decimal("0")
    for _, acc in ipairs(self.accounts) do sum = sum + acc.balance end
    return sum
  end, {
    expression = function(cls)
      return am.select(am.func.sum(Account.balance)):where(Account.user_id:eq(cls.id)):label("total_balance")
    end,
  }),
})

local CaseInsensitiveComparator = am.Comparator:extend{
  eq = function(self, other) return am.func.lower(self:__clause_element__()):eq(am.func.lower(other)) end,
}

local SearchWord = Base:model("SearchWord", {
  __tablename__ = "searchword",
  id = am.Column(am.Integer, { primary_key = true }),
  word = am.Column(am.String(255), { nullable = false }),
  word_insensitive = am.hybrid_property(function(self) return self.word:lower() end, {
    comparator = function(cls) return CaseInsensitiveComparator(cls.word) end,
  }),
})

local select, aliased = am.select, am.aliased
local e = parity.engine()
Base.metadata:create_all(e)
parity.forget()
local s = am.Session(e)
step("intervals")
local i1 = Interval{ id = 1, start = 5, ["end"] = 10 }
say(i1.length, i1.radius)
i1.length = 12
say(i1["end"])
say(Interval.length, Interval.radius)
say(select(Interval):where(Interval.length:gt(10)))
say(select(Interval.length, Interval.radius))
say(select(Interval):filter_by{ length = 5 })
say(select(Interval):where(Interval:contains(15)))
local ia = aliased(Interval)
say(select(Interval, ia):where(Interval:intersects(ia)))
say(select(ia.length):where(ia.radius:gt(3)))
s:add_all{ i1, Interval{ id = 2, start = 1, ["end"] = 3 }, Interval{ id = 3, start = 16, ["end"] = 30 } }
s:flush()
say(s:scalars(select(Interval.id):where(Interval.length:gt(5)):order_by(Interval.length:desc())):all())
say(s:execute(select(Interval.id, ia.id):where(Interval:intersects(ia), Interval.id:ne(ia.id))):all())
say(map(s:execute(select(Interval.id, Interval.length):order_by(Interval.id)),
  function(r) return { r.id, r.length } end))
sql()
step("bulk update")
local p = Person{ id = 1, first_name = "fn1", last_name = "ln1" }
s:add(p)
s:flush()
parity.forget()
s:execute(am.update(Person):values{ [Person.name] = "Dr. No" }, nil,
  { execution_options = { synchronize_session = false } })
sql()
s:refresh(p)
say(p.name)
s:execute(am.update(Person):where(Person.name:eq("Dr. No")):values{ name = "James Bond" }, nil,
  { execution_options = { synchronize_session = "fetch" } })
say(p.first_name, p.last_name)
p.name = "Ernst Stavro Blofeld"
s:flush()
sql()
say(p.last_name, s:scalar(select(Person.name)))
sql()
step("relationships")
local u1, u2 = User{ id = 1, name = "ed" }, User{ id = 2, name = "jo" }
u1.balance = am.decimal("10")
s:add_all{ u1, u2 }
u1.accounts:append(Account{ balance = am.decimal("7.5") })
s:commit()
sql()
say(u1.balance, u1.total, u2.balance, u2.total)
say(select(User, User.balance):join(User.accounts):filter(User.balance:gt(5000)))
say(select(User, User.balance):outerjoin(User.accounts):filter(am.or_(User.balance:lt(5000),
  User.balance:eq(am.null_()))))
say(select(User):filter(User.total:gt(400)))
sql()
say(map(s:scalars(select(User):filter(User.total:gt(15))), function(u) return u.name end))
say(s:execute(select(User.name, User.total):order_by(User.total:desc():nulls_last())):all())
sql()
step("comparators")
s:add_all{ SearchWord{ id = 1, word = "Trucks" }, SearchWord{ id = 2, word = "trucks" },
  SearchWord{ id = 3, word = "cars" } }
s:flush()
say(select(SearchWord):filter_by{ word_insensitive = "Trucks" })
say(s:scalars(select(SearchWord.id):where(SearchWord.word_insensitive:eq("TRUCKS")):order_by(SearchWord.id)):all())
say(s:get(SearchWord, 1).word_insensitive)
local sw1, sw2 = aliased(SearchWord), aliased(SearchWord)
local pairs_of = select(sw1.id, sw2.id):where(sw1.word_insensitive:eq(sw2.word_insensitive), sw1.id:lt(sw2.id))
say(pairs_of)
say(s:execute(pairs_of):all())
sql()
step("errors")
parity.refused(function() u1.total = 5 end)
parity.error(function() s:execute(am.update(Interval):values{ radius = 5 }) end)
say(parity.sorted(am.inspect(Interval).all_orm_descriptors:keys()))
