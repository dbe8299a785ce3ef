-- Ways of writing rows: SQL expressions as values, upserts, bulk operations, several engines.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, func, text, inspect = p.say, p.step, am.select, am.func, am.text, am.inspect
local Column, Integer, String, Session = am.Column, am.Integer, am.String, am.Session

local Base = am.declarative_base()
local Counter = Base:model("Counter", {
  __tablename__ = "counters",
  id = Column(Integer, { primary_key = true }),
  value = Column(Integer),
  note = Column(String, { default = "none" }),
  made = Column(Integer, { server_default = "7" }),
  twice = Column(Integer, { onupdate = text("5") }),
  data = Column(am.JSON{ none_as_null = false }),
  __mapper_args__ = { eager_defaults = true },
})
local Lazy = Base:model("Lazy", {
  __tablename__ = "lazies",
  id = Column(Integer, { primary_key = true }),
  value = Column(Integer),
  made = Column(Integer, { server_default = "7" }),
  __mapper_args__ = { eager_defaults = false },
})
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = Session(e)
step "expressions"
local c = Counter{ id = 1, value = 1 }
session:add(c)
session:commit()
c.value = Counter.value + 1
session:flush()
say(c.value)
c.value = Counter.__table__.c.value + 10
say(inspect(c).attrs.value.history.added[1] ~= nil)
session:commit()
say(c.value, c.twice)
local two = Counter{ id = 2, value = func.abs(-4), note = select(func.count(Counter.id)):scalar_subquery() }
session:add(two)
session:commit()
say(two.value, two.note)
local lazy = Lazy{ id = 1, value = func.abs(-3) }
session:add(lazy)
session:flush()
say(inspect(lazy).unloaded:contains("made"), inspect(lazy).unloaded:contains("value"))
say(lazy.made, lazy.value)
session:commit()

step "NULL"
local n = Counter{ id = 3 }
session:add(n)
local n3 = Counter{ id = 5, made = am.null_(), note = am.null_() }
session:add(n3)
session:commit()
say(n.note, n3.note, n3.made)
local j = { Counter{ id = 6, data = am.null }, Counter{ id = 7, data = am.null_() }, Counter{ id = 8 } }
session:add_all(j)
session:commit()
say(session:scalars(select(Counter.id):where(Counter.data:is_(nil)):order_by(Counter.id)):all())

step "SQL in sessions"
local r = session:execute(text("SELECT id, value FROM counters WHERE id < :top ORDER BY id"), { top = 3 })
say(r:all())
say(session:connection():execute(text("SELECT count(*) FROM counters")):scalar())
session:execute(Counter.__table__:insert(), { id = 20, value = 20 })
session:rollback()

step "primary keys"
p.error(function()
  session:add(Counter{ id = 1 })
  session:flush()
end)
session:rollback()

step "upserts"
local dialect = p.is_postgresql and am.postgresql or am.sqlite
local stmt = dialect.insert(Counter):values{ { id = 1, value = 100 }, { id = 30, value = 300 } }
stmt = stmt:on_conflict_do_update{ index_elements = { Counter.id }, set_ = { value = stmt.excluded.value } }
local got = session:scalars(stmt:returning(Counter), nil, { execution_options = { populate_existing = true } }):all()
table.sort(got, function(a, b) return a.id < b.id end)
say(got[2].value, c.value)
session:execute(dialect.insert(Counter):values{ id = 1 }:on_conflict_do_nothing())
session:commit()

step "bulk"
session:execute(am.insert(Lazy), { { id = 50, value = 5 }, { id = 51, value = 6 } })
session:execute(am.delete(Lazy):where(Lazy.id:eq(1)))
local rows = session:scalars(am.insert(Lazy):returning(Lazy, { sort_by_parameter_order = true }),
  { { value = 7 }, { value = 8 } }):all()
say(p.map(rows, function(x) return x.value end), session:contains(rows[1]))
session:execute(am.update(Lazy), { { id = 50, value = 55 }, { id = 51, value = 66 } })
say(session:execute(select(Lazy.id, Lazy.value):where(Lazy.id:ge(50), Lazy.id:le(51)):order_by(Lazy.id)):all())
session:connection():execute(am.update(Lazy.__table__):where(Lazy.__table__.c.id:eq(am.bindparam("key")))
  :values{ value = am.bindparam("v") }, { { key = 50, v = 1 } })
session:bulk_save_objects{ Lazy{ id = 60, value = 1 }, Lazy{ id = 61, value = 2 } }
session:bulk_insert_mappings(Lazy, { { id = 70, value = 1 } })
session:bulk_update_mappings(Lazy, { { id = 70, value = 9 } })
say(session:scalar(select(Lazy.value):where(Lazy.id:eq(70))))
session:rollback()
p.error(function() session:execute(am.update(Lazy), { { value = 55 } }) end)
session:rollback()

step "routing"
local other = p.engine(nil, "sqlite://")
local s = Session{ binds = { [Lazy] = e, [Counter] = other } }
say(s:get_bind(Lazy) == e, s:get_bind(Counter) == other)
s:close()
s = Session{ binds = { [Base] = e } }
say(s:get_bind(Lazy) == e, s:scalar(select(func.count(Lazy.id))))
s:close()
session:close()
p.sql()
