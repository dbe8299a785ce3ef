-- Rows given beside insert(Class) and update(Class): what the statement says besides them, and what it returns.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"
local logged = require "support.logged"
local raises_exc = require("support.init").raises_exc

local function vehicles()
  local Base = am.declarative_base()
  local kind = am.Column(am.String(10))
  local Vehicle = Base:model("Vehicle", { __tablename__ = "vehicles",
    id = am.Column(am.Integer, { primary_key = true }), kind = kind, plate = am.Column(am.String(20)),
    wheels = am.Column(am.Integer), __mapper_args__ = { polymorphic_on = kind, polymorphic_identity = "vehicle" } })
  local Truck = Base:model("Truck", { __tablename__ = "trucks", __extends__ = Vehicle,
    id = am.Column(am.Integer, am.ForeignKey "vehicles.id", { primary_key = true }), cargo = am.Column(am.String(20)),
    tons = am.Column("weight", am.Integer), __mapper_args__ = { polymorphic_identity = "truck" } })
  local Trip = Base:model("Trip", { __tablename__ = "trips", id = am.Column(am.Integer, { primary_key = true }),
    vehicle_id = am.Column(am.ForeignKey "vehicles.id"), km = am.Column(am.Integer),
    vehicle = am.relationship(Vehicle) })
  return { Base = Base, Vehicle = Vehicle, Truck = Truck, Trip = Trip }
end

backends.each(function(backend)
  local function with(fn)
    return blog.with(backend, nil, function(env) fn(env, env.session()) end, vehicles)
  end

  local function trucks(env, session)
    local out = {}
    for i, truck in ipairs(session:scalars(am.select(env.Truck):order_by(env.Truck.id)):all()) do
      out[i] = ("%s %s %s %s"):format(truck.plate, truck.wheels, truck.cargo, truck.tons)
    end
    return out
  end

  describe("rows of a class on several tables, on " .. backend.name, function()
    it("get the values of the INSERT in the table that has the column", function()
      with(function(env, session)
        local insert = am.insert(env.Truck):values { plate = am.func.lower "AB", tons = am.bindparam "load" * 2 }
        session:execute(insert, { { wheels = 4, cargo = "sand", load = 1 }, { wheels = 6, cargo = "wood", load = 3 } })
        assert.same({ "ab 4 sand 2", "ab 6 wood 6" }, trucks(env, session))
        local result = session:execute(insert:returning(env.Truck, am.func.upper(env.Truck.plate)),
          { { wheels = 8, cargo = "ore", load = 5 } }):all()
        assert.same({ "ab", "ore", 10, "AB" },
          { result[1][1].plate, result[1][1].cargo, result[1][1].tons, result[1][2] })
        assert.equal("truck", result[1][1].kind)
      end)
    end)

    it("get the values of the UPDATE in the table that has the column", function()
      with(function(env, session)
        session:add_all { env.Truck { id = 1, plate = "A", cargo = "sand", tons = 1 },
          env.Truck { id = 2, plate = "B", cargo = "wood", tons = 2 } }
        session:commit()
        local update = am.update(env.Truck):values { plate = am.func.lower(env.Truck.plate), tons = env.Truck.tons + 7 }
        session:execute(update, { { id = 1, cargo = "ore" }, { id = 2, wheels = 6 } })
        session:expire_all()
        assert.same({ "a nil ore 8", "b 6 wood 9" }, trucks(env, session))
      end)
    end)

    it("meet the criteria of the UPDATE in each table", function()
      with(function(env, session)
        session:add_all { env.Truck { id = 1, plate = "A", tons = 1 }, env.Truck { id = 2, plate = "B", tons = 5 } }
        session:commit()
        local update = am.update(env.Truck):where(env.Truck.id:gt(1))
        session:execute(update, { { id = 1, tons = 50 }, { id = 2, tons = 60 } }, { synchronize_session = false })
        session:expire_all()
        assert.same({ "A nil nil 1", "B nil nil 60" }, trucks(env, session))
      end)
    end)

    it("cannot be upserted", function()
      with(function(env, session)
        local insert = (backend.dialect == "sqlite" and am.sqlite or am.postgresql).insert(env.Truck)
        insert = insert:on_conflict_do_update { index_elements = { "id" }, set_ = { cargo = insert.excluded.cargo } }
        raises_exc("InvalidRequestError", function() session:execute(insert, { { id = 1, cargo = "x" } }) end,
          "not supported for multi%-table mapper Mapper%[Truck%(trucks%)%]")
      end)
    end)
  end)

  describe("rows beside a statement, on " .. backend.name, function()
    it("of an UPDATE want their keys first of all", function()
      with(function(env, session)
        for _, update in ipairs { am.update(env.Vehicle), am.update(env.Vehicle):returning(env.Vehicle.id) } do
          raises_exc("InvalidRequestError", function() session:execute(update, { { wheels = 1 }, { wheels = 2 } }) end,
            "No primary key value supplied for column%(s%) vehicles.id")
        end
      end)
    end)

    it("do not go with an UPDATE in a given order, nor with synchronization by fetch", function()
      with(function(env, session)
        raises_exc("InvalidRequestError", function()
          session:execute(am.update(env.Vehicle):ordered_values({ "wheels", 3 }), { { id = 1, plate = "x" } })
        end, "bulk ORM UPDATE does not support ordered_values%(%)")
        local update = am.update(env.Vehicle):values { wheels = am.bindparam "n" }
          :where(env.Vehicle.plate:eq(am.bindparam "p"))
          :execution_options { dml_strategy = "orm", synchronize_session = "fetch" }
        raises_exc("InvalidRequestError", function()
          session:execute(update, { { n = 1, p = "a" }, { n = 2, p = "b" } })
        end, "can't use multiple parameter sets in ORM mode")
      end)
    end)

    it("give no objects to RETURNING *, which statements of their own may have", function()
      with(function(env, session)
        for _, star in ipairs { am.literal_column "*", am.text "*" } do
          local insert = am.insert(env.Vehicle):returning(star)
          raises_exc("CompileError", function() session:execute(insert, { { plate = "x" } }) end,
            "Can't use RETURNING %* with bulk ORM INSERT")
          local rows = session:execute(insert:values { { plate = "x", kind = "vehicle" } }):all()
          assert.equal("x", rows[1].plate)
          assert.equal(4, #rows[1])
          rows = session:execute(am.update(env.Vehicle):values { plate = "y" }:returning(star)):all()
          assert.equal("y", rows[1].plate)
        end
        assert.equal("y", session:execute(am.select(am.literal_column "*"):select_from(env.Vehicle)):first().plate)
      end)
    end)

    it("bring back bundles as one value of the row", function()
      with(function(env, session)
        local pair = am.Bundle("pair", env.Vehicle.id, env.Vehicle.wheels)
        local row = session:execute(am.insert(env.Vehicle):returning(env.Vehicle.plate, pair),
          { { plate = "x", wheels = 4 }, { plate = "y", wheels = 2 } }):all()[2]
        assert.same({ "y", 2, 2, 2 }, { row[1], #row, row.pair.wheels, row[2][2] })
        local again = session:execute(am.update(env.Vehicle):where(env.Vehicle.plate:eq "x"):values { wheels = 9 }
          :returning(pair, env.Vehicle.plate)):one()
        assert.same({ 9, "x" }, { again.pair.wheels, again.plate })
      end)
    end)

    it("warn of loader options that would change a SELECT", function()
      with(function(env, session)
        session:add(env.Vehicle { id = 1 })
        session:flush()
        for _, name in ipairs { "joinedload", "subqueryload", "selectinload" } do
          local trip, is_loaded = nil, name == "selectinload"
          local messages = logged(function()
            trip = session:scalars(am.insert(env.Trip):returning(env.Trip):options(am[name](env.Trip.vehicle)),
              { { vehicle_id = 1 } }):one()
          end)
          assert.equal(is_loaded and 0 or 1, #messages)
          assert.is_true(is_loaded or messages[1]:find("The " .. name .. " loader option is not", 1, true) ~= nil)
          assert.equal(not is_loaded, am.inspect(trip).unloaded:contains "vehicle")
        end
      end)
    end)
  end)
end)
