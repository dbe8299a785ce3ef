-- Hybrids: properties, methods, expressions, setters, comparators, update expressions, in queries and bulk updates.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error
local select, func = am.select, am.func

-- A refusal for which Python has a class of its own, ValueError and the like.
local function refused(fn) say(pcall(fn) and "no error" or "refused") end

local Base = am.declarative_base()
local function map(list, fn)
  local out = {}
  for i, item in ipairs(list) do out[i] = fn(item) end
  return out
end

local Interval = Base:model("Interval", {
  __tablename__ = "intervals",
  id = am.Column(am.Integer, { primary_key = true }),
  start = am.Column(am.Integer, { nullable = false }),
  stop = am.Column("finish", am.Integer, { nullable = false }),
  length = am.hybrid_property(function(self) return self.stop - self.start end, {
    setter = function(self, value) self.stop = self.start + value end,
    update_expression = function(cls, value) return { { cls.stop, cls.start + value } } end,
  }),
  radius = am.hybrid_property(function(self) return math.abs(self.length) / 2 end, {
    expression = function(cls) return func.abs(cls.length) / 2 end,
  }),
  contains = am.hybrid_method(function(self, point) return self.start <= point and point <= self.stop end, {
    expression = function(cls, point) return am.and_(cls.start:le(point), cls.stop:ge(point)) end,
  }),
  touches = am.hybrid_method(function(self, other) return self.start == other.stop end, {
    expression = function(cls, other) return am.or_(cls.start:eq(other.stop), cls.stop:eq(other.start)) end,
  }),
})
local NoCase = am.Comparator.extend{
  eq = function(self, other) return func.lower(self:__clause_element__()):eq(func.lower(other)) end,
}

local Account
local User = Base:model("User", {
  __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }),
  first = am.Column(am.String(20)),
  last = am.Column(am.String(20)),
  accounts = am.relationship("Account", { back_populates = "owner", order_by = "Account.id" }),
  name = am.hybrid_property(function(self) return self.first .. " " .. self.last end),
  ci = am.hybrid_property(function(self) return self.first:lower() end, {
    comparator = function(cls) return NoCase(cls.first) end,
  }),
  balance = am.hybrid_property(function(self)
    local sum = 0
    for _, account in ipairs(self.accounts) do sum = sum + account.amount end
    return sum
  end, {
    expression = function(cls)
      return select(func.coalesce(func.sum(Account.amount), 0)):where(Account.user_id:eq(cls.id)):label("balance")
    end,
  }),
  rank = am.hybrid_property(function(self) return self.id > 1 and "high" or "low" end, {
    expression = function(cls) return am.case({ cls.id:gt(1), "high" }, { else_ = "low" }) end,
  }),
})
Account = Base:model("Account", {
  __tablename__ = "accounts",
  id = am.Column(am.Integer, { primary_key = true }),
  user_id = am.Column(am.ForeignKey("users.id")),
  amount = am.Column(am.Integer),
  owner = am.relationship(User, { back_populates = "accounts" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local i = Interval{ start = 5, stop = 10 }
say(i.length, i:contains(7), i:contains(11), i.radius)
i.length = 12
say(i.stop, i:touches(Interval{ start = 1, stop = 5 }))
say(Interval.length, Interval.radius)
say(select(Interval.length))
say(select(Interval):where(Interval.length:gt(5)):order_by(Interval.length:desc()))
say(select(Interval):where(Interval:contains(7)))
local A = am.aliased(Interval)
say(select(Interval.id, A.id):where(Interval:touches(A), A:contains(3)))
say(select(A.length, A.radius))
say(select(Interval.radius:label("r")):order_by("r"))
say(select(User.name), select(User):filter_by{ name = "Ann Lee" })
say(select(User):where(User.ci:eq("ANN")), select(User.rank))
say(select(User):where(User.balance:gt(5)))
say(select(User.id, User.balance):order_by(User.balance))
say(User.name.key, select(User.name:label("full")))
say(am.inspect(User).all_orm_descriptors:contains("name"),
  am.inspect(User).all_orm_descriptors.name.extension_type.name)
say(am.inspect(Interval).all_orm_descriptors.contains.extension_type.name, am.inspect(User).attrs:contains("name"))
am.Session(e, function(s)
  s:add_all{ Interval{ start = 0, stop = 4 }, Interval{ start = 4, stop = 10 }, Interval{ start = 20, stop = 21 } }
  s:add_all{ User{ first = "Ann", last = "Lee", accounts = { Account{ amount = 5 }, Account{ amount = 6 } } },
    User{ first = "bob", last = "Low" } }
  s:flush()
  step "where"
  say(s:scalars(select(Interval.id):where(Interval.length:gt(3)):order_by(Interval.id)):all())
  say(s:scalars(select(Interval.id):where(Interval:contains(4)):order_by(Interval.id)):all())
  say(s:execute(select(Interval.id, A.id):where(Interval:touches(A)):order_by(Interval.id)):all())
  step "row names"
  local row = s:execute(select(User.name, User.rank, User.balance):order_by(User.id)):first()
  say(row._fields, row.name, row.rank, row.balance)
  say(s:scalars(select(User.first):where(User.ci:eq("ANN"))):all(),
    s:scalars(select(User.first):where(User.name:eq("bob Low"))):all())
  say(map(s:scalars(select(User):order_by(User.id)):all(), function(u) return u.balance end))
  step "bulk update"
  s:execute(am.update(Interval):where(Interval.start:eq(4)):values{ [Interval.length] = 3 })
  say(map(s:scalars(select(Interval):order_by(Interval.id)):all(), function(x)
    return { x.start, x.stop, x.length }
  end))
  step "evaluated in the session"
  local first = s:get(Interval, 1)
  s:execute(am.update(Interval):where(Interval.length:eq(4)):values{ start = 1 }
    :execution_options{ synchronize_session = "evaluate" })
  say(first.start)
  step "legacy query"
  say(s:query(User.name):filter(User.name:like("A%")):order_by(User.name):all())
  say(s:query(Interval):filter(Interval:contains(20)):count())
  step "wrong"
  refused(function() s:get(User, 1).name = "x" end)
  error_of(function() return select(User):filter_by{ nam = "x" } end)
  error_of(function() s:execute(am.update(User):values{ [User.name] = "x" }) end)
  s:rollback()
end)
p.sql()
