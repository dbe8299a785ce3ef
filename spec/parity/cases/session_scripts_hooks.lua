-- do_orm_execute in all its uses, refresh and load events, attribute events with a session behind.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer = am.Column, am.String, am.Integer

local Base = am.declarative_base()

local Actor = Base:model("Actor", {
  __tablename__ = "actor",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  retired = Column(am.Boolean, { default = false }),
  roles = am.relationship("Role", { back_populates = "actor", order_by = "Role.id" }),
})

local Role = Base:model("Role", {
  __tablename__ = "role",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  actor_id = Column(am.ForeignKey "actor.id"),
  actor = am.relationship(Actor, { back_populates = "roles" }),
})

local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add(Actor { name = "Ann", roles = { Role { name = "Lear" }, Role { name = "Puck" } } })
  s:flush()
  s:add(Actor { name = "Bob", retired = true, roles = { Role { name = "Iago" } } })
  s:commit()
end)
p.forget()

local Local = am.sessionmaker(e)
local on = { trace = true, hide = false }
local KINDS = { "is_select", "is_insert", "is_update", "is_delete", "is_column_load", "is_relationship_load",
  "is_orm_statement" }

am.event.listen(Local, "do_orm_execute", function(state)
  if not on.trace then return end
  local kinds = p.map(p.collect(KINDS, function(k) return state[k] and k or nil end), function(k) return k end)
  local mapper = state.bind_mapper
  say(" do", kinds, mapper and mapper.class_, #state.user_defined_options)
  if on.hide and state.is_select and not state.is_column_load and not state.is_relationship_load then
    state.statement = state.statement:options(am.with_loader_criteria(Actor, function(cls)
      return cls.retired:eq(false)
    end, { include_aliases = true }))
  end
end)

local function name_of(obj) return am.inspect(obj).mapper.class_.__name__ end
local function sorted(attrs) return attrs and #attrs > 0 and p.sorted(attrs) or nil end
for _, cls in ipairs { Actor, Role } do
  am.event.listen(cls, "load", function(target) say(" load", name_of(target), target.id) end)
  am.event.listen(cls, "refresh", function(target, _, attrs) say(" refresh", name_of(target), sorted(attrs)) end)
  am.event.listen(cls, "expire", function(target, attrs) say(" expire", name_of(target), sorted(attrs)) end)
end

am.event.listen(Actor.name, "set", function(_, value, old) say(" set", value, old) end, { active_history = true })
am.event.listen(Actor.roles, "append", function(target, value) say(" append", target.name, value.name) end)
am.event.listen(Role.actor, "set", function(_, value, old)
  say(" actor", value and value.name, old ~= nil and old ~= am.NO_VALUE and old.name or nil)
end)

local function names(items) return p.map(items, function(x) return x.name end) end

Local(function(s)
  step "select and lazy load"
  local ann = s:scalars(select(Actor):order_by(Actor.id)):first()
  say(names(ann.roles))
  step "get, refresh, expire"
  s:get(Actor, 2)
  s:refresh(ann, { "name" })
  s:expire(ann, { "name" })
  say(ann.name)
  s:expire(ann)
  say(ann.retired)
  step "options"
  s:scalars(select(Role):options(am.joinedload(Role.actor)):order_by(Role.id)):all()
  step "changes"
  ann.name = "Anna"
  local role = Role { name = "Ajax" }
  ann.roles:append(role)
  role.actor = s:get(Actor, 2)
  s:flush()
  step "dml"
  s:execute(am.update(Actor):where(Actor.id:eq(2)):values { name = "Bobby" })
  s:execute(am.insert(Role), { { name = "Echo" } })
  s:execute(am.delete(Role):where(Role.name:eq "Echo"))
  s:execute(am.text "select 1")
  s:rollback()
  step "hidden rows"
  on.hide = true
  say(s:scalars(select(Actor.name)):all())
  say(s:execute(select(Role.name, Actor.name):join(Role.actor):order_by(Role.id)):all())
  local other = am.aliased(Actor)
  say(s:scalars(select(other.name)):all())
  say(p.map(s:scalars(select(Role):order_by(Role.id)), function(r) return r.actor.name end))
  on.hide = false
end)
step "a listener that answers itself"
on.trace = false
local store = {}

am.event.listen(Local, "do_orm_execute", function(state)
  local key = state.execution_options.key
  if key == nil then return nil end
  if store[key] == nil then
    say(" miss", key)
    store[key] = state:invoke_statement():freeze()
  end
  return store[key]()
end)

Local(function(s)
  local function keyed(key) return { execution_options = { key = key } } end
  for _ = 1, 2 do
    say(s:scalars(select(Actor.name):order_by(Actor.id), nil, keyed "names"):all())
  end
  local found = s:execute(select(Actor):order_by(Actor.id), nil, keyed "actors"):scalars():all()
  local again = s:execute(select(Actor):order_by(Actor.id), nil, keyed "actors"):scalars():all()
  say { found[1] == again[1], found[2] == again[2] }
end)
step "queries inside load"
am.event.listen(Role, "load", function(target, ctx)
  say(" roles", ctx.session:scalar(select(am.func.count(Role.id)):where(Role.actor_id:eq(target.actor_id))))
end)
Local(function(s) say(names(s:scalars(select(Role):order_by(Role.id)))) end)
p.sql()
