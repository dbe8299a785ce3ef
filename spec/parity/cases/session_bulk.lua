-- The bulk methods: bulk_save_objects, bulk_insert_mappings, bulk_update_mappings and their options.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local Base = am.declarative_base()
local Staff = Base:model("Staff", {
  __tablename__ = "staff",
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "staff" },
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10)),
  name = am.Column("full_name", am.String(50)),
  grade = am.Column(am.Integer, { default = 1 }),
  changed = am.Column(am.Integer, { onupdate = 7 }),
  desks = am.relationship("Desk", { order_by = "Desk.id" }),
})
local Boss = Base:model("Boss", {
  __extends__ = Staff,
  __tablename__ = "boss",
  __mapper_args__ = { polymorphic_identity = "boss" },
  id = am.Column(am.ForeignKey("staff.id"), { primary_key = true }),
  budget = am.Column(am.Integer),
})
local Desk = Base:model("Desk", {
  __tablename__ = "desk",
  id = am.Column(am.Integer, { primary_key = true }),
  label = am.Column(am.String(20)),
  owner_id = am.Column(am.ForeignKey("staff.id")),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
for _, name in ipairs { "before_insert", "after_insert", "before_update", "after_update" } do
  am.event.listen(Base, name, function() say("  *", name) end, { propagate = true })
end
local session = am.Session(e)
am.event.listen(session, "before_flush", function() say("  * before_flush") end)
am.event.listen(session, "after_bulk_update", function() say("  * after_bulk_update") end)

local function rows(name)
  return session:execute(am.text("select * from " .. (name or "staff") .. " order by id")):all()
end

local function items(map)
  local list = {}
  for k, v in pairs(map) do list[#list + 1] = { k, v } end
  table.sort(list, function(x, y) return x[1] < y[1] end)
  return list
end

local function each(objects, fn)
  local list = { n = #objects }
  for i, o in ipairs(objects) do list[i] = fn(o) end
  return list
end
local function transient(o) return am.inspect(o).transient end
local function id(o) return o.id end

step "bulk_insert_mappings"
session:bulk_insert_mappings(Staff, { { name = "a" }, { name = "b", grade = 5 }, { name = "c" } })
say(rows(), #session.identity_map)
step "with nulls rendered"
session:bulk_insert_mappings(Desk, { { label = "x", owner_id = 1 }, { label = "y", owner_id = am.null } },
  { render_nulls = true })
session:bulk_insert_mappings(Desk, { { label = "u", owner_id = 1 }, { label = "v", owner_id = am.null } })
say(rows("desk"))
step "return_defaults"
local maps = { { name = "d", grade = 2 }, { name = "e", grade = 3 } }
session:bulk_insert_mappings(Staff, maps, { return_defaults = true })
say(each(maps, items))
step "joined inheritance"
session:bulk_insert_mappings(Boss, { { name = "f", budget = 100 }, { name = "g", budget = 200 } })
say(rows(), rows("boss"))

step "bulk_update_mappings"
session:bulk_update_mappings(Staff, { { id = 1, name = "A" }, { id = 2, name = "B" }, { id = 3, grade = 9 } })
session:bulk_update_mappings(Boss, { { id = 6, name = "F", budget = 101 } })
say(rows(), rows("boss"))
error_of(function() session:bulk_update_mappings(Staff, { { name = "no key" } }) end)
error_of(function() session:bulk_update_mappings(Staff, { { id = 77, name = "no row" } }) end)
session:rollback()
say(rows())

step "bulk_save_objects of new objects"
local s = { Staff{ name = "h" }, Boss{ name = "i", budget = 1 },
  Staff{ name = "j", desks = { Desk{ label = "ignored" } } } }
session:bulk_save_objects(s)
say(each(s, transient), each(s, id), #session.new, rows("desk"))
step "return_defaults"
s = { Staff{ name = "k" }, Staff{ name = "l", grade = 4 }, Boss{ name = "m", budget = 2 } }
session:bulk_save_objects(s, { return_defaults = true })
say(each(s, id), s[1].grade, each(s, transient))
session:commit()
step "bulk_save_objects of loaded objects"
local loaded = session:scalars(am.select(Staff):order_by(Staff.id)):all()
loaded[1].name = "H"
loaded[3].grade = 8
say(#session.dirty)
session:bulk_save_objects(loaded)
say(am.inspect(loaded[1]).modified, #session.dirty, each(rows(), function(row) return row[3] end))
session:bulk_save_objects(loaded, { update_changed_only = false })
p.sql()
session:rollback()
step "order kept"
session:bulk_save_objects{ Staff{ name = "n" }, Desk{ label = "n" }, Staff{ name = "o" }, Desk{ label = "o" } }
error_of(function() session:bulk_save_objects{ Staff{ id = 1, name = "twice" } } end)
session:rollback()
session:close()
p.sql()
