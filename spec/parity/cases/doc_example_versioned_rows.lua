-- The example versioned_rows: an UPDATE becomes an INSERT, with relationships, a version id, an old row that is marked.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step

local Base = am.declarative_base()

local Versioned = {
  new_version = function(self)
    am.make_transient(self)
    self.id = nil
  end,
}

local Example = Base:model("Example", {
  __tablename__ = "example", __mixins__ = { Versioned },
  id = am.Column(am.Integer, { primary_key = true }),
  data = am.Column(am.String),
})

local Parent = Base:model("Parent", {
  __tablename__ = "parent",
  id = am.Column(am.Integer, { primary_key = true }),
  child_id = am.Column(am.Integer, am.ForeignKey("child.id")),
  child = am.relationship("Child", { backref = am.backref("parent", { uselist = false }) }),
})

local Child = Base:model("Child", {
  __tablename__ = "child", __mixins__ = { Versioned },
  id = am.Column(am.Integer, { primary_key = true }),
  data = am.Column(am.String),
})
function Child:new_version(session)
  session:expire(self.parent, { "child" })
  Versioned.new_version(self)
  self.parent.child = self
end

-- The version is half of the key; the version before stays and is no longer current.
local id = am.Column(am.Integer, { primary_key = true, autoincrement = false })
local version_id = am.Column(am.Integer, { primary_key = true, default = 1 })
local is_current_version = am.Column(am.Boolean, { default = true })
local data = am.Column(am.String)
local Counted = Base:model("Counted", {
  __tablename__ = "counted",
  id = id,
  version_id = version_id,
  is_current_version = is_current_version,
  data = data,
  title = am.column_property(data .. ":" .. am.cast(version_id, am.String)),
})
function Counted:new_version(session)
  local key, version = self.id, self.version_id
  session:execute(Counted.__table__:update():where(Counted.id:eq(key)):values{ is_current_version = false })
  am.make_transient(self)
  self.version_id = version + 1
  self.is_current_version = true
end

local sess = am.sessionmaker()
local log = {}

am.event.listen(sess, "before_flush", function(session)
  for _, instance in ipairs(session.dirty) do
    if instance.new_version and session:is_modified(instance) and am.inspect(instance).has_identity then
      log[#log + 1] = "new version of " .. am.inspect(instance).class_.__name__
      instance:new_version(session)
      session:add(instance)
    end
  end
end)

am.event.listen(sess, "do_orm_execute", function(state)
  if state.is_select and not state.execution_options.all_versions and not state.is_column_load then
    state.statement = state.statement:options(
      am.with_loader_criteria(Counted, function(cls) return cls.is_current_version:eq(true) end))
  end
end)

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = sess{ bind = e }
step "an update is an insert"
local e1 = Example{ data = "e1" }
session:add(e1)
session:commit()
say(e1.id)
e1.data = "e2"
say(session.dirty:contains(e1), session:is_modified(e1))
session:commit()
say(e1.id, e1.data, am.inspect(e1).persistent, log)
say(session:query(Example.id, Example.data):order_by(Example.id):all())
e1.data = "e2"
session:commit()
say(session:query(Example):count())
step "the parent follows"
log = {}
local p1 = Parent{ child = Child{ data = "c1" } }
session:add(p1)
session:commit()
local c1 = p1.child
say(p1.child_id, c1.parent == p1)
c1.data = "elvis is dead"
session:commit()
say(p1.child_id, p1.child == c1, c1.id, log)
say(session:query(Child.id, Child.data):order_by(Child.id):all())
step "a version in the key"
log = {}
local row = Counted{ id = 1, data = "a" }
session:add(row)
session:commit()
say(row.version_id, row.title)
row.data = "b"
session:commit()
say(row.version_id, row.title, am.inspect(row).identity, log)
row.data = "c"
session:commit()
say(row.version_id, row.is_current_version)
step "what is seen"
say(session:execute(am.select(Counted.version_id, Counted.data)):all())
say(session:scalars(am.select(Counted.version_id):order_by(Counted.version_id), nil,
  { execution_options = { all_versions = true } }):all())
say(session:get(Counted, { 1, 1 }))
local old = session:get(Counted, { 1, 1 }, { execution_options = { all_versions = true } })
say(old.data, old.is_current_version)
step "back to an old one"
session:expunge(old)
am.make_transient(old)
say(am.inspect(old).transient, old.version_id)
old.version_id = 4
old.is_current_version = true
row.is_current_version = false
session:execute(Counted.__table__:update():values{ is_current_version = false })
session:expunge(row)
session:add(old)
session:commit()
say(p.map(session:query(Counted), function(c) return { c.version_id, c.data } end))
local ghost = Counted{ id = 1, version_id = 2 }
am.make_transient_to_detached(ghost)
session:add(ghost)
say(am.inspect(ghost).persistent, p.sorted(am.inspect(ghost).unloaded))
say(ghost.data, ghost.title)
p.sql()
