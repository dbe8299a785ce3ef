-- Types of one's own: decorators on the way in and out, in comparisons, functions, defaults, RETURNING and literals.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local func, select = am.func, am.select

local log = {}
local function round(x) return math.floor(x + 0.5) end

local Cents = am.TypeDecorator{ impl = am.Integer, cache_ok = true,
  process_bind_param = function(value)
    log[#log + 1] = "bind " .. p.fmt(value)
    if value == nil then return nil end
    return round(value * 100)
  end,
  process_result_value = function(value)
    log[#log + 1] = "result " .. p.fmt(value)
    if value == nil then return nil end
    return value / 100
  end,
  process_literal_param = function(value) return ("%d"):format(round(value * 100)) end,
}

local Upper = am.TypeDecorator{ impl = am.String, cache_ok = true,
  process_bind_param = function(value) return value and value:upper() end,
  coerce_compared_value = function() return am.String end,
}

local Csv = am.TypeDecorator{ impl = am.String(50), cache_ok = true,
  process_bind_param = function(value) return value and table.concat(value, ",") end,
  process_result_value = function(value)
    local out = { n = 0 }
    for part in (value or ""):gmatch("[^,]+") do
      out.n = out.n + 1
      out[out.n] = part
    end
    return out
  end,
}

local Lowered = am.TypeDecorator{ impl = am.String, cache_ok = true,
  bind_expression = function(bindvalue) return func.lower(bindvalue) end,
  column_expression = function(col) return func.upper(col) end,
}

local Wide = am.TypeDecorator{ impl = am.String, cache_ok = true,
  load_dialect_impl = function(dialect)
    return dialect:type_descriptor(am.String(dialect.name == "postgresql" and 99 or 77))
  end,
}

local e = p.engine()
local md = am.MetaData()
local t = am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("price", Cents, { default = 1.5 }), am.Column("code", Upper), am.Column("tags", Csv),
  am.Column("low", Lowered), am.Column("wide", Wide), am.Column("kind", am.Enum("new", "old", { name = "kind" })),
  am.Column("variant", am.String(10):with_variant(am.String(20), "postgresql")),
  am.Column("flag", am.Boolean, { default = false }), am.Column("day", am.Date), am.Column("at", am.DateTime),
  am.Column("data", am.JSON), am.Column("raw", am.LargeBinary))
md:create_all(e)
p.forget()
local conn = e:connect()

local function seen(title)
  say(title, log)
  log = {}
end

step "in and out"
local r = conn:execute(t:insert():returning(t.c.id, t.c.price), { code = "abc", tags = { "x", "y" }, low = "MiXed",
  wide = "w", kind = "new", day = am.date(2020, 2, 29), at = am.datetime(2020, 1, 2, 3, 4, 5),
  data = { a = { 1, am.null } }, raw = "\0\255" })
say(r:all())
seen "insert"
conn:execute(t:insert(), { { price = 2.25, code = "q", tags = {}, low = am.null },
  { price = am.null, code = am.null, tags = am.null, low = "B" } })
seen "many"
say(conn:execute(select(t):order_by(t.c.id)):all())
seen "select"
step "comparisons"
say(conn:scalars(select(t.c.id):where(t.c.price:gt(2))):all())
seen "gt"
say(conn:scalars(select(t.c.id):where(t.c.price:in_{ 1.5, 2.25 }):order_by(t.c.id)):all())
seen "in"
say(conn:scalars(select(t.c.id):where(t.c.price:between(1, 2))):all())
seen "between"
say(conn:scalars(select(t.c.id):where(t.c.code:eq("ABC"))):all(),
  conn:scalars(select(t.c.id):where(t.c.code:eq("abc"))):all())
say(conn:scalars(select(t.c.id):where(t.c.low:eq("MIXED"))):all())
say(conn:scalars(select(t.c.id):where(t.c.tags:eq{ "x", "y" })):all())
say(conn:scalars(select(t.c.id):where(t.c.price:eq(am.bindparam("p"))), { p = 2.25 }):all())
seen "param"
step "functions and expressions"
say(conn:execute(select(func.max(t.c.price), func.sum(t.c.price), func.coalesce(t.c.price, 0.5):label("c"))
  :group_by(t.c.price, t.c.id):order_by(t.c.id)):all())
seen "functions"
say(conn:execute(select(t.c.price + 1, t.c.price * 2):where(t.c.id:eq(1))):all())
seen "arithmetic"
say(conn:scalar(select(am.type_coerce(t.c.price, am.Integer)):where(t.c.id:eq(1))),
  conn:scalar(select(am.cast(t.c.price, am.Integer)):where(t.c.id:eq(1))))
say(conn:scalar(select(am.type_coerce(am.literal(250), Cents))), conn:scalar(select(am.literal(2.5, Cents))))
seen "literal"
say(conn:execute(select(t.c.price:label("x"), t.c.tags:label("y")):union_all(select(t.c.price, t.c.tags))
  :order_by("x"):limit(1)):all())
seen "union"
local s = select(t.c.price, t.c.low):where(t.c.id:eq(1)):subquery()
say(conn:execute(select(s.c.price, s.c.low)):all())
seen "subquery"
step "update"
r = conn:execute(t:update():where(t.c.id:eq(1)):values{ price = t.c.price + 1, tags = { "z" } }
  :returning(t.c.price, t.c.tags, t.c.low))
say(r:all())
seen "update"
conn:execute(am.update(t):where(t.c.id:eq(3)):values{ price = 9.99, low = "DOWN", kind = "old" })
seen "update value"
say(conn:exec_driver_sql("select price, low, code, tags, kind from t order by id"):all())
step "texts"
say(tostring(select(t.c.id):where(t.c.price:eq(2)):compile{ dialect = e.dialect.name, literal_binds = true }))
say(tostring(t.c.price.type), t.c.wide.type:compile{ dialect = e.dialect },
  t.c.variant.type:compile{ dialect = e.dialect })
say(t.c.kind.type.enums, t.c.kind.type.name)
conn:rollback()
p.sql()
