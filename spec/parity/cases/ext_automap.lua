-- automap, DeferredReflection, baked queries, and mappings on tables that were there before.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, String, ForeignKey, select = am.Column, am.String, am.ForeignKey, am.select

local e = p.engine{ poolclass = am.StaticPool }
e:begin(function(c)
  for _, ddl in ipairs {
    "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(20))",
    "CREATE TABLE address (id INTEGER PRIMARY KEY, email VARCHAR(20), user_id INTEGER REFERENCES users(id))",
    "CREATE TABLE tag (id INTEGER PRIMARY KEY, word VARCHAR(20))",
    "CREATE TABLE user_tag (user_id INTEGER REFERENCES users(id), tag_id INTEGER REFERENCES tag(id), "
      .. "PRIMARY KEY (user_id, tag_id))",
    "CREATE TABLE employee (id INTEGER PRIMARY KEY, kind VARCHAR(20))",
    "CREATE TABLE engineer (id INTEGER PRIMARY KEY REFERENCES employee(id), skill VARCHAR(20))",
    "CREATE TABLE nokey (x INTEGER)",
  } do c:execute(am.text(ddl)) end
end)
p.forget()

local function keys(list)
  local out = { n = 0 }
  for i, x in ipairs(list) do out[i], out.n = x.key, i end
  return out
end
local function sorted(list)
  table.sort(list)
  return list
end

step "automap"
local Base = am.automap_base()
local Employee = Base:model("Employee", {
  __tablename__ = "employee",
  kind = Column(String(20)),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "employee" },
})
local Engineer = Base:model("Engineer", {
  __extends__ = Employee,
  __tablename__ = "engineer",
  __mapper_args__ = { polymorphic_identity = "engineer" },
})
Base:prepare{ autoload_with = e }
p.forget()
say(sorted(Base.classes:keys()))
local User, Address, Tag = Base.classes.users, Base.classes.address, Base.classes.tag
for _, cls in ipairs { User, Address, Tag, Employee, Engineer } do
  say(cls.__name__, sorted(keys(am.inspect(cls).column_attrs)), sorted(keys(am.inspect(cls).relationships)))
end
say(am.inspect(User).relationships.address_collection.direction.name,
  am.inspect(Tag).relationships.users_collection.direction.name)
local s = am.Session(e)
local u = User{ id = 1, name = "ann" }
u.address_collection:append(Address{ id = 1, email = "a@x" })
u.tag_collection:append(Tag{ id = 1, word = "red" })
s:add(u)
s:add(Engineer{ id = 1, skill = "lua" })
s:commit()
p.sql()
local function map(list, fn)
  local out = { n = 0 }
  for _, x in ipairs(list) do
    out.n = out.n + 1
    out[out.n] = fn(x)
  end
  return out
end
local a = s:scalars(select(Address)):one()
say(a.users.name, map(a.users.tag_collection, function(t) return t.word end), s:scalars(select(Employee)):one())
p.sql()
s:close()
step "names by functions"
p.forget()
local md = am.MetaData()
md:reflect(e, { only = { "users", "address" } })
local Named = am.automap_base{ metadata = md }
Named:prepare{
  classname_for_table = function(_, name) return (name:gsub("^%l", string.upper)) end,
  name_for_scalar_relationship = function(_, _, ref) return ref.__name__:lower() .. "_one" end,
  name_for_collection_relationship = function(_, _, ref) return ref.__name__:lower() .. "_many" end,
}
say(sorted(Named.classes:keys()), sorted(keys(am.inspect(Named.classes.Users).relationships)),
  sorted(keys(am.inspect(Named.classes.Address).relationships)))
p.forget()
step "deferred reflection"
local Decl = am.declarative_base()
local Reflected = Decl:model("Reflected", { __mixins__ = { am.DeferredReflection }, __abstract__ = true })
local Person = Reflected:model("Person", {
  __tablename__ = "users",
  mails = am.relationship("Mail", { back_populates = "person", order_by = "Mail.id" }),
})
local Mail = Reflected:model("Mail", {
  __tablename__ = "address",
  user_id = Column("user_id", ForeignKey("users.id"), { key = "user_id" }),
  person = am.relationship("Person", { back_populates = "mails" }),
})
Reflected:prepare(e)
p.forget()
am.Session(e, function(session)
  local person = session:scalars(select(Person)):one()
  say(person.name, map(person.mails, function(m) return m.email end))
end)
p.sql()
say(keys(am.columns(Person.__table__)), keys(am.columns(Mail.__table__)))
step "imperative"
local reg = am.registry()
local users = am.Table("users", am.MetaData(), { autoload_with = e })
p.forget()
local Plain = {}
Plain = reg:map_imperatively(Plain, users, { properties = { key = users.c.id, called = users.c.name } }).class_
am.Session(e, function(session)
  local x = session:get(Plain, 1)
  say(x.key, x.called)
  x.called = "bea"
  session:commit()
end)
p.sql()
say(sorted(keys(am.inspect(Plain).attrs)))
step "table with a part of the columns"
local Half = am.declarative_base()
local tag = am.Table("tag", Half.metadata, { autoload_with = e })
local Word = Half:model("Word", { __table__ = tag, text = tag.c.word })
local nokey = am.Table("nokey", Half.metadata, { autoload_with = e })
local Odd = Half:model("Odd", { __table__ = nokey, __mapper_args__ = { primary_key = { nokey.c.x } } })
p.forget()
am.Session(e, function(session)
  say(map(session:scalars(select(Word):order_by(Word.text)):all(), function(w) return { w.id, w.text } end))
  session:add(Odd{ x = 3 })
  session:flush()
  say(session:get(Odd, 3).x)
end)
p.sql()
p.error(function()
  am.declarative_base():model("Bad", { __table__ = am.Table("nokey", am.MetaData(), { autoload_with = e }) })
end)
p.forget()
step "baked"
local bakery = am.bakery()
am.Session(e, function(session)
  for _, name in ipairs { "bea", "none" } do
    local q = bakery(function(x) return x:query(Plain) end)
    q = q + function(x) return x:filter(Plain.called:eq(am.bindparam("name"))) end
    say(map(q(session):params{ name = name }:all(), function(x) return x.key end))
  end
  local q = bakery(function(x) return x:query(Plain.called) end) + function(x) return x:order_by(Plain.key) end
  say(q(session):first(), q(session):count())
end)
p.sql()
