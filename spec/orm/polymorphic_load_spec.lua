-- Polymorphic loading: which statements bring the columns and relationships of subclasses.
local am = require "alchemoon"
local backends = require "support.backends"
local raises_exc = require("support.init").raises_exc

backends.each(function(backend)
  describe("polymorphic loading on " .. backend.name, function()
    local Base, engine, session, statements, Person, Engineer, Machine

    before_each(function()
      Base = am.declarative_base()
      Person = Base:model("Person", { __tablename__ = "pl_people", id = am.Column(am.Integer, { primary_key = true }),
        kind = am.Column(am.String(10)),
        __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "person" } })
      Engineer = Base:model("Engineer", { __extends__ = Person, __tablename__ = "pl_engineers",
        id = am.Column(am.ForeignKey "pl_people.id", { primary_key = true }), tool = am.Column(am.String(10)),
        machines = am.relationship("Machine"), __mapper_args__ = { polymorphic_identity = "engineer" } })
      Machine = Base:model("Machine", { __tablename__ = "pl_machines",
        id = am.Column(am.Integer, { primary_key = true }),
        engineer_id = am.Column(am.ForeignKey "pl_engineers.id") })
      engine = am.create_engine(backend.url)
      Base.metadata:drop_all(engine)
      Base.metadata:create_all(engine)
      session = am.Session(engine)
      session:add(Engineer { id = 1, tool = "saw", machines = { Machine { id = 1 } } })
      session:add(Person { id = 2 })
      session:commit()
      session:expunge_all()
      statements = {}
      am.event.listen(engine, "before_cursor_execute", function(_, _, text)
        statements[#statements + 1] = text:gsub("%s+", " "):gsub("%$1", "?")
      end)
    end)
    after_each(function()
      session:close()
      Base.metadata:drop_all(engine)
      engine:dispose()
    end)

    it("loads a relationship of a subclass once, with the subclass", function()
      local list = session:scalars(am.select(Person):order_by(Person.id)
        :options(am.selectin_polymorphic(Person, { Engineer }), am.selectinload(Engineer.machines))):all()
      assert.equal(3, #statements)
      assert.equal(1, #list[1].machines)
      assert.equal("saw", list[1].tool)
      assert.equal(3, #statements)
    end)

    it("leaves eager loaders of a subclass that is not loaded along to the first read", function()
      local query = am.select(Person):order_by(Person.id)
      for _, loader in ipairs { am.selectinload, am.subqueryload } do
        session:expunge_all()
        statements = {}
        local list = session:scalars(query:options(loader(Engineer.machines))):all()
        assert.equal(1, #statements)
        assert.equal(1, #list[1].machines)
        assert.equal(2, #statements)
      end
    end)

    it("finds classes by the polymorphic_on of with_polymorphic()", function()
      local Thing = Base:model("Thing", { __tablename__ = "pl_things",
        id = am.Column(am.Integer, { primary_key = true, autoincrement = false }) })
      local Box = Base:model("Box", { __extends__ = Thing, __tablename__ = "pl_boxes", size = am.Column(am.Integer),
        id = am.Column(am.ForeignKey "pl_things.id", { primary_key = true }),
        __mapper_args__ = { polymorphic_identity = "box" } })
      Base.metadata:create_all(engine)
      session:add_all { Box { id = 1, size = 3 }, Thing { id = 2 } }
      session:commit()
      session:expunge_all()
      local rows = am.union_all(am.select(Box.id, am.literal "box":label "kind")):subquery()
      local things = am.with_polymorphic(Thing, { Box }, { selectable = rows, polymorphic_on = rows.c.kind })
      local box = session:scalars(am.select(things)):one()
      assert.equal(Box, getmetatable(box))
      assert.equal(3, box.size)
    end)

    it("takes options of a subclass that selectin_polymorphic() names beside them", function()
      local Team = Base:model("Team", { __tablename__ = "pl_teams", id = am.Column(am.Integer, { primary_key = true }),
        people = am.relationship(Person, { primaryjoin = "foreign(Person.id) == Team.id", viewonly = true }) })
      Base.metadata:create_all(engine)
      session:add(Team { id = 1 })
      session:commit()
      statements = {}
      local team = session:scalars(am.select(Team):options(am.selectinload(Team.people):options(
        am.selectin_polymorphic(Person, { Engineer }), am.selectinload(Engineer.machines)))):one()
      assert.equal(4, #statements)
      assert.equal(1, #team.people[1].machines)
      assert.equal(4, #statements)
    end)

    it("reads a deferred column of a subclass from its own table, whatever the options were", function()
      local both = am.with_polymorphic(Person, { Engineer })
      local one = session:scalars(am.select(both):where(both.id:eq(1)):options(am.defer(both.Engineer.tool))):one()
      statements = {}
      assert.equal("saw", one.tool)
      assert.same({ "SELECT pl_engineers.tool AS pl_engineers_tool FROM pl_engineers WHERE ? = pl_engineers.id" },
        statements)
    end)

    it("names the row whose discriminator is NULL", function()
      session:execute(am.insert(Person.__table__):values { id = 99 })
      local e = raises_exc("InvalidRequestError", function()
        return session:scalars(am.select(Person):where(Person.id:eq(99))):all()
      end)
      assert.equal("Row with identity key (<class 'Person'>, (99,), None) can't be loaded into an object; the "
        .. "polymorphic discriminator column 'pl_people.kind' is NULL", e.message)
    end)
  end)
end)
