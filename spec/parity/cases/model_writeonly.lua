-- Collections that are never loaded whole: dynamic and write_only; names that resolve late, and their errors.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error
local select, func = am.select, am.func

local function texts(rows)
  local out = {}
  for row in rows do out[#out + 1] = row.text end
  return out
end
local function list_texts(rows)
  local out = {}
  for i, row in ipairs(rows) do out[i] = row.text end
  return out
end
local function names(rows)
  local out = {}
  for row in rows do out[#out + 1] = row.name end
  return out
end

-- A refusal for which Python has a class of its own, ValueError and the like.
local function refused(fn) say(pcall(fn) and "no error" or "refused") end

local Base = am.declarative_base()
local member = am.Table("member", Base.metadata,
  am.Column("account_id", am.ForeignKey("accounts.id", { ondelete = "CASCADE" }), { primary_key = true }),
  am.Column("user_id", am.ForeignKey("users.id"), { primary_key = true }))
local Account = Base:model("Account", {
  __tablename__ = "accounts",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  entries = am.relationship("Entry", { lazy = "write_only", cascade = "all, delete-orphan", order_by = "Entry.id",
    passive_deletes = true }),
  logs = am.relationship("Log", { lazy = "dynamic", order_by = "Log.id", backref = "account",
    cascade = "all, delete-orphan" }),
  users = am.relationship("User", { secondary = member, lazy = "write_only", order_by = "User.name",
    passive_deletes = true }),
})
local Entry = Base:model("Entry", {
  __tablename__ = "entries",
  id = am.Column(am.Integer, { primary_key = true }),
  account_id = am.Column(am.ForeignKey("accounts.id", { ondelete = "CASCADE" })),
  text = am.Column(am.String(10)),
  amount = am.Column(am.Integer),
})
local Log = Base:model("Log", {
  __tablename__ = "logs",
  id = am.Column(am.Integer, { primary_key = true }),
  account_id = am.Column(am.ForeignKey("accounts.id")),
  text = am.Column(am.String(10)),
})
local User = Base:model("User", {
  __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "write_only"
local acc = Account{ name = "acc" }
acc.entries:add(Entry{ text = "one", amount = 1 })
acc.entries:add_all{ Entry{ text = "two", amount = 2 }, Entry{ text = "three", amount = 3 } }
s:add(acc)
s:commit()
step "select"
say(acc.entries:select())
say(texts(s:scalars(acc.entries:select():where(Entry.amount:gt(1)))))
local two = s:scalars(acc.entries:select():where(Entry.text:eq("two"))):one()
step "remove and add"
acc.entries:remove(two)
acc.entries:add(Entry{ text = "four", amount = 4 })
s:flush()
say(am.inspect(two).deleted or am.inspect(two).detached)
step "bulk"
s:execute(acc.entries:insert(), { { text = "five", amount = 5 }, { text = "six", amount = 6 } })
s:execute(acc.entries:update():values{ amount = Entry.amount + 10 }:where(Entry.text:eq("five")))
s:execute(acc.entries:delete():where(Entry.text:eq("one")))
say(s:execute(select(Entry.text, Entry.amount, Entry.account_id):order_by(Entry.id)):all())
step "assign"
refused(function() for _ in acc.entries do say("iterated") end end)
error_of(function() acc.entries = { Entry{ text = "new" } } end)
local fresh = Account{ name = "fresh", entries = { Entry{ text = "given" } } }
s:add(fresh)
s:commit()
step "many to many"
local ann, bob = User{ name = "ann" }, User{ name = "bob" }
acc.users:add_all{ ann, bob }
s:flush()
say(names(s:scalars(acc.users:select())))
acc.users:remove(ann)
s:flush()
say(acc.users:select())
step "dynamic"
acc.logs:append(Log{ text = "a" })
acc.logs:extend{ Log{ text = "b" }, Log{ text = "c" } }
say(texts(acc.logs))
say(acc.logs:count(), acc.logs:filter(Log.text:gt("a")):first().text, acc.logs:filter_by{ text = "c" }:one().text)
say(texts(acc.logs:order_by(nil):order_by(Log.text:desc()):limit(2)), texts(acc.logs:offset(1):limit(1)))
step "dynamic remove"
acc.logs:remove(acc.logs:filter_by{ text = "b" }:one())
s:flush()
say(list_texts(acc.logs:all()))
local other = Log{ text = "d", account = acc }
say(am.inspect(acc).attrs.logs.history.added)
s:flush()
say(acc.logs:count())
step "dynamic assign"
acc.logs = { other }
s:flush()
say(texts(acc.logs))
local transient = Account{ name = "t", logs = { Log{ text = "t1" } } }
say(texts(transient.logs))
step "delete"
s:commit()
s:delete(acc)
s:commit()
say(s:scalar(select(func.count()):select_from(Log)))
p.sql()
s:close()
step "late names"

local function attempt(title, target, options, two_keys, python)
  local late = am.declarative_base()
  late:model("Kid", {
    __tablename__ = "kids",
    id = am.Column(am.Integer, { primary_key = true }),
    top_id = am.Column(am.ForeignKey("tops.id")),
    other_id = two_keys and am.Column(am.ForeignKey("tops.id")) or am.Column(am.Integer),
  })
  local Top = late:model("Top", {
    __tablename__ = "tops",
    id = am.Column(am.Integer, { primary_key = true }),
    kids = am.relationship(target, options or {}),
  })
  say(title)
  local check = python and refused or error_of
  check(function()
    am.configure_mappers()
    say(Top.kids.property.primaryjoin)
  end)
  error_of(function() return Top{} end)
  am.clear_mappers()
end

attempt("good", "Kid", { primaryjoin = "Top.id == Kid.top_id", order_by = "Kid.id.desc()" })
attempt("no class", "Nobody")
attempt("no attribute", "Kid", { primaryjoin = "Top.id == Kid.nothing" }, false, true)
attempt("no table", "Kid", { secondary = "nothing" })
attempt("ambiguous", "Kid", {}, true)
attempt("chosen", "Kid", { foreign_keys = "Kid.other_id" }, true)
attempt("no foreign key", "Kid", { primaryjoin = "Top.id == Kid.other_id" })
attempt("foreign by name", "Kid", { primaryjoin = "Top.id == foreign(Kid.other_id)" })
attempt("no back side", "Kid", { back_populates = "nothing" })
attempt("wrong text", "Kid", { order_by = "Kid.id +" }, false, true)
attempt("wrong backref", "Kid", { backref = "id" })
