-- Inheritance: one table per class with joins, one table for all, and how subclasses are loaded.
local am = require "alchemoon"

local Base = am.declarative_base()
local Employee = Base:model("Employee", {
  __tablename__ = "employees",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(50)),
  kind = am.Column(am.String(20)),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "employee" },
})
local Engineer = Base:model("Engineer", { -- a table of its own, joined
  __extends__ = Employee,
  __tablename__ = "engineers",
  id = am.Column(am.ForeignKey("employees.id"), { primary_key = true }),
  language = am.Column(am.String(20)),
  __mapper_args__ = { polymorphic_identity = "engineer" },
})
local Manager = Base:model("Manager", { -- no table: single table inheritance
  __extends__ = Employee,
  title = am.Column(am.String(20)),
  __mapper_args__ = { polymorphic_identity = "manager" },
})
for _, class in ipairs{ Employee, Engineer, Manager } do
  class.__tostring = function(self) return ("%s(%s)"):format(self.__mapper__.class_name, self.name) end
end

local engine = am.create_engine "sqlite://"
Base.metadata:create_all(engine)
am.Session(engine, function(session)
  session:add_all{ Employee{ name = "Ann" }, Engineer{ name = "Bob", language = "Lua" },
    Manager{ name = "Cid", title = "boss" } }
  session:commit()
  session:expunge_all()

  for _, each in ipairs(session:scalars(am.select(Employee):order_by(Employee.id)):all()) do print(each, each.kind) end
  print(session:scalars(am.select(Manager)):one().title)
  print(session:scalars(am.select(Engineer):where(Engineer.language:eq "Lua")):one().name)

  session:expunge_all()
  local all = am.with_polymorphic(Employee, { Engineer }) -- columns of engineers in the same statement
  print(session:scalars(am.select(all):where(all.Engineer.language:eq "Lua")):one())
  local count = am.testing.count_statements(engine, function()
    for _, each in ipairs(session:scalars(am.select(Employee)
      :options(am.selectin_polymorphic(Employee, { Engineer, Manager }))):all()) do
      if getmetatable(each) == Engineer then print(each.language) end
    end
  end)
  print(count .. " statements")
end)
--> Employee(Ann)	employee
--> Engineer(Bob)	engineer
--> Manager(Cid)	manager
--> boss
--> Bob
--> Engineer(Bob)
--> Lua
--> 3 statements
