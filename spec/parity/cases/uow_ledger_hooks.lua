-- A flush seen through its events, with objects added, changed and deleted by the listeners on the way.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, String, Integer = am.Column, am.String, am.Integer

local Base = am.declarative_base()

local Account = Base:model("Account", {
  __tablename__ = "account",
  id = Column(Integer, { primary_key = true }),
  owner = Column(String(20)),
  balance = Column(Integer, { default = 0 }),
  moves = am.relationship("Move", { back_populates = "account", cascade = "all, delete-orphan", order_by = "Move.id" }),
})

local Move = Base:model("Move", {
  __tablename__ = "move",
  id = Column(Integer, { primary_key = true }),
  amount = Column(Integer),
  account_id = Column(am.ForeignKey "account.id"),
  account = am.relationship(Account, { back_populates = "moves" }),
})

local Trail = Base:model("Trail", {
  __tablename__ = "trail",
  id = Column(Integer, { primary_key = true }),
  what = Column(String(60)),
})

local function is_a(obj, cls) return am.inspect(obj).mapper.class_ == cls end

local function label(obj)
  if is_a(obj, Account) then return obj.owner end
  return is_a(obj, Move) and "move " .. obj.amount or "trail"
end

for _, cls in ipairs { Account, Move } do
  for _, name in ipairs { "before_insert", "after_insert", "before_update", "after_update", "before_delete",
    "after_delete" } do
    am.event.listen(cls, name, function(mapper, _, target) say(" ", name, mapper.class_, label(target)) end)
  end
end

am.event.listen(Move, "after_insert", function(_, connection, target)
  local t = Account.__table__
  connection:execute(am.update(t):where(t.c.id:eq(target.account_id)):values { balance = t.c.balance + target.amount })
end)

am.event.listen(Account, "before_insert", function(_, _, target) target.owner = target.owner:upper() end)

am.event.listen(am.Session, "before_flush", function(session, _, instances)
  say(" before_flush", #session.new, #session.dirty, #session.deleted, instances)
  local gone = p.collect(session.deleted, function(o) return not is_a(o, Trail) and o or nil end)
  table.sort(gone, function(a, b) return label(a) < label(b) end)
  for _, obj in ipairs(gone) do session:add(Trail { what = "gone " .. label(obj) }) end
  for _, obj in ipairs(p.collect(session.dirty, function(o) return o end)) do
    if is_a(obj, Account) and session:is_modified(obj) then
      local change = am.inspect(obj).attrs.owner.history
      if change:has_changes() then
        session:add(Trail { what = (change.deleted[1] or "?") .. " -> " .. change.added[1] })
      end
    end
  end
end)

am.event.listen(am.Session, "after_flush", function(session)
  say(" after_flush", #session.new, #session.dirty, #session.deleted)
end)

am.event.listen(am.Session, "after_flush_postexec", function(session)
  say(" after_flush_postexec", #session.new, #session.dirty, #session.deleted)
end)

for _, name in ipairs { "before_commit", "after_commit", "after_rollback", "after_begin", "after_soft_rollback" } do
  am.event.listen(am.Session, name, function() say("", name) end)
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
am.Session(e, function(s)
  step "insert"
  local ann = Account { owner = "ann", moves = { Move { amount = 5 }, Move { amount = 7 } } }
  s:add(ann)
  s:commit()
  step "result"
  say(ann.owner, ann.balance)
  step "update"
  ann.owner = "Anna"
  ann.moves[1].amount = 6
  s:commit()
  step "nothing to write"
  ann.owner = "Anna"
  s:flush()
  s:commit()
  step "collection only"
  ann.moves:append(Move { amount = 1 })
  s:flush()
  say(ann.balance)
  s:refresh(ann, { "balance" })
  say(ann.balance)
  s:commit()
  step "orphan and delete"
  ann.moves:pop()
  s:flush()
  s:delete(ann)
  s:commit()
  step "trail"
  say(s:scalars(am.select(Trail.what):order_by(Trail.id)):all())
  step "a listener that fails"
  local function refuse(_, _, target)
    if target.owner == "EVE" then error "no Eve" end
  end
  am.event.listen(Account, "before_insert", refuse)
  s:add(Account { owner = "eve" })
  p.error(function() s:flush() end)
  say(s.is_active, #s.new)
  s:rollback()
  am.event.remove(Account, "before_insert", refuse)
  s:add(Account { owner = "eve" })
  s:commit()
  step "end"
  say(s:scalars(am.select(Account.owner)):all())
end)
p.sql()
