-- Values that the database or a function makes: defaults, SQL expressions, computed columns, eager_defaults.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local Base = am.declarative_base()
local func, text = am.func, am.text
local Eager = Base:model("Eager", {
  __tablename__ = "eager",
  __mapper_args__ = { eager_defaults = true },
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  made = am.Column(am.String(20), { server_default = "fresh" }),
  rank = am.Column(am.Integer, { server_default = text("7"), onupdate = function() return 70 end }),
})
local Late = Base:model("Late", {
  __tablename__ = "late",
  __mapper_args__ = { eager_defaults = false },
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  made = am.Column(am.String(20), { server_default = "fresh" }),
  rank = am.Column(am.Integer, { server_default = text("7"), server_onupdate = text("70") }),
})
local Auto = Base:model("Auto", {
  __tablename__ = "auto",
  id = am.Column(am.Integer, { primary_key = true }),
  a = am.Column(am.Integer, { nullable = false }),
  b = am.Column(am.Integer, { default = function(context) return context:get_current_parameters().a * 2 end }),
  total = am.Column(am.Integer, am.Computed("a + 100")),
  upper = am.Column(am.String(20), { default = func.upper("dflt"), onupdate = func.lower("UPD") }),
  notes = am.relationship("Note"),
})
local Note = Base:model("Note", {
  __tablename__ = "note",
  id = am.Column(am.Integer, { primary_key = true }),
  text_ = am.Column("text", am.String(20)),
  auto_id = am.Column(am.ForeignKey("auto.id")),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local select = am.select
local function unloaded(o) return p.sorted(am.inspect(o).unloaded) end
for _, cls in ipairs { Eager, Late, Auto } do
  am.event.listen(cls, "refresh_flush", function(_, _, names) say("  * refresh_flush", p.sorted(names)) end)
  am.event.listen(cls, "expire", function(_, names) say("  * expire", names and p.sorted(names)) end)
  am.event.listen(cls, "refresh", function(_, _, names) say("  * refresh", names and p.sorted(names)) end)
end

step "eager defaults"
local o = Eager{ name = "a" }
session:add(o)
session:flush()
say(unloaded(o), o.made, o.rank)
o.name = "b"
session:flush()
say(unloaded(o), o.rank)

step "late defaults"
o = Late{ name = "a" }
session:add(o)
session:flush()
say(unloaded(o))
say(o.made, o.rank)
o.name = "b"
session:flush()
say(unloaded(o))
say(o.rank)
local o2 = Late{ name = "c", made = "given" }
local o3 = Late{ name = "d", made = am.null_() }
session:add_all{ o2, o3 }
session:flush()
say(unloaded(o2), o2.made, o2.rank, o3.made, o3.rank)

step "automatic"
local x = Auto{ a = 1 }
session:add(x)
session:flush()
say(unloaded(x))
say(x.b, x.total, x.upper)
x.a = 5
session:flush()
say(unloaded(x))
say(x.b, x.total, x.upper)
session:add_all{ Auto{ a = 10 }, Auto{ a = 20, b = 3 }, Auto{ a = 30, upper = "U" } }
session:flush()
say(session:execute(select(Auto.a, Auto.b, Auto.total, Auto.upper):order_by(Auto.id)):all())

step "SQL expressions as values"
x.a = Auto.a + 1
say(tostring(am.inspect(x).attrs.a.history.added[1]), session.dirty:contains(x))
session:flush()
say(unloaded(x))
say(x.a, x.total)
x.upper = func.upper("sql")
x.b = select(func.max(Auto.b)):scalar_subquery()
session:commit()
say(x.upper, x.b)
local n = Note{ text_ = func.lower("LOWER"), auto_id = select(func.min(Auto.id)):scalar_subquery() }
session:add(n)
session:flush()
say(n.text_, n.auto_id)
local y = Auto{ a = func.abs(-4), b = 1 }
session:add(y)
session:commit()
say(y.a, y.total)

step "defaults of the table without the ORM"
session:execute(Auto.__table__:insert(), { { a = 2 }, { a = 3 } })
session:execute(Auto.__table__:update():where(Auto.a:eq(2)):values{ b = 0 })
say(session:execute(select(Auto.b, Auto.upper):where(Auto.a:in_{ 2, 3 }):order_by(Auto.a)):all())
error_of(function() session:execute(Auto.__table__:insert(), { a = 2, total = 5 }) end)
session:rollback()
session:add(Auto{ b = 1 })
error_of(function() session:flush() end)
session:rollback()
p.sql()
session:close()
