-- Inheritance: single, joined and concrete tables as mappers see them.
local am = require "alchemoon"
local logged = require "support.logged"
local unpack = table.unpack or unpack
local raises = require("support.init").raises_exc

local function id() return am.Column(am.Integer, { primary_key = true }) end
local says = require("support.sql").says

local function company()
  local Base = am.declarative_base()
  local Employee = Base:model("Employee", { __tablename__ = "employee", id = id(), name = am.Column(am.String(50)),
    type = am.Column(am.String(20)), company_id = am.Column(am.ForeignKey("company.id")),
    company = am.relationship("Company", { back_populates = "employees" }),
    __mapper_args__ = { polymorphic_on = "type", polymorphic_identity = "employee" } })
  local Engineer = Base:model("Engineer", { __extends__ = Employee, __tablename__ = "engineer",
    id = am.Column(am.ForeignKey("employee.id"), { primary_key = true }), info = am.Column(am.String(50)),
    __mapper_args__ = { polymorphic_identity = "engineer" } })
  local Boss = Base:model("Boss", { __extends__ = Employee, golf = am.Column(am.String(5)),
    __mapper_args__ = { polymorphic_identity = "boss" } })
  local Company = Base:model("Company", { __tablename__ = "company", id = id(),
    employees = am.relationship(Employee, { back_populates = "company" }) })
  function Employee:hello() return "hello " .. self.name end
  function Boss:hello() return "good day, " .. Employee.hello(self) end
  return { Base = Base, Employee = Employee, Engineer = Engineer, Boss = Boss, Company = Company }
end

describe("inheritance", function()
  it("gives an object the mapper of its own class", function()
    local c = company()
    assert.equal(c.Boss.__mapper__, c.Boss {}.__mapper__)
    assert.equal(c.Engineer.__mapper__, c.Engineer {}.__mapper__)
  end)

  it("sets the identity of new objects and shares attributes", function()
    local c = company()
    local ed, boss = c.Engineer { name = "ed", info = "x" }, c.Boss { name = "b", golf = "g" }
    assert.equal("engineer", ed.type)
    assert.equal("boss", boss.type)
    assert.equal("employee", c.Employee().type)
    assert.equal("hello ed", ed:hello())
    assert.equal("good day, hello b", boss:hello())
    local firm = c.Company { employees = { ed, boss } }
    assert.equal(firm, ed.company)
    raises("ArgumentError", function() return c.Employee().info end, "no attribute 'info'")
    assert.equal("type", c.Employee.__mapper__.polymorphic_on.name)
    assert.equal(c.Employee.__mapper__, c.Boss.__mapper__.base)
    assert.is_true(c.Boss.__mapper__.single)
    assert.equal("golf", c.Employee.__table__.c.golf.name)
  end)

  it("joins the tables of a class and its bases", function()
    local c = company()
    says("engineer.id = :id_1", c.Engineer.id:eq(5))
    says("employee.name = :name_1", c.Engineer.name:eq("x"))
    says("EXISTS (SELECT 1 FROM employee JOIN engineer ON employee.id = engineer.id, company WHERE company.id = "
      .. "employee.company_id AND engineer.info = :info_1)",
      c.Company.employees:of_type(c.Engineer):any(c.Engineer.info:eq("x")))
    local poly = am.with_polymorphic(c.Employee, { c.Engineer })
    says("engineer.info = :info_1", poly.Engineer.info:eq("x"))
    says("anon_1.engineer_info = :engineer_info_1", am.aliased(c.Engineer).info:eq("x"))
    says("engineer_1.info = :info_1", am.aliased(c.Engineer, { flat = true }).info:eq("x"))
    assert.equal(1, #c.Engineer.__mapper__.primary_key)
    assert.equal(2, #c.Engineer.__mapper__.prop.id.columns)
  end)

  it("gives subclasses what their base gets later", function()
    local c = company()
    c.Employee.nick = am.synonym("name")
    c.Employee.extra = am.column_property(c.Employee.__table__.c.name .. "!")
    assert.equal("ed", c.Engineer { name = "ed" }.nick)
    local ed = c.Engineer { info = "x" }
    assert.is_nil(ed.extra)
    assert.equal("x", ed.info)
  end)

  it("refuses conflicting columns, unless they are to be shared", function()
    local c = company()
    raises("ArgumentError", function()
      c.Base:model("Chief", { __extends__ = c.Employee, golf = am.Column(am.String(5)) })
    end, "Column 'golf' on class Chief conflicts with existing column 'employee.golf'")
    local Chief = c.Base:model("Chief2", { __extends__ = c.Employee,
      golf = am.Column(am.String(5), { use_existing_column = true }),
      __mapper_args__ = { polymorphic_identity = "c" } })
    assert.equal("g", Chief { golf = "g" }.golf)
    raises("ArgumentError", function()
      c.Base:model("Odd", { __extends__ = c.Employee, odd = am.Column(am.Integer, { primary_key = true }) })
    end, "Can't place primary key columns on an inherited class with no table")
    raises("NoForeignKeysError", function()
      c.Base:model("Lost", { __extends__ = c.Employee, __tablename__ = "lost", key = id() })
    end, "Can't determine the inherit condition between inherited table 'employee' and inheriting table 'lost'")
  end)

  it("concrete classes stand alone", function()
    local Base = am.declarative_base()
    local E = Base:model("E", { __tablename__ = "e", id = id(), name = am.Column(am.String(50)),
      extra = am.Column(am.Integer) })
    local M = Base:model("M", { __extends__ = E, __tablename__ = "m", id = id(), name = am.Column(am.String(50)),
      data = am.Column(am.String(50)), __mapper_args__ = { concrete = true, polymorphic_identity = "m" } })
    local m = M { name = "x", data = "y" }
    assert.equal("x", m.name)
    raises("ArgumentError", function() return m.extra end, "does not implement attribute 'extra' at the instance level")
    says("m.name = :name_1", M.name:eq("x"))
    local union = am.polymorphic_union({ e = E.__table__, m = M.__table__ }, "type", "pjoin")
    says("SELECT pjoin.id, pjoin.name, pjoin.extra, pjoin.data, pjoin.type FROM (SELECT e.id AS id, e.name AS name, "
      .. "e.extra AS extra, CAST(NULL AS VARCHAR(50)) AS data, 'e' AS type FROM e UNION ALL SELECT m.id AS id, "
      .. "m.name AS name, CAST(NULL AS INTEGER) AS extra, m.data AS data, 'm' AS type FROM m) AS pjoin",
      am.select(union))
  end)

  it("a concrete class without a table is in that of its base", function()
    local Base = am.declarative_base()
    local E = Base:model("E", { __tablename__ = "e", id = id(), name = am.Column(am.String(50)) })
    local M = E:model("M", { __mapper_args__ = { concrete = true } })
    assert.is_true(am.inspect(M).single)
    assert.equal("x", M { name = "x" }.name)
    says("SELECT e.id, e.name FROM e", am.select(M))
  end)

  it("am.columns() of a mapper are its own, not those of siblings that share the table", function()
    local Base = am.declarative_base()
    local Car = Base:model("Car", { __tablename__ = "car", id = id(), kind = am.Column(am.String(9)),
      __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "car" } })
    local Truck = Car:model("Truck", { load = am.Column("weight", am.Integer),
      __mapper_args__ = { polymorphic_identity = "truck" } })
    Car:model("Bus", { seats = am.Column(am.Integer), __mapper_args__ = { polymorphic_identity = "bus" } })
    local mapper = am.inspect(Truck)
    for _, of in ipairs { mapper, mapper.columns, mapper.c } do
      assert.same({ "id", "kind", "weight" }, { unpack(am.columns(of):keys()) })
    end
    assert.equal(4, #am.columns(Truck.__table__))
  end)

  it("mappers show themselves", function()
    local c = company()
    local m = am.inspect(c.Engineer)
    assert.same({ "company", "id", "name", "type", "company_id", "info" }, { unpack(m.attrs:keys()) })
    assert.equal(5, #m.column_attrs)
    assert.equal("company", m.relationships:keys()[1])
    assert.equal("engineer.id", tostring(m.c.id))
    assert.is_true(m.attrs:contains("info"))
    assert.is_true(m:isa(am.inspect(c.Employee)))
    raises("ArgumentError", function() return m.attrs.inf end, "did you mean 'info'")
    raises("InvalidRequestError", function() m:get_property("inf") end, "has no property 'inf'%..*Did you mean 'info'")
  end)

  it("warns of what is likely to be a mistake", function()
    local said = logged(function()
      local c = company()
      c.Base:model("Other", { __extends__ = c.Employee, __mapper_args__ = { polymorphic_identity = "boss" } })
      c.Base:model("Nobody", { __extends__ = c.Employee })
      c.Base:model("Between", { __extends__ = c.Employee, __mapper_args__ = { polymorphic_abstract = true } })
    end)
    assert.equal(2, #said)
    assert.matches("^Reassigning polymorphic association for identity 'boss' from <Mapper at .*; Boss> to <Mapper " ..
      "at .*; Other>: Check for duplicate use of 'boss'", said[1])
    assert.matches("^Mapper%[Nobody%(employee%)%] does not indicate a 'polymorphic_identity', yet is part of an " ..
      "inheritance hierarchy that has a 'polymorphic_on' column of 'employee.type'%.", said[2])
  end)

  it("refuses mapper arguments in the words of SQLAlchemy", function()
    local Base = am.declarative_base()
    local function refused(pattern, args)
      raises("ArgumentError", function()
        Base:model("R", { __tablename__ = "r" .. tostring(pattern), id = id(), kind = am.Column(am.String),
          __mapper_args__ = args })
      end, pattern)
    end
    refused("Can't determine polymorphic_on value 'knd' %- no attribute is mapped to this name%.  Did you mean 'kind'",
      { polymorphic_on = "knd" })
    refused("Column expression or string key expected for argument 'polymorphic_on'; got 5%.", { polymorphic_on = 5 })
    refused("Invalid setting for with_polymorphic: 'nope'", { with_polymorphic = "nope" })
    refused("unknown argument for polymorphic_load: 'nope'", { polymorphic_load = "nope" })
    refused("Can't determine primary_key column 'nope' %- no attribute is mapped to this name%.",
      { primary_key = { "nope" } })
    local V = Base:model("V", { __tablename__ = "v", id = id(), a = am.Column(am.Integer), b = am.Column(am.Integer),
      __mapper_args__ = { exclude_properties = { "b" } } })
    assert.is_false(am.inspect(V):has_property("b"))
    assert.is_not_nil(V.__table__.c.b)
  end)

  local function loaded(Base, objects, cls)
    local engine = am.create_engine("sqlite://")
    Base.metadata:create_all(engine)
    local session = am.Session(engine)
    session:add_all(objects)
    session:commit()
    session:expunge_all()
    local names = {}
    for i, obj in ipairs(session:scalars(am.select(cls):order_by(cls.name)):all()) do
      names[i] = getmetatable(obj).__name__ .. " " .. obj.name .. " "
        .. tostring(obj[getmetatable(obj).__mapper__.prop.data and "data" or "info"])
    end
    session:close()
    engine:dispose()
    return names
  end

  it("concrete classes are loaded through their base", function()
    local Base = am.declarative_base()
    local E = Base:model("E", { __mixins__ = { am.ConcreteBase }, __tablename__ = "e", id = id(),
      name = am.Column(am.String(50)), info = am.Column(am.Integer),
      __mapper_args__ = { concrete = true, polymorphic_identity = "e" } })
    local M = Base:model("M", { __extends__ = E, __tablename__ = "m", id = id(), name = am.Column(am.String(50)),
      data = am.Column(am.String(50)), info = am.Column(am.Integer),
      __mapper_args__ = { concrete = true, polymorphic_identity = "m" } })
    assert.same({ "E a 3", "M b y" },
      loaded(Base, { E { id = 1, name = "a", info = 3 }, M { id = 1, name = "b", data = "y", info = 4 } }, E))
  end)

  it("unions of concrete classes are in the order in which they were made", function()
    local Base = am.declarative_base()
    local function args(name) return { concrete = true, polymorphic_identity = name } end
    local E = Base:model("E", { __mixins__ = { am.ConcreteBase }, __tablename__ = "e", id = id(),
      __mapper_args__ = args "e" })
    local Z = Base:model("Z", { __extends__ = E, __tablename__ = "z", id = id(), p = am.Column(am.String),
      __mapper_args__ = args "z" })
    Base:model("M", { __extends__ = E, __tablename__ = "m", id = id(), q = am.Column(am.String),
      __mapper_args__ = args "m" })
    am.configure_mappers()
    says("SELECT pjoin.id, pjoin.p, pjoin.type FROM (SELECT z.id AS id, z.p AS p, 'z' AS type FROM z) AS pjoin",
      am.select(Z))
    says("SELECT pjoin.id, pjoin.type, pjoin.p, pjoin.q FROM (SELECT e.id AS id, CAST(NULL AS VARCHAR) AS p, " ..
      "CAST(NULL AS VARCHAR) AS q, 'e' AS type FROM e UNION ALL SELECT z.id AS id, z.p AS p, CAST(NULL AS VARCHAR) " ..
      "AS q, 'z' AS type FROM z UNION ALL SELECT m.id AS id, CAST(NULL AS VARCHAR) AS p, m.q AS q, 'm' AS type " ..
      "FROM m) AS pjoin", am.select(E))
  end)

  it("a discriminator that is an expression is selected last, under a name of its own", function()
    local Base = am.declarative_base()
    local key, kind = id(), am.Column(am.String)
    local S = Base:model("S", { __tablename__ = "s", id = key, kind = kind,
      __mapper_args__ = { polymorphic_on = am.func.lower(kind), polymorphic_identity = "s" } })
    says("SELECT s.id, s.kind, lower(s.kind) AS _sa_polymorphic_on FROM s", am.select(S))
  end)

  it("strict_attrs leaves the base what it declares", function()
    local Base = am.declarative_base()
    local E = Base:model("E", { __mixins__ = { am.AbstractConcreteBase }, strict_attrs = true,
      name = am.Column(am.String) })
    Base:model("M", { __extends__ = E, __tablename__ = "m", id = id(), data = am.Column(am.String),
      __mapper_args__ = { concrete = true, polymorphic_identity = "m" } })
    am.configure_mappers()
    assert.is_true(am.inspect(E):has_property("name"))
    assert.is_false(am.inspect(E):has_property("data"))
  end)

  it("limits UPDATE and DELETE of a class in its base's table to its own rows", function()
    local E = am.declarative_base():model("E", { __tablename__ = "e", id = id(), kind = am.Column(am.String(9)),
      __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "e" } })
    local M = E:model("M", { __mapper_args__ = { polymorphic_identity = "m" } })
    says("DELETE FROM e WHERE e.id = :id_1 AND e.kind IN (__[POSTCOMPILE_kind_1])", am.delete(M):where(M.id:eq(1)))
    says("DELETE FROM e WHERE e.id = :id_1", am.delete(E):where(E.id:eq(1)))
  end)

  it("refuses what a concrete class does not repeat, and an abstract one without discriminator", function()
    local Base = am.declarative_base()
    local E = Base:model("E", { __tablename__ = "e", id = id(), place = am.Column(am.Integer) })
    local M = E:model("M", { __tablename__ = "m", id = id(), __mapper_args__ = { concrete = true } })
    local message = "Concrete Mapper%[M%(m%)%] does not implement attribute 'place' at the instance level"
    raises("ArgumentError", function() return M {}.place end, message)
    raises("ArgumentError", function() return M.place end, message)
    raises("InvalidRequestError", function()
      Base:model("Q", { __tablename__ = "q", id = id(), __mapper_args__ = { polymorphic_abstract = true } })
    end, "polymorphic_abstract parameter may only be used on a mapper hierarchy which includes")
  end)

  it("an abstract class has no objects", function()
    local A = am.declarative_base():model("A", { __tablename__ = "a", id = id(), kind = am.Column(am.String(9)),
      __mapper_args__ = { polymorphic_on = "kind", polymorphic_abstract = true } })
    local B = A:model("B", { __mapper_args__ = { polymorphic_identity = "b" } })
    assert.equal("b", B{}.kind)
    raises("InvalidRequestError", function() A{} end,
      "^Can't instantiate class for Mapper%[A%(a%)%]; mapper is marked polymorphic_abstract=true$")
  end)

  it("walks and writes a hierarchy level by level, in the order in which its classes were made", function()
    local Base = am.declarative_base()
    local function under(parent, name, key, tname)
      return Base:model(name, { __extends__ = parent, __tablename__ = tname,
        id = tname and am.Column(am.ForeignKey(key), { primary_key = true }) or nil,
        __mapper_args__ = { polymorphic_identity = name } })
    end
    local A = Base:model("A", { __tablename__ = "a", id = id(), kind = am.Column(am.String(9)),
      __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "A" } })
    local Z = under(A, "Z", "a.id", "z")
    local Y = under(Z, "Y")
    local B = under(A, "B", "a.id", "b")
    local names = {}
    for i, mapper in ipairs(am.inspect(A).self_and_descendants) do names[i] = mapper.class_name end
    assert.same({ "A", "Z", "B", "Y" }, names)
    local engine, log = am.create_engine("sqlite://"), {}
    Base.metadata:create_all(engine)
    am.event.listen(engine, "before_cursor_execute", function(_, _, sql) log[#log + 1] = sql:match("INTO (%a)") end)
    am.Session(engine, function(session)
      session:add_all{ B{}, Y{}, Z{} }
      session:flush()
    end)
    assert.equal("zb", table.concat(log):gsub("a", ""))
  end)

  it("refuses columns of the base's table in an UPDATE of a joined class", function()
    local c = company()
    am.configure_mappers()
    raises("CompileError", function()
      am.Session(am.create_engine("sqlite://")):execute(am.update(c.Engineer):values{ name = "x" },
        nil, { synchronize_session = false })
    end, "^Backend does not support additional tables in the SET clause; cannot include columns from table%(s%) "
      .. "'employee' in SET clause")
  end)

  it("refuses to join classes eagerly under the names of their tables", function()
    local c = company()
    local all = am.with_polymorphic(c.Employee, { c.Engineer })
    raises("InvalidRequestError", function()
      tostring(am.select(c.Company):options(am.joinedload(c.Company.employees:of_type(all))))
    end, "^Detected unaliased columns when generating joined load%.")
  end)

  it("an abstract base over concrete classes", function()
    local Base = am.declarative_base()
    local E = Base:model("E", { __mixins__ = { am.AbstractConcreteBase } })
    local M = Base:model("M", { __extends__ = E, __tablename__ = "m", id = id(), name = am.Column(am.String(50)),
      data = am.Column(am.String(50)), __mapper_args__ = { concrete = true, polymorphic_identity = "m" } })
    local N = Base:model("N", { __extends__ = E, __tablename__ = "n", id = id(), name = am.Column(am.String(50)),
      data = am.Column(am.String(50)), __mapper_args__ = { concrete = true, polymorphic_identity = "n" } })
    assert.same({ "M a x", "N b y" },
      loaded(Base, { M { id = 1, name = "a", data = "x" }, N { id = 1, name = "b", data = "y" } }, E))
  end)

  it("asks for the kind first where a relationship to a subclass has conditions", function()
    local c = company()
    c.Company.bosses = am.relationship(c.Boss, { viewonly = true })
    assert.matches("employee.company_id AND employee.type IN %b() AND employee.name = :name_1",
      tostring(c.Company.bosses:any { name = "x" }))
  end)

  it("loads subclasses in the order in which they were mapped, however they are listed", function()
    local c = company()
    local poly = am.with_polymorphic(c.Employee, { c.Boss, c.Engineer })
    assert.equal(tostring(am.select(am.with_polymorphic(c.Employee, { c.Engineer, c.Boss }))),
      tostring(am.select(poly)))
  end)

  it("mappers say which others their class is loaded with", function()
    local Base = am.declarative_base()
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
      type = am.Column(am.String), __mapper_args__ = { polymorphic_on = "type", with_polymorphic = "*" } })
    local B = Base:model("B", { __extends__ = A, __tablename__ = "b", __mapper_args__ = { polymorphic_identity = "b" },
      id = am.Column(am.ForeignKey "a.id", { primary_key = true }) })
    assert.same({ A.__mapper__, B.__mapper__ }, { unpack(am.inspect(A).with_polymorphic_mappers) })
    assert.matches("LEFT OUTER JOIN", tostring(am.inspect(A).selectable))
    local both = am.with_polymorphic(A, { B })
    assert.same({ "with_polymorphic(A, [B])", "with_polymorphic(A, [B])", "aliased(B)" },
      { tostring(both), tostring(am.inspect(both)), tostring(am.inspect(am.aliased(B))) })
    assert.equal(0, #am.inspect(B).with_polymorphic_mappers)
  end)

  it("mappers list the discriminator that is an expression", function()
    local Pay = am.declarative_base():model("Pay", { __tablename__ = "pay",
      id = am.Column(am.Integer, { primary_key = true }),
      __mapper_args__ = { polymorphic_on = function() return am.case({ am.column "id", "a" }, { else_ = "b" }) end,
        polymorphic_identity = "a" } })
    assert.same({ "id", "_sa_polymorphic_on" }, { unpack(am.inspect(Pay).attrs:keys()) })
  end)

  it("what a base gets late comes behind the columns of the classes below", function()
    local Base = am.declarative_base()
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
      type = am.Column(am.String), __mapper_args__ = { polymorphic_on = "type" } })
    local B = Base:model("B", { __extends__ = A, b = am.Column(am.Integer),
      __mapper_args__ = { polymorphic_identity = "b" } })
    A.late = am.column_property(A.id + 1)
    local C = Base:model("C", { __extends__ = A, c = am.Column(am.Integer),
      __mapper_args__ = { polymorphic_identity = "c" } })
    local function columns(cls) return (tostring(am.select(cls)):match("^SELECT (.-)%s*FROM")) end
    assert.equal("a.id, a.type, a.b, a.id + :id_1 AS anon_1", columns(B))
    assert.equal("a.id, a.type, a.id + :id_1 AS anon_1, a.c", columns(C))
  end)

  it("leaves other aliases alone in a column_property of an aliased class", function()
    local Base = am.declarative_base()
    local Content = Base:model("Content", { __tablename__ = "content", type = am.Column(am.String), parent =
      am.Column(am.Integer), id = am.Column(am.Integer, { primary_key = true }),
      __mapper_args__ = { polymorphic_on = "type" } })
    local Folder = Base:model("Folder", { __extends__ = Content, __tablename__ = "folder",
      id = am.Column(am.ForeignKey("content.id"), { primary_key = true }),
      __mapper_args__ = { polymorphic_identity = "f" } })
    local other = am.aliased(Content)
    Content.size = am.column_property(am.select(am.func.count(other.id)):where(other.parent:eq(Content.id))
      :scalar_subquery())
    for entity, outer in pairs { [am.aliased(Folder)] = "anon_1.content_id",
      [am.with_polymorphic(Content, { Folder })] = "content.id" } do
      local text = tostring(am.select(entity)):gsub("%s+", " ")
      assert.truthy(text:find("FROM content AS content_1 WHERE content_1.parent = " .. outer, 1, true), text)
    end
  end)
end)

describe("an inherit_condition", function()
  it("may be a text that names the class being made", function()
    local Base = am.declarative_base()
    local Emp = Base:model("Emp", { __tablename__ = "emp", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String), boss_id = am.Column(am.ForeignKey "mgr.id"),
      boss = am.relationship("Mgr", { foreign_keys = "Emp.boss_id" }) })
    local Mgr = Base:model("Mgr", { __extends__ = Emp, __tablename__ = "mgr",
      key = am.Column("id", am.ForeignKey "emp.id", { primary_key = true }),
      __mapper_args__ = { inherit_condition = "Mgr.key == Emp.id" } })
    assert.equal("SELECT emp.id, emp.name, emp.boss_id, mgr.id AS id_1 FROM emp JOIN mgr ON mgr.id = emp.id",
      (tostring(am.select(Mgr)):gsub("%s+", " ")))
    local ok, e = pcall(Base.model, Base, "Other", { __extends__ = Emp, __tablename__ = "other",
      id = am.Column(am.ForeignKey "emp.id", { primary_key = true }),
      __mapper_args__ = { inherit_condition = "Other.id == Empp.id" } })
    assert.is_false(ok)
    assert.matches("Did you mean 'Emp'", e.message)
  end)

  it("hands the key down by the foreign key, whichever side is written first", function()
    for _, turned in ipairs { false, true } do
      local Base = am.declarative_base()
      local Emp = Base:model("Emp", { __tablename__ = "emp", id = id() })
      local key, note = am.Column("id", am.ForeignKey "emp.id", { primary_key = true }), am.Column("note", am.Integer)
      local Mgr = Base:model("Mgr", { __extends__ = Emp, __table__ = am.Table("mgr", Base.metadata, key, note),
        mgr_id = key, __mapper_args__ = { inherit_condition = turned and key:eq(Emp.id) or Emp.id:eq(key) } })
      local engine = am.create_engine "sqlite://"
      Base.metadata:create_all(engine)
      local mgr = Mgr { note = 1 }
      am.Session(engine):begin(function(session) session:add(mgr) end)
      assert.equal(1, engine:connect(function(c) return c:scalar(am.select(key)) end))
      engine:dispose()
    end
  end)

  it("between columns without foreign keys keeps a warning about one attribute for both", function()
    local Base = am.declarative_base()
    local Emp = Base:model("Emp", { __tablename__ = "emp", id = id() })
    local said = logged(function()
      Base:model("Mgr", { __extends__ = Emp, __tablename__ = "mgr", id = id(),
        __mapper_args__ = { inherit_condition = "Mgr.id == Emp.id" } })
    end)
    assert.matches("^Implicitly combining column emp%.id with column mgr%.id under attribute 'id'%.", said[1])
    assert.equal(1, #said)
  end)
end)

describe("a table whose rows refer to those of a subclass", function()
  it("is written before the subclass's all the same", function()
    local Base = am.declarative_base()
    local Emp = Base:model("Emp", { __tablename__ = "emp", id = am.Column(am.Integer, { primary_key = true }),
      type = am.Column(am.String),
      boss_id = am.Column(am.ForeignKey("mgr.id", { use_alter = true, name = "fk_boss" })),
      boss = am.relationship("Mgr", { foreign_keys = "Emp.boss_id", primaryjoin = "Emp.boss_id == Mgr.id",
        remote_side = "Mgr.id" }), __mapper_args__ = { polymorphic_on = "type", polymorphic_identity = "emp" } })
    local key = am.Column("id", am.Integer, am.ForeignKey "emp.id", { primary_key = true })
    local Mgr = Base:model("Mgr", { __extends__ = Emp, __tablename__ = "mgr", id = key,
      __mapper_args__ = { polymorphic_identity = "mgr", inherit_condition = key:eq(Emp.id) } })
    local engine = am.create_engine("sqlite://")
    Base.metadata:create_all(engine)
    local session = am.Session(engine)
    session:add(Emp { boss = Mgr {} })
    session:commit()
    assert.equal("mgr", session:scalars(am.select(Emp):where(Emp.boss_id:is_not(nil))):one().boss.type)
    session:close()
    engine:dispose()
  end)
end)

describe("a class in its base's table", function()
  local Owner, Pet, Dog, Cat

  before_each(function()
    local Base = am.declarative_base()
    Owner = Base:model("Owner", { __tablename__ = "owners", id = id(), pets = am.relationship("Pet"),
      dogs = am.relationship("Dog", { viewonly = true }) })
    Pet = Base:model("Pet", { __tablename__ = "pets", id = id(), kind = am.Column(am.String),
      owner_id = am.Column(am.ForeignKey "owners.id"), __mapper_args__ = { polymorphic_on = "kind" } })
    Dog = Base:model("Dog", { __extends__ = Pet, size = am.Column(am.Integer),
      __mapper_args__ = { polymorphic_identity = "dog" } })
    Cat = Base:model("Cat", { __extends__ = Pet, lives = am.Column(am.Integer),
      size = am.declared_attr(function() return Dog.__table__.c.size end),
      __mapper_args__ = { polymorphic_identity = "cat" } })
  end)

  it("has its attributes in the order of the table, whoever declared a column first", function()
    assert.same({ "id", "kind", "owner_id", "size", "lives" }, am.inspect(Cat).attrs:keys())
    assert.matches("^SELECT pets.id, pets.kind, pets.owner_id, pets.size, pets.lives ", (tostring(am.select(Cat))
      :gsub("%s+", " ")))
  end)

  it("is named in any() before the other conditions", function()
    local function where(condition)
      return (tostring(am.select(Owner.id):where(condition)):gsub("%s+", " "):match "owner_id AND (.*)%)$")
    end
    local wanted = "pets.kind IN (__[POSTCOMPILE_kind_1]) AND pets.size = :size_1"
    assert.equal(wanted, where(Owner.pets:of_type(Dog):any(Dog.size:eq(1))))
    assert.equal(wanted, where(Owner.dogs:any(Dog.size:eq(1))))
    assert.equal(wanted, where(Owner.dogs:any { size = 1 }))
  end)
end)

describe("classes that share a table", function()
  local Base = am.declarative_base()
  local Item = Base:model("Item", { __tablename__ = "items", id = id(), kind = am.Column(am.String(9)),
    name = am.Column(am.String(9)), __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "item" } })
  local Sword = Base:model("Sword", { __extends__ = Item, damage = am.Column(am.Integer),
    __mapper_args__ = { polymorphic_identity = "sword" } })
  local Potion = Base:model("Potion", { __extends__ = Item, __mapper_args__ = { polymorphic_identity = "potion" },
    damage = am.mapped_column(am.Integer, { use_existing_column = true }),
    doses = am.Column(am.Integer, { default = function() return 3 end }) })
  local Belt = Base:model("Belt", { __tablename__ = "belts", id = id(), item = am.relationship(Item),
    item_id = am.Column(am.ForeignKey "items.id") })
  local Scroll = Base:model("Scroll", { __extends__ = Item, charges = am.Column(am.Integer, { server_default = "5" }),
    __mapper_args__ = { polymorphic_identity = "scroll" } })
  local engine, session, texts

  before_each(function()
    engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    session, texts = am.Session(engine), {}
    am.event.listen(engine, "before_cursor_execute", function(_, _, text)
      texts[#texts + 1] = text:match "RETURNING.*" or "plain"
    end)
  end)
  after_each(function()
    session:close()
    engine:dispose()
  end)

  it("share the batches of an INSERT, and the defaults of the table", function()
    local potion = Potion { name = "b" }
    session:add_all { Sword { name = "a", damage = 1 }, potion, Sword { name = "c" }, Sword { name = "d" },
      Sword { name = "e" }, Potion { name = "f", damage = 2 } }
    session:flush()
    assert.same({ "RETURNING id", "RETURNING id", "RETURNING id", "RETURNING id", "RETURNING id", "RETURNING id" },
      texts) -- one by one they would not be RETURNING
    assert.equal(3, potion.doses)
    assert.equal(0, session:scalar(am.select(am.func.count()):select_from(Item.__table__)
      :where(Item.__table__.c.doses:is_(nil))))
  end)

  it("are refreshed as what they are when a flush needs the key of one", function()
    local scroll = Scroll { name = "s", charges = 2 }
    session:add(scroll)
    session:commit()
    session:add(Belt { item = scroll })
    session:flush()
    assert.equal(2, am.inspect(scroll).dict.charges)
  end)

  it("ask for all columns when only the subclass has values of the database's making", function()
    local scroll = Scroll { name = "s" }
    session:add(scroll)
    session:flush()
    assert.equal("RETURNING id, damage, charges", texts[1])
    assert.equal(5, scroll.charges)
  end)
end)

describe("what the server fills in", function()
  it("comes back from an INSERT into the base's tables, and is asked for later from those of subclasses", function()
    local Base = am.declarative_base()
    local Item = Base:model("Item", { __tablename__ = "item", id = am.Column(am.Integer, { primary_key = true }),
      kind = am.Column(am.String), made = am.Column(am.String, { server_default = "now" }),
      __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "item" } })
    local Book = Base:model("Book", { __extends__ = Item, __tablename__ = "book",
      id = am.Column(am.ForeignKey "item.id", { primary_key = true }),
      state = am.Column(am.String, { server_default = "new" }), __mapper_args__ = { polymorphic_identity = "book" } })
    local engine, texts = am.create_engine "sqlite://", {}
    Base.metadata:create_all(engine)
    am.event.listen(engine, "before_cursor_execute", function(_, _, text) texts[#texts + 1] = text end)
    am.Session(engine, function(s)
      local book = Book { id = 1 }
      s:add(book)
      s:flush()
      assert.same({ "INSERT INTO item (id, kind) VALUES (?, ?) RETURNING id, made",
        "INSERT INTO book (id) VALUES (?)" }, texts)
      assert.same({ "now", "new", 3 }, { book.made, book.state, #texts })
    end)
    engine:dispose()
  end)
end)

describe("a joined subclass", function()
  local function models(opts)
    local Base = am.declarative_base()
    local A = Base:model("A", { __tablename__ = "a", id = id(), a = am.Column(am.Integer), kind = am.Column(am.String),
      __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "a", passive_deletes = opts.passive } })
    local B = Base:model("B", { __extends__ = A, __tablename__ = "b", b = am.Column(am.Integer),
      id = opts.id and opts.id(A) or am.Column(am.ForeignKey "a.id", { primary_key = true }),
      b_a_id = opts.id and am.Column(am.ForeignKey "a.id") or nil, __mapper_args__ = { polymorphic_identity = "b" } })
    local C = Base:model("C", { __extends__ = B, __tablename__ = "c", __mapper_args__ = { polymorphic_identity = "c" },
      id = am.Column(am.ForeignKey "b.id", { primary_key = true }) })
    local D = Base:model("D", { __extends__ = C, __tablename__ = "d", d = am.Column(am.Integer),
      id = am.Column(am.ForeignKey "c.id", { primary_key = true }), __mapper_args__ = { polymorphic_identity = "d" } })
    return Base, A, B, D
  end

  local function watched(Base)
    local engine, texts = am.create_engine "sqlite://", {}
    Base.metadata:create_all(engine)
    am.event.listen(engine, "before_cursor_execute", function(_, _, text) texts[#texts + 1] = text:gsub("%s+", " ") end)
    return engine, texts
  end

  it("shows all columns of an attribute, nearest table first", function()
    local _, A, B = models {}
    assert.equal(2, #B.id.expressions)
    assert.equal(B.__table__.c.id, B.id.expressions[1])
    assert.equal(A.__table__.c.id, B.id.expressions[2])
    assert.equal(1, #A.id.expressions)
  end)

  it("leaves the rows of its tables to the database where its base does", function()
    local Base, _, _, D = models { passive = true }
    local engine, texts = watched(Base)
    am.Session(engine, function(session)
      session:add(D { id = 1 })
      session:commit()
      local d = session:get(D, 1)
      for i = #texts, 1, -1 do texts[i] = nil end
      session:delete(d)
      session:flush()
      assert.same({ "DELETE FROM a WHERE a.id = ?" }, texts)
    end)
    engine:dispose()
  end)

  it("names the tables of missing columns first when it loads them", function()
    local Base, A, _, D = models {}
    local engine, texts = watched(Base)
    am.Session(engine, function(session)
      session:add(D { id = 1, a = 1, b = 2, d = 4 })
      session:commit()
      session:expunge_all()
      local object = session:scalars(am.select(A)):one()
      assert.same({ 4, 2 }, { object.d, object.b })
      assert.equal("SELECT b.b AS b_b, d.d AS d_d FROM b, d, c WHERE ? = b.id AND b.id = c.id AND c.id = d.id",
        texts[#texts])
    end)
    engine:dispose()
  end)

  it("combines columns that are listed for one attribute without a warning", function()
    local B
    assert.same({}, logged(function()
      local _
      _, _, B = models { id = function(A) return am.column_property(id(), A.id) end }
    end))
    assert.equal(B.__table__.c.id, B.id.property.columns[1])
    assert.equal("a.id", tostring(B.id.property.columns[2]))
  end)

  it("may have a relationship of its own in place of the base's", function()
    local Base, A = models {}
    Base:model("E", { __extends__ = A, twin = am.relationship("A", { viewonly = true, remote_side = "A.id",
      primaryjoin = "foreign(A.a) == A.id" }), __mapper_args__ = { polymorphic_identity = "e" } })
    A.twin = am.relationship("A", { viewonly = true, primaryjoin = "foreign(A.a) == A.id", remote_side = "A.id" })
    assert.same({}, logged(function() Base.registry:configure() end))
  end)
end)

it("columns listed for an attribute of another name keep the key of all tables", function()
  local reg = am.registry()
  local base = am.Table("base", reg.metadata, am.Column("base_id", am.Integer, { primary_key = true }))
  local sub = am.Table("sub", reg.metadata, am.Column("base_id", am.ForeignKey "base.base_id", { primary_key = true }))
  local Parent, Child = { __name = "Parent" }, { __name = "Child" }
  reg:map_imperatively(Parent, base, { properties = { id = base.c.base_id } })
  reg:map_imperatively(Child, sub, { inherits = Parent, properties = { id = { base.c.base_id, sub.c.base_id } } })
  local engine = am.create_engine "sqlite://"
  reg.metadata:create_all(engine)
  am.Session(engine, function(session)
    local child = Child { id = 10 }
    session:add(child)
    session:flush()
    assert.equal(child, session:get(Child, 10))
  end)
  engine:dispose()
  reg:dispose()
end)

describe("a table of a subclass", function()
  local function map(base, sub)
    local reg = am.registry()
    local Parent, Child = { __name = "Parent" }, { __name = "Child" }
    reg:map_imperatively(Parent, base)
    local ok, err = pcall(reg.map_imperatively, reg, Child, sub, { inherits = Parent })
    reg:dispose()
    return ok, err
  end
  local function base(metadata)
    return am.Table("base", metadata, am.Column("id", am.Integer, { primary_key = true }))
  end

  it("that refers to what is not there is told so, not that it refers to nothing", function()
    local metadata = am.MetaData()
    local _, err = map(base(metadata), am.Table("sub", metadata, am.Column("id", am.ForeignKey "base.none",
      { primary_key = true })))
    assert.equal("NoReferencedColumnError", err.name)
    _, err = map(base(am.MetaData()), am.Table("sub", am.MetaData(),
      am.Column("id", am.Integer, am.ForeignKey "base.id", { primary_key = true })))
    assert.equal("NoReferencedTableError", err.name)
  end)

  it("without primary key gets no rows, which is warned of", function()
    local metadata = am.MetaData()
    local warnings = logged(function()
      assert.is_true(map(base(metadata), am.Table("sub", metadata, am.Column("id", am.ForeignKey "base.id"))))
    end)
    assert.matches("^Could not assemble any primary keys for locally mapped table 'sub' %- no rows", warnings[1])
  end)
end)

describe("columns of a polymorphic union as discriminator and key", function()
  it("stand for those of the mapped table: written with every row, read without the union", function()
    local reg = am.registry()
    local people = am.Table("people", reg.metadata, am.Column("id", am.Integer, { primary_key = true }),
      am.Column("kind", am.String(10)))
    local nurses = am.Table("nurses", reg.metadata, am.Column("id", am.ForeignKey "people.id", { primary_key = true }),
      am.Column("ward", am.String(10)))
    local heads = am.Table("heads", reg.metadata, am.Column("id", am.ForeignKey "nurses.id", { primary_key = true }))
    local union = am.polymorphic_union({ { "person", people:select():where(people.c.kind:eq "person"):subquery() },
      { "nurse", people:join(nurses) } }, nil, "everybody")
    local Person, Nurse, Head = { __name = "Person" }, { __name = "Nurse" }, { __name = "Head" }
    reg:map_imperatively(Person, people, { with_polymorphic = { "*", union }, polymorphic_on = union.c.kind,
      polymorphic_identity = "person", primary_key = { union.c.id } })
    local own = am.polymorphic_union({ { "nurse", people:join(nurses) } }, nil, "nursing")
    reg:map_imperatively(Nurse, nurses, { inherits = Person, polymorphic_identity = "nurse",
      with_polymorphic = { "*", own }, polymorphic_on = own.c.kind })
    reg:map_imperatively(Head, heads, { inherits = Nurse, polymorphic_identity = "head" })
    says("SELECT heads.id, nurses.id AS id_1, people.id AS id_2, people.kind, nurses.ward FROM people "
      .. "JOIN nurses ON people.id = nurses.id JOIN heads ON nurses.id = heads.id", am.select(Head))
    assert.equal(people.c.id, am.inspect(Person).primary_key[1])
    local engine = am.create_engine "sqlite://"
    reg.metadata:create_all(engine)
    am.Session(engine, function(session)
      session:add_all { Person { id = 1 }, Nurse { id = 2, ward = "A" }, Head { id = 3, ward = "B" } }
      session:commit()
      local kinds = {}
      for i, row in ipairs(session:execute(am.select(people.c.kind):order_by(people.c.id)):all()) do
        kinds[i] = row.kind
      end
      assert.same({ "person", "nurse", "head" }, kinds)
      session:expunge_all()
      assert.equal("A", session:scalars(am.select(Person):where(Person.id:eq(2))):one().ward)
      assert.same({ 2 }, session:scalars(am.select(Person.id):where(Nurse.ward:eq "A")):all()) -- of the base's union
    end)
    engine:dispose()
    reg:dispose()
  end)
end)

describe("a relationship between joined siblings whose conditions name the base's key", function()
  it("is compared with the tables that a join put under other names", function()
    local Base = am.declarative_base()
    local pairs_of = am.Table("pairs_of", Base.metadata,
      am.Column("l", am.ForeignKey "node.id", { nullable = false }),
      am.Column("r", am.ForeignKey "node.id", { nullable = false }))
    local Node = Base:model("Node", { __tablename__ = "node", id = id(), kind = am.Column(am.String(5)),
      __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "n" } })
    local function below(name)
      return Base:model(name, { __extends__ = Node, __tablename__ = name:lower(),
        id = am.Column(am.ForeignKey "node.id", { primary_key = true }),
        __mapper_args__ = { polymorphic_identity = name } })
    end
    local Leaf, Twig = below "Leaf", below "Twig"
    Leaf.twig = am.relationship(Twig, { secondary = pairs_of, primaryjoin = Node.id:eq(pairs_of.c.r),
      secondaryjoin = Node.id:eq(pairs_of.c.l), uselist = false, backref = "leaves" })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      local twig = Twig {}
      session:add_all { Leaf { twig = twig }, Leaf { twig = twig } }
      session:commit()
      local stmt = am.select(Twig):join(Twig.leaves):where(Leaf.twig:eq(twig))
      local found
      logged(function() found = session:scalars(stmt):unique():all() end) -- of the aliases that are made
      assert.equal(1, #found)
      assert.equal(twig, found[1])
    end)
    engine:dispose()
  end)
end)
