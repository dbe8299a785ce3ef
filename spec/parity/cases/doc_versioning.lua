-- The page on version counters: integers, identifiers, own generators, the program's own versions, the server's.
local am = require "alchemoon"
local p = require "parity"
local say, step, err = p.say, p.step, p.error

local Base = am.declarative_base()
local User = Base:model("User", {
  __tablename__ = "user",
  id = am.Column(am.Integer, { primary_key = true }),
  version_id = am.Column(am.Integer, { nullable = false }),
  name = am.Column(am.String(50), { nullable = false }),
  pets = am.relationship("Pet", { cascade = "all, delete-orphan", order_by = "Pet.id" }),
  __mapper_args__ = { version_id_col = "version_id" },
})
local Pet = Base:model("Pet", {
  __tablename__ = "pet",
  id = am.Column(am.Integer, { primary_key = true }),
  owner_id = am.Column(am.ForeignKey("user.id")),
  kind = am.Column(am.String, { nullable = false }),
  version = am.Column(am.String(10), { nullable = false }),
  __mapper_args__ = {
    version_id_col = "version",
    version_id_generator = function(v) return "v" .. (v and ("%d"):format(tonumber(v:sub(2)) + 1) or 1) end,
    polymorphic_on = "kind", polymorphic_identity = "pet",
  },
})
local Dog = Base:model("Dog", {
  __extends__ = Pet, __tablename__ = "dog",
  id = am.Column(am.ForeignKey("pet.id"), { primary_key = true }),
  tricks = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "dog" },
})
local Own = Base:model("Own", {
  __tablename__ = "own",
  id = am.Column(am.Integer, { primary_key = true }),
  token = am.Column(am.String(32), { nullable = false }),
  name = am.Column(am.String(50)),
  __mapper_args__ = { version_id_col = "token", version_id_generator = false },
})
local Served = Base:model("Served", {
  __tablename__ = "served",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String),
  stamp = am.Column(am.Integer, { nullable = false, server_default = "1", server_onupdate = am.FetchedValue() }),
  __mapper_args__ = { version_id_col = "stamp", version_id_generator = false },
})

local e = p.engine()
Base.metadata:create_all(e)
e:begin(function(conn)
  if p.is_postgresql then
    conn:exec_driver_sql("CREATE FUNCTION bump() RETURNS trigger AS $$ BEGIN NEW.stamp := OLD.stamp + 10; "
      .. "RETURN NEW; END $$ LANGUAGE plpgsql")
    conn:exec_driver_sql("CREATE TRIGGER bump BEFORE UPDATE ON served FOR EACH ROW EXECUTE FUNCTION bump()")
  else
    conn:exec_driver_sql("CREATE TRIGGER bump AFTER UPDATE OF name ON served BEGIN "
      .. "UPDATE served SET stamp = OLD.stamp + 10 WHERE id = NEW.id; END")
  end
end)
p.forget()

local session = am.Session(e)
-- A change by somebody else.
local function behind(table, values) session:connection():execute(table:update():values(values)) end
local function version(pet) return pet.version end

step "a counter"
local ed = User{ id = 1, name = "ed", pets = { Dog{ id = 1, tricks = 1 }, Pet{ id = 2 } } }
session:add(ed)
session:commit()
say(ed.version_id, p.map(ed.pets, version))
ed.name = "edward"
session:commit()
say(ed.version_id)
ed.name = "edward"
session:commit()
ed.pets[1].tricks = 2
session:commit()
say(ed.version_id, ed.pets[1].version)
step "stale"
ed.name = "eddie"
behind(User.__table__, { version_id = 9 })
local x = err(function() session:flush() end)
say((tostring(x):gsub(";.*", "")))
session:rollback()
say(ed.name, ed.version_id)
behind(Pet.__table__, { version = "v9" })
ed.pets[1].tricks = 5
err(function() session:flush() end)
session:rollback()
say(p.map(ed.pets, version))
step "stale at delete"
local pet = ed.pets[2]
behind(Pet.__table__, { version = "v8" })
session:delete(pet)
err(function() session:flush() end)
session:rollback()
say(am.inspect(pet).persistent)
step "the collection leaves"
ed.pets:remove(pet)
session:commit()
say(am.inspect(pet).detached, ed.version_id)
step "merge"
local stale = User{ id = 1, name = "merged", version_id = 1 }
err(function() session:merge(stale) end)
session:rollback()
session:merge(User{ id = 1, name = "merged", version_id = 2 })
session:commit()
say(ed.name, ed.version_id)
session:merge(User{ id = 1, name = "merged again" })
session:commit()
say(ed.name, ed.version_id)
step "statements do not look"
session:execute(am.update(User):where(User.id:eq(1)):values{ name = "direct" })
say(ed.name, ed.version_id)
session:execute(am.update(User), { { id = 1, name = "bulk", version_id = 4 } })
session:commit()
say(ed.name, ed.version_id)
step "locks of a row"
session:refresh(ed, { with_for_update = true })
say(ed.version_id)
session:commit()
say(session:get(User, 1, { with_for_update = { read = true } }).version_id)
session:commit()
step "the program's own"
local own = Own{ id = 1, name = "u1", token = "a" }
session:add(own)
session:commit()
own.name = "u2"
own.token = "b"
session:commit()
own.name = "u3"
session:commit()
say(own.token)
own.name = "u4"
behind(Own.__table__, { token = "z" })
err(function() session:flush() end)
session:rollback()
say(own.name, own.token)
session:delete(own)
session:commit()
err(function()
  session:add(Own{ id = 2, name = "none" })
  session:flush()
end)
session:rollback()
step "the server's"
local served = Served{ id = 1, name = "a" }
session:add(served)
session:flush()
say(served.stamp)
session:commit()
if p.is_postgresql then
  served.name = "b"
  session:flush()
  say(served.stamp)
  served.name = "c"
  session:flush()
  say(served.stamp)
  session:commit()
  served.name = "d"
  behind(Served.__table__, { name = "x" })
  err(function() session:flush() end)
  session:rollback()
  say(served.name, served.stamp)
end
p.sql()
