-- Concrete inheritance: classes with tables of their own, met through their base.
local am = require "alchemoon"
local raises = require("support.init").raises_exc
local Integer, String = am.Integer, am.String(20)

local function id() return am.Column(Integer, { primary_key = true }) end
local function company_id() return am.Column("company_id", am.ForeignKey("companies.id")) end

-- Manager and Engineer, mapped below a base that is the UNION of their tables; Company.employees refers to the base.
local function over_union()
  local reg, metadata = am.registry(), am.MetaData()
  local companies = am.Table("companies", metadata, am.Column("id", Integer, { primary_key = true }))
  local function staff(name)
    return am.Table(name, metadata, am.Column("id", Integer, { primary_key = true }), am.Column("name", String),
      company_id())
  end
  local managers, engineers = staff "managers", staff "engineers"
  local Company, Employee, Manager, Engineer = { __name = "Company" }, { __name = "Employee" }, { __name = "Manager" },
    { __name = "Engineer" }
  local union = am.polymorphic_union({ manager = managers, engineer = engineers }, "type", "pjoin")
  reg:map_imperatively(Company, companies, { properties = {
    employees = am.relationship(Employee, { order_by = union.c.name }) } })
  local base = reg:map_imperatively(Employee, union, { polymorphic_on = union.c.type })
  reg:map_imperatively(Manager, managers, { inherits = base, concrete = true, polymorphic_identity = "manager" })
  reg:map_imperatively(Engineer, engineers, { inherits = base, concrete = true, polymorphic_identity = "engineer" })
  local engine = am.create_engine "sqlite://"
  metadata:create_all(engine)
  return { Company = Company, Employee = Employee, Manager = Manager, Engineer = Engineer, engine = engine, reg = reg }
end

describe("a collection of a concrete base", function()
  it("gives its key to the rows of every class below, in the order in which they were mapped", function()
    local m = over_union()
    local session = am.Session(m.engine)
    local company = m.Company()
    company.employees = { m.Engineer { name = "karina" }, m.Manager { name = "sally" } }
    session:add(company)
    local texts = {}
    am.event.listen(m.engine, "before_cursor_execute", function(_, _, text)
      texts[#texts + 1] = text:match("INTO (%w+)")
    end)
    session:commit()
    assert.same({ "companies", "managers", "engineers" }, texts)
    session:expunge_all()
    local names = {}
    for i, one in ipairs(session:get(m.Company, 1).employees) do
      names[i] = ("%s %s %d"):format(getmetatable(one).__name, one.name, one.company_id)
    end
    assert.same({ "Engineer karina 1", "Manager sally 1" }, names)
    m.reg:dispose()
  end)
end)

describe("contains() of a relationship to a concrete base", function()
  it("reads the key from the object's own column", function()
    local Base = am.declarative_base()
    local Company = Base:model("Company", { __tablename__ = "companies", id = id(),
      staff = am.relationship("Employee") })
    local Employee = Base:model("Employee", { __mixins__ = { am.ConcreteBase }, __tablename__ = "employees", id = id(),
      company_id = company_id(), __mapper_args__ = { concrete = true, polymorphic_identity = "employee" } })
    local Engineer = Base:model("Engineer", { __extends__ = Employee, __tablename__ = "engineers", id = id(),
      tool = am.Column(String), company_id = company_id(),
      __mapper_args__ = { concrete = true, polymorphic_identity = "engineer" } })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      local company = Company { id = 4 }
      session:add_all { company, Engineer { id = 1, company_id = 4, tool = "saw" } }
      session:commit()
      local engineer = session:scalars(am.select(Engineer)):one()
      assert.equal(company, session:query(Company):filter(Company.staff:contains(engineer)):one())
    end)
    engine:dispose()
  end)
end)

describe("with_polymorphic over a FROM element of one's own", function()
  it("takes along the classes only whose tables are in it", function()
    local Base = am.declarative_base()
    local Person = Base:model("Person", { __tablename__ = "people", id = id(), type = am.Column(String),
      __mapper_args__ = { polymorphic_on = "type", polymorphic_identity = "person" } })
    local function sub(name, base, key)
      return Base:model(name, { __extends__ = base, __tablename__ = name:lower(), __mapper_args__ = {
        polymorphic_identity = name:lower() }, id = am.Column(am.ForeignKey(key), { primary_key = true }),
        [name:lower() .. "_data"] = am.Column(String) })
    end
    local Manager = sub("Manager", Person, "people.id")
    local Boss = sub("Boss", Manager, "manager.id")
    local joined = am.outerjoin(Person.__table__, Manager.__table__)
    local text = tostring(am.select(am.with_polymorphic(Person, "*", { selectable = joined })))
    assert.truthy(text:find("manager.manager_data", 1, true))
    assert.is_nil(text:find("boss", 1, true))
    assert.truthy(tostring(am.select(am.with_polymorphic(Person, "*"))):find("boss.boss_data", 1, true))
    assert.truthy(Boss)
  end)
end)

describe("a concrete class that is read from a UNION", function()
  it("is no subject of UPDATE and DELETE", function()
    local Base = am.declarative_base()
    local Person = Base:model("Person", { __mixins__ = { am.ConcreteBase }, __tablename__ = "persons", id = id(),
      __mapper_args__ = { polymorphic_identity = "person" } })
    local Clerk = Base:model("Clerk", { __extends__ = Person, __tablename__ = "clerks", id = id(),
      __mapper_args__ = { polymorphic_identity = "clerk", concrete = true } })
    for _, cls in ipairs { Person, Clerk } do
      local ok, e = pcall(function() return tostring(am.update(cls):where(cls.id:eq(1)):values { id = 2 }) end)
      assert.is_false(ok)
      assert.equal("ArgumentError", e.name)
      assert.matches("subject table for an INSERT, UPDATE or DELETE expected, got SELECT", e.message)
    end
    assert.equal("DELETE FROM clerks", tostring(am.delete(Clerk.__table__)))
  end)
end)

describe("concrete classes with a common base", function()
  local function column() return am.Column(String) end
  local engine, session, Base

  before_each(function()
    Base, engine = am.declarative_base(), am.create_engine "sqlite://"
    session = am.Session(engine)
  end)
  after_each(function()
    session:close()
    engine:dispose()
  end)

  local function model(name, parent, body)
    body.__tablename__, body.id, body.name = name:lower(), id(), column()
    body.__mapper_args__ = { polymorphic_identity = name:lower(), concrete = true }
    body.__extends__ = parent
    return Base:model(name, body)
  end

  local function tables_written(fn)
    local seen = {}
    local function note(_, _, text)
      seen[#seen + 1] = text:match "^INSERT INTO (%w+)" or text:match "^DELETE FROM (%w+)"
    end
    am.event.listen(engine, "before_cursor_execute", note)
    fn()
    session:commit()
    am.event.remove(engine, "before_cursor_execute", note)
    return table.concat(seen, " ")
  end

  it("are written together, behind what one of them refers to, in the order of their keys", function()
    local Owner = Base:model("Owner", { __tablename__ = "owner", id = id() })
    local Asset = Base:model("Asset", { __mixins__ = { am.AbstractConcreteBase } })
    local Car = model("Car", Asset, { owner_id = am.Column(am.ForeignKey "owner.id"), owner = am.relationship(Owner) })
    local Axe = model("Axe", Asset, {})
    local Boat = model("Boat", Asset, { axe_id = am.Column(am.ForeignKey "axe.id"), axe = am.relationship(Axe) })
    am.configure_mappers()
    raises("InvalidRequestError", function() Asset {} end, "Can't instantiate class for Mapper%[Asset%(pjoin%)%]")
    Base.metadata:create_all(engine)
    local car, axe, boat = Car { owner = Owner() }, Axe(), Boat()
    assert.equal("owner axe car boat", tables_written(function() session:add_all { boat, car, axe } end))
    assert.equal("boat car axe", tables_written(function()
      for _, object in ipairs { axe, car, boat } do session:delete(object) end
    end))
  end)

  it("read an expired object of the base from its own row, though others have the same key", function()
    local Employee = model("Employee", nil, { __mixins__ = { am.ConcreteBase } })
    local Manager = model("Manager", Employee, { title = column() })
    Base.metadata:create_all(engine)
    local employee, manager = Employee { id = 1, name = "e" }, Manager { id = 1, name = "m" }
    session:add_all { employee, manager }
    session:commit()
    assert.equal("e", employee.name)
    assert.equal("m", manager.name)
  end)
end)

describe("a concrete base", function()
  local Base
  before_each(function() Base = am.declarative_base() end)
  local function key() return am.Column(am.Integer, { primary_key = true }) end

  it("without a table says that its mapping is pending", function()
    local Abstract = Base:model("Abstract", { __mixins__ = { am.AbstractConcreteBase } })
    local message = "Class Abstract is a subclass of AbstractConcreteBase and has a mapping pending"
    raises("UnmappedClassError", function() am.select(Abstract) end, message)
    raises("UnmappedClassError", function() Abstract {} end, message)
    Base:model("Leaf", { __extends__ = Abstract, __tablename__ = "leaf", id = key(),
      __mapper_args__ = { concrete = true, polymorphic_identity = "leaf" } })
    am.configure_mappers()
    assert.matches("FROM %(SELECT leaf.id", (tostring(am.select(Abstract)):gsub("%s+", " ")))
  end)

  it("shows its discriminator under the name that it has in the union", function()
    local Animal = Base:model("Animal", { __tablename__ = "animal", __mixins__ = { am.ConcreteBase }, id = key(),
      __mapper_args__ = { concrete = true, polymorphic_identity = "animal" } })
    Base:model("Cat", { __extends__ = Animal, __tablename__ = "cat", id = key(),
      __mapper_args__ = { concrete = true, polymorphic_identity = "cat" } })
    assert.is_true(am.inspect(Animal).attrs:contains("type"))
  end)

  it("without a table has what it declares itself, about the union", function()
    local Place = Base:model("Place", { __tablename__ = "place", id = key() })
    local Abstract = Base:model("Abstract", { __mixins__ = { am.AbstractConcreteBase }, id = key(),
      size = am.Column("sz", am.Integer), double = am.hybrid_property(function(self) return self.size * 2 end),
      place_id = am.declared_attr(function() return am.Column(am.ForeignKey(Place.__table__.c.id)) end),
      place = am.declared_attr(function() return am.relationship("Place") end) })
    local Leaf = Base:model("Leaf", { __extends__ = Abstract, __tablename__ = "leaf",
      __mapper_args__ = { concrete = true, polymorphic_identity = "leaf" } })
    am.configure_mappers()
    local union = "SELECT leaf.id AS id, leaf.sz AS sz, leaf.place_id AS place_id, 'leaf' AS type FROM leaf"
    local function text(stmt) return (tostring(stmt):gsub("%s+", " ")) end
    assert.equal(("SELECT pjoin.sz FROM (%s) AS pjoin"):format(union), text(am.select(Abstract.size)))
    assert.equal(("SELECT pjoin.sz * :sz_1 AS double FROM (%s) AS pjoin"):format(union),
      text(am.select(Abstract.double)))
    assert.matches("WHERE EXISTS %(SELECT 1 FROM place WHERE place.id = pjoin.place_id AND",
      text(am.select(Abstract):where(Abstract.place:has { id = 1 })))
    assert.equal(8, Leaf { size = 4 }.double)
    assert.equal("place", am.inspect(Leaf).relationships.place.key)
  end)

  it("asks for another name of the discriminator where a column has it", function()
    local function column() return am.Column(am.String(9)) end
    local Animal = Base:model("Animal", { __tablename__ = "animal", __mixins__ = { am.ConcreteBase }, id = key(),
      type = column(), __mapper_args__ = { concrete = true, polymorphic_identity = "animal" } })
    raises("InvalidRequestError", function() am.configure_mappers() end,
      "Polymorphic union can't use 'type' as the discriminator column due to mapped column animal.type")
    Animal.registry:dispose()
  end)
end)

describe("rows of a concrete base", function()
  it("fill the columns of every class below, wherever its table stands in the union", function()
    for _, order in ipairs { { "dog", "cat" }, { "cat", "dog" } } do
      local reg, metadata = am.registry(), am.MetaData()
      local places = am.Table("places", metadata, am.Column("id", Integer, { primary_key = true }))
      local function animals(name, own)
        return am.Table(name, metadata, am.Column("id", Integer, { primary_key = true }), am.Column("name", String),
          am.Column(own, String), am.Column("place_id", am.ForeignKey "places.id"))
      end
      local tables = { dog = animals("dog", "bark"), cat = animals("cat", "purr") }
      local union = am.polymorphic_union({ { order[1], tables[order[1]] }, { order[2], tables[order[2]] } }, "type")
      local Place, Animal = { __name = "Place" }, { __name = "Animal" }
      local Dog, Cat = { __name = "Dog" }, { __name = "Cat" }
      reg:map_imperatively(Place, places, { properties = { animals = am.relationship(Animal) } })
      local base = reg:map_imperatively(Animal, union, { polymorphic_on = union.c.type })
      reg:map_imperatively(Dog, tables.dog, { inherits = base, concrete = true, polymorphic_identity = "dog",
        properties = { sound = tables.dog.c.bark } })
      reg:map_imperatively(Cat, tables.cat, { inherits = base, concrete = true, polymorphic_identity = "cat" })
      local engine = am.create_engine "sqlite://"
      metadata:create_all(engine)
      local session = am.Session(engine)
      session:add(Place { id = 1, animals = { Dog { id = 1, name = "rex", sound = "wuff" },
        Cat { id = 2, name = "tom", purr = "rr" } } })
      session:commit()
      local count = 0
      am.event.listen(engine, "before_cursor_execute", function() count = count + 1 end)
      local function sounds(list)
        local out = {}
        for _, one in ipairs(list) do
          out[one.name] = getmetatable(one).__name == "Dog" and one.sound or one.purr
        end
        return out
      end
      for _, load in ipairs {
        function() return session:scalars(am.select(Animal)):all() end,
        function() return session:scalars(am.select(am.aliased(Animal))):all() end,
        function()
          return session:scalars(am.select(Place):options(am.joinedload(Place.animals))):unique():one().animals
        end } do
        session:expunge_all()
        count = 0
        assert.same({ rex = "wuff", tom = "rr" }, sounds(load()))
        assert.equal(1, count)
      end
      session:close()
      engine:dispose()
      reg:dispose()
    end
  end)
end)
