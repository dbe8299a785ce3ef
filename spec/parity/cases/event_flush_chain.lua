-- Listeners that work on each other: a journal written in before_flush, totals in mapper events, queries in a flush.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map = parity.say, parity.step, parity.map
local select, func, update, inspect, listen = am.select, am.func, am.update, am.inspect, am.event.listen

local Base = am.declarative_base()
local Account = Base:model("Account", {
  __tablename__ = "account",
  id = am.Column(am.Integer, { primary_key = true }),
  owner = am.Column(am.String(20)),
  balance = am.Column(am.Integer, { default = 0 }),
  moves = am.relationship("Move", { back_populates = "account", order_by = "Move.id", cascade = "all, delete-orphan" }),
})
local Move = Base:model("Move", {
  __tablename__ = "move",
  id = am.Column(am.Integer, { primary_key = true }),
  amount = am.Column(am.Integer),
  account_id = am.Column(am.ForeignKey("account.id")),
  account = am.relationship("Account", { back_populates = "moves" }),
})
local Journal = Base:model("Journal", {
  __tablename__ = "journal",
  id = am.Column(am.Integer, { primary_key = true }),
  entry = am.Column(am.String(80)),
})

local function class(o) return inspect(o).mapper.class_.__name__ end
local function ordered(objects)
  table.sort(objects, function(x, y)
    if class(x) ~= class(y) then return class(x) < class(y) end
    return x.id < y.id
  end)
  return objects
end
local JOURNALED = { owner = true, balance = true, amount = true }

local function journal(session)
  local dirty = parity.collect(session.dirty, function(o) return session:is_modified(o) and o or nil end)
  for _, o in ipairs(ordered(dirty)) do
    for attr in inspect(o).attrs do
      local h = attr.history
      if h:has_changes() and JOURNALED[attr.key] then
        session:add(Journal{ entry = ("%s %s %s->%s"):format(class(o), attr.key, parity.fmt(h.deleted),
          parity.fmt(h.added)) })
      end
    end
  end
  for _, o in ipairs(ordered(parity.collect(session.deleted, function(o) return o end))) do
    session:add(Journal{ entry = ("deleted %s %d"):format(class(o), o.id) })
  end
end
listen(am.Session, "before_flush", journal)
listen(Move, "after_insert", function(_, connection, move)
  local t = Account.__table__
  connection:execute(update(t):where(t.c.id:eq(move.account_id)):values{ balance = t.c.balance + move.amount })
  local session = inspect(move).session
  if inspect(move.account).persistent then session:expire(move.account, { "balance" }) end
end)
listen(Move, "before_insert", function(_, connection, move)
  local t = Move.__table__
  local n = connection:execute(select(func.count()):select_from(t):where(t.c.account_id:eq(move.account_id))):scalar()
  say("  before_insert sees", n)
end)
local function look(session)
  say("  after_flush", parity.sorted(map(session.new, class)), #session.dirty,
    parity.collect(session.new, function(o)
      if class(o) == "Account" then return inspect(o).attrs.id.history.added end
    end))
end
listen(am.Session, "after_flush", look)
local function once_more(session)
  local later = session.info.later or {}
  session.info.later = nil
  for _, o in ipairs(later) do session:add(o) end
end
listen(am.Session, "after_flush_postexec", once_more)

local eng = parity.engine()
Base.metadata:create_all(eng)
parity.forget()
local s = am.Session(eng)
step("insert")
local a = Account{ owner = "ann", moves = { Move{ amount = 5 }, Move{ amount = 7 } } }
s:add(a)
s:flush()
say(a.balance)
step("change")
a.owner = "bob"
a.moves[1].amount = 6
a.moves:append(Move{ amount = -2 })
s:commit()
say(a.balance, s:scalars(select(Journal.entry):order_by(Journal.id)):all())
step("no net change")
a.owner = "bob"
s:flush()
a.owner = "cid"
a.owner = "bob"
s:flush()
step("more after the flush")
s.info.later = { Journal{ entry = "late" } }
a.owner = "dee"
s:flush()
say(#s.new)
s:commit()
say(s:scalar(select(func.count(Journal.id))))
step("a delete")
local gone = a.moves:pop()
s:flush()
say(inspect(gone).deleted, s:scalars(select(Journal.entry):order_by(Journal.id:desc()):limit(1)):one())
step("a query that flushes in a listener")
local function ask(_, _, target)
  local session = am.object_session(target)
  session:no_autoflush(function()
    say("  names", session:scalars(select(Account.owner):order_by(Account.id)):all())
  end)
end
listen(Account, "before_update", ask)
a.owner = "eve"
say(s:scalar(select(func.count(Account.id)):where(Account.owner:eq("eve"))))
am.event.remove(Account, "before_update", ask)
step("only some objects")
local b, c = Account{ owner = "b" }, Account{ owner = "c" }
s:add_all{ b, c }
s:flush{ b }
say(inspect(b).persistent, inspect(c).pending)
s:rollback()
say(a.owner, inspect(b).transient, s:scalars(select(Account.owner)):all())
for _, pair in ipairs { { "before_flush", journal }, { "after_flush", look }, { "after_flush_postexec", once_more } } do
  am.event.remove(am.Session, pair[1], pair[2])
end
step("end")
s:close()
