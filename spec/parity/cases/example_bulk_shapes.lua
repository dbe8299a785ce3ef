-- The shapes of inserting, updating and reading much: sessions, bulk methods, statements, Core.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String = am.Column, am.Integer, am.String
local select, func, insert, update, bindparam = am.select, am.func, am.insert, am.update, am.bindparam

local Base = am.declarative_base()

local Customer = Base:model("Customer", {
  __tablename__ = "customers",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  about = Column(String(40)),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local t = Customer.__table__
local N = 6

local function rows(prefix, start)
  local made = {}
  for i = 0, N - 1 do
    made[i + 1] = { name = prefix .. i, about = "about " .. i, id = start and start + i or nil }
  end
  return made
end

local function objects(prefix, start)
  return map(rows(prefix, start), function(row) return Customer(row) end)
end
local function name(c) return c.name end

local shapes = {
  { "session_add_one_by_one", function(s)
    for _, c in ipairs(objects("one")) do
      s:add(c)
      s:flush()
    end
  end },
  { "session_add_all", function(s)
    s:add_all(objects("all"))
    s:flush()
  end },
  { "session_add_all_with_keys", function(s)
    s:add_all(objects("keys", 1000))
    s:flush()
  end },
  { "bulk_save", function(s) s:bulk_save_objects(objects("save")) end },
  { "bulk_save_returning", function(s)
    local made = objects("ret")
    s:bulk_save_objects(made, { return_defaults = true })
    local all = true
    for _, c in ipairs(made) do all = all and c.id ~= nil end
    say(all, s:contains(made[1]))
  end },
  { "bulk_mappings", function(s) s:bulk_insert_mappings(Customer, rows("map")) end },
  { "orm_insert", function(s) s:execute(insert(Customer), rows("orm")) end },
  { "orm_insert_returning", function(s)
    local made = s:scalars(insert(Customer):returning(Customer, { sort_by_parameter_order = true }), rows("oret")):all()
    say(map(made, name), s:contains(made[1]))
  end },
  { "orm_insert_values", function(s) s:execute(insert(Customer):values(rows("vals"))) end },
  { "core_insert", function(s) s:connection():execute(insert(t), rows("core")) end },
  { "core_one_by_one", function(s)
    local conn = s:connection()
    for _, row in ipairs(rows("single")) do
      if row.name:sub(-1) == "0" then
        say(#conn:execute(t:insert():values(row)).inserted_primary_key)
      else
        say(conn:execute(t:insert(), row).rowcount)
      end
    end
  end },
}

local s = am.Session(e)
for _, shape in ipairs(shapes) do
  step(shape[1])
  shape[2](s)
  sql()
  s:commit()
  p.forget()
  say(s:scalar(select(func.count(Customer.id))))
end
step "updates one by one"
s:expunge_all()
local first = s:scalars(select(Customer):order_by(Customer.id):limit(N)):all()
for _, c in ipairs(first) do c.about = c.about .. "!" end
s:commit()
sql()
step "updates by key"
s:execute(update(Customer), map(first, function(c) return { id = c.id, name = c.name:upper() } end))
s:bulk_update_mappings(Customer, { { id = first[1].id, about = "m" } })
first[2].name = "object"
s:bulk_save_objects{ first[2] }
say(map(s:scalars(select(Customer):order_by(Customer.id):limit(3):execution_options{ populate_existing = true }), name))
s:connection():execute(t:update():where(t.c.id:eq(bindparam("k"))):values{ name = bindparam("n") },
  { { k = first[1].id, n = "p" }, { k = first[3].id, n = "q" } })
s:commit()
sql()
step "reading objects, columns, bundles"
s:expunge_all()
local stmt = select(Customer):order_by(Customer.id)
say(#s:scalars(stmt):all(), #s:execute(select(Customer.id, Customer.name)):all())
say(map(s:execute(select(am.Bundle("b", Customer.id, Customer.name)):order_by(Customer.id):limit(2)),
  function(r) return r.b.name end))
say(map(s:scalars(stmt:options(am.load_only(Customer.name)):limit(2)), name))
sql()
step "in parts"
s:expunge_all()
local seen, total = {}, 0
for part in s:scalars(stmt:execution_options{ yield_per = 20 }):partitions() do
  seen[#seen + 1] = #part
  total = total + #part
end
say(seen, total == s:scalar(select(func.count(Customer.id))))
total = 0
for _ in s:execute(select(t.c.id), nil, { execution_options = { stream_results = true, max_row_buffer = 10 } }) do
  total = total + 1
end
say(total)
local result = s:execute(select(t.c.name):order_by(t.c.id))
say(result:fetchmany(2), result:fetchone(), #result:fetchall(), result.closed)
e:connect(function(conn)
  say(conn:execute(select(t.c.id, t.c.name):order_by(t.c.id):limit(2)):all())
  say(conn:execute(t:select():order_by(t.c.id)):mappings():first().name)
end)
s:close()
sql()
