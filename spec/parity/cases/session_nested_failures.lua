-- Failures at several depths: savepoints in savepoints, stale rows, listeners that raise there, objects afterwards.
local am = require "alchemoon"
local parity = require "parity"
local say, step, error_, map = parity.say, parity.step, parity.error, parity.map
local select, func = am.select, am.func

local Base = am.declarative_base()
local version = am.Column(am.Integer, { nullable = false, sort_order = 1 })
local Wallet = Base:model("Wallet", {
  __tablename__ = "wallet",
  id = am.Column(am.Integer, { primary_key = true }),
  owner = am.Column(am.String(20), { unique = true }),
  cents = am.Column(am.Integer, am.CheckConstraint("cents >= 0"), { default = 0 }),
  version = version,
  notes = am.relationship("Note", { back_populates = "wallet", cascade = "all, delete-orphan", order_by = "Note.id" }),
  __mapper_args__ = { version_id_col = version },
})
local Note = Base:model("Note", {
  __tablename__ = "note",
  id = am.Column(am.Integer, { primary_key = true }),
  text = am.Column(am.String(20), { nullable = false }),
  wallet_id = am.Column(am.ForeignKey("wallet.id")),
  wallet = am.relationship("Wallet", { back_populates = "notes" }),
})

local function states(o)
  local i, out = am.inspect(o), {}
  for _, n in ipairs { "transient", "pending", "persistent", "deleted", "detached" } do
    if i[n] then out[#out + 1] = n end
  end
  return out
end
local function texts(w) return map(w.notes, function(n) return n.text end) end

local eng = parity.engine()
Base.metadata:create_all(eng)
local s = am.Session(eng)
local ann, bob = Wallet{ owner = "ann", cents = 100 }, Wallet{ owner = "bob" }
s:add_all{ ann, bob }
s:commit()
parity.forget()
local function flush() s:flush() end

local function pay(source, target, amount)
  s:begin_nested(function()
    target.cents = target.cents + amount
    target.notes:append(Note{ text = "got " .. amount })
    s:flush()
    s:begin_nested(function()
      source.cents = source.cents - amount
      source.notes:append(Note{ text = "paid " .. amount })
    end)
  end)
end

step("a payment that works")
pay(ann, bob, 30)
s:commit()
say(ann.cents, bob.cents, texts(ann), texts(bob), ann.version, bob.version)
step("a payment that fails below")
error_(function() pay(ann, bob, 500) end)
say(s.is_active, s:in_nested_transaction(), #s.new, #s.dirty)
say(ann.cents, bob.cents, #ann.notes, #bob.notes, ann.version, bob.version)
s:commit()
step("the inner failure is caught, the outer goes on")
local lost
s:begin_nested(function()
  ann.cents = ann.cents + 1
  lost = Note{ text = nil, wallet = bob }
  lost.text = nil
  local ok, e = pcall(function()
    s:begin_nested(function() s:add(lost) end)
  end)
  if not ok then say("caught", e.name) end
  say(ann.cents, states(lost), lost.wallet == bob, s.is_active)
  ann.notes:append(Note{ text = "after" })
end)
s:commit()
say(ann.cents, texts(ann), states(lost))
step("rolled back by hand")
local n1 = s:begin_nested()
ann.cents = 1
local n2 = s:begin_nested()
ann.cents = 2
bob.notes:append(Note{ text = "x" })
s:flush()
n2:rollback()
say(ann.cents, #bob.notes, n2.is_active, n1.is_active)
n1:rollback()
say(ann.cents)
error_(function() n1:commit() end)
error_(function() n2:rollback() end)
s:commit()
step("wrong order")
local outer = s:begin_nested()
local inner = s:begin_nested()
outer:commit()
say(inner.is_active, s:in_nested_transaction())
error_(function() inner:commit() end)
s:rollback()
step("a row that changed meanwhile")
s:refresh(ann)
local t = Wallet.__table__
s:execute(am.update(t):where(t.c.id:eq(ann.id)):values{ version = 77 })
ann.cents = 5
error_(flush)
say(s.is_active, states(ann))
s:rollback()
say(ann.cents, ann.version)
step("a row that went meanwhile")
local gone = Wallet{ owner = "gone" }
s:add(gone)
s:commit()
s:refresh(gone)
s:execute(t:delete():where(t.c.owner:eq("gone")))
s:delete(gone)
error_(flush)
s:rollback()
say(states(gone), gone.owner)
step("a listener raises in a savepoint")
local function refuse(session)
  for _, o in ipairs(session.new) do
    if am.inspect(o).mapper.class_ == Note and o.text == "bad" then error("bad") end
  end
end
am.event.listen(s, "before_flush", refuse)
local bad = Note{ text = "bad", wallet = bob }
s:add(bad)
error_(function() return s:begin_nested() end)
say(s.is_active, s:in_nested_transaction(), states(bad))
bad.wallet = nil
say(states(bad))
s:begin_nested(function() s:add(Note{ text = "good", wallet = bob }) end)
s:commit()
say(texts(bob))
am.event.remove(s, "before_flush", refuse)
step("a factory's begin")
local Factory = am.sessionmaker{ bind = eng }
s:rollback()
error_(function()
  Factory:begin(function(x)
    x:add(Wallet{ owner = "temp" })
    x:flush()
    x:add(Wallet{ owner = "temp" })
  end)
end)
Factory(function(x)
  say(x:scalar(select(func.count(Wallet.id))), x:scalars(select(Wallet.owner):order_by(Wallet.id)):all())
end)
step("end")
s:close()
