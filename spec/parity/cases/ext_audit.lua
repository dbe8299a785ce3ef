-- An audit trail by events: who changed what, in the same transaction: objects, collections, bulk statements.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, func, inspect, update, insert, delete = am.select, am.func, am.inspect, am.update, am.insert, am.delete

local Base = am.declarative_base()
local Audit = Base:model("Audit", {
  __tablename__ = "audit",
  id = Column(Integer, { primary_key = true }),
  who = Column(String(10)),
  action = Column(String(10)),
  what = Column(String(20)),
  changes = Column(am.JSON),
})
local Audited = { __audit_skip__ = {} }
local member_roles = am.Table("member_role", Base.metadata,
  Column("member_id", ForeignKey("member.id"), { primary_key = true }),
  Column("role_id", ForeignKey("role.id"), { primary_key = true }))
local Team = Base:model("Team", {
  __mixins__ = { Audited },
  __tablename__ = "team",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  members = am.relationship("Member", { back_populates = "team", order_by = "Member.id" }),
})
local Member = Base:model("Member", {
  __mixins__ = { Audited },
  __audit_skip__ = { secret = true },
  __tablename__ = "member",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  secret = Column(String(20)),
  team_id = Column(ForeignKey("team.id")),
  team = am.relationship(Team, { back_populates = "members" }),
  roles = am.relationship("Role", { secondary = member_roles, order_by = "Role.id" }),
})
local Role = Base:model("Role", {
  __tablename__ = "role",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
})

local function name_of(obj)
  local state = inspect(obj)
  return state.class_.__name__ .. " " .. (state.identity and tostring(state.identity[1]) or "new")
end

local function changes(obj)
  local state, out = inspect(obj), {}
  for _, attr in ipairs(state.mapper.column_attrs) do
    local h = not obj.__audit_skip__[attr.key] and state.attrs[attr.key].history
    if h and h:has_changes() then out[attr.key] = { h.deleted[1] or am.null, h.added[1] or am.null } end
  end
  return out
end

local function write(connection, obj, action, found)
  local state = inspect(obj)
  connection:execute(insert(Audit), { who = state.session.info.user or "nobody", action = action,
    what = ("%s %d"):format(state.class_.__name__, obj.id), changes = found })
end

local function inserted(_, connection, target)
  local found = {}
  for k, v in pairs(changes(target)) do
    if v[2] ~= am.null then found[k] = v[2] end
  end
  write(connection, target, "insert", found)
end
am.event.listen(Audited, "after_insert", inserted, { propagate = true })
am.event.listen(Audited, "before_update", function(_, connection, target)
  local found = changes(target)
  if next(found) then write(connection, target, "update", found) end
end, { propagate = true })
am.event.listen(Audited, "after_delete", function(_, connection, target)
  write(connection, target, "delete", am.null)
end, { propagate = true })

local Maker = am.sessionmaker()
local told = {}
am.event.listen(Maker, "after_flush", function(session)
  for _, obj in ipairs(session.dirty) do
    for _, rel in ipairs(inspect(inspect(obj).class_).relationships) do
      local h = am.get_history(obj, rel.key, am.PASSIVE_NO_INITIALIZE)
      if rel.uselist and h:has_changes() then
        told[#told + 1] = { name_of(obj), rel.key, p.map(h.added, name_of), p.map(h.deleted, name_of) }
      end
    end
  end
end)
am.event.listen(Maker, "do_orm_execute", function(state)
  if state.is_update or state.is_delete then
    if state.bind_mapper == nil then return end
    local cls = state.bind_mapper.class_
    told[#told + 1] = { "bulk", cls.__name__, state.is_update, state.is_delete }
    if cls.__audit_skip__ and not state.execution_options.unaudited then
      state.session:execute(insert(Audit),
        { { who = state.session.info.user, action = "bulk", what = cls.__name__ } })
    end
  end
end)
local function after_commit()
  say("committed", told)
  told = {}
end
am.event.listen(Maker, "after_commit", after_commit)
am.event.listen(Maker, "after_rollback", function()
  say("rolled back", #told)
  told = {}
end)

local function trail(session)
  for a in session:execute(select(Audit.who, Audit.action, Audit.what, Audit.changes):order_by(Audit.id)) do
    say("  |", a.who, a.action, a.what, a.changes)
  end
  session:execute(delete(Audit.__table__))
  session:commit()
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = Maker{ bind = e, info = { user = "root" } }
step "insert"
local red = Team{ name = "red" }
local ann = Member{ name = "ann", secret = "x", team = red }
s:add_all{ red, ann, Role{ name = "cook" }, Role{ name = "pilot" } }
s:commit()
trail(s)
step "update"
s.info.user = "eve"
ann.name = "anna"
ann.secret = "y"
red.name = "red"
s:commit()
trail(s)
step "secret alone"
ann.secret = "z"
s:commit()
trail(s)
step "collections"
local roles = s:scalars(select(Role):order_by(Role.id)):all()
local cook, pilot = roles[1], roles[2]
ann.roles = { cook }
local bob = Member{ name = "bob" }
red.members:append(bob)
s:commit()
ann.roles:append(pilot)
ann.roles:remove(cook)
ann.team = nil
s:commit()
trail(s)
step "rolled back"
bob.name = "rob"
s:flush()
say(s:scalar(select(func.count(Audit.id))))
s:rollback()
say(s:scalar(select(func.count(Audit.id))), bob.name)
step "a savepoint rolled back"
s:begin_nested(function(nested)
  ann.name = "lost"
  s:flush()
  nested:rollback()
end)
bob.name = "bobby"
s:commit()
trail(s)
step "bulk"
s:execute(update(Member):where(Member.name:like("b%")):values{ name = func.upper(Member.name) })
s:execute(delete(Member):where(Member.id:gt(99)))
s:execute(update(Role):values{ name = Role.name .. "!" }, nil, { execution_options = { unaudited = true } })
say(bob.name, p.map(ann.roles, function(r) return r.name end))
s:commit()
trail(s)
step "bulk by primary key"
s:execute(update(Member), { { id = 1, name = "a1" }, { id = 2, name = "b2" } })
s:execute(insert(Member), { { name = "cid" }, { name = "dan" } })
s:commit()
trail(s)
step "delete"
s:delete(red)
s:commit()
s:delete(bob)
s:commit()
trail(s)
step "a listener goes"
am.event.remove(Audited, "after_insert", inserted)
say(am.event.contains(Maker, "after_commit", after_commit), am.event.contains(Audited, "after_insert", inserted))
s:add(Team{ name = "blue" })
s:commit()
trail(s)
s:close()
p.sql()
