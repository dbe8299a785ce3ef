-- The page "Tracking queries, object and session changes with events": the interception of execution and all states.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step

local Base = am.declarative_base()
local SoftDelete = { deleted = am.Column(am.Boolean, { default = false, nullable = false }) }

local User = Base:model("User", {
  __tablename__ = "users", __mixins__ = { SoftDelete },
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String),
  notes = am.relationship("Note", { order_by = "Note.id", back_populates = "user", cascade = "all, delete-orphan" }),
})
local Note = Base:model("Note", {
  __tablename__ = "notes", __mixins__ = { SoftDelete },
  id = am.Column(am.Integer, { primary_key = true }),
  user_id = am.Column(am.ForeignKey("users.id")),
  body = am.Column(am.String),
  user = am.relationship("User", { back_populates = "notes" }),
})

local Factory = am.sessionmaker()
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local log = {}

am.event.listen(Factory, "do_orm_execute", function(state)
  log[#log + 1] = p.list(state.is_select, state.is_insert, state.is_update, state.is_delete, state.is_orm_statement,
    state.is_column_load, state.is_relationship_load, state.is_executemany, state.is_from_statement,
    state.bind_mapper and state.bind_mapper.class_.__name__)
  if state.is_relationship_load then log[#log + 1] = "a path of " .. #state.loader_strategy_path end
end)

am.event.listen(Factory, "do_orm_execute", function(state)
  if state.is_select and not state.is_column_load and not state.is_relationship_load
    and not state.execution_options.include_deleted then
    state.statement = state.statement:options(am.with_loader_criteria(SoftDelete,
      function(cls) return cls.deleted:eq(false) end, { include_aliases = true }))
  end
end)

local function look()
  for _, line in ipairs(log) do say(line) end
  log = {}
end

local session = Factory{ bind = e }
session:add_all{
  User{ id = 1, name = "ann", notes = { Note{ id = 1, body = "a" }, Note{ id = 2, body = "b", deleted = true } } },
  User{ id = 2, name = "bob", deleted = true },
  User{ id = 3, name = "cy", notes = { Note{ id = 3, body = "c" } } },
}
session:commit()
look()
step "criteria for all"
say(p.map(session:scalars(am.select(User):order_by(User.id)),
  function(u) return { u.id, p.map(u.notes, function(n) return n.id end) } end))
look()
step "and without"
session:expunge_all()
say(session:scalars(am.select(User.id):order_by(User.id), nil,
  { execution_options = { include_deleted = true } }):all())
say(session:get(User, 2))
session:expire_all()
look()
step "loads"
session:expunge_all()
local users = session:scalars(am.select(User):options(am.selectinload(User.notes)):order_by(User.id)):all()
say(p.map(users, function(u) return #u.notes end))
session:expire(users[1], { "name" })
say(users[1].name)
session:refresh(users[2])
look()
step "writes"
session:execute(am.insert(Note), { { id = 10, user_id = 3, body = "x" }, { id = 11, user_id = 3, body = "y" } })
session:execute(am.update(Note):where(Note.id:eq(10)):values{ body = "z" })
session:execute(am.delete(Note):where(Note.id:eq(11)))
session:execute(am.update(Note), { { id = 10, body = "zz" } })
session:execute(am.text("SELECT 1"))
session:scalars(am.select(User):from_statement(am.text("SELECT * FROM users ORDER BY id"))):all()
session:query(User):filter_by{ id = 1 }:update{ name = "anna" }
look()
session:commit()

step "replacing the result"
local other = am.sessionmaker{ bind = e }
local cache = {}
am.event.listen(other, "do_orm_execute", function(state)
  local key = state.execution_options.cache_key
  if key then
    if not cache[key] then
      cache[key] = state:invoke_statement():freeze()
      say("filled", key)
    end
    return am.merge_frozen_result(state.session, state.statement, cache[key], { load = false })()
  end
  if state.execution_options.none then
    return state:invoke_statement{ execution_options = { none = false } }
  end
end)

for _ = 1, 2 do
  other(function(s)
    local found = s:scalars(am.select(User):where(User.deleted:eq(false)):order_by(User.id), nil,
      { execution_options = { cache_key = "users" } }):all()
    local all = true
    for _, f in ipairs(found) do all = all and s:contains(f) end
    say(p.map(found, function(f) return f.name end), all)
  end)
end
other(function(s)
  say(s:scalars(am.select(User.name):order_by(User.id), nil, { execution_options = { none = true } }):all())
end)

step "all states of an object"
local third = am.sessionmaker{ bind = e }
for _, name in ipairs{ "transient_to_pending", "pending_to_transient", "pending_to_persistent", "loaded_as_persistent",
  "persistent_to_transient", "persistent_to_deleted", "deleted_to_detached", "persistent_to_detached",
  "detached_to_persistent", "deleted_to_persistent", "before_attach", "after_attach" } do
  am.event.listen(third, name, function(_, instance) say(name, am.inspect(instance).identity) end)
end
local s = third()
local n = Note{ id = 20, body = "n", user_id = 1 }
s:add(n)
s:expunge(n)
s:add(n)
s:flush()
s:rollback()
say(am.inspect(n).transient)
s:add(n)
s:commit()
s:expunge(n)
s:add(n)
s:delete(n)
s:flush()
say(am.inspect(n).deleted, s:contains(n))
s:rollback()
say(am.inspect(n).persistent)
s:delete(n)
s:commit()
say(am.inspect(n).detached, am.inspect(n).was_deleted)
say(s:scalars(am.select(Note):where(Note.id:eq(3))):one().body)
s:close()
