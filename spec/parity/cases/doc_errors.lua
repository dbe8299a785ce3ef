-- The page of error messages: what causes each of them, its class and its code, and what helps.
local am = require "alchemoon"
local p = require "parity"
local say, step, err = p.say, p.step, p.error
local select, text, joinedload = am.select, am.text, am.joinedload

local Base = am.declarative_base()
local A = Base:model("A", {
  __tablename__ = "a",
  id = am.Column(am.Integer, { primary_key = true }),
  data = am.Column(am.String),
  bs = am.relationship("B", { back_populates = "a", cascade = "all, delete-orphan" }),
})
local B = Base:model("B", {
  __tablename__ = "b",
  id = am.Column(am.Integer, { primary_key = true }),
  a_id = am.Column(am.ForeignKey("a.id")),
  a = am.relationship("A", { back_populates = "bs" }),
})

local function coded(title, fn)
  step(title)
  local x = err(fn)
  say(x and not am.exc.is(x, am.exc.StatementError) and x.code or nil)
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
session:add(A{ id = 1, data = "d", bs = { B{ id = 1 }, B{ id = 2 } } })
session:commit()
p.sql()
coded("a bind is missing", function() session:execute(text("SELECT :x"), {}) end)
coded("a bind of a statement", function() session:execute(select(A):where(A.id:eq(am.bindparam("who")))) end)
coded("a bind under two names", function()
  tostring(select(A):where(am.and_(A.id:eq(am.bindparam("id")), A.id:eq(am.bindparam("id", { unique = true })))))
end)
coded("IntegrityError", function() session:execute(A.__table__:insert(), { id = 1 }) end)
session:rollback()
coded("OperationalError or ProgrammingError", function() session:execute(text("SELECT * FROM nothing")) end)
session:rollback()
coded("rolled back by a flush", function()
  session:add(A{ id = 1 })
  session:flush()
end)
coded("and not yet said so", function() session:execute(select(A)) end)
session:rollback()
coded("not bound", function() am.Session():execute(select(A)) end)
local a = session:get(A, 1)
session:close()
coded("detached, a collection", function() return a.bs end)
session:add(a)
session:commit()
session:close()
coded("detached, an expired column", function()
  session:add(a)
  session:expire(a)
  session:expunge(a)
  return a.data
end)
coded("two sessions", function()
  local one, two = am.Session(e), am.Session(e)
  one:add(a)
  two:add(a)
end)
local keep = am.Session(e)
local b = keep:get(B, 1)
coded("attached elsewhere", function() session:add(b) end)
keep:close()

local function configure(options)
  local reg = am.registry()
  local base = reg:generate_base()
  local One = base:model("One", { __tablename__ = "one", id = am.Column(am.Integer, { primary_key = true }) })
  base:model("Two", {
    __tablename__ = "two",
    id = am.Column(am.Integer, { primary_key = true }),
    one_id = am.Column(am.ForeignKey("one.id")),
    one = am.relationship(One, options),
  })
  reg:configure()
end

coded("a cascade of that name", function() configure{ cascade = "all, delete-orphan" } end)
coded("single_parent", function() configure{ cascade = "all, delete-orphan", single_parent = true } end)
coded("an unknown cascade", function() configure{ cascade = "everything" } end)
coded("no primary key", function()
  am.declarative_base():model("NoKey", { __tablename__ = "nokey", x = am.Column(am.Integer) })
end)
coded("no table", function()
  am.declarative_base():model("NoTable", { x = am.Column(am.Integer, { primary_key = true }) })
end)
coded("no bool of a clause", function() select(A):where(A.id:eq(1)):having(5) end)
coded("a list for in_", function() A.id:in_(5) end)
coded("a string as a clause", function() session:execute(select(A):where("id = 1")) end)
coded("order by text", function() session:execute(select(A):order_by("nothing")):all() end)
coded("an object of another class", function() A.bs:contains(5) end)
coded("a relationship compared with a number", function() tostring(B.a:eq(5)) end)
coded("a join to a column", function() tostring(select(A):join(A.data)) end)
coded("no join fits", function() tostring(select(A):join(am.table("other", am.column("id")))) end)
coded("nothing to join from", function() tostring(select(am.func.now()):join(B)) end)
coded("unknown attribute", function() session:query(A):filter_by{ nothing = 1 } end)
coded("an option of another class", function() session:scalars(select(A):options(joinedload(B.a))):all() end)
coded("an option that does not follow", function()
  session:scalars(select(A):options(joinedload(A.bs):joinedload(A.bs))):all()
end)
coded("unique() is wanted", function() session:scalars(select(A):options(joinedload(A.bs))):all() end)
say(#session:scalars(select(A):options(joinedload(A.bs))):unique():all())
coded("none found", function() session:scalars(select(A):where(A.id:eq(9))):one() end)
coded("several found", function() session:scalars(select(B)):one() end)
coded("a result used up", function()
  local r = session:execute(select(A.id))
  r:all()
  r:all()
end)
coded("a closed result", function()
  local r = session:execute(select(A.id))
  r:close()
  r:all()
end)
coded("rows of an update", function() session:execute(A.__table__:update():values{ data = "x" }):all() end)
session:rollback()
coded("not mapped", function() session:add({}) end)
coded("not a class of ours", function() session:get(math.abs, 1) end)
coded("no row of that key", function() session:get_one(A, 77) end)
coded("too many keys", function() session:get(A, { 1, 2 }) end)
coded("refresh of a pending one", function() session:refresh(A()) end)
coded("delete of a pending one", function() session:delete(A()) end)
coded("expunge of a stranger", function() session:expunge(A()) end)
local closed = e:connect()
closed:close()
coded("a closed connection", function() closed:execute(select(1)) end)
coded("an unknown dialect", function() am.create_engine("foobar://x") end)
coded("a URL that cannot be read", function() am.create_engine("not a url") end)
coded("a table twice", function() am.Table("a", Base.metadata, am.Column("id", am.Integer)) end)
coded("a column of no table", function()
  am.Table("orphan", am.MetaData(), am.Column("x", am.ForeignKey("nowhere.id"))):create(e)
end)
step "the end"
session:close()
p.sql()
