-- Models: mixins, abstract bases, names unlike columns, defaults, enums, deferred columns.
local am = require "alchemoon"

local Base = am.declarative_base{ naming_convention = { uq = "uq_%(table_name)s_%(column_0_name)s" } }

local Timestamps = { -- a mixin is a plain table
  created_at = am.Column(am.DateTime, { default = function() return am.datetime(2026, 11, 21) end }),
}

local Named = Base:model("Named", { -- an abstract class has no table
  __abstract__ = true,
  name = am.Column(am.String(50), { nullable = false }),
})
function Named:greet() return "hello, " .. self.name end

local User = Base:model("User", {
  __extends__ = Named,
  __mixins__ = { Timestamps },
  __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }),
  email = am.Column("email_address", am.String(255), { unique = true }), -- a column with another name
  status = am.Column(am.Enum("active", "away", { name = "user_status" }), { default = "active" }),
  bio = am.deferred(am.Column(am.Text)),
  check_email = am.validates("email", function(_, _, value)
    if not value:find("@", 1, true) then error("invalid email: " .. value, 0) end
    return value
  end),
})
User.__tostring = function(self) return ("User(%s)"):format(self.name) end

for _, column in ipairs(am.columns(User.__table__)) do print(column, column.type) end
print(pcall(User, { name = "Bob", email = "nowhere" }))

local engine = am.create_engine "sqlite://"
Base.metadata:create_all(engine)
am.Session(engine, function(session)
  session:add(User{ name = "Ann", email = "ann@example.org", bio = "long text" })
  session:commit()
  session:expunge_all()
  local ann = session:scalars(am.select(User):where(User.email:like "ann%")):one()
  print(ann, ann:greet(), ann.status, ann.created_at:isoformat())
  print(table.concat(am.inspect(ann).unloaded, ","), ann.bio)
end)
--> users.id	INTEGER
--> users.email_address	VARCHAR(255)
--> users.status	VARCHAR(6)
--> users.bio	TEXT
--> users.created_at	DATETIME
--> users.name	VARCHAR(50)
--> false	invalid email: nowhere
--> User(Ann)	hello, Ann	active	2026-11-21T00:00:00
--> bio	long text
