-- The questions about sessions: stale data, a rollback too few, counts and duplicates, foreign keys, walking a graph.
local am = require "alchemoon"
local p = require "parity"
local say, step, err = p.say, p.step, p.error
local text, select = am.text, am.select

local Base = am.declarative_base()
local calls = {}
local User = Base:model("User", {
  __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String),
  team_id = am.Column(am.ForeignKey("teams.id")),
  team = am.relationship("Team", { back_populates = "users" }),
  addresses = am.relationship("Address", { back_populates = "user", order_by = "Address.id",
    cascade = "all, delete-orphan" }),
  loaded = am.reconstructor(function() calls[#calls + 1] = "loaded" end),
})
am.event.listen(User, "init", function() calls[#calls + 1] = "init" end)
local Team = Base:model("Team", {
  __tablename__ = "teams",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String),
  users = am.relationship("User", { back_populates = "team", passive_deletes = true, order_by = "User.id" }),
})
local Address = Base:model("Address", {
  __tablename__ = "addresses",
  id = am.Column(am.Integer, { primary_key = true }),
  email = am.Column(am.String),
  user_id = am.Column(am.ForeignKey("users.id")),
  user = am.relationship("User", { back_populates = "addresses" }),
})
local users, addresses = User.__table__, Address.__table__
local Both = Base:model("Both", {
  __table__ = am.outerjoin(users, addresses),
  id = users.c.id,
  address_id = addresses.c.id,
  user_id = addresses.c.user_id,
  __mapper_args__ = { confirm_deleted_rows = false },
})

local function id_of(obj) return obj.id end
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
session:add_all{
  Team{ id = 1, name = "red" }, Team{ id = 7, name = "blue" },
  User{ id = 1, name = "jack", addresses = { Address{ id = 1, email = "a" }, Address{ id = 2, email = "b" } } },
  User{ id = 2, name = "ed" },
}
session:commit()
step "changes made elsewhere"
local jack = session:get(User, 1)
say(jack.name, calls)
session:connection():execute(text("UPDATE users SET name = 'john' WHERE id = 1"))
say(session:scalars(select(User):where(User.name:eq("john"))):one().name)
session:scalars(select(User):where(User.id:eq(1)):execution_options{ populate_existing = true }):one()
say(jack.name)
session:connection():execute(text("UPDATE users SET name = 'jack' WHERE id = 1"))
session:expire(jack)
say(jack.name)
session:connection():execute(text("UPDATE users SET name = 'jill' WHERE id = 1"))
session:refresh(jack)
say(jack.name)
session:commit()
say(jack.name, calls)
step "a rollback too few"
session:add_all{ Team{ id = 1 } }
err(function() session:commit() end)
err(function() session:commit() end)
say(session.is_active, session:in_transaction())
local x = err(function() session:get(Team, 7) end)
say(x.code)
session:rollback()
say(session.is_active, #session.new)
session:commit()
local refused = {}
for _, id in ipairs{ 1, 2, 7, 8 } do
  local ok, e2 = pcall(function()
    session:begin_nested(function()
      if id == 8 then session:merge(Team{ id = id, name = "merged" })
      else session:execute(Team.__table__:insert(), { id = id }) end
    end)
  end)
  if not ok then
    assert(am.exc.is(e2, am.exc.IntegrityError))
    refused[#refused + 1] = id
  end
end
say(refused)
session:commit()
step "a count that is not the length"
local q = session:query(User):outerjoin(User.addresses):filter(User.name:eq("jill"))
say(q:count(), #q:all())
say(session:query(User.id, User.name):outerjoin(User.addresses):filter(User.name:eq("jill")):all())
say(#session:execute(q.statement):all(), #session:scalars(q.statement):unique():all())
q = session:query(User):options(am.joinedload(User.addresses)):order_by(User.id):limit(1)
say(p.map(q, function(u) return #u.addresses end))
step "a class over an outer join"
say(p.map(session:query(Both):order_by(Both.id, Both.address_id), function(b) return p.list(b.id, b.address_id) end))
say(am.inspect(Both).primary_key[1].table.name, #am.inspect(Both).primary_key)
say(session:get(Both, { 2, am.null }) ~= nil)
step "removed from a session, not from a list"
local address = session:get(Address, 1)
say(jack.addresses:contains(address))
session:delete(address)
say(jack.addresses:contains(address))
session:flush()
say(jack.addresses:contains(address))
session:commit()
say(#jack.addresses)
jack.addresses:remove(jack.addresses[1])
session:commit()
say(session:scalar(select(am.func.count(Address.id))))
step "a foreign key by hand"
say(jack.team)
jack.team_id = 7
say(jack.team)
session:flush()
say(jack.team)
session:expire(jack, { "team" })
say(jack.team.name)
jack.team_id = 1
session:commit()
say(jack.team.name)
local new = User{ id = 5, name = "new", team_id = 7 }
say(new.team)
session:add(new)
session:flush()
say(new.team.name, p.map(new.team.users, id_of))
local free = User{ id = 6, name = "free", team_id = 1 }
session:enable_relationship_loading(free)
say(free.team.name)
session:expunge(free)
say(am.inspect(jack).attrs.team.loaded_value ~= nil)
step "a walk over the graph"
local function walk(obj)
  local stack, seen, order = { obj }, {}, {}
  while #stack > 0 do
    local top = table.remove(stack, 1)
    if not seen[top] then
      seen[top] = true
      local mapper = am.inspect(top).mapper
      order[#order + 1] = ("%s %d"):format(mapper.class_.__name__, top.id)
      for _, relation in ipairs(mapper.relationships) do
        local value = top[relation.key]
        if relation.uselist then
          for _, item in ipairs(value) do stack[#stack + 1] = item end
        elseif value ~= nil then
          stack[#stack + 1] = value
        end
      end
    end
  end
  return order
end
jack.addresses:append(Address{ id = 9, email = "z" })
session:commit()
say(walk(jack))
step "get or create"
local function get_or_create(cls, defaults, by)
  local found = session:query(cls):filter_by(by):one_or_none()
  if found then return found, false end
  local values = {}
  for k, v in pairs(defaults) do values[k] = v end
  for k, v in pairs(by) do values[k] = v end
  local made = cls(values)
  session:add(made)
  return made, true
end
local t, created = get_or_create(Team, { id = 11 }, { name = "green" })
say(created, t.id)
local t2
t2, created = get_or_create(Team, { id = 12 }, { name = "green" })
say(created, t2 == t)
say(am.object_mapper(t).class_, am.inspect(t).persistent)
session:close()
p.sql()
