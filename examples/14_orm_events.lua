-- Events of the ORM: sessions, mappers, attributes, statements. Listeners may query and change objects.
local am = require "alchemoon"

local Base = am.declarative_base()
local User = Base:model("User", { __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(50)),
  slug = am.Column(am.String(50)) })
local Audit = Base:model("Audit", { __tablename__ = "audit",
  id = am.Column(am.Integer, { primary_key = true }), text = am.Column(am.String(100)) })
local engine = am.create_engine "sqlite://"
Base.metadata:create_all(engine)
local Session = am.sessionmaker(engine)

am.event.listen(User, "before_insert", function(_, _, user) user.slug = user.name:lower():gsub(" ", "-") end)
am.event.listen(User.name, "set", function(user, value, old)
  print(("name: %s -> %s"):format(user.id and old or "(new)", value))
end)
am.event.listen(User, "load", function(user) print("loaded " .. user.name) end)
am.event.listen(Session, "before_flush", function(session)
  for _, obj in ipairs(session.dirty) do
    local history = am.inspect(obj).attrs.name.history
    session:add(Audit{ text = ("%s became %s"):format(history.deleted[1], history.added[1]) })
  end
end)
am.event.listen(Session, "after_commit", function() print "committed" end)

Session(function(session)
  session:add(User{ name = "Ann Lee" })
  session:commit()
  session:expunge_all()
  local ann = session:scalars(am.select(User)):one()
  print(ann.slug)
  ann.name = "Ann Moe"
  session:commit()
  print(session:scalar(am.select(Audit.text)))
end)
--> name: (new) -> Ann Lee
--> committed
--> loaded Ann Lee
--> ann-lee
--> name: Ann Lee -> Ann Moe
--> committed
--> Ann Lee became Ann Moe
