-- The states of an object, the identity map, expiry, savepoints, merge.
local am = require "alchemoon"

local Base = am.declarative_base()
local User = Base:model("User", { __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(50)) })
local engine = am.create_engine "sqlite://"
Base.metadata:create_all(engine)

local function state(obj)
  local seen = am.inspect(obj)
  for _, name in ipairs{ "transient", "pending", "persistent", "deleted", "detached" } do
    if seen[name] then return name end
  end
end

local session = am.Session(engine)
local ann = User{ name = "Ann" }
print(state(ann)) --> transient
session:add(ann)
print(state(ann), #session.new) --> pending	1
session:flush()
print(state(ann), ann.id) --> persistent	1
print(session:get(User, 1) == ann) --> true

ann.name = "Anna"
print(#session.dirty, am.inspect(ann).attrs.name.history.deleted[1]) --> 1	Ann
session:begin_nested(function()
  ann.name = "Nobody"
  session:flush()
  session:get_nested_transaction():rollback() -- the object is as it was before the savepoint
end)
print(ann.name) --> Anna
session:commit()
print(table.concat(am.inspect(ann).unloaded, ",")) --> id,name
print(ann.name) --> Anna

session:delete(ann)
session:flush()
print(state(ann)) --> deleted
session:rollback()
print(state(ann)) --> persistent
ann.name = "Annabel"
session:rollback()
print(ann.name) --> Anna
session:close()
print(state(ann)) --> detached

ann.name = "changed while detached"
am.Session(engine, function(other)
  local copy = other:merge(ann)
  print(copy ~= ann, copy.name, #other.dirty) --> true	changed while detached	1
end)
print(pcall(function() return am.Session(engine):add(User{ id = 1 }) end)) --> true
