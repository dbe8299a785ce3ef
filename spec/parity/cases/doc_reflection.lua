-- The page on reflection: overriding columns, views, several tables, schemas, the inspector, types for any database.
local am = require "alchemoon"
local p = require "parity"
local say, err = p.say, p.error
local Column, Integer, String, Table = am.Column, am.Integer, am.String, am.Table

local e = p.engine()
local made = am.MetaData()
Table("users", made, Column("user_id", Integer, { primary_key = true }),
  Column("user_name", String(16), { nullable = false }), Column("email", String(60), { key = "mail" }),
  am.UniqueConstraint("user_name", { name = "uq_name" }), am.Index("ix_mail", "mail"))
Table("addresses", made, Column("address_id", Integer, { primary_key = true }),
  Column("user_id", Integer, am.ForeignKey("users.user_id", { ondelete = "CASCADE" })),
  Column("street", String(40), { server_default = "none" }), Column("price", am.Numeric(10, 2)),
  am.CheckConstraint("price > 0", { name = "ck_price" }))
Table("lonely", made, Column("x", Integer), Column("y", String))
made:create_all(e)
e:begin(function(conn)
  conn:exec_driver_sql("CREATE VIEW user_view AS SELECT user_id, user_name FROM users")
  conn:exec_driver_sql("INSERT INTO users VALUES (1, 'ann', 'a@x'), (2, 'bob', NULL)")
  conn:exec_driver_sql("INSERT INTO addresses VALUES (1, 1, 'road', 2.50), (2, 1, 'lane', 3)")
end)
p.forget()

local function columns(t)
  return p.map(am.columns(t), function(c) return { c.key, c.name, tostring(c.type), c.nullable, c.primary_key } end)
end
local function name_of(x) return x.name end
local function keys(map)
  local out = {}
  for k in pairs(map) do out[#out + 1] = k end
  return p.sorted(out)
end
local function tables(md) return p.sorted(p.map(md.sorted_tables, name_of)) end

-- How the catalog is asked is the dialect's business.
local function chapter(title)
  p.forget()
  p.step(title)
end

chapter "one table brings another"
local md = am.MetaData()
local addresses = Table("addresses", md, { autoload_with = e })
say(tables(md), columns(addresses))
say(p.map(addresses.foreign_keys, function(fk) return fk.target_fullname end),
  addresses.foreign_keys[1].column == md.tables.users.c.user_id)
say(Table("users", md) == md.tables.users)
local alone = am.MetaData()
say(Table("addresses", alone, { autoload_with = e, resolve_fks = false }).name, keys(alone.tables))
chapter "columns of one's own"
md = am.MetaData()
local Upper = am.TypeDecorator{
  impl = String, cache_ok = true,
  process_result_value = function(value) return value and value:upper() end,
}
local users = Table("users", md, Column("user_name", Upper(16)), Column("extra", Integer), { autoload_with = e })
local found = columns(users)
table.remove(found, 1)
found.n = nil
say(found)
local few = Table("users", am.MetaData(), { autoload_with = e, include_columns = { "user_id", "user_name" } })
say(p.map(am.columns(few), name_of), p.map(few.indexes, name_of))
e:connect(function(conn) say(conn:execute(am.select(users.c.user_name):order_by(users.c.user_id)):all()) end)
local again = Table("users", md, Column("later", Integer), { extend_existing = true })
say(again == users, users.c.later ~= nil)
err(function() Table("users", md, Column("later", Integer)) end)
say(Table("users", md, { keep_existing = true }) == users)
err(function() Table("nothing", am.MetaData(), { autoload_with = e }) end)
chapter "a view"
local view = Table("user_view", am.MetaData(),
  Column("user_id", Integer, { primary_key = true }), { autoload_with = e })
say(p.map(am.columns(view), name_of), p.map(view.primary_key.columns, name_of))
am.Session(e, function(session)
  say(session:execute(am.select(view.c.user_name):where(view.c.user_id:eq(2))):scalar_one())
end)
chapter "all of them"
md = am.MetaData()
md:reflect(e)
say(p.map(md.sorted_tables, name_of))
md = am.MetaData()
md:reflect(e, { only = { "lonely" }, views = true })
say(tables(md))
md = am.MetaData()
md:reflect(e, { only = function(name) return name:match("^user") ~= nil end, views = true })
say(tables(md))
err(function() am.MetaData():reflect(e, { only = { "nothing" } }) end)
md = am.MetaData()
md:reflect(e)
say(p.map(md.tables.addresses.foreign_key_constraints[1].columns, tostring))
md:clear()
say(#keys(md.tables))
chapter "the inspector"
local insp = am.inspect(e)
say(p.sorted(insp:get_table_names()), insp:get_view_names(), insp:has_table("users"), insp:has_table("nobody"),
  insp:has_table("user_view"))
say(p.map(insp:get_columns("addresses"), function(c) return { c.name, tostring(c.type:as_generic()), c.nullable } end))
say(insp:get_pk_constraint("users").constrained_columns, insp:get_pk_constraint("lonely").constrained_columns)
for _, fk in ipairs(insp:get_foreign_keys("addresses")) do
  say(fk.constrained_columns, fk.referred_table, fk.referred_columns, fk.options)
end
say(p.map(insp:get_unique_constraints("users"), function(u) return { u.name, u.column_names } end))
say(p.collect(insp:get_indexes("users"), function(i)
  if i.duplicates_constraint then return nil end
  return { i.name, i.column_names, i.unique and true or false }
end))
say(p.map(insp:get_check_constraints("addresses"), name_of), insp:get_check_constraints("users"))
say(insp:get_view_definition("user_view"):find("SELECT") ~= nil, insp.default_schema_name ~= nil)
err(function() insp:get_columns("nobody") end)
say(p.collect(p.map(insp:get_sorted_table_and_fkc_names(), function(pair) return pair[1] or am.null end), function(name)
  return name ~= "lonely" and name or nil
end))
local multi = {}
for key, cols in pairs(insp:get_multi_columns{ filter_names = { "users", "lonely" } }) do
  multi[#multi + 1] = { type(key) == "table" and key[2] or key, p.map(cols, name_of) }
end
say(p.sorted(multi))
e:begin(function(conn) conn:exec_driver_sql("CREATE TABLE newer (id INTEGER PRIMARY KEY)") end)
local function listed()
  for _, name in ipairs(insp:get_table_names()) do
    if name == "newer" then return true end
  end
  return false
end
say(insp:has_table("newer"), listed())
insp:clear_cache()
say(listed())
chapter "listening"
md = am.MetaData()
am.event.listen(md, "column_reflect", function(_, _, info)
  info.key = "attr_" .. info.name:lower()
  info.type = info.type:as_generic()
end)
local heard = Table("users", md, { autoload_with = e })
say(heard.c:keys(), heard.c.attr_email.name, p.map(am.columns(heard), function(c) return tostring(c.type) end))
local seen = {}
Table("lonely", am.MetaData(), { autoload_with = e, listeners = {
  { "column_reflect", function(_, _, info) seen[#seen + 1] = info.name end },
  { "before_parent_attach", function() seen[#seen + 1] = "before" end },
} })
say(seen)
chapter "classes over tables that were found"
local Base = am.declarative_base()
local Reflected = Base:model("Reflected", { __abstract__ = true, __mixins__ = { am.DeferredReflection } })
local User = Base:model("User", {
  __extends__ = Reflected, __tablename__ = "users",
  addresses = am.relationship("Address", { back_populates = "user", order_by = "Address.address_id" }),
})
Base:model("Address", {
  __extends__ = Reflected, __tablename__ = "addresses",
  road = Column("street", String),
  user = am.relationship("User", { back_populates = "addresses" }),
})
Reflected:prepare(e)
am.Session(e, function(session)
  local ann = session:get(User, 1)
  say(ann.user_name, p.map(ann.addresses, function(a) return a.road end), ann.addresses[1].user == ann)
end)
local lonely = Table("lonely", Base.metadata, { autoload_with = e })
local Lonely = Base:model("Lonely", { __table__ = lonely, __mapper_args__ = { primary_key = { lonely.c.x } } })
local newer = Table("newer", Base.metadata, { autoload_with = e })
local Prefixed = Base:model("Prefixed", { __table__ = newer, number = newer.c.id })
am.Session(e, function(session)
  session:add_all{ Lonely{ x = 1, y = "a" }, Prefixed{ number = 5 } }
  session:commit()
  say(session:get(Lonely, 1).y, session:scalars(am.select(Prefixed.number)):all())
end)
