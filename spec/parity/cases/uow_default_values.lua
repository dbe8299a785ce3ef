-- Statements around defaults: server defaults with and without RETURNING, eager_defaults, expressions, Computed,
-- Identity, onupdate, version counters.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, err = p.say, p.step, p.sql, p.error
local Column, Integer, String, select, func, text = am.Column, am.Integer, am.String, am.select, am.func, am.text
local inspect = am.inspect

local Base = am.declarative_base()
local Shape = {
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
  n = Column(Integer, { server_default = text "5" }),
  m = Column(Integer, { server_default = text "6", server_onupdate = am.FetchedValue() }),
  u = Column(Integer, { onupdate = 9 }),
  x = Column(Integer, { default = function() return 3 end,
    onupdate = function(context) return (tonumber(context:get_current_parameters().x) or 0) + 1 end }),
  f = Column(Integer, { default = func.abs(-4), onupdate = func.abs(-8) }),
  q = Column(String(10), { default = select(am.literal_column "'sub'"):scalar_subquery() }),
}
local Auto = Base:model("Auto", { __mixins__ = { Shape }, __tablename__ = "auto" })
local Eager = Base:model("Eager",
  { __mixins__ = { Shape }, __tablename__ = "eager", __mapper_args__ = { eager_defaults = true } })
local Never = Base:model("Never",
  { __mixins__ = { Shape }, __tablename__ = "never", __mapper_args__ = { eager_defaults = false } })
local Plain = Base:model("Plain",
  { __mixins__ = { Shape }, __tablename__ = "plain", __table_args__ = { implicit_returning = false } })
local PlainEager = Base:model("PlainEager", { __mixins__ = { Shape }, __tablename__ = "plain_eager",
  __table_args__ = { implicit_returning = false }, __mapper_args__ = { eager_defaults = true } })
local number = Column(Integer)
local Calc = Base:model("Calc", {
  __tablename__ = "calc",
  id = p.is_postgresql and Column(Integer, am.Identity{ start = 10 }, { primary_key = true })
    or Column(Integer, { primary_key = true }),
  a = number,
  double = Column(Integer, am.Computed("a * 2", { persisted = true })),
  late = am.deferred(Column(Integer, { server_default = text "1" })),
  prop = am.column_property(number + 1),
})
local Ver = Base:model("Ver", {
  __tablename__ = "ver",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
  v = Column(Integer, { nullable = false }),
  __mapper_args__ = { version_id_col = "v" },
})
local VerText = Base:model("VerText", {
  __tablename__ = "ver_text",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
  v = Column(String(10), { nullable = false }),
  __mapper_args__ = { version_id_col = "v", version_id_generator = function(old) return (old or "") .. "i" end },
})
local VerHand = Base:model("VerHand", {
  __tablename__ = "ver_hand",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
  v = Column(Integer, { nullable = false }),
  __mapper_args__ = { version_id_col = "v", version_id_generator = false },
})
local Word = Base:model("Word", {
  __tablename__ = "word",
  word = Column(String(10), { primary_key = true, server_default = text "'w'" }),
  n = Column(Integer),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local function unloaded(o) return p.sorted(inspect(o).unloaded) end
for _, cls in ipairs { Auto, Eager, Never, Plain, PlainEager } do
  step(cls.__name__)
  local s = am.Session(e, { expire_on_commit = false })
  local a, b = cls{ name = "a" }, cls{ name = "b", n = 1, m = 2 }
  local c = cls{ name = "c", q = "given", f = func.abs(-5) }
  s:add_all{ a, b, c }
  s:flush()
  sql()
  for _, o in ipairs { a, b, c } do
    say(unloaded(o))
    say(o.id, o.n, o.m, o.u, o.x, o.f, o.q)
  end
  sql()
  a.name, b.name, c.name = "aa", "bb", "cc"
  b.u, c.x = 1, 50
  s:flush()
  sql()
  for _, o in ipairs { a, b, c } do
    say(unloaded(o))
    say(o.n, o.m, o.u, o.x, o.f)
  end
  sql()
  a.n = cls.n + 10
  a.name = func.upper("zed")
  b.m = nil
  s:flush()
  say(unloaded(a), unloaded(b))
  say(a.n, a.name, b.m)
  sql()
  s:add(cls())
  s:add(cls{ id = 50 })
  if not p.is_postgresql or cls ~= Plain and cls ~= PlainEager then
    s:add(cls{ id = select(func.max(cls.id) + 90):scalar_subquery(), name = "by select" })
  end
  s:flush()
  sql()
  s:commit()
  for i = 0, 3 do s:add(cls{ name = "k", n = i % 2 == 1 and i or nil }) end
  s:add_all{ cls{ name = "l" }, cls{ name = "l" } }
  s:commit()
  say(s:execute(select(cls.id, cls.n, cls.name, cls.u):order_by(cls.id)):all())
  s:close()
end
step "computed"
local s = am.Session(e)
local c = Calc{ a = 4 }
s:add(c)
s:flush()
say(unloaded(c))
say(c.double, c.prop, c.late)
c.a = 6
s:flush()
say(unloaded(c))
say(c.double, c.prop)
err(function()
  c.double = 9
  s:flush()
end)
s:rollback()
step "bulk of computed"
s:add_all{ Calc{ a = 0 }, Calc{ a = 1 }, Calc{ a = 2 } }
s:flush()
say(s:execute(select(Calc.a, Calc.double):order_by(Calc.a)):all())
s:commit()
for _, cls in ipairs { Ver, VerText, VerHand } do
  step(cls.__name__)
  local v = cls == VerHand and 1 or nil
  local a, b = cls{ name = "a", v = v }, cls{ name = "b", v = v }
  s:add_all{ a, b }
  s:flush()
  say(a.v, b.v)
  a.name = "aa"
  if cls == VerHand then
    a.v = 5
    b.name = "unver"
  end
  s:flush()
  say(a.v, b.v)
  a.name, b.name = func.upper("q"), "bb"
  s:flush()
  say(a.v, b.v, a.name)
  s:commit()
  s:delete(a)
  b.name = "bbb"
  s:flush()
  say(b.v)
  s:commit()
end
step "key by default"
s:add(Word{ n = 1 })
err(function() s:flush() end)
s:rollback()
s:add(Word{ word = "a", n = 1 })
s:add(Word{ word = "b" })
s:commit()
say(s:execute(select(Word.word, Word.n):order_by(Word.word)):all())
s:close()
sql()
