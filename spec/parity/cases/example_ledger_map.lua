-- A dictionary over a dynamic relationship, and a write only one beside it: nothing is loaded but what is asked for.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, func, inspect, relationship = am.select, am.func, am.inspect, am.relationship

local Base = am.declarative_base()

local Lookup = {}
Lookup.__index = Lookup
function Lookup:source() return self.parent[self.name] end
function Lookup:keys()
  local column = self.item[self.key]
  return map(self:source():order_by(column):with_entities(column), function(row) return row[1] end)
end
function Lookup:find(key) return self:source():filter_by{ [self.key] = key }:first() end
function Lookup:put(key, value)
  local old = self:find(key)
  if old ~= nil then self:source():remove(old) end
  value[self.key] = key
  self:source():append(value)
end

local Account = Base:model("Account", {
  __tablename__ = "accounts",
  id = Column(Integer, { primary_key = true }),
  owner = Column(String(20)),
  entries = relationship("Entry", { lazy = "dynamic", cascade = "all, delete-orphan", back_populates = "account" }),
  notes = relationship("Note", { lazy = "write_only", cascade = "all, delete-orphan", passive_deletes = true,
    order_by = "Note.id" }),
})

local Entry = Base:model("Entry", {
  __tablename__ = "entries",
  id = Column(Integer, { primary_key = true }),
  code = Column(String(9)),
  amount = Column(Integer),
  account_id = Column(ForeignKey("accounts.id")),
  account = relationship(Account, { back_populates = "entries" }),
})
function Account:book() return setmetatable({ parent = self, name = "entries", item = Entry, key = "code" }, Lookup) end

local Note = Base:model("Note", {
  __tablename__ = "notes",
  id = Column(Integer, { primary_key = true }),
  text = Column(String(20)),
  account_id = Column(ForeignKey("accounts.id", { ondelete = "CASCADE" })),
})

local e = p.engine()
if not p.is_postgresql then
  am.event.listen(e, "connect", function(c) c:execute("pragma foreign_keys = on") end)
end
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local function codes(items) return map(items, function(x) return x.code end) end
local function texts(items) return map(items, function(x) return x.text end) end
step "a dictionary"
local acc = Account{ owner = "ann" }
session:add(acc)
acc:book():put("rent", Entry{ amount = 700 })
acc:book():put("food", Entry{ amount = 90 })
say(acc:book():keys(), acc:book():find("food").amount, acc:book():find("none"))
step "replace"
acc:book():put("food", Entry{ amount = 95 })
say({ #inspect(acc).attrs.entries.history.added, #inspect(acc).attrs.entries.history.deleted })
say(acc:book():keys(), acc.entries:count(), session:scalar(select(func.count(Entry.id))))
session:commit()
step "pages"
local more = {}
for i = 0, 4 do more[i + 1] = Entry{ code = "c" .. i, amount = i } end
acc.entries:extend(more)
session:commit()
local query = acc.entries:order_by(Entry.code)
say(codes(query:limit(2)), codes(query:slice(2, 4)), query:filter(Entry.amount:gt(3)):count())
if p.is_postgresql then
  say(acc.entries:with_entities(func.sum(Entry.amount)):scalar())
else
  say(query:with_entities(func.sum(Entry.amount)):order_by(nil):scalar())
end
say(acc.entries:filter_by{ code = "c1" }:one().account == acc, acc.entries:first() == nil,
  p.sorted(inspect(acc).unloaded))
local first = query:first()
acc.entries:remove(first)
say(first.account, session:contains(first))
session:commit()
say(inspect(first).detached, query:count())
acc.entries = { Entry{ code = "only", amount = 1 } }
session:commit()
say(codes(acc.entries))
step "an account that nobody has flushed"
local loose = Account{ owner = "new" }
loose.entries:append(Entry{ code = "z", amount = 3 })
say(codes(loose.entries))
p.error(function() return loose.entries:count() end)
step "write only"
acc.notes:add(Note{ text = "one" })
acc.notes:add_all{ Note{ text = "two" }, Note{ text = "three" } }
session:commit()
say(session:scalars(acc.notes:select()):first().text,
  texts(session:scalars(acc.notes:select():where(Note.text:like("t%")))))
session:execute(acc.notes:insert(), { { text = "four" }, { text = "five" } })
say(session:execute(acc.notes:update():where(Note.text:eq("four")):values{ text = "FOUR" }).rowcount)
say(session:execute(acc.notes:delete():where(Note.text:eq("five"))).rowcount)
say(texts(session:scalars(acc.notes:select())))
local one = session:scalars(acc.notes:select():limit(1)):one()
acc.notes:remove(one)
session:commit()
say(inspect(one).detached, texts(session:scalars(acc.notes:select())))
p.refused(function() return acc.notes[1].text end)
p.error(function() acc.notes = {} end)
session:rollback()
step "the owner goes"
session:delete(acc)
session:commit()
say(session:scalar(select(func.count(Note.id))), session:scalar(select(func.count(Entry.id))))
sql()
